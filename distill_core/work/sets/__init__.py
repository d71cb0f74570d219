"""A synthetic set for other people's tools, and back: PNG, parquet, state tensors, safetensors.

Reading never runs code from a file: PNG through Pillow, tensors with `weights_only=True`, everything in bounded size.
8-bit forms (PNG, parquet) hold each value rounded to the nearest 1/255; safetensors and `pt` hold the exact floats. Other
tools know images only: what is factored or generated is written as the images of its first lesson; as `set` it stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from ...errors import BadData, BadRecord, BadSetting, nearest
from ...events import Finished, Images, Note
from ...priors.decoding import DECODERS
from ...record.folder import RunFolder
from ...record.log import Recorder
from ...results import Pictures, Result, load_result, walls
from . import origin, parquet, pictures, tensors

Writer = Callable[[Result, Path], None]
Reader = Callable[[Path, str], Result]  # the second names a data set, for what the file does not say

WRITERS: dict[str, Writer] = {
    "set": lambda result, path: result.save(path),
    "png": lambda result, path: pictures.write(Pictures.of(result), path),
    "parquet": lambda result, path: parquet.write(Pictures.of(result), path),
    "pt": lambda result, path: tensors.write(Pictures.of(result), path),
}
NORMALIZED: dict[str, Writer] = {"pt": lambda result, path: tensors.write(Pictures.of(result), path, normalized=True)}
READERS: tuple[tuple[Callable[[Path], bool], Reader], ...] = (
    (lambda path: path.suffix == ".safetensors", lambda path, _: load_result(path, DECODERS)),
    (lambda path: path.suffix == ".parquet", parquet.read),
    (tensors.fits, tensors.read),
    (lambda path: path.is_dir() or path.suffix == ".zip", pictures.read),
)


def write(result: Result, form: str, path: Path, *, normalized: bool = False) -> Path:
    """Write a set as `set` (one safetensors), `png` (a zip, or a folder where the name does not end in .zip), `parquet`
    or `pt` (a folder with images.pt, labels.pt and a card). `normalized` writes `pt` images as a student sees them."""
    if form not in WRITERS:
        known = ", ".join(WRITERS)
        raise BadSetting(f"A set cannot be written as {form!r}.{nearest(form, list(WRITERS))} Choose {known}.")
    writer = NORMALIZED.get(form, WRITERS[form]) if normalized else WRITERS[form]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer(result, path)
    except OSError as error:
        raise BadSetting(f"{path} cannot be written ({error.strerror or error}). Choose another place.") from None
    return path


def read(path: Path, *, data: str = "") -> Result:
    """Read any of these forms. `data` names the data set whose classes and normalization are meant where the file has none.

    Raises `BadRecord` with a sentence for anything else.
    """
    if not path.exists():
        raise BadRecord(f"There is no file {path}.")
    try:
        for fits, reader in READERS:
            if fits(path):
                return reader(path, data)
    except (BadData, OSError, KeyError, TypeError, ValueError) as error:
        raise BadRecord(f"{path.name} holds no synthetic set that can be read: {error}") from None
    raise BadRecord(
        f"{path.name} is none of .safetensors, .zip, .parquet, .pt or a folder of these. Export the set in one of them."
    )


def of_run(folder: RunFolder) -> Result:
    """The set that a run ended with; `BadRecord` where there is none yet."""
    return load_result(folder.path / "set.safetensors", DECODERS)


def keep(home: Path, result: Result, *, name: str, data: str = "", source: Path | None = None) -> RunFolder:
    """Put a set from elsewhere into the library as a finished run: it can be looked at, compared and evaluated. The data set that it
    was made from is kept in it, its file is said."""
    made = dict(result.about.get("job") or {})
    counts = result.labels.bincount(minlength=len(result.classes))
    known = str(data or made.get("data") or "")
    job = {**made, "data": known or "unknown", "ipc": max(1, int(counts.max()))}
    result = result.with_(about={**result.about, "job": {**made, "data": known}}) if known else result
    method = str(result.about.get("method") or "imported")
    folder = RunFolder.create(home, method, dict(result.about.get("settings") or {}), job, name=name[:120])
    result.save(folder.path / "set.safetensors")
    recorder = Recorder(folder)
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
