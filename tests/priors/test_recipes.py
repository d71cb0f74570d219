"""Recipes as plain data: keys stay, every data set has its own, the discriminator sees the variety of a class."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
import torch

from distill_core.datasets import load
from distill_core.priors import cuts_for
from distill_core.priors.recipes import LATER, RECIPES, PriorRecipe, recommended
from distill_core.priors.rivals import Discriminator, _spread
from distill_core.priors.sheet import COLUMNS, sheet
from distill_core.priors.style import StyleGenerator
from distill_core.priors.train import prior_key
from distill_core.studies import PriorTraining

SHIPPED = "e28d2c8fb86b8e94"  # the first prior, of digits, from before there were later fields


def test_a_prior_keeps_its_key_when_fields_are_added():
    real = load("digits")
    assert prior_key(real, recommended("digits")) == SHIPPED
    assert set(recommended("digits").plain()) == {"width", "steps", "sharpen", "batch", "lr", "lr_sharpen", "seed"}
    for name, value in LATER.items():
        assert getattr(PriorRecipe(), name) == value
        assert prior_key(real, replace(PriorRecipe(), **{name: not value if value is False else value / 2})) != SHIPPED


def test_a_data_set_has_its_recipe_whatever_its_size():
    for one in RECIPES:
        assert all(recommended(name) == one.recipe for name in one.data)
    assert recommended("shapes:size=16") == recommended("shapes") != recommended("digits") == recommended("own/cats")
    assert recommended("shapes", steps=7) == replace(recommended("shapes"), steps=7)
    assert recommended("folder:/a,b=c/d") == recommended("digits")


def test_all_named_recipes_can_be_asked_for_by_their_settings():
    assert {one.name for one in fields(PriorRecipe)} - {"seed"} <= set(PriorTraining.model_fields)
    for preset, one in zip(PriorTraining.card.presets, RECIPES, strict=True):
        assert PriorTraining.build(preset.settings).recipe() == one.recipe
        # a search names its cuts before the prior is loaded: they are those of the usual width
        assert cuts_for("style", 1, 16) == StyleGenerator(1, 16, 10, width=one.recipe.width).cuts


def test_the_spread_of_a_class_is_that_of_its_images():
    h, labels = torch.randn(7, 3, 2, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 1, 0, 0, 2, 1])
    wanted = []
    for label in labels.tolist():
        mine = h[labels == label].double().flatten(1)
        wanted.append(math.sqrt(float(((mine - mine.mean(0)) ** 2).mean()) + 1e-8))
    assert _spread(h, labels, 4).tolist() == pytest.approx(wanted, rel=1e-5)


def test_one_image_for_each_class_looks_various_only_to_a_discriminator_that_mixes_classes():
    """The reason for `by_class`: classes differ, so a batch does too, also where every class has but one image."""
    generator, labels = torch.Generator().manual_seed(0), torch.arange(4).repeat(4)
    alike = torch.rand(4, 1, 8, 8, generator=generator)[labels]
    various = torch.rand(16, 1, 8, 8, generator=generator)
    seen = {}
    for by_class in (False, True):
        torch.manual_seed(0)
        rival, kept = Discriminator(1, 8, 4, 8, by_class), []
        rival.mixed.register_forward_pre_hook(lambda _, given, kept=kept: kept.append(given[0][:, -1].mean().item()))
        for images in (alike, various):
            rival(images, labels)
        seen[by_class] = kept[0] / kept[1]
    assert seen[True] < 0.05 < 0.5 < seen[False]


def test_a_sheet_has_a_row_for_each_class_and_the_same_latents_in_each():
    prior = StyleGenerator(3, 8, 5, width=4).eval()
    with torch.no_grad():
        prior.embedding.copy_(prior.embedding[:1].expand(5, -1))  # classes alike: then rows are
    found = sheet(prior)
    assert found.shape == (5 * 8, COLUMNS * 8, 3) and found.dtype.name == "uint8"
    rows = found.reshape(5, 8, COLUMNS * 8, 3)
    assert all((row == rows[0]).all() for row in rows)
