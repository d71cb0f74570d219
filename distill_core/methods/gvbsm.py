"""G-VBSM: generalized matching of various backbones and statistics.

Shitong Shao, Zeyuan Yin, Muxin Zhou, Xindong Zhang, Zhiqiang Shen, "Generalized Large-Scale Data Condensation via Various
Backbone and Statistical Matching", CVPR 2024, arXiv 2311.17950.

As SRe2L, with four additions: several networks take turns, iteration by iteration; statistics are also matched at what
enters every convolution, whole and at every patch; a batch holds all images of some classes, whose spectrum is kept flat
(data densification); and students learn from the mean logits of all networks by squared error beside the classes.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.batches import WholeClasses
from ..parts.labels import AnyLabels, LiveTeacher
from ..parts.recovering import Recovering
from ..parts.recovery import AnyRecovery, Inversion
from ..parts.spectra import FlatSpectrum
from ..parts.squeezing import AnySqueeze, SeveralNetworks
from ..parts.statistics import Everywhere
from ..parts.views import Windowed


class GeneralizedMatching(Recovering):
    """Recover with several networks and statistics at every convolution."""

    card: ClassVar[Card] = Card.of(__file__)

    squeeze: AnySqueeze = SeveralNetworks()
    recover: AnyRecovery = Inversion(
        lr_img=0.05,
        view=Windowed(jitter=1.0),
        statistics=Everywhere(drop=0.4),
        spectrum=FlatSpectrum(),
        batches=WholeClasses(),
    )
    labels: AnyLabels = LiveTeacher(protocol="gvbsm")
