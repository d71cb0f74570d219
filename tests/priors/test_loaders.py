"""Imported generators: cut anywhere, alone or in a batch, with gradients; found again by name; and searched in."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.signal
import torch
import torch.nn.functional as F
from torch import Generator

from distill_core.datasets import load
from distill_core.methods import method_class
from distill_core.priors import cuts_for, prior_of
from distill_core.priors.biggan import BigGAN
from distill_core.priors.shelf import adopt
from distill_core.priors.style_parts import demodulation, resample
from distill_core.priors.stylegan2 import StyleGAN2
from distill_core.priors.stylegan3 import StyleGAN3, plan
from distill_core.search.inside import push_back
from tests.methods.tiny import drain, fitting, small
from tests.priors.checkpoints import AUTOENCODER, BIGGAN, autoencoder, biggan, stylegan2, stylegan3, write

DIGITS, SHAPES = "digits:size=8", "shapes:size=16,train=200,test=50"
CASES = {
    "stylegan-xl": (lambda: stylegan3(layers=4, size=8), None, DIGITS),
    "stylegan-xl grown": (lambda: stylegan3(layers=4, size=8, grown=(3,), channels=3), None, SHAPES),
    "stylegan-xl without classes": (lambda: stylegan3(layers=4, size=8, classes=0), None, DIGITS),
    "stylegan3-r": (lambda: stylegan3(layers=4, size=8, xl=False, radial=True), None, DIGITS),
    "stylegan3 without classes": (lambda: stylegan3(layers=4, size=8, xl=False, classes=0), None, DIGITS),
    "stylegan2": (lambda: stylegan2(size=8), None, DIGITS),
    "stylegan2 without classes": (lambda: stylegan2(size=16, channels=3, classes=0), None, SHAPES),
    "biggan": (biggan, BIGGAN, SHAPES),
    "autoencoder": (autoencoder, AUTOENCODER, DIGITS),
}


def taken(case, folder):
    """The prior's name, after it was imported, and its data."""
    if case == "autoencoder":
        pytest.importorskip("diffusers")
    make, config, data = CASES[case]
    real = load(data)
    return adopt(write(make(), folder, config), real), real


@pytest.fixture(params=CASES)
def prior(request, tmp_path):
    """The prior in float64, what to write for it, its data, w with every row of its own."""
    use, real = taken(request.param, tmp_path)
    _, prior = drain(prior_of(use, real, 0, torch.device("cpu")))
    assert cuts_for(use, real.channels, real.size) == prior.cuts and prior.spec == use
    assert not any(p.requires_grad for p in prior.parameters()) and not prior.training
    prior = prior.double()
    z, labels = prior.sample(4, Generator().manual_seed(0)).double(), torch.tensor([0, 1, 9, 1])
    w = prior.map(z, labels)
    return prior, w + 0.3 * torch.randn(w.shape, generator=Generator().manual_seed(1), dtype=w.dtype), z, labels


def test_a_cut_changes_nothing(prior):
    prior, w, z, labels = prior
    whole = prior.decode(None, w, 0)
    assert whole.shape == (4, prior.channels, prior.size, prior.size) and float(whole.std()) > 1e-3
    for k, cut in enumerate(prior.cuts):
        f = prior.between(None, w, 0, k)
        assert tuple(f.shape[1:]) == cut.shape
        assert torch.equal(prior.decode(f, w, k), whole)
        if k:
            assert torch.equal(prior.between(prior.between(None, w, 0, k - 1), w, k - 1, k), f)
    assert torch.equal(prior(z, labels), prior.decode(None, prior.map(z, labels), 0))


def test_an_image_does_not_depend_on_its_batch(prior):
    prior, w, z, labels = prior
    alone = torch.cat([prior.decode(None, one[None], 0) for one in w])
    assert torch.allclose(prior.decode(None, w, 0), alone, atol=1e-10)
    mapped = torch.cat([prior.map(z[i : i + 1], labels[i : i + 1]) for i in range(4)])
    assert torch.allclose(prior.map(z, labels), mapped, atol=1e-10)


def test_gradients_reach_w_and_f_at_every_cut(prior):
    prior, w, _, _ = prior
    names = [cut.name for cut in prior.cuts]
    weight = torch.randn(4, prior.channels, prior.size, prior.size, generator=Generator().manual_seed(2)).double()
    for cut in range(len(names)):
        f = prior.between(None, w, 0, cut) if cut else None
        to_w, to_f = push_back(lambda f, w, cut=cut: prior.decode(f, w, cut), weight, w, f, 3)
        for row, name in enumerate(prior.rows):
            drives = name == "pixels" or names.index(name) > cut or cut == 0
            assert (float(to_w[:, row].abs().max()) > 0) == drives, f"row {name} at cut {names[cut]}"
        assert to_f is None or all(float(one.abs().max()) > 0 for one in to_f)
        if cut == 1:  # against a difference of images
            step = 1e-6 * torch.randn(f.shape, generator=Generator().manual_seed(3)).double()
            moved = (weight * (prior.decode(f + step, w, 1) - prior.decode(f - step, w, 1))).sum() / 2
            assert float(moved) == pytest.approx(float((to_f * step).sum()), rel=1e-3)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", ["glad", "hglad"])
def test_a_search_goes_through_it(case, method, tmp_path):
    use, real = taken(case, tmp_path)
    long = {"glad": {"iterations": 1}, "hglad": {"looks": 2, "stride": 1, "measure": "loss"}}
    one = small(method_class(method), prior=use, averaged=4, **long[method])
    events, made = drain(one.distill(fitting(one, data=CASES[case][2], ipc=1)))
    assert made.images.shape == (len(real.classes), real.channels, real.size, real.size)
    assert torch.isfinite(made.images).all() and float(made.images.std()) > 0
    if method == "hglad":
        visited = {e.space for e in events if e.kind == "images"}
        assert visited >= {cut.name for cut in cuts_for(use, real.channels, real.size)[1:]}


def test_the_layout_of_the_128_pixel_imagenet_generator_is_the_published_one():
    """16² with 10 layers, grown three times by 7: 26 layers, 27 rows, and the shapes of the paper's f_n."""
    with torch.device("meta"):
        tensors = stylegan3(channels=3, layers=10, grown=(7, 7, 7), base=32768, cap=512, classes=1000)
    found = plan("128", {k: t.to("meta") for k, t in tensors.items()})
    shapes = [cut.shape for cut in found.cuts]
    assert (len(found.rows), len(shapes), found.size, found.classes) == (27, 26, 128, 1000)
    assert [shapes[n][1] for n in (1, 9, 10, 14, 15, 19, 20, 24, 25)] == [36, 36, 52, 52, 84, 84, 148, 148, 128]
    assert [shapes[n][0] for n in range(20, 26)] == [512, 431, 362, 304, 256, 256]


@pytest.mark.parametrize(("up", "down", "pad"), [(2, 1, (3, 2)), (4, 2, (5, 6)), (1, 2, (0, 0)), (2, 2, (-1, -2))])
def test_resampling_is_scipys(up, down, pad):
    x = torch.randn(1, 1, 9, 9, generator=Generator().manual_seed(0), dtype=torch.float64)
    fir = torch.randn(6 * up, generator=Generator().manual_seed(1), dtype=torch.float64)
    wide = np.kron(x[0, 0].numpy(), np.eye(up)[:1].T @ np.eye(up)[:1])  # zeros between
    low, high = pad
    wide = np.pad(wide, (max(low, 0), max(high, 0)))
    wide = wide[max(-low, 0) : len(wide) - max(-high, 0), max(-low, 0) : len(wide) - max(-high, 0)]
    whole = scipy.signal.convolve2d(wide, np.outer(fir, fir), "valid")[::down, ::down] * up**2
    assert np.allclose(resample(x, fir, up, down, pad)[0, 0], whole)
    assert np.allclose(resample(x, torch.outer(fir, fir), up, down, pad)[0, 0], whole)


def test_fourier_features_turn_and_shift_with_w():
    """Sines of the distance along each frequency, at pixel centers that w turns and shifts (2106.12423, appendix F)."""
    t = stylegan3(layers=4, size=8)
    prior = StyleGAN3.built("x", t, {}, torch.arange(10)).double()
    w = torch.randn(2, len(prior.rows), 7, dtype=torch.float64, generator=Generator().manual_seed(0))
    side, rate = 28, 8
    t = {k: v.double() for k, v in t.items()}
    for n in range(2):
        a = w[n, 0] @ t["synthesis.input.affine.weight"].T / math.sqrt(7) + t["synthesis.input.affine.bias"]
        c, s, dx, dy = (a / a[:2].norm()).tolist()
        wanted = torch.zeros(9, side, side, dtype=torch.float64)
        for (fx, fy), phase, channel in zip(
            t["synthesis.input.freqs"], t["synthesis.input.phases"], range(9), strict=True
        ):
            loud = float((1 - (torch.hypot(fx, fy) - 2) / (rate / 2 - 2)).clamp(0, 1))
            at = (torch.arange(side, dtype=torch.float64) + 0.5) / rate - side / rate / 2
            x, y = at[None, :] - dx, at[:, None] - dy  # shifted, then turned
            wanted[channel] = loud * torch.sin(2 * math.pi * (fx * (c * x - s * y) + fy * (s * x + c * y) + phase))
        wanted = torch.einsum("oc,chw->ohw", t["synthesis.input.weight"] / 3, wanted)
        assert torch.allclose(prior.start(w[n : n + 1])[0], wanted, atol=1e-9)


def test_the_first_layer_of_stylegan2_is_a_modulated_convolution():
    """With weights that are scaled and normalized for each image, one image at a time."""
    t = stylegan2(size=8)
    prior = StyleGAN2.built("x", t, {}, torch.arange(10)).double()
    t = {k: v.double() for k, v in t.items()}
    w = torch.randn(3, len(prior.rows), 7, dtype=torch.float64, generator=Generator().manual_seed(0))
    key = "synthesis.b4.conv1"
    for n in range(3):
        s = w[n, 0] @ t[f"{key}.affine.weight"].T / math.sqrt(7) + t[f"{key}.affine.bias"]
        weight = t[f"{key}.weight"] * s[:, None, None]
        norm = weight.square().sum((1, 2, 3), keepdim=True).sqrt()
        assert torch.allclose(1 / norm.flatten(), demodulation(t[f"{key}.weight"], s[None])[0], rtol=1e-6)
        x = F.conv2d(t["synthesis.b4.const"][None], weight / norm, padding=1)
        x = x + t[f"{key}.noise_strength"] * t[f"{key}.noise_const"]
        x = F.leaky_relu(x + t[f"{key}.bias"][:, None, None], 0.2) * math.sqrt(2)
        assert torch.allclose(prior.layer(prior.start(w[n : n + 1]), w[n : n + 1], 0), x, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("truncation", [1.0, 0.4])
def test_biggan_is_the_original(truncation):
    original = pytest.importorskip("pytorch_pretrained_biggan", exc_type=ImportError)
    tensors = biggan()
    network = original.BigGAN(original.BigGANConfig.from_dict(BIGGAN)).eval()
    network.load_state_dict(tensors)
    ours = BigGAN.built("x", tensors, {"config": BIGGAN, "truncation": truncation}, torch.arange(10))
    z, labels = ours.sample(4, Generator().manual_seed(0)), torch.arange(4)
    with torch.no_grad():
        wanted = (network(z, F.one_hot(labels, 10).float(), truncation) + 1) / 2
    assert float(z.abs().max()) <= 2 * truncation
    assert torch.allclose(ours(z, labels), wanted, atol=5e-6)


def test_the_autoencoder_is_diffusers_own_and_starts_from_real_images(tmp_path):
    diffusers = pytest.importorskip("diffusers")
    use, real = taken("autoencoder", tmp_path)
    _, prior = drain(prior_of(use, real, 0, torch.device("cpu")))
    network = diffusers.AutoencoderKL(**{k: v for k, v in AUTOENCODER.items() if k[0] != "_"}).eval()
    network.load_state_dict(autoencoder())
    latent = torch.randn(2, 2, 2, 2, generator=Generator().manual_seed(0))
    with torch.no_grad():
        wanted = (network.decode(latent / 0.5).sample + 1) / 2
        image = real.pixels(real.train.images[real.per_class(3)[:1]])
        code = network.encode(image * 2 - 1).latent_dist.mean * 0.5
    assert torch.allclose(prior.decode(None, latent.flatten(1)[:, None], 0), wanted, atol=1e-6)
    assert torch.allclose(prior.map(torch.zeros(1, 1), torch.tensor([3])).flatten(), code.flatten(), atol=1e-6)


def test_which_of_the_generators_classes_are_meant(tmp_path):
    real = load(DIGITS)
    path = write(stylegan3(layers=4, size=8, classes=12), tmp_path)
    chosen = [11, 3, 2, 5, 4, 0, 6, 7, 9, 8]
    _, prior = drain(prior_of(adopt(path, real, classes=chosen), real, 0, torch.device("cpu")))
    whole = StyleGAN3.built("x", stylegan3(layers=4, size=8, classes=12), {}, torch.arange(12))
    z = prior.sample(10, Generator().manual_seed(0))
    assert torch.equal(prior.map(z, torch.arange(10)), whole.map(z, torch.tensor(chosen)))
    assert prior.classes == 10 and json.loads(json.dumps(chosen)) == prior.which.tolist()
