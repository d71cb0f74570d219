"""Resumable steps: the one loop helper behind every long computation.

    for step in steps("recover", 1000, state={"images": x, "optimizer": optimizer}, live=True):
        loss = ...; loss.backward(); optimizer.step()
        if step.due:
            yield Scalars(step.index, {"loss": loss.item()})

The helper decides when a report is due (so that watching costs about three per cent of the time), hands live knobs over
(`step.now(self).lr_img`), saves and restores checkpoints, and looks at pause, single step and stop between two steps.
Who listens is a `Drive`; without one (a notebook, a test) the loop simply runs.
"""

from .cadence import Cadence
from .drive import Drive, LeaveLoop, StopRun, driven_by, saw, undriven
from .finite import Guard, check_finite
from .state import Live, Save, Saved
from .stepping import Step, steps

__all__ = [
    "Cadence",
    "Drive",
    "Guard",
    "LeaveLoop",
    "Live",
    "Save",
    "Saved",
    "Step",
    "StopRun",
    "check_finite",
    "driven_by",
    "saw",
    "steps",
    "undriven",
]
