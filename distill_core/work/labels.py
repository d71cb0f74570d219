"""A finished set's labels as files: their price, a store or a folder of the released layout made of them, and one read back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..errors import BadSetting
from ..evaluation.choosing import as_taught, protocol_of, student_of
from ..evaluation.prices import price_of
from ..evaluation.stored import LabelStore, fingerprint_of, stored_views
from ..evaluation.stored.released import Reading, read_released
from ..evaluation.stored.released_out import write_released
from ..evaluation.students import check, lesson_at
from ..measures.budget import network_bytes
from ..method import Stream
from ..networks import build, resolve
from ..parts.labels import labels_of
from ..pieces.device import device_of
from ..pieces.ensemble import find_teachers
from ..results import Result
from ..run import job_of, labeler

LADDER = ("hard", "static", "stored:stored=1", "stored:stored=2", "stored:stored=4", "stored:stored=0", "teacher")


def prices(result: Result, kinds: Sequence[str], **values: object) -> list[dict[str, object]]:
    """One line for every kind of labels, with what it costs; nothing is made."""
    job, real = job_of(result, **values)
    device = device_of(job.device)
    if result.teacher:
        teacher = network_bytes(find_teachers(result.teacher, real, device))
    else:
        spec = resolve(job.teacher, channels=real.channels, size=real.size)
        teacher = network_bytes(build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=0))
    found = [(kind, price_of(result, labels_of(kind).asked(), job, real, teacher)) for kind in kinds]
    return [{"kind": kind, **asdict(price)} for kind, price in found]


def made(result: Result, labels: str, **values: object) -> Stream[LabelStore]:
    """The stored labels of a set: from the cache, or made by its teacher."""
    job, real = job_of(result, **values)
    dialled = result.with_(dial=labels_of(labels).asked())
    protocol = protocol_of(job, dialled)
    if protocol.labels != "stored":
        raise BadSetting(f"labels={labels!r} keeps no views. Choose stored, pruned or soft_hard_soft.")
    teacher = yield from labeler(dialled, job, real)
    source = as_taught(dialled, protocol, real, teacher)
    lesson = lesson_at(source, job.seed, 0)
    check(lesson, protocol, real, teacher, source.steady)
    assert teacher is not None, "check() asks for a teacher"
    settled = protocol.settled(student_of(job, protocol, real), len(lesson), len(real.classes))
    return (yield from stored_views(lesson, settled, real, teacher, settled.epochs, device_of(job.device)))


def write(store: LabelStore, to: Path, *, released: bool, by_class: bool = True) -> list[str]:
    """Copy a store, or write it as a folder of the released layout; what gets lost comes back as sentences."""
    if released:
        return write_released(store, to, by_class=by_class)
    if to.exists():
        raise BadSetting(f"{str(to)!r} is there already. Name a file that is new.")
    shutil.copyfile(store.path, to)
    return []


def read(
    folder: Path, result: Result, to: Path, *, seed: int | None, by_class: bool, temperature: float, augment: str
) -> LabelStore:
    """Read a folder of the released layout, which is said to belong to this set, into a store."""
    if not result.steady:
        raise BadSetting("The set draws its images anew in every epoch: no stored label belongs to them.")
    lesson = lesson_at(result, 0, 0)
    about = len(lesson), len(result.classes), result.shape[-1], fingerprint_of(lesson)
    asked = Reading(*about, seed=seed, by_class=by_class, temperature=temperature, augment=augment)
    return read_released(folder, asked, to)
