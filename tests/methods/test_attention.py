"""DataDAM and ATOM against their formula in float64, at the ends of p, where both sides are the same, and inside a generator."""

from __future__ import annotations

import copy

import pytest
import torch

from distill_core.datasets import load
from distill_core.errors import BadSetting
from distill_core.measures.attention import channel, looked_through, means, spatial, without_maps
from distill_core.methods import registry
from distill_core.networks import build
from distill_core.parts.objectives import MixedAttention, SpatialAttention
from distill_core.parts.objectives.attention import class_terms
from distill_core.parts.starts import RealStart
from distill_core.pieces.ground import Ground
from distill_core.pieces.match import random_network, real_batch
from distill_core.run import check
from tests.methods.tiny import NETWORK, drain, job, quiet_step, small

DEEP = NETWORK.replace("depth=1", "depth=3")
NEARER = {"iterations": 100, "batch_real": 32, "lr_img": 0.01}
PLAIN = "convnet:depth=2,norm=instance,width=16"


def network_of(spec: str = "convnet:depth=3,norm=instance,width=6"):
    return build(spec, channels=1, size=8, classes=3, seed=1).requires_grad_(False)


def sides() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4 * 3, 1, 8, 8, generator=generator), torch.randn(2 * 3, 1, 8, 8, generator=generator)


def slow_terms(network, real, synthetic, asked: MixedAttention) -> dict[str, list[float]]:
    """The formula image by image, place by place, channel by channel, in float64; maps are caught by hooks."""
    network, caught = copy.deepcopy(network).double(), {}
    for name, block in network.body.named_children():
        at = block.activation if asked.maps == "activation" else block
        at.register_forward_hook(lambda _, __, out, name=name: caught.__setitem__(name, out[0]))
    names = [name for name, _ in network.body.named_children()][:-1]

    def vectors(image):
        features, found = network.features(image[None].double())[0], {}
        for name in names:
            (c, h, w), f = caught[name].shape, caught[name].abs()
            places = [sum(float(f[i, y, x]) ** asked.power for i in range(c)) for y in range(h) for x in range(w)]
            channels = [
                sum(float(f[i, y, x]) ** asked.channel_power for y in range(h) for x in range(w)) for i in range(c)
            ]
            for what, one in (("places", places), ("channels", channels)):
                length = sum(v * v for v in one) ** 0.5
                found[f"{name}, {what}"] = [v / length for v in one]
        return {**found, "means": features.tolist()}

    def weight(name):
        if name == "means":
            return asked.mean_weight
        return asked.spatial_weight if name.endswith("places") else asked.channel_weight

    terms: dict[str, list[float]] = {}
    for c in range(3):
        both = [[vectors(image) for image in side[c::3]] for side in (real, synthetic)]
        for name in both[0][0]:
            means = [
                [sum(column) / len(side) for column in zip(*(v[name] for v in side), strict=True)] for side in both
            ]
            distance = sum((a - b) ** 2 for a, b in zip(*means, strict=True))
            terms.setdefault(name, []).append(asked.scale * weight(name) * distance)
    return terms


@pytest.mark.parametrize("place", ["activation", "block"])
@pytest.mark.parametrize(("power", "of_channels"), [(1.0, 2.0), (4.0, 4.0), (2.5, 8.0)])
def test_every_term_equals_the_formula(place, power, of_channels):
    asked = MixedAttention(
        maps=place, power=power, channel_power=of_channels, spatial_weight=0.7, channel_weight=2.0, mean_weight=0.3
    )
    network = network_of()
    found, wanted = class_terms(network, *sides(), 3, asked), slow_terms(network, *sides(), asked)
    assert list(found) == list(wanted) and len(found) == 5, "two blocks before the last, two kinds, and the means"
    for name, values in wanted.items():
        assert found[name].tolist() == pytest.approx(values, rel=2e-4, abs=1e-6), name


def test_datadam_is_places_alone():
    asked = SpatialAttention(power=3.0)
    wanted = slow_terms(network_of(), *sides(), MixedAttention(power=3.0))
    found = class_terms(network_of(), *sides(), 3, asked)
    assert list(found) == ["block1, places", "block2, places", "means"]
    for name, term in found.items():
        assert term.tolist() == pytest.approx(wanted[name], rel=2e-4, abs=1e-6)


def test_at_the_ends_of_p():
    """p = 1 is the mean size of a place; a large p leaves the strongest place (or channel) alone. The scale of maps says nothing."""
    maps = torch.randn(5, 4, 3, 3, generator=torch.Generator().manual_seed(2))
    plain = maps.abs().sum(1).flatten(1)
    assert torch.allclose(spatial(maps, 1.0), plain / plain.norm(dim=1, keepdim=True), atol=1e-6)
    strongest = maps.abs().amax(1).flatten(1).argmax(1)
    assert torch.allclose(spatial(maps, 3000.0), torch.nn.functional.one_hot(strongest, 9).float(), atol=1e-3)
    strongest = maps.abs().amax((2, 3)).argmax(1)
    assert torch.allclose(channel(maps, 3000.0), torch.nn.functional.one_hot(strongest, 4).float(), atol=1e-3)
    for one in (spatial, channel):
        for factor in (1e-8, 1e8):
            assert torch.allclose(one(maps * factor, 8.0), one(maps, 8.0), atol=1e-6)


@pytest.mark.parametrize("power", [1.0, 1.5, 4.0, 8.0])
def test_a_map_that_is_dark_everywhere_has_no_attention_and_a_finite_gradient(power):
    for one in (spatial, channel):
        maps = torch.zeros(2, 4, 3, 3).requires_grad_(True)
        found = one(maps, power)
        (gradient,) = torch.autograd.grad(found.square().sum(), maps)
        assert not found.any() and torch.isfinite(gradient).all()


def test_equal_sides_have_no_distance():
    same = sides()[0]
    found = class_terms(network_of(), same, same.clone(), 3, MixedAttention())
    assert all(term.abs().max() == 0 for term in found.values())


@pytest.mark.parametrize("kind", [SpatialAttention, MixedAttention])
@pytest.mark.parametrize("spec", [DEEP, DEEP.replace("norm=batch", "norm=instance")])
def test_the_pull_is_the_gradient_of_the_formula(kind, spec):
    """Without augmentation, in float64, all classes in one pass per side; weights are frozen; only a report reads numbers."""
    objective, asked = kind(batch_real=3, view={"kind": "none"}), job(teacher=spec)
    ground = Ground.of(asked)
    match = drain(objective.match(ground))[1]
    x = RealStart().first(ground).flatten(0, 1)
    before = match.generator.get_state()
    quiet = match.pull(x.clone(), quiet_step())
    assert not quiet.parts and not quiet.scalars
    match.generator.set_state(before)
    pull = match.pull(x.clone(), quiet_step(due=True))
    assert torch.equal(pull.gradient, quiet.gradient)
    assert sum(pull.parts["attention-distance-by-layer"].values()) == pytest.approx(pull.loss.detach().item(), rel=1e-5)
    assert sum(pull.scalars.values()) == pytest.approx(pull.loss.detach().item(), rel=1e-5)
    match.generator.set_state(before)
    ids = real_batch(ground.real, 3, match.generator)
    seed = int(torch.randint(2**31 - 3, (1,), generator=match.generator))
    network = random_network(asked, ground.real, seed).double()
    assert not any(p.requires_grad for p in network.parameters())
    batch = ground.real.normalize(ground.real.pixels(ground.real.train.images[ids.flatten()])).double()
    y = x.double().requires_grad_(True)
    terms = class_terms(network, batch, y, 10, objective)
    (wanted,) = torch.autograd.grad(torch.stack(list(terms.values())).sum(), y)
    assert torch.allclose(pull.gradient.double(), wanted, atol=1e-3 * float(wanted.abs().max()))


def test_atom_without_channels_is_datadam_byte_for_byte():
    ours, theirs = (
        small(registry()[name], iterations=3, **more)
        for name, more in (("atom", {"channel_weight": 0.0}), ("datadam", {}))
    )
    a, b = (drain(one.distill(job(teacher=PLAIN)))[1] for one in (ours, theirs))
    assert torch.equal(a.images, b.images)
    other = drain(small(registry()["atom"], iterations=3).distill(job(teacher=PLAIN)))[1]
    assert not torch.equal(a.images, other.images)


@pytest.mark.parametrize("name", ["datadam", "atom"])
def test_images_come_nearer_under_a_network_that_the_search_never_saw(name):
    method, asked = small(registry()[name], **{**NEARER, "objective_view": "none"}), job(ipc=1, teacher=PLAIN)
    events, result = drain(method.distill(asked))
    real, network = load(asked.data), random_network(asked, load(asked.data), 12345)
    every = real.normalize(real.pixels(real.train.images[real_batch(real, 60, torch.Generator()).flatten()]))
    first = next(e for e in events if e.kind == "images" and e.source == "synthetic").pixels
    shown = real.pixels(torch.from_numpy(first).permute(0, 3, 1, 2))
    found = [class_terms(network, every, real.normalize(x), 10, method.objective) for x in (shown, result.images)]
    before, after = ({name: float(term.sum()) for name, term in one.items()} for one in found)
    assert set(before) == {"block1, places", "means"} | ({"block1, channels"} if name == "atom" else set())
    assert after["block1, places"] < 0.8 * before["block1, places"]
    assert sum(after.values()) < 0.8 * sum(before.values())
    layers = [e.values for e in events if e.kind == "parts" and e.name == "attention-distance-by-layer"]
    assert layers and set(layers[0]) == set(before)


@pytest.mark.parametrize("objective", ["datadam", "atom"])
@pytest.mark.parametrize(
    ("method", "steps"), [("glad", {"iterations": 2}), ("hglad", {"looks": 2, "stride": 3, "measure": "loss"})]
)
def test_two_steps_inside_a_generator(method, steps, objective):
    made = small(registry()[method], objective=objective, prior="untrained:width=4", **steps)
    events, result = drain(made.distill(job(teacher=PLAIN)))
    assert torch.isfinite(result.images).all() and len(result.images) == 20
    said = {getattr(event, "name", "") for event in events}
    assert {"attention-distance-by-class", "attention-distance-by-layer"} <= said


def test_the_identity_prior_is_pixels():
    ours = small(registry()["glad"], objective="datadam", prior="pixels", iterations=3, batch_real=4, lr_f=0.7)
    theirs = small(registry()["datadam"], iterations=3, batch_real=4, lr_img=0.7)
    a, b = (drain(one.distill(job(teacher=PLAIN)))[1] for one in (ours, theirs))
    assert torch.equal(a.images, b.images)


def test_maps_are_looked_at_in_one_pass():
    network, images = network_of(), sides()[0]
    for place, sizes in (("activation", [(8, 8), (4, 4)]), ("block", [(4, 4), (2, 2)])):
        maps, features = looked_through(network, images, place)
        assert [tuple(one.shape[2:]) for one in maps.values()] == sizes
        assert torch.equal(features, network.features(images))
        if place == "block":
            assert all(torch.equal(a, b) for a, b in zip(maps.values(), network.blocks(images)[:-1], strict=True))


def test_means_by_class_are_those_of_the_images_one_by_one(monkeypatch):
    monkeypatch.setattr("distill_core.measures.attention.CHUNK", 4)
    network, images, labels = network_of(), sides()[0], torch.tensor([0, 2, 0, 0, 2, 2, 0, 2, 0, 0, 0, 2])
    found = means(network, images, labels, 3, (1.0, 4.0))
    assert list(found) == ["block1", "block2"]
    for name, maps in looked_through(network, images, "activation")[0].items():
        places, channels = found[name]
        assert places.shape == (2, 3, *maps.shape[2:]) and channels.shape == (2, 3, maps.shape[1])
        assert places[:, 1].isnan().all() and channels[:, 1].isnan().all(), "nobody of class 1"
        for i, power in enumerate((1.0, 4.0)):
            for label in (0, 2):
                own = maps[labels == label]
                wanted = torch.stack([spatial(one[None], power)[0] for one in own]).mean(0)
                assert torch.allclose(places[i, label].flatten(), wanted, atol=1e-5)
                wanted = torch.stack([channel(one[None], power)[0] for one in own]).mean(0)
                assert torch.allclose(channels[i, label], wanted, atol=1e-5)


def test_networks_without_a_map_to_look_at_are_refused():
    assert without_maps(network_of(), "activation") is None
    assert without_maps(build("vit:depth=2,dim=16,heads=2", channels=1, size=8, classes=3, seed=1), "block") is None
    with pytest.raises(BadSetting, match=r"has one block.*two or more"):
        check(registry()["datadam"](), job(teacher=NETWORK))
    with pytest.raises(BadSetting, match=r"no feature map at layer1.*with convolutions"):
        check(registry()["atom"](), job(teacher="mlp"))
    with pytest.raises(BadSetting, match="both have weight 0"):
        check(registry()["atom"].build({"spatial_weight": 0.0, "channel_weight": 0.0}), job(teacher=PLAIN))
