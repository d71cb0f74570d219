// Small plots that follow the clock: numbers over steps as lines, numbers per layer or class as bars. Which quantity is
// drawn how, and with which others, the run says with its records.
import { Bars } from "./bars.js";
import { Curves } from "./curves.js";
import { el, theme } from "./draw.js";
import { mount } from "./mount.js";
import { Standing } from "./standing.js";

const LISTS = { lines: "scalars", parts: "parts", classes: "perClass" }; // the records that a kind of plot is drawn from
const ELSEWHERE = ["search", "ledger"]; // the forms of what is drawn on the page of layers, or stands in a table
const AFTER_LOSS = 0.5; // bars come behind the first chart of curves

export default function (component) {
  return mount(component, Plots);
}

export class Plots {
  constructor(root, store, again) {
    Object.assign(this, { root, store, again, runs: [], kinds: [], cells: new Map(), order: "" });
    this.grid = el("div", { class: "plots" });
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
    if (keys !== this.order) {
      this.order = keys;
      for (const plot of plots) if (!this.cells.has(plot.key)) this.cells.set(plot.key, this.cell(plot));
      this.grid.replaceChildren(...plots.map((p) => this.cells.get(p.key).node));
    }
    for (const plot of plots) this.cells.get(plot.key).show(plot, look);
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
        for (const name of kind === "lines" ? Object.keys(r.values) : [r.name]) add(found, kind, r.stage, name, run.quantity(name));
  return [...found.values()].map((plot) => ({ ...plot, log: [...plot.told.values()].every((one) => one.log), runs: runs.map((run) => run.id) }));
}

function add(found, kind, stage, name, told) {
  if (ELSEWHERE.includes(told.form)) return;
  const lines = kind === "lines", key = `${stage}/${lines ? told.chart : name}`;
  if (!found.has(key)) {
    const title = `${stage}: ${lines ? told.heading : told.title}`, axis = lines ? told.axis : told.unit;
    found.set(key, { key, kind, stage, title, axis, name, place: told.place, along: kind === "classes" ? "class" : told.along, list: LISTS[kind], told: new Map() });
  }
  found.get(key).told.set(name, told);
}
