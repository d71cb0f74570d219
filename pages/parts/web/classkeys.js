// Which marker is which class, below a map. A click shows one class alone, and all again.
import { el, fit } from "./draw.js";
import { color, marker } from "./palette.js";

const MOST = 20; // classes; more would be a wall of words, and a point says its class when it is pointed at

export class ClassKeys {
  constructor(store) {
    Object.assign(this, { store, node: el("div", { class: "bar small keys", role: "group", "aria-label": "Classes" }), given: "" });
  }

  // `spots` are the points that are drawn, `run` knows the names; `ink` where colors say something else than the class.
  show(spots, run, ink) {
    const labels = [...new Set(spots.map((s) => s.label))].sort((a, b) => a - b), names = labels.map((label) => run?.name(label)), fresh = JSON.stringify([names, ink]);
    if (this.given === fresh) return this.press();
    this.given = fresh;
    this.node.replaceChildren(...(labels.length > MOST || !run ? [] : labels.map((label, i) => this.key(label, names[i], ink))));
    this.press();
  }

  key(label, name, ink) {
    const canvas = el("canvas", { "aria-hidden": "true", style: "margin-right:3px" }), g = fit(canvas, 12, 12);
    marker(g, label, 6, 6, 4.5);
    g.fillStyle = ink ?? color(label);
    g.fill();
    const made = el("button", { type: "button", title: `Only ${name}; again for all` }, canvas, name);
    made.dataset.label = label;
    made.onclick = () => this.store.set("only", this.store.only === label ? null : label);
    return made;
  }

  press() {
    for (const one of this.node.children) one.setAttribute("aria-pressed", String(this.store.only === Number(one.dataset.label)));
  }
}
