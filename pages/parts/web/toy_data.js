// The data: shapes in the plane, drawn by a seed, and where the learned points begin.
import { Dice } from "./toy_random.js";

export const EDGE = 1.3; // the picture shows −1.3 … 1.3 both ways
export const CLASSES = { circles: 2, moons: 2, xor: 2, spiral: 2, blobs: 3 };

// A point of a class without noise: [x, y].
const PLACES = {
  circles(label, dice) {
    const angle = dice.uniform(0, 2 * Math.PI), radius = label ? 0.95 : 0.4 * Math.sqrt(dice.uniform());
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  moons(label, dice) {
    const angle = dice.uniform(0, Math.PI), [x, y] = [Math.cos(angle), Math.sin(angle)];
    return label ? [0.65 * (x - 0.5) + 0.65, 0.3 - 0.75 * y] : [0.65 * (x - 0.5), 0.75 * y - 0.3];
  },
  xor(label, dice) {
    const side = dice.uniform() < 0.5 ? -1 : 1, [x, y] = [dice.uniform(0.12, 1), dice.uniform(0.12, 1)];
    return [side * x, (label ? -side : side) * y];
  },
  spiral(label, dice) {
    const way = Math.sqrt(dice.uniform(0.03, 1)), angle = 4.2 * way + label * Math.PI;
    return [way * Math.cos(angle), way * Math.sin(angle)];
  },
  blobs(label, dice) {
    const angle = (2 * Math.PI * label) / 3 + 0.5;
    return [0.75 * Math.cos(angle) + 0.13 * dice.normal(), 0.75 * Math.sin(angle) + 0.13 * dice.normal()];
  },
};

// `each` points of every class: {at (n × 2), labels}. More noise moves the same points farther.
export function drawn(shape, each, noise, dice) {
  const classes = CLASSES[shape], at = new Float64Array(2 * classes * each), labels = new Uint8Array(classes * each);
  for (let i = 0; i < labels.length; i++) {
    labels[i] = i % classes;
    const [x, y] = PLACES[shape](labels[i], dice);
    at.set([x + noise * dice.normal(), y + noise * dice.normal()], 2 * i);
  }
  return { at, labels };
}

// Numbers of the points of every class.
export function byClass(labels, classes) {
  const rows = Array.from({ length: classes }, () => []);
  labels.forEach((label, i) => rows[label].push(i));
  return rows;
}

export const taken = (at, rows) => Float64Array.from(rows.flatMap((i) => [at[2 * i], at[2 * i + 1]]));
const labelsOf = (classes, k) => Uint8Array.from({ length: classes * k }, (_, i) => Math.floor(i / k));

// K points per class, class after class. `random` lies anywhere, `real` on real points, `grid` on a square grid, dealt in turn.
export function starting(kind, k, real, classes, seed) {
  const dice = new Dice(seed, "start"), labels = labelsOf(classes, k), n = labels.length;
  if (kind === "real") return { labels, at: taken(real.at, byClass(real.labels, classes).flatMap((rows) => dice.some(rows, k))) };
  const at = new Float64Array(2 * n), side = Math.ceil(Math.sqrt(n)), place = (cell) => (side > 1 ? 1.4 * (cell / (side - 1)) - 0.7 : 0);
  for (let i = 0; i < n; i++) {
    const cell = (i % k) * classes + labels[i];
    at.set(kind === "grid" ? [place(cell % side), place(Math.floor(cell / side))] : [dice.uniform(-1, 1), dice.uniform(-1, 1)], 2 * i);
  }
  return { labels, at };
}

// As many real points: draw number `draw` of K per class.
export function randomReal(real, k, classes, seed, draw) {
  const dice = new Dice(seed, "control", draw);
  return { labels: labelsOf(classes, k), at: taken(real.at, byClass(real.labels, classes).flatMap((rows) => dice.some(rows, k))) };
}

// The mean of every class: one point each.
export function classMeans(real, classes) {
  const at = new Float64Array(2 * classes);
  byClass(real.labels, classes).forEach((rows, label) => {
    for (const i of rows) for (const c of [0, 1]) at[2 * label + c] += real.at[2 * i + c] / rows.length;
  });
  return { labels: labelsOf(classes, 1), at };
}
