"""The runs that there are: a list, one in full, several side by side."""

from __future__ import annotations

from typing import Annotated, TypedDict, cast

import typer

from .. import catalog
from ..errors import BadSetting
from ..fields import flat
from ..figures import ledger
from ..quantities import said, titled
from ..queue.sweep import spoken
from ..record import index, rows
from ..record.facts import kept_facts
from ..record.folder import RunFolder
from ..record.log import Timeline
from ..record.scores import Score, contest_of, scores_of, verdict
from .out import AsJson, Home, bytes_in_words, console, emit, home_of, percent, table, tell_passports


def add(app: typer.Typer) -> None:
    app.command("runs")(runs)
    app.command("show")(show)
    app.command("compare")(compare)


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


def _row(one: rows.Row) -> tuple[object, ...]:
    own = {"accuracy": one["accuracy"], "std": one["std"], "n": one["n"]}  # the row's `draws` are those of its control
    distilled = percent(cast(Score, own))
    random = "" if one["random"] is None else f"{100 * one['random']:.1f} ({spoken(int(one['draws'] or 1), 'draw')})"
    return one["id"], one["state"], distilled, random, one["seconds"], bytes_in_words(one["bytes"]), one["message"]


def show(run: str, home: Home = None, as_json: AsJson = False) -> None:
    """One run: what was asked, how it stands, what it scored, what was said."""
    folder = RunFolder.find(home_of(home), run)
    asked, state = folder.request(), folder.state()
    records = Timeline.all(folder)
    notes = [record["text"] for record in records if record["kind"] == "note"]
    known = scores_of(records)  # records of earlier versions hold more than their state.json
    if as_json:
        return emit(
            {
                "run": folder.id,
                **asked,
                **state,
                **({"scores": known} if known else {}),
                **(
                    {"against_random": {**vars(contest), "said": contest.text}}
                    if (contest := contest_of(known))
                    else {}
                ),
                "bytes": rows.size_of(folder.path),
                "notes": notes,
                "path": str(folder.path),
            }
        )
    console().print(f"[b]{asked['name']}[/b]  {state['state']}  {state.get('message', '')}", soft_wrap=True)
    table("", ("setting", "value"), [*sorted(asked["job"].items()), *sorted(flat(asked["settings"]).items())])
    scores = known or state.get("scores") or {}
    if scores:
        table("Scores, last epoch, in per cent", ("", "accuracy", "student", "protocol"), [
            (subject, percent(one), one["student"], one["protocol"]) for subject, one in scores.items()
        ])  # fmt: skip
        entries = [ledger.line(one.get("budget") or {}) for one in scores.values()]
        titles = [entry.title for entry in ledger.ENTRIES]
        table(ledger.TITLE, ("", *scores), [(name, *(one[name] for one in entries)) for name in titles])
        tell_passports(scores)
        if sentence := verdict(scores):
            console().print(sentence.replace("**", ""), markup=False, soft_wrap=True)
    if facts := kept_facts(state):
        table("Known by", ("quantity", "value"), [(titled(name), said(name, value)) for name, value in facts.items()])
    for note in notes:
        console().print(f"· {note}", markup=False, soft_wrap=True)
    return console().print(str(folder.path), soft_wrap=True)


SUBJECTS = {"distilled": "distilled", "random": "random", "real": "all real data"}


class AskedOf(TypedDict):
    """A run, all that was asked of it, how long it took."""

    run: str
    asked: dict[str, object]
    seconds: float | None


class Standing(AskedOf):
    """And how it stands."""

    state: str
    scores: dict[str, Score]
    facts: dict[str, float]


def _facts(rows: list[Standing]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row["facts"]))


def compare(
    names: Annotated[list[str], typer.Argument(metavar="RUN RUN…")], home: Home = None, as_json: AsJson = False
) -> None:
    """Two or more runs: their scores, and only the settings that differ."""
    where = home_of(home)
    if len(names) < 2:
        raise BadSetting("One run was given; name two or more to compare.")
    folders = [RunFolder.find(where, name) for name in names]
    rows: list[Standing] = [
        {
            **_asked(one),
            "state": (state := one.state())["state"],
            "scores": scores_of(Timeline.all(one)) or state.get("scores") or {},
            "facts": kept_facts(state),
        }
        for one in folders
    ]
    different = differing([row["asked"] for row in rows])
    if as_json:
        return emit({"runs": rows, "differs": different})
    lines = [
        ("state", *(row["state"] for row in rows)),
        *((label, *(percent(row["scores"].get(of)) for row in rows)) for of, label in SUBJECTS.items()),
        *((f"{label}: stored", *(_stored(row["scores"].get(of)) for row in rows)) for of, label in SUBJECTS.items()),
        *((titled(name), *(_fact(row, name) for row in rows)) for name in _facts(rows)),
        *((name, *values) for name, values in different.items()),
    ]
    return table("", ("", *names), lines)


def _stored(score: Score | None) -> str:
    return ledger.sentence(score.get("budget") or {}) if score else ""


def _fact(row: Standing, name: str) -> str:
    return said(name, row["facts"][name]) if name in row["facts"] else "–"


def _asked(run: RunFolder) -> AskedOf:
    request = run.request()
    asked = {"method": request["method"], **request["job"], **catalog.settings_of_run(run.home, request)}
    return {"run": run.id, "asked": asked, "seconds": run.state().get("seconds")}


def differing(asked: list[dict[str, object]]) -> dict[str, list[object]]:
    """The settings that are not the same in all of several runs, and their values; None where a run has none."""
    names = dict.fromkeys(name for one in asked for name in one)
    found = {name: [one.get(name) for one in asked] for name in names}
    return {name: values for name, values in found.items() if any(value != values[0] for value in values[1:])}
