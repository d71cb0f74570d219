"""Continual learning on a finished set: class after class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ..evaluation import continual as continually
from ..evaluation import transfer as transferring
from ..events import Note
from ..home import studio_home
from ..job import Job
from ..method import Card, Preset, Stream, drained
from ..part import knob
from ..record import findings
from .source import source_of
from .study import Findings, Study


class ContinualLearning(Study):
    """Classes arrive task after task; only their synthetic images are remembered."""

    card: ClassVar[Card] = Card(
        name="continual",
        title="Continual learning",
        idea="Show the classes task after task, keep only their synthetic images, and test a fresh student after each task.",
        family="evaluation",
        paper="the customary protocol of dataset distillation; DWA reports it on CIFAR-100 with five tasks",
        departures=("DWA does not state its backbone and class order: ours are fields, and several orders are averaged.",),
        presets=(
            Preset("Five tasks, five orders", {"tasks": 5, "orders": 5}, source="DWA's table: 5 tasks, 20 images per class "
                   "of CIFAR-100; the set's own images per class count here."),
        ),
    )  # fmt: skip
    run: str = knob("", "Run", "The finished run whose set is examined.")
    tasks: int = knob(5, "Tasks", "In how many parts the classes come.", ge=1, le=1000, source="DWA")
    orders: int = knob(
        5, "Class orders", "How many orders are drawn and averaged.", ge=1, le=100, source="ours: DWA does not say"
    )
    order: tuple[int, ...] = knob((), "Class order", "One order instead, every class once: 3,1,0,2.", advanced=True)

    def plan(self, job: Job) -> continually.Plan:
        return continually.Plan(self.tasks, self.orders, job.seed, self.order)

    def hold(self, job: Job) -> Stream[Findings]:
        source, memory = yield from self._memory(job)
        asked = {"tasks": self.tasks, "orders": self.orders, "order": list(self.order), "seed": job.seed}
        asked |= {"student": memory.student, "protocol": memory.protocol.asked(), "control": source.control}
        if findings.known(studio_home(), self.run, "continual", asked) is not None:
            yield Note("This was asked before; what was found is kept with the run.")
            return Findings()
        found = yield from continually.continual(memory, self.plan(job))
        said: dict[str, object] = {
            "student": memory.student,
            "protocol": memory.protocol.name,
            "labels": memory.protocol.labels_said,
        }
        said |= {"tasks": self.tasks, "epochs": memory.protocol.epochs, "classes": list(source.real.classes)}
        said |= {"passport": memory.passport().plain()}
        return Findings([(self.run, "continual", asked, {**said, **found})])

    def samples(self, job: Job) -> Iterable[tuple[Stream[object], int]]:
        memory = drained(self._memory(job))[1]
        orders = self.plan(job).drawn(len(memory.real.classes))
        updates = sum(memory.updates(seen) for order in orders for seen in self.plan(job).seen(order))
        yield memory.point("distilled", orders[0], 0), 2 * updates

    def _memory(self, job: Job) -> Stream[tuple[transferring.Source, continually.Memory]]:
        source = yield from source_of(self.run, job)
        self.plan(job).drawn(len(source.real.classes))
        return source, source.memory(job, job.student)
