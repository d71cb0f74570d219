"""The pixels of views that were drawn before."""

from __future__ import annotations

import torch
from torch import Tensor

from ..datasets import RealSet
from ..pieces import views as viewing
from ..pieces.augment import Augment
from ..results.views import Views


def pixels(views: Views, augment: Augment, images: Tensor, real: RealSet) -> Tensor:
    """What is seen in these views: (n, c, h, w) normalized, on the device of the images, of which all are given."""

    def whole(rows: Tensor) -> Tensor:
        x = images[rows.to(images.device)]
        return real.normalize(x if x.is_floating_point() else real.pixels(x))

    return viewing.shown(augment, views, whole(views.own), None if views.partner is None else whole(views.partner))


def black_of(real: RealSet) -> tuple[float, ...]:
    """Black, normalized, a number for each channel."""
    return tuple(real.normalize(torch.zeros(real.channels, 1, 1)).flatten().tolist())
