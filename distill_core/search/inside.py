"""The inside of a generator as a space: w of every layer, and the feature map at one cut (GLaD, arXiv 2305.01649).

Three passes: decode without a graph, chunk by chunk; let the objective say ∂L/∂x at the images; decode again with a graph,
chunk by chunk, and push ∂L/∂x back into w and f. So any objective works here with the memory of one chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor

from ..events import Parts
from ..loop import Live
from ..pieces.ground import Ground
from ..pieces.match import PixelSpace, Rates
from ..priors import Cut, Prior

COPIES = (
    6  # of a feature map while it is decoded with a graph: four that are kept for the way back (measured), two on it
)
CLIP, REPLACED = 10.0, 5.0  # feature maps stay in ±10; infinite values become ±5, as in the released code


def cleaned(f: Tensor) -> Tensor:
    """NaN becomes 0, ±∞ become ±5, the rest stays in [−10, 10]."""
    return f.detach().float().nan_to_num(0.0, REPLACED, -REPLACED).clamp(-CLIP, CLIP)


def images_within(megabytes: int, cuts: Sequence[Cut]) -> int:
    """How many images can be decoded with a graph through these cuts within so many MB (10⁶ bytes); one at least."""
    each = COPIES * sum(cut.bytes for cut in cuts)
    return max(1, int(megabytes * 1_000_000 // each)) if each else 1


def chunked(function: Callable[..., Tensor], size: int, *tensors: Tensor | None) -> Tensor:
    """The function over rows, `size` at a time, put together again."""
    n = len(next(t for t in tensors if t is not None))
    return torch.cat(
        [function(*(None if t is None else t[at : at + size] for t in tensors)) for at in range(0, n, size)]
    )


def push_back(
    decode: Callable[[Tensor | None, Tensor], Tensor],
    gradient: Tensor,
    w: Tensor,
    f: Tensor | None,
    size: int,
) -> tuple[Tensor, Tensor | None]:
    """∂L/∂w and ∂L/∂f from ∂L/∂x, decoding `size` images at a time."""
    found: list[tuple[Tensor, ...]] = []
    for at in range(0, len(w), size):
        leaves = [t[at : at + size].detach().clone().requires_grad_(True) for t in (w, f) if t is not None]
        x = decode(leaves[1] if f is not None else None, leaves[0])
        pulls = torch.autograd.grad(x, leaves, gradient[at : at + size], allow_unused=True, materialize_grads=True)
        found.append(pulls)  # zero for w where nothing behind the cut is driven by it
    to_w, *to_f = (torch.cat(parts) for parts in zip(*found, strict=True))
    return to_w, to_f[0] if to_f else None


@torch.no_grad()
def averaged_w(prior: Prior, labels: Tensor, samples: int, generator: Generator) -> Tensor:
    """(n, rows, w): for every image the mean of mapped latents of its class; each image has its share of `samples`.

    With one image per class that is the mean of all of them. With more, every image averages other latents, which are near
    copies where each has many (the mean of n is 1/√n as far from that of the class); 0 draws one latent for each image.
    """
    device = labels.device
    ipc = int((labels == labels[0]).sum())
    share = max(1, samples // ipc)
    total = torch.zeros(())
    for _ in range(share):
        w = prior.map(prior.sample(len(labels), generator).to(device), labels)
        total = total.to(device) + w
    return total / share


class Inside:
    """w and f at one cut, moved by SGD with momentum, each at its own rate.

    The objective sees images in the valid range; where a pixel is outside it, a pull that leads further out is left out. With
    `half` images are decoded in bfloat16; w, f, their gradients and the images are float32 all the same.
    """

    def __init__(
        self,
        prior: Prior,
        ground: Ground,
        cut: int,
        w: Tensor,
        f: Tensor | None,
        *,
        momentum: float,
        chunk: int,
        half: bool = False,
    ):
        self.prior, self.real, self.cut, self.chunk, self.half = prior, ground.real, cut, chunk, half
        self.name = prior.cuts[cut].name
        self.w = w.detach().clone().requires_grad_(True)
        self.f = None if f is None else f.detach().clone().requires_grad_(True)
        self.optimizer = torch.optim.SGD([{"params": [t]} for t in self.tensors()], lr=1.0, momentum=momentum)
        self.low, self.high = ground.range(w.device)
        self._seen: tuple[tuple[int, ...], Tensor] | None = None

    def decode(self, f: Tensor | None, w: Tensor) -> Tensor:
        """Normalized images, not clamped."""
        with torch.autocast(w.device.type, torch.bfloat16, enabled=self.half):
            x = self.prior.decode(f, w, self.cut)
        return self.real.normalize(x.float())

    def raw(self) -> Tensor:
        """Decoded without a graph; kept until w or f move."""
        versions = tuple(t._version for t in self.tensors())
        if self._seen is None or self._seen[0] != versions:
            with torch.no_grad():
                made = chunked(lambda w, f: self.decode(f, w), self.chunk, self.w.detach(), self._map())
            self._seen = versions, made
        return self._seen[1]

    def _map(self) -> Tensor | None:
        return None if self.f is None else self.f.detach()

    def images(self) -> Tensor:
        return self.raw().clamp(self.low, self.high)

    def step(self, gradient: Tensor, rates: Rates) -> None:
        raw = self.raw()
        outward = ((raw < self.low) & (gradient > 0)) | ((raw > self.high) & (gradient < 0))
        pulls = push_back(self.decode, gradient.masked_fill(outward, 0.0), self.w, self.f, self.chunk)
        for group, tensor, pull, rate in zip(
            self.optimizer.param_groups, (self.w, self.f), pulls, (rates.w, rates.f), strict=False
        ):
            group["lr"] = rate
            if tensor is not None:
                tensor.grad = pull
        self.optimizer.step()

    def tensors(self) -> list[Tensor]:
        return [self.w] if self.f is None else [self.w, self.f]

    def state(self) -> dict[str, Live]:
        names = ("w", "f")
        return {**dict(zip(names, self.tensors(), strict=False)), "optimizer": self.optimizer}

    @torch.no_grad()
    def onward(self, cut: int) -> Tensor:
        """The feature map at a later cut, not cleaned, without a graph."""
        return chunked(lambda w, f: self.prior.between(f, w, self.cut, cut), self.chunk, self.w.detach(), self._map())


def space_at(
    prior: Prior,
    ground: Ground,
    place: int,
    w: Tensor,
    f: Tensor | None,
    *,
    momentum: float,
    chunk: int,
    half: bool = False,
) -> Inside | PixelSpace:
    """The space at a cut of the prior; one past its last cut, and with no prior, the pixels.

    Args:
        f: the feature map there; at the pixels the images, normalized. At cut 0 it is None: w alone is learned.
    """
    if place >= len(prior.cuts) - (not prior.rows):
        assert f is not None
        return PixelSpace(f, ground, momentum)
    return Inside(prior, ground, place, w, f, momentum=momentum, chunk=chunk, half=half)


def sizes(prior: Prior, count: int) -> Parts:
    """Bytes of the feature maps of `count` images at every cut, which is named with its shape: `layer2 32×8×8`."""
    shaped = {f"{cut.name} {'×'.join(map(str, cut.shape))}": float(count * cut.bytes) for cut in prior.cuts}
    return Parts(0, "map-bytes", shaped)


def high_frequencies(images: Tensor) -> float:
    """Share of the energy (without the mean) in the upper half of the frequencies, over all images; 0 … 1."""
    energy = torch.fft.fft2(images.float()).abs().square()
    at = torch.fft.fftfreq(images.shape[-1], device=images.device).abs()
    upper = torch.maximum(at[:, None], at[None]) > 0.25
    energy[..., 0, 0] = 0
    return float(energy[..., upper].sum() / energy.sum().clamp(min=1e-12))
