// Raw pixels, 0 to 255, as canvases; and one of them enlarged so that its pixels stay crisp.
import { el, fit } from "./draw.js";

// Raw pixels of side · side tiles as one canvas.
export function tiled(bytes, side, h, w, c) {
  const canvas = el("canvas"), image = new ImageData(side * w, side * h);
  for (let t = 0, p = 0; t < side * side; t++)
    for (let y = 0; y < h; y++)
      for (let x = 0, q = 4 * ((Math.floor(t / side) * h + y) * side + (t % side)) * w; x < w; x++, p += c, q += 4) {
        for (let k = 0; k < 3; k++) image.data[q + k] = bytes[p + (c === 3 ? k : 0)];
        image.data[q + 3] = 255;
      }
  Object.assign(canvas, { width: side * w, height: side * h, tile: [w, h] });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// One tile, every pixel enlarged by the same whole number of the screen's pixels.
export function enlarge(canvas, from, x, y, room) {
  const [w, h] = from.tile, ratio = Math.min(window.devicePixelRatio || 1, 3), zoom = Math.max(1, Math.floor((room * ratio) / w)) / ratio;
  const g = fit(canvas, w * zoom, h * zoom);
  g.imageSmoothingEnabled = false;
  g.drawImage(from, x * w, y * h, w, h, 0, 0, w * zoom, h * zoom);
}
