// One column of the film strip: its name, its images at the clock, how they changed there, and its distances so far.
import { titleOf } from "./bands.js";
import { button, el, fit } from "./draw.js";
import { difference, drawSigned, drawTile } from "./tiles.js";

export const GAP = 3, BETWEEN = 14; // pixels: inside a pair, between two pairs in a row
const SIGNS = ["┄ as handed over", "● nearest: goes on", "★ the result", "green: nearer than", "handed over"];
const ACROSS = 3; // images beside each other where columns lie one below the other

const numbers = (shape) => (shape ? `${shape.split("×").reduce((a, b) => a * Number(b), 1).toLocaleString("en")} numbers` : "");

// `band` is a layer of the search; without one the column shows the start or real images ("start", "real").
export class Column {
  constructor(strip, kind, band = null) {
    Object.assign(this, { strip, kind, band, places: [] });
    this.name = band ? button(`Go to ${titleOf(band.name)}`, titleOf(band.name), () => strip.go(band)) : el("strong", { class: "stop", text: { start: "random code", real: "real images" }[kind] });
    this.size = el("span", { class: "small" });
    this.canvas = el("canvas", { role: "img" });
    this.chart = el("canvas", { role: "img" });
    this.came = el("p", { class: "came" });
    this.under = el("p", { class: "small under", hidden: kind !== "real" }, ...SIGNS.flatMap((text) => [text, el("br")]));
    this.node = el("section", { class: `column ${kind}` }, el("header", {}, this.name, this.size), this.canvas, this.came, this.chart, this.under);
    this.canvas.onpointermove = (event) => strip.point(this, this.hit(event));
    this.canvas.onpointerleave = () => strip.point(this, null);
    this.canvas.onclick = (event) => strip.click(this.hit(event));
  }

  hit({ offsetX: x, offsetY: y }) {
    return this.places.find((p) => x >= p.x && x < p.x + p.size && y >= p.y && y < p.y + p.size) ?? null;
  }

  // Two images beside each other in a row: a layer's image and what it changed, or two real ones.
  get pair() {
    return this.kind === "start" ? 1 : 2;
  }

  says(state, came, star) {
    this.node.className = `column ${this.kind} ${state ?? ""}`;
    this.came.textContent = came;
    if (this.band) this.name.textContent = `${star ? "★ " : ""}${titleOf(this.band.name)}`;
    this.size.textContent = { start: "before any move", real: "of the same classes" }[this.kind] ?? numbers(this.band.shape);
  }

  // Lay the rows out: below each other, or beside each other where the columns lie below each other (`narrow`).
  place(rows, size, narrow, room) {
    const names = this.kind === "start" ? room : 0, wide = 2 * size + GAP, step = wide + BETWEEN, per = narrow ? ACROSS : 1;
    this.places = rows.flatMap((row, k) => {
      const x = (k % per) * step + (narrow ? 0 : names), y = Math.floor(k / per) * (size + GAP);
      return Array.from({ length: this.pair }, (_, part) => ({ ...row, part, x: x + part * (size + GAP) + (narrow ? names : 0), y, size }));
    });
    const across = narrow ? Math.min(per, rows.length) * step - BETWEEN : names + this.pair * (size + GAP) - GAP;
    this.wide = across;
    return fit(this.canvas, across + (narrow ? names : 0), Math.ceil(rows.length / per) * (size + GAP));
  }

  // `shown` is the record at the clock, null before it; `most` the end of the scale of changes.
  paint(g, run, shown, { most, look, rows, room }) {
    const { store } = this.strip;
    for (const place of this.places) {
      g.fillStyle = look.panel;
      g.fillRect(place.x, place.y, place.size, place.size);
      const tile = this.tile(run, place, shown);
      if (tile && place.part && this.band) this.changed(g, run, tile, place, most, look);
      else if (tile) drawTile(g, store, run, tile, place.x, place.y, place.size);
      this.frame(g, place, look);
    }
    if (this.kind !== "start") return;
    g.font = `12px ${look.font}`;
    g.fillStyle = look.text;
    rows.forEach((row, k) => {
      const place = this.places[k];
      if (k === 0 || rows[k - 1].label !== row.label) g.fillText(run.name(row.label), place.x - room, place.y + place.size / 2 + 4, room - 4);
    });
  }

  // The tile of a place: of a real image, or of the image in its row as this column shows it.
  tile(run, place, shown) {
    if (this.kind === "real") return this.strip.realsOf(run, place.label)[(place.rank ?? 0) * 2 + place.part] ?? null;
    const slot = shown?.ids.indexOf(place.id) ?? -1;
    return slot < 0 ? null : { record: shown, slot };
  }

  changed(g, run, tile, { x, y, size }, most, look) {
    const values = change(this.strip.store, run, this.band, tile);
    if (!values) return;
    drawSigned(g, values, tile.record.tile, most, look.dark, x, y, size);
    g.strokeStyle = look.line;
    g.lineWidth = 1;
    g.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    if (values.some((v) => v !== 0)) return;
    g.font = `11px ${look.font}`;
    g.fillStyle = look.text;
    g.textAlign = "center";
    g.fillText("no change", x + size / 2, y + size / 2 + 4, size - 4);
    g.textAlign = "left";
  }

  frame(g, place, look) {
    const { pin, hover } = this.strip.store, mine = (a) => a && a.run === this.strip.id && a.id === place.id && a.source !== "real";
    if (this.kind === "real" || place.part || !(mine(pin) || mine(hover))) return;
    g.strokeStyle = mine(pin) ? "#EE7733" : look.accent;
    g.lineWidth = 2;
    g.strokeRect(place.x + 1, place.y + 1, place.size - 2, place.size - 2);
  }
}

// Image minus how it came into its layer; null where one of the two is not there, or while a sheet is decoded.
export function change(store, run, band, tile) {
  const { entry } = band, slot = entry.ids.indexOf(tile.record.ids[tile.slot]);
  return slot < 0 ? null : difference(store, run, tile, run, { record: entry, slot });
}

// The rows that moved most from the start to the end of the search, by class; null while a sheet is decoded.
export function mostMoved(store, run, list, count) {
  const from = list[0].entry, to = list[list.length - 1].last, far = new Map();
  for (const [slot, id] of to.ids.entries()) {
    const at = from.ids.indexOf(id), values = at < 0 ? null : difference(store, run, { record: to, slot }, run, { record: from, slot: at });
    if (at >= 0 && !values) return null;
    const label = to.labels[slot], sum = values?.reduce((a, v) => a + v * v, 0) ?? 0;
    far.set(label, Math.max(far.get(label) ?? 0, sum));
  }
  return [...far].sort((a, b) => b[1] - a[1]).slice(0, count).map(([label]) => label).sort((a, b) => a - b);
}
