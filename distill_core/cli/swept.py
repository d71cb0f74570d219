"""Sweeps that are there: `sweeps`, `sweep-stop`, `sweep-resume`, `sweep-table`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import BadSetting, nearest
from ..queue import sweeping
from ..queue.outcomes import Outcome, outcomes, progress, progress_in_words
from ..queue.sweep import Sweep
from ..queue.sweeps import Record, list_sweeps, read
from .out import AsJson, Home, console, emit, home_of, table

FORMS = ("csv", "latex", "svg")


def add(app: typer.Typer) -> None:
    app.command("sweeps")(sweeps)
    app.command("sweep-stop")(stop)
    app.command("sweep-resume")(resume)
    app.command("sweep-table")(sweep_table)


def sweeps(home: Home = None, as_json: AsJson = False) -> None:
    """List the sweeps of this home, newest first."""
    where = home_of(home)
    sweeping.tend(where)
    rows = []
    for one in list_sweeps(where):
        counts = progress(outcomes(where, one))
        about = {"id": one.id, "title": one.plan.title, "method": one.plan.method, "state": one.state}
        rows.append({**about, "runs": len(one.plan), "created": one.created, "progress": counts, "said": progress_in_words(one, counts)})  # fmt: skip
    if as_json:
        return emit({"sweeps": [{k: v for k, v in row.items() if k != "said"} for row in rows]})
    return table("", ("sweep", "title", "state", ""), [(r["id"], r["title"], r["state"], r["said"]) for r in rows])


def stop(sweep: str, home: Home = None, as_json: AsJson = False) -> None:
    """Queue no more runs of a sweep and stop the one that works; everything is kept."""
    _tell(sweeping.stop(home_of(home), sweep), as_json)


def resume(sweep: str, home: Home = None, as_json: AsJson = False) -> None:
    """Go on with a sweep: what was stopped, lost or failed is resumed, what is missing is made."""
    _tell(sweeping.go_on(home_of(home), sweep), as_json)


def _tell(one: Record, as_json: bool) -> None:
    emit({"sweep": one.id, "state": one.state}) if as_json else console().print(f"{one.id}: {one.state}", markup=False)


def sweep_table(
    sweep: str,
    form: Annotated[str, typer.Option("--as", help="csv, latex or svg; nothing shows it here.")] = "",
    to: Annotated[Path | None, typer.Option(help="File; without it, it is printed.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """What a sweep brought: a table here, or a file for a spreadsheet, a paper, a picture."""
    where = home_of(home)
    one = read(where, sweep)
    results = outcomes(where, one)
    if form and form not in FORMS:
        raise BadSetting(f"A sweep is not written as {form!r}.{nearest(form, FORMS)} Choose {', '.join(FORMS)}.")
    if as_json and not form:
        return emit({"sweep": one.id, "state": one.state, "plan": one.plan.model_dump(mode="json"), "cells": [_plain(r) for r in results]})  # fmt: skip
    if not form:
        from ..figures.grids import control, text

        columns = (*(axis.title for axis in one.plan.axes), "accuracy", "random", "")
        rows = [(*r.cell.labels, text(r), control(r), "published" if r.is_published else "") for r in results]
        return table(one.plan.title, columns, rows)
    said = written(one.plan, results, form)
    if to is not None:
        to.write_text(said, encoding="utf-8")
    if as_json:
        return emit({"sweep": one.id, "as": form, **({"path": str(to.resolve())} if to else {"text": said})})
    return print(str(to.resolve()) if to else said)


def written(made: Sweep, results: list[Outcome], form: str) -> str:
    """A sweep as the text of a file: csv, latex or svg."""
    from ..figures import svg, tables

    return {"csv": tables.sweep_to_csv, "latex": tables.sweep_to_latex, "svg": svg.picture}[form](made, results)


def _plain(one: Outcome) -> dict[str, object]:
    return {
        "labels": list(one.cell.labels),
        "accuracy": one.mean if one.n else None,
        "std": one.std if one.n > 1 else None,
        "n": one.n,
        "random": list(one.random),
        "draws": one.draws,
        "state": one.state,
        "published": one.is_published,
        "runs": [{"seed": seed, "run": run, "state": state} for seed, run, state in one.runs],
    }
