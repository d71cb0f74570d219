"""Patches: which are chosen, and how they are pasted together."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from distill_core.datasets import load
from distill_core.errors import BadSetting
from distill_core.networks import build
from distill_core.pieces.patches import Patches, chosen_patches, mosaic, pad_to, ranked, scored_crops
from tests.methods.tiny import drain

CPU = torch.device("cpu")


def observer():
    net = build("convnet:depth=1,norm=batch,width=8", channels=1, size=8, classes=10, seed=0)
    return net.eval().requires_grad_(False)


def test_a_mosaic_takes_every_ipc_th_patch_in_reading_order():
    patches = torch.arange(8.0)[:, None, None, None].expand(8, 1, 2, 2)  # two images of 2×2 patches
    found = mosaic(patches, 2, 2, 4)
    for image in (0, 1):
        corners = [float(found[image, 0, y, x]) for y in (0, 2) for x in (0, 2)]
        assert corners == [image, image + 2, image + 4, image + 6]
    assert mosaic(patches, 2, 2, 5).shape == (2, 1, 5, 5)


def test_crops_are_scored_by_the_padded_crop():
    real, net = load("digits:size=8"), observer()
    crops, losses = scored_crops(
        net, real, real.per_class(2)[:4], 2, Patches(crops=3, factor=2), torch.Generator().manual_seed(0), CPU
    )
    assert crops.shape == (4, 3, 1, 4, 4) and losses.shape == (4, 3)
    one = torch.zeros(1, 1, 8, 8)
    one[:, :, 2:6, 2:6] = real.normalize(crops[1, 2][None])
    assert torch.equal(one, pad_to(real.normalize(crops[1, 2][None]), 8))
    assert float(losses[1, 2]) == pytest.approx(float(F.cross_entropy(net(one), torch.tensor([2]))), rel=1e-5)


def test_the_easiest_are_kept_one_from_each_source():
    real, net = load("digits:size=8"), observer()
    recipe = Patches(pool=12, crops=4)
    events, found = drain(chosen_patches(net, real, 3, recipe, 5, CPU))
    assert found.shape == (3, 10, 1, 8, 8) and float(found.min()) >= 0 and float(found.max()) <= 1
    generator = torch.Generator().manual_seed(5)
    ids = real.per_class(0)[torch.randperm(len(real.per_class(0)), generator=generator)[:12]]
    crops, losses = scored_crops(net, real, ids, 0, recipe, generator, CPU)
    best = sorted((float(row.min()), i, int(row.argmin())) for i, row in enumerate(losses))
    for image, (_, source, crop) in enumerate(best[:3]):
        assert torch.equal(found[image, 0], crops[source, crop])
    told = [e.values for e in events if e.kind == "scalars"]
    assert all(v["chosen-cross-entropy"] <= v["crops-cross-entropy"] for v in told)


def test_medium_is_around_the_middle():
    losses = torch.tensor([0.1, 5.0, 1.0, 1.2, 0.9])
    assert ranked(losses, "easiest").tolist()[:2] == [0, 4]
    assert ranked(losses, "medium").tolist()[0] == 2


def test_too_few_images_say_what_to_lower():
    real = load("digits:size=8")
    with pytest.raises(BadSetting, match="Lower ipc or the patches per side"):
        drain(chosen_patches(observer(), real, 100, Patches(factor=2), 0, CPU))
