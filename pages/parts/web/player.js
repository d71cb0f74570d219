// The player: one clock for every view on the page.
import { button, calm, el, icon, words } from "./draw.js";
import { answer, helpDialog } from "./keys.js";
import { mount, stick } from "./mount.js";
import { learned } from "./learning.js";
import { ALIGNS } from "./run.js";
import { Story } from "./story.js";
import { Wiring } from "./wiring.js";
import { Track, describe } from "./track.js";

const PLAY = "M4 2l10 6-10 6z", PAUSE = "M3 2h4v12H3zM9 2h4v12H9z", FIRST = "M2 2h2v12H2zM14 2v12L5 8z", LAST = "M12 2h2v12h-2zM2 2v12l9-6z";
const BACK = "M11 2v12L3 8z", FORTH = "M5 2v12l8-6z";
const WHOLE = 14; // seconds that a whole run takes at speed 1
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const STOPS = ["images", "scalars", "scored", "stage"]; // kinds of records at which one step stops
const REST = 300; // milliseconds after which the clock rests

export default function (component) {
  return mount(component, Player);
}

class Player {
  constructor(root, store, again) {
    Object.assign(this, { root, store, again, told: "", timer: 0, frame: 0, last: 0, started: "" });
    this.play = button("Play (space)", icon(PLAY), () => this.toggle());
    this.live = el("button", { type: "button", class: "live", text: "▸ live", title: "Follow the run as it works (End)", onclick: () => this.seek(Infinity, true) });
    this.speed = el("select", { "aria-label": "Speed", title: "Speed ( [ and ] )", onchange: () => this.setSpeed(Number(this.speed.value)) });
    this.speed.append(...SPEEDS.map((s) => el("option", { value: s, text: `×${s}` })));
    this.track = new Track(root, store, () => this.commit());
    this.says = el("span", { class: "says", "aria-live": "off" });
    this.help = helpDialog();
    Object.assign(this, { story: new Story(), wiring: new Wiring(root) });
    const moves = el("div", { class: "moves" },
      button("To the start (Home)", icon(FIRST), () => this.seek(0)), button("One step back (←)", icon(BACK), () => this.step(-1)), this.play,
      button("One step on (→)", icon(FORTH), () => this.step(1)), button("To the end (End)", icon(LAST), () => this.toEnd()));
    const ends = el("div", { class: "ends" }, this.says, this.live, this.speed, button("Keys (?)", el("span", { text: "?" }), () => this.help.showModal()));
    root.append(el("div", { class: "player" }, moves, this.track.node, ends), this.story.node, this.wiring.node, this.help);
    this.onKey = (event) => answer(this, event);
    window.addEventListener("keydown", this.onKey);
  }

  // Whether a run of this page still works.
  get active() {
    return this.store.shown.some((run) => run.records.length && !run.over);
  }

  // ---- moving the clock
  seek(x, follow = false) {
    this.store.clock.wanted = null;
    this.store.seek(x, follow);
    this.commit();
  }

  toEnd() {
    this.seek(this.store.reach, this.active);
  }

  setSpeed(value) {
    this.store.clock.speed = this.speed.value = value;
    this.again();
  }

  faster(by) {
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(this.store.clock.speed) + by))]);
  }

  toggle() {
    const { clock, reach } = this.store, follows = clock.follow && this.active; // moving with the run: this press holds the view
    const on = !clock.playing && !follows;
    if (on && (clock.follow || clock.x >= reach - 1e-9)) clock.x = 0;
    Object.assign(clock, { playing: on, follow: false });
    this.commit();
    this.store.emit("time");
    this.run();
  }

  // One report back or on; a stage with `far`.
  step(by, far = false) {
    const { store } = this, lead = store.shown.find((r) => r.records.length);
    if (!lead) return;
    const stops = far ? lead.stages.map((s) => lead.records.find((r) => r.n >= s.n)) : lead.records.filter((r) => STOPS.includes(r.kind));
    const places = [...new Set(stops.filter(Boolean).map((r) => store.where(lead, r)))].sort((a, b) => a - b), { x } = store.clock;
    store.clock.playing = false;
    this.seek(by > 0 ? (places.find((p) => p > x + 1e-9) ?? store.reach) : (places.reverse().find((p) => p < x - 1e-9) ?? 0));
  }

  run() {
    if (this.frame) return;
    this.last = performance.now();
    this.frame = requestAnimationFrame((now) => this.beat(now));
  }

  beat(now) {
    const { store } = this, { clock } = store, passed = Math.min(0.1, (now - this.last) / 1000);
    Object.assign(this, { frame: 0, last: now });
    if (clock.follow && clock.x < store.reach) this.glide(passed);
    else if (clock.playing) this.advance(passed);
    if (clock.playing || (clock.follow && clock.x < store.reach)) this.frame = requestAnimationFrame((next) => this.beat(next));
  }

  // With a run that works, the clock glides to what came last.
  glide(passed) {
    const { store } = this, rest = store.reach - store.clock.x;
    store.clock.x = calm() || rest < store.end * 2e-4 ? store.reach : store.clock.x + rest * Math.min(1, passed * 5);
    store.emit("time");
  }

  advance(passed) {
    const { store } = this, { clock, reach } = store;
    clock.x = Math.min(reach, clock.x + (passed * clock.speed * store.end) / WHOLE);
    if (clock.x >= reach) {
      Object.assign(clock, { playing: false, follow: this.active });
      this.commit();
    }
    store.emit("time");
  }

  // The link keeps where the clock stands, but only when it rests.
  commit() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), REST);
  }

  tell() {
    const { store } = this, { clock } = store, [first] = store.shown;
    if (clock.playing || this.track.dragging) return;
    const share = clock.follow ? null : Number((clock.x / store.end).toFixed(4)), n = clock.follow || !first ? null : (store.at(first, first.records)?.n ?? null);
    const at = { share, n, entry: clock.entry }, text = JSON.stringify(at);
    if (text !== this.told) this.setState("at", at);
    this.told = text;
  }

  copyLink() {
    const said = () => {
      this.says.textContent = "link copied";
      setTimeout(this.again, 1500);
    };
    navigator.clipboard?.writeText(window.location.href).then(said, this.again);
  }

  // ---- what comes from outside
  update(component) {
    const { runs, align, start, entry } = component.data, { store } = this, { clock } = store, name = JSON.stringify([runs, align, entry]);
    this.setState = component.setStateValue;
    Object.assign(this, { tells: component.data.story !== false, wires: Boolean(component.data.wiring) });
    stick(this.root);
    if (name === this.started) return;
    const same = JSON.stringify(clock.runs) === JSON.stringify(runs) && (clock.entry ?? entry) === entry, share = clock.x / store.end;
    Object.assign(this, { started: name, told: JSON.stringify({ share: start, n: null, entry }) });
    Object.assign(clock, { runs, align, entry }); // a step of a lesson that is entered anew goes where its link says
    if (same && start === null) clock.x = clock.follow ? store.reach : share * store.end;
    else Object.assign(clock, { playing: false, follow: start === null, wanted: start, x: start === null ? store.reach : start * store.end });
    this.speed.value = clock.speed;
    store.emit("time");
  }

  // New data: keep up with a run that is followed, and go where a shared link points once that part is there.
  heard(what) {
    const { store } = this, { clock } = store, over = store.shown.every((r) => r.over);
    if (what === "data" && typeof clock.wanted === "number") {
      clock.x = Math.min(clock.wanted * store.end, store.reach);
      if (over && store.reach >= clock.wanted * store.end - 1e-6) clock.wanted = null;
      store.emit("time");
    }
    if (this.track.dragging || clock.playing) clock.wanted = null;
    if (what === "time" && !clock.follow && clock.wanted === null) this.commit(); // another view went there
    if (what === "data" && clock.follow) {
      if (over) clock.x = store.reach;
      this.run();
      store.emit("time");
    }
    if (what !== "hover") this.again();
  }

  // ---- what is drawn
  draw() {
    const { clock } = this.store, moving = clock.playing || (clock.follow && this.active), label = moving ? "Hold the view; the run goes on (space)" : "Play (space)";
    this.play.replaceChildren(icon(moving ? PAUSE : PLAY));
    for (const name of ["title", "aria-label"]) this.play.setAttribute(name, label);
    this.live.hidden = !this.active;
    this.live.setAttribute("aria-pressed", String(clock.follow));
    const lead = this.store.shown.find((r) => r.records.length), spoken = describe(lead, lead && this.store.at(lead, lead.records));
    const at = clock.align === "learning" ? learned(clock.x) : clock.align === "fraction" ? `${Math.round(clock.x * 100)} %` : `${words(clock.x)} ${ALIGNS[clock.align]}`;
    const cut = spoken.lastIndexOf(" · "), alone = lead && this.store.shown.length === 1; // one of the two stands in the sentence below
    const short = !alone ? spoken : this.tells ? spoken.slice(cut + 3) : spoken.slice(0, cut);
    this.says.classList.toggle("stage", Boolean(alone && !this.tells));
    this.says.textContent = clock.align === "step" || !lead ? short : `${short} · ${at}`;
    this.wiring.show(this.store, this.wires ? lead : null, this.story.show(this.store, this.tells ? lead : null));
    this.track.canvas.setAttribute("aria-valuenow", Math.round((100 * clock.x) / this.store.end));
    this.track.canvas.setAttribute("aria-valuetext", spoken);
    this.track.paint();
  }

  remove() {
    window.removeEventListener("keydown", this.onKey);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.store.clock.playing = false;
  }
}
