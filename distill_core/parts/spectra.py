"""Whether the spectrum of a class's images is kept flat (data densification, G-VBSM 4.3)."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from ..part import Part, choice, knob

GVBSM = "arXiv 2311.17950, released code"


def densification(images: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """L_DD of G-VBSM (4.3), data densification: for each class KL( sg softmax(λ/τ) ‖ softmax(λ) ), summed over classes.

    λ are the eigenvalues of Z Zᵀ with Z the class's images, pooled to at most 32×32 and flattened. A flat spectrum means
    images that differ. A class with one image adds nothing. The matrix is symmetric and treated as such (the released
    code takes the general solver).

    Args:
        images: (n, c, h, w), as the network sees them.
        labels: (n,), any order; classes need not have equally many.
    """
    pooled = F.adaptive_avg_pool2d(images, 32) if images.shape[-1] > 32 else images
    z, total = pooled.flatten(1).float(), images.new_zeros(())
    for label in labels.unique():
        own = z[labels == label]
        if len(own) < 2:
            continue
        spectrum = torch.linalg.eigvalsh(own @ own.T)
        target = F.log_softmax(spectrum.detach() / temperature, dim=0)
        total = total + F.kl_div(F.log_softmax(spectrum, dim=0), target, reduction="sum", log_target=True)
    return total


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
