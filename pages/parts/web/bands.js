// The bands of a search through a generator: one for each layer that was visited, in order, with all that was said of it.
const WORTH = "feature-distance", CLASSWISE = "feature-distance-by-class", MOVED = "w-change", SIZES = "map-bytes";
const KEPT = { step: "step-kept", distance: "distance-kept", high: "high-frequencies" };
const HANDED = { change: "hand-over-change", clipped: "clipped-share" };
const CHOSEN = { part: "part-chosen", step: "step-chosen", distance: "distance-chosen" };
const TRAILS = { "feature-distance-by-step": "distance", "loss-by-step": "loss" };

export function bandsOf(run) {
  if (run.banded?.version === run.version) return run.banded;
  const found = new Map(), sizes = run.parts.find((r) => r.name === SIZES)?.values ?? {};
  const of = (r) => {
    const stage = run.stages[r.in], key = `${stage.name}/${stage.part}`;
    if (!found.has(key)) found.set(key, { key, stage, name: null, cells: new Map(), classes: [], frames: [], moved: null, said: {} });
    return found.get(key);
  };
  const cell = (band, step) => band.cells.get(step) ?? band.cells.set(step, { step }).get(step);
  for (const r of run.frames) {
    const band = of(r);
    band.name ??= r.space;
    if (r.space === band.name) band.frames.push(r);
  }
  let chosen = null;
  for (const r of run.scalars) {
    const band = of(r), v = r.values;
    if (WORTH in v || "loss" in v) Object.assign(cell(band, r.step), { distance: v[WORTH], loss: v.loss, r });
    for (const [name, key] of Object.entries({ ...KEPT, ...HANDED })) if (key in v) band.said[name] = v[key];
    if (CHOSEN.part in v) chosen = Object.fromEntries(Object.entries(CHOSEN).map(([name, key]) => [name, v[key]]));
  }
  for (const r of run.parts) {
    const band = of(r), what = TRAILS[r.name];
    if (what) for (const [step, value] of Object.entries(r.values)) cell(band, Number(step))[what] = value;
    if (r.name === MOVED) band.moved = r.values;
  }
  for (const r of run.perClass) if (r.name === CLASSWISE) of(r).classes.push(r);
  const list = [...found.values()].filter((b) => b.name && (b.name !== "pixels" || [...b.cells.values()].some((c) => Number.isFinite(c.distance))));
  const inside = list.some((b) => b.name !== "pixels" || b.moved);
  list.forEach((band, i) => finish(band, i, sizes));
  run.banded = { version: run.version, list: inside ? list : [], chosen, sizes };
  return run.banded;
}

function finish(band, index, sizes) {
  const all = [...band.cells.values()].sort((a, b) => a.step - b.step), known = all.filter((c) => Number.isFinite(c.distance));
  const key = Object.keys(sizes).find((name) => name.split(" ")[0] === band.name);
  Object.assign(band, { index, all, steps: Math.max(1, band.stage.steps, ...all.map((c) => c.step + 1)), shape: key?.split(" ")[1] ?? null, bytes: key ? sizes[key] : null });
  band.best = known.length ? known.reduce((a, b) => (b.distance < a.distance ? b : a)).step : null;
  band.kept = band.said.step ?? null;
  const looks = band.frames.filter((r) => r.step < band.steps);
  band.entry = looks[0] ?? band.frames[0] ?? null;
  band.last = looks[looks.length - 1] ?? band.entry;
  band.after = band.frames.find((r) => r.step >= band.steps) ?? null; // what went on to the next layer
}

// Where the clock stands: the band, and the step inside it.
export function nowIn(store, run, list) {
  const at = store.at(run, run.records, false);
  if (!at) return null;
  const stage = run.stages[at.in], band = list.find((b) => b.stage.name === stage.name && b.stage.part === stage.part);
  if (!band) return null;
  const exact = store.clock.align === "step" && store.wide ? Math.round(((store.clock.x - stage.wide) / stage.width) * stage.length) : at.local; // between two reports too
  return { band, step: Math.max(0, Math.min(exact, band.steps - 1)) };
}

// Move the clock of all views to a step of a band.
export function jump(store, run, band, step) {
  store.clock.playing = false;
  const near = band.all.filter((c) => c.r && c.step <= step).pop()?.r ?? band.entry;
  if (store.clock.align === "step" || store.clock.align === "fraction") store.seek(store.where(run, { in: run.stages.indexOf(band.stage), local: step, t: near?.t ?? 0 }));
  else if (near) store.seek(store.where(run, near));
}

// A value in [0, 1] as [r, g, b], dark blue to yellow, even in lightness and for the color-blind (after cividis).
const RAMP = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];
export function ramp(value) {
  const v = Math.max(0, Math.min(1, value)) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, Math.floor(v));
  return RAMP[i].map((a, k) => Math.round(a + (RAMP[i + 1][k] - a) * (v - i)));
}
export const ink = (rgb) => `rgb(${rgb.join()})`;
export const readable = (rgb) => (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] > 130 ? "#111" : "#fff");
