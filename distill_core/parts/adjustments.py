"""How the teacher of a batch differs from θ_T (DWA, arXiv 2409.17612, the K-step adjustment).

    Δθ_0 = 0
    g_k      = ∇_θ CE( f_{θ_T + Δθ_k}(A_0(x⁽⁰⁾)), y )          k = 0 … K−1
    Δθ_{k+1} = Δθ_k + (ρ/K) · g_k / (‖g_k‖₂ + 1e-12)            ascent, one norm over all parameters together

Cross-entropy with hard labels only; the network stays in eval mode, so the batch-norm buffers do not change.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from torch import Generator, nn

from ..method import Stream
from ..part import Part, choice, knob
from ..pieces.batch import Batch
from ..pieces.perturb import directed, scattered

DWA = "arXiv 2409.17612, released code"


class AsItIs(Part):
    """The trained teacher θ_T for every batch."""

    kind: Literal["none"] = "none"

    @property
    def works(self) -> bool:
        """Whether a batch has a teacher of its own."""
        return False

    @property
    def updates(self) -> int:
        """How many steps a shift takes."""
        return 0

    def shifted(self, network: nn.Module, batch: Batch, group: int, generator: Generator) -> Stream[None]:
        """Move the teacher of one of the batch's groups away from θ_T, in place."""
        return
        yield


class Shift(AsItIs):
    """Base of the shifts of length ρ."""

    rho: float = knob(0.015, "ρ", "Length of the shift of the teacher's weights.", ge=0, le=1, scale="log", source=DWA)

    @property
    def works(self) -> bool:
        return self.rho > 0


class RandomShift(Shift):
    """The control: θ_T + ρ·ξ/‖ξ‖ with ξ ~ N(0, I) over all weights (our definition; the paper's noise law is not known)."""

    kind: Literal["random"] = "random"  # type: ignore[assignment]

    def shifted(self, network: nn.Module, batch: Batch, group: int, generator: Generator) -> Stream[None]:
        noise = Generator().manual_seed(int(torch.randint(2**31 - 1, (1,), generator=generator)))
        yield from scattered(network, self.rho, noise)


class DirectedShift(Shift):
    """K normalized ascent steps on the batch that is about to be recovered."""

    kind: Literal["directed"] = "directed"  # type: ignore[assignment]
    ascent_steps: int = knob(
        12, "K", "Ascent steps in which the shift is made; 0 makes none.", ge=0, le=200, source=DWA
    )
    first_gradient: Literal["clean", "as_released"] = knob(
        "clean",
        "First image gradient",
        "As released, the K passes leave their gradients at the images for the first update.",
        advanced=True,
        source=DWA,
    )

    @property
    def works(self) -> bool:
        return self.rho > 0 and self.ascent_steps > 0

    @property
    def updates(self) -> int:
        return self.ascent_steps

    def shifted(self, network: nn.Module, batch: Batch, group: int, generator: Generator) -> Stream[None]:
        leaf = batch.x if self.first_gradient == "as_released" else None
        look, labels = batch.first_look(group), batch.labels[batch.rows(group)]
        yield from directed(network, look, labels, self.rho, self.ascent_steps, leaf)


AnyAdjustment = Annotated[
    AsItIs | RandomShift | DirectedShift,
    choice(
        "Weight adjustment", "None, a random shift of the same length, or the directed one.", source=DWA, was="weights"
    ),
]
