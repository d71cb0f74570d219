"""Diversity: numbers about coverage in the original space, neighbors, and planes that stand still."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from distill_core import events as say
from distill_core.figures import plane
from distill_core.queue import ask
from distill_core.record.log import Recorder
from distill_core.work import answers
from pages.parts import coverage, detail, packets, pairing, planes, spread
from tests.looks.test_planes import more_pictures, picture_run
from tests.pages import demo
from tests.pages.test_live import words

PAGE = "explore/diversity"


@pytest.fixture
def worker(home):
    """Whoever answers what a page asked: the engine itself, in this process. Returns how many questions there were."""

    def work() -> int:
        open_ones = ask.open_questions(home)
        for one in open_ones:
            answers.give(home, one)
        return len(open_ones)

    return work


def read(app):
    return words(app) + " ".join(one.value for one in [*app.info, *app.warning])


def test_an_empty_home_shows_the_shipped_example(open_page):
    app = open_page(PAGE)
    assert app.query_params["run"] in ("dm-fashion-ipc10", ["dm-fashion-ipc10"])
    said = words(app)
    assert "An example that ships with the studio" in said
    assert (
        "These 100 learned images come within reach" in said and "Farthest out of reach" in said
    )  # at once, with its maps


def test_the_claim_is_said_with_its_yardstick_and_the_maps_show_it(home, open_page, worker):
    run = picture_run(home)
    app = open_page(PAGE, run=run.id)
    worker()
    app.run()
    found = json.loads((run.path / "planes" / "reach.json").read_text())
    one = found["runs"][run.id]
    share, usual = one["learned"]["share"], np.mean(one["draws"])
    word = (
        "they cover more"
        if share > max(one["draws"])
        else "they cover less"
        if share < min(one["draws"])
        else "no difference"
    )
    assert (
        f"learned images come within reach of **{100 * share:.0f} %** of the real images; as many random real ones reach "
        f"{100 * usual:.0f} %: **{word}**." in words(app)
    )
    maps = [json.loads(one.proto.spec) for one in app.get("plotly_chart")][:2]
    assert [one["layout"]["title"]["text"] for one in maps] == [
        f"The learned images: {100 * share:.0f} % within reach",
        f"As many random real images: {100 * usual:.0f} % within reach",
    ]
    hollow = maps[0]["data"][0]
    assert hollow["name"] == "real, out of reach" and hollow["marker"]["symbol"] == "circle-open"
    assert len(figure_values(hollow["x"])) == 400 - len(one["learned"]["reached"])
    app.segmented_control(key="_beside").set_value("start").run()
    assert "The run's own start" in json.loads(app.get("plotly_chart")[1].proto.spec)["layout"]["title"]["text"]
    assert "They started at " in words(app) and "nearest real neighbor" in words(app)


def test_a_plane_that_is_being_made_says_how_far_it_is(home, monkeypatch):
    run, asked = picture_run(home), ask.ask(home, "plane", runs=["x"])
    ask.reply(home, asked, state="working", progress={"stage": "fit"})
    monkeypatch.setattr(planes, "_asked", lambda: {f"{run.id}/features-tsne": asked})
    (said,) = planes.progress([run])
    assert said.startswith("t-SNE of features: step 2 of 3, the points are laid out, for ")


def test_the_plane_that_was_clicked_is_the_one_that_is_shown(home, open_page):
    run = picture_run(home)
    app = open_page(PAGE, run=run.id)
    app.session_state["map"] = {"plane": "features-umap"}
    app.run()
    (node,) = [n for n in app.get("bidi_component") if n.proto.component_name == "distill_map"]
    assert json.loads(node.proto.json)["plane"] == "features-umap"


def test_without_a_chosen_run_it_asks_which(home, open_page):
    picture_run(home)
    assert "Choose the runs whose images" in words(open_page(PAGE))


def test_a_run_that_nobody_can_measure_says_why_and_is_asked_about_once(make_run, open_page, worker):
    app = open_page(PAGE, run=make_run().id)
    assert "recorded no network outputs" in words(app) and worker() == 1
    app.run()
    assert "There is no data set called 'tiny'" in read(app)
    app.run()
    assert worker() == 0


def test_a_run_spreads_its_classes_so_much_as_real_images_do(home, open_page, worker):
    run = picture_run(home)
    app = open_page(PAGE, run=run.id)
    assert "A worker is measuring" in words(app) and worker() == 1
    app.run()
    found = json.loads((run.path / "planes" / "spread.json").read_text())
    own, real = found["runs"][run.id]["values"], found["real"]["distance"]
    share = np.mean([a / b for a, b in zip(own["distance"], real, strict=True)])
    assert f"This run spreads its classes to **{share:.2f}** of what real images do" in words(app)
    assert "Only neighborhoods can be trusted" in words(app)
    assert len(app.get("plotly_chart")) == 5 and "k = 5" in words(app) and "400 real training images" in words(app)
    assert worker() == 0, "what was measured is not measured again"
    app.run()
    assert worker() == 0 and "measuring" not in words(app)


def test_several_runs_are_measured_together_and_one_image_per_class_is_said(home, open_page, worker):
    runs = [picture_run(home), picture_run(home, ipc=2, shift=5), picture_run(home, ipc=1, shift=9)]
    app = open_page(PAGE, run=runs[0].id, b=runs[1].id, c=runs[2].id)
    worker()
    app.run()
    assert words(app).count("spreads its classes to **") == 2
    assert "has one image per class, so nothing to spread" in words(app)
    assert "one image per class has no pairs" in words(app) and "nan" not in words(app).lower()
    assert "Different numbers of images per class" in words(app)
    every = [json.loads(one.proto.spec) for one in app.get("plotly_chart")]
    assert [one["layout"]["title"]["text"].partition(":")[0] for one in every[:4]] == [
        *pairing_titles(runs),
        "As many random real images",
    ]
    charts = every[4:]
    assert len(charts) == 4 and [len(one["data"]) for one in charts[:2]] == [3, 3]
    largest = [one for trace in charts[1]["data"] for one in figure_values(trace["y"]) if one is not None]
    assert max(largest) == pytest.approx(1.0), "divided by the largest over runs and classes"


def test_a_run_that_works_is_followed_but_not_all_the_time(home, open_page, worker, monkeypatch):
    run = picture_run(home)
    run.set_state(state="queued")
    app = open_page(PAGE, run=run.id)
    assert worker() == 1
    app.run()
    before = words(app)
    recorder = Recorder(run)
    more_pictures(recorder, 3, range(3, 5))
    recorder.close()
    app.run()
    assert worker() == 0, "it rests after an answer"
    monkeypatch.setattr(planes, "SOONEST", 0.0)
    monkeypatch.setattr(planes, "SHARE", 1e9)
    app.run()
    assert worker() == 1
    app.run()
    assert "spreads its classes" in before and "spreads its classes" in words(app) and words(app) != before


def pairing_titles(runs):
    return pairing.titles([one.request() for one in runs])


def figure_values(y):
    """Plotly writes numbers as a list, or packed."""
    if isinstance(y, dict):
        return np.frombuffer(base64.b64decode(y["bdata"]), y["dtype"]).tolist()
    return y


def test_one_image_per_class_alone(home, open_page, worker):
    app = open_page(PAGE, run=picture_run(home, ipc=1).id)
    worker()
    app.run()
    assert "This run has one image per class, so nothing to spread." in words(app)
    assert "choose a run with 2 or more images per class" in read(app) and len(app.get("plotly_chart")) == 3


def test_what_is_drawn_around_is_shown_run_by_run(home):
    runs = [picture_run(home), picture_run(home, ipc=2)]

    def page(paths):
        from pathlib import Path

        from distill_core.record.folder import RunFolder
        from pages.parts import coverage

        folders = [RunFolder(Path(path)) for path in paths]
        points = [{"run": folders[0].id, "id": 4, "label": 1}, {"run": folders[1].id, "id": 4, "label": 2}]
        lasso = {"source": "synthetic", "points": [*points, {"run": "another", "id": 1, "label": 0}]}
        coverage.selection(folders, lasso, [], {folders[0].id: "A one", folders[1].id: "B two"})

    app = AppTest.from_function(page, args=([str(run.path) for run in runs],)).run()
    assert not app.exception and "2 synthetic images chosen" in words(app) and "A one: 1" in words(app)
    assert len(app.get("image")) == 2


def test_the_five_nearest_real_images_are_counted_by_features(home, worker, open_page):
    run = picture_run(home)
    open_page(PAGE, run=run.id)
    worker()
    found = spread.nearest([run], {"run": run.id, "id": 3, "source": "synthetic"})
    assert len(found) == 5 and [one.distance for one in found] == sorted(one.distance for one in found)
    assert spread.nearest([run], {"run": run.id, "id": 3, "source": "real"}) == [] == spread.nearest([run], None)


def test_distances_are_those_of_the_definition(home):
    folder = demo.create(home)
    recorder = Recorder(folder)
    real = np.array([[0.0, 0], [0, 2], [5, 0], [5, 1]])
    recorder.write(say.Logits(0, real, np.array([0, 0, 1, 1]), np.arange(4), "real"))
    recorder.write(say.Logits(0, np.array([[9.0, 9], [9, 9]]), np.array([0, 1]), np.arange(2)))
    recorder.write(say.Logits(5, np.array([[0.0, 1], [5, 3]]), np.array([0, 1]), np.arange(2)))
    recorder.close()
    rows = coverage.covered(folder, packets.Reader(folder.path).refresh())
    assert rows == [
        {"label": 0, "synthetic": pytest.approx(1.0), "real": pytest.approx(2.0)},
        {"label": 1, "synthetic": pytest.approx(2.5), "real": pytest.approx(1.0)},
    ]


def test_neighbors_are_counted_in_the_original_space_and_have_their_pictures(home):
    folder = demo.create(home)
    demo.write(folder)
    records = packets.Reader(folder.path).refresh()
    logits = detail.logits_of(folder, records, 4)
    found = detail.neighbors(folder, records, logits)
    assert len(found) == 5 and all(one.label == 4 for one in found[:2])
    assert [one.distance for one in found] == sorted(one.distance for one in found)
    assert all(one.pixels is not None and one.pixels.shape == (16, 16, 1) for one in found)
    frames = detail.strip(folder, records, 4)
    assert len(frames) == 10 and frames[0][0] == "recover 0" and frames[-1][0] == "recover 39"
    assert detail.row([pixels for _, pixels in frames])[:4] == b"\x89PNG"


def random_points(n=200, d=10, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)) * np.arange(1, d + 1)


def test_pca_is_the_eigenvectors_of_the_covariance():
    x = random_points()
    fitted = plane.fit_pca(x)
    _, vectors = np.linalg.eigh(np.cov(x.T))
    for i in range(2):
        assert abs(fitted.axes[:, i] @ vectors[:, -1 - i]) == pytest.approx(1, abs=1e-9)
    assert np.array_equal(plane.fit_pca(x[::-1]).axes.argmax(0), fitted.axes.argmax(0))


def test_lda_separates_classes_that_pca_does_not_see():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 100)
    x = rng.normal(size=(300, 6)) * [30, 30, 1, 1, 1, 1]
    x[:, 2] += 8 * labels
    flat = plane.fit_lda(x, labels).place(x)[:, 0]
    middles = [flat[labels == k].mean() for k in range(3)]
    assert abs(middles[1] - middles[0]) > 6 * flat[labels == 0].std()
    two = plane.fit_lda(x[:200], labels[:200])
    assert two.axes.shape == (6, 2) and np.abs(two.axes).sum(0).all()


def test_points_that_are_not_finite_are_nowhere_and_harm_nobody():
    x = random_points()
    x[3] = np.nan
    fitted = plane.fit_pca(x)
    assert np.isfinite(fitted.axes).all() and not np.isfinite(fitted.place(x)[3]).any()
    assert plane.nearest(x, x[0])[0][0] == 0 and np.isfinite(plane.nearest(x, x[0])[1]).all()
    with pytest.raises(ValueError, match="at least one point"):
        plane.fit_pca(np.full((3, 4), np.nan))


def test_neighbor_keeping_is_one_for_the_same_points_and_chance_for_noise():
    x = random_points()
    assert plane.kept(x, x) == 1.0
    assert plane.kept(x, np.random.default_rng(1).normal(size=(200, 2))) < 0.2
    assert plane.kept(x[:1], x[:1, :2]) == 1.0


def test_degenerate_points_have_a_plane():
    assert (plane.fit_pca(np.ones((5, 3))).place(np.ones((2, 3))) == 0).all()
    one = plane.fit_lda(np.ones((4, 3)), np.zeros(4))
    assert np.isfinite(one.place(np.ones((4, 3)))).all()
    assert plane.fit_pca(np.arange(4.0)[:, None]).place(np.arange(4.0)[:, None]).shape == (4, 2)
