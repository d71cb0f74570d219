"""Diversity: numbers about coverage in the original space, neighbors, and planes that stand still."""

from __future__ import annotations

import numpy as np
import pytest

from distill_core import events as say
from distill_core.figures import plane
from distill_core.runs.folder import Recorder
from pages.parts import coverage, detail, packets
from tests.pages import demo
from tests.pages.test_live import words

PAGE = "explore/diversity"


def test_an_empty_home_offers_a_new_run(open_page):
    assert "Nothing has been distilled yet" in words(open_page(PAGE))


def test_a_run_without_outputs_says_kindly_that_the_map_is_empty(make_run, open_page):
    assert "recorded no network outputs" in words(open_page(PAGE, run=make_run().id))


def test_a_finished_run_says_how_far_real_images_are(home, open_page):
    folder = demo.create(home)
    demo.write(folder)
    app = open_page(PAGE, run=folder.id)
    assert "times** as far" in words(app) and "How to read this" in words(app)
    assert len(app.get("plotly_chart")) == 1


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
    values, vectors = np.linalg.eigh(np.cov(x.T))
    for i in range(2):
        assert abs(fitted.axes[:, i] @ vectors[:, -1 - i]) == pytest.approx(1, abs=1e-9)
    assert fitted.explained == pytest.approx(values[-2:].sum() / values.sum())
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
    assert plane.fit_pca(np.ones((5, 3))).explained == 0.0
    one = plane.fit_lda(np.ones((4, 3)), np.zeros(4))
    assert np.isfinite(one.place(np.ones((4, 3)))).all()
    assert plane.fit_pca(np.arange(4.0)[:, None]).place(np.arange(4.0)[:, None]).shape == (4, 2)
