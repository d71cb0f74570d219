"""How good a prior is, measured with our own classifiers and never with the test part to choose anything.

    accuracy of a classifier trained on real images on samples        are the labels right?
    accuracy on real test images of a classifier trained on samples   are they right and various? (the one that matters here)
    Fréchet distance in that classifier's features                    ‖m − m'‖² + tr(C + C' − 2 (C C')^½)

The last is not comparable with distances in the features of another network, and is not called by their name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Generator, Tensor, nn

from ..datasets import RealSet
from ..events import Note, Scalars
from ..loop import Live, steps
from ..method import Stream, stage
from ..networks import Network, build
from ..pieces.teach import SqueezeRecipe, Teacher, accuracy, squeeze
from .header import Header
from .prior import Prior

EACH = 120  # samples of each class
UPDATES, BATCH, RATE = 600, 64, 0.05  # of the classifier that is trained on samples
ENOUGH, FEWEST = 1200, 5  # updates after which the judging classifier has learned enough, and its fewest epochs


def measured(prior: Prior, real: RealSet, device: torch.device, seed: int = 0) -> Stream[dict[str, float]]:
    """The three numbers, with those of real images beside them; trains the teacher first where there is none."""
    teacher: Teacher = yield from stage("squeeze", squeeze(real, *judge(real), device))
    network = teacher.network
    images, labels = sampled(prior, real, EACH, device, seed)
    with torch.no_grad():
        right = torch.cat([network(part).argmax(1) for part in images.split(500)]) == labels
    student = yield from stage("measure", _taught(images, labels, real, device, seed), UPDATES)
    train, test = (
        pooled(network, real.normalize(real.pixels(one.images.to(device)))) for one in (real.train, real.test)
    )
    found = {
        "samples-recognized": float(right.float().mean()),
        "judge-accuracy": teacher.accuracy,
        "samples-teach": accuracy(student, real, real.test, device),
        "samples-distance": frechet(train, pooled(network, images)),
        "test-distance": frechet(train, test),
        "sample-count": float(len(labels)),
    }
    yield Note(
        f"Samples: {found['samples-recognized']:.1%} are taken for their class; a classifier "
        f"trained on them gets {found['samples-teach']:.1%} of the real test images; "
        f"Fréchet distance in our features {found['samples-distance']:.3g} "
        f"(real test images: {found['test-distance']:.3g})."
    )
    return found


@torch.no_grad()
def sampled(prior: Prior, real: RealSet, each: int, device: torch.device, seed: int) -> tuple[Tensor, Tensor]:
    """`each` samples of every class, normalized, rounded to what a file holds; and their labels."""
    generator = Generator().manual_seed(seed)
    labels = torch.arange(len(real.classes), device=device).repeat(each)
    parts = []
    for part in labels.split(250):
        w = prior.map(prior.sample(len(part), generator).to(device), part)
        parts.append((prior.decode(None, w, 0).clamp(0, 1) * 255).round() / 255)
    return real.normalize(torch.cat(parts)), labels


def judge(real: RealSet) -> tuple[str, SqueezeRecipe]:
    """The classifier that judges samples, and how it is trained: the usual teacher; where there are many images a narrower one
    with fewer epochs, so that measuring a prior does not take longer than training it."""
    usual = SqueezeRecipe()
    per_epoch = max(1, len(real.train) // usual.batch)
    if usual.epochs * per_epoch <= ENOUGH:
        return "auto", usual
    return "convnet:norm=batch,width=32", replace(usual, epochs=max(FEWEST, ENOUGH // per_epoch))


def _taught(images: Tensor, labels: Tensor, real: RealSet, device: torch.device, seed: int) -> Stream[nn.Module]:
    """A classifier that has seen samples only."""
    network = build("auto", channels=real.channels, size=real.size, classes=len(real.classes), seed=seed).to(device)
    generator, optimizer = Generator().manual_seed(seed), torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, UPDATES)
    network.train()
    state: dict[str, Live] = {"network": network, "optimizer": optimizer, "schedule": schedule, "generator": generator}
    for step in steps("measure", UPDATES, state=state):
        rows = torch.randint(len(labels), (BATCH,), generator=generator).to(device)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(images[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        schedule.step()
        if step.due:
            yield Scalars(step.index, {"samples-loss": loss.item()})
    return network.eval()


@torch.no_grad()
def pooled(network: Network, x: Tensor, most: int = 5000) -> Tensor:
    """(n, K) float64: means of the last feature maps over their places; at most 5,000 images, evenly spaced."""
    x = x[:: max(1, -(-len(x) // most))]
    return torch.cat([network.body(part).flatten(2).mean(2) for part in x.split(500)]).double().cpu()


def frechet(a: Tensor, b: Tensor) -> float:
    """‖m_a − m_b‖² + tr(C_a + C_b − 2 (C_a C_b)^½) of two sets of features (n, K)."""
    shift = (a.mean(0) - b.mean(0)).square().sum()
    first, second = torch.cov(a.T), torch.cov(b.T)
    values, vectors = torch.linalg.eigh(first)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    return float(shift + first.trace() + second.trace() - 2 * cross)


def card(prior: nn.Module, found: Mapping[str, float], about: Header) -> dict[str, object]:
    """What stands beside a prior."""
    weights = sum(t.numel() for t in prior.state_dict().values())
    said = {name: value for name, value in about.items() if name in ("data", "fingerprint", "classes", "recipe", "key")}
    return {**said, "weights": weights, "quality": {name: round(value, 4) for name, value in found.items()}}
