"""Scores: spread, control, and what is exported."""

from __future__ import annotations

from distill_core.figures.scores import Row, Score
from pages.parts.score_table import answer


def test_without_scores_the_page_says_what_to_do(open_page, make_run):
    make_run(state="stopped")
    app = open_page("compare/scores")
    assert any("No run has been scored yet" in one.value for one in app.markdown)


def test_seeds_are_pooled_and_one_seed_is_hollow(open_page, make_run):
    make_run(), make_run(seed=1), make_run("random")
    table = open_page("compare/scores").dataframe[0].value
    shown = dict(zip(table["Method"], table["Accuracy"], strict=True))
    assert shown == {"shift": "86.0 ± 0.0 % (2 seeds; ± 1.0 over students)", "random": "○ 86.0 ± 1.0 % (n = 3)"}
    beside = dict(zip(table["Method"], table["Random"], strict=True))
    assert beside == {"shift": "71.0 ± 0.0 % (2 draws; ± 1.0 over students)", "random": "71.0 ± 1.0 % (n = 3, 1 draw)"}
    assert list(table["Gain"].round(1)) == [15.0, 15.0]
    told = dict(zip(table["Method"], table["Against random"], strict=True))
    assert told == {
        "shift": "better (2 seeds)",
        "random": "cannot be told with 3 students and 1 draw; 2 or more of each would",
    }


def test_the_filter_lives_in_the_link(open_page, make_run):
    make_run(), make_run("random")
    app = open_page("compare/scores", method="random")
    assert list(app.dataframe[0].value["Method"]) == ["random"]


def test_a_filter_that_leaves_nothing_is_no_error(open_page, make_run):
    make_run(), make_run("random", data="far")
    app = open_page("compare/scores", method="random")
    assert list(app.dataframe[0].value["Data"]) == ["far"]


def test_the_answer_names_the_best_set(open_page, make_run):
    make_run(), make_run(seed=1)
    app = open_page("compare/scores")
    assert any("+15.0 points" in one.value and "shift · tiny · ipc 1" in one.value for one in app.markdown)


def test_a_set_below_its_control_is_not_praised():
    ours = Score("distilled", "convnet", "hard", "hard", (0.5, 0.6))
    control = Score("random", "convnet", "hard", "hard", (0.7, 0.8))
    row = Row("shift", "", "tiny", 1, "convnet", "hard", "hard", (0,), ("a",), ours, control, None)
    assert answer([row]).startswith("No set here can be called better than as many random real images")
