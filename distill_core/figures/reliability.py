"""Reliability findings → calibration, corruptions and attacks, of a set beside random real images.

shown = subjects(findings.every(home, "reliability"))
diagram(shown).show()
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..record.passport import Passport, of_finding
from .curves import COLORS, beside
from .found import Reliability, Trialed
from .scores import LOOKS, Score, frame, wrapped
from .studies import as_csv, number
from .tables import safe


@dataclass(frozen=True)
class Subject:
    """The students of a set, or of its random control, with what they went through."""

    run: str
    name: str
    ours: bool
    student: str
    protocol: str
    eps: tuple[float, ...]
    students: tuple[Trialed, ...]
    draws: tuple[int, ...]
    passport: Passport

    def score(self, values: Sequence[float]) -> Score:
        """One number of each student as a score with its spread."""
        return Score(
            "distilled" if self.ours else "random", self.student, self.protocol, "", tuple(values), draws=self.draws
        )

    @property
    def clean(self) -> Score:
        return self.score([one["clean"] for one in self.students])

    @property
    def ece(self) -> Score:
        return self.score([one["ece"] for one in self.students])

    @property
    def corruptions(self) -> list[str]:
        return list(self.students[0]["corruptions"]) if self.students else []

    def under(self, kind: str, severity: int | None = None) -> Score:
        """Accuracy under a corruption: at one severity, or the mean of all five."""
        lists = [one["corruptions"][kind] for one in self.students]
        return self.score([statistics.fmean(one[1:]) if severity is None else one[severity] for one in lists])

    def attacked(self, attack: str, at: int) -> Score:
        """Accuracy after `fgsm` or `pgd` with the ε at this place."""
        return self.score([(one["fgsm"] if attack == "fgsm" else one["pgd"])[at] for one in self.students])


def subjects(found: Iterable[Reliability]) -> list[Subject]:
    """Findings, given newest first: each set and then its control."""
    made = []
    for one in found:
        name, said = str(one["request"].get("name") or one["run"]), (one["student"], one["protocol"], tuple(one["eps"]))
        passport = of_finding(one)
        made.append(Subject(one["run"], name, True, *said, tuple(one["distilled"]), (), passport))
        made.append(Subject(one["run"], name, False, *said, tuple(one["random"]), tuple(one["draws"]), passport))
    return made


def title_of(one: Subject) -> str:
    return one.name if one.ours else f"random images beside {one.name}"


def diagram(shown: Sequence[Subject]) -> go.Figure:
    """The reliability diagram: how often students are right, against how sure they say that they are; all students of a subject in one."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="as sure as right", line={"dash": "dot", "color": LOOKS["real"]["color"]}
    )
    for at, one in enumerate(shown):
        sums = _summed(one)
        figure.add_scatter(
            x=[confidence for _, confidence, _ in sums],
            y=[right for *_, right in sums],
            text=[f"{title_of(one)}<br>{n:.0f} images" for n, *_ in sums],
            hovertemplate="%{text}<br>sure %{x:.2f}, right %{y:.2f}<extra></extra>",
            **beside(one.name, one.ours, at // 2),
        )
    ours = [one for one in shown if one.ours]
    title = (
        "; ".join(f"{one.name}: {100 * one.ece.mean:.1f} points apart" for one in ours[:2])
        or "Nothing was measured yet"
    )
    frame(
        figure,
        wrapped(f"Calibration error: {title}" if ours else title),
        "confidence",
        "share that is right",
        height=420,
    )
    return figure


def _summed(one: Subject) -> list[tuple[float, float, float]]:
    """(images, confidence, right) of each bin that holds any, over all students."""
    found = []
    for bins in zip(*(student["bins"] for student in one.students), strict=True):
        n = sum(count for count, *_ in bins)
        if n:
            found.append((n, sum(c * s for c, s, _ in bins) / n, sum(c * r for c, _, r in bins) / n))
    return found


def corrupted(shown: Sequence[Subject], kind: str) -> go.Figure:
    """Accuracy against the severity of a corruption, ± s.d.; severity 0 is clean."""
    figure = go.Figure()
    for at, one in enumerate(shown):
        if kind in one.corruptions:
            scores = [one.under(kind, severity) for severity in range(6)]
            _line(figure, one, at, list(range(6)), scores)
    frame(figure, f"Under {kind}", "severity", "accuracy (%) ± s.d.", height=360)
    return figure


def attacked(shown: Sequence[Subject], attack: str = "pgd") -> go.Figure:
    """Accuracy against ε in 1/255; 0 is clean."""
    figure = go.Figure()
    for at, one in enumerate(shown):
        scores = [one.clean, *(one.attacked(attack, i) for i in range(len(one.eps)))]
        _line(figure, one, at, [0, *one.eps], scores)
    words = {"pgd": "After ten projected steps (PGD)", "fgsm": "After one sign step (FGSM)"}
    frame(figure, words[attack], "ε (1/255)", "accuracy (%) ± s.d.", height=360)
    return figure


def _line(figure: go.Figure, one: Subject, at: int, x: Sequence[float], scores: Sequence[Score]) -> None:
    color = COLORS[at // 2 % len(COLORS)]
    figure.add_scatter(
        x=list(x),
        y=[100 * score.mean for score in scores],
        error_y={"array": [100 * score.std if math.isfinite(score.std) else None for score in scores], "color": color},
        text=[f"{title_of(one)}<br>{score.text}" for score in scores],
        hovertemplate="%{text}<extra></extra>",
        **beside(one.name, one.ours, at // 2),
    )


def lines(shown: Sequence[Subject]) -> list[dict[str, str]]:
    """One line per subject: clean, calibration, the mean over severities of each corruption, the attacks at the largest ε."""
    return [
        {
            "Set": title_of(one),
            "Student": one.student,
            "Protocol": one.protocol,
            "Clean": one.clean.text,
            "Calibration error": one.ece.text,
            **{kind.capitalize(): one.under(kind).text for kind in one.corruptions},
            **(
                {
                    f"FGSM ε {one.eps[-1]:g}": one.attacked("fgsm", -1).text,
                    f"PGD ε {one.eps[-1]:g}": one.attacked("pgd", -1).text,
                }
                if one.eps
                else {}
            ),
            "Passport": one.passport.brief,
        }
        for one in shown
    ]


COLUMNS = ("run", "set", "student", "protocol", "measure", "level", "mean", "std", "n")


def reliability_csv(shown: Iterable[Subject]) -> str:
    """One line per subject, measure and level; fractions as plain numbers."""
    rows = []
    for one in shown:
        measures = [("clean", "", one.clean), ("ece", "", one.ece)]
        measures += [(kind, str(s), one.under(kind, s)) for kind in one.corruptions for s in range(6)]
        measures += [
            (attack, f"{eps:g}", one.attacked(attack, i)) for attack in ("fgsm", "pgd") for i, eps in enumerate(one.eps)
        ]
        head = [safe(one.run), safe(title_of(one)), safe(one.student), one.protocol]
        rows += [
            [*head, name, level, number(score.mean), number(score.std), score.n] for name, level, score in measures
        ]
    return as_csv(COLUMNS, rows)
