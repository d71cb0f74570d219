// Where the tiles of a wall lie: one block per class, each image enlarged by a whole number where there is room.
import { snap } from "./tiles.js";

const GAP = 3, TALLEST = 224, LARGE = 96, HEAD = 58, PHONE = 430, ABOVE = 17; // pixels: between tiles; the largest tile; one of few; room for a class's name beside its block; narrower, it stands above, so high

// Tiles sorted by class, in a wall `width` pixels wide: {places: [{tile, x, y, size} or {words: label, x, y, room}], height}.
// `large`: few of each class are shown, as large as can be.
export function layout(tiles, width, alone, large = false) {
  const groups = byClass(tiles), most = Math.max(1, ...groups.map((g) => g.length)), source = tiles[0]?.record.tile[1] ?? 16;
  return most <= 2 ? captioned(groups, most, width, source, alone, large) : blocks(groups, most, width, source);
}

function byClass(tiles) {
  const groups = [];
  for (const tile of tiles) {
    if (groups[groups.length - 1]?.[0].label !== tile.label) groups.push([]);
    groups[groups.length - 1].push(tile);
  }
  return groups;
}

function perRow(count, most, width, alone, large) {
  if (large) return Math.max(width < PHONE ? 2 : 1, Math.floor(width / (most * (LARGE + GAP) + 4)));
  if (count > 12) return Math.floor(width / (46 * most));
  const five = width < PHONE || (width < 1100 && alone && count === 10);
  return five ? 5 : Math.min(count, 10);
}

// One or two images of a class, its name below.
function captioned(groups, most, width, source, alone, large) {
  const per = perRow(groups.length, most, width, alone, large), cell = Math.floor(width / Math.max(1, Math.min(per, groups.length)));
  const size = snap(Math.min(TALLEST, (cell - 4) / most - (most > 1 ? GAP : 0)), source), tall = size + 18;
  const places = groups.flatMap((group, i) => {
    const x = (i % per) * cell, y = Math.floor(i / per) * tall;
    const tiles = group.map((tile, j) => ({ tile, x: x + j * (size + GAP), y, size }));
    return [...tiles, { words: group[0].label, x, y: y + size + 12, room: cell - 4 }];
  });
  return { places, height: Math.ceil(groups.length / per) * tall };
}

// Many images of a class: rows of at most ten beside its name, and such blocks beside each other; the name above where there is no room.
function blocks(groups, most, width, source) {
  if (width < PHONE) return stacked(groups, most, width, source);
  const size = snap(Math.max(20, Math.min(64, (width - HEAD) / Math.min(most, 10) - GAP)), source), step = size + GAP;
  const block = HEAD + Math.min(most, 10) * step + 10, beside = Math.max(1, Math.floor((width + 10) / block));
  const per = beside > 1 ? Math.min(most, 10) : Math.max(1, Math.floor((width - HEAD) / step)), places = [];
  let y = 0, tall = 0;
  groups.forEach((group, i) => {
    const left = (i % beside) * block;
    if (i && i % beside === 0) {
      y += tall + 3;
      tall = 0;
    }
    places.push({ words: group[0].label, x: left, y: y + Math.min(size, 30) / 2 + 4, room: HEAD - 6 });
    group.forEach((tile, j) => places.push({ tile, x: left + HEAD + (j % per) * step, y: y + Math.floor(j / per) * step, size }));
    tall = Math.max(tall, Math.ceil(group.length / per) * step);
  });
  return { places, height: y + tall };
}

function stacked(groups, most, width, source) {
  const size = snap(Math.max(20, width / Math.min(most, 10) - GAP), source), step = size + GAP, per = Math.max(1, Math.min(most, Math.floor((width + GAP) / step))), places = [];
  let y = 0;
  for (const group of groups) {
    places.push({ words: group[0].label, x: 0, y: y + 11, room: width });
    group.forEach((tile, j) => places.push({ tile, x: (j % per) * step, y: y + ABOVE + Math.floor(j / per) * step, size }));
    y += ABOVE + Math.ceil(group.length / per) * step + 4;
  }
  return { places, height: y };
}
