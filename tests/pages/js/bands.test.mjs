// What the page of layers reads from a run's records. Run with `node --test tests/pages/js`.
import assert from "node:assert/strict";
import test from "node:test";

import { bandsOf, jump, nowIn, thrownAway, wasted } from "../../../pages/parts/web/bands.js";
import { ramp } from "../../../pages/parts/web/ramp.js";
import { Run } from "../../../pages/parts/web/run.js";
import { Store } from "../../../pages/parts/web/store.js";

const LOOKS = 4;
function told({ chosen = true } = {}) {
  const records = [];
  const say = (kind, more) => records.push({ n: records.length, t: records.length, seen: 0, kind, ...more });
  ["layer1", "layer2"].forEach((space, part) => {
    const stage = "walk", image = (step) => say("images", { stage, step, space, source: "synthetic", sheet: null, ids: [0, 1], labels: [0, 1], columns: 2, tile: [2, 2] });
    say("stage", { stage, steps: LOOKS, part, parts: 2 });
    if (part === 0) say("parts", { stage, step: 0, name: "map-bytes", values: { "latent 8×4×4": 1024, "layer1 8×4×4": 1024, "layer2 8×8×8": 4096 } });
    for (const step of [0, 3]) {
      say("scalars", { stage, step, values: { loss: 9 - step, "feature-distance": 5 - part - step / 2, ...(part && step === 0 ? { "hand-over-change": 0.25, "clipped-share": 0.5 } : {}) } });
      say("per_class", { stage, step, name: "feature-distance-by-class", values: [2, 3 - part - step / 2], space });
      say("parts", { stage, step, name: "w-change", values: { layer1: 0, layer2: step, pixels: 2 * step } });
      image(step);
    }
    say("scalars", { stage, step: LOOKS, values: { "step-kept": 2, "distance-kept": 3 - part, "high-frequencies": 0.1 + part } });
    say("parts", { stage, step: LOOKS, name: "feature-distance-by-step", values: { 0: 5 - part, 1: 4, 2: 3 - part, 3: 3.5 - part } });
    say("parts", { stage, step: LOOKS, name: "loss-by-step", values: { 0: 9, 1: 8, 2: 7, 3: 6 } });
    image(LOOKS);
  });
  if (chosen) say("scalars", { stage: "walk", step: LOOKS, values: { "part-chosen": 1, "step-chosen": 2, "distance-chosen": 2 } });
  return records.map((r) => (r.kind === "images" ? { ...r, bytes: new Uint8Array() } : r));
}

function run(records) {
  const made = new Run("a");
  made.records = records;
  made.have = records.length;
  made.rebuild();
  return made;
}

test("every layer is a band with its steps, its candidates and what was said of it", () => {
  const { list, chosen } = bandsOf(run(told()));
  assert.deepEqual(list.map((b) => [b.name, b.steps, b.best, b.kept, b.shape, b.bytes]), [["layer1", 4, 2, 2, "8×4×4", 1024], ["layer2", 4, 2, 2, "8×8×8", 4096]]);
  assert.deepEqual(list.map((b) => [b.entry.step, b.last.step, b.after.step]), [[0, 3, 4], [0, 3, 4]]);
  assert.deepEqual(list[1].all.map((c) => c.distance), [4, 4, 2, 2.5]);
  assert.deepEqual(list[1].all.map((c) => c.loss), [9, 8, 7, 6]);
  assert.deepEqual([list[0].said.change, list[1].said.change, list[1].said.clipped, list[1].said.high], [undefined, 0.25, 0.5, 1.1]);
  assert.deepEqual(list[0].moved, { layer1: 0, layer2: 3, pixels: 6 });
  assert.deepEqual(chosen, { part: 1, step: 2, distance: 2 });
});

test("what the greedy choice throws away is counted from the record", () => {
  const { list, chosen } = bandsOf(run(told()));
  assert.deepEqual(thrownAway(list, chosen), { kept: [{ name: "layer1", used: 2, of: 3 }, { name: "layer2", used: 2, of: 3 }], moves: 6, lost: 2, over: true });
  assert.equal(wasted(thrownAway(list, chosen)), "2 of 6 moves were thrown away, since a layer goes back to its nearest candidate; what stayed: layer 1: 2 of 3, layer 2: 2 of 3.");
  assert.equal(thrownAway(list, { part: 0, step: 1, distance: 1 }).lost, 5); // the result is an earlier candidate: nothing later is in it
  assert.match(wasted(thrownAway(list, null)), /^2 of 6 moves so far were/);
  const last = list.map((b) => ({ ...b, kept: b.steps - 1 }));
  assert.equal(wasted(thrownAway(last, { part: 1, step: 3, distance: 1 })), "Every one of the 6 moves is in the result: each layer kept its last candidate.");
  assert.equal(wasted(thrownAway(bandsOf(run(told().slice(0, 6))).list, null)), "");
});

test("a search that is not over shows what was reported so far", () => {
  const { list, chosen } = bandsOf(run(told({ chosen: false }).slice(0, 6)));
  assert.equal(chosen, null);
  assert.deepEqual(list.map((b) => [b.name, b.steps, b.all.map((c) => c.step), b.kept, b.after]), [["layer1", 4, [0], null, null]]);
});

test("matching in pixels is no search through layers, a last stage in pixels is", () => {
  const pixels = (r) => (r.kind === "images" ? { ...r, space: "pixels" } : r);
  const plain = told().map(pixels).filter((r) => r.kind === "stage" || r.kind === "images");
  assert.deepEqual(bandsOf(run(plain)).list, []);
  const last = told().map((r, i, all) => (i > all.findIndex((o) => o.kind === "stage" && o.part === 1) ? pixels(r) : r));
  assert.deepEqual(bandsOf(run(last)).list.map((b) => b.name), ["layer1", "pixels"]);
});

test("a cell moves the clock there and back", () => {
  const store = new Store(), made = run(told()), { list } = bandsOf(made);
  store.runs.set("a", made);
  store.clock.runs = ["a"];
  for (const band of list)
    for (const step of [0, 1, 3]) {
      jump(store, made, band, step);
      const now = nowIn(store, made, list);
      assert.deepEqual([now.band.name, now.step], [band.name, step]);
    }
});

test("the scale of colors grows evenly from dark to light", () => {
  const light = [0, 0.25, 0.5, 0.75, 1].map(ramp).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
  for (let i = 1; i < light.length; i++) assert.ok(light[i] > light[i - 1] + 15);
  assert.deepEqual(ramp(-1), ramp(0));
});
