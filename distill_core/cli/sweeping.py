"""A grid of runs: `sweep` asks for one. What is known of those that are there is in `swept.py`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from .. import catalog as shelf
from ..axis import Axis, read_axis, read_seeds
from ..entries import AblationEntry, Entry
from ..errors import BadSetting, nearest
from ..queue import sweeping, sweeps
from ..queue.known import known_runs
from ..queue.outcomes import outcomes, progress, progress_in_words
from ..queue.planning import Cost, cost, plan
from ..queue.sweep import ASKS, Sweep, cells_in_words, spoken
from .offering import fresh_catalog
from .out import AsJson, Home, aside, bytes_in_words, console, emit, home_of

LOOK = 1.0  # seconds between two looks at a sweep that is waited for


class Expected(Cost):
    """What is left of a sweep costs about this."""

    seconds_per_run: float


def add(app: typer.Typer) -> None:
    extra = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("sweep", context_settings=extra)(sweep)


def sweep(
    context: typer.Context,
    method: Annotated[str, typer.Argument(help="`distill-studio methods` lists them.")],
    axis: Annotated[list[str] | None, typer.Option(help="field=value,value; one or two of them.")] = None,
    ablation: Annotated[
        str, typer.Option(help="One that the method offers, by its title; --axis replaces its axes.")
    ] = "",
    seeds: Annotated[str, typer.Option(help="0, or 0-2, or 0,3,7: every cell is run with each.")] = "0",
    preset: Annotated[str, typer.Option(help="Named settings to start from.")] = "",
    name: Annotated[str, typer.Option(help="What to call the sweep.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help=f"Queue more than {ASKS} runs.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost, and queue nothing.")] = False,
    trial: Annotated[
        bool, typer.Option(help="Try a few steps of the cell with the largest numbers, for the cost.")
    ] = True,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it is done.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """A grid of runs: sweep METHOD --axis rho=0.005,0.015 --axis ascent_steps=1,12 --seeds 0-2, and any setting as a flag.
    What is finished already is not repeated; the same command again goes on with the same sweep."""
    where = home_of(home)
    made = _plan(where, method, [*context.args], axis or [], ablation, read_seeds(seeds), preset, name)
    _refuse(made)
    there = known_runs(where, made)
    left = len(made) - len(there)
    found = _cost(where, made, left) if trial and left else None
    said = f"{cells_in_words(made)}" + (f", {len(there):,} of them are there already" if there else "")
    about = {
        "sweep": made.id,
        "cells": len(made) // len(made.seeds),
        "runs": len(made),
        "found": len(there),
        **(found or {}),
    }
    aside().print(f"{said}.{_cost_in_words(found, left)}", markup=False, soft_wrap=True)
    if dry_run:
        return emit({**about, "state": "not started"}) if as_json else None
    if left > ASKS and not yes:
        raise BadSetting(f"This sweep would queue {spoken(left, 'run')}. Add --yes if that is meant, or --dry-run to see what it costs.")  # fmt: skip
    one = sweeping.start(where, made)
    if wait:
        one = _wait(where, one)
    if as_json:
        return emit({**about, "state": one.state, "title": made.title})
    console().print(f"{made.id}: {one.state}", markup=False)
    return None


def _plan(
    home: Path, method: str, words: list[str], axes: list[str], ablation: str, seeds: list[int], preset: str, name: str
) -> Sweep:
    from ..job import Job, ask
    from ..methods import method_class
    from ..part import settings_of
    from .flags import over, preset_of, split

    kind = method_class(method)
    known = fresh_catalog(home)
    entry = shelf.method(known, method)
    named = preset_of(kind, preset)
    settings, asked = split(words, (kind, Job), method)
    if "seed" in asked:
        raise BadSetting("A sweep has several seeds: write --seeds 0-2 instead of --seed.")
    offered = _ablation(entry, ablation) if ablation else None
    drawn: list[Axis] = [read_axis(one, [*entry["fields"], *known["job"]]) for one in axes]
    drawn = drawn or [Axis(**one) for one in (offered["axes"] if offered else [])]
    if not drawn:
        titles = ", ".join(f'"{one["title"]}"' for one in entry.get("ablations") or []) or "none"
        raise BadSetting(f"No axis was given. Write --axis field=value,value, or --ablation with one of: {titles}.")
    base = kind.build(over(kind, named.settings, settings))
    return plan(
        entry,
        settings_of(base),
        ask(**{**named.job, **asked}).model_dump(mode="json"),
        drawn,
        seeds,
        title=name or (offered["title"] if offered else ""),
        question=offered["question"] if offered else "",
        published=offered["published"] if offered else (),
        preset=named.title,
    )


def _ablation(entry: Entry, title: str) -> AblationEntry:
    known = {one["title"].lower(): one for one in entry.get("ablations") or []}
    if title.lower() not in known:
        offered = ", ".join(f'"{one["title"]}"' for one in known.values()) or "none"
        raise BadSetting(f"{entry['name']} has no ablation {title!r}.{nearest(title, list(known))} It has: {offered}.")
    return known[title.lower()]


def _refuse(made: Sweep) -> None:
    from ..methods import method_class
    from ..work.cells import refusal, refusals

    if sentence := refusal(refusals(made, method_class(made.method))):
        raise BadSetting(sentence)


def _cost(home: Path, made: Sweep, left: int) -> Expected:
    """Seconds and bytes of what is left, from a trial of the cell with the largest numbers."""
    from ..work.trial import estimate

    cell = made.dearest()
    aside().print(f"Trying a few steps of “{made.words(cell)}” …", markup=False)
    job = {**cell.job, "seed": made.seeds[0]}
    one = estimate(home, made.method, cell.settings, job, lambda **_: None)
    return {**cost(one, left, len(sweeping.devices(home, made))), "seconds_per_run": one["seconds"]}


def _cost_in_words(found: Expected | None, left: int) -> str:
    if not found:
        return ""
    minutes = found["seconds"] / 60
    took = f"{minutes:.1f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
    return (
        f" The {spoken(left, 'run')} to go take about {took} ({found['seconds_per_run']:.1f} s each, as tried) "
        f"and {bytes_in_words(found['disk'])} on disk."
    )


def _wait(home: Path, one: sweeps.Record) -> sweeps.Record:
    """Stay until nothing of it goes on; Ctrl-C leaves it to the worker."""
    said = ""
    while one.state == "going":
        sweeping.tend(home)
        time.sleep(LOOK)
        one = sweeps.read(home, one.id)
        now = progress_in_words(one, progress(outcomes(home, one)))
        if now != said:
            said = now
            aside().print(now, markup=False)
    return one
