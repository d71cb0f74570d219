"""What there is: methods, data sets, runs; one run in full; runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import catalog as shelf
from ..errors import BadRecord, BadSetting, nearest
from ..record import guests, index
from ..record.folder import RunFolder, Timeline
from .out import AsJson, Home, bytes_in_words, console, emit, home_of, percent, table


def add(app: typer.Typer) -> None:
    app.command("methods")(methods)
    app.command("data")(data)
    app.command("runs")(runs)
    app.command("show")(show)
    app.command("compare")(compare)


def fresh_catalog(home: Path) -> dict[str, Any]:
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
        one = shelf.method({"methods": [*known["methods"], *known.get("studies", ())]}, name)
        return emit(one) if as_json else _method(one)
    if as_json:
        return emit({"methods": known["methods"]})
    columns = ("method", "title", "family", "learns", "paper")
    return table("", columns, [[one[c if c != "method" else "name"] for c in columns] for one in known["methods"]])


def _forget(home: Path, name: str, as_json: bool) -> None:
    own = guests.known(home)
    if name not in own:
        listed = ", ".join(own) or "none"
        raise BadSetting(f"{name!r} was not given as a file.{nearest(name, list(own))} Those that were: {listed}.")
    guests.forget(home, name)
    return emit({"forgotten": name}) if as_json else console().print(f"{name} is listed no longer.", markup=False)


def _method(one: dict[str, Any]) -> None:
    console().print(f"[b]{one['title']}[/b]\n{one['idea']}\n{one['paper']}", soft_wrap=True)
    if one.get("file"):
        console().print(f"in {one['file']}", markup=False, soft_wrap=True)
    for departure in one["departures"]:
        console().print(f"· {departure}", markup=False, soft_wrap=True)
    rows = [
        (f"--{f['name'].replace('_', '-')}", f["default"], _bounds(f), "live" if f["live"] else "", f["help"])
        for f in one["fields"]
    ]
    table("Settings", ("flag", "default", "range", "", "what it is"), rows)
    if one["presets"]:
        table("Presets (--preset TITLE)", ("title", "source"), [(p["title"], p["source"]) for p in one["presets"]])
    if one.get("ablations"):
        offered = [(a["title"], a["question"]) for a in one["ablations"]]
        table(f"Ablations (sweep {one['name']} --ablation TITLE)", ("title", "question"), offered)


def _bounds(field: dict[str, Any]) -> str:
    if field["choices"]:
        return " | ".join(map(str, field["choices"]))
    low, above, high = field["minimum"], field["exclusive_minimum"], field["maximum"]
    left = f"≥ {low}" if low is not None else f"> {above}" if above is not None else ""
    return ", ".join(filter(None, (left, f"≤ {high}" if high is not None else "")))


def data(
    action: Annotated[str, typer.Argument(help="`add` brings in your own images; nothing lists what there is.")] = "",
    path: Annotated[Path | None, typer.Argument(help="A folder with a sub-folder per class, or a zip of one.")] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the data sets, or add your own: `data add PATH --name cats`."""
    where = home_of(home)
    if action == "add":
        if path is None:
            raise BadSetting("Say where the images are: distill-studio data add PATH --name NAME.")
        from .bringing import add_data

        return add_data(where, path, name, as_json)
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


def _ready(one: dict[str, Any]) -> str:
    return "ready" if one["ready"] or one["bundled"] else f"downloads {one['download_mb']:g} MB at first use"


def runs(
    method: str = typer.Option("", help="Only this method."),
    data: str = typer.Option("", help="Only this data set."),
    state: str = typer.Option("", help="Only these states: queued,running,paused,finished,stopped,failed,lost,broken."),
    text: str = typer.Option("", help="Words to look for."),
    order: str = typer.Option("-created", help="created, name, method, accuracy, seconds, bytes …; - reverses."),
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List the runs of this home, newest first."""
    rows = index.list_runs(home_of(home), method=method, data=data, state=state, text=text, order=order)
    if as_json:
        return emit({"runs": rows})
    columns = ("run", "state", "distilled", "random", "seconds", "disk", "")
    return table("", columns, [_row(one) for one in rows])


def _row(one: index.Row) -> tuple[object, ...]:
    distilled = percent(one)
    random = "" if one["random"] is None else f"{100 * one['random']:.1f}"
    return one["id"], one["state"], distilled, random, one["seconds"], bytes_in_words(one["bytes"]), one["message"]


def show(run: str, home: Home = None, as_json: AsJson = False) -> None:
    """One run: what was asked, how it stands, what it scored, what was said."""
    folder = RunFolder.find(home_of(home), run)
    asked, state = folder.request(), folder.state()
    notes = [record["text"] for record in Timeline.all(folder) if record["kind"] == "note"]
    if as_json:
        return emit(
            {
                "run": folder.id,
                **asked,
                **state,
                "bytes": index.size_of(folder.path),
                "notes": notes,
                "path": str(folder.path),
            }
        )
    console().print(f"[b]{asked['name']}[/b]  {state['state']}  {state.get('message', '')}", soft_wrap=True)
    table("", ("setting", "value"), [*sorted(asked["job"].items()), *sorted((asked.get("settings") or {}).items())])
    scores = state.get("scores") or {}
    if scores:
        table("Scores, last epoch, in per cent", ("", "accuracy", "student", "protocol"), [
            (subject, percent(one), one["student"], one["protocol"]) for subject, one in scores.items()
        ])  # fmt: skip
    for note in notes:
        console().print(f"· {note}", markup=False, soft_wrap=True)
    return console().print(str(folder.path), soft_wrap=True)


def compare(
    names: Annotated[list[str], typer.Argument(metavar="RUN RUN…")], home: Home = None, as_json: AsJson = False
) -> None:
    """Two or more runs: their scores, and only the settings that differ."""
    where = home_of(home)
    if len(names) < 2:
        raise BadSetting("One run was given; name two or more to compare.")
    folders = [RunFolder.find(where, name) for name in names]
    rows = [
        {**_asked(one), "state": one.state()["state"], "scores": one.state().get("scores") or {}} for one in folders
    ]
    different = differing([row["asked"] for row in rows])
    if as_json:
        return emit({"runs": rows, "differs": different})
    lines = [
        [row["state"] for row in rows],
        *([percent(row["scores"].get(s)) for row in rows] for s in ("distilled", "random", "real")),
    ]
    labels = ("state", "distilled", "random", "all real data")
    settings = [[name, *values] for name, values in different.items()]
    return table("", ("", *names), [*([label, *line] for label, line in zip(labels, lines, strict=True)), *settings])


def _asked(run: RunFolder) -> dict[str, Any]:
    request = run.request()
    asked = {"method": request["method"], **request["job"], **(request.get("settings") or {})}
    return {"run": run.id, "asked": asked, "seconds": run.state().get("seconds")}


def differing(asked: list[dict[str, object]]) -> dict[str, list[object]]:
    """The settings that are not the same in all of several runs, and their values; None where a run has none."""
    names = dict.fromkeys(name for one in asked for name in one)
    found = {name: [one.get(name) for one in asked] for name in names}
    return {name: values for name, values in found.items() if any(value != values[0] for value in values[1:])}
