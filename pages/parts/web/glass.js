// The magnifying glass: an enlarged image and a line of words beside what the pointer is on.
import { el, fit } from "./draw.js";

const FRAME = 20; // pixels that the frame of the glass adds to its width

export class Glass {
  // `away` and `above`: pixels between image and glass, and by which the glass begins above the image.
  constructor(root, { away = 10, above = 20 } = {}) {
    Object.assign(this, { root, away, above, picture: el("canvas"), about: el("div") });
    this.node = el("div", { class: "tip", hidden: true }, this.picture, this.about);
    root.append(this.node);
  }

  hide() {
    this.node.hidden = true;
  }

  // Beside `place` {x, y, size} of a canvas: what `paint(g)` draws in [width, height] pixels (null: no picture), and words.
  show(canvas, place, size, paint, words) {
    this.picture.hidden = !size;
    if (size) paint(fit(this.picture, ...size));
    this.about.textContent = words;
    this.node.hidden = false;
    const area = canvas.getBoundingClientRect(), home = this.root.getBoundingClientRect(), wide = (size?.[0] ?? 100) + FRAME;
    const left = area.left - home.left + place.x, right = left + place.size + this.away;
    this.node.style.left = `${right + wide > home.width ? Math.max(0, left - wide - this.away) : right}px`;
    this.node.style.top = `${Math.max(0, area.top - home.top + place.y - this.above)}px`;
  }
}

// Width and height of a tile enlarged to about `least` pixels: whole multiples, so that every pixel stays a square.
export function enlarged([h, w], least, most = Infinity) {
  const zoom = Math.max(4, Math.round(least / w));
  return [Math.min(most, w * zoom), Math.min(most, h * zoom)];
}
