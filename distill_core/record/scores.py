"""The few numbers that a run is known by, from its `scored` records; the spread of accuracies over draws and students; the verdict."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from .contest import LONE, Contest, apart, of_one_set
from .passport import of_record


class Score(TypedDict):
    """What the students of one kind reached: accuracies as fractions, the s.d. of a sample (n - 1), 0 where there is one.

    Of several draws of random real images accuracy and s.d. are over the draws, each counts once; `within` is the s.d. of
    students that saw the same draw. `n` counts students.
    """

    accuracy: float
    std: float
    n: int
    student: str
    protocol: str
    labels: str
    budget: NotRequired[dict[str, float]]  # what it costs: see `measures.budget.Ledger`
    draws: NotRequired[int]
    within: NotRequired[float]
    best: NotRequired[
        float
    ]  # with every student's best epoch of `looks` instead of its last; only where students were looked at
    looks: NotRequired[int]
    passport: NotRequired[dict[str, str]]  # see `record.passport`


@dataclass(frozen=True)
class Spread:
    """Mean and s.d. of accuracies: over draws where there are several, else over students. None where it is not known.

    `within` is the s.d. of students on the same draw, pooled over the draws that several saw.
    """

    mean: float
    std: float | None
    n: int
    draws: int
    within: float | None


def spread_of(accuracy: Sequence[float], draws: Sequence[int] = ()) -> Spread:
    """The spread of at least one accuracy; `draws` says which draw each student saw, () that nothing was drawn."""
    groups: dict[int, list[float]] = {}
    for value, draw in zip(accuracy, draws or [0] * len(accuracy), strict=True):
        groups.setdefault(draw, []).append(value)
    several = [one for one in groups.values() if len(one) > 1]
    freedom = sum(len(one) - 1 for one in several)
    squares = sum((len(one) - 1) * statistics.variance(one) for one in several)
    within = (squares / freedom) ** 0.5 if freedom else None
    if len(groups) == 1:
        return Spread(statistics.fmean(accuracy), within, len(accuracy), len(set(draws)), within)
    means = [statistics.fmean(one) for one in groups.values()]
    return Spread(statistics.fmean(means), statistics.stdev(means), len(accuracy), len(groups), within)


def scores_of(records: Iterable[Mapping[str, Any]]) -> dict[str, Score]:
    """By subject: `distilled`, `random`, `real`.

    Where a subject was scored with several students,
    the first is meant; where the same one was scored again, the last.
    """
    found: dict[str, Score] = {}
    for record in completed(records):
        if not record.get("accuracy"):
            continue
        before, fresh = found.get(record["subject"]), _score(record)
        if before is None or _of(before) == _of(fresh):
            found[record["subject"]] = fresh
    return found


PEAKS = {
    "distill-peak": "distill_peak_resident_bytes",
    "distill-peak@cuda": "distill_peak_cuda_bytes",
}  # a run's own word → the ledger's


def completed(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The scored records; what making the set took stands in the budgets of the distilled ones, as far as the run recorded it.

    Seconds are those until the first student began: every run says that, also those of earlier versions.
    """
    made: dict[str, float] = {}
    scored = []
    for record in records:
        if record.get("kind") == "stage" and record.get("stage") == "evaluate" and "t" in record:
            made["distill_seconds"] = round(float(record["t"]), 3)
        elif record.get("kind") == "scalars":
            made |= {
                PEAKS[name]: value for name, value in record["values"].items() if name in PEAKS and value is not None
            }
        elif record.get("kind") == "scored":
            own = made if record.get("subject") == "distilled" else {}
            scored.append({**record, "budget": {**own, **(record.get("budget") or {})}})
    return scored


def _of(score: Score) -> tuple[str, str, str]:
    return score["student"], score["protocol"], score["labels"]


def draws_in(record: Mapping[str, Any]) -> tuple[int, ...]:
    """Which draw each student saw. Records of earlier versions say nothing of draws: their control was one."""
    said = tuple(int(one) for one in record.get("draws") or ())
    return said or ((0,) * len(record["accuracy"]) if record.get("subject") == "random" else ())


def best_in(record: Mapping[str, Any]) -> tuple[float, ...]:
    """Each student's accuracy at its best epoch; () where not every one was looked at on its way."""
    best = tuple(record.get("best") or ())
    whole = record.get("looks") and len(best) == len(record["accuracy"]) and None not in best
    return tuple(float(one) for one in best) if whole else ()


def bonus_said(score: Score) -> str:
    """What keeping the best test epoch would print; it is said, and used for nothing."""
    if "best" not in score:
        return "not recorded: students were tested at the last epoch alone"
    return f"a paper that picks its best epoch (of {score['looks']}) would print {100 * score['best']:.1f}"


def _score(record: Mapping[str, Any]) -> Score:
    spread = spread_of(record["accuracy"], draws_in(record))
    score: Score = {
        "accuracy": spread.mean,
        "std": spread.std or 0.0,
        "n": spread.n,
        "student": record.get("student", ""),
        "protocol": record.get("protocol", ""),
        "labels": record.get("labels", ""),
    }
    if record.get("budget"):
        score["budget"] = dict(record["budget"])
    if best := best_in(record):
        score["best"] = spread_of(best, draws_in(record)).mean
        score["looks"] = int(record["looks"])
    score["passport"] = of_record(record).plain()
    return {**score, "draws": spread.draws, "within": spread.within or 0.0} if spread.draws else score


def contest_of(scores: Mapping[str, Score]) -> Contest | None:
    """A run's set against its random control; None where either is not known."""
    if not {"distilled", "random"} <= scores.keys():
        return None
    own, random = scores["distilled"], scores["random"]
    spread = own["accuracy"], own["std"], own["n"]
    return of_one_set(*spread, random["accuracy"], random["std"], random.get("draws", 1))


def verdict(scores: Mapping[str, Score]) -> str:
    """What students learn from the set beside as many random real images, and that a run is one seed; "" where either is not known."""
    contest = contest_of(scores)
    if contest is None:
        return ""
    own, random = scores["distilled"], scores["random"]
    images = f"as many random real images{_times(random.get('draws', 1))}"
    numbers = f"{round(100 * own['accuracy'], 1):.1f} against {round(100 * random['accuracy'], 1):.1f} %"
    return f"Its students are **{apart(contest.points)}** those of {images}: {numbers}; **{LONE}**."


def _times(draws: int) -> str:
    return f" ({draws} draws)" if draws > 1 else ""
