// The start page: real images flicker, learned images form, and three bars appear as their students finish.
const SECONDS = 9, FLICKER = 90;
const WEIGHTS = { frames: 0.6, scored: 0.34, rest: 0.06 };

export default function (component) {
  const parent = component.parentElement;
  let view = VIEWS.get(parent);
  if (!view) VIEWS.set(parent, (view = makeRace(parent.querySelector(".root") ?? parent.appendChild(el("div", { class: "root" })), () => VIEWS.delete(parent))));
  view.update(component);
  return view.leave;
}

function makeRace(root, forget) {
  let store = new Store(), run = null, bars = [], plan = null, u = 0, playing = false, frame = 0, last = 0, shuffled = 0, order = [], seenBytes = null, startTimer = 0;
  const left = el("canvas", { role: "img" }), right = el("canvas", { role: "img" }), leftWords = el("figcaption"), rightWords = el("figcaption");
  const rows = el("div", { class: "bars" }), under = el("div", { class: "sentences", "aria-live": "polite" }), glass = el("div", { class: "tip", hidden: true }), close = el("canvas"), about = el("div");
  glass.append(close, about);
  const play = el("button", { type: "button", onclick: () => (playing ? pause() : start()) }), slide = el("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Time in the recording", style: "flex:1;min-width:120px;accent-color:var(--st-primary-color)" });
  slide.oninput = () => (pause(), (u = slide.value / 1000), draw());
  release(root);
  root.append(el("div", { class: "race" }, el("figure", {}, leftWords, left), el("div", { class: "arrow", text: "➔", "aria-hidden": "true" }), el("figure", {}, rightWords, right)),
    el("div", { class: "bar", style: "margin-top:10px" }, play, slide), rows, under, glass);
  const size = new ResizeObserver(() => draw());
  size.observe(root);
  for (const canvas of [left, right]) {
    canvas.onpointermove = (event) => magnify(canvas, event);
    canvas.onpointerleave = () => (glass.hidden = true);
  }

  function update(component) {
    const { header } = parsePacket(component.data);
    if (seenBytes === component.data.byteLength + header.runs[0].run) return draw();
    seenBytes = component.data.byteLength + header.runs[0].run;
    store = new Store();
    store.on((what) => what === "decoded" && draw());
    store.put(component.data);
    run = store.run(header.runs[0].run);
    store.clock.runs = [run.id];
    bars = header.bars ?? [];
    plan = schedule();
    fillBars();
    under.replaceChildren(...(header.sentences ?? []).map(sentence));
    clearTimeout(startTimer);
    u = calm() ? 1 : Math.min(u, 0.999);
    if (!calm()) startTimer = setTimeout(start, 0);
    draw();
  }

  // Where each frame and each score lies between 0 and 1: stages with pictures get most of the time.
  function schedule() {
    const kinds = run.stages.map((_, i) => (run.frames.some((r) => r.in === i) ? "frames" : run.scored.some((r) => r.in === i) ? "scored" : "rest"));
    const total = Object.fromEntries(Object.keys(WEIGHTS).map((k) => [k, run.stages.reduce((a, s, i) => a + (kinds[i] === k ? s.length : 0), 0)]));
    const used = Object.keys(WEIGHTS).reduce((a, k) => a + (total[k] ? WEIGHTS[k] : 0), 0) || 1;
    let from = 0;
    const spans = run.stages.map((s, i) => {
      const share = (WEIGHTS[kinds[i]] / used) * (s.length / total[kinds[i]]), span = [from, share];
      from += share;
      return span;
    });
    const when = (r) => spans[r.in][0] + (r.local / Math.max(1, run.stages[r.in].length - 1)) * spans[r.in][1] * 0.98;
    return { when, spans };
  }

  // Words with **bold** and *stress*, as text nodes only.
  function sentence(text) {
    const made = el("p");
    for (const part of text.split(/(\*\*[^*]+\*\*|\*[^*]+\*)/)) {
      const strong = part.match(/^\*\*(.+)\*\*$/), stress = part.match(/^\*(.+)\*$/);
      made.append(strong ? el("strong", { text: strong[1] }) : stress ? el("em", { text: stress[1] }) : part);
    }
    return made;
  }

  function fillBars() {
    rows.replaceChildren(...bars.flatMap((bar) => {
      bar.fill = el("div", { class: "fill" });
      bar.spread = el("div", { class: "spread", hidden: true });
      bar.value = el("span", { class: "value" });
      bar.fill.style.background = SUBJECT_COLORS[bar.subject] ?? COLORS[0];
      if (!calm()) bar.fill.style.transition = "width .7s ease-out";
      return [el("div", { class: "name", text: bar.title }), el("div", { class: "rail" }, bar.fill, bar.spread), bar.value];
    }));
  }

  function start() {
    if (u >= 0.999) u = 0;
    playing = true;
    last = performance.now();
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(beat);
    draw();
  }

  function pause() {
    playing = false;
    clearTimeout(startTimer);
    cancelAnimationFrame(frame);
    draw();
  }

  function beat(now) {
    u = Math.min(1, u + Math.min(0.1, (now - last) / 1000) / SECONDS);
    last = now;
    if (u >= 1) playing = false;
    draw(now);
    if (playing) frame = requestAnimationFrame(beat);
  }

  function draw(now = performance.now()) {
    if (!run) return;
    const wide = root.clientWidth, look = theme(root.getRootNode()), column = wide <= 560 ? wide : Math.floor((wide - 60) / 2);
    play.textContent = playing ? "❚❚ Pause" : u >= 0.999 ? "↻ Play again" : "▶ Play";
    slide.value = Math.round(u * 1000);
    learned(column, look);
    real(column, look, now);
    bars.forEach(showBar);
    [...under.children].forEach((p, i) => p.classList.toggle("shown", u >= [0.8, 0.9, 0.99][i] - 1e-6));
  }

  const side = (columns, width, tile) => Math.max(8, width / columns >= tile ? Math.floor(width / columns / tile) * tile : Math.floor(width / columns));

  function real(width, look, now) {
    const tiles = store.reals(run), classes = Math.max(1, new Set(tiles.map((t) => t.label)).size);
    leftWords.textContent = `real images${bars[0]?.subject === "real" ? `: ${bars[0].title}` : ""}, a few at a time`;
    if (!tiles.length) return void (left.parentElement.hidden = true);
    const tile = tiles[0].record.tile[1], size = Math.ceil(28 / tile) * tile, gap = 1, columns = Math.max(4, Math.floor(width / (size + gap)));
    const high = Math.max(3, Math.min(8, Math.round(right.clientHeight / (size + gap)) || 5)), count = columns * high;
    if (order.length !== count) order = Array.from({ length: count }, (_, i) => (i * 37) % tiles.length);
    if (playing && now - shuffled > FLICKER) {
      shuffled = now;
      for (let i = 0; i < count / 8; i++) order[Math.floor(Math.random() * count)] = Math.floor(Math.random() * tiles.length);
    }
    const g = fit(left, columns * (size + gap), high * (size + gap));
    g.imageSmoothingEnabled = false;
    left.places = order.map((t, i) => ({ tile: tiles[t], x: (i % columns) * (size + gap), y: Math.floor(i / columns) * (size + gap), size }));
    for (const p of left.places) put(g, p);
    left.setAttribute("aria-label", `${count} of the real images, ${classes} classes`);
  }

  function put(g, p) {
    const sheet = store.bitmap(run, p.tile.record);
    if (sheet) g.drawImage(sheet, ...box(p.tile.record, p.tile.slot), p.x, p.y, p.size, p.size);
  }

  // The images at this moment, from the schedule instead of the store's clock.
  function learned(width, look) {
    const found = new Map();
    for (const group of run.groups) {
      const i = lastAt(group, plan.when, u), record = group[Math.max(0, i)];
      if (i >= 0 || group === run.groups[0]) record.ids.forEach((id, slot) => found.set(id, { id, label: record.labels[slot], record, slot }));
    }
    const tiles = ordered([...found.values()]);
    if (!tiles.length) return;
    const columns = tiles.length <= 10 ? 5 : 10, tile = tiles[0].record.tile[1], wordy = tiles.length <= 20, gap = 5, size = side(columns, width - columns * gap, tile), row = size + gap + (wordy ? 15 : 0);
    right.places = tiles.map((t, i) => ({ tile: t, x: (i % columns) * (size + gap), y: Math.floor(i / columns) * row, size }));
    const ready = tiles.every((t) => store.bitmap(run, t.record));
    if (!ready && right.drawn) return;
    right.drawn = true;
    const g = fit(right, columns * (size + gap), Math.ceil(tiles.length / columns) * row);
    g.imageSmoothingEnabled = false;
    g.fillStyle = look.text;
    g.font = `12px ${look.font}`;
    for (const p of right.places) {
      put(g, p);
      if (wordy) g.fillText(run.name(p.tile.label), p.x, p.y + size + 13, size);
    }
    const stage = run.stages[tiles[0].record.in];
    rightWords.textContent = `${tiles.length} learned images · ${stage.name}, step ${tiles[tiles.length - 1].record.step}${stage.steps ? ` of ${stage.steps}` : ""}`;
    right.setAttribute("aria-label", rightWords.textContent);
  }

  // A bar appears when the recording says its number, and then stays with it.
  function showBar(bar) {
    const told = run.scored.filter((r) => r.subject === bar.subject), there = told.length ? plan.when(told[0]) <= u || u >= 0.999 : u >= 0.8;
    const curve = bar.curve?.filter(([at]) => at <= u).pop();
    const value = curve ? curve[1] : there ? bar.accuracy : 0;
    bar.fill.style.width = `${100 * value}%`;
    bar.fill.style.opacity = bar.std == null ? 0.6 : 1;
    const few = bar.std == null ? " (1 seed)" : ` ± ${(100 * bar.std).toFixed(1)} (n = ${bar.n})`;
    bar.value.textContent = curve && u < 0.999 ? `${(100 * value).toFixed(0)} %` : there ? bar.text ?? `${(100 * bar.accuracy).toFixed(1)} %${few}` : "…";
    bar.spread.hidden = !there || bar.std == null;
    if (bar.std != null) bar.spread.style.cssText = `left:${100 * (bar.accuracy - bar.std)}%;width:${200 * bar.std}%`;
  }

  function magnify(canvas, event) {
    const place = (canvas.places ?? []).find((p) => event.offsetX >= p.x && event.offsetX < p.x + p.size && event.offsetY >= p.y && event.offsetY < p.y + p.size);
    glass.hidden = !place;
    if (!place) return;
    const zoom = Math.max(4, Math.round(128 / place.tile.record.tile[1])), wide = place.tile.record.tile[1] * zoom, g = fit(close, wide, place.tile.record.tile[0] * zoom);
    g.imageSmoothingEnabled = false;
    put(g, { ...place, x: 0, y: 0, size: wide });
    about.textContent = `${run.name(place.tile.label)} · ${canvas === left ? "real image" : "learned image"} ${place.tile.id}`;
    const area = canvas.getBoundingClientRect(), home = root.getBoundingClientRect();
    const x = area.left - home.left + place.x + place.size + 12;
    glass.style.left = `${x + wide + 20 > home.width ? Math.max(0, x - wide - place.size - 40) : x}px`;
    glass.style.top = `${area.top - home.top + Math.max(0, place.y - 30)}px`;
  }

  function leave() {
    clearTimeout(startTimer);
    cancelAnimationFrame(frame);
    playing = false;
    size.disconnect();
    root.replaceChildren();
    forget();
  }
  return { update, leave };
}
