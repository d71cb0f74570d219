// What each layer of a search is, and what came of it.
import { SAYS, titleOf } from "./bands.js";
import { el, words } from "./draw.js";

const SHAPE = { title: "shape", sentence: "Channels × height × width of one image's feature map." };

const meter = (share, text) => el("td", {}, el("div", { class: "meter" }, el("i", { style: `width:${Math.round(100 * share)}%` }), el("span", { text })));
const inPercent = (v) => `${(100 * v).toFixed(1)} %`;
const bytes = (v) => (v < 1000 ? `${v} B` : v < 1e6 ? `${words(v / 1e3)} kB` : v < 1e9 ? `${words(v / 1e6)} MB` : `${words(v / 1e9)} GB`);
const plain = (text) => el("td", { text });

export function tabulate(panel, run, list, chosen, sizes) {
  const columns = columnsOf(run, list, sizes).filter(({ value }) => list.some((band) => (value(band) ?? null) !== null));
  const rows = list.map((band) => {
    const star = chosen && chosen.part === band.stage.part, cells = columns.map(({ value, made }) => ((value(band) ?? null) === null ? plain("–") : made(value(band), band)));
    return el("tr", star ? { class: "chosen" } : {}, el("th", { scope: "row", text: `${star ? "★ " : ""}${titleOf(band.name)}` }), ...cells);
  });
  const heads = columns.map(({ told }) => el("th", { scope: "col", text: told.title, title: told.sentence }));
  panel.body.firstChild.replaceChildren(el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "layer" }), ...heads)), el("tbody", {}, ...rows));
  panel.title("What came of each layer", columns.map(({ told }) => told));
}

// {told, value of a band, how it (and its band) is written}, in the order in which they stand.
function columnsOf(run, list, sizes) {
  const most = Math.max(...Object.values(sizes), 1);
  const said = (name, made) => ({ told: run.quantity(SAYS[name]), value: (band) => band.said[name], made });
  return [
    { told: SHAPE, value: (band) => band.shape, made: plain },
    { told: run.quantity(SAYS.bytes), value: (band) => band.bytes, made: (v) => meter(v / most, bytes(v)) },
    said("step", (v, { steps }) => meter(v / Math.max(1, steps - 1), `${words(v)} of ${steps - 1}`)),
    said("kept", (v) => plain(words(v))),
    said("high", (v) => plain(inPercent(v))),
    said("change", (v) => plain(words(v))),
    said("clipped", (v) => plain(inPercent(v))),
  ];
}
