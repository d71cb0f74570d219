"""How the teacher of a batch differs from θ_T (DWA, arXiv 2409.17612, the K-step adjustment).

    Δθ_0 = 0
    g_k      = ∇_θ CE( f_{θ_T + Δθ_k}(A_0(x⁽⁰⁾)), y )          k = 0 … K−1
    Δθ_{k+1} = Δθ_k + (ρ/K) · g_k / (‖g_k‖₂ + 1e-12)            ascent, one norm over all parameters together

Cross-entropy with hard labels only; the network stays in eval mode, so the batch-norm buffers do not change.

How far is said as a length ρ, as the paper does, or as the rise of the loss on the starting images, which means the same
on every network. So the random control exists twice: as long as the directed shift, and hurting as much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from torch import Generator

from ..errors import BadSetting
from ..method import Stream
from ..part import Part, choice, knob
from ..pieces.batch import Batch
from ..pieces.moving import Moving
from ..pieces.perturb import along, directed, directed_rise, noise_like, scattered
from ..pieces.seeking import seek

DWA = "arXiv 2409.17612, released code"


class ByLength(Part):
    """A length in weight space, the paper's ρ; what it does depends on the network."""

    kind: Literal["length"] = "length"
    rho: float = knob(
        0.015,
        "ρ",
        "Length of the shift of the teacher's weights.",
        ge=0,
        le=1,
        scale="log",
        source=DWA,
        was=("recover.adjustment.rho", "adjustment.rho", "recover_adjustment_rho"),
    )

    @property
    def works(self) -> bool:
        return self.rho > 0

    def length(self, moving: Moving, trial: Callable[[float], float]) -> Stream[float]:
        """How long the shift is to be; `trial` gives the rise that a length makes, in nats."""
        return self.rho
        yield


class ByRise(Part):
    """So long that the teacher's loss on the starting images rises by this much: the same on every network."""

    kind: Literal["rise"] = "rise"
    rise: float = knob(
        0.3,
        "Rise of the loss",
        "How much the cross-entropy on the starting images is to rise, in nats; ρ is found for each batch. At 0.3 the "
        "right class keeps three quarters of its probability.",
        gt=0,
        le=20,
        scale="log",
        source="ours: the paper gives lengths only",
    )

    @property
    def works(self) -> bool:
        return True

    def length(self, moving: Moving, trial: Callable[[float], float]) -> Stream[float]:
        found = yield from seek(self.rise, trial, FIRST * moving.whole, moving.whole)
        moving.back()
        return found


FIRST = 0.001  # the length that is tried first, of that of the weights

AnyReach = Annotated[
    ByLength | ByRise,
    choice("How far", "A length in weight space (ρ), or the rise of the loss on the starting images.", source=DWA),
]


class AsItIs(Part):
    """The teacher stays as it is, for every batch of images.

    θ_T for all.
    """

    kind: Literal["none"] = "none"

    @property
    def works(self) -> bool:
        """Whether a batch has a teacher of its own."""
        return False

    @property
    def updates(self) -> int:
        """How many steps a shift takes."""
        return 0

    def shifted(self, moving: Moving, batch: Batch, generator: Generator) -> Stream[None]:
        """Move the teacher of one of the batch's groups away from θ_T, in place."""
        return
        yield


class Shift(AsItIs):
    """Base of the shifts."""

    reach: AnyReach = ByLength()

    @property
    def works(self) -> bool:
        return self.reach.works


class RandomShift(Shift):
    """The control of equal length, a step by chance: θ_T + ρ·ξ/‖ξ‖ with ξ ~ N(0, I) (our definition; the paper's noise law is not known)."""

    kind: Literal["random"] = "random"  # type: ignore[assignment]

    def shifted(self, moving: Moving, batch: Batch, generator: Generator) -> Stream[None]:
        noise = noise_like(moving.network, _own(generator))
        length = yield from self.reach.length(moving, lambda rho: along(moving, noise, rho))
        yield from scattered(moving, noise, length)


class Ascending(Shift):
    """Base of what the K ascent steps decide about."""

    ascent_steps: int = knob(
        12, "K", "Ascent steps in which the shift is made; 0 makes none.", ge=0, le=200, source=DWA
    )

    @property
    def works(self) -> bool:
        return super().works and self.ascent_steps > 0

    def found(self, moving: Moving) -> Stream[float]:
        """The length ρ of the directed shift."""
        return (yield from self.reach.length(moving, lambda rho: directed_rise(moving, rho, self.ascent_steps)))


class RandomRise(Ascending):
    """The control that hurts as much: a random shift, so long that it raises the loss as the directed one would."""

    kind: Literal["random_rise"] = "random_rise"  # type: ignore[assignment]

    def shifted(self, moving: Moving, batch: Batch, generator: Generator) -> Stream[None]:
        noise, rho = noise_like(moving.network, _own(generator)), (yield from self.found(moving))
        rise = directed_rise(moving, rho, self.ascent_steps)
        if rise <= 0:
            raise BadSetting(
                f"The directed shift of length {rho:g} does not raise the loss on the start ({rise:+.3g}), so no random one can "
                "raise it as much. Choose a longer ρ, or the random shift of equal length."
            )
        length = yield from seek(rise, lambda one: along(moving, noise, one), rho, moving.whole)
        yield from scattered(moving, noise, length)


class DirectedShift(Ascending):
    """Before each batch of images is learned, the teacher takes a few steps that make it err more on that batch.

    K normalized ascent steps on the batch that is about to be recovered.
    """

    kind: Literal["directed"] = "directed"  # type: ignore[assignment]
    first_gradient: Literal["clean", "as_released"] = knob(
        "clean",
        "First image gradient",
        "As released, the K passes leave their gradients at the images for the first update.",
        advanced=True,
        source=DWA,
    )

    @property
    def updates(self) -> int:
        return self.ascent_steps

    def shifted(self, moving: Moving, batch: Batch, generator: Generator) -> Stream[None]:
        leaf = batch.x if self.first_gradient == "as_released" else None
        length = yield from self.found(moving)
        yield from directed(moving, length, self.ascent_steps, leaf)


def _own(generator: Generator) -> Generator:
    """A generator for one shift, seeded by the run's."""
    return Generator().manual_seed(int(torch.randint(2**31 - 1, (1,), generator=generator)))


AnyAdjustment = Annotated[
    AsItIs | RandomShift | RandomRise | DirectedShift,
    choice(
        "Weight adjustment",
        "Nudges the teacher's weights before each batch of images is learned, so that not all turn out alike: not at all "
        "(none), so that its error rises (directed), or by chance, as a control (random: as far; random rise: hurting as much).",
        source=DWA,
        was="weights",
    ),
]
