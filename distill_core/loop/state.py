"""What a loop keeps for a resumed run: the state of live objects, copied out, and put back in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Generator, Tensor

from ..errors import BadRecord

Saved = dict[str, object]  # nested: tensors, plain values, lists, tuples and dicts of them
Save = Callable[[], Saved]


class Keeper(Protocol):
    """What keeps a state of its own: modules, optimisers."""

    def state_dict(self) -> Saved:
        """Its state, nested."""

    def load_state_dict(self, saved: Saved, /) -> object:
        """Take such a state back."""


class TensorKeeper(Protocol):
    """What keeps tensors by name and nothing else: averages, running statistics."""

    def state_dict(self) -> dict[str, Tensor]:
        """Its tensors, on the CPU."""

    def load_state_dict(self, saved: dict[str, Tensor], /) -> object:
        """Take them back."""


Live = Tensor | Generator | Keeper | TensorKeeper


def save_state(state: Mapping[str, Live]) -> Saved:
    """A nested dict of tensors and plain values, copied, from live objects."""
    saved: Saved = {"__rng__": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        saved["__rng_cuda__"] = torch.cuda.get_rng_state()
    for name, thing in state.items():
        if isinstance(thing, Generator):
            saved[name] = thing.get_state()
        elif isinstance(thing, Tensor):
            saved[name] = thing.detach().cpu().clone()
        else:
            saved[name] = thing.state_dict()
    return saved


def load_state(state: Mapping[str, Live], saved: Mapping[str, object]) -> None:
    """Put a saved state back into the live objects, in place."""
    torch.set_rng_state(_tensor(saved["__rng__"]))
    if "__rng_cuda__" in saved and torch.cuda.is_available():
        torch.cuda.set_rng_state(_tensor(saved["__rng_cuda__"]))
    if lacking := [name for name in state if name not in saved]:
        raise BadRecord(
            f"The checkpoint says nothing of {', '.join(lacking)}: it is of an earlier version, whose students were not looked at on their "
            "way. Start the run again."
        )
    for name, thing in state.items():
        if isinstance(thing, Generator):
            thing.set_state(_tensor(saved[name]))
        elif isinstance(thing, Tensor):
            with torch.no_grad():
                thing.copy_(_tensor(saved[name]))
        else:
            held = saved[name]
            assert isinstance(held, dict)
            thing.load_state_dict(held)


def _tensor(value: object) -> Tensor:
    assert isinstance(value, Tensor)
    return value
