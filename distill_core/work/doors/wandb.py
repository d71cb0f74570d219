"""W&B, offline: `wandb sync FOLDER/wandb/offline-run-…` sends it, and nothing before that does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import MissingPackage
from ...record.folder import RunFolder
from .writer import At, Config

PIP = 'pip install "distill-studio[wandb]"'


class Offline:
    """A run on this disk; a step is the record's number, since W&B's steps may only rise."""

    def __init__(self, target: Path, run: RunFolder, config: Config):
        try:
            import wandb
        except ImportError as error:
            raise MissingPackage(f"W&B is not installed ({error}). {PIP}") from None
        target.mkdir(parents=True, exist_ok=True)
        quiet = wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True, x_disable_stats=True)
        asked = {"project": "distill-studio", "name": run.request()["name"], "config": dict(config)}
        self._wandb = wandb
        self._run = wandb.init(dir=str(target), mode="offline", settings=quiet, **asked)

    def scalars(self, at: At, values: Mapping[str, float]) -> None:
        self._run.log({**values, "stage step": at.step}, step=at.number)

    def image(self, at: At, tag: str, pixels: np.ndarray) -> None:
        self._run.log({tag: self._wandb.Image(pixels), "stage step": at.step}, step=at.number)

    def close(self) -> None:
        self._run.finish()
