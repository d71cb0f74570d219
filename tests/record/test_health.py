"""A ruined set is called ruined, and no other: each kind of ruin by events, by real runs, and silence over the registry."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from distill_core.cli import main
from distill_core.events import Finished, Images, Scalars, Scored, StageStarted
from distill_core.home import ASSETS
from distill_core.methods import registry
from distill_core.record.folder import RunFolder
from distill_core.record.health import sentence, signs_of
from distill_core.record.log import Recorder, Timeline
from distill_core.studies import whole
from distill_core.work.sitting import drive_run
from tests.methods.tiny import fitting, small

LABELS = np.arange(6) % 3  # three classes, two images each
IDS = np.arange(6)
SHELVES = sorted(path for shelf in ("recordings", "examples") for path in (ASSETS / shelf).iterdir())


def start() -> np.ndarray:
    return np.random.RandomState(0).randint(1, 255, (6, 8, 8, 1)).astype(np.uint8)


def moved(pixels: np.ndarray, step: int) -> np.ndarray:
    """A set that is well: it goes on changing, and no image becomes like another."""
    return ((pixels.astype(int) + 9 * step) % 253 + 1).astype(np.uint8)


def recorded(home, walls, losses, scores=()) -> list:
    """The signs in a run of one stage with these walls and losses."""
    folder = RunFolder.create(home, "mtt", {}, {"data": "digits", "ipc": 2})
    recorder = Recorder(folder)
    recorder.write(StageStarted("match", len(walls)))
    for step, (pixels, loss) in enumerate(zip(walls, losses, strict=True)):
        recorder.write(Images(10 * step, pixels, LABELS, IDS))
        recorder.write(Scalars(10 * step, {"loss": loss}))
    recorder.write(StageStarted("evaluate"))
    for one in scores:
        recorder.write(one)
    recorder.write(Finished(1.0))
    recorder.close()
    return signs_of(folder, Timeline.all(folder))


def well(n: int = 8) -> list[np.ndarray]:
    return [moved(start(), step) for step in range(n)]


FALLING = [10.0 / (1 + i) for i in range(8)]


def scored(subject, *accuracy, draws=()):
    return Scored(subject, "convnet", "hard", accuracy, draws=draws)


def test_a_set_that_is_well_has_no_signs(home):
    scores = (scored("distilled", 0.8, 0.82), scored("random", 0.7, 0.75, draws=(0, 1)))
    assert recorded(home, well(), FALLING, scores) == [] and sentence([]) == ""
    shaky = [1.0, 2.5, 0.7, 1.8, 2.2, 0.9, 1.4, 2.4]
    assert recorded(home, well(), shaky) == [], "a loss that shakes has not risen"
    black = [np.where(wall > 20, 0, wall).astype(np.uint8) for wall in well()]
    assert recorded(home, black, FALLING) == [], "images with black backgrounds are no ruin"


def ends(wall: np.ndarray) -> np.ndarray:
    return np.where(wall > 127, 255, 0).astype(np.uint8)


def collapsed(wall: np.ndarray) -> np.ndarray:
    wall = wall.copy()
    wall[4] = wall[1]  # both images of class 1
    return wall


def alike(wall: np.ndarray) -> np.ndarray:
    wall = wall.copy()
    wall[[2, 5]] = wall[[0, 3]]  # class 2 as class 0
    return wall


@pytest.mark.parametrize(
    ("ruin", "kind", "words"),
    [
        (ends, "saturated", "100 % of its pixels are black or white, since step 50 of match"),
        (collapsed, "collapsed", "all images of class 1 are equal to each other, since step 50 of match"),
        (alike, "alike", "classes 0, 2 have the same images, since step 50 of match"),
    ],
)
def test_ruined_images_are_found_where_it_began(home, ruin, kind, words):
    walls = [ruin(wall) if i >= 5 else wall for i, wall in enumerate(well())]
    [sign] = recorded(home, walls, FALLING)
    assert (sign["kind"], sign["text"], sign["step"], sign["n"]) == (kind, words, 50, 11)
    assert sentence([sign]) == f"This set is ruined: {words}."


def test_what_was_so_at_the_start_is_no_ruin_where_nothing_moves(home):
    """A choice of real images may hold two that are equal."""
    assert recorded(home, [collapsed(start())], [1.0]) == []
    [sign] = recorded(home, [collapsed(wall) for wall in well()], FALLING)
    assert sign["kind"] == "collapsed" and sign["step"] == 0, "all equal from a start in the middle of a generator on"


def test_images_equal_to_their_start(home):
    [sign] = recorded(home, [start()] * 8, FALLING)
    assert sign["kind"] == "unmoved" and "equal to their start" in sign["text"]


def test_a_loss_that_rose_and_one_that_is_no_number(home):
    rose = [1.0, 1.1, 0.9, 8.0, 30.0, 200.0, 900.0, 4000.0]
    [sign] = recorded(home, well(), rose)
    assert (
        sign["kind"] == "loss"
        and sign["text"] == "its loss rose from 1 to 4e+03 instead of falling, since step 30 of match"
    )
    [sign] = recorded(home, well(), [1.0, 0.9, float("nan"), 0.8, 0.7, 0.6, 0.5, 0.4])
    assert sign["kind"] == "not-finite" and sign["step"] == 20


@pytest.mark.parametrize(
    ("own", "random", "kind"),
    [
        ((0.33, 0.34), (0.8, 0.82), "chance"),
        ((0.33, 0.34), (0.34, 0.33), None),  # the students learn nothing from anything
        ((0.6, 0.62), (0.8, 0.82), "control"),
        ((0.6, 0.8), (0.7, 0.95), None),  # within the spread
        ((0.6,), (0.8, 0.82), None),  # one student: the spread is not known
    ],
)
def test_accuracy_at_chance_or_below_the_control(home, own, random, kind):
    signs = recorded(home, well(), FALLING, (scored("distilled", *own), scored("random", *random, draws=(0, 1))))
    assert [sign["kind"] for sign in signs] == ([kind] if kind else [])
    assert sentence(signs).startswith(
        {"chance": "This set is ruined:", "control": "This set teaches less than"}.get(kind, "")
    )


# ── silence ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", SHELVES, ids=lambda path: path.name)
def test_what_ships_is_well(path):
    folder = RunFolder(path)
    assert signs_of(folder, Timeline.all(folder)) == []


@pytest.mark.parametrize("name", sorted(registry()))
def test_no_method_is_called_ruined_on_the_tiny_job(home, name):
    """Signs of images and losses: a few steps of a tiny generator teach nothing, and that is said where students say it."""
    method = small(registry()[name])
    folder = RunFolder.create(home, name, method.plain(), fitting(method).model_dump(mode="json"))
    state = drive_run(folder, whole, registry())
    assert state["state"] == "finished" and state["health"] == []


# ── real ruin ─────────────────────────────────────────────────────────────────────────────────────────────────


def run(home, name, **settings):
    method = small(registry()[name], **settings)
    folder = RunFolder.create(home, name, method.plain(), fitting(method).model_dump(mode="json"))
    return drive_run(folder, whole, registry())


def test_trajectory_matching_with_a_rate_of_a_million(home):
    torch.set_num_threads(1)
    state = run(home, "mtt", lr_img=1e6, iterations=8)
    assert state["state"] == "finished"
    found = {sign["kind"]: sign for sign in state["health"]}
    assert "saturated" in found and found["saturated"]["stage"], state["health"]


def test_a_rate_of_nothing_leaves_the_images_at_their_start(home):
    state = run(home, "dm", lr_img=1e-9, iterations=8)
    assert [sign["kind"] for sign in state["health"]] == ["unmoved"]


def test_a_ruined_run_ends_well_and_says_so_in_json_and_on_the_terminal(home, capsys, monkeypatch):
    monkeypatch.setattr("distill_core.work.sitting.leave_a_core", lambda: None)
    words = "run dm --data digits:size=8 --ipc 2 --students 0 --iterations 4 --batch-real 4 --lr-img 1e6 --json --home"
    with pytest.raises(SystemExit) as end:
        main([*words.split(), str(home)])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert end.value.code == 0 and found["state"] == "finished"
    assert "saturated" in [sign["kind"] for sign in found["health"]]
    assert "This set is ruined:" in said.err and "black or white" in said.err
