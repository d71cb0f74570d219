"""A process that works on a toy run and can be killed: `python -m tests.work.killable HOME RUN`."""

import sys
from pathlib import Path

import torch

from distill_core.record.folder import RunFolder
from distill_core.work.sitting import drive_run
from tests.work.toy import METHODS, whole

if __name__ == "__main__":
    torch.set_num_threads(1)
    drive_run(RunFolder.find(Path(sys.argv[1]), sys.argv[2]), whole, METHODS)
