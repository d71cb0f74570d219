// What stands around the heat map of a search: loss on the same axis, distance of each class, how far each row of w moved.
import { SAYS, titleOf } from "./bands.js";
import { fit, words } from "./draw.js";
import { RIGHT } from "./heat.js";
import { ink, ramp, readable, shade } from "./ramp.js";

const LOSS = 92, CLASSES = 118;

// One line for each layer, early ones dark; the layer at the clock is thick. left: where the heat map begins.
export function lossLines(panel, run, list, now, { width, left, look, whole }) {
  const g = fit(panel.body, width, LOSS), steps = Math.max(...list.map((b) => b.steps)), room = width - left - RIGHT;
  const all = whole.flatMap((b) => b.all.map((c) => c.loss)).filter(Number.isFinite), low = Math.min(...all), high = Math.max(...all, low + 1e-9);
  const px = (step) => left + ((step + 0.5) / steps) * room, py = (v) => LOSS - 8 - ((v - low) / (high - low)) * (LOSS - 18);
  g.font = `10.5px ${look.font}`;
  g.fillStyle = look.text;
  if (all.length) for (const v of [low, high]) g.fillText(words(v), 2, py(v) + 4, left - 8);
  for (const band of [...list].sort((a, b) => (a === now?.band) - (b === now?.band))) {
    const points = band.all.filter((c) => Number.isFinite(c.loss)), mine = band === now?.band;
    g.strokeStyle = mine ? look.accent : ink(shade(band.index, list.length, look.dark));
    g.lineWidth = mine ? 2.5 : 1.2;
    g.beginPath();
    points.forEach((c, i) => g[i ? "lineTo" : "moveTo"](px(c.step), py(c.loss)));
    g.stroke();
  }
  const told = run.quantity(SAYS.loss), same = list.some((b) => b.best !== null) ? "at the same steps" : "at every step";
  const thick = list.length > 1 ? ` (dark to light: first to last layer${now ? `; thick: ${titleOf(now.band.name)}` : ""})` : "";
  panel.title(`${told.title} ${same}${thick}`, [told], `: ${list.length} layers, from ${words(low)} to ${words(high)}`);
}

// Distance of each class at the clock; the outline is where this layer began.
export function classBars(panel, run, list, now, { only, look, whole }) {
  const band = now?.band ?? list[list.length - 1], records = band.classes;
  panel.node.hidden = !records.length;
  if (!records.length) return;
  const at = records.filter((r) => r.step <= (now?.step ?? Infinity)).pop() ?? records[0], first = records[0], count = at.values.length;
  const top = Math.max(...whole.flatMap((b) => b.classes.flatMap((r) => r.values)).filter(Number.isFinite), 1e-12);
  const room = (panel.node.clientWidth || 240) - 40, g = fit(panel.body, room + 40, CLASSES + 22), each = room / count;
  const py = (v) => 6 + (CLASSES - 6) * (1 - v / top), told = run.quantity(SAYS.classes);
  panel.title(`${told.title}: ${titleOf(band.name)}, step ${at.step}`, [told], `: ${at.values.map((v, i) => `${run.name(i)} ${words(v)}`).join(", ")}`);
  g.font = `10.5px ${look.font}`;
  g.fillStyle = look.text;
  g.fillText(words(top), 2, 14, 34);
  g.fillText("0", 22, CLASSES);
  at.values.forEach((v, i) => {
    const x = 38 + i * each, w = Math.max(1, each - 3);
    g.fillStyle = i === only ? "#EE7733" : "#0077BB";
    g.fillRect(x, py(v), w, CLASSES - py(v));
    g.strokeStyle = look.text;
    if (w > 4) g.strokeRect(x + 0.5, py(first.values[i]), w - 1, CLASSES - py(first.values[i]));
    g.fillStyle = look.text;
    if (i % Math.ceil(count / (room / 22)) === 0) g.fillText(run.name(i), x, CLASSES + 13, Math.max(20, each));
  });
}

// Rows are the rows of w, columns the layers that were visited; below the diagonal nothing can move.
export function movement(panel, run, list, { left, look }) {
  const visited = list.filter((b) => b.moved), names = visited.length ? Object.keys(visited[0].moved) : [];
  panel.node.hidden = !names.length;
  if (!names.length) return;
  const width = panel.node.clientWidth || 240, tall = Math.max(8, Math.min(20, 260 / names.length)), g = fit(panel.body, width, names.length * tall + 18), each = (width - left - 4) / visited.length;
  const all = visited.flatMap((b) => Object.values(b.moved)).filter((v) => v > 0), low = Math.log10(Math.min(...all, 1e300)), high = Math.log10(Math.max(...all, 1e-300));
  const shareOf = (v) => (high > low ? (Math.log10(v) - low) / (high - low) : 1);
  g.font = `10.5px ${look.font}`;
  names.forEach((name, i) => {
    g.fillStyle = look.text;
    if (tall > 10 || i % 2 === 0) g.fillText(titleOf(name), 2, i * tall + tall / 2 + 4, left - 8);
    visited.forEach((band, j) => {
      const v = band.moved[name], rgb = v > 0 ? ramp(shareOf(v)) : null;
      g.fillStyle = rgb ? ink(rgb) : look.panel;
      g.fillRect(left + j * each, i * tall, each - 1, tall - 1);
      if (each < 34 || tall < 13) return;
      g.fillStyle = rgb ? readable(rgb) : look.text;
      g.fillText(v > 0 ? words(v) : "0", left + j * each + 3, i * tall + tall / 2 + 4, each - 6);
    });
  });
  g.fillStyle = look.text;
  visited.forEach((band, j) => (each > 30 || j % Math.ceil(30 / each) === 0) && g.fillText(titleOf(band.name), left + j * each, names.length * tall + 13, Math.max(28, each - 2)));
  const told = run.quantity(SAYS.moved), said = visited.map((b) => `${b.name}: ${Object.entries(b.moved).map(([k, v]) => `${k} ${words(v)}`).join(", ")}`);
  panel.title(`${told.title} (down) in each layer (across)`, [told], `, rows of w in each layer visited: ${said.join("; ")}`);
}
