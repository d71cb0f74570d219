"""Start: says only what the recording recorded, and starts the same thing."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from PIL import Image

from distill_core.events import Scored
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
    assert [one["text"] for one in bars] == ["98.0 ± 1.0 %", "86.0 ± 1.0 %", "71.0 ± 1.0 %"]
    assert [one["many"] for one in bars] == ["3 networks", "3 networks", "1 draw"]


def test_the_three_sentences_say_what_was_kept_and_lost(recordings):
    kept, lost, why = recorded.facts(recordings[0].id).sentences
    assert "on 86 of 100" in kept and "15 points more than" in kept and "(71, one draw of them)" in kept
    assert "98 of 100" in lost and "12 points are the price, with 2.0 % of the images" in lost
    assert "not guarantee" in why


def test_differences_are_of_the_numbers_that_are_printed():
    """86.6 and 83.5 are printed as 87 and 84: three points, not four."""
    ours, control = (
        Score(who, "convnet", "dwa", "hard", (mean,), {}) for who, mean in (("distilled", 0.866), ("random", 0.835))
    )
    assert "3 points more than" in recorded._sentences([ours, control], 2, 100)[0]


def test_sets_that_were_judged_beside_a_recording_have_their_bar(recordings):
    path = recorded.SHELF / recordings[0].id / "recording.json"
    beside = {
        **dataclasses.asdict(Scored("mean", "convnet", "hard", (0.8, 0.82), budget={"image_bytes": 128})),
        "kind": "scored",
        "n": 0,
    }
    path.write_text(json.dumps({"beside": [beside]}))
    recorded._facts.clear()
    bars = {one["subject"]: one for one in recorded.facts(recordings[0].id).bars}
    assert list(bars) == ["real", "distilled", "mean", "random"]
    assert bars["mean"]["title"] == "2 averages of real images" and bars["mean"]["text"] == "81.0 ± 1.4 %"
    assert (
        "As many averages of real images, no learning at all, give 81." in recorded.facts(recordings[0].id).sentences[0]
    )


def test_the_next_recording_is_offered_as_a_question(recordings):
    choices = {"1 per class": "a", "10 per class": "b", "1 per class, digits, labelled by a teacher": "c"}
    asked = [recorded.after(choices, one) for one in choices]
    assert [one.label for one in asked] == [*list(choices)[1:], "1 per class"]
    assert asked[0].question == "And with 10 images per class?" and "teacher" in asked[1].question
    assert recorded.after({"1 per class": "a"}, "1 per class") is None


def test_the_bytes_of_the_teacher_are_counted():
    real = Score("real", "convnet", "real", "hard", (0.98,), {"image_bytes": 25_600})
    budget = {"image_bytes": 512, "label_bytes": 0, "teacher_bytes": 40_000, "teacher_images": 100}
    ours, control = (Score(who, "convnet", "dwa", "teacher", (0.8,), budget) for who in ("distilled", "random"))
    kept, lost, why = recorded._sentences([real, ours, control], 2, 100)
    assert "2 images, labelled by a teacher that was trained on the real ones, is right on 80 of 100" in kept
    assert "Stored are 40.5 kB: 512 B of images, a teacher of 40.0 kB that saw 100 real images" in lost
    assert "the real images take 25.6 kB" in lost and "all that has to be sent is 40.5 kB" in why


def test_the_small_print_names_run_seed_and_students(recordings):
    said = recorded.facts(recordings[0].id).small_print
    for part in (recordings[0].id, "seed 0", "3 students", "convnet", "protocol hard", "not quoted from a paper"):
        assert part in said


def test_images_per_class_swaps_the_recording(open_page, recordings):
    app = open_page(recording="5 per class")
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
    assert list(recorded.shelf()) == ["1 per class", "5 per class"]


def test_the_page_needs_no_catalog(home, open_page, recordings, monkeypatch, tmp_path):
    (home / "catalog.json").unlink()
    monkeypatch.setattr("distill_core.catalog.ASSETS", tmp_path)
    assert open_page().title[0].value.startswith("100 tiny, boiled down to 2 images")
