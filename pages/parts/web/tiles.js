// Tiles: single images, each a place in the sheet of a record. {id, label, record, slot, rank: its place in its class}
import { signed } from "./palette.js";

export const tilesOf = (record) => record.ids.map((id, slot) => ({ id, label: record.labels[slot], record, slot }));

// Sort tiles by class and id, and number them inside their class (`rank`).
export function ordered(tiles) {
  tiles.sort((a, b) => a.label - b.label || a.id - b.id);
  let label = null, rank = 0;
  for (const tile of tiles) {
    rank = tile.label === label ? rank + 1 : 0;
    label = tile.label;
    tile.rank = rank;
  }
  return tiles;
}

// Left, top, width, height of a tile in its sheet.
export function box(record, slot) {
  const [h, w] = record.tile;
  return [(slot % record.columns) * w, Math.floor(slot / record.columns) * h, w, h];
}

// The side of a tile where there are `room` pixels: a whole multiple of the source's, or what there is, not under `least`.
export const snap = (room, source, least = 12) => (room >= source ? Math.floor(room / source) * source : Math.max(least, Math.floor(room)));

// One tile with hard edges; nothing while its sheet is decoded.
export function drawTile(g, store, run, { record, slot }, x, y, width, height = width) {
  const sheet = store.bitmap(run, record);
  if (!sheet) return;
  g.imageSmoothingEnabled = false;
  g.drawImage(sheet, ...box(record, slot), x, y, width, height);
}

// First minus second tile, averaged over the channels, as shares of the full range; null while a sheet is decoded.
export function difference(store, run, tile, otherRun, other) {
  const a = store.pixels(run, tile.record), b = store.pixels(otherRun, other.record);
  if (!a || !b || tile.record.tile.join() !== other.record.tile.join()) return null;
  const [ax, ay, w, h] = box(tile.record, tile.slot), [bx, by] = box(other.record, other.slot), found = new Float32Array(w * h);
  for (let row = 0; row < h; row++)
    for (let column = 0; column < w; column++) {
      const i = ((ay + row) * a.width + ax + column) * 4, j = ((by + row) * b.width + bx + column) * 4;
      found[row * w + column] = (a.data[i] + a.data[i + 1] + a.data[i + 2] - b.data[j] - b.data[j + 1] - b.data[j + 2]) / 765;
    }
  return found;
}

// Signed values of a tile of h × w pixels, where `most` is the end of the scale.
export function drawSigned(g, values, [h, w], most, dark, x, y, size) {
  const image = new ImageData(w, h), small = new OffscreenCanvas(w, h);
  for (let i = 0; i < w * h; i++) image.data.set([...signed(values[i] / most, dark), 255], i * 4);
  small.getContext("2d").putImageData(image, 0, 0);
  g.imageSmoothingEnabled = false;
  g.drawImage(small, x, y, size, size);
}

// Whether two names {run, id, label, source, rank?} are the same image; in another run, the one in the same place.
export const sameImage = (a, b) => Boolean(a && b) && a.label === b.label && a.source === b.source && (a.run === b.run ? a.id === b.id : a.rank === b.rank);
