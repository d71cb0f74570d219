"""The teacher as it labels for students."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from .protocol import Protocol


def labelling(teacher: nn.Module | None, protocol: Protocol, device: torch.device) -> nn.Module:
    """A copy of the teacher in the mode that the protocol asks for: training mode would move its statistics."""
    assert teacher is not None, "check() asks for a teacher"
    copied = copy.deepcopy(teacher).to(device).to(memory_format=torch.channels_last)
    return copied.requires_grad_(False).train(protocol.teacher_mode == "train")


def doubled(x: Tensor) -> Tensor:
    """A single image is given twice: batch norm cannot take one on a 1×1 map, and the statistics stay the same."""
    return x.repeat(2, 1, 1, 1) if len(x) == 1 else x
