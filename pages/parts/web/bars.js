// A number for each named part (the layers of a network, classes) at the clock; the outline is the first report.
import { BOTTOM, LEFT, RIGHT, ROOM, TALL, axes } from "./axes.js";
import { Cell } from "./cell.js";
import { el, fit, ticks, words } from "./draw.js";
import { COLORS } from "./palette.js";

export class Bars extends Cell {
  // For each run that reports it: the values of its first report and at the clock.
  sets() {
    return this.runs.flatMap((run, i) => {
      const list = run[this.plot.list].filter((r) => r.stage === this.plot.stage && r.name === this.plot.name);
      if (!list.length) return [];
      const all = list.flatMap((r) => Object.values(r.values)).filter(Number.isFinite);
      return [{ run, first: list[0].values, now: this.store.at(run, list).values, all, ink: COLORS[i % COLORS.length] }];
    });
  }

  draw(width, look) {
    const sets = this.sets(), keys = Object.keys(sets[0].now), g = fit(this.canvas, width, TALL), { low, high, tall } = this.scale(sets);
    const step = (width - LEFT - RIGHT) / keys.length, wide = Math.max(1, (step - Math.min(4, step * 0.3)) / sets.length);
    const rows = ticks(low, high).map((t) => [TALL - BOTTOM - tall(t), words(this.isLog ? 10 ** t : t)]);
    axes(g, look, width, { rows, columns: this.names(sets[0].run, keys, step), across: this.plot.along, up: this.plot.axis });
    const over = this.hover ? Math.floor((this.hover[0] - LEFT) / step) : -1, zero = this.isLog ? 0 : tall(0);
    const span = (v) => {
      const h = v > 0 || !this.isLog ? tall(this.bend(v)) : 0;
      return [TALL - BOTTOM - Math.max(h, zero), Math.abs(h - zero)]; // top, height
    };
    sets.forEach((s, j) => keys.forEach((key, i) => {
      const x = LEFT + i * step + j * wide, [top, tallNow] = span(s.now[key] ?? 0), [start, tallThen] = span(s.first[key] ?? 0);
      g.fillStyle = s.ink;
      g.globalAlpha = over >= 0 && over !== i ? 0.5 : 0.95;
      g.fillRect(x, top, wide, tallNow);
      g.globalAlpha = 0.7;
      g.strokeStyle = look.text;
      g.lineWidth = 0.8;
      if (wide > 3) g.strokeRect(x + 0.4, start, wide - 0.8, tallThen);
      g.globalAlpha = 1;
    }));
    this.legend.replaceChildren(...sets.map((s) => el("span", {}, el("i", { style: `background:${s.ink}` }), this.says(s, keys, over, sets.length))));
  }

  // From the least to the greatest value; bars stand on 0, below which they hang.
  scale(sets) {
    const all = sets.flatMap((s) => s.all), positive = all.filter((v) => v > 0);
    const high = this.isLog ? Math.log10(Math.max(...positive, 1e-12)) : Math.max(...all, 1e-12);
    const low = this.isLog ? Math.log10(Math.min(...positive, 10 ** high) / 1.5) : Math.min(0, ...all);
    return { low, high, tall: (t) => Math.max(0, ((t - low) / (high - low || 1)) * ROOM) };
  }

  // The names of classes below their bars, as far as there is room.
  names(run, keys, step) {
    if (this.plot.kind !== "classes") return [];
    const every = Math.ceil(26 / step);
    return keys.flatMap((key, i) => (i % every ? [] : [[LEFT + (i + 0.5) * step, run.name(key).slice(0, Math.max(1, Math.floor((every * step) / 6)))]]));
  }

  says(s, keys, over, count) {
    const key = keys[over], name = key === undefined ? null : this.plot.kind === "classes" ? s.run.name(key) : key;
    if (name !== null) return `${name}: ${words(s.now[key])} (first ${words(s.first[key])})`;
    return `${count > 1 ? `${s.run.info.title} · ` : ""}outline: first report`;
  }
}
