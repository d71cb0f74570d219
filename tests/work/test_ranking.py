"""The study that ranks a search's candidates: driven from a run folder, killed and resumed, refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from distill_core.datasets import load
from distill_core.method import drained
from distill_core.parts.objectives import MeanFeatures
from distill_core.pieces.start import starting_ids
from distill_core.record import findings
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.results import load_result
from distill_core.studies import askable, whole
from distill_core.studies.rivals import Rivals, class_means
from distill_core.work import trial
from tests.methods.tiny import NETWORK, job
from tests.work.test_studies import Killed, drive, sitting, study

SEARCH = {"prior": "untrained:width=4", "metric": "loss", "looks": 4, "averaged": 2, "lr_f": 0.5, "judge": NETWORK}
PLAIN = NETWORK.replace("norm=batch", "norm=instance")
METRICS = {"cam_weighted", "cam_map", "fixed_probes", "layerwise_random", "loss", "accuracy"}


@pytest.fixture
def searched(home) -> RunFolder:
    """A finished search through the three layers of an untrained generator."""
    job = {
        "data": "digits:size=8",
        "ipc": 1,
        "seed": 1,
        "device": "cpu",
        "students": 0,
        "teacher": PLAIN,
        "student": NETWORK,
    }
    folder = RunFolder.create(home, "hglad", SEARCH, job)
    assert drive(folder)["state"] == "finished"
    return folder


def asked(home, run: RunFolder, **more: Any) -> RunFolder:
    settings = {"run": run.id, "each": 2, "draws": 0, "judge": NETWORK, **more}
    return study(home, "ranking", settings, epochs=3, students=2, student="auto")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A judge that is trained for a moment: how well it knows the digits is not the question here."""
    from distill_core.pieces import teach
    from distill_core.search import measures

    monkeypatch.setattr(measures, "SqueezeRecipe", lambda: teach.SqueezeRecipe(epochs=1))


def test_every_distance_is_compared_with_students(home, searched):
    folder = asked(home, searched)
    assert drive(folder)["state"] == "finished"
    (found,) = findings.every(home, "ranking")
    assert found["run"] == searched.id and found["part"] == "test" and found["students"] == 2
    assert set(found["metrics"]) == METRICS and found["student"] == NETWORK
    rows = found["rows"]
    assert {row["layer"] for row in rows} == {"layer1", "layer2", "layer3"}
    assert all(len(row["accuracy"]) == 2 and set(row["distance"]) == METRICS for row in rows)
    means = [sum(row["accuracy"]) / 2 for row in rows]
    assert found["best"] == pytest.approx(max(means))
    for name, one in found["metrics"].items():
        least = min(range(len(rows)), key=lambda i, name=name: rows[i]["distance"][name])
        assert one["picked"] == least and one["accuracy"] == pytest.approx(means[least]) and one["n"] == len(rows)
    records = Timeline.all(folder)
    assert sum(r["kind"] == "note" and "of the test images" in r["text"] for r in records) == len(rows)
    assert {r["space"] for r in records if r["kind"] == "images"} == {"layer1", "layer2", "layer3"}
    again = asked(home, searched)
    drive(again)
    assert Timeline.all(again)[-2]["text"] == "This was asked before; what was found is kept with the run."


def test_the_loss_is_the_one_that_the_run_said(home, searched):
    drive(asked(home, searched))
    (found,) = findings.every(home, "ranking")
    every, layer = {}, ""
    for one in Timeline.all(searched):
        if one["kind"] == "images":
            layer = one["space"]
        if one["kind"] == "parts" and one["name"] == "loss-by-step":
            every[layer] = one["values"]
    for row in found["rows"]:
        assert row["distance"]["loss"] == pytest.approx(every[row["layer"]][str(row["step"])])


def test_images_with_the_same_pixels_count_once(home, searched):
    still = RunFolder.create(home, "hglad", {**SEARCH, "lr_f": 1e-9, "lr_w": 1e-12}, searched.request()["job"])
    assert drive(still)["state"] == "finished"
    state = drive(asked(home, still))
    assert state["state"] == "failed" and "candidates that differ; 3 are needed" in state["message"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_ranking_finds_the_same(home, searched, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_CHECKPOINT_STEPS", "1")

    def take() -> Any:
        (found,) = findings.every(home, "ranking")
        for path in (*(searched.path / "findings").iterdir(), *(home / "cache").glob("judged-*")):
            path.unlink()
        return {key: value for key, value in found.items() if key != "made"}

    straight = asked(home, searched)
    assert drive(straight)["state"] == "finished"
    wanted, total = take(), len(Timeline.all(straight))
    for cut in range(4, total, max(3, total // 4)):
        folder = asked(home, searched)

        def until(method: Any, job: Any, cut: int = cut) -> Any:
            stream = whole(method, job)
            for _ in range(cut):
                yield next(stream)
            raise Killed

        with pytest.raises(Killed):
            sitting.drive_run(folder, until, askable())
        assert not findings.every(home, "ranking")
        assert drive(folder)["state"] == "finished"
        assert take() == wanted, f"killed after {cut} events"


def test_a_run_that_was_stopped_can_be_ranked(home, searched):
    (searched.path / "set.safetensors").unlink()
    searched.set_state(state="stopped")
    assert drive(asked(home, searched))["state"] == "finished"
    assert findings.every(home, "ranking")[0]["protocol"] == "dm"


def test_the_cost_is_that_of_all_students(home, searched):
    settings = {"run": searched.id, "each": 2, "draws": 0, "judge": NETWORK}
    job = {"data": "digits:size=8", "students": 2, "device": "cpu"}
    few, many = (trial.estimate(home, "ranking", settings, {**job, "epochs": n}, lambda **_: None) for n in (50, 5000))
    assert few["complete"] and few["seconds"] > 0 and many["seconds"] > 10 * few["seconds"]
    more = trial.estimate(home, "ranking", {**settings, "draws": 3}, {**job, "epochs": 5000}, lambda **_: None)
    assert more["complete"] and more["seconds"] > 2 * many["seconds"]
    assert not list((home / "cache").glob("candidate-*")), "a trial leaves nothing behind"


@pytest.mark.parametrize(
    ("settings", "students", "says"),
    [({"run": "nope"}, 1, "no run called 'nope'"), ({}, 0, "students=0 leaves nothing")],
)
def test_what_cannot_work_fails_with_a_sentence(home, searched, settings, students, says):
    state = drive(study(home, "ranking", {"run": searched.id, **settings}, students=students))
    assert state["state"] == "failed" and says in state["message"]


def test_a_run_without_layers_is_refused(home):
    plain = RunFolder.create(home, "random", {}, {"data": "digits:size=8", "ipc": 1, "students": 0, "device": "cpu"})
    assert drive(plain)["state"] == "finished"
    state = drive(study(home, "ranking", {"run": plain.id}))
    assert state["state"] == "failed" and "searches through the layers" in state["message"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_search_that_went_on_meanwhile_is_ranked_anew(home, searched, monkeypatch):
    """The ranking was killed while fewer candidates were there; what it had found of those does not stand for the others."""
    monkeypatch.setenv("DISTILL_STUDIO_CHECKPOINT_STEPS", "1")
    log = (searched.path / "events.jsonl").read_text(encoding="utf-8")
    layers = [i for i, line in enumerate(log.splitlines()) if '"kind":"stage"' in line and '"walk"' in line]
    (searched.path / "events.jsonl").write_text("\n".join(log.splitlines()[: layers[2]]) + "\n", encoding="utf-8")
    folder = asked(home, searched)

    def until(method: Any, job: Any) -> Any:
        for event in whole(method, job):
            yield event
            if event.kind == "note" and "of the test images" in event.text:
                raise Killed

    with pytest.raises(Killed):
        sitting.drive_run(folder, until, askable())
    (searched.path / "events.jsonl").write_text(log, encoding="utf-8")
    assert drive(folder)["state"] == "finished"
    after = findings.every(home, "ranking")[0]["rows"]
    (path,) = (searched.path / "findings").iterdir()
    for one in (path, *(home / "cache").glob("judged-*")):
        one.unlink()
    assert drive(asked(home, searched))["state"] == "finished"
    assert findings.every(home, "ranking")[0]["rows"] == after


BESIDE = {"draws": 2, "short": 1, "long": 3}


def test_sets_that_differ_stand_beside_the_walk(home, searched):
    assert drive(asked(home, searched, **BESIDE, above="1 99.9"))["state"] == "finished"
    (found,) = findings.every(home, "ranking")
    beside = [row for row in found["rows"] if not row["walk"]]
    drawn = {
        "class mean": 1,
        "random real": 8,
        "mean of 3 real": 2,
        "mean of 10 real": 2,
        "one latent each": 8,
        "averaged start": 2,
    }
    searched_too = {"pixels": 4, "latent": 4, "layer1": 4, "layer2": 4, "layer3": 4}
    of = {name: [row for row in beside if row["layer"] == name] for name in drawn | searched_too}
    assert list(dict.fromkeys(row["layer"] for row in beside)) == list(of)
    counts = {name: len(rows) for name, rows in of.items()}
    assert {name: counts[name] for name in drawn} == drawn
    twins = searched_too.keys() - {"pixels"}  # steps inside move so little that eight bits may tell some sets not apart
    assert counts["pixels"] == 4 and all(1 <= counts[name] <= searched_too[name] for name in twins), counts
    assert all({row["step"] for row in of[name]} <= {1, 3} for name in searched_too)
    assert all(row["distance"]["loss"] is None and row["distance"]["fixed_probes"] > 0 for row in beside)
    assert [(one["what"], one["n"]) for one in found["ranges"]][:2] == [
        ("all", len(found["rows"])),
        ("above", len(found["rows"])),
    ]
    assert found["ranges"][-1]["what"] == "walk" and found["ranges"][-1]["n"] == len(found["rows"]) - len(beside)
    kept = {path.name: path.stat().st_mtime_ns for path in (home / "cache").glob("*-*.*")}
    assert drive(asked(home, searched, **{**BESIDE, "draws": 1}))["state"] == "finished"
    assert {name: when for name, when in kept.items() if when != (home / "cache" / name).stat().st_mtime_ns} == {}
    assert len(list((home / "cache").glob("*-*.*"))) == len(kept), "what was made or judged before is made only once"


def test_what_stands_beside_is_what_the_method_would_make(home, searched):
    """A long search at layer2 is GLaD there with the same seed; the start is that of the generator, before any update."""
    made = searched.request()
    assert drive(asked(home, searched, **BESIDE))["state"] == "finished"
    settings = {"prior": SEARCH["prior"], "averaged": 2, "lr_f": 0.5, "layer": "layer2", "iterations": 3}
    run = RunFolder.create(home, "glad", settings, made["job"])
    assert drive(run)["state"] == "finished"
    wanted = load_result(run.path / "set.safetensors").images
    wanted = wanted if wanted.dtype == torch.uint8 else (wanted * 255).round().byte()
    kept = [load_file(path)["images"] for path in (home / "cache").glob("candidate-*.safetensors")]
    assert any(torch.equal(one, wanted) for one in kept)


def test_a_mean_of_a_few_is_that_of_sets_that_random_would_draw(home):
    asked = job(data="digits:size=8", ipc=2, seed=3)
    rivals = Rivals(asked, MeanFeatures(), None, (1,), 1)
    real = load(asked.data)
    of = {one.layer: one.pixels for one in drained(rivals.made(real))}
    assert list(of) == ["class mean", "random real", "mean of 3 real", "mean of 10 real", "pixels"]
    sets = [real.train.images[starting_ids(real, 2, 3 + 250 * i).flatten()].double() for i in range(3)]
    wanted = (sum(sets) / 3).permute(0, 2, 3, 1).numpy()
    assert abs(of["mean of 3 real"] - wanted).max() <= 0.5 + 1e-3
    assert (sets[0].permute(0, 2, 3, 1).numpy() == drained(rivals.made(real))[1].pixels).all()


def test_class_means_are_those_of_parts_where_there_are_several():
    real = load("digits:size=8")
    one, two = class_means(real, 1), class_means(real, 2)
    own = real.pixels(real.train.images[real.per_class(3)])
    torch.testing.assert_close(one[3], own.mean(0))
    half = own.tensor_split(2)
    torch.testing.assert_close(two[3], half[0].mean(0))
    torch.testing.assert_close(two[13], half[1].mean(0))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_ranking_killed_while_others_are_made_finds_the_same(home, searched, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_CHECKPOINT_STEPS", "1")
    folder = asked(home, searched, **{**BESIDE, "draws": 1})

    def until(method: Any, job: Any) -> Any:
        for number, event in enumerate(whole(method, job)):
            yield event
            if number == 6:
                raise Killed

    with pytest.raises(Killed):
        sitting.drive_run(folder, until, askable())
    assert drive(folder)["state"] == "finished"
    (found,) = findings.every(home, "ranking")
    (path,) = (searched.path / "findings").iterdir()
    path.unlink()
    for one in (*(home / "cache").glob("candidate-*"), *(home / "cache").glob("judged-*")):
        one.unlink()
    assert drive(asked(home, searched, **{**BESIDE, "draws": 1}))["state"] == "finished"
    (again,) = findings.every(home, "ranking")
    assert again["rows"] == found["rows"] and again["ranges"] == found["ranges"]


def test_accuracies_that_cannot_be_read_are_refused(home, searched):
    state = drive(asked(home, searched, above="high"))
    assert state["state"] == "failed" and "above='high' cannot be read" in state["message"]
