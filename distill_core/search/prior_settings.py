"""What the methods inside a prior share: their settings, and how they begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Generator, Tensor

from ..axis import Axis, along
from ..datasets import load
from ..errors import BadRecord, BadSetting
from ..job import Job
from ..method import Ablation, Method, Stream, knob
from ..pieces.match import Ground, Objective, prepared
from ..pieces.trajectory import no_path
from ..priors import Prior, cuts_for, prior_of
from ..priors.prior import PIXELS
from .inside import averaged_w, cleaned, images_within
from .objectives import OBJECTIVE, OURS, RELEASED, Rates, objective_for

CODE = "GLaD (arXiv 2305.01649) and H-GLaD (arXiv 2406.05704), released code"
QUICK = "ours, for two CPU cores and our small generator"


_NETWORK = "convnet:norm=instance,width=128,depth=5"
FIVE = {"teacher": _NETWORK, "student": _NETWORK, "protocol": "glad", "students": 5}  # as released, at 128 pixels
_EXPERTS = {"inner_steps": 20, "expert_epochs": 3, "train_epochs": 15, "experts": 100, "batch_expert": 256}


def released(objective: str, **more: Any) -> dict[str, Any]:
    """The released settings of an objective inside a prior."""
    rates, experts = RELEASED[objective], _EXPERTS if objective == "mtt" else {}
    return {"objective": objective, "lr_w": rates.w, "lr_f": rates.f, "batch_real": 256, **experts, **more}


AVERAGED_START = Ablation(
    "Averaged start",
    (Axis("Start", {"averaged latents": {"averaged": 1000}, "one latent each": {"averaged": 0}}),),
    "Does it help to start from the mean of many latents of the class?",
    published=("averaged latents",),
    source="H-GLaD; the released code averages 1,000, for one image per class",
)
PRIORS = Ablation(
    "Prior",
    (along("prior", "style", "untrained", "pixels", title="Prior"),),
    "Does it take a trained generator, any generator, or none?",
    published=("style",),
    source="a trained one in both papers; GLaD reports random weights too, which help more than pixels",
)


class InPrior(Method):
    """Settings of a search inside a generator."""

    prior: str = knob(
        "style",
        "Prior",
        "style (ours, trained on these data), style@key, an imported one (stylegan-xl@key, …), untrained (a control) or pixels.",
        source="ours: the papers take StyleGAN-XL",
    )
    objective: OBJECTIVE = knob(
        "dm", "Objective", "Mean features (dm), gradients (dc) or trajectories (mtt) are matched.", source=CODE
    )
    lr_w: float = knob(
        0.0,
        "Learning rate of w",
        "Of the styles of every layer; 0 takes the objective's (dm and dc 1e-4, mtt 0.01).",
        ge=0,
        le=1e4,
        live=True,
        scale="log",
        source=QUICK,
    )
    lr_f: float = knob(
        0.0,
        "Learning rate of the feature map",
        "lr_img of the papers' code; 0 takes the objective's for our generator (dm and dc 0.01, mtt 1).",
        ge=0,
        le=1e6,
        live=True,
        scale="log",
        source=QUICK,
    )
    lr_img: float = knob(
        0.0,
        "Learning rate of pixels",
        "Where pixels are searched; 0 takes the objective's (dm 1, dc 0.1, mtt 100).",
        ge=0,
        le=1e6,
        live=True,
        scale="log",
        source="the objectives' own papers",
    )
    momentum: float = knob(0.5, "Momentum", "Of all of these.", ge=0, le=0.99, advanced=True, source=CODE)
    averaged: int = knob(
        1000,
        "Averaged latents",
        "Mapped latents whose mean each class starts from, shared out among its images; 0 starts each from one.",
        ge=0,
        le=100_000,
        source=CODE,
    )
    batch_real: int = knob(
        32, "Real batch", "Real images of each class at a step; the papers take 256.", ge=1, le=4096, scale="log",
        source=QUICK,
    )  # fmt: skip
    augment: Literal["siamese", "none"] = knob(
        "siamese", "Augmentation", "The same random change on both sides, or none.", source=CODE
    )
    chunk: int = knob(
        10,
        "Images decoded at once",
        "sg_batch: fewer take less memory.",
        ge=1,
        le=10_000,
        advanced=True,
        source=CODE,
    )
    decode_mb: int = knob(
        0,
        "Memory of decoding (MB)",
        "Instead: as many images at once as fit, by the feature maps from this layer on; 0 leaves it to the number above.",
        ge=0,
        le=1_000_000,
        advanced=True,
        source="ours",
    )
    precision: Literal["float32", "bfloat16"] = knob(
        "float32",
        "Precision of decoding",
        "bfloat16 is meant for CUDA (not measured yet); what is learned and its gradients stay float32.",
        advanced=True,
        source="ours; StyleGAN-XL decodes in half precision on CUDA",
    )
    inner_steps: int = knob(
        10, "Steps of the student", "mtt: N updates on the synthetic images.", ge=1, le=200, advanced=True, source=QUICK
    )
    expert_epochs: int = knob(
        2, "Epochs ahead", "mtt: M, where the student must arrive.", ge=1, le=50, advanced=True, source=QUICK
    )
    last_start: int = knob(
        5, "Last start", "mtt: T⁺, the last epoch of an expert to start from.", ge=0, le=200, advanced=True, source=CODE
    )
    first_lr: float = knob(
        0.01, "First α", "mtt: the student's rate before it is learned.", gt=0, le=10, advanced=True, source=CODE
    )
    lr_lr: float = knob(
        1e-6, "Learning rate of α", "mtt: SGD's step for that rate.", gt=0, le=1, live=True, advanced=True, source=CODE
    )
    experts: int = knob(
        3, "Experts", "mtt: networks trained on all real data.", ge=1, le=1000, advanced=True, source=QUICK
    )
    train_epochs: int = knob(10, "Epochs of experts", "mtt.", ge=1, le=1000, advanced=True, source=QUICK)
    lr_expert: float = knob(
        0.01, "Learning rate of experts", "mtt: plain SGD.", gt=0, le=10, advanced=True, source=CODE
    )
    batch_expert: int = knob(64, "Batch of experts", "mtt.", ge=1, le=8192, advanced=True, source=QUICK)

    @property
    def rates(self) -> Rates:
        """The learning rates in force."""
        own = OURS[self.objective]
        return Rates(self.lr_w or own.w, self.lr_f or own.f, self.lr_img or own.lr_img)

    def at_once(self, prior: Prior, cut: int) -> int:
        """How many images are decoded at once from this cut on."""
        return images_within(self.decode_mb, prior.cuts[cut:]) if self.decode_mb else self.chunk

    def decoding(self, prior: Prior, cut: int) -> dict[str, Any]:
        """How a space at this cut moves and decodes; see `inside.space_at`."""
        half = self.precision == "bfloat16"
        return {"momentum": self.momentum, "chunk": self.at_once(prior, cut), "half": half}

    def why_not(self, job: Job) -> str | None:
        try:
            real = load(job.data)
            cuts_for(self.prior, real.channels, real.size)
        except (BadSetting, BadRecord) as error:
            return str(error)
        if self.objective != "mtt":
            return None
        if self.expert_epochs > self.train_epochs:
            return f"Experts are trained {self.train_epochs} epochs, fewer than the {self.expert_epochs} ahead. Raise train_epochs."
        return no_path(job.teacher)


@dataclass(frozen=True, eq=False)
class Begun:
    """What a search inside a prior begins with; w is (n, rows, w)."""

    ground: Ground
    prior: Prior
    objective: Objective
    w: Tensor

    def map_at(self, place: int, chunk: int) -> Tensor | None:
        """The first feature map at a cut, or the images at the pixels (normalized); None at cut 0, where w is all there is."""
        if not self.prior.rows:
            return self.ground.start
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


def begun(method: Any, job: Job) -> Stream[Begun]:
    """Real data, the prior (trained first where there is none), the objective, and where w starts."""
    ground = yield from prepared(job, "real", shown=method.prior == PIXELS)
    prior = yield from prior_of(method.prior, ground.real, job.seed, ground.device)
    w = averaged_w(prior, ground.labels.to(ground.device), method.averaged, Generator().manual_seed(job.seed))
    objective = yield from objective_for(method, job, ground)
    return Begun(ground, prior, objective, w)
