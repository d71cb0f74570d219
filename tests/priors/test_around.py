"""Around a class in w: directions against NumPy's, points where they are said to be, responses by a plain forward."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Generator

from distill_core.priors.around import Around, around, layers, look
from distill_core.priors.style import StyleGenerator


@pytest.fixture(params=[(1, 16), (3, 8)], ids=lambda one: f"{one[1]} pixels")
def prior(request):
    channels, size = request.param
    return StyleGenerator(channels, size, 5, width=6, seed=1).eval().requires_grad_(False)


def test_directions_are_the_principal_ones_of_mapped_latents_of_the_class(prior):
    found = around(prior, 2, Generator().manual_seed(0), count=300)
    z = prior.sample(300, Generator().manual_seed(0))
    w = prior.map(z, torch.full((300,), 2)).double().numpy()
    flat = (w - w.mean(0)).reshape(300, -1)
    _, sizes, rows = np.linalg.svd(flat, full_matrices=False)
    np.testing.assert_allclose(found.mean.numpy(), w.mean(0), atol=1e-5)
    np.testing.assert_allclose(found.deviations.numpy(), sizes[:2] / np.sqrt(299), rtol=1e-4)
    np.testing.assert_allclose(found.shares.numpy(), sizes[:2] ** 2 / (sizes**2).sum(), rtol=1e-4)
    for mine, wanted in zip(found.directions.reshape(2, -1).numpy(), rows[:2], strict=True):
        assert abs(float(mine @ wanted)) == pytest.approx(1, abs=1e-4)
        assert mine[np.abs(mine).argmax()] > 0, "a second fit never mirrors the first"


def test_points_lie_where_they_are_said_to_and_one_row_moves_alone(prior):
    place = around(prior, 1, Generator().manual_seed(0), count=100)
    points = place.points(5, 2.0)
    first, second = place.directions * place.deviations[:, None, None]
    torch.testing.assert_close(points[12], place.mean)
    torch.testing.assert_close(points[0], place.mean - 2 * first + 2 * second)
    torch.testing.assert_close(points[9], place.mean + 2 * first + second)
    alone = place.points(5, 2.0, row=1)
    torch.testing.assert_close(alone[:, 1], points[:, 1])
    others = [i for i in range(len(prior.rows)) if i != 1]
    assert torch.equal(alone[:, others], place.mean[others].expand(25, -1, -1))


def test_a_class_that_does_not_spread_has_no_directions(prior):
    class Still(StyleGenerator):
        def sample(self, n, generator):
            return torch.zeros(n, 32)

    found = around(Still(1, 8, 3, width=4).eval(), 0, Generator(), count=10)
    assert found.deviations.tolist() == [0, 0] and not found.directions.any() and found.shares.tolist() == [0, 0]


def test_layers_are_the_plain_forward_whatever_the_chunk(prior):
    w = around(prior, 0, Generator().manual_seed(0), count=50).points(3, 2.0)
    chunks = list(layers(prior, w, chunk=4))
    for k in range(len(prior.cuts)):
        together = torch.cat([one[k] for one in chunks])
        torch.testing.assert_close(together, prior.between(None, w, 0, k), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(torch.cat([one[-1] for one in chunks]), prior.decode(None, w, 0), atol=1e-5, rtol=1e-5)


def test_responses_are_relative_lengths_at_every_cut(prior):
    place = around(prior, 3, Generator().manual_seed(0), count=50)
    w = place.points(3, 2.5)
    seen = look(prior, w, place.mean, [0, 4, 8])
    for k in range(len(prior.cuts)):
        home = prior.between(None, place.mean[None], 0, k)[0]
        for n in range(9):
            there = prior.between(None, w[n : n + 1], 0, k)[0]
            assert float(seen.responses[k, n]) == pytest.approx(float((there - home).norm() / home.norm()), abs=1e-5)
    home, there = prior.decode(None, place.mean[None], 0), prior.decode(None, w[:1], 0)
    assert float(seen.responses[-1, 0]) == pytest.approx(float((there - home).norm() / home.norm()), abs=1e-5)
    assert not seen.responses[0].any(), "the learned constant answers nothing"
    assert float(seen.responses[:, 4].max()) < 1e-5, "at the mean nothing differs"
    torch.testing.assert_close(seen.images, prior.decode(None, w, 0).clamp(0, 1), atol=1e-5, rtol=1e-5)


def test_thumbnails_are_three_principal_channels_by_one_fit_for_all_points(prior):
    place = around(prior, 3, Generator().manual_seed(0), count=50)
    w = place.points(3, 2.5)
    seen = look(prior, w, place.mean, [0, 4, 8])
    k = 2
    f = prior.between(None, w, 0, k).double()
    flat = f.transpose(0, 1).flatten(1).T.numpy()
    _, _, rows = np.linalg.svd(flat - flat.mean(0), full_matrices=False)
    wanted = (flat - flat.mean(0)) @ rows[:3].T
    wanted = wanted.reshape(9, *f.shape[2:], 3)[[0, 4, 8]].transpose(0, 3, 1, 2)
    given = seen.thumbnails[k].numpy()
    assert given.shape == wanted.shape and given.min() >= 0 and given.max() <= 1
    for channel in range(3):
        inner = (given[:, channel] > 0) & (given[:, channel] < 1)
        together = np.corrcoef(given[:, channel][inner], wanted[:, channel][inner])[0, 1]
        assert abs(together) == pytest.approx(1, abs=1e-4)


def test_a_map_without_variation_is_gray():
    class Flat(StyleGenerator):
        def between(self, f, w, i, j):
            return torch.ones(len(w), 4, 4, 4)

    prior = Flat(1, 8, 3, width=4).eval().requires_grad_(False)
    place = Around(torch.zeros(len(prior.rows), 64), torch.zeros(2, len(prior.rows), 64), torch.ones(2), torch.zeros(2))
    seen = look(prior, place.points(3, 1.0), place.mean, [0])
    assert torch.equal(seen.thumbnails[0], torch.full((1, 3, 4, 4), 0.5))
