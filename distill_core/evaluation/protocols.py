"""Evaluation protocols by name: ours, and those of the papers (`published.py`).

They differ between papers by more than the methods do, so every score names its own. In all of them the number is the
test accuracy after the last epoch; several released codes report the best epoch on the test set. Only protocols that are called
`…-compat` do so here, and whatever they give says it.
"""

from __future__ import annotations

from ..errors import BadSetting, nearest
from .protocol import Protocol
from .published import COMPARING, COMPENSATED, ENSEMBLES, MATCHING, MOSAICS, RECOVERING, STATIC, STORED

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
REGIMES = HARD.with_(
    name="regimes",
    title="Three regimes",
    about="One recipe for hard labels, one fixed soft label and a live teacher: nothing but the labels differs.",
    source="Ours: AdamW 1e-3, cosine, 300 epochs, batch 128, crops of an eighth and flips, no mixing; temperature 4 for soft labels.",
    temperature=4.0,
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
    one.name: one
    for one in (
        HARD,
        *RECOVERING,
        *MOSAICS,
        *ENSEMBLES,
        *MATCHING,
        STATIC,
        *COMPENSATED,
        *STORED,
        *COMPARING,
        REGIMES,
        REAL,
    )
}


def find(name: str) -> Protocol:
    """The protocol with this name; `BadSetting` with the nearest one."""
    if name not in PROTOCOLS:
        raise BadSetting(
            f"There is no protocol called {name!r}.{nearest(name, list(PROTOCOLS))} Known: {', '.join(PROTOCOLS)}."
        )
    return PROTOCOLS[name]
