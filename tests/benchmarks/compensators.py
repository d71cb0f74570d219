"""Compensators learned per second, several groups together against one group after the other: `python -m tests.benchmarks.compensators`.

Both go through the run's own loop with the same untrained network, naturals and views, in turns; they end with the same
compensators but for rounding, which is checked. No reports but the last.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from typing import Any

import torch
from torch import Tensor, nn

from tests.benchmarks.recover import Real

CASES = {  # network, channels, side, groups, iterations
    "digits, ConvNet": ("convnet:norm=batch,width=64", 1, 16, 7, 8),
    "digits, WRN-10-1": ("wrn:depth=10,width=1", 1, 16, 7, 8),
    "digits, narrow VGG-11": ("vgg11:norm=batch,width=4", 1, 16, 7, 8),
    "digits, small ShuffleNet": ("shufflenetv1:units=2,width=0.2", 1, 16, 7, 8),
    "shapes, ConvNet": ("convnet:norm=batch,width=64", 3, 32, 4, 3),
    "CIFAR, ResNet-18": ("resnet18", 3, 32, 4, 1),
}


def learn(network: nn.Module, naturals: Tensor, real: Real, iterations: int, at_once: int) -> tuple[float, Tensor]:
    """Seconds (on a CPU: its own), and the compensators (groups, 1, 1, c, h, w)."""
    from distill_core.job import Job
    from distill_core.method import drained
    from distill_core.parts.compensating import Learning
    from distill_core.parts.compensators import OnePerTeacher
    from distill_core.pieces.ground import Ground
    from distill_core.pieces.sums import Sums
    from distill_core.pieces.teach import Teacher

    settings, device = OnePerTeacher(iterations=iterations, groups_at_once=at_once), naturals.device
    ground = Ground(Job(device=device.type), real, device, torch.arange(10))  # type: ignore[arg-type]
    learned = torch.zeros(len(naturals), 1, 1, *naturals.shape[2:], device=device)
    sums = Sums(real, naturals, learned, torch.empty(0))  # type: ignore[arg-type]
    learning = Learning(settings, ground, [Teacher(network, "", "", 0.0, 0, {})], sums)  # type: ignore[arg-type,list-item,typeddict-item]
    clock = time.perf_counter if device.type == "cuda" else time.process_time  # other programs do not count
    began = clock()
    drained(learning.go())
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - began, sums.learned


def main(rounds: int = 3) -> None:
    from distill_core import loop
    from distill_core.networks import build

    torch.set_num_threads(1)
    loop.Cadence.due = lambda self, index: False  # type: ignore[method-assign]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    print(f"torch {torch.__version__}, {device}, one thread, medians of {rounds} rounds in turn")
    print(
        f"{'':26}{'groups':>7}"
        + "".join(f"{f'{n} at once':>12}" for n in (1, 2, 4, "all"))
        + "   all ÷ one, compensators × iterations per second"
    )
    for name in [case for case in CASES if not sys.argv[1:] or any(part in case for part in sys.argv[1:])]:
        spec, channels, size, groups, iterations = CASES[name]
        network = build(spec, channels=channels, size=size, classes=10, seed=0).to(device).eval()
        real: Any = Real(channels, size)
        draws = torch.Generator().manual_seed(0)
        naturals = torch.randn(groups, 10, channels, size, size, generator=draws).to(device)
        ways = (1, 2, 4, groups)
        took: dict[int, list[float]] = {n: [] for n in ways}
        for turn in range(rounds + 1):
            ends = {}
            for n in ways:
                seconds, ends[n] = learn(network, naturals, real, iterations, n)
                if turn:  # the first one warms up
                    took[n].append(seconds)
            near = float((ends[groups] - ends[1]).abs().median())
            assert near < 1e-3, f"{name}: the compensators differ by {near}"
        speed = {n: groups * iterations / statistics.median(took[n]) for n in ways}
        print(f"{name:26}{groups:7}" + "".join(f"{speed[n]:12.1f}" for n in ways) + f"{speed[groups] / speed[1]:10.2f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DISTILL_STUDIO_HOME"] = folder
        main()
