"""Class activation maps as figures: the interpolation against torch's, the scales, the words."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from distill_core.figures import activation


@pytest.mark.parametrize("shape", [(4, 4), (1, 3), (7, 2)])
def test_a_map_is_interpolated_as_torch_does(shape):
    values = np.random.default_rng(0).normal(size=shape)
    wanted = F.interpolate(torch.tensor(values)[None, None], size=(16, 12), mode="bilinear", align_corners=False)
    np.testing.assert_allclose(activation.upsampled(values, 16, 12), wanted[0, 0], atol=1e-12)


def test_both_overlays_have_one_scale_and_the_difference_another_both_symmetric():
    maps = np.zeros((3, 2, 2))
    maps[0, 0, 0], maps[1, 1, 1], maps[2, 0, 1] = -3.0, 2.0, 0.5
    chart = activation.row(np.zeros((2, 8, 8, 1), np.uint8), maps, opacity=0.4)
    assert (chart.layout.coloraxis.cmin, chart.layout.coloraxis.cmax) == (-3, 3)
    assert (chart.layout.coloraxis2.cmin, chart.layout.coloraxis2.cmax) == (-0.5, 0.5)
    kinds = [trace.type for trace in chart.data]
    assert kinds == ["image", "heatmap", "image", "heatmap", "heatmap"] and chart.data[1].opacity == 0.4
    assert chart.data[4].texttemplate and np.array_equal(chart.data[4].z, maps[2]), "the difference says its numbers"
    assert chart.data[1].z.shape == (8, 8)
    assert [one.text for one in chart.layout.annotations] == list(activation.NAMES)


def test_a_class_without_synthetic_images_shows_the_real_ones_alone():
    maps = np.full((3, 2, 2), np.nan)
    maps[0] = 1.0
    chart = activation.row(np.zeros((2, 8, 8, 3), np.uint8), maps)
    assert [trace.type for trace in chart.data] == ["image", "heatmap"]
    assert chart.layout.coloraxis.cmax == 1 and chart.layout.coloraxis2.cmax == 1
    assert "shows no synthetic image" in activation.sentence("cat", maps, (3.0, None), (9, 0))


@pytest.mark.parametrize(
    ("at", "shape", "words"),
    [
        (0, (4, 4), "at the upper left"), (5, (4, 4), "in the middle"), (13, (4, 4), "at the bottom"), (4, (3, 3), "in the middle"),
        (5, (3, 3), "on the right"), (1, (3, 3), "at the top"), (0, (1, 2), "on the left"), (15, (4, 4), "at the lower right"),
    ],
)  # fmt: skip
def test_places_have_names(at, shape, words):
    assert activation.place(at, shape) == words


def test_the_sentence_says_what_the_maps_hold():
    maps = np.zeros((3, 4, 4))
    maps[0, 1, 1], maps[1, 1, 1], maps[1, 3, 3] = 2.0, 1.0, 0.5
    maps[2] = maps[1] - maps[0]
    said = activation.sentence("7", maps, (12.34, 8.0), (1200, 5))
    assert said.startswith(
        "**7**: 5 synthetic images give the classifier **8.0** of evidence, 1,200 real ones **12.3** on average"
    )
    together = np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1]
    assert f"correlate to {together:.2f}" in said
    assert "most is added at the lower right (+0.50), most is missing in the middle (−1.00)" in said
    same = activation.sentence("7", maps[[0, 0, 2]] * [[[1]], [[1]], [[0]]], (1.0, 1.0), (3, 1))
    assert "its synthetic image gives" in same and "added" not in same and "missing" not in same
