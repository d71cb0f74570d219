"""The machine part of a report comes back as it was, or is refused; figures are held against the spread they were reported with."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from distill_core.errors import BadRecord
from distill_core.record import proof
from distill_core.record.agreement import compared
from distill_core.record.proof import MARK, Figure, Made, Proof


def figure(*accuracy: float, subject: str = "distilled", draws: tuple[int, ...] = ()) -> Figure:
    return Figure(subject=subject, student="convnet", protocol="hard", labels="hard", accuracy=accuracy, draws=draws)


def made(*figures: Figure, **more) -> Made:
    asked = {"run": "shift-a", "name": "</script><b>&", "method": "shift", "settings": {"rho": 0.1}, "job": {"ipc": 1}}
    return Made(**{**asked, "figures": figures, **more})


def told(*runs: Made) -> Proof:
    return Proof(written="2026-11-27", versions={"torch": "2"}, runs=runs)


def in_page(text: str) -> str:
    return f'<html><script>const a = "</p>";</script><script type="application/json" id="{MARK}">{text}</script></html>'


def test_it_comes_back_as_it_was(tmp_path):
    path, said = tmp_path / "report.html", told(made(figure(0.5, 0.6), figure(0.1, subject="random", draws=(0,))))
    inside = said.json_inside()
    assert not set("<>&") & set(inside), "nothing in it can end the element"
    path.write_text(in_page(inside), encoding="utf-8")
    assert proof.read(path) == said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d | {"format": 2}, "newer version"),
        (lambda d: d | {"runs": []}, "that was changed"),
        (lambda d: d | {"extra": 1}, "no setting called 'extra'"),
        (lambda d: d["runs"][0].update(job=3) or d, "that was changed"),
        (lambda d: d["runs"][0]["figures"][0].update(accuracy=["x"]) or d, "that was changed"),
        (lambda d: [d], "no report of ours"),
    ],
)
def test_what_was_changed_is_refused_with_a_sentence(tmp_path, change, sentence):
    path = tmp_path / "report.html"
    said = json.loads(told(made(figure(0.5))).json_inside())
    path.write_text(in_page(json.dumps(change(said)).replace("<", "\\u003c")), encoding="utf-8")
    with pytest.raises(BadRecord, match=sentence):
        proof.read(path)


def test_other_files_are_refused_with_a_sentence(tmp_path):
    for name, content in (("a.html", b"<p>hello</p>"), ("b.html", b"\xff\xfe\x00"), ("c.html", in_page("{").encode())):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadRecord, match=name):
            proof.read(tmp_path / name)
    with pytest.raises(BadRecord, match="There is no file"):
        proof.read(tmp_path / "none.html")


def test_a_set_is_known_by_its_tensors_whatever_its_header_says(tmp_path):
    images, labels = np.arange(12, dtype=np.float32).reshape(3, 4), np.arange(3)
    save_file({"images": images, "labels": labels}, tmp_path / "a", metadata={"distill_studio": "1"})
    save_file({"labels": labels, "images": images}, tmp_path / "b")
    save_file({"images": images.reshape(4, 3), "labels": labels}, tmp_path / "c")
    save_file({"images": images + 1, "labels": labels}, tmp_path / "d")
    keys = [proof.of_tensors(tmp_path / name) for name in "abcd"]
    assert keys[0] == keys[1] and len(set(keys)) == 3 and len(keys[0]) == 16
    assert proof.of_tensors(tmp_path / "none") == ""


# ── agreement ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reported", "found", "agrees", "words"),
    [
        ((0.50, 0.60), (0.50, 0.60), True, "the same"),
        ((0.50, 0.60), (0.56, 0.62), True, "+4.0 points, within its s.d. of 7.1"),
        ((0.50, 0.60), (0.70, 0.70), False, "+15.0 points, outside its s.d. of 7.1"),
        ((0.50,), (0.5,), True, "the same"),
        ((0.50,), (0.51,), False, "without a spread"),
    ],
)
def test_a_figure_agrees_within_the_spread_it_was_reported_with(reported, found, agrees, words):
    (one,) = compared(made(figure(*reported)), [figure(*found)])
    assert one.agrees is agrees and words in one.sentence


def test_the_spread_of_random_images_is_over_draws():
    """Students of one draw are near each other; the draws are far apart, and that is what another draw may differ by."""
    reported = figure(0.50, 0.51, 0.70, subject="random", draws=(0, 0, 1))
    (one,) = compared(made(reported), [figure(0.6, 0.6, 0.72, subject="random", draws=(0, 0, 1))])
    assert one.was.draws == 2 and one.was.std == pytest.approx(0.13788, abs=1e-4) and one.agrees


def test_what_was_not_found_does_not_agree_but_for_all_real_data():
    found = compared(made(figure(0.5, 0.6), figure(0.9, subject="real")), [])
    assert [one.agrees for one in found] == [False, None]
    assert [one.agrees for one in compared(made(figure(0.9, subject="real")), [], "it failed")] == [False]


def test_of_all_real_data_the_students_that_both_have_are_compared():
    (one,) = compared(made(figure(0.9, subject="real")), [figure(0.9, 0.8, subject="real")])
    assert one.agrees and one.now.n == 1
