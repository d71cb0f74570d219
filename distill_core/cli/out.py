"""What commands share: options, tables, one JSON document, sentences on stderr."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..home import studio_home
from ..record.passport import TITLES, Passport
from ..record.plain import plain
from ..record.scores import Score, bonus_said

Home = Annotated[Path | None, typer.Option("--home", help="The studio's folder; default ~/.distill-studio.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, everything else on stderr.")]
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # click's UsageError, wherever typer keeps its click


def home_of(given: Path | None) -> Path:
    """The home, made if absent; engine code finds it through the environment."""
    home = studio_home(given)
    os.environ["DISTILL_STUDIO_HOME"] = str(home)
    return home


def console() -> Console:
    """For people: stdout."""
    return Console(highlight=False)


def aside() -> Console:
    """For what is not the answer: stderr."""
    return Console(stderr=True, highlight=False)


def emit(value: object) -> None:
    """The one JSON document of a `--json` command."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=1, allow_nan=False))


def fail(sentence: str, code: int, as_json: bool) -> int:
    """Say what is wrong; returns the exit code."""
    aside().print(sentence, style="red", markup=False, soft_wrap=True)
    if as_json:
        emit({"error": sentence})
    return code


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    drawn = Table(title=title or None, title_justify="left")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(_cell(one) for one in row))
    console().print(drawn)


def _cell(value: object) -> str:
    from rich.markup import escape

    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return escape(f"{value:g}" if isinstance(value, float) else str(value))


def percent(score: Score | None) -> str:
    """`78.4 ± 1.2 (n=3)`, in per cent; of a control `72.0 ± 5.8 (5 draws; ± 0.4 over students)`."""
    if not score or (accuracy := score.get("accuracy")) is None:
        return ""
    if "draws" in score:
        return _drawn(score)
    n, std = score.get("n") or 1, score.get("std") or 0.0
    return f"{100 * accuracy:.1f}{f' ± {100 * std:.1f}' if n > 1 else ''} (n={int(n)})"


def _drawn(score: Score) -> str:
    """The same of random real images, with how often they were drawn."""
    mean, std, within = (100 * one for one in (score["accuracy"], score["std"], score.get("within", 0.0)))
    if (draws := score.get("draws", 1)) == 1:
        return f"{mean:.1f}{f' ± {std:.1f}' if score['n'] > 1 else ''} (n={score['n']}, 1 draw)"
    return f"{mean:.1f} ± {std:.1f} ({draws} draws{f'; ± {within:.1f} over students' if within else ''})"


def tell_passports(scores: Mapping[str, Score]) -> None:
    """How each number came about, line by line, and what keeping the best epoch would print."""
    passports = {subject: Passport.of(one.get("passport") or {}) for subject, one in scores.items()}
    lines = [dict(one.lines()) for one in passports.values()]
    rows = [(title, *(one[title] for one in lines)) for title in TITLES.values()]
    rows.append(("Best epoch", *(bonus_said(one) for one in scores.values())))
    table("Passports", ("", *passports), rows)


def bytes_in_words(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
