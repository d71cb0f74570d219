"""In which pixel space the numbers of a set are written: every space that it may be is tried, and how real its pixels would look decides.

    away = outside + |μ − μ_real| / σ_real + c |log(σ / σ_real)| + 2 |r − r_real|     c: 1, or ½ where σ > σ_real

with, over all pixels, how far they reach outside of [0, 1] (in σ_real), mean and s.d. (averaged over channels), and r the correlation of
neighbors: whitened pixels read as normalized ones have flat contrast and no r. Against a space count numbers around 0 of
which none is below it, and whitened ones that are too small. A layout's own space is preferred where it fits about as well, and a
teacher of the named data set says what it recognizes. What comes next is said beside what was taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...datasets import RealSet
from ...datasets.constants import IMAGENET, Constants
from ...errors import BadRecord, BadSetting, nearest
from .moments import away
from .mosaics import decoded
from .zca import MOST, whitening_of

FAR = 1.8  # away from real pixels beyond which no space fits: six times the contrast
PREFERRED = 0.25  # what being a layout's own space is worth; half for those that it may also write
RECOGNIZED = 0.5  # what being recognized by a teacher is worth
POSITIVE = 0.5  # against a space whose numbers lie around 0, where none is below it
SURE = 0.25  # a lead below which the answer should be looked at
DOUBTFUL = 1.0  # away beyond which it should be looked at, too
LOOKED_AT = 2000  # real images, and synthetic ones
WHITENED = 200  # real ones of which the usual size of whitened numbers is taken
CIFAR_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR: dict[str, Constants] = {
    "normalized-2023": (CIFAR_MEAN, (0.2023, 0.1994, 0.2010)),
    "normalized-2470": (CIFAR_MEAN, (0.2470, 0.2435, 0.2616)),
}
TITLES = {
    "unit": "[0, 1]",
    "bytes": "0 … 255",
    "signed": "[−1, 1]",
    "normalized": "normalized with the data set's mean and s.d.",
    "normalized-2023": "normalized with CIFAR's mean and s.d. .2023/.1994/.2010",
    "normalized-2470": "normalized with CIFAR's mean and s.d. .2470/.2435/.2616",
    "imagenet": "normalized with ImageNet's mean and s.d.",
    "zca": "ZCA-whitened with the data set's transform",
    "zca-kip": "whitened as KIP does (means and norms of its images are lost)",
}


@dataclass(frozen=True)
class Candidate:
    """A space, and what the set would be in it.

    Args:
        away: from real pixels; 0 is like them.
        recognized: the share of the images that a teacher puts into their classes; None without one.
        figures: outside, mean, s.d. and correlation of neighbors.
        worth: what decides; lower is better.
    """

    space: str
    away: float
    figures: tuple[float, float, float, float]
    recognized: float | None
    worth: float

    @property
    def sentence(self) -> str:
        outside, mean, std, smooth = self.figures
        seen = "" if self.recognized is None else f", a teacher recognizes {100 * self.recognized:.0f} %"
        return (
            f"{TITLES[self.space]}: {100 * outside:.3g} % outside, mean {mean:.3g}, s.d. {std:.3g}, neighbors {smooth:.2f}{seen} "
            f"(away {self.away:.2f})"
        )


def constants_of(space: str, real: RealSet) -> Constants:
    """Mean and s.d. that a normalized space was made with."""
    if space == "normalized":
        return real.mean, real.std
    return IMAGENET if space == "imagenet" else CIFAR[space]


def spaces_for(real: RealSet, *, all_of_them: bool = False) -> list[str]:
    """The spaces that are tried for this data set. ZCA of large images only where it is asked for by name: fitting takes minutes."""
    small = real.channels * real.size**2 <= MOST
    cifar = real.channels == 3 and ("cifar" in real.name.casefold() or all_of_them)
    color = real.channels == 3 and (not cifar or all_of_them)
    found = ["unit", "bytes", "signed", "normalized", *(CIFAR if cifar else ()), *(["imagenet"] if color else [])]
    return [*found, *(["zca", "zca-kip"] if small or all_of_them else [])]


def to_pixels(images: Tensor, space: str, real: RealSet | None) -> Tensor:
    """Numbers of a space → pixels in [0, 1]; what reaches outside stays outside. What was 8 bits is 8 bits again.

    Raises `BadSetting` for an unknown space, or one that needs a data set where none is named.
    """
    given = images.float()
    if space in ("unit", "bytes", "signed"):
        simple: dict[str, Callable[[], Tensor]] = {
            "unit": lambda: given, "bytes": lambda: given / 255, "signed": lambda: (given + 1) / 2,
        }  # fmt: skip
        return snapped(simple[space]())
    if space not in TITLES:
        raise BadSetting(
            f"There is no pixel space {space!r}.{nearest(space, list(TITLES))} There are {', '.join(TITLES)}."
        )
    if real is None:
        raise BadSetting(f"Pixels {TITLES[space]} need the data set that is meant. Name it: --data NAME.")
    if space.startswith("zca"):
        return whitening_of(real, freed=space == "zca-kip").invert(given)
    mean, std = (torch.tensor(one).view(-1, 1, 1) for one in constants_of(space, real))
    if len(mean) != given.shape[1]:
        raise BadSetting(f"Pixels {TITLES[space]} are in color, and these images have {given.shape[1]} channel.")
    return snapped(given * std + mean)


def judging(pixels: Tensor, space: str, real: RealSet) -> Tensor:
    """Pixels in [0, 1] → the numbers that a network sees which was trained in a space."""
    if space == "unit":
        return pixels
    return whitening_of(real).whiten(pixels) if space == "zca" else real.normalize(pixels)


def snapped(pixels: Tensor) -> Tensor:
    """Pixels that are n / 255 but for the rounding of a float become exactly that: the same set in another space stays the same."""
    levels = (pixels * 255).round()
    whole = levels.min() >= 0 and levels.max() <= 255 and (pixels * 255 - levels).abs().max() < 1e-3
    return levels / 255 if bool(whole) else pixels


def whiter(given: Tensor, beside: Tensor, space: str, real: RealSet) -> float:
    """Log of how much smaller numbers are than whitened real ones, 0 where they are not: small ones come back as the mean image."""
    white = whitening_of(real, freed=space == "zca-kip").whiten(beside[:WHITENED])
    sizes = [max(float(one.double().square().mean()), 1e-12) for one in (white, given)]
    return max(0.0, math.log(sizes[0] / sizes[1]) / 2)


def judged(
    images: Tensor,
    labels: Tensor,
    real: RealSet,
    *,
    preferred: Sequence[str] = (),
    teacher: nn.Module | None = None,
    factor: int = 1,
) -> list[Candidate]:
    """Every space that the numbers may be in, best first. Mosaics are judged as students see them, cut by `factor`."""
    spaces = [
        one for one in spaces_for(real) if one != "zca-kip" or one in preferred
    ]  # fitted for sets of that kind alone
    own = [one for one in preferred if one in spaces]
    worth_of = {one: PREFERRED * (1.0 if place == 0 else 0.5) for place, one in enumerate(own)}
    rows = spread(len(images))
    shown, beside = images[rows], real.pixels(real.train.images[spread(len(real.train))])
    found = []
    for space in spaces:
        pixels = decoded(to_pixels(shown, space, real), factor)
        far, figures = away(pixels, beside)
        far += POSITIVE if space not in ("unit", "bytes") and not bool((shown < 0).any()) else 0.0
        far += whiter(shown, beside, space, real) if space.startswith("zca") else 0.0
        seen = None if teacher is None else recognized(teacher, real, pixels, labels[rows].repeat(factor**2))
        worth = far - worth_of.get(space, 0.0) - RECOGNIZED * (seen or 0.0)
        found.append(Candidate(space, far if math.isfinite(far) else 99.0, figures, seen, worth))
    return sorted(found, key=lambda one: one.worth)


def spread(count: int) -> Tensor:
    """Rows evenly spaced, at most `LOOKED_AT`."""
    return torch.arange(0, count, max(1, -(-count // LOOKED_AT)))


@torch.no_grad()
def recognized(teacher: nn.Module, real: RealSet, pixels: Tensor, labels: Tensor) -> float:
    """The share that a teacher puts into their classes, cut to [0, 1] as it has seen images."""
    found = torch.cat([teacher(real.normalize(part)).argmax(1) for part in pixels.clamp(0, 1).split(256)])
    return float((found == labels).float().mean())


def chosen(found: Sequence[Candidate], real: RealSet) -> Candidate:
    """The best space; `BadRecord` with the figures where none fits."""
    if found[0].away <= FAR:
        return found[0]
    listed = "; ".join(one.sentence for one in sorted(found, key=lambda one: one.away)[:4])
    raise BadRecord(
        f"In none of the known pixel spaces do the images look like {real.title}'s. {listed}. Name another data set, or say the "
        f"space with --pixels ({', '.join(spaces_for(real))})."
    )


def said(found: Sequence[Candidate]) -> str:
    """The answer and its runner-up in a sentence."""
    first, second = found[0], found[1]
    hint = (
        ""
        if second.worth - first.worth >= SURE
        else " They are close: look at both, and say --pixels if it is the other."
    )
    if not hint and first.away > DOUBTFUL:
        hint = " That is far from real pixels: look at it, and say --pixels if it is another."
    return f"Pixels: {first.sentence}. Next: {second.sentence}.{hint}"
