"""Results of every kind out of a run, in every form, and into the library."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from distill_core.errors import BadSetting
from distill_core.method import Method, Stream
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.record.sheets import read_sheet
from distill_core.results import Pictures, Result, walls
from distill_core.work import sets
from distill_core.work.sitting import drive_run
from tests.results.kinds import DECODERS, every, pictures
from tests.work.toy import METHODS, new_run

KINDS = ["factored", "generated", "generated anew"]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "DECODERS", DECODERS)


def ended_with(home: Path, result: Result) -> RunFolder:
    """A run whose method returned this."""
    run = new_run(home)

    def whole(method: Method, job: object) -> Stream[Result]:
        yield from ()
        return result

    assert drive_run(run, whole, METHODS)["state"] == "finished"
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_keeps_any_kind_and_exports_it_as_it_is(home: Path, tmp_path: Path, kind: str) -> None:
    result = every()[kind]
    back = sets.of_run(ended_with(home, result))
    assert type(back) is type(result) and torch.equal(Pictures.of(back).images, Pictures.of(result).images)
    path = sets.write(back, "set", tmp_path / "a.safetensors")
    assert type(sets.read(path)) is type(result) and sets.read(path).bytes == result.bytes


@pytest.mark.parametrize("kind", KINDS)
def test_other_tools_get_the_images(tmp_path: Path, kind: str) -> None:
    result, made = every()[kind], Pictures.of(every()[kind])
    exact = sets.read(sets.write(result, "pt", tmp_path / "pt"))
    assert isinstance(exact, Pictures) and torch.equal(exact.images, made.images), "without loss"
    assert torch.equal(exact.labels, result.labels) and exact.about == result.about
    sets.write(result, "pt", tmp_path / "seen", normalized=True)
    assert torch.allclose(sets.read(tmp_path / "seen").preview(1), result.preview(1), atol=1e-6)
    for form, name in (("png", "a.zip"), ("parquet", "a.parquet")):
        rounded = Pictures.of(sets.read(sets.write(result, form, tmp_path / name)))
        assert torch.allclose(rounded.images, made.images, atol=0.5 / 255 + 1e-6)
        assert torch.equal(rounded.labels, result.labels) and torch.equal(rounded.ids, result.ids)


@pytest.mark.parametrize("kind", ["pictures as floats", *KINDS])
def test_any_kind_joins_the_library_with_its_wall(home: Path, kind: str) -> None:
    result = every()[kind]
    run = sets.keep(home, result, name="theirs")
    assert type(sets.of_run(run)) is type(result) and run.state()["state"] == "finished"
    (shown,) = [record for record in Timeline.all(run) if record["kind"] == "images"]
    assert shown["labels"] == result.labels[walls(result.labels)].tolist() and len(shown["ids"]) == len(result)
    wanted = (result.preview() * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    assert torch.equal(torch.from_numpy(read_sheet(run, shown)), wanted)


def test_an_unknown_form(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match='Did you mean "png"'):
        sets.write(every()["pictures"], "pngs", tmp_path / "a")


@pytest.mark.parametrize("where", ["job.json", "set.safetensors"])
def test_a_disk_that_fills_up_leaves_nothing_half_made(home: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Neither a folder `.new-…` nor a run without its set."""

    def full(*given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    target = "distill_core.record.folder.write_json" if where == "job.json" else "distill_core.results.file.save_file"
    monkeypatch.setattr(target, full)
    with pytest.raises(OSError, match="No space left"):
        sets.keep(home, pictures(), name="x")
    assert not list((home / "runs").iterdir())


@pytest.mark.parametrize(
    "about",
    [
        {"method": "../../x", "job": {"seed": "/../y", "ipc": "../z"}},
        {"method": ".hidden"},
        {"method": "..", "job": {"data": "../../.."}},
        {"method": "a" * 400, "settings": {"rate": float("nan")}},
        {"job": {"data": "digits:size=8", "seed": float("inf")}},
    ],
)
def test_what_a_set_says_of_itself_never_leaves_the_library(home: Path, about: dict[str, object]) -> None:
    folder = sets.keep(home, pictures(about=about), name="x")
    assert folder.path.parent == home / "runs" and RunFolder.find(home, folder.id).request()["name"] == "x"
    assert [one.name for one in (home / "runs").iterdir()] == [folder.id]
