"""Planes and measures of several runs, by a shipped teacher, without a process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core import datasets
from distill_core.errors import BadRecord, BadSetting
from distill_core.events import Images
from distill_core.looks import fits, network, outputs, planes, spread
from distill_core.measures import diversity
from distill_core.pieces import show, teach
from distill_core.record import view
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder, Timeline
from distill_core.work.sitting import drive_run
from tests.work.toy import METHODS, new_run, whole


def picture_run(home: Path, ipc: int = 3, steps: int = 3, shift: int = 0, **job: object) -> RunFolder:
    """A run that shows real digits which fade into noise: (ipc · 10) images at each step."""
    run, real = new_run(home, ipc=ipc, **job), datasets.load("digits")
    recorder = Recorder(run)
    more_pictures(recorder, ipc, range(steps), shift, real)
    recorder.close()
    run.set_state(state="finished")
    return run


def more_pictures(
    recorder: Recorder, ipc: int, steps: range, shift: int = 0, real: datasets.RealSet | None = None
) -> None:
    real = real or datasets.load("digits")
    ids = torch.cat([real.per_class(c)[shift : shift + ipc] for c in range(10)])
    clean, labels = real.train.images[ids].float(), real.train.labels[ids].numpy()
    noise = 255 * torch.rand(clean.shape, generator=torch.Generator().manual_seed(shift))
    for step in steps:
        mixed = (clean + 0.2 * step * (noise - clean)).round().byte().permute(0, 2, 3, 1).numpy()
        recorder.write(Images(step, mixed, labels, np.arange(len(labels))))


@pytest.mark.parametrize("kind", view.KINDS)
def test_a_plane_of_a_runs_own_logits_holds_every_step_and_is_kept(home: Path, kind: str) -> None:
    run = new_run(home)
    drive_run(run, whole, METHODS)
    told: list[dict[str, object]] = []
    answer = planes.compute(home, [run.id], kind, tell=lambda **one: told.append(one))
    places = np.load(run.path / answer["file"])
    assert answer["real"] == 40 and [size for _, _, size in answer["runs"][run.id]] == [4, 4, 4]
    assert places.shape == (52, 2) and np.isfinite(places).all() and 0.3 < answer["kept"] <= 1
    assert 0.5 < answer["trust"] <= 1 and told[-1] == {"stage": "place", "done": 1, "total": 1}
    if kind == "tsne":
        assert answer["said"] == ["Perplexity was lowered from 30 to 14.3: there are 44 points."]
    told.clear()
    assert planes.compute(home, [run.id], kind, tell=lambda **one: told.append(one)) == answer
    assert [one["stage"] for one in told] == ["look"], "the same question is not computed twice"


def test_what_cannot_be_asked_is_refused_with_a_way_out(home: Path) -> None:
    run = picture_run(home, steps=1)
    with pytest.raises(BadSetting, match='Did you mean "tsne"'):
        planes.compute(home, [run.id], "tsnee")
    with pytest.raises(BadSetting, match="Choose logits, features"):
        planes.compute(home, [run.id], "pca", "pixels")
    with pytest.raises(BadSetting, match="one to 6 different"):
        planes.compute(home, [run.id, run.id], "pca")
    with pytest.raises(BadSetting, match="perplexity=-1"):
        planes.compute(home, [run.id], "tsne", "features", perplexity=-1)
    with pytest.raises(BadRecord, match="Ask for one"):
        spread.compute(home, [run.id], ["features-tsne"])


def test_runs_lie_in_one_plane_by_the_last_features_of_one_teacher(home: Path) -> None:
    runs = [picture_run(home), picture_run(home, ipc=2, shift=5)]
    ids = [run.id for run in runs]
    answer = planes.compute(home, ids, "lda", "features")
    assert answer["network"]["spec"].startswith("convnet") and answer["network"]["accuracy"] > 0.9
    assert [size for _, _, size in answer["runs"][ids[1]]] == [20, 20, 20] and answer["real"] == 400
    cloud, at = outputs.gather(runs, "features"), np.load(runs[0].path / answer["file"])
    from distill_core.figures.plane import fit_lda

    plane = fit_lda(cloud.real.x, cloud.real.labels)
    n, start, size = answer["runs"][ids[1]][1]
    step = next(one for one in cloud.runs[ids[1]] if one.n == n)
    assert np.allclose(at[start : start + size], plane.place(step.x), atol=1e-4)
    assert list((runs[1].path / "planes").glob("*.json")) == [], "everything that is made of both lies with the first"


def test_features_are_those_of_the_teacher_in_eval_mode(home: Path) -> None:
    run, real = picture_run(home, ipc=2, steps=1), datasets.load("digits")
    cloud = outputs.gather([run], "features")
    teacher = teach.find_teacher(cloud.about["key"], real, torch.device("cpu"))
    assert not teacher.network.training
    ids = torch.cat([real.per_class(c)[:2] for c in range(10)])
    with torch.no_grad():
        features = teacher.network.features(real.normalize(real.pixels(real.train.images[ids])))
    assert np.allclose(cloud.runs[run.id][0].x, features.numpy(), atol=1e-4)
    logits = outputs.gather([run], "logits").runs[run.id][0].x
    assert np.allclose(logits, teacher.network.classifier(features).numpy(), atol=1e-4)


def test_the_plane_stands_still_while_a_run_goes_on_until_a_fresh_fit(home: Path) -> None:
    run = picture_run(home, steps=2)
    first = planes.compute(home, [run.id], "tsne", "features", perplexity=20)
    before = np.load(run.path / first["file"])
    recorder = Recorder(run)
    more_pictures(recorder, 3, range(2, 4))
    recorder.close()
    assert spread.compute(home, [run.id], ["features-tsne"])["left"] == 0
    later = json.loads((run.path / "planes" / "features-tsne.json").read_text())
    after = np.load(run.path / later["file"])
    assert len(later["runs"][run.id]) == 4 and np.array_equal(after[:460], before), "what was placed has not moved"
    assert later["said"] == ["Fitted before the run ended; later images are placed into it."]
    low, high = before.min(0), before.max(0)
    assert (after >= low - 1e-3).all() and (after <= high + 1e-3).all(), "new points lie among old ones"
    fresh = planes.compute(home, [run.id], "tsne", "features", perplexity=20, again=True)
    assert fresh["said"] == [] and fresh["upto"] == later["upto"]


def test_a_point_that_took_part_in_the_fit_is_placed_exactly_there() -> None:
    rng = np.random.default_rng(0)
    x, at = rng.normal(size=(50, 8)), rng.normal(size=(50, 2))
    assert np.allclose(fits.between(x, at, x[7:9]), at[7:9])
    middle = fits.between(x[:2], at[:2], x[:2].mean(0, keepdims=True), count=2)
    assert np.allclose(middle, at[:2].mean(0), atol=1e-5)


def test_neighbors_kept_and_trustworthiness() -> None:
    x = np.random.default_rng(0).normal(size=(120, 2))
    noise = np.random.default_rng(1).normal(size=(120, 2))
    assert fits.kept(x, x) == 1.0 and fits.kept(x, noise) < 0.3
    assert fits.trustworthiness(x, x) == 1.0 and (fits.trustworthiness(x, noise) or 1) < 0.7
    assert fits.trustworthiness(x[:2], x[:2]) is None


def test_measures_are_those_of_the_definition_on_the_teachers_features(home: Path) -> None:
    runs = [picture_run(home), picture_run(home, ipc=1, shift=9)]
    ids = [run.id for run in runs]
    assert spread.compute(home, ids)["left"] == 0
    found = json.loads((runs[0].path / "planes" / f"spread{view.mark(ids)}.json").read_text())
    cloud = outputs.gather(runs, "features")
    last, four = cloud.runs[ids[0]][-1], cloud.runs[ids[0]][-1].labels == 4
    own = cloud.real.x[cloud.real.labels == 4]
    values = found["runs"][ids[0]]["values"]
    assert values["distance"][4] == pytest.approx(diversity.feature_distance(last.x[four]))
    assert values["coverage"][4] == pytest.approx(diversity.coverage(last.x[four], own))
    assert (
        found["real"]["distance"][4] == pytest.approx(diversity.feature_distance(own)) and found["real_images"] == 400
    )
    assert len(found["runs"][ids[0]]["trend"]) == 3 and found["runs"][ids[0]]["fewest"] == 3
    alone = found["runs"][ids[1]]
    assert alone["values"]["distance"] == [None] * 10 and None not in alone["values"]["nearest"]
    assert all(mean is None for _, mean in alone["trend"])
    near = np.load(runs[0].path / "planes" / f"near{view.mark(ids)}.npy")
    assert near.shape == (40, 2 + 2 * view.NEAR) and sorted(set(near[:, 0])) == [0, 1]
    row = near[(near[:, 0] == 1) & (near[:, 1] == 3)][0]
    far = np.linalg.norm(cloud.real.x - cloud.runs[ids[1]][-1].x[3], axis=1)
    assert row[2] == cloud.real.ids[far.argmin()] and row[7] == pytest.approx(far.min())


def test_an_answer_that_has_no_time_begins_with_the_last_images_and_goes_on(home: Path) -> None:
    run = picture_run(home, steps=3)
    cloud = outputs.gather([run], "features", until=0.0)
    assert cloud.left == 2 and [one.n for one in cloud.runs[run.id]] == [2]
    assert outputs.gather([run], "features").left == 0
    assert outputs.gather([run], "features", until=0.0).left == 0, "what was looked at is kept with the run"


def test_long_runs_are_thinned_and_keep_their_last_step() -> None:
    records = [{"n": n, "ids": list(range(10)), "kind": "images"} for n in range(500)]
    kept = outputs.thinned(records)
    assert len(kept) <= outputs.MOST_STEPS + 1 and kept[0]["n"] == 0 and kept[-1]["n"] == 499
    earlier = {one["n"] for one in outputs.thinned(records[:300])}
    assert {one["n"] for one in kept if one["n"] < 300} <= earlier, "a run that grows is not looked at all over again"
    many = outputs.thinned([{**one, "ids": list(range(5000))} for one in records[:20]])
    assert sum(len(one["ids"]) for one in many) <= outputs.MOST_IMAGES + 5000


def test_different_data_and_other_images_are_refused(home: Path) -> None:
    one, other = picture_run(home, steps=1), picture_run(home, steps=1, data="digits:size=8")
    with pytest.raises(BadRecord, match=f"{other.id} is on digits:size=8"):
        outputs.gather([one, other], "features")
    with pytest.raises(BadRecord, match="shows images of 1×16×16, but digits:size=8 has 1×8×8"):
        outputs.gather([other], "features")
    with pytest.raises(BadRecord, match="no images yet"):
        outputs.gather([new_run(home)], "features")


def test_without_a_teacher_it_says_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = picture_run(home, steps=1)
    monkeypatch.setattr(network, "ASSETS", home)
    monkeypatch.setattr("distill_core.store.ASSETS", home)
    with pytest.raises(BadRecord, match=r"no teacher trained on digits is on this machine\. Start a run"):
        outputs.gather([run], "features")


def test_logits_say_whose_they_are_and_runs_of_one_network_need_no_second_look(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = datasets.load("digits")
    key = network._any_teacher(real)
    teacher = teach.find_teacher(key, real, torch.device("cpu")).network
    runs = [new_run(home), new_run(home)]
    for shift, run in enumerate(runs):
        recorder = Recorder(run)
        for event in show.reference(real, teacher, torch.device("cpu")):
            recorder.write(event)
        images, labels = real.train.images[shift : shift + 30], real.train.labels[shift : shift + 30]
        recorder.write(show.place(0, teacher, real.normalize(real.pixels(images)), labels))
        recorder.close()
    assert {one["network"] for one in Timeline.all(runs[0]) if one["kind"] == "logits"} == {key}
    assert network.teacher_of(runs, {one.id: Timeline.all(one) for one in runs}, real) == key
    monkeypatch.setattr(outputs, "_measured", lambda *_: pytest.fail("these logits are all there"))
    cloud = outputs.gather(runs, "logits")
    assert cloud.about["key"] == key and [len(one[0].x) for one in cloud.runs.values()] == [30, 30]
