"""Checkpoints: nested states come back as they were, and nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from distill_core.errors import BadRecord
from distill_core.work import checkpoint


def test_an_optimizer_comes_back_bit_for_bit(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.rand(3, 4))
    optimizer = torch.optim.Adam([weight], lr=0.1)
    weight.sum().backward()
    optimizer.step()
    state = {
        "o": optimizer.state_dict(),
        "none": None,
        "list": [1, 2.5, "x", True],
        "pair": (1, (2,)),
        3: torch.arange(3),
    }
    checkpoint.save(tmp_path / "c.safetensors", state, {"step": 1})
    back, about = checkpoint.load(tmp_path / "c.safetensors")
    assert about == {"step": 1} == checkpoint.about(tmp_path / "c.safetensors")
    assert back["list"] == state["list"] and back["pair"] == (1, (2,)) and back["none"] is None
    assert torch.equal(back[3], torch.arange(3))
    assert torch.equal(back["o"]["state"][0]["exp_avg"], optimizer.state_dict()["state"][0]["exp_avg"])
    assert back["o"]["param_groups"] == optimizer.state_dict()["param_groups"]


def test_shared_empty_and_odd_tensors(tmp_path: Path) -> None:
    one = torch.rand(4, 4)
    state = {
        "a": one,
        "b": one,
        "view": one[:, 1],
        "empty": torch.zeros(0, 3),
        "bits": torch.tensor(True),
        "h": one.half(),
    }
    checkpoint.save(tmp_path / "c.safetensors", state, {})
    back, _ = checkpoint.load(tmp_path / "c.safetensors")
    assert all(torch.equal(back[name], state[name]) and back[name].dtype == state[name].dtype for name in state)


def test_other_things_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not object"):
        checkpoint.save(tmp_path / "c.safetensors", {"x": object()}, {})
    assert not list(tmp_path.glob("*c.safetensors*"))
    (tmp_path / "d.safetensors").write_bytes(b"\x80\x04nonsense")
    with pytest.raises(BadRecord, match="cannot be read"):
        checkpoint.load(tmp_path / "d.safetensors")


def test_soundness() -> None:
    assert checkpoint.is_sound({"a": [torch.ones(2), {"b": torch.tensor(1)}], "c": float("nan")})
    assert not checkpoint.is_sound({"a": ({"b": torch.tensor([1.0, float("nan")])},)})
