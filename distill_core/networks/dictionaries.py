"""Dictionaries of tensors that torch saved, as most public checkpoints are: read by torch's restricted reader, which runs no code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..datasets.torch_files import loaded
from ..errors import BadRecord

DICTIONARIES = (".pt", ".pth", ".bin", ".ckpt")
INSIDE = ("state_dict", "G_ema", "g_ema", "model_ema", "ema", "model")  # where a dictionary of tensors may lie
AS_WEIGHTS = (
    "Where you trust it, load it in full there, and save with safetensors.torch.save_file(network.state_dict(), …)."
)


def tensors_in(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by torch's restricted reader, which runs no code; `BadRecord` where it holds anything else."""
    return named(path.name, loaded(path, path.name, AS_WEIGHTS))


def named(name: str, held: object) -> dict[str, Tensor]:
    """The dictionary of tensors in what a file held."""
    for inner in INSIDE:
        if isinstance(held, Mapping) and isinstance(held.get(inner), Mapping):
            held = held[inner]
            break
    if not isinstance(held, Mapping) or not held or not all(isinstance(t, Tensor) for t in held.values()):
        what = f"entries {', '.join(map(str, list(held)[:4]))}" if isinstance(held, Mapping) else type(held).__name__
        raise BadRecord(f"{name} holds {what}; a dictionary of tensors is wanted, as network.state_dict() gives it.")
    return {str(key): tensor for key, tensor in held.items()}
