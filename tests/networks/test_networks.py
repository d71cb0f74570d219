"""Every network: shapes, the same ways in, counts from the literature, and errors that say what to do."""

import pytest
import torch
from torch import nn

from distill_core import networks
from distill_core.errors import BadSetting

NAMES = [info.name for info in networks.known()]
VARIANTS = [
    *NAMES,
    "convnet:norm=none,activation=sigmoid,pooling=max",
    "convnet:norm=batch,activation=leakyrelu",
    "convnet:norm=layer,activation=swish",
    "convnet:norm=group,pooling=none,width=8",
    "vgg11:norm=batch",
    "vgg11:norm=none",
    "vgg11:norm=batch,width=4",
    "shufflenetv1:units=2,width=0.2",
    "resnet18:norm=instance",
    "shufflenet:width=0.5",
    "vit:depth=2,dim=64,heads=8,mlp=64,norm=none,dropout=0.1",
]


@pytest.mark.parametrize("spec", VARIANTS)
def test_what_can_be_built_is_not_refused_beforehand(spec):
    state = torch.get_rng_state()
    networks.check(spec, channels=3, size=32)
    assert torch.equal(torch.get_rng_state(), state)


def test_what_cannot_be_built_is_refused_beforehand_in_the_same_words():
    for ask in (networks.check, lambda spec, **of: networks.build(spec, classes=2, **of)):
        with pytest.raises(BadSetting, match=r"convnet:depth=5 cannot work with 16×16 images.*Use depth=2"):
            ask("convnet:depth=5", channels=1, size=16)


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("spec", VARIANTS)
@pytest.mark.parametrize(("channels", "size"), [(1, 16), (3, 32), (1, 8)])
def test_logits_features_and_blocks_agree(spec, channels, size):
    network = networks.build(spec, channels=channels, size=size, classes=7, seed=1).eval()
    for n in (1, 2):
        x = torch.randn(n, channels, size, size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            logits, features, blocks = network(x), network.features(x), network.blocks(x)
            again = network.classifier(features)
        assert logits.shape == (n, 7) and logits.isfinite().all()
        assert features.ndim == 2 and len(features) == n
        assert torch.equal(again, logits)
        assert all(len(b) == n and b.ndim in (2, 4) for b in blocks) and len(blocks) >= 1
    with torch.no_grad():  # in training mode, as deep batch-norm networks without statistics only whisper
        one, two = network.train()(x)
    assert not torch.allclose(one, two), "two different images give different logits"


@pytest.mark.parametrize("spec", ["convnet", "alexnet", "vgg11", "lenet", "resnet18", "vit"])
def test_grey_28_pixels(spec):
    network = networks.build(spec, channels=1, size=28, classes=10, seed=0).eval()
    assert network(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def shuffle_count(classes):
    """ShuffleNet's weights by its description: 24 channels from a 3×3 stem; units of a 1×1, a depthwise 3×3 and a 1×1 convolution in
    two groups (the very first 1×1 in one), a norm after each; a stage begins with a unit that gives what the shortcut does not."""
    total, given = 3 * 24 * 9 + 2 * 24, 24
    for width, units in ((200, 4), (400, 8), (800, 4)):
        for unit in range(units):
            made, middle = (width if unit else width - given), width // 4
            first = given * middle // (1 if given == 24 else 2)
            total += first + 9 * middle + middle * made // 2 + 2 * (middle + middle + made)
            given = width
    return total + classes * (given + 1)


def test_shufflenet_is_built_as_described():
    network = networks.build("shufflenetv1", channels=3, size=32, classes=10, seed=0).eval()
    assert parameters(network) == shuffle_count(10) == 940_858
    with torch.no_grad():
        maps = [tuple(b.shape[1:]) for b in network.blocks(torch.zeros(1, 3, 32, 32))]
    assert maps == [(24, 32, 32), (200, 16, 16), (400, 8, 8), (800, 4, 4)]
    assert [len(stage) for stage in network.body][1:] == [4, 8, 4]
    convolutions = [m for m in network.body[1].modules() if isinstance(m, nn.Conv2d)]
    assert [c.groups for c in convolutions[:6]] == [1, 50, 2, 2, 50, 2]
    mixed = network.body[1][1].shuffle(torch.arange(6.0).view(1, 6, 1, 1)).flatten().tolist()
    assert mixed == [0, 3, 1, 4, 2, 5], "two groups are dealt out one by one"


def test_counts_known_from_the_literature():
    def built(spec, channels=3, size=32, classes=10):
        return networks.build(spec, channels=channels, size=size, classes=classes, seed=0)

    resnet = built("resnet18")
    assert parameters(resnet) == 11_173_962
    assert sum(isinstance(m, nn.BatchNorm2d) for m in resnet.modules()) == 20
    assert parameters(built("convnet")) == 320_010  # ConvNet-3, CIFAR-10
    assert parameters(built("convnet", channels=1, size=28)) == 317_706  # the same on MNIST, padded to 32
    assert parameters(built("lenet", channels=1, size=28)) == 61_706
    assert parameters(built("resnet50")) == 23_520_842
    assert not any(isinstance(m, nn.BatchNorm2d) for m in built("resnet18:norm=instance").modules())
    assert sum(isinstance(m, nn.BatchNorm2d) for m in built("convnet:norm=batch").modules()) == 3


@pytest.mark.parametrize(("size", "depth"), [(8, 1), (16, 2), (32, 3), (64, 4)])
def test_convnet_depth_follows_the_size_and_ends_at_four(size, depth):
    network = networks.build("convnet:width=4", channels=3, size=size, classes=2, seed=0)
    blocks = network.blocks(torch.zeros(1, 3, size, size))
    assert [b.shape[1:] for b in blocks] == [(4, size >> i, size >> i) for i in range(1, depth + 1)]
    assert blocks[-1].shape[-1] == 4


def test_resnet_blocks_are_its_stages():
    network = networks.build("resnet18", channels=3, size=32, classes=10, seed=0).eval()
    with torch.no_grad():
        found = [tuple(b.shape[1:]) for b in network.blocks(torch.zeros(1, 3, 32, 32))]
    assert found == [(64, 32, 32), (64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)]


@pytest.mark.parametrize("spec", ["convnet:width=8", "vit:depth=1,dim=32", "shufflenet"])
def test_a_seed_repeats_and_leaves_the_global_generator_alone(spec):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two, other = (networks.build(spec, channels=1, size=16, classes=3, seed=s).state_dict() for s in (4, 4, 5))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[k], two[k]) for k in one)
    assert any(not torch.equal(one[k], other[k]) for k in one)


def test_without_a_seed_the_global_generator_decides():
    torch.manual_seed(5)
    one = networks.build("mlp:width=4", channels=1, size=8, classes=3)(torch.ones(1, 1, 8, 8))
    two = networks.build("mlp:width=4", channels=1, size=8, classes=3)(torch.ones(1, 1, 8, 8))
    assert not torch.equal(one, two)


def test_no_layer_norm_is_left_in_the_vit_without_norms():
    network = networks.build("vit:norm=none,depth=2,dim=32", channels=3, size=16, classes=4, seed=0)
    assert not any(isinstance(m, nn.LayerNorm) for m in network.modules())
    assert [tuple(b.shape) for b in network.blocks(torch.zeros(2, 3, 16, 16))] == [(2, 32, 8, 8)] * 3


def test_auto_says_which_network_it_takes():
    assert networks.resolve("auto", channels=1, size=16) == "convnet:norm=batch,width=64"
    assert networks.resolve("auto", channels=1, size=28) == "convnet:norm=batch,width=64"
    assert networks.resolve("auto", channels=3, size=64) == "convnet:norm=batch,width=128"
    assert networks.resolve(" convnet:width=8,depth=1", channels=3, size=32) == "convnet:depth=1,norm=instance,width=8"
    assert networks.build("auto", channels=1, size=16, classes=2).spec == "convnet:norm=batch,width=64"


@pytest.mark.parametrize(
    ("spec", "size", "says"),
    [
        ("convnett", 16, 'Did you mean "convnet"'),
        ("nothing-like-it", 16, "There are convnet"),
        ("convnet:widht=4", 16, 'Did you mean "width"'),
        ("lenet:width=4", 16, "no options"),
        ("convnet:norm=bach", 16, 'Did you mean "batch"'),
        ("convnet:width=0", 16, "from 1 to 2048"),
        ("convnet:width=2.5", 16, "whole number"),
        ("convnet:width=wide", 16, "whole number"),
        ("vit:dropout=nan", 16, "from 0 to 0.9"),
        ("convnet:depth=5,norm=batch", 16, "leave nothing"),
        ("convnet:depth=5", 16, "leave nothing"),
        ("convnet:depth=4", 8, "leave nothing"),
        ("convnet:depth=3,norm=instance,width=128", 8, None),  # its last norm sees 2×2 maps
        ("convnet:depth=3,norm=instance", 4, "needs 8 pixels"),
        ("convnet:width=6,norm=group", 16, "multiple of 4"),
        ("vit:patch=5", 16, "must tile"),
        ("vit:heads=3", 16, "multiple of the heads"),
        ("resnet18", 4, "needs 8 pixels"),
    ],
)
def test_what_cannot_work_gets_a_sentence(spec, size, says):
    if says is None:
        assert networks.build(spec, channels=3, size=size, classes=10, seed=0).spec == spec
        return
    with pytest.raises(BadSetting, match=says):
        networks.build(spec, channels=3, size=size, classes=10)


@pytest.mark.parametrize(("channels", "classes"), [(2, 10), (3, 0)])
def test_impossible_channels_and_classes(channels, classes):
    with pytest.raises(BadSetting, match="cannot work"):
        networks.build("mlp", channels=channels, size=16, classes=classes)
