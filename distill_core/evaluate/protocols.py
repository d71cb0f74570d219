"""Evaluation protocols by name: how a student is trained, as plain values with their source.

They differ between papers by more than the methods do, so every score names its own. In all of them the number is the
test accuracy after the last epoch; several released codes report the best epoch on the test set, ours never does.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import BadSetting, nearest


class Protocol(BaseModel):
    """How students are trained on a set of images."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    title: str
    about: str = Field("", description="What it is good for, in one or two sentences.")
    source: str = Field(description="Whose values these are, and where they were read.")
    student: str = Field("auto", description="The network; `auto` is chosen for the image size.")
    epochs: int = Field(300, ge=1)
    batch: int = Field(128, ge=1)
    optimizer: Literal["sgd", "adamw"] = "sgd"
    lr: float = Field(0.01, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)
    decay: Literal["all", "matrices"] = Field(
        "all", description="Which parameters decay; `matrices` spares norms and biases."
    )
    schedule: Literal["constant", "cosine", "half-cosine", "step"] = "constant"
    warmup: int = Field(0, ge=0, description="Epochs of linear warm-up from a hundredth of the learning rate.")
    augment: str = Field("none", description="`none`, `crop_flip:pad=4`, `resized_crop_flip:low=0.08`, `dsa`.")
    mix: Literal["none", "mixup", "cutmix"] = "none"
    mix_alpha: float = Field(0.8, gt=0)
    labels: Literal["hard", "static", "teacher"] = "hard"
    temperature: float = Field(1.0, gt=0)
    temperature_squared: bool = Field(False, description="Multiply the loss by the temperature squared.")
    teacher_mode: Literal["eval", "train"] = Field("eval", description="Batch norm of the labelling teacher.")

    def lr_at(self, epoch: int, epochs: int) -> float:
        """The learning rate of an epoch (0 … epochs − 1); all schedules move once per epoch, as in the sources."""
        if epoch < self.warmup < epochs:
            return self.lr * (0.01 + 0.99 * epoch / self.warmup)
        warm = self.warmup if self.warmup < epochs else 0
        done = (epoch - warm) / (epochs - warm)
        if self.schedule == "step":
            return self.lr * (0.1 if epoch >= epochs // 2 + 1 else 1.0)
        if self.schedule == "constant":
            return self.lr
        return self.lr * 0.5 * (1 + math.cos(math.pi * done * (0.5 if self.schedule == "half-cosine" else 1.0)))

    def with_(self, **changes: object) -> Protocol:
        return self.model_validate({**self.model_dump(), **changes})


def _protocols() -> dict[str, Protocol]:
    hard = Protocol(
        name="hard", title="Hard labels",
        about="The plainest question: what are the images worth with their class names only?",
        source="Ours: AdamW 1e-3, cosine, 300 epochs, crops of an eighth and flips where the data allow them.",
        epochs=300, batch=128, optimizer="adamw", lr=1e-3, weight_decay=0.01, schedule="cosine", augment="crop_flip",
    )  # fmt: skip
    dwa = Protocol(
        name="dwa", title="DWA students", about="The teacher labels every augmented and mixed image anew.",
        source="DWA (2409.17612), released CIFAR validation code, with the labelling teacher in evaluation mode "
        "(the code leaves it in training mode: see dwa-as-released) and crops scaled to the image (4 pixels at 32).",
        epochs=400, batch=128, optimizer="adamw", lr=1e-3, weight_decay=0.01, schedule="cosine", augment="crop_flip",
        mix="mixup", mix_alpha=0.8, labels="teacher", temperature=30.0,
    )  # fmt: skip
    tiny = dwa.with_(
        name="dwa-tiny", title="DWA students, Tiny-ImageNet", source="DWA, released Tiny-ImageNet validation code.",
        epochs=200, batch=64, optimizer="sgd", lr=0.2, momentum=0.9, weight_decay=1e-4, warmup=5,
        augment="resized_crop_flip:low=0.08", mix="cutmix", mix_alpha=1.0, temperature=20.0, temperature_squared=True,
    )  # fmt: skip
    imagenet = dwa.with_(
        name="dwa-imagenet", title="DWA students, ImageNet",
        source="DWA, released ImageNet-1K validation code (300 epochs, batch 128).",
        epochs=300, decay="matrices", augment="resized_crop_flip:low=0.08",
        mix="cutmix", mix_alpha=1.0, temperature=20.0,
    )  # fmt: skip
    dc = Protocol(
        name="dc", title="DC students", about="Hard labels, no augmentation.",
        source="DC (2006.05929), released code: 300 epochs; its loop runs one epoch more. "
        "Its own augmentation for MNIST is left out.",
        epochs=300, batch=256, optimizer="sgd", lr=0.01, schedule="step",
    )  # fmt: skip
    dsa = dc.with_(
        name="dsa", title="DSA and DM students",
        about="Hard labels, one augmentation family per batch, drawn for every image.",
        source="DSA (2102.08259) and DM (2110.04181), released code: 1000 epochs; its loop runs one epoch more.",
        epochs=1000, augment="dsa",
    )  # fmt: skip
    static = dwa.with_(
        name="static", title="One soft label per image",
        about="One stored teacher output per image, mixed along with the images.",
        source="INFER (2408.06927), static labels: AdamW 1e-3, 400 epochs, batch 64, "
        "mixup 0.8 on logits, temperature 30.",
        batch=64, labels="static",
    )  # fmt: skip
    real = Protocol(
        name="real", title="All real data",
        about="What a student reaches with every training image: the line to aim at.",
        source="Ours: SGD 0.05, cosine, 20 epochs, crops and flips where the data allow them.",
        epochs=20, batch=128, optimizer="sgd", lr=0.05, schedule="cosine", augment="crop_flip",
    )  # fmt: skip
    every = (
        hard,
        dwa,
        dwa.with_(name="dwa-as-released", title="DWA students, as released", teacher_mode="train",
                  source="DWA, released CIFAR validation code, labelling teacher left in training mode."),
        tiny,
        imagenet,
        dwa.with_(name="sre2l", title="SRe2L students",
                  source="SRe2L (2306.13092), released CIFAR-100 code, labelling teacher in evaluation mode."),
        dwa.with_(name="sre2l-as-released", title="SRe2L students, as released", teacher_mode="train",
                  source="SRe2L, released CIFAR-100 code, labelling teacher left in training mode."),
        tiny.with_(name="sre2l-tiny", title="SRe2L students, Tiny-ImageNet", epochs=100, batch=256, mix="none",
                   source="SRe2L, released Tiny-ImageNet code: no mixing."),
        imagenet.with_(name="sre2l-imagenet", title="SRe2L students, ImageNet", batch=1024,
                       source="SRe2L, released ImageNet-1K code; it stores these labels (FKD), ours are made anew."),
        dc,
        dsa,
        dsa.with_(name="dm", title="DM students"),
        static,
        real,
    )  # fmt: skip
    return {p.name: p for p in every}


PROTOCOLS: dict[str, Protocol] = _protocols()


def find(name: str) -> Protocol:
    """The protocol with this name; `BadSetting` with the nearest one."""
    if name not in PROTOCOLS:
        raise BadSetting(
            f"There is no protocol called {name!r}.{nearest(name, list(PROTOCOLS))} Known: {', '.join(PROTOCOLS)}."
        )
    return PROTOCOLS[name]
