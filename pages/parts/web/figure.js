// One canvas of the wall: the images of a run, what lies where, and what pointer and keys do there.
import { ARROWS, el, fit } from "./draw.js";
import { enlarged } from "./glass.js";
import { layout } from "./layout.js";
import { box, difference, drawSigned, drawTile, sameImage } from "./tiles.js";

const PINNED = "#EE7733", NEAR = 128, LARGEST = 256; // pixels of an image under the glass

export class Figure {
  // `wall` says what is to be seen: the runs, the mode, the pair, what is chosen; `i` is the place of this run in it.
  constructor(wall, i) {
    Object.assign(this, { wall, store: wall.store, i, places: [], scale: 1, words: el("figcaption") });
    this.canvas = el("canvas", { tabindex: 0, role: "img", "data-keys": `${Object.keys(ARROWS).join(" ")} Enter`, "aria-label": "Images" });
    this.node = el("figure", {}, this.words, this.canvas);
    this.canvas.onpointermove = (event) => {
      if (event.buttons && wall.mode === "swipe") this.drag(event.offsetX);
      this.point(event.offsetX, event.offsetY);
    };
    this.canvas.onpointerleave = () => wall.leave();
    this.canvas.onclick = (event) => this.click(this.hit(event.offsetX, event.offsetY));
    this.canvas.onpointerdown = (event) => {
      if (!wall.swiping) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.drag(event.offsetX);
    };
    this.canvas.onkeydown = (event) => this.key(event);
  }

  get run() {
    return this.store.run(this.wall.runs[this.i]);
  }

  // ---- pointer and keys
  drag(x) {
    this.wall.split = Math.max(0, Math.min(1, x / this.canvas.clientWidth));
    this.wall.again();
  }

  get tiled() {
    return this.places.filter((p) => p.tile);
  }

  hit(x, y) {
    return this.tiled.find((p) => x >= p.x && x < p.x + p.size && y >= p.y && y < p.y + p.size) ?? null;
  }

  naming({ id, label, rank }) {
    return { run: this.run.id, id, label, rank, source: this.wall.source };
  }

  point(x, y) {
    const place = this.hit(x, y);
    this.store.set("hover", place ? this.naming(place.tile) : null);
    if (place) this.magnify(place, x, y);
    else this.wall.glass.hide();
  }

  click(place) {
    if (place && !this.wall.swiping) this.wall.pin(this.naming(place.tile));
  }

  key(event) {
    const { tiled } = this, here = tiled.find((p) => sameImage(this.store.hover, this.naming(p.tile))), by = ARROWS[event.key];
    if (event.key === "Enter") return this.click(here);
    if (!by || !tiled.length) return;
    event.preventDefault();
    const far = (p) => Math.abs(p.x - here.x) * (by[0] ? 1 : 4) + Math.abs(p.y - here.y) * (by[1] ? 1 : 4);
    const ahead = (p) => (p.x - here.x) * by[0] + (p.y - here.y) * by[1] > 0;
    const next = here ? tiled.filter(ahead).sort((a, b) => far(a) - far(b))[0] : tiled[0];
    if (next) this.point(next.x + 2, next.y + 2);
  }

  magnify(place, x, y) {
    const { tile, size } = place, [h, w] = tile.record.tile, wide = enlarged([h, w], NEAR, LARGEST);
    const value = this.valueAt(tile, Math.floor(((y - place.y) / size) * h), Math.floor(((x - place.x) / size) * w));
    const words = `${this.run.name(tile.label)} · ${this.wall.source === "real" ? "real image" : "image"} ${tile.id}${value}`;
    this.wall.glass.show(this.canvas, place, wide, (g) => this.paintTile(g, tile, 0, 0, wide[0]), words);
  }

  valueAt(tile, row, column) {
    const data = this.store.pixels(this.run, tile.record);
    if (!data) return "";
    const [left, top] = box(tile.record, tile.slot), i = ((top + row) * data.width + left + column) * 4;
    const values = [...data.data.slice(i, i + (tile.record.channels === 1 ? 1 : 3))];
    return ` · pixel (${row}, ${column}): ${values.join(", ")}`;
  }

  // ---- what is drawn
  // Find the tiles, what they are compared with, and where they lie in a canvas of this width.
  prepare(width) {
    const { wall, store, run } = this;
    this.first = wall.mode === "change" ? store.starts(run) : new Map();
    this.twins = new Map(wall.pairing ? store.tiles(wall.other).map((t) => [`${t.label}/${t.rank}`, t]) : []);
    let tiles = wall.mode === "real" ? this.reals() : store.tiles(run);
    if (wall.chosen?.source === wall.source) tiles = tiles.filter((t) => store.isChosen({ run: run.id, id: t.id, source: wall.source }));
    if (store.only !== null && tiles.some((t) => t.label === store.only)) tiles = tiles.filter((t) => t.label === store.only);
    const few = wall.few && wall.showsFew && !wall.chosen && store.only === null;
    this.more = few && tiles.some((t) => t.rank >= wall.few);
    if (few) tiles = tiles.filter((t) => t.rank < wall.few);
    Object.assign(this, layout(tiles, width, wall.runs.length === 1, few));
  }

  // As many real images of a class as there are learned ones; all of them where some were drawn around on the map.
  reals() {
    const counts = {}, tiles = this.store.tiles(this.run), reals = this.store.reals(this.run);
    for (const t of tiles) counts[t.label] = (counts[t.label] ?? 0) + 1;
    return tiles.length && this.wall.chosen?.source !== "real" ? reals.filter((t) => t.rank < (counts[t.label] ?? 0)) : reals;
  }

  twin(tile) {
    return this.twins.get(`${tile.label}/${tile.rank}`);
  }

  // A tile minus how it began, or minus the other run's; undefined where there is nothing to subtract.
  signed(tile) {
    const changes = this.wall.mode === "change", other = changes ? this.first.get(tile.id) : this.twin(tile);
    return other && difference(this.store, this.run, tile, changes ? this.run : this.wall.other, other);
  }

  // The largest difference in this figure; 1 where there is none.
  largest() {
    let most = 0;
    for (const { tile } of this.tiled) for (const v of this.signed(tile) ?? []) most = Math.max(most, Math.abs(v));
    return most || 1;
  }

  paint(most, width, look) {
    Object.assign(this, { scale: most, dark: look.dark });
    this.words.hidden = this.wall.runs.length < 2;
    this.words.textContent = this.wall.heading(this.i);
    const ready = this.tiled.every((p) => this.store.bitmap(this.run, p.tile.record));
    if (!ready && this.canvas.width > 300) return; // keep the last picture for the few milliseconds of decoding
    const g = fit(this.canvas, width, Math.max(24, this.height));
    g.fillStyle = look.text;
    g.font = `13px ${look.font}`;
    if (!this.tiled.length) return g.fillText(this.wall.nothing(this.run), 2, 16);
    this.canvas.setAttribute("aria-label", `${this.tiled.length} images of ${this.run.info.title}, ${this.wall.told()}`);
    g.font = `11.5px ${look.font}`;
    for (const p of this.places) if (!p.tile) g.fillText(this.run.name(p.words), p.x, p.y + 2, p.room);
    for (const p of this.tiled) this.cell(g, p, look);
    if (this.wall.swiping) this.swipe(g, width, look);
  }

  cell(g, { tile, x, y, size }, look) {
    const me = this.naming(tile), pinned = sameImage(this.store.pin, me);
    g.fillStyle = look.panel;
    g.fillRect(x, y, size, size);
    this.paintTile(g, tile, x, y, size);
    if (!pinned && !sameImage(this.store.hover, me)) return;
    g.strokeStyle = pinned ? PINNED : look.accent;
    g.lineWidth = 3;
    g.strokeRect(x + 1, y + 1, size - 2, size - 2);
  }

  paintTile(g, tile, x, y, size) {
    const { wall, store } = this;
    if (wall.signs) {
      const values = this.signed(tile);
      if (values) drawSigned(g, values, tile.record.tile, this.scale, this.dark, x, y, size);
    } else if (wall.mode === "blink" && wall.pairing && wall.blink) {
      const other = this.twin(tile);
      if (other) drawTile(g, store, wall.other, other, x, y, size);
    } else drawTile(g, store, this.run, tile, x, y, size);
  }

  // The other run's images to the right of the line.
  swipe(g, width, look) {
    const x = this.wall.split * width;
    g.save();
    g.beginPath();
    g.rect(x, 0, width - x, this.height);
    g.clip();
    for (const p of this.tiled) {
      const other = this.twin(p.tile);
      if (other) drawTile(g, this.store, this.wall.other, other, p.x, p.y, p.size);
    }
    g.restore();
    g.fillStyle = look.accent;
    g.fillRect(x - 1.5, 0, 3, this.height);
    g.beginPath();
    g.arc(x, this.height / 2, 9, 0, 7);
    g.fill();
  }
}
