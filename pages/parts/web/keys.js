// The keys of the player, and the words that explain them.
import { el } from "./draw.js";

const KEYS = [["Space", "play, or hold the view"], ["← →", "one report back or on"], ["Shift ← →", "one stage back or on"], ["Home, End", "start, end (follow a running run)"],
  ["[ ]", "slower, faster"], ["1 … 9, 0", "only this class; again for all"], ["X", "swap the two runs"], ["D", "difference"], ["B", "blink"], ["Z", "reset the map"],
  ["L", "copy the link"], ["S", "save a still image of the wall"], ["?", "these keys"]];
const ELSEWHERE = "xdbsz"; // keys that the wall and the map answer

export function helpDialog() {
  const help = el("dialog", { "aria-label": "Keys" });
  const list = el("dl", {}, ...KEYS.flatMap(([key, what]) => [el("dt", { text: key }), el("dd", { text: what })]));
  help.append(el("strong", { text: "Keys" }), list, el("button", { type: "button", text: "Close", onclick: () => help.close() }));
  return help;
}

// Do what a key asks for, unless it belongs to what has the focus.
export function answer(player, event) {
  const origin = event.composedPath()[0], { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || player.help.open || (typing(origin) && origin !== player.track.canvas)) return;
  if (origin?.dataset?.keys?.split(" ").includes(key) || (key === " " && origin?.tagName === "BUTTON")) return;
  const doing = deed(player, event);
  if (!doing) return;
  doing();
  event.preventDefault();
}

// What a key asks the player to do, as a function, or undefined.
function deed(player, { key, shiftKey }) {
  const { store } = player, small = key.length === 1 ? key.toLowerCase() : key;
  const doing = {
    " ": () => player.toggle(), ArrowLeft: () => player.step(-1, shiftKey), ArrowRight: () => player.step(1, shiftKey),
    Home: () => player.seek(0), End: () => player.toEnd(), "[": () => player.faster(-1), "]": () => player.faster(1),
    "?": () => player.help.showModal(), l: () => player.copyLink(), Escape: () => store.set("only", null),
  }[small];
  if (doing) return doing;
  if (/^[0-9]$/.test(key)) return () => only(store, (Number(key) + 9) % 10);
  return small.length === 1 && ELSEWHERE.includes(small) ? () => store.emit("key", small) : undefined;
}

// Only this class; again for all.
const only = (store, label) => store.set("only", store.only === label ? null : label);

// Whether somebody is writing into a field or choosing in a list.
export const typing = (target) => Boolean(target?.closest?.("input, textarea, select, [contenteditable=true], [role=slider], [role=combobox], [role=listbox], [role=dialog]"));
