// The records of one run: sorted into what views ask for, and placed on every axis.
import { byLearning } from "./learning.js";
import { floats } from "./packet.js";

export const ALIGNS = { learning: "share of learning", step: "step", fraction: "share of the run", seconds: "seconds", seen: "real images seen" };
const MOST_FRAMES = 600, SMALLEST_BAND = 0.06, OTHERS = 0.8;
const OVER = ["finished", "stopped", "failed", "lost"];

// The last of `items` whose coordinate is at most x, as an index; -1 when there is none. `where` is nondecreasing.
export function lastAt(items, where, x) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (where(items[middle]) <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Run {
  constructor(id) {
    Object.assign(this, { id, info: { title: id, classes: [] }, state: {}, have: 0, records: [], planes: {}, quantities: {}, spoken: {}, version: 0 });
    this.rebuild();
  }

  // Take one part of a packet. Returns false when something before it is missing.
  take(part, blob) {
    if (part.lead !== undefined && part.lead !== this.lead) {
      Object.assign(this, { lead: part.lead, have: 0, records: [] }); // points come again, in another run's plane
    }
    if (part.info) this.info = part.info;
    const ruined = part.state !== undefined && begun(part.state) !== begun(this.state);
    if (part.state) this.state = part.state;
    Object.assign(this.quantities, part.quantities);
    Object.assign(this.spoken, part.spoken);
    for (const plane of part.planes ?? []) this.takePlane(plane, blob);
    if (part.from > this.have) return false;
    const fresh = part.records.filter((record) => record.n >= this.have);
    for (const record of fresh) this.takeRecord(record, blob);
    this.have = Math.max(this.have, part.to);
    if (fresh.length || part.info !== undefined || ruined) this.rebuild();
    return true;
  }

  takePlane(plane, blob) {
    const all = plane.points === null ? null : floats(blob(plane.points));
    const of = new Map((plane.records ?? []).map(([n, start, count]) => [n, all?.subarray(2 * start, 2 * (start + count))]));
    this.planes[plane.name] = { ...plane, of, real: all?.subarray(0, 2 * plane.real) ?? null };
    this.version++;
  }

  takeRecord(record, blob) {
    if (record.kind === "resumed") this.records = this.records.filter((r) => r.n < record.keep || r.kind === "resumed");
    if (record.kind === "images" && record.sheet !== null) record.bytes = blob(record.sheet);
    if (record.kind === "logits" && record.points !== undefined) record.at = floats(blob(record.points));
    this.records.push(record);
    this.have = record.n + 1;
  }

  // Sort the records into what views ask for, and say for each where it lies on every axis.
  rebuild() {
    const lists = { frames: [], compensators: [], reals: [], logits: [], realLogits: [], scalars: [], parts: [], scored: [], marks: [], perClass: [] };
    this.stages = [];
    for (const record of this.records) {
      this.place(record);
      sort(record, lists);
      mark(record, lists.marks);
    }
    for (const sign of this.state.health ?? []) {
      const record = this.records.find((r) => r.n >= sign.n);
      if (record) lists.marks.push({ what: "ruin", text: sign.text, record });
    }
    if (lists.frames.length > MOST_FRAMES) lists.frames = thin(lists.frames);
    this.byNumber = new Map(this.records.map((r) => [r.n, r]));
    Object.assign(this, lists);
    this.lengths();
    this.groups = grouped(lists.frames);
    this.version++;
  }

  // The stage that a record belongs to, and how far in it lies: what says no step comes after what was said before.
  place(r) {
    if (r.kind === "stage") this.open(r, { name: r.stage, steps: r.steps, part: r.part, parts: r.parts });
    else if (!this.stages.length) this.open(r, { name: r.stage || "start", steps: 0, part: 0, parts: 1 });
    const stage = this.stages[this.stages.length - 1], next = stage.last + 1;
    if (typeof r.step === "number") stage.last = Math.max(stage.last, r.step);
    else if (["scored", "note"].includes(r.kind)) stage.last = Math.max(stage.last, stage.steps ? Math.min(next, stage.steps - 1) : next);
    r.in = this.stages.length - 1;
    r.local = stage.last;
  }

  open(r, stage) {
    this.stages.push({ ...stage, last: 0, n: r.n });
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
    this.stages.forEach((s, i) => {
      Object.assign(s, { raw, wide, width: Math.max(s.length * (learns[i] ? 1 : shrink), SMALLEST_BAND * sum) });
      raw += s.length;
      wide += s.width;
    });
    byLearning(this.stages, learns, (s) => this.told(s.name).group === "students");
    const last = this.records[this.records.length - 1];
    Object.assign(this, { rawEnd: raw, wideEnd: wide, lastTime: last?.t ?? 0, lastSeen: last?.seen ?? 0 });
  }

  // Where a record lies on an axis. `wide` gives thin stages room; it is used where only one run is shown.
  coordinate(r, align, wide) {
    if (align === "seconds") return r.t;
    if (align === "seen") return r.seen ?? 0;
    const s = this.stages[r.in];
    if (align === "learning") return s.at + (r.local / s.length) * s.span;
    const at = s.wide + (r.local / s.length) * s.width;
    if (align === "fraction") return at / Math.max(this.wideEnd, 1e-9);
    return wide ? at : s.raw + r.local;
  }

  // Length of an axis: as far as was announced while the run works, as far as it came afterwards.
  end(align, wide) {
    if (this.over && this.records.length) return Math.max(this.coordinate(this.records[this.records.length - 1], align, wide), 1e-9);
    if (align === "seconds") return this.lastTime;
    if (align === "seen") return this.lastSeen;
    return align === "fraction" || align === "learning" ? 1 : wide ? this.wideEnd : this.rawEnd;
  }

  get over() {
    return OVER.includes(this.state.state);
  }

  name(label) {
    return this.info.classes?.[label] ?? String(label);
  }

  // What is said of a stage: its name in words, whom it moves, and which numbers to watch.
  told(stage) {
    return this.spoken[stage] ?? { title: stage, group: "images", moves: "", watch: [], part: "part" };
  }

  // What is said of a quantity: title, sentence and how it is drawn; it came with the records that report it.
  quantity(name) {
    return this.quantities[name] ?? { title: name, sentence: "" };
  }
}

function sort(r, lists) {
  const real = r.source === "real";
  const images = real ? lists.reals : r.space === "compensator" ? lists.compensators : lists.frames; // signed pictures are no images
  if (r.kind === "images" && r.bytes) images.push(r);
  if (r.kind === "logits" && r.at) (real ? lists.realLogits : lists.logits).push(r);
  const list = { scalars: lists.scalars, parts: lists.parts, per_class: lists.perClass, scored: lists.scored }[r.kind];
  list?.push(r);
}

// What the player marks on its track; of numbers that stay broken only where it began.
function mark(r, marks) {
  const found = {
    scalars: () => Object.values(r.values).includes(null) && ["NaN", "a value is not a number"],
    knob: () => ["knob", `${r.name} = ${r.value}`],
    note: () => [r.level === "warning" ? "warning" : "note", r.text],
    failed: () => ["NaN", r.message],
    resumed: () => ["note", "resumed from a checkpoint"],
  }[r.kind]?.();
  if (!found) return;
  const [what, text] = found;
  if (what !== "NaN" || marks[marks.length - 1]?.what !== "NaN") marks.push({ what, text, record: r });
}

// Drop every second sheet of the older half; the first and the last stay.
function thin(frames) {
  const half = frames.length >> 1;
  return frames.filter((r, i) => {
    const keep = i > half || i % 2 === 0;
    if (!keep) delete r.bytes;
    return keep;
  });
}

// Items with the same images, by the ids in them: a run that learns one slice after the other has several groups.
export function grouped(items, record = (one) => one) {
  const groups = new Map();
  for (const one of items) {
    const same = (record(one).same ??= one.ids.join());
    if (!groups.has(same)) groups.set(same, []);
    groups.get(same).push(one);
  }
  return [...groups.values()];
}

// Which signs of ruin a state names: they come and go while a run works.
function begun(state) {
  return (state.health ?? []).map((sign) => `${sign.kind} ${sign.n}`).join();
}
