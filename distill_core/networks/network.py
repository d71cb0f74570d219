"""What every classifier here can be asked: logits, last features and block features, the same way for all of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from ..errors import BadSetting, nearest
from ..spec import Spec, Value


@dataclass(frozen=True)
class Option:
    """One option of a network: its default, and either the choices or the bounds of a number (None: no bound)."""

    name: str
    about: str
    default: Value
    choices: tuple[Value, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    always: bool = False  # spelled where it is the default, too: weights on disk are named by that spelling


@dataclass(frozen=True)
class NetworkInfo:
    """A network that can be built, as plain data."""

    name: str
    title: str
    about: str
    options: tuple[Option, ...] = ()
    smallest: int = 8  # pixels
    norm: str = "none"  # of its layers, where it has no option for that


def stem_option(also: str = "") -> Option:
    """Whether a network of torchvision is changed for small images, or taken as it is (weights for ImageNet-1K then fit)."""
    about = f"small: kept large for small images{also}; torchvision: as it was made for ImageNet."
    return Option("stem", about, "small", ("small", "torchvision"))


def rgb_only(name: str, channels: int) -> None:
    """Refuse grey images for a network of torchvision as it is."""
    if channels != 3:
        raise BadSetting(f"{name}:stem=torchvision takes RGB images, and these are grey. Leave stem out.")


class Network(nn.Module):
    """A classifier in three parts: `body` (named blocks in turn), `neck` (to one vector), `classifier` (one linear
    layer).

    Input: (n, channels, size, size), normalized. Attributes `spec`, `channels`, `size` and `classes` say what was
    built; `key` names the trained weights where they are kept by content, `trained_on` counts the real
    images that they were trained on, where that is known.
    """

    def __init__(
        self,
        body: Mapping[str, nn.Module],
        neck: nn.Module,
        classifier: nn.Module,
        *,
        channels: int,
        size: int,
        classes: int,
    ):
        super().__init__()
        self.body = nn.Sequential(OrderedDict(body))
        self.neck = neck
        self.classifier = classifier
        self.channels, self.size, self.classes = channels, size, classes
        self.spec = self.key = ""
        self.trained_on: int | None = None
        self.accuracy: float | None = None

    def blocks(self, x: Tensor) -> list[Tensor]:
        """The output of every block in turn: (n, c, h, w) maps, or (n, f) vectors in an MLP."""
        found = []
        for block in self.body:
            x = block(x)
            found.append(self.shown(x))
        return found

    def shown(self, x: Tensor) -> Tensor:
        """A block's output as it is looked at: itself, but for networks whose blocks pass on something else than maps."""
        return x

    def features(self, x: Tensor) -> Tensor:
        """(n, f): what the classifier sees; `classifier(features(x))` is `forward(x)`."""
        return self.neck(self.body(x))

    def forward(self, x: Tensor) -> Tensor:
        """(n, classes) logits."""
        return self.classifier(self.features(x))


Builder = Callable[..., Network]  # (channels, size, classes, **options)


def checked(info: NetworkInfo, given: Mapping[str, Value]) -> dict[str, Value]:
    """All options of a network with the given values in place; `BadSetting` for an unknown one or a value that cannot
    work.
    """
    known = {option.name: option for option in info.options}
    for name, value in given.items():
        if name not in known:
            have = f"It has {', '.join(known)}." if known else "It has no options."
            raise BadSetting(f"{info.name} has no option {name!r}.{nearest(name, list(known))} {have}")
        _check(info.name, known[name], value)
    return {name: given.get(name, option.default) for name, option in known.items()}


def canonical(info: NetworkInfo, given: Mapping[str, Value]) -> Spec:
    """The one spec of this network: checked, and without what is the default (but for options that are always said)."""
    full = checked(info, given)
    said = {o.name: full[o.name] for o in info.options if o.always or full[o.name] != o.default}
    return Spec.of(info.name, said)


def norm_among(info: NetworkInfo, given: Mapping[str, Value]) -> str:
    """How this network normalizes, by its option or by its kind."""
    default = next((o.default for o in info.options if o.name == "norm"), info.norm)
    return str(given.get("norm", default))


def _check(network: str, option: Option, value: Value) -> None:
    said = f"{network}:{option.name}={value} cannot work"
    if option.choices:
        if value not in option.choices:
            raise BadSetting(
                f"{said}: choose one of "
                f"{', '.join(map(str, option.choices))}.{nearest(str(value), [str(c) for c in option.choices])}"
            )
        return
    if isinstance(option.default, str) and option.default != "auto":
        return  # a name; whoever builds it knows which there are
    whole = isinstance(option.default, int) or option.default == "auto"
    if value == option.default:
        return
    if isinstance(value, str) or (whole and not isinstance(value, int)):
        raise BadSetting(f"{said}: a {'whole ' if whole else ''}number is wanted, such as {option.default}.")
    low, high = option.minimum, option.maximum
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise BadSetting(f"{said}: choose a number from {low:g} to {high:g}.")


def halved(side: int, times: int) -> int:
    """The side of a map after so many 2×2 poolings."""
    return side >> times
