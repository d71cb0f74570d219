"""The passport of a score, from what was resolved for it: never from what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import nn

from ..datasets import RealSet
from ..networks import norm_of
from ..pieces.ensemble import Ensemble, names_of
from ..record.passport import BEST, LAST, Passport
from ..results import Lesson, Result
from .protocol import Protocol
from .timetable import timetable

if TYPE_CHECKING:
    from .exam import Exam
    from .sitting import Sitting


def passport_of(exam: Exam, sitting: Sitting) -> Passport:
    """Of one subject under one protocol, as far as its students have come."""
    own = sitting.subject == "distilled" and exam.given and brings(sitting.protocol, exam.stored, exam.teacher)
    return written(sitting.protocol, exam.real, exam.lesson, exam.student, exam.teacher, own, sitting.rates)


def brings(p: Protocol, result: Result, teacher: nn.Module | None) -> bool:
    """Whether a set that has soft labels is taught with these: a teacher of another name would make them anew."""
    return p.labels in ("static", "stored") and (teacher is None or names_of(teacher) != result.teacher)


def written(
    p: Protocol,
    real: RealSet,
    lesson: Lesson,
    student: str,
    labeler: nn.Module | None,
    own: bool,
    rates: Sequence[float] = (),
) -> Passport:
    """The lines of one protocol. `own`: the set brings its labels; `rates` were found in a grid so far."""
    soft = p.labels != "hard"
    teacher = labeler if soft and not own else None
    return Passport(
        data=real.name,
        fingerprint=real.fingerprint[:16],
        images=f"{len(lesson):,}",
        student=student,
        norm=norm_of(student),
        labels=p.labels_said,
        teacher=("the set brings them" if own else spelled(teacher)) if soft else "none",
        teacher_accuracy=accuracy_of(teacher),
        steps=f"{len(timetable(lesson, p, p.epochs).rows()):,}",
        epochs=str(p.epochs),
        batch=str(p.batch),
        optimizer=optimizer_said(p),
        rate=rate_said(p, rates),
        rate_choice=(f"{p.choice} accuracy" if p.lr_grid else "given"),
        temperature=f"{p.temperature:g}{', times its square' if p.temperature_squared else ''}" if soft else "none",
        mixing=mixing_said(p),
        augmentation=augmentation_said(p),
        epoch=BEST if p.choice == "test" else LAST,
        protocol=p.name,
    )


def spelled(teacher: nn.Module | None) -> str:
    """`convnet:width=64`, several joined by `+`; a network of the user's own has its class's name."""
    if teacher is None:
        return ""
    if isinstance(teacher, Ensemble):
        return " + ".join(spelled(one) for one in teacher.networks)
    return str(getattr(teacher, "spec", "") or type(teacher).__name__)


def accuracy_of(teacher: nn.Module | None) -> str:
    """`97.2 %` of the real test part, as its file says; of several each; "" where nobody measured it."""
    if isinstance(teacher, Ensemble):
        each = [accuracy_of(one) for one in teacher.networks]
        return " + ".join(one or "?" for one in each) if any(each) else ""
    measured = getattr(teacher, "accuracy", None)
    return "" if measured is None else f"{100 * measured:.1f} %"


def optimizer_said(p: Protocol) -> str:
    """`adamw, weight decay 0.01 on matrices`; of averaged weights the decay."""
    moving = f", momentum {p.momentum:g}" if p.optimizer == "sgd" else ""
    spared = " on matrices" if p.decay == "matrices" and p.weight_decay else ""
    average = f", weights averaged with {p.average:g} every {p.average_each}" if p.average else ""
    return f"{p.optimizer}{moving}, weight decay {p.weight_decay:g}{spared}{average}"


def rate_said(p: Protocol, found: Sequence[float]) -> str:
    """`0.001, cosine`; of a grid what it came to so far: `0.01, 0.05 of 0.001 … 0.1, step`."""
    warm = f", warm-up {p.warmup or f'{100 * p.warmup_share:g} %'}" if p.warmup or p.warmup_share else ""
    if not p.lr_grid:
        return f"{p.lr:g}, {p.schedule}{warm}"
    came = ", ".join(f"{one:g}" for one in dict.fromkeys(found)) or "one"
    return f"{came} of {min(p.lr_grid):g} … {max(p.lr_grid):g}, {p.schedule}{warm}"


def mixing_said(p: Protocol) -> str:
    """`cutmix 1`, or `no mixing`."""
    return "no mixing" if p.mix == "none" else f"{p.mix} {p.mix_alpha:g}"


def augmentation_said(p: Protocol) -> str:
    """`crop_flip`, or `no augmentation`."""
    done = [one for one in (p.pixels, p.augment) if one != "none"]
    return " + ".join(done) or "no augmentation"
