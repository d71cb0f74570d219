"""Runs: everything on disk, and what can be done with it."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from distill_core.record import archive, index
from distill_core.record.folder import RunFolder
from pages.parts import exports, run_table

PAGE = "distill/runs"


def test_an_empty_home_offers_a_new_run(open_page):
    app = open_page(PAGE)
    assert any("No run yet" in one.value for one in app.markdown)


def test_the_table_shows_scores_beside_their_control(open_page, make_run):
    make_run()
    line = open_page(PAGE).dataframe[0].value.iloc[0]
    assert (line["Accuracy"], line["Random"], line["State"]) == (
        "86.0 ± 1.0 % (3 students)",
        "71.0 % (1 draw)",
        "finished",
    )
    assert line["Images"].startswith("data:image/png;base64,")


def test_a_broken_run_is_listed_with_its_reason(home, open_page, make_run):
    make_run()
    (home / "runs" / "half").mkdir()
    (home / "runs" / "half" / "job.json").write_text("{half", encoding="utf-8")
    app = open_page(PAGE)
    assert len(app.dataframe[0].value) == 2
    assert any("`half`" in one.value for one in app.markdown)


def test_filters_live_in_the_link(open_page, make_run):
    make_run(), make_run("random"), make_run(data="far")
    assert len(open_page(PAGE, method="shift").dataframe[0].value) == 2
    assert list(open_page(PAGE, q="RANDOM tiny").dataframe[0].value["Method"]) == ["random"]


def test_the_queue_stands_on_top_with_the_place(open_page, make_run):
    make_run(state="queued"), make_run(state="queued", seed=1)
    app = open_page(PAGE)
    stops = [one for one in app.button if one.label == "Stop"]
    assert len(stops) == 2
    stops[0].click().run()
    assert sorted(one["state"] for one in index.list_runs(run_table.studio.home())) == ["queued", "stopped"]


def actions(rows):
    from pages.parts import run_actions

    run_actions.bar(rows)
    run_actions.trash_can()


@pytest.fixture
def bar(home):
    """The buttons for these rows, outside the table (whose ticks a test cannot set)."""

    def show(*runs: RunFolder) -> AppTest:
        rows = {row["id"]: row for row in index.list_runs(home)}
        app = AppTest.from_function(actions, args=([rows[run.id] for run in runs],), default_timeout=20).run()
        assert not app.exception
        return app

    return show


def test_one_run_can_be_renamed_and_a_wrong_name_is_refused(home, bar, make_run):
    run = make_run()
    app = bar(run)
    app.text_input(key=f"name.{run.id}").set_value("Sunday's try")
    app.button(key=f"rename.{run.id}").click().run()
    assert run.request()["name"] == "Sunday's try"
    app.text_input(key=f"name.{run.id}").set_value(" ")
    app.button(key=f"rename.{run.id}").click().run()
    assert "1 to 120 characters" in app.error[0].value


def test_trash_can_be_undone(home, bar, make_run):
    run = make_run()
    app = bar(run)
    next(one for one in app.button if one.label == "Move to trash").click().run()
    assert not run.path.exists()
    next(one for one in app.button if one.label == "Undo").click().run()
    assert run.request()["method"] == "shift"


def test_two_runs_can_be_compared_but_not_seven(bar, make_run):
    runs = [make_run(seed=i) for i in range(7)]
    assert any(one.label == "Compare" for one in bar(*runs[:2]).button)
    assert not any(one.label == "Compare" for one in bar(*runs).button)


def test_only_what_is_over_and_not_done_can_be_resumed(bar, make_run):
    assert any(one.label == "Resume" for one in bar(make_run(state="failed")).button)
    assert not any(one.label == "Resume" for one in bar(make_run()).button)


def test_a_run_goes_out_as_a_zip_and_comes_back(home, make_run, tmp_path):
    run = make_run()
    packed = exports.packed(run)
    path = tmp_path / "run.zip"
    path.write_bytes(packed)
    assert f"{run.id}/job.json" in zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert archive.import_run(home, path).request()["method"] == "shift"


def test_a_folder_is_handed_out_as_one_zip(tmp_path):
    (tmp_path / "pt").mkdir()
    for name in ("images.pt", "labels.pt"):
        (tmp_path / "pt" / name).write_bytes(b"x")
    with zipfile.ZipFile(io.BytesIO(exports.zipped(tmp_path / "pt"))) as packed:
        assert packed.namelist() == ["images.pt", "labels.pt"]


def test_a_damaged_sheet_costs_a_run_its_thumbnail_only(make_run):
    run = make_run()
    for sheet in (run.path / "sheets").iterdir():
        sheet.write_bytes(b"no picture")
    assert run_table.thumbnail(run.path) is None


def test_a_long_row_of_images_is_folded_so_that_all_are_seen():
    row = Image.new("RGB", (80, 8))
    row.paste((255, 0, 0), (72, 0, 80, 8))
    folded = run_table._folded(row)
    assert folded.size == (40, 16)
    assert folded.getpixel((39, 15)) == (255, 0, 0)
    assert run_table._folded(Image.new("RGB", (72, 8))).size == (72, 8)
