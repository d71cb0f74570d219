// A value in [0, 1] as [r, g, b], dark blue to yellow, even in lightness and for the color-blind (after cividis).
const RAMP = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];

export function ramp(value) {
  const v = Math.max(0, Math.min(1, value)) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, Math.floor(v));
  return RAMP[i].map((a, k) => Math.round(a + (RAMP[i + 1][k] - a) * (v - i)));
}

export const ink = (rgb) => `rgb(${rgb.join()})`;
export const readable = (rgb) => (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] > 130 ? "#111" : "#fff");
export const shade = (i, n, dark) => ramp(dark ? 0.35 + (0.65 * i) / Math.max(1, n - 1) : (0.7 * i) / Math.max(1, n - 1));
