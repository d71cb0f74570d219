// What all views of a page share: the records of the runs, one clock, and what is hovered, pinned and chosen.

// Bytes of one packet -> {header, blob(i)}; see pages/parts/packets.py.
function parsePacket(raw) {
  const bytes = raw instanceof Uint8Array ? raw : new Uint8Array(raw.buffer ?? raw, raw.byteOffset ?? 0, raw.byteLength);
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const blob = (i) => {
    const [at, length] = header.blobs[i];
    return bytes.slice(4 + size + at, 4 + size + at + length);
  };
  return { header, blob };
}

const floats = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
const ALIGNS = { step: "step", fraction: "fraction", seconds: "seconds", seen: "real images seen" };
const MOST_FRAMES = 600, MOST_BITMAPS = 160, SMALLEST_BAND = 0.06, OTHERS = 0.8;
const OVER = ["finished", "stopped", "failed", "lost"];

// The last of `items` whose coordinate is at most x, as an index; -1 when there is none. `where` is nondecreasing.
function lastAt(items, where, x) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (where(items[middle]) <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

class Run {
  constructor(id) {
    Object.assign(this, { id, info: { title: id, classes: [] }, state: {}, have: 0, records: [], planes: {}, quantities: {}, version: 0 });
    this.rebuild();
  }

  // Take one part of a packet. Returns false when something before it is missing.
  take(part, blob) {
    if (part.lead !== undefined && part.lead !== this.lead) {
      Object.assign(this, { lead: part.lead, have: 0, records: [] }); // points come again, in another run's plane
    }
    if (part.info) this.info = part.info;
    if (part.state) this.state = part.state;
    Object.assign(this.quantities, part.quantities);
    for (const plane of part.planes ?? []) {
      const all = plane.points === null ? null : floats(blob(plane.points));
      const of = new Map((plane.records ?? []).map(([n, start, count]) => [n, all?.subarray(2 * start, 2 * (start + count))]));
      this.planes[plane.name] = { ...plane, of, real: all?.subarray(0, 2 * plane.real) ?? null };
      this.version++;
    }
    if (part.from > this.have) return false;
    let changed = part.info !== undefined;
    for (const record of part.records) {
      if (record.n < this.have) continue;
      if (record.kind === "resumed") this.records = this.records.filter((r) => r.n < record.keep || r.kind === "resumed");
      if (record.kind === "images" && record.sheet !== null) record.bytes = blob(record.sheet);
      if (record.kind === "logits" && record.points !== undefined) record.at = floats(blob(record.points));
      this.records.push(record);
      this.have = record.n + 1;
      changed = true;
    }
    this.have = Math.max(this.have, part.to);
    if (changed) this.rebuild();
    return true;
  }

  // Sort the records into what views ask for, and say for each where it lies on every axis.
  rebuild() {
    const lists = { frames: [], reals: [], logits: [], realLogits: [], scalars: [], parts: [], scored: [], marks: [], perClass: [] };
    this.stages = [];
    let stage = null, local = 0;
    for (const r of this.records) {
      if (r.kind === "stage") {
        stage = { name: r.stage, steps: r.steps, part: r.part, parts: r.parts, first: 0, last: 0, began: r.t, n: r.n };
        this.stages.push(stage);
        local = 0;
      } else if (!stage) {
        stage = { name: r.stage || "start", steps: 0, part: 0, parts: 1, first: 0, last: 0, began: r.t, n: r.n };
        this.stages.push(stage);
      }
      if (typeof r.step === "number") local = Math.max(local, r.step);
      else if (["scored", "note"].includes(r.kind)) local = Math.max(local, Math.min(local + 1, stage.steps ? stage.steps - 1 : local + 1));
      stage.last = Math.max(stage.last, local);
      r.in = this.stages.length - 1;
      r.local = local;
      if (r.kind === "images" && r.bytes) (r.source === "real" ? lists.reals : lists.frames).push(r);
      if (r.kind === "logits" && r.at) (r.source === "real" ? lists.realLogits : lists.logits).push(r);
      if (r.kind === "scalars") {
        lists.scalars.push(r);
        if (Object.values(r.values).some((v) => v === null)) this.mark(lists.marks, r, "NaN", "a value is not a number");
      }
      if (r.kind === "parts") lists.parts.push(r);
      if (r.kind === "per_class") lists.perClass.push(r);
      if (r.kind === "scored") lists.scored.push(r);
      if (r.kind === "knob") this.mark(lists.marks, r, "knob", `${r.name} = ${r.value}`);
      if (r.kind === "note") this.mark(lists.marks, r, r.level === "warning" ? "warning" : "note", r.text);
      if (r.kind === "failed") this.mark(lists.marks, r, "NaN", r.message);
      if (r.kind === "resumed") this.mark(lists.marks, r, "note", "resumed from a checkpoint");
    }
    if (lists.frames.length > MOST_FRAMES) lists.frames = this.thin(lists.frames);
    this.byNumber = new Map(this.records.map((r) => [r.n, r]));
    Object.assign(this, lists);
    this.lengths();
    this.groups = this.group(lists.frames);
    this.version++;
  }

  mark(marks, r, what, text) {
    const last = marks[marks.length - 1];
    if (!(last && last.what === "NaN" && what === "NaN")) marks.push({ what, text, record: r });
  }

  // Drop every second sheet of the older half; the first and the last stay.
  thin(frames) {
    const half = frames.length >> 1;
    return frames.filter((r, i) => {
      const keep = i > half || i % 2 === 0;
      if (!keep) delete r.bytes;
      return keep;
    });
  }

  // How long each stage is, in steps, and on the player's own axis: there the stages in which images are learned take
  // more than half, and no band is too thin to see.
  lengths() {
    for (const s of this.stages) s.length = Math.max(s.steps, s.last + 1, 1);
    const learns = this.stages.map((_, i) => this.frames.filter((r) => r.in === i).length > 1);
    const total = (test) => this.stages.reduce((a, s, i) => a + (test(i) ? s.length : 0), 0);
    const inside = total((i) => learns[i]), outside = total((i) => !learns[i]), shrink = inside ? Math.min(1, (OTHERS * inside) / outside) : 1;
    const sum = inside + shrink * outside;
    let raw = 0, wide = 0;
    for (const s of this.stages) {
      Object.assign(s, { raw, wide, width: Math.max(s.length * (learns[this.stages.indexOf(s)] ? 1 : shrink), SMALLEST_BAND * sum) });
      raw += s.length;
      wide += s.width;
    }
    this.rawEnd = raw;
    this.wideEnd = wide;
    this.lastTime = this.records.length ? this.records[this.records.length - 1].t : 0;
    this.lastSeen = this.records.length ? this.records[this.records.length - 1].seen : 0;
  }

  // Frames that hold the same images, by the ids in them: a run that learns one slice after the other has several.
  group(frames) {
    const groups = new Map();
    for (const frame of frames) {
      frame.same ??= frame.ids.join();
      if (!groups.has(frame.same)) groups.set(frame.same, []);
      groups.get(frame.same).push(frame);
    }
    return [...groups.values()];
  }

  // Where a record lies on an axis. `wide` gives thin stages room; it is used where only one run is shown.
  coordinate(r, align, wide) {
    if (align === "seconds") return r.t;
    if (align === "seen") return r.seen ?? 0;
    const s = this.stages[r.in];
    const at = s.wide + (r.local / s.length) * s.width;
    if (align === "fraction") return at / Math.max(this.wideEnd, 1e-9);
    return wide ? at : s.raw + r.local;
  }

  // Length of an axis: as far as was announced while the run works, as far as it came afterwards.
  end(align, wide) {
    if (this.over && this.records.length) return Math.max(this.coordinate(this.records[this.records.length - 1], align, wide), 1e-9);
    if (align === "seconds") return this.lastTime;
    if (align === "seen") return this.lastSeen;
    return align === "fraction" ? 1 : wide ? this.wideEnd : this.rawEnd;
  }

  get over() {
    return OVER.includes(this.state.state);
  }

  name(label) {
    return this.info.classes?.[label] ?? String(label);
  }

  // What is said of a quantity: title, sentence and how it is drawn; it came with the records that report it.
  quantity(name) {
    return this.quantities[name] ?? { title: name, sentence: "" };
  }
}

class Store {
  constructor() {
    this.runs = new Map();
    this.listeners = new Set();
    this.clock = { x: 0, playing: false, speed: 1, follow: true, align: "step", runs: [] };
    this.hover = this.pin = this.only = this.chosen = null;
    this.bitmaps = new Map();
    this.pixelCache = new Map();
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
  // The decoded sheet of a record, or null while it is decoded ("decoded" follows).
  bitmap(run, record) {
    const key = `${run.id}/${record.n}`, found = this.bitmaps.get(key);
    if (found) {
      this.bitmaps.delete(key);
      this.bitmaps.set(key, found);
      return found.done;
    }
    const entry = { done: null };
    this.bitmaps.set(key, entry);
    const options = { premultiplyAlpha: "none", colorSpaceConversion: "none" };
    createImageBitmap(new Blob([record.bytes], { type: "image/webp" }), options).then(
      (bitmap) => {
        entry.done = bitmap;
        this.emit("decoded", key);
      },
      () => this.bitmaps.delete(key) || this.emit("decoded", key),
    );
    if (this.bitmaps.size > MOST_BITMAPS) {
      const [oldest, value] = this.bitmaps.entries().next().value;
      this.bitmaps.delete(oldest);
      this.pixelCache.delete(oldest);
      value.done?.close();
    }
    return null;
  }

  // Pixel values of a sheet (ImageData), or null while it is decoded.
  pixels(run, record) {
    const key = `${run.id}/${record.n}`;
    if (this.pixelCache.has(key)) return this.pixelCache.get(key);
    const bitmap = this.bitmap(run, record);
    if (!bitmap) return null;
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), g = canvas.getContext("2d", { willReadFrequently: true });
    g.drawImage(bitmap, 0, 0);
    const data = g.getImageData(0, 0, bitmap.width, bitmap.height);
    this.pixelCache.set(key, data);
    if (this.pixelCache.size > 40) this.pixelCache.delete(this.pixelCache.keys().next().value);
    return data;
  }

  // Images of a run at the clock: [{id, label, record, slot}], by class and then by id.
  tiles(run) {
    const found = new Map();
    const now = run.groups.map((g) => this.at(run, g)).filter(Boolean).sort((a, b) => a.n - b.n);
    for (const record of now) record.ids.forEach((id, slot) => found.set(id, { id, label: record.labels[slot], record, slot }));
    return ordered([...found.values()]);
  }

  // The same images as they were at first.
  starts(run) {
    const found = new Map();
    for (const group of run.groups) group[0].ids.forEach((id, slot) => found.has(id) || found.set(id, { id, label: group[0].labels[slot], record: group[0], slot }));
    return found;
  }

  reals(run) {
    return ordered(run.reals.flatMap((record) => record.ids.map((id, slot) => ({ id, label: record.labels[slot], record, slot }))));
  }
}

// Sort tiles by class and id, and number them inside their class (`rank`).
function ordered(tiles) {
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
function box(record, slot) {
  const [h, w] = record.tile;
  return [(slot % record.columns) * w, Math.floor(slot / record.columns) * h, w, h];
}

// The one store of the page; packets that came before it are taken in first.
function shared() {
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
