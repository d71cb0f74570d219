"""Labels that need no store: class names, one answer of the teacher for each image, or its answer on every view made anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from torch import Generator, Tensor

from ..errors import BadSetting
from ..evaluation.choosing import chosen_protocol, student_of
from ..evaluation.control import teacher_labels
from ..evaluation.protocol import Protocol
from ..evaluation.protocols import find
from ..evaluation.stored import label_bytes
from ..events import Note
from ..fields import Plain
from ..job import Job
from ..method import Stream
from ..part import Part, again, knob
from ..pieces.ensemble import find_teachers
from ..pieces.ground import Ground
from ..results import Pictures, Result

R = TypeVar("R", bound=Result)
About = Mapping[str, str | int | float]
Dial = dict[str, object]  # what is different in a protocol's labels


class HardLabels(Part):
    """The class of each image, and nothing else."""

    kind: Literal["hard"] = "hard"
    protocol: str = knob(
        "hard",
        "Students",
        "The named protocol by which students are trained where the job says auto; auto here is the objective's own.",
        auto="auto",
        advanced=True,
        source="the papers' released code",
    )

    def left(self, job: Job, whole: Part) -> dict[str, Plain]:
        objective = whole.parts().get("objective")
        return {"protocol": getattr(objective, "students", "hard")}

    def why_not(self, job: Job) -> str | None:
        try:
            self._asked(job)
        except BadSetting as error:
            return str(error)
        return None

    def dial(self) -> Dial:
        """What is different in the labels of the protocol under which students of this set are trained; {}: nothing is."""
        return {}

    def asked(self) -> Dial:
        """The same where a finished set is to be scored under these labels: there the protocol's own give way."""
        return {"labels": self.kind}

    def _asked(self, job: Job) -> Protocol | None:
        """The protocol under which students of this job are trained; None where the objective's own is not known yet."""
        own = find(self.protocol).name if self.protocol != "auto" else ""
        return chosen_protocol(job, own, self.dial()) if own or job.protocol != "auto" else None

    def price(self, ground: Ground, own: str, stages: tuple[int, ...], images: int = 0) -> int:
        """Bytes of labels that will be kept for so many images (0: as many as the job asks for), where they are stored; else 0."""
        protocol = chosen_protocol(ground.job, own, self.dial())
        if protocol.labels != "stored":
            return 0
        real, classes = ground.real, ground.classes
        student = student_of(ground.job, protocol, real)
        images = images or len(ground.labels)
        settled = protocol.settled(student, images, classes)
        return label_bytes(settled, images, classes, settled.epochs, stages)

    def dressed(self, ground: Ground, result: Pictures) -> Pictures:
        """A set that was chosen and not made, with these labels."""
        protocol = result.protocol if self.protocol == "auto" else self.protocol
        kept = self.price(ground, protocol, result.stages)
        return result.with_(protocol=protocol, dial=self.dial(), stored_bytes=kept)

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
        made = given.with_(soft_labels=soft, protocol=protocol, teacher=teacher)
        return made.with_(dial=self.dial(), stored_bytes=self.price(ground, protocol, given.stages, len(images)))

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
