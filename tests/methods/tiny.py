"""The smallest job that every method can do, and small settings for each."""

from __future__ import annotations

from typing import Any

import distill_core
from distill_core.events import Event
from distill_core.job import Job
from distill_core.method import Method
from distill_core.results import Pictures

JOB = {"data": "digits:size=8", "ipc": 2, "seed": 3, "students": 0, "device": "cpu"}
NETWORK = "convnet:depth=1,norm=batch,width=8"
SMALL = {"iterations": 4, "squeeze_epochs": 1, "batch_real": 4, "ascent_steps": 3, "pool": 6, "crops": 2}
SMALL |= {"inner": 1, "inner_steps": 2, "experts": 2, "train_epochs": 3, "batch_expert": 400, "last_start": 1}
SMALL |= {"prior": "style:width=4,steps=3,sharpen=3", "looks": 3, "stride": 2, "averaged": 8, "pixel_stage": True}
SMALL |= {"backbones": f"teacher+{NETWORK},pooling=max"}  # their last layers have the same name and shape


def small(kind: type[Method], **more: Any) -> Method:
    """The method with settings that take a moment, whatever fields it has."""
    return kind.build({**{k: v for k, v in SMALL.items() if k in kind.model_fields}, **more})


def job(**more: Any) -> Job:
    return distill_core.Job(**{**JOB, "teacher": NETWORK, "student": NETWORK, **more})


def fitting(method: Method, **more: Any) -> Job:
    """The job with a teacher that this method can work with."""
    networks = (NETWORK, NETWORK.replace("norm=batch", "norm=instance"))
    asked = [job(**{"teacher": network, **more}) for network in networks]
    return next(one for one in asked if method.why_not(one) is None)


def drain(stream: Any) -> tuple[list[Event], Pictures]:
    """All events of a stream and what it returns."""
    events = []
    while True:
        try:
            events.append(next(stream))
        except StopIteration as end:
            return events, end.value
