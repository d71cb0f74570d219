"""The fixed-probe distance against its formula done the slow way, in float64, and what makes it fixed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from distill_core import store
from distill_core.datasets import load
from distill_core.measures import probes
from distill_core.measures.probes import FIRST, fixed_probes
from distill_core.networks import build
from tests.methods.tiny import drain

CPU, NONE = torch.device("cpu"), torch.tensor(0.0)


@pytest.fixture(scope="module")
def real():
    return load("digits:size=8")


def draw(seed):
    return build("convnet:depth=1,norm=instance,width=6", channels=1, size=8, classes=10, seed=seed).train()


def measure(real, count=2):
    return drain(fixed_probes(real, draw, count, CPU))


def test_it_equals_the_formula(home, real):
    synthetic = torch.randn(30, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    _, measured = measure(real)
    found = measured(synthetic, NONE, None)
    for c in range(10):
        wanted = 0.0
        for k in range(2):
            slow = draw(FIRST + k).double().eval().requires_grad_(False)
            own = real.normalize(real.pixels(real.train.images[real.per_class(c)]))
            there = torch.stack([slow.features(x[None].double())[0] for x in own]).mean(0)
            here = torch.stack([slow.features(x[None].double())[0] for x in synthetic[c::10]]).mean(0)
            wanted += float((there - here).square().sum()) / 2
        assert float(found[c]) == pytest.approx(wanted, rel=1e-4)


def test_two_looks_say_the_same_and_batches_do_not_count(home, real, monkeypatch):
    synthetic = torch.randn(20, 1, 8, 8)
    _, measured = measure(real)
    first = measured(synthetic, NONE, None)
    assert torch.equal(measured(synthetic, NONE, None), first)
    monkeypatch.setattr(probes, "CHUNK", 7)
    torch.testing.assert_close(measured(synthetic, NONE, None), first)
    for path in (home / "cache").glob("probe-*.safetensors"):
        path.unlink()
    torch.testing.assert_close(measure(real)[1].wanted, measured.wanted)


def test_the_real_side_is_made_once_and_kept_by_content(home, real):
    events, first = measure(real)
    assert [(e.part, e.parts) for e in events if e.kind == "stage"] == [(0, 2), (1, 2)]
    kept = sorted(path.name for path in (home / "cache").glob("probe-*.safetensors"))
    events, again = measure(real, 3)
    assert len(kept) == 2 and torch.equal(again.wanted[:2], first.wanted), "a third network is all that is new"
    assert len(list((home / "cache").glob("probe-*.safetensors"))) == 3
    store.path_of("probe", kept[0][6:22]).write_bytes(b"damaged")
    events, mended = measure(real)
    assert torch.equal(mended.wanted, first.wanted)
    assert any(e.kind == "note" and "made again" in e.text for e in events)


def test_all_real_images_of_a_class_have_no_distance(home, real):
    n = 90
    rows = torch.stack([real.per_class(c)[:n] for c in range(10)], 1).flatten()
    part = replace(real, train=real.train.take(rows), fingerprint="some of the digits")
    x = real.normalize(real.pixels(part.train.images))
    _, measured = measure(part)
    assert float(measured(x, NONE, None).max()) < 1e-8
    assert float(measured(x + 0.3 * torch.randn_like(x), NONE, None).min()) > 1e-4
