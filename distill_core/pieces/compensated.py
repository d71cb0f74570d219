"""What pulls at a compensator: one teacher's loss on natural images that all carry it (INFER, arXiv 2408.06927).

    B(u) = { A(x_c + u) : c = 0 … C − 1 }                                     one view A for the whole batch
    L(u) = 1/C Σ_c CE( f(A(x_c + u)), c )  +  α Σ_l w_l ( ‖Var_l(B) − v_l‖₂ + ‖Mean_l(B) − m_l‖₂ )

over the batch-norm layers that a pass reaches; Var is biased, norms are not squared, w is 10 for the first layer and 1 for the
others. Several groups of C images pass side by side, each with statistics of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .statistics import BatchNormStatistics, Heard
from .together import Together

Terms = dict[str, Tensor]  # the three terms by quantity, without α, averaged over groups


class Compensated:
    """The terms of a frozen teacher, and their gradient in what it is shown.

    Args:
        labels: (classes,), of one group.
        shown: images that it takes, to find the layers that a pass reaches.
        first: w of the first of them.
    """

    def __init__(self, network: nn.Module, labels: Tensor, shown: Tensor, first: float):
        self.network, self.labels = network.eval().requires_grad_(False), labels
        self.matcher = BatchNormStatistics(network, shown)
        self.omega = self.matcher.weights(first, labels.device)

    def pull(self, seen: Tensor, groups: int, alpha: float, at_once: int = 0) -> tuple[Terms, Tensor]:
        """The terms, and the gradient of the sum of the groups' losses in `seen`.

        Args:
            seen: (groups · classes, c, h, w), normalized, as the teacher is shown it.
            at_once: images that pass together where a single group is too much for the memory; 0: all of them. The statistics
                stay those of the whole group.
        """
        if at_once and at_once < len(seen):
            assert groups == 1, "only a single group is cut in pieces"
            return self._in_pieces(seen, alpha, at_once)
        x = seen.detach().requires_grad_(True)
        logits, heard = Together([self.network], self.matcher, groups)(x)
        terms = {"cross-entropy": F.cross_entropy(logits, self.labels.repeat(groups)), **self._mismatch(heard)}
        (gradient,) = torch.autograd.grad(weighed(terms, alpha) * groups, x)
        return {name: term.detach() for name, term in terms.items()}, gradient

    def _mismatch(self, heard: Heard) -> Terms:
        means, variances = self.matcher.mismatch(heard, self.labels)
        return {"mean-mismatch": (self.omega * means).sum(), "variance-mismatch": (self.omega * variances).sum()}

    def _in_pieces(self, seen: Tensor, alpha: float, at_once: int) -> tuple[Terms, Tensor]:
        """Twice over the pieces: for the whole group's moments, then for the gradient, in which these stand as constants.

        With Mean and Var of all N images, and μ_i, σ²_i of a piece of n_i:  Var = Σ n_i/N (σ²_i + (μ_i − Mean)²), whose
        derivative in Mean is 0; so every piece may be differentiated by itself.
        """
        shares = [len(piece) / len(seen) for piece in seen.split(at_once)]
        whole = self._moments(seen, at_once, shares)
        wanted = {name: tuple(t.requires_grad_(True) for t in pair) for name, pair in whole.items()}
        terms = self._mismatch(wanted)
        flat = [t for pair in wanted.values() for t in pair]
        pulls = iter(torch.autograd.grad(alpha * (terms["mean-mismatch"] + terms["variance-mismatch"]), flat))
        pulled = {name: (next(pulls), next(pulls)) for name in wanted}
        entropy, gradients = torch.zeros((), device=seen.device), []
        for piece, labels, share in zip(seen.split(at_once), self.labels.split(at_once), shares, strict=True):
            x = piece.detach().requires_grad_(True)
            with self.matcher.hearing() as heard:
                own = F.cross_entropy(self.network(x), labels)
            around = [(whole[name], heard[name], pulled[name]) for name in whole]
            loss = own + sum((p[0] * h[0] + p[1] * (h[1] + (h[0] - w[0].detach()) ** 2)).sum() for w, h, p in around)
            gradients += torch.autograd.grad(share * loss, x)
            entropy = entropy + share * own.detach()
        terms = {"cross-entropy": entropy, **{name: term.detach() for name, term in terms.items()}}
        return terms, torch.cat(gradients)

    @torch.no_grad()
    def _moments(self, seen: Tensor, at_once: int, shares: list[float]) -> dict[str, tuple[Tensor, Tensor]]:
        """Mean and biased variance (1, c) of all images at every layer, from those of the pieces."""
        found: list[Mapping[str, tuple[Tensor, ...]]] = []
        for piece in seen.split(at_once):
            with self.matcher.hearing() as heard:
                self.network(piece)
            found.append(dict(heard))
        joined = {}
        for name in self.matcher.names:
            mean = torch.stack([share * one[name][0] for share, one in zip(shares, found, strict=True)]).sum(0)
            around = [one[name][1] + (one[name][0] - mean) ** 2 for one in found]
            variance = torch.stack([share * v for share, v in zip(shares, around, strict=True)]).sum(0)
            joined[name] = (mean, variance)
        return joined


def weighed(terms: Mapping[str, Tensor], alpha: float) -> Tensor:
    """L: the cross-entropy and α times the two others."""
    return terms["cross-entropy"] + alpha * (terms["mean-mismatch"] + terms["variance-mismatch"])
