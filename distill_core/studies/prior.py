"""Training a prior as a job of its own, with its quality measured at the end."""

from __future__ import annotations

from typing import ClassVar

from ..datasets import load
from ..errors import BadSetting
from ..events import Note
from ..home import write_json
from ..job import Job
from ..method import Card, Preset, Stream, stage
from ..part import knob
from ..pieces.device import device_of
from ..pieces.ground import noted
from ..priors import cuts_for
from ..priors.header import Header
from ..priors.quality import card as quality_card
from ..priors.quality import measured
from ..priors.recipes import RECIPES as PRIORS
from ..priors.recipes import SHARPEN, PriorRecipe
from ..priors.train import prior_key, trained
from ..store import path_of
from .study import Findings, Study


class PriorTraining(Study):
    """Train a generator once; every run that asks for this prior on these data finds it."""

    card: ClassVar[Card] = Card(
        name="prior",
        title="Train a prior",
        idea="Train a small generator on the real data, once: runs that search inside a prior share it.",
        family="prior",
        paper="a style-based generator (after StyleGAN2, arXiv 1912.04958), trained as a variational auto-encoder, then sharpened",
        departures=("Small, batch-independent, and begun as an auto-encoder, so that it covers every mode.",),
        presets=tuple(
            Preset(one.title, one.recipe.settings(), {"data": one.data[0]} if one.data else {}, one.source)
            for one in PRIORS
        ),
    )
    width: int = knob(32, "Width", "Channels of every layer.", ge=4, le=512, source="ours")
    steps: int = knob(1500, "Steps", "Of the auto-encoder; 0 leaves it out.", ge=0, le=1_000_000, source="ours")
    sharpen: int = knob(
        SHARPEN, "Sharpening steps", "Against a discriminator; 0 leaves it out.", ge=0, le=1_000_000, source="ours"
    )
    batch: int = knob(64, "Batch", "Images per update.", ge=2, le=4096, source="ours", advanced=True)
    lr: float = knob(
        2e-3, "Learning rate", "Of the auto-encoder, at its highest.", gt=0, le=1, scale="log", source="ours"
    )
    lr_sharpen: float = knob(
        2e-4,
        "Rate of sharpening",
        "Of the generator.",
        gt=0,
        le=1,
        scale="log",
        advanced=True,
        source="ours",
    )
    rival_rate: float = knob(
        5.0, "Rate of the rival", "In rates of the generator.", gt=0, le=100, advanced=True, source="ours"
    )
    rival_updates: int = knob(
        2,
        "Updates of the rival",
        "For each of the generator.",
        ge=1,
        le=20,
        advanced=True,
        source="ours: with one the labels are right and the images all alike",
    )
    head_start: float = knob(
        0.2,
        "Head start",
        "Share of the sharpening in which only the rival learns.",
        ge=0,
        le=1,
        advanced=True,
        source="ours",
    )
    penalty: float = knob(
        0.1,
        "Penalty γ",
        "R1 on the slope of the rival at real images.",
        ge=0,
        le=100,
        advanced=True,
        source="StyleGAN2",
    )
    by_class: bool = knob(
        False,
        "Variety by class",
        "The rival compares the variety within each class, not that of the batch.",
        advanced=True,
    )
    variance: float = knob(
        0.1,
        "Variance of a pixel",
        "Around the decoded one, in [−1, 1]. More brings the codes of real images nearer to what is drawn, and blurs.",
        gt=0,
        le=100,
        scale="log",
        advanced=True,
        source="ours",
    )
    half: bool = knob(
        False, "Half precision", "Convolutions in bfloat16: faster where the processor has it.", advanced=True
    )
    measure: bool = knob(True, "Measure it", "Accuracy of and on samples, and a Fréchet distance in our own features.")

    def recipe(self) -> PriorRecipe:
        return PriorRecipe(**self.model_dump(exclude={"measure"}))

    def why_not(self, job: Job) -> str | None:
        if not self.steps and not self.sharpen:
            return "steps=0 and sharpen=0 train nothing. Raise one of them, or use prior=untrained."
        real = load(job.data)
        try:
            cuts_for("style", real.channels, real.size)
        except BadSetting as error:
            return str(error)
        return None

    def hold(self, job: Job) -> Stream[Findings]:
        real, device, recipe = load(job.data), device_of(job.device), self.recipe()
        if reason := self.why_not(job):
            raise BadSetting(reason)
        yield from noted(real)
        prior = yield from stage("prior", trained(real, recipe, device), recipe.steps + recipe.sharpen)
        key = prior_key(real, recipe)
        yield Note(f"Prior style@{key}: {sum(p.numel() for p in prior.parameters()):,} weights.")
        if self.measure:
            found = yield from measured(prior, real, device)
            about: Header = {"key": key, "recipe": recipe.plain(), "data": real.name, "fingerprint": real.fingerprint}
            about["classes"] = list(real.classes)
            write_json(path_of("prior", key, ".json"), quality_card(prior, found, about))
        return Findings()
