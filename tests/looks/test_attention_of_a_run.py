"""The worker's answer on attention, its figures, and the section that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from distill_core import datasets
from distill_core.errors import BadRecord
from distill_core.figures import attention as figures
from distill_core.home import read_json, write_json
from distill_core.job import Job
from distill_core.looks import attention
from distill_core.measures.attention import channel, looked_through, spatial
from distill_core.pieces.match import random_network
from distill_core.queue import ask
from distill_core.record.archive import BELONGS
from distill_core.record.log import Timeline
from distill_core.record.sheets import read_sheet
from distill_core.work import answers
from tests.looks.test_planes import picture_run
from tests.pages.test_live import words


def test_attention_is_that_of_the_images_of_a_record_and_is_kept(home: Path) -> None:
    run, real, told = picture_run(home, ipc=2), datasets.load("digits"), list[dict[str, object]]()
    answer = attention.compute(home, run.id, 1, tell=lambda **one: told.append(one))
    log = Timeline.all(run)
    found = attention.kept(run, log, 1)
    assert found is not None and found.about == answer and len(told) == 3
    assert answer["layers"] == ["block1"] and answer["powers"] == [1.0, 2.0, 4.0, 8.0]
    assert found.places[0].shape == (4, 2, 10, 16, 16) and found.channels[0].shape == (4, 2, 10, 64)
    record = next(one for one in log if one["n"] == 1)
    pixels, labels = (
        torch.from_numpy(read_sheet(run, record).transpose(0, 3, 1, 2).copy()),
        torch.tensor(record["labels"]),
    )
    network = random_network(Job(**run.request()["job"]), real, 2**31 - 2)
    sevens = real.per_class(7)
    for side, x in enumerate((real.pixels(real.train.images[sevens]), real.pixels(pixels[labels == 7]))):
        maps = looked_through(network, real.normalize(x), "activation")[0]["block1"]
        wanted = spatial(maps, 4.0).mean(0).unflatten(0, (16, 16))
        np.testing.assert_allclose(found.places[0][2, side, 7], wanted, atol=1e-5)
        np.testing.assert_allclose(found.channels[0][1, side, 7], channel(maps, 2.0).mean(0), atol=1e-5)
    assert answer["counts"]["synthetic"] == [2] * 10 and answer["counts"]["real"][7] == len(sevens)
    told.clear()
    assert attention.compute(home, run.id, 1, tell=lambda **one: told.append(one)) == answer and not told
    made = [f"planes/{one.name}" for one in (run.path / "planes").glob("attention-*")]
    assert len(made) == 4 and all(BELONGS.fullmatch(one) for one in made), "a zip of the run carries them"
    (run.path / "planes" / "attention-1.places0.npy").unlink()
    assert attention.kept(run, log, 1) is None


def test_what_a_file_says_is_not_believed_where_it_cannot_be(home: Path) -> None:
    run = picture_run(home, ipc=1)
    about, log = attention.compute(home, run.id, 1), Timeline.all(run)
    for wrong in (
        {"layers": []}, {"layers": [3]}, {"powers": [1, 2, 3, 5]}, {"counts": None}, {"counts": {"real": [1]}}, {"network": 3},
        {"classes": None},
    ):  # fmt: skip
        write_json(run.path / "planes" / "attention-1.json", {**about, **wrong})
        assert attention.kept(run, log, 1) is None, wrong
    assert attention.compute(home, run.id, 1) == about, "it is made again"


def test_the_oldest_moments_are_taken_away_whole(home: Path, monkeypatch) -> None:
    monkeypatch.setattr("distill_core.looks.activation.MOST_KEPT", 0)
    run = picture_run(home, ipc=1)
    attention.compute(home, run.id, 1)
    assert not list((run.path / "planes").glob("attention-*"))


def test_a_network_without_maps_is_refused(home: Path) -> None:
    run = picture_run(home, ipc=1)
    asked = read_json(run.path / "job.json")
    write_json(run.path / "job.json", {**asked, "job": {**asked["job"], "teacher": "mlp"}})
    with pytest.raises(BadRecord, match=r"no feature map at layer1.*with convolutions"):
        attention.compute(home, run.id, 1)


def test_figures_say_what_is_more_and_order_channels_by_real_images() -> None:
    both = np.array([[[0.9, 0.1], [0.1, 0.1]], [[0.4, 0.1], [0.1, 0.6]]])
    chart = figures.places(np.zeros((2, 8, 8, 1), np.uint8), both, 0.5)
    assert (chart.layout.coloraxis.cmin, chart.layout.coloraxis.cmax) == (0, 0.9)
    np.testing.assert_allclose(chart.data[4].z, both[1] - both[0])
    assert "**0.500**" in figures.sentence("7", both) and "at the lower right" in figures.sentence("7", both)
    assert "shows no synthetic image" in figures.sentence("7", np.full((2, 2, 2), np.nan))
    bars = figures.channels(np.array([[0.1, 0.8, 0.3], [0.5, 0.2, 0.4]]))
    assert list(bars.data[0].y) == [0.8, 0.3, 0.1] and list(bars.data[1].y) == [0.2, 0.4, 0.5]


def page(run: str) -> None:
    from distill_core.record.folder import RunFolder
    from pages.parts import attention, packets, studio

    folder = RunFolder.find(studio.home(), run)
    attention.section(folder, packets.reader(str(folder.path)).refresh(), 1)


def test_the_section_asks_once_and_shows_the_class_at_the_power(home: Path) -> None:
    run = picture_run(home, ipc=2)
    app = AppTest.from_function(page, kwargs={"run": run.id}, default_timeout=30).run()
    (asked,) = ask.open_questions(home)
    assert asked["question"] == "attention" and not app.exception
    answers.give(home, asked)
    app.run()
    assert not app.exception and "**0**: the squared distance of the two" in words(app)
    first = words(app)
    app.select_slider(key="_attention_power").set_value(1.0).run()
    assert not app.exception and words(app) != first and not ask.open_questions(home)
