"""A result that is a generator: its weights, and codes that it turns into images, kept or drawn anew at every epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol

import torch
from pydantic import BaseModel, PositiveInt
from torch import Generator, Tensor

from ..errors import BadRecord, nearest
from .file import Stored
from .header import believed
from .lesson import Lesson
from .result import Bytes, Shared, wanted

AT_ONCE = 500  # images that are decoded together


class Decoder(Protocol):
    """A generator with its weights in place. Both calls are without gradients, on the CPU."""

    def draw(self, labels: Tensor, generator: Generator) -> Mapping[str, Tensor]:
        """Codes for images of these classes, each tensor (n, …)."""

    def decode(self, codes: Mapping[str, Tensor], labels: Tensor) -> Tensor:
        """(n, c, h, w) float32, near [0, 1] and not clamped."""


Decoders = Mapping[str, Callable[["Generated"], Decoder]]  # by name: what makes a decoder from a result's weights


@dataclass(frozen=True, eq=False)
class Generated(Shared):
    """Weights of a generator and one code per image; without codes they are drawn anew at every epoch.

    Args:
        weights: the generator's tensors by name.
        codes: tensors (n, …) by name; {}: drawn by the decoder from the generator that a lesson is given.
        labels: (n,) int64, the class of each image of a lesson.
        shape: (c, h, w) of an image.
        decoder: the name of what turns weights and codes into images.
        decoders: what is known here by such names; it does not go into the file.
    """

    kind: ClassVar[str] = "generated"
    weights: Mapping[str, Tensor]
    codes: Mapping[str, Tensor]
    labels: Tensor
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    shape: tuple[int, int, int]
    decoder: str
    decoders: Decoders = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        fits = all(code.ndim > 0 and len(code) == len(self.labels) for code in self.codes.values())
        wanted(self.labels.ndim == 1 and fits, "as many codes as labels", *self.codes.values(), self.labels)
        self._check()

    @property
    def steady(self) -> bool:
        return bool(self.codes)

    def lesson(self, epoch: int, generator: Generator) -> Lesson:
        if self.steady:
            return self._same
        codes = self._made.draw(self.labels, generator)
        return Lesson(self._decoded(codes, self.labels), self.labels, self.soft_labels, self.stages)

    @property
    def bytes(self) -> Bytes:
        return Bytes(images=_nbytes(self.codes), labels=self._label_bytes, generators=_nbytes(self.weights))

    @cached_property
    def _made(self) -> Decoder:
        if self.decoder not in self.decoders:
            raise BadRecord(
                f"The images are drawn by a generator called {self.decoder!r}, which nothing here can run."
                f"{nearest(self.decoder, list(self.decoders))} Known: {', '.join(self.decoders) or 'none'}. "
                "Update Distill Studio, or hand what runs it to load_result(path, decoders={name: …})."
            )
        return self.decoders[self.decoder](self)

    def _images(self, rows: Tensor | slice) -> Tensor:
        """Where codes are drawn anew: one draw, always the same."""
        codes = self.codes or self._made.draw(self.labels, Generator().manual_seed(0))
        return self._decoded({name: code[rows] for name, code in codes.items()}, self.labels[rows])

    @torch.no_grad()
    def _decoded(self, codes: Mapping[str, Tensor], labels: Tensor) -> Tensor:
        parts = [torch.empty(0, *self.shape)]
        for rows in torch.arange(len(labels)).split(AT_ONCE):
            images = self._made.decode({name: code[rows] for name, code in codes.items()}, labels[rows])
            if tuple(images.shape) != (len(rows), *self.shape):
                raise BadRecord(
                    f"The generator {self.decoder!r} gave {tuple(images.shape)}; {(len(rows), *self.shape)} was wanted."
                )
            parts.append(images.float().clamp(0, 1))
        return torch.cat(parts)

    def _tensors(self) -> dict[str, Tensor]:
        weights = {f"weight.{name}": one for name, one in self.weights.items()}
        return {"labels": self.labels, **weights, **{f"code.{name}": one for name, one in self.codes.items()}}

    def _said(self) -> dict[str, object]:
        return {"shape": self.shape, "decoder": self.decoder}

    @classmethod
    def read(cls, stored: Stored, decoders: Decoders) -> Generated:
        said, more = believed(_Said, stored.header, f"{stored.name!r}"), stored.shared()
        weights, codes, labels = stored.named("weight"), stored.named("code"), stored["labels"]
        return cls(weights, codes, labels, shape=said.shape, decoder=said.decoder, decoders=decoders, **more)


class _Said(BaseModel):
    """What the header of a generated set says beside what all say."""

    shape: tuple[PositiveInt, PositiveInt, PositiveInt]
    decoder: str


def _nbytes(tensors: Mapping[str, Tensor]) -> int:
    return sum(t.numel() * t.element_size() for t in tensors.values())
