"""Steps per second of each method, and what being watched costs, on digits at ipc 1: `python -m tests.benchmarks.engine`.

A whole run with one student is driven with all its reports and files, and without any; the two are run in turn, several
times, and the medians are compared.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from typing import Any

import torch


def driven(method: Any, job: Any, watched: bool, home: Any) -> tuple[float, float]:
    """Seconds of the whole run, and steps per second of the method's longest stage."""
    from distill_core import loop
    from distill_core.methods import registry
    from distill_core.record.folder import RunFolder
    from distill_core.run import whole
    from distill_core.work.sitting import drive_run

    spent: dict[str, float] = {}
    count: dict[str, int] = {}

    def timed(m: Any, j: Any) -> Any:
        stream, stage, since = whole(m, j), "", time.perf_counter()
        while True:
            try:
                event = next(stream)
            except StopIteration as end:
                spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - since
                return end.value
            if event.kind == "stage":
                spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - since
                stage, since = event.stage, time.perf_counter()
                count[stage] = count.get(stage, 0) + event.steps
            if watched:
                yield event

    if watched:
        folder = RunFolder.create(home, method.card.name, method.plain(), job.model_dump(mode="json"))
        state = drive_run(folder, timed, registry())
        assert state["state"] == "finished", state
    else:
        quiet = loop.Cadence.due
        loop.Cadence.due = lambda self, index: index == self.total - 1  # type: ignore[method-assign]
        try:
            for _ in timed(method, job):
                pass
        finally:
            loop.Cadence.due = quiet  # type: ignore[method-assign]
    longest = max((s for s in spent if s and s not in ("squeeze", "evaluate")), key=lambda s: spent[s])
    return sum(spent.values()), count[longest] / spent[longest]


def main(rounds: int = 3) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DISTILL_STUDIO_HOME"] = folder
        from distill_core.home import studio_home
        from distill_core.job import Job
        from distill_core.methods import registry

        job = Job(data="digits", ipc=1, students=1, device="cpu")
        print(f"torch {torch.__version__}, one thread, digits 16×16, ipc 1, medians of {rounds} rounds")
        print(f"{'method':10} {'steps/s':>9} {'whole run, s':>13} {'watched/not':>12}")
        for name in sys.argv[1:] or list(registry()):
            method = registry()[name]()
            driven(method, job, False, studio_home())  # warms up
            found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
            for _ in range(rounds):
                for watched in (False, True):
                    found[watched].append(driven(method, job, watched, studio_home()))
            plain, seen = (statistics.median(seconds for seconds, _ in found[w]) for w in (False, True))
            rate = statistics.median(r for _, r in found[True])
            print(f"{name:10} {rate:9.1f} {seen:13.1f} {seen / plain:12.3f}", flush=True)


if __name__ == "__main__":
    main()
