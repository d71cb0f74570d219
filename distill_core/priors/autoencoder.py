"""The decoder of any diffusers `AutoencoderKL` (the first stage of latent diffusion, arXiv 2112.10752), cut between blocks.

    latent ──▶ mid_block ──▶ up_blocks.0 ──▶ up_blocks.1 ──▶ … ──norm, SiLU, convolution──▶ pixels

There is no batch norm in it, so it is a clean hierarchy. It knows no classes, and w has one row: the latent itself (times the
file's scaling factor, so that it is near unit variance). Latents have to come from somewhere: where the file has its encoder,
up to 32 training images of each class are encoded once, when it is imported, and stored with the decoder; a sample is one of
them. A file with a decoder alone starts from normal noise, which decodes to texture.
GLaD at `latent` moves the latent; H-GLaD begins at mid_block, and from there on w drives nothing.

Needs the library diffusers and the `config.json` that lies beside the tensors. Old names of the attention's tensors (query,
key, value, proj_attn) are understood. Tiling, slicing, and `latents_mean` are not supported.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import torch
from torch import Generator, Tensor

from ..datasets import RealSet
from ..errors import BadRecord, BadSetting, MissingPackage
from .header import Config, Header
from .imported import Imported, Plan, Shape, agree
from .prior import LATENT, Cut

Library = Any  # diffusers says no types of its networks
SIGN = "decoder.conv_in.weight"
STARTS, EACH = "starts", 32
OLD = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}
FORM = (
    *("in_channels", "out_channels", "down_block_types", "up_block_types", "block_out_channels", "layers_per_block"),
    *(
        "act_fn",
        "latent_channels",
        "norm_num_groups",
        "use_quant_conv",
        "use_post_quant_conv",
        "mid_block_add_attention",
    ),
)


def skeleton(name: str, config: Config) -> Library:
    """The library's network for this configuration, without memory for its weights."""
    try:
        from diffusers import AutoencoderKL
    except ImportError:
        raise MissingPackage(
            'An AutoencoderKL needs the library diffusers. Install it: pip install "distill-studio[priors]"'
        ) from None
    if "block_out_channels" not in config or config.get("_class_name", "AutoencoderKL") != "AutoencoderKL":
        raise BadRecord(
            f"{name} is an autoencoder without the config.json of an AutoencoderKL. Put it into the same folder."
        )
    try:
        with torch.device("meta"):
            return AutoencoderKL(**{key: value for key, value in config.items() if key in FORM})
    except (TypeError, ValueError, RuntimeError, KeyError) as error:
        raise BadRecord(f"{name}: diffusers cannot build what config.json says ({error}).") from None


def modern(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under their present names; projections that were 1×1 convolutions become matrices."""
    return dict(_modern(key, tensor) if ".attentions." in key else (key, tensor) for key, tensor in tensors.items())


def _modern(key: str, tensor: Tensor) -> tuple[str, Tensor]:
    for old, new in OLD.items():
        key = key.replace(old, new)
    return key, tensor.flatten(1) if tensor.ndim == 4 else tensor


def plan(network: Library, config: Config, size: int, starts: Shape) -> Plan:
    """The cuts for images of this size.

    Raises:
        BadSetting: for a size that doubling never reaches.
    """
    decoder = network.decoder
    factor = 2 ** (len(config["block_out_channels"]) - 1)
    if size % factor:
        raise BadSetting(
            f"This autoencoder makes images of {factor}, {2 * factor}, {3 * factor}, … pixels, not of {size}."
        )
    side, widths = size // factor, list(reversed(config["block_out_channels"]))
    latent = (decoder.conv_in.in_channels, side, side)
    cuts = [Cut(LATENT, latent), Cut("mid_block", (widths[0], side, side))]
    for k, (width, block) in enumerate(zip(widths, decoder.up_blocks, strict=True)):
        side *= 2 if block.upsamplers is not None else 1
        cuts.append(Cut(f"up_blocks.{k}", (width, side, side)))
    wanted = {
        key: tuple(t.shape) for key, t in network.state_dict().items() if not key.startswith(("encoder.", "quant_"))
    }
    if starts:
        wanted[STARTS] = (*starts[:2], prod(latent))
    channels = decoder.conv_out.out_channels
    return Plan(tuple(cuts), (LATENT,), size, channels, 0, 1 if starts else prod(latent), wanted)


class Autoencoder(Imported):
    """w (n, 1, c · h · w) is the latent."""

    network: Library

    @classmethod
    def built(cls, name: str, tensors: Mapping[str, Tensor], about: Header, which: Tensor) -> Autoencoder:
        config = about.get("config", Config())
        network = skeleton(name, config)
        starts = tuple(tensors[STARTS].shape) if STARTS in tensors else ()
        found = plan(network, config, int(about["size"]), starts)
        agree(name, tensors, found.wanted)
        del network.encoder, network.quant_conv
        weights = {key: t.float() for key, t in tensors.items() if key != STARTS}
        network.load_state_dict(weights, strict=True, assign=True)
        made = cls(found, {STARTS: tensors[STARTS]} if starts else {}, which, "autoencoder")
        made.network = network.eval().requires_grad_(False)
        made.scale, made.shift = float(config.get("scaling_factor") or 1), float(config.get("shift_factor") or 0)
        return made

    scale: float
    shift: float

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Which of the stored images, as a number in [0, 1); or noise."""
        draw = torch.rand if STARTS in self else torch.randn
        return draw(n, self.plan.z, generator=generator)

    def map(self, z: Tensor, labels: Tensor) -> Tensor:
        if STARTS not in self:
            return z[:, None]
        starts = self[STARTS]
        return starts[labels, (z[:, 0] * starts.shape[1]).long()][:, None]

    def start(self, w: Tensor) -> Tensor:
        return w[:, 0].reshape(-1, *self.cuts[0].shape)

    def layer(self, f: Tensor, w: Tensor, k: int) -> Tensor:
        if k:
            return self.network.decoder.up_blocks[k - 1](f)
        f = f / self.scale + self.shift
        if self.network.post_quant_conv is not None:
            f = self.network.post_quant_conv(f)
        return self.network.decoder.mid_block(self.network.decoder.conv_in(f))

    def pixels(self, f: Tensor, w: Tensor) -> Tensor:
        last = self.network.decoder
        return (last.conv_out(last.conv_act(last.conv_norm_out(f))) + 1) / 2


@torch.no_grad()
def prepared(name: str, tensors: Mapping[str, Tensor], about: Header, real: RealSet) -> dict[str, Tensor]:
    """The decoder's tensors, and what the encoder makes of some real images of each class: (classes, m, latent)."""
    tensors, config = modern(tensors), about.get("config", Config())
    network = skeleton(name, config)
    kept = {key: t for key, t in tensors.items() if not key.startswith(("encoder.", "quant_conv."))}
    if not any(key.startswith("encoder.") for key in tensors):
        return kept
    plan(network, config, real.size, ())
    if network.encoder.conv_in.in_channels != real.channels:
        return kept  # what does not fit is said when the decoder is built
    agree(name, tensors, {key: tuple(t.shape) for key, t in network.state_dict().items()})
    network.load_state_dict({key: t.float() for key, t in tensors.items()}, strict=True, assign=True)
    each = min(EACH, *(len(real.per_class(c)) for c in range(len(real.classes))))
    scale, shift = float(config.get("scaling_factor") or 1), float(config.get("shift_factor") or 0)
    rows = []
    for c in range(len(real.classes)):
        images = real.pixels(real.train.images[real.per_class(c)[:each]])
        means = [network.encode(part * 2 - 1).latent_dist.mean for part in images.split(8)]
        rows.append((torch.cat(means) - shift).mul(scale).flatten(1))
    return {**kept, STARTS: torch.stack(rows)}
