// One compensator for all classes: natural + compensator = sum. Move through the classes: the compensator stands still.
import { choice, el, fit, theme } from "./draw.js";
import { entropy, foremost, halves, mixed, softmax, summed } from "./mixing.js";
import { mount } from "./mount.js";
import { parsePacket } from "./packet.js";
import { COLORS, signed } from "./palette.js";
import { enlarge, tiled } from "./raster.js";

const MOST = 10, AMPLIFIED = 4, NARROW = 620, NAMES = 110; // bars, factor of the amplified view, CSS pixels

export default function (component) {
  return mount(component, Factors);
}

class Factors {
  constructor(root, store, again) {
    Object.assign(this, { root, again, given: "", at: { group: 0, teacher: 0, label: 0, other: 1, share: 0.7, tau: 1, view: "signed" } });
    this.tools = el("div", { class: "bar", style: "gap:6px 18px" });
    this.slider = el("input", { type: "range", min: 0, step: 1, style: "width:100%", "aria-label": "Class" });
    this.slider.oninput = () => this.set({ label: Number(this.slider.value) });
    this.where = el("div", { class: "small", style: "font-variant-numeric:tabular-nums" });
    this.tiles = ["natural", "added", "sum"].map((name) => tile(name));
    this.row = el("div", { style: "display:grid;grid-template-columns:auto auto auto auto auto;justify-content:start;gap:4px 14px;align-items:center;flex:0 1 740px;min-width:0" });
    const [natural, added, sum] = this.tiles, sign = (text) => el("span", { text, style: "font-size:26px" });
    this.row.append(natural.node, sign("+"), added.node, sign("="), sum.node);
    this.bars = [labelled("Teachers, real image"), labelled("Teachers, sum")];
    this.answers = el("div", { style: "display:grid;gap:8px 24px;flex:1 1 380px;max-width:900px" }, ...this.bars.map((one) => one.node));
    this.grid = el("canvas", { role: "img", style: "cursor:pointer;max-width:100%" });
    this.grid.onclick = (event) => this.pick(event);
    this.gridSays = el("div", { class: "caption" });
    this.mixing();
    root.append(this.tools, this.slider, this.where, el("div", { style: "display:flex;flex-wrap:wrap;gap:12px 32px;margin:6px 0 14px" }, this.row, this.answers), this.gridSays, el("div", { style: "overflow-x:auto" }, this.grid), this.mix);
  }

  // A student never sees one image alone: two of them and their labels, mixed by the same share.
  mixing() {
    this.other = el("input", { type: "range", min: 0, step: 1, "aria-label": "The other class" });
    this.other.oninput = () => this.set({ other: Number(this.other.value) });
    this.share = el("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": "Share of the first image" });
    this.share.oninput = () => this.set({ share: Number(this.share.value) });
    this.mixSays = el("div", { class: "caption" });
    this.both = tile("mixed");
    this.mixBars = labelled("The mixed label");
    this.shareSays = el("span");
    this.otherSays = el("span");
    const knob = (words, slider) => el("label", { class: "small", style: "display:grid;grid-template-columns:8em 1fr;align-items:center;margin-top:6px" }, words, slider);
    const knobs = el("div", {}, this.mixSays, knob(this.shareSays, this.share), knob(this.otherSays, this.other));
    this.mix = el("div", { style: "display:grid;gap:8px 24px;max-width:900px;margin-top:16px" }, knobs, this.both.node, this.mixBars.node);
  }

  update(component) {
    const { header, blob } = parsePacket(component.data), { about, shape } = header, fresh = JSON.stringify([header.of, about.stamp]);
    if (this.given === fresh) return;
    const [groups, classes, h, w, c] = shape, size = h * w * c;
    const naturals = blob(0), added = halves(blob(1)), answers = halves(blob(2)), slices = about.right.length, all = about.classes.length;
    Object.assign(this, { given: fresh, about, groups, classes, slices, h, w, c });
    this.natural = (group, label) => naturals.subarray((group * classes + label) * size, (group * classes + label + 1) * size);
    this.compensator = (group, teacher) => added.subarray((group * (slices - 1) + teacher) * size, (group * (slices - 1) + teacher + 1) * size);
    this.answer = (group, slice, label) => answers.subarray(((group * slices + slice) * classes + label) * all, ((group * slices + slice) * classes + label + 1) * all);
    this.reach = 1e-9;
    for (const v of added) this.reach = Math.max(this.reach, Math.abs(v));
    Object.assign(this.at, { group: 0, teacher: 0, label: 0, other: Math.min(1, classes - 1) });
    for (const one of [this.slider, this.other]) one.max = classes - 1;
    this.choices();
  }

  choices() {
    this.whose = this.slices - 1 === this.about.teachers.length ? this.about.names : ["all teachers"];
    this.teacher = choice("Whose compensator", this.whose.map((name, i) => [i, name]), (teacher) => this.set({ teacher }));
    this.group = choice("Real images", [...Array(this.groups).keys()].map((i) => [i, String(i + 1), `set ${i + 1}: one real image of every class`]), (group) => this.set({ group }));
    this.view = choice("How the compensator is shown", [["signed", "signed", "Mean over channels: blue takes away, orange adds"], ["amplified", `×${AMPLIFIED}, around gray`, "In its own colors"]], (view) => this.set({ view }));
    this.tau = choice("Temperature", [[1, "as they are", "Temperature τ = 1"], [30, "softened", "Divided by a temperature of τ = 30, as students see labels"]], (tau) => this.set({ tau }));
    const said = (words, one) => el("span", { class: "small", style: "display:inline-flex;flex-wrap:wrap;gap:6px;align-items:center" }, words, one);
    const group = this.groups > 1 ? [said("Real images: set", this.group)] : [];
    this.tools.replaceChildren(said("Pattern of", this.teacher), el("details", { class: "small" }, el("summary", { text: "more", style: "cursor:pointer" }), el("div", { class: "bar", style: "margin-top:6px" }, ...group, said("Colors", this.view), said("Answers", this.tau))));
  }

  set(change) {
    Object.assign(this.at, change);
    this.again();
  }

  name(label) {
    return this.about.classes[label];
  }

  sum(label) {
    const { group, teacher } = this.at;
    return summed(this.natural(group, label), this.compensator(group, teacher));
  }

  draw() {
    if (!this.about) return;
    const { group, teacher, label, tau, view } = this.at, look = theme(this.root.getRootNode()), narrow = this.root.clientWidth < NARROW;
    for (const name of ["teacher", "group", "view", "tau"]) this[name].show(this.at[name]);
    this.slider.value = label;
    this.where.textContent = `Class ${this.name(label)} (${label + 1} of ${this.classes}). Move the slider: the real image changes, the pattern stands still. Blue takes away, orange adds.`;
    const room = Math.min(220, (this.row.clientWidth - 80) / 3), most = this.about.norms[group][teacher][1], [natural, added, sum] = this.tiles;
    const u = this.compensator(group, teacher);
    paint(natural, this.natural(group, label), this, room, `real image: ${this.name(label)}`);
    paint(added, view === "signed" ? this.inSign(u, look.dark) : Float32Array.from(u, (v) => 127.5 + 255 * AMPLIFIED * v), this, room, `the pattern of ${this.whose[teacher]}, for all classes (at most ${(100 * most).toFixed(0)} % of black to white)`, view === "signed" ? 3 : this.c);
    paint(sum, this.sum(label), this, room, "their sum, as students see it");
    this.answers.style.gridTemplateColumns = narrow ? "1fr" : "1fr 1fr";
    const labels = [0, 1 + teacher].map((slice) => softmax(this.answer(group, slice, label), tau)), shown = foremost(labels, MOST);
    this.bars.forEach((one, i) => one.show(labels[i], shown, this, label));
    this.all(look);
    this.blend(narrow);
  }

  inSign(u, dark) {
    const out = new Uint8Array(this.h * this.w * 3);
    for (let p = 0; p < this.h * this.w; p++) {
      let mean = 0;
      for (let k = 0; k < this.c; k++) mean += u[p * this.c + k] / this.c;
      out.set(signed(mean / this.reach, dark), 3 * p);
    }
    return out;
  }

  // Every class (across) with every compensator of this group (down); the first row are the naturals.
  all(look) {
    const { group } = this.at, across = Math.min(this.classes, 20), ratio = Math.min(window.devicePixelRatio || 1, 3), zoom = Math.max(1, Math.floor(((44 * ratio) / this.w)) ) / ratio, wide = this.w * zoom + 2, tall = this.h * zoom + 2;
    const g = fit(this.grid, across * wide + NAMES, this.slices * tall);
    g.imageSmoothingEnabled = false;
    g.font = `12px ${look.font}`;
    this.cell = [wide, tall, across];
    for (let s = 0; s < this.slices; s++)
      for (let i = 0; i < across; i++) {
        const pixels = s ? summed(this.natural(group, i), this.compensator(group, s - 1)) : this.natural(group, i);
        g.drawImage(tiled(pixels, 1, this.h, this.w, this.c), i * wide, s * tall, this.w * zoom, this.h * zoom);
      }
    g.fillStyle = look.text;
    ["real images", ...this.whose.map((name) => `+ ${name}`)].forEach((name, i) => g.fillText(name, across * wide + 6, (i + 0.5) * tall + 4, NAMES - 8));
    g.strokeStyle = look.accent;
    g.lineWidth = 2;
    g.strokeRect(this.at.label * wide, (1 + this.at.teacher) * tall, wide - 2, tall - 2);
    this.gridSays.textContent = `${this.classes > across ? `The first ${across} classes` : "All classes"} of this set: the real images on top, below them their sums with each pattern. Click one to see it above.`;
    this.grid.setAttribute("aria-label", this.gridSays.textContent);
  }

  pick(event) {
    const [wide, tall, across] = this.cell, label = Math.floor(event.offsetX / wide), slice = Math.floor(event.offsetY / tall);
    if (label < across && slice < this.slices) this.set({ label, teacher: slice ? slice - 1 : this.at.teacher });
  }

  blend(narrow) {
    const { group, teacher, label, other, share, tau } = this.at, slice = 1 + teacher;
    this.mix.style.gridTemplateColumns = narrow ? "1fr" : "1fr auto 1fr";
    this.share.value = share;
    this.other.value = other;
    this.shareSays.textContent = `share: ${share.toFixed(2)}`;
    this.otherSays.textContent = `other class: ${this.name(other)}`;
    this.mixSays.textContent = `Students see mixtures: ${share.toFixed(2)} × ${this.name(label)} + ${(1 - share).toFixed(2)} × ${this.name(other)}. Their stored answers (logits) are mixed by the same share, so one label for each image is enough.`;
    paint(this.both, mixed(this.sum(label), this.sum(other), share), this, 140, "the mixed image");
    const soft = softmax(mixed(this.answer(group, slice, label), this.answer(group, slice, other), share), tau);
    this.mixBars.show(soft, foremost([soft], MOST), this, label);
  }
}

function tile(name) {
  const canvas = el("canvas", { role: "img" }), says = el("figcaption"), node = el("figure", { style: "margin:0;min-width:0" }, canvas, says);
  return { name, canvas, says, node };
}

function paint({ canvas, says }, pixels, { w, h, c }, room, words, channels = c) {
  enlarge(canvas, tiled(pixels, 1, h, w, channels), 0, 0, room);
  says.textContent = words;
  canvas.setAttribute("aria-label", words);
}

// Bars of a soft label, with its entropy.
function labelled(title) {
  const head = el("div", { class: "caption", style: "font-weight:600" }), body = el("div", { style: "display:grid;grid-template-columns:minmax(40px,max-content) 1fr 4.5em;gap:2px 8px;align-items:center;font-size:12.5px" });
  const show = (shares, shown, view, own) => {
    head.textContent = `${title} · doubt ${entropy(shares).toFixed(2)} bits`;
    head.title = `Entropy: 0 bits where one class has all, ${Math.log2(shares.length).toFixed(2)} where all have the same`;
    body.replaceChildren(...shown.flatMap((i) => [
      el("span", { text: view.name(i), style: i === own ? "font-weight:700" : "" }),
      el("span", { style: `display:block;height:10px;border-radius:3px;width:${100 * shares[i]}%;background:${i === own ? COLORS[0] : COLORS[6]}` }),
      el("span", { text: `${(100 * shares[i]).toFixed(1)} %`, style: "font-variant-numeric:tabular-nums" }),
    ]));
  };
  return { node: el("div", {}, head, body), show };
}
