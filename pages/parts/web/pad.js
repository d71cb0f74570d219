// The latent walk: a square of w around a class. Everything is in the packet, so a drag shows at once what was decoded there.
const THUMB = 64, WIDEST = 400;

export default function (component) {
  return mount(component, makePad);
}

function makePad(root, store, again) {
  let walk = null, sheet = null, thumbs = [], rows = [], most = 1, col = 0, row = 0, given = "";
  const area = el("canvas", { tabindex: 0, role: "slider", "aria-label": "Place in w: drag, or use the arrow keys; Home goes back to the mean", style: "touch-action:none;cursor:crosshair" });
  const large = el("canvas", { role: "img" }), says = el("div", { class: "small", style: "margin-top:6px;font-variant-numeric:tabular-nums;min-height:5em" }), across = el("div", { class: "small" }), list = el("div", { style: "display:grid;grid-template-columns:auto minmax(0,1fr);gap:6px 12px;align-items:center" });
  const box = el("div", { style: "display:grid;gap:12px 20px;align-items:start" }, el("div", {}, area, across), el("div", {}, large, says, button("Back to the mean (Home)", el("span", { text: "⌂ mean" }), () => go(middle(), middle()))), list);
  root.append(box);
  const middle = () => (walk.grid - 1) / 2, at = (i) => ((2 * i) / (walk.grid - 1) - 1) * walk.reach;

  function update(component) {
    const { header, blob } = parsePacket(component.data), fresh = JSON.stringify([header.of, header.walk.label, header.walk.row, header.walk.grid]);
    if (given === fresh) return;
    const keeps = walk?.grid === header.walk.grid;
    given = fresh;
    walk = header.walk;
    if (!keeps) [col, row] = [Math.round(0.8 * (walk.grid - 1)), Math.round(0.25 * (walk.grid - 1))]; // at the mean there is nothing to see
    const bytes = blob(0), [h, w, c] = walk.size, side = (walk.grid - 1) / walk.every + 1;
    sheet = tiled(bytes, 0, walk.grid, h, w, c);
    let start = walk.grid ** 2 * h * w * c;
    thumbs = walk.layers.map(({ thumbnail: s }) => {
      const made = s ? tiled(bytes, start, side, s, s, 3) : null;
      start += side * side * s * s * 3;
      return made;
    });
    most = Math.max(1e-9, ...walk.layers.flatMap((one) => one.response));
    across.textContent = `Drag in the square. → is direction 1, with ${(100 * walk.shares[0]).toFixed(0)} % of the spread of w in this class, ↑ direction 2, with ${(100 * walk.shares[1]).toFixed(0)} %; ${walk.reach} s.d. to each side of the mean.`;
    const parts = [];
    rows = walk.layers.map((one) => {
      const canvas = el("canvas", { role: "img", "aria-label": one.thumbnail ? `Feature map at ${one.name}` : "The decoded image" }), fill = el("i", { style: `display:block;height:100%;background:${COLORS[0]};border-radius:3px` }), value = el("span");
      const name = `${one.name} · ${one.shape.join("×")} · ${one.bytes < 1000 ? `${one.bytes} B` : `${(one.bytes / 1000).toFixed(1)} kB`}`;
      parts.push(canvas, el("div", {}, el("div", { class: "small", style: "display:flex;justify-content:space-between;gap:8px;font-variant-numeric:tabular-nums" }, el("span", { text: name }), value), el("div", { style: "height:12px;border-radius:3px;background:var(--st-secondary-background-color)" }, fill)));
      return { canvas, fill, value };
    });
    list.replaceChildren(...parts);
  }

  // Raw pixels of side · side tiles as one canvas.
  function tiled(bytes, start, side, h, w, c) {
    const canvas = el("canvas"), data = new ImageData(side * w, side * h);
    for (let t = 0, p = start; t < side * side; t++)
      for (let y = 0; y < h; y++)
        for (let x = 0, q = 4 * (((Math.floor(t / side) * h + y) * side + (t % side)) * w); x < w; x++, p += c, q += 4) {
          for (let k = 0; k < 3; k++) data.data[q + k] = bytes[p + (c === 3 ? k : 0)];
          data.data[q + 3] = 255;
        }
    Object.assign(canvas, { width: side * w, height: side * h, tile: [w, h] });
    canvas.getContext("2d").putImageData(data, 0, 0);
    return canvas;
  }

  // One tile, every pixel enlarged by the same whole number of the screen's pixels.
  function show(canvas, from, x, y, room) {
    const [w, h] = from.tile, ratio = Math.min(window.devicePixelRatio || 1, 3), zoom = Math.max(1, Math.floor((room * ratio) / w)) / ratio;
    const g = fit(canvas, w * zoom, h * zoom);
    g.imageSmoothingEnabled = false;
    g.drawImage(from, x * w, y * h, w, h, 0, 0, w * zoom, h * zoom);
  }

  function go(x, y) {
    const last = walk.grid - 1;
    col = Math.max(0, Math.min(last, x));
    row = Math.max(0, Math.min(last, y));
    again();
  }

  function draw() {
    if (!walk) return;
    const width = root.clientWidth, narrow = width < 700, look = theme(root.getRootNode());
    box.style.gridTemplateColumns = narrow ? "minmax(0,3fr) minmax(0,2fr)" : "minmax(0,6fr) minmax(0,4fr) minmax(0,7fr)";
    list.style.gridColumn = narrow ? "1 / 3" : "";
    const size = Math.min(WIDEST, area.parentElement.clientWidth), cell = size / walk.grid, g = fit(area, size, size);
    g.imageSmoothingEnabled = cell < sheet.tile[0];
    g.globalAlpha = 0.45;
    g.drawImage(sheet, 0, 0, size, size);
    g.globalAlpha = 1;
    g.strokeStyle = look.accent;
    g.lineWidth = 1;
    g.strokeRect(middle() * cell + 0.5, middle() * cell + 0.5, cell - 1, cell - 1);
    g.imageSmoothingEnabled = false;
    const [w, h] = sheet.tile, big = Math.max(cell * 1.6, 24), x = Math.max(0, Math.min(size - big, (col + 0.5) * cell - big / 2)), y = Math.max(0, Math.min(size - big, (row + 0.5) * cell - big / 2));
    g.drawImage(sheet, col * w, row * h, w, h, x, y, big, big);
    g.strokeStyle = COLORS[1];
    g.lineWidth = 3;
    g.strokeRect(x, y, big, big);
    show(large, sheet, col, row, Math.min(260, large.parentElement.clientWidth));
    const place = row * walk.grid + col, step = (v, i) => `${v < 0 ? "−" : "+"}${Math.abs(v).toFixed(1)} s.d. along ${i}`;
    walk.layers.forEach((one, k) => {
      const value = one.response[place];
      thumbs[k] ? show(rows[k].canvas, thumbs[k], Math.round(col / walk.every), Math.round(row / walk.every), THUMB) : show(rows[k].canvas, sheet, col, row, THUMB);
      rows[k].fill.style.width = `${(100 * value) / most}%`;
      rows[k].value.textContent = `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
    });
    says.textContent = `${walk.class} at ${step(at(col), 1)}, ${step(-at(row), 2)}: the image differs from that of the mean by ${rows[rows.length - 1].value.textContent} of its length.`;
    area.setAttribute("aria-valuetext", says.textContent);
    area.setAttribute("aria-valuenow", String(place));
    area.setAttribute("aria-valuemax", String(walk.grid ** 2 - 1));
    large.setAttribute("aria-label", `Decoded image, ${says.textContent}`);
  }

  function follow(event) {
    const size = area.clientWidth / walk.grid;
    go(Math.floor(event.offsetX / size), Math.floor(event.offsetY / size));
  }
  area.onpointerdown = (event) => (area.setPointerCapture(event.pointerId), area.focus(), follow(event));
  area.onpointermove = (event) => area.hasPointerCapture(event.pointerId) && follow(event);
  area.onkeydown = (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move && event.key !== "Home") return;
    event.preventDefault();
    event.stopPropagation();
    move ? go(col + move[0], row + move[1]) : go(middle(), middle());
  };
  return { update, draw };
}
