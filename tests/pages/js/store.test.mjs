// The store's arithmetic, without a browser: packets, gaps, rewinds, axes. Run with `node --test tests/pages/js`.
import assert from "node:assert/strict";
import test from "node:test";

import { within, densities } from "../../../pages/parts/web/density.js";
import { middles, nameplates } from "../../../pages/parts/web/names.js";
import { learned } from "../../../pages/parts/web/learning.js";
import { parsePacket } from "../../../pages/parts/web/packet.js";
import { COLORS, SHAPES, color, shape, signed } from "../../../pages/parts/web/palette.js";
import { Run, lastAt } from "../../../pages/parts/web/run.js";
import { spread } from "../../../pages/parts/web/standing.js";
import { Store } from "../../../pages/parts/web/store.js";
import { box, ordered } from "../../../pages/parts/web/tiles.js";

function packet(runs, blobs = []) {
  let at = 0;
  const places = blobs.map((b) => [(at += b.length) - b.length, b.length]);
  const header = new TextEncoder().encode(JSON.stringify({ v: 1, runs, blobs: places }));
  const raw = new Uint8Array(4 + header.length + at);
  new DataView(raw.buffer).setUint32(0, header.length, true);
  raw.set(header, 4);
  blobs.forEach((b, i) => raw.set(b, 4 + header.length + places[i][0]));
  return raw;
}

const stage = (n, name, steps, t = n) => ({ n, t, seen: 10 * n, kind: "stage", stage: name, steps, part: 0, parts: 1 });
const scalar = (n, name, step, value = 1) => ({ n, t: n, seen: 10 * n, kind: "scalars", stage: name, step, values: { loss: value } });
const image = (n, step, ids) => ({ n, t: n, seen: 0, kind: "images", source: "synthetic", stage: "recover", step, sheet: 0, ids, labels: ids, columns: 10, tile: [2, 2] });
const part = (records, from = 0, more = {}) => ({ run: "a", from, to: records.at(-1)?.n + 1 || from, state: { state: "running" }, records, ...more });

test("a control is a mean over draws, each of which counts once", () => {
  const several = spread({ subject: "random", accuracy: [0.6, 0.7, 0.5, 0.4], draws: [0, 0, 1, 2] });
  assert.ok(Math.abs(several.mean - 1.55 / 3) < 1e-12 && Math.abs(several.std - 0.1258) < 1e-4);
  assert.equal(several.said, "3 draws");
  assert.equal(spread({ subject: "random", accuracy: [0.6, 0.7] }).said, "2 students, 1 draw");
  const ours = spread({ subject: "distilled", accuracy: [0.6, 0.7], draws: [] });
  assert.ok(Math.abs(ours.std - 0.0707) < 1e-4 && ours.said === "2 students");
  assert.deepEqual(spread({ subject: "distilled", accuracy: [0.6] }), { mean: 0.6, std: null, said: "1 student" });
});

test("half of the learning is one place for every run, however long its students take", () => {
  const records = (students) => [stage(0, "squeeze", 9), scalar(1, "squeeze", 8), stage(2, "recover", 4), image(3, 0, [0]), image(4, 2, [0]), image(5, 3, [0]), stage(6, "evaluate", students), scalar(7, "evaluate", students - 1)];
  for (const students of [10, 5000]) {
    const run = new Run("a");
    run.take(part(records(students), 0, { state: { state: "finished" } }), () => null);
    run.frames = [];
    run.records.filter((r) => r.kind === "images").forEach((r) => (r.bytes = new Uint8Array(1)));
    run.rebuild();
    const at = (n) => run.coordinate(run.records[n], "learning");
    assert.ok(Math.abs(at(2) - 0.06) < 1e-9 && Math.abs(at(4) - (0.06 + 0.84 / 2)) < 1e-9 && Math.abs(at(6) - 0.9) < 1e-9, `${at(2)} ${at(4)} ${at(6)}`);
    assert.ok(at(0) === 0 && at(1) < 0.06 && at(7) <= 1);
  }
  assert.deepEqual([learned(0.01), learned(0.48), learned(0.95)], ["before learning", "50 % of learning", "students, after learning"]);
});

test("a packet is read wherever its bytes lie", () => {
  const raw = packet([{ run: "é" }], [new Uint8Array([1, 2]), new Uint8Array([3])]), shifted = new Uint8Array(raw.length + 7);
  shifted.set(raw, 7);
  const { header, blob } = parsePacket(shifted.subarray(7));
  assert.equal(header.runs[0].run, "é");
  assert.deepEqual([...blob(1)], [3]);
});

test("records are taken once, and a gap is noticed", () => {
  const store = new Store(), first = packet([part([stage(0, "recover", 4), scalar(1, "recover", 0)])]);
  assert.deepEqual(store.put(first), {});
  assert.deepEqual(store.put(first), {});
  assert.equal(store.run("a").records.length, 2);
  assert.deepEqual(store.put(packet([part([scalar(5, "recover", 3)], 5)])), { a: 2 });
  assert.deepEqual(store.put(packet([part([scalar(2, "recover", 1), scalar(5, "recover", 3)], 2)])), {});
  assert.deepEqual(store.run("a").scalars.map((r) => r.n), [1, 2, 5]);
});

test("a part that is not the last asks for the next", () => {
  const store = new Store();
  assert.deepEqual(store.put(packet([part([stage(0, "recover", 4), scalar(1, "recover", 0)], 0, { more: true })])), { a: 2 });
  assert.deepEqual(store.put(packet([part([scalar(2, "recover", 1)], 2, { more: false })])), {});
});

test("a clock that rests stays with its record when the axis grows", () => {
  const store = new Store();
  store.clock.runs = ["a"];
  store.put(packet([part([stage(0, "squeeze", 10), scalar(1, "squeeze", 9), stage(2, "recover", 10), scalar(3, "recover", 5)])]));
  const run = store.run("a");
  store.seek(store.where(run, run.records[1]));
  store.put(packet([part([stage(4, "evaluate", 5000), scalar(5, "evaluate", 4000)], 4)]));
  assert.ok(Math.abs(store.clock.x - store.where(run, run.records[1])) < 1e-9);
});

test("a resumed run forgets what no longer holds", () => {
  const store = new Store();
  store.put(packet([part([stage(0, "recover", 9), scalar(1, "recover", 0), scalar(2, "recover", 1), scalar(3, "recover", 2)])]));
  store.put(packet([part([{ n: 4, t: 4, kind: "resumed", stage: "recover", keep: 2 }, scalar(5, "recover", 1)], 4)]));
  assert.deepEqual(store.run("a").records.map((r) => r.n), [0, 1, 4, 5]);
});

test("another run's plane starts the run afresh", () => {
  const store = new Store(), records = [stage(0, "recover", 9), scalar(1, "recover", 0)];
  store.put(packet([part(records, 0, { lead: "a" })]));
  assert.deepEqual(store.put(packet([part([scalar(2, "recover", 1)], 2, { lead: "b" })])), { a: 0 });
  store.put(packet([part(records, 0, { lead: "b" })]));
  assert.equal(store.run("a").records.length, 2);
});

test("axes never run backwards, and a thin stage keeps some width", () => {
  const run = new Run("a"), records = [stage(0, "squeeze", 1000), scalar(1, "squeeze", 999), stage(2, "evaluate", 3), { n: 3, t: 3, kind: "scored", stage: "evaluate" }, scalar(4, "evaluate", 2)];
  run.take(part(records), () => null);
  for (const align of ["step", "fraction", "seconds", "seen"])
    for (const wide of [true, false]) {
      const where = run.records.map((r) => run.coordinate(r, align, wide));
      where.slice(1).forEach((x, i) => align === "seen" || assert.ok(x >= where[i], `${align} ${where}`));
    }
  assert.ok(run.stages[1].width >= 0.06 * 1000);
  assert.equal(run.coordinate(run.records[4], "step", false), 1002);
});

test("the clock finds the last thing said, and stays inside the data", () => {
  const store = new Store();
  store.clock.runs = ["a"];
  store.put(packet([part([stage(0, "recover", 10), image(1, 0, [0, 1]), image(2, 4, [0, 1]), image(3, 6, [2, 3])])], [new Uint8Array([9])]));
  const run = store.run("a");
  store.seek(5);
  assert.equal(store.at(run, run.frames).n, 2);
  assert.deepEqual(store.tiles(run).map((t) => [t.id, t.record.n]), [[0, 2], [1, 2]].concat([[2, 3], [3, 3]]));
  store.seek(1e9);
  assert.equal(store.clock.x, store.reach);
  assert.equal(run.groups.length, 2);
});

test("frames are capped, and the first and last stay", () => {
  const run = new Run("a"), records = [stage(0, "recover", 2000), ...Array.from({ length: 1000 }, (_, i) => image(i + 1, i, [0]))];
  run.take(part(records), () => new Uint8Array(1));
  assert.ok(run.frames.length <= 800 && run.frames[0].n === 1 && run.frames.at(-1).n === 1000);
});

test("breakage is marked where it began", () => {
  const run = new Run("a");
  run.take(part([stage(0, "recover", 9), scalar(1, "recover", 0), scalar(2, "recover", 1, null), scalar(3, "recover", 2, null)]), () => null);
  assert.deepEqual(run.marks.map((m) => [m.what, m.record.n]), [["NaN", 2]]);
});

test("a badge stands where a set began to be ruined, also when that is known later", () => {
  const run = new Run("a"), health = [{ kind: "loss", text: "its loss rose", n: 2 }];
  run.take(part([stage(0, "match", 9), scalar(1, "match", 0), scalar(2, "match", 1), scalar(3, "match", 2)]), () => null);
  assert.deepEqual(run.marks, []);
  run.take({ ...part([]), from: 4, to: 4, state: { state: "finished", health } }, () => null);
  assert.deepEqual(run.marks.map((m) => [m.what, m.text, m.record.n]), [["ruin", "its loss rose", 2]]);
});

test("tiles lie by class and then by id", () => {
  const tiles = ordered([{ label: 1, id: 5 }, { label: 0, id: 7 }, { label: 1, id: 2 }]);
  assert.deepEqual(tiles.map((t) => [t.label, t.id, t.rank]), [[0, 7, 0], [1, 2, 0], [1, 5, 1]]);
  assert.deepEqual(box({ tile: [16, 8], columns: 10 }, 12), [16, 16, 8, 16]);
  assert.equal(lastAt([1, 2, 2, 5], (x) => x, 2), 2);
  assert.equal(lastAt([1, 2], (x) => x, 0), -1);
});

test("ten classes differ in color and shape together", () => {
  const pairs = new Set(Array.from({ length: 70 }, (_, i) => color(i) + shape(i)));
  assert.equal(pairs.size, COLORS.length * SHAPES.length);
  assert.deepEqual(signed(0, false), [250, 250, 250]);
  assert.deepEqual(signed(5, true), signed(1, true));
});

test("a lasso knows inside from outside; density lines stay near the points", () => {
  const ring = [[0, 0], [10, 0], [10, 10], [0, 10]];
  assert.ok(within({ x: 5, y: 5 }, ring) && !within({ x: 15, y: 5 }, ring));
  const points = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * 12.9898) * 0.5);
  const levels = densities(points, { x0: -1, x1: 1, y0: -1, y1: 1 });
  assert.equal(levels.length, 3);
  assert.ok(levels.every((segments) => segments.length > 3 && segments.flat().every((v) => Math.abs(v) < 1.5)));
});

test("names on the map stand beside their points, over no filled point and over no other name", () => {
  const points = [[100, 100], [112, 100], [100, 112], [20, 20]].map(([x, y]) => ({ x, y, source: "synthetic" }));
  const wants = points.map(({ x, y }, i) => ({ text: `class ${i}`, x, y, r: 7, width: 46 })), found = nameplates(wants, points, [300, 200]);
  const cover = (a, x, y) => x > a.left - 4 && x < a.right + 4 && y > a.top - 4 && y < a.bottom + 4;
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  assert.equal(found.length, 4);
  for (const one of found) {
    assert.ok(points.every(({ x, y }) => !cover(one, x, y)), one.text);
    assert.ok(one.left >= 0 && one.top >= 0 && one.right <= 300 && one.bottom <= 200);
    assert.ok(found.every((other) => other === one || !meet(one, other)));
  }
  assert.deepEqual(nameplates(wants.slice(0, 1), [], [40, 12]), []); // no room: the key below the map says it
});

test("many points of a class have one name, at the one in their middle", () => {
  const points = [[0, 0], [10, 0], [20, 0]].map(([x, y]) => ({ text: "7", x, y }));
  assert.deepEqual(middles([...points, { text: "8", x: 1, y: 1 }]).map(({ text, x }) => [text, x]), [["7", 10], ["8", 1]]);
});
