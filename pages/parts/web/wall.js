// The image wall: one block per class, nearest-neighbor enlarged, for one run or for several with the same places.
const MODES = [["now", "now", "The images at the clock"], ["change", "change", "Difference to the start, signed"], ["real", "real ⇄", "Real images of the same classes"]];
const PAIRS = [["now", "grid", "Walls side by side"], ["swipe", "swipe", "Drag the line between two runs"], ["blink", "blink", "The two runs in turn (B)"], ["difference", "difference", "First minus second, signed (D)"], ["change", "change", "Difference to the start, signed"], ["real", "real ⇄", "Real images of the same classes"]];
const HALF = 600; // milliseconds for which each of two blinking runs is seen
const GAP = 3;

export default function (component) {
  return mount(component, makeWall);
}

function makeWall(root, store, again) {
  let runs = [], titles = [], mode = "now", pair = [0, 1], split = 0.5, blink = 0, timer = 0, setState = () => {}, name = "", at = null;
  const bar = el("div", { class: "bar" }), walls = el("div", { class: "walls" }), caption = el("div", { class: "caption", role: "status" });
  const glass = el("div", { class: "tip", hidden: true }), picture = el("canvas"), about = el("div");
  const scale = el("canvas", { class: "scale", hidden: true, "aria-hidden": "true" });
  const pairs = el("span", { class: "bar" }), everything = el("button", { type: "button", text: "all", title: "Show all images again", hidden: true, onclick: () => store.set("chosen", null) });
  glass.append(picture, about);
  root.append(bar, walls, caption, glass);
  let figures = [], modes = null;

  const label = (i) => titles[i] || store.run(runs[i]).info.title;
  const chosen = () => (store.chosen?.points.some((p) => runs.includes(p.run)) ? store.chosen : null); // on the map, of these runs
  const pairing = () => ["swipe", "blink", "difference"].includes(mode) && runs.length > 1;

  function update(component) {
    setState = component.setStateValue;
    titles = component.data.titles ?? [];
    const fresh = JSON.stringify([component.data.runs, component.data.mode]);
    if (fresh === name) return;
    name = fresh;
    runs = component.data.runs;
    pair = [0, Math.min(1, runs.length - 1)];
    modes = choice("What the wall shows", runs.length > 1 ? PAIRS : MODES, setMode);
    bar.replaceChildren(modes, pairs, scale, everything, button("Save a still image (S)", el("span", { text: "⤓ png" }), still));
    setMode(component.data.mode ?? "now");
  }

  function setMode(to) {
    mode = to;
    clearInterval(timer);
    if (mode === "blink" && !calm()) timer = setInterval(() => ((blink = 1 - blink), again()), HALF);
    modes.show(mode);
    fillPairs();
    again();
  }

  function fillPairs() {
    pairs.replaceChildren();
    if (!pairing()) return;
    const choose = (side) => {
      const made = el("select", { "aria-label": side ? "Second run" : "First run", onchange: () => ((pair[side] = Number(made.value)), again()) });
      made.append(...runs.map((_, i) => el("option", { value: i, text: label(i), selected: i === pair[side] })));
      return made;
    };
    const swap = button("Swap the two (X)", el("span", { text: "⇄" }), () => (pair.reverse(), fillPairs(), again()));
    pairs.append(...(runs.length > 2 ? [choose(0), choose(1)] : []), swap);
    if (mode === "blink" && calm()) pairs.append(button("Show the other (B)", el("span", { text: "other" }), () => ((blink = 1 - blink), again())));
  }

  // Tiles of one figure: what is drawn where. Places come from the first run, so that equal means equal.
  function layout(tiles, width) {
    const groups = [];
    for (const tile of tiles) {
      if (!groups.length || groups[groups.length - 1][0].label !== tile.label) groups.push([]);
      groups[groups.length - 1].push(tile);
    }
    const most = Math.max(1, ...groups.map((g) => g.length)), wordy = most <= 2, head = wordy ? 0 : 58;
    const source = tiles[0]?.record.tile[1] ?? 16, places = [];
    let size, height;
    if (wordy) {
      const per = groups.length <= 12 ? (width < 430 || (width < 700 && runs.length === 1 && groups.length === 10) ? 5 : Math.min(groups.length, 10)) : Math.floor(width / (46 * most));
      const cell = Math.floor(width / Math.max(1, Math.min(per, groups.length)));
      size = snap(Math.min(112, (cell - 4) / most - (most > 1 ? GAP : 0)), source);
      const tall = size + 18;
      groups.forEach((group, i) => {
        const x = (i % per) * cell, y = Math.floor(i / per) * tall;
        group.forEach((tile, j) => places.push({ tile, x: x + j * (size + GAP), y, size }));
        places.push({ words: group[0].label, x, y: y + size + 12, room: cell - 4 });
      });
      height = Math.ceil(groups.length / per) * tall;
    } else {
      size = snap(Math.max(20, Math.min(64, (width - head) / Math.min(most, 10) - GAP)), source);
      const block = head + Math.min(most, 10) * (size + GAP) + 10, beside = Math.max(1, Math.floor((width + 10) / block));
      const per = beside > 1 ? Math.min(most, 10) : Math.max(1, Math.floor((width - head) / (size + GAP)));
      let y = 0, tall = 0;
      groups.forEach((group, i) => {
        const left = (i % beside) * block;
        if (i && i % beside === 0) (y += tall + 3), (tall = 0);
        places.push({ words: group[0].label, x: left, y: y + Math.min(size, 30) / 2 + 4, room: head - 6 });
        group.forEach((tile, j) => places.push({ tile, x: left + head + (j % per) * (size + GAP), y: y + Math.floor(j / per) * (size + GAP), size }));
        tall = Math.max(tall, Math.ceil(group.length / per) * (size + GAP));
      });
      y += tall;
      height = y;
    }
    return { places, height };
  }

  // A whole multiple of the source's pixels where there is room for one.
  const snap = (size, source) => (size >= source ? Math.floor(size / source) * source : Math.max(12, Math.floor(size)));

  function figure(i) {
    const canvas = el("canvas", { tabindex: 0, role: "img", "data-keys": "ArrowUp ArrowDown ArrowLeft ArrowRight Enter", "aria-label": "Images" });
    const made = { canvas, words: el("figcaption"), places: [], i };
    canvas.onpointermove = (event) => point(made, event.offsetX, event.offsetY, event);
    canvas.onpointerleave = () => ((glass.hidden = true), store.set("hover", null));
    canvas.onclick = (event) => click(made, hit(made, event.offsetX, event.offsetY));
    canvas.onpointerdown = (event) => pairing() && mode === "swipe" && (canvas.setPointerCapture(event.pointerId), drag(made, event.offsetX));
    canvas.onkeydown = (event) => arrows(made, event);
    made.node = el("figure", {}, made.words, canvas);
    return made;
  }

  const drag = (made, x) => ((split = Math.max(0, Math.min(1, x / made.canvas.clientWidth))), again());
  const hit = (made, x, y) => made.places.find((p) => p.tile && x >= p.x && x < p.x + p.size && y >= p.y && y < p.y + p.size) ?? null;
  const same = (a, b) => Boolean(a && b) && a.label === b.label && a.source === b.source && (a.run === b.run ? a.id === b.id : a.rank === b.rank);
  const naming = (made, tile) => ({ run: runs[made.i], id: tile.id, label: tile.label, rank: tile.rank, source: mode === "real" ? "real" : "synthetic" });

  function point(made, x, y, event) {
    if (event?.buttons && mode === "swipe") drag(made, x);
    const place = hit(made, x, y);
    glass.hidden = !place;
    store.set("hover", place ? naming(made, place.tile) : null);
    if (place) magnify(made, place, x, y);
  }

  function click(made, place) {
    if (!place || (mode === "swipe" && pairing())) return;
    const pin = naming(made, place.tile), off = same(store.pin, pin);
    store.set("pin", off ? null : pin);
    setState("pin", off ? null : pin);
  }

  function arrows(made, event) {
    const tiles = made.places.filter((p) => p.tile), index = tiles.findIndex((p) => same(store.hover, naming(made, p.tile)));
    if (event.key === "Enter") return click(made, tiles[index]);
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by || !tiles.length) return;
    event.preventDefault();
    const from = tiles[Math.max(0, index)];
    const next = index < 0 ? from : tiles.filter((p) => (p.x - from.x) * by[0] + (p.y - from.y) * by[1] > 0)
      .sort((a, b) => distance(a, from, by) - distance(b, from, by))[0];
    if (next) point(made, next.x + 2, next.y + 2);
  }

  const distance = (a, b, by) => Math.abs(a.x - b.x) * (by[0] ? 1 : 4) + Math.abs(a.y - b.y) * (by[1] ? 1 : 4);

  function magnify(made, place, x, y) {
    const { tile, size } = place, run = store.run(runs[made.i]), [h, w] = tile.record.tile;
    const zoom = Math.max(4, Math.round(128 / w)), g = fit(picture, Math.min(256, w * zoom), Math.min(256, h * zoom));
    drawTile(g, made, place, 0, 0, Math.min(256, w * zoom));
    const column = Math.floor(((x - place.x) / size) * w), row = Math.floor(((y - place.y) / size) * h);
    const value = valueAt(made, tile, row, column);
    about.textContent = `${run.name(tile.label)} · ${mode === "real" ? "real image" : "image"} ${tile.id}${value}`;
    glass.hidden = false;
    const area = made.canvas.getBoundingClientRect(), home = root.getBoundingClientRect();
    const left = area.left - home.left + place.x + place.size + 10, top = area.top - home.top + place.y;
    const wide = Math.min(256, w * zoom) + 20;
    glass.style.left = `${left + wide > home.width ? Math.max(0, left - wide - place.size - 20) : left}px`;
    glass.style.top = `${Math.max(0, top - 20)}px`;
  }

  function valueAt(made, tile, row, column) {
    const data = store.pixels(store.run(runs[made.i]), tile.record);
    if (!data) return "";
    const [left, top] = box(tile.record, tile.slot), i = ((top + row) * data.width + left + column) * 4;
    const values = [...data.data.slice(i, i + (tile.record.channels === 1 ? 1 : 3))];
    return ` · pixel (${row}, ${column}): ${values.join(", ")}`;
  }

  // ---- what is drawn into a tile
  function drawTile(g, made, place, x, y, size) {
    g.imageSmoothingEnabled = false;
    const { tile } = place, run = store.run(runs[made.i]);
    if (mode === "change") return drawDifference(g, made, tile, made.first?.get(tile.id), run, run, x, y, size);
    if (pairing()) {
      const other = twin(made, tile), otherRun = store.run(runs[pair[1]]);
      if (mode === "difference") return drawDifference(g, made, tile, other, run, otherRun, x, y, size);
      if (mode === "blink" && blink) return other ? copy(g, otherRun, other, x, y, size) : undefined;
    }
    copy(g, run, tile, x, y, size);
  }

  const twin = (made, tile) => made.twins?.get(`${tile.label}/${tile.rank}`);

  function copy(g, run, tile, x, y, size) {
    const sheet = store.bitmap(run, tile.record);
    if (!sheet) return;
    g.drawImage(sheet, ...box(tile.record, tile.slot), x, y, size, size);
  }

  // Signed difference, averaged over the channels, on one symmetric scale for the whole wall.
  function drawDifference(g, figureMade, tile, other, run, otherRun, x, y, size) {
    if (!other) return;
    const values = difference(run, tile, otherRun, other);
    if (!values) return;
    const [h, w] = tile.record.tile, image = new ImageData(w, h), dark = figureMade.look.dark;
    for (let i = 0; i < w * h; i++) image.data.set([...signed(values[i] / figureMade.scale, dark), 255], i * 4);
    const small = new OffscreenCanvas(w, h);
    small.getContext("2d").putImageData(image, 0, 0);
    g.drawImage(small, x, y, size, size);
  }

  function difference(run, tile, otherRun, other) {
    const a = store.pixels(run, tile.record), b = store.pixels(otherRun, other.record);
    if (!a || !b || tile.record.tile.join() !== other.record.tile.join()) return null;
    const [ax, ay, w, h] = box(tile.record, tile.slot), [bx, by] = box(other.record, other.slot), found = new Float32Array(w * h);
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++) {
        const i = ((ay + row) * a.width + ax + column) * 4, j = ((by + row) * b.width + bx + column) * 4;
        found[row * w + column] = (a.data[i] + a.data[i + 1] + a.data[i + 2] - b.data[j] - b.data[j + 1] - b.data[j + 2]) / 765;
      }
    return found;
  }

  function largest(made) {
    let most = 0;
    for (const { tile } of made.places) {
      const run = store.run(runs[made.i]), other = tile && (mode === "change" ? made.first.get(tile.id) : twin(made, tile));
      const values = other && difference(run, tile, mode === "change" ? run : store.run(runs[pair[1]]), other);
      if (values) for (const v of values) most = Math.max(most, Math.abs(v));
    }
    return most || 1;
  }

  // ---- draw everything
  function draw() {
    const shown = pairing() ? [pair[0]] : runs.map((_, i) => i);
    if (figures.map((f) => f.i).join() !== shown.join()) {
      figures = shown.map(figure);
      walls.replaceChildren(...figures.map((f) => f.node));
    }
    const wide = root.clientWidth, columns = wide < 560 ? 1 : Math.min(figures.length, figures.length === 4 ? 2 : 3);
    walls.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const look = theme(root.getRootNode()), room = Math.floor((wide - 14 * (columns - 1)) / columns);
    let most = 0;
    for (const made of figures) {
      prepare(made, room, look);
      if (mode === "change" || mode === "difference") most = Math.max(most, largest(made));
    }
    for (const made of figures) paint(made, most || 1, room, look);
    modes.allow((value) => value !== "real" || runs.some((id) => store.run(id).reals.length));
    showScale(most, look);
    caption.textContent = told();
  }

  function prepare(made, width, look) {
    const run = store.run(runs[made.i]);
    made.look = look;
    made.first = mode === "change" ? store.starts(run) : null;
    let tiles = store.tiles(run);
    if (mode === "real") {
      const counts = {};
      for (const t of tiles) counts[t.label] = (counts[t.label] ?? 0) + 1;
      const reals = store.reals(run);
      tiles = tiles.length && chosen()?.source !== "real" ? reals.filter((t) => t.rank < Math.max(counts[t.label] ?? 0, 0)) : reals;
    }
    const source = mode === "real" ? "real" : "synthetic";
    if (chosen()?.source === source) tiles = tiles.filter((t) => store.isChosen({ run: run.id, id: t.id, source }));
    everything.hidden = !chosen();
    made.twins = pairing() ? new Map(store.tiles(store.run(runs[pair[1]])).map((t) => [`${t.label}/${t.rank}`, t])) : null;
    if (store.only !== null && tiles.some((t) => t.label === store.only)) tiles = tiles.filter((t) => t.label === store.only);
    Object.assign(made, layout(tiles, width));
    made.any = tiles.length > 0;
  }

  function paint(made, most, width, look) {
    const run = store.run(runs[made.i]);
    made.scale = most;
    const ready = made.places.every((p) => !p.tile || store.bitmap(run, p.tile.record));
    made.words.hidden = runs.length < 2;
    made.words.textContent = pairing() ? `${label(pair[0])} ${{ swipe: "│", blink: "⇆", difference: "−" }[mode]} ${label(pair[1])}` : label(made.i);
    if (!ready && made.canvas.width > 300) return; // keep the last picture for the few milliseconds of decoding
    const g = fit(made.canvas, width, Math.max(24, made.height ?? 24));
    if (!made.any) {
      g.fillStyle = look.text;
      g.font = `13px ${look.font}`;
      g.fillText(chosen() ? "none of the chosen images is here" : run.records.length ? "no images yet: they come with the next stage" : "waiting for the first report …", 2, 16);
      return;
    }
    made.canvas.setAttribute("aria-label", `${made.places.filter((p) => p.tile).length} images of ${run.info.title}, ${told()}`);
    for (const place of made.places) place.tile ? cell(g, made, place, look) : caption2(g, run, place, look);
    if (pairing() && mode === "swipe") swipe(g, made, width, look);
  }

  function caption2(g, run, place, look) {
    g.fillStyle = look.text;
    g.font = `11.5px ${look.font}`;
    g.fillText(run.name(place.words), place.x, place.y + 2, place.room);
  }

  function cell(g, made, place, look) {
    const { tile, x, y, size } = place, me = naming(made, tile);
    g.fillStyle = look.panel;
    g.fillRect(x, y, size, size);
    drawTile(g, made, place, x, y, size);
    const pinned = same(store.pin, me), over = same(store.hover, me);
    if (!pinned && !over) return;
    g.strokeStyle = pinned ? "#EE7733" : look.accent;
    g.lineWidth = 3;
    g.strokeRect(x + 1, y + 1, size - 2, size - 2);
  }

  function swipe(g, made, width, look) {
    const other = store.run(runs[pair[1]]), x = split * width;
    g.save();
    g.beginPath();
    g.rect(x, 0, width - x, made.height);
    g.clip();
    for (const place of made.places) {
      const match = place.tile && twin(made, place.tile);
      if (match) copy(g, other, match, place.x, place.y, place.size);
    }
    g.restore();
    g.fillStyle = look.accent;
    g.fillRect(x - 1.5, 0, 3, made.height);
    g.beginPath();
    g.arc(x, made.height / 2, 9, 0, 7);
    g.fill();
  }

  function showScale(most, look) {
    const signedMode = mode === "change" || (mode === "difference" && pairing());
    scale.hidden = !signedMode;
    at = signedMode && most ? words(most) : null;
    if (!signedMode) return;
    const g = fit(scale, 110, 12);
    for (let x = 0; x < 110; x++) {
      g.fillStyle = `rgb(${signed(x / 54.5 - 1, look.dark).join()})`;
      g.fillRect(x, 0, 1, 12);
    }
  }

  function told() {
    if (chosen()) return `only the ${chosen().points.length} images that were drawn around on the map; press “all” to bring the others back`;
    if (mode === "change") return `change since the start: blue is darker, orange is brighter; scale −${at ?? "…"} … +${at ?? "…"} of the full range`;
    if (mode === "difference" && pairing()) return `${label(pair[0])} minus ${label(pair[1])}; scale −${at ?? "…"} … +${at ?? "…"} of the full range`;
    if (mode === "real") return "real images of the same classes; press “now” to go back";
    if (mode === "swipe" && pairing()) return "left of the line the first run, right of it the second; drag the line";
    if (mode === "blink" && pairing()) return `showing ${label(pair[blink])}`;
    return runs.length > 1 ? "the pointer in one wall is the pointer in all" : "hover to enlarge, click to pin";
  }

  function still() {
    const made = figures[0];
    if (!made) return;
    const link = el("a", { download: `${runs[made.i]}.png`, href: made.canvas.toDataURL("image/png") });
    link.click();
  }

  function heard(what, detail) {
    if (what === "chosen" && chosen()) return setMode(chosen().source === "real" ? "real" : mode === "real" ? "now" : mode);
    if (what === "key") {
      if (detail === "s") return still();
      if (runs.length < 2) return;
      if (detail === "x") return pair.reverse(), fillPairs(), again();
      if (detail === "d") return setMode(mode === "difference" ? "now" : "difference");
      if (detail === "b") return mode === "blink" && calm() ? ((blink = 1 - blink), again()) : setMode(mode === "blink" ? "now" : "blink");
    }
    again();
  }

  return { update, draw, heard, remove: () => clearInterval(timer) };
}
