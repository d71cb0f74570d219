"""What moves a student: the optimizer of its protocol, and the running average that is tested where the protocol says so."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .protocol import Protocol

COUNT = "times followed"


class Average:
    """A running average of a network's weights and buffers: what is tested where a protocol says so (EDC, GLaD).

    With `ramp` the decay is (k − 1) / k at the k-th time until it is reached, as in ema_pytorch with power 1.
    """

    def __init__(self, network: nn.Module, decay: float, ramp: bool = False):
        self.decay, self.kept = decay, {name: t.detach().clone() for name, t in network.state_dict().items()}
        self.ramp, self.count = ramp, 0

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        self.count += 1
        decay = min(self.decay, (self.count - 1) / self.count) if self.ramp else self.decay
        for name, now in network.state_dict().items():
            if now.is_floating_point():
                self.kept[name].lerp_(now, 1 - decay)
            else:
                self.kept[name].copy_(now)

    def into(self, network: nn.Module) -> None:
        network.load_state_dict(self.kept)

    def state_dict(self) -> dict[str, Tensor]:
        return {COUNT: torch.tensor(self.count), **{name: t.cpu().clone() for name, t in self.kept.items()}}

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        self.count = int(saved.get(COUNT, 0))
        for name in self.kept:
            self.kept[name].copy_(saved[name])


def optimizer_of(network: nn.Module, protocol: Protocol) -> torch.optim.Optimizer:
    """The protocol's optimizer; its learning rate is set again at every step."""
    spared = [p for p in network.parameters() if protocol.decay == "matrices" and p.ndim < 2]
    rest = [p for p in network.parameters() if not (protocol.decay == "matrices" and p.ndim < 2)]
    groups = [{"params": rest, "weight_decay": protocol.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    groups = [g for g in groups if g["params"]]
    if protocol.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=protocol.lr, momentum=protocol.momentum)
    return torch.optim.AdamW(groups, lr=protocol.lr, fused=True)


class Laid:
    """An optimizer whose restored state lies in memory as its parameters do.

    Networks train with channels last (on the CPU a ConvNet then takes two thirds of the time), files hold plain order,
    and a fused update walks both in memory order.
    """

    def __init__(self, optimizer: torch.optim.Optimizer):
        self.optimizer = optimizer

    def state_dict(self) -> dict[str, object]:
        return self.optimizer.state_dict()

    def load_state_dict(self, saved: dict[str, object]) -> None:
        self.optimizer.load_state_dict(saved)
        for parameter, state in self.optimizer.state.items():
            for name, value in state.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    state[name] = torch.empty_like(parameter).copy_(value)
