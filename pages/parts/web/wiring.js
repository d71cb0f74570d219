// How the run works, as boxes from left to right: real images → network → question → image → students; what is at work is lit.
import { el, theme } from "./draw.js";
import { START } from "./story.js";
import { drawTile } from "./tiles.js";

const THUMBS = 3, SAMPLE = 28; // images in a box, and their side in pixels
const LIT = { teacher: ["real", "network"], images: ["network", "question", "image"], students: ["image", "students"] }; // by whom a stage moves

// Which boxes are at work at a record.
export function litAt(run, record) {
  const { name } = run.stages[record.in];
  return name === START ? ["image"] : (LIT[run.told(name).group] ?? []);
}

export class Wiring {
  constructor(root) {
    this.root = root;
    this.real = el("canvas", { "aria-hidden": "true" });
    this.image = el("canvas", { "aria-hidden": "true" });
    this.words = { network: el("span"), question: el("span"), image: el("span") };
    this.boxes = {
      real: this.box(this.real, el("span", { text: "all real images" })), network: this.box(this.words.network), question: this.box(this.words.question),
      image: this.box(this.image, this.words.image), students: this.box(el("span", { text: "students learn from the images alone" })),
    };
    const arrow = () => el("li", { class: "to", "aria-hidden": "true", text: "→" }), [first, ...rest] = Object.values(this.boxes);
    this.back = el("p", { class: "small" });
    this.node = el("div", { class: "wiring", hidden: true }, el("ol", { tabindex: 0, "aria-label": "How it works" }, first, ...rest.flatMap((one) => [arrow(), one])), this.back);
  }

  box(...inside) {
    return el("li", {}, ...inside);
  }

  show(store, run, record) {
    const plan = run?.info.wiring;
    this.node.hidden = !plan || !record;
    if (this.node.hidden) return;
    const lit = litAt(run, record), key = [run.id, ...lit].join();
    if (this.key !== key) Object.assign(this, { key }).light(plan, lit);
    if (this.known !== run.reals) Object.assign(this, { known: run.reals, reals: store.reals(run) });
    this.thumbs(this.real, store, run, this.reals);
    this.thumbs(this.image, store, run, store.tiles(run));
  }

  // Written only where it changed: the clock asks at every frame.
  light(plan, lit) {
    for (const [name, node] of Object.entries(this.words)) node.textContent = plan[name];
    this.back.textContent = plan.moves ? `↺ the answer ${plan.moves}, again and again` : "";
    for (const [name, node] of Object.entries(this.boxes)) {
      node.classList.toggle("lit", lit.includes(name));
      if (lit.includes(name)) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    }
    this.back.classList.toggle("lit", lit.includes("question"));
  }

  // One image of each of the first classes.
  thumbs(canvas, store, run, tiles) {
    const firsts = tiles.filter((tile, i) => i === 0 || tile.label !== tiles[i - 1].label).slice(0, THUMBS);
    canvas.hidden = !firsts.length;
    const dense = globalThis.devicePixelRatio || 1, wide = firsts.length * (SAMPLE + 2);
    if (canvas.width !== Math.round(wide * dense)) Object.assign(canvas, { width: Math.round(wide * dense), height: Math.round(SAMPLE * dense) });
    canvas.style.width = `${wide}px`;
    const g = canvas.getContext("2d");
    g.setTransform(dense, 0, 0, dense, 0, 0);
    g.fillStyle = theme(this.root.getRootNode()).panel;
    firsts.forEach((tile, i) => (g.fillRect(i * (SAMPLE + 2), 0, SAMPLE, SAMPLE), drawTile(g, store, run, tile, i * (SAMPLE + 2), 0, SAMPLE)));
  }
}
