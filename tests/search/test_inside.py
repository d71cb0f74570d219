"""The inside of a generator: the budget of a decode, half precision with float32 masters, and what happens when a number breaks."""

from __future__ import annotations

import pytest
import torch

from distill_core.methods.glad import GenerativeLatent
from distill_core.methods.hglad import HierarchicalPrior
from distill_core.pieces.ground import Ground
from distill_core.pieces.match import Rates
from distill_core.priors.style import StyleGenerator
from distill_core.search import inside
from distill_core.search.inside import COPIES, Inside, images_within
from distill_core.search.one_layer import OneLayer
from tests.methods.tiny import drain, fitting, job, small

RATES = Rates(1e-3, 0.05, 1.0)


def generator(width=8, size=16):
    return StyleGenerator(1, size, 10, width=width, seed=3).eval().requires_grad_(False)


def space(cut=2, n=10, device="cpu", **more):
    prior = generator().to(device)
    labels = torch.arange(n, device=device) % 10
    w = prior.map(prior.sample(n, torch.Generator().manual_seed(0)).to(device), labels)
    f = prior.between(None, w, 0, cut) if cut else None
    return Inside(prior, Ground.of(job(data="digits", ipc=1)), cut, w, f, momentum=0.5, **{"chunk": 4, **more})


def moved(one, steps=3):
    """After some steps that pull at the images toward gray."""
    for _ in range(steps):
        one.step(one.images() * 0.01, RATES)
    return one


def test_the_budget_chooses_how_many_images():
    cuts = generator().cuts
    assert [cut.bytes for cut in cuts] == [4 * 8 * side**2 for side in (4, 4, 8, 8, 16, 16)]
    each = COPIES * sum(cut.bytes for cut in cuts)
    assert images_within(1, cuts) == 1_000_000 // each == 7
    assert images_within(10, cuts) == 10_000_000 // each
    assert images_within(1, cuts[-1:]) > images_within(1, cuts), "late layers have less to keep"
    assert images_within(1, generator(512).cuts) == 1, "one image at least"
    assert OneLayer(chunk=3).at_once(generator(), 0) == 3 and OneLayer(decode_mb=1).at_once(generator(), 0) == 7


def test_the_budget_covers_what_the_graph_keeps():
    """Bytes that autograd keeps for a decode of the chosen number of images stay below the budget, at every cut."""
    prior = generator(width=32)
    own = {p.untyped_storage().data_ptr() for p in prior.parameters()}
    for cut in range(len(prior.cuts)):
        n = images_within(20, prior.cuts[cut:])
        one = space(cut, n=n)
        one.prior = prior
        w = prior.map(torch.randn(n, 32), torch.arange(n) % 10).requires_grad_(True)
        f = prior.between(None, w, 0, cut).detach().requires_grad_(True) if cut else None
        kept: dict[int, int] = {}

        def pack(t, kept=kept):
            kept[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
            return t

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            prior.decode(f, w, cut)
        assert 0 < sum(size for at, size in kept.items() if at not in own) <= 20_000_000


@pytest.mark.parametrize("cut", [0, 2, 5])
def test_results_do_not_depend_on_the_chunk(cut):
    whole, parts = moved(space(cut, chunk=10)), moved(space(cut, chunk=3))
    for one, other in zip(whole.tensors(), parts.tensors(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def test_a_search_with_a_budget_finds_what_it_finds_without():
    def result(**more):
        method = small(HierarchicalPrior, prior="untrained:width=4", measure="loss", looks=3, **more)
        return drain(method.distill(fitting(method, ipc=2)))[1].images

    torch.testing.assert_close(result(decode_mb=1), result(chunk=2), atol=1.01 / 255, rtol=0)


def half_precision(device):
    exact, half = space(device=device), space(device=device, half=True)
    assert (half.raw() - exact.raw()).abs().max() > 0, "it is decoded in another precision"
    torch.testing.assert_close(half.raw(), exact.raw(), atol=0.05, rtol=0.05)
    assert half.raw().dtype == torch.float32
    seen = []
    push = inside.push_back
    try:
        inside.push_back = lambda *a: seen.append(push(*a)) or seen[-1]
        moved(half, 1)
    finally:
        inside.push_back = push
    assert all(t.dtype == torch.float32 for t in (*half.tensors(), *seen[0]))
    moved(exact, 1)
    for one, other in zip(half.tensors(), exact.tensors(), strict=True):
        torch.testing.assert_close(one, other, atol=5e-3, rtol=5e-3)


def test_half_precision_keeps_float32_masters():
    half_precision("cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_half_precision_keeps_float32_masters_on_cuda():
    half_precision("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_decode_stays_within_its_budget_on_cuda():
    prior = generator(width=64).cuda()
    n = images_within(50, prior.cuts)
    one = space(0, n=4 * n, device="cuda", chunk=n)
    one.prior = prior
    one.w = prior.map(torch.randn(4 * n, 32, device="cuda"), torch.arange(4 * n, device="cuda") % 10).requires_grad_(
        True
    )
    gradient = torch.randn_like(one.raw())
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    inside.push_back(one.decode, gradient, one.w, None, n)
    assert torch.cuda.max_memory_allocated() - before <= 50_000_000 + gradient.nbytes + 2 * one.w.nbytes


def broken_at(monkeypatch, number):
    """NaN in the feature map after so many moves."""
    real_step, calls = Inside.step, []

    def step(self, gradient, rates):
        calls.append(self.f.detach().clone())
        real_step(self, gradient, rates)
        if len(calls) == number:
            self.f.data[0, 0, 0, 0] = float("nan")

    monkeypatch.setattr(Inside, "step", step)
    return calls


def test_one_layer_goes_back_to_its_last_finite_state(monkeypatch):
    calls = broken_at(monkeypatch, 3)
    method = small(GenerativeLatent, prior="untrained:width=4", layer="layer2", iterations=200)
    events, result = drain(method.distill(fitting(method, ipc=1)))
    (said,) = (e.text for e in events if e.kind == "note" and e.level == "warning")
    assert "At step 2" in said and "layer2" in said and "Lower lr_f and lr_w" in said
    assert torch.isfinite(result.images).all() and len(calls) < 200, "nothing is searched after that"
    monkeypatch.undo()
    short = small(GenerativeLatent, prior="untrained:width=4", layer="layer2", iterations=2)
    torch.testing.assert_close(result.images, drain(short.distill(fitting(short, ipc=1)))[1].images)
