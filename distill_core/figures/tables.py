"""Rows of the score table → CSV and LaTeX, with the spread, the number of students and the random control."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable

from .scores import Row, Score

COLUMNS = (
    *("method", "preset", "data", "ipc", "student", "protocol", "labels", "seeds", "accuracy", "std", "n"),
    *("random_accuracy", "random_std", "random_n", "gain", "image_bytes", "label_bytes", "label_bytes_on_the_fly"),
    *("teacher_bytes", "student_steps", "seconds", "runs"),
)


def to_csv(rows: Iterable[Row]) -> str:
    """Fractions, bytes and seconds as plain numbers; an empty cell where nothing was measured."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        budget = row.distilled.budget
        writer.writerow(
            [safe(one) for one in (row.method, row.preset, row.data)]
            + [row.ipc, safe(row.student), row.protocol, row.labels, " ".join(map(str, row.seeds))]
            + [*_numbers(row.distilled), *_numbers(row.random), _number(row.gain)]
            + [budget.get(name, "") for name in COLUMNS[15:21]]
            + [" ".join(row.runs)]
        )
    return file.getvalue()


def _numbers(score: Score | None) -> list[str | int]:
    return [_number(score.mean), _number(score.std), score.n] if score else ["", "", ""]


def _number(value: float) -> str:
    return f"{value:.6f}" if math.isfinite(value) else ""


def safe(text: str) -> str:
    """A cell that a spreadsheet would take for a formula becomes text."""
    return f"'{text}" if text[:1] in "=+-@" else text


def to_latex(rows: Iterable[Row]) -> str:
    r"""A booktabs table; one seed is marked \textsuperscript{1}, the best of each data set and ipc is bold."""
    rows = list(rows)
    best: dict[tuple[str, int], float] = {}
    for row in rows:
        place = (row.data, row.ipc)
        best[place] = max(best.get(place, 0.0), row.distilled.mean)
    head = r"Data & Method & ipc & Student & Protocol & Accuracy & Random \\"
    lines = [r"\begin{tabular}{llrllcc}", r"\toprule", head, r"\midrule"]
    for row in rows:
        value = _cell(row.distilled)
        value = rf"\textbf{{{value}}}" if row.distilled.mean == best[row.data, row.ipc] else value
        value += r"\textsuperscript{1}" if row.single else ""
        named = [_escape(one) for one in (row.data, row.method, str(row.ipc), row.student, row.protocol)]
        lines.append(" & ".join([*named, value, _cell(row.random)]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"% mean $\pm$ s.d. over students; 1: one seed.", ""])


def _cell(score: Score | None) -> str:
    if score is None or not score.n:
        return "--"
    spread = rf" $\pm$ {100 * score.std:.1f}" if score.n > 1 else ""
    return f"{100 * score.mean:.1f}{spread}"


_SPECIAL = {
    **{one: rf"\{one}" for one in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(one, one) for one in text)
