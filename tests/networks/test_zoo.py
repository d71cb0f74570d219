"""Any network of timm by name: as a student it is like the others; without timm the sentence has the pip line."""

from __future__ import annotations

import sys

import pytest
import torch

from distill_core import networks
from distill_core.errors import BadSetting, MissingPackage
from distill_core.spec import parse


def test_a_name_of_timm_is_one_spec_however_it_is_written():
    assert str(parse("timm:model=test_resnet")) == "timm:test_resnet" and parse("timm:test_resnet").options == {
        "model": "test_resnet"
    }
    assert str(parse("timm:resnet18.a1_in1k")) == "timm:resnet18.a1_in1k"
    assert networks.resolve("timm:test_vit", channels=3, size=32) == "timm:test_vit"


def test_without_timm_the_pip_line_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingPackage, match=r"pip install 'distill-studio\[zoo\]'"):
        networks.build("timm:resnet10t", channels=3, size=32, classes=10, seed=0)
    with pytest.raises(BadSetting, match="timm:NAME"):
        networks.build("resnet10t", channels=3, size=32, classes=10)


@pytest.mark.parametrize(
    ("name", "channels", "size"), [("test_resnet", 3, 32), ("test_vit", 3, 32), ("test_resnet", 1, 28)]
)
def test_a_tiny_network_of_timm_learns_and_is_the_same_for_the_same_seed(name, channels, size):
    pytest.importorskip("timm", reason="timm is not installed: pip install timm")
    spec = f"timm:{name}"
    networks.check(spec, channels=channels, size=size)
    one, same, other = (networks.build(spec, channels=channels, size=size, classes=7, seed=seed) for seed in (0, 0, 1))
    x = torch.rand(4, channels, size, size, generator=torch.Generator().manual_seed(0))
    one.eval(), same.eval(), other.eval()
    assert one.spec == spec and one(x).shape == (4, 7)
    assert torch.equal(one(x), same(x)) and not torch.equal(one(x), other(x))
    assert torch.allclose(one.classifier(one.features(x)), one(x)) and one.features(x).ndim == 2
    one.train()
    optimizer, labels = torch.optim.AdamW(one.parameters(), 1e-2), torch.arange(4)
    losses = []
    for _ in range(6):
        loss = torch.nn.functional.cross_entropy(one(x), labels)
        optimizer.zero_grad(), loss.backward(), optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_a_name_that_timm_does_not_know_is_refused():
    pytest.importorskip("timm", reason="timm is not installed: pip install timm")
    with pytest.raises(BadSetting, match=r"timm has no network called 'resnet10tt'.* Did you mean"):
        networks.build("timm:resnet10tt", channels=3, size=32, classes=10)
