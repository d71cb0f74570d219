"""A protocol: how a student is trained, as plain values with their source."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import BadSetting
from ..spec import parse
from .dial import StoredLabels

Schedule = Literal["constant", "cosine", "half-cosine", "smoothed", "step", "late-steps"]
LATER = (
    "stored",
    "hard_from",
    "hard_until",
    "refine",
    "smoothing",
    "dense_weight",
    "dense_views",
    "lr_grid",
    "choice",
    "look_every",
)  # than the first findings
OF_OPTIMIZER = ("lr", "weight_decay")  # what means something else under another optimizer


class Protocol(BaseModel):
    """How students are trained on a set of images."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    title: str
    about: str = Field("", description="What it is good for, in one or two sentences.")
    source: str = Field(description="Whose values these are, and where they were read.")
    student: str = Field(
        "auto", description="The network; `auto` and `auto:norm=instance` are chosen for the image size."
    )
    epochs: int = Field(300, ge=1)
    batch: int = Field(128, ge=1)
    optimizer: Literal["sgd", "adamw"] = "sgd"
    lr: float = Field(0.01, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)
    decay: Literal["all", "matrices"] = Field(
        "all", description="Which parameters decay; `matrices` spares norms and biases."
    )
    schedule: Schedule = "constant"
    schedule_of: dict[str, Schedule] = Field({}, description="Other schedules for some students or sizes.")
    warmup: int = Field(0, ge=0, description="Epochs of linear warm-up.")
    warmup_share: float = Field(0.0, ge=0, lt=1, description="Instead: this share of all epochs, rounded down.")
    warmup_from: float = Field(0.01, gt=0, le=1, description="Where the warm-up begins, of the learning rate.")
    lr_of: dict[str, float] = Field(
        {},
        description="Other learning rates for some students or sizes: of an architecture (`resnet50`), of so many images per "
        "class (`@10`), of both (`resnet50@10`).",
    )
    batch_of: dict[str, int] = Field({}, description="Other batches for some students or sizes.")
    batch_rule: Literal["fixed", "rded"] = Field(
        "fixed",
        description="`rded`: 10, 50 or 100 for up to 1, up to 10 or more images per class, twice that from 100 classes on.",
    )
    parts: int = Field(
        1,
        ge=1,
        description="A batch, mixed as one, passes in so many parts with statistics of their own, for one update.",
    )
    pixels: Literal["none", "randaugment"] = Field("none", description="What is done to pixels before all else.")
    augment: str = Field(
        "none",
        description="`none`, `crop_flip:pad=4`, `resized_crop_flip:low=0.08`, `tiles:side=2`, `dsa`, `one_of:rotate=45`.",
    )
    mix: Literal["none", "mixup", "cutmix"] = "none"
    mix_alpha: float = Field(0.8, gt=0)
    labels: Literal["hard", "static", "teacher", "stored"] = "hard"
    labels_mixed: Literal["logits", "probabilities"] = Field(
        "logits", description="How static labels are mixed: before the softmax, or behind it at the temperature."
    )
    stored: StoredLabels = Field(
        StoredLabels(), description="Which views of each image have labels, where they are stored."
    )
    hard_from: float = Field(
        1.0, ge=0, le=1, description="Soft labels give way to the classes after this share of the epochs,"
    )
    hard_until: float = Field(
        1.0, ge=0, le=1, description="and come back after this one; the views are drawn anew between."
    )
    loss: Literal["kl", "mse", "cosine"] = Field(
        "kl",
        description="Soft labels: divergence at a temperature, squared error of logits, or one minus their cosine.",
    )
    refine: float = Field(
        0.0, ge=0, description="`cosine`: weight of the smoothed class beside the soft label, both of length 1."
    )
    smoothing: float = Field(0.1, ge=0, lt=1, description="`cosine`: how much of that class goes to the others.")
    hard_weight: float = Field(0.0, ge=0, description="Weight of cross-entropy with the classes beside `mse`.")
    hard_classes: Literal["mixed", "own"] = Field(
        "mixed", description="Those classes: of both images that were mixed, by their shares; or of the first alone."
    )
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

    dense_weight: float = Field(
        0.0,
        ge=0,
        description="Weight of the loss on sub-images with dense labels, beside that of the whole images (LADD).",
    )
    dense_views: int = Field(
        1, ge=1, description="Sub-images that are drawn of each image at an update, for that loss."
    )

    epochs_shared: bool = Field(
        False,
        description="Divide the epochs by how many images of the set come of one natural image, where it says so.",
    )
    learned_lr: bool = Field(
        False, description="Take the learning rate that was learned with the set, where it has one."
    )
    lr_grid: tuple[float, ...] = Field(
        (), description="Learning rates that are tried, a student each; `choice` says what decides. () is `lr` alone."
    )
    choice: Literal["validation", "test"] = Field(
        "validation",
        description="A grid's rate is the one best on validation images after the last epoch; `test` takes rate and epoch with the best "
        "accuracy on the test part, as some released codes do, and its numbers are too good.",
    )
    look_every: int = Field(
        0,
        ge=0,
        description="Epochs between looks at the test part; 0 looks as often as is cheap, for the record alone.",
    )

    def asked(self) -> dict[str, object]:
        """What a finding is known by: every value, without words and without later fields that change nothing here."""
        later = {name for name in LATER if getattr(self, name) == type(self).model_fields[name].default}
        return self.model_dump(mode="json", exclude={"title", "about", "source", *later})

    def labels_in(self, epoch: int, epochs: int) -> str:
        """The kind of labels in an epoch (0 … epochs − 1)."""
        return "hard" if self.hard_from <= epoch / epochs < self.hard_until else self.labels

    @property
    def labels_said(self) -> str:
        """The kind of labels in words: `hard`, `stored (4 epochs, top 10)`, `refined static`, each with `+ dense` where sub-images have
        labels of their own."""
        more = [self.stored.words(self.epochs)] if self.labels == "stored" else []
        if self.labels != "hard" and self.hard_from < min(1.0, self.hard_until):
            more.append(f"hard from {100 * self.hard_from:.3g} to {100 * self.hard_until:.3g} % of the epochs")
        said = f"{self.labels} ({'; '.join(more)})" if more else self.labels
        said = f"{said} + dense" if self.dense_weight else said
        return f"refined {said}" if self.loss == "cosine" and self.labels != "hard" else said

    def settled(self, student: str, images: int, classes: int) -> Protocol:
        """As this student is trained on so many images: what depends on either is a plain value.

        Args:
            student: a network with its options.
        """
        name, per_class = parse(student).name, images / classes
        usual = self._by_rule(per_class, classes) if self.batch_rule == "rded" else self.batch
        keys = (f"{name}@{per_class:g}", name, f"@{per_class:g}")
        found = {
            "lr": next((self.lr_of[key] for key in keys if key in self.lr_of), self.lr),
            "batch": next((self.batch_of[key] for key in keys if key in self.batch_of), usual),
            "schedule": next((self.schedule_of[key] for key in keys if key in self.schedule_of), self.schedule),
        }
        if all(getattr(self, field) == value for field, value in found.items()):
            return self
        return self.with_(**found, lr_of={}, batch_of={}, schedule_of={}, batch_rule="fixed")

    @staticmethod
    def _by_rule(per_class: float, classes: int) -> int:
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

    def with_(self, **changes: object) -> Protocol:
        """A copy with these values changed.

        Raises `BadSetting` where it would take over learning rate, weight decay or momentum from another optimizer's.
        """
        optimizer = changes.get("optimizer", self.optimizer)
        if optimizer != self.optimizer:
            of_it = (*OF_OPTIMIZER, *(["momentum"] if optimizer == "sgd" else []), *(["lr_of"] if self.lr_of else []))
            if missing := [field for field in of_it if field not in changes]:
                raise BadSetting(
                    f"{self.name} is trained with {self.optimizer}; with optimizer={optimizer!r} its {', '.join(missing)} would "
                    f"mean something else. Give {' and '.join(missing)} as well."
                )
        return self.model_validate({**self.model_dump(), **changes})
