// The settings of the page and their words in the link. What a link says and cannot mean is said, not silently changed.
import { CLASSES, EDGE } from "./toy_data.js";

// name in the link: [default, allowed values], as text
export const FIELDS = {
  data: ["moons", ["circles", "moons", "xor", "spiral", "blobs"]], noise: ["0.06", ["0", "0.03", "0.06", "0.1", "0.15", "0.2", "0.3", "0.4"]],
  points: ["200", ["50", "100", "200", "400"]], k: ["3", ["1", "2", "3", "5"]], begin: ["random", ["random", "real", "grid"]],
  objective: ["gradient", ["gradient", "mean", "trajectory"]], rate: ["1", ["0.1", "0.3", "1", "3", "10", "100", "10000"]],
};
const NUMBERS = ["noise", "points", "k", "rate"], MOST_SEED = 9999, MOST_STEP = 1000;

// {settings, wrong}: wrong holds a sentence for everything that could not be read.
export function fromLink(link) {
  const settings = { seed: 0, step: 0, at: null, moved: {} }, wrong = [];
  for (const [name, [usual, allowed]] of Object.entries(FIELDS)) {
    const asked = link[name] ?? usual, value = allowed.includes(asked) ? asked : usual;
    if (value !== asked) wrong.push(`${name}=${short(asked)} is none of ${allowed.join(", ")}; ${usual} is shown.`);
    settings[name] = NUMBERS.includes(name) ? Number(value) : value;
  }
  for (const [name, most] of [["seed", MOST_SEED], ["step", MOST_STEP]]) {
    if (link[name] === undefined) continue;
    if (/^\d{1,4}$/.test(link[name]) && Number(link[name]) <= most) settings[name] = Number(link[name]);
    else wrong.push(`${name}=${short(link[name])} is no whole number from 0 to ${most}; 0 is taken.`);
  }
  places(link, settings, wrong);
  return { settings, wrong };
}

// Points that were moved by hand: at=x,y;x,y… of all learned ones, moved=number:x,y;… of real ones.
function places(link, settings, wrong) {
  const n = 2 * CLASSES[settings.data] * settings.k, most = CLASSES[settings.data] * Math.floor(settings.points / CLASSES[settings.data]);
  if (link.at !== undefined) {
    const at = link.at.split(/[,;]/).map(number);
    if (at.length === n && at.every(inside)) settings.at = at;
    else wrong.push(`at= must hold ${n} numbers between −${EDGE} and ${EDGE}; the usual start is shown.`);
  }
  for (const text of link.moved ? link.moved.split(";") : []) {
    const [, which, x, y] = text.match(/^(\d+):([^,]+),([^,]+)$/) ?? [], place = [number(x), number(y)];
    if (which !== undefined && Number(which) < most && place.every(inside)) settings.moved[Number(which)] = place;
    else wrong.push(`moved=${short(text)} is not number:x,y of a real point in the picture; it is passed over.`);
  }
}

const number = (text) => (text?.trim() ? Number(text) : NaN);
const inside = (value) => Math.abs(value) <= EDGE;
const short = (text) => (text.length > 24 ? `${text.slice(0, 24)}…` : text);
const rounded = (value) => String(Number(value.toFixed(3)));

// The link of these settings: only what is not as usual.
export function toLink(settings) {
  const link = {}, pair = ([x, y]) => `${rounded(x)},${rounded(y)}`;
  for (const [name, [usual]] of Object.entries(FIELDS)) if (String(settings[name]) !== usual) link[name] = String(settings[name]);
  for (const name of ["seed", "step"]) if (settings[name]) link[name] = String(settings[name]);
  if (settings.at) link.at = Array.from({ length: settings.at.length / 2 }, (_, i) => pair([settings.at[2 * i], settings.at[2 * i + 1]])).join(";");
  const moved = Object.entries(settings.moved).map(([i, place]) => `${i}:${pair(place)}`);
  if (moved.length) link.moved = moved.join(";");
  return link;
}
