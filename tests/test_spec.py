"""The grammar of names with options, and of paths; specs that mean the same are equal."""

from __future__ import annotations

import pytest

from distill_core.errors import BadSetting
from distill_core.job import ask
from distill_core.networks import build, known, norm_of, resolve
from distill_core.parts.statistics import without_batch_norm
from distill_core.pieces.trajectory import no_path
from distill_core.queue.sweep import key_of
from distill_core.spec import Spec, parse, respelled

ONE, TWO = "convnet:width=16,norm=instance,depth=1", "convnet: depth=1, norm=instance,width=16.0"


def test_options_are_read_and_spelled_one_way():
    assert parse("convnet: width=64,norm=batch") == Spec.of("convnet", {"norm": "batch", "width": 64})
    assert str(parse("convnet:width=64,depth=2@ab12")) == "convnet:depth=2,width=64@ab12"
    assert parse("digits") == Spec("digits") and parse("resnet18@ab12").weights == "ab12"
    assert parse(ONE) == parse(TWO) and hash(parse(ONE)) == hash(parse(TWO)) and str(parse(ONE)) == str(parse(TWO))


@pytest.mark.parametrize("text", ["folder:/a,b/c=d@e:f", "folder:mirror=no:/a:b", "folder:C:/x", "folder:"])
def test_after_folder_comes_a_path_with_options_before_it(text):
    asked = parse(text)
    assert asked.name == "folder" and str(asked) == text and asked.weights == ""
    assert asked.options.get("mirror") == ("no" if "mirror" in text else None)


def test_what_cannot_be_read_is_named():
    with pytest.raises(BadSetting, match="width"):
        parse("convnet:width")
    with pytest.raises(BadSetting, match="cannot be read at 'width'"):
        ask(teacher="convnet:width")


def test_jobs_that_ask_for_the_same_are_equal():
    one, two = (
        ask(data=data, teacher=net, student=net) for data, net in (("digits:size=8", ONE), ("digits: size=8", TWO))
    )
    assert one == two
    asked = [{"data": "digits", "teacher": net, "student": "auto", "seed": 0} for net in (ONE, TWO)]
    assert key_of("dm", {}, asked[0]) == key_of("dm", {}, asked[1]) and respelled(asked[0]) == respelled(asked[1])
    assert respelled({"teacher": "convnet:width", "ipc": 1}) == {"teacher": "convnet:width", "ipc": 1}


@pytest.mark.parametrize("info", known(), ids=lambda info: info.name)
def test_defaults_that_are_said_are_the_ones_that_are_left_out(info):
    full = str(Spec.of(info.name, {option.name: option.default for option in info.options}))
    bare = resolve(info.name, channels=3, size=32)
    assert resolve(full, channels=3, size=32) == bare == resolve(bare, channels=3, size=32)


def test_a_spelling_that_names_weights_on_disk_stays_as_it_is():
    for spec in ("convnet:norm=batch,width=128", "convnet:norm=instance,width=128", "wrn:depth=16,width=2", "resnet18"):
        assert resolve(spec, channels=3, size=64) == spec
    assert build("convnet", channels=1, size=8, classes=2).spec == "convnet:norm=instance,width=128"


@pytest.mark.parametrize("info", known(), ids=lambda info: info.name)
def test_what_is_said_of_a_networks_norm_is_what_it_holds(info):
    norms = next((option.choices for option in info.options if option.name == "norm"), ("",))
    for norm in norms:
        spec = f"{info.name}:norm={norm}" if norm else info.name
        network = build(spec, channels=3, size=32, classes=2)
        has = any(type(module).__name__ == "BatchNorm2d" for module in network.modules())
        assert has == (norm_of(spec) == "batch") == (without_batch_norm(spec) is None) == (no_path(spec) is not None)
    assert without_batch_norm("auto") is None and no_path("auto") is None
