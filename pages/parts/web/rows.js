// The bars of the start page, one for each subject, and the sentences under them.
import { calm, el } from "./draw.js";
import { COLORS, SUBJECT_COLORS } from "./palette.js";

const NO_CURVE = 0.8; // where on the clock a bar appears whose student the recording does not have

// One bar with its name, its spread and its value; `show(u)` moves it to a place of the clock.
export class Row {
  constructor(bar, run, when) {
    Object.assign(this, { bar, first: run.scored.find((r) => r.subject === bar.subject), when });
    this.fill = el("div", { class: "fill", style: `background:${SUBJECT_COLORS[bar.subject] ?? COLORS[0]}` });
    if (!calm()) this.fill.style.transition = "width .7s ease-out";
    this.spread = el("div", { class: "spread", hidden: true });
    this.value = el("span", { class: "value" });
    this.nodes = [el("div", { class: "name", text: bar.title }), el("div", { class: "rail" }, this.fill, this.spread), this.value];
  }

  // A bar appears when the recording says its number, and then stays with it; with a curve it grows as it was measured.
  show(u) {
    const { bar, first } = this, there = u >= 0.999 || (first ? this.when(first) <= u : u >= NO_CURVE);
    const curve = bar.curve?.filter(([at]) => at <= u).pop(), value = curve ? curve[1] : there ? bar.accuracy : 0, alone = bar.std === null || bar.std === undefined;
    const few = alone ? " (1 seed)" : ` ± ${(100 * bar.std).toFixed(1)} (n = ${bar.n})`;
    this.fill.style.width = `${100 * value}%`;
    this.fill.style.opacity = alone ? 0.6 : 1;
    if (curve && u < 0.999) this.value.textContent = `${(100 * value).toFixed(0)} %`;
    else this.value.textContent = there ? (bar.text ?? `${(100 * bar.accuracy).toFixed(1)} %${few}`) : "…";
    this.spread.hidden = !there || alone;
    if (!alone) this.spread.style.cssText = `left:${100 * (bar.accuracy - bar.std)}%;width:${200 * bar.std}%`;
  }
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
