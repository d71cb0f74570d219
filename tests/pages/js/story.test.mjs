// The sentence for the moment of the clock: where it stands, how its number went, what students are worth so far.
import assert from "node:assert/strict";
import test from "node:test";

import { Run } from "../../../pages/parts/web/run.js";
import { stageHeading, storyOf } from "../../../pages/parts/web/story.js";

const TOLD = {
  squeeze: { title: "Training the teacher", group: "teacher", moves: "It learns.", watch: ["teacher-accuracy"], part: "teacher" },
  match: { title: "Learning the images", group: "images", moves: "Pixels move.", watch: ["loss"], part: "layer" },
  evaluate: { title: "Testing the images", group: "students", moves: "Students train.", watch: [], part: "part" },
};
const QUANTITIES = { loss: { title: "loss", good: "lower" }, "teacher-accuracy": { title: "accuracy of the teacher", good: "higher" } };

// A run whose loss goes through these values, then two students.
function run(losses, { scored = true, state = "finished", part = 0, parts = 1 } = {}) {
  const records = [], say = (kind, more) => records.push({ n: records.length, t: records.length, seen: 0, kind, ...more });
  say("stage", { stage: "squeeze", steps: 2, part: 0, parts: 1 });
  for (const [step, value] of [0.1, 0.5].entries()) say("scalars", { stage: "squeeze", step, values: { "teacher-accuracy": value } });
  say("stage", { stage: "match", steps: losses.length, part, parts });
  losses.forEach((loss, step) => say("scalars", { stage: "match", step, values: { loss } }));
  if (scored) {
    say("stage", { stage: "evaluate", steps: 2, part: 0, parts: 1 });
    say("scored", { stage: "evaluate", subject: "distilled", student: "s", protocol: "p", labels: "hard", accuracy: [0.674], budget: { images: 10 } });
    say("scored", { stage: "evaluate", subject: "random", student: "s", protocol: "p", labels: "hard", accuracy: [0.547], draws: [0], budget: {} });
  }
  const made = new Run("a");
  made.take({ run: "a", from: 0, to: records.length, more: false, records, info: { title: "a", classes: [], plan: ["squeeze", "match", "evaluate"] }, state: { state }, quantities: QUANTITIES, spoken: TOLD, planes: [] }, () => null);
  return made;
}
const at = (made, stage) => made.records.filter((r) => r.stage === stage).pop();

test("a stage says its place among the kinds of stages, and the part it is", () => {
  assert.equal(stageHeading(run([3, 2, 1]), at(run([3, 2, 1]), "match")), "Learning the images (stage 2 of 3)");
  const parted = run([3, 2, 1], { scored: false, state: "running", part: 1, parts: 4 });
  assert.equal(stageHeading(parted, at(parted, "match")), "Learning the images (stage 2 of 3, layer 2 of 4)");
});

test("its number is the first report's and the one at the clock", () => {
  const falls = run([10, 8, 6, 4]);
  assert.match(storyOf(falls, at(falls, "match"), () => true), /Pixels move\. Number to watch, loss: 10 at first, 4 now; lower is better: it goes the right way\./);
  const rises = run([4, 6, 8]);
  assert.match(storyOf(rises, at(rises, "match"), () => true), /goes the wrong way/);
  const still = run([5, 5.01, 5]);
  assert.match(storyOf(still, at(still, "match"), () => true), /has hardly moved yet/);
  const taught = run([1, 1]);
  assert.match(storyOf(taught, at(taught, "squeeze"), () => true), /0\.1 at first, 0\.5 now; higher is better: it goes the right way/);
});

test("what is level is called level, and since when", () => {
  const flat = run([220, 150, 100, 82, 80, 84, 79, 83, 81, 80, 82, 79]);
  assert.match(storyOf(flat, at(flat, "match"), () => true), /right way; but it has been level since step 3\./);
});

test("students are told with their control, by the numbers as printed", () => {
  const done = run([3, 2, 1]);
  assert.match(storyOf(done, at(done, "evaluate"), () => true), /the 10 learned images are right on 67\.4 % .* on 54\.7 %\. Before that: pixels move\.$/);
  assert.match(storyOf(done, at(done, "evaluate"), () => false), /No student has finished yet\./);
});
