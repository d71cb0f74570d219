"""The spaces in which any objective can move images."""

from __future__ import annotations

from typing import Annotated

from ..part import choice
from ..parts.space import Pixels
from .all_layers import AllLayers
from .one_layer import OneLayer

__all__ = ["AllLayers", "AnySpace", "OneLayer", "Pixels"]

AnySpace = Annotated[
    Pixels | OneLayer | AllLayers,
    choice(
        "Space",
        "Pixels; the feature map at one layer of a generator; or all its layers in turn.",
        source="arXiv 2305.01649 and 2406.05704",
    ),
]
