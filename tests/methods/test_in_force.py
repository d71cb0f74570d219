"""What a setting that is left to its method stands for: the value that the run then takes."""

from __future__ import annotations

import pytest

from distill_core.job import Job
from distill_core.loop import Step
from distill_core.methods import registry
from distill_core.parts.objectives import Gradients, MeanFeatures, Trajectories
from distill_core.run import in_force


def force(method: str, settings: dict[str, object] | None = None, **job: object) -> dict[str, object]:
    return in_force(registry()[method].build(settings or {}), Job(**job))


@pytest.mark.parametrize(("kind", "objective"), [("dm", MeanFeatures), ("dc", Gradients), ("mtt", Trajectories)])
def test_rates_in_force_are_those_of_the_objective(kind, objective):
    said, usual = force("hglad", {"objective": kind, "space.last": "pixels"}), objective.usual
    assert (said["space.lr_w"], said["space.lr_f"], said["space.last.lr_img"]) == (usual.w, usual.f, usual.pixels)


@pytest.mark.parametrize("settings", [{}, {"space.layer": "pixels"}, {"objective": "mtt"}], ids=str)
def test_what_is_in_force_is_what_the_search_takes(settings):
    left = registry()["glad"].build(settings)
    said, rates = in_force(left, Job()), left.space.rates(Step(0, False, False, {}), left.objective)
    at_pixels = settings.get("space.layer") == "pixels"
    assert (said["space.lr_w"], said["space.lr_f"]) == (rates.w, rates.pixels if at_pixels else rates.f)


def test_loops_latents_and_protocol_go_by_what_is_asked():
    one, ten = force("dc", ipc=1), force("dc", ipc=10)
    assert (one["objective.outer"], one["objective.inner"]) == (1, 1)
    assert (ten["objective.outer"], ten["objective.inner"]) == (10, 50)
    assert (force("glad", ipc=1)["space.averaged"], force("glad", ipc=10)["space.averaged"]) == (1000, 0)
    assert force("hglad", {"objective": "dc"})["protocol"] == "dsa"


def test_the_job_is_said_too_and_only_where_it_was_left_open():
    said = force("dwa", data="digits")
    assert (said["epochs"], said["draws"], said["student"]) == (400, 3, "convnet:norm=batch,width=64")
    assert "epochs" not in force("dwa", epochs=7) and force("dwa", protocol="hard")["epochs"] == 300
    assert "space.lr_w" not in force("hglad", {"space.lr_w": 0.5})
