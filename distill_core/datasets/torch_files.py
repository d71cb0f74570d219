"""What `torch.save` wrote, by the one door: tensors, numbers, texts, and lists and dicts of these. Nothing in a file is run.

torch's restricted reader names a class that it does not know, and never makes it. What it does let in beside plain values (sparse,
quantized or empty tensors, a few numbers that claim to be terabytes, lists in lists without end) is refused here.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import BadRecord

MOST_BYTES = 4 << 30  # of a file, of what it unpacks to, and of all its tensors together
MOST_VALUES = 4_000_000  # tensors, numbers and texts
DEEPEST = 16  # lists in dicts in lists; an expert's buffer has 3
_SCALAR = np._core.multiarray.scalar  # type: ignore[attr-defined]
OF_NUMPY = [
    (_SCALAR, "numpy.core.multiarray.scalar"), _SCALAR, np.dtype,
    *(type(np.dtype(kind)) for kind in ("i4", "i8", "f4", "f8")),
]  # fmt: skip  # accuracies, λ and boxes of released files are numbers of NumPy; no other class of it is let in
PLAIN = (str, bytes, bool, int, float, complex, type(None), np.generic, torch.dtype, torch.device)
AS_IMAGES = "Save the images and labels as tensors (torch.save of a tensor, a list or a dict of them)."


def loaded(file: Path | BinaryIO, name: str, instead: str = AS_IMAGES) -> object:
    """What a .pt file holds.

    Args:
        name: of the file, for sentences.
        instead: what to do where it holds something else.

    Raises `BadRecord` for objects (named), and for a file that is cut short, too large, nested too deep, or no such file at all.
    """
    try:
        with file.open("rb") if isinstance(file, Path) else nullcontext(file) as opened:
            _bounded(opened, name)
            with torch.serialization.safe_globals(OF_NUMPY):
                found = torch.load(opened, map_location="cpu", weights_only=True)
    except BadRecord:
        raise
    except Exception as error:  # noqa: BLE001 (unpickling errors, torch's own, and whatever a damaged file causes)
        raise BadRecord(_refusal(name, str(error) or type(error).__name__, instead)) from None
    _plain(found, name, instead)
    return found


def _bounded(file: BinaryIO, name: str) -> None:
    """Refuse what is too large or plainly cut short before torch looks at it."""
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(4)
    if not size:
        raise BadRecord(f"{name} is empty: it has 0 bytes. Copy it again.")
    if size > MOST_BYTES:
        raise BadRecord(f"{name} has {size >> 20:,} MB, more than {MOST_BYTES >> 20:,} MB. Save what is wanted alone.")
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise BadRecord(f"{name} unpacks to more than {MOST_BYTES >> 20:,} MB. Save what is wanted alone.")
    elif start.startswith(b"PK"):
        raise BadRecord(f"{name} is cut short: its end, which says what is in it, is missing. Copy it again.")
    file.seek(0)


def _refusal(name: str, reason: str, instead: str) -> str:
    if named := re.search(r"GLOBAL ([\w.]+)", reason):
        return f"{name} holds more than tensors: an object of {named[1]}. It was not loaded: to make it would run its code. {instead}"
    told = re.search(
        r"WeightsUnpickler error: (.+)", reason
    )  # what torch says before it is advice that does not fit here
    first = (told[1] if told else reason.splitlines()[0])[:200].rstrip(". ")
    if re.search(r"truncated|ran out of input|unexpected (?:eof|end)|end of file|EOFError", reason, re.IGNORECASE):
        return f"{name} is cut short ({first}). Copy it again."
    return f"{name} holds more than tensors, or is damaged; it was not loaded ({first}). {instead}"


def _plain(found: object, name: str, instead: str) -> None:
    """Walk level by level, each container once, so that neither depth nor rings nor lists that share lists cost anything."""
    level, values, size = [found], 0, 0
    for _ in range(DEEPEST):
        inner: dict[int, object] = {}
        for one in level:
            size += _bytes(one, name, instead)
            inner.update((id(each), each) for each in _inside(one))
        values += len(level)
        if size > MOST_BYTES:
            raise BadRecord(
                f"{name} holds tensors of {size >> 20:,} MB by their shapes, more than {MOST_BYTES >> 20:,} MB. Save what is wanted alone."
            )
        if values > MOST_VALUES:
            raise BadRecord(f"{name} holds more than {MOST_VALUES:,} values that are no one tensor. {instead}")
        if not inner:
            return
        level = list(inner.values())
    raise BadRecord(f"{name} is nested too deep: lists or dicts more than {DEEPEST} deep in each other. {instead}")


def _inside(one: object) -> Iterable[object]:
    if isinstance(one, Mapping):
        return (*one.keys(), *one.values())
    return one if isinstance(one, (list, tuple, set, frozenset)) else ()


def _bytes(one: object, name: str, instead: str) -> int:
    """Of a tensor, by its shape; 0 for what else is plain. Refuses everything that is neither."""
    if type(one) in (Tensor, nn.Parameter, nn.Buffer) and isinstance(one, Tensor):
        if one.layout != torch.strided or one.is_quantized or one.is_nested or one.device.type != "cpu":
            kind = "a quantized" if one.is_quantized else "an empty (meta)" if one.device.type == "meta" else "a sparse"
            raise BadRecord(
                f"{name} holds {kind} tensor; one with all its numbers was wanted (tensor.to_dense()). {instead}"
            )
        return one.numel() * one.element_size()
    if isinstance(one, (*PLAIN, Mapping, list, tuple, set, frozenset)):
        return 0
    raise BadRecord(
        f"{name} holds more than tensors: an object of {type(one).__module__}.{type(one).__name__}. {instead}"
    )
