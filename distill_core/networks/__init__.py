"""Classifiers by name: students, teachers, feature extractors.

`build("convnet:width=64", channels=3, size=32, classes=10, seed=0)` gives a `Network`; `known()` lists what there is;
`resolve("auto", channels=3, size=32)` says which network the studio takes for such images.
"""

from __future__ import annotations

import torch

from ..errors import BadSetting, nearest
from ..spec import ZOO, parse
from . import classic, convnet, mobile, resnet, shuffle, vit, wide, zoo
from .network import Builder, Network, NetworkInfo, Option, canonical, checked, norm_among

__all__ = ["Network", "NetworkInfo", "Option", "build", "check", "known", "norm_of", "resolve"]

_ALL: dict[str, tuple[NetworkInfo, Builder]] = {
    "convnet": (convnet.INFO, convnet.convnet),
    "mlp": (classic.MLP, classic.mlp),
    "lenet": (classic.LENET, classic.lenet),
    "alexnet": (classic.ALEXNET, classic.alexnet),
    "vgg11": (classic.VGG11, classic.vgg11),
    **{info.name: (info, resnet.BUILDERS[info.name]) for info in resnet.INFOS},
    "wrn": (wide.INFO, wide.wrn),
    "mobilenetv2": (mobile.MOBILENET, mobile.mobilenetv2),
    "efficientnetb0": (mobile.EFFICIENTNET, mobile.efficientnetb0),
    "shufflenet": (mobile.SHUFFLENET, mobile.shufflenet),
    "shufflenetv1": (shuffle.INFO, shuffle.shufflenetv1),
    "vit": (vit.INFO, vit.vit),
    "deit": (vit.DEIT, vit.deit),
}


def known() -> list[NetworkInfo]:
    """Every network that can be built, in menu order."""
    return [info for info, _ in _ALL.values()]


def resolve(spec: str, *, channels: int, size: int) -> str:
    """`auto` becomes a network's name with its options (`auto:norm=instance`: with this one); any other spec comes back checked
    and spelled the one way.

    Two spellings of the same network come back equal: the order of options and defaults that are said do not count.
    """
    asked = parse(spec)
    if asked.name == "auto":
        usual = {"norm": "batch", "width": 64 if size <= 32 else 128}  # narrow enough for two CPU cores
        return str(canonical(convnet.INFO, {**usual, **asked.options}))
    return str(canonical(_find(asked.name)[0], asked.options))


def norm_of(spec: str) -> str:
    """How a network normalizes: `batch`, `instance`, `layer`, `group` or `none`."""
    asked = parse(spec)
    if asked.name == "auto":
        return str(asked.options.get("norm", "batch"))
    return norm_among(_find(asked.name)[0], asked.options)


def build(spec: str, *, channels: int, size: int, classes: int, seed: int | None = None) -> Network:
    """A network with random weights, on the CPU, in training mode.

    Args:
        spec: a name with options, such as `convnet:width=64`, or `auto`.
        channels, size: of the images; they are square and take 8 pixels or more.
        classes: how many logits.
        seed: the same seed gives the same weights and leaves torch's global generators as they were; None draws from
        them.
    """
    spec = resolve(spec, channels=channels, size=size)
    asked = parse(spec)
    info, builder = _find(asked.name)
    options = checked(info, asked.options)
    if channels not in (1, 3):
        raise BadSetting(f"{channels} channels cannot work: networks here take grey (1) or RGB (3) images.")
    if classes < 1:
        raise BadSetting(f"{classes} classes cannot work: a classifier needs at least one.")
    if size < info.smallest:
        raise BadSetting(
            f"{info.name} cannot take {size}×{size} images: it needs {info.smallest} pixels or more. Choose a larger size."
        )
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.default_generator.manual_seed(seed)  # torch.manual_seed would also reset the devices' generators
        network = builder(channels, size, classes, **options)
    network.spec = spec
    return network


def check(spec: str, *, channels: int, size: int) -> None:
    """Raise `BadSetting` where this network cannot take such images; no weights are made."""
    with torch.device("meta"):
        build(spec, channels=channels, size=size, classes=2, seed=0)


def _find(name: str) -> tuple[NetworkInfo, Builder]:
    if name == ZOO:
        return zoo.INFO, zoo.zoo
    if name not in _ALL:
        raise BadSetting(
            f"There is no network called {name!r}.{nearest(name, list(_ALL))} There are {', '.join(_ALL)}, and any of timm as {ZOO}:NAME."
        )
    return _ALL[name]
