"""The worker's answer on the latent walk: what is decoded, what it keeps, how much it takes, what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core.datasets import load
from distill_core.errors import BadRecord, BadSetting
from distill_core.fields import active
from distill_core.home import read_json
from distill_core.looks import walk
from distill_core.method import drained
from distill_core.methods import registry
from distill_core.part import fields_of, settings_of
from distill_core.priors import prior_of
from distill_core.priors.around import around
from distill_core.queue import ask
from distill_core.record.archive import BELONGS
from distill_core.record.folder import RunFolder
from distill_core.work import answers
from tests.methods.tiny import drain, job, small

SEARCHER = next(
    name
    for name, method in registry().items()
    if "space.prior" in {field["name"] for field in active(fields_of(method), {})}
)


def searched(home: Path, prior: str | None = None, **job: object) -> RunFolder:
    """A run of a method that searches a generator; nothing but what was asked of it."""
    settings = {} if prior is None else {"prior": prior}
    return RunFolder.create(home, SEARCHER, settings, {"data": "digits", "seed": 3, **job})


def opened(spec: str, seed: int = 3):
    return drained(prior_of(spec, load("digits"), seed, torch.device("cpu")))


def test_a_data_set_with_a_recipe_of_its_own_is_walked_in_the_prior_that_ships(home: Path) -> None:
    about = walk.compute(home, searched(home, data="shapes").id, 2)
    assert about["class"] == "triangle" and about["prior"] == "style"


@pytest.mark.parametrize("spec", ["style", "untrained:width=8"])
def test_every_point_holds_what_the_generator_decodes_there(home: Path, spec: str) -> None:
    run, told = searched(home, spec), list[dict[str, object]]()
    about = walk.compute(home, run.id, 4, tell=lambda **one: told.append(one))
    assert about["class"] == "4" and about["grid"] == 13 and about["every"] == 1 and len(told) == 2
    found = walk.kept(run, 4, "all")
    assert found is not None and found[0] == about
    prior = opened(spec)
    place = around(prior, 4, torch.Generator().manual_seed(4))
    w = place.points(13, walk.REACH)
    images = found[1][: 169 * 256].reshape(13, 13, 16, 16)
    wanted = (prior.decode(None, w, 0).clamp(0, 1) * 255).round().numpy().reshape(13, 13, 16, 16)
    assert np.abs(images.astype(int) - wanted).max() <= 1, "to a rounding"
    names = [one["name"] for one in about["layers"]]
    assert names == [*(cut.name for cut in prior.cuts), "pixels"]
    last = about["layers"][-2]
    f = prior.between(None, torch.stack([w[20], place.mean]), 0, len(prior.cuts) - 1)
    assert last["response"][20] == pytest.approx(float((f[0] - f[1]).norm() / f[1].norm()), abs=1e-4)
    assert last["bytes"] == prior.cuts[-1].bytes and last["thumbnail"] == 16
    told.clear()
    assert walk.compute(home, run.id, 4, tell=lambda **one: told.append(one)) == about and not told


def test_one_row_alone_moves_only_what_comes_after_it(home: Path) -> None:
    run = searched(home)
    about = walk.compute(home, run.id, 3, "layer3")
    moved = {one["name"]: max(one["response"]) for one in about["layers"]}
    assert moved["layer2"] == 0 < moved["layer3"] and moved["pixels"] > 0
    assert max(walk.compute(home, run.id, 3, "pixels")["layers"][-2]["response"]) == 0
    assert walk.kept(run, 3, "layer3") is not None and walk.kept(run, 3, "all") is None


def test_what_is_damaged_is_made_again_and_an_export_takes_it_along(home: Path) -> None:
    run = searched(home, "untrained:width=8")
    about = walk.compute(home, run.id, 0)
    path = run.path / "planes" / "walk-0-all.npy"
    good = path.read_bytes()
    path.write_bytes(good[:1000])
    assert walk.kept(run, 0, "all") is None
    assert walk.compute(home, run.id, 0) == about and path.read_bytes() == good
    np.save(path, np.zeros(walk.length(about)))
    assert walk.kept(run, 0, "all") is None, "these are no bytes"
    assert {BELONGS.fullmatch(f"planes/{one.name}") is not None for one in (run.path / "planes").iterdir()} == {True}
    assert read_json(path.with_suffix(".json")) == about


def test_a_search_that_learned_from_a_choice_is_walked_in_the_generator_of_that_choice(home: Path) -> None:
    asked = job(ipc=1, students=0)
    few = {"prior": "style:width=4,steps=2,sharpen=2", "averaged": 2, "filter": "by_loss", "filter.network.epochs": 1}
    method = small(registry()[SEARCHER], **few)
    run = RunFolder.create(home, SEARCHER, method.plain(), asked.model_dump(mode="json"))
    with pytest.raises(BadRecord, match="wait until the run has ended"):
        walk.compute(home, run.id)
    _, result = drain(method.distill(asked))
    result.save(run.path / "set.safetensors")
    spec = result.about["prior"]
    assert spec.startswith("style@") and walk.prior_of_run(run) == spec
    assert walk.compute(home, run.id)["prior"] == spec, "and none is trained or taken for it"
    assert len(list((home / "cache").glob("prior-*.safetensors"))) == 1


def test_what_cannot_be_walked_is_said_with_a_way_out(home: Path) -> None:
    run = searched(home)
    with pytest.raises(BadSetting, match="There is no class 10: 10 classes have the numbers 0 to 9"):
        walk.compute(home, run.id, 10)
    with pytest.raises(BadSetting, match=r"w has no row 'layer33'.* Did you mean \"layer3\""):
        walk.compute(home, run.id, 0, "layer33")
    with pytest.raises(BadRecord, match="searched no generator"):
        walk.compute(home, searched(home, "pixels").id)
    with pytest.raises(BadRecord, match="searched no generator"):
        walk.compute(home, RunFolder.create(home, "random", {}, {"data": "digits"}).id)
    with pytest.raises(BadRecord, match=r"is not on this machine yet.*prior train --data digits --width 9"):
        walk.compute(home, searched(home, "style:width=9").id)
    with pytest.raises(BadRecord, match="neither shipped nor cached"):
        walk.compute(home, searched(home, "style@0123456789abcdef").id)


def test_the_default_of_the_method_is_the_prior_that_was_not_named(home: Path) -> None:
    assert walk.prior_of_run(searched(home)) == settings_of(registry()[SEARCHER]())["space.prior"]


@pytest.mark.parametrize("side", [8, 16, 28, 32, 64, 96, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_walk_stays_below_a_megabyte_and_a_half(side: int, channels: int) -> None:
    thumbnails = 3 * sum(min(walk.SIDE, s) ** 2 for s in (4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128))
    grid, every = walk._fitting(side**2 * channels, thumbnails)
    assert (grid - 1) % every == 0 and grid % 2, "the mean is a point with thumbnails beside it"
    size = grid**2 * side**2 * channels + ((grid - 1) // every + 1) ** 2 * thumbnails
    assert size <= walk.MOST_IMAGES * 1.25 + walk.MOST_THUMBNAILS


def test_the_worker_answers_the_question(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill_core.queue.workers.ensure_worker", lambda home: 0)
    run = searched(home)
    one = ask.ask(home, "walk", run=run.id, label=2, row="all")
    answers.give(home, ask.open_questions(home)[0])
    reply = ask.answer(home, one)
    assert reply and reply["state"] == "done" and reply["value"]["label"] == 2
