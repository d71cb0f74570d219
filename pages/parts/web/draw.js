// Small things that every view needs: elements, canvases, theme, a place to be mounted.

function el(tag, attributes = {}, ...children) {
  const made = tag === "svg" || tag === "path" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made[name] = value;
    else if (name === "text") made.textContent = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((c) => c !== null && c !== undefined));
  return made;
}

const icon = (path) => el("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, el("path", { d: path, fill: "currentColor" }));
const button = (label, content, onclick) => el("button", { type: "button", title: label, "aria-label": label, onclick }, content);

// A group of buttons of which one is pressed. choices: [[value, label, title?], …]
function choice(label, choices, chosen) {
  const group = el("div", { class: "choice", role: "group", "aria-label": label });
  const buttons = choices.map(([value, words, title]) => el("button", { type: "button", text: words, title: title ?? words, onclick: () => chosen(value) }));
  group.append(...buttons);
  group.show = (value) => buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(choices[i][0] === value)));
  group.allow = (test) => buttons.forEach((b, i) => (b.hidden = !test(choices[i][0])));
  return group;
}

// Give a canvas its size in CSS pixels; returns its context, cleared, in CSS pixels.
function fit(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 3), w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return g;
}

function theme(node) {
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

const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const typing = (event) => {
  const target = event.composedPath()[0];
  return Boolean(target?.closest?.("input, textarea, select, [contenteditable=true], [role=slider], [role=combobox], [role=listbox], [role=dialog]"));
};

// A number for people: 0.0153, 12.4, 1,297, 1.2e-7.
function words(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

// A scale that goes through values nicely; returns ticks between low and high.
function ticks(low, high, count = 4) {
  const span = high - low || 1, raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power, found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9 * span; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return found;
}

// A button that was clicked with a pointer gives the focus back, so that Space plays instead of clicking it again.
const release = (root) => root.addEventListener("click", (event) => event.detail && event.target.closest?.("button")?.blur());

const VIEWS = (window.__distillViews1 ??= new WeakMap());

// Mount a view once and hand it every later call. `make(root, store)` returns {update(component), draw(), remove?()}.
function mount(component, make) {
  const parent = component.parentElement;
  let view = VIEWS.get(parent);
  if (!view) {
    const root = parent.querySelector(".root") ?? parent.appendChild(el("div", { class: "root" })), store = shared();
    let asked = 0;
    if (!root.dataset.free) release(root);
    root.dataset.free = "yes";
    const again = () => (asked ||= requestAnimationFrame(() => ((asked = 0), view.gone || view.draw())));
    view = new make(root, store, again);
    const off = store.on((what, detail) => (view.heard ? view.heard(what, detail) : again()));
    const size = new ResizeObserver(again);
    size.observe(root);
    view.leave = () => {
      view.gone = true;
      off();
      size.disconnect();
      cancelAnimationFrame(asked);
      view.remove?.();
      root.replaceChildren();
      VIEWS.delete(parent);
    };
    view.again = again;
    VIEWS.set(parent, view);
  }
  view.update(component);
  view.again();
  return view.leave;
}
