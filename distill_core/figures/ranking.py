"""How well distances rank the candidates of a search → figures, a table and CSV.

    found = findings.every(home, "ranking")[0]
    scatter(found, "cam_weighted").show()
    strengths(found).show()

ρ is Spearman's rank correlation of distance and accuracy: −1 picks perfectly, 0 says nothing, above 0 it picks the worse.
"""

from __future__ import annotations

import csv
import io
import math
import statistics

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from ..quantities import word as name_of
from .curves import COLORS, MARKS
from .found import Entry, Metric, Ranking
from .scores import frame, say
from .tables import safe

COLUMNS = ("distance", "ρ", "n", "picks", "best", "mean")
GRAY = COLORS[-1]  # seen on light and dark
PERFECT = -0.7  # ρ from here on is called a good order


def metrics(found: Ranking) -> list[str]:
    """All distances, the best order first; those without ρ last."""
    rhos = {name: one["rho"] for name, one in found["metrics"].items()}
    return sorted(rhos, key=lambda name: (rhos[name] is None, rhos[name] or 0.0))


def _compared(found: Ranking) -> list[tuple[str, float, Metric]]:
    """The distances that have a ρ, the best order first: name, ρ, and all that is known."""
    listed = ((name, found["metrics"][name]) for name in metrics(found))
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


def lines(found: Ranking) -> list[tuple[str | int, ...]]:
    """A row of the table for each distance, as texts under `COLUMNS`; accuracies in percent."""
    percent = [f"{100 * value:.1f}" for value in (found["best"], found["mean"])]
    picks = {name: one["accuracy"] for name, one in found["metrics"].items()}
    return [
        (
            name_of(name),
            interval(found["metrics"][name]),
            found["metrics"][name]["n"],
            "–" if (picked := picks[name]) is None else f"{100 * picked:.1f}",
            *percent,
        )
        for name in metrics(found)
    ]


def candidates(found: Ranking) -> list[dict[str, str | int | float | None]]:
    """A row of plain values for each candidate: layer, step, what it is, test accuracy in percent, and every distance."""
    rows: list[dict[str, str | int | float | None]] = []
    for one in found["rows"]:
        said: dict[str, str | int | float | None] = {"layer": one["layer"], "step": one["step"]}
        said |= {"is": ", ".join(one["roles"]), "test accuracy": say(_mean(one), _std(one), len(one["accuracy"]))}
        rows.append({**said, **{name_of(name): one["distance"].get(name) for name in metrics(found)}})
    return rows


def scatter(found: Ranking, metric: str) -> go.Figure:
    """Distance against test accuracy, a marker for each candidate; early layers dark, late ones bright, each with its shape."""
    figure, layers = go.Figure(), list(dict.fromkeys(one["layer"] for one in found["rows"]))
    shades = sample_colorscale("Cividis", [0.25 + 0.7 * i / max(1, len(layers) - 1) for i in range(len(layers))])
    for i, layer in enumerate(layers):
        rows = [r for r in found["rows"] if r["layer"] == layer and r["distance"].get(metric) is not None]
        figure.add_scatter(
            x=[r["distance"][metric] for r in rows],
            y=[100 * _mean(r) for r in rows],
            error_y={
                "array": [None if math.isnan(_std(r)) else 100 * _std(r) for r in rows],
                "color": GRAY,
                "thickness": 1,
                "width": 3,
            },
            mode="markers",
            name=layer,
            marker={
                "color": shades[i],
                "symbol": MARKS[i % len(MARKS)],
                "size": [14 if "kept" in r["roles"] else 9 for r in rows],
                "line": {"width": 1, "color": GRAY},
            },
            text=[f"{layer}, step {r['step']} ({', '.join(r['roles'])})" for r in rows],
            hovertemplate="%{text}<br>distance %{x:.4g}<br>%{y:.1f} % of test images<extra></extra>",
        )
    title = f"{name_of(metric).capitalize()}: ρ = {interval(found['metrics'][metric])}"
    frame(figure, title, "distance (log scale)", "test accuracy (%) ± s.d.", height=400)
    values = [r["distance"].get(metric) for r in found["rows"]]
    positive = all(v is None or v > 0 for v in values)
    return figure.update_xaxes(
        type="log" if positive else "linear", title="distance (log scale)" if positive else "distance"
    )


def strengths(found: Ranking) -> go.Figure:
    """ρ of every distance with its 95 % interval on one line from −1 (perfect) to 1."""
    known = _compared(found)[::-1]
    ones = [one for _, _, one in known]
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": GRAY, "width": 1, "dash": "dot"})
    figure.add_scatter(
        x=[rho for _, rho, _ in known],
        y=[name_of(name) for name, _, _ in known],
        error_x={
            "array": [None if one["high"] is None else max(0.0, one["high"] - rho) for _, rho, one in known],
            "arrayminus": [None if one["low"] is None else max(0.0, rho - one["low"]) for _, rho, one in known],
            "color": COLORS[0],
            "thickness": 2,
            "width": 6,
        },
        mode="markers",
        marker={"size": 12, "color": COLORS[0]},
        text=[interval(one) for one in ones],
        hovertemplate="%{y}<br>ρ = %{text}<extra></extra>",
        showlegend=False,
    )
    below = sum(one["high"] is not None and one["high"] < 0 for one in ones)
    title = f"{below} of {len(ones)} distances rank better than chance"
    frame(figure, title, "Spearman's ρ, −1 is perfect", "", height=130 + 42 * max(1, len(known)))
    figure.update_layout(margin={"b": 50})
    return figure.update_xaxes(range=[-1.08, 1.08], tickvals=[-1, -0.5, 0, 0.5, 1])


def ranking_csv(found: Ranking) -> str:
    """One line per candidate; fractions and distances as plain numbers, empty where there is none."""
    file, names = io.StringIO(), list(found["metrics"])
    writer = csv.writer(file)
    writer.writerow(["layer", "step", "is", "accuracy", "std", "n", *(f"distance_{name}" for name in names)])
    for one in found["rows"]:
        std = _std(one)
        said = [safe(one["layer"]), one["step"], " ".join(one["roles"]), f"{_mean(one):.6f}"]
        said += ["" if math.isnan(std) else f"{std:.6f}", len(one["accuracy"])]
        far = [one["distance"].get(name) for name in names]
        writer.writerow([*said, *("" if v is None else f"{v:.8g}" for v in far)])
    return file.getvalue()


def _mean(row: Entry) -> float:
    return statistics.fmean(row["accuracy"])


def _std(row: Entry) -> float:
    """Over students; not a number where there is one."""
    return statistics.stdev(row["accuracy"]) if len(row["accuracy"]) > 1 else math.nan
