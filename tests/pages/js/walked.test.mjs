// What the page of layers says of a search at the clock. Run with `node --test tests/pages/js`.
import assert from "node:assert/strict";
import test from "node:test";

import { awaited, bandsOf, nowIn } from "../../../pages/parts/web/bands.js";
import { Run } from "../../../pages/parts/web/run.js";
import { Store } from "../../../pages/parts/web/store.js";
import { cameOf, knownOf, stateOf, untilNow, verdictOf } from "../../../pages/parts/web/walked.js";

// A search whose layers have these distances, move by move, and the students after it.
function searched(...layers) {
  const records = [], say = (kind, more) => records.push({ n: records.length, t: records.length, seen: 0, kind, ...more });
  layers.forEach((distances, part) => {
    const stage = "walk", space = `layer${part + 1}`, steps = distances.length, least = distances.indexOf(Math.min(...distances));
    const image = (step) => say("images", { stage, step, space, source: "synthetic", ids: [0], labels: [0], columns: 1, tile: [2, 2], bytes: new Uint8Array() });
    say("stage", { stage, steps, part, parts: layers.length });
    distances.forEach((d, step) => (say("scalars", { stage, step, values: { "feature-distance": d } }), image(step)));
    say("scalars", { stage, step: steps, values: { "step-kept": least, "distance-kept": distances[least] } });
    image(steps);
  });
  const all = layers.map((l) => Math.min(...l)), part = all.indexOf(Math.min(...all));
  say("scalars", { stage: "walk", step: 9, values: { "part-chosen": part, "step-chosen": layers[part].indexOf(all[part]), "distance-chosen": all[part] } });
  say("stage", { stage: "evaluate", steps: 2, part: 0, parts: 1 });
  for (const [subject, accuracy] of [["distilled", 0.929], ["random", 0.608]]) say("scored", { stage: "evaluate", subject, accuracy: [accuracy], budget: { images: 10 } });
  const made = new Run("a");
  Object.assign(made, { records, have: records.length, state: { state: "finished" } });
  made.rebuild();
  return made;
}

function at(run, wanted) {
  const store = new Store();
  store.runs.set("a", run);
  store.clock.runs = ["a"];
  store.clock.x = wanted ? store.where(run, wanted) : store.reach;
  const record = store.at(run, run.records, false), { list, chosen } = bandsOf(run);
  const told = verdictOf(run, list, chosen, { at: record, now: nowIn(store, run, list), reached: (r) => store.where(run, r) <= store.clock.x + 1e-9 });
  return { told, states: list.map((band) => stateOf(run, band, record)) };
}

const WALK = [[2, 1.5, 1.6], [1.5, 1.7, 1.8], [1.5, 1.4, 1.4]];

test("at the end it is said which layer helped, which did not, and what the images are worth", () => {
  const { told, states } = at(searched(...WALK));
  assert.deepEqual(states, ["done", "done", "done"]);
  assert.match(told, /^\*\*In this run layer 1 helped most:\*\* feature distance 2 → 1\.5, 83 % of all that was gained\. Layer 3 helped too, layer 2 did not \(nearest as handed over\)\. Result ★: layer 3, after 1 move, distance \*\*1\.4\*\*, 30 % nearer than at the start\./);
  assert.match(told, /trained on these 10 images alone is right on \*\*92\.9\s%\*\* of unseen images \(trained on 10 random real ones: 60\.8\s%\)\./);
  assert.match(at(searched([2, 1.5], [1.5, 1.499])).told, /\. Layer 2 hardly\. Result/);
  assert.match(at(searched([2, 2.5], [2, 2.1])).told, /^\*\*In this run no layer helped:\*\*/);
});

test("before the end only what the clock has reached is told", () => {
  const run = searched(...WALK), second = run.records.find((r) => r.kind === "scalars" && r.in === 1 && r.step === 1), { told, states } = at(run, second);
  assert.deepEqual(states, ["done", "now", "ahead"]);
  assert.match(told, /^\*\*Searching at layer 2\*\* \(layer 2 of 3\), after 1 move of 2\. The images came in at a feature distance of \*\*1\.5\*\* and are now at \*\*1\.7\*\*/);
  assert.match(told, /nothing tried so far is nearer/);
  const { list } = bandsOf(run);
  assert.deepEqual([knownOf(list[1], "now", 1).length, knownOf(list[2], "ahead", 0).length, knownOf(list[0], "done", 0).length], [2, 0, 3]);
});

test("a layer's few words say whether it helped", () => {
  const { list } = bandsOf(searched(...WALK, [1.4, 1.399])), came = list.map((band) => cameOf(knownOf(band, "done"), "done", 0, band.steps));
  assert.deepEqual(came, ["helped: 2 → 1.5", "did not help: stays 1.5", "helped: 1.5 → 1.4", "hardly helped: 1.4 → 1.4"]);
  assert.equal(cameOf([], "ahead", 0, 3), "not yet");
});

test("nothing that lies ahead of the clock is in the charts of the folded part", () => {
  const run = searched(...WALK), { list } = bandsOf(run), second = run.records.find((r) => r.kind === "scalars" && r.in === 1 && r.step === 1);
  const seen = untilNow(run, list, second, 1);
  assert.deepEqual(seen.map((band) => [band.all.length, band.best, band.kept]), [[3, 1, 1], [2, 0, null], [0, null, null]]);
  assert.deepEqual(untilNow(run, list, run.records[run.records.length - 1], 0), list);
});

test("layers that are yet to come have their place, and nothing is known of them", () => {
  const run = searched(...WALK), { list } = bandsOf(run), sizes = { "latent 4×4": 64, "layer1 4×4": 64, "layer2 8×8": 256, "layer3 8×8": 256 }, left = awaited(list.slice(0, 1), sizes);
  assert.deepEqual(left.map((band) => [band.name, band.shape, stateOf(run, band, run.records[3])]), [["layer2", "8×8", "ahead"], ["layer3", "8×8", "ahead"]]);
  assert.deepEqual(awaited(list, sizes), []);
});
