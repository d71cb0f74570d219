// The toy: points in the plane are distilled in the browser. Two pictures, one clock; everything answers while it runs.
import { button, calm, el, icon, theme } from "./draw.js";
import { typing } from "./keys.js";
import { mount } from "./mount.js";
import { fromLink, toLink } from "./toy_link.js";
import { Panel, SPEEDS_SAID, dropdown } from "./toy_panel.js";
import { PlanePicture } from "./toy_plane.js";
import { Side } from "./toy_side.js";
import { moving, verdict } from "./toy_words.js";
import { World } from "./toy_world.js";

const GO = "M4 2l10 6-10 6z", HOLD = "M3 2h4v12H3zM9 2h4v12H9z", ONE = "M3 2l7 6-7 6zM11 2h2v12h-2z", ANEW = "M8 2a6 6 0 1 1-5.7 4.1l1.5.5A4.4 4.4 0 1 0 8 3.6V6L4.2 2.9 8 0z";
const PACE = 40, BUDGET = 12, LONG = 1000, SETTLE = 300; // steps a second at ×1; milliseconds of a frame; steps until it rests; milliseconds until the link follows

export default function (component) {
  return mount(component, Toy);
}

class Toy {
  constructor(root, store, again) {
    Object.assign(this, { root, again, world: null, playing: false, speed: 1, due: 0, last: 0, frame: 0, timer: 0, sent: [], given: null, known: null, wrong: [] });
    this.panel = new Panel((name, value) => this.change({ [name]: name === "data" || name === "begin" || name === "objective" ? value : Number(value) }));
    this.left = new PlanePicture(false, this.hands("real", (i, x, y) => this.world.moveReal(i, x, y), () => this.world.dropReal()));
    this.right = new PlanePicture(true, this.hands("points", (i, x, y) => this.moved(i, x, y), () => {}));
    this.side = new Side();
    this.says = el("p", { class: "story" });
    this.verdict = el("p", { class: "story", role: "status", "aria-live": "off" });
    this.wrongs = el("p", { class: "small", role: "alert", hidden: true });
    const main = el("div", { class: "main" }, this.panel.node, this.player(), this.wrongs, el("div", { class: "planes" }, this.left.node, this.right.node), el("div", { class: "stories" }, this.verdict, this.says));
    root.append(el("div", { class: "toy" }, main, this.side.node));
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey);
  }

  player() {
    this.play = button("Play (space)", icon(GO), () => this.toggle());
    this.pace = dropdown("Speed", SPEEDS_SAID, (value) => (this.speed = Number(value)));
    this.pace.show("1");
    this.clock = el("span", { class: "says" });
    const words = (path, text) => el("span", { class: "withicon" }, icon(path), text);
    return el("div", { class: "player" }, this.play, button("One step (→)", icon(ONE), () => this.stepOnce()),
      button("Again from the start: same data, same start, same random networks; what was dragged goes back", words(ANEW, "again, same seed"), () => this.change({})),
      button("Other data, another start, other random networks", el("span", { text: "new seed" }), () => this.change({ seed: (this.world.settings.seed + 1) % 10000 })), this.pace, this.clock);
  }

  hands(what, move, drop) {
    const after = (done) => (...values) => {
      done(...values);
      this.wake();
    };
    return { points: () => this.world[what], move: after(move), draw: () => this.again(), drop: after((i) => {
      drop(i);
      this.commit();
    }) };
  }

  // A learned point was moved by hand: the link holds all of them as they are now.
  moved(i, x, y) {
    this.world.moveLearned(i, x, y);
    this.world.settings.at = Array.from(this.world.points.at);
  }

  // ---- settings
  update(component) {
    this.setState = component.setStateValue;
    const link = component.data.link, key = JSON.stringify(link), own = this.sent.indexOf(key);
    if (key === this.given) return; // nothing new: the view is only drawn again
    this.given = key;
    if (own >= 0) return void this.sent.splice(0, own + 1); // our own words came back
    this.known = key;
    const { settings, wrong } = fromLink(link), goal = settings.step;
    this.wrong = wrong;
    this.build(settings);
    for (let s = 0; s < goal; s++) this.world.step();
    if (goal) this.world.look();
    this.run(!goal && !calm());
  }

  // Another world with these settings; what was dragged is undone. Only the step size may change on the way.
  change(settings) {
    this.wrong = [];
    if (settings.rate && !this.world.broken) this.panel.show(Object.assign(this.world.settings, settings));
    else this.build({ ...this.world.settings, step: 0, at: null, moved: {}, ...settings });
    this.commit();
    this.wake();
  }

  build(settings) {
    this.world = new World(settings);
    this.panel.show(settings);
    this.due = 0;
  }

  // The link, a moment after the last change; the step only where it rests.
  commit() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const link = toLink({ ...this.world.settings, step: this.playing || this.world.settings.at ? 0 : this.world.steps }), key = JSON.stringify(link);
      if (key === this.known) return;
      this.known = key;
      this.sent.push(key);
      this.setState("link", link);
    }, SETTLE);
  }

  // ---- the clock
  run(on) {
    this.playing = on;
    this.play.replaceChildren(icon(on ? HOLD : GO));
    this.play.setAttribute("aria-label", (this.play.title = on ? "Pause (space)" : "Play (space)"));
    this.verdict.setAttribute("aria-live", on ? "off" : "polite");
    this.wake();
  }

  toggle() {
    this.run(!this.playing);
    this.commit();
  }

  stepOnce() {
    this.run(false);
    this.world.step();
    this.commit();
  }

  key(event) {
    const origin = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || typing(origin) || (event.key === " " && origin?.tagName === "BUTTON")) return;
    const doing = { " ": () => this.toggle(), ArrowRight: () => this.stepOnce() }[event.key];
    if (!doing) return;
    doing();
    event.preventDefault();
  }

  wake() {
    if (this.frame) return;
    this.last = performance.now();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  // One frame: steps that are due, then waiting work, as far as the time goes; then the picture.
  tick(now) {
    const { world } = this, until = performance.now() + BUDGET;
    this.frame = 0;
    if (this.playing && world.all.answers) {
      this.due = Math.min(4, this.due + (Math.min(100, now - this.last) / 1000) * PACE * this.speed);
      for (; this.due >= 1 && !world.broken && performance.now() < until; this.due--) world.step();
      if (world.broken || (world.steps && world.steps % LONG === 0)) this.toggle();
    }
    let busy = true;
    while (busy && performance.now() < until) busy = world.work();
    this.draw();
    if (this.playing || busy) this.wake();
    this.last = now;
  }

  // ---- what is drawn
  draw() {
    const { world, root } = this;
    if (!world || !root.clientWidth) return;
    const look = theme(root.getRootNode()), wide = this.left.node.clientWidth, { classes, all, learned, broken, push, real, points } = world;
    this.left.describe(`What a network learns from all ${real.labels.length} real points`, "Hollow: real points. Line: where the network's answer changes. Drag a point!");
    this.right.describe(`What the same network learns from ${points.labels.length} learned points`, "Filled: learned points, arrows: the push on them. Gray line: the one from all. Drag a point!");
    this.left.draw({ field: all, classes }, wide, look);
    this.right.draw({ field: learned, other: all, faint: real, push, broken, classes }, wide, look);
    say(this.clock, `step ${world.steps} · seed ${world.settings.seed}${world.settings.at ? " · moved by hand" : ""}`);
    say(this.says, moving(world));
    say(this.verdict, verdict(world));
    this.wrongs.hidden = !this.wrong.length;
    say(this.wrongs, this.wrong.join(" "));
    this.side.draw(world, look);
  }

  remove() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    window.removeEventListener("keydown", this.onKey);
  }
}

// Only what changed, so that the browser need not lay the page out anew at every frame.
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
