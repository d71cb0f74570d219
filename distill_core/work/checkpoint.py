"""A loop's state in one file: tensors in safetensors, everything else as JSON in its header; never a pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import BadRecord
from ..home import replacing
from ..loop import Saved

FORMAT = 2  # 2: loops are named by where they stand
_HEADER = "distill_studio_checkpoint"


class OtherVersion(BadRecord):
    """A checkpoint that another version of the studio wrote."""


class About(TypedDict):
    """What is said of a checkpoint: the loop, how far it and the run were, the knobs in force, the loops opened before."""

    key: str
    step: int
    total: int
    serial: int
    keep: int
    seen: int
    knobs: dict[str, float]
    opened: list[str]


def save(path: Path, state: Saved, about: About) -> None:
    """Write nested `state` (tensors, numbers, strings, None, lists, tuples, dicts with str or int keys) and plain `about`.

    A reader sees the old file or the new one. Raises `TypeError` for anything that is not a tensor or plain.
    """
    tensors: dict[str, Tensor] = {}
    header = {"format": FORMAT, "about": about, "shape": _encode(state, tensors)}
    with replacing(path) as file:
        save_file(tensors, file, metadata={_HEADER: json.dumps(header)})


def load(path: Path) -> tuple[Saved, About]:
    """Read `(state, about)` as `save` was given them; `BadRecord` when the file is something else or damaged."""
    about, shape = _header(path)
    try:
        with safe_open(str(path), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        return _decode(shape, tensors), about
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise BadRecord(
            f"Checkpoint {path.name!r} cannot be read ({error}). Delete it; the run then resumes from an older one."
        ) from None


def about(path: Path) -> About:
    """The plain values saved beside the state, without reading a tensor."""
    return _header(path)[0]


def _header(path: Path) -> tuple[About, object]:
    """What is said of a checkpoint, and where in its state each tensor belongs."""
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(_HEADER, "null"))
    except (SafetensorError, OSError, ValueError) as error:
        raise BadRecord(
            f"Checkpoint {path.name!r} cannot be read ({error}). Delete it; the run then resumes from an older one."
        ) from None
    if not isinstance(header, dict) or not isinstance(header.get("about"), dict):
        raise BadRecord(f"Checkpoint {path.name!r} is not one of ours. Delete it.")
    if header.get("format") != FORMAT:
        given = header.get("format")
        raise OtherVersion(f"Checkpoint {path.name!r} has format {given}; this version reads {FORMAT}. Delete it.")
    return header["about"], header.get("shape")


def _encode(value: object, tensors: dict[str, Tensor]) -> list[object]:
    """Plain JSON that says where each tensor belongs: a one-letter kind and its content."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        # a clone, because safetensors refuses tensors that share memory
        tensors[name] = value.detach().cpu().contiguous().clone()
        return ["x", name]
    if isinstance(value, dict):
        if not all(isinstance(key, (str, int)) for key in value):
            raise TypeError("a checkpoint's dicts have str or int keys")
        return ["d", [[key, _encode(one, tensors)] for key, one in value.items()]]
    if isinstance(value, (list, tuple)):
        return ["t" if isinstance(value, tuple) else "l", [_encode(one, tensors) for one in value]]
    if value is None or isinstance(value, (bool, int, float, str)):
        return ["v", value]
    raise TypeError(f"a checkpoint holds tensors and plain values, not {type(value).__name__}")


def _decode(shape: Any, tensors: dict[str, Tensor]) -> Any:
    kind, content = shape
    if kind == "x":
        return tensors[content]
    if kind == "d":
        return {key: _decode(one, tensors) for key, one in content}
    if kind in ("l", "t"):
        many = [_decode(one, tensors) for one in content]
        return tuple(many) if kind == "t" else many
    return content


def is_sound(state: object) -> bool:
    """Whether no tensor in a nested state holds a NaN: a state that does is not worth resuming from."""
    if isinstance(state, Tensor):
        return not (state.is_floating_point() and bool(torch.isnan(state).any()))
    if isinstance(state, dict):
        return all(is_sound(one) for one in state.values())
    if isinstance(state, (list, tuple)):
        return all(is_sound(one) for one in state)
    return True
