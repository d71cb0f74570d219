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
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from ..quantities import word as name_of
from .curves import COLORS, MARKS
from .scores import frame, say
from .tables import safe

COLUMNS = ("distance", "ρ", "n", "picks", "best", "mean")
GRAY = COLORS[-1]  # seen on light and dark
PERFECT = -0.7  # ρ from here on is called a good order


def metrics(found: Mapping[str, Any]) -> list[str]:
    """All distances, the best order first; those without ρ last."""
    rhos = {name: one["rho"] for name, one in found["metrics"].items()}
    return sorted(rhos, key=lambda name: (rhos[name] is None, rhos[name] or 0.0))


def sentence(found: Mapping[str, Any]) -> str:
    """What came out, in one plain sentence."""
    ranked = [name for name in metrics(found) if found["metrics"][name]["rho"] is not None]
    if not ranked:
        return "No distance could be compared: the candidates, or their accuracies, are all alike."
    best = found["metrics"][ranked[0]]
    rho, sure = best["rho"], best["high"] is not None and best["high"] < 0
    word = "ranks the candidates well" if rho <= PERFECT else "ranks the candidates best, though loosely"
    if rho >= 0 or not sure:
        word = "comes nearest to ranking the candidates, but chance could do the same"
    ahead = best["accuracy"] - found["mean"]
    return (
        f"{name_of(ranked[0]).capitalize()} {word} (ρ = {interval({**best, 'low': None})}, n = {best['n']}): what it would pick reaches "
        f"{100 * best['accuracy']:.1f} %, {abs(100 * ahead):.1f} points {'above' if ahead >= 0 else 'below'} the mean candidate; "
        f"the best one reaches {100 * found['best']:.1f} %."
    )


def interval(one: Mapping[str, Any]) -> str:
    """`−0.71 (−0.92 … −0.30)`, or a dash."""
    if one["rho"] is None:
        return "–"
    around = "" if one["low"] is None else f" ({one['low']:.2f} … {one['high']:.2f})"
    return f"{one['rho']:.2f}{around}".replace("-", "−")


def lines(found: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """A row of the table for each distance, as texts under `COLUMNS`; accuracies in percent."""
    percent = [f"{100 * found[name]:.1f}" for name in ("best", "mean")]
    picks = {name: one["accuracy"] for name, one in found["metrics"].items()}
    return [
        (
            name_of(name),
            interval(found["metrics"][name]),
            found["metrics"][name]["n"],
            "–" if picks[name] is None else f"{100 * picks[name]:.1f}",
            *percent,
        )
        for name in metrics(found)
    ]


def candidates(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row of plain values for each candidate: layer, step, what it is, test accuracy in percent, and every distance."""
    rows = []
    for one in found["rows"]:
        mean, std = _mean(one), _std(one)
        said = {"layer": one["layer"], "step": one["step"], "is": ", ".join(one["roles"])}
        said |= {"test accuracy": say(mean, std, len(one["accuracy"]))}
        rows.append({**said, **{name_of(name): one["distance"].get(name) for name in metrics(found)}})
    return rows


def scatter(found: Mapping[str, Any], metric: str) -> go.Figure:
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


def strengths(found: Mapping[str, Any]) -> go.Figure:
    """ρ of every distance with its 95 % interval on one line from −1 (perfect) to 1."""
    names = [name for name in metrics(found) if found["metrics"][name]["rho"] is not None][::-1]
    ones = [found["metrics"][name] for name in names]
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": GRAY, "width": 1, "dash": "dot"})
    figure.add_scatter(
        x=[one["rho"] for one in ones],
        y=[name_of(name) for name in names],
        error_x={
            "array": [None if one["high"] is None else max(0.0, one["high"] - one["rho"]) for one in ones],
            "arrayminus": [None if one["low"] is None else max(0.0, one["rho"] - one["low"]) for one in ones],
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
    frame(figure, title, "Spearman's ρ, −1 is perfect", "", height=130 + 42 * max(1, len(names)))
    figure.update_layout(margin={"b": 50})
    return figure.update_xaxes(range=[-1.08, 1.08], tickvals=[-1, -0.5, 0, 0.5, 1])


def ranking_csv(found: Mapping[str, Any]) -> str:
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


def _mean(row: Mapping[str, Any]) -> float:
    return statistics.fmean(row["accuracy"])


def _std(row: Mapping[str, Any]) -> float:
    """Over students; not a number where there is one."""
    return statistics.stdev(row["accuracy"]) if len(row["accuracy"]) > 1 else math.nan
