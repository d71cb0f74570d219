"""Ruin is seen while a run works, where it began; what ships is silent at every report, and what passes is forgotten."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from distill_core.events import Images, Scalars, StageStarted
from distill_core.home import read_json
from distill_core.methods import registry
from distill_core.record.folder import RunFolder
from distill_core.record.health import sentence
from distill_core.record.log import Recorder, Timeline
from distill_core.record.sheets import read_sheet
from distill_core.record.vitals import STANDS, Vitals
from distill_core.studies import whole
from distill_core.work.sitting import drive_run
from tests.methods.tiny import fitting, small
from tests.record.test_health import FALLING, IDS, LABELS, SHELVES, alike, collapsed, ends, start, well


def told(home, walls, losses=FALLING, steps=80):
    """The kinds that are seen after each step, and the folder."""
    folder = RunFolder.create(home, "mtt", {}, {"data": "digits", "ipc": 2})
    recorder, vitals, found = Recorder(folder), Vitals(ipc=2), []
    vitals.take(recorder.write(StageStarted("match", steps)))
    for step, (pixels, loss) in enumerate(zip(walls, losses, strict=True)):
        vitals.take(recorder.write(Images(10 * step, pixels, LABELS, IDS)), pixels)
        vitals.take(recorder.write(Scalars(10 * step, {"loss": loss})))
        found.append([(sign["kind"], sign["step"]) for sign in vitals.signs()])
    recorder.close()
    return found, folder, vitals


@pytest.mark.parametrize(("ruin", "kind"), [(ends, "saturated"), (collapsed, "collapsed"), (alike, "alike")])
def test_ruined_images_are_seen_after_some_reports_and_said_where_it_began(home, ruin, kind):
    walls = [ruin(wall) if i >= 3 else wall for i, wall in enumerate(well())]
    found, folder, vitals = told(home, walls)
    assert found == [[]] * (2 + STANDS) + [[(kind, 30)]] * (6 - STANDS)
    again = Vitals.again(folder, Timeline.all(folder))
    assert again.signs() == vitals.signs(), "a run that goes on remembers what was seen"


def test_what_passes_is_forgotten(home):
    walls = [ends(wall) if 1 <= i < 6 else wall for i, wall in enumerate(well())]
    found, *_ = told(home, walls)
    assert found[5] == [("saturated", 10)] and found[6] == []
    assert not any(told(home, [ends(wall) if i == 4 else wall for i, wall in enumerate(well())])[0])


def test_losses_and_images_that_stand_still(home):
    rose = [1.0, 1.1, 0.9, 8.0, 30.0, 200.0, 900.0, 4000.0]
    assert told(home, well(), rose)[0][-2:] == [[], [("loss", 30)]]
    back = [1.0, 1.1, 8.0, 9.0, 1.0, 8.0, 9.0, 1.2]
    assert not any(told(home, well(), back)[0]), "a loss that shakes"
    broken = [1.0, 0.9, float("nan"), 0.8, 0.7, 0.6, 0.5, 0.4]
    assert told(home, well(), broken)[0][2] == [("not-finite", 20)]
    still = told(home, [start()] * 8)[0]
    assert still[3] == [] and still[5] == [("unmoved", 0)]


def test_a_set_that_is_worked_on_is_not_called_ruined_yet(home):
    signs = told(home, [start(), *map(ends, well(7))])[2].signs()
    assert sentence(signs, over=False).startswith("This set is being ruined: 100 % of its pixels are black or white")


@pytest.mark.parametrize("path", SHELVES, ids=lambda path: path.name)
def test_what_ships_is_silent_at_every_report(path):
    folder = RunFolder(path)
    vitals = Vitals(int(folder.request()["job"].get("ipc", 1)))
    for record in Timeline.all(folder):
        vitals.take(record, read_sheet(folder, record) if record["kind"] == "images" else None)
        assert vitals.signs() == [], record["n"]


def test_a_report_costs_little():
    """Beside writing its sheet, which takes tens of milliseconds."""
    pixels = np.random.RandomState(0).randint(0, 256, (100, 32, 32, 3)).astype(np.uint8)
    labels = [i % 10 for i in range(100)]
    record = {"kind": "images", "n": 0, "step": 0, "space": "image", "ids": list(range(100)), "labels": labels}
    vitals = Vitals(ipc=10)
    best = 1.0
    for i in range(12):
        began = time.perf_counter()
        vitals.take({**record, "n": i}, np.roll(pixels, i))
        vitals.signs()
        best = min(best, time.perf_counter() - began)
    assert best < 0.02


# ── real runs ─────────────────────────────────────────────────────────────────────────────────────────────────


def run(home, name, **settings):
    """A tiny run, and what its state said of its health at every report."""
    method = small(registry()[name], **settings)
    folder = RunFolder.create(home, name, method.plain(), fitting(method).model_dump(mode="json"))
    seen = []

    def watch(event):
        seen.append((event.kind, [sign["kind"] for sign in read_json(folder.path / "state.json").get("health", [])]))

    return drive_run(folder, whole, registry(), watch=watch), seen, folder


def test_trajectory_matching_with_a_rate_of_a_million_is_seen_while_it_works(home, monkeypatch):
    monkeypatch.setattr("distill_core.work.pulse.BEAT", 0.01)
    state, seen, folder = run(home, "mtt", lr_img=1e6, iterations=40)
    assert state["state"] == "finished"
    during = next(i for i, (_, kinds) in enumerate(seen) if "saturated" in kinds)
    assert during < max(i for i, (kind, _) in enumerate(seen) if kind == "images"), "before the last image came"
    assert "saturated" in json.dumps(read_json(folder.path / "state.json")["health"])


@pytest.mark.parametrize("name", sorted(registry()))
def test_no_method_is_called_ruined_on_the_way(home, name, monkeypatch):
    found = []
    plain = Vitals.signs
    monkeypatch.setattr(Vitals, "signs", lambda self: found.extend(plain(self)) or plain(self))
    run(home, name)
    assert found == []
