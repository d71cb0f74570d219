"""Herding and k-center against their rules written out, and what the random control must be."""

from __future__ import annotations

import torch

from distill_core.datasets import load
from distill_core.methods.herding import Herding, next_of_herd
from distill_core.methods.kcenter import KCenter, next_center
from distill_core.methods.kmeans import ClassMeans, centers
from distill_core.methods.random import RandomReal
from tests.methods.tiny import drain, job, small

FEATURES = torch.randn(30, 7, generator=torch.Generator().manual_seed(2)).double()


def test_herding_follows_the_greedy_rule():
    chosen: list[int] = []
    for k in range(1, 9):
        best = min(
            (i for i in range(30) if i not in chosen),
            key=lambda i: float((FEATURES.mean(0) - (FEATURES[i] + sum(FEATURES[j] for j in chosen)) / k).norm()),
        )
        assert next_of_herd(FEATURES, chosen) == best
        chosen.append(best)


def test_k_center_takes_the_farthest():
    chosen = [next_center(FEATURES, [])]
    assert chosen[0] == min(range(30), key=lambda i: float((FEATURES[i] - FEATURES.mean(0)).norm()))
    for _ in range(6):
        far = max(range(30), key=lambda i: min(float((FEATURES[i] - FEATURES[j]).norm()) for j in chosen))
        found = next_center(FEATURES, chosen)
        assert found == far
        chosen.append(found)


def test_selections_keep_real_images_of_the_right_class():
    real = load("digits:size=8")
    for kind in (RandomReal, Herding, KCenter):
        _, result = drain(small(kind).distill(job()))
        assert torch.equal(real.train.labels[result.ids], result.labels)
        assert torch.equal(real.pixels(real.train.images[result.ids]), result.images)
        assert len(set(result.ids.tolist())) == len(result.ids), "no image twice"


def test_ipc_one_is_the_first_slice_of_ipc_two():
    one, two = (drain(RandomReal().distill(job(ipc=ipc)))[1] for ipc in (1, 2))
    assert torch.equal(one.ids, two.ids[:10])


def test_one_center_is_the_class_mean_as_it_is_stored():
    real = load("digits:size=8")
    _, result = drain(ClassMeans().distill(job(ipc=1)))
    for label in range(10):
        mean = real.pixels(real.train.images[real.per_class(label)]).double().mean(0)
        assert (result.images[label].double() - mean).abs().max() <= 0.5 / 255 + 1e-6


def test_centers_are_the_means_of_what_is_nearest_to_them():
    images = torch.cat([torch.randn(20 * (i + 1), 1, 3, 3) * 0.01 + i for i in range(3)])
    found = centers(images, 3, seed=0, restarts=5)
    nearest = torch.cdist(images.flatten(1), found.flatten(1)).argmin(1)
    for i in range(3):
        assert torch.allclose(found[i], images[nearest == i].mean(0), atol=1e-4)
    assert nearest.bincount().tolist() == [60, 40, 20], "the largest cluster first"
