"""Rows of the score table and cells of a sweep → CSV and LaTeX, with spread, number and random control."""

from __future__ import annotations

import csv
import io
import math
import statistics
import unicodedata
from collections.abc import Iterable, Sequence

from ..queue.outcomes import Outcome
from ..queue.sweep import Sweep
from . import facts
from .ledger import size, total
from .rows import Row
from .scores import Score

COLUMNS = (
    *("method", "preset", "data", "ipc", "student", "protocol", "labels", "seeds", "accuracy", "std", "n"),
    *(
        "random_accuracy",
        "random_std",
        "random_n",
        "random_draws",
        "gain",
        "image_bytes",
        "label_bytes",
        "label_bytes_on_the_fly",
    ),
    *("teacher_bytes", "generator_bytes", "stored_bytes", "teacher_images", "student_steps", "seconds"),
    *(
        "peak_resident_bytes",
        "peak_cuda_bytes",
        "distill_seconds",
        "distill_peak_resident_bytes",
        "distill_peak_cuda_bytes",
    ),
    "runs",
)


def to_csv(rows: Iterable[Row]) -> str:
    """Fractions, bytes and seconds as plain numbers; an empty cell where nothing was measured."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        whole = total(row.distilled.budget)
        budget = {**row.distilled.budget, "stored_bytes": "" if whole is None else int(whole)}
        writer.writerow(
            [safe(one) for one in (row.method, row.preset, row.data)]
            + [row.ipc, safe(row.student), row.protocol, row.labels, " ".join(map(str, row.seeds))]
            + [*_numbers(row.distilled), *_numbers(row.random), _draws(row.random), _number(row.gain)]
            + [budget.get(name, "") for name in COLUMNS[COLUMNS.index("gain") + 1 : -1]]
            + [" ".join(row.runs)]
        )
    return file.getvalue()


def _numbers(score: Score | None) -> list[str | int]:
    return [_number(score.mean), _number(score.std), score.n] if score else ["", "", ""]


def _draws(score: Score | None) -> str | int:
    return score.spread.draws if score and score.n else ""


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
    head = r"Data & Method & ipc & Student & Protocol & Accuracy & Random & Stored \\"
    lines = [r"\begin{tabular}{llrllccr}", r"\toprule", head, r"\midrule"]
    for row in rows:
        value = _cell(row.distilled)
        value = rf"\textbf{{{value}}}" if row.distilled.mean == best[row.data, row.ipc] else value
        value += r"\textsuperscript{1}" if row.single else ""
        named = [_escape(one) for one in (row.data, row.method, str(row.ipc), row.student, row.protocol)]
        lines.append(" & ".join([*named, value, _cell(row.random), _stored(row)]) + r" \\")
    return "\n".join(
        [
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"% mean $\pm$ s.d. over students, of random images over draws; 1: one seed; stored: images, labels, teachers, generators.",
            "",
        ]
    )


def _stored(row: Row) -> str:
    """All bytes of the set: images, labels, teachers, generators."""
    whole = total(row.distilled.budget)
    return "--" if whole is None else size(whole).replace(" ", "~")


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
    return "".join(_SPECIAL.get(one) or _greek(one) for one in text)


def _greek(letter: str) -> str:
    """`ρ` as `$\\rho$`; other letters as they are."""
    name = unicodedata.name(letter, "")
    if not name.startswith("GREEK ") or " LETTER " not in name or " WITH " in name:
        return letter
    word = name.rpartition(" ")[2].lower().replace("lamda", "lambda")
    return rf"$\{word.capitalize() if 'CAPITAL' in name else word}$"


# ── sweeps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

SWEEP_COLUMNS = (
    *("accuracy", "std", "n", "random_accuracy", "random_std", "random_n", "random_draws"),
    *("gain", "published", "state", "seeds", "settings", "runs"),
)


def sweep_to_csv(sweep: Sweep, results: Sequence[Outcome]) -> str:
    """A line per cell: its place on each axis, mean, s.d. and number over seeds, the control (of a seed the mean of its draws),
    the runs it came from, and the mean of every other quantity that the runs are known by."""
    file = io.StringIO()
    writer = csv.writer(file)
    names = facts.known(results)
    writer.writerow([*(axis.field or axis.title for axis in sweep.axes), *SWEEP_COLUMNS, *names])
    for one in results:
        moved = [
            f"{n}={v}" for axis, at in zip(sweep.axes, one.cell.labels, strict=True) for n, v in axis.cases[at].items()
        ]
        gain = one.mean - statistics.fmean(one.random) if one.n and one.random else math.nan
        row = [*map(safe, one.cell.labels), *_many(one.accuracy), *_many(one.random), one.draws, _number(gain)]
        row += [int(one.is_published), one.state, " ".join(str(seed) for seed, _, _ in one.runs)]
        row += [safe(" ".join(moved)), " ".join(run for _, run, _ in one.runs)]
        writer.writerow(
            [*row, *(_number(statistics.fmean(one.facts[name])) if name in one.facts else "" for name in names)]
        )
    return file.getvalue()


def _many(values: Sequence[float]) -> list[str | int]:
    """Mean, sample s.d. and number, empty where there is none."""
    if not values:
        return ["", "", 0]
    spread = statistics.stdev(values) if len(values) > 1 else math.nan
    return [_number(statistics.fmean(values)), _number(spread), len(values)]


def sweep_to_latex(sweep: Sweep, results: Sequence[Outcome]) -> str:
    r"""A booktabs table: a grid for two axes, a list with the random control for one. Best bold, published marked \dagger."""
    top = max((one.mean for one in results if one.n), default=math.nan)
    cells = [_sweep_cell(one, top) for one in results]
    labels = [[_escape(label) for label in axis.cases] for axis in sweep.axes]
    titles = [_escape(axis.title) for axis in sweep.axes]
    if len(sweep.axes) == 1:
        shape, head = "lcc", f"{titles[0]} & Accuracy & Random"
        controls = [_sweep_cell(one, math.nan, random=True) for one in results]
        body = [" & ".join(line) for line in zip(labels[0], cells, controls, strict=True)]
    else:
        wide = len(labels[1])
        shape, head = "l" + "c" * wide, " & ".join([f"{titles[0]} $\\backslash$ {titles[1]}", *labels[1]])
        body = [" & ".join([name, *cells[i * wide : (i + 1) * wide]]) for i, name in enumerate(labels[0])]
    lines = [rf"\begin{{tabular}}{{{shape}}}", r"\toprule", rf"{head} \\", r"\midrule", *(rf"{one} \\" for one in body)]
    count = f"{len(sweep.seeds)} seed{'' if len(sweep.seeds) == 1 else 's'}"
    note = rf"% accuracy in per cent, mean $\pm$ s.d. over seeds ({count} asked); 1: one seed; $\dagger$: published choice."
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", note, ""])


def _sweep_cell(one: Outcome, top: float, random: bool = False) -> str:
    values = one.random if random else one.accuracy
    if not values:
        return "--"
    spread = rf" $\pm$ {100 * statistics.stdev(values):.1f}" if len(values) > 1 else r"\textsuperscript{1}"
    said = f"{100 * statistics.fmean(values):.1f}{spread}"
    said = rf"\textbf{{{said}}}" if not random and one.mean == top else said
    return said + (r"$^\dagger$" if one.is_published and not random else "")
