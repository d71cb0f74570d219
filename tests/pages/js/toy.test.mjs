// The toy: random numbers, derivatives against differences, lines, the link, the world. Run with `node --test tests/pages/js`.
import assert from "node:assert/strict";
import test from "node:test";

import { EDGE, byClass, classMeans, drawn, randomReal, starting } from "../../../pages/parts/web/toy_data.js";
import { contour, lead } from "../../../pages/parts/web/toy_field.js";
import { FIELDS, fromLink, toLink } from "../../../pages/parts/web/toy_link.js";
import { Net } from "../../../pages/parts/web/toy_net.js";
import { calmed } from "../../../pages/parts/web/toy_plots.js";
import { Dice } from "../../../pages/parts/web/toy_random.js";
import { agreeing, falling, moving, verdict } from "../../../pages/parts/web/toy_words.js";
import { World } from "../../../pages/parts/web/toy_world.js";

const close = (a, b, within = 1e-6) => assert.ok(Math.abs(a - b) <= within * Math.max(1, Math.abs(b)), `${a} is not ${b}`);
const world = (link = {}) => new World(fromLink(link).settings);
const settled = (link) => {
  const made = world(link);
  while (made.work());
  return made;
};

test("a seed repeats its numbers, another name draws others", () => {
  const some = (...names) => Array.from({ length: 5 }, ((dice) => () => dice.uniform())(new Dice(...names)));
  assert.deepEqual(some(1, "a"), some(1, "a"));
  assert.notDeepEqual(some(1, "a"), some(1, "b"));
  assert.notDeepEqual(some(1, "a"), some(2, "a"));
  const dice = new Dice("moments"), normals = Array.from({ length: 20000 }, () => dice.normal());
  const mean = normals.reduce((a, b) => a + b) / 20000, square = normals.reduce((a, b) => a + b * b, 0) / 20000;
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(square - 1) < 0.05);
  assert.equal(new Set(dice.some([1, 2, 3, 4], 4)).size, 4);
});

for (const act of ["tanh", "relu"])
  test(`gradients and their derivatives agree with differences (${act})`, () => {
    const net = new Net([2, 5, 4, 3], act), dice = new Dice(act), theta = net.drawn(dice), v = net.drawn(dice), labels = [0, 2, 1, 2];
    const x = Float64Array.from({ length: 8 }, () => dice.normal()), gradient = new Float64Array(net.count), curved = new Float64Array(net.count), tiny = 1e-5;
    const moved = (values, i, by) => values.map((one, k) => (k === i ? one + by : one)), scratch = new Float64Array(net.count);
    const along = (t, at) => {
      net.learn(t, at, labels, scratch);
      return scratch.reduce((sum, g, k) => sum + g * v[k], 0);
    };
    net.learn(theta, x, labels, gradient);
    for (let i = 0; i < net.count; i++) close(gradient[i], (net.learn(moved(theta, i, tiny), x, labels, scratch) - net.learn(moved(theta, i, -tiny), x, labels, scratch)) / 2 / tiny);
    const mixed = Float64Array.from(net.second(theta, x, labels, v, curved));
    for (let i = 0; i < 8; i++) close(mixed[i], (along(theta, moved(x, i, tiny)) - along(theta, moved(x, i, -tiny))) / 2 / tiny);
    for (let i = 0; i < net.count; i++) close(curved[i], (along(moved(theta, i, tiny), x) - along(moved(theta, i, -tiny), x)) / 2 / tiny);
  });

test("every shape has as many points of every class, and noise moves the same points", () => {
  for (const shape of FIELDS.data[1]) {
    const calm = drawn(shape, 30, 0, new Dice(1)), noisy = drawn(shape, 30, 0.1, new Dice(1)), classes = Math.max(...calm.labels) + 1;
    assert.deepEqual(byClass(calm.labels, classes).map((rows) => rows.length), Array(classes).fill(30));
    assert.ok(calm.at.every((v) => Math.abs(v) <= EDGE));
    assert.ok(calm.at.every((v, i) => Math.abs(v - noisy.at[i]) < 0.6) && calm.at.some((v, i) => v !== noisy.at[i]));
  }
});

test("learned points begin where it was said", () => {
  const real = drawn("blobs", 20, 0.1, new Dice(1)), has = (x, y) => real.at.some((v, i) => i % 2 === 0 && v === x && real.at[i + 1] === y);
  for (const kind of ["random", "real", "grid"])
    for (const k of [1, 2, 3, 5]) {
      const { at, labels } = starting(kind, k, real, 3, 7);
      assert.deepEqual([...labels], [0, 1, 2].flatMap((c) => Array(k).fill(c)));
      assert.ok(at.every((v) => Math.abs(v) <= (kind === "real" ? EDGE : 1)));
      if (kind === "real") assert.ok(labels.every((_, i) => has(at[2 * i], at[2 * i + 1])));
    }
  const random = randomReal(real, 2, 3, 7, 0);
  assert.ok(random.labels.every((label, i) => real.labels[real.at.findIndex((v, j) => j % 2 === 0 && v === random.at[2 * i]) / 2] === label));
  const rows = byClass(real.labels, 3)[1];
  close(classMeans(real, 3).at[2], rows.reduce((sum, i) => sum + real.at[2 * i], 0) / 20);
});

test("the line between classes lies where the lead changes sign", () => {
  const side = 5, values = Float64Array.from({ length: 25 }, (_, i) => (i % side) - 1.5), lines = contour(values, side);
  assert.equal(lines.length, side - 1);
  assert.ok(lines.every(([a, , c]) => a === 1.5 && c === 1.5));
  assert.deepEqual([...lead([1, 3, 2, 5, 0, 5], 3, 1)], [1, -5]);
  assert.deepEqual(calmed([2, 4, 6, 8], 2), [2, 3, 5, 7]);
});

test("the link holds every setting, and says what it cannot mean", () => {
  const link = { data: "spiral", noise: "0.2", k: "2", begin: "grid", objective: "mean", rate: "3", seed: "12", at: "0.1,0.2;-0.3,0.4;0.5,0.5;1,1", moved: "3:0.25,-0.5" };
  const { settings, wrong } = fromLink(link);
  assert.deepEqual(wrong, []);
  assert.deepEqual(toLink(settings), link);
  assert.deepEqual(toLink(fromLink({}).settings), {});
  const odd = fromLink({ data: ":::", k: "4", seed: "-1", step: "nan", at: "1,2", moved: "x;9999:0,0" });
  assert.equal(odd.wrong.length, 7);
  assert.deepEqual(toLink(odd.settings), {});
  assert.match(odd.wrong[0], /data=::: is none of circles, moons/);
});

test("the same seed gives the same world, whenever its work is done", () => {
  for (const objective of FIELDS.objective[1]) {
    const one = settled({ objective }), two = world({ objective });
    while (!two.all.answers) two.work();
    for (let i = 0; i < 12; i++) {
      one.step();
      two.step();
      two.work();
    }
    assert.deepEqual(one.points.at, two.points.at);
    assert.deepEqual(one.losses, two.losses);
    assert.deepEqual(one.looks, two.looks);
    assert.notDeepEqual(one.points.at, world({ objective, seed: "1" }).points.at);
  }
});

test("it teaches: gradient matching on moons beats as many random real points", () => {
  const made = settled();
  assert.ok(made.all.accuracy > 0.95);
  assert.match(verdict(made), /^Not good yet.*Let it run\.$/);
  assert.match(moving(made), /^Press play/);
  for (let i = 0; i < 200; i++) made.step();
  const late = made.looks.slice(-10).map((one) => one.accuracy), draws = made.control.draws;
  assert.ok(late.reduce((a, b) => a + b) / 10 > draws.reduce((a, b) => a + b) / draws.length);
  assert.match(falling(made), /^It fell from/);
  assert.match(agreeing(made), /points more than at step 0/);
  assert.match(moving(made), /^Step 200\. The 6 filled points move/);
});

test("a point that is moved by hand changes the boundary", () => {
  const made = settled(), before = [...made.learned.logits], all = [...made.all.logits];
  made.moveLearned(0, -1, -1);
  assert.deepEqual([...made.points.at.slice(0, 2)], [-1, -1]);
  assert.notDeepEqual([...made.learned.logits], before);
  made.moveReal(0, 1.2, 1.2);
  assert.notDeepEqual([...made.all.logits], all, "the network of all points answers while one is dragged");
  made.dropReal();
  assert.equal(made.control.draws.length, 0);
  while (made.work());
  const again = settled({ moved: "0:1.2,1.2" });
  assert.deepEqual([...made.all.logits], [...again.all.logits], "the link leads to the same boundary");
});

test("too large a rate breaks it, is said, and nothing is thrown", () => {
  for (const objective of FIELDS.objective[1]) {
    const made = settled({ objective, rate: "10000" });
    for (let i = 0; i < 60; i++) made.step();
    assert.match(made.broken, /^(Step \d+ threw points|At step \d+ the loss).*step size \(×10000\) is too large/);
    assert.match(verdict(made), /^It broke\./);
    made.look();
    made.moveLearned(0, NaN, 0);
    assert.match(verdict(made), /Choose a smaller step size/);
  }
});
