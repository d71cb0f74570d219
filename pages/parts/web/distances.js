// The feature distance inside one layer, move by move, up to the clock; all layers share one scale.
import { SHAPES, marker } from "./palette.js";
import { fit, polyline, ticks, words } from "./draw.js";

export const CHART = 102;
const TOP = 8, UNDER = 18, TITLE = 16; // pixels above and below the curves, and more for the title of a chart that stands alone

// The scale of all layers: from a little under the least distance to a little over the greatest.
export function scaleOf(list) {
  const all = list.flatMap((band) => band.all.map((c) => c.distance)).filter(Number.isFinite);
  if (!all.length) return null;
  const low = Math.min(...all), high = Math.max(...all), room = 0.08 * (high - low || Math.abs(high) || 1);
  return { low: low - room, high: high + room };
}

const inks = (look) => (look.dark ? { nearer: "#3cc8b4", farther: "#ff9646" } : { nearer: "#00705F", farther: "#B34700" });
const placeOf = ({ low, high }, top = TOP) => (v) => top + (CHART - TOP - UNDER) * (1 - (v - low) / (high - low));

// The y axis at the left of the first layer, in a chart of its own.
export function scaleChart(canvas, width, { scale, look, title }) {
  const g = fit(canvas, width, CHART), py = placeOf(scale);
  canvas.setAttribute("aria-label", `${title}, from ${words(scale.low)} to ${words(scale.high)}; lower is nearer`);
  g.font = `11px ${look.font}`;
  g.fillStyle = look.text;
  g.textAlign = "right";
  for (const v of ticks(scale.low, scale.high, 4)) g.fillText(words(v), width - 2, py(v) + 4);
  g.textAlign = "center";
  g.save();
  g.translate(11, CHART / 2 - 6);
  g.rotate(-Math.PI / 2);
  g.fillText(title, 0, 0);
  g.restore();
  g.save();
  g.translate(27, CHART / 2 - 6);
  g.rotate(-Math.PI / 2);
  g.fillText("← nearer", 0, 0);
  g.restore();
  g.textAlign = "right";
  g.fillText("moves made", width - 2, CHART - 4, width - 34);
  g.textAlign = "left";
}

// `cells` are those up to the clock; `kept` the step that goes on and `star` the step of the result, both null before they are known.
export function distanceChart(canvas, band, cells, { width, left, scale, look, title, kept, star }) {
  const top = left ? TOP + TITLE : TOP, g = fit(canvas, width, CHART + top - TOP), room = width - left - 12, py = placeOf(scale, top), px = (step) => left + 6 + (step / Math.max(1, band.steps - 1)) * room, ink = inks(look);
  frame(g, band, { width, left, scale, look, title, top, py, px });
  canvas.setAttribute("aria-label", `${title} in ${band.name}: ${cells.map((c) => `${words(c.distance)} after ${c.step}`).join(", ") || "not yet"}`);
  if (!cells.length) return;
  const from = py(cells[0].distance);
  g.setLineDash([3, 3]);
  g.strokeStyle = look.text;
  g.lineWidth = 1;
  polyline(g, [[left, from], [width, from]]);
  g.setLineDash([]);
  g.lineWidth = 2;
  cells.slice(1).forEach((c, i) => {
    g.strokeStyle = c.distance < cells[0].distance ? ink.nearer : ink.farther;
    polyline(g, [[px(cells[i].step), py(cells[i].distance)], [px(c.step), py(c.distance)]]);
  });
  const last = cells[cells.length - 1];
  sign(g, px(last.step), py(last.distance), 2.5, "circle", look.text);
  const goes = cells.find((c) => c.step === (star ?? kept));
  if (goes) sign(g, px(goes.step), py(goes.distance), star === null ? 5 : 7.5, star === null ? "circle" : "star", ink.nearer, look.back);
}

function frame(g, band, { width, left, scale, look, title, top, py, px }) {
  g.strokeStyle = look.line;
  g.lineWidth = 1;
  g.strokeRect(left + 0.5, top - 3.5, width - left - 1, CHART - TOP - UNDER + 7);
  g.font = `11px ${look.font}`;
  g.fillStyle = look.text;
  if (left) {
    for (const v of ticks(scale.low, scale.high, 3)) g.fillText(words(v), 0, py(v) + 4, left - 4);
    g.fillText(`${title} (lower is nearer) after so many moves`, left, TOP + 4, width - left);
  }
  g.textAlign = "center";
  const last = band.steps - 1;
  for (const t of [0, Math.round(last / 2), last]) g.fillText(words(t), Math.max(left + 6, Math.min(px(t), width - 8)), CHART + top - TOP - 3);
  g.textAlign = "left";
}

function sign(g, x, y, r, what, fill, edge) {
  g.lineWidth = 2;
  g.fillStyle = fill;
  g.strokeStyle = edge ?? fill;
  marker(g, SHAPES.indexOf(what), x, y, r);
  g.fill();
  if (edge) g.stroke();
}
