"""The worker's answer on class activation: what it looks at, what it keeps, what it cannot look at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core import datasets, store
from distill_core.errors import BadRecord
from distill_core.events import Images
from distill_core.looks import activation
from distill_core.measures import activation as measure
from distill_core.pieces import teach
from distill_core.queue import ask
from distill_core.record.archive import BELONGS
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder, Timeline
from distill_core.results import Pictures
from distill_core.work import answers
from tests.looks.test_planes import more_pictures, picture_run
from tests.work.toy import new_run

AUTO = "756ee6198d62b83a"  # shipped: the teacher `auto` of digits


def maps_of(images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    real = datasets.load("digits")
    network = teach.find_teacher(AUTO, real, torch.device("cpu")).network
    return measure.class_maps(network, real.normalize(images), labels)


def test_maps_are_those_of_the_images_of_a_record_and_are_kept(home: Path) -> None:
    run, real, told = picture_run(home, ipc=2), datasets.load("digits"), list[dict[str, object]]()
    answer = activation.compute(home, run.id, 1, tell=lambda **one: told.append(one))
    assert answer["network"]["key"] == AUTO and answer["shape"] == [4, 4] and len(told) == 2
    found = activation.kept(run, Timeline.all(run), 1)
    assert found is not None and found.about == answer and found.images.shape == (2, 10, 16, 16, 1)
    record = next(one for one in Timeline.all(run) if one["n"] == 1)
    from distill_core.record.sheets import read_sheet

    pixels = torch.from_numpy(read_sheet(run, record).transpose(0, 3, 1, 2).copy())
    labels = torch.tensor(record["labels"])
    maps, evidence = maps_of(real.pixels(pixels), labels)
    np.testing.assert_allclose(found.maps[1, 7], maps[labels == 7].mean(0), atol=1e-4)
    assert answer["evidence"]["synthetic"][7] == pytest.approx(float(evidence[labels == 7].mean()), abs=1e-4)
    ids = real.per_class(7)
    whole, _ = maps_of(real.pixels(real.train.images[ids]), torch.full((len(ids),), 7))
    np.testing.assert_allclose(found.maps[0, 7], whole.mean(0), atol=1e-4)
    np.testing.assert_allclose(found.maps[2], found.maps[1] - found.maps[0], atol=1e-6)
    assert answer["counts"]["real"][7] == len(ids) and answer["counts"]["synthetic"] == [2] * 10
    mean = pixels[labels == 7].float().mean(0).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found.images[1, 7], mean, atol=0.51)
    told.clear()
    assert activation.compute(home, run.id, 1, tell=lambda **one: told.append(one)) == answer and not told


def test_images_stand_as_they_were_last_shown_up_to_the_record(home: Path) -> None:
    run, real = new_run(home), datasets.load("digits")
    recorder = Recorder(run)
    for step, classes in enumerate(((0, 1), (2, 3), (0, 1))):  # slices of a set, one after the other
        ids = torch.cat([real.per_class(c)[step : step + 1] for c in classes])
        pixels = real.train.images[ids].permute(0, 2, 3, 1).numpy()
        recorder.write(Images(step, pixels, real.train.labels[ids].numpy(), np.array(classes)))
    recorder.close()
    first, last = (activation.compute(home, run.id, n) for n in (0, 2))
    assert first["counts"]["synthetic"] == [1, 1, *[0] * 8] and first["evidence"]["synthetic"][2] is None
    assert last["counts"]["synthetic"] == [1, 1, 1, 1, *[0] * 6], "the slice before is still there"
    assert last["evidence"]["synthetic"][0] != first["evidence"]["synthetic"][0], "with its last word on image 0"
    found = activation.kept(run, Timeline.all(run), 2)
    assert found is not None and np.isnan(found.maps[1:, 9]).all() and np.isfinite(found.maps[0]).all()


def test_the_final_set_is_looked_at_where_no_record_is_named(home: Path) -> None:
    run, real = picture_run(home, steps=1), datasets.load("digits")
    with pytest.raises(BadRecord, match="has no final set yet"):
        activation.compute(home, run.id)
    images, labels = real.pixels(real.train.images[:30]), real.train.labels[:30]
    Pictures(images, labels, real.classes, real.mean, real.std).save(run.path / "set.safetensors")
    answer = activation.compute(home, run.id)
    _, evidence = maps_of(images, labels)
    c = int(labels[0])
    assert answer["evidence"]["synthetic"][c] == pytest.approx(float(evidence[labels == c].mean()), abs=1e-4)
    small = torch.nn.functional.interpolate(images, size=8)
    Pictures(small, labels, real.classes, real.mean, real.std).save(run.path / "set.safetensors")
    with pytest.raises(BadRecord, match="1×8×8; digits has 1×16×16"):
        activation.compute(home, run.id)


def test_what_is_damaged_or_older_than_a_resumption_is_made_again(home: Path) -> None:
    run = picture_run(home, ipc=1, steps=2)
    answer, log = activation.compute(home, run.id, 1), Timeline.all(run)
    path = run.path / "planes" / "activation-1.maps.npy"
    good = path.read_bytes()
    path.write_bytes(good[:200])
    assert activation.kept(run, log, 1) is None
    assert activation.compute(home, run.id, 1) == answer and path.read_bytes() == good
    said = run.path / "planes" / "activation-1.json"
    for wrong in ("{", *({**answer, one: 3} for one in ("counts", "evidence", "network", "shape", "classes"))):
        said.write_text(wrong if isinstance(wrong, str) else json.dumps(wrong), encoding="utf-8")
        assert activation.kept(run, log, 1) is None
    assert activation.compute(home, run.id, 1) == answer
    moved = [{**one, "t": one["t"] + 5} for one in log]  # the record was written anew after a resumption
    assert activation.kept(run, moved, 1) is None
    for name in (run.path / "planes").iterdir():
        assert BELONGS.fullmatch(f"planes/{name.name}"), "an export takes it along"


def test_what_cannot_be_looked_at_is_said_with_a_way_out(home: Path) -> None:
    run = picture_run(home, ipc=1, steps=2)
    with pytest.raises(BadRecord, match=r"Record 7 .* There are 2, from 0 to 1; choose one"):
        activation.compute(home, run.id, 7)
    with pytest.raises(BadRecord, match="has shown no images yet"):
        activation.compute(home, new_run(home).id, 0)
    other = new_run(home)
    recorder = Recorder(other)
    recorder.write(Images(0, np.zeros((2, 8, 8, 1), np.uint8), np.array([0, 1]), np.array([0, 1])))
    recorder.close()
    with pytest.raises(BadRecord, match="1×8×8, but digits has 1×16×16"):
        activation.compute(home, other.id, 0)
    (run.path / "sheets" / "000001.webp").write_bytes(b"no picture")
    with pytest.raises(BadRecord, match=r"000001.webp .* cannot be read"):
        activation.compute(home, run.id, 1)
    shapes = new_run(home, data="shapes:size=8")
    recorder = Recorder(shapes)
    recorder.write(Images(0, np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1]), np.array([0, 1])))
    recorder.close()
    with pytest.raises(BadRecord, match="no teacher trained on"):
        activation.compute(home, shapes.id, 0)


def test_without_the_teacher_auto_any_other_on_these_data_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = picture_run(home, ipc=1, steps=1)
    monkeypatch.setattr(store, "find", lambda kind, key: None)
    monkeypatch.setattr(activation, "teacher_of", lambda folders, logs, real: "another")
    assert activation._judge(run, Timeline.all(run), datasets.load("digits")) == "another"


def test_the_worker_answers_the_question(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill_core.queue.workers.ensure_worker", lambda home: 0)
    run = picture_run(home, ipc=1, steps=1)
    one = ask.ask(home, "activation", run=run.id, record=0)
    answers.give(home, ask.open_questions(home)[0])
    reply = ask.answer(home, one)
    assert reply and reply["state"] == "done" and reply["value"]["record"] == 0
    json.dumps(reply, allow_nan=False)


def test_more_pictures_do_not_change_what_was_made(home: Path) -> None:
    run = picture_run(home, ipc=1, steps=1)
    answer = activation.compute(home, run.id, 0)
    recorder = Recorder(RunFolder(run.path))
    more_pictures(recorder, 1, range(1, 2))
    recorder.close()
    assert activation.compute(home, run.id, 0) == answer != activation.compute(home, run.id, 1)


def test_the_moments_looked_at_longest_ago_are_taken_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "MOST_KEPT", 2)
    run = picture_run(home, ipc=1, steps=3)
    for n in (1, 0, 2):
        activation.compute(home, run.id, n)
    names = {path.name for path in (run.path / "planes").iterdir()}
    assert names == {f"activation-{n}{end}" for n in (0, 2) for end in (".json", ".maps.npy", ".images.npy")}
