// Layer after layer: what every step was worth (heat map), the loss on the same axis, and what each layer is.
import { SAYS, bandsOf, jump, nowIn, thrownAway, titleOf, wasted } from "./bands.js";
import { el, offered, theme } from "./draw.js";
import { Heat } from "./heat.js";
import { tabulate } from "./layer_table.js";
import { mount } from "./mount.js";
import { Panel } from "./panel.js";
import { classBars, lossLines, movement } from "./search.js";
import { stateOf, untilNow } from "./walked.js";

export default function (component) {
  return mount(component, Layers);
}

export class Layers {
  constructor(root, store, again) {
    Object.assign(this, { root, store, id: "", only: -1, series: "" });
    const tip = el("div", { class: "tip", hidden: true });
    this.empty = el("div", { class: "empty" });
    this.heat = new Heat(root, tip, again);
    this.which = el("select", { "aria-label": "Distance of", onchange: () => ((this.only = Number(this.which.value)), again()) });
    this.what = el("select", { "aria-label": "Quantity", onchange: () => ((this.series = this.what.value), again()) });
    this.bar = el("div", { class: "bar" }, this.which, this.what, this.heat.log, this.heat.scale, this.heat.ends);
    this.map = new Panel("heat", this.heat.canvas);
    this.lost = el("div", { class: "caption", "data-says": "lost" });
    this.loss = new Panel("loss");
    this.classes = new Panel("classes");
    this.moved = new Panel("moved");
    this.table = new Panel("table", el("div", { style: "overflow-x:auto" }, el("table", { class: "layers" })));
    this.wide = el("div", {}, this.map.node, this.lost, this.loss.node);
    this.side = el("div", { class: "beside" }, this.classes.node, this.moved.node);
    this.grid = el("div", { class: "layergrid" }, this.wide, this.side);
    root.append(this.bar, this.empty, this.grid, this.table.node, tip);
  }

  update(component) {
    if (component.data.run === this.id) return;
    Object.assign(this, { id: component.data.run, only: -1 });
    this.heat.forget();
  }

  draw() {
    const run = this.store.run(this.id), bands = bandsOf(run), look = theme(this.root.getRootNode());
    const rows = bands.list.length ? null : this.rowsOf(run), any = bands.list.length > 0 || rows !== null;
    this.arrange(bands.list, any);
    if (!any) this.empty.textContent = run.over && run.have ? "This run recorded nothing layer by layer." : "The layers come with the first report of the search.";
    else if (bands.list.length) this.search(run, bands, look);
    else this.network(run, rows, look);
  }

  arrange(list, any) {
    const valued = list.some((b) => b.best !== null), beside = list.some((b) => b.classes.length || b.moved);
    this.empty.hidden = any;
    this.grid.hidden = !any;
    this.table.node.hidden = this.loss.node.hidden = !list.length;
    this.map.node.hidden = any && list.length > 0 && !valued; // one layer without distances: the line says it all
    this.bar.hidden = !any || this.map.node.hidden;
    this.side.hidden = !beside;
    this.grid.classList.toggle("alone", !beside);
    this.which.hidden = !list.some((b) => b.classes.length);
    this.what.hidden = list.length > 0;
    this.lost.hidden = !list.length;
  }

  get width() {
    return this.wide.clientWidth || 300;
  }

  // ---- a search through a generator
  search(run, { list: whole, chosen: result, sizes }, look) {
    const at = this.store.at(run, run.records, false), here = nowIn(this.store, run, whole), list = untilNow(run, whole, at, here?.step ?? 0);
    const over = whole.every((band) => stateOf(run, band, at) === "done"), chosen = over ? result : null, now = here && { ...here, band: list[here.band.index] };
    const told = run.quantity(SAYS.distance), named = run.info.classes?.length ? run.info.classes : (whole[0].classes[0]?.values ?? []);
    offered(this.which, [[-1, "all classes"], ...named.map((_, i) => [i, `class ${run.name(i)}`])], this.only);
    const title = `${told.title} at every step of every layer${this.only < 0 ? "" : `, class ${run.name(this.only)}`}`;
    this.map.title(title, [told]);
    const rows = list.map((band, i) => ({ name: titleOf(band.name), steps: band.steps, band, cells: this.cellsOf(band), whole: this.cellsOf(whole[i]) }));
    const marks = this.only < 0 ? { best: (row) => row.band.best, kept: (row) => row.band.kept, chosen } : {};
    const go = (row, step) => jump(this.store, run, whole[row.band.index], step);
    this.heat.paint({ rows, marks, now, go, title, axis: "step inside the layer" }, this.width, look);
    this.lost.textContent = wasted(thrownAway(list, chosen));
    const place = { width: this.width, left: this.heat.left, only: this.only, look, whole };
    lossLines(this.loss, run, list, now, place);
    classBars(this.classes, run, list, now, place);
    movement(this.moved, run, list, place);
    tabulate(this.table, run, list, chosen, sizes);
  }

  cellsOf(band) {
    const cells = this.only >= 0 ? band.classes.map((r) => ({ step: r.step, value: r.values[this.only] })) : band.all.map((c) => ({ step: c.step, value: c.distance, loss: c.loss }));
    return cells.filter((c) => Number.isFinite(c.value));
  }

  // ---- any network whose layers a run reports: one row for each named part of the quantity that is chosen
  rowsOf(run) {
    const all = run.parts.filter((r) => Object.keys(r.values).length > 1 && run.quantity(r.name).form !== "search"), keyOf = (r) => `${r.stage}/${r.name}`, of = new Map();
    for (const r of all) of.set(keyOf(r), [...(of.get(keyOf(r)) ?? []), r]);
    if (!of.size) return null;
    const found = [...of].sort(([, a], [, b]) => b.length - a.length);
    if (!of.has(this.series)) this.series = found[0][0];
    offered(this.what, found.map(([key, [r]]) => [key, `${r.stage}: ${run.quantity(r.name).title}`]), this.series);
    const records = of.get(this.series), cells = (name) => records.map((r, step) => ({ step, value: r.values[name], r })).filter((c) => Number.isFinite(c.value));
    return Object.keys(records[0].values).map((name) => ({ name, steps: records.length, records, cells: cells(name) }));
  }

  network(run, rows, look) {
    const { records } = rows[0], told = run.quantity(records[0].name), at = this.store.at(run, records), title = `${records[0].stage}: ${told.title}, at every report`;
    this.map.title(title, [told]);
    const go = (row, step) => {
      this.store.clock.playing = false;
      this.store.seek(this.store.where(run, records[Math.min(step, records.length - 1)]));
    };
    this.heat.paint({ rows, marks: {}, now: at ? { step: records.indexOf(at) } : null, go, title, axis: "report" }, this.width, look);
  }
}
