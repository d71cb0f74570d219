"""What a method returns: a result that can teach. Three kinds stand behind one small interface.

    lesson = result.lesson(epoch, generator)    what a student sees in this epoch
    result.preview(3)                           three images of every class, for a wall
    result.bytes                                what has to be kept: images, labels, teachers, generators
    result.save(path); load_result(path)        one safetensors file with a JSON header

`Pictures` are images. `Factored` are natural images and compensators, summed when asked. `Generated` is a generator with
codes, kept or drawn anew at every epoch.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import BadRecord
from . import file
from .dense import Dense, Grid
from .factored import Factored
from .generated import Decoder, Decoders, Generated
from .lesson import Adapted, Lesson, Teaches
from .pictures import Pictures
from .result import Bytes, Result, walls

__all__ = [
    "Adapted",
    "Bytes",
    "Decoder",
    "Decoders",
    "Dense",
    "Factored",
    "Generated",
    "Grid",
    "Lesson",
    "Pictures",
    "Result",
    "Teaches",
    "load_result",
    "walls",
]


def load_result(path: Path, decoders: Decoders | None = None) -> Result:
    """Read the file of a result, of whatever kind.

    Args:
        decoders: what can run generators, by name (`priors.decoding.DECODERS`). Without one a generated result opens and
            says what it is; only its images cannot be asked for.

    Raises:
        BadRecord: for anything else, with a sentence.
    """
    stored = file.read(path)
    kind = stored.said.kind
    try:
        if kind == Pictures.kind:
            return Pictures.read(stored)
        if kind == Factored.kind:
            return Factored.read(stored)
        if kind == Generated.kind:
            return Generated.read(stored, decoders or {})
    except (KeyError, TypeError, ValueError) as error:
        raise BadRecord(f"{path.name!r} is damaged: {type(error).__name__} ({error}). Export it again.") from None
    raise BadRecord(f"{path.name!r} holds a result of kind {kind!r}, which is not known here. Update Distill Studio.")
