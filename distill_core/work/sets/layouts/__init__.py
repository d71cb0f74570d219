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


def _nothing(place: Place) -> str:
    known = "; ".join(row.title for row in TABLE)
    tensors = [name for name in place.names if name.endswith((".pt", ".pth", ".npy", ".npz"))]
    file = place.chosen or (tensors[0] if len(tensors) == 1 else "")
    if file.endswith((".pt", ".pth", ".npy", ".npz")):
        return f"{file} holds {described(place.loaded(file))}, which no known layout has. Known are: {known}."
    listed = ", ".join(place.names[:6]) + (f" and {len(place.names) - 6} more" if len(place.names) > 6 else "")
    said = file if place.chosen else f"{len(place.names)} files ({listed})"
    return f"{said}: no known layout of a distilled set. Known are: {known}."
