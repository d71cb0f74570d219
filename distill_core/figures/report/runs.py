"""What a report takes from the folder of a run: its records, its score, its command, its walls."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from ... import catalog as shelf
from ...entries import Catalog
from ...errors import BadRecord, BadSetting
from ...record import proof, view
from ...record.asked import Asked
from ...record.command import command
from ...record.facts import facts_of
from ...record.folder import RunFolder
from ...record.lines import ImagesLine, Line
from ...record.log import Timeline
from ...record.scores import completed
from ...record.sheets import inside
from ..found import Scored
from ..scores import read_scores

MOST = 12  # runs in a report
FRAMES = 24  # walls of a run that are carried along
BYTES = 6 << 20  # of all of them


@dataclass(frozen=True)
class Frame:
    """A wall as the page shows it: the recorded sheet itself, lossless."""

    source: str  # a data URI
    width: int  # pixels
    words: str


@dataclass(frozen=True)
class Read:
    """A run as it is read for a report."""

    scored: Scored
    made: proof.Made
    frames: tuple[Frame, ...]
    left_out: int  # walls that are not carried along


def read_run(folder: RunFolder, catalog: Catalog) -> Read:
    """Everything of a finished run; `BadRecord` where it has not finished."""
    state, asked = folder.state(), folder.request()
    if state["state"] != "finished":
        raise BadRecord(
            f"Run {folder.id!r} is {state['state']}, so there is nothing to report yet. Let it finish: distill-studio resume {folder.id}."
        )
    records = Timeline.all(folder)
    settings = shelf.settings_of_run(folder.home, asked)
    values = {**asked, "id": folder.id, "settings": settings}
    scored: Scored = {**values, "records": completed(records), "facts": facts_of(records)}  # type: ignore[typeddict-item]
    shown = view.images(records)
    return Read(scored, _made(folder, asked, catalog, records, bool(state.get("imported"))), *_frames(folder, shown))


def _made(folder: RunFolder, asked: Asked, catalog: Catalog, records: Sequence[Line], brought: bool) -> proof.Made:
    stored = folder.path / "set.safetensors"
    scores = [one for one in read_scores(records) if one.n]
    figures = [
        proof.Figure.model_validate({name: getattr(one, name) for name in proof.Figure.model_fields}) for one in scores
    ]
    return proof.Made(
        run=folder.id,
        name=asked["name"],
        method=asked["method"],
        settings=asked["settings"],
        job={**asked["job"], "moves": _moves(asked, records)},
        command="" if brought else _command(asked, catalog),
        data=proof.data_of(stored),
        set=proof.of_tensors(stored),
        seconds=float(folder.state().get("seconds", 0.0)),
        brought=brought,
        figures=tuple(figures),
    )


def _moves(asked: Asked, records: Sequence[Line]) -> list[dict[str, str | int | float]]:
    """Live knobs that were asked to move or were moved while the run worked, each once, as a job says them."""
    made = [
        {name: one[name] for name in ("stage", "step", "name", "value")} for one in records if one["kind"] == "knob"
    ]
    found: list[dict[str, str | int | float]] = []
    for one in [*(asked["job"].get("moves") or ()), *made]:
        if one not in found:
            found.append(one)
    return found


def _command(asked: Asked, catalog: Catalog) -> str:
    """The command line; "" for a method that is not known here."""
    try:
        entry = shelf.method(catalog, asked["method"])
        settings = shelf.settings(entry, asked["settings"])
    except BadSetting:
        return ""
    return command(asked["method"], entry["fields"], settings, asked["job"], int(asked["job"].get("seed", 0)))


def _frames(folder: RunFolder, shown: Sequence[ImagesLine]) -> tuple[tuple[Frame, ...], int]:
    """Walls evenly over the run, the first and the last among them, within `FRAMES` and `BYTES`; and how many were left out."""
    count, chosen = min(FRAMES, len(shown)), list[ImagesLine]()
    while count:
        places = (
            {round(i * (len(shown) - 1) / max(count - 1, 1)) for i in range(count)} if count > 1 else {len(shown) - 1}
        )
        chosen = [shown[i] for i in sorted(places)]
        if count == 1 or sum(inside(folder, one["sheet"]).stat().st_size for one in chosen) <= BYTES:
            break
        count //= 2
    return tuple(_frame(folder, one) for one in chosen), len(shown) - len(chosen)


def _frame(folder: RunFolder, line: ImagesLine) -> Frame:
    space = "" if line["space"] == "pixels" else f" at {line['space']}"
    words = f"{line.get('stage') or 'images'}, step {line['step']}{space}, after {line['t']:.1f} s"
    return Frame(data_uri(inside(folder, line["sheet"]).read_bytes()), line["tile"][1] * line["columns"], words)


def data_uri(picture: bytes, kind: str = "webp") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
