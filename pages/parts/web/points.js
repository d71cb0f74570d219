// The points of the map: real ones small and hollow, synthetic ones large and filled, their trails, and lines of density.
import { polyline } from "./draw.js";
import { middles, nameplates } from "./names.js";
import { blob, densities } from "./density.js";
import { COLORS, color, marker } from "./palette.js";
import { lastAt } from "./run.js";

const TRAIL = 40, MANY = 200, FEW = 60; // steps of a trail; points without trails; points with a name each
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2], [1, 4]]; // of the runs, around where their classes lie
const PINNED = "#EE7733", GRAY = COLORS[6];

// Draws one picture of a plane; `to(x, y)` gives pixels within `room` [width, height], `how` says {trails,
// contours, blobs, byRun}. `spots` are the points drawn.
export class Points {
  constructor(g, plane, to, look, how, room) {
    Object.assign(this, { g, plane, store: plane.store, runs: plane.runs, to, look, how, room, spots: [], named: [] });
    this.inRuns = how.byRun && this.runs.length > 1;
  }

  paint() {
    if (this.how.contours) this.rings();
    if (this.how.blobs) this.runs.forEach((id, i) => this.blobs(this.store.run(id), i));
    this.real();
    this.runs.forEach((id, i) => this.synthetic(this.store.run(id), i));
    this.names();
    return this.spots;
  }

  // In colors of the runs, the real points are gray, and a run has a marker of its own.
  ink(label, index) {
    if (!this.inRuns) return color(label);
    return index < 0 ? GRAY : COLORS[index % COLORS.length];
  }

  form(label, index) {
    return this.inRuns ? Math.max(0, index) : label;
  }

  dim(label) {
    return this.store.only !== null && this.store.only !== label ? 0.12 : 1;
  }

  // Where the k-th point of {at} lies in pixels, or null.
  place({ at }, k) {
    return Number.isFinite(at[2 * k]) ? this.to(at[2 * k], at[2 * k + 1]) : null;
  }

  real() {
    const { g } = this, { real } = this.plane;
    g.lineWidth = 1.1;
    real?.ids.forEach((id, i) => {
      const place = this.place(real, i), label = real.labels[i];
      if (!place) return;
      g.globalAlpha = 0.65 * this.dim(label);
      g.strokeStyle = this.ink(label, -1);
      marker(g, this.form(label, -1), ...place, 2.6);
      g.stroke();
      this.spot({ run: this.runs[0], id, label, source: "real" }, place, 6);
    });
    g.globalAlpha = 1;
  }

  synthetic(run, index) {
    for (const group of this.plane.layer(run.id).groups) {
      const i = lastAt(group, (one) => this.store.where(run, one.record), this.store.clock.x + 1e-9), now = group[Math.max(0, i)];
      this.trail(run, index, group.slice(Math.max(0, i - TRAIL), i + 1));
      now.ids.forEach((id, k) => this.learned(run, index, now, k));
    }
    this.g.globalAlpha = 1;
  }

  learned(run, index, { ids, labels, at }, k) {
    const { g, look } = this, place = this.place({ at }, k), label = labels[k], many = ids.length * this.runs.length, several = this.runs.length > 1;
    if (!place) return;
    const big = ids.length > MANY ? 4.5 : many > FEW ? 5.5 : 7, rimmed = several && !this.how.byRun; // the rim says which run
    g.globalAlpha = this.dim(label);
    marker(g, this.form(label, index), ...place, big);
    g.fillStyle = this.ink(label, index);
    g.fill();
    g.lineWidth = rimmed ? 2 : 1.6;
    g.strokeStyle = rimmed ? COLORS[index % COLORS.length] : look.text;
    g.stroke();
    const name = several ? `${run.name(label)} ${"ABCDEF"[index]}` : run.name(label);
    if (this.store.only === null || this.store.only === label) this.named.push({ text: name, x: place[0], y: place[1], r: big, width: g.measureText(name).width });
    this.spot({ run: run.id, id: ids[k], label, source: "synthetic" }, place, big + 4);
  }

  // Few points have a name each, many one for each class; what finds no place is in the key below the map.
  names() {
    const { g, look, room } = this, each = this.named.length <= FEW;
    for (const { text, x, y, r, left, top, right, bottom, far } of nameplates(each ? this.named : middles(this.named), this.spots, room)) {
      Object.assign(g, { lineWidth: 1, strokeStyle: look.text });
      const [nx, ny] = [Math.max(left, Math.min(right, x)), Math.max(top, Math.min(bottom, y))], share = r / Math.max(r, Math.hypot(nx - x, ny - y));
      if (far) polyline(g, [[x + (nx - x) * share, y + (ny - y) * share], [nx, ny]]);
      this.write(text, left, bottom - 3);
    }
  }

  write(text, x, y) {
    const { g, look } = this;
    g.lineWidth = 3;
    g.strokeStyle = look.panel;
    g.strokeText(text, x, y);
    g.fillStyle = look.text;
    g.fillText(text, x, y);
  }

  // Remember a point, and ring it where it is pinned, pointed at or chosen.
  spot(spot, [x, y], r) {
    const { g, store, look } = this, chosen = store.isChosen(spot);
    const same = (s) => s && s.label === spot.label && s.source === spot.source && s.id === spot.id && (spot.source === "real" || s.run === spot.run);
    this.spots.push({ x, y, ...spot });
    if (!same(store.pin) && !same(store.hover) && !chosen) return;
    g.globalAlpha = 1;
    g.strokeStyle = same(store.pin) ? PINNED : chosen ? look.accent : look.text;
    g.lineWidth = 2.2;
    g.beginPath();
    g.arc(x, y, r, 0, 7);
    g.stroke();
  }

  // Where each class of a run lies densely now: filled for the first run, its edge in the run's own dashes.
  blobs(run, index) {
    const { g, to } = this, { of, shapes } = this.shapes(run);
    shapes.forEach(({ edges, cells }, k) => {
      g.fillStyle = g.strokeStyle = this.ink(of[k], index);
      if (!index) {
        g.globalAlpha = 0.16 * this.dim(of[k]);
        g.beginPath();
        for (const polygon of cells) {
          polygon.forEach(([x, y], i) => (i ? g.lineTo(...to(x, y)) : g.moveTo(...to(x, y))));
          g.closePath();
        }
        g.fill();
      }
      g.globalAlpha = 0.9 * this.dim(of[k]);
      g.setLineDash(DASHES[index % DASHES.length]);
      g.lineWidth = 1.6;
      g.beginPath();
      for (const [ax, ay, bx, by] of edges) {
        g.moveTo(...to(ax, ay));
        g.lineTo(...to(bx, by));
      }
      g.stroke();
    });
    g.setLineDash([]);
    g.globalAlpha = 1;
  }

  // The shapes of a run's classes at this instant; kept until its points are others.
  shapes(run) {
    const layer = this.plane.layer(run.id), frame = this.plane.frame(), own = new Map();
    const now = layer.groups.map((group) => group[Math.max(0, lastAt(group, (one) => this.store.where(run, one.record), this.store.clock.x + 1e-9))]);
    const name = `${frame.key}/${now.map((one) => one.record.n).join()}`, kept = (frame.blobs ??= new Map());
    if (kept.get(run.id)?.name === name) return kept.get(run.id);
    for (const { labels, at } of now) labels.forEach((label, k) => own.set(label, [...(own.get(label) ?? []), at[2 * k], at[2 * k + 1]]));
    const of = [...own.keys()].sort((a, b) => a - b), made = { name, of, shapes: of.map((label) => blob(own.get(label), frame)) };
    kept.set(run.id, made);
    return made;
  }

  // The way that points came: of all where that is asked for, else of the one that is pinned or pointed at.
  trail(run, index, steps) {
    if (steps.length < 2 || (this.how.trails && steps[0].ids.length > MANY)) return;
    const { pin, hover } = this.store, meant = (id) => [pin, hover].some((one) => one?.run === run.id && one.id === id && one.source !== "real");
    steps[0].labels.forEach((label, k) => {
      if (!this.how.trails && !meant(steps[0].ids[k])) return;
      this.g.strokeStyle = this.ink(label, index);
      this.g.lineWidth = 1.5;
      this.g.globalAlpha = 0.5 * this.dim(label);
      polyline(this.g, steps.map((step) => this.place(step, k)));
    });
    this.g.globalAlpha = 1;
  }

  // Lines of equal density of the real images: a smoothed count on a grid, three levels.
  rings() {
    const { g, to } = this, { real } = this.plane, f = this.plane.frame();
    if (!real) return;
    f.rings ??= densities(real.at, f);
    g.strokeStyle = this.look.text;
    g.lineWidth = 1;
    f.rings.forEach((segments, level) => {
      g.globalAlpha = 0.13 + 0.08 * level;
      g.beginPath();
      for (const [ax, ay, bx, by] of segments) {
        g.moveTo(...to(ax, ay));
        g.lineTo(...to(bx, by));
      }
      g.stroke();
    });
    g.globalAlpha = 1;
  }
}
