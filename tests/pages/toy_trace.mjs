// What the toy's arithmetic does in some steps, with everything that was drawn, as JSON: `node toy_trace.mjs gradient 25`.
import { byClass, drawn, starting } from "../../pages/parts/web/toy_data.js";
import * as distill from "../../pages/parts/web/toy_distill.js";
import { Net } from "../../pages/parts/web/toy_net.js";
import { Dice } from "../../pages/parts/web/toy_random.js";
import { Student } from "../../pages/parts/web/toy_student.js";

const [objective, steps, act] = process.argv.slice(2), seed = 3, classes = 3, sizes = [2, 16, 16, classes], net = new Net(sizes, act);
const real = drawn("blobs", 40, 0.2, new Dice(seed, "data")), points = starting("random", 2, real, classes, seed);
const student = new Student(net, net.drawn(new Dice(seed, "student"))).study(points, 30);
const told = { sizes, real: plain(real), points: plain(points), student: { start: [...student.start], end: [...student.theta] }, constants: { ...distill }, steps: [], experts: {} };
const maker = new distill.Distiller(net, real, points, { objective, seed }), rate = distill.USUAL[objective];
for (let t = 0; t < Number(steps); t++) {
  const dice = new Dice(seed, "batch", t), step = { rows: byClass(real.labels, classes).map((rows) => dice.some(rows, distill.BATCH)) };
  if (objective === "trajectory") Object.assign(step, journey(t));
  else step.network = [...maker.drawn(objective === "mean" ? t : Math.floor(t / distill.LOOKS))];
  const { loss, push } = maker.step(rate);
  told.steps.push({ ...step, loss, push: [...push], at: [...points.at], alpha: maker.alpha });
}
process.stdout.write(JSON.stringify({ ...told, rate }));

function plain({ at, labels }) {
  return { at: [...at], labels: [...labels] };
}

// The expert and the place that a step draws, and what the expert was trained on.
function journey(t) {
  const draws = new Dice(seed, "journey", t), expert = Math.floor(draws.uniform(0, distill.EXPERTS)), start = Math.floor(draws.uniform(0, distill.LAST));
  const dice = new Dice(seed, "expert", expert), first = [...net.drawn(dice)], all = [...real.labels.keys()];
  const batches = Array.from({ length: distill.EPOCH * (distill.LAST + distill.AHEAD) }, () => dice.some(all, distill.EXPERT_BATCH));
  told.experts[expert] ??= { first, batches };
  return { expert, start };
}
