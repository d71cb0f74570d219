"""Start: says only what the recording recorded, and starts the same thing."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from distill_core.figures.scores import Score
from pages.parts import recorded


@pytest.fixture
def recordings(tmp_path, make_run, monkeypatch):
    where = tmp_path / "shipped"
    (where / "runs").mkdir(parents=True)
    found = [make_run(where=where), make_run(where=where, ipc=5)]
    monkeypatch.setattr(recorded, "SHELF", where / "runs")
    return found


def test_without_a_recording_the_page_says_what_to_do(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "SHELF", tmp_path / "nothing")
    app = open_page()
    assert any("No recording is installed" in one.value for one in app.markdown)


def test_the_headline_and_bars_come_from_the_record(open_page, recordings):
    app = open_page()
    assert app.title[0].value == "100 tiny digits, boiled down to 2 images. Can a network still learn from them?"
    bars = recorded.facts(recordings[0].id).bars
    assert [one["title"] for one in bars] == ["all 100 real images", "2 learned images", "2 random real images"]
    assert [round(one["accuracy"], 2) for one in bars] == [0.98, 0.86, 0.71]
    assert all(one["n"] == 3 and one["std"] == pytest.approx(0.01) for one in bars)


def test_the_three_sentences_say_what_was_kept_and_lost(recordings):
    kept, lost, why = recorded.facts(recordings[0].id).sentences
    assert "86 of 100" in kept and "15 points more than" in kept and "(71, one draw of them)" in kept
    assert "98 of 100" in lost and "12 points are the price, with 2.0 % of the images" in lost
    assert "not guarantee" in why


def test_the_bytes_of_the_teacher_are_counted():
    real = Score("real", "convnet", "real", "hard", (0.98,), {"image_bytes": 25_600})
    budget = {"image_bytes": 512, "label_bytes": 0, "teacher_bytes": 40_000, "teacher_images": 100}
    ours, control = (Score(who, "convnet", "dwa", "teacher", (0.8,), budget) for who in ("distilled", "random"))
    kept, lost, why = recorded._sentences([real, ours, control], 2, 100)
    assert "2 images, labelled by a teacher that was trained on the real ones, reads" in kept
    assert "Stored are 40.5 kB: 512 B of images, a teacher of 40.0 kB that saw 100 real images" in lost
    assert "the real images take 25.6 kB" in lost and "all that has to be sent is 40.5 kB" in why


def test_the_small_print_names_run_seed_and_students(recordings):
    said = recorded.facts(recordings[0].id).small_print
    for part in (recordings[0].id, "seed 0", "3 students", "convnet", "protocol hard", "not the paper's"):
        assert part in said


def test_images_per_class_swaps_the_recording(open_page, recordings):
    app = open_page(recording="5")
    assert "boiled down to 10 images" in app.title[0].value


def test_one_click_asks_for_the_same_job(home, open_page, recordings):
    app = open_page()
    next(one for one in app.button if one.label == "Start it for real").click().run()
    assert not app.exception
    [path] = (home / "runs").glob("[!.]*/job.json")
    asked, original = json.loads(path.read_text()), recordings[0].request()
    assert {key: asked[key] for key in ("method", "settings", "job")} == {
        key: original[key] for key in ("method", "settings", "job")
    }
    assert app.query_params["run"] == asked["id"]


def test_the_poster_is_the_last_sheet_with_hard_edges(recordings):
    with Image.open(io.BytesIO(recorded.poster(recordings[0].id, zoom=5))) as picture:
        assert picture.size == (5 * 2 * 8, 5 * 8)
        block = picture.crop((0, 0, 5, 5)).getcolors()
    assert len(block) == 1


def test_half_a_recording_is_passed_over(recordings):
    (recorded.SHELF / "half").mkdir()
    (recorded.SHELF / "half" / "job.json").write_text("{", encoding="utf-8")
    assert list(recorded.shelf()) == ["1", "5"]


def test_the_page_needs_no_catalog(home, open_page, recordings, monkeypatch, tmp_path):
    (home / "catalog.json").unlink()
    monkeypatch.setattr("distill_core.catalog.ASSETS", tmp_path)
    assert open_page().title[0].value.startswith("100 tiny, boiled down to 2 images")
