// The film strip: the same images in the same rows through every layer, as they came in, as they were kept, at the end.
import { About } from "./about.js";
import { SAYS, bandsOf, jump, nowIn } from "./bands.js";
import { choice, el, fit, scaleBar, theme, words } from "./draw.js";
import { GAP, HEAD, SPACE, TITLE, change, columnsOf, head, heads, verdict } from "./film.js";
import { Glass } from "./glass.js";
import { mount } from "./mount.js";
import { signed } from "./palette.js";
import { sentence } from "./rows.js";
import { drawSigned, drawTile, snap } from "./tiles.js";

const LEAST = 24, LARGEST = 64, LENS = 144; // pixels: side of the smallest and the largest image, and of one enlarged
const MODES = [["images", "images", "The images themselves"], ["change", "change in the layer", "Each image minus how it came into its layer, signed"]];

export default function (component) {
  return mount(component, Strip);
}

export class Strip {
  constructor(root, store, again) {
    Object.assign(this, { root, store, again, id: "", setState: () => {}, mode: "images", per: 1, places: [] });
    this.modes = choice("What the strip shows", MODES, (to) => ((this.mode = to), this.modes.show(to), again()));
    this.more = el("select", { "aria-label": "Images of each class", onchange: () => ((this.per = Number(this.more.value)), again()) });
    this.scale = el("canvas", { class: "scale", hidden: true, "aria-hidden": "true" });
    this.ends = el("span", { class: "small" });
    this.caption = el("div", { class: "caption", role: "status" });
    this.canvas = el("canvas", { role: "img", tabindex: 0 });
    this.empty = el("div", { class: "empty" });
    this.about = new About();
    this.title = el("header", { class: "title" }, "The same images through every layer", this.about.node, this.about.tip);
    this.bar = el("div", { class: "bar" }, this.modes, this.more, this.scale, this.ends);
    this.scroll = el("div", { class: "filmstrip" }, this.canvas);
    this.verdict = el("p", { class: "story" });
    root.append(this.verdict, this.title, this.bar, this.scroll, this.empty, this.caption);
    this.glass = new Glass(root, { away: 8, above: 40 });
    this.canvas.onpointermove = (event) => this.point(this.hit(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.canvas.onclick = (event) => this.click(this.hit(event));
    this.modes.show(this.mode);
  }

  update(component) {
    this.setState = component.setStateValue;
    this.id = component.data.run;
  }

  hit({ offsetX: x, offsetY: y }) {
    return this.places.find((p) => x >= p.x && x < p.x + p.size && y >= p.y && y < p.y + p.size) ?? null;
  }

  naming(place) {
    return { run: this.id, id: place.id, label: place.label, source: "synthetic" };
  }

  point(place) {
    this.store.set("hover", place ? this.naming(place) : null);
    if (!place) return this.glass.hide();
    const run = this.store.run(this.id), said = `${run.name(place.label)} · image ${place.id} · ${place.band.name}, ${place.what} (step ${Math.min(place.step, place.band.steps - 1)})`;
    this.glass.show(this.canvas, place, [LENS, LENS], (g) => place.slot >= 0 && drawTile(g, this.store, run, place, 0, 0, LENS), said);
  }

  click(place) {
    if (!place) return;
    jump(this.store, this.store.run(this.id), place.band, Math.min(place.step, place.band.steps - 1));
    this.store.set("pin", this.naming(place));
    this.setState("pin", this.naming(place));
  }

  draw() {
    const run = this.store.run(this.id), { list, chosen } = bandsOf(run), look = theme(this.root.getRootNode());
    this.empty.hidden = list.length > 0;
    for (const part of [this.verdict, this.title, this.bar, this.scroll, this.caption]) part.hidden = !list.length;
    if (!list.length) return void (this.empty.textContent = run.over && run.have ? "This run did not search inside a generator, so there is no film strip. Its images are on the page Watch." : "The film strip grows with every layer.");
    const rows = this.rowsOf(list[0].entry), size = this.place(list, rows), g = this.canvas.getContext("2d"), now = nowIn(this.store, run, list);
    this.verdict.replaceChildren(...sentence(verdict(now?.band ?? list[list.length - 1], list, chosen)).childNodes);
    heads(g, run, rows, look, size);
    for (const band of list) head(g, band, this.places.filter((p) => p.band === band), size, look, { here: now?.band === band, star: chosen?.part === band.stage.part, rows: rows.length });
    const most = this.mode === "change" ? this.largest(run) : 1;
    for (const place of this.places) this.paint(g, run, place, look, most);
    this.showScale(most, look);
    this.about.say(list.some((band) => band.said.change !== undefined) ? [run.quantity(SAYS.change)] : []);
    this.canvas.setAttribute("aria-label", `${rows.length} images through ${list.length} layers: how they came in, what was kept, how they ended`);
    const follows = run.over ? "" : " The strip grows while the run works.";
    this.caption.textContent = `Each row is one image. in: how it came into the layer; kept: the candidate that went on; last: after all steps. Click one and every view jumps there.${follows}`;
  }

  // Lay out all images, as large as the width allows, and give the canvas its size; returns the side of an image.
  place(list, rows) {
    const columns = list.map(columnsOf), count = columns.flat().length, source = list[0].entry.tile[1];
    const fitting = (this.root.clientWidth - HEAD - list.length * SPACE) / Math.max(1, count) - GAP;
    const size = Math.min(LARGEST, snap(fitting, source, LEAST));
    this.places = [];
    let x = HEAD;
    for (const own of columns) {
      for (const column of own) {
        rows.forEach((row, k) => this.places.push({ ...column, ...row, slot: column.record.ids.indexOf(row.id), x, y: TITLE + k * (size + GAP), size }));
        x += size + GAP;
      }
      x += SPACE;
    }
    fit(this.canvas, Math.max(x, 40), TITLE + rows.length * (size + GAP) + 4);
    return size;
  }

  rowsOf(record) {
    const labels = [...new Set(record.labels)], most = Math.max(...labels.map((l) => record.labels.filter((x) => x === l).length)), all = [1, 2, 5, 10].filter((n) => n < most).concat(most);
    this.more.hidden = most < 2;
    if (this.more.dataset.most !== String(most)) this.more.replaceChildren(...all.map((n) => el("option", { value: n, text: `${n} of each class` }))), (this.more.dataset.most = most);
    this.per = Math.min(this.per, most);
    this.more.value = String(this.per);
    const { only } = this.store, shown = only === null ? labels.slice(0, 20) : labels.filter((l) => l === only);
    return shown.flatMap((label) => record.ids.map((id, slot) => ({ id, label, slot })).filter((t) => record.labels[t.slot] === label).slice(0, this.per));
  }

  paint(g, run, place, look, most) {
    g.fillStyle = look.panel;
    g.fillRect(place.x, place.y, place.size, place.size);
    this.tile(g, run, place, most, look.dark);
    const same = (a) => a && a.run === this.id && a.id === place.id && a.source !== "real", pinned = same(this.store.pin);
    if (!pinned && !same(this.store.hover)) return;
    g.strokeStyle = pinned ? "#EE7733" : look.accent;
    g.lineWidth = 2;
    g.strokeRect(place.x + 1, place.y + 1, place.size - 2, place.size - 2);
  }

  tile(g, run, place, most, dark) {
    const { x, y, size } = place, values = this.mode === "change" && change(this.store, run, place);
    if (values) drawSigned(g, values, place.record.tile, most, dark, x, y, size);
    else if (this.mode === "images" && place.slot >= 0) drawTile(g, this.store, run, place, x, y, size);
  }

  largest(run) {
    let most = 0;
    for (const place of this.places) for (const v of change(this.store, run, place) ?? []) most = Math.max(most, Math.abs(v));
    return most || 1;
  }

  showScale(most, look) {
    this.scale.hidden = this.ends.hidden = this.mode !== "change";
    if (this.scale.hidden) return;
    scaleBar(this.scale, (share) => signed(2 * share - 1, look.dark));
    this.ends.textContent = `−${words(most)} (darker) … +${words(most)} (brighter) of the full range`;
  }
}
