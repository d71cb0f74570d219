// The place of a view in the page: mounted once, drawn when something changed, cleared when it goes.
import { el } from "./draw.js";
import { shared } from "./store.js";

const VIEWS = (window.__distillViews1 ??= new WeakMap());

// Mount a view once and hand it every later call. `View` is made with (root, store, again), where `again()` asks to be
// drawn soon; it has update(component), draw(), and perhaps heard(what, detail), without which it is drawn, and remove().
export function mount(component, View) {
  const parent = component.parentElement;
  if (!VIEWS.has(parent)) VIEWS.set(parent, place(parent, View));
  const { view, again, leave } = VIEWS.get(parent);
  view.update(component);
  again();
  return leave;
}

function place(parent, View) {
  const root = parent.querySelector(".root") ?? parent.appendChild(el("div", { class: "root" })), store = shared();
  let asked = 0, gone = false;
  if (!root.dataset.free) release(root);
  root.dataset.free = "yes";
  const draw = () => {
    asked = 0;
    if (!gone) view.draw();
  };
  const again = () => (asked ||= requestAnimationFrame(draw));
  const view = new View(root, store, again);
  const off = store.on((what, detail) => (view.heard ? view.heard(what, detail) : again()));
  const size = new ResizeObserver(again);
  size.observe(root);
  const leave = () => {
    gone = true;
    off();
    size.disconnect();
    cancelAnimationFrame(asked);
    view.remove?.();
    root.replaceChildren();
    VIEWS.delete(parent);
  };
  return { view, again, leave };
}

// A button that was clicked with a pointer gives the focus back, so that Space plays instead of clicking it again.
const release = (root) => root.addEventListener("click", (event) => event.detail && event.target.closest?.("button")?.blur());

// A view that stays in sight while the page scrolls; where the page is built otherwise it simply scrolls away. It is `stuck` while the
// page runs under it, and then what a small screen has no room for is not seen.
const MENU_BELOW = 56; // pixels: the height of the menu

export function stick(root) {
  const frame = root.getRootNode().host?.closest?.("[data-testid=stElementContainer]");
  if (!frame || root.dataset.sticks) return;
  root.dataset.sticks = "yes";
  Object.assign(frame.style, { position: "sticky", top: `${MENU_BELOW}px`, zIndex: "20" });
  const look = () => {
    if (!root.isConnected) return window.removeEventListener("scroll", look, true);
    root.classList.toggle("stuck", root.getBoundingClientRect().top <= MENU_BELOW + 1);
  };
  window.addEventListener("scroll", look, { capture: true, passive: true });
}
