"""Augmentations by name, as protocols and recipes say them."""

from __future__ import annotations

from ..errors import BadSetting, nearest
from ..spec import Spec, parse
from .augment import Augment, CropFlip, Nothing, ResizedCropFlip, Roll, Siamese, Tiles
from .one_of import OneOf


def build(spec: str, *, flip: bool = True, fill: tuple[float, ...] = ()) -> Augment:
    """By name: `none`, `roll:jitter=4`, `crop_flip:pad=4`, `resized_crop_flip:low=0.08`, `tiles:side=2`, `dsa`,
    `one_of:crop=4,scale=0.2,rotate=45`.

    Args:
        flip: whether these data may be mirrored at all (`RealSet.may_mirror`).
        fill: what a crop pads with, per channel.
    """
    asked = parse(spec)
    name = asked.name
    known = {"none": {}, "roll": {"jitter"}, "crop_flip": {"pad"}, "resized_crop_flip": {"low"}, "dsa": set()}
    known |= {"tiles": {"side"}, "one_of": {"crop", "scale", "rotate"}}
    if name not in known:
        raise BadSetting(
            f"There is no augmentation called {name!r}.{nearest(name, list(known))} Known: {', '.join(known)}."
        )
    if wrong := asked.options.keys() - set(known[name]):
        raise BadSetting(
            f"Augmentation {name!r} has no option {min(wrong)!r}. Options: {', '.join(known[name]) or 'none'}."
        )
    if name == "roll":
        return Roll(int(_number(asked, "jitter", 4)))
    if name == "crop_flip":
        return CropFlip(int(_number(asked, "pad", 0)), flip, fill)
    if name == "resized_crop_flip":
        return ResizedCropFlip((_number(asked, "low", 0.08), 1.0), flip=flip)
    if name == "tiles":
        return Tiles(int(_number(asked, "side", 1)), flip)
    if name == "one_of":
        return OneOf(*(_number(asked, one, usual) for one, usual in (("crop", 4), ("scale", 0.2), ("rotate", 45))))
    if name == "dsa":
        return Siamese(shared=False) if flip else Siamese(shared=False).without("flip")
    return Nothing()


def _number(asked: Spec, option: str, usual: float) -> float:
    value = asked.options.get(option, usual)
    if isinstance(value, str):
        raise BadSetting(f"{asked.name}:{option}={value} cannot work: a number is wanted, such as {usual:g}.")
    return value
