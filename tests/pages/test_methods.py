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


def test_every_family_of_the_registry_has_its_drawing_and_every_ancestor_exists():
    from distill_core.figures.mechanism import drawing, said
    from distill_core.home import ASSETS, read_json

    known = read_json(ASSETS / "catalog.json")["methods"]
    names = {one["name"] for one in known}
    for one in known:
        assert "all real images" in drawing(one["family"]) and said(one["family"]).endswith("."), one["family"]
        assert set(one["descends"]) <= names - {one["name"]}


def test_the_tree_puts_a_method_right_of_the_one_it_builds_on():
    from distill_core.figures.family import tree

    known = [
        {"name": "old", "family": "f", "idea": "Idea."},
        {"name": "new", "family": "f", "idea": "Idea.", "descends": {"old": "less"}},
        {"name": "far", "family": "g", "idea": "Idea.", "descends": {"old": "more"}},
    ]
    drawn = tree(known).data[0]
    parents = dict(zip(drawn.ids, drawn.parents, strict=True))
    assert (parents["method new"], parents["method far"]) == ("method old", "family g")
    assert "beside old: more" in drawn.customdata[-1]


def test_a_card_says_what_a_run_took_and_brought_here_or_that_none_was_made(home, open_page, make_run):
    make_run()
    said = [one.value for one in open_page("learn/methods").caption]
    assert any("Runs here took 1.5 s with their students" in one for one in said)
    newest = "Your newest run: students reached 86.0 % on Tiny digits, 1 per class, random real images 71.0."
    judged = "Its students are 15.0 points above those; **one run only: repeat it with other seeds to be sure**."
    assert any(f"{newest} {judged}" in one for one in said)
    assert sum("Your newest run" in one for one in said) == 1, "the other method was not run here"


def test_a_card_says_in_words_how_far_the_newest_run_is_and_that_it_is_one_seed(home, open_page, make_run):
    folder = make_run()
    about = {"student": "convnet", "protocol": "hard", "labels": "hard", "std": 0.01}
    own, random = {"accuracy": 0.86, "n": 3, **about}, {"accuracy": 0.71, "n": 15, "draws": 5, **about}
    for scores, word in (
        ((own, random), "15.0 points above"),
        (({**own, "accuracy": 0.5}, random), "21.0 points below"),
    ):
        folder.set_state(scores=dict(zip(("distilled", "random"), scores, strict=True)))
        said = [one.value for one in open_page("learn/methods").caption]
        assert any(
            f"Its students are {word} those; **one run only: repeat it with other seeds to be sure**." in one
            for one in said
        )


def test_terms_are_explained_where_they_stand():
    from pages.parts.terms import helped, marked

    html = marked("A teacher and <b>")
    assert 'class="term" tabindex="0">teacher<span class="tip" role="tooltip">' in html and html.count("tooltip") == 1
    assert helped("K", "How many.").startswith("How many.\n\n**K**: ")
