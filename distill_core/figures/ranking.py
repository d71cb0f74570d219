"""How well distances rank the candidates of a search → sentences, a table and CSV; drawn in `ranking_plots.py`.

    found = findings.every(home, "ranking")[0]
    print(restricted(found))

ρ is Spearman's rank correlation of distance and accuracy: −1 picks perfectly, 0 says nothing, above 0 it picks the worse. It
depends on how much the candidates differ, so it is said range by range: all, those above an accuracy, those of one walk.
"""

from __future__ import annotations

import csv
import io
import math
import statistics

from ..quantities import word as name_of
from .found import Entry, Metric, Range, Ranking
from .scores import say
from .tables import safe

LAST = ("n", "picks", "best", "mean")  # columns of the table, behind ρ of each range
PERFECT = -0.7  # ρ from here on is called a good order
ALIKE = 2.0  # candidates whose means spread by no more than so many times what students alone do are called equal


def metrics(found: Ranking) -> list[str]:
    """All distances, the best order first; last those without ρ, and those that are known of the walk's candidates alone."""
    rhos = {name: None if walk_only(found, name) else one["rho"] for name, one in found["metrics"].items()}
    return sorted(rhos, key=lambda name: (rhos[name] is None, rhos[name] or 0.0))


def walk_only(found: Ranking, name: str) -> bool:
    """Whether a distance says nothing of the candidates beside the walk: then it has an order along the walk and no other."""
    beside = [one for one in found["rows"] if not one.get("walk", True)]
    return bool(beside) and all(one["distance"].get(name) is None for one in beside)


def metric_in(found: Ranking, one: Range, name: str) -> Metric | None:
    """How a distance orders the candidates of a range; None where it knows too few of them or has no order."""
    known = one["what"] == "walk" or not walk_only(found, name)
    return one["metrics"][name] if known and one["metrics"][name]["rho"] is not None else None


def _compared(found: Ranking) -> list[tuple[str, float, Metric]]:
    """The distances that have a ρ over all, the best order first: name, ρ, and all that is known."""
    listed = ((name, found["metrics"][name]) for name in metrics(found) if not walk_only(found, name))
    return [(name, one["rho"], one) for name, one in listed if one["rho"] is not None]


def sentence(found: Ranking) -> str:
    """What came out, in one plain sentence."""
    if not (ranked := _compared(found)):
        return "No distance could be compared: the candidates, or their accuracies, are all alike."
    name, rho, best = ranked[0]
    assert best["accuracy"] is not None, "a distance with an order has a candidate that it picks"
    sure = best["high"] is not None and best["high"] < 0
    word = "ranks the candidates well" if rho <= PERFECT else "ranks the candidates best, though loosely"
    if rho >= 0 or not sure:
        word = "comes nearest to ranking the candidates, but chance could do the same"
    ahead = best["accuracy"] - found["mean"]
    return (
        f"{name_of(name).capitalize()} {word} (ρ = {interval({**best, 'low': None})}, n = {best['n']}): what it would pick reaches "
        f"{100 * best['accuracy']:.1f} %, {abs(100 * ahead):.1f} points {'above' if ahead >= 0 else 'below'} the mean candidate; "
        f"the best one reaches {100 * found['best']:.1f} %."
    )


def interval(one: Metric) -> str:
    """`−0.71 (−0.92 … −0.30)`, or a dash."""
    if one["rho"] is None:
        return "–"
    around = "" if one["low"] is None else f" ({one['low']:.2f} … {one['high']:.2f})"
    return f"{one['rho']:.2f}{around}".replace("-", "−")


def ranges(found: Ranking) -> list[Range]:
    """All candidates first, those of the walk last. What an earlier version found is of one walk."""
    means = [mean(one) for one in found["rows"]]
    alone: Range = {
        "what": "walk", "above": None, "n": len(means), "low": min(means), "high": max(means), "metrics": found["metrics"],
    }  # fmt: skip
    return found.get("ranges") or [alone]


def named(one: Range) -> str:
    """`above 85 %`."""
    if one["above"] is not None:
        return f"above {100 * one['above']:.3g} %"
    return {"all": "all candidates", "walk": "along the walk"}[one["what"]]


def restricted(found: Ranking) -> str:
    """What the range of the candidates has to do with it, in a sentence or two with figures."""
    whole, *narrow = ranges(found)
    if not narrow:
        return (
            f"All {whole['n']} candidates are of one walk, at {between(whole)}: where they hardly differ, no distance can order "
            "them. Rank them beside others to see what a distance can do."
        )
    if not (ranked := _compared(found)):
        return ""
    name, walk = ranked[0][0], narrow[-1]
    said = "; ".join(
        f"{named(r)} (n = {r['n']}, {between(r)}) {interval(r['metrics'][name])}" for r in [whole, *narrow]
    )
    return f"{_lesson(found, name, whole, walk)}{name_of(name).capitalize()}, ρ: {said}."


def _lesson(found: Ranking, name: str, whole: Range, walk: Range) -> str:
    """What the numbers of the best distance show, where they show it."""
    over, along = whole["metrics"][name], walk["metrics"][name]
    good = over["rho"] is not None and over["rho"] <= PERFECT and over["high"] is not None and over["high"] < 0
    if not good or (along["high"] is not None and along["high"] < 0):
        return ""
    still = [name_of(one) for one in metrics(found) if (m := metric_in(found, walk, one)) and (m["high"] or 0) < 0]
    if not _alike(found):
        return "It ranks candidates that differ much; along the walk its order could be chance. "
    noise = (
        f" (means spread by {100 * _spread(found):.1f} points, one student by {100 * (found.get('noise') or 0):.1f})"
    )
    if still:
        order = f"where all are nearly equal{noise} its order could be chance"
        return f"It ranks what can be ranked; {order}, and of all {len(found['metrics'])} only {' and '.join(still)} could order them. "
    return f"It ranks what can be ranked; where all are equal{noise} nothing ranks. "


def _alike(found: Ranking) -> bool:
    """Whether the walk's candidates spread by no more than students do by themselves."""
    noise, students = found.get("noise"), len(found["rows"][0]["accuracy"])
    return noise is not None and _spread(found) <= ALIKE * noise / math.sqrt(students)


def _spread(found: Ranking) -> float:
    means = [mean(one) for one in found["rows"] if one.get("walk", True)]
    return statistics.stdev(means) if len(means) > 1 else 0.0


def between(one: Range) -> str:
    return f"{100 * one['low']:.1f} to {100 * one['high']:.1f} %"


def columns(found: Ranking) -> tuple[str, ...]:
    """What stands over `lines`."""
    several = ranges(found)
    return ("distance", *(f"ρ {named(one)}" if len(several) > 1 else "ρ" for one in several), *LAST)


def lines(found: Ranking) -> list[tuple[str | int, ...]]:
    """A row of the table for each distance, as texts under `columns`; accuracies in percent."""
    percent = [f"{100 * value:.1f}" for value in (found["best"], found["mean"])]
    rows: list[tuple[str | int, ...]] = []
    for name in metrics(found):
        one = found["metrics"][name]
        picked = "–" if one["accuracy"] is None else f"{100 * one['accuracy']:.1f}"
        rhos = ["–" if (m := metric_in(found, each, name)) is None else interval(m) for each in ranges(found)]
        rows.append((name_of(name), *rhos, one["n"], picked, *percent))
    return rows


def candidates(found: Ranking) -> list[dict[str, str | int | float | None]]:
    """A row of plain values for each candidate: layer, step, what it is, test accuracy in percent, and every distance."""
    rows: list[dict[str, str | int | float | None]] = []
    for one in found["rows"]:
        said: dict[str, str | int | float | None] = {"layer": one["layer"], "step": one["step"]}
        said |= {"is": ", ".join(one["roles"]), "test accuracy": say(mean(one), std(one), len(one["accuracy"]))}
        rows.append({**said, **{name_of(name): one["distance"].get(name) for name in metrics(found)}})
    return rows


def ranking_csv(found: Ranking) -> str:
    """One line per candidate; fractions and distances as plain numbers, empty where there is none."""
    file, names = io.StringIO(), list(found["metrics"])
    writer = csv.writer(file)
    writer.writerow(["layer", "step", "is", "walk", "accuracy", "std", "n", *(f"distance_{name}" for name in names)])
    for one in found["rows"]:
        spread = std(one)
        said = [
            safe(one["layer"]),
            one["step"],
            " ".join(one["roles"]),
            int(one.get("walk", True)),
            f"{mean(one):.6f}",
        ]
        said += ["" if math.isnan(spread) else f"{spread:.6f}", len(one["accuracy"])]
        far = [one["distance"].get(name) for name in names]
        writer.writerow([*said, *("" if v is None else f"{v:.8g}" for v in far)])
    return file.getvalue()


def mean(row: Entry) -> float:
    return statistics.fmean(row["accuracy"])


def std(row: Entry) -> float:
    """Over students; not a number where there is one."""
    return statistics.stdev(row["accuracy"]) if len(row["accuracy"]) > 1 else math.nan
