"""What imported generators share: a plan read off names and shapes, tensors that have to agree with it, the class map.

A plan says which tensors there must be, and with which shapes; a file is believed in nothing that can be checked. The
tensors become buffers: they move with the device, and no gradient is ever kept for them. Everything is float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from ..errors import BadRecord, nearest
from .header import Header
from .prior import Cut

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """A generator's form.

    Args:
        wanted: the shape of every tensor, by name.
        classes: of the generator itself; 0 where it knows none.
    """

    cuts: tuple[Cut, ...]
    rows: tuple[str, ...]
    size: int
    channels: int
    classes: int
    z: int
    wanted: Mapping[str, Shape]


class Shapes(dict[str, Shape]):
    """The shapes of a file's tensors; what is asked for and not there is a `BadRecord`."""

    def __init__(self, name: str, tensors: Mapping[str, Tensor]):
        super().__init__({key: tuple(t.shape) for key, t in tensors.items()})
        self.name = name

    def of(self, key: str, dimensions: int) -> Shape:
        """The shape of a tensor that must be there, with so many dimensions."""
        if key not in self:
            raise BadRecord(f"{self.name} lacks the tensor {key!r}.{nearest(key, list(self))} Fetch the file again.")
        if len(self[key]) != dimensions:
            raise BadRecord(f"{self.name} holds {key!r} with shape {list(self[key])}; it must have {dimensions} sizes.")
        return self[key]


def agree(name: str, tensors: Mapping[str, Tensor], wanted: Mapping[str, Shape]) -> None:
    """All wanted tensors, in their shapes, finite, and nothing else.

    Raises:
        BadRecord: names the tensor, what it is and what it must be.
    """
    for key, shape in wanted.items():
        if key not in tensors:
            raise BadRecord(f"{name} lacks the tensor {key!r}, {list(shape)}. Fetch or convert the file again.")
        if tuple(tensors[key].shape) != tuple(shape):
            raise BadRecord(
                f"{name} holds {key!r} with shape {list(tensors[key].shape)}; with its other tensors it must be {list(shape)}."
            )
        if not bool(torch.isfinite(tensors[key]).all()):
            raise BadRecord(
                f"{name} holds numbers that are not finite in {key!r}. Its training failed, or it is damaged."
            )
    if more := sorted(tensors.keys() - wanted.keys()):
        raise BadRecord(f"{name} holds {len(more)} tensors too many for its form, such as {more[0]!r}.")


class Imported(nn.Module):
    """A prior (see `prior.py`) made of somebody's tensors.

    Args:
        which: the generator's class of each class of the data set.
    """

    which: Tensor

    @classmethod
    def built(cls, name: str, tensors: Mapping[str, Tensor], about: Header, which: Tensor) -> Imported:
        """From the tensors of the file `name`; `BadRecord` where they do not fit together."""
        raise NotImplementedError

    def __init__(self, plan: Plan, tensors: Mapping[str, Tensor], which: Tensor, spec: str):
        super().__init__()
        self.plan, self.spec = plan, spec
        self.cuts, self.rows, self.size, self.channels = plan.cuts, plan.rows, plan.size, plan.channels
        self.classes = len(which)
        self.register_buffer("which", which)
        for key, tensor in tensors.items():
            self.keep(key, tensor)
        self.eval()

    def keep(self, key: str, tensor: Tensor) -> None:
        """A tensor as a buffer; dots are not allowed in names there."""
        self.register_buffer(key.replace(".", "/"), tensor.float() if tensor.is_floating_point() else tensor)

    def __getitem__(self, key: str) -> Tensor:
        return self._buffers[key.replace(".", "/")]  # type: ignore[return-value]

    def __contains__(self, key: str) -> bool:
        return key.replace(".", "/") in self._buffers

    def sample(self, n: int, generator: Generator) -> Tensor:
        return torch.randn(n, self.plan.z, generator=generator)

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        raise NotImplementedError

    def start(self, w: Tensor) -> Tensor:
        """f_0 from w."""
        raise NotImplementedError

    def layer(self, f: Tensor, w: Tensor, k: int) -> Tensor:
        """From cut k to cut k + 1."""
        raise NotImplementedError

    def pixels(self, f: Tensor, w: Tensor) -> Tensor:
        """From the last cut to pixels near [0, 1]."""
        raise NotImplementedError

    def between(self, f: Tensor | None, w: Tensor, i: int, j: int) -> Tensor:
        if f is None:
            assert i == 0, "only the first feature map is the generator's own"
            f = self.start(w)
        for k in range(i, j):
            f = self.layer(f, w, k)
        return f

    def decode(self, f: Tensor | None, w: Tensor, i: int) -> Tensor:
        return self.pixels(self.between(f, w, i, len(self.cuts) - 1), w)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Latents and classes straight to pixels."""
        return self.decode(None, self.map(z, labels), 0)
