"""The finished run that a study is about."""

from __future__ import annotations

from torch import nn

from ..datasets import load
from ..evaluation import transfer as transferring
from ..home import studio_home
from ..job import Job
from ..method import Stream
from ..parts.given import finished, same_classes
from ..priors.decoding import DECODERS
from ..record.folder import RunFolder
from ..results import load_result
from ..run import labeler


def source_of(run: str, job: Job) -> Stream[transferring.Source]:
    """A finished run's set with its data and the teacher that labels; `BadRecord` where it cannot be examined."""
    folder = finished(run)
    result, made = load_result(folder.path / "set.safetensors", DECODERS), folder.request()["job"]
    real = load(str(made.get("data") or ""))
    same_classes(run, result, real)
    asked = job.model_copy(update={"teacher": made.get("teacher", "auto")})
    teacher = yield from labeler(result, asked, real)
    return transferring.Source(run, result, real, teacher, int(made.get("seed", 0)))


def labeler_of(source: transferring.Source, job: Job) -> Stream[nn.Module | None]:
    """The teacher of a set that has none of its own, for labels that need one: the run's network, trained on its data."""
    made = RunFolder.find(studio_home(), source.run).request()["job"]
    asked = job.model_copy(update={"teacher": made.get("teacher", "auto")})
    return (yield from labeler(source.result.with_(dial={"labels": "teacher"}), asked, source.real))
