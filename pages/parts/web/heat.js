// The heat map: a row for each layer, a cell for each step or report. Clicking a cell moves the clock there.
import { ARROWS, el, fit, scaleBar, ticks, words } from "./draw.js";
import { SHAPES, marker } from "./palette.js";
import { ink, ramp } from "./ramp.js";

export const NAMES = 74, RIGHT = 12; // room for the names of the layers, and behind the last step
const LONGEST = 150, ROW = 24, HIGHEST = 420, UNDER = 30;
const MARKS = { ring: "○ least of its layer: goes on", dot: "● went on", star: "★ the result" };

export class Heat {
  constructor(root, tip, again) {
    Object.assign(this, { root, tip, hover: null, isLog: null, left: NAMES });
    this.canvas = el("canvas", { role: "img", tabindex: 0, "data-keys": Object.keys(ARROWS).join(" ") });
    this.scale = el("canvas", { class: "scale", "aria-hidden": "true" });
    this.ends = el("span", { class: "small" });
    this.log = el("button", { type: "button", text: "log", title: "Logarithmic colors", onclick: () => ((this.isLog = !this.isLog), again()) });
    this.canvas.onpointermove = (event) => ((this.hover = { x: event.offsetX, y: event.offsetY }), again());
    this.canvas.onpointerleave = () => ((this.hover = null), (tip.hidden = true), again());
    this.canvas.onclick = (event) => this.go?.(event.offsetX, event.offsetY);
    this.canvas.onkeydown = (event) => this.key?.(event);
  }

  forget() {
    Object.assign(this, { hover: null, isLog: null });
  }

  // rows: [{name, steps, band?, cells: [{step, value, loss?}]}]; marks: {best, kept, chosen} where a search is drawn;
  // now: {band?, step}; go(row, step) moves the clock; title: for those who do not see the map; axis: of the steps.
  paint({ rows, marks, now, go, title, axis }, width, look) {
    const place = this.place(rows, width, look), { tall, height, steps, px, room } = place, g = fit(this.canvas, width, height), color = this.colors(rows);
    g.font = `11.5px ${look.font}`;
    const signs = new Set();
    rows.forEach((row, i) => {
      this.row(g, row, i, place, now, look, color);
      if (marks.best && row.band) for (const [step, what] of signsOf(row, marks)) signs.add(what), sign(g, step, what, i, tall, px);
    });
    if (now) cursor(g, rows, now, tall, px, look, room / steps);
    this.axis(g, look, place, width, axis);
    this.legend(color, Object.keys(MARKS).filter((what) => signs.has(what)).map((what) => MARKS[what]));
    this.log.setAttribute("aria-pressed", String(Boolean(this.isLog)));
    this.canvas.setAttribute("aria-label", `${title}. ${rows.length} layers, ${steps} steps.`);
    const hit = (x, y) => ({ row: rows[Math.max(0, Math.min(rows.length - 1, Math.floor(y / tall)))], step: Math.max(0, Math.min(steps - 1, Math.floor(((x - this.left) / room) * steps))) });
    const inside = (x, y) => x >= this.left && y < rows.length * tall;
    this.go = (x, y) => inside(x, y) && go(hit(x, y).row, hit(x, y).step);
    this.key = (event) => keys(event, rows, now, go);
    if (this.hover && inside(this.hover.x, this.hover.y)) this.tell(hit(this.hover.x, this.hover.y), rows.length * tall);
    else this.tip.hidden = true;
  }

  place(rows, width, look) {
    const pen = this.canvas.getContext("2d"), steps = Math.max(...rows.map((r) => r.steps));
    pen.font = `11.5px ${look.font}`;
    this.left = Math.min(LONGEST, Math.max(NAMES, ...rows.map((r) => pen.measureText(r.name).width + 12)));
    const tall = Math.max(9, Math.min(ROW, Math.floor(HIGHEST / rows.length))), room = width - this.left - RIGHT;
    return { tall, steps, room, height: rows.length * tall + UNDER, px: (step) => this.left + (step / steps) * room };
  }

  // The share of the scale at which a value lies; logarithmic at first where values are far apart.
  colors(rows) {
    const values = rows.flatMap((r) => (r.whole ?? r.cells).map((c) => c.value)), positive = values.filter((v) => v > 0);
    if (this.isLog === null && values.length > 3) this.isLog = positive.length === values.length && Math.max(...values) > 30 * Math.min(...values);
    const least = Math.min(...positive, 1), bend = this.isLog ? (v) => Math.log10(Math.max(v, least)) : (v) => v;
    const low = bend(Math.min(...values)), high = bend(Math.max(...values));
    return { share: (v) => (high > low ? (bend(v) - low) / (high - low) : 0), low, high, any: values.length > 0 };
  }

  row(g, row, i, { tall, px, room, steps }, now, look, color) {
    const y = i * tall, here = now && (now.band ? now.band === row.band : true);
    g.fillStyle = look.text;
    g.globalAlpha = now?.band && !here ? 0.7 : 1;
    if (tall > 11 || i % Math.ceil(12 / tall) === 0) g.fillText(row.name, 2, y + tall / 2 + 4, this.left - 8);
    g.globalAlpha = 1;
    g.fillStyle = look.panel;
    g.fillRect(this.left, y, room, tall - 1);
    row.cells.forEach((c, k) => {
      const to = Math.min(row.cells[k + 1]?.step ?? c.step + 1, row.steps), x = px(c.step);
      g.fillStyle = ink(ramp(color.share(c.value)));
      g.fillRect(x, y, Math.max(1, px(to) - x - (room / steps > 6 ? 1 : 0)), tall - 1);
    });
  }

  axis(g, look, { steps, px, height }, width, name) {
    g.font = `10.5px ${look.font}`;
    g.fillStyle = look.text;
    g.textAlign = "center";
    g.globalAlpha = 0.85;
    for (const t of ticks(0, Math.max(1, steps - 1), 5)) if (Number.isInteger(t)) g.fillText(words(t), Math.min((px(t) + px(t + 1)) / 2, width - 14), height - UNDER + 13);
    g.fillText(name, this.left + (width - this.left) / 2, height - 4);
    g.textAlign = "left";
    g.globalAlpha = 1;
  }

  legend({ low, high, any }, marks) {
    const back = this.isLog ? (v) => 10 ** v : (v) => v;
    scaleBar(this.scale, ramp);
    this.ends.textContent = any ? `${words(back(low))} … ${words(back(high))}${marks.map((mark) => ` · ${mark}`).join("")}` : "";
  }

  tell({ row, step }, tall) {
    const cell = row.cells.filter((c) => c.step <= step).pop();
    this.tip.hidden = !cell;
    if (!cell) return;
    const also = Number.isFinite(cell.loss) && cell.loss !== cell.value ? `, loss ${words(cell.loss)}` : "";
    this.tip.textContent = `${row.name}, step ${cell.step}: ${words(cell.value)}${also}`;
    const area = this.canvas.getBoundingClientRect(), home = this.root.getBoundingClientRect();
    this.tip.style.left = `${Math.min(area.left - home.left + this.hover.x + 12, home.width - 190)}px`;
    this.tip.style.top = `${area.top - home.top + Math.min(this.hover.y + 14, tall)}px`;
  }
}

// ○ the least of a layer, ● what went on from it, ★ what the whole search chose.
function signsOf(row, marks) {
  const best = marks.best(row), kept = marks.kept(row), star = marks.chosen && marks.chosen.part === row.band.stage.part, found = [];
  if (best !== null && !(star && marks.chosen.step === best)) found.push([best, "ring"]);
  if (star) found.push([marks.chosen.step, "star"]);
  else if (kept !== null && kept !== best) found.push([kept, "dot"]);
  return found;
}

function sign(g, step, what, i, tall, px) {
  const x = (px(step) + px(step + 1)) / 2, y = i * tall + (tall - 1) / 2, r = Math.min(5.5, tall / 2 - 1.5);
  g.beginPath();
  if (what === "star") marker(g, SHAPES.indexOf("star"), x, y, 1.2 * r);
  else g.arc(x, y, r, 0, 2 * Math.PI);
  g.lineWidth = 4;
  g.strokeStyle = "#000";
  g.stroke();
  g.lineWidth = 2;
  g.strokeStyle = g.fillStyle = "#fff";
  if (what === "ring") g.stroke();
  else g.fill();
}

function cursor(g, rows, now, tall, px, look, cell) {
  const i = now.band ? rows.findIndex((r) => r.band === now.band) : 0, count = now.band ? 1 : rows.length;
  if (i < 0) return;
  g.strokeStyle = look.accent;
  g.lineWidth = 2;
  g.strokeRect(px(now.step) - 1, i * tall, Math.max(4, cell) + 1, tall * count - 1);
}

function keys(event, rows, now, go) {
  const by = ARROWS[event.key];
  if (!by) return;
  event.preventDefault();
  const i = Math.max(0, now?.band ? rows.findIndex((r) => r.band === now.band) : 0), row = rows[Math.max(0, Math.min(rows.length - 1, i + by[1]))];
  go(row, Math.max(0, Math.min(row.steps - 1, (now?.step ?? 0) + by[0])));
}
