"""What a method returns, and its one file: safetensors with a JSON header, never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .errors import BadRecord
from .home import replacing

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images, labels, and how a student has to be trained on them.

    Args:
        images: (n, c, h, w) float32 in [0, 1], on the CPU.
        labels: (n,) int64, the class of each image.
        classes: the names of the classes, in label order.
        mean, std: per channel; a student sees `(images - mean) / std`.
        soft_labels: (n, classes) float32 logits, one static vector per image, or None.
        protocol: the evaluation protocol that belongs to the method (`evaluate.PROTOCOLS`).
        teacher: content key of the teacher that labels on the fly, or "".
        stages: sizes of the subsets that a student is trained on one after the other; () is all at once.
        factors: what is really stored where that is less than the images (base images, compensators, a generator).
        ids: (n,) int64, stable through layers, steps and runs.
        about: plain values: method, settings, job, data fingerprint.
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    soft_labels: Tensor | None = None
    protocol: str = "hard"
    teacher: str = ""
    stages: tuple[int, ...] = ()
    factors: Mapping[str, Tensor] = field(default_factory=dict)
    ids: Tensor | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.images)
        assert self.images.ndim == 4 and self.labels.shape == (n,), "images (n, c, h, w) and labels (n,)"
        assert len(self.mean) == len(self.std) == self.images.shape[1], "one mean and one std per channel"
        if self.ids is None:
            object.__setattr__(self, "ids", torch.arange(n))

    def __len__(self) -> int:
        return len(self.images)

    def with_(self, **changes: Any) -> Pictures:
        return replace(self, **changes)

    @property
    def image_bytes(self) -> int:
        """Bytes that are stored for images: one per pixel and channel, or the factors where there are some."""
        if self.factors:
            return sum(t.numel() * t.element_size() for t in self.factors.values())
        return self.images.numel()

    @property
    def label_bytes(self) -> int:
        """Bytes of labels: two per number of a static soft label, none for hard labels (the order says them)."""
        return 0 if self.soft_labels is None else self.soft_labels.numel() * 2

    def save(self, path: Path) -> None:
        """Write one safetensors file with float32 images (exactly those that the run ended with)."""
        tensors = {"images": self.images, "labels": self.labels, "ids": self.ids}
        if self.soft_labels is not None:
            tensors["soft_labels"] = self.soft_labels
        tensors |= {f"factor.{name}": value for name, value in self.factors.items()}
        header = {
            "format": FORMAT,
            "classes": self.classes,
            "mean": self.mean,
            "std": self.std,
            "protocol": self.protocol,
        }
        header |= {"teacher": self.teacher, "stages": self.stages, "about": dict(self.about)}
        ready = {name: t.detach().cpu().contiguous() for name, t in tensors.items() if t is not None}
        with replacing(path) as file:
            save_file(ready, file, metadata={"distill_studio": json.dumps(header, ensure_ascii=False)})

    @classmethod
    def load(cls, path: Path) -> Pictures:
        """Read what `save` wrote; `BadRecord` with a sentence when the file is something else."""
        try:
            with safe_open(str(path), framework="pt") as file:
                header = json.loads((file.metadata() or {}).get("distill_studio", "null"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        except FileNotFoundError:
            raise BadRecord(f"There is no synthetic set at {path.name!r}. The run may not have finished.") from None
        except (SafetensorError, OSError, ValueError) as error:
            raise BadRecord(f"{path.name!r} is not a readable safetensors file ({error}).") from None
        if not isinstance(header, dict) or not {"images", "labels"} <= tensors.keys():
            raise BadRecord(
                f"{path.name!r} holds no synthetic set: it needs images, labels and our header. Import it as a folder of PNG."
            )
        if header.get("format", 0) > FORMAT:
            raise BadRecord(
                f"{path.name!r} was written by a newer version (format {header['format']}). Update Distill Studio."
            )
        factors = {name[7:]: t for name, t in tensors.items() if name.startswith("factor.")}
        named: dict[str, Any] = {name: tuple(header[name]) for name in ("classes", "mean", "std", "stages")}
        more = {"protocol": header["protocol"], "teacher": header["teacher"], "about": header["about"]}
        soft, ids = tensors.get("soft_labels"), tensors.get("ids")
        return cls(tensors["images"], tensors["labels"], soft_labels=soft, ids=ids, factors=factors, **named, **more)
