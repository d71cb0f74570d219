"""The smallest job that every method can do, and small settings for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import distill_core
from distill_core.events import Event
from distill_core.fields import Plain, candidates, complete, named
from distill_core.job import Job
from distill_core.loop import Step
from distill_core.method import Method
from distill_core.part import fields_of
from distill_core.results import Pictures

JOB = {"data": "digits:size=8", "ipc": 2, "seed": 3, "students": 0, "device": "cpu"}
NETWORK = "convnet:depth=1,norm=batch,width=8"
TINY: dict[str, Plain] = {
    "iterations": 4,
    "squeeze.epochs": 1,
    "dynamics.epochs": 3,
    "dynamics.networks": 1,
    "early": 2,
    "batch_real": 4,
    "ascent_steps": 3,
    "pool": 6,
    "crops": 2,
}
TINY |= {"inner": 1, "inner_steps": 2, "experts": 2, "train_epochs": 3, "batch_expert": 400, "last_start": 1}
TINY |= {"prior": "style:width=4,steps=3,sharpen=3", "looks": 3, "stride": 2, "averaged": 8, "space.last": "pixels"}
TINY |= {"backbones": f"teacher+{NETWORK},pooling=max"}


def small(kind: type[Method], **more: Plain) -> Method:
    """The method with settings that take a moment, whatever parts are chosen; `more` by short names, or with _ for dots."""
    return kind.build(small_settings(kind, more))


def small_settings(kind: type[Method], more: Mapping[str, Plain]) -> dict[str, Plain]:
    """Every field that means something beside these settings, by path: what is given, else tiny, else its default."""
    fields = fields_of(kind)
    tiny = {path: value for name, value in TINY.items() for path in candidates(fields, name)}
    return complete(fields, {**tiny, **named(fields, more)}) | dict(named(fields, more))


def job(**more: Any) -> Job:
    return distill_core.Job(**{**JOB, "teacher": NETWORK, "student": NETWORK, **more})


def fitting(method: Method, **more: Any) -> Job:
    """The job with a teacher that this method can work with."""
    networks = (NETWORK, NETWORK.replace("norm=batch", "norm=instance"), NETWORK.replace("depth=1", "depth=2"))
    asked = [job(**{"teacher": network, **more}) for network in networks]
    return next(one for one in asked if method.why_not(one) is None)


def quiet_step(index: int = 0, *, due: bool = False) -> Step:
    """A step of no loop: nothing has been moved."""
    return Step(index, due, False, {})


def drain(stream: Any) -> tuple[list[Event], Pictures]:
    """All events of a stream and what it returns."""
    events = []
    while True:
        try:
            events.append(next(stream))
        except StopIteration as end:
            return events, end.value
