"""Evaluation protocols by name: ours, and those of the papers (`published.py`).

They differ between papers by more than the methods do, so every score names its own. In all of them the number is the
test accuracy after the last epoch; several released codes report the best epoch on the test set, ours never does.
"""

from __future__ import annotations

from ..errors import BadSetting, nearest
from .protocol import Protocol
from .published import COMPENSATED, ENSEMBLES, MATCHING, MOSAICS, RECOVERING, STATIC, STORED

__all__ = ["PROTOCOLS", "Protocol", "find"]

HARD = Protocol(
    name="hard",
    title="Hard labels",
    about="The plainest question: what are the images worth with their class names only?",
    source="Ours: AdamW 1e-3, cosine, 300 epochs, crops of an eighth and flips where the data allow them.",
    epochs=300,
    batch=128,
    optimizer="adamw",
    lr=1e-3,
    weight_decay=0.01,
    schedule="cosine",
    augment="crop_flip",
)
REAL = Protocol(
    name="real",
    title="All real data",
    about="What a student reaches with every training image: the line to aim at.",
    source="Ours: SGD 0.05, cosine, 20 epochs, crops and flips where the data allow them.",
    epochs=20,
    batch=128,
    optimizer="sgd",
    lr=0.05,
    schedule="cosine",
    augment="crop_flip",
)
PROTOCOLS: dict[str, Protocol] = {
    one.name: one for one in (HARD, *RECOVERING, *MOSAICS, *ENSEMBLES, *MATCHING, STATIC, *COMPENSATED, *STORED, REAL)
}


def find(name: str) -> Protocol:
    """The protocol with this name; `BadSetting` with the nearest one."""
    if name not in PROTOCOLS:
        raise BadSetting(
            f"There is no protocol called {name!r}.{nearest(name, list(PROTOCOLS))} Known: {', '.join(PROTOCOLS)}."
        )
    return PROTOCOLS[name]
