// One sentence for the moment of the clock: what moves, why, and whether it goes well, with the numbers of that moment.
import { lastAt } from "./run.js";
import { el, words } from "./draw.js";
import { spread } from "./standing.js";

export const START = "start";
const COUNTED = 3, MOVED = 0.02; // reports whose median is compared; a share of the first below which nothing moved
const BAND_OF_CHANGE = 0.2, LONG_ENOUGH = 9; // a share of the whole change; reports
const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const percent = (share) => `${(100 * share).toFixed(1)} %`;

// Where the clock stands among the kinds of stages that the run has or will have: "2 of 3".
export function stagePlace(run, index) {
  const seen = [...new Set(run.stages.map((s) => s.name))].filter((name) => name !== START), plan = run.over ? seen : [...new Set([...(run.info.plan ?? []), ...seen])];
  const order = plan.filter((name) => seen.includes(name) || !run.over), at = order.indexOf(run.stages[index].name);
  return order.length > 1 && at >= 0 ? `${at + 1} of ${order.length}` : "";
}

// The stage's own name with its place: "Learning the images (stage 2 of 3, layer 4 of 6)".
export function stageHeading(run, record) {
  const stage = run.stages[record.in], told = run.told(stage.name), which = stagePlace(run, record.in);
  const parts = stage.parts > 1 ? `${told.part} ${stage.part + 1} of ${stage.parts}` : "", inside = [which && `stage ${which}`, parts].filter(Boolean).join(", ");
  return `${told.title.charAt(0).toUpperCase()}${told.title.slice(1)}${inside ? ` (${inside})` : ""}`;
}

export function storyOf(run, record, reached) {
  const { name } = run.stages[record.in], told = run.told(name);
  if (name === START && !told.moves) return "The images as they are before anything moves them.";
  if (told.group !== "students") return [told.moves, pushed(run, record, told)].filter(Boolean).join(" ");
  return [told.moves, tested(run, reached), learnt(run, record)].filter(Boolean).join(" ");
}

// What moved before the students came, as the longest stage of images says it. Asked at every frame: stages are gone through, not records.
function learnt(run, record) {
  const long = run.stages.map((stage, i) => (i < record.in && stage.name !== START && run.told(stage.name).group === "images" ? run.stages[i + 1].n - stage.n : 0));
  const most = Math.max(...long), moves = most ? run.told(run.stages[long.indexOf(most)].name).moves : "";
  return moves ? `Before that: ${moves.charAt(0).toLowerCase()}${moves.slice(1)}` : "";
}

// How the number that the stage lowers or raises went from its first report to the one at the clock, and since when it is level.
function pushed(run, record, told) {
  const mine = run.scalars.filter((r) => r.in === record.in), name = told.watch.find((one) => mine.some((r) => Number.isFinite(r.values[one])));
  if (!name) return "";
  const until = mine.filter((r) => Number.isFinite(r.values[name]) && r.n <= record.n), values = until.map((r) => r.values[name]);
  if (values.length < 2) return "";
  const quantity = run.quantity(name), up = quantity.good === "higher", first = values[0], now = values[values.length - 1];
  const recent = values.length > COUNTED ? middle(values.slice(-COUNTED)) : now, change = (up ? recent - first : first - recent) / (Math.abs(first) || 1), since = level(values, first, recent);
  const well = change > MOVED ? "it goes the right way" : change < -MOVED ? "it goes the wrong way" : "it has hardly moved yet";
  const flat = change > MOVED && since !== null ? `; but it has been level since step ${words(until[since].step + 1)}` : "";
  return `Number to watch, ${quantity.title}: ${words(first)} at first, ${words(now)} now; ${up ? "higher" : "lower"} is better: ${well}${flat}.`;
}

// From which report on all lie within a band around the recent ones; null where that is shorter than a third of the way.
function level(values, first, recent) {
  const band = BAND_OF_CHANGE * Math.abs(first - recent);
  let since = values.length;
  while (since > 0 && Math.abs(values[since - 1] - recent) <= band) since--;
  return values.length >= LONG_ENOUGH && since < (2 / 3) * values.length ? since : null;
}

// What students are worth that have finished by now.
function tested(run, reached) {
  const latest = (subject) => run.scored.filter((r) => r.subject === subject && reached(r)).pop(), ours = latest("distilled"), control = latest("random");
  if (!ours) return "No student has finished yet.";
  const mine = spread(ours), said = `Students of the ${words(ours.budget?.images ?? 0) || ""} learned images are right on ${percent(mine.mean)} of unseen images`;
  if (!control) return `${said}.`;
  return `${said}, of as many random real ones on ${percent(spread(control).mean)}.`;
}

// The line under the player, where it is about one run.
export class Story {
  constructor() {
    this.stage = el("strong");
    this.tale = el("span");
    this.node = el("p", { class: "story" }, this.stage, " ", this.tale);
  }

  // Returns the record that it tells of, or null.
  show(store, lead) {
    this.node.hidden = !lead || store.shown.length > 1;
    if (this.node.hidden) return null;
    const where = (r) => store.where(lead, r), { x } = store.clock, record = lead.records[Math.max(0, lastAt(lead.records, where, x))];
    this.stage.textContent = `${stageHeading(lead, record)}.`;
    this.tale.textContent = storyOf(lead, record, (r) => where(r) <= x + 1e-9);
    return record;
  }
}
