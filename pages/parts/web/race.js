// The start page: real images flicker, learned images form, and three bars appear as their students finish.
import { calm, el, fit, theme } from "./draw.js";
import { Glass, enlarged } from "./glass.js";
import { mount } from "./mount.js";
import { parsePacket } from "./packet.js";
import { axis, Row, sentence } from "./rows.js";
import { lastAt } from "./run.js";
import { schedule } from "./schedule.js";
import { Store } from "./store.js";
import { drawTile, ordered, snap, tilesOf } from "./tiles.js";

const SECONDS = 9, FLICKER = 90; // seconds of the whole clock; milliseconds between two changes of the real images
const SENTENCES = [0.8, 0.9, 0.99]; // where on the clock each sentence appears
const NARROW = 560, ARROW = 60, GAP = 5, WORDS = 15, LEAST = 8; // pixels; the last is the side of the smallest learned image

export default function (component) {
  return mount(component, Race);
}

class Race {
  // Its recording lies in a store of its own: the clock of the other views is not touched.
  constructor(root) {
    Object.assign(this, { root, store: new Store(), run: null, rows: [], u: 0, playing: false, frame: 0, last: 0, shuffled: 0, order: [], shown: null, timer: 0 });
    this.left = el("canvas", { role: "img" });
    this.right = el("canvas", { role: "img" });
    this.leftWords = el("figcaption");
    this.rightWords = el("figcaption");
    this.bars = el("div", { class: "bars" });
    this.first = el("canvas", { role: "img" });
    this.firstWords = el("figcaption");
    this.push = el("p", { class: "push" });
    this.under = el("div", { class: "sentences", "aria-live": "polite" });
    this.button = el("button", { type: "button", onclick: () => (this.playing ? this.pause() : this.play()) });
    this.slide = el("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Time in the recording", style: "flex:1;min-width:120px;accent-color:var(--st-primary-color)", oninput: () => this.scrub() });
    const sides = el("div", { class: "race" }, el("figure", {}, this.leftWords, this.left), el("div", { class: "arrow", text: "➔", "aria-hidden": "true" }), el("figure", {}, this.rightWords, this.right, this.firstWords, this.first));
    root.append(sides, this.push, el("div", { class: "bar", style: "margin-top:10px" }, this.button, this.slide), this.bars, this.under);
    this.glass = new Glass(root);
    for (const canvas of [this.left, this.right, this.first]) {
      canvas.onpointermove = (event) => this.magnify(canvas, event);
      canvas.onpointerleave = () => this.glass.hide();
    }
  }

  update({ data }) {
    const { header } = parsePacket(data), of = `${data.byteLength}/${header.runs[0].run}`;
    if (this.shown === of) return;
    this.shown = of;
    this.store = new Store();
    this.store.on((what) => what === "decoded" && this.draw());
    this.store.put(data);
    this.run = this.store.run(header.runs[0].run);
    this.store.clock.runs = [this.run.id];
    this.when = schedule(this.run);
    const chance = header.chance ?? 0;
    this.rows = (header.bars ?? []).map((bar) => new Row(bar, this.run, this.when, chance));
    this.bars.replaceChildren(...axis(chance), ...this.rows.flatMap((row) => row.nodes));
    this.push.replaceChildren(...sentence(header.push ?? "").childNodes);
    this.right.drawn = this.first.drawn = false;
    this.under.replaceChildren(...(header.sentences ?? []).map(sentence));
    clearTimeout(this.timer);
    this.u = calm() ? 1 : Math.min(this.u, 0.999);
    if (!calm()) this.timer = setTimeout(() => this.play(), 0);
  }

  // ---- the clock
  play() {
    if (this.u >= 0.999) this.u = 0;
    this.playing = true;
    this.last = performance.now();
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((now) => this.beat(now));
    this.draw();
  }

  pause() {
    this.stop();
    this.draw();
  }

  stop() {
    this.playing = false;
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
  }

  scrub() {
    this.u = this.slide.value / 1000;
    this.pause();
  }

  beat(now) {
    this.u = Math.min(1, this.u + Math.min(0.1, (now - this.last) / 1000) / SECONDS);
    this.last = now;
    this.playing = this.u < 1;
    this.draw(now);
    if (this.playing) this.frame = requestAnimationFrame((next) => this.beat(next));
  }

  // ---- what is drawn
  draw(now = performance.now()) {
    if (!this.run) return;
    const wide = this.root.clientWidth, look = theme(this.root.getRootNode()), column = wide <= NARROW ? wide : Math.floor((wide - ARROW) / 2);
    this.button.textContent = this.playing ? "❚❚ Pause" : this.u >= 0.999 ? "↻ Play again" : "▶ Play";
    this.slide.value = Math.round(this.u * 1000);
    this.learned(column, look);
    this.start(column);
    this.real(column, now);
    for (const row of this.rows) row.show(this.u);
    [...this.under.children].forEach((p, i) => p.classList.toggle("shown", this.u >= SENTENCES[i] - 1e-6));
  }

  real(width, now) {
    const tiles = this.store.reals(this.run), [first] = this.rows;
    this.left.parentElement.hidden = !tiles.length;
    if (!tiles.length) return;
    this.leftWords.textContent = `real images${first?.bar.subject === "real" ? `: ${first.bar.title}` : ""}, a few at a time`;
    const tile = tiles[0].record.tile[1], size = Math.ceil(28 / tile) * tile, step = size + 1, columns = Math.max(4, Math.floor(width / step));
    const high = Math.max(3, Math.min(8, Math.round(this.right.clientHeight / step) || 5)), count = columns * high;
    this.shuffle(count, tiles.length, now);
    const g = fit(this.left, columns * step, high * step);
    this.left.places = this.order.map((t, i) => ({ tile: tiles[t], x: (i % columns) * step, y: Math.floor(i / columns) * step, size }));
    for (const p of this.left.places) drawTile(g, this.store, this.run, p.tile, p.x, p.y, p.size);
    this.left.setAttribute("aria-label", `${count} of the real images, ${new Set(tiles.map((t) => t.label)).size} classes`);
  }

  // Which of the real images are seen: while it plays, an eighth of them changes every moment.
  shuffle(count, most, now) {
    if (this.order.length !== count) this.order = Array.from({ length: count }, (_, i) => (i * 37) % most);
    if (!this.playing || now - this.shuffled <= FLICKER) return;
    this.shuffled = now;
    for (let i = 0; i < count / 8; i++) this.order[Math.floor(Math.random() * count)] = Math.floor(Math.random() * most);
  }

  // The images at this moment, from the schedule instead of the store's clock.
  now() {
    const found = new Map();
    this.run.groups.forEach((group, index) => {
      const i = lastAt(group, this.when, this.u);
      if (i >= 0 || index === 0) for (const tile of tilesOf(group[Math.max(0, i)])) found.set(tile.id, tile);
    });
    return ordered([...found.values()]);
  }

  learned(width, look) {
    const tiles = this.now();
    if (!tiles.length) return;
    const columns = tiles.length <= 10 ? 5 : 10, named = tiles.length <= 20, size = snap(width / columns - GAP, tiles[0].record.tile[1], LEAST), row = size + GAP + (named ? WORDS : 0);
    this.right.places = tiles.map((tile, i) => ({ tile, x: (i % columns) * (size + GAP), y: Math.floor(i / columns) * row, size }));
    if (this.right.drawn && !tiles.every((t) => this.store.bitmap(this.run, t.record))) return;
    this.right.drawn = true;
    const g = fit(this.right, columns * (size + GAP), Math.ceil(tiles.length / columns) * row);
    g.fillStyle = look.text;
    g.font = `12px ${look.font}`;
    for (const p of this.right.places) {
      drawTile(g, this.store, this.run, p.tile, p.x, p.y, p.size);
      if (named) g.fillText(this.run.name(p.tile.label), p.x, p.y + size + 13, size);
    }
    const stage = this.run.stages[tiles[0].record.in];
    const testing = this.run.records.find((r) => r.kind === "stage" && r.stage === "evaluate");
    if (testing && this.when(testing) <= this.u) this.rightWords.textContent = `${tiles.length} learned images, as they are in the end; networks are now trained on them and tested`;
    else this.rightWords.textContent = `${tiles.length} learned images · ${this.run.told(stage.name).title}, step ${tiles[tiles.length - 1].record.step}${stage.steps ? ` of ${stage.steps}` : ""}`;
    this.right.setAttribute("aria-label", this.rightWords.textContent);
  }

  // The images that it began with, small, so that both can be compared at every moment.
  start(width) {
    const tiles = ordered(this.run.groups.length ? tilesOf(this.run.groups[0][0]) : []), few = tiles.length <= 20;
    this.first.hidden = this.firstWords.hidden = !few;
    if (!tiles.length || !few || this.first.drawn === width || !tiles.every((t) => this.store.bitmap(this.run, t.record))) return;
    this.first.drawn = width;
    const size = snap(width / tiles.length - GAP, tiles[0].record.tile[1], LEAST), g = fit(this.first, tiles.length * (size + GAP), size);
    this.first.places = tiles.map((tile, i) => ({ tile, x: i * (size + GAP), y: 0, size }));
    for (const p of this.first.places) drawTile(g, this.store, this.run, p.tile, p.x, p.y, p.size);
    this.firstWords.textContent = "the same images as they started";
    this.first.setAttribute("aria-label", this.firstWords.textContent);
  }

  magnify(canvas, event) {
    const inside = (p) => event.offsetX >= p.x && event.offsetX < p.x + p.size && event.offsetY >= p.y && event.offsetY < p.y + p.size;
    const place = (canvas.places ?? []).find(inside);
    if (!place) return this.glass.hide();
    const { tile } = place, size = enlarged(tile.record.tile, 128), words = `${this.run.name(tile.label)} · ${canvas === this.left ? "real image" : canvas === this.first ? "start of learned image" : "learned image"} ${tile.id}`;
    this.glass.show(canvas, place, size, (g) => drawTile(g, this.store, this.run, tile, 0, 0, size[0]), words);
  }

  remove() {
    this.stop();
  }
}
