"""One forward pass for several slices of images, each before its own network.

Networks of the same build whose weights differ a little (DWA shifts one for every slice) are stacked and mapped over with
`torch.func`, so that ten small passes become one; where the slices share one network they simply share its batch, and
only the statistics are taken slice by slice.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from .statistics import Heard, Matcher


class Together:
    """`look(x)` with x (groups · n, c, h, w): logits (groups · n, classes) and what the layers heard, group by group.

    Args:
        networks: one that all groups share, or one for each group, in eval mode and with gradients off.
        matcher: listens to the first of them; the others are of the same build.
    """

    def __init__(self, networks: Sequence[nn.Module], matcher: Matcher, groups: int):
        assert len(networks) in (1, groups), "one network for all groups, or one for each"
        self.networks, self.matcher, self.groups = list(networks), matcher, groups
        if len(networks) > 1:
            weights, buffers = stack_module_state(self.networks)
            self.weights = {name: w.detach() for name, w in weights.items()}
            self.buffers = {name: b[0] for name, b in buffers.items()}  # eval mode: those of the trained network

    def __call__(self, x: Tensor) -> tuple[Tensor, Heard]:
        if len(self.networks) == 1:
            with self.matcher.hearing(self.groups) as heard:
                logits = self.networks[0](x)
            return logits, heard
        logits, stacked = vmap(self._one)(self.weights, x.unflatten(0, (self.groups, -1)))
        return logits.flatten(0, 1), {name: [t.flatten(0, 1) for t in found] for name, found in stacked.items()}

    def _one(self, weights: dict[str, Tensor], x: Tensor) -> tuple[Tensor, dict[str, tuple[Tensor, ...]]]:
        with self.matcher.hearing() as heard:
            logits = functional_call(self.networks[0], {**weights, **self.buffers}, (x,))
        return logits, {name: tuple(found) for name, found in heard.items()}
