// The film strip: a generator from left to right, and under every layer its images at the clock, what it changed, how near they are.
import { SAYS, awaited, bandsOf, jump, nowIn, titleOf } from "./bands.js";
import { distanceChart, scaleChart, scaleOf } from "./distances.js";
import { el, offered, scaleBar, theme, words } from "./draw.js";
import { Column, GAP, change, mostMoved } from "./film.js";
import { Glass } from "./glass.js";
import { mount } from "./mount.js";
import { signed } from "./palette.js";
import { sentence } from "./rows.js";
import { drawSigned, drawTile, ordered, snap, tilesOf } from "./tiles.js";
import { cameOf, knownOf, stateOf, verdictOf } from "./walked.js";

const LEAST = 24, LARGEST = 96, LENS = 144, NARROW = 640; // pixels: side of the smallest and the largest image, and of one enlarged
const FEW = 3, SPACE = 24, LEFT = 32, SHORT = 18, LONG = 58, LOUD = 0.97; // classes at first; pixels between columns, and left of a chart that has its own axis; least and most for the names of classes; the share of pixels whose change the scale holds

export default function (component) {
  return mount(component, Strip);
}

export class Strip {
  constructor(root, store, again) {
    Object.assign(this, { root, store, again, id: "", setState: () => {}, all: false, per: 1, columns: [], built: "", moved: { of: "", labels: null } });
    this.verdict = el("p", { class: "verdict", role: "status" });
    this.which = el("select", { "aria-label": "Classes shown", onchange: () => ((this.all = this.which.value === "all"), again()) });
    this.more = el("select", { "aria-label": "Images of each class", onchange: () => ((this.per = Number(this.more.value)), again()) });
    this.scale = el("canvas", { class: "scale", "aria-hidden": "true" });
    this.ends = el("span", { class: "ends small" });
    this.bar = el("div", { class: "bar" }, this.which, this.more, this.scale, this.ends);
    this.film = el("div", { class: "film" });
    this.empty = el("div", { class: "empty" });
    root.append(this.verdict, this.film, this.bar, this.empty);
    this.glass = new Glass(root, { away: 8, above: 40 });
  }

  update(component) {
    this.setState = component.setStateValue;
    this.id = component.data.run;
  }

  // ---- pointing and choosing
  naming(place) {
    return { run: this.id, id: place.id, label: place.label, source: "synthetic" };
  }

  point(column, place) {
    this.store.set("hover", place && column.kind !== "real" ? this.naming(place) : null);
    const run = this.store.run(this.id), tile = place && column.tile(run, place, column.shown);
    if (!tile) return this.glass.hide();
    const changes = place.part && column.band, values = changes && change(this.store, run, column.band, tile);
    const paint = (g) => (values ? drawSigned(g, values, tile.record.tile, this.most, theme(this.root.getRootNode()).dark, 0, 0, LENS) : drawTile(g, this.store, run, tile, 0, 0, LENS));
    const what = column.kind === "real" ? "a real image" : column.kind === "start" ? "as the search began" : `${changes ? "change in " : ""}${titleOf(column.band.name)}`;
    const at = { ...place, x: place.x + column.node.offsetLeft - this.film.scrollLeft, y: place.y + column.canvas.offsetTop };
    this.glass.show(this.film, at, [LENS, LENS], paint, `${run.name(place.label)} · ${what}`);
  }

  click(place) {
    if (!place) return;
    this.store.set("pin", this.naming(place));
    this.setState("pin", this.naming(place));
  }

  // The clock goes to the end of a layer, or to its begin where it stands at the end.
  go(band, step = band.steps - 1) {
    if (!band.entry) return;
    const run = this.store.run(this.id), now = nowIn(this.store, run, bandsOf(run).list);
    jump(this.store, run, band, now?.band === band && now.step === step ? 0 : step);
  }

  // ---- what is drawn
  draw() {
    const run = this.store.run(this.id), { list: visited, chosen, sizes } = bandsOf(run), list = visited.length && !run.over ? [...visited, ...awaited(visited, sizes)] : visited, look = theme(this.root.getRootNode());
    this.empty.hidden = list.length > 0;
    for (const part of [this.verdict, this.bar, this.film]) part.hidden = !list.length;
    if (!list.length) return void (this.empty.textContent = run.over && run.have ? "This run searched no generator, so there is no film strip." : "The film strip grows with every layer.");
    const at = this.store.at(run, run.records, false), now = nowIn(this.store, run, visited), where = (r) => this.store.where(run, r) <= this.store.clock.x + 1e-9;
    this.build(run, list);
    this.film.classList.toggle("tall", this.root.clientWidth < NARROW);
    const rows = this.rowsOf(run, list), narrow = this.root.clientWidth < NARROW, room = this.roomOf(run, rows), size = this.sizeOf(list, narrow, room);
    this.most = this.largest(run, visited);
    this.verdict.replaceChildren(...sentence(verdictOf(run, visited, chosen, { at, now, reached: where })).childNodes);
    for (const column of this.columns) this.show(column, run, { list, chosen, at, now, rows, narrow, room, size, look, most: this.most });
    this.legend(look);
  }

  build(run, list) {
    const key = `${this.id} ${list.map((band) => band.key)} ${run.reals.length > 0}`;
    this.film.style.setProperty("--columns", list.length);
    if (this.built === key) return list.forEach((band, i) => (this.columns[i + 1].band = band));
    this.built = key;
    this.columns = [new Column(this, "start"), ...list.map((band) => new Column(this, "layer", band)), ...(run.reals.length ? [new Column(this, "real")] : [])];
    this.film.replaceChildren(...this.columns.map((c) => c.node));
  }

  show(column, run, now) {
    const { list, chosen, at, rows, narrow, room, size } = now, { band } = column, state = band && stateOf(run, band, at), step = now.now?.band === band ? now.now.step : 0;
    const cells = band ? knownOf(band, state, step) : [];
    column.says(state, band ? cameOf(cells, state, step, band.steps) : "", state === "done" && chosen?.part === band.stage?.part);
    column.shown = band ? frameOf(band, state, at) : list[0].entry;
    column.paint(column.place(rows, size, narrow, room), run, column.shown, now);
    column.canvas.setAttribute("aria-label", band ? `${rows.length} images at ${titleOf(band.name)} and what changed there: ${column.came.textContent}` : `${rows.length} ${column.kind === "real" ? "real images" : "images as the search began"}`);
    this.chart(column, cells, state, now);
  }

  chart(column, cells, state, { list, chosen, look, narrow }) {
    const { band } = column, scale = scaleOf(list), { title } = this.store.run(this.id).quantity(SAYS.distance);
    column.chart.hidden = !scale || column.kind === "real" || (narrow && !band);
    if (column.chart.hidden) return;
    if (!band) return scaleChart(column.chart, column.wide + SPACE - 4, { scale, look, title });
    const star = state === "done" && chosen?.part === band.stage?.part ? chosen.step : null;
    distanceChart(column.chart, band, cells, { width: narrow ? this.root.clientWidth - 4 : column.wide, left: narrow ? LEFT : 0, scale, look, title, kept: state === "done" ? band.kept : null, star });
    column.chart.onclick = (event) => this.go(band, Math.round((event.offsetX / column.chart.clientWidth) * (band.steps - 1)));
  }

  // As large as the width allows: a start, two images for every layer, two real ones.
  sizeOf(list, narrow, room) {
    const source = list[0].entry.tile[1], wide = this.root.clientWidth;
    const fitting = narrow ? (wide - room - 28) / (2 * FEW) - GAP : (wide - room - (list.length + 1) * SPACE - 6) / (2 * list.length + (this.columns.length > list.length + 1 ? 3 : 1)) - GAP;
    return Math.min(Math.max(LARGEST, source), snap(fitting, source, LEAST));
  }

  // For the names of the classes, as wide as the longest.
  roomOf(run, rows) {
    const pen = this.film.querySelector("canvas").getContext("2d");
    pen.font = "12px sans-serif";
    return Math.min(LONG, Math.max(SHORT, ...rows.map((row) => pen.measureText(run.name(row.label)).width + 8)));
  }

  // ---- which images
  rowsOf(run, list) {
    const record = list[0].entry, labels = [...new Set(record.labels)].sort((a, b) => a - b), most = Math.max(...labels.map((l) => record.labels.filter((x) => x === l).length));
    const few = labels.length > FEW, { only } = this.store;
    offered(this.which, [["few", run.over ? `the ${FEW} classes that changed most` : `the first ${FEW} classes`], ["all", `all ${labels.length} classes`]], this.all ? "all" : "few");
    offered(this.more, [1, 2, 5, 10].filter((n) => n < most).concat(most).map((n) => [n, `${n} of each class`]), (this.per = Math.min(this.per, most)));
    this.which.hidden = !few || only !== null;
    this.more.hidden = most < 2;
    const shown = only !== null ? labels.filter((l) => l === only) : few && !this.all ? this.moving(run, list, labels) : labels.slice(0, 20);
    return shown.flatMap((label) => record.ids.map((id, slot) => ({ id, label, slot })).filter((t) => record.labels[t.slot] === label).slice(0, this.per).map((t, rank) => ({ ...t, rank })));
  }

  // The classes that moved most in the whole search; the first ones until that is known.
  moving(run, list, labels) {
    const of = `${this.id} ${run.over}`;
    if (run.over && this.moved.of !== of) {
      const found = mostMoved(this.store, run, list, FEW);
      if (found) this.moved = { of, labels: found };
    }
    return this.moved.of === of ? this.moved.labels : labels.slice(0, FEW);
  }

  realsOf(run, label) {
    if (this.real?.version !== run.version) this.real = { version: run.version, tiles: ordered(run.reals.flatMap(tilesOf)) };
    return this.real.tiles.filter((tile) => tile.label === label);
  }

  // How far nearly all pixels changed at most, in what any layer kept: one scale for all, and for every moment.
  largest(run, list) {
    if (this.held?.version === run.version) return this.held.most;
    const found = list.flatMap((band) => (band.after ?? band.last).ids.map((_, slot) => change(this.store, run, band, { record: band.after ?? band.last, slot })));
    const all = found.flatMap((values) => (values ? [...values] : [])).map(Math.abs).filter((v) => v > 0).sort((a, b) => a - b), most = all[Math.floor(LOUD * (all.length - 1))] || 1;
    if (found.every(Boolean)) this.held = { version: run.version, most };
    return most;
  }

  legend(look) {
    scaleBar(this.scale, (share) => signed(2 * share - 1, look.dark));
    this.ends.textContent = `Right of each image: what its layer changed, ${words(Number((1 / this.most).toPrecision(2)))} times amplified, since nearly all pixels change by less than ${Math.round(100 * this.most)} % (blue: darker, orange: brighter). ▶ plays the search; a click on a layer's name or curve goes there.`;
  }
}

// What a layer shows at the clock: what it kept once it is done, the last report before that, nothing ahead of it.
function frameOf(band, state, at) {
  if (state === "ahead") return null;
  if (state === "done") return band.after ?? band.last;
  return band.frames.filter((r) => r.n <= at.n && r.step < band.steps).pop() ?? band.entry;
}
