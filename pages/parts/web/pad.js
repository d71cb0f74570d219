// The latent walk: a square of w around a class. Everything is in the packet, so a drag shows at once what was decoded there.
import { ARROWS, button, el, fit, theme } from "./draw.js";
import { mount } from "./mount.js";
import { parsePacket } from "./packet.js";
import { COLORS } from "./palette.js";
import { enlarge, tiled } from "./raster.js";

const THUMB = 64, WIDEST = 400, LARGE = 260, NARROW = 700; // pixels

export default function (component) {
  return mount(component, Pad);
}

class Pad {
  constructor(root, store, again) {
    Object.assign(this, { root, again, walk: null, sheet: null, layers: [], most: 1, col: 0, row: 0, given: "" });
    this.area = el("canvas", { tabindex: 0, role: "slider", "aria-label": "Place in w: drag, or use the arrow keys; Home goes back to the mean", style: "touch-action:none;cursor:crosshair" });
    this.large = el("canvas", { role: "img" });
    this.says = el("div", { class: "small", style: "margin-top:6px;font-variant-numeric:tabular-nums;min-height:5em" });
    this.across = el("div", { class: "small" });
    this.list = el("div", { style: "display:grid;grid-template-columns:auto minmax(0,1fr);gap:6px 12px;align-items:center" });
    const back = button("Back to the mean (Home)", el("span", { text: "⌂ mean" }), () => this.go(this.middle, this.middle));
    this.box = el("div", { style: "display:grid;gap:12px 20px;align-items:start" }, el("div", {}, this.area, this.across), el("div", {}, this.large, this.says, back), this.list);
    root.append(this.box);
    this.area.onpointerdown = (event) => {
      this.area.setPointerCapture(event.pointerId);
      this.area.focus();
      this.follow(event);
    };
    this.area.onpointermove = (event) => this.area.hasPointerCapture(event.pointerId) && this.follow(event);
    this.area.onkeydown = (event) => this.key(event);
  }

  // The place of the mean, in cells of the square.
  get middle() {
    return (this.walk.grid - 1) / 2;
  }

  update(component) {
    const { header, blob } = parsePacket(component.data), { walk } = header, fresh = JSON.stringify([header.of, walk.label, walk.row, walk.grid]);
    if (this.given === fresh) return;
    if (this.walk?.grid !== walk.grid) Object.assign(this, { col: Math.round(0.8 * (walk.grid - 1)), row: Math.round(0.25 * (walk.grid - 1)) }); // at the mean there is nothing to see
    Object.assign(this, { given: fresh, walk, most: Math.max(1e-9, ...walk.layers.flatMap((one) => one.response)) });
    const percent = walk.shares.map((share) => `${(100 * share).toFixed(0)} %`);
    this.across.textContent = `Drag in the square. → is direction 1, with ${percent[0]} of the spread of w in this class, ↑ direction 2, with ${percent[1]}; ${walk.reach} s.d. to each side of the mean.`;
    this.unpack(blob(0));
    this.list.replaceChildren(...this.layers.flatMap((one) => one.nodes));
  }

  // The images of every place in the square, then small feature maps of every layer at fewer places.
  unpack(bytes) {
    const { walk } = this, [h, w, c] = walk.size, side = (walk.grid - 1) / walk.every + 1;
    this.sheet = tiled(bytes, walk.grid, h, w, c);
    let start = walk.grid ** 2 * h * w * c;
    this.layers = walk.layers.map((one) => {
      const s = one.thumbnail, maps = s ? tiled(bytes.subarray(start), side, s, s, 3) : null;
      start += side * side * s * s * 3;
      return layerRow(one, maps);
    });
  }

  // ---- where the visitor stands
  go(x, y) {
    const last = this.walk.grid - 1;
    this.col = Math.max(0, Math.min(last, x));
    this.row = Math.max(0, Math.min(last, y));
    this.again();
  }

  follow(event) {
    const size = this.area.clientWidth / this.walk.grid;
    this.go(Math.floor(event.offsetX / size), Math.floor(event.offsetY / size));
  }

  key(event) {
    const move = ARROWS[event.key];
    if (!move && event.key !== "Home") return;
    event.preventDefault();
    event.stopPropagation();
    if (move) this.go(this.col + move[0], this.row + move[1]);
    else this.go(this.middle, this.middle);
  }

  // ---- what is drawn
  draw() {
    if (!this.walk) return;
    const { walk, col, row } = this, narrow = this.root.clientWidth < NARROW, place = row * walk.grid + col;
    this.box.style.gridTemplateColumns = narrow ? "minmax(0,3fr) minmax(0,2fr)" : "minmax(0,6fr) minmax(0,4fr) minmax(0,7fr)";
    this.list.style.gridColumn = narrow ? "1 / 3" : "";
    this.square(theme(this.root.getRootNode()));
    enlarge(this.large, this.sheet, col, row, Math.min(LARGE, this.large.parentElement.clientWidth));
    for (const { canvas, maps, fill, value, response } of this.layers) {
      if (maps) enlarge(canvas, maps, Math.round(col / walk.every), Math.round(row / walk.every), THUMB);
      else enlarge(canvas, this.sheet, col, row, THUMB);
      fill.style.width = `${(100 * response[place]) / this.most}%`;
      value.textContent = `${(100 * response[place]).toFixed(response[place] < 0.1 ? 1 : 0)} %`;
    }
    this.tell(place);
  }

  // All images of the square, faint; the mean; and the one where the visitor stands, larger.
  square(look) {
    const { walk, sheet, col, row } = this, size = Math.min(WIDEST, this.area.parentElement.clientWidth), cell = size / walk.grid, g = fit(this.area, size, size);
    g.imageSmoothingEnabled = cell < sheet.tile[0];
    g.globalAlpha = 0.45;
    g.drawImage(sheet, 0, 0, size, size);
    g.globalAlpha = 1;
    g.strokeStyle = look.accent;
    g.lineWidth = 1;
    g.strokeRect(this.middle * cell + 0.5, this.middle * cell + 0.5, cell - 1, cell - 1);
    g.imageSmoothingEnabled = false;
    const [w, h] = sheet.tile, big = Math.max(cell * 1.6, 24), inside = (at) => Math.max(0, Math.min(size - big, (at + 0.5) * cell - big / 2));
    g.drawImage(sheet, col * w, row * h, w, h, inside(col), inside(row), big, big);
    g.strokeStyle = COLORS[1];
    g.lineWidth = 3;
    g.strokeRect(inside(col), inside(row), big, big);
  }

  tell(place) {
    const { walk } = this, away = (i) => ((2 * i) / (walk.grid - 1) - 1) * walk.reach, step = (v, i) => `${v < 0 ? "−" : "+"}${Math.abs(v).toFixed(1)} s.d. along ${i}`;
    const differs = this.layers[this.layers.length - 1].value.textContent;
    this.says.textContent = `${walk.class} at ${step(away(this.col), 1)}, ${step(-away(this.row), 2)}: the image differs from that of the mean by ${differs} of its length.`;
    this.area.setAttribute("aria-valuetext", this.says.textContent);
    this.area.setAttribute("aria-valuenow", String(place));
    this.area.setAttribute("aria-valuemax", String(walk.grid ** 2 - 1));
    this.large.setAttribute("aria-label", `Decoded image, ${this.says.textContent}`);
  }
}

// A layer's thumbnail, its name and size, and a bar of how far it answered.
function layerRow({ name, shape, bytes, thumbnail, response }, maps) {
  const canvas = el("canvas", { role: "img", "aria-label": thumbnail ? `Feature map at ${name}` : "The decoded image" }), value = el("span");
  const fill = el("i", { style: `display:block;height:100%;background:${COLORS[0]};border-radius:3px` });
  const words = `${name} · ${shape.join("×")} · ${bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`}`;
  const line = el("div", { class: "small", style: "display:flex;justify-content:space-between;gap:8px;font-variant-numeric:tabular-nums" }, el("span", { text: words }), value);
  const rail = el("div", { style: "height:12px;border-radius:3px;background:var(--st-secondary-background-color)" }, fill);
  return { canvas, maps, fill, value, response, nodes: [canvas, el("div", {}, line, rail)] };
}
