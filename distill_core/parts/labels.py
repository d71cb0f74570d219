"""The labels that students learn from: class names, one stored answer of the teacher for each image, or its answer on every view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from torch import Generator, Tensor

from ..errors import BadSetting
from ..evaluation.control import teacher_labels
from ..evaluation.protocols import find
from ..events import Note
from ..job import Job
from ..method import Stream
from ..part import Part, again, choice, knob
from ..pieces.ensemble import find_teachers
from ..pieces.ground import Ground
from ..results import Pictures, Result

R = TypeVar("R", bound=Result)
About = Mapping[str, str | int | float]


class HardLabels(Part):
    """The class of each image, and nothing else."""

    kind: Literal["hard"] = "hard"
    protocol: str = knob(
        "hard",
        "Students",
        "The named protocol by which students are trained where the job says auto; auto here is the objective's own.",
        advanced=True,
        source="the papers' released code",
    )

    def why_not(self, job: Job) -> str | None:
        if self.protocol == "auto":
            return None
        try:
            find(self.protocol)
        except BadSetting as error:
            return str(error)
        return None

    def result(
        self,
        ground: Ground,
        images: Tensor,
        about: About,
        *,
        teacher: str = "",
        own: str = "hard",
        stages: tuple[int, ...] = (),
    ) -> Stream[Pictures]:
        """The images (n, c, h, w) in [0, 1], slice-major, as they are stored, with their labels.

        Args:
            teacher: content keys of the networks that label, joined by +, where there are some.
            own: the objective's protocol.
            stages: sizes of the parts that students are taught in turn; () is all at once.
        """
        real = ground.real
        basic = (images, ground.labels, real.classes, real.mean, real.std)
        given = Pictures(*basic, stages=stages, about=dict(about))
        return (yield from self.labelled(ground, given, teacher=teacher, own=own))

    def labelled(self, ground: Ground, given: R, *, teacher: str = "", own: str = "hard") -> Stream[R]:
        """A result of any kind with its labels; the arguments are those of `result`."""
        real, images = ground.real, given.lesson(0, Generator().manual_seed(0)).images
        soft = self.soft(ground, images, teacher)
        said = ", ".join(f"{m:.4f} ± {s:.4f}" for m, s in zip(real.mean, real.std, strict=True))
        yield Note(f"Pixels are normalized with {said} (mean ± s.d. of each channel) in every stage.")
        protocol = own if self.protocol == "auto" else self.protocol
        return given.with_(soft_labels=soft, protocol=protocol, teacher=teacher)

    def soft(self, ground: Ground, images: Tensor, teacher: str) -> Tensor | None:
        """(n, classes) logits that are stored, or None."""
        return None


class StaticLabels(HardLabels):
    """One answer of the teacher for each image, stored with it: logits of the plain image."""

    kind: Literal["static"] = "static"  # type: ignore[assignment]
    protocol: str = again(HardLabels, "protocol", "static")

    def soft(self, ground: Ground, images: Tensor, teacher: str) -> Tensor | None:
        if not teacher:
            return None  # made for set and control alike when students are trained
        return teacher_labels(find_teachers(teacher, ground.real, ground.device), ground.real, images)


class LiveTeacher(HardLabels):
    """The teacher's answer on every augmented and mixed image, made anew at every update."""

    kind: Literal["teacher"] = "teacher"  # type: ignore[assignment]
    protocol: str = again(HardLabels, "protocol", "dwa")


AnyLabels = Annotated[
    LiveTeacher | StaticLabels | HardLabels,
    choice(
        "Labels",
        "Made by the teacher at every update of a student, made by it once for each image, or the class alone.",
        source="arXiv 2306.13092 and 2408.06927",
    ),
]
