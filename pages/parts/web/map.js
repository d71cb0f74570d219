// The feature map: real and synthetic images in a plane that stands still; zoom, hover, pin, draw around.
import { ClassKeys } from "./classkeys.js";
import { button, choice, el, fit, polyline, theme } from "./draw.js";
import { within } from "./density.js";
import { Glass, enlarged } from "./glass.js";
import { Hand, Lens } from "./lens.js";
import { mount } from "./mount.js";
import { COLORS } from "./palette.js";
import { PLANES, Plane, SPACES } from "./plane.js";
import { Points } from "./points.js";
import { drawTile } from "./tiles.js";

const SMALL = 560; // pixels: on a narrower map the tools are folded at first
const AGAIN = 10_000; // milliseconds after which a question that nobody answered is asked again
const NEAR = 9, BEFORE = 5; // pixels within which a point is meant; how much a synthetic one goes before a real one

export default function (component) {
  return mount(component, FeatureMap);
}

class FeatureMap {
  constructor(root, store, again) {
    Object.assign(this, { root, store, again, plane: new Plane(store), lens: new Lens(), titles: [], height: 340, asked: {}, given: "", how: { trails: false, contours: false, blobs: false, byRun: false, lasso: false } });
    this.spaces = choice("Space", SPACES, (to) => this.choose(to, this.plane.kind));
    this.kinds = choice("Plane", PLANES, (to) => this.choose(this.plane.space, to));
    this.area = el("canvas", { tabindex: 0, role: "img", "aria-label": "Feature map" });
    this.trust = el("div", { class: "caption", role: "status" });
    this.legend = el("div", { class: "bar small" });
    this.hue = this.flag("color by run", "byRun");
    this.classes = new ClassKeys(store);
    this.more = el("button", { type: "button", text: "more about this map", "aria-expanded": "false", title: "Other planes, trails, areas, drawing around, zoom", onclick: () => this.unfold(this.rest.hidden) });
    this.rest = el("span", { class: "bar", style: "margin:0", hidden: true }, this.spaces, this.kinds, this.flag("trails", "trails"), this.flag("contours", "contours"), this.flag("class areas", "blobs"), this.flag("lasso", "lasso"), this.tools());
    this.head = el("div", { class: "bar" }, this.hue, this.rest);
    root.append(this.head, this.area, this.classes.node, this.legend, this.trust, this.more);
    this.glass = new Glass(root);
    this.hand = new Hand(this.area, this.lens, {
      again, lassoing: () => this.how.lasso, hover: (x, y) => this.hover(x, y), click: (x, y) => this.click(x, y), lassoed: (ring) => this.lassoed(ring), leave: () => this.leave(),
    });
  }

  // All that a first look does not need stands behind one button.
  unfold(open) {
    this.rest.hidden = !open;
    this.head.hidden = !open && this.hue.hidden;
    this.more.textContent = open ? "less" : "more about this map";
    this.more.setAttribute("aria-expanded", String(open));
  }

  flag(words, key) {
    const made = el("button", { type: "button", text: words, "aria-pressed": String(this.how[key]) });
    made.onclick = () => {
      this.how[key] = !this.how[key];
      made.setAttribute("aria-pressed", String(this.how[key]));
      this.again();
    };
    return made;
  }

  tools() {
    const zoom = (by) => this.hand.zoom(by, this.area.clientWidth / 2, this.height / 2);
    return el("span", { class: "tools" }, button("Closer", el("span", { text: "+" }), () => zoom(1.4)), button("Farther", el("span", { text: "−" }), () => zoom(1 / 1.4)), button("Whole map (Z)", el("span", { text: "⤢" }), () => this.reset()));
  }

  update(component) {
    const { runs, plane, height, mark, troubles, titles, tools } = component.data, fresh = JSON.stringify([runs, plane]);
    Object.assign(this, { height: Math.min(height, Math.max(300, this.root.clientWidth)), titles: titles ?? [], setState: component.setStateValue, setTrigger: component.setTriggerValue });
    Object.assign(this.plane, { runs, mark, troubles });
    this.hue.hidden = this.legend.hidden = runs.length < 2;
    this.head.hidden = this.rest.hidden && this.hue.hidden;
    this.legend.replaceChildren(...(runs.length < 2 ? [] : runs.map((_, i) => this.entry(i))));
    if (this.given === fresh) return;
    if (!this.given) this.unfold(Boolean(tools) && this.root.clientWidth > SMALL);
    this.given = fresh;
    this.turn(...plane.split("-"));
  }

  // A run's color, and how the edges of its classes are dashed.
  entry(i) {
    const dot = el("i", { style: `background:${COLORS[i]};height:10px;width:10px;border-radius:50%;display:inline-block;margin-right:4px` });
    return el("span", {}, dot, this.titles[i] ?? "ABCDEF"[i]);
  }

  // ---- which plane
  turn(space, kind) {
    Object.assign(this.plane, { space, kind });
    this.spaces.show(space);
    this.kinds.show(kind);
    this.reset();
  }

  choose(space, kind) {
    this.turn(space, kind);
    this.setState("plane", this.plane.name);
    this.given = JSON.stringify([this.plane.runs, this.plane.name]);
    if (!this.plane.made && this.plane.loaded) this.ask();
  }

  // A question may be lost on the way; asked twice, it is answered once.
  ask() {
    const { plane } = this, name = plane.key;
    this.asked[name] = true;
    this.setTrigger("ask", plane.name);
    setTimeout(() => {
      if (name === plane.key && this.root.isConnected && !plane.made && !plane.troubles[name]) this.ask();
    }, AGAIN);
  }

  reset() {
    this.lens.reset();
    this.again();
  }

  // ---- what is drawn
  draw() {
    const { plane } = this, width = Math.max(120, this.root.clientWidth), look = theme(this.root.getRootNode()), g = fit(this.area, width, this.height);
    g.fillStyle = look.panel;
    g.fillRect(0, 0, width, this.height);
    g.font = `12px ${look.font}`;
    if (!plane.made && plane.loaded && !this.asked[plane.key]) this.ask();
    const frame = plane.frame(), status = plane.pending();
    this.trust.textContent = plane.told() + (this.how.blobs ? ` · areas: where the images of a class lie densely${plane.runs.length > 1 ? " (A filled, the others by dashed edges)" : ""}` : "");
    this.area.spots = frame.empty ? [] : new Points(g, plane, this.lens.projection(frame, width, this.height), look, this.how, [width, this.height]).paint();
    if (this.hand.lasso) outline(g, this.hand.lasso, look);
    this.classes.show(this.spots, plane.runs.map((run) => this.store.run(run)).find(Boolean), this.how.byRun ? look.text : null);
    const count = (source) => this.spots.filter((s) => s.source === source).length;
    if (!frame.empty) this.area.setAttribute("aria-label", `Feature map, ${plane.kind} of ${plane.space}: ${count("real")} real and ${count("synthetic")} synthetic images`);
    g.fillStyle = look.text;
    g.textAlign = frame.empty ? "center" : "left";
    if (frame.empty) g.fillText(status ?? "no network outputs yet: they come with the first images", width / 2, this.height / 2, width - 20);
    else if (status) g.fillText(status, 10, 18, width - 20);
    g.textAlign = "left";
  }

  // ---- pointing
  // The points that are drawn; they lie with the canvas, where tests look for them too.
  get spots() {
    return this.area.spots ?? [];
  }

  // Synthetic points win over real ones where both are near.
  near(x, y) {
    const away = this.spots.map((s) => [Math.hypot(s.x - x, s.y - y) - (s.source === "synthetic" ? BEFORE : 0), s]);
    return away.filter(([d]) => d < NEAR).sort((a, b) => a[0] - b[0])[0]?.[1] ?? null;
  }

  hover(x, y) {
    const over = this.near(x, y);
    this.store.set("hover", over && naming(over));
    if (!over) return this.glass.hide();
    const { store, plane } = this, real = over.source === "real";
    const tileOf = (run) => (real ? store.reals(run) : store.tiles(run)).find((t) => t.id === over.id);
    const run = [over.run, ...(real ? plane.runs : [])].map((id) => store.run(id)).find(tileOf) ?? store.run(over.run), tile = tileOf(run); // any run may have its picture
    const size = tile ? enlarged(tile.record.tile, 96) : null, whose = plane.runs.length > 1 && !real ? ` · ${run.info.title}` : "";
    const place = { x: over.x, y: Math.min(over.y, this.height - 100), size: 0 };
    this.glass.show(this.area, place, size, (g) => drawTile(g, store, run, tile, 0, 0, ...size), `${run.name(over.label)} · ${over.source} ${over.id}${whose}`);
  }

  leave() {
    this.glass.hide();
    this.store.set("hover", null);
  }

  click(x, y) {
    const spot = this.near(x, y), pin = spot && naming(spot);
    if (!pin && !this.store.pin) return;
    this.store.set("pin", pin);
    this.setState("pin", pin);
  }

  // Of what was drawn around, the synthetic points if there are any.
  lassoed(ring) {
    const inside = this.spots.filter((s) => within(s, ring)), source = inside.some((s) => s.source === "synthetic") ? "synthetic" : "real";
    const points = inside.filter((s) => s.source === source).map(({ run, id, label }) => ({ run, id, label }));
    this.store.set("chosen", points.length ? { source, points } : null);
    this.setState("lasso", this.store.chosen);
  }

  heard(what, detail) {
    if (what === "key" && detail === "z") this.reset();
    if (what === "chosen" && !this.store.chosen) this.setState("lasso", null);
    this.again();
  }
}

const naming = ({ run, id, label, source }) => ({ run, id, label, source });

function outline(g, ring, look) {
  g.strokeStyle = look.accent;
  g.setLineDash([4, 3]);
  polyline(g, ring);
  g.setLineDash([]);
}
