"""A throw-away method: two loops with randomness, an optimizer, nested loops, and scores; takes milliseconds."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from distill_core.events import Images, Logits, Scalars, Scored
from distill_core.home import studio_home
from distill_core.job import Job
from distill_core.loop import saw, steps
from distill_core.method import Card, Method, Stream, stage
from distill_core.part import knob
from distill_core.queue import waiting
from distill_core.record.folder import RunFolder
from distill_core.results import Pictures


class Toy(Method):
    card = Card(name="toy", title="Toy", idea="Pulls noise towards a picture.", family="toy", paper="none")
    lr: float = knob(0.1, "Learning rate", "Of the images.", gt=0, le=10, live=True)
    count: int = knob(12, "Steps", "Of each loop.", ge=1, le=10_000)
    pause: float = knob(0.0, "Pause", "Seconds that a step takes.", ge=0, le=1)
    nan_at: int = knob(-1, "NaN at", "Fails there.", ge=-1, le=10_000)

    def distill(self, job: Job) -> Stream[Pictures]:
        generator = torch.Generator().manual_seed(job.seed)
        images = torch.rand(4, 1, 8, 8, generator=generator)
        yield from stage("first", self.loop("first", images, generator), self.count)
        for part in range(2):
            yield from stage("second", self.loop("second", images, generator), self.count, part, 2)
        yield from stage("nested", self.nested(images), 3)
        about = {"sum": float(images.double().sum())}
        return Pictures(images.clamp(0, 1), torch.tensor([0, 0, 1, 1]), ("a", "b"), (0.5,), (0.5,), about=about)

    def loop(self, name: str, images: torch.Tensor, generator: torch.Generator) -> Stream[None]:
        wanted = images.clone().requires_grad_()
        optimizer = torch.optim.Adam([wanted], lr=self.lr)
        state = {"wanted": wanted, "optimizer": optimizer, "generator": generator}
        for step in steps(name, self.count, state=state, live=True):
            optimizer.param_groups[0]["lr"] = step.now(self).lr
            noise = torch.rand(wanted.shape, generator=generator) + torch.rand(1)  # the global generator too
            loss = ((wanted - noise) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            saw(4)
            if self.pause:
                threading.Event().wait(self.pause)
            if step.index == self.nan_at:
                raise FloatingPointError("loss became NaN")
            if step.due:
                pixels = (wanted.detach().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
                yield Images(step.index, pixels, np.array([0, 0, 1, 1]), np.arange(4))
                yield Scalars(step.index, {"loss": loss.item(), "lr": step.now(self).lr})
        with torch.no_grad():
            images.copy_(wanted)

    def nested(self, images: torch.Tensor) -> Stream[None]:
        for outer in steps("outer", 3, state={"images": images}, live=True):
            for inner in steps("inner", 4, state={"images": images}):
                images.mul_(0.99).add_(0.001 * torch.rand(1) * (inner.index + 1))
            yield Scalars(outer.index, {"mean": images.mean().item()})


def whole(method: Method, job: Job) -> Stream[Pictures]:
    result = yield from method.distill(job)
    rows = np.random.default_rng(0).normal(size=(40, 2))
    yield Logits(0, rows, np.arange(40) % 2, np.arange(40), source="real")
    for step in range(3):
        yield Logits(step, rows[:4] + step, np.array([0, 0, 1, 1]), np.arange(4))
    yield Scored("distilled", "convnet", "hard", (0.5, 0.7))
    yield Scored("random", "convnet", "hard", (0.25,))
    return result


METHODS = {"toy": Toy}


def new_run(home: Path, settings: dict[str, Any] | None = None, **job: Any) -> RunFolder:
    """A queued run of the toy."""
    run = RunFolder.create(studio_home(home), "toy", settings or {}, {"data": "digits", **job})
    waiting.join(home, run)
    return run


def until(condition: Any, seconds: float = 60.0) -> Any:
    """Wait until `condition()` is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"still not after {seconds} s"
        threading.Event().wait(0.01)
    return found
