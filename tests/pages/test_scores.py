"""Scores: spread, control, and what is exported."""

from __future__ import annotations

from distill_core.events import Scored
from distill_core.figures.scores import Row, Score
from distill_core.record import quoted
from distill_core.record.log import Recorder
from distill_core.record.passport import BEST
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


def test_a_report_of_the_shown_runs_is_sent_for(open_page, make_run, monkeypatch):
    runs, sent = [make_run().id, make_run(seed=1).id], []
    monkeypatch.setattr("pages.parts.errand.send", lambda name, *words: sent.append(words))
    app = open_page("compare/scores")
    next(one for one in app.button if one.label == "Report").click().run()
    command, *rest = sent[0]
    assert command == "report" and set(rest[:-2]) == set(runs) and rest[-1].endswith("report.html")


def test_a_report_of_too_many_runs_is_not_offered(open_page, make_run):
    for seed in range(13):
        make_run(seed=seed)
    app = open_page("compare/scores")
    assert next(one for one in app.button if one.label == "Report").disabled


def test_a_set_below_its_control_is_not_praised():
    ours = Score("distilled", "convnet", "hard", "hard", (0.5, 0.6))
    control = Score("random", "convnet", "hard", "hard", (0.7, 0.8))
    row = Row("shift", "", "tiny", 1, "convnet", "hard", "hard", (0,), ("a",), ours, control, None)
    assert answer([row]).startswith("No set here can be called better than as many random real images")


def test_a_row_says_how_it_came_about_and_what_the_best_epoch_would_print(open_page, make_run):
    make_run()
    table = open_page("compare/scores").dataframe[0].value
    assert list(table["Best epoch"]) == ["not recorded"]
    assert list(table["Passport"]) == ["convnet · hard labels · 90 updates · epoch: last"]


def test_two_numbers_are_laid_beside_each_other_line_by_line(open_page, make_run, home):
    one, other = make_run(), make_run(seed=1, students=2)
    for folder, batch in ((one, "64"), (other, "128")):
        said = {"student": "convnet", "batch": batch, "epochs": "30", "protocol": f"p{batch}", "rate_choice": "given"}
        recorder = Recorder(folder)
        recorder.write(
            Scored("distilled", "convnet", f"p{batch}", (0.5, 0.6), best=(0.6, 0.7), looks=11, passport=said)
        )
        recorder.close()
    app = open_page("compare/scores")
    texts = [one.value for one in app.markdown]
    assert any("They differ in **" in text for text in texts)
    commands = [one.value for one in app.code]
    assert any("distill-studio evaluate" in one and "--protocol" in one for one in commands)
    picked = set(app.dataframe[0].value["Best epoch"])
    assert "65.0 (+10.0, of 11 epochs)" in picked


def test_quoted_numbers_stand_apart_with_what_their_source_states():
    [dwa] = [one for one in quoted.beside({("cifar10", 10)}) if one.method == "dwa" and one.passport.protocol]
    assert dwa.text == "32.6 ± 0.4 %" and dwa.passport.epoch == BEST and dwa.passport.steps == "400"
    assert all(one.source and one.stated for one in quoted.every())
    assert not quoted.beside({("digits", 1)})
