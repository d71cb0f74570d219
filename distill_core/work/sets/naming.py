"""Whether the classes of a set are those of the named data set, by their names: in the same order, in another, or not at all."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from ...errors import BadRecord


def plain(name: str) -> str:
    """`Ankle_boot`, `ankle-boot` and `Ankle boot` are one name."""
    return re.sub(r"[\W_]+", "", name.casefold())


def order_of(given: tuple[str, ...], wanted: tuple[str, ...], data: str) -> tuple[Tensor | None, str]:
    """For every class number in the file that of the data set, and a sentence where they differ; (None, "") where they agree.

    Raises `BadRecord` where a name is none of the data set's.
    """
    if not given or [plain(name) for name in given] == [plain(name) for name in wanted]:
        return None, ""
    place = {plain(name): number for number, name in enumerate(wanted)}
    unknown = [name for name in given if plain(name) not in place]
    if unknown:
        shown = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        have = ", ".join(wanted[:5]) + (" …" if len(wanted) > 5 else "")
        raise BadRecord(
            f"Its classes are not those of {data}: it has {shown}; {data} has {have}. Name its own data set."
        )
    numbers = [place[plain(name)] for name in given]
    if len(set(numbers)) < len(numbers):
        raise BadRecord(f"Two of its classes have the same name: {', '.join(given)}.")
    if numbers == list(range(len(wanted)))[: len(numbers)]:
        return None, ""
    first = next(at for at, number in enumerate(numbers) if at != number)
    return torch.tensor(numbers), (
        f"Its classes stand in another order: {first} is {given[first]} there and {wanted[first]} in {data}. Labels were renumbered by "
        "name."
    )


def renumbered(soft: Tensor, order: Tensor, classes: int) -> Tensor:
    """Columns of soft labels in the data set's order; classes that the file does not know get the least of each row."""
    found = soft.min(1, keepdim=True).values.expand(-1, classes).clone()
    found[:, order] = soft
    return found
