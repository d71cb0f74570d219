"""Play: the page carries the settings between the address and the view, and says what it shows and what not."""

from __future__ import annotations

import re

from pages.parts import toy, views


def given(app) -> dict[str, str]:
    return app.session_state["_toy_given"]


def test_the_page_says_what_it_shows_and_what_it_does_not(open_page):
    app = open_page("learn/toy")
    said = " ".join(one.value for one in app.markdown)
    assert app.title[0].value == "Play: distill points in the plane"
    assert "What this shows" in said and "What it does not show" in said and "thousands" in said


def test_the_view_gets_what_the_address_holds_and_nothing_else(open_page):
    app = open_page("learn/toy", data="spiral", seed="7", t="0.5", b="x")
    assert given(app) == {"data": "spiral", "seed": "7"}


def test_what_the_visitor_does_goes_into_the_address_and_not_back_to_the_view(open_page, monkeypatch):
    told = []
    monkeypatch.setattr(views, "toy", lambda link, key, told: _say(link, told))

    def _say(link, tell):
        told.append(dict(link))
        if len(told) == 2:
            tell({"k": "5", "seed": "3"})

    app = open_page("learn/toy", data="spiral")
    app.session_state["_toy_view"] = None  # the view is there
    app.run()
    assert "data" not in app.query_params
    assert (app.query_params["k"], app.query_params["seed"]) == ("5", "3")
    app.run()
    assert told == [{"data": "spiral"}] * 3, "its own words do not come back"
    app.query_params["k"] = "2"
    app.run()
    assert told[-1] == {"k": "2", "seed": "3"}, "another link leads it elsewhere"


def test_every_name_in_the_link_is_carried():
    text = (views.WEB / "toy_link.js").read_text(encoding="utf-8")
    fields = re.findall(r"^  (?:.*?)\b(\w+): \[\"", text, re.MULTILINE) + re.findall(r"(\w+): \[\"", text)
    used = set(fields) | set(re.findall(r"link\.(\w+)", text)) | {"seed", "step"}
    assert used == set(toy.NAMES)
