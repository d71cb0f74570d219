// What a network answers in the plane, as a picture: shades of the classes and the lines between them.
import { COLORS } from "./palette.js";

// How far class c is ahead of the best other one, cell by cell; positive where it is the answer.
export function lead(logits, classes, c) {
  const found = new Float64Array(logits.length / classes);
  for (let i = 0; i < found.length; i++) {
    let other = -Infinity;
    for (let o = 0; o < classes; o++) if (o !== c) other = Math.max(other, logits[i * classes + o]);
    found[i] = logits[i * classes + c] - other;
  }
  return found;
}

// Lines where the values are zero (marching squares): [[x1, y1, x2, y2], …] in cells, through the cells' middles.
export function contour(values, side) {
  const found = [], at = (x, y) => values[y * side + x];
  for (let y = 0; y + 1 < side; y++)
    for (let x = 0; x + 1 < side; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]], cuts = [];
      for (let i = 0; i < 4; i++) {
        const [a, b] = [corners[i], corners[(i + 1) % 4]], va = at(...a), vb = at(...b);
        if (va > 0 === vb > 0) continue;
        const t = va / (va - vb);
        cuts.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
      }
      for (let i = 0; i + 1 < cuts.length; i += 2) found.push([...cuts[i], ...cuts[i + 1]]);
    }
  return found;
}

// All lines between classes; two classes have one.
export function borders(logits, classes, side) {
  const which = classes === 2 ? [1] : Array.from({ length: classes }, (_, c) => c);
  return which.flatMap((c) => contour(lead(logits, classes, c), side));
}

// One pixel per cell: the color of the answer, stronger where it is surer.
export function shades(logits, classes, side, dark) {
  const image = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    let first = 0, total = 0;
    for (let c = 1; c < classes; c++) if (logits[i * classes + c] > logits[i * classes + first]) first = c;
    for (let c = 0; c < classes; c++) total += Math.exp(logits[i * classes + c] - logits[i * classes + first]);
    const sure = (classes / total - 1) / (classes - 1), ink = COLORS[first];
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = parseInt(ink.slice(1 + 2 * k, 3 + 2 * k), 16);
    image.data[4 * i + 3] = 255 * (dark ? 0.1 + 0.28 * sure : 0.08 + 0.24 * sure);
  }
  return image;
}
