"""What a kind of labels costs a set, said before anything is made: bytes that are kept, a teacher that goes along, updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..datasets import RealSet
from ..job import Job
from ..measures.budget import CONTAINER, record_bytes
from ..results import Result
from .choosing import protocol_of, student_of
from .control import draws_of
from .protocol import Protocol
from .stored import kept_batches, label_bytes
from .timetable import Timetable


@dataclass(frozen=True)
class Price:
    """Of the students of one set under one kind of labels.

    Args:
        labels: the kind, in words.
        label_bytes: what is kept of labels; `teacher_bytes` what goes along to make them anew.
        released_bytes: what the released layout takes for the same views, with its containers; 0 where nothing is stored.
        draws: of random real images beside the set, each with labels of its own.
        steps: updates of one student.
    """

    labels: str
    protocol: str
    label_bytes: int
    teacher_bytes: int
    released_bytes: int
    draws: int
    steps: int

    @property
    def bytes(self) -> int:
        """What has to be kept beside the images."""
        return self.label_bytes + self.teacher_bytes


def price_of(result: Result, dial: Mapping[str, object], job: Job, real: RealSet, teacher_bytes: int) -> Price:
    """The price of a set's labels.

    Args:
        dial: what is different in the protocol's labels (`parts.labels`).
        teacher_bytes: of the network that would label.
    """
    protocol = protocol_of(job, result, dial)
    classes, images = len(real.classes), len(result)
    protocol = protocol.settled(student_of(job, protocol, real), images, classes)
    kept = label_bytes(protocol, images, classes, protocol.epochs, result.stages)
    rows = Timetable(images, protocol.epochs, protocol.batch, tuple(result.stages)).rows()
    live = teacher_bytes if protocol.labels == "teacher" else 0
    released = _released(protocol, result, classes) if protocol.labels == "stored" else 0
    return Price(protocol.labels_said, protocol.name, kept, live, released, draws_of(job, protocol), len(rows))


def _released(protocol: Protocol, result: Result, classes: int) -> int:
    """All logits of the same views in the released layout, a file for every batch."""
    rows = kept_batches(protocol, len(result), protocol.epochs, result.stages)
    records = sum(b - a for *_, a, b in rows)
    return records * record_bytes(classes, mixed=protocol.mix != "none") + len(rows) * CONTAINER
