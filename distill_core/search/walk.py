"""Layer after layer through a generator, keeping the best candidate of each and of all (H-GLaD, arXiv 2406.05704).

    for every layer: K times  look (distance of the images as they are, kept if it is the least so far), then move
                     the best candidate of the layer goes on through the next layer, clipped to ±10
    the result is the best candidate of all

Candidates are copies. The released code keeps references, so that its best one is always the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..errors import StudioError
from ..events import Note, Parts, PerClass, Scalars
from ..loop import Guard, Live, saw, steps
from ..measures.relevance import Measure
from ..method import Stream, stage
from ..parts.space import Found
from ..pieces.match import Pull, report
from ..pieces.show import place, quantize, show
from .inside import CLIP, Inside, cleaned, high_frequencies, sizes
from .prior import Begun


class Kept:
    """The best candidate so far: copies, never references. Decided on the device, so that nothing waits for it."""

    def __init__(self, tensors: Sequence[Tensor], name: str):
        self.copies, self.name = [t.detach().clone() for t in tensors], name
        device = tensors[0].device
        self.distance = torch.tensor(torch.inf, device=device)
        self.step, self.part = (torch.zeros((), dtype=torch.int64, device=device) for _ in range(2))

    @torch.no_grad()
    def offer(self, tensors: Sequence[Tensor], distance: Tensor, step: int, part: int, always: bool = False) -> None:
        """Take a copy where the distance is the least so far (or any finite one is wanted)."""
        better = torch.isfinite(distance) & ((distance < self.distance) | always)
        for copy, tensor in zip(self.copies, tensors, strict=True):
            copy.copy_(torch.where(better, tensor.detach(), copy))
        for mine, given in ((self.distance, distance), (self.step, step), (self.part, part)):
            mine.copy_(torch.where(better, torch.as_tensor(given, device=mine.device, dtype=mine.dtype), mine))

    def state(self) -> dict[str, Tensor]:
        named = {"distance": self.distance, "step": self.step, "part": self.part}
        return {f"{self.name} {k}": v for k, v in {**named, **dict(zip("abc", self.copies, strict=False))}.items()}


class Walk:
    """One search: the places it visits, and what it has kept.

    Args:
        looks: candidates at each place.
        keeps_last: keep the last candidate, whatever its distance, as the released code does.
    """

    def __init__(self, begun: Begun, measure: Measure, places: Sequence[int], looks: int, keeps_last: bool = False):
        self.begun, self.measure, self.places = begun, measure, places
        self.looks, self.keeps_last = looks, keeps_last
        self.ground, self.prior, self.match = begun.ground, begun.prior, begun.match
        self.space = begun.space(places[0])
        self.learned = self.match.learned()
        self.best = Kept([self.space.images(), *self.learned], "best")
        self.said: dict[str, float] = {}  # of the last hand-over

    def name_of(self, part: int) -> str:
        at = self.places[part]
        return self.prior.cuts[at].name if at < len(self.prior.cuts) else "pixels"

    def go(self) -> Stream[Found]:
        """All places in turn, each a part of the stage `walk`."""
        for part in range(len(self.places)):
            if part:
                self._hand_over(self.places[part])
            yield from stage("walk", self._visit(part), self.looks, part, len(self.places))
        return (yield from self._result())

    @torch.no_grad()
    def _hand_over(self, at: int) -> None:
        """The kept candidate goes on to the next place. What clipping changed is said."""
        before, old = self.space.images(), self.space
        assert isinstance(old, Inside), "nothing comes after the pixels"
        if at < len(self.prior.cuts):
            f = old.onward(at)
            self.said = {"clipped-share": float((f.abs() > CLIP).float().mean())}
            self.space = self.begun.space(at, old.w, cleaned(f))
        else:
            self.said = {"clipped-share": float((old.raw() != before).float().mean())}
            self.space = self.begun.space(at, old.w, before)
        change = self.ground.real.denormalize(self.space.images()) - self.ground.real.denormalize(before)
        self.said["hand-over-change"] = float(change.abs().max())

    def _visit(self, part: int) -> Stream[None]:
        space, match, looks = self.space, self.match, self.looks
        guard, kept = Guard(*space.tensors()), Kept(space.tensors(), "kept")
        first = space.w.detach().clone() if isinstance(space, Inside) else None
        record = torch.full((2, looks), torch.nan)
        state: dict[str, Live] = {**space.state(), **match.state(), **self.measure.state(), **kept.state()}
        state |= {**self.best.state(), "record": record, "broken": guard.broken}
        for step in steps("walk", looks, state=state, live=True):
            x = space.images()
            pull = match.pull(x, step)
            found = self.measure(x.detach(), pull.loss, pull.per_class)
            distance = found.sum()
            kept.offer(space.tensors(), distance, step.index, part, self.keeps_last)
            self.best.offer([x, *self.learned], distance, step.index, part, self.keeps_last)
            record[0, step.index], record[1, step.index] = distance, pull.loss.detach()
            if not step.last:
                guard.keep()
                space.step(pull.gradient, self.begun.rates(step))
                guard.check(pull.loss, step.index)
                match.after(space.images())
            saw(pull.seen)
            if step.due:
                if part == step.index == 0 and self.prior.rows:
                    yield sizes(self.prior, len(self.ground.labels))
                yield from self._report(step.index, x.detach(), pull, found, first)
        yield from self._leave(part, kept, record, int(guard.broken))

    def _report(self, index: int, x: Tensor, pull: Pull, found: Tensor, first: Tensor | None) -> Stream[None]:
        space = self.space
        more = {"feature-distance": float(found.sum()), **(self.said if index == 0 else {})}
        yield from report(index, self.match, pull, space.name, more)
        yield PerClass(index, "feature-distance-by-class", found.cpu().numpy(), space.name)
        if first is not None:
            yield Parts(index, "w-change", self._moved(first))
        yield show(index, self.ground.real.denormalize(x), self.ground.labels, space=space.name)
        yield place(index, self.begun.probe, x, self.ground.labels)

    def _moved(self, first: Tensor) -> Mapping[str, float]:
        """‖Δw‖ of every row since this place was entered; exactly 0 for rows that drive layers behind us."""
        assert isinstance(self.space, Inside)
        lengths = (self.space.w.detach() - first).square().sum((0, 2)).sqrt().tolist()
        return dict(zip(self.prior.rows, lengths, strict=True))

    def _leave(self, part: int, kept: Kept, record: Tensor, broken: int) -> Stream[None]:
        """Go back to the kept candidate, and say which it was."""
        looks, name, step = self.looks, self.name_of(part), int(kept.step)
        if not bool(torch.isfinite(kept.distance)):
            raise StudioError(
                f"No candidate at {name} had a distance that is a number. Lower lr_f and lr_w, then start again."
            )
        with torch.no_grad():
            for tensor, copy in zip(self.space.tensors(), kept.copies, strict=True):
                tensor.copy_(copy)
        if broken >= 0:
            yield Note(
                f"{name}: after step {broken} the loss or the feature map was no number any more. "
                f"The stage goes back to its best candidate, that of step {step}. Lower lr_f or lr_w.",
                "warning",
            )
            self.match.about(self.learned)  # refuses what is no number any more
        images = self.ground.real.denormalize(self.space.images())
        high = {"high-frequencies": high_frequencies(images)}
        yield Scalars(looks, {"step-kept": step, "distance-kept": float(kept.distance), **high})
        for row, what in enumerate(("feature-distance-by-step", "loss-by-step")):
            values = {str(i): v for i, v in enumerate(record[row].tolist()) if v == v}
            yield Parts(looks, what, values)
        yield show(looks, images, self.ground.labels, space=name)

    def _result(self) -> Stream[Found]:
        real, best = self.ground.real, self.best
        name, step, distance = self.name_of(int(best.part)), int(best.step), float(best.distance)
        yield Note(f"Kept: {name}, step {step}, distance {distance:.4g}.")
        yield Scalars(self.looks, {"part-chosen": int(best.part), "step-chosen": step, "distance-chosen": distance})
        images = quantize(real.denormalize(best.copies[0])).cpu()
        yield show(self.looks, images, self.ground.labels, space=name)
        return images, {
            "prior": self.prior.spec,
            "layer": name,
            "step": step,
            "distance": distance,
            **self.match.about(best.copies[1:]),
        }
