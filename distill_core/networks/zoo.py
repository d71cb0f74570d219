"""Any network of timm as a student or a teacher: `timm:NAME`, with random weights; needs the extra `zoo`.

A timm network is one block here: its feature maps in between are not shown, its last features and its classifier are. Names with dots
are written as timm writes them (`timm:resnet18.a1_in1k` has the same architecture; no weights are loaded).
"""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor, nn

from ..errors import BadSetting, MissingPackage, nearest
from .network import Network, NetworkInfo, Option

INFO = NetworkInfo(
    "timm",
    "Any of timm",
    "A network of the library timm by its name, with random weights: timm:model=resnet10t.",
    (Option("model", "Its name in timm.", "resnet10t", always=True),),
    smallest=8,
    norm="its own",
)


class _Pooled(nn.Module):
    """The features of a timm network, pooled to one vector as it does itself."""

    def __init__(self, network: Any):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(n, f): what its classifier sees."""
        return cast(Tensor, self.network.forward_head(self.network.forward_features(x), pre_logits=True))


def _library() -> Any:
    try:
        import timm
    except ImportError:
        raise MissingPackage(
            "timm is not installed, so no network of it can be built. Install it with `pip install 'distill-studio[zoo]'` or `pip install timm`."
        ) from None
    return timm


def zoo(channels: int, size: int, classes: int, *, model: str) -> Network:
    """The network of timm with this name; `MissingPackage` without timm, `BadSetting` for a name it does not know or that cannot take
    such images."""
    timm, name = _library(), model.partition(".")[0]
    if name not in timm.list_models():
        raise BadSetting(
            f"timm has no network called {model!r}.{nearest(name, timm.list_models())} `timm.list_models()` lists all."
        )
    made = _made(timm, name, channels, size, classes)
    classifier = made.get_classifier()
    if not isinstance(classifier, nn.Linear):
        raise BadSetting(
            f"timm's {model} does not end in one linear layer, so it cannot be a student here. Choose another."
        )
    made.reset_classifier(0)
    return Network({"timm": _Pooled(made)}, nn.Identity(), classifier, channels=channels, size=size, classes=classes)


def _made(timm: Any, name: str, channels: int, size: int, classes: int) -> Any:
    """For images of this size where the network wants to know it, as those with positions do."""
    asked = {"pretrained": False, "in_chans": channels, "num_classes": classes}
    try:
        return timm.create_model(name, img_size=size, **asked)
    except TypeError:  # it has no such argument: it takes any size
        return timm.create_model(name, **asked)
    except (AssertionError, ValueError, RuntimeError) as error:
        raise BadSetting(f"timm's {name} cannot be built for {size}×{size} images: {error}. Choose another.") from None
