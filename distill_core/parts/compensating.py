"""How compensators are learned: Adam (0.5, 0.9) from zero, teacher after teacher, several groups side by side.

All groups that share a teacher are learned under the same views in the same order, so that it does not matter how many are
learned at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from ..evaluation.students import derive
from ..events import Parts, Scalars
from ..loop import Guard, Live, Step, steps
from ..method import Stream, stage
from ..pieces.compensated import Compensated, Terms, weighed
from ..pieces.ground import Ground
from ..pieces.sums import Sums
from ..pieces.teach import Teacher
from ..quantities import variant

if TYPE_CHECKING:
    from .compensators import OnePerTeacher

EAGER = 0.5  # seconds of reports that a run may spend at once, so that a short one is seen moving too
SMALL = {"cpu": 32_768}  # pixels that pass together; on other devices:
LARGE = 4_194_304


class Learning:
    """All compensators of a run, block after block; `sums` holds them as they stand."""

    def __init__(self, settings: OnePerTeacher, ground: Ground, teachers: Sequence[Teacher], sums: Sums):
        self.settings, self.ground, self.teachers, self.sums = settings, ground, teachers, sums
        labels, shown = torch.arange(ground.classes, device=ground.device), sums.naturals[0, :1]
        self.pulls = [Compensated(one.network, labels, shown, settings.first_layer) for one in teachers]
        self.view = settings.view.of(ground.real)

    def go(self) -> Stream[None]:
        blocks = torch.arange(len(self.sums.naturals)).split(self._at_once())
        todo = [(slot, of, block) for slot, of in self.settings.turns(len(self.teachers)) for block in blocks]
        for part, (slot, of, block) in enumerate(todo):
            learning = self._learn(slot, of, block, EAGER / len(todo))
            yield from stage("compensate", learning, self.settings.iterations, part, len(todo))

    def _at_once(self) -> int:
        """Groups that are learned together, unless it is said: see `tests/benchmarks/compensators.py`."""
        if 0 < self.settings.images_at_once < self.ground.classes:
            return 1
        most = SMALL.get(self.ground.device.type, LARGE)
        return self.settings.groups_at_once or max(1, most // (self.ground.classes * self.ground.real.size**2))

    def _learn(self, slot: int, of: list[int], block: Tensor, eager: float) -> Stream[None]:
        x, total = self.sums.naturals[block], self.settings.iterations
        u = self.sums.learned[block, slot].clone().requires_grad_(True)
        optimizer = torch.optim.Adam([u], lr=self.settings.lr, betas=(0.5, 0.9), eps=1e-8)
        draws, guard = Generator().manual_seed(derive("compensator", self.ground.job.seed, slot)), Guard(u)
        state: dict[str, Live] = {"u": u, "optimizer": optimizer, "draws": draws}
        for step in steps("compensate", total, state=state, live=True, eager=eager):
            now = step.now(self.settings)
            rate = optimizer.param_groups[0]["lr"] = 0.5 * now.lr * (1 + math.cos(math.pi * step.index / total))
            seen = self.view((x + u).flatten(0, 1), draws, step.index / total)
            pulled = [self.pulls[m].pull(seen, len(block), now.alpha, now.images_at_once) for m in of]
            (u.grad,) = torch.autograd.grad(seen, u, torch.stack([pull for _, pull in pulled]).mean(0))
            loss = torch.stack([weighed(terms, now.alpha) for terms, _ in pulled]).mean()
            guard.keep()
            optimizer.step()
            guard.check(loss, step.index)
            if step.due:
                guard.stop_if_broken("compensate", "Lower lr or α.")
                self.sums.learned[block, slot] = u.detach()
                terms_of = {m: terms for m, (terms, _) in zip(of, pulled, strict=True)}
                yield from self._report(step, slot, block, terms_of, {"loss": float(loss), "learning-rate": rate})
        self.sums.learned[block, slot] = u.detach()

    def _report(
        self, step: Step, slot: int, block: Tensor, terms: dict[int, Terms], values: dict[str, float]
    ) -> Stream[None]:
        for m, of_it in terms.items():
            values |= {variant(name, m + 1): float(term) for name, term in of_it.items()}
        u, groups = self.sums.pixels_of(self.sums.learned[block, slot]), self.sums.watched
        values[variant("compensator-norm", slot + 1)] = float(u.flatten(2).norm(dim=2).mean())
        values[variant("compensator-peak", slot + 1)] = float(u.abs().max())
        values["compensator-scale"] = self.sums.scale(groups)
        yield Scalars(step.index, values)
        if int(block[0]) >= groups:
            return
        yield self.sums.picture(step.index, groups)
        yield self.sums.signed(step.index, groups)
        yield Parts(step.index, variant("transfer", slot + 1), self._transfer(groups, slot + 1))
        yield self.sums.outputs(step.index, self.teachers[0].network, groups)

    def _transfer(self, groups: int, which: int) -> dict[str, float]:
        """What every teacher makes of the sums of a compensator."""
        return transfer(self.teachers, self.sums, groups, which)


def transfer(teachers: Sequence[Teacher], sums: Sums, groups: int, which: int) -> dict[str, float]:
    """Accuracy of every teacher on the first groups' sums of a compensator, counted from 1; 0 is the naturals."""
    return {f"{m + 1} {one.spec}": sums.transfer(one.network, groups, which) for m, one in enumerate(teachers)}
