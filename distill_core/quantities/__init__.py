"""What is measured, by name: every number that a run reports is one row of a small table (see `table.py`).

Engine, screen, studies and tests say the row's id; people read its title and its sentence. A variant of a quantity (network
2, the students of random images) is the id and a qualifier: `cross-entropy@2`, `student-loss@random`. A name that the table
does not know, such as a guest method's, is its own title.
"""

from __future__ import annotations

from functools import cache
from typing import TypedDict

from .table import CHARTS, GOOD, MEANINGS, QUALIFIERS, ROWS, Quantity

__all__ = [
    "TABLE",
    "Quantity",
    "Told",
    "quantity",
    "renamed",
    "said",
    "sentence",
    "split",
    "titled",
    "told",
    "variant",
    "word",
]

TABLE: dict[str, Quantity] = {row.id: row for row in ROWS}


class Told(TypedDict):
    """What a chart needs of a name; JSON."""

    title: str
    sentence: str
    unit: str
    form: str  # how it is drawn, see `table.Form`
    along: str  # what its bars stand for
    log: bool
    chart: str  # curves with the same chart share one
    heading: str  # of that chart
    axis: str  # of that chart
    place: int  # of that chart among the others
    good: str  # which way is better: lower, higher, neither or ""


def variant(name: str, qualifier: str | int = "") -> str:
    """`cross-entropy` and 2 → `cross-entropy@2`; without a qualifier the id itself."""
    return f"{name}@{qualifier}" if str(qualifier) else name


def split(name: str) -> tuple[str, str]:
    """`cross-entropy@2` → (`cross-entropy`, `2`). A name of no quantity of the table stays whole."""
    base, _, qualifier = name.partition("@")
    return (base, qualifier) if base in TABLE else (name, "")


def quantity(name: str) -> Quantity:
    """The row that a name belongs to; for a name that the table does not know, a plain row with its own words."""
    base, _ = split(name)
    return TABLE.get(base) or Quantity(base, base, "", chart="other")


def titled(name: str) -> str:
    """What people read: `cross-entropy, network 2`."""
    row, (_, qualifier) = quantity(name), split(name)
    if not qualifier:
        return row.title
    return f"{row.title}, {f'{row.counts} {qualifier}' if qualifier.isdecimal() else word(qualifier)}"


def word(qualifier: str) -> str:
    """What people read for a qualifier: `random real images`."""
    return QUALIFIERS.get(qualifier, qualifier.replace("_", " "))


def said(name: str, value: float, *, unit: bool = True) -> str:
    """A value as people read it, three digits and its unit: `0.361 nats`, `71.2 %` for a share of images."""
    row = quantity(name)
    if row.chart == "accuracy":
        return f"{100 * value:.1f}{' %' if unit else ''}"
    return f"{value:.3g} {row.unit if unit else ''}".strip()


def sentence(name: str) -> str:
    """What it means and which way is good; "" for a name that the table does not know."""
    row = quantity(name)
    meaning = MEANINGS.get(name, row.meaning)
    return f"{meaning} {GOOD[row.good]}".strip() if meaning else ""


def told(name: str) -> Told:
    """Everything that a chart needs of a name."""
    row = quantity(name)
    chart = CHARTS[row.chart or "other"]
    return {
        "title": titled(name),
        "sentence": sentence(name),
        "unit": row.unit,
        "form": row.form,
        "along": row.along,
        "log": row.log,
        "chart": row.chart,
        "heading": chart.title,
        "axis": chart.axis,
        "place": list(CHARTS).index(row.chart or "other"),
        "good": row.good,
    }


@cache
def renamed(name: str) -> str:
    """The id of what an earlier version called by an English phrase; any other name stays as it is."""
    if split(name)[0] in TABLE:
        return name
    patterns = [(old, row.id) for row in ROWS for old in row.was]
    for old, found in patterns:
        if old == name:
            return found
    for old, found in patterns:
        before, star, after = old.partition("*")
        middle = name[len(before) : len(name) - len(after)]
        if star and name == f"{before}{middle}{after}" and middle and " " not in middle:
            return variant(found, middle)
    return name
