// The feature map: real images small and hollow, synthetic ones large and filled, in a plane that stands still.
const SPACES = [["logits", "logits", "what the network answers"], ["features", "features", "last features: what its classifier sees"]];
const PLANES = [["pca", "PCA"], ["lda", "LDA"], ["tsne", "t-SNE"], ["umap", "UMAP"]];
const NOTES = { pca: "the plane of largest variance", lda: "the plane that separates the classes best", tsne: "neighborhoods only: sizes and gaps between groups mean little", umap: "neighborhoods only: sizes and gaps between groups mean little" };
const TRAIL = 40, CELLS = 72, AGAIN = 10_000;

export default function (component) {
  return mount(component, makeMap);
}

function makeMap(root, store, again) {
  let runs = [], titles = [], mark = "", troubles = {}, height = 340, space = "logits", plane = "pca", zoom = 1, panX = 0, panY = 0, setState = () => {}, setTrigger = () => {}, asked = {}, lasso = null, drag = null, over = null, given = "";
  let trails = true, contours = true, lassoing = false, byRun = false, fingers = new Map(), pinch = 0, cache = {}, layers = new Map();
  const spaces = choice("Space", SPACES, (to) => choose(to, plane)), planes = choice("Plane", PLANES.map(([value, text]) => [value, text, NOTES[value]]), (to) => choose(space, to)), area = el("canvas", { tabindex: 0, role: "img", "aria-label": "Feature map" });
  const trust = el("div", { class: "caption", role: "status" }), legend = el("div", { class: "bar small" }), glass = el("div", { class: "tip", hidden: true }), picture = el("canvas"), about = el("div");
  const flag = (words, get, set) => {
    const made = el("button", { type: "button", text: words, "aria-pressed": String(get()), onclick: () => (set(!get()), made.setAttribute("aria-pressed", String(get())), again()) });
    return made;
  };
  glass.append(picture, about);
  const tool = flag("lasso", () => lassoing, (v) => (lassoing = v)), hue = flag("color by run", () => byRun, (v) => (byRun = v));
  root.append(el("div", { class: "bar" }, spaces, planes, flag("trails", () => trails, (v) => (trails = v)), flag("contours", () => contours, (v) => (contours = v)), tool, hue,
    el("span", { class: "tools" }, button("Closer", el("span", { text: "+" }), () => zoomBy(1.4)), button("Farther", el("span", { text: "−" }), () => zoomBy(1 / 1.4)), button("Whole map (Z)", el("span", { text: "⤢" }), reset))), area, legend, trust, glass);

  function update(component) {
    setState = component.setStateValue;
    setTrigger = component.setTriggerValue;
    const data = component.data, fresh = JSON.stringify([data.runs, data.plane]);
    ({ runs, height, mark, troubles } = data);
    titles = data.titles ?? [];
    hue.hidden = legend.hidden = runs.length < 2;
    legend.replaceChildren(...(runs.length < 2 ? [] : runs.map((id, i) => el("span", {}, el("i", { style: `background:${COLORS[i]};height:10px;width:10px;border-radius:50%;display:inline-block;margin-right:4px` }), `${titles[i] ?? "ABCDEF"[i]}`))));
    if (given === fresh) return;
    given = fresh;
    [space, plane] = data.plane.split("-");
    spaces.show(space);
    planes.show(plane);
    reset();
  }

  const key = () => `${space}-${plane}${mark}`;
  const loaded = () => runs.every((id) => store.run(id).frames.length || store.run(id).logits.length);

  // Planes of logits that the runs recorded themselves are there at once, where the logits come from one network.
  function direct() {
    if (space !== "logits" || !(plane === "pca" || plane === "lda")) return false;
    if (runs.length < 2) return store.run(runs[0]).logits.length > 0 || !store.run(runs[0]).over;
    const networks = runs.map((id) => store.run(id).logits[0]?.network);
    return Boolean(networks[0]) && networks.every((one) => one === networks[0]);
  }

  const made = () => direct() || Boolean(store.run(runs[0]).planes[key()]);

  // All other planes are made by a worker when somebody asks for the first time.
  function choose(to, kind) {
    space = to;
    plane = kind;
    spaces.show(space);
    planes.show(plane);
    setState("plane", `${space}-${plane}`);
    given = JSON.stringify([runs, `${space}-${plane}`]);
    if (!made() && loaded()) ask();
    reset();
  }

  function ask() {
    const name = key();
    asked[name] = true;
    setTrigger("ask", `${space}-${plane}`);
    setTimeout(() => name === key() && root.isConnected && !made() && !troubles[name] && ask(), AGAIN); // a question may be lost on the way; asked twice, it is answered once
  }

  function reset() {
    zoom = 1;
    panX = panY = 0;
    again();
  }

  function zoomBy(by, x = area.clientWidth / 2, y = height / 2) {
    const next = Math.max(0.5, Math.min(40, zoom * by)), f = next / zoom;
    panX = x - (x - panX) * f;
    panY = y - (y - panY) * f;
    zoom = next;
    again();
  }

  // What is drawn of a run in this plane: {real: {ids, labels, at} or null, groups: [[{record, ids, labels, at}, …], …]}.
  function layer(id) {
    const run = store.run(id), name = `${key()}/${direct()}/${run.version}`, had = layers.get(id);
    if (had?.name === name) return had;
    const flat = (r) => {
      const shift = plane === "lda" ? 2 : 0, at = new Float32Array(r.ids.length * 2);
      for (let i = 0; i < r.ids.length; i++) (at[2 * i] = r.at[4 * i + shift]), (at[2 * i + 1] = r.at[4 * i + shift + 1]);
      return { record: r, ids: r.ids, labels: r.labels, at };
    };
    let real = null, steps = [];
    if (direct()) {
      if (run.realLogits.length) real = flat(run.realLogits[run.realLogits.length - 1]);
      steps = run.logits.map(flat);
    } else {
      const there = run.planes[key()];
      if (there?.real_ids && there.real) real = { ids: there.real_ids, labels: there.real_labels, at: there.real };
      for (const [n, at] of there?.of ?? []) {
        const record = run.byNumber.get(n);
        if (record && at) steps.push({ record, ids: record.ids, labels: record.labels, at });
      }
    }
    const groups = new Map();
    for (const one of steps) {
      const same = (one.record.same ??= one.ids.join());
      if (!groups.has(same)) groups.set(same, []);
      groups.get(same).push(one);
    }
    const found = { name, real, groups: [...groups.values()] };
    layers.set(id, found);
    return found;
  }

  const realLayer = () => layer(runs[0]).real;

  // One frame of reference: everything real and everything synthetic so far, so that the view never jumps while playing.
  function frameOf() {
    const key = runs.map((id) => layer(id).name).join();
    if (cache.key === key) return cache;
    let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
    const real = realLayer(), all = runs.flatMap((id) => (real ? layer(id).groups.map((g) => g[g.length - 1]) : layer(id).groups.flat()));
    for (const { at } of real ? [real, ...all] : all)
      for (let i = 0; i < at.length; i += 2) {
        if (!Number.isFinite(at[i]) || !Number.isFinite(at[i + 1])) continue;
        (x0 = Math.min(x0, at[i])), (x1 = Math.max(x1, at[i])), (y0 = Math.min(y0, at[i + 1])), (y1 = Math.max(y1, at[i + 1]));
      }
    cache = { key, x0, x1, y0, y1, empty: !(x1 >= x0), rings: null };
    return cache;
  }

  function projection(width) {
    const f = frameOf(), margin = 22, w = f.x1 - f.x0 || 1, h = f.y1 - f.y0 || 1, s = Math.min((width - 2 * margin) / w, (height - 2 * margin) / h);
    const left = (width - s * w) / 2, top = (height - s * h) / 2;
    return (x, y) => [(left + (x - f.x0) * s) * zoom + panX, (top + (f.y1 - y) * s) * zoom + panY];
  }

  function draw() {
    const width = Math.max(120, root.clientWidth), look = theme(root.getRootNode()), g = fit(area, width, height);
    g.fillStyle = look.panel;
    g.fillRect(0, 0, width, height);
    g.font = `12px ${look.font}`;
    if (!made() && loaded() && !asked[key()]) ask();
    const f = frameOf();
    trust.textContent = told();
    if (f.empty) {
      g.fillStyle = look.text;
      g.textAlign = "center";
      g.fillText(pending() ?? "no network outputs yet: they come with the first images", width / 2, height / 2, width - 20);
      g.textAlign = "left";
      area.spots = [];
      return;
    }
    const to = projection(width), spots = [];
    if (contours) rings(g, f, to, look);
    realPoints(g, to, spots, look);
    runs.forEach((id, i) => synthetic(g, store.run(id), i, to, spots, look));
    if (lasso) outline(g, lasso, look);
    area.spots = spots;
    area.setAttribute("aria-label", `Feature map, ${plane} of ${space}: ${spots.filter((s) => s.source === "real").length} real and ${spots.filter((s) => s.source === "synthetic").length} synthetic images`);
    const status = pending();
    if (status) {
      g.fillStyle = look.text;
      g.fillText(status, 10, 18, width - 20);
    }
  }

  const named = () => `${PLANES.find(([k]) => k === plane)[1]} of ${space}`;
  const pending = () => (made() ? null : troubles[key()] ? `${named()} could not be made: ${troubles[key()]}` : loaded() ? `${named()} is being made by a worker; it appears here when it is ready …` : null);

  function told() {
    const run = store.run(runs[0]), real = run.realLogits[0] ?? run.logits[0], there = direct() ? {} : (run.planes[key()] ?? {});
    const kept = direct() ? real?.kept?.[plane === "lda" ? 1 : 0] : there.kept;
    const share = kept === undefined || kept === null ? "" : `${Math.round(100 * kept)} % of the 10 nearest neighbors kept${there.trust ? `, trustworthiness ${there.trust.toFixed(2)} (scikit-learn, 10 neighbors)` : ""} · `;
    const whose = there.network?.key ? ` · by ${there.network.spec}` : "";
    return `${named()}: ${share}${NOTES[plane]}${there.note ? ` · ${there.note}` : ""}${whose} · hollow: real, filled: synthetic${store.chosen ? ` · ${store.chosen.points.length} chosen` : ""}`;
  }

  const dim = (label) => (store.only !== null && store.only !== label ? 0.12 : 1);

  // In colors of the runs, the real points are gray, and a run has a marker of its own.
  const ink = (label, index) => (byRun && runs.length > 1 ? (index < 0 ? COLORS[6] : COLORS[index % COLORS.length]) : color(label));
  const form = (label, index) => (byRun && runs.length > 1 ? Math.max(0, index) : label);

  function realPoints(g, to, spots, look) {
    const real = realLayer(), run = runs[0];
    if (!real) return;
    g.lineWidth = 1.1;
    real.ids.forEach((id, i) => {
      if (!Number.isFinite(real.at[2 * i])) return;
      const [x, y] = to(real.at[2 * i], real.at[2 * i + 1]), label = real.labels[i];
      spots.push({ x, y, run, id, label, source: "real" });
      g.globalAlpha = 0.65 * dim(label);
      g.strokeStyle = ink(label, -1);
      marker(g, form(label, -1), x, y, 2.6);
      g.stroke();
      ring(g, { run, id, label, source: "real" }, x, y, 6, look);
    });
    g.globalAlpha = 1;
  }

  function synthetic(g, run, index, to, spots, look) {
    for (const group of layer(run.id).groups) {
      const i = lastAt(group, (one) => store.where(run, one.record), store.clock.x + 1e-9), { ids, labels, at } = group[Math.max(0, i)];
      if (trails) trail(g, index, group.slice(Math.max(0, i - TRAIL), i + 1), to);
      ids.forEach((id, k) => {
        if (!Number.isFinite(at[2 * k])) return;
        const [x, y] = to(at[2 * k], at[2 * k + 1]), label = labels[k], big = ids.length > 200 ? 4.5 : ids.length * runs.length > 60 ? 5.5 : 7;
        spots.push({ x, y, run: run.id, id, label, source: "synthetic" });
        g.globalAlpha = dim(label);
        marker(g, form(label, index), x, y, big);
        g.fillStyle = ink(label, index);
        g.fill();
        g.lineWidth = runs.length > 1 && !byRun ? 2 : 1.6;
        g.strokeStyle = runs.length > 1 && !byRun ? COLORS[index % COLORS.length] : look.text;
        g.stroke();
        if (ids.length * runs.length <= 60 || store.only === label) written(g, runs.length > 1 ? `${run.name(label)} ${"ABCDEF"[index]}` : run.name(label), x + big + 2, y + 4, look);
        ring(g, { run: run.id, id, label, source: "synthetic" }, x, y, big + 4, look);
      });
    }
    g.globalAlpha = 1;
  }

  function written(g, text, x, y, look) {
    g.lineWidth = 3;
    g.strokeStyle = look.panel;
    g.strokeText(text, x, y);
    g.fillStyle = look.text;
    g.fillText(text, x, y);
  }

  function ring(g, spot, x, y, r, look) {
    const same = (s) => s && s.label === spot.label && s.source === spot.source && s.id === spot.id && (spot.source === "real" || s.run === spot.run);
    const inLasso = store.isChosen(spot);
    if (!same(store.pin) && !same(store.hover) && !inLasso) return;
    g.globalAlpha = 1;
    g.strokeStyle = same(store.pin) ? "#EE7733" : inLasso ? look.accent : look.text;
    g.lineWidth = 2.2;
    g.beginPath();
    g.arc(x, y, r, 0, 7);
    g.stroke();
  }

  function trail(g, index, steps, to) {
    if (steps.length < 2 || steps[0].ids.length > 200) return;
    steps[0].ids.forEach((_, k) => {
      const label = steps[0].labels[k];
      g.strokeStyle = ink(label, index);
      g.lineWidth = 1.5;
      g.globalAlpha = 0.5 * dim(label);
      g.beginPath();
      steps.forEach(({ at }, i) => Number.isFinite(at[2 * k]) && g[i ? "lineTo" : "moveTo"](...to(at[2 * k], at[2 * k + 1])));
      g.stroke();
    });
    g.globalAlpha = 1;
  }

  // Lines of equal density of the real images: a smoothed count on a grid, three levels.
  function rings(g, f, to, look) {
    const real = realLayer();
    if (!real) return;
    f.rings ??= densities(real.at, f);
    g.strokeStyle = look.text;
    g.lineWidth = 1;
    f.rings.forEach((segments, level) => {
      g.globalAlpha = 0.13 + 0.08 * level;
      g.beginPath();
      for (const [ax, ay, bx, by] of segments) (g.moveTo(...to(ax, ay)), g.lineTo(...to(bx, by)));
      g.stroke();
    });
    g.globalAlpha = 1;
  }

  // ---- the pointer
  area.onwheel = (event) => {
    if (!event.ctrlKey && document.activeElement !== root.getRootNode().host && root.getRootNode().activeElement !== area) return; // the page scrolls until the map was clicked
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY);
  };
  area.onpointerdown = (event) => {
    area.setPointerCapture(event.pointerId);
    area.focus({ preventScroll: true });
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    drag = { x: event.offsetX, y: event.offsetY, panX, panY, moved: false };
    if (lassoing || event.shiftKey) lasso = [[event.offsetX, event.offsetY]];
  };
  area.onpointermove = (event) => {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (fingers.size === 2) return pinching();
    if (drag) return dragged(event.offsetX, event.offsetY);
    hover(event.offsetX, event.offsetY);
  };
  area.onpointerup = area.onpointercancel = (event) => {
    fingers.delete(event.pointerId);
    pinch = 0;
    if (lasso) endLasso();
    else if (drag && !drag.moved) click(event.offsetX, event.offsetY);
    drag = null;
    again();
  };
  area.onpointerleave = () => ((glass.hidden = true), store.set("hover", null));

  function dragged(x, y) {
    if (Math.hypot(x - drag.x, y - drag.y) > 4) drag.moved = true;
    if (lasso) lasso.push([x, y]);
    else if (drag.moved) (panX = drag.panX + x - drag.x), (panY = drag.panY + y - drag.y);
    again();
  }

  function pinching() {
    const [[ax, ay], [bx, by]] = [...fingers.values()], wide = Math.hypot(ax - bx, ay - by);
    if (pinch) zoomBy(wide / pinch, (ax + bx) / 2, (ay + by) / 2);
    pinch = wide;
    if (drag) drag.moved = true;
  }

  // Synthetic points win over real ones where both are near.
  const near = (x, y) => (area.spots ?? []).map((s) => [Math.hypot(s.x - x, s.y - y) - (s.source === "synthetic" ? 5 : 0), s]).filter(([d]) => d < 9).sort((a, b) => a[0] - b[0])[0]?.[1] ?? null;

  function hover(x, y) {
    over = near(x, y);
    store.set("hover", over ? { run: over.run, id: over.id, label: over.label, source: over.source } : null);
    glass.hidden = !over;
    if (!over) return;
    const tileOf = (run) => (over.source === "real" ? store.reals(run) : store.tiles(run)).find((t) => t.id === over.id);
    const run = [over.run, ...(over.source === "real" ? runs : [])].map((id) => store.run(id)).find(tileOf) ?? store.run(over.run), tile = tileOf(run); // any run may have its picture
    picture.hidden = !tile;
    if (tile) {
      const [h, w] = tile.record.tile, k = Math.max(2, Math.round(96 / w)), g = fit(picture, w * k, h * k), sheet = store.bitmap(run, tile.record);
      g.imageSmoothingEnabled = false;
      if (sheet) g.drawImage(sheet, ...box(tile.record, tile.slot), 0, 0, w * k, h * k);
    }
    about.textContent = `${run.name(over.label)} · ${over.source === "real" ? "real" : "synthetic"} ${over.id}${runs.length > 1 && over.source !== "real" ? ` · ${run.info.title}` : ""}`;
    const top = area.offsetTop;
    glass.style.left = `${over.x + 130 > area.clientWidth ? Math.max(0, over.x - 130) : over.x + 14}px`;
    glass.style.top = `${Math.max(0, top + Math.min(over.y, height - 120))}px`;
  }

  function click(x, y) {
    const spot = near(x, y), pin = spot && { run: spot.run, id: spot.id, label: spot.label, source: spot.source };
    if (!pin && !store.pin) return;
    store.set("pin", pin);
    setState("pin", pin);
  }

  function endLasso() {
    const ring = lasso, inside = (area.spots ?? []).filter((s) => within(s, ring));
    lasso = null;
    const source = inside.some((s) => s.source === "synthetic") ? "synthetic" : "real", points = inside.filter((s) => s.source === source).map(({ run, id, label }) => ({ run, id, label }));
    store.set("chosen", points.length ? { source, points } : null);
    setState("lasso", store.chosen);
  }

  function outline(g, ring, look) {
    g.strokeStyle = look.accent;
    g.setLineDash([4, 3]);
    g.beginPath();
    ring.forEach(([x, y], i) => g[i ? "lineTo" : "moveTo"](x, y));
    g.stroke();
    g.setLineDash([]);
  }

  function heard(what, detail) {
    if (what === "key" && detail === "z") reset();
    if (what === "chosen" && !store.chosen) setState("lasso", null);
    again();
  }

  return { update, draw, heard };
}

// Whether a point lies inside a closed line (even-odd rule).
function within(point, ring) {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[i], [bx, by] = ring[j];
    if (ay > point.y !== by > point.y && point.x < ((bx - ax) * (point.y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

// Segments of three density levels of points in the frame f (marching squares over a smoothed grid).
function densities(at, f) {
  const n = CELLS, grid = new Float32Array(n * n), w = f.x1 - f.x0 || 1, h = f.y1 - f.y0 || 1, reach = 5, spread = 2.2;
  for (let k = 0; k < at.length; k += 2) {
    if (!Number.isFinite(at[k])) continue;
    const cx = 4 + ((at[k] - f.x0) / w) * (n - 9), cy = 4 + ((at[k + 1] - f.y0) / h) * (n - 9);
    for (let y = Math.max(0, Math.floor(cy) - reach); y <= Math.min(n - 1, cy + reach); y++)
      for (let x = Math.max(0, Math.floor(cx) - reach); x <= Math.min(n - 1, cx + reach); x++) grid[y * n + x] += Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread * spread));
  }
  const most = grid.reduce((a, b) => Math.max(a, b), 0), X = (x) => f.x0 + ((x - 4) / (n - 9)) * w, Y = (y) => f.y0 + ((y - 4) / (n - 9)) * h;
  return [0.15, 0.4, 0.7].map((share) => {
    const level = share * most, found = [];
    for (let y = 0; y < n - 1; y++)
      for (let x = 0; x < n - 1; x++) {
        const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]].map(([a, b]) => [a, b, grid[b * n + a]]), cuts = [];
        for (let i = 0; i < 4; i++) {
          const [ax, ay, av] = corners[i], [bx, by, bv] = corners[(i + 1) % 4];
          if (av > level !== bv > level) cuts.push([ax + ((level - av) / (bv - av)) * (bx - ax), ay + ((level - av) / (bv - av)) * (by - ay)]);
        }
        for (let i = 0; i + 1 < cuts.length; i += 2) found.push([X(cuts[i][0]), Y(cuts[i][1]), X(cuts[i + 1][0]), Y(cuts[i + 1][1])]);
      }
    return found;
  });
}
