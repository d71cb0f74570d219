"""From other people's checkpoints to safetensors: the one place where a pickle may be opened, and only when told to.

    .pt .pth .bin .ckpt   a dictionary of tensors: torch's restricted reader, which runs no code
    .pkl                  NVIDIA's form, a pickle of whole networks (`G_ema`): opening it runs whatever code it holds

Whole networks inside .pt files, and TensorFlow's pickles, are not supported.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..errors import BadRecord, BadSetting
from ..home import replacing
from ..networks.dictionaries import DICTIONARIES, named, tensors_in

WARNING = (
    "{name} is a pickle. A pickle is a program: opening it runs whatever code its author put into it, with all your rights, and "
    "looking at it first does not help. Nothing was opened. Where you trust its author and the place you have it from, write\n"
    "  distill-studio prior convert {name} {out} --trust-the-pickle --code FOLDER\n"
    "FOLDER is a checkout of the authors' code (stylegan-xl, stylegan3, stylegan2-ada-pytorch), which the file needs."
)


def convert(path: Path, out: Path, trusted: bool = False, code: Path | None = None) -> int:
    """Write the generator's tensors as safetensors, with a config.json beside it in the header; returns how many there are.

    Args:
        trusted: a person said that the pickle may run its code.
        code: a folder that the pickle's own modules are imported from.

    Raises:
        BadSetting: for a pickle that nobody vouched for.
        BadRecord: for a file that holds no dictionary of tensors.
    """
    if out.suffix != ".safetensors":
        raise BadSetting(f"{out.name} cannot be written: the new file's name must end in .safetensors.")
    if not path.is_file():
        raise BadRecord(f"There is no file {path}.")
    if path.suffix == ".pkl":
        if not trusted:
            raise BadSetting(WARNING.format(name=path.name, out=out.name))
        tensors = _unpickled(path, code)
    elif path.suffix in DICTIONARIES:
        tensors = tensors_in(path)
    else:
        raise BadSetting(f"{path.name} cannot be converted: only .pkl, {', '.join(DICTIONARIES)} can.")
    config = path.with_name("config.json")
    metadata = {"config": config.read_text(encoding="utf-8")} if config.is_file() else {}
    with replacing(out) as file:
        save_file({key: t.detach().cpu().clone().contiguous() for key, t in tensors.items()}, file, metadata)
    return len(tensors)


def _unpickled(path: Path, code: Path | None) -> dict[str, Tensor]:
    """The tensors of the network `G_ema`. This runs the pickle's code."""
    if code is not None:
        sys.path.insert(0, str(code.resolve()))
    try:
        with path.open("rb") as file:
            held = pickle.load(file)
    except ModuleNotFoundError as error:
        raise BadRecord(
            f"{path.name} needs the module {error.name!r} of its authors' code. Check that code out and name the folder: "
            "--code FOLDER."
        ) from None
    except Exception as error:  # noqa: BLE001 (opening a pickle may raise anything)
        raise BadRecord(f"{path.name} cannot be opened ({type(error).__name__}: {error}).") from None
    finally:
        if code is not None:
            sys.path.remove(str(code.resolve()))
    network = held.get("G_ema") if isinstance(held, Mapping) else held
    if not isinstance(network, torch.nn.Module):
        raise BadRecord(
            f"{path.name} holds no network G_ema. Only NVIDIA's form of PyTorch checkpoints can be converted."
        )
    return named(path.name, network.state_dict())
