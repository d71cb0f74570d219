"""Candidates are read from what a search records, whatever method it is."""

from __future__ import annotations

import numpy as np
import pytest

from distill_core.errors import BadRecord
from distill_core.events import Images, Parts, Scalars, StageStarted
from distill_core.record.candidates import candidates
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder

LABELS = np.arange(4) % 2


def images(step, space, shade=0, first=0):
    return Images(step, np.full((4, 8, 8, 1), shade, np.uint8), LABELS, np.arange(4) + first, space)


def layer(name, part, kept, shade):
    yield StageStarted("search", 6, part, 2)
    for step in (0, 2, 3, 5):
        yield Scalars(step, {"loss": 10.0 * part + step})
        yield images(step, name, shade + step)
    if kept is not None:
        yield Scalars(6, {"step-kept": kept})
        yield Parts(6, "loss-by-step", {str(i): 10.0 * part + i for i in range(6)})
        yield images(6, name, shade + kept)


def write(home, *events):
    folder = RunFolder.create(home, "search", {}, {"data": "digits", "ipc": 2, "seed": 0})
    recorder = Recorder(folder)
    for event in events:
        recorder.write(event)
    recorder.close()
    return folder


def searched(home, second_kept=4):
    samples = images(0, "samples", first=10**6)
    done = [images(6, "deep")] if second_kept is not None else []
    return write(home, samples, *layer("early", 0, 1, 0), *layer("deep", 1, second_kept, 100), *done)


def told(found):
    return [(one.layer, one.step, one.roles, one.loss) for one in found]


def test_entry_middle_kept_and_last_of_every_layer(home):
    found = candidates(searched(home))
    assert told(found) == [
        ("early", 0, ("entry",), 0.0), ("early", 1, ("kept",), 1.0), ("early", 3, ("middle",), 3.0), ("early", 5, ("last",), 5.0),
        ("deep", 0, ("entry",), 10.0), ("deep", 3, ("middle",), 13.0), ("deep", 4, ("kept",), 14.0), ("deep", 5, ("last",), 15.0),
    ]  # fmt: skip
    assert found[1].record["step"] == 6, "the kept images are those that were shown when the layer was done"


@pytest.mark.parametrize(("each", "count"), [(2, 4), (3, 6), (5, 10), (50, 10)])
def test_the_field_bounds_them(home, each, count):
    found = candidates(searched(home), each)
    assert len(found) == count
    assert sum(one.roles == ("kept",) for one in found) == 2, "the kept one comes first"


def test_a_search_that_was_stopped_is_read_as_far_as_it_came(home):
    found = candidates(searched(home, second_kept=None))
    assert [one.roles for one in found if one.layer == "deep"] == [("entry",), ("middle",), ("middle",), ("last",)]


def test_one_layer_is_no_search(home):
    with pytest.raises(BadRecord, match="images of 1 layer and 4 candidates; two layers and 3"):
        candidates(write(home, *layer("early", 0, 1, 0)))
    with pytest.raises(BadRecord, match="Choose a run that searches"):
        candidates(write(home))
