// What part of the map is seen, and the hand that moves it: drag, pinch, wheel, lasso.
const MARGIN = 22, SLACK = 4; // pixels around the points; how far a finger may slip before it drags

// From a place in the plane to pixels, enlarged and moved.
export class Lens {
  constructor() {
    this.reset();
  }

  reset() {
    Object.assign(this, { zoom: 1, panX: 0, panY: 0 });
  }

  // Enlarge around (x, y), which stays where it is.
  zoomBy(by, x, y) {
    const next = Math.max(0.5, Math.min(40, this.zoom * by)), f = next / this.zoom;
    Object.assign(this, { zoom: next, panX: x - (x - this.panX) * f, panY: y - (y - this.panY) * f });
  }

  // A function (x, y) -> [pixels, pixels] for a canvas of this size and a frame {x0, x1, y0, y1}.
  projection(f, width, height) {
    const w = f.x1 - f.x0 || 1, h = f.y1 - f.y0 || 1, s = Math.min((width - 2 * MARGIN) / w, (height - 2 * MARGIN) / h);
    const left = (width - s * w) / 2, top = (height - s * h) / 2;
    return (x, y) => [(left + (x - f.x0) * s) * this.zoom + this.panX, (top + (f.y1 - y) * s) * this.zoom + this.panY];
  }
}

// Turns what fingers and wheel do on the canvas into: the lens moved, `hover(x, y)`, `click(x, y)`, `lassoed(ring)`.
export class Hand {
  constructor(canvas, lens, asked) {
    Object.assign(this, { canvas, lens, asked, fingers: new Map(), pinch: 0, drag: null, lasso: null });
    canvas.onwheel = (event) => this.wheel(event);
    canvas.onpointerdown = (event) => this.down(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => this.up(event);
    canvas.onpointerleave = () => asked.leave();
  }

  wheel(event) {
    const root = this.canvas.getRootNode(), focused = document.activeElement === root.host || root.activeElement === this.canvas;
    if (!event.ctrlKey && !focused) return; // the page scrolls until the map was clicked
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY);
  }

  zoom(by, x, y) {
    this.lens.zoomBy(by, x, y);
    this.asked.again();
  }

  down(event) {
    const { offsetX: x, offsetY: y } = event;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    this.fingers.set(event.pointerId, [x, y]);
    this.drag = { x, y, panX: this.lens.panX, panY: this.lens.panY, moved: false };
    if (this.asked.lassoing() || event.shiftKey) this.lasso = [[x, y]];
  }

  move(event) {
    const { offsetX: x, offsetY: y } = event;
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, [x, y]);
    if (this.fingers.size === 2) this.pinched();
    else if (this.drag) this.dragged(x, y);
    else this.asked.hover(x, y);
  }

  up(event) {
    const { lasso, drag } = this;
    this.fingers.delete(event.pointerId);
    Object.assign(this, { pinch: 0, lasso: null, drag: null });
    if (lasso) this.asked.lassoed(lasso);
    else if (drag && !drag.moved) this.asked.click(event.offsetX, event.offsetY);
    this.asked.again();
  }

  dragged(x, y) {
    const { drag, lasso } = this;
    if (Math.hypot(x - drag.x, y - drag.y) > SLACK) drag.moved = true;
    if (lasso) lasso.push([x, y]);
    else if (drag.moved) Object.assign(this.lens, { panX: drag.panX + x - drag.x, panY: drag.panY + y - drag.y });
    this.asked.again();
  }

  pinched() {
    const [[ax, ay], [bx, by]] = [...this.fingers.values()], wide = Math.hypot(ax - bx, ay - by);
    if (this.pinch) this.zoom(wide / this.pinch, (ax + bx) / 2, (ay + by) / 2);
    this.pinch = wide;
    if (this.drag) this.drag.moved = true;
  }
}
