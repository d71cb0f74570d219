// The frame of a small plot: its margins, grid lines, ticks and names of the axes.
export const LEFT = 46, BOTTOM = 30, TOP = 8, RIGHT = 10, TALL = 172;
export const ROOM = TALL - BOTTOM - TOP; // pixels from the lowest to the highest value

// rows and columns: [[pixel, text], …] of the ticks.
export function axes(g, look, width, { rows, columns, across, up }) {
  g.font = `10.5px ${look.font}`;
  g.fillStyle = look.text;
  g.strokeStyle = look.line;
  g.lineWidth = 1;
  for (const [y, text] of rows) row(g, width, y, text);
  g.textAlign = "center";
  for (const [x, text] of columns) g.fillText(text, Math.min(x, width - 14), TALL - BOTTOM + 13);
  g.globalAlpha = 0.65;
  g.fillText(across, LEFT + (width - LEFT - RIGHT) / 2, TALL - 4);
  if (up) sideways(g, up);
  g.globalAlpha = 1;
  g.textAlign = "left";
}

function row(g, width, y, text) {
  g.globalAlpha = 0.5;
  g.beginPath();
  g.moveTo(LEFT, y);
  g.lineTo(width - RIGHT, y);
  g.stroke();
  g.globalAlpha = 0.85;
  g.textAlign = "right";
  g.fillText(text, LEFT - 5, y + 3.5);
}

function sideways(g, text) {
  g.save();
  g.translate(9, TOP + ROOM / 2);
  g.rotate(-Math.PI / 2);
  g.fillText(text, 0, 0);
  g.restore();
}

export function note(g, text, look) {
  g.fillStyle = look.text;
  g.font = `12px ${look.font}`;
  g.fillText(text, 8, 40);
}
