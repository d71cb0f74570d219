// Everything the page shows, as numbers: data, learned points, both boundaries, the controls, what was measured so far.
import { CLASSES, EDGE, classMeans, drawn, randomReal, starting } from "./toy_data.js";
import { Distiller, USUAL } from "./toy_distill.js";
import { Net } from "./toy_net.js";
import { Dice } from "./toy_random.js";
import { LESSONS, Student, cells, same } from "./toy_student.js";

export const SIDE = 40, EVERY = 4, DRAWS = 10; // cells of the picture's side; steps between two looks; draws of random real points
const FRESH = 600, FAR = 20, CHUNK = 10; // fresh test points; where a point is lost; lessons at a time
const GRID = cells(SIDE, EDGE);

export class World {
  constructor(settings) {
    const { data, noise, points, k, begin, objective, seed, at, moved } = settings, classes = CLASSES[data];
    Object.assign(this, { settings, classes, chance: 1 / classes, losses: [], looks: [], broken: "", push: null, jobs: [] });
    this.net = new Net([2, 16, 16, classes]);
    this.real = drawn(data, Math.floor(points / classes), noise, new Dice(seed, "data", data));
    for (const [i, place] of Object.entries(moved)) this.real.at.set(place, 2 * Number(i));
    this.fresh = drawn(data, Math.ceil(FRESH / classes), noise, new Dice(seed, "fresh", data));
    this.points = starting(begin, k, this.real, classes, seed);
    if (at) this.points.at.set(at);
    this.init = this.net.drawn(new Dice(seed, "student"));
    this.distiller = new Distiller(this.net, this.real, this.points, { objective, seed });
    this.learned = { student: new Student(this.net, this.init) };
    this.all = { student: new Student(this.net, this.init) };
    this.first = null;
    this.look();
    this.relearn();
  }

  get steps() {
    return this.distiller.steps;
  }

  get rate() {
    return USUAL[this.settings.objective] * this.settings.rate;
  }

  // ---- the learned points
  step() {
    if (this.broken) return;
    const { loss, push } = this.distiller.step(this.rate);
    this.losses.push(loss);
    this.push ??= new Float64Array(push.length);
    for (let i = 0; i < push.length; i++) this.push[i] += 0.2 * (push[i] - this.push[i]); // arrows: the last five or so
    this.broken = this.trouble(loss);
    if (!this.broken && this.steps % EVERY === 0) this.look();
  }

  // Why it cannot go on, or "".
  trouble(loss) {
    const lost = [...this.points.at].filter((v) => !(Math.abs(v) < FAR)).length, rate = `the step size (×${this.settings.rate}) is too large`;
    if (lost) return `Step ${this.steps} threw points out of the picture: ${rate}, and steps jump far over their goal.`;
    return Number.isFinite(loss) ? "" : `At step ${this.steps} the loss is not a number any more: ${rate}, and something grew without end.`;
  }

  // A network learns from the learned points as they are now, from the beginning.
  look() {
    this.seen(this.learned, this.learned.student.again().study(this.points, LESSONS));
    this.note();
  }

  // What a network answers everywhere in the picture and on fresh points.
  seen(what, student) {
    const answers = student.answers(GRID);
    Object.assign(what, { student, answers, logits: Float64Array.from(student.net.room(GRID.length / 2).a[student.net.top]), version: (what.version ?? 0) + 1 });
    what.fresh = student.answers(this.fresh.at);
    what.accuracy = same(what.fresh, this.fresh.labels);
  }

  // The numbers of this step, in place of earlier ones of the same step.
  note() {
    if (!this.all.answers || !this.learned.answers) return;
    const { learned, all } = this;
    const found = { step: this.steps, plane: same(learned.answers, all.answers), points: same(learned.fresh, all.fresh), accuracy: learned.accuracy };
    if (this.looks.at(-1)?.step === this.steps) this.looks.pop();
    this.looks.push(found);
  }

  // ---- by hand
  moveLearned(i, x, y) {
    this.points.at.set([x, y], 2 * i);
    this.distiller.speed.fill(0, 2 * i, 2 * i + 2);
    this.look();
  }

  // While a real point is dragged the network goes on learning from where it was; dropped, it learns anew.
  moveReal(i, x, y) {
    this.real.at.set([x, y], 2 * i);
    this.settings.moved[i] = [x, y];
    if (this.all.student.steps === 0) return;
    this.seen(this.all, this.all.student.study(this.real, 6));
    this.note();
  }

  dropReal() {
    this.distiller.use(this.real);
    this.relearn();
  }

  // ---- what takes longer: the network of all real points, then the controls; `work` does a little of it
  relearn() {
    const next = new Student(this.net, this.init), { k, seed } = this.settings, lessons = Math.ceil(LESSONS / CHUNK);
    this.jobs = Array.from({ length: lessons }, (_, i) => () => {
      next.study(this.real, Math.min(CHUNK, LESSONS - i * CHUNK));
      if (i < lessons - 1) return;
      this.seen(this.all, next);
      this.note();
    });
    this.control = { draws: [], mean: null };
    const score = (set) => same(new Student(this.net, this.init).study(set, LESSONS).answers(this.fresh.at), this.fresh.labels);
    for (let draw = 0; draw < DRAWS; draw++) this.jobs.push(() => this.control.draws.push(score(randomReal(this.real, k, this.classes, seed, draw))));
    this.jobs.push(() => (this.control.mean = score(classMeans(this.real, this.classes))));
  }

  // One piece of work; false when nothing is left.
  work() {
    const job = this.jobs.shift();
    job?.();
    return Boolean(job);
  }
}
