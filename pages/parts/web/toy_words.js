// The sentences of the page, from its live numbers.
import { words } from "./draw.js";
import { DRAWS } from "./toy_world.js";

export const OBJECTIVES = {
  gradient: { loss: "Gradient distance", unit: "sum of (1 − cosine)", zero: "0: both teach exactly the same", why: "a random network should learn the same from them as from the real points: both should pull its weights in the same direction" },
  mean: { loss: "Distance of mean features", unit: "squared distance", zero: "0: the class averages look the same", why: "to random networks each class should look the same on average: the mean of what the last hidden layer sees" },
  trajectory: { loss: "Distance to the expert", unit: "share of its way, squared", zero: "1: no closer than standing still, 0: the same place", why: "a network that takes 10 steps on them should end where an expert gets in 50 steps on the real points" },
};
const LATELY = 20; // steps that a number of the loss is averaged over

export const percent = (share) => `${Math.round(100 * share)} %`;
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
export const controls = ({ control: { draws } }) => (draws.length < DRAWS ? null : { mean: mean(draws), low: Math.min(...draws), high: Math.max(...draws) });

// What moves, and why.
export function moving({ steps, points, settings, broken }) {
  if (broken) return "The gray points stand still: there is no push any more that means anything. Those outside are drawn at the edge.";
  const { why } = OBJECTIVES[settings.objective], n = points.labels.length;
  return `${steps ? `Step ${steps}. The` : "Press play: the"} ${n} filled points ${steps ? "move" : "will move"} along their arrows so that ${why}.`;
}

// How far the loss came.
export function falling({ losses, settings }) {
  const { zero } = OBJECTIVES[settings.objective];
  if (losses.length < 2) return losses.length ? `${words(losses[0])} at the only step so far (${zero}).` : `No step yet (${zero}).`;
  const over = Math.min(LATELY, Math.ceil(losses.length / 2)), first = mean(losses.slice(0, over)), last = mean(losses.slice(-over));
  const way = last < 0.98 * first ? "fell" : last > 1.02 * first ? "rose" : "stayed";
  return `It ${way} from ${words(first)} to ${words(last)}, means of ${over} steps (${zero}).`;
}

// How far the two pictures agree.
export function agreeing({ looks }) {
  if (!looks.length) return "The network of all real points is still learning.";
  const [first, last] = [looks[0], looks[looks.length - 1]], change = Math.round(100 * last.plane) - Math.round(100 * first.plane);
  const since = last.step === first.step ? "" : change > 0 ? `, ${change} points more than at step ${first.step}` : change < 0 ? `, ${-change} points less than at step ${first.step}` : ", as at the start";
  return `Both networks answer the same in ${percent(last.plane)} of the picture${since}, and on ${percent(last.points)} of the fresh points.`;
}

// Whether it goes well: against as many random real points.
export function verdict(world) {
  if (world.broken) return `It broke. ${world.broken} Choose a smaller step size; the points then start again.`;
  const control = controls(world), { all, learned, real, points, steps } = world, n = points.labels.length;
  if (!control || all.accuracy === undefined) return "How good as many random real points are is being worked out …";
  const whole = (share) => Math.round(100 * share), is = whole(learned.accuracy), draws = `${DRAWS} draws of ${n} random real points`;
  const ceiling = `All ${real.labels.length} real points: ${percent(all.accuracy)}.`;
  if (control.mean >= all.accuracy - 0.02) return `Nothing to win here: ${draws} already teach as well as all (${percent(control.mean)} on average). ${ceiling}`;
  if (is > whole(control.high) + 1) return `Going well: a network that saw only these ${n} points gets ${is} % right, more than the best of ${draws} (${percent(control.high)}). ${ceiling}${apartFrom(world)}`;
  const range = `${draws} give ${whole(control.low)} to ${percent(control.high)}, ${percent(control.mean)} on average`;
  if (is >= whole(control.high)) return `Level with the best draw, better than the average one: ${is} % right; ${range}. ${ceiling}`;
  if (is > whole(control.mean)) return `Better than the average draw, not better than the best: ${is} % right; ${range}. ${ceiling}`;
  return `${steps < 40 ? "Not good yet" : "Not going well"}: ${is} % right; ${range}. ${hint(world)}`;
}

// What is still missing in the picture, where that can be seen.
function apartFrom({ looks }) {
  const last = looks?.[looks.length - 1], differs = last ? Math.round(100 * (1 - last.plane)) : 0;
  return differs > 5 ? ` Yet the boundaries still differ in ${differs} % of the picture.` : "";
}

function hint({ steps, settings: { k, rate } }) {
  if (steps < 40) return "Let it run.";
  if (rate > 1) return "A smaller step size may help.";
  return k === 1 ? "One point per class may be too few for this shape: try 3." : "Try another objective or a new seed.";
}
