// Shapes in the plane of the map: what lies inside a line, and lines of equal density.
const CELLS = 72, SPREAD = 2.2, WIDE = 3.6, EDGE = 8; // the grid of densities; how far a point counts, in cells: of many, of a class; its margin
const LEVELS = [0.15, 0.4, 0.7], BLOB = 0.3; // shares of the greatest density

// Whether a point lies inside a closed line (even-odd rule).
export function within(point, ring) {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[i], [bx, by] = ring[j];
    if (ay > point.y !== by > point.y && point.x < ((bx - ax) * (point.y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

// Segments [x, y, x, y] of three density levels of points [x, y, x, y, …] in the frame f {x0, x1, y0, y1}.
export function densities(at, f) {
  const grid = smoothed(at, f, SPREAD), most = greatest(grid), back = placed(f);
  return LEVELS.map((share) => contour(grid, share * most).map(([ax, ay, bx, by]) => [...back(ax, ay), ...back(bx, by)]));
}

// Where the points [x, y, x, y, …] of one class lie densely: {edges: segments, cells: polygons that fill the inside}.
export function blob(at, f) {
  const grid = smoothed(at, f, WIDE), level = BLOB * greatest(grid), back = placed(f);
  return {
    edges: contour(grid, level).map(([ax, ay, bx, by]) => [...back(ax, ay), ...back(bx, by)]),
    cells: filled(grid, level).map((polygon) => polygon.map(([x, y]) => back(x, y))),
  };
}

const greatest = (grid) => grid.reduce((a, b) => Math.max(a, b), 0);

// From cells of the grid to the plane.
function placed(f) {
  const inner = CELLS - 2 * EDGE - 1;
  return (x, y) => [f.x0 + ((x - EDGE) / inner) * (f.x1 - f.x0 || 1), f.y0 + ((y - EDGE) / inner) * (f.y1 - f.y0 || 1)];
}

// A smoothed count of the points on a grid.
function smoothed(at, f, spread) {
  const n = CELLS, reach = Math.ceil(2.3 * spread), grid = new Float32Array(n * n), inner = n - 2 * EDGE - 1, w = f.x1 - f.x0 || 1, h = f.y1 - f.y0 || 1;
  for (let k = 0; k < at.length; k += 2) {
    if (!Number.isFinite(at[k])) continue;
    const cx = EDGE + ((at[k] - f.x0) / w) * inner, cy = EDGE + ((at[k + 1] - f.y0) / h) * inner;
    for (let y = Math.max(0, Math.floor(cy) - reach); y <= Math.min(n - 1, cy + reach); y++)
      for (let x = Math.max(0, Math.floor(cx) - reach); x <= Math.min(n - 1, cx + reach); x++)
        grid[y * n + x] += Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread * spread));
  }
  return grid;
}

// The four corners [x, y, value] of every cell of the grid, in order around it.
function* squares(grid) {
  const n = CELLS;
  for (let y = 0; y < n - 1; y++)
    for (let x = 0; x < n - 1; x++) yield [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]].map(([a, b]) => [a, b, grid[b * n + a]]);
}

// Where the grid passes a level (marching squares), in cells.
function contour(grid, level) {
  const found = [];
  for (const corners of squares(grid)) {
    const cuts = corners.map((one, i) => crossing(one, corners[(i + 1) % 4], level)).filter(Boolean);
    for (let i = 0; i + 1 < cuts.length; i += 2) found.push([...cuts[i], ...cuts[i + 1]]);
  }
  return found;
}

// What lies above it: a polygon for each cell that is inside, or partly so.
function filled(grid, level) {
  const found = [];
  for (const corners of squares(grid)) {
    const polygon = corners.flatMap((one, i) => [one[2] > level ? [one[0], one[1]] : null, crossing(one, corners[(i + 1) % 4], level)]).filter(Boolean);
    if (polygon.length > 2) found.push(polygon);
  }
  return found;
}

function crossing([ax, ay, av], [bx, by, bv], level) {
  if (av > level === bv > level) return null;
  const share = (level - av) / (bv - av);
  return [ax + share * (bx - ax), ay + share * (by - ay)];
}
