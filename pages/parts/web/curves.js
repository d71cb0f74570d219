// Numbers over the steps: a line for each quantity of the chart or, with several runs, for each run.
import { BOTTOM, LEFT, RIGHT, ROOM, TALL, TOP, axes, note } from "./axes.js";
import { Cell } from "./cell.js";
import { el, fit, ticks, words } from "./draw.js";
import { COLORS } from "./palette.js";
import { ALIGNS, lastAt } from "./run.js";

export class Curves extends Cell {
  get many() {
    return this.plot.runs.length > 1;
  }

  // Collected again only when records came; faint are the lines of other passes through the same stage.
  series() {
    const key = [this.store.clock.align, [...this.plot.told.keys()], ...this.runs.map((run) => run.version)].join();
    if (this.collected !== key) Object.assign(this, { collected: key, all: this.runs.flatMap((run, i) => this.of(run, i)) });
    for (const s of this.all) {
      const now = this.store.at(s.run, s.run.records, false)?.in ?? 0, { stages } = s.run;
      s.faint = s.stage !== (stages[now]?.name === this.plot.stage ? now : stages.map((one) => one.name).lastIndexOf(this.plot.stage));
    }
    return this.all;
  }

  of(run, index) {
    const names = [...this.plot.told.keys()].slice(0, this.many ? 1 : Infinity);
    return names.flatMap((name, i) => {
      const told = this.plot.told.get(name), ink = COLORS[(this.many ? index : i) % COLORS.length];
      const about = { title: this.many ? run.info.title : told.title, dash: !this.many && told.form === "limit", ink, run };
      return [...this.passes(run, name)].map(([stage, points]) => {
        const stride = Math.min(1e9, ...points.slice(1, 200).map((p, k) => p[3] - points[k][3]));
        return { ...about, stage, points, stride };
      });
    });
  }

  // Points [x, value, where on the clock, number of the report] by the pass through the stage in which they were said.
  passes(run, name) {
    const found = new Map();
    run.scalars.forEach((r, at) => {
      if (r.stage !== this.plot.stage || !(name in r.values)) return;
      if (!found.has(r.in)) found.set(r.in, []);
      const where = this.store.where(run, r);
      found.get(r.in).push([this.many ? where : r.local, r.values[name], where, at]);
    });
    return found;
  }

  draws(value) {
    return Number.isFinite(value) && (!this.isLog || value > 0);
  }

  draw(width, look) {
    const all = this.series(), g = fit(this.canvas, width, TALL), values = all.flatMap((s) => s.points.map((p) => p[1])).filter((v) => this.draws(v));
    this.seek = null;
    if (!values.length) return note(g, "nothing finite to draw on this scale", look);
    const scale = this.scale(all, values, width), { px, py } = scale;
    this.frame(g, look, width, scale);
    for (const s of all) this.line(g, s, px, py);
    const lead = all.find((s) => !s.faint) ?? all[0], here = this.cursor(lead);
    g.fillStyle = look.accent;
    if (here !== null && here >= scale.x0 - 1e-9 && here <= scale.x1 + 1e-9) g.fillRect(px(here) - 0.75, TOP, 1.5, ROOM);
    this.seek = (at) => this.go(lead, scale.back(at));
    const at = this.hover ? scale.back(this.hover[0]) : here;
    this.read(all.filter((s) => !s.faint), at);
    if (!this.hover || at < scale.x0 || at > scale.x1) return;
    g.fillStyle = look.text;
    g.globalAlpha = 0.5;
    g.fillRect(px(at), TOP, 1, ROOM);
    g.globalAlpha = 1;
  }

  scale(all, values, width) {
    const xs = all.flatMap((s) => s.points.map((p) => p[0])), steps = Math.max(0, ...all.map((s) => (this.many ? 0 : s.run.stages[s.stage].steps - 1)));
    let x0 = Math.min(...xs), x1 = Math.max(...xs, steps);
    const alone = x1 - x0 < 1e-9, only = x0, room = width - LEFT - RIGHT;
    if (alone) (x0 -= 1), (x1 += 1); // one step: its points stand in the middle
    let low = this.bend(Math.min(...values)), high = this.bend(Math.max(...values));
    if (!this.isLog && low > 0 && low < 0.4 * high) low = 0;
    if (high - low < 1e-12) (low -= Math.abs(low) * 0.1 || 0.5), (high += Math.abs(high) * 0.1 || 0.5);
    const px = (x) => LEFT + ((x - x0) / (x1 - x0)) * room, at = (t) => TALL - BOTTOM - ((t - low) / (high - low)) * ROOM;
    return { x0, x1, low, high, px, at, only: alone ? [[px(only), words(only)]] : null, py: (v) => at(this.bend(v)), back: (x) => x0 + ((x - LEFT) / room) * (x1 - x0) };
  }

  frame(g, look, width, { x0, x1, low, high, px, at, only }) {
    const rows = ticks(low, high).map((t) => [at(t), words(this.isLog ? 10 ** t : t)]), columns = only ?? ticks(x0, x1, 5).map((t) => [px(t), words(t)]);
    axes(g, look, width, { rows, columns, across: this.many ? ALIGNS[this.store.clock.align] : "step", up: this.plot.axis });
  }

  go(lead, goal) {
    const near = lead.points.reduce((a, b) => (Math.abs(b[0] - goal) < Math.abs(a[0] - goal) ? b : a));
    this.store.clock.playing = false;
    this.store.seek(near[2]);
  }

  // Where the clock stands on this plot's own axis; null when it stands in another stage.
  cursor(s) {
    if (this.many) return this.store.clock.x;
    const i = lastAt(s.points, (p) => p[2], this.store.clock.x + 1e-9), now = this.store.at(s.run, s.run.records, false);
    return i < 0 || now?.in !== s.stage ? null : s.points[i][0];
  }

  line(g, s, px, py) {
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
        const draws = this.draws(v) && (future || when <= this.store.clock.x + 1e-9);
        if (draws) g[pen ? "lineTo" : "moveTo"](px(x), py(v));
        pen = draws;
      }
      g.stroke();
      g.fillStyle = s.ink;
      if (s.points.length === 1 && this.draws(s.points[0][1])) g.fillRect(px(s.points[0][0]) - 2, py(s.points[0][1]) - 2, 4, 4);
    }
    g.setLineDash([]);
    g.globalAlpha = 1;
  }

  read(all, at) {
    this.legend.replaceChildren(...all.map((s) => {
      const i = at === null ? s.points.length - 1 : lastAt(s.points, (p) => p[0], at + 1e-9);
      return el("span", {}, el("i", { style: `background:${s.ink}` }), `${s.title} ${words(s.points[Math.max(0, i)][1])}`);
    }));
  }
}
