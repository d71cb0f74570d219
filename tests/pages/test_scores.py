"""Scores: spread, control, and what is exported."""

from __future__ import annotations

from distill_core.events import Scored
from distill_core.figures.rows import About, Row
from distill_core.figures.scores import Score
from distill_core.record import quoted
from distill_core.record.log import Recorder
from distill_core.record.passport import BEST
from pages.parts.score_table import answer


def words(app) -> str:
    return " ".join(one.value for one in [*app.markdown, *app.caption, *app.subheader])


def details(app):
    return next(one.value for one in app.dataframe if "Best epoch" in one.value)


def test_without_scores_of_ones_own_the_shipped_runs_are_shown_by_regime(open_page, make_run):
    make_run(state="stopped")
    app = open_page("compare/scores")
    assert "Examples that ship with the studio" in words(app)
    assert [one.value for one in app.subheader] == ["Hard labels", "Stored soft labels", "Live teacher"]
    assert not any(one.label == "Report" for one in app.button), "they are no runs of this library"


def test_seeds_are_pooled_and_a_win_is_said_of_seeds_not_of_students(open_page, make_run):
    make_run(), make_run(seed=1), make_run("searcher")  # the catalog knows no title of this one
    table = open_page("compare/scores").table[0].value.set_index("Set")
    seeds, one = (
        table.loc["Shifted weights · Tiny digits · 1 per class"],
        table.loc["searcher · Tiny digits · 1 per class"],
    )
    assert (seeds["Accuracy"], seeds["Over"]) == ("86.0 ± 0.0 %", "2 seeds, 6 students")
    assert (one["Accuracy"], one["Over"]) == ("86.0 ± 1.0 %", "1 seed, 3 students")
    assert seeds["Random"] == "71.0 ± 0.0 %, 2 draws"
    assert list(table["Points"]) == ["+15.0", "+15.0"]
    assert seeds["Verdict"] == "better (2 seeds)"
    assert one["Verdict"] == "one run only: repeat it with other seeds to be sure"


def test_real_images_that_were_only_chosen_are_no_contestants(open_page, make_run):
    make_run(), make_run("random")
    learned, yardsticks = open_page("compare/scores").table
    assert list(learned.value["Set"]) == ["Shifted weights · Tiny digits · 1 per class"]
    assert (
        list(yardsticks.value["Set"]) == ["Random real images · Tiny digits · 1 per class"]
        and "Points" not in yardsticks.value
    )


def test_every_regime_of_labels_has_a_table_of_its_own(open_page, make_run):
    folder, _ = make_run(), make_run("searcher")
    recorder = Recorder(folder)
    for subject in ("distilled", "random"):
        for labels in ("static", "teacher"):
            recorder.write(Scored(subject, "convnet", "soft", (0.9, 0.91), labels=labels))
    recorder.close()
    app = open_page("compare/scores")
    assert [one.value for one in app.subheader] == ["Hard labels", "Stored soft labels", "Live teacher"]
    assert [len(one.value) for one in app.table[:3]] == [2, 1, 1]


def test_the_filter_lives_in_the_link(open_page, make_run):
    make_run(), make_run("random")
    app = open_page("compare/scores", method="random")
    assert list(app.table[0].value["Set"]) == ["Random real images · Tiny digits · 1 per class"]


def test_a_filter_that_leaves_nothing_is_no_error(open_page, make_run):
    make_run(), make_run("random", data="far")
    app = open_page("compare/scores", method="random")
    assert list(app.table[0].value["Set"]) == ["Random real images · Far photographs · 1 per class"]


def test_the_answer_names_the_best_set(open_page, make_run):
    make_run(), make_run(seed=1)
    app = open_page("compare/scores")
    assert any(
        "+15.0 points" in one.value and "Shifted weights · Tiny digits · 1 <span" in one.value for one in app.markdown
    )


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


CONTROL = Score("random", "convnet", "hard", "hard", (0.7, 0.8))


def row(*seeds: tuple[float, float], takes: bool = False) -> Row:
    ours = Score("distilled", "convnet", "hard", "hard", tuple(own for own, _ in seeds))
    named = ("shift", "", "tiny", 1, "convnet", "hard", "hard", tuple(range(len(seeds))), ("a",))
    return Row(*named, ours, CONTROL, None, pairs=seeds, about=About("Shift", takes))


def test_a_set_below_its_control_is_not_praised():
    assert answer([row((0.5, 0.7), (0.6, 0.8))]).startswith(
        "No set here can be called better than as many random real images"
    )


def test_one_seed_wins_nothing_whatever_its_students_say():
    said = answer([row((0.9, 0.7))])
    assert said.startswith("Every set here was run once") and "better" not in said
    assert "only chosen" in answer([row((0.9, 0.7), takes=True)])


def test_a_row_says_how_it_came_about_and_what_the_best_epoch_would_print(open_page, make_run):
    make_run()
    table = details(open_page("compare/scores"))
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
    picked = set(details(app)["Best epoch"])
    assert "65.0 (+10.0, of 11 epochs)" in picked


def test_quoted_numbers_stand_apart_with_what_their_source_states():
    [dwa] = [one for one in quoted.beside({("cifar10", 10)}) if one.method == "dwa" and one.passport.protocol]
    assert dwa.text == "32.6 ± 0.4 %" and dwa.passport.epoch == BEST and dwa.passport.steps == "400"
    assert all(one.source and one.stated for one in quoted.every())
    assert not quoted.beside({("digits", 1)})
