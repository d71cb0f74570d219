// The search through a generator as it stands at the clock, in words.
import { titleOf } from "./bands.js";
import { words } from "./draw.js";
import { spread } from "./standing.js";
import { stageHeading, storyOf } from "./story.js";

const LITTLE = 0.01; // the share of its first distance below which a layer did hardly anything

// Whether a layer lies ahead of the clock, is being searched, or is done.
export function stateOf(run, band, at) {
  const mine = run.stages.indexOf(band.stage);
  if (!at || mine < 0 || at.in < mine) return "ahead";
  return at.in > mine || (band.after && at.n >= band.after.n) ? "done" : "now";
}

// What is known of a layer's distances at the clock: [{step, distance}, …] in order.
export function knownOf(band, state, step) {
  const all = band.all.filter((c) => Number.isFinite(c.distance));
  return state === "ahead" ? [] : state === "done" ? all : all.filter((c) => c.step <= step);
}

// The same layers as far as the clock has come: of one ahead nothing is known, of the present one its steps so far.
export function untilNow(run, list, at, step) {
  return list.map((band) => {
    const state = stateOf(run, band, at), until = { ahead: -1, now: step, done: Infinity }[state], seen = (items) => items.filter((one) => one.step <= until);
    if (state === "done") return band;
    const all = seen(band.all), known = all.filter((c) => Number.isFinite(c.distance));
    const begun = state === "now" ? { change: band.said.change, clipped: band.said.clipped } : {};
    return { ...band, all, classes: seen(band.classes), moved: seen(band.moves).pop()?.values ?? null, said: begun, kept: null, best: known.length ? least(known).step : null };
  });
}

export const least = (cells) => cells.reduce((a, b) => (b.distance < a.distance ? b : a));
const gain = (cells) => cells[0].distance - least(cells).distance;
const little = (cells) => gain(cells) < LITTLE * cells[0].distance;
const moves = (n) => `${n} move${n === 1 ? "" : "s"}`;

// The few words under a layer.
export function cameOf(cells, state, step, steps) {
  if (state === "ahead") return "not yet";
  if (!cells.length) return state === "now" ? `move ${step} of ${steps - 1}` : "no distance measured";
  const first = cells[0].distance, best = least(cells).distance, way = `${words(first)} → ${words(best)}`;
  if (state === "now") return `move ${step} of ${steps - 1}: ${words(cells[cells.length - 1].distance)}`;
  if (best >= first) return `did not help: stays ${words(first)}`;
  return little(cells) ? `hardly helped: ${way}` : `helped: ${way}`;
}

// The verdict: what is going on at the clock, or what came of the search once it is over.
export function verdictOf(run, list, chosen, { at, now, reached }) {
  const over = at && list.every((band) => stateOf(run, band, at) === "done");
  if (over && chosen) return `${summed(list, chosen)}${worth(run, reached)}`;
  if (!now) return at ? before(run, list, at, reached) : "";
  const cells = knownOf(now.band, stateOf(run, now.band, at), now.step), where = `**Searching at ${titleOf(now.band.name)}** (layer ${now.band.index + 1} of ${Math.max(now.band.stage.parts, list.length)}), after ${moves(now.step)} of ${now.band.steps - 1}.`;
  if (!cells.length) return `${where} No distance was measured here.`;
  const best = least(cells), first = cells[0].distance, here = cells[cells.length - 1].distance;
  const helps = best.step === cells[0].step ? "nothing tried so far is nearer than what the layer was handed" : `nearest so far: **${words(best.distance)}**, after ${moves(best.step)}; this is what goes on`;
  return `${where} The images came in at a feature distance of **${words(first)}** and are now at **${words(here)}** (smaller is nearer to real images); ${helps}.`;
}

// Outside the search: what goes on there, and what the search will do.
function before(run, list, at, reached) {
  const story = storyOf(run, at, reached), ahead = stateOf(run, list[0], at) === "ahead";
  const next = ahead ? ` The images at the left are what the generator makes of random codes; the search will first move the numbers that come out of ${titleOf(list[0].name)}. Press ▶ to watch it.` : "";
  return `**${story ? stageHeading(run, at) : "Before the search"}.** ${story}${next}`;
}

function summed(list, chosen) {
  const known = list.map((band) => ({ name: titleOf(band.name), cells: knownOf(band, "done") })).filter((one) => one.cells.length > 1);
  const star = list.find((band) => band.stage.part === chosen.part), end = `Result ★: ${titleOf(star?.name ?? "")}, after ${moves(chosen.step)}`;
  if (!known.length) return `${end}. No distance was measured.`;
  const first = known[0].cells[0].distance, way = Math.max(first - chosen.distance, 1e-12), best = known.reduce((a, b) => (gain(b.cells) > gain(a.cells) ? b : a));
  const idle = known.filter((one) => gain(one.cells) <= 0), rest = known.filter((one) => one !== best && gain(one.cells) > 0);
  const [hardly, helped] = [true, false].map((few) => rest.filter((one) => little(one.cells) === few));
  if (gain(best.cells) <= 0) return `**In this run no layer helped:** each was nearest as it was handed over (feature distance ${words(first)}). ${end}.`;
  const most = `**In this run ${best.name} helped most:** feature distance ${words(best.cells[0].distance)} → ${words(least(best.cells).distance)}, ${Math.round((100 * gain(best.cells)) / way)} % of all that was gained.`;
  const others = [helped.length && `${named(helped)} helped too`, hardly.length && `${named(hardly)} hardly`, idle.length && `${named(idle)} did not (nearest as handed over)`].filter(Boolean).join(", ");
  return `${most} ${upper(others)}${others ? ". " : ""}${end}, distance **${words(chosen.distance)}**, ${Math.round((100 * way) / (first || 1))} % nearer than at the start.`;
}

// What fresh networks make of the images, beside as many random real ones; nothing before one was tested.
function worth(run, reached) {
  const said = (subject) => run.scored.filter((r) => r.subject === subject && reached(r)).map((r) => ({ ...spread(r), of: r.budget?.images })).pop(), ours = said("distilled"), control = said("random");
  if (!ours) return "";
  const percent = (one) => `${(100 * one.mean).toFixed(1)}\u00a0%`, beside = control ? ` (trained on ${control.of ?? "as many"} random real ones: ${percent(control)})` : "";
  return ` **What they are worth:** a fresh network trained on these ${ours.of ?? ""} images alone is right on **${percent(ours)}** of unseen images${beside}.`;
}

const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// "layers 3, 4 and 5", "layer 2", "up.0 and pixels".
function named(some) {
  const all = some.map((one) => one.name), plain = all.every((name) => name.startsWith("layer ")), short = plain && all.length > 1 ? all.map((name) => name.slice(6)) : all;
  const said = short.length > 1 ? `${short.slice(0, -1).join(", ")} and ${short[short.length - 1]}` : short[0];
  return plain && all.length > 1 ? `layers ${said}` : said;
}
