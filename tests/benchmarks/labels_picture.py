"""What `images_or_labels` found, as a table and a picture: points above as many random real images under the same labels.

    python -m tests.benchmarks.labels_picture OUT.svg "digits, 10 per class=digits10.jsonl" …

Each set is paired with the random images of its own seed; a mark is filled where the 95 % t interval over seeds leaves out zero. The table is
printed: mean ± s.d. over seeds, an arrow where the interval says better or worse.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from distill_core.record.contest import Contest, paired

KINDS = {
    "hard": ("hard labels", "#2A8FCF"),
    "static": ("one fixed soft label", "#D98200"),
    "live": ("live teachers", "#9B7FD4"),
}
NAMES = {"naturals": "INFER's naturals alone", "infer": "INFER", "kmeans": "class means (k-means)", "hglad": "H-GLaD"}
LEFT, WIDE, ROW, LOW, HIGH = 190, 560, 22, -45, 15


@dataclass(frozen=True)
class Cell:
    """One set under one kind of labels, over seeds."""

    accuracy: list[float]
    contest: Contest

    @property
    def text(self) -> str:
        mean = f"{100 * statistics.fmean(self.accuracy):.1f}"
        spread = f"±{100 * statistics.stdev(self.accuracy):.1f}" if len(self.accuracy) > 1 else ""
        return mean + spread + {"better": " ↑", "worse": " ↓"}.get(self.contest.word, "")


def cells(path: Path) -> dict[str, dict[str, Cell]]:
    """Set → kind of labels → cell; sets in the order of their hard-label means, best first."""
    lines = [json.loads(one) for one in path.read_text(encoding="utf-8").splitlines()]
    right = {(one["set"], one["seed"], kind): one["right"][kind]["accuracy"] for one in lines for kind in one["right"]}
    found: dict[str, dict[str, Cell]] = {}
    for name in dict.fromkeys(one["set"] for one in lines):
        seeds = [one["seed"] for one in lines if one["set"] == name and ("random", one["seed"], "hard") in right]
        for kind in KINDS:
            own = [right[name, seed, kind] for seed in seeds]
            beside = [right["random", seed, kind] for seed in seeds]
            found.setdefault(name, {})[kind] = Cell(own, paired(own, beside))
    return dict(sorted(found.items(), key=lambda one: -statistics.fmean(one[1]["hard"].accuracy)))


def table(title: str, found: dict[str, dict[str, Cell]]) -> str:
    head = [f"| {title} | hard | fixed | live | seeds |", "|---|---|---|---|---|"]
    return "\n".join(
        head
        + [
            f"| {NAMES.get(name, name)} | {' | '.join(row[kind].text for kind in KINDS)} | {len(row['hard'].accuracy)} |"
            for name, row in found.items()
        ]
    )


def _x(points: float) -> float:
    return LEFT + WIDE * (min(HIGH, max(LOW, points)) - LOW) / (HIGH - LOW)


def _panel(title: str, found: dict[str, dict[str, Cell]], top: float) -> list[str]:
    rows = {name: row for name, row in found.items() if name != "random"}
    low = top + 30 + ROW * len(rows)
    drawn = [f'<text x="8" y="{top + 14}" font-weight="600">{escape(title)}</text>']
    for tick in range(LOW + 5, HIGH + 1, 10):
        drawn.append(
            f'<line x1="{_x(tick)}" x2="{_x(tick)}" y1="{top + 24}" y2="{low}" stroke="#8884" stroke-width="{2 if tick == 0 else 1}"/>'
        )
        drawn.append(f'<text x="{_x(tick)}" y="{low + 14}" text-anchor="middle" font-size="11">{tick:+d}</text>')
    for at, (name, row) in enumerate(rows.items()):
        y = top + 38 + ROW * at
        drawn.append(f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(NAMES.get(name, name))}</text>')
        for shift, (kind, (_, color)) in zip((-5, 0, 5), KINDS.items(), strict=True):
            contest, mean = row[kind].contest, row[kind].contest.points
            if contest.low is not None and contest.high is not None:
                mean = (contest.low + contest.high) / 2
                drawn.append(
                    f'<line x1="{_x(contest.low):.1f}" x2="{_x(contest.high):.1f}" y1="{y + shift}" y2="{y + shift}" stroke="{color}" stroke-width="1.5"/>'
                )
            fill = color if contest.word != "cannot be told" else "none"
            drawn.append(
                f'<circle cx="{_x(mean):.1f}" cy="{y + shift}" r="3.5" fill="{fill}" stroke="{color}" stroke-width="1.5"/>'
            )
    return drawn


def picture(panels: dict[str, dict[str, dict[str, Cell]]]) -> str:
    """An SVG with one panel below the other."""
    drawn, top = list[str](), 50.0
    for at, (word, color) in enumerate(KINDS.values()):
        drawn.append(
            f'<circle cx="{LEFT + 180 * at}" cy="14" r="4" fill="{color}"/><text x="{LEFT + 180 * at + 9}" y="18">{word}</text>'
        )
    drawn.append(
        f'<text x="{LEFT}" y="38" font-size="11">points above as many random real images with the same labels; filled: the 95 % interval over seeds leaves out zero</text>'
    )
    for title, found in panels.items():
        drawn += _panel(title, found, top)
        top += 60 + ROW * (len(found) - 1)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDE + 20} {top:.0f}" font-family="sans-serif" font-size="12" fill="#777">'
    return "\n".join([head, *drawn, "</svg>\n"])


def main() -> None:
    out, *given = sys.argv[1:]
    panels = {title: cells(Path(path)) for title, _, path in (one.rpartition("=") for one in given)}
    print("\n\n".join(table(title, found) for title, found in panels.items()))
    Path(out).write_text(picture(panels), encoding="utf-8")


if __name__ == "__main__":
    main()
