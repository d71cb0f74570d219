"""trackio, on this disk: `TRACKIO_DIR=FOLDER trackio show --project distill-studio` shows it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from ...errors import MissingPackage
from ...record.folder import RunFolder
from .writer import At, Config

PIP = 'pip install "distill-studio[trackio]"'


class Local:
    """A database in the folder; a step is the record's number, as for W&B. What trackio prints goes to stderr."""

    def __init__(self, target: Path, run: RunFolder, config: Config):
        os.environ["TRACKIO_DIR"] = str(target.resolve())  # read when it is imported
        try:
            import trackio
        except ImportError as error:
            raise MissingPackage(f"trackio is not installed ({error}). {PIP}") from None
        self._trackio = trackio
        with redirect_stdout(sys.stderr):
            self._run = trackio.init(project="distill-studio", name=run.id, config=dict(config), embed=False)

    def scalars(self, at: At, values: Mapping[str, float]) -> None:
        self._run.log({**values, "stage step": at.step}, step=at.number)

    def image(self, at: At, tag: str, pixels: np.ndarray) -> None:
        self._run.log({tag: self._trackio.Image(pixels), "stage step": at.step}, step=at.number)

    def close(self) -> None:
        with redirect_stdout(sys.stderr):
            self._trackio.finish()  # not the run alone: it would be ended again, aloud, when the process ends
