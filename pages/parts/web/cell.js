// One small plot: heading, ⓘ, the button for its scale, canvas and legend. What is drawn on it says who extends it.
import { About } from "./about.js";
import { el } from "./draw.js";

export class Cell {
  constructor(plot, store, again) {
    Object.assign(this, { plot, store, isLog: plot.log, hover: null, seek: null });
    this.canvas = el("canvas", { role: "img", tabindex: 0 });
    this.heading = el("span");
    this.legend = el("div", { class: "legend" });
    this.about = new About();
    this.log = el("button", { type: "button", text: "log", title: "Logarithmic scale", onclick: () => ((this.isLog = !this.isLog), again()) });
    const header = el("header", {}, el("span", {}, this.heading, this.about.node), this.log);
    this.node = el("div", { class: "plot", "data-chart": plot.key, "data-kind": plot.kind }, header, this.about.tip, this.canvas, this.legend);
    this.canvas.onpointermove = (event) => ((this.hover = [event.offsetX, event.offsetY]), again());
    this.canvas.onpointerleave = () => ((this.hover = null), again());
    this.canvas.onclick = (event) => this.seek?.(event.offsetX);
  }

  show(plot, look) {
    this.plot = plot;
    if (this.heading.textContent !== plot.title) this.heading.textContent = plot.title;
    this.canvas.setAttribute("aria-label", plot.title);
    this.about.say([...plot.told.values()]);
    this.log.setAttribute("aria-pressed", String(this.isLog));
    this.draw(this.node.clientWidth || 260, look);
  }

  get runs() {
    return this.plot.runs.map((id) => this.store.run(id));
  }

  bend(value) {
    return this.isLog ? Math.log10(value) : value;
  }
}
