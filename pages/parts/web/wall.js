// The image wall: one block per class, nearest-neighbor enlarged, for one run or for several with the same places.
import { button, calm, choice, el, scaleBar, theme, words } from "./draw.js";
import { Figure } from "./figure.js";
import { Glass } from "./glass.js";
import { mount } from "./mount.js";
import { signed } from "./palette.js";
import { sameImage } from "./tiles.js";

const BOTH = [["change", "change", "Difference to the start, signed"], ["real", "real ⇄", "Real images of the same classes"]];
const MODES = [["now", "now", "The images at the clock"], ...BOTH];
const PAIRS = [["now", "grid", "Walls side by side"], ["swipe", "swipe", "Drag the line between two runs"], ["blink", "blink", "The two runs in turn (B)"], ["difference", "difference", "First minus second, signed (D)"], ...BOTH];
const HALF = 600; // milliseconds for which each of two blinking runs is seen
const BETWEEN = 14, NARROW = 560; // pixels between walls; below this width they lie one below the other

export default function (component) {
  return mount(component, Wall);
}

class Wall {
  constructor(root, store, again) {
    Object.assign(this, { root, store, again, runs: [], titles: [], mode: "now", pair: [0, 1], split: 0.5, blink: 0, timer: 0, name: "", most: null, figures: [], few: 0, showsFew: true });
    this.bar = el("div", { class: "bar" });
    this.walls = el("div", { class: "walls" });
    this.caption = el("div", { class: "caption", role: "status" });
    this.scale = el("canvas", { class: "scale", hidden: true, "aria-hidden": "true" });
    this.pairs = el("span", { class: "bar" });
    this.everything = el("button", { type: "button", text: "all", title: "Show all images again", hidden: true, onclick: () => store.set("chosen", null) });
    this.amount = el("button", { type: "button", hidden: true, onclick: () => ((this.showsFew = !this.showsFew), again()) });
    root.append(this.bar, this.walls, this.caption);
    this.glass = new Glass(root);
  }

  // ---- what is to be seen
  // Of the images that were drawn around on the map, those of these runs.
  get chosen() {
    return this.store.chosen?.points.some((p) => this.runs.includes(p.run)) ? this.store.chosen : null;
  }

  get pairing() {
    return ["swipe", "blink", "difference"].includes(this.mode) && this.runs.length > 1;
  }

  get swiping() {
    return this.mode === "swipe" && this.pairing;
  }

  // Whether differences are drawn.
  get signs() {
    return this.mode === "change" || (this.mode === "difference" && this.pairing);
  }

  get source() {
    return this.mode === "real" ? "real" : "synthetic";
  }

  // The second run of the pair.
  get other() {
    return this.store.run(this.runs[this.pair[1]]);
  }

  label(i) {
    return this.titles[i] || this.store.run(this.runs[i]).info.title;
  }

  heading(i) {
    const [a, b] = this.pair;
    return this.pairing ? `${this.label(a)} ${{ swipe: "│", blink: "⇆", difference: "−" }[this.mode]} ${this.label(b)}` : this.label(i);
  }

  // ---- choosing
  update(component) {
    const { runs, mode, titles, few } = component.data, fresh = JSON.stringify([runs, mode]);
    this.few = few ?? 0;
    this.setState = component.setStateValue;
    this.titles = titles ?? [];
    if (fresh === this.name) return;
    Object.assign(this, { name: fresh, runs, pair: [0, Math.min(1, runs.length - 1)] });
    this.modes = choice("What the wall shows", runs.length > 1 ? PAIRS : MODES, (to) => this.show(to));
    this.bar.replaceChildren(this.modes, this.pairs, this.scale, this.amount, this.everything, button("Save a still image (S)", el("span", { text: "⤓ png" }), () => this.still()));
    this.show(mode ?? "now");
  }

  show(mode) {
    this.mode = mode;
    clearInterval(this.timer);
    if (mode === "blink" && !calm()) this.timer = setInterval(() => this.turn(), HALF);
    this.modes.show(mode);
    this.fillPairs();
    this.again();
  }

  turn() {
    this.blink = 1 - this.blink;
    this.again();
  }

  swap() {
    this.pair.reverse();
    this.fillPairs();
    this.again();
  }

  fillPairs() {
    const parts = !this.pairing ? [] : [
      ...(this.runs.length > 2 ? [this.chooser(0), this.chooser(1)] : []),
      button("Swap the two (X)", el("span", { text: "⇄" }), () => this.swap()),
      this.mode === "blink" && calm() && button("Show the other (B)", el("span", { text: "other" }), () => this.turn()),
    ];
    this.pairs.replaceChildren(...parts.filter(Boolean));
  }

  chooser(side) {
    const made = el("select", { "aria-label": side ? "Second run" : "First run" });
    made.onchange = () => {
      this.pair[side] = Number(made.value);
      this.again();
    };
    made.append(...this.runs.map((_, i) => el("option", { value: i, text: this.label(i), selected: i === this.pair[side] })));
    return made;
  }

  pin(image) {
    const pin = sameImage(this.store.pin, image) ? null : image;
    this.store.set("pin", pin);
    this.setState("pin", pin);
  }

  leave() {
    this.glass.hide();
    this.store.set("hover", null);
  }

  heard(what, detail) {
    if (what === "chosen" && this.chosen) return this.show(this.chosen.source === "real" ? "real" : this.mode === "real" ? "now" : this.mode);
    const several = this.runs.length > 1, toggle = (mode) => this.show(this.mode === mode ? "now" : mode);
    if (what === "key" && detail === "s") this.still();
    else if (what === "key" && several && detail === "x") this.swap();
    else if (what === "key" && several && detail === "d") toggle("difference");
    else if (what === "key" && several && detail === "b" && this.mode === "blink" && calm()) this.turn();
    else if (what === "key" && several && detail === "b") toggle("blink");
    else this.again();
  }

  // ---- what is drawn
  draw() {
    const wide = this.root.clientWidth, look = theme(this.root.getRootNode()), figures = this.shown();
    const columns = wide < NARROW ? 1 : Math.min(figures.length, figures.length === 4 ? 2 : 3);
    const room = Math.floor((wide - BETWEEN * (columns - 1)) / columns);
    this.walls.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.everything.hidden = !this.chosen;
    for (const one of figures) one.prepare(room);
    this.amount.hidden = !this.few || (this.showsFew && !figures.some((one) => one.more));
    this.amount.textContent = this.showsFew ? "all images" : `${this.few} of each class, large`;
    this.most = this.signs ? Math.max(0, ...figures.map((one) => one.largest())) : null; // one scale for the whole wall
    for (const one of figures) one.paint(this.most || 1, room, look);
    this.modes.allow((value) => value !== "real" || this.runs.some((id) => this.store.run(id).reals.length));
    this.scale.hidden = !this.signs;
    if (this.signs) scaleBar(this.scale, (share) => signed(2 * share - 1, look.dark));
    this.caption.textContent = this.told();
  }

  shown() {
    const wanted = this.pairing ? [this.pair[0]] : this.runs.map((_, i) => i);
    if (this.figures.map((f) => f.i).join() !== wanted.join()) {
      this.figures = wanted.map((i) => new Figure(this, i));
      this.walls.replaceChildren(...this.figures.map((f) => f.node));
    }
    return this.figures;
  }

  nothing(run) {
    if (this.chosen) return "none of the chosen images is here";
    return run.records.length ? "no images yet: they come with the next stage" : "waiting for the first report …";
  }

  told() {
    if (this.chosen) return `only the ${this.chosen.points.length} images that were drawn around on the map; press “all” to bring the others back`;
    const ends = `scale −${this.most ? words(this.most) : "…"} … +${this.most ? words(this.most) : "…"} of the full range`;
    if (this.mode === "change") return `change since the start: blue is darker, orange is brighter; ${ends}`;
    if (this.mode === "real") return "real images of the same classes; press “now” to go back";
    if (!this.pairing) return this.runs.length > 1 ? `${this.amount.hidden || !this.showsFew ? "" : `the first ${this.few} images of each class; `}each class in the same place in every wall; the pointer in one is the pointer in all` : window.matchMedia("(hover: none)").matches ? "tap one to see how it came to be" : "click one to see how it came to be and which real images are near it; hover to enlarge";
    if (this.mode === "difference") return `${this.label(this.pair[0])} minus ${this.label(this.pair[1])}; ${ends}`;
    if (this.mode === "swipe") return "left of the line the first run, right of it the second; drag the line";
    return `showing ${this.label(this.pair[this.blink])}`;
  }

  still() {
    const [made] = this.figures;
    if (made) el("a", { download: `${this.runs[made.i]}.png`, href: made.canvas.toDataURL("image/png") }).click();
  }

  remove() {
    clearInterval(this.timer);
  }
}
