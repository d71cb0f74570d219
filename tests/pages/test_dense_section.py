"""The look at dense labels: read without an engine, packed for the browser, shown for sets that have them only."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from distill_core.record import dense, view
from distill_core.record.sheets import read_sheet
from pages.parts import dense as section
from pages.parts import packets, packing

CORNERS = [[0, 0], [0, 4], [4, 0], [4, 4]]


@pytest.fixture
def labelled(make_run):
    """A run whose set has dense labels of two classes on a 2 × 2 grid."""
    folder = make_run()
    shares = np.random.default_rng(0).dirichlet([1, 1], (2, 4)).astype(np.float16)
    grid = {"across": 2, "ratio": 0.5, "side": 4, "corners": CORNERS, "labeler": "abc", "weight": 1.0, "views": 1}
    said = {"classes": ["a", "b"], "dense": grid}
    save_file({"dense_labels": shares}, folder.path / "set.safetensors", metadata={"distill_studio": json.dumps(said)})
    return folder, shares


def test_labels_are_read_without_an_engine(labelled):
    folder, shares = labelled
    found = dense.read(folder, 10)
    assert np.array_equal(found.labels, shares.astype(np.float32)) and found.classes == ("a", "b") and found.count == 2
    assert len(dense.read(folder, 1).labels) == 1


def test_other_sets_have_no_such_look(make_run):
    folder = make_run()
    (folder.path / "set.safetensors").unlink(missing_ok=True)
    assert dense.read(folder, 10) is None
    (folder.path / "set.safetensors").write_bytes(b"no set")
    assert dense.read(folder, 10) is None


def test_the_packet_holds_pixels_labels_and_corners(labelled):
    folder, shares = labelled
    record = view.images(packets.reader(str(folder.path)).refresh())[-1]
    packet = section.packed(folder, record, dense.read(folder, 10))
    said = packing.header_of(packet)["dense"]
    pixels = read_sheet(folder, record)
    assert said["side"] == 4 and said["corners"] == CORNERS
    assert packing.blob_of(packet, 0) == pixels[:2].tobytes() and said["labels"] == list(record["labels"][:2])
    assert np.array_equal(np.frombuffer(packing.blob_of(packet, 1), "<f4").reshape(2, 4, 2), shares.astype(np.float32))


def test_the_live_page_shows_it(labelled, open_page):
    folder, _ = labelled
    app = open_page("distill/live", run=folder.id)
    assert not app.exception and any("Labels of sub-images" in one.value for one in app.markdown)
