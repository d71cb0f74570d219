// A part of the page of layers: a heading with its ⓘ above a canvas or a table.
import { About } from "./about.js";
import { el } from "./draw.js";

export class Panel {
  constructor(key, body = el("canvas", { role: "img" })) {
    this.body = body;
    this.heading = el("span");
    this.about = new About();
    this.node = el("div", { class: "plot", "data-chart": key }, el("header", {}, el("span", {}, this.heading, this.about.node)), this.about.tip, body);
  }

  // What it is, for those who see it and, with `more`, for those who do not; `told` explains its quantities.
  title(text, told, more = "") {
    if (this.heading.textContent !== text) this.heading.textContent = text;
    this.about.say(told);
    if (this.body.tagName === "CANVAS") this.body.setAttribute("aria-label", `${text}${more}`);
  }
}
