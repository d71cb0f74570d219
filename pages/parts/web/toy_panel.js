// The controls of the page: every one at once, each with its name in front.
import { choice, el } from "./draw.js";

const SHAPES_SAID = [["circles", "circles", "A disk inside a ring"], ["moons", "moons", "Two half moons"], ["xor", "squares", "Opposite quarters belong together (XOR)"], ["spiral", "spiral", "Two arms"], ["blobs", "blobs", "Three heaps"]];
const OBJECTIVES_SAID = [["gradient", "gradient", "Match the gradients (DC, 2020)"], ["mean", "mean", "Match the mean features (DM, 2021)"], ["trajectory", "trajectory", "Match where training leads (MTT, 2022)"]];
const RATES = [["0.1", "×0.1"], ["0.3", "×0.3"], ["1", "×1"], ["3", "×3"], ["10", "×10"], ["100", "×100: too large"], ["10000", "×10,000: break it"]];
export const SPEEDS_SAID = [["0.25", "×¼"], ["0.5", "×½"], ["1", "×1"], ["2", "×2"], ["4", "×4"]];
const list = (...values) => values.map((v) => [String(v), String(v)]);

const GROUPS = [
  ["Data", [["data", "shape", SHAPES_SAID, "choice"], ["noise", "noise", list(0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4), "slider"], ["points", "real points", list(50, 100, 200, 400), "select"]]],
  ["Learned points", [["k", "per class", list(1, 2, 3, 5), "choice"], ["begin", "start", [["random", "random", "Anywhere in the picture"], ["real", "real", "On random real points"], ["grid", "grid", "On a square grid"]], "choice"]]],
  ["Pushed by", [["objective", "", OBJECTIVES_SAID, "choice"], ["rate", "step size", RATES, "select"]]],
];

export class Panel {
  // changed(name, value as text): a control was moved and let go.
  constructor(changed) {
    this.fields = {};
    const group = ([title, fields]) => el("div", { class: "group", role: "group", "aria-label": title }, el("strong", { text: title }), ...fields.map((field) => this.field(field, title, changed)));
    this.node = el("div", { class: "settings" }, ...GROUPS.map(group));
  }

  field([name, label, choices, kind], title, changed) {
    const made = { choice: () => choice(label || title, choices, (value) => changed(name, value)), select: () => dropdown(label, choices, (value) => changed(name, value)), slider: () => slider(label, choices, (value) => changed(name, value)) }[kind]();
    this.fields[name] = made;
    return el("div", { class: "field" }, label ? el("span", { text: label }) : null, made);
  }

  show(settings) {
    for (const [name, made] of Object.entries(this.fields)) made.show(String(settings[name]));
  }
}

export function dropdown(label, choices, chosen) {
  const made = el("select", { "aria-label": label, onchange: () => chosen(made.value) }, ...choices.map(([value, text]) => el("option", { value, text })));
  made.show = (value) => (made.value = value);
  return made;
}

// A slider over a few values; the picture follows while it moves.
function slider(label, choices, chosen) {
  const said = el("output"), value = () => choices[Number(bar.value)][0];
  const bar = el("input", { type: "range", min: 0, max: choices.length - 1, step: 1, "aria-label": label, oninput: () => chosen(value()) });
  const made = el("span", { class: "slide" }, bar, said);
  made.show = (now) => {
    bar.value = String(choices.findIndex(([one]) => one === now));
    bar.setAttribute("aria-valuetext", now);
    said.textContent = now;
  };
  return made;
}
