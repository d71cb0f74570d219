"""The toy's hand-written derivatives do what PyTorch's autograd does: the same points, losses and pushes, step after step."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from distill_core.parts.objectives.gradients import distances

TRACE = Path(__file__).with_name("toy_trace.mjs")
STEPS = 25
Told = dict[str, Any]
Pull = Callable[[Tensor, Told], Tensor]  # (points, what the step drew) → loss


def trace(objective: str, act: str) -> Told:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the same arithmetic cannot be run outside a browser")
    command = [node, str(TRACE), objective, str(STEPS), act]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)


class Toy:
    """The network and the objectives of the page, from their equations, in float64."""

    def __init__(self, told: Told, act: str):
        self.told, self.sizes, self.bend = told, told["sizes"], getattr(torch, act)
        self.real, self.labels = tensor(told["real"]["at"]).view(-1, 2), torch.tensor(told["points"]["labels"])
        self.real_labels = torch.tensor(told["real"]["labels"])
        self.alpha = torch.tensor(float(told["constants"]["FIRST_ALPHA"]), dtype=torch.float64)
        self.theta = torch.zeros(0)
        self.turn, self.paths = 0, {}

    def weights(self, theta: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        at = 0
        for inputs, outputs in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            cut = at + inputs * outputs
            yield theta[at:cut].view(outputs, inputs), theta[cut : cut + outputs]
            at = cut + outputs

    def features(self, theta: Tensor, x: Tensor) -> Tensor:
        *hidden, _ = self.weights(theta)
        for w, b in hidden:
            x = self.bend(F.linear(x, w, b))
        return x

    def loss(self, theta: Tensor, x: Tensor, labels: Tensor) -> Tensor:
        *_, (w, b) = self.weights(theta)
        return F.cross_entropy(F.linear(self.features(theta, x), w, b), labels)

    def gradient(self, theta: Tensor, x: Tensor, labels: Tensor, graph: bool = False) -> Tensor:
        theta = theta if theta.requires_grad else theta.clone().requires_grad_(True)
        return torch.autograd.grad(self.loss(theta, x, labels), theta, create_graph=graph)[0]

    def by_class(self, x: Tensor, step: Told) -> Iterator[tuple[int, Tensor, Tensor]]:
        for label, rows in enumerate(step["rows"]):
            assert bool((self.real_labels[rows] == label).all())
            yield label, self.real[rows], x[self.labels == label]

    def gradients(self, x: Tensor, step: Told) -> Tensor:
        """DC's distance by the engine's own `distances`, on the network as it was trained in between."""
        if self.turn % self.told["constants"]["LOOKS"] == 0:
            self.theta = tensor(step["network"])
        self.turn += 1
        total = torch.zeros((), dtype=torch.float64)
        for label, real, learned in self.by_class(x, step):
            sides = []
            for points in (learned, real):
                flat = self.gradient(self.theta, points, torch.full((len(points),), label), True)
                sides.append({str(i): w[None] for i, (w, _) in enumerate(self.weights(flat))})
            total = total + torch.stack(list(distances(*sides).values())).sum()
        return total

    def settle(self, x: Tensor) -> None:
        for _ in range(self.told["constants"]["INNER"]):
            self.theta = self.theta - self.told["constants"]["INNER_RATE"] * self.gradient(self.theta, x, self.labels)

    def mean_features(self, x: Tensor, step: Told) -> Tensor:
        theta = tensor(step["network"])
        apart = [
            self.features(theta, learned).mean(0) - self.features(theta, real).mean(0)
            for _, real, learned in self.by_class(x, step)
        ]
        return torch.stack([one.square().sum() for one in apart]).sum()

    def trajectories(self, x: Tensor, step: Told) -> Tensor:
        path, ahead = self.path(str(step["expert"])), self.told["constants"]["AHEAD"]
        origin, target = path[step["start"]], path[step["start"] + ahead]
        theta = origin.clone().requires_grad_(True)
        for _ in range(self.told["constants"]["STEPS"]):
            theta = theta - self.alpha * self.gradient(theta, x, self.labels, True)
        return (theta - target).square().sum() / (origin - target).square().sum()

    def path(self, number: str) -> list[Tensor]:
        """An expert's weights after every few steps of plain gradient descent on batches of the real points."""
        if number not in self.paths:
            expert, rate = self.told["experts"][number], self.told["constants"]["EXPERT_RATE"]
            theta = tensor(expert["first"])
            found = [theta]
            for i, rows in enumerate(expert["batches"], 1):
                theta = theta - rate * self.gradient(theta, self.real[rows], self.real_labels[rows])
                if i % self.told["constants"]["EPOCH"] == 0:
                    found.append(theta)
            self.paths[number] = found
        return self.paths[number]


def tensor(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("act", ["tanh", "relu"])
@pytest.mark.parametrize("objective", ["gradient", "mean", "trajectory"])
def test_the_page_computes_what_autograd_computes(objective: str, act: str) -> None:
    told = trace(objective, act)
    toy, constants = Toy(told, act), told["constants"]
    pull: Pull = {"gradient": toy.gradients, "mean": toy.mean_features, "trajectory": toy.trajectories}[objective]
    x, speed = tensor(told["points"]["at"]).view(-1, 2), torch.zeros(len(toy.labels), 2, dtype=torch.float64)
    for t, step in enumerate(told["steps"]):
        x = x.detach().requires_grad_(True)
        toy.alpha.requires_grad_(True)
        loss = pull(x, step)
        push, *slope = torch.autograd.grad(loss, (x, toy.alpha) if objective == "trajectory" else (x,))
        speed = constants["MOMENTUM"] * speed + push
        x = x.detach() - told["rate"] * speed
        if objective == "gradient":
            toy.settle(x)
        if slope:
            toy.alpha = (toy.alpha.detach() - constants["ALPHA_RATE"] * slope[0]).clamp(min=constants["LEAST_ALPHA"])
        assert loss.item() == pytest.approx(step["loss"], rel=1e-5, abs=1e-5), t
        np.testing.assert_allclose(push.flatten().numpy(), step["push"], rtol=1e-5, atol=1e-5, err_msg=str(t))
        np.testing.assert_allclose(x.flatten().numpy(), step["at"], rtol=1e-5, atol=1e-5, err_msg=str(t))
        assert toy.alpha.item() == pytest.approx(step["alpha"], abs=1e-5)
    assert t == STEPS - 1
    assert np.abs(np.subtract(told["steps"][-1]["at"], told["points"]["at"])).max() > 1e-2, "the points moved"


def test_a_student_learns_as_with_adam() -> None:
    told = trace("mean", "tanh")
    toy, theta = Toy(told, "tanh"), tensor(told["student"]["start"]).requires_grad_(True)
    points, adam = tensor(told["points"]["at"]).view(-1, 2), torch.optim.Adam([theta], lr=0.04)
    for _ in range(30):
        theta.grad = toy.gradient(theta, points, toy.labels)
        adam.step()
    np.testing.assert_allclose(theta.detach().numpy(), told["student"]["end"], rtol=1e-6, atol=1e-6)
