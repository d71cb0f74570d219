"""One run from end to end: a method, then what its set is worth. This is what a worker drives and a notebook iterates."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from torch import nn

from .datasets import RealSet, load, shape_of
from .errors import BadSetting, MissingWeights
from .evaluation import protocol_of, score
from .evaluation.choosing import chosen_protocol
from .evaluation.control import draws_of
from .evaluation.protocols import find
from .evaluation.stored import LabelStore
from .events import Event, Scalars, Scored
from .fields import Values
from .job import Job, ask
from .measures.memory import CUDA, RESIDENT, Meter
from .method import Method, Stream, stage
from .methods import method_class
from .networks import check as takes
from .networks import norm_of, resolve
from .parts.labels import HardLabels, labels_of, relabelled
from .parts.objectives import Objective
from .pieces.device import device_of
from .pieces.ensemble import find_teachers
from .pieces.ground import noted
from .pieces.library import missing
from .pieces.match import matching_network
from .pieces.start import check_ipc
from .pieces.teach import SqueezeRecipe, squeeze
from .results import Result
from .spec import parse

PEAKS = {RESIDENT: "distill-peak", CUDA: "distill-peak@cuda"}  # what was measured → its quantity


def check(method: Method, job: Job) -> None:
    """Refuse what cannot work before anything is computed; `BadSetting` or `BadData` with a sentence."""
    device_of(job.device)
    real = load(job.data)
    check_ipc(job, real)
    if parse(job.student).weights:
        raise BadSetting(
            f"student={job.student!r} cannot work: students start from random weights. Leave out what follows @."
        )
    for network in (job.teacher, job.student):
        resolve(network, channels=real.channels, size=real.size)
    if sentence := missing(job.teacher):
        raise MissingWeights(sentence)
    if job.protocol != "auto":
        find(job.protocol)
    if reason := method.why_not(job):
        raise BadSetting(reason)
    check_networks(job, real.channels, real.size)
    method.moved({move.name: move.value for move in job.moves})


def check_networks(job: Job, channels: int, size: int) -> None:
    """Refuse networks that cannot take such images, such as one with more poolings than they have room for."""
    for network in (job.teacher, job.student):
        takes(network, channels=channels, size=size)


def in_force(method: Method, job: Job) -> Values:
    """What settings that are left to the method (0, −1, auto or empty) stand for in this job: its own by path, the job's by name.

    What is only known from the images or from the result has no entry.
    """
    shape, labels = shape_of(job.data), method.parts().get("labels")
    found: Values = {"device": str(device_of(job.device))}
    if isinstance(labels, HardLabels):
        own = str(labels.left(job, method)["protocol"]) if labels.protocol == "auto" else labels.protocol
        protocol = chosen_protocol(job, own, labels.dial())
        student = protocol.student if job.student == "auto" else job.student
        found |= {"protocol": protocol.name, "draws": draws_of(job, protocol)}
        found |= {} if protocol.epochs_shared else {"epochs": protocol.epochs}
        found |= {"student": resolve(student, channels=shape[0], size=shape[1])} if shape else {}
    if shape:
        matches = isinstance(method.parts().get("objective"), Objective)
        teacher = matching_network(job, shape[1]) if matches else job.teacher
        found["teacher"] = resolve(teacher, channels=shape[0], size=shape[1])
    usual = Job().model_dump()
    return {name: one for name, one in found.items() if getattr(job, name) == usual[name]} | method.in_force(job)


def whole(method: Method, job: Job) -> Stream[Result]:
    """Distill, then train students on the set and on as many random real images (unless `job.students` is 0)."""
    meter = Meter(device_of(job.device))
    check(method, job)
    meter.start()
    yield from noted(load(job.data))
    result = yield from method.distill(job)
    if peak := meter.peak():
        yield Scalars(0, {PEAKS[name]: float(value) for name, value in peak.items()})
    real = load(job.data)
    made = {"method": method.card.name, "settings": method.plain(), "job": job.model_dump(mode="json")}
    result = result.with_(about={**result.about, **made, "data": real.name, "fingerprint": real.fingerprint})
    if job.students:
        teacher = yield from labeler(result, job, real)
        yield from score(result, job, real, teacher=teacher, meter=meter)
    return result


def labeler(result: Result, job: Job, real: RealSet) -> Stream[nn.Module | None]:
    """The teacher that labels for the students: the set's own, else one that is squeezed now where the protocol wants one."""
    protocol = protocol_of(job, result)
    device = device_of(job.device)
    if result.teacher:
        return find_teachers(result.teacher, real, device)
    if protocol.labels == "hard":
        return None
    spec = "auto" if norm_of(job.teacher) == "instance" else job.teacher
    teacher = yield from stage("squeeze", squeeze(real, spec, SqueezeRecipe(), device))
    return teacher.network


def distill(method: str, **values: object) -> Generator[Event, None, Result]:
    """Run a method here and now: `for event in distill("dwa", data="digits", ipc=1, seed=0, rho=0.015)`.

    Keywords are fields of the `Job` or of the method: short where only one field has the name, else by path with two
    underscores for a dot (`space__lr_img=0.1`). The generator returns a `Result`. Nothing is written to a
    run folder; expensive ingredients are cached in the studio's home.

    Raises:
        BadSetting: at the call, with a sentence, for a wrong method, setting or job.
    """
    kind = method_class(method)
    job = ask(**{k: v for k, v in values.items() if k in Job.model_fields})
    own = {name.replace("__", "."): value for name, value in values.items() if name not in Job.model_fields}
    settings = kind.build(own)
    check(settings, job)
    return whole(settings, job)


def evaluate(
    result: Result, labels: str = "", store: Path | None = None, **values: object
) -> Generator[Event, None, list[Scored]]:
    """Train students on a set: `for event in evaluate(load_result(path), data="digits", protocol="hard", students=3)`.

    Keywords are fields of the `Job`; data and images per class are taken from the set where they are not given.

    Args:
        labels: a kind of labels with its options, such as `stored:stored=4,top=10`, for the set and its control alike; "" is the
            set's own.
        store: a label store of this very set, instead of labels that the teacher makes.
    """
    if store is not None and not labels:
        labels = "stored:stored=0"
    result = relabelled(result, labels_of(labels)) if labels else result
    views = LabelStore.open(store) if store is not None else None
    job, real = job_of(result, **values)
    return _evaluate(result, job, real, views)


def job_of(result: Result, **values: object) -> tuple[Job, RealSet]:
    """What is asked of a finished set, and its real data; `BadSetting` where it does not belong to them."""
    counts = result.labels.bincount(minlength=len(result.classes))
    made = dict(result.about.get("job", {}))
    if not (data := values.get("data") or made.get("data")):
        raise BadSetting("The set does not say which data set it was made from. Name it: --data NAME, or data=NAME.")
    job = ask(**{"data": data, "ipc": max(1, int(counts.max())), "seed": made.get("seed", 0), **values})
    real = load(job.data)
    if tuple(real.classes) != tuple(result.classes):
        raise BadSetting(
            f"The set has the classes {list(result.classes)}, but {real.name} has {list(real.classes)}. Name the data set it was made from."
        )
    if result.shape != (real.channels, real.size, real.size):
        shape = "×".join(map(str, result.shape))
        raise BadSetting(
            f"The set holds images of {shape}, but {real.name} has {real.channels}×{real.size}×{real.size}. Name the data set it was made from."
        )
    return job, real


def _evaluate(result: Result, job: Job, real: RealSet, views: LabelStore | None) -> Stream[list[Scored]]:
    teacher = yield from labeler(result, job, real)
    return (yield from score(result, job, real, teacher=teacher, views=views))
