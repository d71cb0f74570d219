"""The ablations on the cards: each can be planned, every cell can work, and the published choice is on its axes."""

from __future__ import annotations

import pytest

from distill_core.methods import registry
from distill_core.queue.planning import plan
from distill_core.work.catalogue import method_entry
from distill_core.work.cells import refusals

OFFERED = [(name, one) for name, kind in registry().items() for one in kind.card.ablations]


@pytest.mark.parametrize(("name", "ablation"), OFFERED, ids=[f"{name}: {one.title}" for name, one in OFFERED])
def test_an_ablation_can_be_run_as_it_is_proposed(name, ablation):
    kind = registry()[name]
    made = plan(method_entry(kind), {}, {"data": "digits"}, ablation.axes, [0], published=ablation.published)
    assert refusals(made, kind) == []
    assert made.published_place() is not None or not ablation.published
    assert ablation.question.endswith("?") and len(made) <= 100


def test_there_are_some():
    titles = {one.title for _, one in OFFERED}
    assert {"Weight adjustment", "K × ρ", "Loss coefficients", "Start", "Label policy"} <= titles
