// Dense labels: an image under its grid of overlapping sub-images. Hover or tap one, and its soft label stands beside it as bars.
import { ARROWS, button, el, fit, theme } from "./draw.js";
import { entropy } from "./mixing.js";
import { mount } from "./mount.js";
import { floats, parsePacket } from "./packet.js";
import { COLORS } from "./palette.js";
import { tiled } from "./raster.js";

const LARGE = 300, SMALL = 110, MOST = 12, ROW = 22; // pixels; classes that get a bar

export default function (component) {
  return mount(component, Crops);
}

class Crops {
  constructor(root, store, again) {
    Object.assign(this, { root, again, info: null, given: "", image: 0, cell: 0 });
    this.canvas = el("canvas", { tabindex: 0, role: "img", style: "cursor:crosshair" });
    this.bars = el("canvas", { role: "img" });
    this.maps = ["P(class)", "entropy"].map((name) => ({ name, canvas: el("canvas", { role: "img", style: "cursor:pointer" }), note: el("div", { class: "small" }) }));
    this.says = el("div", { class: "small", style: "min-height:3em;font-variant-numeric:tabular-nums" });
    this.name = el("span", { class: "small", style: "flex:1" });
    const turn = (step) => () => this.show(this.image + step);
    const head = el("div", { class: "bar" }, button("Image before", el("span", { text: "‹" }), turn(-1)), button("Next image", el("span", { text: "›" }), turn(1)), this.name);
    const heat = el("div", { style: "display:flex;gap:14px;margin-top:8px" }, ...this.maps.map((m) => el("div", {}, m.canvas, m.note)));
    this.box = el("div", { style: "display:grid;gap:12px 20px;align-items:start;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr))" }, el("div", {}, this.canvas, heat), el("div", {}, this.says, this.bars));
    root.append(head, this.box);
    for (const kind of ["onpointermove", "onpointerdown"]) {
      this.canvas[kind] = (event) => this.near(event.offsetX / this.canvas.clientWidth, event.offsetY / this.canvas.clientHeight);
      for (const m of this.maps) m.canvas[kind] = (event) => this.pick(Math.floor((event.offsetX / m.canvas.clientWidth) * this.info.across), Math.floor((event.offsetY / m.canvas.clientHeight) * this.info.across));
    }
    this.canvas.onkeydown = (event) => {
      const move = ARROWS[event.key], n = this.info.across;
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      this.pick((this.cell % n) + move[0], Math.floor(this.cell / n) + move[1]);
    };
  }

  update(component) {
    const { header, blob } = parsePacket(component.data), fresh = JSON.stringify([header.dense.of, header.dense.labels.length, header.dense.across, header.dense.ratio]);
    if (this.given === fresh) return;
    Object.assign(this, { given: fresh, info: header.dense, pixels: blob(0), shares: floats(blob(1)), image: 0, cell: Math.floor(header.dense.corners.length / 2) });
  }

  show(image) {
    const count = this.info.labels.length;
    this.image = (image + count) % count;
    this.again();
  }

  pick(column, row) {
    const n = this.info.across, inside = (v) => Math.max(0, Math.min(n - 1, v));
    this.cell = inside(row) * n + inside(column);
    this.again();
  }

  // The sub-image whose center is nearest to a place in the image, both sides from 0 to 1.
  near(x, y) {
    const { corners, side, size } = this.info, far = ([top, left]) => (left + side / 2 - x * size) ** 2 + (top + side / 2 - y * size) ** 2;
    this.cell = corners.reduce((best, one, k) => (far(one) < far(corners[best]) - 1e-9 ? k : best), 0);
    this.again();
  }

  // The soft label of a sub-image of the image that is shown.
  label(cell) {
    const count = this.info.classes.length, at = (this.image * this.info.corners.length + cell) * count;
    return this.shares.subarray(at, at + count);
  }

  draw() {
    if (!this.info) return;
    const { info, cell } = this, look = theme(this.root.getRootNode()), own = info.labels[this.image], label = this.label(cell), n = info.across;
    const best = label.indexOf(Math.max(...label)), entropies = info.corners.map((_, k) => entropy(this.label(k), Math.log)), surest = info.corners.map((_, k) => this.label(k)[own]);
    this.name.textContent = `Image ${this.image + 1} of ${info.labels.length}${info.count > info.labels.length ? ` shown, ${info.count} in all` : ""} · class ${info.classes[own]}`;
    this.says.textContent = `Sub-image in row ${Math.floor(cell / n) + 1}, column ${(cell % n) + 1}: the labeler says ${info.classes[best]} (${(100 * label[best]).toFixed(0)} %); its class ${info.classes[own]} gets ${(100 * label[own]).toFixed(0)} %, entropy ${entropies[cell].toFixed(2)} nats.`;
    this.canvas.setAttribute("aria-label", `${this.name.textContent}. ${this.says.textContent} Arrow keys move through the grid.`);
    this.picture(look);
    this.chart(look, label, own);
    [[surest, 1, COLORS[0]], [entropies, Math.log(info.classes.length), COLORS[1]]].forEach(([values, most, ink], i) => this.heat(this.maps[i], values, most, ink, look));
  }

  picture(look) {
    const { size, side, corners, channels } = this.info, room = Math.min(LARGE, this.canvas.parentElement.clientWidth || LARGE), zoom = room / size, g = fit(this.canvas, room, room);
    const each = size * size * channels, sheet = tiled(this.pixels.subarray(this.image * each, (this.image + 1) * each), 1, size, size, channels);
    g.imageSmoothingEnabled = false;
    g.drawImage(sheet, 0, 0, room, room);
    g.strokeStyle = look.accent;
    g.globalAlpha = 0.35;
    for (const [top, left] of corners) g.strokeRect(left * zoom + 0.5, top * zoom + 0.5, side * zoom - 1, side * zoom - 1);
    const [top, left] = corners[this.cell];
    g.globalAlpha = 1;
    g.lineWidth = 3;
    g.strokeStyle = COLORS[1];
    g.strokeRect(left * zoom + 1.5, top * zoom + 1.5, side * zoom - 3, side * zoom - 3);
  }

  // A bar for each class, of many only for the largest; that of the image's own class is in another color.
  chart(look, label, own) {
    const all = [...label.keys()], chosen = all.length <= MOST ? all : all.sort((a, b) => label[b] - label[a]).slice(0, MOST);
    const width = this.bars.parentElement.clientWidth || LARGE, g = fit(this.bars, width, ROW * chosen.length), words = Math.min(110, width / 3);
    g.font = `12px ${look.font}`;
    g.textBaseline = "middle";
    chosen.forEach((k, i) => {
      const y = i * ROW, long = (width - words - 50) * label[k];
      g.fillStyle = look.text;
      g.fillText(this.info.classes[k].slice(0, 16), 0, y + ROW / 2);
      g.fillText(`${(100 * label[k]).toFixed(0)} %`, words + long + 6, y + ROW / 2);
      g.fillStyle = k === own ? COLORS[1] : COLORS[0];
      g.fillRect(words, y + 3, Math.max(1, long), ROW - 6);
    });
    this.bars.setAttribute("aria-label", chosen.map((k) => `${this.info.classes[k]} ${(100 * label[k]).toFixed(0)} %`).join(", "));
  }

  // A value for each place of the grid, from 0 (nothing is drawn) to `most`.
  heat({ canvas, note, name }, values, most, ink, look) {
    const n = this.info.across, g = fit(canvas, SMALL, SMALL), wide = SMALL / n;
    values.forEach((value, k) => {
      g.globalAlpha = Math.max(0, Math.min(1, value / most));
      g.fillStyle = ink;
      g.fillRect((k % n) * wide, Math.floor(k / n) * wide, wide - 1, wide - 1);
    });
    g.globalAlpha = 1;
    g.strokeStyle = look.text;
    g.lineWidth = 1.5;
    g.strokeRect((this.cell % n) * wide + 1, Math.floor(this.cell / n) * wide + 1, wide - 3, wide - 3);
    note.textContent = `${name}: ${Math.min(...values).toFixed(2)} … ${Math.max(...values).toFixed(2)}${name === "entropy" ? " nats" : ""}`;
    canvas.setAttribute("aria-label", note.textContent);
  }
}
