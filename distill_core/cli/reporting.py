"""What can be sent and checked: `report` and `reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..catalog import read as read_catalog
from ..errors import StudioError
from ..figures.report.runs import read_run
from ..figures.scores import say_spread
from ..record import proof
from ..record.agreement import Compared, compared
from .out import AsJson, Home, aside, console, emit, home_of, table
from .running import drive


def add(app: typer.Typer) -> None:
    app.command("report")(report)
    app.command("reproduce")(reproduce)


def report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…")],
    to: Annotated[Path, typer.Option("--to", "-o", help="The HTML file.")] = Path("report.html"),
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write one HTML file about finished runs: walls and their replay, scores with spread and control, protocol, commands,
    fingerprints. It opens without a network, and `reproduce` reads it."""
    from ..work import reporting

    path = reporting.write(home_of(home), runs, to)
    emit({"runs": runs, "path": str(path.resolve())}) if as_json else console().print(str(path), soft_wrap=True)


def reproduce(
    path: Annotated[Path, typer.Argument(metavar="REPORT")],
    fresh: Annotated[
        bool,
        typer.Option(
            help="Take nothing but the real data from this home: teachers, controls and all else are made again, in a home of their "
            "own inside it."
        ),
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Run a report again, and say for each of its figures whether it agrees within the spread that was reported. The exit code is 0
    where all do, else 1."""
    from ..work import reporting

    said = proof.read(path)
    where = home_of(home)
    where = reporting.fresh_home(where) if fresh else where
    found: list[Compared] = []
    for made in said.runs:
        found += _again(where, made)
    agrees = bool(found) and all(one.agrees is not False for one in found)
    if as_json:
        emit({"report": str(path), "home": str(where), "agrees": agrees, "figures": [_plain(one) for one in found]})
    else:
        _tell(found, agrees)
    raise SystemExit(0 if agrees else 1)


def _again(home: Path, made: proof.Made) -> list[Compared]:
    """One run of the report made again and compared; why not, where it cannot be."""
    from ..work import reporting

    try:
        folder = reporting.anew(home, made)
        drive(home, folder)
        state = folder.state()
        if state["state"] != "finished":
            return compared(made, (), f"the run is {state['state']}: {state.get('message') or 'no reason was given'}")
        again = read_run(folder, read_catalog(home)).made
    except StudioError as error:
        return compared(made, (), str(error))
    if made.data and again.data != made.data:
        aside().print(
            f"{made.run}: the real data differ from those of the report ({made.data[:16]}, here {again.data[:16]})."
        )
    same = "the very same set" if again.set == made.set else "another set, tensor for tensor"
    aside().print(f"{made.run}: {same}", markup=False)
    return compared(made, again.figures)


def _plain(one: Compared) -> dict[str, object]:
    figure = {name: getattr(one.figure, name) for name in ("subject", "student", "protocol", "labels")}
    now = None if one.now is None else one.now.mean
    numbers = {"accuracy": one.was.mean, "std": one.was.std, "again": now}
    return {"run": one.run, **figure, **numbers, "agrees": one.agrees, "sentence": one.sentence}


def _tell(found: list[Compared], agrees: bool) -> None:
    words = {True: "agrees", False: "differs", None: "not told"}
    lines = [
        (
            one.run,
            f"{one.figure.subject}, {one.figure.student}, {one.figure.protocol}, {one.figure.labels}",
            say_spread(one.was),
            say_spread(one.now) if one.now else "–",
            f"{words[one.agrees]}: {one.sentence}",
        )
        for one in found
    ]
    table("", ("run", "figure", "reported", "now", ""), lines)
    count = sum(one.agrees is False for one in found)
    console().print("All figures agree." if agrees else f"{count} of {len(found)} figures do not agree.")
