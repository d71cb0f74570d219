// What the film strip draws beside its images: the columns of a layer, their names, and how an image changed in it.
import { words } from "./draw.js";
import { difference } from "./tiles.js";

export const HEAD = 64, TITLE = 34, SPACE = 16, GAP = 3;
const ALARM = 0.02; // a larger change at the hand-over is written in another color

// Three columns for a layer: how the images came in, what went on, how they were at the end.
export function columnsOf(band) {
  const all = [["in", band.entry], ["kept", band.after], ["last", band.last]].filter(([, r]) => r);
  return all.map(([what, record]) => ({ what, record, band, step: what === "kept" ? (band.kept ?? record.step) : record.step }));
}

export function heads(g, run, rows, look, size) {
  g.font = `11.5px ${look.font}`;
  g.fillStyle = look.text;
  rows.forEach((row, k) => (k === 0 || rows[k - 1].label !== row.label) && g.fillText(run.name(row.label), 2, TITLE + k * (size + GAP) + size / 2 + 4, HEAD - 8));
}

// The name of a layer above its columns, and beside them the check at the hand-over.
export function head(g, band, places, size, look, { here, star, rows }) {
  const tops = places.filter((p) => p.y === TITLE), x = tops[0]?.x ?? HEAD, wide = tops.length * (size + GAP), tall = rows * (size + GAP);
  if (here) {
    g.fillStyle = look.panel;
    g.fillRect(x - 5, 0, wide + 7, TITLE + tall);
  }
  g.fillStyle = here ? look.accent : look.text;
  g.font = `600 12px ${look.font}`;
  g.fillText(`${star ? "★ " : ""}${band.name}`, x, 13, wide + SPACE - 4);
  g.font = `10px ${look.font}`;
  g.fillStyle = look.text;
  for (const top of tops) g.fillText(top.what, top.x, 28, size);
  if (band.said.change === undefined) return;
  g.save();
  g.translate(x - 8, TITLE + 4);
  g.rotate(Math.PI / 2);
  g.fillStyle = band.said.change > ALARM ? (look.dark ? "#ff9646" : "#b34700") : look.text;
  g.fillText(`hand-over Δ ${words(band.said.change)}`, 0, 3, tall);
  g.restore();
}

// One sentence on the layer at the clock: what its distance means, and whether its search helped.
export function verdict(band, list, chosen) {
  const known = band.all.filter((c) => Number.isFinite(c.distance)), star = list.find((b) => chosen?.part === b.stage.part);
  const where = `**${band.name}**, layer ${band.index + 1} of ${list.length}`, end = star ? ` The images of the whole run come from ★ **${star.name}**.` : "";
  if (known.length < 2) return `${where}: no distance was measured here.${end}`;
  const first = known[0].distance, best = Math.min(...known.map((c) => c.distance)), gain = Math.round((100 * (first - best)) / (first || 1));
  const helped = gain > 0 ? `its search brought it from ${words(first)} to ${words(best)}, ${gain} % nearer` : "it was best at its first step: its search did not improve on what it was handed";
  return `${where}. A smaller feature distance means that a classifier sees the images more like the real class; ${helped}.${end}`;
}

// Image minus how it came into its layer; null where one of the two is not there, or while a sheet is decoded.
export function change(store, run, place) {
  const { entry } = place.band, slot = entry.ids.indexOf(place.id);
  return place.slot < 0 || slot < 0 ? null : difference(store, run, place, run, { record: entry, slot });
}
