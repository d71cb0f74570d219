"""TensorBoard, through torch's own writer: `tensorboard --logdir FOLDER` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import MissingPackage
from ...record.folder import RunFolder
from .writer import At, Config

PIP = 'pip install "distill-studio[track]"'


class Board:
    """One event file; a step is that of the stage."""

    def __init__(self, target: Path, run: RunFolder, config: Config):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingPackage(f"TensorBoard is not installed ({error}). {PIP}") from None
        self._writer = SummaryWriter(str(target))
        lines = "\n".join(f"    {name} = {value}" for name, value in config.items())
        self._writer.add_text("settings", lines, 0)

    def scalars(self, at: At, values: Mapping[str, float]) -> None:
        for tag, value in values.items():
            self._writer.add_scalar(tag, value, at.step, walltime=at.seconds, new_style=True)

    def image(self, at: At, tag: str, pixels: np.ndarray) -> None:
        self._writer.add_image(tag, pixels, at.step, walltime=at.seconds, dataformats="HWC")

    def close(self) -> None:
        self._writer.close()
