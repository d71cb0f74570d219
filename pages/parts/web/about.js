// ⓘ beside a heading: what the chart shows and which way is good, for pointer, keyboard and touch.
import { el, icon } from "./draw.js";

const MARK = "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm0 1.3a5.7 5.7 0 1 0 0 11.4A5.7 5.7 0 0 0 8 2.3zM7.3 7h1.4v4.6H7.3zM8 4.2a.9.9 0 1 1 0 1.8.9.9 0 0 1 0-1.8z";

const BELOW_MENU = 60; // pixels

export class About {
  constructor() {
    Object.assign(this, { over: false, kept: false, key: "" });
    this.tip = el("div", { class: "tip says", role: "status", hidden: true });
    this.node = el("button", { type: "button", class: "about", "aria-label": "What this shows", "aria-expanded": "false", hidden: true }, icon(MARK));
    this.node.onpointerenter = (event) => event.pointerType === "mouse" && this.set({ over: true });
    this.node.onpointerleave = () => this.set({ over: false });
    this.node.onfocus = () => this.set({ over: this.node.matches(":focus-visible") });
    this.node.onblur = () => this.set({ over: false });
    this.node.onclick = () => this.set({ kept: !this.kept });
    this.node.onkeydown = (event) => event.key === "Escape" && this.set({ over: false, kept: false });
  }

  set(state) {
    Object.assign(this, state);
    this.tip.hidden = !(this.over || this.kept);
    this.node.setAttribute("aria-expanded", String(!this.tip.hidden));
    this.tip.classList.remove("above");
    const { bottom, height } = this.tip.getBoundingClientRect(), room = this.node.getBoundingClientRect().top - BELOW_MENU;
    this.tip.classList.toggle("above", bottom > window.innerHeight && height < room); // whole, where that is possible
  }

  // `told`: what the run says of the quantities that are drawn; nothing is shown where none has a sentence.
  say(told) {
    const known = told.filter((one) => one.sentence), key = JSON.stringify(known);
    if (key === this.key) return;
    this.key = key;
    this.node.hidden = !known.length;
    if (!known.length) this.set({ over: false, kept: false });
    this.tip.replaceChildren(...known.map((one) => el("p", {}, el("strong", { text: `${one.title}: ` }), one.sentence)));
  }
}
