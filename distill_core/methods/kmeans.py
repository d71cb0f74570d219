"""Class means: the average image of each class, or the averages of its parts.

With one image per class it is the class mean, no learning at all; with more, the centers of Lloyd's k-means (1982) over the
class's training images, in pixels. The plain control beside random images: what a method adds to averaging.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from sklearn.cluster import KMeans
from torch import Tensor

from ..events import Images
from ..job import Job
from ..loop import saw, steps
from ..method import Card, Method, Stream, stage
from ..part import knob
from ..pieces.ground import Ground
from ..pieces.show import quantize, show
from ..results import Pictures


class ClassMeans(Method):
    """Keep averages of real images."""

    card: ClassVar[Card] = Card.of(__file__)

    restarts: int = knob(1, "Restarts", "How often k-means starts anew; the tightest clusters are kept.", ge=1, le=100)

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = Ground.of(job)
        real = ground.real
        images = torch.zeros(job.ipc, ground.classes, *real.train.images.shape[1:])
        yield from stage("average", self._averaged(ground, images), ground.classes)
        return Pictures(quantize(images.flatten(0, 1)), ground.labels, real.classes, real.mean, real.std)

    def _averaged(self, ground: Ground, images: Tensor) -> Stream[None]:
        """Fill images (ipc, classes, c, h, w) in [0, 1], class after class."""
        real, job = ground.real, ground.job
        for step in steps("average", ground.classes, state={"images": images}):
            of_class = real.pixels(real.train.images[real.per_class(step.index)])
            saw(len(of_class))
            images[:, step.index] = centers(of_class, job.ipc, job.seed, self.restarts)
            if step.due:
                yield self._shown(step.index, ground, images)

    def _shown(self, step: int, ground: Ground, images: Tensor) -> Images:
        return show(step, images.flatten(0, 1), ground.labels)


def centers(images: Tensor, k: int, seed: int, restarts: int = 1) -> Tensor:
    """(k, c, h, w) centers of the images (n, c, h, w), those of the largest clusters first."""
    if k == 1:
        return images.double().mean(0, keepdim=True).float()
    found = KMeans(k, n_init=restarts, random_state=seed).fit(images.flatten(1).numpy())
    sizes = torch.from_numpy(found.labels_).long().bincount(minlength=k)
    order = sizes.argsort(descending=True, stable=True)
    return torch.from_numpy(found.cluster_centers_).float()[order].unflatten(1, images.shape[1:])
