"""Checkpoints as the world names their tensors: laid under our names, and the same network then."""

from __future__ import annotations

import json
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import get_model

from distill_core.datasets import load
from distill_core.errors import BadRecord
from distill_core.networks import build
from distill_core.pieces.adopt import adopt
from distill_core.pieces.teach import SqueezeRecipe, squeeze
from distill_core.pieces.tensor_names import ours
from tests.methods.tiny import drain

CPU = torch.device("cpu")


def reference(norm: str, channels: int = 3, size: int = 16, width: int = 8, depth: int = 2) -> nn.Module:
    """ConvNet as DatasetCondensation has it: `features` in one row, then `classifier`."""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers.append(nn.Conv2d(channels if i == 0 else width, width, 3, padding=1))
        layers += {"none": [], "batch": [nn.BatchNorm2d(width)], "instance": [nn.GroupNorm(width, width)]}[norm]
        layers += [nn.ReLU(), nn.AvgPool2d(2)]
    side = size // 2**depth
    head = nn.Linear(width * side * side, 5)
    return nn.Sequential(OrderedDict(features=nn.Sequential(*layers), flat=nn.Flatten(), classifier=head))


def cifar_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """torchvision's names as kuangliu's CIFAR code spells them."""
    return {
        name.replace(".downsample.", ".shortcut.").replace("fc.", "linear."): tensor for name, tensor in state.items()
    }


def small_resnet(norm: str = "batch") -> nn.Module:
    layer = None if norm == "batch" else lambda width: nn.GroupNorm(width, width)
    network = get_model("resnet18", weights=None, num_classes=5, norm_layer=layer)
    network.conv1, network.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return network


def lively(network: nn.Module) -> nn.Module:
    """With running statistics that are not those of a new network."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(), module.running_var.uniform_(0.5, 2)
    return network.eval()


CASES = {
    "convnet:depth=2,norm=instance,width=8": lambda: reference("instance"),
    "convnet:depth=2,norm=batch,width=8": lambda: reference("batch"),
    "convnet:depth=2,norm=none,width=8": lambda: reference("none"),
    "resnet18": small_resnet,
    "resnet18:norm=instance": lambda: small_resnet("instance"),
    "resnet18:stem=torchvision": lambda: get_model("resnet18", weights=None, num_classes=5),
    "resnet50:stem=torchvision": lambda: get_model("resnet50", weights=None, num_classes=5),
    "mobilenetv2:stem=torchvision": lambda: get_model("mobilenet_v2", weights=None, num_classes=5),
}


@pytest.mark.parametrize("spec", CASES)
@pytest.mark.parametrize("spelled", ["theirs", "cifar", "module", "older"])
def test_a_public_checkpoint_is_the_same_network_here(spec, spelled):
    torch.manual_seed(0)
    theirs = lively(CASES[spec]())
    size = 32 if "resnet" in spec or "mobile" in spec else 16
    state = theirs.state_dict()
    if spelled == "cifar" and "resnet" in spec:
        state = cifar_names(state)
    if spelled == "module":
        state = {f"module.{name}": tensor for name, tensor in state.items()}
    if spelled == "older":
        state = {name: tensor for name, tensor in state.items() if "num_batches" not in name}
    mine = build(spec, channels=3, size=size, classes=5, seed=0).eval()
    mine.load_state_dict(ours("a.safetensors", state, mine).tensors)
    x = torch.randn(2, 3, size, size)
    with torch.no_grad():
        assert torch.equal(mine(x), theirs(x))


@pytest.mark.parametrize("spec", ["alexnet", "vgg11", "lenet", "mlp"])
def test_the_references_other_networks(spec):
    """As DatasetCondensation names them: positions in `features`, then `classifier`, `fc` or `fc_1` to `fc_3`."""
    mine = build(spec, channels=3, size=32, classes=5, seed=0).eval()
    modules = [module for block in mine.body for module in block]
    head = {"alexnet": "fc", "vgg11": "classifier", "lenet": "fc_3", "mlp": "fc_3"}[spec]
    prefix = (
        {f"features.{i}": m for i, m in enumerate(modules)}
        if spec != "mlp"
        else {"fc_1": modules[1], "fc_2": modules[3]}
    )
    prefix |= {"fc_1": mine.neck[1], "fc_2": mine.neck[3]} if spec == "lenet" else {}
    state = {
        f"{name}.{key}": t
        for name, module in {**prefix, head: mine.classifier}.items()
        for key, t in module.state_dict().items()
    }
    fresh = build(spec, channels=3, size=32, classes=5, seed=1).eval()
    fresh.load_state_dict(ours("a.safetensors", state, fresh).tensors)
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(fresh(x), mine(x))


def test_what_does_not_fit_is_said_in_the_names_of_the_file():
    mine = build("convnet:depth=2,norm=batch,width=8", channels=3, size=16, classes=5, seed=0)
    state = reference("batch").state_dict()
    short = {name: tensor for name, tensor in state.items() if name != "features.1.weight"}
    with pytest.raises(BadRecord, match=r"no tensor 'features.1.weight', which is what 'body.block1.norm.weight'"):
        ours("a.safetensors", short, mine)
    assert "extra" in ours("a.safetensors", {**state, "extra": torch.zeros(1)}, mine).tensors
    average = {
        name.replace("shortcut.1", "shortcut.2"): t for name, t in cifar_names(small_resnet().state_dict()).items()
    }
    with pytest.raises(BadRecord, match=r"'layer2.0.downsample.1.weight' or 'layer2.0.shortcut.1.weight'"):
        ours("a.safetensors", average, build("resnet18", channels=3, size=32, classes=5, seed=0))


def test_a_public_file_becomes_a_teacher_and_two_swapped_classes_are_named(tmp_path, home):
    real = load("digits:size=8")
    spec = "convnet:depth=1,norm=batch,width=8"
    _, teacher = drain(squeeze(real, spec, SqueezeRecipe(epochs=3), CPU))
    renamed = {
        name.replace("body.block1.conv", "features.0").replace("body.block1.norm", "features.1"): tensor.clone()
        for name, tensor in teacher.network.state_dict().items()
    }
    path = tmp_path / "public.safetensors"
    save_file(renamed, path)
    card = {"classes": real.classes, "mean": real.mean, "std": real.std}
    path.with_suffix(".json").write_text(json.dumps(card))
    found = adopt(path, real, spec)
    assert found.accuracy == teacher.accuracy and found.about["imported"] == "public.safetensors"
    torch.save({"state_dict": renamed}, path.with_suffix(".pth"))  # as most public checkpoints are
    assert adopt(path.with_suffix(".pth"), real, spec).key == found.key
    with pytest.raises(BadRecord, match=r"holds 'features.0.weight' with shape \[8, 1, 3, 3\]"):
        adopt(path, real, "convnet:depth=1,norm=batch,width=16")
    order = torch.tensor([0, 2, 1, *range(3, 10)])
    save_file({n: t[order] if n.startswith("classifier") else t for n, t in renamed.items()}, path)
    with pytest.raises(BadRecord, match="classes 1 and 2 look swapped"):
        adopt(path, real, spec)
