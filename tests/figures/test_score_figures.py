"""Scores as numbers, rows, figures and tables."""

from __future__ import annotations

import csv
import io
import math

import pytest

from distill_core.figures import rows as found
from distill_core.figures import score_plots, scores, tables


def scored(
    subject: str, *accuracy: float, labels: str = "hard", student: str = "convnet", protocol: str = "hard", **budget
):
    said = {"subject": subject, "student": student, "protocol": protocol, "labels": labels}
    return {"kind": "scored", **said, "accuracy": list(accuracy), "budget": budget}


def run(method: str = "a", seed: int = 0, records=None, settings=None, **job):
    asked = {"data": "digits", "ipc": 1, **job, "seed": seed}
    return {
        "id": f"{method}-{seed}",
        "method": method,
        "settings": settings or {},
        "preset": "",
        "job": asked,
        "records": records,
    }


BOTH = [scored("distilled", 0.8, 0.9, image_bytes=1000, teacher_bytes=500), scored("random", 0.6, 0.7)]


def test_the_last_score_of_a_kind_holds():
    found = scores.read_scores([scored("distilled", 0.5), {"kind": "note"}, scored("distilled", 0.5, 0.7)])
    assert [(one.mean, one.n) for one in found] == [(0.6, 2)]
    assert found[0].std == pytest.approx(math.sqrt(0.02))


def test_a_control_says_over_how_many_draws_and_pools_those_of_all_seeds():
    drawn = {**scored("random", 0.6, 0.7, 0.5, 0.4), "draws": [0, 0, 1, 2]}
    [one] = scores.read_scores([drawn])
    assert one.mean == pytest.approx((0.65 + 0.5 + 0.4) / 3) and one.n == 4 and one.spread.draws == 3
    assert one.text == "51.7 ± 12.6 % (3 draws; ± 7.1 over students)"
    [early] = scores.read_scores([scored("random", 0.6, 0.7)])
    assert early.text == "65.0 ± 7.1 % (2 students, 1 draw)"
    [row] = found.table([run(seed=s, records=[scored("distilled", 0.8), drawn]) for s in (0, 1)])
    assert row.random.spread.draws == 6 and row.random.n == 8 and row.distilled.text == "80.0 ± 0.0 % (2 seeds)"
    [old] = found.table([run(seed=s, records=BOTH) for s in (0, 1, 2)])
    assert old.random.spread.draws == 3 and old.random.std == 0, "three draws with the same mean"
    line = next(csv.DictReader(io.StringIO(tables.to_csv([row]))))
    assert line["random_draws"] == "6" and float(line["random_std"]) > 0


def test_a_number_that_was_not_finite_is_left_out():
    [found] = scores.read_scores([scored("distilled", 0.5, None)])
    assert found.n == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0.861, 0.0123, 3), "86.1 ± 1.2 % (3 students)"),
        ((0.861, 0.0, 1), "86.1 % (1 student)"),
        ((0.861, None, 3), "86.1 % (3 students)"),
        ((None, None, 0), "–"),
        ((math.nan, 0.1, 3), "–"),
    ],
)
def test_a_number_never_stands_without_its_spread(given, said):
    assert scores.say(*given) == said


def test_runs_are_pooled_only_where_all_but_the_seed_is_equal():
    rows = found.table([run(records=BOTH), run(seed=1, records=BOTH), run(seed=2, records=BOTH, settings={"rho": 1})])
    assert [row.seeds for row in rows] == [(0, 1), (2,)]
    assert [row.distilled.n for row in rows] == [4, 2]
    assert [row.single for row in rows] == [False, True]


def test_a_copy_of_a_run_brings_no_new_evidence():
    [row] = found.table([run(records=BOTH), run(records=BOTH)])
    assert (row.distilled.n, row.random.n, len(row.runs)) == (2, 2, 1)


def test_the_control_has_the_same_student_protocol_and_labels():
    records = [scored("distilled", 0.8, labels="static"), scored("random", 0.6), scored("distilled", 0.7)]
    rows = {row.labels: row for row in found.table([run(records=records)])}
    assert rows["static"].random is None and math.isnan(rows["static"].gain)
    assert rows["hard"].gain == pytest.approx(0.1)


def test_stored_bytes_count_images_labels_and_teacher():
    [row] = found.table([run(records=BOTH)])
    assert row.stored == 1500


def test_the_bars_show_the_control_hollow_and_say_who_is_ahead():
    ahead = [scored("distilled", 0.8, 0.81), {**scored("random", 0.6, 0.61, 0.62), "draws": [0, 1, 2]}]
    other = run("b", records=[scored("distilled", 0.5), scored("random", 0.6)])
    rows = found.table([run(records=ahead), run(seed=1, records=ahead), other])
    figure = score_plots.bars(rows)
    control, single, several = figure.data
    assert [one.name for one in (several, single)] == [
        "learned images, several seeds (line: spread over them)",
        "learned images, one run only (line: spread over its networks)",
    ]
    assert set(control.marker.symbol) == {"square-open"}
    assert set(several.marker.symbol) == {"circle"} and set(single.marker.symbol) == {"circle-open"}
    assert [sign for sign, _, _ in score_plots.key(figure)] == ["●", "○", "□"]
    below, above = (one.text for one in figure.layout.annotations)
    assert above == "<b>a</b><br>digits · 1 per class<br>19.5 points above random; better (2 seeds)"
    assert below.endswith("10.0 points below random; one run only: repeat it with other seeds to be sure"), (
        "results stand first"
    )
    assert "%" in figure.layout.xaxis.title.text


def test_nothing_to_show_is_still_a_figure():
    assert not any(score_plots.against([], budget).data for budget in scores.BUDGETS)
    assert not score_plots.bars([]).data


def test_methods_differ_in_shape_as_well_as_in_color():
    rows = found.table([run(records=BOTH), run("b", records=BOTH), run(seed=1, records=BOTH)])
    symbols = [
        one.marker.symbol
        for one in score_plots.against(rows).data
        if one.name not in ("as many random real images", "nothing better at its price")
    ]
    assert sorted(symbols) == [("circle",), ("diamond-open",)]


def test_the_line_of_what_nothing_beats_at_its_price():
    assert score_plots.pareto([(3, 50), (1, 40), (2, 30), (1, 35), (4, 50), (5, 90)]) == [(1, 40), (3, 50), (5, 90)]
    assert score_plots.pareto([]) == []


def test_every_budget_is_an_axis_and_the_control_is_no_part_of_the_line():
    cheap = {"image_bytes": 100, "student_steps": 10, "seconds": 1.0}
    dear = {"image_bytes": 900, "student_steps": 90, "seconds": 9.0, "distill_seconds": 1.0}
    records = [
        [{**scored("distilled", 0.5), "budget": cheap}, {**scored("random", 0.9), "budget": cheap}],
        [{**scored("distilled", 0.7), "budget": dear}],
    ]
    rows = found.table([run(method, records=one) for method, one in zip("ab", records, strict=True)])
    for budget, prices in (("bytes", (100, 900)), ("steps", (10, 90))):
        figure = score_plots.against(rows, budget)
        assert tuple(figure.data[-1].x) == prices and tuple(figure.data[-1].y) == (50, 70)
        assert figure.data[0].marker.symbol == "square-open" and tuple(figure.data[0].y) == (90,)
    [only] = score_plots.against(rows, "seconds").data
    assert tuple(only.x) == (10.0,), "what making it took was not recorded of the other"


def test_csv_holds_every_number_and_no_formula():
    rows = found.table([run("=cmd()", records=BOTH)])
    [line] = csv.DictReader(io.StringIO(tables.to_csv(rows)))
    assert line["method"] == "'=cmd()"
    assert float(line["accuracy"]) == pytest.approx(0.85)
    assert float(line["gain"]) == pytest.approx(0.2)
    assert (line["n"], line["random_n"], line["image_bytes"], line["teacher_bytes"]) == ("2", "2", "1000", "500")
    assert line["runs"] == "=cmd()-0" and line["label_bytes"] == ""


def test_latex_escapes_and_marks_one_seed_and_the_best():
    rows = found.table([run("a_b", records=BOTH), run("c", records=[scored("distilled", 0.5)])])
    text = tables.to_latex(rows)
    assert r"a\_b" in text and r"\textbf{85.0 $\pm$ 7.1}\textsuperscript{1}" in text
    assert r"50.0\textsuperscript{1} & --" in text
    assert text.count(r"\\") == 3


def test_rows_of_one_method_say_what_they_differ_in():
    runs = [run("a", records=BOTH, settings={"recover.rho": rho, "k": 1}) for rho in (0.1, 0.2)]
    assert [(row.differs, row.label) for row in found.table(runs)] == [
        ("rho 0.1", "a · digits · 1 per class · rho 0.1"),
        ("rho 0.2", "a · digits · 1 per class · rho 0.2"),
    ]
    assert [row.differs for row in found.table(runs[:1])] == [""]


def test_a_row_is_called_by_titles_and_by_the_student_that_was_trained():
    known = {"a": found.About("Method A", settings={"rho": "Radius", "student": "Student"})}
    own = [scored("distilled", 0.8, student=student) for student in ("convnet", "resnet18")]
    rows = found.table([run(records=own, student="auto")], known)
    assert {row.label for row in rows} == {
        f"Method A · digits · 1 per class · Student {student}" for student in ("convnet", "resnet18")
    }
    assert {row.about.takes for row in rows} == {False}


def test_the_catalog_says_who_only_takes_real_images():
    from distill_core.work.catalogue import build

    takes = {name for name, about in found.about(build()).items() if about.takes}
    assert {"random", "herding", "kmeans", "el2n"} <= takes
    assert not takes & {"rded", "dm", "dwa", "ladd", "infer"}, "these make images or labels"


def test_images_that_were_only_taken_are_drawn_below_and_stand_in_no_contest():
    known = {"b": found.About("B", takes=True)}
    rows = found.table([run(records=BOTH), run("b", records=BOTH)], known)
    figure = score_plots.bars(rows)
    marks = {trace.name: list(trace.y) for trace in figure.data}
    assert marks["real images, chosen or averaged"] == [score_plots.OWN]
    assert len(marks["as many random real images"]) == 1
    assert [row.contest is None for row in rows if row.about.takes] == [True]
