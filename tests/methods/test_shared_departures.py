"""What is said of all methods alike is so."""

from __future__ import annotations

import pytest
import torch

from distill_core.cli import main
from distill_core.datasets import load
from distill_core.loop import driven_by, undriven
from distill_core.methods import departures
from distill_core.networks import build
from distill_core.pieces.teach import SqueezeRecipe, squeeze
from distill_core.work.trial import TrialDrive
from tests.methods.tiny import NETWORK


def test_a_tenth_of_each_class_is_set_aside():
    real = load("digits:size=8")
    train, val = (torch.bincount(part.labels, minlength=10) for part in (real.train, real.val))
    assert all(abs(v / (t + v) - 0.1) < 0.005 for t, v in zip(train.tolist(), val.tolist(), strict=True))
    assert any("90 %" in one for one in departures())


def test_what_fills_no_batch_is_dropped(home):
    real = load("digits:size=8")
    drive = TrialDrive(float("inf"))
    token = driven_by(drive)
    try:
        list(squeeze(real, NETWORK, SqueezeRecipe(epochs=3, batch=100), torch.device("cpu")))
    finally:
        undriven(token)
    assert len(real.train) % 100 and drive.loops[0].total == 3 * (len(real.train) // 100)


@pytest.mark.parametrize("spec", ["resnet18", "mobilenetv2", "efficientnetb0", "shufflenet", "wrn"])
def test_the_stem_for_small_images_is_normal_with_fan_out(spec):
    network = build(spec, channels=3, size=32, classes=10, seed=0)
    conv = next(m for m in network.modules() if isinstance(m, torch.nn.Conv2d))
    weight, wanted = conv.weight.detach(), (2 / (conv.out_channels * conv.kernel_size[0] * conv.kernel_size[1])) ** 0.5
    assert float(weight.std()) == pytest.approx(wanted, rel=0.1)
    assert float(weight.abs().max()) > 2 * wanted, "a uniform one ends at 1.73 s.d."


def test_a_terminal_says_them_with_every_method(home, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["methods", "dm"])
    said = capsys.readouterr().out
    assert all(f"all methods: {one}" in said for one in departures())
