"""What a prior's file says of itself, as the JSON in its header."""

from __future__ import annotations

from typing import TypedDict


class Config(TypedDict, total=False):
    """What of a config.json is used: BigGAN's first, then that of an AutoencoderKL."""

    layers: list[tuple[bool, int, int]]  # doubles, channels in and out (in units of the width)
    attention_layer_position: int
    eps: float
    n_stats: int
    _class_name: str
    block_out_channels: list[int]
    scaling_factor: float | None
    shift_factor: float | None


class Header(TypedDict, total=False):
    """All of it is optional: a stranger's file says little. `form` and what follows is said of imported generators only."""

    data: str
    fingerprint: str
    classes: list[str]
    recipe: dict[str, float]
    key: str
    imported: str  # the name of the file it came from
    form: str
    config: Config
    size: int
    channels: int
    truncation: float  # BigGAN's
    cuts: list[tuple[str, int, int, int]]  # name, channels, height, width
    which: list[int]  # the generator's class of each class of the data set
