"""Labels that are kept with the views they were made on: some epochs of them, fewer of each, or with the classes between."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ..evaluation.stored.plan import unfit
from ..fields import Plain
from ..job import Job
from ..part import Part, again, knob
from ..pieces.ground import Ground
from ..quantities.sizes import say_bytes
from .plain_labels import Dial, HardLabels, StaticLabels


class StoredEpochs(HardLabels):
    """Views of every image are drawn once and kept with the teacher's logits; students walk through them again and again."""

    kind: Literal["stored"] = "stored"  # type: ignore[assignment]
    protocol: str = again(HardLabels, "protocol", "dwa")
    stored: int = knob(
        4,
        "Stored epochs",
        "Views of each image that have a label; a student's epoch e sees view e mod k. 0: a view for every epoch.",
        auto=0,
        ge=0,
        le=100_000,
        source="ours; the released labels (FKD, arXiv 2306.13092) have a view for every epoch",
    )
    top: int = knob(
        0,
        "Largest logits",
        "So many of each label are kept, with their classes; 0: all of them.",
        auto=0,
        ge=0,
        le=100_000,
        source="ours: all, as released; LPQLD keeps some, how many and what the others get there is not verified",
    )
    rest: Literal["spread", "dropped"] = knob(
        "spread",
        "The other logits",
        "Where some are left out: what is left of the probability in equal parts (one more number is kept), or none.",
        advanced=True,
        source="ours",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        return {**super().left(job, whole), "stored": "one for every epoch", "top": "all"}

    def dial(self) -> Dial:
        return {"labels": "stored", "stored": self._kept()}

    def asked(self) -> Dial:
        return self.dial()

    def _kept(self) -> dict[str, object]:
        return {"epochs": self.stored, "top": self.top, "rest": self.rest}

    def why_not(self, job: Job) -> str | None:
        """The protocol has to see views that are boxes."""
        if reason := super().why_not(job):
            return reason
        protocol = self._asked(job)
        if protocol is not None and (reason := unfit(protocol)):
            return (
                f"{reason} Choose a live teacher, one static label, or a protocol that crops and mirrors, such as dwa."
            )
        if protocol is not None and self.top and self.rest == "dropped" and protocol.loss != "kl":
            return f"rest=dropped leaves logits without a value, and protocol {protocol.name!r} compares all of them. Choose spread."
        return self._too_many(Ground.of(job).classes) if self.top else None

    def _too_many(self, classes: int) -> str | None:
        if self.top <= classes:
            return None
        return f"top={self.top} cannot work: there are {classes} classes. Choose 1 to {classes}, or 0 for all of them."

    def caution(self, job: Job) -> str | None:
        """The price, before the first byte."""
        ground, protocol = Ground.of(job), self._asked(job)
        if protocol is None or not (kept := self.price(ground, protocol.name, ())):
            return None
        draws = f" and as much for every draw of its random control ({say_bytes(kept)} each)" if job.students else ""
        return f"The labels of the set take {say_bytes(kept)}{draws}."


class PrunedLabels(StoredEpochs):
    """Stored labels of which only a share is kept: some epochs, or some batches of them (LPLD, arXiv 2410.15919)."""

    kind: Literal["pruned"] = "pruned"  # type: ignore[assignment]
    stored: int = again(StoredEpochs, "stored", 0)
    kept: float = knob(
        0.1,
        "Share kept",
        "Of the stored epochs, or of their batches; every image keeps one view at least.",
        gt=0,
        le=1,
        scale="log",
        source="LPQLD keeps one epoch in ten",
    )
    unit: Literal["epoch", "batch"] = knob(
        "epoch",
        "Left out",
        "Whole epochs, or single batches.",
        source="LPLD (arXiv 2410.15919), released code has both",
    )
    walk: Literal["random", "turn"] = knob(
        "random",
        "Walk",
        "An epoch takes one of an image's views by chance, or the next one in turn.",
        source="LPLD (arXiv 2410.15919), released code draws epochs or batches by chance; ours draws for every image",
    )

    def _kept(self) -> dict[str, object]:
        return {**super()._kept(), "kept": self.kept, "unit": self.unit, "walk": self.walk}


class SoftHardSoft(StoredEpochs):
    """Stored labels, then the classes alone on views drawn anew, then stored labels again (as HALD does; where it turns is ours)."""

    kind: Literal["soft_hard_soft"] = "soft_hard_soft"  # type: ignore[assignment]
    hard_from: float = knob(
        1 / 3, "Classes from", "The share of a student's epochs after which the classes are taught.", ge=0, le=1,
        source="ours; HALD's own turns are not verified",
    )  # fmt: skip
    hard_until: float = knob(
        2 / 3, "Classes until", "The share of the epochs after which the soft labels come back.", ge=0, le=1,
        source="ours; HALD's own turns are not verified",
    )  # fmt: skip

    def why_not(self, job: Job) -> str | None:
        if self.hard_from >= self.hard_until:
            return (
                f"hard_from={self.hard_from:g} and hard_until={self.hard_until:g} leave no epoch for the classes. Let the first be "
                "the smaller one, or choose stored."
            )
        return super().why_not(job)

    def dial(self) -> Dial:
        return {**super().dial(), "hard_from": self.hard_from, "hard_until": self.hard_until}


class RefinedLabels(StaticLabels):
    """Soft labels beside the smoothed class, both of length one, which students follow by the cosine (GIFT, arXiv 2405.14736)."""

    kind: Literal["refined"] = "refined"  # type: ignore[assignment]
    soft_labels: Literal["static", "teacher"] = knob(
        "static",
        "Soft labels",
        "One that is kept for each image, or the live teacher's.",
        source="ours; the paper takes a set's own",
    )
    refine: float = knob(
        0.1, "Weight of the class", "Beside a soft label of weight 1.", ge=0, le=100, scale="log",
        source="GIFT (arXiv 2405.14736), released code",
    )  # fmt: skip
    smoothing: float = knob(
        0.1, "Smoothing", "How much of the class goes to the others in equal parts.", ge=0, le=0.99,
        source="GIFT (arXiv 2405.14736), released code",
    )  # fmt: skip

    def dial(self) -> Dial:
        return {"labels": self.soft_labels, "loss": "cosine", "refine": self.refine, "smoothing": self.smoothing}

    def asked(self) -> Dial:
        return self.dial()

    def soft(self, ground: Ground, images: Tensor, teacher: str) -> Tensor | None:
        return super().soft(ground, images, teacher) if self.soft_labels == "static" else None
