// The player's track: stages as bands, the loss as a line, marks, how far the data reach, and the clock's hand.
import { el, fit, polyline, theme, words } from "./draw.js";
import { COLORS } from "./palette.js";
import { lastAt } from "./run.js";

const BANDS = ["#00649E", "#00705F", "#8F3580", "#A84300", "#686810", "#5544BB"]; // white words on them keep a contrast of 4.5
const HUES = [["start"], ["squeeze", "experts", "prior", "measure", "probes", "dynamics"], ["recover", "match", "walk", "compensate", "select", "average"], ["evaluate", "transfer", "continual", "rank"], ["adjust", "relabel"]]; // kinds of stages, a color of BANDS each
const TESTS = 3; // the place of the students' stages among them
const SIGNS = { ruin: "✖", NaN: "✕", knob: "◆", note: "●", warning: "▲" };
const LOWERED = ["distance", "loss"]; // charts of what a stage lowers
const lowered = new WeakMap(); // of each record, found once: the track is painted at every frame
const TALL = 52, BAND = 16, LOW = 42, HIGH = 22, MOST_ROWS = 3, NEAR = 7; // pixels; where the loss lies; runs with bands

export class Track {
  // `rest` is called when the visitor lets the hand go.
  constructor(root, store, rest) {
    Object.assign(this, { root, store, dragging: false, marks: [], colors: {} });
    this.canvas = el("canvas", { tabindex: 0, role: "slider", "aria-label": "Time in the run", "aria-valuemin": 0, "aria-valuemax": 100 });
    this.tip = el("div", { class: "tip", hidden: true });
    this.key = el("div", { class: "small legend" }); // stages whose name finds no room on any of their bands
    this.node = el("div", { class: "track" }, this.canvas, this.tip, this.key);
    this.canvas.onpointerdown = (event) => this.take(event);
    this.canvas.onpointermove = (event) => {
      if (this.dragging) store.seek(this.place(event));
      this.tell(event);
    };
    this.canvas.onpointerup = this.canvas.onpointercancel = () => {
      this.dragging = false;
      rest();
    };
    this.canvas.onpointerleave = () => (this.tip.hidden = true);
  }

  // ---- the pointer
  place(event) {
    return (event.offsetX / Math.max(1, this.canvas.clientWidth)) * this.store.end;
  }

  take(event) {
    this.dragging = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.store.clock.playing = false;
    this.store.seek(this.place(event));
  }

  tell(event) {
    const near = this.marks.find((m) => Math.abs(m.x - event.offsetX) < NEAR), [lead] = this.store.shown;
    this.tip.hidden = !near && !lead?.records.length;
    if (this.tip.hidden) return;
    const i = near ? -1 : lastAt(lead.records, (r) => this.store.where(lead, r), this.place(event));
    this.tip.textContent = near ? near.text : describe(lead, i < 0 ? this.store.at(lead, lead.records) : lead.records[i]);
    this.tip.style.left = `${Math.max(4, Math.min(this.canvas.clientWidth - this.tip.offsetWidth - 4, event.offsetX - this.tip.offsetWidth / 2))}px`;
  }

  // ---- what is drawn
  paint() {
    const width = Math.max(60, this.node.clientWidth), look = theme(this.root.getRootNode()), { store } = this, { end } = store;
    const g = fit(this.canvas, width, TALL), px = (x) => (x / end) * width, shown = store.shown.filter((r) => r.records.length);
    g.fillStyle = look.panel;
    g.fillRect(0, 0, width, TALL);
    this.marks = [];
    this.named = new Set();
    const tall = BAND / Math.min(Math.max(1, shown.length), MOST_ROWS);
    shown.slice(0, MOST_ROWS).forEach((run, row) => this.bands(g, run, row * tall, tall, px, shown.length < 2 ? look : null));
    this.unnamed(shown);
    shown.forEach((run, row) => this.spark(g, run, px, shown.length > 1 ? COLORS[row % COLORS.length] : look.text));
    g.fillStyle = look.text;
    g.globalAlpha = 0.5;
    g.fillRect(0, TALL - 3, px(store.reach), 3); // what has arrived
    g.globalAlpha = 1;
    for (const run of shown) for (const mark of run.marks) this.sign(g, mark, px(store.where(run, mark.record)), look);
    this.hand(g, Math.max(1, Math.min(width - 1, px(store.clock.x))), look);
  }

  hand(g, x, look) {
    g.fillStyle = look.accent;
    g.fillRect(x - 1, 0, 2.5, TALL);
    g.beginPath();
    g.arc(x, TALL - 8, 6, 0, 7); // below the names of the stages
    g.fill();
  }

  // One band for each stage, with its name where a `look` is given and there is room.
  bands(g, run, top, tall, px, look) {
    const places = run.stages.map((stage) => this.begin(run, stage));
    run.stages.forEach((stage, i) => {
      if (places[i] === null) return;
      const from = px(places[i]), to = px(places[i + 1] ?? run.end(this.store.clock.align, this.store.wide));
      this.colors[stage.name] ??= this.hue(stage.name);
      g.fillStyle = this.colors[stage.name];
      g.fillRect(from + 0.5, top, Math.max(1, to - from - 1), tall - 0.5);
      const { title } = run.told(stage.name), name = stage.parts > 1 ? `${title} ${stage.part + 1}` : title;
      g.font = `600 11px ${look?.font}`;
      const part = stage.part + 1, said = [name, ...(stage.parts > 1 ? [`${run.told(stage.name).part} ${part}`, String(part)] : [])].find((text) => g.measureText(text).width < to - from - 6);
      if (!look || !said) return;
      if (said === name) this.named.add(stage.name);
      g.fillStyle = "#fff";
      g.fillText(said, from + 4, top + tall - 4.5);
    });
  }

  // The same kind of stage has the same color on every page; a second one of a kind takes the next that is free.
  hue(name) {
    const taken = Object.values(this.colors), own = HUES.findIndex((names) => names.includes(name)), from = own < 0 ? HUES.length : own;
    const order = BANDS.map((_, i) => BANDS[(from + i) % BANDS.length]);
    return order.find((color) => !taken.includes(color)) ?? order[0];
  }

  unnamed(shown) {
    const names = [...new Set(shown.flatMap((run) => run.stages.map((stage) => stage.name)))].filter((name) => this.colors[name] && !this.named.has(name)), whose = (name) => shown.find((run) => run.stages.some((stage) => stage.name === name));
    const lines = shown.length > 1 ? [...shown.map((run, i) => [`what ${"ABCDEF"[i]} lowers`, COLORS[i % COLORS.length]]), [`bands from the top: ${[..."ABCDEF"].slice(0, shown.length).join(", ")}`, "transparent"]] : [["what each stage tries to lower", "currentColor"]];
    if (this.key.dataset.names === [names, lines].join()) return;
    this.key.dataset.names = [names, lines].join();
    this.key.replaceChildren(...lines.map(([text, color]) => el("span", { style: "margin-right:10px" }, el("i", { style: `background:${color};height:2px` }), text)), ...names.map((name) => el("span", { style: "margin-right:10px" }, el("i", { style: `background:${this.colors[name]};height:8px` }), whose(name).told(name).title)));
  }

  // Where a stage begins on the axis, or null where none of its records is here.
  begin(run, stage) {
    const first = run.records.find((r) => r.n >= stage.n);
    return first ? this.store.where(run, first) : null;
  }

  // The loss, each stage on its own scale: where it falls fast is where to look.
  spark(g, run, px, ink) {
    g.strokeStyle = ink;
    g.globalAlpha = 0.75;
    g.lineWidth = 1.2;
    run.stages.forEach((stage, index) => {
      if (HUES[TESTS].includes(stage.name)) return; // losses of many networks one after the other say nothing of the images
      const points = run.scalars.filter((r) => r.in === index && lossOf(run, r) !== null).map((r) => [this.store.where(run, r), lossOf(run, r)]);
      const low = Math.min(...points.map((p) => p[1])), high = Math.max(...points.map((p) => p[1]));
      if (points.length > 1) polyline(g, points.map(([x, y]) => [px(x), LOW - (HIGH * (y - low)) / (high - low || 1)]));
    });
    g.globalAlpha = 1;
  }

  sign(g, mark, x, look) {
    this.marks.push({ x, text: mark.text });
    g.fillStyle = { ruin: "#CC3311", NaN: "#CC3311", warning: "#EE7733", knob: "#AA4499", note: look.text }[mark.what];
    g.font = mark.what === "ruin" ? "700 15px sans-serif" : "11px sans-serif";
    g.textAlign = "center";
    g.fillText(SIGNS[mark.what], Math.max(7, Math.min(this.node.clientWidth - 7, x)), TALL - 6);
    g.textAlign = "left";
  }
}

// What decides comes first: a search keeps what is nearest, whatever its loss.
function lossOf(run, r) {
  if (!lowered.has(r)) lowered.set(r, LOWERED.map((chart) => Object.entries(r.values).find(([name]) => run.quantity(name).chart === chart)?.[1]).find(Number.isFinite) ?? null);
  return lowered.get(r);
}

// Where a record lies, in words.
export function describe(run, record) {
  if (!record) return "waiting for the first report";
  const stage = run.stages[record.in], part = stage.parts > 1 ? `, ${run.told(stage.name).part} ${stage.part + 1} of ${stage.parts}` : "";
  const step = stage.steps ? `step ${words(Math.min(record.local + 1, stage.steps))} of ${words(stage.steps)}` : `${Math.round(record.t)} s`;
  return `${run.told(stage.name).title}${part} · ${step}`;
}
