// The bands of a search through a generator: one for each layer that was visited, in order, with all that was said of it.

// What is read of a run, by the ids of its quantities.
export const SAYS = {
  distance: "feature-distance", loss: "loss", classes: "feature-distance-by-class", moved: "w-change", bytes: "map-bytes",
  step: "step-kept", kept: "distance-kept", high: "high-frequencies", change: "hand-over-change", clipped: "clipped-share",
};
const OF_BAND = ["step", "kept", "high", "change", "clipped"]; // said once for a layer
const CHOSEN = { part: "part-chosen", step: "step-chosen", distance: "distance-chosen" };
const TRAILS = { "feature-distance-by-step": "distance", "loss-by-step": "loss" }; // every step, once the layer is done

// A layer's name as it is read: "layer 3".
export const titleOf = (name) => name.replace(/^layer_?(\d+)$/, "layer $1");

export function bandsOf(run) {
  if (run.banded?.version === run.version) return run.banded;
  const found = new Map(), sizes = run.parts.find((r) => r.name === SAYS.bytes)?.values ?? {};
  const of = (r) => {
    const stage = run.stages[r.in], key = `${stage.name}/${stage.part}`;
    if (!found.has(key)) found.set(key, { key, stage, name: null, cells: new Map(), classes: [], frames: [], moves: [], moved: null, said: {} });
    return found.get(key);
  };
  for (const r of run.frames) {
    const band = of(r);
    band.name ??= r.space;
    if (r.space === band.name) band.frames.push(r);
  }
  let chosen = null;
  for (const r of run.scalars) {
    hear(of(r), r);
    if (CHOSEN.part in r.values) chosen = Object.fromEntries(Object.entries(CHOSEN).map(([name, id]) => [name, r.values[id]]));
  }
  for (const r of run.parts) {
    const band = of(r), what = TRAILS[r.name];
    if (what) for (const [step, value] of Object.entries(r.values)) cell(band, Number(step))[what] = value;
    if (r.name === SAYS.moved) band.moves.push(r), (band.moved = r.values);
  }
  for (const r of run.perClass) if (r.name === SAYS.classes) of(r).classes.push(r);
  const list = [...found.values()].filter((b) => b.name && (b.name !== "pixels" || [...b.cells.values()].some((c) => Number.isFinite(c.distance))));
  const inside = list.some((b) => b.name !== "pixels" || b.moved);
  list.forEach((band, i) => finish(band, i, sizes));
  run.banded = { version: run.version, list: inside ? list : [], chosen, sizes };
  return run.banded;
}

const cell = (band, step) => band.cells.get(step) ?? band.cells.set(step, { step }).get(step);

function hear(band, r) {
  const v = r.values;
  if (SAYS.distance in v || SAYS.loss in v) Object.assign(cell(band, r.step), { distance: v[SAYS.distance], loss: v[SAYS.loss], r });
  for (const name of OF_BAND) if (SAYS[name] in v) band.said[name] = v[SAYS[name]];
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

// The layers that a search has yet to reach, named by the sizes of its maps as far as these say: bands of which nothing is known.
export function awaited(list, sizes) {
  const last = list[list.length - 1], names = Object.keys(sizes), from = names.findIndex((name) => name.split(" ")[0] === last.name) + 1;
  return Array.from({ length: Math.max(0, last.stage.parts - list.length) }, (_, i) => {
    const [name, shape] = (from && names[from + i] ? names[from + i] : "pixels").split(" ");
    return { key: `awaited ${i}`, index: list.length + i, name, shape: shape ?? null, stage: null, steps: last.steps, all: [], frames: [], entry: null };
  });
}

// Of all moves of the layers that are done, how many are not in the result: what came after the candidate that was kept, and
// what came after the chosen one. Null before the first layer is done.
export function thrownAway(list, chosen) {
  const done = list.filter((b) => b.kept !== null);
  if (!done.length) return null;
  const used = (b) => (chosen && b.stage.part > chosen.part ? 0 : chosen && b.stage.part === chosen.part ? chosen.step : b.kept);
  const kept = done.map((band) => ({ name: band.name, used: used(band), of: band.steps - 1 }));
  const moves = kept.reduce((sum, k) => sum + k.of, 0), stay = kept.reduce((sum, k) => sum + k.used, 0);
  return { kept, moves, lost: moves - stay, over: chosen !== null };
}

// The same in one sentence.
export function wasted(found) {
  if (!found?.moves) return "";
  const { kept, moves, lost, over } = found, each = kept.map((k) => `${titleOf(k.name)}: ${k.used} of ${k.of}`).join(", ");
  if (!lost) return `Every one of the ${moves} moves ${over ? "is in the result" : "so far went on"}: each layer kept its last candidate.`;
  return `${lost} of ${moves} moves ${over ? "were" : "so far were"} thrown away, since a layer goes back to its nearest candidate; what stayed: ${each}.`;
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
  if (["step", "fraction", "learning"].includes(store.clock.align)) store.seek(store.where(run, { in: run.stages.indexOf(band.stage), local: step, t: near?.t ?? 0 }));
  else if (near) store.seek(store.where(run, near));
}
