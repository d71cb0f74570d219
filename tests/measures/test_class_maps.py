"""Class activation maps against loops over channels and places; what the evidence is; means with and without images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from distill_core.datasets import load
from distill_core.errors import BadRecord
from distill_core.measures import activation
from distill_core.measures.relevance import ClassRelevant
from tests.measures.test_relevance import network


@pytest.fixture(scope="module")
def real():
    return load("digits:size=8")


def slowly(net, x, label):
    """Σ_k w_k F_k(x) of one image, channel after channel and place after place."""
    f = net.body(x[None])[0].double().numpy()
    row = net.classifier.weight[label].double().numpy()
    k, h, w = f.shape
    found = np.zeros((h, w))
    for i in range(k):
        for y in range(h):
            for z in range(w):
                found[y, z] += f[i, y, z] * (row[i] if len(row) == k else row[(i * h + y) * w + z])
    return found


@pytest.mark.parametrize("spec", ["convnet:depth=1,norm=batch,width=6", "averaged"])
def test_a_map_is_the_sum_over_channels_and_its_evidence_the_logit_without_bias(real, spec):
    net = network(spec)
    x, labels = real.normalize(real.pixels(real.train.images[:5])), torch.tensor([3, 0, 9, 4, 3])
    maps, evidence = activation.class_maps(net, x, labels)
    for i in range(5):
        np.testing.assert_allclose(maps[i].numpy(), slowly(net, x[i], int(labels[i])), atol=1e-5)
    logits = net(x).gather(1, labels[:, None])[:, 0] - net.classifier.bias[labels]
    torch.testing.assert_close(evidence, logits, atol=1e-5, rtol=1e-5)


def test_a_network_without_maps_is_refused_with_a_way_out(real):
    with pytest.raises(BadRecord, match=r"mlp.* has no feature map .*teacher train"):
        activation.class_maps(network("mlp"), torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.int64))


def test_means_are_those_of_each_class_alone_and_none_where_it_has_no_image(real):
    net, labels = network(), torch.tensor([2, 5, 2, 2])
    images = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = activation.means(net, real, images, labels)
    own = [slowly(net, real.normalize(images)[i], 2) for i in (0, 2, 3)]
    np.testing.assert_allclose(found.maps[2].numpy(), np.mean(own, 0), atol=1e-5)
    torch.testing.assert_close(found.images[2], images[[0, 2, 3]].mean(0))
    assert found.counts.tolist() == [0, 0, 3, 0, 0, 1, 0, 0, 0, 0]
    assert bool(found.maps[0].isnan().all()) and bool(found.evidence[0].isnan())


def test_real_means_are_those_of_the_class_relevant_distance(real):
    net = network()
    found = activation.means_of_real(net, real)
    wanted = ClassRelevant(net, real, summed=True, device=torch.device("cpu")).wanted
    torch.testing.assert_close(found.maps, wanted[:, 0], atol=1e-5, rtol=1e-5)
    assert found.counts.tolist() == [len(real.per_class(c)) for c in range(10)]
    first = real.pixels(real.train.images[real.per_class(0)])
    torch.testing.assert_close(found.images[0], first.mean(0))
