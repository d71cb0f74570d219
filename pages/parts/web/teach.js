// A lesson's hand on the page: one class chosen, and the part that a step speaks of brought into sight once it is there.
import { calm } from "./draw.js";
import { shared } from "./store.js";

const PATIENCE = 12_000, LOOK = 150, SETTLED = 4; // milliseconds until it gives up, between looks; equal looks until a part rests
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"]; // whoever does this looks for themselves

export default function ({ data }) {
  const before = (window.__distillTeach ??= { entry: null, stop: () => {} });
  if (before.entry === data.entry) return;
  before.stop();
  shared().set("only", data.only);
  window.__distillTeach = { entry: data.entry, stop: data.light ? follow(`.st-key-${window.CSS.escape(data.light)}`) : () => {} };
}

// Scroll to what a selector names, when it has come and stopped growing; returns how to give that up.
function follow(selector) {
  const until = performance.now() + PATIENCE;
  let timer = 0, last = "", same = 0;
  const stop = () => {
    clearTimeout(timer);
    for (const move of MOVES) window.removeEventListener(move, stop, true);
  };
  const look = () => {
    const part = document.querySelector(selector), box = part?.getBoundingClientRect(), now = box ? `${box.top} ${box.height}` : "";
    same = box?.height > 8 && now === last ? same + 1 : 0;
    last = now;
    if (same >= SETTLED) {
      show(part, box);
      stop();
    } else if (performance.now() < until) timer = setTimeout(look, LOOK);
    else stop();
  };
  for (const move of MOVES) window.addEventListener(move, stop, { capture: true, passive: true });
  timer = setTimeout(look, LOOK);
  return stop;
}

// A part that fits stands in the middle, one that does not with its beginning at the top; what is in sight stays.
function show(part, box) {
  const low = document.querySelector(".st-key-lesson")?.getBoundingClientRect(), bottom = low?.top > window.innerHeight / 3 ? low.top : window.innerHeight;
  if (box.top >= 60 && box.bottom <= bottom) return;
  part.scrollIntoView({ block: box.height < bottom - 120 && bottom === window.innerHeight ? "center" : "start", behavior: calm() ? "auto" : "smooth" });
}
