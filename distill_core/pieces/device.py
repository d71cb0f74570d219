"""Where tensors live."""

from __future__ import annotations

import torch

from ..errors import BadSetting


def device_of(name: str) -> torch.device:
    """`auto` is the first CUDA device, else the CPU; a device that is not there is refused with a sentence."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise BadSetting(f"device={name!r} is not a device. Choose auto, cpu, cuda or cuda:1.") from None
    if device.type == "cuda" and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()):
        raise BadSetting(
            f"device={name!r}, but this machine has {torch.cuda.device_count()} CUDA devices. Choose auto or cpu."
        )
    if device.type not in ("cpu", "cuda"):
        raise BadSetting(f"device={name!r} is not supported. Choose auto, cpu or cuda.")
    return device
