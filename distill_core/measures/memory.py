"""Peak memory of a piece of work: what this process held at most, or what torch had allocated on a CUDA device.

On the CPU it is the peak resident size of the process, less what it had when the meter was made (before data and networks were
loaded), so everything that the work needs to hold counts. Linux lets a process forget its peak (`/proc/self/clear_refs`), so
that each piece has one of its own. Where that cannot be done the peak of the whole process only says something about a piece
that raised it; otherwise nothing is known, and nothing is said.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import torch

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESIDENT, CUDA = "peak_resident_bytes", "peak_cuda_bytes"


class Meter:
    """`start()`, work, `peak()`. Peaks are bytes by what was measured: `peak_resident_bytes` or `peak_cuda_bytes`."""

    def __init__(self, device: torch.device):
        self.device, self.before = device, _resident()
        self.highest, self.forgot = 0, False

    def start(self) -> None:
        """From here on."""
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            return
        self.forgot = _forget()
        self.highest = _highest()

    def peak(self) -> dict[str, int]:
        """Of what happened since `start`; {} where it cannot be known."""
        if self.device.type == "cuda":
            return {CUDA: int(torch.cuda.max_memory_allocated(self.device))}
        now = _highest()
        if not self.forgot and now <= self.highest:
            return {}
        return {RESIDENT: max(0, now - self.before)}


def _forget() -> bool:
    """Whether the peak of this process now starts anew."""
    try:
        FORGET.write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _status(name: str) -> int | None:
    """A line of Linux's status file, in bytes."""
    if not STATUS.exists():
        return None
    lines = (one.split() for one in STATUS.read_text(encoding="ascii", errors="replace").splitlines())
    return next((int(words[1]) * 1024 for words in lines if words and words[0] == f"{name}:"), None)


def _highest() -> int:
    """The peak of this process in bytes."""
    found = _status("VmHWM")
    if found is not None:
        return found
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _resident() -> int:
    """What this process holds, in bytes; its peak so far where the system says no more."""
    found = _status("VmRSS")
    return _highest() if found is None else found
