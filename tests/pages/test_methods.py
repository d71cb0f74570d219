"""Methods: a card for each entry of the catalog."""

from __future__ import annotations


def test_every_method_has_a_card_and_a_link_to_a_new_run(open_page):
    app = open_page("learn/methods")
    assert [one.value for one in app.subheader][:2] == ["Random real images", "Shifted weights"]
    links = [one.proto.query_string for one in app.get("page_link")]
    assert "method=random" in links and "method=shift" in links


def test_the_table_compares_them(open_page):
    table = open_page("learn/methods").dataframe[0].value
    assert list(table["Method"]) == ["random", "shift"]


def test_without_a_catalog_the_page_says_so(home, open_page, monkeypatch, tmp_path):
    (home / "catalog.json").unlink()
    monkeypatch.setattr("distill_core.catalog.ASSETS", tmp_path)
    app = open_page("learn/methods")
    assert any("catalog of methods" in one.value for one in app.markdown)
