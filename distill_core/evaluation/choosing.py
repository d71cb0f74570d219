"""Under which protocol students of a set are trained, and what they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from ..datasets import RealSet
from ..job import Job
from ..networks import resolve
from ..results import Result, Teaches
from .control import labelled
from .dense import with_dense
from .protocols import Protocol, find


def chosen_protocol(job: Job, own: str, dial: Mapping[str, object] | None = None, copies: int = 1) -> Protocol:
    """The job's protocol, or the method's `own` where the job says `auto`, with the job's number of epochs and the labels that the
    set's `dial` says.

    Args:
        copies: images that come of one natural image; some protocols share the epochs among them.
    """
    protocol = find(own if job.protocol == "auto" else job.protocol)
    shared = protocol.epochs_shared and copies > 1
    epochs = job.epochs or (max(1, protocol.epochs // copies) if shared else 0)
    return protocol.with_(**({"epochs": epochs} if epochs else {}), **(dial or {}))


def protocol_of(job: Job, result: Result, dial: Mapping[str, object] | None = None) -> Protocol:
    """The protocol under which students of this result are trained, with the loss on sub-images that belongs to it; `dial` instead of
    the result's own."""
    copies = int(str(result.about.get("copies", 1)))
    return with_dense(chosen_protocol(job, result.protocol, result.dial if dial is None else dial, copies), result)


def student_of(job: Job, protocol: Protocol, real: RealSet) -> str:
    """The network that is trained: the job's, or the protocol's where the job says `auto`."""
    wanted = protocol.student if job.student == "auto" else job.student
    return resolve(wanted, channels=real.channels, size=real.size)


def as_taught(result: Result, protocol: Protocol, real: RealSet, teacher: nn.Module | None) -> Teaches:
    """The result; where the protocol needs static labels that it does not bring, with those of the teacher at hand."""
    if protocol.labels == "static" and result.soft_labels is None and teacher is not None:
        return labelled(result, teacher, real)
    return result
