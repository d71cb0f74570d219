"""A sweep as a picture for a paper: plain SVG, written here, since plotly needs a browser of its own to make one.

Black on white, one font, no script; the same numbers as the table.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from html import escape

from ..queue.outcomes import Outcome
from ..queue.sweep import Sweep
from .grids import MARK, WORDS, limits, text, title
from .scores import LOOKS

CIVIDIS = ("#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838")
LETTER = 6.2  # pixels that a letter of 11 pixels takes


def picture(sweep: Sweep, results: Sequence[Outcome]) -> str:
    """The sweep's figure as the text of an SVG file: a heat map for two axes, a dot plot for one."""
    return _heat(sweep, results) if len(sweep.axes) == 2 else _dots(sweep, results)


def _heat(sweep: Sweep, results: Sequence[Outcome]) -> str:
    rows, columns = sweep.shape
    names = [list(axis.cases) for axis in sweep.axes]
    left, top, wide, high = 30 + _wide(names[0]), 70, max(64, 12 + _wide(names[1])), 40
    low, high_end = limits(results)
    parts = [_text(10, 24, title(sweep, results), size=14)]
    for one in results:
        i, j = one.cell.place
        x, y = left + j * wide, top + i * high
        at = (100 * one.mean - low) / (high_end - low) if one.n else math.nan
        fill, ink = (_color(at), "#000000" if at > 0.55 else "#ffffff") if one.n else ("#ffffff", "#666666")
        parts.append(_box(x, y, wide - 2, high - 2, fill))
        parts.append(_text(x + wide / 2, y + high / 2 - (2 if one.n else -3), _first(one), anchor="middle", fill=ink))
        if one.n:
            below = f"± {100 * one.std:.1f} ({one.n})" if one.n > 1 else "1 seed"
            parts.append(_text(x + wide / 2, y + high / 2 + 12, below, anchor="middle", fill=ink, size=9))
    if (place := sweep.published_place()) is not None:
        parts.append(_frame(left + place[1] * wide, top + place[0] * high, wide - 2, high - 2))
    parts += [_text(left - 8, top + i * high + high / 2 + 3, name, anchor="end") for i, name in enumerate(names[0])]
    bottom = top + rows * high
    parts += [_text(left + j * wide + wide / 2, bottom + 15, name, anchor="middle") for j, name in enumerate(names[1])]
    parts.append(_text(left + columns * wide / 2, bottom + 34, sweep.axes[1].title, anchor="middle", size=12))
    parts.append(_text(10, top - 12, f"{sweep.axes[0].title} ↓", size=12))
    parts += _foot(sweep, bottom + 56)
    width = max(left + columns * wide + 20, 20 + 7.6 * len(title(sweep, results)), 520)
    return _svg(width, bottom + 70, parts)


def _dots(sweep: Sweep, results: Sequence[Outcome]) -> str:
    names = list(sweep.axes[0].cases)
    left, top, wide, high = 30 + _wide(names), 70, 420, 34
    ends = [100 * (m + k * s) for one in results for m, s in _spans(one) for k in (-1, 1)]
    low, top_value = math.floor(min(ends, default=0.0)), math.ceil(max(ends, default=1.0))
    scale = wide / max(1, top_value - low)
    parts = [_text(10, 24, title(sweep, results), size=14)]
    bottom = top + len(results) * high
    for tick in range(low, top_value + 1, max(1, math.ceil((top_value - low) / 6))):
        x = left + (tick - low) * scale
        parts.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#dddddd"/>')
        parts.append(_text(x, bottom + 15, str(tick), anchor="middle"))
    for i, one in enumerate(results):
        y = top + i * high + high / 2
        parts.append(_text(left - 8, y + 3, names[one.cell.place[0]], anchor="end"))
        if one.is_published:
            parts.append(_frame(8, top + i * high + 3, left - 12, high - 6))
        if not one.n:
            parts.append(_text(left + 4, y + 3, text(one), fill="#666666"))
        for values, subject, shift in ((one.random, "random", 5), (one.accuracy, "distilled", -5)):
            if values:
                parts += _mark(left - low * scale, scale, y + shift, values, subject)
    parts.append(_text(left + wide / 2, bottom + 34, "accuracy on real test images (%)", anchor="middle", size=12))
    parts.append(_text(left, top - 12, f"● {LOOKS['distilled']['word']}", fill=LOOKS["distilled"]["color"]))
    parts.append(_text(left + 120, top - 12, f"□ {LOOKS['random']['word']}", fill=LOOKS["random"]["color"]))
    parts.append(_text(10, top - 12, f"{sweep.axes[0].title} ↓", size=12) if left > 90 else "")
    parts += _foot(sweep, bottom + 56)
    return _svg(max(left + wide + 30, 20 + 7.6 * len(title(sweep, results))), bottom + 70, parts)


def _spans(one: Outcome) -> list[tuple[float, float]]:
    return [
        (statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0)
        for values in (one.accuracy, one.random)
        if values
    ]


def _mark(origin: float, scale: float, y: float, values: Sequence[float], subject: str) -> list[str]:
    """One marker with its error bar; one seed is hollow, and so is every control."""
    x, color = origin + 100 * statistics.fmean(values) * scale, LOOKS[subject]["color"]
    half = 100 * statistics.stdev(values) * scale if len(values) > 1 else 0.0
    bar = f'<line x1="{x - half:.1f}" y1="{y}" x2="{x + half:.1f}" y2="{y}" stroke="{color}" stroke-width="2"/>'
    fill = color if len(values) > 1 and subject == "distilled" else "#ffffff"
    shape = f'<circle cx="{x:.1f}" cy="{y}" r="5" ' if subject == "distilled" else f'<rect x="{x - 4:.1f}" y="{y - 4}" width="8" height="8" '  # fmt: skip
    return [bar if half else "", f'{shape}fill="{fill}" stroke="{color}" stroke-width="2"/>']


def _first(one: Outcome) -> str:
    return f"{100 * one.mean:.1f}" if one.n else WORDS.get(one.state, one.state)


def _foot(sweep: Sweep, y: float) -> list[str]:
    seeds = f"{len(sweep.seeds)} seed{'' if len(sweep.seeds) == 1 else 's'}"
    where = f"{sweep.method}, {sweep.job['data']}, ipc {sweep.job['ipc']}"
    note = f"{where}. Mean ± s.d. over {seeds}, per cent."
    return [_text(10, y, note + (" Framed: published choice." if sweep.published_place() else ""), fill="#444444")]


def _color(at: float) -> str:
    """A place in [0, 1] on the cividis scale."""
    place = min(max(at, 0.0), 1.0) * (len(CIVIDIS) - 1)
    i = min(int(place), len(CIVIDIS) - 2)
    pairs = [(int(CIVIDIS[i][k : k + 2], 16), int(CIVIDIS[i + 1][k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * (place - i)):02x}" for a, b in pairs)


def _wide(labels: Sequence[str]) -> float:
    return LETTER * max(map(len, labels))


def _text(x: float, y: float, said: str, anchor: str = "start", fill: str = "#000000", size: int = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size}">{escape(said)}</text>'
    )


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    edge = ' stroke="#bbbbbb" stroke-dasharray="3 2"' if fill == "#ffffff" else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"{edge}/>'


def _frame(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" stroke="{MARK}" stroke-width="3"/>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-family="sans-serif">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *filter(None, parts), "</svg>", ""])
