"""Small random checkpoints with the tensor names and shapes that the original networks write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import scipy.signal
import scipy.special
import torch
from safetensors.torch import save_file
from torch import Generator, Tensor

Z, W = 5, 7


class Draw(dict):
    """Tensors by name, drawn from one seed."""

    def __init__(self, seed: int = 0):
        super().__init__()
        self.generator = Generator(device="cpu").manual_seed(seed)

    def put(self, key: str, *shape: int, scale: float = 1.0, about: float = 0.0) -> None:
        if torch.get_default_device().type == "meta":
            self[key] = torch.empty(shape)
            return
        self[key] = about + scale * torch.randn(shape, generator=self.generator)

    def dense(self, key: str, out: int, given: int, about: float = 0.0, rate: float = 1.0) -> None:
        self.put(f"{key}.weight", out, given, scale=1 / rate)
        self.put(f"{key}.bias", out, scale=0.1 / rate, about=about)


def mapping(t: Draw, classes: int, xl: bool, layers: int = 2) -> None:
    if xl:
        t.put("mapping.embed.weight", max(12, classes), 6)  # of an image classifier: rows to spare
        if classes:
            t.dense("mapping.embed_proj", Z, 6)
        t.put("mapping.w_avg", *([classes] if classes else []), W)
    else:
        if classes:
            t.dense("mapping.embed", W, classes)
        t.put("mapping.w_avg", W)
    given = Z + (0 if not classes else Z if xl else W)
    for k in range(layers):
        t.dense(f"mapping.fc{k}", W, given, rate=0.01)
        given = W


def lowpass(taps: int, cutoff: float, width: float, fs: float, radial: bool = False) -> Tensor | None:
    """Kaiser's low pass, separable or round (2106.12423, appendix C)."""
    if taps == 1:
        return None
    if not radial:
        return torch.as_tensor(scipy.signal.firwin(taps, cutoff, width=width, fs=fs), dtype=torch.float32)
    x = (np.arange(taps) - (taps - 1) / 2) / fs
    r = np.hypot(*np.meshgrid(x, x))
    f = scipy.special.j1(2 * cutoff * np.pi * r) / (np.pi * r)
    window = np.kaiser(taps, scipy.signal.kaiser_beta(scipy.signal.kaiser_atten(taps, width / (fs / 2))))
    f = f * np.outer(window, window)
    return torch.as_tensor(f / f.sum(), dtype=torch.float32)


def stylegan3(
    classes=10, channels=1, xl=True, radial=False, layers=5, size=16, grown=(), base=48, cap=9, seed=0
) -> Draw:
    """A stem of `size` pixels; `grown` holds the number of layers of each ×2 stage on it (StyleGAN-XL)."""
    t = Draw(seed)
    mapping(t, classes, xl)
    rows = stage(2.0, 2**2.1, layers, size, None, base, cap)
    numbers = list(range(layers + 1))
    for more in grown:  # the two critically sampled layers and the one to pixels go; numbering leaves one out
        rows, numbers, size = rows[:-3], numbers[:-3], 2 * size
        cutoff, half, rate, _, width = rows[-1]
        numbers += range(len(rows) + 1, len(rows) + 2 + more)
        rows += stage(cutoff, cutoff + half, more, size, (rate, width), base, cap)
    rows[-1] = (*rows[-1][:4], channels)
    first = rows[0][4]
    t.put("synthesis.input.weight", first, first)
    t.dense("synthesis.input.affine", 4, W)
    t["synthesis.input.transform"] = torch.eye(3)
    t.put("synthesis.input.freqs", first, 2)
    t["synthesis.input.phases"] = torch.linspace(-0.5, 0.5, first)
    before = rows[0]
    for number, row in zip(numbers, rows, strict=True):
        rgb, critical = number == numbers[-1], number >= numbers[-1] - 2
        key, kernel = f"synthesis.L{number}_{row[3]}_{row[4]}", 1 if rgb or radial else 3
        t.dense(f"{key}.affine", before[4], W, about=1.0)
        t.put(f"{key}.weight", row[4], before[4], kernel, kernel)
        t.put(f"{key}.bias", row[4], scale=0.1)
        t[f"{key}.magnitude_ema"] = torch.tensor(0.5 + 0.1 * number)
        rate = max(before[2], row[2]) * (1 if rgb else 2)
        for name, one, round_ in (("up", before, False), ("down", row, radial and not critical)):
            factor = round(rate / one[2])
            if not rgb:
                t[f"{key}.{name}_filter"] = lowpass(6 * factor, one[0], 2 * one[1], rate, round_)
        before = row
    return t


def stage(cutoff, stop, layers, size, before, base, cap):
    """(cutoff, half width, sampling rate, side, channels) of each layer."""
    share = np.minimum(np.arange(layers + 1) / (layers - 2), 1)
    cutoffs = cutoff * (size / 2 / cutoff) ** share
    stops = stop * (size / 2 * 2**0.3 / stop) ** share
    rates = np.exp2(np.ceil(np.log2(np.minimum(stops * 2, size))))
    widths = np.rint(np.minimum(base / 2 / cutoffs, cap)).astype(int)
    if before:
        rates[0], widths[0] = before
    sides = rates + 20
    sides[-2:] = size
    halves = np.maximum(stops, rates / 2) - cutoffs
    found = zip(cutoffs, halves, rates, sides, widths, strict=True)
    return [(float(c), float(h), int(r), int(s), int(n)) for c, h, r, s, n in found]


def stylegan2(classes=10, channels=1, size=16, seed=0) -> Draw:
    t = Draw(seed)
    mapping(t, classes, xl=False, layers=3)
    one = torch.tensor([1.0, 3, 3, 1])
    fir, given, side = torch.outer(one, one) / 64, 6, 4
    t.put("synthesis.b4.const", given, 4, 4)
    while side <= size:
        block, width = f"synthesis.b{side}", max(3, 8 - side // 4)
        width = 6 if side == 4 else width
        t[f"{block}.resample_filter"] = fir
        for name in ("conv0", "conv1")[side == 4 :]:
            key = f"{block}.{name}"
            t.dense(f"{key}.affine", given, W, about=1.0)
            t.put(f"{key}.weight", width, given, 3, 3)
            t.put(f"{key}.bias", width, scale=0.1)
            t.put(f"{key}.noise_const", side, side)
            t[f"{key}.noise_strength"] = torch.tensor(0.3)
            t[f"{key}.resample_filter"] = fir
            given = width
        t.dense(f"{block}.torgb.affine", given, W, about=1.0)
        t.put(f"{block}.torgb.weight", channels, given, 1, 1, scale=0.3)
        t.put(f"{block}.torgb.bias", channels, scale=0.1)
        side *= 2
    return t


BIGGAN = {
    "output_dim": 16, "z_dim": 4, "class_embed_dim": 4, "channel_width": 8, "num_classes": 10, "eps": 1e-4, "n_stats": 51,
    "layers": [[False, 16, 16], [True, 16, 8], [False, 8, 4], [True, 4, 2], [False, 2, 1]], "attention_layer_position": 3,
}  # fmt: skip


def biggan(config=BIGGAN, seed=0) -> Draw:
    t, width, c = Draw(seed), config["channel_width"], 2 * config["z_dim"]

    def normed(key, *shape, bias=0):
        t.put(f"{key}.weight_orig", *shape)
        u, _, v = torch.linalg.svd(t[f"{key}.weight_orig"].flatten(1), full_matrices=False)
        t[f"{key}.weight_u"], t[f"{key}.weight_v"] = u[:, 0].contiguous(), v[0].contiguous()
        if bias:
            t.put(f"{key}.bias", bias, scale=0.1)

    def norm(key, n, conditional=True):
        t.put(f"{key}.running_means", config["n_stats"], n, scale=0.1)
        t[f"{key}.running_vars"] = torch.rand(config["n_stats"], n, generator=t.generator) + 0.1
        if conditional:
            normed(f"{key}.scale", n, c)
            normed(f"{key}.offset", n, c)
        else:
            t.put(f"{key}.weight", n, about=1.0, scale=0.1)
            t.put(f"{key}.bias", n, scale=0.1)

    t.put("embeddings.weight", config["class_embed_dim"], config["num_classes"])
    normed("generator.gen_z", 256 * width, c, bias=256 * width)
    at = 0
    for block, (_, times_in, times_out) in enumerate(config["layers"]):
        enter, leave = times_in * width, times_out * width
        if block == config["attention_layer_position"]:
            key = f"generator.layers.{at}"
            for name, out, given in (
                ("theta", enter // 8, enter),
                ("phi", enter // 8, enter),
                ("g", enter // 2, enter),
            ):
                normed(f"{key}.snconv1x1_{name}", out, given, 1, 1)
            normed(f"{key}.snconv1x1_o_conv", enter, enter // 2, 1, 1)
            t[f"{key}.gamma"] = torch.tensor([0.7])
            at += 1
        key, middle = f"generator.layers.{at}", enter // 4
        ways = ((enter, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, leave, 1))
        for part, (a, b, kernel) in enumerate(ways):
            norm(f"{key}.bn_{part}", a)
            normed(f"{key}.conv_{part}", b, a, kernel, kernel, bias=b)
        at += 1
    norm("generator.bn", width, conditional=False)
    normed("generator.conv_to_rgb", width, width, 3, 3, bias=width)
    return t


AUTOENCODER = {
    "_class_name": "AutoencoderKL", "in_channels": 1, "out_channels": 1, "latent_channels": 2, "norm_num_groups": 2,
    "block_out_channels": [4, 6, 6], "layers_per_block": 1, "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3, "scaling_factor": 0.5,
}  # fmt: skip


def autoencoder(config=AUTOENCODER, seed=0) -> Draw:
    from diffusers import AutoencoderKL

    torch.manual_seed(seed)
    t = Draw()
    t.update(AutoencoderKL(**{k: v for k, v in config.items() if k[0] != "_"}).state_dict())
    return t


def write(tensors, folder: Path, config=None, name="model.safetensors") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    save_file({k: t.clone().contiguous() for k, t in tensors.items()}, folder / name)
    return folder / name
