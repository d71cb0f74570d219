// The bars of the start page, one for each subject, and the sentences under them.
import { calm, el } from "./draw.js";
import { COLORS, SUBJECT_COLORS } from "./palette.js";

const NO_CURVE = 0.8; // where on the clock a bar appears whose student the recording does not have

// One bar with its name, what is stored for it, its spread and its value; `show(u)` moves it to a place of the clock.
export class Row {
  constructor(bar, run, when, chance) {
    Object.assign(this, { bar, first: run.scored.find((r) => r.subject === bar.subject), when });
    this.fill = el("div", { class: "fill", style: `background:${SUBJECT_COLORS[bar.subject] ?? COLORS[0]}` });
    if (!calm()) this.fill.style.transition = "width .7s ease-out";
    this.spread = el("div", { class: "spread", hidden: true });
    this.value = el("span", { class: "value" });
    this.many = el("span", { class: "stored" });
    const name = el("div", { class: "name" }, bar.title, el("span", { class: "stored", text: bar.stored ?? "" }));
    const guess = el("i", { class: "chance", style: `left:${100 * chance}%`, "aria-hidden": "true" });
    this.nodes = [name, el("div", { class: "rail" }, this.fill, this.spread, guess), el("div", {}, this.value, this.many)];
  }

  // A bar appears when the recording says its number, and then stays with it; with a curve it grows as it was measured.
  show(u) {
    const { bar, first } = this, there = u >= 0.999 || (first ? this.when(first) <= u : u >= NO_CURVE);
    const curve = bar.curve?.filter(([at]) => at <= u).pop(), value = curve ? curve[1] : there ? bar.accuracy : 0, alone = bar.std === null || bar.std === undefined;
    this.fill.style.width = `${100 * value}%`;
    this.fill.style.opacity = alone ? 0.6 : 1;
    this.value.textContent = curve && u < 0.999 ? `${(100 * value).toFixed(0)} %` : there ? bar.text : "…";
    this.many.textContent = there ? bar.many : "tested after learning";
    this.spread.hidden = !there || alone;
    if (!alone) this.spread.style.cssText = `left:${100 * (bar.accuracy - bar.std)}%;width:${200 * bar.std}%`;
  }
}

// The axis under the bars: percent of unseen images, with the line of guessing.
export function axis(chance) {
  const mark = (share, text, kind) => el("span", { style: `left:${100 * share}%`, class: kind ?? "", text });
  const scale = [0.25, 0.5, 0.75, 1].map((share) => mark(share, `${100 * share} %`, share === 1 ? "end" : ""));
  const title = el("div", { class: "name", text: "The same network, trained on …" }), right = el("div", { class: "stored", text: "right on unseen images" });
  return [title, el("div", { class: "scale0" }, mark(chance, `guessing: ${Math.round(100 * chance)} %`), ...scale.filter((_, i) => 0.25 * (i + 1) > chance + 0.1)), right];
}

// Words with **bold** and *stress*, as text nodes only.
export function sentence(text) {
  const made = el("p");
  for (const part of text.split(/(\*\*[^*]+\*\*|\*[^*]+\*)/)) {
    const strong = part.match(/^\*\*(.+)\*\*$/), stress = part.match(/^\*(.+)\*$/);
    made.append(strong ? el("strong", { text: strong[1] }) : stress ? el("em", { text: stress[1] }) : part);
  }
  return made;
}
