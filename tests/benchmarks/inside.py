"""Decode-and-match steps per second at each layer of a prior, and peak memory: `python -m tests.benchmarks.inside`.

Ours decodes without a graph, asks the objective (mean features) at the images, and decodes again with a graph, some images at
a time. The plain loop decodes all images at once with a graph and lets autograd go end to end. Both move the same w and feature
map, with the same real batches; that they take the same steps is checked first. Rates are measured in turn in one process;
memory is what the steps add at their peak to a process of their own (resident, on Linux; allocated, on CUDA), the objective
included.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

STEPS, WARM = 12, 2
RATES = SimpleNamespace(w=1e-4, f=1e-2, pixels=1.0)
ARRIVE = ("latent", "layer1", "layer3", "layer5")  # of the layers whose memory is measured as well


def begin(ipc: int, data: str) -> tuple[Any, Any, Any]:
    """The objective, the job and what a search begins with."""
    from distill_core.job import Job
    from distill_core.parts.objectives import MeanFeatures
    from distill_core.pieces.ground import Ground
    from distill_core.search.one_layer import OneLayer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    objective, job = MeanFeatures(), Job(data=data, ipc=ipc, students=0, device=device)
    return objective, job, ended(OneLayer(prior="untrained", averaged=10).begun(objective, Ground.of(job)))


def ended(stream: Any) -> Any:
    while True:
        try:
            next(stream)
        except StopIteration as end:
            return end.value


def ours(objective: Any, job: Any, start: Any, at: int) -> tuple[Callable[[], None], Any]:
    from distill_core.loop import Step

    match, space = start.match, start.space(at)

    def step() -> None:
        pull = match.pull(space.images(), Step(0, False, False, {}))
        space.step(pull.gradient, RATES)

    return step, space


def plain(objective: Any, job: Any, start: Any, at: int) -> tuple[Callable[[], None], Any]:
    from distill_core.parts.objectives.mean_features import class_distances
    from distill_core.pieces.match import random_network, real_batch

    ground, prior, real = start.ground, start.prior, start.ground.real
    view, generator = objective.view.pair(real), torch.Generator().manual_seed(job.seed + 1)
    w, f = start.w.detach().clone().requires_grad_(True), start.map_at(at, start.settings.chunk)
    f = None if f is None else f.detach().clone().requires_grad_(True)
    learned = [w] if f is None else [w, f]
    rates = (RATES.w, RATES.f)
    bounds = [real.normalize(torch.full((1, real.channels, 1, 1), v, device=w.device)) for v in (0.0, 1.0)]
    optimizer = torch.optim.SGD(
        [{"params": [t], "lr": rate} for t, rate in zip(learned, rates, strict=False)], momentum=start.settings.momentum
    )

    def step() -> None:
        raw = real.normalize(prior.decode(f, w, at))
        low, high = (raw < bounds[0]).detach(), (raw > bounds[1]).detach()
        raw.register_hook(lambda g: g.masked_fill((low & (g > 0)) | (high & (g < 0)), 0.0))  # as ours: not further out
        x = raw + (raw.clamp(*bounds) - raw).detach()
        ids = real_batch(real, objective.batch_real, generator)
        batch = real.normalize(real.pixels(real.train.images[ids.flatten()].to(ground.device)))
        network = random_network(job, real, int(torch.randint(2**31 - 3, (1,), generator=generator))).to(ground.device)
        optimizer.zero_grad()
        class_distances(network, *view(batch, x, generator), len(real.classes)).sum().backward()
        optimizer.step()

    return step, SimpleNamespace(w=w, f=f)


WAYS = {"plain": plain, "ours": ours}


def seconds(step: Callable[[], None], count: int) -> float:
    """Of one step: by the clock on CUDA, of this process's own work on the CPU, so that neighbors do not count."""
    cuda = torch.cuda.is_available()
    clock, settle = (time.perf_counter, torch.cuda.synchronize) if cuda else (time.process_time, gc.collect)
    settle()
    began = clock()
    for _ in range(count):
        step()
    if cuda:
        settle()
    return (clock() - began) / count


def fresh() -> int:
    """Forget the highest point so far, give back what is free; bytes held now."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return status("VmRSS")


def peak() -> int:
    """Bytes at the highest point since then."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else status("VmHWM")


def status(name: str) -> int:
    """A size that Linux says of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def alone(way: str, at: int, ipc: int, data: str) -> None:
    """In a process of its own: what some steps add to its memory at their peak, printed as JSON.

    One step at one image per class goes first, so that what torch takes once is not counted.
    """
    WAYS[way](*begin(1, data), at)[0]()
    step, kept = WAYS[way](*begin(ipc, data), at)
    before = fresh()
    for _ in range(3):
        step()
    print(json.dumps(peak() - before))
    del kept


def memory(way: str, at: int, ipc: int, data: str) -> float:
    """MB that the steps add, from a fresh process."""
    words = [sys.executable, "-m", "tests.benchmarks.inside", "--alone", way, str(at), str(ipc), data]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]) / 1e6


def main(rounds: int = 3) -> None:
    data = sys.argv[1] if sys.argv[1:] else "digits"
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    print(
        f"torch {torch.__version__}, {device}, one thread, {data}, mean features, chunk 10, medians of {rounds} rounds in turn"
    )
    print(
        f"{'ipc':>4} {'layer':8}{'plain':>9}{'ours':>9}{'ratio':>8}   steps/s   {'plain':>9}{'ours':>9}{'ratio':>8}   MB"
    )
    for ipc in (1, 10):
        objective, job, start = begin(ipc, data)
        for at, cut in enumerate(start.prior.cuts):
            made = {way: make(objective, job, start, at) for way, make in WAYS.items()}
            for step, _ in made.values():
                step()
            one, other = (made[way][1] for way in WAYS)
            near = torch.allclose(one.w, other.w, atol=1e-5) and (at == 0 or torch.allclose(one.f, other.f, atol=1e-4))
            assert near, f"the two loops do not take the same step at {cut.name}"
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            for turn in range(rounds + 1):
                for way, (step, _) in made.items():
                    took = seconds(step, STEPS if turn else WARM)
                    if turn:
                        found[way].append(took)
            p, o = (1 / statistics.median(found[way]) for way in WAYS)
            print(f"{ipc:4} {cut.name:8}{p:9.1f}{o:9.1f}{o / p:8.2f}", end="", flush=True)
            if ipc > 1 and cut.name in ARRIVE:
                a, b = (memory(way, at, ipc, data) for way in WAYS)
                print(f"{'':13}{a:9.1f}{b:9.1f}{b / max(a, 1e-9):8.2f}", end="")
            print(flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DISTILL_STUDIO_HOME"] = folder
        if sys.argv[1:2] == ["--alone"]:
            alone(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
        else:
            main()
