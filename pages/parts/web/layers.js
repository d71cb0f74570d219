// Layer after layer: what every step was worth (heat map), the base loss on the same axis, and what each layer is.
import { bandsOf, ink, jump, nowIn, ramp, readable } from "./bands.js";
import { el, fit, theme, ticks, words } from "./draw.js";
import { mount } from "./mount.js";
import { SHAPES, marker } from "./palette.js";

const NAMES = 74, LONGEST = 150, RIGHT = 12, ROW = 24, LOSS = 92, UNDER = 30;

export default function (component) {
  return mount(component, makeLayers);
}

function makeLayers(root, store, again) {
  let id = "", hover = null, only = -1, series = "", isLog = null, LEFT = NAMES; // LEFT: room for the names of the layers
  const bar = el("div", { class: "bar" }), empty = el("div", { class: "empty" }), tip = el("div", { class: "tip", hidden: true });
  const heat = el("canvas", { role: "img", tabindex: 0, "data-keys": "ArrowUp ArrowDown ArrowLeft ArrowRight" });
  const loss = el("canvas", { role: "img" }), classes = el("canvas", { role: "img" }), moved = el("canvas", { role: "img" });
  const scale = el("canvas", { class: "scale", "aria-hidden": "true" }), ends = el("span", { class: "small" });
  const which = el("select", { "aria-label": "Distance of", onchange: () => ((only = Number(which.value)), again()) });
  const what = el("select", { "aria-label": "Quantity", onchange: () => ((series = what.value), again()) });
  const log = el("button", { type: "button", text: "log", title: "Logarithmic colors", onclick: () => ((isLog = !isLog), again()) });
  const table = el("table", { class: "layers" }), heads = {}, boxes = {};
  const box = (key, node, title) => (boxes[key] = el("div", { class: "plot" }, (heads[key] = el("header", { text: title })), node));
  bar.append(which, what, log, scale, ends);
  const wide = el("div", {}, box("heat", heat, ""), box("loss", loss, "Base loss on the same axis: it need not agree"));
  const side = el("div", { class: "beside" }, box("classes", classes, ""), box("moved", moved, "How far each row of w moved (‖Δw‖)"));
  const grid = el("div", { class: "layergrid" }, wide, side);
  const scroll = el("div", { style: "overflow-x:auto" }, table);
  root.append(bar, empty, grid, scroll, tip);
  heat.onpointermove = (event) => ((hover = { x: event.offsetX, y: event.offsetY }), again());
  heat.onpointerleave = () => ((hover = null), (tip.hidden = true), again());
  heat.onclick = (event) => heat.go?.(event.offsetX, event.offsetY);
  heat.onkeydown = (event) => heat.key?.(event);

  function update(component) {
    if (component.data.run !== id) (id = component.data.run), (only = -1), (hover = null), (isLog = null);
  }

  function draw() {
    const run = store.run(id), { list, chosen, sizes } = bandsOf(run), look = theme(root.getRootNode());
    const rows = list.length ? null : rowsOf(run), any = list.length > 0 || rows !== null;
    empty.hidden = any;
    grid.hidden = !any;
    scroll.hidden = !list.length;
    const valued = list.some((b) => b.best !== null), beside = list.some((b) => b.classes.length || b.moved);
    boxes.loss.hidden = !list.length;
    boxes.heat.hidden = bar.hidden = any && list.length > 0 && !valued; // one layer without distances: the line says it all
    side.hidden = !beside;
    grid.classList.toggle("alone", !beside);
    which.hidden = !list.some((b) => b.classes.length);
    what.hidden = Boolean(list.length);
    log.setAttribute("aria-pressed", String(Boolean(isLog)));
    bar.hidden ||= !any;
    if (!any) return void (empty.textContent = run.over && run.have ? "This run recorded nothing layer by layer." : "The layers come with the first report of the search.");
    if (list.length) search(run, list, chosen, sizes, look);
    else network(run, rows, look);
  }

  // ---- a search through a generator
  function search(run, list, chosen, sizes, look) {
    fill(which, [[-1, "all classes"], ...(run.info.classes?.length ? run.info.classes : list[0].classes[0]?.values ?? []).map((name, i) => [i, `class ${run.info.classes?.[i] ?? i}`])], only);
    heads.heat.textContent = `Feature distance at every step of every layer${only < 0 ? "" : `, class ${run.name(only)}`}: lower is nearer to real`;
    const rows = list.map((band) => ({ name: band.name, steps: band.steps, band, cells: cellsOf(band) }));
    const marks = only < 0 ? { best: (row) => row.band.best, kept: (row) => row.band.kept, chosen } : {};
    paint(run, rows, look, marks, nowIn(store, run, list), (row, step) => jump(store, run, row.band, step));
    lossLines(run, list, look);
    classBars(run, list, look);
    movement(run, list, look);
    tabulate(run, list, chosen, sizes);
  }

  const cellsOf = (band) => only >= 0 ? band.classes.map((r) => ({ step: r.step, value: r.values[only] })) : band.all.map((c) => ({ step: c.step, value: c.distance, loss: c.loss })).filter((c) => Number.isFinite(c.value));

  // ---- any network whose layers a run reports: one row for each named part
  function rowsOf(run) {
    const all = run.parts.filter((r) => Object.keys(r.values).length > 1), count = (name) => all.filter((r) => `${r.stage}: ${r.name}` === name).length;
    const names = [...new Set(all.map((r) => `${r.stage}: ${r.name}`))].sort((a, b) => count(b) - count(a));
    if (!names.length) return null;
    if (!names.includes(series)) series = names[0];
    fill(what, names.map((name) => [name, name]), series);
    const records = all.filter((r) => `${r.stage}: ${r.name}` === series);
    return Object.keys(records[0].values).map((name) => ({ name, steps: records.length, cells: records.map((r, step) => ({ step, value: r.values[name], r })).filter((c) => Number.isFinite(c.value)) }));
  }

  function network(run, rows, look) {
    heads.heat.textContent = `${series}, at every report: layers of the network, input to output`;
    const records = rows[0].cells.map((c) => c.r), at = store.at(run, records, false);
    paint(run, rows, look, {}, at ? { step: records.indexOf(at) } : null, (row, step) => {
      const near = row.cells.filter((c) => c.step <= step).pop() ?? row.cells[0];
      store.clock.playing = false;
      store.seek(store.where(run, near.r));
    });
  }

  // ---- the heat map
  function paint(run, rows, look, marks, now, go) {
    const width = wide.clientWidth || 300, pen = heat.getContext("2d");
    pen.font = `11.5px ${look.font}`;
    LEFT = Math.min(LONGEST, Math.max(NAMES, ...rows.map((r) => pen.measureText(r.name).width + 12)));
    const tall = Math.max(9, Math.min(ROW, Math.floor(420 / rows.length))), height = rows.length * tall + UNDER;
    const steps = Math.max(...rows.map((r) => r.steps)), g = fit(heat, width, height), room = width - LEFT - RIGHT;
    const px = (step) => LEFT + (step / steps) * room, values = rows.flatMap((r) => r.cells.map((c) => c.value)), positive = values.filter((v) => v > 0);
    if (isLog === null && values.length > 3) isLog = positive.length === values.length && Math.max(...values) > 30 * Math.min(...values);
    const bend = isLog ? (v) => Math.log10(Math.max(v, Math.min(...positive, 1))) : (v) => v, low = bend(Math.min(...values)), high = bend(Math.max(...values));
    g.font = `11.5px ${look.font}`;
    rows.forEach((row, i) => {
      const y = i * tall, here = now && (now.band ? now.band === row.band : true);
      g.fillStyle = look.text;
      g.globalAlpha = now?.band && !here ? 0.7 : 1;
      if (tall > 11 || i % Math.ceil(12 / tall) === 0) g.fillText(row.name, 2, y + tall / 2 + 4, LEFT - 8);
      g.globalAlpha = 1;
      g.fillStyle = look.panel;
      g.fillRect(LEFT, y, room, tall - 1);
      row.cells.forEach((c, k) => {
        const to = Math.min(row.cells[k + 1]?.step ?? c.step + 1, row.steps), x = px(c.step);
        g.fillStyle = ink(ramp(high > low ? (bend(c.value) - low) / (high - low) : 0));
        g.fillRect(x, y, Math.max(1, px(to) - x - (room / steps > 6 ? 1 : 0)), tall - 1);
      });
      if (marks.best && row.band) sign(g, row, i, tall, px, marks);
    });
    if (now) cursor(g, rows, now, tall, px, look, room / steps);
    axis(g, look, steps, px, height, width);
    legend(values, low, high);
    heat.setAttribute("aria-label", `${heads.heat.textContent}. ${rows.length} layers, ${steps} steps.`);
    const hit = (x, y) => ({ row: rows[Math.max(0, Math.min(rows.length - 1, Math.floor(y / tall)))], step: Math.max(0, Math.min(steps - 1, Math.floor(((x - LEFT) / room) * steps))) });
    heat.go = (x, y) => x >= LEFT && y < rows.length * tall && go(hit(x, y).row, hit(x, y).step);
    heat.key = (event) => keys(event, rows, now, go);
    if (hover && hover.y < rows.length * tall && hover.x >= LEFT) tell(hit(hover.x, hover.y), rows.length * tall);
    else tip.hidden = true;
  }

  // ○ the least of a layer, ● what went on from it, ★ what the whole search chose.
  function sign(g, row, i, tall, px, marks) {
    const best = marks.best(row), kept = marks.kept(row), star = marks.chosen && marks.chosen.part === row.band.stage.part;
    const put = (step, what) => {
      const x = (px(step) + px(step + 1)) / 2, y = i * tall + (tall - 1) / 2, r = Math.min(5.5, tall / 2 - 1.5);
      g.beginPath();
      if (what === "star") marker(g, SHAPES.indexOf("star"), x, y, 1.2 * r);
      else g.arc(x, y, r, 0, 2 * Math.PI);
      g.lineWidth = 4;
      g.strokeStyle = "#000";
      g.stroke();
      g.lineWidth = 2;
      g.strokeStyle = g.fillStyle = "#fff";
      if (what === "ring") g.stroke();
      else g.fill();
    };
    if (best !== null && !(star && marks.chosen.step === best)) put(best, "ring");
    if (star) put(marks.chosen.step, "star");
    else if (kept !== null && kept !== best) put(kept, "dot");
  }

  function cursor(g, rows, now, tall, px, look, cell) {
    const i = now.band ? rows.findIndex((r) => r.band === now.band) : 0, count = now.band ? 1 : rows.length;
    if (i < 0) return;
    g.strokeStyle = look.accent;
    g.lineWidth = 2;
    g.strokeRect(px(now.step) - 1, i * tall, Math.max(4, cell) + 1, tall * count - 1);
  }

  function axis(g, look, steps, px, height, width) {
    g.font = `10.5px ${look.font}`;
    g.fillStyle = look.text;
    g.textAlign = "center";
    g.globalAlpha = 0.85;
    for (const t of ticks(0, Math.max(1, steps - 1), 5)) if (Number.isInteger(t)) g.fillText(words(t), Math.min((px(t) + px(t + 1)) / 2, width - 14), height - UNDER + 13);
    g.fillText(what.hidden ? "step inside the layer" : "report", LEFT + (width - LEFT) / 2, height - 4);
    g.textAlign = "left";
    g.globalAlpha = 1;
  }

  function legend(values, low, high) {
    const g = fit(scale, 110, 12), back = isLog ? (v) => 10 ** v : (v) => v;
    for (let x = 0; x < 110; x++) (g.fillStyle = ink(ramp(x / 109))), g.fillRect(x, 0, 1, 12);
    ends.textContent = values.length ? `${words(back(low))} … ${words(back(high))} · ○ least of its layer · ● went on · ★ chosen` : "";
    if (what.hidden === false) ends.textContent = values.length ? `${words(back(low))} … ${words(back(high))}` : "";
  }

  function tell({ row, step }, tall) {
    const cell = row.cells.filter((c) => c.step <= step).pop();
    tip.hidden = !cell;
    if (!cell) return;
    const also = Number.isFinite(cell.loss) && cell.loss !== cell.value ? `, base loss ${words(cell.loss)}` : "";
    tip.textContent = `${row.name}, step ${cell.step}: ${words(cell.value)}${also}`;
    const area = heat.getBoundingClientRect(), home = root.getBoundingClientRect();
    tip.style.left = `${Math.min(area.left - home.left + hover.x + 12, home.width - 190)}px`;
    tip.style.top = `${area.top - home.top + Math.min(hover.y + 14, tall)}px`;
  }

  function keys(event, rows, now, go) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    const i = Math.max(0, now?.band ? rows.findIndex((r) => r.band === now.band) : 0), row = rows[Math.max(0, Math.min(rows.length - 1, i + by[1]))];
    go(row, Math.max(0, Math.min(row.steps - 1, (now?.step ?? 0) + by[0])));
  }

  // ---- the base loss, one line for each layer, early ones dark
  function lossLines(run, list, look) {
    const width = wide.clientWidth || 300, g = fit(loss, width, LOSS), steps = Math.max(...list.map((b) => b.steps)), room = width - LEFT - RIGHT, now = nowIn(store, run, list);
    const all = list.flatMap((b) => b.all.map((c) => c.loss)).filter(Number.isFinite), low = Math.min(...all), high = Math.max(...all, low + 1e-9);
    const px = (step) => LEFT + ((step + 0.5) / steps) * room, py = (v) => LOSS - 8 - ((v - low) / (high - low)) * (LOSS - 18);
    g.font = `10.5px ${look.font}`;
    g.fillStyle = look.text;
    if (all.length) for (const v of [low, high]) g.fillText(words(v), 2, py(v) + 4, LEFT - 8);
    for (const band of [...list].sort((a, b) => (a === now?.band) - (b === now?.band))) {
      const points = band.all.filter((c) => Number.isFinite(c.loss)), mine = band === now?.band;
      g.strokeStyle = mine ? look.accent : ink(shade(band.index, list.length, look.dark));
      g.lineWidth = mine ? 2.5 : 1.2;
      g.beginPath();
      points.forEach((c, i) => g[i ? "lineTo" : "moveTo"](px(c.step), py(c.loss)));
      g.stroke();
    }
    const same = list.some((b) => b.best !== null) ? " on the same axis; it need not agree" : " at every step";
    heads.loss.textContent = `Base loss${same}${now && list.length > 1 ? ` (thick: ${now.band.name})` : ""}`;
    loss.setAttribute("aria-label", `Base loss of ${list.length} layers, from ${words(low)} to ${words(high)}`);
  }

  const shade = (i, n, dark) => ramp(dark ? 0.35 + (0.65 * i) / Math.max(1, n - 1) : (0.7 * i) / Math.max(1, n - 1));

  // ---- distance of each class at the clock; the outline is where this layer began
  function classBars(run, list, look) {
    const now = nowIn(store, run, list), band = now?.band ?? list[list.length - 1], records = band.classes;
    boxes.classes.hidden = !records.length;
    if (!records.length) return;
    const at = records.filter((r) => r.step <= (now?.step ?? Infinity)).pop() ?? records[0], first = records[0], count = at.values.length;
    const top = Math.max(...list.flatMap((b) => b.classes.flatMap((r) => r.values)).filter(Number.isFinite), 1e-12), width = boxes.classes.clientWidth || 240, room = width - 40, tall = 118, g = fit(classes, width, tall + 22);
    heads.classes.textContent = `Distance of each class: ${band.name}, step ${at.step}`;
    g.font = `10.5px ${look.font}`;
    const wideEach = room / count, py = (v) => 6 + (tall - 6) * (1 - v / top);
    g.fillStyle = look.text;
    g.fillText(words(top), 2, 14, 34);
    g.fillText("0", 22, tall);
    at.values.forEach((v, i) => {
      const x = 38 + i * wideEach, w = Math.max(1, wideEach - 3);
      g.fillStyle = i === only ? "#EE7733" : "#0077BB";
      g.fillRect(x, py(v), w, tall - py(v));
      g.strokeStyle = look.text;
      if (w > 4) g.strokeRect(x + 0.5, py(first.values[i]), w - 1, tall - py(first.values[i]));
      g.fillStyle = look.text;
      if (i % Math.ceil(count / (room / 22)) === 0) g.fillText(run.name(i), x, tall + 13, Math.max(20, wideEach));
    });
    classes.setAttribute("aria-label", `${heads.classes.textContent}: ${at.values.map((v, i) => `${run.name(i)} ${words(v)}`).join(", ")}`);
  }

  // ---- ‖Δw‖: rows are the rows of w, columns the layers that were visited; below the diagonal nothing can move
  function movement(run, list, look) {
    const with_ = list.filter((b) => b.moved), names = with_.length ? Object.keys(with_[0].moved) : [];
    boxes.moved.hidden = !names.length;
    if (!names.length) return;
    const width = boxes.moved.clientWidth || 240, tall = Math.max(8, Math.min(20, 260 / names.length)), g = fit(moved, width, names.length * tall + 18), room = width - LEFT - 4, each = room / with_.length;
    const all = with_.flatMap((b) => Object.values(b.moved)).filter((v) => v > 0), low = Math.log10(Math.min(...all, 1e300)), high = Math.log10(Math.max(...all, 1e-300));
    g.font = `10.5px ${look.font}`;
    names.forEach((name, i) => {
      g.fillStyle = look.text;
      if (tall > 10 || i % 2 === 0) g.fillText(name, 2, i * tall + tall / 2 + 4, LEFT - 8);
      with_.forEach((band, j) => {
        const v = band.moved[name], color_ = v > 0 ? ramp(high > low ? (Math.log10(v) - low) / (high - low) : 1) : null;
        g.fillStyle = color_ ? ink(color_) : look.panel;
        g.fillRect(LEFT + j * each, i * tall, each - 1, tall - 1);
        if (each < 34 || tall < 13) return;
        g.fillStyle = color_ ? readable(color_) : look.text;
        g.fillText(v > 0 ? words(v) : "0", LEFT + j * each + 3, i * tall + tall / 2 + 4, each - 6);
      });
    });
    g.fillStyle = look.text;
    with_.forEach((band, j) => (each > 30 || j % Math.ceil(30 / each) === 0) && g.fillText(band.name, LEFT + j * each, names.length * tall + 13, Math.max(28, each - 2)));
    moved.setAttribute("aria-label", `Length of the change of each row of w (rows) in each layer visited (columns): ${with_.map((b) => `${b.name}: ${Object.entries(b.moved).map(([k, v]) => `${k} ${words(v)}`).join(", ")}`).join("; ")}`);
  }

  // ---- what each layer is, and what came of it
  function tabulate(run, list, chosen, sizes) {
    const most = Math.max(...Object.values(sizes), 1), rough = Math.max(...list.map((b) => b.said.high ?? 0), 1e-12), cells = [];
    const meter = (share, text) => el("td", {}, el("div", { class: "meter" }, el("i", { style: `width:${Math.round(100 * share)}%` }), el("span", { text })));
    const percent = (v) => `${(100 * v).toFixed(1)} %`;
    const columns = [
      [["shape", "channels × height × width of one image's feature map"], (b) => b.shape, (b) => el("td", { text: b.shape })],
      [["feature maps", "bytes of the whole set here, float32; only decoded images are the distilled set"], (b) => b.bytes, (b) => meter(b.bytes / most, bytes(b.bytes))],
      [["step kept", "the candidate that went on"], (b) => b.kept, (b) => el("td", { text: words(b.kept) })],
      [["its distance"], (b) => b.said.distance, (b) => el("td", { text: words(b.said.distance) })],
      [["high frequencies", "share of the energy of the kept images in the upper half of the frequencies"], (b) => b.said.high, (b) => meter(b.said.high / rough, percent(b.said.high))],
      [["change at hand-over", "largest change of a pixel when the images went into this layer; 0 unless something was clipped"], (b) => b.said.change, (b) => el("td", { text: words(b.said.change) })],
      [["clipped", "share of the feature map that was cut to ±10"], (b) => b.said.clipped, (b) => el("td", { text: percent(b.said.clipped) })],
    ].filter(([, value]) => list.some((b) => (value(b) ?? null) !== null));
    for (const b of list) {
      const star = chosen && chosen.part === b.stage.part, dash = () => el("td", { text: "–" });
      cells.push(el("tr", star ? { class: "chosen" } : {}, el("th", { scope: "row", text: star ? `★ ${b.name}` : b.name }), ...columns.map(([, value, made]) => ((value(b) ?? null) === null ? dash() : made(b)))));
    }
    const head = [["layer"], ...columns.map(([named]) => named)];
    table.replaceChildren(el("thead", {}, el("tr", {}, ...head.map(([text, title]) => el("th", { scope: "col", text, title })))), el("tbody", {}, ...cells));
  }

  const bytes = (v) => (v < 1000 ? `${v} B` : v < 1e6 ? `${words(v / 1e3)} kB` : v < 1e9 ? `${words(v / 1e6)} MB` : `${words(v / 1e9)} GB`);

  function fill(select, options, value) {
    const key = JSON.stringify(options);
    if (select.dataset.key !== key) {
      select.dataset.key = key;
      select.replaceChildren(...options.map(([v, text]) => el("option", { value: v, text })));
    }
    select.value = String(value);
  }

  return { update, draw };
}
