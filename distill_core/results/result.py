"""What every kind of result can do, and what all kinds share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import torch
from torch import Generator, Tensor

from ..errors import BadRecord
from . import file
from .dense import Dense
from .lesson import Lesson, Teaches, add_up


@dataclass(frozen=True)
class Bytes:
    """What has to be kept to teach from a result, in bytes.

    Args:
        images: pixels, or what stands for them: naturals and compensators, codes.
        labels: static soft labels, two per number, or what stored ones take, and dense ones; hard labels cost none (the order says
            them).
        teachers: networks that label on the fly; a result names them and does not hold them.
        generators: weights of what draws the images.
    """

    images: int = 0
    labels: int = 0
    teachers: int = 0
    generators: int = 0

    @property
    def total(self) -> int:
        return self.images + self.labels + self.teachers + self.generators


class Result(Teaches, Protocol):
    """What a method returns: something that can teach. `Pictures`, `Factored` and `Generated` are the kinds.

    Attributes:
        labels: (n,) int64, the class of each image of a lesson.
        classes: the names of the classes, in label order.
        mean, std: per channel; a student sees `(images - mean) / std`.
        shape: (c, h, w) of an image.
        soft_labels: (n, classes) float32 logits, one static vector per image, or None.
        protocol: the evaluation protocol that belongs to the method (`evaluation.PROTOCOLS`).
        teacher: content key of the teacher that labels on the fly, or "".
        stages: sizes of the subsets that a student is trained on one after the other; () is all at once.
        ids: (n,) int64, stable through layers, steps and runs.
        dense: soft labels of sub-images of each image, or None.
        about: plain values: method, settings, job, data fingerprint.
        dial: what is different in a protocol's labels: {} leaves them to the protocol (`evaluation.dial`).
    """

    @property
    def labels(self) -> Tensor: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def mean(self) -> tuple[float, ...]: ...
    @property
    def std(self) -> tuple[float, ...]: ...
    @property
    def shape(self) -> tuple[int, int, int]: ...
    @property
    def soft_labels(self) -> Tensor | None: ...
    @property
    def protocol(self) -> str: ...
    @property
    def teacher(self) -> str: ...
    @property
    def stages(self) -> tuple[int, ...]: ...
    @property
    def ids(self) -> Tensor: ...
    @property
    def dense(self) -> Dense | None: ...
    @property
    def about(self) -> file.Plain: ...
    @property
    def dial(self) -> file.Plain: ...
    @property
    def bytes(self) -> Bytes: ...

    def __len__(self) -> int:
        """Images of a lesson."""

    def preview(self, n: int | None = None) -> Tensor:
        """(n · classes, c, h, w) float32 in [0, 1]: the first image of every class, then the second of each. At most `n` of
        a class, None: all; `walls(labels, n)` says which they are."""

    def with_(self, **changes: object) -> Self:
        """The same with other values of some fields."""

    def save(self, path: Path) -> None:
        """Write one safetensors file; `load_result` reads it."""


def walls(labels: Tensor, n: int | None = None) -> Tensor:
    """Which images a wall shows, slice-major: the first of every class, then the second of each; at most `n` of a class."""
    place = torch.zeros_like(labels)
    for label in labels.unique():
        own = labels == label
        place[own] = torch.arange(int(own.sum()))
    order = (place * (int(labels.max()) + 1 if len(labels) else 1) + labels).argsort(stable=True)
    return order if n is None else order[place[order] < n]


def wanted(holds: bool, what: str, *given: Tensor) -> None:
    """Refuse tensors that do not belong together, be they handed in or read from a file."""
    if not holds:
        shapes = " and ".join(f"{tuple(one.shape)} {str(one.dtype).removeprefix('torch.')}" for one in given)
        found = f"; given were {shapes}" if given else ""
        raise BadRecord(f"Its parts make no result: {what} were wanted{found}.")


@dataclass(frozen=True, eq=False, kw_only=True)
class Shared:
    """The fields and the file of every kind; see `Result`. A kind says its images, its tensors and its bytes."""

    kind: ClassVar[str]
    soft_labels: Tensor | None = None
    protocol: str = "hard"
    teacher: str = ""
    stages: tuple[int, ...] = ()
    ids: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))  # none given: numbered from 0
    dense: Dense | None = None
    about: file.Plain = field(default_factory=dict)
    dial: file.Plain = field(default_factory=dict)
    stored_bytes: int = 0  # of labels that the dial says how to make, reckoned before they are

    def __len__(self: _Kind) -> int:
        return len(self.labels)

    @property
    def steady(self) -> bool:
        return True

    def lesson(self: _Kind, epoch: int, generator: Generator) -> Lesson:
        return self._same

    @cached_property
    def _same(self: _Kind) -> Lesson:
        """The lesson of every epoch: made once, when it is first asked for."""
        return Lesson(self._images(slice(None)), self.labels, self.soft_labels, self.stages, self.dense)

    def preview(self: _Kind, n: int | None = None) -> Tensor:
        return self._images(walls(self.labels, n))

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def save(self: _Kind, path: Path) -> None:
        said: dict[str, object] = {"kind": self.kind, "classes": self.classes, "mean": self.mean, "std": self.std}
        said |= {"protocol": self.protocol, "teacher": self.teacher, "stages": self.stages, "about": dict(self.about)}
        said |= {name: value for name, value in (("dial", self.dial), ("stored_bytes", self.stored_bytes)) if value}
        tensors = self._tensors()
        if self.soft_labels is not None:
            tensors["soft_labels"] = self.soft_labels
        if self.dense is not None:
            tensors[file.DENSE], said["dense"] = self.dense.labels, self.dense.written(self.shape[1])
        if not torch.equal(self.ids, torch.arange(len(self))):
            tensors["ids"] = self.ids
        file.write(path, {**said, **self._said()}, tensors)

    def _said(self) -> dict[str, object]:
        """What a kind adds to the header."""
        return {}

    def _check(self: _Kind) -> None:
        """What holds for every kind; numbers the images where nobody did."""
        wanted(self.labels.ndim == 1 and self.ids.ndim == 1, "labels (n,) and ids (n,)", self.labels, self.ids)
        n, classes = len(self.labels), len(self.classes)
        numbers = self.labels.dtype == self.ids.dtype == torch.int64
        wanted(numbers and len(self.ids) in (0, n), "labels (n,) and ids (n,) int64", self.labels, self.ids)
        low, high = (int(self.labels.min()), int(self.labels.max())) if n else (0, 0)
        wanted(low >= 0 and high < classes, f"labels of its {classes} classes (they go from {low} to {high})")
        if len(self.ids) and len(self.ids.unique()) < n:
            raise BadRecord(
                f"Of its {n} ids only {len(self.ids.unique())} differ; every image has its own. Leave them out."
            )
        if self.soft_labels is not None:
            fits = self.soft_labels.shape == (n, classes) and self.soft_labels.dtype == torch.float32
            wanted(fits, f"soft labels ({n}, {classes}) float32", self.soft_labels)
        add_up(self.stages, n)
        wanted(len(self.mean) == len(self.std) == self.shape[0], "one mean and one s.d. per channel")
        if self.dense is not None:
            fits = len(self.dense) == n and self.dense.labels.shape[2] == len(self.classes)
            wanted(
                self.steady and fits, f"dense labels (n, N², {len(self.classes)}), and the same images at every epoch,"
            )
        if not len(self.ids):
            object.__setattr__(self, "ids", torch.arange(n))

    @property
    def _label_bytes(self) -> int:
        soft = self.stored_bytes or (0 if self.soft_labels is None else self.soft_labels.numel() * 2)
        return soft + (0 if self.dense is None else self.dense.bytes)


class _Kind(Result, Protocol):
    """What `Shared` asks of a kind beside the interface."""

    kind: ClassVar[str]

    @property
    def stored_bytes(self) -> int: ...
    @property
    def _same(self) -> Lesson: ...
    def _images(self, rows: Tensor | slice) -> Tensor:
        """(rows, c, h, w) float32 in [0, 1]."""

    def _tensors(self) -> dict[str, Tensor]:
        """What a kind keeps beside ids and soft labels."""

    def _said(self) -> dict[str, object]: ...
