"""What public checkpoints call the tensors of the networks here: one table, and torchvision's own order for its networks.

Sources: torchvision's `resnet` (conv1, bn1, layer1.0.downsample.0, fc; timm's are the same), the CIFAR variants after
kuangliu/pytorch-cifar (shortcut, linear), and the networks of DatasetCondensation (VICO-UoE, `networks.py`, which MTT and most that
came after took over): `features.0.weight` … `classifier.bias`, positions counted through convolution, norm, activation and pooling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import BadRecord
from ..networks import Network
from ..spec import parse

Rules = tuple[tuple[str, tuple[str, ...]], ...]  # the beginning of our name (a pattern) → what others write there
_RESNET: Rules = (
    (r"body\.stem\.0\.", ("conv1.",)),
    (r"body\.stem\.1\.", ("bn1.",)),
    (r"body\.(layer\d\.\d+)\.downsample\.", (r"\1.downsample.", r"\1.shortcut.")),
    (r"body\.(layer\d\.)", (r"\1",)),
    (r"classifier\.", ("fc.", "linear.", "classifier.")),
)
_FEATURES: Rules = ((r"body\.(\d+)\.", (r"features.\1.",)), (r"classifier\.", ("classifier.", "fc.", "linear.")))
TABLE: dict[str, Rules] = {
    **{f"resnet{depth}": _RESNET for depth in (18, 34, 50, 101)},
    "convnet": _FEATURES,
    "vgg11": _FEATURES,
    "alexnet": _FEATURES,
    "lenet": (
        (r"body\.(\d+)\.", (r"features.\1.",)),
        (r"neck\.1\.", ("fc_1.",)),
        (r"neck\.3\.", ("fc_2.",)),
        (r"classifier\.", ("fc_3.",)),
    ),
    "mlp": ((r"body\.1\.", ("fc_1.",)), (r"body\.3\.", ("fc_2.",)), (r"classifier\.", ("fc_3.",))),
}
NUMBERED = ("convnet", "vgg11", "alexnet", "lenet", "mlp")  # rules count the modules of all blocks in turn
WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "backbone.")  # what training code puts before every name
COUNTER = "num_batches_tracked"  # of a batch norm; nothing is computed from it here, and older files lack it
MODELS = {"mobilenetv2": "mobilenet_v2", "efficientnetb0": "efficientnet_b0"}


@dataclass(frozen=True)
class Named:
    """Tensors under our names, and the name that each had in the file."""

    tensors: dict[str, Tensor]
    was: dict[str, str]


def ours(name: str, tensors: Mapping[str, Tensor], network: Network) -> Named:
    """The tensors of a file under our names where it has public ones; else as they are, and whoever fits them says what is wrong.

    Raises `BadRecord` where a file has public names, but not all of them.
    """
    wanted = network.state_dict()
    if any(one.startswith("body.") for one in tensors):  # ours; `classifier.weight` is what others say too
        return Named(dict(tensors), {one: one for one in tensors})
    bare = _unwrapped(tensors)
    known = _alternatives(network)
    found = {mine: next((one for one in theirs if one in bare), "") for mine, theirs in known.items()}
    if not any(found.values()):
        return Named(dict(tensors), {one: one for one in tensors})
    for mine, theirs in known.items():
        if not found[mine] and not mine.endswith(COUNTER):
            listed = " or ".join(repr(one) for one in theirs)
            raise BadRecord(
                f"{name} has no tensor {listed}, which is what {mine!r} of a {network.spec} is called in public files. "
                "Choose the network it was made for."
            )
    taken = {mine: bare[theirs] if theirs else torch.zeros_like(wanted[mine]) for mine, theirs in found.items()}
    left = {one: tensor for one, tensor in bare.items() if one not in found.values()}
    return Named(taken | left, {mine: theirs for mine, theirs in found.items() if theirs})


def _unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without what training code put before all names."""
    found = dict(tensors)
    while wrapper := next((one for one in WRAPPERS if all(name.startswith(one) for name in found)), ""):
        found = {name.removeprefix(wrapper): tensor for name, tensor in found.items()}
    return found


def _alternatives(network: Network) -> dict[str, tuple[str, ...]]:
    """Our name of every tensor → what public files may call it."""
    family = parse(network.spec).name
    if theirs := _in_library(network):
        return {mine: (name,) for mine, name in zip(network.state_dict(), theirs, strict=True)}
    rules = TABLE.get(family, ())
    counted = _counted(network) if family in NUMBERED else {}
    found: dict[str, tuple[str, ...]] = {}
    for mine in network.state_dict():
        spelled = next((mine.replace(path, at, 1) for path, at in counted.items() if mine.startswith(path)), mine)
        rule = next(((pattern, theirs) for pattern, theirs in rules if re.match(pattern, spelled)), None)
        if rule:
            found[mine] = tuple(re.sub(f"^{rule[0]}", one, spelled) for one in rule[1])
    return found


def _counted(network: Network) -> dict[str, str]:
    """`body.block2.conv.` → `body.4.`: where a module stands among those of all blocks in turn."""
    places = [
        f"body.{block}.{name}." for block, part in network.body.named_children() for name, _ in part.named_children()
    ]
    return {path: f"body.{i}." for i, path in enumerate(places)}


def model_name(spec: str) -> str:
    """What torchvision calls a network of ours."""
    asked = parse(spec)
    if asked.name == "shufflenet":
        return "shufflenet_v2_x0_5" if asked.options.get("width") == 0.5 else "shufflenet_v2_x1_0"
    return MODELS.get(asked.name, asked.name)


def library_names(spec: str) -> list[str]:
    """Names of torchvision's tensors, in its order, which is ours: both networks hold the same modules in the same order."""
    from torchvision.models import get_model

    with torch.device("meta"):  # only their names are read
        network: nn.Module = get_model(model_name(spec), weights=None)
    return list(network.state_dict())


def _in_library(network: Network) -> list[str]:
    """torchvision's names for networks of its own that no row of the table knows; [] for all others."""
    asked = parse(network.spec)
    own = asked.name in ("mobilenetv2", "efficientnetb0", "shufflenet")
    whole = asked.name == "alexnet" and asked.options.get("stem") == "torchvision"
    return library_names(network.spec) if own or whole else []
