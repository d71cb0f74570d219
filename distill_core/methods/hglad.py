"""H-GLaD: hierarchical generative latent distillation, through all layers of a generator in turn.

Xinhao Zhong, Hao Fang, Bin Chen, Xulin Gu, Meikang Qiu, Shuhan Qi, Shu-Tao Xia, "Hierarchical Features Matter: A Deep
Exploration of Progressive Parameterization Method for Dataset Distillation", CVPR 2025, arXiv 2406.05704.

    for ℓ = 1 … L − 1:   (w, f_ℓ) ← K steps on  L_base( G_{L−1} ∘ … ∘ G_ℓ (f_ℓ; w), T )
                         f_{ℓ+1} ← clip( G_ℓ(f_ℓ; w), −10, 10 )            from the candidate with the least feature distance
    result: the candidate with the least feature distance of all

Images start from averaged latents, are moved inside the generator, first where a layer decides shapes, last where it decides
pixels. Any objective serves; a distance in the features of a classifier says which candidate to keep.

Where we depart: (1) our own small generator takes StyleGAN-XL's place, with rates for its scale; (2) candidates are copies,
so that the selection selects (in the released code it always keeps the last), and the last look of a layer is not followed by a
move; (3) the distance is our reconstruction of the class-relevant one, see `measures/relevance.py`; the released one is there
too; (4) images are normalized like real ones (for ImageNet the released code leaves that out), and the objective sees them in
the valid range; (5) the last stage in pixels, which the paper names and the code lacks, is a switch; (6) with several images per
class each averages latents of its own; (7) where a number breaks, the layer goes back to its best candidate.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from ..axis import Axis, along
from ..job import Job
from ..measures.relevance import METRIC
from ..method import Ablation, Beside, Card, Preset, Stream, knob
from ..results import Pictures
from ..search.judge import measure_of
from ..search.prior_settings import AVERAGED_START, CODE, FIVE, PRIORS, QUICK, Begun, InPrior, begun, released
from ..search.walk import Walk


class HierarchicalPrior(InPrior):
    """Match through all layers of a generator."""

    card: ClassVar[Card] = Card(
        name="hglad",
        title="Hierarchical GAN prior (H-GLaD)",
        idea="Move the images inside a generator, layer after layer, and keep whatever looks most like its class on the way.",
        family="generative prior",
        paper="Zhong et al., CVPR 2025, arXiv 2406.05704",
        url="https://arxiv.org/abs/2406.05704",
        learns="w of every layer and one feature map after the other",
        matches="mean features, gradients or trajectories, as chosen",
        labels="hard",
        departures=(
            "Our own small generator takes the place of StyleGAN-XL, unless one is imported.",
            "Candidates are copies; in the released code the best one is always the last.",
            "The feature distance is our reconstruction; the released one is a choice.",
            "Images are normalized like real ones and seen in the valid range.",
            "A last stage in pixels is a switch; the released code has none.",
        ),
        beside=(
            Beside("pixels", {"prior": "pixels"}),
            Beside("one layer", {}, "glad"),
            Beside("an untrained generator", {"prior": "untrained"}),
        ),
        presets=(
            Preset("Quick", {}, {}, QUICK),
            Preset("Gradients (released settings)", released("dc", looks=101), FIVE, CODE),
            Preset("Mean features (released settings)", released("dm", looks=11), FIVE, CODE),
            Preset("Trajectories (released settings)", released("mtt", looks=101), FIVE, CODE),
            Preset(
                "As released: the last candidate, random networks",
                {**released("dc", looks=101), "select": "last", "metric": "layerwise_random"},
                FIVE,
                CODE,
            ),
        ),
        ablations=(
            Ablation(
                "Layers visited",
                (
                    Axis(
                        "Layers",
                        {
                            "every": {"stride": 1, "pixel_stage": False},
                            "every second": {"stride": 2, "pixel_stage": False},
                            "every fourth": {"stride": 4, "pixel_stage": False},
                            "every, then pixels": {"stride": 1, "pixel_stage": True},
                        },
                    ),
                ),
                "Do all layers have to be visited, and do the pixels add anything after the last?",
                published=("every",),
                source="released code; the paper's text ends in pixels",
            ),
            Ablation(
                "Looks at each layer",
                (along("looks", 1, 6, 11, 21, 51, 101, title="Looks"),),
                "How long should a layer be searched before the next one?",
                published=("11",),
                source="released code with mean features; 101 with gradients and trajectories",
            ),
            Ablation(
                "Distance",
                (along("metric", "cam_weighted", "cam_map", "layerwise_random", "loss", "accuracy", title="Distance"),),
                "Which distance keeps the candidate that teaches best?",
                published=("layerwise_random",),
                source="released code, which computes it and then keeps the last; the paper's own formula was not to be had",
            ),
            Ablation(
                "What is kept",
                (along("select", "distance", "last", title="Keep"),),
                "Is the least distance a better choice than the last candidate?",
                published=("distance",),
                source="the paper's text; the released code keeps the last",
            ),
            AVERAGED_START,
            PRIORS,
        ),
    )

    looks: int = knob(
        21,
        "Looks at each layer",
        "Candidates of a layer; between two the images move once. The released code makes 101, with mean features 11.",
        ge=1,
        le=10_000,
        scale="log",
        source=QUICK,
    )
    stride: int = knob(1, "Stride", "1 visits every layer, 2 every second.", ge=1, le=8, source=CODE)
    pixel_stage: bool = knob(
        False,
        "Last stage in pixels",
        "After the last layer the pixels themselves are moved.",
        source="the paper's text",
    )
    select: Literal["distance", "last"] = knob(
        "distance",
        "Keep",
        "The candidate with the least distance, or the last one as the released code does.",
        source="paper",
    )
    metric: METRIC = knob(
        "cam_weighted",
        "Distance",
        "Class-weighted feature maps, their sum, random networks (as released), the loss, or a brief student's error.",
        source="ours, after class activation maps: the paper's formula was not to be had",
    )
    judge: str = knob(
        "auto",
        "Network of the distance",
        "A classifier trained on the real data: auto, resnet18.",
        advanced=True,
        source="ours",
    )

    def places(self, start: Begun) -> list[int]:
        """The cuts that are visited; one past the last cut means pixels."""
        if not start.prior.rows:
            return [0]
        last = len(start.prior.cuts) - 1
        return [*range(1, last + 1, self.stride), *([last + 1] if self.pixel_stage else [])]

    def distill(self, job: Job) -> Stream[Pictures]:
        start = yield from begun(self, job)
        ground, asked = start.ground, {"judge": self.judge, "augment": self.augment}
        measure = yield from measure_of(self.metric, job, ground.real, ground.device, **asked)
        return (yield from Walk(self, start, measure, self.places(start)).go())
