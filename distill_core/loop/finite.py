"""Numbers that are none any more: a run says so and keeps what it had."""

from __future__ import annotations

import math

import torch

from ..errors import StudioError
from .stepping import Step


def check_finite(value: float, what: str, step: Step | int, stage: str, knob: str = "a learning rate") -> None:
    """Stop a run whose loss is no number any more. Call it at reports only, so that no value is read off the device for it.

    Raises:
        StudioError: `loss became NaN at step 12 of recover; the images of step 11 are kept. Lower lr_img.`
    """
    if math.isfinite(value):
        return
    index = step if isinstance(step, int) else step.index
    word = "NaN" if math.isnan(value) else "infinite"
    kept = f"; what was reported before step {index} is kept" if index else ""
    raise StudioError(
        f"{what} became {word} at step {index} of {stage}{kept}. Lower {knob}, then resume or start again."
    )


class Guard:
    """Keeps tensors at their last finite values, without reading anything off the device until a report asks.

    Call `keep` before an update and `check` after it; when the loss or a tensor is no longer finite the update is undone
    and nothing moves any more. `stop_if_broken`, called at reports, raises with the step at which it happened.
    """

    def __init__(self, *tensors: torch.Tensor):
        self.tensors, self.kept = tensors, [t.detach().clone() for t in tensors]
        self.broken = torch.tensor(-1, device=tensors[0].device)

    def keep(self) -> None:
        for tensor, kept in zip(self.tensors, self.kept, strict=True):
            kept.copy_(tensor.detach())

    @torch.no_grad()
    def check(self, loss: torch.Tensor, index: int) -> None:
        finite = torch.isfinite(loss.detach()).all()
        for tensor in self.tensors:
            finite = finite & torch.isfinite(tensor).all()
        self.broken.copy_(torch.where((self.broken < 0) & ~finite, index, self.broken))
        for tensor, kept in zip(self.tensors, self.kept, strict=True):
            tensor.copy_(torch.where(self.broken < 0, tensor, kept))

    def stop_if_broken(self, stage: str, remedy: str) -> None:
        step = int(self.broken)
        if step >= 0:
            raise StudioError(
                f"The loss was no longer a number at step {step} of {stage}; the images of the step before are kept. {remedy}"
            )
