// One picture of the plane: a network's answers, the points, and points that can be dragged or moved by keys.
import { ARROWS, el, fit } from "./draw.js";
import { color, marker } from "./palette.js";
import { EDGE } from "./toy_data.js";
import { borders, shades } from "./toy_field.js";
import { SIDE } from "./toy_world.js";

const NUDGE = 0.05, REACH = { mouse: 16, pen: 20, touch: 30 }, LONGEST = 38; // steps of the keys; pixels around a point; pixels of an arrow

export class PlanePicture {
  // hands: {points() → {at, labels}, move(i, x, y), drop(i)}; large: whether the points are the learned ones.
  constructor(large, hands) {
    Object.assign(this, { large, hands, held: -1, chosen: -1, over: -1, size: 300, had: [], drawn: [], back: el("canvas"), sheet: el("canvas", { width: SIDE, height: SIDE }) });
    this.words = el("figcaption");
    this.title = el("strong");
    this.canvas = el("canvas", { tabindex: 0, role: "application", "data-keys": `${Object.keys(ARROWS).join(" ")} n`, style: "cursor:grab" });
    this.node = el("figure", { class: "plane" }, this.title, this.words, this.canvas);
    this.canvas.onpointerdown = (event) => this.grab(event);
    this.canvas.onpointermove = (event) => this.drag(event);
    this.canvas.onpointerup = this.canvas.onpointercancel = () => this.release();
    this.canvas.onpointerleave = () => (this.over = -1);
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.addEventListener("touchstart", (event) => this.held >= 0 && event.preventDefault(), { passive: false }); // else the page scrolls
  }

  describe(title, words) {
    if (this.title.textContent === title) return;
    this.title.textContent = title;
    this.words.textContent = words;
    this.canvas.setAttribute("aria-label", `${title}. ${words} Or press N for the next point and the arrow keys to move it.`);
  }

  // ---- pixels and places
  px(v) {
    return ((v / EDGE + 1) / 2) * this.size;
  }

  place(event) {
    const inside = (v) => Math.max(-EDGE, Math.min(EDGE, v)), to = (v) => ((2 * v) / this.size - 1) * EDGE;
    return [inside(to(event.offsetX)), inside(-to(event.offsetY))];
  }

  nearest(event) {
    const { at } = this.hands.points(), reach = REACH[event.pointerType] ?? REACH.mouse;
    let found = -1, least = reach;
    for (let i = 0; 2 * i < at.length; i++) {
      const far = Math.hypot(this.px(at[2 * i]) - event.offsetX, this.px(-at[2 * i + 1]) - event.offsetY);
      if (far < least) [found, least] = [i, far];
    }
    return found;
  }

  // ---- hands
  grab(event) {
    this.held = this.chosen = this.nearest(event);
    if (this.held < 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.style.cursor = "grabbing";
  }

  drag(event) {
    if (this.held < 0) this.over = this.nearest(event);
    else this.hands.move(this.held, ...this.place(event));
  }

  release() {
    if (this.held >= 0) this.hands.drop(this.held);
    this.held = -1;
    this.canvas.style.cursor = "grab";
  }

  key(event) {
    const by = ARROWS[event.key], { at, labels } = this.hands.points();
    if (event.key.toLowerCase() === "n") this.chosen = (this.chosen + 1) % labels.length;
    else if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    else {
      const i = (this.chosen = Math.max(0, this.chosen)), inside = (v) => Math.max(-EDGE, Math.min(EDGE, v));
      this.hands.move(i, inside(at[2 * i] + NUDGE * by[0]), inside(at[2 * i + 1] - NUDGE * by[1]));
      this.hands.drop(i);
    }
    event.preventDefault();
    event.stopPropagation();
    this.hands.draw();
  }

  // ---- what is drawn. `field` of the own network, `other` the line of another one, `faint` points behind.
  draw({ field, other, faint, push, broken, classes }, width, look) {
    this.size = width;
    const { at, labels } = this.hands.points(), marked = [this.over, this.held, this.canvas.matches(":focus-visible") ? this.chosen : -1].filter((i) => i >= 0 && i < labels.length);
    const behind = this.behind({ field, other, faint, classes }, look), key = [this.had, broken, ...marked, ...at, ...(push ?? [])];
    if (key.length === this.drawn.length && key.every((one, i) => Object.is(one, this.drawn[i]))) return;
    this.drawn = key;
    const g = fit(this.canvas, width, width);
    g.drawImage(behind, 0, 0, width, width);
    if (this.large) this.big(g, at, labels, push, broken, look);
    else this.small(g, { at, labels }, 0.95);
    for (const i of new Set(marked)) this.ring(g, at, i, look);
    g.strokeStyle = look.line;
    g.strokeRect(0.5, 0.5, width - 1, width - 1);
  }

  // What lies behind the points that move; painted again only when it has changed.
  behind({ field, other, faint, classes }, look) {
    const key = [this.size, look.dark, field.logits, other?.logits, faint?.at, faint && String(faint.at[0] + faint.at[faint.at.length - 1])];
    if (key.every((one, i) => one === this.had[i])) return this.back;
    this.had = key;
    const g = fit(this.back, this.size, this.size);
    g.fillStyle = look.back;
    g.fillRect(0, 0, this.size, this.size);
    if (field.answers) this.shade(g, field.logits, classes, look);
    if (other?.answers) this.line(g, borders(other.logits, classes, SIDE), look, true);
    if (faint) this.small(g, faint, 0.3);
    return this.back;
  }

  shade(g, logits, classes, look) {
    this.sheet.getContext("2d").putImageData(shades(logits, classes, SIDE, look.dark), 0, 0);
    g.imageSmoothingEnabled = true;
    g.drawImage(this.sheet, 0, 0, this.size, this.size);
    this.line(g, borders(logits, classes, SIDE), look, false);
  }

  line(g, lines, look, dashed) {
    const px = (v) => ((v + 0.5) / SIDE) * this.size;
    g.beginPath();
    for (const [a, b, c, d] of lines) {
      g.moveTo(px(a), px(b));
      g.lineTo(px(c), px(d));
    }
    Object.assign(g, { strokeStyle: look.text, lineWidth: dashed ? 2.5 : 2, globalAlpha: dashed ? 0.4 : 0.9 });
    g.stroke();
    g.globalAlpha = 1;
  }

  small(g, { at, labels }, alpha) {
    Object.assign(g, { globalAlpha: alpha, lineWidth: 1.5 });
    for (let i = 0; i < labels.length; i++) {
      g.strokeStyle = color(labels[i]);
      marker(g, labels[i], this.px(at[2 * i]), this.px(-at[2 * i + 1]), 3.4);
      g.stroke();
    }
    g.globalAlpha = 1;
  }

  big(g, at, labels, push, broken, look) {
    const kept = (v) => Math.max(14, Math.min(this.size - 14, this.px(v) || 0)), r = this.size < 360 ? 8 : 10;
    const most = push && !broken ? Math.max(1e-12, ...Array.from(labels, (_, i) => Math.hypot(push[2 * i], push[2 * i + 1]))) : 0;
    for (let i = 0; i < labels.length; i++) {
      const x = kept(at[2 * i]), y = kept(-at[2 * i + 1]);
      if (most) arrow(g, x, y, (-push[2 * i] / most) * LONGEST, (push[2 * i + 1] / most) * LONGEST, r, look);
      marker(g, labels[i], x, y, r);
      Object.assign(g, { fillStyle: broken ? "#888888" : color(labels[i]), strokeStyle: look.back, lineWidth: 5 });
      g.stroke();
      g.fill();
      Object.assign(g, { strokeStyle: look.text, lineWidth: 2 });
      g.stroke();
    }
  }

  ring(g, at, i, look) {
    g.beginPath();
    g.arc(this.px(at[2 * i]), this.px(-at[2 * i + 1]), this.large ? 17 : 9, 0, 7);
    Object.assign(g, { strokeStyle: look.accent, lineWidth: 2.5 });
    g.stroke();
  }
}

// From the rim of a marker; nothing where it would not leave the marker.
function arrow(g, x, y, dx, dy, r, look) {
  const long = Math.hypot(dx, dy), [ux, uy] = [dx / long, dy / long], tip = r + 4 + long;
  if (!(long > 6)) return;
  Object.assign(g, { strokeStyle: look.text, fillStyle: look.text, lineWidth: 2.5 });
  g.beginPath();
  g.moveTo(x + ux * r, y + uy * r);
  g.lineTo(x + ux * (tip - 5), y + uy * (tip - 5));
  g.stroke();
  g.beginPath();
  g.moveTo(x + ux * tip, y + uy * tip);
  g.lineTo(x + ux * (tip - 8) - uy * 5, y + uy * (tip - 8) + ux * 5);
  g.lineTo(x + ux * (tip - 8) + uy * 5, y + uy * (tip - 8) - ux * 5);
  g.fill();
}
