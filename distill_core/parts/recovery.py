"""Recover: optimize images until a frozen network recognizes them and its layers see what they remember.

    L(x) = CE(f_θ̃(A_t(x)), y) + λ_mean Σ_l ω_l ‖μ_l − m_l‖₂ + λ_var Σ_l ω_l ‖σ²_l − v_l‖₂  [+ α L_DD]

SRe2L takes θ̃ = θ_T, noise to start from, and one λ; DWA shifts θ̃ away from θ_T for each batch, starts from real images,
and weighs the variance more; G-VBSM and EDC rotate several networks and listen at convolutions too. The images are optimized
in normalized space by Adam (0.5, 0.9) with a cosine learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..events import Note, Parts, Scalars
from ..loop import Guard, Live, Step, steps
from ..method import Stream, stage
from ..part import Part, choice, knob
from ..pieces.apart import class_spread
from ..pieces.batch import Batch, FirstLook
from ..pieces.ground import Ground
from ..pieces.moving import HeldOut, Moving
from ..pieces.show import place, reference, show
from ..pieces.statistics import Matcher
from ..pieces.teach import Teacher
from ..pieces.together import Together
from ..quantities import variant
from .adjustments import AnyAdjustment, AsItIs
from .batches import AnyBatches, Slices
from .spectra import AnySpectrum, FreeSpectrum
from .statistics import AnyStatistics, AtBatchNorm, Listener
from .views import AnyView, Rolled

EAGER = 0.5  # seconds of reports that a run may spend at once, so that a short one is seen moving too
SRE2L = "arXiv 2306.13092, released code"


class AsStarted(Part):
    """The images of the start, as they are."""

    kind: Literal["none"] = "none"

    def unfit(self, network: str) -> str | None:
        """Why images cannot be recovered from a network of this name, or None."""
        return None

    def images(self, ground: Ground, teachers: list[Teacher], start: Tensor) -> Stream[Tensor]:
        """(ipc, classes, c, h, w) in [0, 1] from a start in normalized pixels, both on the device."""
        first = teachers[0].network
        yield from reference(ground.real, first, ground.device)
        yield place(0, first, start.flatten(0, 1), ground.labels)
        return ground.real.denormalize(start.flatten(0, 1)).unflatten(0, start.shape[:2])


class Inversion(AsStarted):
    """Batch after batch: shift the teachers as asked, then move the images."""

    kind: Literal["inversion"] = "inversion"  # type: ignore[assignment]
    iterations: int = knob(
        300,
        "Iterations",
        "Updates of each image (T_syn); the papers make 1,000 on CIFAR. 0 keeps the images of the start.",
        ge=0,
        le=20_000,
        scale="log",
        source="ours, for two CPU cores; the presets hold the published value",
        implied=True,
    )
    lr_img: float = knob(
        0.25,
        "Learning rate of the images",
        "Adam's step in normalized pixels; falls to 0 along a cosine.",
        gt=0,
        le=10,
        live=True,
        scale="log",
        source=SRE2L,
    )
    adjustment: AnyAdjustment = AsItIs()
    view: AnyView = Rolled()
    statistics: AnyStatistics = AtBatchNorm()
    spectrum: AnySpectrum = FreeSpectrum()
    batches: AnyBatches = Slices()

    def unfit(self, network: str) -> str | None:
        return self.statistics.unfit(network)

    def images(self, ground: Ground, teachers: list[Teacher], start: Tensor) -> Stream[Tensor]:
        images = yield from super().images(ground, teachers, start)
        listeners = []
        for teacher in teachers:
            listeners.append((yield from self.statistics.listener(ground, teacher)))
        if self.iterations:
            images = yield from self._recovered(ground, teachers, listeners, start)
        if ground.job.ipc > 1:
            ends = {"class-spread": ground.real.normalize(images), "class-spread@start": start}
            apart = {name: class_spread(teachers[0].network, one) for name, one in ends.items()}
            yield Scalars(self.iterations, apart)
        return images

    def _recovered(
        self, ground: Ground, teachers: list[Teacher], listeners: list[Listener], start: Tensor
    ) -> Stream[Tensor]:
        images = start.flatten(0, 1).clone()
        generator = Generator().manual_seed(ground.job.seed + 1)
        blocks = self.batches.together(ground)
        held = HeldOut.of(ground) if self.adjustment.works else None
        if not self.statistics.side_by_side:
            blocks = [[batch] for group in blocks for batch in group]
        for part, group in enumerate(blocks):
            ids, where = torch.cat(group), (part, len(blocks))
            batch = self._batch(ground, teachers, images, ids, len(group), generator)
            for turn, of_turn in enumerate(batch.teachers if batch.copies else ()):
                for one, network in enumerate(of_turn):
                    moving = Moving(network, batch.first_look(one), batch.labels[batch.rows(one)], held)
                    shifting = self.adjustment.shifted(moving, batch, generator)
                    yield from stage("adjust", shifting, self.adjustment.updates, *where)
                    if (part, turn, one) == (0, 0, 0):  # the others are much like it, and one warning is enough
                        yield from (Note(doubt, "warning") for doubt in moving.doubts())

            def whole(now: Tensor, ids: Tensor = ids) -> Tensor:
                images[ids] = now.detach()
                return images

            work = Work(self, batch, listeners, generator, teachers[0], whole, EAGER / len(blocks))
            yield from stage("recover", work.go(), self.iterations, *where)
            whole(batch.x)
        return ground.real.denormalize(images).clamp(0, 1).unflatten(0, start.shape[:2])

    def _batch(
        self, ground: Ground, teachers: list[Teacher], images: Tensor, ids: Tensor, groups: int, generator: Generator
    ) -> Batch:
        labels, networks = (ids % ground.classes).to(ground.device), [teacher.network for teacher in teachers]
        look = FirstLook(self.view.of(ground.real), generator.get_state())
        own = self.adjustment.works
        return Batch(ground, images[ids], labels, networks, self.lr_img, look, groups=groups, copies=own)

    def loss(self, terms: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of the terms; what has no weight here brings its own."""
        weights = {"mean-mismatch": self.statistics.mean_weight, "variance-mismatch": self.statistics.variance_weight}
        return torch.stack([weights.get(name, 1.0) * term for name, term in terms.items()]).sum()


class Work:
    """T iterations on one batch: look, step, clamp; the learning rate falls along a cosine.

    Args:
        first: θ_T, for the map of logits.
        whole: puts the batch's images among all, and gives all of them (n, c, h, w), normalized.
        eager: seconds of reports that may be spent at once.
    """

    def __init__(
        self,
        settings: Inversion,
        batch: Batch,
        listeners: list[Listener],
        generator: Generator,
        first: Teacher,
        whole: Callable[[Tensor], Tensor],
        eager: float,
    ):
        self.settings, self.batch, self.generator, self.first = settings, batch, generator, first
        self.whole, self.eager, self.guard = whole, eager, Guard(batch.x)
        for network in (one for of_turn in batch.teachers for one in of_turn):
            network.requires_grad_(False)  # from here on a constant: weight gradients would be thrown away
        self.matchers: list[Matcher] = [
            listen(of_turn[0]) for listen, of_turn in zip(listeners, batch.teachers, strict=True)
        ]
        self.looks = [Together(t, m, batch.groups) for t, m in zip(batch.teachers, self.matchers, strict=True)]
        device, first_layer = batch.x.device, settings.statistics.first_layer
        self.omegas = [matcher.weights(first_layer, device) for matcher in self.matchers]
        generator.set_state(batch.look.draws)

    def state(self) -> dict[str, Live]:
        """What a checkpoint holds: the teachers too, where they are the batch's own."""
        batch = self.batch
        state: dict[str, Live] = {"x": batch.x, "optimizer": batch.optimizer, "generator": self.generator}
        state |= {f"matcher {i}": matcher for i, matcher in enumerate(self.matchers)}
        if batch.copies:
            turns = enumerate(batch.teachers)
            state |= {f"teacher {i}.{g}": n for i, of_turn in turns for g, n in enumerate(of_turn)}
        return state

    def go(self) -> Stream[None]:
        total = self.settings.iterations
        for step in steps("recover", total, state=self.state(), live=True, eager=self.eager):
            now, turn = step.now(self.settings), step.index % len(self.batch.teachers)
            rate = 0.5 * (1 + math.cos(math.pi * step.index / total)) * now.lr_img
            terms, layers = self._look(now, turn, step.index / total)
            loss = now.loss(terms)
            self._move(loss, rate, step.index)
            if step.due:
                self.guard.stop_if_broken("recover", "Lower lr_img or the loss coefficients.")
                yield from self._report(step, turn, {"loss": loss, **terms}, layers, rate)

    def _look(self, now: Inversion, turn: int, progress: float) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        """The terms of the loss, and the mismatches layer by layer."""
        batch, matcher, omega = self.batch, self.matchers[turn], self.omegas[turn]
        view = batch.look.view(batch.x, self.generator, progress)
        matcher.draw(self.generator)
        logits, heard = self.looks[turn](view)
        entropy = F.cross_entropy(logits, batch.labels)
        means, variances = matcher.mismatch(heard, batch.labels)
        terms = {"cross-entropy": entropy, "mean-mismatch": (omega * means).sum()}
        terms["variance-mismatch"] = (omega * variances).sum()
        flat = now.spectrum.term(view, batch.labels)
        return terms if flat is None else {**terms, "densification": flat}, (means, variances)

    def _move(self, loss: Tensor, rate: float, index: int) -> None:
        batch = self.batch
        batch.optimizer.param_groups[0]["lr"] = rate
        (gradient,) = torch.autograd.grad(loss * batch.groups, batch.x)  # the loss is the mean of the groups' losses
        # what the K passes left at x counts in the first update only (see DirectedShift.first_gradient)
        batch.x.grad = gradient if batch.x.grad is None or index else batch.x.grad + gradient
        self.guard.keep()
        batch.optimizer.step()
        batch.optimizer.zero_grad(set_to_none=True)
        batch.clamp()
        self.guard.check(loss, index)

    def _report(
        self, step: Step, turn: int, terms: Mapping[str, Tensor], layers: tuple[Tensor, Tensor], rate: float
    ) -> Stream[None]:
        batch, matcher, real = self.batch, self.matchers[turn], self.batch.ground.real
        whose = turn + 1 if len(batch.teachers) > 1 else ""
        values = {variant(name, whose): float(value.detach()) for name, value in terms.items()}
        yield Scalars(step.index, values | {"learning-rate": rate})
        for what, found in zip(("mean", "variance"), layers, strict=True):
            by_layer = dict(zip(matcher.names, found.detach().tolist(), strict=True))
            yield Parts(step.index, variant(f"{what}-mismatch-by-layer", whose), by_layer)
        flat = self.whole(batch.x)
        yield show(step.index, real.denormalize(flat), batch.ground.labels)
        yield place(step.index, self.first.network, flat, batch.ground.labels)


AnyRecovery = Annotated[
    AsStarted | Inversion,
    choice(
        "Recovery", "The images stay as they start, or are optimized until the network recognizes them.", source=SRE2L
    ),
]
