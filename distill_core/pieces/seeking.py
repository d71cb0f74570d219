"""The length of a shift that raises a teacher's loss on the start by a given amount, found by trying."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import BadSetting
from ..events import Scalars
from ..loop import steps
from ..method import Stream

TRIALS, NEAR = 40, 0.01  # lengths that are tried at most; how near the rise has to come, a share of what is wanted


class Bracket:
    """Between which lengths the wanted one lies; `high` is infinite until a length was tried that is too long."""

    def __init__(self, wanted: float, first: float, limit: float):
        self.wanted, self.limit = wanted, limit
        self.low, self.high, self.now = 0.0, math.inf, min(first, limit)
        self.most = 0.0  # the largest rise so far
        self.done = False

    def take(self, rise: float) -> None:
        """What the length `now` brought decides about the next one; what cannot be computed any more is too long."""
        over = not math.isfinite(rise) or rise >= self.wanted
        self.most = max(self.most, rise) if math.isfinite(rise) else self.most
        if math.isfinite(rise) and abs(rise - self.wanted) <= NEAR * self.wanted:
            self.done = True
        elif not over and self.now >= self.limit:
            raise BadSetting(
                f"No shift raises the loss on the start by {self.wanted:g}: the most was {self.most:.3g}, at a shift as long "
                f"as the teacher's weights themselves ({self.limit:.3g}). Ask for a smaller rise, or give ρ as a length."
            )
        else:
            self.low, self.high = (self.low, self.now) if over else (self.now, self.high)
            self.now = self._between()

    def _between(self) -> float:
        if math.isinf(self.high):
            return min(2 * self.now, self.limit)
        return math.sqrt(self.low * self.high) if self.low else self.high / 4

    def state_dict(self) -> dict[str, Tensor]:
        values = (self.low, self.high, self.now, self.most, float(self.done))
        return {"bracket": torch.tensor(values, dtype=torch.float64)}

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        self.low, self.high, self.now, self.most, done = saved["bracket"].tolist()
        self.done = bool(done)


def seek(wanted: float, trial: Callable[[float], float], first: float, limit: float) -> Stream[float]:
    """The length at which `trial` (length → rise, in nats) gives `wanted`, within one per cent of it.

    Doubles from `first` until the rise is reached, then halves the bracket on a log scale. A rise that jumps past what is wanted
    ends at the shortest length that reaches it.

    Raises:
        BadSetting: no length up to `limit` reaches it.
    """
    bracket = Bracket(wanted, first, limit)
    for step in steps("seek", TRIALS, state={"bracket": bracket}):
        if bracket.done:
            continue
        length = bracket.now
        rise = trial(length)
        bracket.take(rise)
        yield Scalars(step.index + 1, {"tried-length": length, "tried-rise": rise})
    return bracket.now if bracket.done else bracket.high
