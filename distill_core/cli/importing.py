"""What comes in: the zip of a run, a distilled set in our forms or another program's layout, experts of another program."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadSetting
from ..record import archive
from ..record.folder import RunFolder
from ..record.log import Timeline
from .out import AsJson, Home, aside, console, emit, home_of

if TYPE_CHECKING:
    from ..results import Result
    from ..work.sets import Brought

SPACES = (
    "The space its numbers are written in, instead of the one that is found: unit, bytes, signed, normalized, normalized-2023, "
    "normalized-2470, imagenet, zca, zca-kip."
)


def add(app: typer.Typer) -> None:
    app.command("import")(bring)


def bring(
    path: Path,
    data: Annotated[str, typer.Option(help="The data set it was made from, where the file does not say.")] = "",
    pixels: Annotated[str, typer.Option(help=SPACES)] = "",
    factor: Annotated[int, typer.Option(help="Mosaics: cut each image into so many a side; 1 leaves them whole.")] = 0,
    look: Annotated[bool, typer.Option("--look", help="Say what is there, and take nothing in.")] = False,
    network: Annotated[str, typer.Option(help="Experts: the network they are of, where shapes do not settle it.")] = "",
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Bring in the zip of a run; a synthetic set as we or others write them (DC, DSA, DM, MTT, DATM, DD-Ranking, DC-BENCH, KIP,
    SRe2L and its family, RDED, BPS, CIM, NCFM, LGM, H-GLaD, parquet, image folders); or MTT's expert buffers."""
    where = home_of(home)
    if archive.is_run(path):
        folder = archive.import_run(where, path)
        if name:
            folder.rename(name)
        return _done(folder, {}, as_json)
    from ..work import sets
    from ..work.sets import experts

    if experts.are_experts(path):
        return _experts(path, data, network, as_json)
    if network:
        raise BadSetting("--network is for experts' buffers, and this is none. Leave it out.")
    found = sets.look(path, sets.Asked(data, pixels, factor))
    told = _told(found)
    if look:
        return emit({"look": str(path), **told}) if as_json else _print(told, to_out=True)
    if not as_json:
        _print(told)
    ours = isinstance(found, sets.Brought)
    result, cautions = (found.result, found.cautions) if isinstance(found, sets.Brought) else (found, ())
    named = str(result.about.get("data") or data) if ours else data
    folder = sets.keep(where, result, name=name or path.stem, data=named, cautions=cautions, source=path)
    return _done(folder, told, as_json)


def _told(found: Result | Brought) -> dict[str, object]:
    """What was found, as plain values."""
    from ..work.sets import Brought

    if not isinstance(found, Brought):
        classes, shape = len(found.classes), "×".join(map(str, found.shape))
        return {"layout": "ours", "said": [f"One of our own sets: {len(found)} images of {shape}, {classes} classes."]}
    tried = [{**dataclasses.asdict(one), "sentence": one.sentence} for one in found.candidates]
    return {
        "layout": found.layout.name,
        "pixels": found.pixels,
        "labels": found.labels.kind,
        "candidates": tried,
        "cautions": list(found.cautions),
        "said": found.said,
    }


def _print(told: dict[str, object], to_out: bool = False) -> None:
    said = told["said"]
    for sentence in said if isinstance(said, list) else []:
        (console() if to_out else aside()).print(f"· {sentence}", markup=False, soft_wrap=True)


def _done(folder: RunFolder, told: dict[str, object], as_json: bool) -> None:
    """The run, and what it says of the set that was brought in."""
    brought = bool(folder.state().get("imported"))
    notes = [one["text"] for one in Timeline.all(folder) if one["kind"] == "note"] if brought else []
    if as_json:
        return emit({"run": folder.id, "path": str(folder.path), **told, "notes": notes})
    console().print(folder.id, markup=False)
    for note in notes:
        console().print(f"· {note}", markup=False, soft_wrap=True)
    return None


def _experts(path: Path, data: str, network: str, as_json: bool) -> None:
    from ..work.sets import experts

    found = experts.take(path, data, network=network)
    if as_json:
        return emit({"experts": dataclasses.asdict(found)})
    for note in found.notes:
        aside().print(f"· {note}", markup=False, soft_wrap=True)
    share = f"{100 * found.accuracy:.1f} % of the validation images"
    text = f"{found.experts} experts of {found.network}, the first right in {share}. Use them with: {found.use}"
    return console().print(text, markup=False, soft_wrap=True)
