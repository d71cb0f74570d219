"""SRe2L: what it inherits is tested with DWA; here what is its own."""

from __future__ import annotations

import torch

from distill_core.methods.sre2l import SqueezeRecoverRelabel
from tests.methods.tiny import drain, job, small


def test_recover_needs_no_real_image():
    """Two data orders, one teacher: the images depend on the teacher and the seed only."""
    events, result = drain(small(SqueezeRecoverRelabel).distill(job()))
    first = next(e for e in events if e.kind == "images")
    noise = torch.randn((2, 10, 1, 8, 8), generator=torch.Generator().manual_seed(3))
    assert first.pixels.shape == (20, 8, 8, 1)
    assert first.pixels.std() > 60 and noise.std() > 0.9
    assert result.protocol == "sre2l" and result.teacher


def test_no_adjustment_is_announced():
    events, _ = drain(small(SqueezeRecoverRelabel).distill(job()))
    assert [e.stage for e in events if e.kind == "stage"] == ["squeeze", "recover"]


def test_the_teacher_is_trained_once():
    first, _ = drain(small(SqueezeRecoverRelabel).distill(job()))
    second, _ = drain(small(SqueezeRecoverRelabel).distill(job(seed=9)))
    assert any(e.kind == "scalars" and "teacher-loss" in e.values for e in first)
    assert not any(e.kind == "scalars" and "teacher-loss" in e.values for e in second)
