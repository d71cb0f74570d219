"""What the spaces inside a prior share: their settings, and how a search begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from ..datasets import load
from ..errors import BadRecord, BadSetting
from ..events import Note
from ..fields import Plain
from ..job import Job
from ..loop import Step
from ..method import Stream
from ..part import Part, knob
from ..parts.objectives import Objective
from ..parts.space import Space
from ..parts.starts import RealStart
from ..pieces.ground import Ground
from ..pieces.match import Match, PixelSpace, Rates, probe_of
from ..priors import Prior, check, prior_of
from ..priors.prior import PIXELS
from .inside import Inside, averaged_w, cleaned, images_within, space_at

CODE = "GLaD (arXiv 2305.01649) and H-GLaD (arXiv 2406.05704), released code"
QUICK = "ours, for two CPU cores and our small generator"
AVERAGED = 1000  # latents of the averaged start, where there is one image per class


class InPrior(Space):
    """Settings of a search inside a generator."""

    prior: str = knob(
        "style",
        "Prior",
        "style (ours, trained on these data), style@key, an imported one (stylegan-xl@key, …), untrained (a control) or pixels.",
        source="ours: the papers take StyleGAN-XL",
    )
    lr_w: float = knob(
        0.0,
        "Learning rate of w",
        "Of the styles of every layer; 0 takes the objective's (1e-4, mtt 0.01).",
        auto=0.0,
        ge=0,
        le=1e4,
        live=True,
        scale="log",
        source=QUICK,
    )
    lr_f: float = knob(
        0.0,
        "Learning rate of the feature map",
        "lr_img of the papers' code; 0 takes the objective's for our generator (0.01, mtt 1), at the pixels its own.",
        auto=0.0,
        ge=0,
        le=1e6,
        live=True,
        scale="log",
        heir=("lr_img", "layer", "prior", "pixels"),
        source=QUICK,
    )
    momentum: float = knob(0.5, "Momentum", "Of both.", ge=0, le=0.99, advanced=True, source=CODE)
    averaged: int = knob(
        -1,
        "Averaged latents",
        "Mapped latents whose mean each class starts from, shared out among its images; 0 starts every image from one of its "
        "own. −1 averages 1,000 with one image per class and none above, where an average makes copies.",
        auto=-1,
        ge=-1,
        le=100_000,
        source="released code for one image per class (GLaD's readme warns above); ours above one",
    )
    chunk: int = knob(
        10,
        "Images decoded at once",
        "sg_batch: fewer take less memory.",
        ge=1,
        le=10_000,
        advanced=True,
        cost=True,
        source=CODE,
    )
    decode_mb: int = knob(
        0,
        "Memory of decoding (MB)",
        "Instead: as many images at once as fit, by the feature maps from this layer on; 0 leaves it to the number above.",
        auto=0,
        ge=0,
        le=1_000_000,
        advanced=True,
        cost=True,
        source="ours",
    )
    precision: Literal["float32", "bfloat16"] = knob(
        "float32",
        "Precision of decoding",
        "bfloat16 is meant for CUDA (not measured yet); what is learned and its gradients stay float32.",
        advanced=True,
        source="ours; StyleGAN-XL decodes in half precision on CUDA",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        found: dict[str, Plain] = {"averaged": self.latents(job.ipc), "decode_mb": f"{self.chunk} images at once"}
        if isinstance(objective := whole.parts().get("objective"), Objective):
            own = objective.usual
            found |= {"lr_w": own.w, "lr_f": own.pixels if self.in_pixels() else own.f}
        return found

    def in_pixels(self) -> bool:
        """Whether all that is searched are pixels."""
        return self.prior == PIXELS

    def latents(self, ipc: int) -> int:
        """How many mapped latents are averaged for a class; 0 where every image has one of its own."""
        return self.averaged if self.averaged >= 0 else AVERAGED * (ipc == 1)

    def caution(self, job: Job) -> str | None:
        each = self.latents(job.ipc) // job.ipc
        if job.ipc == 1 or each < 2 or self.prior == PIXELS:
            return super().caution(job)
        return (
            f"averaged={self.averaged} starts each of the {job.ipc} images of a class from the mean of {each} latents: they "
            "begin as near copies of each other and teach little more than one. Set averaged=-1 for a latent of its own each."
        )

    def at_once(self, prior: Prior, cut: int) -> int:
        """How many images are decoded at once from this cut on."""
        return images_within(self.decode_mb, prior.cuts[cut:]) if self.decode_mb else self.chunk

    def pixels(self) -> float:
        """The learning rate where pixels are searched; 0 takes the objective's own."""
        return self.lr_f

    def rates(self, step: Step, objective: Objective) -> Rates:
        """The learning rates in force."""
        now, own = step.now(self), objective.usual
        return Rates(now.lr_w or own.w, now.lr_f or own.f, now.pixels() or own.pixels)

    def why_not(self, job: Job) -> str | None:
        try:
            check(self.prior, load(job.data))
        except (BadSetting, BadRecord) as error:
            return str(error)
        return super().why_not(job)

    def begun(self, objective: Objective, ground: Ground) -> Stream[Begun]:
        """The maps' network, the prior (trained first where there is none), where w starts, the objective."""
        if self.prior == PIXELS:
            yield from RealStart().glance(ground)
        probe = yield from probe_of(ground)
        prior = yield from prior_of(self.prior, ground.real, ground.job.seed, ground.device)
        if copies := self.caution(ground.job):
            yield Note(copies, "warning")
        draws = Generator().manual_seed(ground.job.seed)
        w = averaged_w(prior, ground.labels.to(ground.device), self.latents(ground.job.ipc), draws)
        match = yield from objective.match(ground)
        return Begun(self, ground, probe, prior, objective, match, w)


@dataclass(frozen=True, eq=False)
class Begun:
    """What a search inside a prior begins with; w is (n, rows, w)."""

    settings: InPrior
    ground: Ground
    probe: nn.Module
    prior: Prior
    objective: Objective
    match: Match
    w: Tensor

    def space(self, place: int, w: Tensor | None = None, f: Tensor | None = None) -> Inside | PixelSpace:
        """The space at a cut; without w and f where the search begins there."""
        one = self.settings
        if w is None:
            w, f = self.w, self.map_at(place, one.at_once(self.prior, 0))
        chunk, half = one.at_once(self.prior, min(place, len(self.prior.cuts) - 1)), one.precision == "bfloat16"
        return space_at(self.prior, self.ground, place, w, f, momentum=one.momentum, chunk=chunk, half=half)

    def rates(self, step: Step) -> Rates:
        """The learning rates in force."""
        return self.settings.rates(step, self.objective)

    def map_at(self, place: int, chunk: int) -> Tensor | None:
        """The first feature map at a cut, or the images at the pixels (normalized); None at cut 0, where w is all there is."""
        if not self.prior.rows:
            return RealStart().first(self.ground).flatten(0, 1)
        last = len(self.prior.cuts) - 1
        with torch.no_grad():
            parts = []
            for w in self.w.split(chunk):
                f = self.prior.between(None, w, 0, min(place, last))
                parts.append(self.prior.decode(f, w, last) if place > last else f)
        found = torch.cat(parts)
        if place > last:
            return self.ground.real.normalize(found.clamp(0, 1))
        return cleaned(found) if place else None
