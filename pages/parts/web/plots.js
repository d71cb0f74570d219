// Small plots that follow the clock: numbers over steps as lines, numbers per layer or class as bars. Which quantity is
// drawn how, and with which others, the run says with its records.
import { Bars } from "./bars.js";
import { Curves } from "./curves.js";
import { el, theme } from "./draw.js";
import { mount } from "./mount.js";
import { Standing } from "./standing.js";

const LISTS = { lines: "scalars", parts: "parts", classes: "perClass" }; // the records that a kind of plot is drawn from
const ELSEWHERE = ["search", "ledger"]; // the forms of what is drawn on the page of layers, or stands in a table
const GROUPS = [
  { name: "images", title: "The images", words: "What is lowered while they are learned, and how far it came.", open: true },
  { name: "teacher", title: "The teacher", words: "The network that is trained on all the real images, before any image is learned.", open: false },
  { name: "students", title: "The students", words: "New networks that are trained on the finished images alone, and on as many random real ones.", open: false },
];
const NARROW_PAGE = 560, FIRST_CHARTS = 3; // pixels below which charts stand one under another; so many of a group are shown there at first
const AFTER_LOSS = 0.5; // bars come behind the first chart of curves

export default function (component) {
  return mount(component, Plots);
}

export class Plots {
  constructor(root, store, again) {
    Object.assign(this, { root, store, again, runs: [], kinds: [], cells: new Map(), order: "", whole: new Set() });
    this.folds = new Map(); // a group's fold, with its grid
    this.grid = el("div");
    this.empty = el("div", { class: "empty", text: "Curves come with the first report." });
    this.standing = new Standing(store);
    root.append(this.standing.node, this.grid, this.empty);
  }

  update(component) {
    this.runs = component.data.runs;
    this.kinds = component.data.kinds;
  }

  draw() {
    const plots = this.wanted(), keys = JSON.stringify(plots.map((p) => p.key)), look = theme(this.root.getRootNode());
    this.empty.hidden = plots.length > 0 || !this.kinds.some((kind) => kind in LISTS);
    this.standing.show(this.runs.map((id) => this.store.run(id)), this.kinds);
    const narrow = this.root.clientWidth < NARROW_PAGE;
    if (keys !== this.order || narrow !== this.narrow) {
      Object.assign(this, { order: keys, narrow });
      for (const plot of plots) if (!this.cells.has(plot.key)) this.cells.set(plot.key, this.cell(plot));
      this.grid.replaceChildren(...GROUPS.map((group) => this.fold(group, plots.filter((p) => p.group === group.name))).filter(Boolean));
    }
    for (const plot of plots) this.cells.get(plot.key).show(plot, look);
  }

  // The charts of one group under a heading; what is learned stands open, the rest is folded until it is asked for.
  fold(group, plots) {
    if (!plots.length) return null;
    if (!this.folds.has(group.name)) {
      const grid = el("div", { class: "plots" }), heads = [el("strong", { text: group.title }), ` ${group.words}`];
      const node = el("details", { class: "fold", open: group.open, ontoggle: () => this.again() }, el("summary", {}, ...heads), grid);
      this.folds.set(group.name, { node, grid });
    }
    const { node, grid } = this.folds.get(group.name);
    if (plots.length === this.order.split('","').length) node.open = true; // nothing else is here
    this.fill(group.name, grid, plots.map((p) => this.cells.get(p.key).node));
    return node;
  }

  // All charts, or on a phone the first and a button for the others.
  fill(name, grid, nodes) {
    const some = this.narrow && nodes.length > FIRST_CHARTS + 1 && !this.whole.has(name);
    const rest = () => {
      this.whole.add(name);
      this.fill(name, grid, nodes);
      this.again();
    };
    grid.replaceChildren(...(some ? [...nodes.slice(0, FIRST_CHARTS), el("button", { type: "button", text: `show all ${nodes.length} charts`, onclick: rest })] : nodes));
  }

  cell(plot) {
    return new (plot.kind === "lines" ? Curves : Bars)(plot, this.store, this.again);
  }

  wanted() {
    const runs = this.runs.map((id) => this.store.run(id)), learns = (stage) => runs.some((run) => run.frames.some((r) => r.stage === stage));
    const rank = (plot) => (plot.kind === "lines" ? plot.place : AFTER_LOSS);
    return chartsOf(runs, this.kinds).sort((a, b) => learns(b.stage) - learns(a.stage) || (learns(a.stage) && a.stage === b.stage ? rank(a) - rank(b) : 0)); // where images are learned comes first
  }
}

// What there is to draw: one entry per message, with what the run says of every quantity in it (`told`, by name).
export function chartsOf(runs, kinds) {
  const found = new Map();
  for (const run of runs)
    for (const kind of Object.keys(LISTS).filter((one) => kinds.includes(one)))
      for (const r of run[LISTS[kind]])
        for (const name of kind === "lines" ? Object.keys(r.values) : [r.name]) add(found, kind, r.stage, name, run.quantity(name), run.told(r.stage).group);
  return [...found.values()].map((plot) => ({ ...plot, log: [...plot.told.values()].every((one) => one.log), runs: runs.map((run) => run.id) }));
}

function add(found, kind, stage, name, told, group) {
  if (ELSEWHERE.includes(told.form)) return;
  const lines = kind === "lines", key = `${stage}/${lines ? told.chart : name}`;
  if (!found.has(key)) {
    const words = lines ? told.heading : told.title, title = words.charAt(0).toUpperCase() + words.slice(1), axis = lines ? told.axis : told.unit;
    found.set(key, { key, kind, stage, group, title, axis, name, place: told.place, along: kind === "classes" ? "class" : told.along, list: LISTS[kind], told: new Map() });
  }
  found.get(key).told.set(name, told);
}
