"""Whether the spectrum of a class's images is kept flat (data densification, G-VBSM 4.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Tensor

from ..part import Part, choice, knob
from ..pieces.realstats import densification

GVBSM = "arXiv 2311.17950, released code"


class FreeSpectrum(Part):
    """Images may be as alike as they become."""

    kind: Literal["free"] = "free"

    def term(self, view: Tensor, labels: Tensor) -> Tensor | None:
        """What is added to the loss, or None."""
        return None


class FlatSpectrum(FreeSpectrum):
    """α · L_DD, which flattens the spectrum of a class's images."""

    kind: Literal["flat"] = "flat"  # type: ignore[assignment]
    weight: float = knob(
        1.0,
        "Weight of data densification",
        "α of L_DD, which flattens the spectrum of a class's images.",
        ge=0,
        le=10,
        live=True,
        source=GVBSM,
        was="spectrum_weight",
        implied=True,
    )
    temperature: float = knob(
        4.0,
        "Temperature of the spectrum",
        "τ of L_DD.",
        gt=0,
        le=100,
        advanced=True,
        source=GVBSM,
        was="spectrum_temperature",
    )

    def term(self, view: Tensor, labels: Tensor) -> Tensor | None:
        return self.weight * densification(view, labels, self.temperature) if self.weight else None


AnySpectrum = Annotated[
    FreeSpectrum | FlatSpectrum,
    choice("Spectrum of a class", "As it comes, or kept flat, so that images of a class stay different.", source=GVBSM),
]
