"""Attention matching as an objective: DataDAM (ICCV 2023, arXiv 2310.00093) and ATOM (CVPRW 2024, arXiv 2405.01373).

    L = k · Σ_c [ Σ_{l<L} ( a_s ‖ mean_{B_c} z_s^l − mean_{S_c} z_s^l ‖² + a_c ‖ mean_{B_c} z_c^l − mean_{S_c} z_c^l ‖² )
                  + λ ‖ mean ψ(B_c) − mean ψ(S_c) ‖² ]

z_s, z_c: attention over places and over channels of block l's maps, of length 1 for every image (`measures/attention.py`); ψ: the
last features. A network with fresh random weights looks at every step; the last block counts through ψ alone. DataDAM is a_c = 0.

The released code of DataDAM multiplies everything by k = 100, the paper's formula by 1; its defaults take p = 1 where its own
table takes 4. ATOM's code is not public: its p_c, its two weights and where it looks are open here, and nobody's.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from ...datasets import load
from ...errors import BadSetting
from ...job import Job
from ...loop import Step
from ...measures.attention import Place, channel, looked_through, spatial, without_maps
from ...method import Stream
from ...networks import Network
from ...part import again, knob
from ...pieces.ground import Ground
from ...pieces.match import Match, Rates, random_network
from .objective import BatchMatch, Compared, FromRealBatches

TABLE, CODE = "arXiv 2310.00093, table of the released code", "arXiv 2310.00093, released code"
OPEN = "ours: that of ATOM (arXiv 2405.01373) could not be verified"
PLACES, CHANNELS, MEANS = "places", "channels", "means"
LOSSES = {
    PLACES: "places-loss",
    CHANNELS: "channels-loss",
    MEANS: "means-loss",
}  # of all layers, by the end of a term's name


class SpatialAttention(FromRealBatches):
    """Attention over places in every block but the last, and mean features: Σ_c Σ_l ‖ Δ mean z_s^l ‖² + λ ‖ Δ mean ψ ‖²."""

    kind: Literal["datadam"] = "datadam"
    students: ClassVar[str] = "datadam"
    usual: ClassVar[Rates] = Rates(1e-4, 0.01, 0.01)  # the paper's 1 at pixels throws small images about

    power: float = knob(
        4.0,
        "Power",
        "p, to which a map's values are taken before they are summed over channels: the larger, the more the strongest places count.",
        ge=1,
        le=8,
        source=TABLE,
    )
    mean_weight: float = knob(
        0.01,
        "λ",
        "Weight of the distance of mean last features beside that of attention.",
        ge=0,
        le=10,
        live=True,
        source=TABLE,
    )
    maps: Place = knob(
        "activation",
        "Where attention is taken",
        "Behind a block's last non-linearity, before it is pooled; or at the block's end.",
        advanced=True,
        source=CODE,
    )
    scale: float = knob(
        100.0,
        "Factor of the loss",
        "Everything is multiplied by it: 100 in the released code, 1 in the paper's formula.",
        gt=0,
        le=1e6,
        live=True,
        scale="log",
        advanced=True,
        source=CODE,
    )

    def why_not(self, job: Job) -> str | None:
        try:
            reason = without_maps(random_network(job, load(job.data), 0), self.maps)
        except BadSetting as error:
            reason = str(error)
        return reason or super().why_not(job)

    def match(self, ground: Ground) -> Stream[Match]:
        return AttentionMatch(self, ground)
        yield

    def terms(self, maps: dict[str, Tensor]) -> dict[str, tuple[float, Tensor]]:
        """A weight and attention vectors (n, d) of every map, by what a report calls them."""
        return {f"{name}, {PLACES}": (1.0, spatial(one, self.power)) for name, one in maps.items()}


class MixedAttention(SpatialAttention):
    """Attention over places and over channels in every block but the last, and mean features; a weight of 0 leaves one out."""

    kind: Literal["atom"] = "atom"  # type: ignore[assignment]

    maps: Place = again(SpatialAttention, "maps", "activation", OPEN)
    channel_power: float = knob(
        4.0,
        "Power over channels",
        "p before values are summed over places, for attention over channels: the larger, the more the strongest channels count.",
        ge=1,
        le=8,
        source=OPEN,
    )
    spatial_weight: float = knob(
        1.0,
        "Weight of places",
        "Of the distance of attention over places; 0 leaves it out.",
        ge=0,
        le=100,
        live=True,
        source=OPEN,
    )
    channel_weight: float = knob(
        1.0,
        "Weight of channels",
        "Of the distance of attention over channels; 0 leaves it out, which is DataDAM.",
        ge=0,
        le=100,
        live=True,
        source=OPEN,
    )

    def why_not(self, job: Job) -> str | None:
        if not self.spatial_weight and not self.channel_weight:
            return "Attention over places and over channels both have weight 0. Give one of them a weight, or take mean features (dm)."
        return super().why_not(job)

    def terms(self, maps: dict[str, Tensor]) -> dict[str, tuple[float, Tensor]]:
        found: dict[str, tuple[float, Tensor]] = {}
        for name, one in maps.items():
            if self.spatial_weight:
                found[f"{name}, {PLACES}"] = self.spatial_weight, spatial(one, self.power)
            if self.channel_weight:
                found[f"{name}, {CHANNELS}"] = self.channel_weight, channel(one, self.channel_power)
        return found


class AttentionMatch(BatchMatch):
    """Either objective in a run."""

    what = "attention-distance-by-class"

    def __init__(self, settings: SpatialAttention, ground: Ground):
        super().__init__(settings, ground)
        self.asked = settings

    def compared(self, network: Network, theirs: Tensor, ours: Tensor, step: Step) -> Compared:
        terms = class_terms(network, theirs, ours, self.ground.classes, step.now(self.asked))
        distances = torch.stack(list(terms.values())).sum(0)
        if not step.due:
            return Compared(distances, {}, {})
        said = {name: float(term.detach().sum()) for name, term in terms.items()}
        sums = {quantity: [v for name, v in said.items() if name.endswith(end)] for end, quantity in LOSSES.items()}
        scalars = {quantity: sum(values) for quantity, values in sums.items() if values}
        return Compared(distances, {"attention-distance-by-layer": said}, scalars)


def class_terms(
    network: Network, real_images: Tensor, synthetic: Tensor, classes: int, settings: SpatialAttention
) -> dict[str, Tensor]:
    """What every layer adds to L, class by class, with its weights: name → (classes,); `means` is the last features' share.

    Args:
        real_images, synthetic: (n · classes, c, h, w), one image of each class after the other; n may differ.
    """
    with torch.no_grad():
        wanted = _class_means(network, real_images, classes, settings)
    given = _class_means(network, synthetic, classes, settings)
    return {
        name: settings.scale * weight * (mean - wanted[name][1]).square().sum(1)
        for name, (weight, mean) in given.items()
    }


def _class_means(
    network: Network, images: Tensor, classes: int, settings: SpatialAttention
) -> dict[str, tuple[float, Tensor]]:
    """A weight and the means (classes, d) of what is matched, from one pass for all classes."""
    maps, features = looked_through(network, images, settings.maps)
    matched = {**settings.terms(maps), MEANS: (settings.mean_weight, features)}
    return {name: (weight, one.unflatten(0, (-1, classes)).mean(0)) for name, (weight, one) in matched.items()}
