// The film strip: the same images in the same rows through every layer, as they came in, as they were kept, at the end.
import { bandsOf, jump, nowIn } from "./bands.js";
import { choice, el, fit, theme, words } from "./draw.js";
import { mount } from "./mount.js";
import { signed } from "./palette.js";
import { box } from "./tiles.js";

const HEAD = 64, TITLE = 34, SPACE = 16, GAP = 3;

export default function (component) {
  return mount(component, makeStrip);
}

function makeStrip(root, store, again) {
  let id = "", setState = () => {}, mode = "images", per = 1, places = [];
  const modes = choice("What the strip shows", [["images", "images", "The images themselves"], ["change", "change in the layer", "Each image minus how it came into its layer, signed"]], (to) => ((mode = to), modes.show(to), again()));
  const more = el("select", { "aria-label": "Images of each class", onchange: () => ((per = Number(more.value)), again()) });
  const scale = el("canvas", { class: "scale", hidden: true, "aria-hidden": "true" }), caption = el("div", { class: "caption", role: "status" });
  const canvas = el("canvas", { role: "img", tabindex: 0 }), scroll = el("div", { class: "filmstrip" }, canvas), empty = el("div", { class: "empty" });
  const glass = el("div", { class: "tip", hidden: true }), picture = el("canvas"), about = el("div");
  glass.append(picture, about);
  const title = el("header", { class: "title", text: "The same images through every layer" }), ends = el("span", { class: "small" }), bar = el("div", { class: "bar" }, modes, more, scale, ends);
  root.append(title, bar, scroll, empty, caption, glass);
  canvas.onpointermove = (event) => point(hit(event.offsetX, event.offsetY));
  canvas.onpointerleave = () => ((glass.hidden = true), store.set("hover", null));
  canvas.onclick = (event) => click(hit(event.offsetX, event.offsetY));
  modes.show(mode);

  function update(component) {
    setState = component.setStateValue;
    id = component.data.run;
  }

  const hit = (x, y) => places.find((p) => x >= p.x && x < p.x + p.size && y >= p.y && y < p.y + p.size) ?? null;
  const naming = (place) => ({ run: id, id: place.id, label: place.label, source: "synthetic" });

  function point(place) {
    glass.hidden = !place;
    store.set("hover", place ? naming(place) : null);
    if (!place) return;
    const run = store.run(id), side = 144;
    tile(fit(picture, side, side), run, place, 0, 0, side);
    about.textContent = `${run.name(place.label)} · image ${place.id} · ${place.band.name}, ${place.what} (step ${Math.min(place.step, place.band.steps - 1)})`;
    const area = canvas.getBoundingClientRect(), home = root.getBoundingClientRect(), left = area.left - home.left + place.x + place.size + 8;
    glass.style.left = `${Math.max(0, left + side + 20 > home.width ? left - side - place.size - 36 : left)}px`;
    glass.style.top = `${Math.max(0, area.top - home.top + place.y - 40)}px`;
  }

  function click(place) {
    if (!place) return;
    jump(store, store.run(id), place.band, Math.min(place.step, place.band.steps - 1));
    store.set("pin", naming(place));
    setState("pin", naming(place));
  }

  // Three columns for a layer: how the images came in, what went on, how they were at the end.
  const columnsOf = (band) => [["in", band.entry], ["kept", band.after], ["last", band.last]].filter(([, r]) => r).map(([what, record]) => ({ what, record, band, step: what === "kept" ? (band.kept ?? record.step) : record.step }));

  function draw() {
    const run = store.run(id), { list, chosen } = bandsOf(run), look = theme(root.getRootNode());
    empty.hidden = list.length > 0;
    title.hidden = bar.hidden = scroll.hidden = caption.hidden = !list.length;
    if (!list.length) return void (empty.textContent = run.over && run.have ? "This run did not search inside a generator, so there is no film strip. Its images are on the page Watch." : "The film strip grows with every layer.");
    const first = list[0].entry, rows = rowsOf(first), source = first.tile[1];
    const room = root.clientWidth - HEAD, columns = list.map(columnsOf), count = columns.reduce((a, c) => a + c.length, 0);
    const fitting = (room - list.length * SPACE) / Math.max(1, count) - GAP, size = fitting >= source ? Math.min(56, Math.floor(fitting / source) * source) : Math.max(24, Math.min(56, Math.floor(fitting)));
    const width = HEAD + count * (size + GAP) + list.length * SPACE, g = fit(canvas, Math.max(width, 40), TITLE + rows.length * (size + GAP) + 4);
    places = [];
    heads(g, run, rows, look, size);
    let x = HEAD;
    const now = nowIn(store, run, list);
    columns.forEach((own, i) => {
      band(g, list[i], own, x, size, look, now, chosen, rows.length);
      for (const column of own) {
        rows.forEach((row, k) => places.push({ ...column, id: row.id, label: row.label, slot: column.record.ids.indexOf(row.id), x, y: TITLE + k * (size + GAP), size }));
        x += size + GAP;
      }
      x += SPACE;
    });
    const most = mode === "change" ? largest(run) : 1;
    for (const place of places) paint(g, run, place, look, most);
    showScale(most, look);
    canvas.setAttribute("aria-label", `${rows.length} images through ${list.length} layers: how they came in, what was kept, how they ended`);
    const follows = run.over ? "" : " The strip grows while the run works.";
    caption.textContent = `Each row is one image. in: how it came into the layer; kept: the candidate that went on; last: after all steps. Click one and every view jumps there.${follows}`;
  }

  function rowsOf(record) {
    const labels = [...new Set(record.labels)], most = Math.max(...labels.map((l) => record.labels.filter((x) => x === l).length)), all = [1, 2, 5, 10].filter((n) => n < most).concat(most);
    more.hidden = most < 2;
    if (more.dataset.most !== String(most)) more.replaceChildren(...all.map((n) => el("option", { value: n, text: `${n} of each class` }))), (more.dataset.most = most);
    per = Math.min(per, most);
    more.value = String(per);
    const shown = store.only === null ? labels.slice(0, 20) : labels.filter((l) => l === store.only);
    return shown.flatMap((label) => record.ids.map((id, slot) => ({ id, label, slot })).filter((t) => record.labels[t.slot] === label).slice(0, per));
  }

  function heads(g, run, rows, look, size) {
    g.font = `11.5px ${look.font}`;
    g.fillStyle = look.text;
    rows.forEach((row, k) => (k === 0 || rows[k - 1].label !== row.label) && g.fillText(run.name(row.label), 2, TITLE + k * (size + GAP) + size / 2 + 4, HEAD - 8));
  }

  function band(g, band, own, x, size, look, now, chosen, rows) {
    const wide = own.length * (size + GAP), here = now?.band === band, tall = TITLE + rows * (size + GAP);
    if (here) {
      g.fillStyle = look.panel;
      g.fillRect(x - 5, 0, wide + 7, tall);
    }
    g.fillStyle = here ? look.accent : look.text;
    g.font = `600 12px ${look.font}`;
    g.fillText(`${chosen?.part === band.stage.part ? "★ " : ""}${band.name}`, x, 13, wide + SPACE - 4);
    g.font = `10px ${look.font}`;
    g.fillStyle = look.text;
    own.forEach((column, i) => g.fillText(column.what, x + i * (size + GAP), 28, size));
    if (band.said.change === undefined) return;
    g.save(); // the check at the hand-over
    g.translate(x - 8, TITLE + 4);
    g.rotate(Math.PI / 2);
    g.font = `10px ${look.font}`;
    g.fillStyle = band.said.change > 0.02 ? (look.dark ? "#ff9646" : "#b34700") : look.text;
    g.fillText(`hand-over Δ ${words(band.said.change)}`, 0, 3, rows * (size + GAP));
    g.restore();
  }

  function paint(g, run, place, look, most) {
    g.fillStyle = look.panel;
    g.fillRect(place.x, place.y, place.size, place.size);
    tile(g, run, place, place.x, place.y, place.size, most, look);
    const same = (a) => a && a.run === id && a.id === place.id && a.source !== "real", pinned = same(store.pin);
    if (!pinned && !same(store.hover)) return;
    g.strokeStyle = pinned ? "#EE7733" : look.accent;
    g.lineWidth = 2;
    g.strokeRect(place.x + 1, place.y + 1, place.size - 2, place.size - 2);
  }

  function tile(g, run, place, x, y, size, most = 1, look = null) {
    g.imageSmoothingEnabled = false;
    if (mode === "change" && look) {
      const values = change(run, place);
      if (!values) return;
      const [h, w] = place.record.tile, image = new ImageData(w, h), small = new OffscreenCanvas(w, h);
      for (let i = 0; i < w * h; i++) image.data.set([...signed(values[i] / most, look.dark), 255], i * 4);
      small.getContext("2d").putImageData(image, 0, 0);
      return g.drawImage(small, x, y, size, size);
    }
    const sheet = place.slot >= 0 && store.bitmap(run, place.record);
    if (sheet) g.drawImage(sheet, ...box(place.record, place.slot), x, y, size, size);
  }

  // Image minus how it came into its layer, averaged over channels, a share of the full range.
  function change(run, place) {
    const a = store.pixels(run, place.record), b = store.pixels(run, place.band.entry), other = place.band.entry.ids.indexOf(place.id);
    if (!a || !b || place.slot < 0 || other < 0) return null;
    const [ax, ay, w, h] = box(place.record, place.slot), [bx, by] = box(place.band.entry, other), found = new Float32Array(w * h);
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++) {
        const i = ((ay + row) * a.width + ax + column) * 4, j = ((by + row) * b.width + bx + column) * 4;
        found[row * w + column] = (a.data[i] + a.data[i + 1] + a.data[i + 2] - b.data[j] - b.data[j + 1] - b.data[j + 2]) / 765;
      }
    return found;
  }

  function largest(run) {
    let most = 0;
    for (const place of places) for (const v of change(run, place) ?? []) most = Math.max(most, Math.abs(v));
    return most || 1;
  }

  function showScale(most, look) {
    scale.hidden = ends.hidden = mode !== "change";
    if (scale.hidden) return;
    const g = fit(scale, 110, 12);
    for (let x = 0; x < 110; x++) (g.fillStyle = `rgb(${signed(x / 54.5 - 1, look.dark).join()})`), g.fillRect(x, 0, 1, 12);
    ends.textContent = `−${words(most)} (darker) … +${words(most)} (brighter) of the full range`;
  }

  return { update, draw };
}
