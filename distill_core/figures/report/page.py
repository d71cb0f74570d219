"""The page itself: a Jinja template that escapes everything, filled with plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from ...entries import Catalog
from ...fields import flat
from ...record.proof import MARK, Made, Proof
from .. import ledger
from ..rows import Row, about, table
from ..scores import Score
from . import passport
from .runs import Read

SHOWN_WIDTH = 640  # pixels of a wall on the page


@dataclass(frozen=True)
class Pictures:
    """Images of a set above the real training images that are nearest to them; or why they are not there."""

    source: str = ""  # a data URI
    width: int = 0
    words: str = ""


def page(proof: Proof, runs: Sequence[Read], nearest: Mapping[str, Pictures], catalog: Catalog) -> str:
    """The whole report as HTML. `nearest` has pictures by run."""
    rows = table([one.scored for one in runs], about(catalog))
    protocols = {str(one["name"]): one for one in catalog["protocols"]}
    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        title=_title(proof.runs),
        written=proof.written,
        rows=[_row(one, protocols) for one in rows],
        columns=[entry.title for entry in ledger.ENTRIES],
        costs=ledger.lines(rows),
        runs=[_run(one, nearest.get(one.made.run, Pictures())) for one in runs],
        versions=proof.versions,
        mark=MARK,
        proof=proof.json_inside(),
    )


def _title(runs: Sequence[Made]) -> str:
    methods = list(dict.fromkeys(one.method for one in runs))
    data = list(dict.fromkeys(str(one.job.get("data", "")) for one in runs))
    return f"{', '.join(methods)} on {', '.join(data)}"


def _row(row: Row, protocols: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """A line of the table of scores: numbers, where they stand from 0 to 100, and their passport."""
    scores = {"distilled": row.distilled, "random": row.random, "real": row.real}
    return {
        "label": row.label,
        "runs": row.runs,
        "seeds": row.seeds,
        "scores": {name: _score(one) for name, one in scores.items() if one is not None and one.n},
        "gain": f"{row.contest.points:+.1f}: {row.contest.text}" if row.contest else "–",
        "passport": passport.lines(row.distilled, protocols.get(row.protocol)),
    }


def _score(score: Score) -> dict[str, object]:
    spread = 100 * (score.spread.std or 0.0)
    low, high = max(0.0, 100 * score.mean - spread), min(100.0, 100 * score.mean + spread)
    return {"text": score.text, "mean": f"{100 * score.mean:.2f}", "low": f"{low:.2f}", "wide": f"{high - low:.2f}"}


def _run(one: Read, nearest: Pictures) -> dict[str, object]:
    made = one.made
    frames = [{"source": f.source, "width": _wide(f.width), "words": f.words} for f in one.frames]
    return {
        "id": made.run,
        "name": made.name,
        "command": made.command,
        "seed": made.job.get("seed", 0),
        "moves": len(list(made.job.get("moves") or ())),  # type: ignore[arg-type]
        "brought": made.brought,
        "data": made.data,
        "set": made.set,
        "seconds": f"{made.seconds:.1f}",
        "settings": {name: str(value) for name, value in flat(made.settings).items()},
        "job": {name: str(value) for name, value in made.job.items() if name != "moves"},
        "frames": frames,
        "left_out": one.left_out,
        "nearest": {"source": nearest.source, "width": _wide(nearest.width), "words": nearest.words},
    }


def _wide(width: int) -> int:
    """A whole multiple of the picture's own pixels, near what a page has room for."""
    return width * max(1, round(SHOWN_WIDTH / width)) if width else 0
