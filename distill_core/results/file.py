"""The one file of a result: safetensors with a JSON header, never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import BadRecord
from ..home import replacing
from .dense import Dense
from .header import Header, Plain, believed

FORMAT = 2  # 1 knew pictures only, as floats
HEADER = "distill_studio"
DENSE = "dense_labels"  # the tensor
SHARED = ("classes", "mean", "std", "stages", "protocol", "teacher", "dial", "stored_bytes")


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds: its name, its header as it stands there and as it is believed, its tensors."""

    name: str
    header: Plain
    said: Header
    tensors: dict[str, Tensor]

    def __getitem__(self, tensor: str) -> Tensor:
        """A tensor that has to be there."""
        if tensor not in self.tensors:
            raise BadRecord(f"{self.name!r} holds no synthetic set: it has no {tensor}. Import it as a folder of PNG.")
        return self.tensors[tensor]

    def named(self, prefix: str) -> dict[str, Tensor]:
        """The tensors called `prefix.…`, without the prefix."""
        return {name.removeprefix(f"{prefix}."): t for name, t in self.tensors.items() if name.startswith(f"{prefix}.")}

    def shared(self) -> Plain:
        """The fields that all kinds have, as their constructors take them."""
        said = {name: getattr(self.said, name) for name in SHARED}
        more: Plain = {"about": self.header.get("about") or {}}
        if "dense" in self.header:
            more["dense"] = Dense.read(self[DENSE], self.header["dense"])
        return {**said, **more, **{name: t for name, t in self.tensors.items() if name in ("soft_labels", "ids")}}


def write(path: Path, header: Mapping[str, object], tensors: Mapping[str, Tensor]) -> None:
    """Write a result; a reader sees the old file or the new one."""
    said = json.dumps({"format": FORMAT, **header}, ensure_ascii=False)
    ready = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    with replacing(path) as file:
        save_file(ready, file, metadata={HEADER: said})


def read(path: Path) -> Stored:
    """Read what `write` wrote; `BadRecord` with a sentence when the file is something else."""
    try:
        with safe_open(str(path), framework="pt") as file:
            said_of_it = file.metadata() or {}
            header = json.loads(said_of_it.get(HEADER, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise BadRecord(f"There is no synthetic set at {path.name!r}. The run may not have finished.") from None
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise BadRecord(f"{path.name!r} is not a readable safetensors file ({error}).") from None
    if not isinstance(header, dict) and "teacher" in said_of_it:
        raise BadRecord(
            f"{path.name!r} holds the weights of a teacher, and no images. Take it in as one: distill-studio teacher import FILE --data NAME."
        )
    if not isinstance(header, dict) or "classes" not in header:
        raise BadRecord(
            f"{path.name!r} holds no synthetic set: our header is not there. Import it as a folder of PNG, with labels."
        )
    said = believed(Header, header, f"{path.name!r}")
    if said.format > FORMAT:
        raise BadRecord(f"{path.name!r} was written by a newer version (format {said.format}). Update Distill Studio.")
    return Stored(path.name, header, said, tensors)
