"""Generators that can be cut between layers; pixels are the simplest prior.

By name: `style:width=32` (ours, trained on these data with the recipe for them; found or trained in a stage of its own; for a part
of a larger set the one that ships for all of it), `style@<key>` (a
file that was trained or imported), `stylegan-xl@<key>`, `stylegan2@<key>`, `biggan@<key>`, `autoencoder@<key>` (somebody else's
generator, imported from a file), `untrained:width=32` (the same with random weights, a control), `pixels` (no generator).
"""

from __future__ import annotations

import torch

from .. import store
from ..datasets import RealSet
from ..errors import BadSetting, nearest
from ..events import Note
from ..method import Stream, stage
from ..spec import Spec, parse
from .prior import Cut, Identity, Prior
from .style import StyleGenerator, cuts_of

__all__ = ["Cut", "Identity", "Prior", "check", "cuts_for", "is_at_hand", "prior_of"]

# A part of a larger set takes the generator that ships for all of it: same classes, more images.
PART_OF = {"fashion": "fashion-mnist"}
OPTIONS = {"style": ("width", "steps", "sharpen"), "untrained": ("width",), "pixels": ()}
FOREIGN = ("stylegan-xl", "stylegan2", "biggan", "autoencoder")
OPTIONS |= dict.fromkeys(FOREIGN, ())
LEAST, MOST = {"width": 4, "steps": 1, "sharpen": 0}, {"width": 512, "steps": 1_000_000, "sharpen": 1_000_000}


def checked(spec: str) -> Spec:
    """The spec of a prior; `BadSetting` with a sentence for what there is not."""
    asked = parse(spec)
    name, weights = asked.name, asked.weights
    if name not in OPTIONS:
        raise BadSetting(
            f"There is no prior called {name!r}.{nearest(name, list(OPTIONS))} There are {', '.join(OPTIONS)}."
        )
    for option, value in asked.pairs:
        if option not in OPTIONS[name]:
            have = f"It has {', '.join(OPTIONS[name])}." if OPTIONS[name] else "It has no options."
            raise BadSetting(f"{name} has no option {option!r}.{nearest(option, OPTIONS[name])} {have}")
        if not isinstance(value, int) or not LEAST[option] <= value <= MOST[option]:
            raise BadSetting(
                f"{name}:{option}={value} cannot work: choose a whole number from {LEAST[option]} to {MOST[option]:,}."
            )
    if weights and name != "style" and name not in FOREIGN:
        raise BadSetting(
            f"{spec!r} cannot work: only style and imported generators can name a file. Write style@{weights}."
        )
    if name in FOREIGN and not weights:
        raise BadSetting(
            f"prior={name} names no file: it is somebody's generator, of images of one size (StyleGAN-XL's of GLaD: 128 pixels). "
            f"Import one for images of that size, as `distill-studio prior import FILE --data NAME:size=128`, and write {name}@KEY "
            "as it says; or choose prior=style, ours, with the quick rates."
        )
    return asked


def cuts_for(spec: str, channels: int, size: int) -> tuple[Cut, ...]:
    """The layers that a search can stop at, without loading or training anything."""
    asked = checked(spec)
    name = asked.name
    if name == "pixels":
        return Identity(channels, size, 1).cuts
    if name in FOREIGN:
        from .shelf import cuts

        return cuts(asked.weights, name, channels, size)
    return cuts_of(size, _numbers(asked).get("width", 32))


def check(spec: str, real: RealSet) -> None:
    """Raise `BadSetting` or `BadRecord` for a prior that makes no images of this data set, as far as its header says it."""
    asked = checked(spec)
    cuts_for(spec, real.channels, real.size)
    if asked.name in FOREIGN:
        from .shelf import check as imported

        imported(asked.weights, asked.name, real)
    elif asked.weights:
        from .files import check as ours

        ours(asked.weights, real)


def prior_of(spec: str, real: RealSet, seed: int, device: torch.device) -> Stream[Prior]:
    """The prior, in eval mode and with gradients of its own weights off; trained first where the name asks for that.

    Args:
        seed: of the weights of an untrained one. A trained one has the seed of its recipe, so that runs share it.
    """
    asked = checked(spec)
    name = asked.name
    shape = real.channels, real.size, len(real.classes)
    if name == "pixels":
        return Identity(*shape)
    if name == "untrained":
        network = StyleGenerator(*shape, width=_numbers(asked).get("width", 32), seed=seed)
        network.spec = str(asked)
        return network.to(device).eval().requires_grad_(False)
    if name in FOREIGN:
        from . import shelf

        return shelf.find(asked.weights, name, real, device)
    from .files import find
    from .recipes import recommended
    from .train import trained

    if key := asked.weights or _of_the_whole(asked, real):
        if not asked.weights:
            yield Note(
                f"The generator is style@{key}, trained on all of {PART_OF[parse(real.name).name]}; these data are a part of it."
            )
        return find(key, real, device)
    recipe = recommended(real.name, **_numbers(asked))
    return (yield from stage("prior", trained(real, recipe, device), recipe.steps + recipe.sharpen))


def is_at_hand(spec: str, real: RealSet) -> bool:
    """Whether `prior_of` need not train it first."""
    asked = checked(spec)
    if asked.name != "style" or asked.weights:
        return True
    return _is_trained(asked, real) or bool(_of_the_whole(asked, real))


def _is_trained(asked: Spec, real: RealSet) -> bool:
    from .recipes import recommended
    from .train import prior_key

    return store.find("prior", prior_key(real, recommended(real.name, **_numbers(asked)))) is not None


def _of_the_whole(asked: Spec, real: RealSet) -> str:
    """Key of the shipped generator of the set that these data are a part of. "" where they are whole, have a trained one of their own,
    or one with options is asked for."""
    from .files import shipped

    whole = PART_OF.get(parse(real.name).name, "")
    return shipped(whole, real) if whole and not asked.pairs and not _is_trained(asked, real) else ""


def _numbers(asked: Spec) -> dict[str, int]:
    return {option: int(value) for option, value in asked.pairs}
