"""What is kept of one image in one view, and what it takes: known before a byte is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ...errors import BadRecord, BadSetting
from ...results.views import Views
from ..dial import Rest

Columns = dict[str, tuple[np.dtype, int]]
FEW = 2**16  # classes whose numbers fit two bytes
NEVER = -1e4  # a logit that no softmax sees at the temperatures that are used here (up to 100)


@dataclass(frozen=True)
class Layout:
    """The columns of a record; every number is kept for each image, so that a store can be read in any batch.

    Args:
        mix: with a partner and its share; with CutMix the box as well.
        tiles: side of a mosaic whose tiles are shuffled, else 1.
        top: so many logits with their classes, the largest; 0: all.
    """

    classes: int
    mix: Literal["none", "mixup", "cutmix"] = "none"
    tiles: int = 1
    top: int = 0
    rest: Rest = "spread"

    def __post_init__(self) -> None:
        if self.top > self.classes:
            raise BadSetting(
                f"top={self.top} cannot work: there are {self.classes} classes. Choose 1 to {self.classes}, or 0 for all of them."
            )

    @property
    def columns(self) -> Columns:
        """Name → number type and how many of them, the widest types first."""
        found: Columns = {"own": (np.dtype("<i4"), 1), "crop": (np.dtype("<f4"), 4)}
        if self.mix != "none":
            found |= {"partner": (np.dtype("<i4"), 1), "share": (np.dtype("<f4"), 1)}
        if self.mix == "cutmix":
            found["box"] = (np.dtype("<i2"), 4)
        if self.top:
            found["which"] = (np.dtype("<u2" if self.classes <= FEW else "<u4"), self.top)
            found["logits"] = (np.dtype("<f2"), self.top)
            found |= {"left": (np.dtype("<f2"), 1)} if self.spreads else {}
        else:
            found["logits"] = (np.dtype("<f2"), self.classes)
        found["flip"] = (np.dtype("u1"), 1)
        if self.tiles > 1:
            found["order"] = (np.dtype("u1"), self.tiles**2)
        return dict(sorted(found.items(), key=lambda one: -one[1][0].itemsize))

    @property
    def spreads(self) -> bool:
        """Whether something is known of the classes that are left out."""
        return 0 < self.top < self.classes and self.rest == "spread"

    @property
    def record(self) -> int:
        """Bytes of one image in one view."""
        return sum(kind.itemsize * many for kind, many in self.columns.values())

    def plain(self) -> dict[str, object]:
        return asdict(self)

    def fits(self, free: int, records: int) -> int:
        """The most logits of each label that could be kept, so many records, in so many bytes; 0: not even one."""
        most = [top for top in range(1, self.classes) if self._with(top).record * records <= free]
        return max(most, default=0)

    def _with(self, top: int) -> Layout:
        return Layout(self.classes, self.mix, self.tiles, top, self.rest)

    def packed(self, views: Views) -> dict[str, np.ndarray]:
        """The columns of these views with their logits."""
        assert views.logits is not None
        found = {"own": views.own, "crop": views.crops.box, "flip": views.crops.flip, **self._labels(views.logits)}
        if views.partner is not None and views.share is not None:
            found |= {"partner": views.partner, "share": views.share}
        if views.box is not None:
            found["box"] = views.box
        if views.crops.order is not None and self.tiles > 1:
            found["order"] = views.crops.order
        return {
            name: np.ascontiguousarray(found[name].cpu().numpy().astype(kind))
            for name, (kind, _) in self.columns.items()
        }

    def _labels(self, logits: Tensor) -> dict[str, Tensor]:
        if not bool(torch.isfinite(logits.half()).all()):
            raise BadRecord(
                f"The teacher's logits reach {float(logits.abs().max()):.3g}, which half precision cannot hold. Choose another teacher."
            )
        if not self.top:
            return {"logits": logits}
        largest, which = logits.float().topk(self.top, dim=1)
        others = torch.logsumexp(logits.float().scatter(1, which, -math.inf), 1) if self.spreads else logits[:, 0]
        return {"which": which, "logits": largest, "left": others}

    def logits(self, columns: dict[str, np.ndarray]) -> Tensor:
        """(n, classes) float32. Classes that were left out share what is left of the probability at temperature 1 in equal
        parts, or get so little that a softmax does not see it."""
        kept = torch.from_numpy(columns["logits"].astype(np.float32))
        if not self.top:
            return kept
        base = torch.full((len(kept), self.classes), NEVER)
        if self.spreads:
            left = torch.from_numpy(columns["left"].astype(np.float32)).reshape(-1, 1)
            base = (left - math.log(self.classes - self.top)).expand(-1, self.classes).contiguous()
        return base.scatter(1, torch.from_numpy(columns["which"].astype(np.int64)), kept)


def runs_of(sizes: Sequence[int]) -> list[list[int]]:
    """`[16, 16, 16, 4]` → `[[16, 3], [4, 1]]`: how batches are said in a file."""
    found: list[list[int]] = []
    for size in sizes:
        if found and found[-1][0] == size:
            found[-1][1] += 1
        else:
            found.append([size, 1])
    return found
