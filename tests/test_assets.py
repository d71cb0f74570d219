"""What ships in `assets/` belongs to this code: teachers are found, measured as their card says, and everything is small."""

from __future__ import annotations

import json

import pytest
import torch

from assets.record import LOOKED
from distill_core.datasets import load
from distill_core.evaluation.whole import known_whole
from distill_core.home import ASSETS, read_json
from distill_core.looks import factors
from distill_core.methods.infer import SMALL
from distill_core.networks import resolve
from distill_core.pieces.teach import SqueezeRecipe, accuracy, find_teacher, teacher_key
from distill_core.priors.files import find
from distill_core.priors.quality import sampled
from distill_core.priors.recipes import recommended
from distill_core.priors.train import prior_key
from distill_core.record import view
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.record.sheets import read_sheet

SETS = ("digits", "digits:size=8", "digits:size=32", "shapes", "shapes:size=16")
RECORDINGS = sorted(path for shelf in ("recordings", "examples") for path in (ASSETS / shelf).iterdir())


@pytest.mark.parametrize("name", SETS)
def test_a_bundled_set_has_its_teacher_and_its_full_score(name):
    """Also the alarm when a recipe, a data set or a network changed: run `python -m assets.record` then."""
    real = load(name)
    spec = resolve("auto", channels=real.channels, size=real.size)
    key = teacher_key(real, spec, SqueezeRecipe())
    assert (ASSETS / "teachers" / f"{key}.safetensors").is_file(), (
        f"no teacher ships for {name}: python -m assets.record teachers"
    )
    card = json.loads((ASSETS / "teachers" / "card.json").read_text(encoding="utf-8"))["teachers"][key]
    teacher = find_teacher(key, real, torch.device("cpu"))
    assert card["classes"] == list(real.classes) and card["accuracy"] == teacher.accuracy
    assert known_whole(real, spec) is not None, f"no score of all real data for {name}: python -m assets.record scores"


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_infers_quick_settings_train_no_teacher(name):
    """Its four small networks ship for the bundled sets, in less than 1.5 MB; `python -m assets.record teachers` makes them."""
    real, cards = load(name), json.loads((ASSETS / "teachers" / "card.json").read_text(encoding="utf-8"))["teachers"]
    specs = [resolve(one, channels=real.channels, size=real.size) for one in SMALL.split("+")[1:]]
    keys = [teacher_key(real, spec, SqueezeRecipe()) for spec in specs]
    for key, spec in zip(keys, specs, strict=True):
        teacher = find_teacher(key, real, torch.device("cpu"))
        assert (ASSETS / "teachers" / f"{key}.safetensors").is_file() and cards[key]["spec"] == spec == teacher.spec
        assert cards[key]["accuracy"] == teacher.accuracy > 0.95 and cards[key]["recipe"]["seed"] == 0
    assert sum((ASSETS / "teachers" / f"{key}.safetensors").stat().st_size for key in keys) < 750_000


def test_the_digits_teacher_is_as_good_as_its_card_says():
    real = load("digits")
    key = teacher_key(real, resolve("auto", channels=1, size=16), SqueezeRecipe())
    teacher = find_teacher(key, real, torch.device("cpu"))
    assert accuracy(teacher.network, real, real.test, torch.device("cpu")) == pytest.approx(teacher.accuracy, abs=0.004)


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_a_bundled_set_has_its_prior(name):
    """Also the alarm when the recipe or the data set changed: run `python -m assets.record priors` then."""
    real = load(name)
    key = prior_key(real, recommended(real.name))
    assert (ASSETS / "priors" / f"{key}.safetensors").is_file(), (
        f"no prior ships for {name}: python -m assets.record priors"
    )
    card = json.loads((ASSETS / "priors" / "card.json").read_text(encoding="utf-8"))["priors"][key]
    network = find(key, real, torch.device("cpu"))
    assert card["weights"] == sum(p.numel() for p in network.parameters()) and card["classes"] == list(real.classes)
    teacher = find_teacher(
        teacher_key(real, resolve("auto", channels=real.channels, size=real.size), SqueezeRecipe()),
        real,
        torch.device("cpu"),
    )
    images, labels = sampled(network, real, 20, torch.device("cpu"), 0)
    right = float((teacher.network(images).argmax(1) == labels).float().mean())
    assert right == pytest.approx(card["quality"]["accuracy of a real-trained classifier on samples"], abs=0.05)


def test_the_clothes_take_the_generator_of_all_of_fashion_mnist_and_say_so(home):
    from distill_core.priors import is_at_hand, prior_of

    real = load("fashion")
    assert is_at_hand("style", real) and not is_at_hand("style:sharpen=5", real), "other options are trained"
    stream = prior_of("style", real, 0, torch.device("cpu"))
    note = next(stream)
    with pytest.raises(StopIteration) as end:
        next(stream)
    card = json.loads((ASSETS / "priors" / "card.json").read_text(encoding="utf-8"))["priors"]
    key = end.value.value.spec.partition("@")[2]
    assert card[key]["data"] == "fashion-mnist" and card[key]["classes"] == list(real.classes)
    assert "fashion-mnist" in note.text


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_a_recording_is_a_finished_run_of_ours(path):
    folder = RunFolder(path)
    assert folder.state()["state"] == "finished"
    records = Timeline.all(folder)
    shown = [r for r in records if r["kind"] == "images" and r["source"] == "synthetic"]
    assert (
        len(shown) >= (10 if path.parent.name == "recordings" else 3)
        and read_sheet(folder, shown[-1]).shape[0] == shown[-1]["count"]
    )
    beside = (read_json(path / "recording.json") or {}).get("beside", [])
    scored = {r["subject"]: r for r in [*records, *beside] if r["kind"] == "scored"}
    means = {"mean"} if scored["distilled"]["labels"] == "hard" and path.parent.name == "recordings" else set()
    assert set(scored) == {"distilled", "random", "real"} | means, "no bar without its controls"
    assert len({one["student"] for one in scored.values()}) == 1
    assert sum(f.stat().st_size for f in folder.path.rglob("*") if f.is_file()) < 2_500_000


def test_the_pages_examples_bring_what_a_worker_found_in_them():
    """They open with their pictures at once; `python -m assets.record looks` after a recording was made anew."""
    for name, look in LOOKED.items():
        (path,) = (one for one in RECORDINGS if one.name == name)
        if look == "factors":
            assert factors.kept(RunFolder(path)) is not None
            continue
        about, reached = (read_json(path / "planes" / f"{one}.json") for one in ("spread", "reach"))
        seen = view.upto(Timeline.all(RunFolder(path)))
        assert about["of"] == reached["of"] == [name] and about["left"] == 0 and about["upto"][name] >= seen


def test_recordings_and_little_weight():
    assert len(RECORDINGS) >= 3
    assert sum(f.stat().st_size for f in ASSETS.rglob("*") if f.is_file()) < 25_000_000


def test_every_method_has_a_small_picture_of_its_images():
    """`python -m assets.record sheets NAME` makes the one that is missing."""
    from PIL import Image

    from distill_core.methods import registry

    shelf = ASSETS / "methods"
    known = json.loads((shelf / "card.json").read_text(encoding="utf-8"))["methods"]
    for name in registry():
        with Image.open(shelf / f"{name}.png") as opened:
            assert opened.size == (160, 16), name
        assert known[name]["seconds"] >= 0 and {"distilled", "random"} <= known[name]["scores"].keys(), name
    assert sum(one.stat().st_size for one in shelf.iterdir()) < 300_000
