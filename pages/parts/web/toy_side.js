// Beside the pictures: how far the loss came, how far both networks agree, and which points teach best.
import { percent, OBJECTIVES, agreeing, controls, falling } from "./toy_words.js";
import { Bars, Curve, calmed } from "./toy_plots.js";
import { el, words } from "./draw.js";
import { COLORS } from "./palette.js";
import { DRAWS } from "./toy_world.js";

export class Side {
  constructor() {
    Object.assign(this, { loss: new Curve("starts with the first step"), agree: new Curve("the network of all real points is learning …"), bars: new Bars(), key: "" });
    this.node = el("div", { class: "beside" }, this.loss.node, this.agree.node, this.bars.node);
  }

  draw(world, look) {
    const { steps, losses, looks, learned, all, control, settings } = world, width = Math.floor(this.loss.node.clientWidth);
    const key = [steps, looks.length, learned.version, all.version, control.draws.length, control.mean, settings.objective, width, look.dark].join();
    if (key === this.key || !width) return;
    this.key = key;
    this.curves(world, width, look, losses, looks);
    this.compare(world);
  }

  curves(world, width, look, losses, looks) {
    const { loss, unit } = OBJECTIVES[world.settings.objective], last = looks[looks.length - 1], smooth = calmed(losses);
    const points = (values) => values.map((v, i) => [i + 1, v]), of = (name) => looks.map((one) => [one.step, 100 * one[name]]);
    const lines = [{ points: points(losses), ink: COLORS[0], faint: true }, { points: points(smooth), ink: COLORS[0], name: "mean of 25 steps", value: losses.length ? words(smooth[smooth.length - 1]) : "" }];
    this.loss.draw({ title: `${loss}: what the push makes smaller`, unit, lines, high: null, says: falling(world) }, width, look);
    const both = [["plane", "of the picture", COLORS[2], null], ["points", "of fresh points", COLORS[1], [6, 4]]].map(([name, title, ink, dash]) => ({ points: of(name), ink, dash, name: title, value: last ? percent(last[name]) : "" }));
    this.agree.draw({ title: "Agreement of both networks: higher is better", unit: "% answered alike", lines: both, high: 100, says: agreeing(world) }, width, look);
  }

  compare(world) {
    const { all, learned, control, chance, real, points, classes } = world, found = controls(world), n = points.labels.length;
    const told = {
      real: { title: `all ${real.labels.length} real points`, accuracy: all.accuracy ?? null },
      learned: { title: `${n} learned points`, accuracy: learned.accuracy },
      random: { title: `${n} random real points`, accuracy: found?.mean ?? null, low: found?.low, high: found?.high },
      mean: { title: `${classes} class means`, accuracy: control.mean },
    };
    this.bars.show(told, chance, `One network each, from the same weights, trained the same way. Random: mean of ${DRAWS} draws, bracket: worst to best. Thin line: guessing, ${percent(chance)}.`);
  }
}
