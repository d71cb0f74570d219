"""Lessons: every step of every lesson is replayed on its real page; a bad file or a bad link says what is wrong."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from distill_core.errors import BadRecord, BadSetting
from pages.parts import frame, lesson_card, lesson_facts, lessons, recorded, teach
from pages.parts.lessons import PLACES, Click, Lesson
from pages.parts.teach import Stand

LESSONS = lessons.lessons()
STEPS = [(name, at) for name, one in LESSONS.items() for at in range(1, len(one.steps) + 1)]
GOOD = """
order = 1
title = "T"
question = "Q?"
minutes = 5
picture = { run = "few" }

[[steps]]
ask = "A?"
say = "{accuracy}"
show = { page = "live", run = "few" }
"""


def looks(app) -> str:
    """All styles of a page together."""
    return " ".join(one.proto.body for one in app.get("html"))


def keys(block: object) -> set[str]:
    """The keys of all parts of a page, as the classes in the page say them (`st-key-…`)."""
    own = re.sub(r"[^a-zA-Z0-9_-]", "-", getattr(block, "key", None) or "")
    return {own}.union(*(keys(child) for child in getattr(block, "children", {}).values()))


@pytest.fixture
def step(open_page):
    """`step("how-made", 2)` → the page of that step, opened by the link that is handed out."""

    def open_step(lesson: str, at: int, **more: str) -> AppTest:
        return open_page("learn/start", lesson=lesson, step=str(at), **more)

    return open_step


def test_there_are_eight_lessons_of_four_to_seven_steps():
    assert len(LESSONS) >= 8
    assert all(4 <= len(one.steps) <= 7 for one in LESSONS.values())


def test_pages_that_lessons_know_are_those_of_the_menu():
    addresses = {address or "start": f"pages/{file}.py" for _, file, address, *_ in frame.PAGES}
    assert {page: file for page, (file, *_) in PLACES.items()}.items() <= addresses.items()


@pytest.mark.parametrize(("name", "at"), STEPS)
def test_every_step_opens_its_page_with_its_run_its_link_and_its_light(step, name, at):
    app = step(name, at)
    now = LESSONS[name].steps[at - 1]
    asked = teach.link(LESSONS[name], at)
    assert {key: app.query_params.get(key) for key in asked} == asked
    if now.click and now.click.widget:
        assert now.click.widget.partition(".")[0] in keys(app._tree)
    assert not app.error and not app.warning
    there = keys(app._tree)
    assert {"lesson", now.light, *now.cover} <= there, sorted(there)


@pytest.mark.parametrize(("name", "at"), STEPS)
def test_every_word_of_a_step_has_its_number_and_every_guess_its_answer(name, at):
    stand = Stand(LESSONS[name], at, ())
    now = stand.now
    for words in (now.ask, now.say, now.beware):
        said = teach.say(stand, words)
        assert bool(said) == bool(words) and not set("{}[]") & set(said)
    if now.guess:
        assert now.guess.low <= teach.truth(stand).value <= now.guess.high


@pytest.mark.parametrize("run", lessons.recordings().values())
def test_every_run_that_lessons_show_ships(run):
    assert lesson_facts.folder_of(run).path.is_dir()
    assert lesson_facts.facts(run)["accuracy"].unit == "%"


def test_no_lesson_types_a_number_that_a_recording_should_say():
    for one in LESSONS.values():
        for now in one.steps:
            for words in (now.ask, now.say, now.beware):
                plain = lesson_facts.NAME.sub("", words)
                assert not re.search(r"\d+([.,]\d+)?\s*(%|points|kB|s\b)", plain), (one.name, words)


# ---- the card


def buttons(app: AppTest) -> set[str]:
    return {one.key for one in app.button}


def card(app: AppTest, block: object = None) -> str:
    """The words on the card alone."""
    block = block or next(one for one in app._tree.main.children.values() if getattr(one, "key", "") == "lesson")
    own = getattr(block, "value", "")
    return "\n".join(
        [own if isinstance(own, str) else "", *(card(app, one) for one in getattr(block, "children", {}).values())]
    )


def texts(app: AppTest) -> str:
    return "\n".join(one.value for one in (*app.markdown, *app.caption, *app.warning))


def test_a_lesson_goes_forth_and_back_and_leaves_the_page_free(step):
    app = step("how-made", 1, hide="menu,run")
    for at in range(2, len(LESSONS["how-made"].steps) + 1):
        app.button(key="_next").click().run()
        assert (app.query_params["step"], app.query_params["hide"]) == (str(at), "menu,run")
        assert not app.exception
    assert "stHeader" not in looks(app)  # the end is free
    app.button(key="_back").click().run()
    assert app.query_params["step"] == str(at - 1)
    app.button(key="_next").click().run()
    app.button(key="_done").click().run()
    assert "lesson" not in app.query_params and app.query_params["run"]
    assert "_next" not in buttons(app) and "lesson" not in keys(app._tree)


def test_what_a_class_does_not_need_is_not_drawn(step):
    app = step("not-like-real", 1, hide="menu,settings,say")
    look = looks(app)
    assert '[data-testid="stHeader"] { display: none' in look and ".st-key-_settings { display: none" in look
    assert ".st-key-wall { outline" in look
    assert LESSONS["not-like-real"].steps[0].say not in texts(app)


def test_a_step_shows_the_parts_that_it_needs_and_nothing_else_of_its_page(step):
    look = looks(step("how-made", 3))
    assert ":not(:is(.st-key-lesson, .st-key-player, .st-key-feed, .st-key-_detail, .st-key-plots, " in look
    assert ":not(:is(" not in looks(step("how-made", 6))  # the end is free
    assert {"wall", "plots"} <= set(lesson_card.needed(LESSONS["how-made"].steps[3]))
    assert lesson_card.needed(LESSONS["good-for"].steps[3]) == ()  # a page that a step shows whole


def test_an_answer_comes_after_the_guess(step):
    app = step("ten-can-teach", 2)
    true = teach.truth(Stand(LESSONS["ten-can-teach"], 2, ()))
    assert true.text not in card(app)
    assert ".st-key-scores { display: none" in looks(app)
    app.slider[0].set_value(30.0).run()
    app.button(key="_reveal").click().run()
    assert true.text in card(app)
    assert ".st-key-scores { display: none" not in looks(app)
    assert app.slider[0].value == 30.0 and app.slider[0].disabled
    app.button(key="_next").click().run()
    app.button(key="_back").click().run()
    assert true.text in card(app)


def test_a_step_ticks_itself_when_a_part_was_used(step):
    app = step("ten-can-teach", 4)
    assert "**Try:**" in texts(app)
    app.run()
    assert "**Try:**" in texts(app)
    app.segmented_control(key="recording").set_value(list(recorded.shelf())[-1]).run()
    assert "**Done:**" in texts(app)
    app.segmented_control(key="recording").set_value(next(iter(recorded.shelf()))).run()
    assert "**Done:**" in texts(app)


def test_a_step_ticks_itself_on_another_page_and_offers_the_way_back(step):
    app = step("good-for", 4)
    app.switch_page("pages/compare/scores.py").run()
    assert "**Done:**" in texts(app)
    assert app.query_params["lesson"] == "good-for"
    app.button(key="_return").click().run()
    assert app.title[0].value == "Methods"


@pytest.mark.parametrize(
    ("click", "before", "after"),
    [
        (Click(do="x", widget="wall.pin"), {"pin": None}, {"pin": {"id": 3}}),
        (Click(do="x", widget="kind"), "a", "b"),
    ],
)
def test_what_a_part_says_is_a_sign(click, before, after, monkeypatch):
    held = {click.widget.partition(".")[0]: before}
    monkeypatch.setattr("pages.parts.teach.st.session_state", held)
    first = teach.sign(click)
    held[click.widget.partition(".")[0]] = after
    assert teach.sign(click) != first


@pytest.mark.parametrize(
    ("asked", "at", "said"),
    [("99", "6", "no step 99; this is step 6 of 6"), ("0", "1", "no step 0"), ("two", "1", "“two” is no step")],
)
def test_a_step_that_is_not_there_becomes_the_nearest_and_says_so(open_page, asked, at, said):
    app = open_page("learn/start", lesson="how-made", step=asked)
    assert said in texts(app)
    assert app.query_params["step"] == at


def test_a_lesson_or_a_word_that_is_not_there_is_said(open_page):
    app = open_page("learn/start", lesson="how-mode", step="1")
    assert 'There is no lesson "how\\-mode". Did you mean "how-made"?' in texts(app)
    assert "lesson" not in app.query_params
    app = open_page("learn/start", lesson="how-made", step="1", hide="menu,walls")
    assert "Nothing called walls can be hidden" in texts(app) and app.query_params["hide"] == "menu"


def test_a_shared_view_within_a_step_is_kept(open_page):
    app = open_page("learn/start", go="live", lesson="how-made", step="4", run="dwa-digits-ipc1", t="0.9")
    assert app.query_params["t"] == "0.9"


def test_a_player_that_rested_in_another_step_does_not_count(monkeypatch):
    from pages.parts import views

    said = SimpleNamespace(at={"share": 0.5, "n": 3, "entry": 1})
    monkeypatch.setattr(views, "_PLAYER", lambda **given: said)
    monkeypatch.setattr("pages.parts.views.st.session_state", {"_entry": 1})
    assert views.player(["a"], "player") == said.at
    monkeypatch.setattr("pages.parts.views.st.session_state", {"_entry": 2})
    assert views.player(["a"], "player") is None


# ---- the list and the teacher's page


def test_the_list_has_every_lesson_and_begins_one(open_page):
    app = open_page("learn/tour")
    for one in LESSONS.values():
        assert one.question in texts(app) and f"{one.minutes} min" in texts(app)
    app.button(key="_class.which-layer").click().run()
    assert (app.query_params["lesson"], app.query_params["hide"]) == ("which-layer", "menu,run,settings")
    app.switch_page("pages/learn/tour.py").run()
    assert "lesson" not in keys(app._tree)
    app.button(key="_resume").click().run()
    assert app.query_params["lesson"] == "which-layer"


@pytest.mark.parametrize("asked", ["all", "how-made", "nonsense"])
def test_the_plan_has_questions_answers_and_numbers(open_page, asked):
    said = texts(open_page("learn/tour", plan=asked))
    for one in [LESSONS[asked]] if asked in LESSONS else LESSONS.values():
        for at in range(1, len(one.steps) + 1):
            assert teach.say(Stand(one, at, ()), one.steps[at - 1].say) in said
            assert teach.say(Stand(one, at, ()), one.steps[at - 1].ask) in said
    assert ("There is no lesson" in said) == (asked == "nonsense")


# ---- files that cannot be taught


def lesson(tmp_path, text: str) -> Lesson:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    return lessons.read(tmp_path / "mine.toml", {"few": "dwa-digits-ipc1"})


def test_a_good_file_is_read(tmp_path):
    assert lesson(tmp_path, GOOD).steps[0].show.page == "live"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('page = "live"', 'page = "lives"', 'steps, 1, show, page: there is no page "lives". Did you mean "live"?'),
        ('"live", run = "few"', '"live", run = "fev"', 'asks for the run "fev". Did you mean "few"?'),
        ('run = "few" }\n\n[[', 'run = "nobody" }\n\n[[', "recordings.toml knows: few"),
        (GOOD[GOOD.index("[[") :], "steps = []", "steps: Tuple should have at least 1 item"),
        (GOOD[GOOD.index("[[") :], "", "steps: Field required"),
        ("minutes = 5", "minutes = 0", "minutes: Input should be greater than or equal to 1"),
        ('say = "{accuracy}"', 'tell = "x"', "steps, 1, say: Field required (and 2 more)"),
        ('"live", run = "few" }', '"live", run = "few", at = 2 }', "less than or equal to 1"),
        ('page = "live"', 'page = "live", link = { view = "x" }', "does not understand view; it does: run, t"),
        ('page = "live", run = "few"', 'page = "live", beside = ["few"]', "beside needs a run"),
        ('ask = "A?"', 'ask = "A?"\nlight = "div > p"', "is not the key of a part"),
        ('ask = "A?"', 'ask = "A?"\nclick = { do = "x" }', "one of link, page and widget"),
        ('ask = "A?"', 'ask = "A?"\nguess = { of = "real", unit = "%", low = 5, high = 5 }', "has to be below high"),
        ("order = 1", "order = ", "cannot be read"),
        ("order = 1", 'name = "x"', "cannot be read"),
    ],
)
def test_a_bad_file_says_where_it_is_wrong(tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(BadSetting) as error:
        lesson(tmp_path, GOOD.replace(old, new))
    assert "mine.toml" in str(error.value) and said in str(error.value)


def test_a_shelf_without_its_table_of_runs_says_so(tmp_path):
    with pytest.raises(BadSetting, match=r"recordings\.toml cannot be read"):
        lessons.lessons(tmp_path)


def test_a_number_that_nobody_knows_or_no_recording_holds_is_an_error():
    runs = {"few": "dwa-digits-ipc1", "gone": "nothing"}
    with pytest.raises(BadSetting, match=r'no fact "acuracy"\. Did you mean "accuracy"'):
        lesson_facts.filled("{acuracy}", "few", runs)
    with pytest.raises(BadSetting, match='asks for the run "other"'):
        lesson_facts.filled("{other.accuracy}", "few", runs)
    with pytest.raises(BadSetting, match='dwa-digits-ipc1 holds no "layers"'):
        lesson_facts.filled("{layers}", "few", runs)
    with pytest.raises(BadRecord, match='No recorded run "nothing" ships'):
        lesson_facts.filled("{accuracy}", "gone", runs)
    assert lesson_facts.filled("A.[[ In {layers}.]]", "few", runs) == "A."
    assert lesson_facts.filled("A.[[ In {count}.]]", "few", runs) == "A. In 10."


def test_numbers_are_those_of_the_recording_and_differences_those_of_what_is_printed():
    found = lesson_facts.facts("dwa-digits-ipc1")
    bars = {one["subject"]: one["accuracy"] for one in recorded.facts("dwa-digits-ipc1").bars}
    assert found["accuracy"].value == round(100 * bars["distilled"], 1)
    for name, own, other in (("gain", "accuracy", "control"), ("missing", "real", "accuracy")):
        assert found[name].value == pytest.approx(found[own].value - found[other].value)


def test_a_guess_whose_answer_lies_outside_or_has_another_unit_is_an_error():
    one = LESSONS["ten-can-teach"]
    for change in ({"high": 1.0}, {"unit": "points"}, {"of": "layers"}):
        guess = one.steps[1].guess.model_copy(update=change)
        steps = (one.steps[0], one.steps[1].model_copy(update={"guess": guess}))
        with pytest.raises(BadSetting, match="Step 2 of ten-can-teach asks for"):
            teach.truth(Stand(one.model_copy(update={"steps": steps}), 2, ()))


def test_a_link_from_before_does_not_undo_a_press(step):
    app = step("not-like-real", 3)
    app.session_state["_lesson"]["going"] = ("not-like-real", 4)
    app.run()
    assert app.query_params["step"] == "4" and "step 4 of 6" in card(app)
    app.query_params["step"] = "3"  # the browser's own way back counts
    app.run()
    assert "step 3 of 6" in card(app)
