"""MTT's buffers: read, matched to a network by their shapes, and found by our trajectory matching; or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from distill_core.datasets import load
from distill_core.errors import BadRecord, BadSetting
from distill_core.method import drained
from distill_core.networks import build
from distill_core.pieces.augment import Nothing
from distill_core.pieces.trajectory import ExpertRecipe, expert_paths, flat
from distill_core.work import sets
from distill_core.work.sets import Asked, experts
from distill_core.work.sets.zca import whitening_of
from tests.methods.tiny import job

DATA = "digits:size=8"
SPEC = "convnet:norm=instance,width=8"
REAL = load(DATA)
Buffer = list[list[list[Tensor]]]


def trained(pixels: Tensor, number: int, epochs: int = 3) -> list[list[Tensor]]:
    """An expert as buffer.py keeps it."""
    network = build(SPEC, channels=1, size=8, classes=10, seed=number)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    snapshots = [[weights.detach().clone() for weights in network.parameters()]]
    for _ in range(epochs):
        for rows in torch.arange(len(pixels)).split(32):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(pixels[rows]), REAL.train.labels[rows]).backward()
            optimizer.step()
        snapshots.append([weights.detach().clone() for weights in network.parameters()])
    return snapshots


@pytest.fixture(scope="module")
def buffer() -> Buffer:
    return [trained(REAL.normalize(REAL.pixels(REAL.train.images)), number) for number in range(2)]


def saved(at: Path, what: object, name: str = "replay_buffer_0.pt") -> Path:
    torch.save(what, at / name)
    return at / name


def test_experts_are_found_where_matching_looks_for_its_own(home: Path, tmp_path: Path, buffer: Buffer) -> None:
    path = saved(tmp_path, buffer)
    assert experts.are_experts(path) and experts.are_experts(tmp_path)
    taken = experts.take(path, DATA, batch=32, lr=0.1)
    assert (taken.experts, taken.epochs, taken.network) == (2, 3, SPEC) and taken.accuracy > 0.5
    recipe = ExpertRecipe(2, 3, 0.1, 32, True)
    found = drained(expert_paths(job(ipc=1, seed=0), REAL, SPEC, recipe, Nothing(), torch.device("cpu")))
    for path_, expert in zip(found, buffer, strict=True):
        wanted = torch.stack([torch.cat([weights.flatten() for weights in snapshot]) for snapshot in expert])
        assert torch.equal(path_, wanted), "none was trained anew"


def test_our_order_of_weights_is_theirs(buffer: Buffer) -> None:
    network = build(SPEC, channels=1, size=8, classes=10, seed=0)
    with torch.no_grad():
        for mine, theirs in zip(network.parameters(), buffer[0][-1], strict=True):
            mine.copy_(theirs)
    assert torch.equal(flat(network), torch.cat([one.flatten() for one in buffer[0][-1]]))


def test_several_buffers_of_a_folder_are_one(home: Path, tmp_path: Path, buffer: Buffer) -> None:
    saved(tmp_path, buffer)
    saved(tmp_path, buffer[:1], "replay_buffer_1.pt")
    assert experts.take(tmp_path, DATA).experts == 3


def test_as_a_set_they_are_refused_and_said(home: Path, tmp_path: Path, buffer: Buffer) -> None:
    with pytest.raises(BadRecord, match=r"experts' trajectories.*import FILE --data NAME"):
        sets.look(saved(tmp_path, buffer), Asked(DATA))
    with pytest.raises(BadSetting, match=r"2 experts of 3 epochs.* Name the data set"):
        experts.take(tmp_path, "")


def bad(buffer: Buffer) -> dict[str, tuple[object, str]]:
    other = [[[torch.zeros(3, 3, 7, 7)]] * 2]
    other[0][1] = [torch.ones(3, 3, 7, 7)]
    first = buffer[0]
    return {
        "equal": ([[first[-1]] * 4], r"All 4 snapshots of expert 0.*are equal.*known fault of buffer\.py on the CPU"),
        "foreign": (other, r"\(3, 3, 7, 7\).*not a ConvNet of ours.*--network"),
        "mixed": ([[first[0], first[1][:-1]]], "Snapshot 1 of expert 0.*other shapes"),
        "broken": ([[first[0], [one * float("nan") for one in first[1]]]], "no finite numbers"),
        "uneven": ([first, first[:2]], "from 2 to 4 snapshots"),
        "one": ([first[:1]], "has 1 snapshot"),
        "untrained": ([[first[0], [-one for one in first[0]]]], r"at chance on Digits.*were not brought in"),
    }


@pytest.mark.parametrize("name", ["equal", "foreign", "mixed", "broken", "uneven", "one", "untrained"])
def test_what_is_no_use_is_refused(home: Path, tmp_path: Path, buffer: Buffer, name: str) -> None:
    what, words = bad(buffer)[name]
    with pytest.raises(BadRecord, match=words):
        experts.take(saved(tmp_path, what), DATA)
    assert not list((home / "cache").glob("expert-*"))


def test_experts_of_whitened_images_are_not_ours(home: Path, tmp_path: Path) -> None:
    white = whitening_of(REAL).whiten(REAL.pixels(REAL.train.images))
    with pytest.raises(BadRecord, match="trained on zca pixels"):
        experts.take(saved(tmp_path, [trained(white * 1.0, 0, epochs=12)]), DATA)
