"""What there is to ask for: methods and data sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from .. import catalog as shelf
from ..entries import Catalog, DataEntry, Entry
from ..errors import BadRecord, BadSetting, nearest
from ..fields import Field, active, short
from ..job import Job
from ..record import guests
from .out import AsJson, Home, console, emit, home_of, table


def add(app: typer.Typer) -> None:
    app.command("methods")(methods)
    app.command("data")(data)


def fresh_catalog(home: Path) -> Catalog:
    """The catalog; made now where neither a worker nor the repository has one that fits what is installed."""
    try:
        return shelf.read(home)
    except BadRecord:
        from ..work import catalogue

        catalogue.write(home)
        return shelf.read(home)


def methods(
    name: Annotated[str, typer.Argument(help="One method in full, with all its settings.")] = "",
    forget: Annotated[
        bool, typer.Option("--forget", help="Take a method that was given as a file off the list; the file stays.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the methods; with a name, its settings and presets."""
    where = home_of(home)
    known = fresh_catalog(where)
    if forget:
        return _forget(where, name, as_json)
    if name:
        one = shelf.among([*known["methods"], *known.get("studies", ())], name)
        alike = known.get("departures", []) if one in known["methods"] else []
        return emit({**one, "shared_departures": alike}) if as_json else _method(one, alike)
    if as_json:
        return emit({"methods": known["methods"]})
    columns = ("method", "title", "family", "learns", "paper")
    return table("", columns, [_row(one) for one in known["methods"]])


def _row(one: Entry) -> tuple[str, ...]:
    return one["name"], one["title"], one["family"], one["learns"], one["paper"]


def _forget(home: Path, name: str, as_json: bool) -> None:
    own = guests.known(home)
    if name not in own:
        listed = ", ".join(own) or "none"
        raise BadSetting(f"{name!r} was not given as a file.{nearest(name, list(own))} Those that were: {listed}.")
    guests.forget(home, name)
    return emit({"forgotten": name}) if as_json else console().print(f"{name} is listed no longer.", markup=False)


def _method(one: Entry, alike: Sequence[str] = ()) -> None:
    """A card and its settings; `alike` is where all methods depart from the papers' code."""
    console().print(f"[b]{one['title']}[/b]\n{one['idea']}\n{one['paper']}", soft_wrap=True)
    if one.get("file"):
        console().print(f"in {one['file']}", markup=False, soft_wrap=True)
    for departure in one["departures"]:
        console().print(f"· {departure}", markup=False, soft_wrap=True)
    for departure in alike:
        console().print(f"· all methods: {departure}", markup=False, soft_wrap=True)
    now = active(one["fields"], {})
    for title, fields in (("Settings", now), ("With other choices", [f for f in one["fields"] if f not in now])):
        rows = [
            (flag_of(one["fields"], f), _under(f), f["default"], _bounds(f), "live" if f["live"] else "", f["help"])
            for f in fields
        ]
        if rows:
            table(title, ("flag", "with", "default", "range", "", "what it is"), rows)
    if one["presets"]:
        table("Presets (--preset TITLE)", ("title", "source"), [(p["title"], p["source"]) for p in one["presets"]])
    if one.get("ablations"):
        offered = [(a["title"], a["question"]) for a in one["ablations"]]
        table(f"Ablations (sweep {one['name']} --ablation TITLE)", ("title", "question"), offered)


def flag_of(fields: list[Field], field: Field) -> str:
    """The shortest flag that means this field."""
    return "--" + short(fields, field["name"], Job.model_fields).replace("_", "-")


def _under(field: Field) -> str:
    """The choice under which a field means anything."""
    return ", ".join(f"{where.rpartition('.')[2]} {'|'.join(kinds)}" for where, kinds in field.get("when", ())[-1:])


def _bounds(field: Field) -> str:
    if field["choices"]:
        return " | ".join(map(str, field["choices"]))
    low, above, high = field["minimum"], field["exclusive_minimum"], field["maximum"]
    left = "" if low is None else f"> {low}" if above else f"≥ {low}"
    return ", ".join(filter(None, (left, f"≤ {high}" if high is not None else "")))


def data(
    action: Annotated[str, typer.Argument(help="`add` brings in your own images; nothing lists what there is.")] = "",
    path: Annotated[Path | None, typer.Argument(help="A folder with a sub-folder per class, or a zip of one.")] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    mirror: Annotated[
        bool | None,
        typer.Option(
            "--mirror/--no-mirror",
            help="May these images be mirrored in training? Letters and digits may not. Without an answer, classes that are "
            "single letters or digits are not mirrored, and others are.",
        ),
    ] = None,
    size: Annotated[
        int,
        typer.Option(help="Pixels a side, 8 to 256. 0 takes the most common shorter side of the pictures, up to 64."),
    ] = 0,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the data sets, or add your own: `data add PATH --name cats --size 96`."""
    where = home_of(home)
    if action == "add":
        if path is None:
            raise BadSetting("Say where the images are: distill-studio data add PATH --name NAME.")
        from .bringing import add_data

        return add_data(where, path, name, size or None, mirror, as_json)
    if action:
        raise BadSetting(f"data {action} is not known. Use `data` to list, or `data add PATH --name NAME`.")
    from .bringing import known_data

    known = known_data()
    if as_json:
        return emit({"data": known})
    rows = [
        (d["name"], d["title"], len(d["classes"]), d["train"], d["test"], f"{d['size']}×{d['size']}", _ready(d))
        for d in known
    ]
    return table("", ("data", "title", "classes", "train", "test", "size", ""), rows)


def _ready(one: DataEntry) -> str:
    return "ready" if one["ready"] or one["bundled"] else f"downloads {one['download_mb']:g} MB at first use"
