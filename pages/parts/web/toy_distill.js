// One step of distilling: draws the networks and the batches, asks the objective for the push, moves the points.
import { byClass, taken } from "./toy_data.js";
import { gradientPull, meanPull, trajectoryPull } from "./toy_objectives.js";
import { Dice } from "./toy_random.js";

export const MOMENTUM = 0.5; // of the points' own steps, as the papers' code has it
export const LOOKS = 10, INNER = 5, INNER_RATE = 0.2; // gradient: looks at a network, its training on the learned points between two
export const BATCH = 64; // real points per class
export const EXPERTS = 4, LAST = 15, AHEAD = 10, STEPS = 10; // trajectory: M = 10 saved places ahead in N = 10 steps of the student
export const EPOCH = 5, EXPERT_RATE = 0.1, EXPERT_BATCH = 64; // an expert's place is saved every 5 steps
export const FIRST_ALPHA = 0.5, ALPHA_RATE = 0.05, LEAST_ALPHA = 1e-3;
export const USUAL = { gradient: 0.001, mean: 0.01, trajectory: 0.03 }; // rate of the points where the slider says ×1

export class Distiller {
  // real: {at, labels}; points: {at, labels}, moved in place.
  constructor(net, real, points, { objective, seed }) {
    Object.assign(this, { net, real, points, objective, seed, steps: 0, alpha: FIRST_ALPHA, experts: [], speed: new Float64Array(points.at.length) });
    this.classes = net.sizes[net.top];
    this.rows = byClass(points.labels, this.classes);
    this.use(real);
  }

  // Other real points from now on: experts have to be trained anew.
  use(real) {
    Object.assign(this, { real, reals: byClass(real.labels, this.classes), experts: [] });
  }

  // Draws what this step needs; {loss, push, slope?} at the points as they are.
  pull() {
    if (this.objective === "trajectory") return trajectoryPull(this.net, this.journey(), this.points.labels, this.points.at);
    const dice = new Dice(this.seed, "batch", this.steps);
    const groups = this.rows.map((rows, label) => ({ real: taken(this.real.at, dice.some(this.reals[label], BATCH)), learned: taken(this.points.at, rows), rows }));
    if (this.objective === "mean") return meanPull(this.net, this.drawn(this.steps), groups, this.points.at);
    if (this.steps % LOOKS === 0 || !this.theta) this.theta = this.drawn(Math.floor(this.steps / LOOKS));
    return gradientPull(this.net, this.theta, groups, this.points.at);
  }

  step(rate) {
    const found = this.pull(), { at } = this.points;
    for (let k = 0; k < at.length; k++) {
      this.speed[k] = MOMENTUM * this.speed[k] + found.push[k];
      at[k] -= rate * this.speed[k];
    }
    if (this.objective === "gradient") this.train();
    if (found.slope !== undefined) this.alpha = Math.max(LEAST_ALPHA, this.alpha - ALPHA_RATE * found.slope);
    this.steps += 1;
    return found;
  }

  drawn(number) {
    return this.net.drawn(new Dice(this.seed, "network", number));
  }

  // Between two looks the network learns a little from the points as they are now.
  train() {
    const gradient = new Float64Array(this.net.count);
    for (let s = 0; s < INNER; s++) {
      this.net.learn(this.theta, this.points.at, this.points.labels, gradient);
      for (let k = 0; k < gradient.length; k++) this.theta[k] -= INNER_RATE * gradient[k];
    }
  }

  // Where an expert was and where it went, both drawn.
  journey() {
    const dice = new Dice(this.seed, "journey", this.steps), number = Math.floor(dice.uniform(0, EXPERTS)), start = Math.floor(dice.uniform(0, LAST));
    const path = (this.experts[number] ??= this.expert(number));
    return { origin: path[start], target: path[start + AHEAD], steps: STEPS, rate: this.alpha };
  }

  // A network trained on the real points in batches, by plain gradient descent; its weights after every few steps.
  expert(number) {
    const dice = new Dice(this.seed, "expert", number), theta = this.net.drawn(dice), path = [Float64Array.from(theta)], gradient = new Float64Array(this.net.count);
    const all = [...this.real.labels.keys()];
    for (let s = 1; s <= EPOCH * (LAST + AHEAD); s++) {
      const rows = dice.some(all, EXPERT_BATCH);
      this.net.learn(theta, taken(this.real.at, rows), rows.map((i) => this.real.labels[i]), gradient);
      for (let k = 0; k < theta.length; k++) theta[k] -= EXPERT_RATE * gradient[k];
      if (s % EPOCH === 0) path.push(Float64Array.from(theta));
    }
    return path;
  }
}
