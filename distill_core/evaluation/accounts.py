"""What a score costs: bytes that are kept, whose data the labels come from, updates, seconds, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..measures.budget import Ledger, network_bytes, on_the_fly
from ..pieces.ensemble import trained_on
from ..results import Bytes
from .kept import Sat
from .protocols import Protocol
from .sitting import Sitting
from .stored import LabelStore, label_bytes

if TYPE_CHECKING:
    from .exam import Exam


def ledger_of(exam: Exam, sitting: Sitting, last: Sat) -> Ledger:
    """Of one student of a subject, after `last`."""
    p, classes = sitting.protocol, len(exam.real.classes)
    distilled, taught = sitting.subject == "distilled", p.labels == "teacher"
    n = len(exam.lesson) if exam.source.steady else last["seen"]  # no image comes twice then
    stored = exam.stored.bytes if distilled else Bytes(images=n * exam.lesson.images[0].numel())
    return Ledger(
        images=n,
        image_bytes=stored.images,
        label_bytes=kept_of_labels(exam, p, distilled, n),
        label_bytes_on_the_fly=on_the_fly(last["seen"], classes, mixed=p.mix != "none") if taught else 0,
        teacher_bytes=network_bytes(exam.teacher) if taught and exam.teacher is not None else 0,
        generator_bytes=stored.generators,
        student_steps=last["steps"],
        seconds=sitting.seconds,
        real_images_seen=0 if distilled else last["seen"],
        teacher_images=taught_by(exam, p),
        distill_seconds=None if distilled else 0.0,
        **sitting.peaks,
    )


def taught_by(exam: Exam, protocol: Protocol) -> int | None:
    """Real images that the networks were trained on which had a hand in the labels; None where nobody knows."""
    if protocol.labels in ("static", "stored") and exam.teacher is None:
        return None  # the set brought them
    networks = [exam.teacher] if protocol.labels != "hard" else []
    if protocol.dense_weight:
        if exam.labeler is None:
            return None
        networks.append(exam.labeler)
    each = [trained_on(one) for one in networks]
    return None if None in each else max((one for one in each if one is not None), default=0)


def kept_of_labels(exam: Exam, p: Protocol, distilled: bool, images: int) -> int:
    """What is kept of labels: of those in a file what it holds, else what was reckoned; and dense ones."""
    views, dense = exam.lesson.views, exam.lesson.dense
    beside = dense.bytes if p.dense_weight and dense is not None else 0
    if p.labels == "stored" and distilled and isinstance(views, LabelStore):
        return views.said.bytes + beside
    return label_bytes(p, images, len(exam.real.classes), p.epochs, exam.lesson.stages) + beside
