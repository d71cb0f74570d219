// Small things that every view needs: elements, canvases, theme, numbers.

export function el(tag, attributes = {}, ...children) {
  const made = tag === "svg" || tag === "path" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made[name] = value;
    else if (name === "text") made.textContent = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((c) => c !== null && c !== undefined));
  return made;
}

export const icon = (path) => el("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, el("path", { d: path, fill: "currentColor" }));
export const button = (label, content, onclick) => el("button", { type: "button", title: label, "aria-label": label, onclick }, content);

// A group of buttons of which one is pressed. choices: [[value, label, title?], …]
export function choice(label, choices, chosen) {
  const group = el("div", { class: "choice", role: "group", "aria-label": label });
  const buttons = choices.map(([value, text, title]) => el("button", { type: "button", text, title: title ?? text, onclick: () => chosen(value) }));
  group.append(...buttons);
  group.show = (value) => buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(choices[i][0] === value)));
  group.allow = (test) => buttons.forEach((b, i) => (b.hidden = !test(choices[i][0])));
  return group;
}

// Give a canvas its size in CSS pixels; returns its context, cleared, in CSS pixels.
export function fit(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 3), w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return g;
}

export function theme(node) {
  const style = getComputedStyle(node.host ?? node), read = (name, other) => style.getPropertyValue(`--st-${name}`).trim() || other;
  const back = read("background-color", "#ffffff");
  return {
    text: read("text-color", "#222222"), back, panel: read("secondary-background-color", "#f2f2f5"),
    line: read("border-color", "#cccccc"), accent: read("primary-color", "#0077bb"),
    font: read("font", "sans-serif"), dark: luminance(back) < 0.4,
  };
}

function luminance(text) {
  const hex = text.match(/^#([0-9a-f]{3,8})$/i)?.[1];
  const parts = hex
    ? (hex.length < 6 ? [...hex].slice(0, 3).map((c) => c + c) : hex.match(/../g).slice(0, 3)).map((c) => parseInt(c, 16))
    : (text.match(/[\d.]+/g) ?? [255, 255, 255]).slice(0, 3).map(Number);
  return (0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2]) / 255;
}

export const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// A number for people: 0.0153, 12.4, 1,297, 1.2e-7.
export function words(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

// A scale that goes through values nicely; returns ticks between low and high.
export function ticks(low, high, count = 4) {
  const span = high - low || 1, raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power, found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9 * span; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return found;
}

// Give a list of choices its [[value, text], …], only where they changed, and choose one.
export function offered(select, options, value) {
  const key = JSON.stringify(options);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...options.map(([v, text]) => el("option", { value: v, text })));
  }
  select.value = String(value);
}

// What an arrow key asks for: columns to the right, rows down.
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// A line through points; a point that is null is passed over.
export function polyline(g, points) {
  g.beginPath();
  points.filter(Boolean).forEach(([x, y], i) => g[i ? "lineTo" : "moveTo"](x, y));
  g.stroke();
}

// A small bar of the colors of a scale; `rgb(share)` for a share from 0 to 1.
export function scaleBar(canvas, rgb) {
  const g = fit(canvas, 110, 12);
  for (let x = 0; x < 110; x++) {
    g.fillStyle = `rgb(${rgb(x / 109).join()})`;
    g.fillRect(x, 0, 1, 12);
  }
}
