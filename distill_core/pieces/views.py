"""Views that are drawn once and seen again: boxes, mirrors, partners and shares as plain numbers for each image.

`drawn` draws as a protocol's students do, and `shown` makes the pixels from what was drawn: the same pixels whatever batch an
image comes in, so that labels that were made on them hold.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from ..errors import BadSetting
from ..results.views import Crops, Views
from .augment import Augment, CropFlip, Drawn, Nothing, ResizedCropFlip, Tiles
from .mix import draw_cutmix, draw_mixup, share_of
from .warp import outside

STORABLE = "none, crop_flip, resized_crop_flip and tiles"


def unstorable(spec: str, augment: Augment, pixels: str) -> str | None:
    """Why views of this kind cannot be kept as boxes and mirrors, or None."""
    if pixels != "none":
        return f"what {pixels} does to pixels is no box"
    fits = isinstance(augment, Nothing | CropFlip | Tiles) or (
        isinstance(augment, ResizedCropFlip) and not augment.shared
    )
    return None if fits else f"what {spec} does to images is no box ({STORABLE} are)"


def drawn(augment: Augment, mix: str, alpha: float, own: Tensor, size: int, generator: Generator) -> Views:
    """Views of a batch of images (n,), by the same draws in the same order as those of a student's batch."""
    n = len(own)
    crops = _kept(augment, augment.draw(generator, n, size), n, size)
    if mix == "none":
        return Views(own, crops)
    if mix == "mixup":
        share, places = draw_mixup(n, alpha, generator)
        return Views(own, crops, own[places], crops[places], torch.full((n,), share))
    box, places = draw_cutmix(n, size, size, alpha, generator)
    boxes = torch.tensor([box]).expand(n, 4)
    return Views(own, crops, own[places], crops[places], torch.full((n,), share_of(box, size, size)), boxes)


def shown(augment: Augment, views: Views, own: Tensor, other: Tensor | None) -> Tensor:
    """The images of these views.

    Args:
        own: (n, c, h, w) the normalized images, whole.
        other: (n, c, h, w) their partners; None where nothing is mixed.
    """
    x = augment.apply(own, _again(augment, views.crops, own.shape[-1]))
    if other is None or views.others is None or views.share is None:
        return x
    y = augment.apply(other, _again(augment, views.others, own.shape[-1]))
    if views.box is not None:
        return torch.where(outside(views.box, x).bool(), x, y)
    share = views.share.to(x.device)[:, None, None, None]
    return share * x + (1 - share) * y


def _kept(augment: Augment, drawn: Drawn, n: int, size: int) -> Crops:
    """What an augmentation drew, as fractions of the image."""
    flip = drawn.get("flip", torch.zeros(n, dtype=torch.bool))
    if isinstance(augment, Nothing):
        return Crops(torch.tensor([[0.0, 0.0, 1.0, 1.0]]).expand(n, 4), flip)
    if isinstance(augment, CropFlip):
        return Crops(torch.cat([drawn["shift"].float() / size, torch.ones(n, 2)], 1), flip)
    if isinstance(augment, ResizedCropFlip | Tiles):
        return Crops(drawn["box"].float() / size, flip, drawn.get("order"))
    raise BadSetting(f"Views of {type(augment).__name__} cannot be stored: {STORABLE} can.")


def _again(augment: Augment, crops: Crops, size: int) -> Drawn:
    """Fractions as what the augmentation drew; those of whole pixels are whole pixels again."""
    if isinstance(augment, Nothing):
        return {}
    box = crops.box * size
    whole = box.round()
    if isinstance(augment, CropFlip):
        return {"shift": whole[:, :2].long(), "flip": crops.flip}
    near = torch.where((box - whole).abs() < 1e-3, whole, box)
    return {"box": near, "flip": crops.flip, **({} if crops.order is None else {"order": crops.order})}
