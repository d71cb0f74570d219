"""Methods: a card for each entry of the catalog."""

from __future__ import annotations

import pytest

from distill_core import catalog
from distill_core.home import write_json
from distill_core.record.folder import RunFolder
from tests.guests import installed
from tests.pages.conftest import small_catalog


def test_every_method_has_a_card_and_a_link_to_a_new_run(open_page):
    app = open_page("learn/methods")
    assert [one.value for one in app.subheader][:2] == ["Random real images", "Shifted weights"]
    links = [one.proto.query_string for one in app.get("page_link")]
    assert "method=random" in links and "method=shift" in links


def test_where_all_methods_depart_alike_is_said_once(home, open_page):
    write_json(home / "catalog.json", {**small_catalog(), "departures": ["A tenth is set aside."]})
    app = open_page("learn/methods")
    assert any("A tenth is set aside." in one.value for one in app.markdown)


def test_the_table_compares_them(open_page):
    table = open_page("learn/methods").dataframe[0].value
    assert list(table["Method"]) == ["random", "shift"]


def test_without_a_catalog_the_page_says_so(home, open_page, monkeypatch, tmp_path):
    (home / "catalog.json").unlink()
    monkeypatch.setattr("distill_core.catalog.ASSETS", tmp_path)
    app = open_page("learn/methods")
    assert any("catalog of methods" in one.value for one in app.markdown)


def test_a_method_in_a_file_of_ones_own_is_among_cards_and_forms(home, open_page, tmp_path):
    from distill_core.record import guests

    entry = {**small_catalog()["methods"][0], "name": "mine", "title": "My own"}
    (tmp_path / "mine.py").write_text("raise SystemExit  # listing it runs nothing", encoding="utf-8")
    guests.remember(home, "mine", f"{tmp_path}/mine.py:Mine", entry)
    app = open_page("learn/methods")
    assert "My own" in [one.value for one in app.subheader]
    assert any(f"{tmp_path}/mine.py:Mine" in one.value for one in app.caption)
    app = open_page("distill/new", method="mine")
    assert any("**My own.**" in one.value for one in app.markdown)
    run = RunFolder.create(home, "mine", {}, {"data": "tiny"})
    (tmp_path / "mine.py").unlink()
    app = open_page("distill/new", **{"from": run.id})
    assert any(f"lies in {tmp_path}/mine.py:Mine, and that file is not there" in one.value for one in app.warning)


def test_an_installed_method_is_waited_for(home, open_page, tmp_path):
    told = []
    with installed(tmp_path / "site", "", 'mine = "mine:Mine"'), pytest.MonkeyPatch.context() as patch:
        patch.setattr("distill_core.queue.workers.ensure_worker", told.append)
        app = open_page("learn/methods")
        assert any("A worker writes it" in one.value for one in app.markdown) and home in told
        write_json(home / "catalog.json", {**small_catalog(), "guests": catalog.installed()})
        assert "Methods" in [one.value for one in open_page("learn/methods").title]
