"""Images recovered per second, ours against the published steps followed literally: `python -m tests.benchmarks.recover`.

The plain loop works slice by slice with hooks at every batch norm and keeps asking for weight gradients after the K steps,
as DWA's released code does. Both get the same untrained network (speed does not depend on what it knows), the same number
of iterations and no reports but the last. What the directed adjustment costs is shown beside K / T.
"""

from __future__ import annotations

import copy
import os
import statistics
import sys
import tempfile
import time
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Real:
    """What the loop asks of a real set."""

    def __init__(self, channels: int, size: int):
        self.channels, self.size, self.classes, self.name = channels, size, tuple("0123456789"), "shapes"

    def normalize(self, x: Tensor) -> Tensor:
        return (x - 0.5) / 0.25

    def denormalize(self, x: Tensor) -> Tensor:
        return x * 0.25 + 0.5


def plain(network: nn.Module, start: Tensor, iterations: int, directed: bool, rho: float = 0.015, k: int = 12) -> None:
    """The steps of DWA as its paper writes them, one slice after the other."""
    for slice_ in start:
        teacher, x = copy.deepcopy(network).eval(), slice_.clone().requires_grad_(True)
        if not directed:
            teacher.requires_grad_(False)
        labels, terms = torch.arange(len(x), device=x.device), []

        def hook(layer: Any, given: Any, out: Any, terms: list[tuple[Tensor, Tensor]] = terms) -> None:
            a = given[0]
            mean, variance = a.mean((0, 2, 3)), a.permute(1, 0, 2, 3).reshape(a.shape[1], -1).var(1, unbiased=False)
            terms.append(((layer.running_mean - mean).norm(), (layer.running_var - variance).norm()))

        for layer in teacher.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.register_forward_hook(hook)
        adam = torch.optim.Adam([x], lr=0.25, betas=(0.5, 0.9))
        for t in range(iterations):
            seen = torch.roll(x, tuple(torch.randint(0, 5, (2,)).tolist()), (2, 3))
            adam.zero_grad()
            for _ in range(k if directed and t == 0 else 0):
                F.cross_entropy(teacher(seen), labels).backward(retain_graph=True)
                weights = [p for p in teacher.parameters() if p.grad is not None]
                norm = torch.norm(torch.stack([p.grad.norm() for p in weights]))  # type: ignore[union-attr]
                with torch.no_grad():
                    for p in weights:
                        p.add_(p.grad * rho / k / (norm + 1e-12))  # type: ignore[operator]
                        p.grad = None
            terms.clear()
            loss = F.cross_entropy(teacher(seen), labels)
            omega = [10.0] + [1.0] * (len(terms) - 1)
            loss = loss + sum(w * (0.01 * m + 0.11 * v) for w, (m, v) in zip(omega, terms, strict=True))
            loss.backward()
            adam.step()
            with torch.no_grad():
                x.clamp_(-2, 2)


def ours(network: nn.Module, start: Tensor, iterations: int, directed: bool, real: Real) -> tuple[float, float]:
    """Seconds of the whole, and of the adjustment alone."""
    from distill_core.job import Job
    from distill_core.parts.adjustments import AsItIs, DirectedShift
    from distill_core.parts.recovery import Inversion
    from distill_core.parts.statistics import AtBatchNorm
    from distill_core.pieces.ground import Ground
    from distill_core.pieces.start import slice_labels
    from distill_core.pieces.statistics import BatchNormStatistics
    from distill_core.pieces.teach import Teacher

    adjustment = DirectedShift(ascent_steps=12) if directed else AsItIs()
    recovery = Inversion(iterations=iterations, adjustment=adjustment, statistics=AtBatchNorm(variance_weight=0.11))
    job, labels = Job(ipc=len(start), device=start.device.type), slice_labels(len(start), len(real.classes))
    ground = Ground(job, real, start.device, labels)  # type: ignore[arg-type]
    teacher = Teacher(network, "", "", 0.0, 0, {})  # type: ignore[arg-type]
    stream = recovery._recovered(ground, [teacher], [BatchNormStatistics], start)
    began = since = time.perf_counter()
    stage, spent = "", {"": 0.0}
    for event in stream:
        if event.kind == "stage":
            now = time.perf_counter()
            spent[stage] = spent.get(stage, 0.0) + now - since
            stage, since = event.stage, now
    return time.perf_counter() - began, spent.get("adjust", 0.0)


def main(rounds: int = 3) -> None:
    from distill_core import loop
    from distill_core.networks import build

    torch.set_num_threads(1)
    loop.Cadence.due = lambda self, index: index == self.total - 1  # type: ignore[method-assign]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    cases = {
        "digits, ConvNet": ("convnet:norm=batch,width=64", 1, 16, 10, 100),
        "CIFAR, ResNet-18": ("resnet18", 3, 32, 2, 6),
    }
    print(f"torch {torch.__version__}, {device}, one thread, medians of {rounds} rounds in turn")
    print(f"{'':18}{'method':8}{'ipc':>4}{'plain':>12}{'ours':>12}{'ratio':>8}   images × iterations per second")
    for name in [case for case in cases if not sys.argv[1:] or any(part in case for part in sys.argv[1:])]:
        spec, channels, size, ipc, iterations = cases[name]
        real = Real(channels, size)
        network = build(spec, channels=channels, size=size, classes=10, seed=0).to(device).eval()
        start = torch.randn(ipc, 10, channels, size, size, device=device)
        for directed in (False, True):
            found: dict[str, list[float]] = {"plain": [], "ours": [], "adjust": []}
            for turn in range(rounds + 1):
                began = time.perf_counter()
                plain(copy.deepcopy(network), start, iterations, directed)
                slow = time.perf_counter() - began
                quick, adjusting = ours(copy.deepcopy(network), start, iterations, directed, real)
                if turn:  # the first one warms up
                    found["plain"].append(slow)
                    found["ours"].append(quick)
                    found["adjust"].append(adjusting / quick)
            p, o, a = (statistics.median(found[key]) for key in ("plain", "ours", "adjust"))
            work = ipc * 10 * iterations
            method = "dwa" if directed else "sre2l"
            print(
                f"{name:18}{method:8}{ipc:4}{work / p:12.0f}{work / o:12.0f}{p / o:8.2f}",
                end="",
            )
            print(f"   adjustment {a:.1%} of the run, K/T is {12 / iterations:.1%}" if directed else "")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DISTILL_STUDIO_HOME"] = folder
        main()
