"""The table of quantities: every row says what a person needs, every former name finds its row."""

from __future__ import annotations

import numpy as np
import pytest

from distill_core import quantities
from distill_core.events import Parts, PerClass, Scalars, StageStarted
from distill_core.home import ASSETS
from distill_core.quantities.table import CHARTS, MEANINGS, QUALIFIERS, ROWS
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder, Timeline
from distill_core.record.naming import reported


def said(folder: RunFolder) -> set[str]:
    """Every name that a run reports numbers under."""
    return {name for record in Timeline.all(folder) for name in reported(record)}


def test_every_row_says_what_a_person_needs():
    assert len(quantities.TABLE) == len(ROWS)
    for row in ROWS:
        assert row.id == row.id.lower() and not set(" @*") & set(row.id), row.id
        assert row.title and row.meaning.endswith((".", "?")) and row.good, row.id
        assert (row.chart in CHARTS) == (row.form in ("curve", "limit")), row.id
        assert bool(row.along) == (row.form == "bars"), row.id


def test_a_former_name_is_of_one_row_only():
    former = [old for row in ROWS for old in row.was]
    assert len(former) == len(set(former))
    for row in ROWS:
        for old in row.was:
            assert quantities.renamed(old.replace("*", "2")).partition("@")[0] == row.id


@pytest.mark.parametrize(
    ("old", "name", "title"),
    [
        ("cross-entropy of network 2", "cross-entropy@2", "cross-entropy, network 2"),
        ("layers' mean mismatch of network 1", "mean-mismatch-by-layer@1", "mismatch of means by layer, network 1"),
        ("random student loss", "student-loss@random", "loss of the student, random real images"),
        ("distilled: accuracy on seen classes", "seen-accuracy", "accuracy on seen classes"),
        ("random: accuracy on seen classes", "seen-accuracy@random", "accuracy on seen classes, random real images"),
        ("distance: cam_map", "candidate-distance@cam_map", "distance of the candidate, class activation map"),
        ("my own words", "my own words", "my own words"),
    ],
)
def test_phrases_become_ids_with_a_qualifier(old, name, title):
    assert quantities.renamed(old) == name and quantities.renamed(name) == name
    assert quantities.titled(name) == title


def test_a_qualifier_may_have_a_meaning_of_its_own():
    for name, meaning in MEANINGS.items():
        row, qualifier = quantities.split(name)
        assert row in quantities.TABLE and qualifier in QUALIFIERS, name
        assert quantities.sentence(name).startswith(meaning) and quantities.told(name)["sentence"].endswith("better.")
    assert quantities.sentence("candidate-distance").startswith("How far a candidate's images")


def test_a_name_that_the_table_does_not_know_is_its_own_title():
    told = quantities.told("guest's @ number")
    assert (told["title"], told["sentence"], told["log"], told["form"]) == ("guest's @ number", "", False, "curve")
    assert told["chart"] == "other" and quantities.split("a@b") == ("a@b", "")


def test_a_log_of_an_earlier_version_is_read_by_id(tmp_path):
    folder = RunFolder.create(tmp_path, "dwa", {}, {"data": "digits"})
    recorder = Recorder(folder)
    recorder.write(StageStarted("adjust"))
    recorder.write(Scalars(0, {"‖Δθ‖": 1.0, "ρ": 2.0, "a guest's own": 3.0}))
    recorder.write(Parts(0, "batch-norm mean mismatch of network 3", {"bn1": 1.0}))
    recorder.write(PerClass(0, "class-relevant feature distance", np.zeros(2)))
    recorder.close()
    wanted = {"shift-length", "shift-limit", "a guest's own", "mean-mismatch-by-layer@3", "feature-distance-by-class"}
    assert said(folder) == wanted


@pytest.mark.parametrize("path", sorted(ASSETS.glob("recordings/*")) + sorted(ASSETS.glob("examples/*")), ids=str)
def test_what_ships_is_known(path):
    names = said(RunFolder(path))
    assert names and {quantities.split(name)[0] for name in names} <= quantities.TABLE.keys()


def test_no_term_is_explained_twice_and_every_sentence_is_one():
    from distill_core.quantities.terms import TERMS, key

    names = [key(one) for term in TERMS for one in (term.title, *term.also)]
    assert sorted(names) == sorted(set(names))
    assert all(term.sentence.endswith(".") and len(term.sentence) < 170 for term in TERMS)


def test_every_symbol_and_abbreviation_in_a_fields_title_is_explained():
    import re

    from distill_core.home import ASSETS, read_json
    from distill_core.quantities.terms import known

    catalog = read_json(ASSETS / "catalog.json")
    fields = [one for entry in (*catalog["methods"], *catalog["studies"]) for one in entry["fields"]] + catalog["job"]
    words = {word for one in fields for word in re.findall(r"\w+", one["title"])}
    short = {one for one in words if (len(one) == 1 and one != "a") or one.isupper()}
    assert {"K", "ρ", "λ", "w"} <= short and short <= known().keys() | {one.upper() for one in known()}


def test_terms_are_found_once_by_their_longest_name():
    from distill_core.quantities.terms import found

    text = "Soft labels of a teacher: K and k, learning rate of w; the teacher again, reteacher"
    assert [text[a:b] for a, b, _ in found(text)] == ["Soft labels", "teacher", "K", "k", "learning rate", "w"]
