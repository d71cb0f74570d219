"""The grammar of names with options, and of paths."""

from __future__ import annotations

import pytest

from distill_core.errors import BadSetting
from distill_core.pieces.augment import may_flip
from distill_core.spec import parse, spell


def test_options_are_read_and_spelled_one_way():
    assert parse("convnet: width=64,norm=batch") == ("convnet", {"width": 64, "norm": "batch"})
    assert spell(*parse("convnet:width=64,depth=2")) == "convnet:depth=2,width=64"
    assert parse("digits") == ("digits", {})


def test_after_folder_everything_is_a_path():
    assert parse("folder:/a,b/c=d") == ("folder", {"path": "/a,b/c=d"})
    assert may_flip("folder:/a/b") and not may_flip("digits:size=8")


def test_what_cannot_be_read_is_named():
    with pytest.raises(BadSetting, match="width"):
        parse("convnet:width")
