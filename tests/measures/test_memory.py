"""The meter: the peak of a piece of work, and nothing where nothing can be known."""

from __future__ import annotations

import pytest
import torch

from distill_core.measures import memory
from distill_core.measures.memory import CUDA, RESIDENT, Meter

CPU = torch.device("cpu")
needs_linux = pytest.mark.skipif(not memory.FORGET.exists(), reason="only Linux lets a process forget its peak")


@needs_linux
def test_the_peak_is_of_this_piece_of_work_only():
    meter = Meter(CPU)
    meter.start()
    large = torch.ones(20_000_000)  # 80 MB
    first = meter.peak()[RESIDENT]
    del large
    meter.start()
    second = meter.peak()[RESIDENT]
    assert first > 70e6 and second < first - 50e6


def test_without_an_own_peak_only_a_raised_one_is_known(monkeypatch):
    monkeypatch.setattr(memory, "_forget", lambda: False)
    monkeypatch.setattr(memory, "_resident", lambda: 100)
    highest = iter([500, 500, 500, 700])
    monkeypatch.setattr(memory, "_highest", lambda: next(highest))
    meter = Meter(CPU)
    meter.start()
    assert meter.peak() == {}, "another piece of work may have needed as much"
    meter.start()
    assert meter.peak() == {RESIDENT: 600}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_it_is_what_torch_had_allocated():
    meter = Meter(torch.device("cuda"))
    meter.start()
    kept = torch.ones(1_000_000, device="cuda")
    assert meter.peak()[CUDA] >= 4_000_000 and len(kept)
