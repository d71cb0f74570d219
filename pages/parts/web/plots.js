// Small plots that follow the clock: numbers over steps as lines, numbers per layer as bars.
import { el, fit, theme, ticks, words } from "./draw.js";
import { mount } from "./mount.js";
import { COLORS, SUBJECT_COLORS } from "./palette.js";
import { ALIGNS, lastAt } from "./run.js";

const GROUPS = [[/accuracy|agreement|share|fraction/i, "accuracy", "fraction of images"], [/gradient/i, "gradient norm", ""], [/shift/i, "weights moved", "length of the shift"], [/rate$/, "learning rate", ""],
  [/second|per s|speed|memory|bytes/i, "cost", ""], [/./, "loss terms", "loss"]];
const ELSEWHERE = /(kept|chosen)$|^(clipped-share|hand-over-change|high-frequencies)$/; // drawn on the page of layers
const SUBJECTS = ["real", "distilled", "random"];
const LEFT = 46, BOTTOM = 30, TOP = 8, RIGHT = 10, TALL = 172;

export default function (component) {
  return mount(component, makePlots);
}

function makePlots(root, store, again) {
  let runs = [], kinds = [], cells = new Map(), order = "", logs = new Set();
  const grid = el("div", { class: "plots" }), empty = el("div", { class: "empty", text: "Curves come with the first report." });
  const scores = el("div", { class: "bars", role: "table", "aria-label": "Scores" }), log = el("div", { class: "small log" });
  root.append(scores, grid, empty, log);

  function update(component) {
    runs = component.data.runs;
    kinds = component.data.kinds;
  }

  // What there is to draw: one entry per message.
  function wanted() {
    const found = new Map();
    for (const id of runs) {
      const run = store.run(id);
      if (kinds.includes("lines"))
        for (const r of run.scalars)
          for (const name of Object.keys(r.values).filter((one) => !ELSEWHERE.test(one))) {
            const [, title, unit] = GROUPS.find(([test]) => test.test(name)), key = `${r.stage}: ${title}`;
            if (!found.has(key)) found.set(key, { key, kind: "lines", stage: r.stage, unit, names: new Set() });
            found.get(key).names.add(name);
          }
      if (kinds.includes("parts"))
        for (const r of run.parts) {
          if (/-by-step$/.test(r.name)) continue;
          const key = `${r.stage}: ${r.name}`;
          if (!found.has(key)) found.set(key, { key, kind: "parts", stage: r.stage, name: r.name });
        }
    }
    const rank = (plot) => (plot.key.endsWith("loss terms") ? 0 : plot.kind === "parts" ? 1 : 2);
    const learns = (stage) => runs.some((id) => store.run(id).frames.some((r) => r.stage === stage));
    return [...found.values()].sort((a, b) => learns(b.stage) - learns(a.stage) || (learns(a.stage) && a.stage === b.stage ? rank(a) - rank(b) : 0)); // where images are learned comes first
  }

  function cell(plot) {
    const canvas = el("canvas", { role: "img", tabindex: 0, "aria-label": plot.key }), legend = el("div", { class: "legend" }), tip = el("div", { class: "tip", hidden: true });
    const log = el("button", { type: "button", text: "log", title: "Logarithmic scale", "aria-pressed": "false", onclick: () => (logs.has(plot.key) ? logs.delete(plot.key) : logs.add(plot.key), again()) });
    const made = { canvas, legend, tip, log, node: el("div", { class: "plot" }, el("header", {}, el("span", { text: plot.key }), log), canvas, legend, tip), hover: null };
    canvas.onpointermove = (event) => ((made.hover = [event.offsetX, event.offsetY]), again());
    canvas.onpointerleave = () => ((made.hover = null), (tip.hidden = true), again());
    canvas.onclick = (event) => made.seek?.(event.offsetX);
    return made;
  }

  function draw() {
    const plots = wanted(), keys = JSON.stringify(plots.map((p) => p.key)), look = theme(root.getRootNode());
    empty.hidden = plots.length > 0 || !kinds.some((k) => k === "lines" || k === "parts");
    if (kinds.includes("scores")) showScores(look);
    if (kinds.includes("log")) showLog();
    scores.hidden = !kinds.includes("scores");
    if (keys !== order) {
      order = keys;
      for (const plot of plots) if (!cells.has(plot.key)) cells.set(plot.key, cell(plot));
      grid.replaceChildren(...plots.map((p) => cells.get(p.key).node));
    }
    for (const plot of plots) {
      const made = cells.get(plot.key), width = made.node.clientWidth || 260;
      made.log.setAttribute("aria-pressed", String(logs.has(plot.key)));
      (plot.kind === "lines" ? lines : bars)(plot, made, width, look);
    }
  }

  // The bars as students finish: the latest word on each subject, student and protocol at the clock.
  function showScores() {
    const rows = [];
    for (const id of runs) {
      const run = store.run(id), latest = new Map();
      for (const r of run.scored) if (store.where(run, r) <= store.clock.x + 1e-9) latest.set(`${r.subject}/${r.student}/${r.protocol}/${r.labels}`, r);
      for (const r of latest.values()) rows.push({ run, r });
    }
    rows.sort((a, b) => SUBJECTS.indexOf(a.r.subject) - SUBJECTS.indexOf(b.r.subject));
    const none = el("span", { class: "small", style: "grid-column:1/-1", text: "No student has finished at this point of the clock." });
    scores.replaceChildren(...(rows.length ? rows.flatMap(({ run, r }) => scoreRow(run, r)) : [none]));
  }

  function scoreRow(run, r) {
    const n = r.accuracy.length, mean = r.accuracy.reduce((a, b) => a + b, 0) / Math.max(n, 1);
    const std = n > 1 ? Math.sqrt(r.accuracy.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1)) : null;
    const count = r.budget?.images, what = { real: "all real data", distilled: "learned images", random: "random real images" }[r.subject] ?? r.subject;
    const title = r.subject !== "real" && count ? `${words(count)} ${what}` : what, of = runs.length > 1 ? `${run.info.title}: ` : "";
    const value = `${(100 * mean).toFixed(1)} %${std === null ? " (1 seed)" : ` ± ${(100 * std).toFixed(1)} (n = ${n})`}`;
    const fill = `width:${100 * mean}%;background:${SUBJECT_COLORS[r.subject] ?? COLORS[7]}${std === null ? ";opacity:.55" : ""}`;
    const rail = el("div", { class: "rail", role: "cell" }, el("div", { class: "fill", style: fill }));
    if (std !== null) rail.append(el("div", { class: "spread", style: `left:${100 * Math.max(0, mean - std)}%;width:${200 * std}%` }));
    return [el("div", { class: "name", role: "cell", title: `student ${r.student}, protocol ${r.protocol}, ${r.labels} labels` }, `${of}${title}`, el("div", { class: "small", text: `${r.student} · ${r.protocol} · ${r.labels} labels` })), rail, el("span", { class: "value", role: "cell", text: value })];
  }

  // What was said and moved, newest first.
  function showLog() {
    const said = runs.flatMap((id) => store.run(id).marks.filter((m) => store.where(store.run(id), m.record) <= store.clock.x + 1e-9)).slice(-8).reverse();
    log.replaceChildren(...said.map((m) => el("div", { text: `${m.record.stage || "run"}${m.record.step === undefined ? "" : ` ${m.record.step}`}: ${m.text}` })));
  }

  // Lines of one group: one per name, or, with several runs, one per run; collected again only when records came.
  function series(plot, made) {
    const key = [store.clock.align, ...runs.map((id) => store.run(id).version)].join();
    if (made.seriesKey !== key) Object.assign(made, { seriesKey: key, series: collect(plot) });
    for (const s of made.series) {
      const now = store.at(s.run, s.run.records, false)?.in ?? 0, { stages } = s.run;
      s.faint = s.stage !== (stages[now]?.name === plot.stage ? now : stages.map((one) => one.name).lastIndexOf(plot.stage));
    }
    return made.series;
  }

  function collect(plot) {
    const found = [], many = runs.length > 1;
    runs.forEach((id, index) => {
      const run = store.run(id), names = many ? [...plot.names].slice(0, 1) : [...plot.names];
      names.forEach((name, i) => {
        const parts = new Map();
        run.scalars.forEach((r, at) => {
          if (r.stage !== plot.stage || !(name in r.values)) return;
          if (!parts.has(r.in)) parts.set(r.in, []);
          parts.get(r.in).push([many ? store.where(run, r) : r.local, r.values[name], store.where(run, r), at]);
        });
        for (const [stage, points] of parts) {
          const stride = Math.min(1e9, ...points.slice(1, 200).map((p, k) => p[3] - points[k][3]));
          found.push({ name: many ? run.info.title : name, ink: COLORS[(many ? index : i) % COLORS.length], points, stride, run, stage, dash: !many && /-limit$/.test(name) });
        }
      });
    });
    return found;
  }

  function lines(plot, made, width, look) {
    const all = series(plot, made), isLog = logs.has(plot.key), g = fit(made.canvas, width, TALL);
    const values = all.flatMap((s) => s.points.map((p) => p[1])).filter((v) => Number.isFinite(v) && (!isLog || v > 0));
    if (!values.length) return note(g, "nothing finite to draw on this scale", look);
    const xs = all.flatMap((s) => s.points.map((p) => p[0])), steps = Math.max(0, ...all.map((s) => (runs.length > 1 ? 0 : s.run.stages[s.stage].steps - 1)));
    const x0 = Math.min(...xs), x1 = Math.max(...xs, steps, x0 + 1e-9), bend = isLog ? Math.log10 : (v) => v;
    let low = bend(Math.min(...values)), high = bend(Math.max(...values));
    if (!isLog && low > 0 && low < 0.4 * high) low = 0;
    if (high - low < 1e-12) (low -= Math.abs(low) * 0.1 || 0.5), (high += Math.abs(high) * 0.1 || 0.5);
    const px = (x) => LEFT + ((x - x0) / (x1 - x0)) * (width - LEFT - RIGHT), py = (v) => TALL - BOTTOM - ((bend(v) - low) / (high - low)) * (TALL - BOTTOM - TOP);
    axes(g, look, width, ticks(low, high).map((t) => [TALL - BOTTOM - ((t - low) / (high - low)) * (TALL - BOTTOM - TOP), isLog ? words(10 ** t) : words(t)]), ticks(x0, x1, 5).map((t) => [px(t), words(t)]), runs.length > 1 ? axisName() : "step", plot.unit);
    for (const s of all) line(g, s, px, py, isLog);
    const lead = all.find((s) => !s.faint) ?? all[0], here = cursor(lead);
    g.fillStyle = look.accent;
    if (here !== null && here >= x0 - 1e-9 && here <= x1 + 1e-9) g.fillRect(px(here) - 0.75, TOP, 1.5, TALL - BOTTOM - TOP);
    made.seek = (at) => {
      const goal = x0 + ((at - LEFT) / (width - LEFT - RIGHT)) * (x1 - x0);
      const near = lead.points.reduce((a, b) => (Math.abs(b[0] - goal) < Math.abs(a[0] - goal) ? b : a));
      store.clock.playing = false;
      store.seek(near[2]);
    };
    const at = made.hover ? x0 + ((made.hover[0] - LEFT) / (width - LEFT - RIGHT)) * (x1 - x0) : here;
    readOut(made, all.filter((s) => !s.faint), at);
    if (made.hover && at >= x0 && at <= x1) {
      g.fillStyle = look.text;
      g.globalAlpha = 0.5;
      g.fillRect(px(at), TOP, 1, TALL - BOTTOM - TOP);
      g.globalAlpha = 1;
    }
  }

  const axisName = () => ALIGNS[store.clock.align];

  // Where the clock stands on this plot's own axis; null when it stands in another stage.
  function cursor(s) {
    if (!s) return null;
    if (runs.length > 1) return store.clock.x;
    const i = lastAt(s.points, (p) => p[2], store.clock.x + 1e-9), now = store.at(s.run, s.run.records, false);
    return i < 0 || now?.in !== s.stage ? null : s.points[i][0];
  }

  function line(g, s, px, py, isLog) {
    g.strokeStyle = s.ink;
    g.lineWidth = s.faint ? 1 : 2;
    g.setLineDash(s.dash ? [5, 4] : []);
    for (const future of [true, false]) {
      g.globalAlpha = future ? 0.28 : s.faint ? 0.3 : 1;
      g.beginPath();
      let pen = false, before = null;
      for (const [x, v, when, at] of s.points) {
        if (before !== null && at - before > 3 * s.stride) pen = false; // another student spoke in between
        before = at;
        const draws = Number.isFinite(v) && (!isLog || v > 0) && (future || when <= store.clock.x + 1e-9);
        if (draws) g[pen ? "lineTo" : "moveTo"](px(x), py(v));
        pen = draws;
      }
      g.stroke();
      if (s.points.length === 1 && Number.isFinite(s.points[0][1])) g.fillRect(px(s.points[0][0]) - 2, py(s.points[0][1]) - 2, 4, 4);
    }
    g.setLineDash([]);
    g.globalAlpha = 1;
  }

  function readOut(made, all, at) {
    const items = all.map((s) => {
      const i = at === null || at === undefined ? s.points.length - 1 : lastAt(s.points, (p) => p[0], at + 1e-9);
      return el("span", {}, el("i", { style: `background:${s.ink}` }), `${s.name} ${words(s.points[Math.max(0, i)][1])}`);
    });
    made.legend.replaceChildren(...items);
  }

  function axes(g, look, width, rows, columns, xName, unit) {
    g.font = `10.5px ${look.font}`;
    g.fillStyle = look.text;
    g.strokeStyle = look.line;
    g.lineWidth = 1;
    for (const [y, text] of rows) {
      g.globalAlpha = 0.5;
      g.beginPath();
      g.moveTo(LEFT, y);
      g.lineTo(width - RIGHT, y);
      g.stroke();
      g.globalAlpha = 0.85;
      g.textAlign = "right";
      g.fillText(text, LEFT - 5, y + 3.5);
    }
    g.textAlign = "center";
    for (const [x, text] of columns) g.fillText(text, Math.min(x, width - 14), TALL - BOTTOM + 13);
    g.globalAlpha = 0.65;
    g.fillText(xName, LEFT + (width - LEFT - RIGHT) / 2, TALL - 4);
    if (unit) {
      g.save();
      g.translate(9, TOP + (TALL - BOTTOM - TOP) / 2);
      g.rotate(-Math.PI / 2);
      g.fillText(unit, 0, 0);
      g.restore();
    }
    g.globalAlpha = 1;
    g.textAlign = "left";
  }

  function note(g, text, look) {
    g.fillStyle = look.text;
    g.font = `12px ${look.font}`;
    g.fillText(text, 8, 40);
  }

  // Bars per layer at the clock; the hollow bar behind is the first report.
  function bars(plot, made, width, look) {
    const sets = runs.map((id, i) => ({ run: store.run(id), i })).map(({ run, i }) => {
      const list = run.parts.filter((r) => r.stage === plot.stage && r.name === plot.name);
      return list.length ? { first: list[0].values, now: store.at(run, list).values, most: Math.max(...list.flatMap((r) => Object.values(r.values)).filter(Number.isFinite), 0), ink: COLORS[i % COLORS.length], title: run.info.title } : null;
    }).filter(Boolean);
    const names = Object.keys(sets[0].now), isLog = logs.has(plot.key), g = fit(made.canvas, width, TALL);
    const positive = sets.flatMap((s) => [...Object.values(s.first), ...Object.values(s.now)]).filter((v) => v > 0);
    const top = Math.max(...sets.map((s) => s.most), 1e-12), low = isLog ? Math.log10(Math.min(...positive, top) / 1.5) : 0, high = isLog ? Math.log10(top) : top;
    const tall = (v) => (v > 0 || !isLog ? Math.max(0, (((isLog ? Math.log10(Math.max(v, 1e-300)) : v) - low) / (high - low || 1)) * (TALL - BOTTOM - TOP)) : 0);
    const step = (width - LEFT - RIGHT) / names.length, wide = Math.max(1, (step - Math.min(4, step * 0.3)) / sets.length);
    axes(g, look, width, ticks(low, high).map((t) => [TALL - BOTTOM - tall(isLog ? 10 ** t : t), isLog ? words(10 ** t) : words(t)]), [], "layer, input to output", "");
    const over = made.hover ? Math.floor((made.hover[0] - LEFT) / step) : -1;
    sets.forEach((s, j) => names.forEach((name, i) => {
      const x = LEFT + i * step + j * wide, h = tall(s.now[name] ?? 0), first = tall(s.first[name] ?? 0);
      g.fillStyle = s.ink;
      g.globalAlpha = over >= 0 && over !== i ? 0.5 : 0.95;
      g.fillRect(x, TALL - BOTTOM - h, wide, h);
      g.globalAlpha = 0.7;
      g.strokeStyle = look.text;
      g.lineWidth = 0.8;
      if (wide > 3) g.strokeRect(x + 0.4, TALL - BOTTOM - first, wide - 0.8, first);
      g.globalAlpha = 1;
    }));
    made.seek = null;
    const shownName = names[over] ?? null;
    made.legend.replaceChildren(...sets.map((s) => el("span", {}, el("i", { style: `background:${s.ink}` }), shownName ? `${shownName}: ${words(s.now[shownName])} (first ${words(s.first[shownName])})` : `${sets.length > 1 ? `${s.title} · ` : `${names.length} layers · `}outline: first report`)));
  }

  return { update, draw };
}
