"""MTT: matching training trajectories.

George Cazenavette, Tongzhou Wang, Antonio Torralba, Alexei A. Efros, Jun-Yan Zhu, "Dataset Distillation by Matching
Training Trajectories", CVPR 2022, arXiv 2203.11932.

Experts are trained on all real data and remembered after every epoch. From a random point of a random expert a student
takes N steps on the synthetic images; the images, and the student's learning rate α, move until it arrives where the expert
was M epochs later.
"""

from __future__ import annotations

from typing import ClassVar

from ..method import Card
from ..parts.labels import AnyLabels, HardLabels
from ..parts.objectives import Trajectories
from ..search.matching import Matching
from ..search.spaces import AnySpace, Pixels


class TrajectoryMatching(Matching):
    """Match where training leads."""

    card: ClassVar[Card] = Card.of(__file__)

    objective: Trajectories = Trajectories()
    space: AnySpace = Pixels(lr_img=100.0)
    labels: AnyLabels = HardLabels(protocol="mtt")
