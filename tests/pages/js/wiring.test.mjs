// Which part of the wiring is at work.
import assert from "node:assert/strict";
import test from "node:test";

import { litAt } from "../../../pages/parts/web/wiring.js";

const TOLD = { squeeze: "teacher", match: "images", evaluate: "students" };
const run = { stages: ["start", ...Object.keys(TOLD)].map((name) => ({ name })), told: (name) => ({ group: TOLD[name] }) };

test("the box at work is that of whom the stage moves", () => {
  assert.deepEqual(run.stages.map((_, index) => litAt(run, { in: index })), [["image"], ["real", "network"], ["network", "question", "image"], ["image", "students"]]);
});
