"""Experts that other programs trained: MTT's buffers, brought in where our trajectory matching finds its own.

    replay_buffer_{n}.pt = list[expert] of list[epoch 0 … E] of list[weights, in the order of net.parameters()]

A buffer names no network, no data set and no recipe. The network follows from the shapes, the data set is what the person says and the
last snapshot is asked about its validation images; the recipe is taken on trust (buffer.py's: SGD 0.01, batch 256, augmented).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ... import store
from ...datasets import RealSet, load
from ...errors import BadRecord, BadSetting
from ...home import replacing
from ...networks import Network, build
from ...pieces.trajectory import ExpertRecipe, key_of
from .knowing import known_share
from .layouts.others import buffers
from .place import Place, looked_at

NORMS = ("instance", "none", "layer", "group")  # batch norm has statistics that no buffer keeps
Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Experts:
    """Trajectories as vectors (epochs + 1, weights), one for each expert, and the shapes of the weights."""

    files: tuple[str, ...]
    paths: list[Tensor]
    shapes: Shapes

    @property
    def epochs(self) -> int:
        return len(self.paths[0]) - 1

    @property
    def said(self) -> str:
        weights = f"{self.paths[0].shape[1]:,} weights in {len(self.shapes)} tensors"
        return f"{len(self.paths)} experts of {self.epochs} epochs, {weights} each, in {', '.join(self.files)}."


@dataclass(frozen=True)
class Taken:
    """What became of them: the network they fit, what the last snapshots recognize, and how a run uses them."""

    experts: int
    epochs: int
    network: str
    accuracy: float
    use: str
    notes: tuple[str, ...]


def are_experts(path: Path) -> bool:
    """Whether a file, folder or zip holds trajectories of weights."""
    if not path.exists() or path.suffix not in (".pt", ".zip", ""):
        return False
    with looked_at(path) as place:
        return bool(buffers(place))


def read(place: Place) -> Experts:
    """The experts of all buffers at a place.

    Raises `BadRecord` where shapes differ, values are not finite, or all snapshots of an expert are the same.
    """
    names = buffers(place)
    paths: list[Tensor] = []
    shapes: Shapes = ()
    for name in names:
        found = place.loaded(name)
        assert isinstance(found, list | tuple), "`buffers` looked"
        for expert in found:
            shapes = shapes or tuple(tuple(weights.shape) for weights in expert[0])
            paths.append(_path(expert, shapes, f"expert {len(paths)} in {name}"))
    if len({len(path) for path in paths}) > 1:
        raise BadRecord(
            f"The experts have from {min(map(len, paths))} to {max(map(len, paths))} snapshots. They have to be as many."
        )
    return Experts(tuple(names), paths, shapes)


def _path(expert: Sequence[Sequence[Tensor]], shapes: Shapes, name: str) -> Tensor:
    for epoch, snapshot in enumerate(expert):
        if tuple(tuple(weights.shape) for weights in snapshot) != shapes:
            raise BadRecord(
                f"Snapshot {epoch} of {name} has tensors of other shapes than the first. One network was wanted."
            )
    path = torch.stack([torch.cat([weights.detach().float().flatten() for weights in snapshot]) for snapshot in expert])
    if not bool(torch.isfinite(path).all()):
        raise BadRecord(f"{name} holds weights that are no finite numbers: its training came apart.")
    if len(path) < 2:
        raise BadRecord(
            f"{name} has {len(path)} snapshot; the first weights and those after one epoch or more were wanted."
        )
    if bool((path == path[0]).all()):
        raise BadRecord(
            f"All {len(path)} snapshots of {name} are equal. That is a known fault of buffer.py on the CPU: it keeps references to the "
            "weights, not copies (`.detach().cpu()` copies nothing there), so every snapshot is the last one. Train them on a GPU, or "
            "let MTT train its own here."
        )
    return path


def network_of(experts: Experts, real: RealSet, asked: str = "") -> Network:
    """Our network whose weights have these shapes in this order: the papers' ConvNet, or what is asked for.

    Raises `BadRecord` where none has.
    """
    made = {"channels": real.channels, "size": real.size, "classes": len(real.classes)}
    specs = [asked] if asked else list(_convnets(experts.shapes))
    for spec in specs:
        try:
            network = build(spec, **made, seed=0)
        except BadSetting:
            if asked:
                raise
            continue  # such a network cannot take images of this size
        if tuple(tuple(weights.shape) for weights in network.parameters()) == experts.shapes:
            return network
    first, last = experts.shapes[0], experts.shapes[-1]
    raise BadRecord(
        f"Their weights go from {first} to {last} in {len(experts.shapes)} tensors, which is not {asked or 'a ConvNet of ours'} for "
        f"{real.title} ({real.channels}×{real.size}×{real.size}, {len(real.classes)} classes). Name the data set that they were trained "
        "on, or their network with --network."
    )


def _convnets(shapes: Shapes) -> Iterator[str]:
    convolutions = [one for one in shapes if len(one) == 4]
    if convolutions:
        for norm, depth in product(NORMS, ("", f",depth={len(convolutions)}")):
            yield f"convnet:norm={norm},width={convolutions[0][0]}{depth}"


def take(
    path: Path, data: str, *, network: str = "", lr: float = 0.01, batch: int = 256, augmented: bool = True
) -> Taken:
    """Keep experts where MTT looks for its own.

    Args:
        network: ours, where the shapes do not settle it.
        lr, batch, augmented: how they were trained; buffer.py's usual values.

    Raises:
        BadSetting: no data set is named.
        BadRecord: they fit no network here, or do not know the data set as our trajectories see it.
    """
    with looked_at(path) as place:
        experts = read(place)
    if not data:
        raise BadSetting(f"{experts.said} Name the data set that they were trained on: --data NAME.")
    real = load(data)
    ours = network_of(experts, real, network)
    accuracy = known_share(experts.paths[0], experts.said, ours, real)
    recipe = ExpertRecipe(len(experts.paths), experts.epochs, lr, batch, augmented)
    key = key_of(real, ours.spec, recipe, 0)
    for number, trajectory in enumerate(experts.paths):
        with replacing(store.path_of("expert", f"{key}-{number}")) as file:
            save_file(
                {"path": trajectory.contiguous()},
                file,
                metadata={"brought": experts.files[0], "recipe": str(asdict(recipe))},
            )
    use = (
        f"run mtt --data {real.name} --teacher {ours.spec} --experts {recipe.experts} --train_epochs {recipe.epochs} --lr_expert {lr:g} "
        f"--batch_expert {batch}{'' if augmented else ' --view none'} --seed 0"
    )
    trust = f"Taken on trust: trained with SGD {lr:g}, batch {batch}, {'augmented' if augmented else 'plain'} images; their file does not say."
    return Taken(len(experts.paths), experts.epochs, ours.spec, accuracy, use, (experts.said, trust))
