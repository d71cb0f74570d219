// Colors that most color-blind people can tell apart; a marker shape and a label always say the class as well.
export const COLORS = ["#0077BB", "#EE7733", "#009988", "#CC3311", "#33BBEE", "#EE3377", "#888888", "#AA4499", "#999933", "#5544BB"];
export const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "star", "down"];
export const SUBJECT_COLORS = { real: "#888888", distilled: "#0077BB", random: "#EE7733", mean: "#AA4499" };
export const color = (label) => COLORS[((label % COLORS.length) + COLORS.length) % COLORS.length];
export const shape = (label) => SHAPES[((label % SHAPES.length) + SHAPES.length) % SHAPES.length];

// Path of the marker of a class around (x, y); r is its half size in pixels.
export function marker(g, label, x, y, r) {
  const kind = shape(label);
  g.beginPath();
  if (kind === "circle") return g.arc(x, y, r, 0, 2 * Math.PI);
  const polygon = (points) => points.forEach(([dx, dy], i) => g[i ? "lineTo" : "moveTo"](x + dx * r, y + dy * r));
  if (kind === "square") polygon([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]);
  if (kind === "triangle") polygon([[0, -1.15], [1.05, 0.8], [-1.05, 0.8]]);
  if (kind === "down") polygon([[0, 1.15], [1.05, -0.8], [-1.05, -0.8]]);
  if (kind === "diamond") polygon([[0, -1.25], [1.05, 0], [0, 1.25], [-1.05, 0]]);
  if (kind === "cross") {
    const a = 0.4, b = 1.1;
    polygon([[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]]);
  }
  if (kind === "star") {
    const tips = [];
    for (let i = 0; i < 10; i++) {
      const radius = i % 2 ? 0.55 : 1.25, angle = (Math.PI * i) / 5 - Math.PI / 2;
      tips.push([radius * Math.cos(angle), radius * Math.sin(angle)]);
    }
    polygon(tips);
  }
  g.closePath();
}

// A signed value in [-1, 1] as [r, g, b]: blue, the middle (white on light, near black on dark), orange.
export function signed(value, dark) {
  const v = Math.max(-1, Math.min(1, value)), middle = dark ? [24, 26, 31] : [250, 250, 250];
  const end = v < 0 ? (dark ? [72, 178, 255] : [0, 90, 170]) : dark ? [255, 150, 70] : [205, 80, 10];
  const weight = Math.abs(v);
  return middle.map((m, i) => Math.round(m + (end[i] - m) * weight));
}
