"""A prior can be cut anywhere: whole or in pieces, alone or in a batch, straight or pushed back chunk by chunk."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Generator

from distill_core.errors import BadSetting
from distill_core.priors import checked, cuts_for
from distill_core.priors.prior import Identity, cut_named
from distill_core.priors.style import StyleGenerator, StyleLayer, sides
from distill_core.search.inside import averaged_w, chunked, cleaned, push_back


@pytest.fixture(params=[(1, 16), (3, 8), (1, 28)], ids=lambda one: f"{one[1]} pixels")
def prior(request):
    channels, size = request.param
    return StyleGenerator(channels, size, 5, width=6, seed=1).double().eval().requires_grad_(False)


def latents(prior, n=5):
    z = prior.sample(n, Generator().manual_seed(0)).double()
    w = prior.map(z, torch.arange(n) % 5)
    return z, w + 0.3 * torch.randn(w.shape, generator=Generator().manual_seed(1), dtype=w.dtype)  # every row its own


def test_to_f_and_from_f_are_the_plain_forward_at_every_cut(prior):
    z, w = latents(prior)
    whole = prior.decode(None, w, 0)
    assert whole.shape == (5, prior.channels, prior.size, prior.size)
    for k, cut in enumerate(prior.cuts):
        f = prior.between(None, w, 0, k)
        assert tuple(f.shape[1:]) == cut.shape
        assert torch.equal(prior.decode(f, w, k), whole)
        if k:
            assert torch.equal(prior.between(prior.between(None, w, 0, k - 1), w, k - 1, k), f)
    assert torch.equal(prior(z, torch.arange(5)), prior.decode(None, prior.map(z, torch.arange(5)), 0))


def test_an_image_does_not_depend_on_its_batch(prior):
    _, w = latents(prior)
    whole = prior.decode(None, w, 0)
    alone = torch.cat([prior.decode(None, one[None], 0) for one in w])
    assert torch.allclose(whole, alone, atol=1e-12)
    assert torch.allclose(chunked(lambda w: prior.decode(None, w, 0), 2, w), whole, atol=1e-12)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_pushing_back_in_chunks_is_direct_autograd(prior, cut):
    _, w = latents(prior)
    f = prior.between(None, w, 0, cut) if cut else None
    weight = torch.randn(5, prior.channels, prior.size, prior.size, generator=Generator().manual_seed(2)).double()
    leaves = [t.clone().requires_grad_(True) for t in (w, f) if t is not None]
    x = prior.decode(leaves[1] if cut else None, leaves[0], cut)
    loss = (weight * x.square()).sum() + x.mean(0).square().sum()  # images meet in the loss
    (at_images,) = torch.autograd.grad(loss, x, retain_graph=True)
    wanted = torch.autograd.grad(loss, leaves)
    found = push_back(lambda f, w: prior.decode(f, w, cut), at_images, w, f, 2)
    for a, b in zip(found, wanted, strict=False):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)
    assert (found[0][:, :cut] == 0).all(), "w of layers behind the cut feels nothing"
    assert all(float(found[0][:, k].abs().max()) > 0 for k in range(cut, len(prior.rows)))


def test_a_layer_is_the_modulated_convolution(prior):
    """Against weights that are scaled for each image, normalized, and used one image at a time (StyleGAN2's formula)."""
    layer: StyleLayer = prior.layers[1]
    f, w = torch.randn(3, 6, 4, 4).double(), torch.randn(3, 64).double()
    for i in range(3):
        s = layer.style(w[i])
        weight = layer.weight / (9 * 6) ** 0.5 * s[None, :, None, None]
        weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        grown = F.interpolate(f[i][None], scale_factor=2, mode="bilinear", align_corners=False)
        wanted = F.leaky_relu(F.conv2d(grown, weight, padding=1) + layer.bias[:, None, None], 0.2) * 2**0.5
        assert torch.allclose(layer(f, w)[i], wanted[0], rtol=1e-6)


def test_the_average_is_the_mean_of_mapped_latents(prior):
    labels = torch.arange(5).repeat(2)
    prior = prior.float()
    w = averaged_w(prior, labels, 40, Generator().manual_seed(7))
    generator, total = Generator().manual_seed(7), 0
    for _ in range(20):
        total = total + prior.map(prior.sample(10, generator), labels)
    assert torch.allclose(w, total / 20, atol=1e-5)
    assert not torch.allclose(w[:5], w[5:]), "images of a class stay different"


def test_broken_numbers_are_cleaned():
    f = torch.tensor([float("nan"), float("inf"), float("-inf"), 30.0, -30.0, 1.5])
    assert cleaned(f).tolist() == [0, 5, -5, 10, -10, 1.5]


def test_pixels_are_the_identity():
    x = torch.rand(2, 1, 8, 8)
    prior = Identity(1, 8, 10)
    assert torch.equal(prior.decode(x, prior.map(prior.sample(2, Generator()), torch.zeros(2)), 0), x)


def test_names_and_sizes_that_cannot_work():
    assert sides(28) == [7, 14, 28] and sides(96) == [6, 12, 24, 48, 96]
    for size in (7, 9, 18, 36, 30):
        with pytest.raises(BadSetting, match="cannot make"):
            sides(size)
    with pytest.raises(BadSetting, match=r'Did you mean "layer3".*There are latent, layer1'):
        cut_named("layr3", cuts_for("style", 1, 8))
    for spec, says in (
        ("styl", 'Did you mean "style"'),
        ("style:depth=3", "no option 'depth'"),
        ("style:width=2", "from 4 to 512"),
        ("untrained@abc", "only style and imported generators can name a file"),
    ):
        with pytest.raises(BadSetting, match=says):
            checked(spec)
