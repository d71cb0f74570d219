"""Every case of this folder on a CUDA device: it ends, and with the images that the CPU makes, as near as float32 allows."""

from __future__ import annotations

import os

import pytest
import torch

from distill_core.job import ask
from distill_core.methods import method_class
from distill_core.run import whole
from tests.methods.tiny import drain
from tests.unchanged.cases import CASES

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
FAR = 0.05  # mean difference of pixels in [0, 1]: a few updates apart, each of another rounding
WIDE = {
    "mtt, plain",
    "hglad, layerwise_random",
    "hglad, accuracy",
}  # choices among near equals, which rounding may turn


@pytest.mark.parametrize("name", CASES)
def test_a_run_on_cuda_ends_where_one_on_the_cpu_ends(name, home, monkeypatch):
    method, settings, job = CASES[name]
    kind, found = method_class(method), {}
    for device in ("cpu", "cuda"):
        monkeypatch.setenv("DISTILL_STUDIO_HOME", str(home.parent / device))
        os.makedirs(home.parent / device, exist_ok=True)
        asked = ask(**{**job, "device": device, "epochs": 1})
        events, found[device] = drain(whole(kind.build(settings, saved=True), asked))
        assert any(e.kind == "scored" for e in events)
    one, other = (found[device].images for device in ("cpu", "cuda"))
    assert other.device.type == "cpu" and bool(torch.isfinite(other).all())
    assert float(other.min()) >= 0 and float(other.max()) <= 1
    if name not in WIDE:
        assert float((one - other).abs().mean()) < FAR
