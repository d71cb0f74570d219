"""torchvision's weights: asked for kindly, laid under our names, and believed only where they know the data."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model

from distill_core.datasets import load
from distill_core.datasets.constants import IMAGENET
from distill_core.datasets.real import Split
from distill_core.errors import BadRecord, BadSetting, MissingWeights
from distill_core.methods import registry
from distill_core.networks import build
from distill_core.pieces import library
from distill_core.pieces.teach import SqueezeRecipe, squeeze
from distill_core.run import check
from tests.methods.tiny import drain, job

CPU, NETWORK = torch.device("cpu"), "resnet18:stem=torchvision@torchvision"
FITTING = {
    "resnet18:stem=torchvision": "resnet18",
    "resnet101:stem=torchvision": "resnet101",
    "mobilenetv2:stem=torchvision": "mobilenet_v2",
    "efficientnetb0:stem=torchvision": "efficientnet_b0",
    "shufflenet:width=0.5,stem=torchvision": "shufflenet_v2_x0_5",
    "shufflenet:stem=torchvision": "shufflenet_v2_x1_0",
    "alexnet:stem=torchvision": "alexnet",
}


@pytest.mark.parametrize("spec", FITTING)
def test_a_network_with_torchvisions_stem_is_torchvisions_network(spec, home):
    theirs = get_model(FITTING[spec], weights=None, num_classes=5).eval()
    ours = build(spec, channels=3, size=64, classes=5, seed=0).eval()
    real = replace(load("shapes:size=16"), classes=tuple("abcde"))
    real = replace(real, train=Split(torch.zeros(1, 3, 64, 64, dtype=torch.uint8), torch.zeros(1).long()))
    ours.load_state_dict(library.as_ours(spec, theirs.state_dict(), real))
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ours(x), theirs(x)) and torch.equal(ours.classifier(ours.features(x)), theirs(x))
    assert library.library_name(spec) == FITTING[spec]


def test_missing_weights_are_asked_for_with_where_they_go(home):
    sentence = library.missing(NETWORK)
    assert str(home / "weights" / "torchvision-resnet18.safetensors") in sentence
    assert "get_model('resnet18', weights='IMAGENET1K_V1')" in sentence and "leave out @torchvision" in sentence
    assert library.missing("resnet18") is None and library.missing("resnet18@756ee6198d62b83a") is None
    asked = job(data="shapes:size=16", teacher=NETWORK)
    with pytest.raises(MissingWeights, match="they are not here"):
        check(registry()["sre2l"].build({}), asked)
    several = registry()["gvbsm"].build({"backbones": "mobilenetv2:stem=torchvision@torchvision"})
    with pytest.raises(BadSetting, match="torchvision-mobilenet_v2"):
        check(several, job(data="shapes:size=16"))
    with pytest.raises(MissingWeights):
        drain(squeeze(load("shapes:size=16"), NETWORK, SqueezeRecipe(), CPU))
    with pytest.raises(BadSetting, match="Write resnet18:stem=torchvision@torchvision"):
        library.missing("resnet18@torchvision")


@pytest.fixture
def known(home, monkeypatch):
    """A file of weights as torchvision has them, and images that they know: classes are what they answer."""
    torch.manual_seed(0)
    monkeypatch.setattr(library, "CLASSES", 4)
    network = get_model("resnet18", weights=None, num_classes=4).eval()
    (path := library.place("resnet18:stem=torchvision")).parent.mkdir()
    real = load("shapes:size=32")
    mean, std = IMAGENET
    real = replace(real, mean=mean, std=std, classes=tuple("abcd"))
    images = torch.randint(0, 256, (240, 3, 32, 32), dtype=torch.uint8)
    with torch.no_grad():
        logits = network(real.normalize(real.pixels(images)))
        network.fc.bias -= logits.mean(0)  # so that all classes come
        answers = (logits - logits.mean(0)).argmax(1)
    save_file(network.state_dict(), path)
    part = Split(images, answers)
    return network, replace(real, train=part, val=part, test=part, fingerprint="f" * 64)


def test_weights_are_read_checked_and_kept_under_a_key(known):
    network, real = known
    _, teacher = drain(squeeze(real, NETWORK, SqueezeRecipe(), CPU))
    x = real.normalize(real.pixels(real.test.images[:4]))
    torch.testing.assert_close(teacher.network(x), network(x))
    assert teacher.spec == "resnet18:stem=torchvision" and teacher.accuracy == 1.0
    assert teacher.about["imported"] == "torchvision-resnet18.safetensors"
    _, again = drain(squeeze(real, f"resnet18:stem=torchvision@{teacher.key}", SqueezeRecipe(), CPU))
    assert again.key == teacher.key
    _, third = drain(squeeze(real, NETWORK, SqueezeRecipe(), CPU))
    assert third.key == teacher.key


def test_weights_that_do_not_fit_the_data_are_refused(known):
    network, real = known

    def asked(other):
        drain(squeeze(other, NETWORK, SqueezeRecipe(), CPU))

    with pytest.raises(BadSetting, match=r"4 classes of ImageNet-1K apart, but shapes.* has 3"):
        asked(replace(real, classes=tuple("abc")))
    with pytest.raises(BadSetting, match="folder:constants=imagenet:PATH"):
        asked(replace(real, mean=(0.5, 0.5, 0.5)))
    turned = Split(real.val.images, (real.val.labels + 1) % 4)
    with pytest.raises(BadRecord, match="no better than chance"):
        asked(replace(real, val=turned))
    tensors = network.state_dict()
    tensors.pop("fc.weight")
    save_file(tensors, library.place("resnet18:stem=torchvision"))
    with pytest.raises(BadRecord, match="has no tensor 'fc"):
        asked(real)


def test_grey_images_cannot_have_it():
    with pytest.raises(BadSetting, match="takes RGB images"):
        build("resnet18:stem=torchvision", channels=1, size=32, classes=2, seed=0)
    with pytest.raises(BadSetting, match="63 pixels or more"):
        build("alexnet:stem=torchvision", channels=3, size=32, classes=2, seed=0)
