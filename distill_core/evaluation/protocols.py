"""Evaluation protocols by name: how a student is trained, as plain values with their source.

They differ between papers by more than the methods do, so every score names its own. In all of them the number is the
test accuracy after the last epoch; several released codes report the best epoch on the test set, ours never does.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import BadSetting, nearest
from ..spec import parse


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
    schedule: Literal["constant", "cosine", "half-cosine", "smoothed", "step", "late-steps"] = "constant"
    warmup: int = Field(0, ge=0, description="Epochs of linear warm-up.")
    warmup_share: float = Field(0.0, ge=0, lt=1, description="Instead: this share of all epochs, rounded down.")
    warmup_from: float = Field(0.01, gt=0, le=1, description="Where the warm-up begins, of the learning rate.")
    lr_of: dict[str, float] = Field(
        {}, description="Other learning rates for some students, by the name of their architecture."
    )
    batch_rule: Literal["fixed", "rded"] = Field(
        "fixed",
        description="`rded`: 10, 50 or 100 for up to 1, up to 10 or more images per class, twice that from 100 classes on.",
    )
    parts: int = Field(
        1, ge=1, description="A batch passes in so many parts, each with its own statistics, for one update."
    )
    pixels: Literal["none", "randaugment"] = Field("none", description="What is done to pixels before all else.")
    augment: str = Field(
        "none", description="`none`, `crop_flip:pad=4`, `resized_crop_flip:low=0.08`, `tiles:side=2`, `dsa`."
    )
    mix: Literal["none", "mixup", "cutmix"] = "none"
    mix_alpha: float = Field(0.8, gt=0)
    labels: Literal["hard", "static", "teacher"] = "hard"
    loss: Literal["kl", "mse"] = Field(
        "kl", description="Soft labels: divergence at a temperature, or squared error of logits."
    )
    hard_weight: float = Field(0.0, ge=0, description="Weight of cross-entropy with the classes beside `mse`.")
    temperature: float = Field(1.0, gt=0)
    temperature_squared: bool = Field(False, description="Multiply the loss by the temperature squared.")
    teacher_mode: Literal["eval", "train"] = Field("eval", description="Batch norm of the labelling teacher.")

    average: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Decay of a running average of the student's weights, which is what is tested; 0: none.",
    )
    average_each: Literal["update", "epoch"] = Field("update", description="When that average follows the weights.")
    average_ramp: bool = Field(
        False, description="Until the decay is reached it is (k − 1) / k at the k-th time: the plain mean so far."
    )

    learned_lr: bool = Field(
        False, description="Take the learning rate that was learned with the set, where it has one."
    )

    def batch_for(self, images: int, classes: int) -> int:
        """The batch of a set of so many images."""
        if self.batch_rule == "fixed":
            return self.batch
        per_class = images / classes
        return (10 if per_class <= 1 else 50 if per_class <= 10 else 100) * (2 if classes >= 100 else 1)

    def lr_at(self, epoch: int, epochs: int) -> float:
        """The learning rate of an epoch (0 … epochs − 1); all schedules move once per epoch, as in the sources."""
        warmup = int(self.warmup_share * epochs) or self.warmup
        if epoch < warmup < epochs:
            return self.lr * (self.warmup_from + (1 - self.warmup_from) * epoch / warmup)
        warm = warmup if warmup < epochs else 0
        done = (epoch - warm) / (epochs - warm)
        if self.schedule == "step":
            return self.lr * (0.1 if epoch >= epochs // 2 + 1 else 1.0)
        if self.schedule == "constant":
            return self.lr
        if self.schedule == "late-steps":
            return self.lr * 0.5 ** sum(done >= share for share in (0.8, 0.9, 0.95))
        if self.schedule == "smoothed":  # half a cosine, then in a line to 0 over the last sixth
            left = 1.0 if done <= 5 / 6 else 6 * (1 - done)
            return self.lr * left * 0.5 * (1 + math.cos(math.pi * 0.5 * min(done, 5 / 6)))
        return self.lr * 0.5 * (1 + math.cos(math.pi * done * (0.5 if self.schedule == "half-cosine" else 1.0)))

    def for_student(self, spec: str) -> Protocol:
        """As this student is trained: with its own learning rate, where it has one."""
        lr = self.lr_of.get(parse(spec).name)
        return self if lr is None else self.with_(lr=lr, lr_of={})

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
    glad = dsa.with_(
        name="glad", title="GLaD and H-GLaD students",
        about="As DSA, the rate rising over half of the epochs, and the averaged weights are tested.",
        source="GLaD (2305.01649) and H-GLaD (2406.05704), released code: SGD 1e-3 (VGG11 1e-4), from 1e-7 of it up over 500 "
        "epochs, cosine over 500; weights averaged once per epoch with 0.995 (ema_pytorch, power 1), tested once, at the end.",
        lr=1e-3, lr_of={"vgg11": 1e-4}, schedule="cosine", warmup_share=0.5, warmup_from=1e-7,
        average=0.995, average_each="epoch", average_ramp=True,
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
    crops = "resized_crop_flip:low=0.08"
    rded = imagenet.with_(
        name="rded", title="RDED students", source="RDED (2312.03526), released code: 300 epochs, the rate ends at half.",
        about="Flips and CutMix, labels by the teacher on every mixed image.",
        batch_rule="rded", schedule="half-cosine", augment="tiles:side=1",
    )  # fmt: skip
    gvbsm = Protocol(
        name="gvbsm", title="G-VBSM students, CIFAR-10", about="Mean logits of several teachers, squared error and classes.",
        source="G-VBSM (2311.17950), released CIFAR-10 script; it stores these labels, ours are made anew. "
        "Weight decay and schedule are not known to us: 0.01 and cosine.",
        epochs=1000, batch=100, optimizer="adamw", lr=1e-3, weight_decay=0.01, schedule="cosine", augment=crops,
        mix="cutmix", mix_alpha=1.0, labels="teacher", loss="mse", hard_weight=0.15,
    )  # fmt: skip
    edc = gvbsm.with_(
        name="edc", title="EDC students, CIFAR-10",
        about="Small batches, averaged weights, the mean logits of several teachers.",
        source="EDC (2404.13733), released CIFAR-10 script (ipc 1). Averages hold buffers too (the code's hold weights only).",
        batch=10, schedule="late-steps", pixels="randaugment", hard_weight=0.025, average=0.99,
    )  # fmt: skip
    edc100 = edc.with_(
        name="edc-cifar100", title="EDC students, CIFAR-100", source="EDC (2404.13733), released CIFAR-100 script.",
        batch=50, optimizer="sgd", lr=0.1, weight_decay=5e-4, schedule="smoothed", augment="resized_crop_flip:low=0.5",
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
        imagenet.with_(name="cda-imagenet", title="CDA students, ImageNet",
                       source="CDA (2311.18838): SRe2L's recipe with batch 128."),
        imagenet.with_(name="sre2lpp", title="SRe2L++ students", batch=16, parts=2, teacher_mode="train", decay="all",
                       about="Labels depend on the half-batch that they are made in.",
                       source="SRe2L++ in CV-DD (2501.07575), released code; it stores these labels, ours are made anew. "
                       "The rate's smoothing is chosen there per data set; here it is 1. The crops are SRe2L's."),
        rded,
        rded.with_(name="rded-mosaic", title="RDED students, mosaics", augment="tiles:side=2",
                   about="Tiles of the mosaics are shuffled, cropped and mixed."),
        gvbsm,
        gvbsm.with_(name="gvbsm-cifar100", title="G-VBSM students, CIFAR-100", batch=64, optimizer="sgd", lr=0.1,
                    source="G-VBSM (2311.17950), released CIFAR-100 script; weight decay 0.01 and cosine are ours."),
        gvbsm.with_(name="gvbsm-tiny", title="G-VBSM students, Tiny-ImageNet", epochs=100, batch=200, parts=2,
                    optimizer="sgd", lr=0.1, weight_decay=5e-4, hard_weight=0.1,
                    source="G-VBSM (2311.17950), released Tiny-ImageNet script: batches of 100, two for an update."),
        gvbsm.with_(name="gvbsm-imagenet", title="G-VBSM students, ImageNet", epochs=300, batch=1024, hard_weight=0.1,
                    source="G-VBSM (2311.17950), released ImageNet-1K script."),
        edc,
        edc100,
        edc100.with_(name="edc-tiny", title="EDC students, Tiny-ImageNet", batch=100, schedule="half-cosine",
                     source="EDC (2404.13733), released Tiny-ImageNet script (1,000 epochs)."),
        edc.with_(name="edc-imagenet", title="EDC students, ImageNet", epochs=300, batch=100, schedule="half-cosine",
                  pixels="none", augment="tiles:side=2", source="EDC (2404.13733), released ImageNet-1K script."),
        dc,
        dsa,
        dsa.with_(name="dm", title="DM students"),
        dsa.with_(name="mtt", title="MTT students", learned_lr=True,
                  about="As DSA, starting at the learning rate that was learned with the images.",
                  source="MTT (2203.11932), released code: 1000 epochs; its loop runs one epoch more."),
        glad,
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
