"""A synthetic set for other people's tools, and back: PNG, parquet, state tensors, safetensors; and sets that others made.

    place     what lies at a path, read without running anything
    layouts   the table: how each layout is recognized and taken
    theirs    sets as other programs expect them; `hub` for data hubs
    brought   what was taken, in our words: pixels (`space`, `zca`), labels (`labels`), classes by name (`naming`)

8-bit forms (PNG, parquet) hold each value rounded to the nearest 1/255; safetensors and `pt` hold the exact floats. Other
tools know images only: what is factored or generated is written as the images of its first lesson; as `set` it stays what it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from pydantic import ValidationError

from ...datasets import load
from ...datasets.pictures import Unreadable
from ...errors import BadData, BadRecord, BadSetting, nearest
from ...evaluation.protocols import find
from ...events import Finished, Images, Note
from ...job import explain
from ...priors.decoding import DECODERS
from ...record.folder import RunFolder
from ...record.log import Recorder
from ...record.plain import plain
from ...record.scores import Score
from ...results import Pictures, Result, load_result, walls
from . import hub, origin, parquet, pictures, tensors, theirs
from .asking import teacher_for
from .brought import Asked, Brought, brought
from .place import Place, looked_at
from .raw import finite

Writer = Callable[[Result, Path], None]
Theirs = Callable[[Pictures, Path], list[str]]  # returns what its layout has no place for
Reader = Callable[[Place, str], Result]  # the second names a data set, for what the file does not say

WRITERS: dict[str, Writer] = {
    "set": lambda result, path: result.save(path),
    "png": lambda result, path: pictures.write(Pictures.of(result), path),
    "parquet": lambda result, path: parquet.write(Pictures.of(result), path),
    "pt": lambda result, path: tensors.write(Pictures.of(result), path),
}
THEIRS: dict[str, Theirs] = {
    "res": theirs.dc,
    "ddranking": theirs.ddranking,
    "folders": partial(theirs.recovered, jpeg=False),
    "folders-jpeg": partial(theirs.recovered, jpeg=True),
    "hub": hub.write,
}
NORMALIZED: dict[str, Writer] = {"pt": lambda result, path: tensors.write(Pictures.of(result), path, normalized=True)}
OURS: tuple[tuple[Callable[[Place], bool], Reader], ...] = (
    (pictures.fits, pictures.read),
    (tensors.fits, tensors.read),
    (parquet.fits, parquet.read),
)


def write(result: Result, form: str, path: Path, *, normalized: bool = False) -> Path:
    """Write a set as `set` (one safetensors), `png` (a zip, or a folder where the name does not end in .zip), `parquet`
    or `pt` (a folder with images.pt, labels.pt and a card). `normalized` writes `pt` images as a student sees them.

    Or as other programs expect it, which `hand_over` does.
    """
    if form in THEIRS:
        hand_over(result, form, path)
        return path
    if form not in WRITERS:
        known = ", ".join((*WRITERS, *THEIRS))
        raise BadSetting(f"A set cannot be written as {form!r}.{nearest(form, [*WRITERS, *THEIRS])} Choose {known}.")
    writer = NORMALIZED.get(form, WRITERS[form]) if normalized else WRITERS[form]
    with _writing(path):
        writer(result, path)
    return path


def hand_over(result: Result, form: str, path: Path, scores: Mapping[str, Score] | None = None) -> list[str]:
    """Write a set as another program expects it: `res` (DC's res_….pt), `ddranking` (images.pt, labels.pt, lr.pt), `folders` and `folders-jpeg`
    (newNNN/classNNN_idNNN), `hub` (parquet with a card, which says the scores too). Returns what got lost, as sentences."""
    pictures_, mosaics = Pictures.of(result), getattr(result, "packed", 1) > 1
    with _writing(path):
        lost = hub.write(pictures_, path, scores) if form == "hub" else THEIRS[form](pictures_, path)
    return [*(["Its mosaics are written as the images that students see."] if mosaics else []), *lost]


def named(result: Result, form: str) -> str:
    """What the other program calls its file, where it has a name for it."""
    return theirs.dc_name(Pictures.of(result)) if form == "res" else ""


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise BadSetting(f"{path} cannot be written ({error.strerror or error}). Choose another place.") from None


def read(path: Path, *, data: str = "", pixels: str = "", factor: int = 0) -> Result:
    """The set at a path, in any of our forms or of other people's layouts (`layouts`).

    Args:
        data: the data set that it stands for, where the files do not say it.
        pixels, factor: see `Asked`; for other people's layouts.

    Raises `BadRecord` with a sentence for anything else.
    """
    found = look(path, Asked(data, pixels, factor))
    return found.result if isinstance(found, Brought) else found


def look(path: Path, asked: Asked) -> Result | Brought:
    """One of our own sets as it says itself; another one with what was found."""
    if not path.exists():
        raise BadRecord(f"There is no file {path}.")
    try:
        if path.suffix == ".safetensors":
            return _ours(load_result(path, DECODERS))
        with looked_at(path) as place:
            for fits, reader in OURS:
                if fits(place):
                    return _ours(reader(place, asked.data))
            real = load(asked.data) if asked.data else None
            return brought(place, asked, teacher_for(real), real)
    except (
        BadData,
        BadRecord,
        Unreadable,
        OSError,
        KeyError,
        TypeError,
        ValueError,
        RuntimeError,
        OverflowError,
    ) as error:
        raise BadRecord(f"{path.name} holds no synthetic set that can be read: {error}") from None


def _ours(result: Result) -> Result:
    """One of our own sets, looked at as closely as anybody's: `BadRecord` for pixels or soft labels that are not finite, for no image, and
    for a protocol that cannot teach from it."""
    if not len(result):
        raise BadRecord("It holds no image. Export the set again.")
    if isinstance(result, Pictures):
        finite(result.images, "its images")
    if result.soft_labels is not None and not bool(torch.isfinite(result.soft_labels).all()):
        raise BadRecord("Its soft labels hold numbers that are not finite (NaN or infinite). Export an earlier set.")
    try:
        find(result.protocol).with_(**result.dial)
    except ValidationError as error:
        raise BadRecord(f"Its dial {dict(result.dial)} fits no protocol: {explain(error)}") from None
    return result


def of_run(folder: RunFolder) -> Result:
    """The set that a run ended with; `BadRecord` where there is none yet."""
    return load_result(folder.path / "set.safetensors", DECODERS)


def keep(
    home: Path, result: Result, *, name: str, data: str = "", cautions: Sequence[str] = (), source: Path | None = None
) -> RunFolder:
    """Put a set from elsewhere into the library as a finished run: it can be looked at, compared and evaluated. The data set that it
    was made from is kept in it; its file, and what was found in it, are said in the run. Where that fails nothing is left."""
    made = plain(result.about.get("job") or {})
    counts = result.labels.bincount(minlength=len(result.classes))
    known = str(data or made.get("data") or "")
    job = {**made, "data": known or "unknown", "ipc": max(1, int(counts.max()))}
    result = result.with_(about={**result.about, "job": {**made, "data": known}}) if known else result
    method = str(result.about.get("method") or "imported")
    folder = RunFolder.create(home, method, plain(result.about.get("settings") or {}), job, name=name[:120])
    try:
        return _filled(folder, result, cautions, source, known)
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise


def _filled(folder: RunFolder, result: Result, cautions: Sequence[str], source: Path | None, known: str) -> RunFolder:
    """The run with the set, its wall and what was found in it."""
    result.save(folder.path / "set.safetensors")
    recorder = Recorder(folder)
    for sentence in (result.about.get("brought") or {}).get("notes", ()):
        recorder.write(Note(sentence))
    for sentence in cautions:
        recorder.write(Note(sentence, "warning"))
    pixels, shown = (result.preview().clamp(0, 1) * 255).round().to(torch.uint8), walls(result.labels)
    recorder.write(
        Images(0, pixels.permute(0, 2, 3, 1).numpy(), result.labels[shown].numpy(), result.ids[shown].numpy())
    )
    notes = origin.said_of(result, source, known)
    for note in notes:
        recorder.write(Note(note))
    recorder.write(Finished(0.0))
    recorder.close()
    folder.set_state(state="finished", message=notes[0], seconds=0.0, imported=True, classes=list(result.classes))
    return folder
