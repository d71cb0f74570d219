// The bars as students finish, and what was said and moved: the latest words at the clock.
import { About } from "./about.js";
import { el, words } from "./draw.js";
import { COLORS, SUBJECT_COLORS } from "./palette.js";

const SUBJECTS = ["real", "distilled", "mean", "random"];
const SCORE = "test-accuracy";

export class Standing {
  constructor(store) {
    Object.assign(this, { store, about: new About() });
    this.rows = el("div", { class: "bars", role: "table", "aria-label": "Scores" });
    this.same = el("div", { class: "small", hidden: true }); // what holds for every row is said once
    this.log = el("div", { class: "small log" });
    this.heading = el("span");
    this.head = el("div", { class: "plot", hidden: true }, el("header", {}, el("span", {}, this.heading, this.about.node)), this.about.tip);
    this.node = el("div", {}, this.head, this.rows, this.same, this.log);
  }

  show(runs, kinds) {
    this.same.hidden = true;
    this.rows.hidden = !kinds.includes("scores");
    if (kinds.includes("scores")) this.scores(runs);
    if (kinds.includes("log")) this.said(runs);
  }

  // The latest word on each subject, student and protocol.
  scores(runs) {
    const found = [];
    for (const run of runs) {
      const latest = new Map();
      for (const r of run.scored) if (this.reached(run, r)) latest.set(`${r.subject}/${r.student}/${r.protocol}/${r.labels}`, r);
      for (const r of latest.values()) found.push({ run, r });
    }
    found.sort((a, b) => SUBJECTS.indexOf(a.r.subject) - SUBJECTS.indexOf(b.r.subject));
    const told = found[0]?.run.quantity(SCORE), none = el("span", { class: "small", style: "grid-column:1/-1", text: "Students are tested when the images are finished: none at this point of the clock." });
    this.head.hidden = !told;
    this.heading.textContent = told ? told.title.charAt(0).toUpperCase() + told.title.slice(1) : "";
    this.about.say(told ? [told] : []);
    this.rows.setAttribute("role", found.length ? "table" : "note");
    const unders = new Set(found.map(({ r }) => under(r))), alike = unders.size === 1;
    this.rows.replaceChildren(...(found.length ? found.flatMap(({ run, r }) => scoreRow(run, r, runs.length > 1, alike)) : [none]));
    this.same.hidden = !alike;
    this.same.textContent = alike ? `all of them: ${[...unders][0]}` : "";
  }

  // Newest first.
  said(runs) {
    const all = runs.flatMap((run) => run.marks.filter((m) => this.reached(run, m.record))).slice(-8).reverse();
    this.log.replaceChildren(...all.map((m) => el("div", { text: `${m.record.stage || "run"}${m.record.step === undefined ? "" : ` ${m.record.step}`}: ${m.text}` })));
  }

  reached(run, record) {
    return this.store.where(run, record) <= this.store.clock.x + 1e-9;
  }
}

// Mean and s.d. of a record's accuracies, over the draws of random real images where there are several, and how many those are
// (`record/scores.py` has the same). A control of an earlier version was one draw.
export function spread(r) {
  const drawn = r.draws?.length ? r.draws : r.accuracy.map(() => 0), groups = new Map(), n = r.accuracy.length;
  r.accuracy.forEach((a, i) => groups.set(drawn[i], [...(groups.get(drawn[i]) ?? []), a]));
  const over = groups.size > 1 ? [...groups.values()].map(average) : r.accuracy, mean = average(over);
  const std = over.length > 1 ? Math.sqrt(over.reduce((a, b) => a + (b - mean) ** 2, 0) / (over.length - 1)) : null;
  const few = n > 1 ? `${n} students` : "1 student", one = r.subject === "random" ? `${few}, 1 draw` : few;
  return { mean, std, said: groups.size > 1 ? `${groups.size} draws` : one };
}

function average(values) {
  return values.reduce((a, b) => a + b, 0) / Math.max(values.length, 1);
}

// All bytes of what is kept, as `figures/ledger.py` says them; nothing where a record does not say those of the images.
function stored(budget) {
  if (budget?.image_bytes === undefined) return "";
  let count = ["image", "label", "teacher", "generator"].reduce((sum, part) => sum + (budget[`${part}_bytes`] ?? 0), 0), unit = 0;
  for (; count >= 1000 && unit < 3; unit += 1) count /= 1000;
  return ` · ${count.toFixed(unit && count < 100 ? 1 : 0)} ${["B", "kB", "MB", "GB"][unit]} stored`;
}

// By whom and how it was tested, and what is kept for it.
const LABELLED = { hard: "hard labels (the name of the class alone)", teacher: "labels by a teacher" };
const under = (r) => `new networks, taught with ${LABELLED[r.labels] ?? "stored soft labels"}${stored(r.budget)}`, exactly = (r) => `student ${r.student}, protocol ${r.protocol}, ${r.labels} labels`;

function scoreRow(run, r, many, alike) {
  const { mean, std, said } = spread(r);
  const count = r.budget?.images, what = { real: "all real data", distilled: "learned images", random: "random real images" }[r.subject] ?? r.subject;
  const title = r.subject !== "real" && count ? `${words(count)} ${what}` : what, of = many ? `${run.info.title}: ` : "";
  const value = `${(100 * mean).toFixed(1)} %${std === null ? "" : ` ± ${(100 * std).toFixed(1)}`} (${said.replace(/n = (\d+)/, "$1 networks").replace("1 seed", "1 network")})`;
  const style = `width:${100 * mean}%;background:${SUBJECT_COLORS[r.subject] ?? COLORS[7]}${std === null ? ";opacity:.55" : ""}`;
  const rail = el("div", { class: "rail", role: "cell" }, el("div", { class: "fill", style }));
  if (std !== null) rail.append(el("div", { class: "spread", style: `left:${100 * Math.max(0, mean - std)}%;width:${200 * std}%` }));
  const name = el("div", { class: "name", role: "cell", title: exactly(r) }, `${of}${title}`, alike ? null : el("div", { class: "small", text: under(r) }));
  return [el("div", { role: "row", style: "display:contents" }, name, rail, el("span", { class: "value", role: "cell", text: value }))];
}
