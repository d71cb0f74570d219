"""What stands beside the candidates of one walk in a ranking: sets that differ, made of the same job and objective.

For each draw (a seed): random real images and means of a few of them, where the generator starts (one latent for every image, and
the average), the pixels and the feature map at every layer after few and after many updates. And once the mean image of every
class. What is searched ends up about equally good, what is only drawn does not: so several sets are drawn for each draw. All
are made once and kept by content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .. import store
from ..datasets import RealSet
from ..evaluation.ranking import Entrant
from ..job import Job
from ..method import Stream, drained, stage
from ..part import kind_of, settings_of
from ..parts.objectives import Objective
from ..parts.space import Found, Pixels, Space
from ..pieces.ground import Ground
from ..pieces.show import quantize
from ..pieces.start import starting_ids
from ..priors import cuts_for
from ..priors.prior import PIXELS
from ..search.one_layer import OneLayer
from ..search.prior import AVERAGED, InPrior

T = TypeVar("T")
SETS, APART = 4, 1000  # drawn for each draw, and how far their seeds lie from each other
FEW = (3, 10)  # real images in a mean
SHARED = ("prior", "lr_w", "lr_f", "momentum", "averaged", "chunk", "decode_mb", "precision")


@dataclass(frozen=True)
class Rivals:
    """Which are made.

    Args:
        inside: the space of the walk; None for a run without a generator: then pixels alone are searched.
        counts: updates of the images, few and many.
    """

    job: Job
    objective: Objective
    inside: InPrior | None
    counts: tuple[int, ...]
    draws: int

    def searches(self, real: RealSet) -> list[tuple[str, Space, int]]:
        """Layer, space, updates: all that is searched for one draw."""
        found: list[tuple[str, Space, int]] = [(PIXELS, Pixels(iterations=n), n) for n in self.counts]
        if self.inside is None or self.inside.prior == PIXELS:
            return found
        shared = {name: getattr(self.inside, name) for name in SHARED}
        for cut in cuts_for(self.inside.prior, real.channels, real.size):
            found += [(cut.name, OneLayer(**shared, layer=cut.name, iterations=n), n) for n in self.counts]
        return found

    def starts(self, real: RealSet) -> list[tuple[str, Space | int, int]]:
        """What is drawn and not searched: name, in which way (real images that are averaged, or a start in the generator), and
        how much is added to the seed."""
        found: list[tuple[str, Space | int, int]] = [("random real", 1, APART * i) for i in range(SETS)]
        found += [(f"mean of {n} real", n, 0) for n in FEW]
        if self.inside is None or self.inside.prior == PIXELS:
            return found
        latents = OneLayer(prior=self.inside.prior, averaged=0)
        found += [("one latent each", latents, APART * i) for i in range(SETS)]
        return [*found, ("averaged start", latents.model_copy(update={"averaged": AVERAGED}), 0)]

    def count(self, real: RealSet) -> int:
        """How many there are."""
        return self.draws * (len(self.searches(real)) + len(self.starts(real))) + bool(self.draws)

    def made(self, real: RealSet) -> Stream[list[Entrant]]:
        """All of them, in a stage of their own; what is at hand costs nothing."""
        if not self.draws:
            return []
        every = [one for draw in range(self.draws) for one in self._of(real, draw)]
        found = [_entrant("class mean", 0, 1, class_means(real, self.job.ipc), self.job.ipc)]
        for at, (name, updates, draw, stream, content) in enumerate(every):
            kept = yield from stage("rivals", _kept(content, stream), 0, at, len(every))
            found.append(_entrant(name, updates, draw + 1, kept, self.job.ipc))
        return found

    def _of(self, real: RealSet, draw: int) -> Iterator[tuple[str, int, int, Stream[Tensor], dict[str, object]]]:
        """Name, updates, draw, what makes the images, what they are made of."""
        first, ground = self.job.seed + draw, Ground.of(self.job)

        def seeded(seed: int) -> Ground:
            return replace(ground, job=self.job.model_copy(update={"seed": seed}))

        same: dict[str, object] = {"form": 1, "data": real.fingerprint, "ipc": self.job.ipc}
        for name, start, more in self.starts(real):
            told = {"seed": first + more, "start": name, "prior": getattr(start, "prior", "")}
            yield name, 0, draw, _first(start, self.objective, seeded(first + more)), {**same, **told}
        same |= {"network": self.job.teacher, "objective": kind_of(self.objective), **settings_of(self.objective)}
        for name, space, updates in self.searches(real):
            told = {"seed": first, "kind": kind_of(space), **{f"space.{k}": v for k, v in settings_of(space).items()}}
            yield name, updates, draw, _last(space.found(self.objective, seeded(first))), {**same, **told}


def class_means(real: RealSet, ipc: int) -> Tensor:
    """(ipc · classes, c, h, w) in [0, 1], slice-major: the mean image of every class; of `ipc` parts of it where there are more."""
    means = [
        torch.stack([part.mean(0) for part in real.pixels(real.train.images[real.per_class(c)]).tensor_split(ipc)])
        for c in range(len(real.classes))
    ]
    return torch.stack(means, 1).flatten(0, 1)


def _first(start: Space | int, objective: Objective, ground: Ground) -> Stream[Tensor]:
    """Images (n, c, h, w) in [0, 1] before any search; a number averages so many random real images for each."""
    ipc = ground.job.ipc
    if isinstance(start, int):
        ids = [starting_ids(ground.real, ipc, ground.job.seed + APART * i // SETS) for i in range(start)]
        return torch.stack([ground.real.pixels(ground.real.train.images[one.flatten()]) for one in ids]).mean(0)
    assert isinstance(start, InPrior)
    begun = yield from _hushed(start.begun(objective, ground))
    shown = begun.map_at(len(begun.prior.cuts), start.at_once(begun.prior, 0))
    assert shown is not None, "past the last cut are the images"
    return ground.real.denormalize(shown).cpu()


def _last(found: Stream[Found]) -> Stream[Tensor]:
    return (yield from _hushed(found))[0]


def _hushed(stream: Stream[T]) -> Stream[T]:
    """What a stream returns, and nothing of what it yields: dozens of searches are not watched one by one."""
    return drained(stream)
    yield


def _kept(content: dict[str, object], stream: Stream[Tensor]) -> Stream[Tensor]:
    """Images (n, c, h, w) uint8, found in the store or made."""

    def make(file: Path) -> Stream[None]:
        images = yield from stream
        save_file({"images": (quantize(images) * 255).round().byte().cpu().contiguous()}, file)

    return (yield from store.made("candidate", store.key_of(content), make, load_file))["images"]


def _entrant(name: str, updates: int, draw: int, images: Tensor, ipc: int) -> Entrant:
    pixels = images if images.dtype == torch.uint8 else (images * 255).round().byte()
    labels = np.tile(np.arange(len(pixels) // ipc), ipc)
    said = f"{name}, {updates} updates" if updates else name
    shown = pixels.permute(0, 2, 3, 1).numpy()
    return Entrant(f"{said}, draw {draw}", name, shown, labels, None, updates, (f"draw {draw}",), False)
