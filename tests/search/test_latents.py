"""Where a search inside a generator begins: with several images per class every one from a latent of its own, unless one says so."""

from __future__ import annotations

import pytest
import torch

from distill_core.fields import read
from distill_core.methods import registry
from distill_core.part import fields_of
from distill_core.pieces.ground import Ground
from distill_core.search.one_layer import OneLayer
from tests.methods.tiny import drain, job


def start(ipc: int, **more) -> tuple[torch.Tensor, list[str]]:
    """The decoded start (ipc, classes, c, h, w) inside the generator of the digits that ships, and what was warned of."""
    space = OneLayer(**more)
    asked = job(data="digits", ipc=ipc, seed=0, teacher="auto", student="auto")
    objective = registry()["glad"]().objective
    events, begun = drain(space.begun(objective, Ground.of(asked)))
    said = [one.text for one in events if one.kind == "note" and one.level == "warning"]
    return begun.prior.decode(None, begun.w, 0).unflatten(0, (ipc, -1)), said


def spread(images: torch.Tensor) -> float:
    """Mean distance of an image's pixels from the mean of its class, root mean square."""
    return float((images - images.mean(0)).square().mean().sqrt())


def test_ten_images_of_a_class_are_as_various_as_ten_latents():
    usual, said = start(10)
    latents, _ = start(10, averaged=0)
    assert not said and torch.equal(usual, latents)
    copies, said = start(10, averaged=1000)
    assert spread(usual) > 5 * spread(copies), "an average makes copies"
    assert "mean of 100 latents" in said[0] and "averaged=-1" in said[0]


def test_one_image_of_a_class_is_averaged_as_before():
    usual, said = start(1)
    before, warned = start(1, averaged=1000)
    assert torch.equal(usual, before) and not said and not warned


def test_a_run_of_an_earlier_version_keeps_its_average():
    fields = fields_of(registry()["hglad"])
    assert read(fields, {"averaged": 1000}, saved=True)["space.averaged"] == 1000
    assert read(fields, {"averaged": 0}, saved=True)["space.averaged"] == 0


@pytest.mark.parametrize(("ipc", "averaged", "warned"), [(2, 3, False), (2, 4, True), (1, 9, False), (5, 0, False)])
def test_it_is_warned_where_several_latents_go_into_an_image(ipc, averaged, warned):
    build, asked = registry()["hglad"].build, job(ipc=ipc)
    assert bool(build({"averaged": averaged}).caution(asked)) == warned
    assert build({"averaged": averaged, "prior": "pixels"}).caution(asked) is None
