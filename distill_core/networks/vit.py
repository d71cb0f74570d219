"""A small vision transformer (2010.11929), on torchvision's `VisionTransformer`.

The default has 8×8 patches or fewer, six layers of width 128. The form of the GLaD papers for 32×32 images is
`vit:patch=4,dim=512,heads=8,mlp=512,norm=none,dropout=0.1` (all layer norms taken out). Departures from torchvision:
the classifier starts random, not at zero, so that untrained networks tell images apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..errors import BadSetting
from .network import Network, NetworkInfo, Option

if TYPE_CHECKING:
    from torchvision.models.vision_transformer import Encoder

INFO = NetworkInfo(
    "vit",
    "ViT",
    "A transformer over patches: no convolution after the first, every patch may look at every other.",
    (
        Option("patch", "Pixels a side of a patch; auto makes 8×8 patches.", "auto", minimum=1, maximum=64),
        Option("depth", "Layers.", 6, minimum=1, maximum=24),
        Option("dim", "Width of a token.", 128, minimum=8, maximum=1024),
        Option("heads", "Attention heads.", 4, minimum=1, maximum=16),
        Option("mlp", "Width of the hidden layer in each block.", 256, minimum=8, maximum=4096),
        Option("norm", "Layer norms, or none.", "layer", ("layer", "none")),
        Option("dropout", "Share of values that training leaves out.", 0.0, minimum=0, maximum=0.9),
    ),
)


DEIT = NetworkInfo(
    "deit",
    "DeiT-Tiny",
    "A larger ViT (width 192, 12 layers), far from the networks that sets are distilled with: the hard case of transfer.",
    (Option("patch", "Pixels a side of a patch; auto is 16 at 224 pixels.", "auto", minimum=1, maximum=64),),
    norm="layer",
)


class _Embed(nn.Module):
    """Images → tokens (n, 1 + patches, dim): patches, the class token in front, positions added."""

    def __init__(self, projection: nn.Module, token: nn.Parameter, positions: nn.Parameter, dropout: nn.Module):
        super().__init__()
        self.projection, self.dropout = projection, dropout
        self.token, self.positions = token, positions

    def forward(self, x: Tensor) -> Tensor:
        patches = self.projection(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), -1, -1), patches], dim=1)
        return self.dropout(tokens + self.positions)


class _Neck(nn.Module):
    """The class token, after the last norm."""

    def __init__(self, norm: nn.Module):
        super().__init__()
        self.norm = norm

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(tokens)[:, 0]


class ViT(Network):
    """A transformer whose blocks show their patch tokens as maps."""

    def shown(self, x: Tensor) -> Tensor:
        """Tokens (n, 1 + patches², dim) as (n, dim, patches, patches), without the class token."""
        side = round((x.shape[1] - 1) ** 0.5)
        return x[:, 1:].transpose(1, 2).unflatten(2, (side, side))


def vit(
    channels: int,
    size: int,
    classes: int,
    *,
    patch: int | str,
    depth: int,
    dim: int,
    heads: int,
    mlp: int,
    norm: str,
    dropout: float,
) -> Network:
    """Build a ViT for square images of `size` pixels."""
    from torchvision.models import VisionTransformer

    side = _automatic_patch(size) if patch == "auto" else int(patch)
    if size % side:
        fits = ", ".join(str(p) for p in range(1, size + 1) if size % p == 0)
        raise BadSetting(
            f"vit:patch={side} cannot work with {size}×{size} images: patches must tile them. Choose one of {fits}."
        )
    if dim % heads:
        raise BadSetting(f"vit:dim={dim},heads={heads} cannot work: the width must be a multiple of the heads.")
    whole = VisionTransformer(size, side, depth, heads, dim, mlp, dropout=dropout, num_classes=classes)
    if channels != 3:
        whole.conv_proj = nn.Conv2d(channels, dim, side, stride=side)
    nn.init.trunc_normal_(whole.conv_proj.weight, std=(channels * side * side) ** -0.5)
    nn.init.zeros_(whole.conv_proj.bias)
    if norm == "none":
        _without_norms(whole.encoder)
    embed = _Embed(whole.conv_proj, whole.class_token, whole.encoder.pos_embedding, whole.encoder.dropout)
    body = {"embed": embed} | {f"layer{i + 1}": layer for i, layer in enumerate(whole.encoder.layers.children())}
    classifier = nn.Linear(dim, classes)
    return ViT(body, _Neck(whole.encoder.ln), classifier, channels=channels, size=size, classes=classes)


def deit(channels: int, size: int, classes: int, *, patch: int | str) -> Network:
    """DeiT-Tiny (2012.12877) without its distillation token: width 192, 12 layers, 3 heads, 14×14 patches or fewer."""
    side = _automatic_patch(size, most=14) if patch == "auto" else patch
    form = {"depth": 12, "dim": 192, "heads": 3, "mlp": 768, "norm": "layer", "dropout": 0.0}
    return vit(channels, size, classes, patch=side, **form)  # type: ignore[arg-type]


def _automatic_patch(size: int, most: int = 8) -> int:
    """The smallest patch, two pixels or more, that tiles the image with `most` × `most` patches or fewer."""
    return next(p for p in range(2, size + 1) if size % p == 0 and size // p <= most)


def _without_norms(encoder: Encoder) -> None:
    encoder.ln = nn.Identity()
    for layer in encoder.layers:
        layer.ln_1, layer.ln_2 = nn.Identity(), nn.Identity()
