"""Every layout that other people's programs write, as one table: the first row that fits is taken."""

from __future__ import annotations

from ....errors import BadRecord
from ..place import Place, described
from ..raw import Layout, Raw
from .folders import BPS, CLASSES, GRID, MOSAICS, RECOVERED
from .pairs import PAIR, SPLIT
from .tables import PARQUET
from .tensors import CIM, DC, KIP, LGM, NCFM, SSNL

TABLE: tuple[Layout, ...] = (
    DC,
    SPLIT,
    PAIR,
    KIP,
    SSNL,
    NCFM,
    CIM,
    LGM,
    GRID,
    PARQUET,
    RECOVERED,
    MOSAICS,
    BPS,
    CLASSES,
)


def found_in(place: Place) -> tuple[Layout, Raw]:
    """The row that fits, and what it takes; `BadRecord` names what is there where none does."""
    for row in TABLE:
        if row.fits(place):
            return row, row.take(place)
    raise BadRecord(_nothing(place))


def _is_network(held: object) -> bool:
    """Named tensors, most of them called weight or bias."""
    names = [str(name) for name in held] if isinstance(held, dict) else []
    return len(names) > 1 and sum(name.endswith((".weight", ".bias")) for name in names) > len(names) / 2


def _nothing(place: Place) -> str:
    known = "; ".join(row.title for row in TABLE)
    tensors = [name for name in place.names if name.endswith((".pt", ".pth", ".npy", ".npz"))]
    file = place.chosen or (tensors[0] if len(tensors) == 1 else "")
    if file.endswith((".pt", ".pth", ".npy", ".npz")):
        held = place.loaded(file)
        if _is_network(held):
            return (
                f"{file} holds {described(held)}: weights of a network, and no images. Take it in as a teacher: "
                f"distill-studio teacher import {file} --data NAME"
            )
        return f"{file} holds {described(held)}, which no known layout has. Known are: {known}."
    listed = ", ".join(place.names[:6]) + (f" and {len(place.names) - 6} more" if len(place.names) > 6 else "")
    said = file if place.chosen else f"{len(place.names)} files ({listed})"
    return f"{said}: no known layout of a distilled set. Known are: {known}."
