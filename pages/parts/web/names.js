// Where the names of points stand on the map: beside their points, over no other name and over as few points as can be.
const NAME_RINGS = [3, 16, 30, 46], NAME_SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]]; // pixels from the marker; sides
const NAME_TALL = 13, NAME_FILLED = 8, NAME_HOLLOW = 1, NAME_FARTHER = 0.15; // height of a name; what is lost by covering a point, by standing a pixel away

// `wants`: [{text, x, y, r, width}, …]; `spots`: all points {x, y, source}; `room`: [width, height] of the map.
// Returns those that found a place, each with `left`, `top` of its name; `far` where a line has to lead to it.
export function nameplates(wants, spots, room) {
  const taken = [], found = [];
  for (const want of wants) {
    const best = standings(want).filter((box) => withinRoom(box, room) && !taken.some((other) => overlap(box, other, 2))).map((box) => ({ ...box, lost: covering(box, spots) })).sort((a, b) => a.lost - b.lost)[0];
    if (!best) continue;
    taken.push(best);
    found.push({ ...want, left: best.left, top: best.top, right: best.right, bottom: best.bottom, far: best.away > NAME_RINGS[0] });
  }
  return found;
}

function standings({ x, y, r, width }) {
  return NAME_RINGS.flatMap((away) => NAME_SIDES.map(([dx, dy]) => {
    const reach = (r + away) * (dx && dy ? 0.75 : 1), left = x + dx * reach - (width * (1 - dx)) / 2, top = y + dy * reach - (NAME_TALL * (1 - dy)) / 2;
    return { left, top, right: left + width, bottom: top + NAME_TALL, away };
  }));
}

const withinRoom = (box, [width, height]) => box.left >= 2 && box.top >= 2 && box.right <= width - 2 && box.bottom <= height - 2;
const overlap = (a, b, gap) => a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom + gap && b.top < a.bottom + gap;

function covering(box, spots) {
  let sum = NAME_FARTHER * box.away;
  for (const { x, y, source } of spots) {
    const reach = source === "real" ? 3 : 7;
    if (x > box.left - reach && x < box.right + reach && y > box.top - reach && y < box.bottom + reach) sum += source === "real" ? NAME_HOLLOW : NAME_FILLED;
  }
  return sum;
}

// Of each class the point nearest to its middle, so that many points have one name.
export function middles(points) {
  const groups = new Map();
  for (const one of points) groups.set(one.text, [...(groups.get(one.text) ?? []), one]);
  return [...groups.values()].map((group) => {
    const [mx, my] = ["x", "y"].map((axis) => group.reduce((sum, one) => sum + one[axis], 0) / group.length), away = (one) => Math.hypot(one.x - mx, one.y - my);
    return group.reduce((best, one) => (away(one) < away(best) ? one : best));
  });
}
