"""Augmentations: repeated by their generator, shared where they say so, differentiable, and equal to slow loops."""

import math

import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms import v2

from distill_core.errors import BadSetting
from distill_core.pieces import by_name, mix
from distill_core.pieces.augment import DSA, CropFlip, Nothing, ResizedCropFlip, Roll, Siamese
from distill_core.pieces.mix import cutmix, mixup
from distill_core.pieces.one_of import OneOf, scaled, turned


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n=6, channels=3, size=16, seed=1):
    return torch.rand(n, channels, size, size, generator=generator(seed))


EVERY = [
    Nothing(),
    Roll(4),
    Roll(4, centered=True),
    OneOf(),
    CropFlip(),
    ResizedCropFlip(),
    ResizedCropFlip(shared=True),
    Siamese(),
    Siamese(shared=False),
]


@pytest.mark.parametrize("aug", EVERY, ids=str)
def test_same_generator_same_images_and_the_global_one_is_left_alone(aug):
    x, before = images(), torch.get_rng_state()
    for seed in range(8):
        one, two = aug(x, generator(seed)), aug(x, generator(seed))
        assert one.shape == x.shape and torch.equal(one, two)
    assert torch.equal(torch.get_rng_state(), before)


def test_roll_shifts_the_whole_batch_by_zero_to_jitter_in_both_directions_of_the_plane():
    aug, seen = Roll(2), set()
    for seed in range(60):
        drawn = aug.draw(generator(seed), 6, 16)
        down, right = drawn["shift"][0].tolist()
        seen.add((down, right))
        assert torch.equal(aug.apply(images(), drawn), torch.roll(images(), (down, right), (2, 3)))
    assert seen == {(a, b) for a in range(3) for b in range(3)}


def test_crop_flip_is_the_slow_loop_over_images():
    x, fill = images(), (-1.0, 0.5, 2.0)
    aug = CropFlip(pad=3, fill=fill)
    drawn = aug.draw(generator(3), len(x), 16)
    slow = []
    for image, (down, right), flip in zip(x, drawn["shift"].tolist(), drawn["flip"].tolist(), strict=True):
        canvas = torch.tensor(fill)[:, None, None].expand(3, 22, 22).clone()
        canvas[:, 3:19, 3:19] = image
        window = canvas[:, 3 + down : 19 + down, 3 + right : 19 + right]
        slow.append(window.flip(2) if flip else window)
    torch.testing.assert_close(aug.apply(x, drawn), torch.stack(slow))


def test_crop_pads_an_eighth_and_flips_nothing_where_it_may_not():
    shifts = torch.cat([CropFlip(flip=False).draw(generator(s), 50, 32)["shift"] for s in range(20)])
    assert shifts.min() == -4 and shifts.max() == 4
    assert not CropFlip(flip=False).draw(generator(), 50, 32)["flip"].any()


def test_resized_crop_is_torchvisions_on_the_same_windows():
    x = images(size=24)
    aug = ResizedCropFlip(flip=False)
    drawn = aug.draw(generator(5), len(x), 24)
    for image, found, (top, left, height, width) in zip(x, aug.apply(x, drawn), drawn["box"].tolist(), strict=True):
        wanted = v2.functional.resized_crop(image, top, left, height, width, [24, 24], antialias=False)
        inner = slice(3, -3)  # at the border torchvision repeats the window's edge, ours looks at its neighbor
        torch.testing.assert_close(found[:, inner, inner], wanted[:, inner, inner], atol=1e-4, rtol=0)


def test_resized_crop_windows_keep_area_and_shape():
    box = ResizedCropFlip().draw(generator(), 4000, 64)["box"].double()
    top, left, height, width = box.unbind(1)
    assert (top >= 0).all() and (top + height <= 64).all() and (left + width <= 64).all()
    area, shape = height * width / 64**2, width / height
    assert 0.07 < area.min() < 0.1 and area.max() > 0.95
    assert shape.min() > 0.7 and shape.max() < 1.45
    assert abs(float(shape.log().mean())) < 0.02


@pytest.mark.parametrize("family", DSA.split("_"))
def test_every_siamese_family_acts_alike_on_both_batches_and_lets_gradients_through(family):
    aug = Siamese(family)
    real, synthetic = images(8), images(3, seed=2)
    drawn = aug.draw(generator(7), len(real), 16)
    assert all(len(value) == 1 for value in drawn.values())
    both = aug.apply(torch.cat([real, synthetic]), drawn)
    torch.testing.assert_close(aug.apply(real, drawn), both[:8])
    torch.testing.assert_close(aug.apply(synthetic, drawn), both[8:])
    leaf = synthetic.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: aug.apply(x, drawn), leaf[:1, :, :6, :6].detach().requires_grad_())
    aug.apply(leaf, drawn).square().sum().backward()
    assert leaf.grad is not None and leaf.grad.abs().sum() > 0


def test_siamese_draws_one_family_at_a_time_and_all_of_them_in_turn():
    aug = Siamese()
    kinds = [next(iter(aug.draw(generator(s), 4, 16))) for s in range(200)]
    assert set(kinds) == {"color", "crop", "cutout", "flip", "affine"}
    assert 40 < kinds.count("affine") < 95  # scale and rotate


def test_students_get_parameters_of_their_own():
    drawn = Siamese("crop", shared=False).draw(generator(), 64, 16)
    assert drawn["crop"].shape == (64, 2) and len(drawn["crop"].unique(dim=0)) > 5
    assert drawn["crop"].abs().max() == 2


def test_color_is_brightness_then_saturation_then_contrast():
    x = images(2).double()
    drawn = Siamese("color", shared=False).draw(generator(4), 2, 16)
    u = torch.rand(2, 3, generator=skipped(generator(4)), dtype=torch.float32).double()
    y = x + (u[:, 0] - 0.5)[:, None, None, None]
    mean = y.mean(1, keepdim=True)
    y = (y - mean) * (u[:, 1] * 2)[:, None, None, None] + mean
    mean = y.mean((1, 2, 3), keepdim=True)
    y = (y - mean) * (u[:, 2] + 0.5)[:, None, None, None] + mean
    torch.testing.assert_close(Siamese("color", shared=False).apply(x, drawn), y, atol=1e-5, rtol=1e-5)


def skipped(g):
    """Past the draw of the family."""
    torch.randint(1, (1,), generator=g)
    return g


def test_cutout_removes_half_a_side_or_less_at_the_border():
    aug = Siamese("cutout", shared=False)
    hole = (aug(torch.ones(200, 1, 16, 16), generator()) == 0).sum((1, 2, 3))
    assert hole.max() == 64 and 16 <= hole.min() < 64


def test_rotation_and_scale_stay_in_their_range():
    turn = Siamese("rotate", shared=False).draw(generator(), 500, 16)["affine"]
    angle = torch.atan2(turn[:, 1, 0], turn[:, 0, 0]) * 180 / math.pi
    assert 14 < angle.abs().max() <= 15 and (turn[:, :, 2] == 0).all()
    size = Siamese("scale", shared=False).draw(generator(), 500, 16)["affine"]
    sides = torch.stack([size[:, 0, 0], size[:, 1, 1]])
    assert 1 / 1.2 <= sides.min() < 0.85 and 1.18 < sides.max() <= 1.2 and not torch.equal(sides[0], sides[1])


def test_what_may_not_be_mirrored_is_not():
    assert "flip" not in by_name.build("dsa", flip=False).families
    assert by_name.build("crop_flip:pad=2", flip=False) == CropFlip(2, False)


@pytest.mark.parametrize("spec", ["crop_flop", "crop_flip:paddle=4", "none:pad=1"])
def test_a_wrong_name_or_option_gets_a_sentence(spec):
    with pytest.raises(BadSetting, match=r"There is no augmentation|has no option"):
        by_name.build(spec)
    with pytest.raises(BadSetting, match="flipp"):
        Siamese("color_flipp")


def test_mixup_mixes_with_one_share():
    x = images()
    mixed = mixup(x, 0.8, generator(2))
    assert 0 <= mixed.share <= 1 and sorted(mixed.partner.tolist()) == list(range(6))
    torch.testing.assert_close(mixed.images, mixed.share * x + (1 - mixed.share) * x[mixed.partner])


def test_cutmix_pastes_a_box_and_says_what_is_left():
    x = torch.arange(6.0)[:, None, None, None].expand(6, 1, 16, 16)
    for seed in range(30):
        mixed = cutmix(x, 1.0, generator(seed))
        top, left, bottom, right = mixed.box
        own = (mixed.images == x).double().mean((1, 2, 3))
        moved = mixed.partner != torch.arange(6)
        assert mixed.share == pytest.approx(1 - (bottom - top) * (right - left) / 256)
        torch.testing.assert_close(own[moved], torch.full_like(own[moved], mixed.share))


def test_shares_follow_the_beta_distribution():
    g = generator()
    shares = torch.tensor([mix.beta(0.8, g) for _ in range(2000)])
    assert abs(float(shares.mean()) - 0.5) < 0.03
    assert abs(float(shares.var()) - 0.25 / (2 * 0.8 + 1)) < 0.01  # 1 / (4 (2 α + 1))


def test_second_derivatives_exist_where_matching_needs_them():
    x = images(2).requires_grad_()
    for seed in range(12):
        weight = torch.ones(3, 3, 3, 3, requires_grad=True)
        loss = F.conv2d(Siamese()(x, generator(seed)), weight).square().mean()
        (slope,) = torch.autograd.grad(loss, weight, create_graph=True)
        (second,) = torch.autograd.grad(slope.square().sum(), x)
        assert torch.isfinite(second).all()


def test_tiles_are_shuffled_and_nothing_is_lost():
    from distill_core.pieces.augment import Tiles

    aug, generator = Tiles(side=2, flip=False), torch.Generator().manual_seed(1)
    x = torch.arange(4.0).reshape(1, 1, 2, 2).repeat_interleave(4, 2).repeat_interleave(4, 3)
    drawn = {**aug.draw(generator, 1, 8), "box": torch.tensor([[0, 0, 8, 8]]), "order": torch.tensor([[2, 0, 3, 1]])}
    found = aug.apply(x, drawn)
    assert [float(found[0, 0, y, z]) for y in (0, 4) for z in (0, 4)] == pytest.approx([2, 0, 3, 1])
    whole = Tiles(side=1, flip=False)
    assert torch.allclose(whole(x, generator), x, atol=1e-6), "one tile is the whole image"


@pytest.mark.parametrize("channels", [1, 3])
def test_randaugment_repeats_and_leaves_the_generator_alone(channels):
    from distill_core.pieces.augment import randaugment

    x = torch.rand(4, channels, 16, 16, generator=torch.Generator().manual_seed(0))
    before = torch.get_rng_state()
    one, two = (randaugment(x, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, two) and torch.equal(torch.get_rng_state(), before) and one.shape == x.shape
    assert not torch.equal(one, x) and float(one.min()) >= 0 and float(one.max()) <= 1


def test_a_centered_roll_goes_both_ways():
    drawn = torch.stack([Roll(4, centered=True).draw(generator(i), 1, 64)["shift"][0] for i in range(200)])
    assert drawn.min() == -4 and drawn.max() == 4
    plain = torch.stack([Roll(4).draw(generator(i), 1, 64)["shift"][0] for i in range(200)])
    assert plain.min() == 0 and plain.max() == 4


def slowly_scaled(image, height, width):
    """Resized, laid in the middle of a canvas that holds both, the middle cut out: (c, s, s)."""
    size = image.shape[-1]
    canvas = torch.zeros(image.shape[0], *[max(height, width, size)] * 2)
    top, left = (int((canvas.shape[-1] - side) / 2) for side in (height, width))
    canvas[:, top : top + height, left : left + width] = F.interpolate(image[None], [height, width])[0]
    start = int((canvas.shape[-1] - size) / 2)
    return canvas[:, start : start + size, start : start + size]


def test_dcs_own_augmentation_is_what_it_says():
    x, sides = images(20, 1, 28), OneOf().draw(generator(), 20, 28)["sides"]
    assert 0.8 * 28 - 1 <= sides.min() < sides.max() <= 1.2 * 28
    for image, found, (height, width) in zip(x, scaled(x, sides), sides.tolist(), strict=True):
        assert torch.equal(found, slowly_scaled(image, height, width))
    quarter = turned(x, torch.full((20,), 90), torch.tensor(0.5))
    torch.testing.assert_close(quarter, torch.rot90(x, 1, (2, 3)), atol=1e-4, rtol=1e-4)
    corner = turned(torch.ones(1, 1, 28, 28), torch.tensor([45]), torch.tensor(0.25))[0, 0]
    assert corner[0, 0].item() == pytest.approx(0.25) and corner[14, 14].item() == pytest.approx(1)


def test_dcs_own_augmentation_draws_one_of_three_for_every_image():
    drawn = OneOf().draw(generator(), 3000, 28)
    assert torch.bincount(drawn["which"]).float().div(3000).sub(1 / 3).abs().max() < 0.04
    assert (drawn["shift"].min(), drawn["shift"].max()) == (-4, 3)
    assert (drawn["degrees"].min(), drawn["degrees"].max()) == (-45, 44)
    moved = OneOf(rotate=0).apply(
        torch.full((4, 2, 8, 8), 3.0), {**OneOf().draw(generator(), 4, 8), "which": torch.zeros(4)}
    )
    assert (moved == 3).all(), "what comes in is the mean"
