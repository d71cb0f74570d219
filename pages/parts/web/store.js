// What all views of a page share: the records of the runs, one clock, and what is hovered, pinned and chosen.
import { parsePacket } from "./packet.js";
import { Pictures } from "./pictures.js";
import { Run, lastAt } from "./run.js";
import { ordered, tilesOf } from "./tiles.js";

export class Store {
  constructor() {
    this.runs = new Map();
    this.listeners = new Set();
    this.clock = { x: 0, playing: false, speed: 1, follow: true, align: "step", runs: [] };
    this.hover = this.pin = this.only = this.chosen = null;
    this.pictures = new Pictures((key) => this.emit("decoded", key));
  }

  on(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(what, detail) {
    for (const listener of [...this.listeners]) listener(what, detail);
  }

  run(id) {
    if (!this.runs.has(id)) this.runs.set(id, new Run(id));
    return this.runs.get(id);
  }

  // Take a packet; returns {run: number of the next record that is wanted} where something is missing or more waits.
  put(raw) {
    const { header, blob } = parsePacket(raw), gaps = {}, clock = this.clock;
    const lead = this.shown.find((r) => r.records.length), held = lead && !clock.follow ? this.at(lead, lead.records) : null;
    const rest = held ? clock.x - this.where(lead, held) : 0;
    this.took = {}; // planes that came with this packet, by run: name and time
    for (const part of header.runs) if (part.planes?.length) this.took[part.run] = Object.fromEntries(part.planes.map((p) => [p.name, p.stamp]));
    for (const part of header.runs) if (!this.run(part.run).take(part, blob) || part.more) gaps[part.run] = this.run(part.run).have;
    if (held && lead.records.includes(held)) clock.x = Math.min(this.where(lead, held) + rest, this.reach); // the axis may have grown
    this.emit("data");
    return gaps;
  }

  set(name, value) {
    if (JSON.stringify(this[name]) === JSON.stringify(value)) return;
    this[name] = value;
    this.emit(name);
  }

  // Whether an image is among those that were drawn around on the map; `{run, id, source}`.
  isChosen(image) {
    const chosen = this.chosen;
    if (!chosen || chosen.source !== image.source) return false;
    chosen.keys ??= new Set(chosen.points.map((p) => (chosen.source === "real" ? `${p.id}` : `${p.run}/${p.id}`)));
    return chosen.keys.has(chosen.source === "real" ? `${image.id}` : `${image.run}/${image.id}`);
  }

  // ---- the clock
  get shown() {
    return this.clock.runs.map((id) => this.run(id));
  }

  get wide() {
    return this.clock.runs.length < 2;
  }

  where(run, r) {
    return run.coordinate(r, this.clock.align, this.wide);
  }

  // Length of the axis, and how far the data reach.
  get end() {
    return Math.max(1e-9, ...this.shown.map((run) => run.end(this.clock.align, this.wide)));
  }

  get reach() {
    return Math.max(0, ...this.shown.filter((r) => r.records.length).map((run) => this.where(run, run.records[run.records.length - 1])));
  }

  seek(x, follow = false) {
    const to = Math.max(0, Math.min(x, this.reach));
    const moved = to !== this.clock.x || follow !== this.clock.follow;
    this.clock.x = to;
    this.clock.follow = follow;
    if (moved) this.emit("time");
  }

  // The last item of a run's list at the clock, or null; before the first one, the first if `early`.
  at(run, items, early = true) {
    const i = lastAt(items, (r) => this.where(run, r), this.clock.x + 1e-9);
    return i >= 0 ? items[i] : early && items.length ? items[0] : null;
  }

  // ---- pictures
  bitmap(run, record) {
    return this.pictures.bitmap(run, record);
  }

  pixels(run, record) {
    return this.pictures.pixels(run, record);
  }

  // Images of a run at the clock, by class and then by id.
  tiles(run) {
    const found = new Map(), now = run.groups.map((g) => this.at(run, g)).filter(Boolean).sort((a, b) => a.n - b.n);
    for (const tile of now.flatMap(tilesOf)) found.set(tile.id, tile);
    return ordered([...found.values()]);
  }

  // The same images as they were at first, by id.
  starts(run) {
    const found = new Map();
    for (const tile of run.groups.flatMap(([first]) => tilesOf(first))) if (!found.has(tile.id)) found.set(tile.id, tile);
    return found;
  }

  reals(run) {
    return ordered(run.reals.flatMap(tilesOf));
  }
}

// The one store of the page; packets that came before it are taken in first.
export function shared() {
  if (!window.__distillStudio1) {
    window.__distillStudio1 = new Store();
    for (const [raw, tell] of window.__distillWaiting ?? []) {
      const runs = window.__distillStudio1.put(raw);
      const took = window.__distillStudio1.took;
      if (Object.keys({ ...runs, ...took }).length) tell("have", { runs, planes: took, at: Date.now() });
    }
    window.__distillWaiting = [];
  }
  return window.__distillStudio1;
}
