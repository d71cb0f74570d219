// Shapes in the plane of the map: what lies inside a line, and lines of equal density.
const CELLS = 72, REACH = 5, SPREAD = 2.2, EDGE = 4; // the grid of densities; how far a point counts, in cells; its margin
const LEVELS = [0.15, 0.4, 0.7]; // shares of the greatest density

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
  const grid = smoothed(at, f), most = grid.reduce((a, b) => Math.max(a, b), 0), inner = CELLS - 2 * EDGE - 1;
  const X = (x) => f.x0 + ((x - EDGE) / inner) * (f.x1 - f.x0 || 1), Y = (y) => f.y0 + ((y - EDGE) / inner) * (f.y1 - f.y0 || 1);
  return LEVELS.map((share) => contour(grid, share * most).map(([ax, ay, bx, by]) => [X(ax), Y(ay), X(bx), Y(by)]));
}

// A smoothed count of the points on a grid.
function smoothed(at, f) {
  const n = CELLS, grid = new Float32Array(n * n), inner = n - 2 * EDGE - 1, w = f.x1 - f.x0 || 1, h = f.y1 - f.y0 || 1;
  for (let k = 0; k < at.length; k += 2) {
    if (!Number.isFinite(at[k])) continue;
    const cx = EDGE + ((at[k] - f.x0) / w) * inner, cy = EDGE + ((at[k + 1] - f.y0) / h) * inner;
    for (let y = Math.max(0, Math.floor(cy) - REACH); y <= Math.min(n - 1, cy + REACH); y++)
      for (let x = Math.max(0, Math.floor(cx) - REACH); x <= Math.min(n - 1, cx + REACH); x++)
        grid[y * n + x] += Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * SPREAD * SPREAD));
  }
  return grid;
}

// Where the grid passes a level (marching squares), in cells.
function contour(grid, level) {
  const n = CELLS, found = [];
  for (let y = 0; y < n - 1; y++)
    for (let x = 0; x < n - 1; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]].map(([a, b]) => [a, b, grid[b * n + a]]);
      const cuts = corners.map((one, i) => crossing(one, corners[(i + 1) % 4], level)).filter(Boolean);
      for (let i = 0; i + 1 < cuts.length; i += 2) found.push([...cuts[i], ...cuts[i + 1]]);
    }
  return found;
}

function crossing([ax, ay, av], [bx, by, bv], level) {
  if (av > level === bv > level) return null;
  const share = (level - av) / (bv - av);
  return [ax + share * (bx - ax), ay + share * (by - ay)];
}
