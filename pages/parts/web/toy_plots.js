// The curves and the bars beside the pictures.
import { BOTTOM, LEFT, RIGHT, ROOM, TALL, TOP, axes, note } from "./axes.js";
import { el, fit, ticks, words } from "./draw.js";
import { COLORS, SUBJECT_COLORS } from "./palette.js";

const AVERAGE = 25; // steps of the calm line through a jumping loss

// The mean of the last so many values, for every value.
export function calmed(values, over = AVERAGE) {
  let sum = 0;
  return values.map((v, i) => {
    sum += v - (i >= over ? values[i - over] : 0);
    return sum / Math.min(over, i + 1);
  });
}

export class Curve {
  constructor(empty) {
    Object.assign(this, { empty, canvas: el("canvas", { role: "img" }), head: el("header"), legend: el("div", { class: "legend" }), says: el("div", { class: "small" }) });
    this.node = el("div", { class: "plot" }, this.head, this.canvas, this.legend, this.says);
  }

  // lines: [{name, value, points: [[x, y], …], ink, faint?, dash?}]; high: the top of the axis, or null.
  draw({ title, unit, lines, high, says }, width, look) {
    const g = fit(this.canvas, width, TALL), all = lines.flatMap((one) => one.points).filter(([, y]) => Number.isFinite(y));
    this.head.textContent = title;
    this.says.textContent = says;
    this.canvas.setAttribute("aria-label", `${title}, ${unit}: ${says}`);
    this.legend.replaceChildren(...lines.filter((one) => one.name).map((one) => el("span", {}, el("i", { style: `background:${one.ink}` }), `${one.name} ${one.value}`)));
    if (!all.length) return note(g, this.empty, look);
    const x1 = Math.max(40, ...all.map(([x]) => x)), top = high ?? (Math.max(...all.map(([, y]) => y)) * 1.05 || 1);
    const px = (x) => LEFT + (x / x1) * (width - LEFT - RIGHT), py = (y) => TALL - BOTTOM - (y / top) * ROOM;
    axes(g, look, width, { rows: ticks(0, top).map((t) => [py(t), words(t)]), columns: ticks(0, x1, 4).map((t) => [px(t), words(t)]), across: "step", up: unit });
    for (const one of lines) stroke(g, one, px, py);
  }
}

function stroke(g, { points, ink, faint, dash }, px, py) {
  Object.assign(g, { strokeStyle: ink, lineWidth: faint ? 1 : 2.2, globalAlpha: faint ? 0.35 : 1 });
  g.setLineDash(dash ?? []);
  g.beginPath();
  let pen = false;
  for (const [x, y] of points) {
    const ok = Number.isFinite(y);
    if (ok) g[pen ? "lineTo" : "moveTo"](px(x), Math.max(TOP, py(y)));
    pen = ok;
  }
  g.stroke();
  g.setLineDash([]);
  g.globalAlpha = 1;
}

// Bars of accuracy; every one has a line where guessing stands.
export class Bars {
  constructor() {
    this.rows = [["real", SUBJECT_COLORS.real], ["learned", COLORS[0]], ["random", SUBJECT_COLORS.random], ["mean", COLORS[7]]].map(([name, ink]) => {
      const fill = el("div", { class: "fill", style: `background:${ink}` }), spread = el("div", { class: "spread", hidden: true }), guess = el("div", { class: "guess" });
      return { name, fill, spread, guess, words: el("div", { class: "name" }), value: el("div", { class: "value" }), rail: el("div", { class: "rail" }, fill, guess, spread) };
    });
    this.head = el("header", { text: "Which points teach best? Right answers on 600 fresh points" });
    this.says = el("div", { class: "small" });
    this.node = el("div", { class: "plot" }, this.head, el("div", { class: "bars" }, ...this.rows.flatMap((row) => [row.words, row.rail, row.value])), this.says);
  }

  // told: {name: {title, accuracy (0 … 1) or null, low?, high?}}
  show(told, chance, says) {
    for (const { name, fill, spread, guess, words: title, value } of this.rows) {
      const { accuracy, low, high, title: text } = told[name];
      title.textContent = text;
      value.textContent = accuracy === null ? "…" : `${Math.round(100 * accuracy)} %`;
      fill.style.width = `${100 * (accuracy ?? 0)}%`;
      guess.style.left = `${100 * chance}%`;
      spread.hidden = low === undefined;
      if (low !== undefined) Object.assign(spread.style, { left: `${100 * low}%`, width: `${100 * (high - low)}%` });
    }
    this.says.textContent = says;
  }
}
