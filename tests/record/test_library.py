"""The library: index, trash, archives, sets in other forms, and runs that are broken in every way."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
import torch

from distill_core.errors import BadRecord, BadSetting
from distill_core.events import Images, Note
from distill_core.home import read_json, write_json
from distill_core.queue import waiting
from distill_core.record import archive, index, trash
from distill_core.record import rows as listed
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder, Timeline
from distill_core.results import Pictures
from distill_core.work import sets


def a_run(home: Path, method: str = "toy", state: str = "finished", **job: object) -> RunFolder:
    run = RunFolder.create(home, method, {"lr": 0.1}, {"data": "digits", "ipc": 1, "seed": 0, **job})
    recorder = Recorder(run)
    recorder.write(Note("hello"))
    recorder.write(Images(0, torch.zeros(2, 4, 4, 1).byte().numpy(), torch.arange(2).numpy(), torch.arange(2).numpy()))
    recorder.close()
    run.set_state(
        state=state, scores={"distilled": {"accuracy": 0.5, "std": 0.1, "n": 2, "student": "s", "protocol": "hard"}}
    )
    return run


def a_set(soft: bool = True, channels: int = 3) -> Pictures:
    images = (torch.rand(4, channels, 8, 8, generator=torch.Generator().manual_seed(0)) * 255).round() / 255
    more = {"soft_labels": torch.randn(4, 2), "protocol": "static"} if soft else {}
    given = {
        "mean": (0.4,) * channels,
        "std": (0.2,) * channels,
        "ids": torch.tensor([3, 1, 4, 5]),
        "about": {"method": "toy"},
    }
    return Pictures(images, torch.tensor([0, 1, 0, 1]), ("a cat", "b/c"), **given, **more)


# ── index ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lists_filters_and_orders(home: Path) -> None:
    one, two = a_run(home, seed=1), a_run(home, "other", state="failed", data="shapes")
    listed.set_tags(one, ["good", " good "])
    rows = {row["id"]: row for row in index.list_runs(home)}
    assert set(rows) == {one.id, two.id}
    assert rows[one.id]["accuracy"] == 0.5 and rows[one.id]["tags"] == ["good"] and rows[one.id]["bytes"] > 100
    assert [row["id"] for row in index.list_runs(home, method="other")] == [two.id]
    assert [row["id"] for row in index.list_runs(home, state="finished,stopped")] == [one.id]
    assert [row["id"] for row in index.list_runs(home, text="GOOD toy")] == [one.id]
    assert [row["id"] for row in index.list_runs(home, order="method")] == [two.id, one.id]
    with pytest.raises(BadSetting, match="ordered by"):
        index.list_runs(home, order="-; DROP TABLE runs")
    one.set_state(state="stopped")
    assert {row["id"]: row["state"] for row in index.list_runs(home)}[one.id] == "stopped"


def test_a_damaged_index_is_made_anew(home: Path) -> None:
    run = a_run(home)
    (home / "index.sqlite").write_bytes(b"SQLite format 3\x00" + b"rubbish" * 500)
    assert [row["id"] for row in index.list_runs(home)] == [run.id]
    (home / "index.sqlite").unlink()
    assert [row["id"] for row in index.list_runs(home)] == [run.id]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("job.json", "{"),
        ("job.json", None),
        ("job.json", '{"schema": 99, "method": "toy", "job": {}}'),
        ("job.json", '{"schema": 1, "method": "toy", "job": {"ipc": "many"}}'),
        ("job.json", "[]"),
        ("state.json", "nonsense"),
        ("state.json", "[1]"),
        ("state.json", '{"state": "finished", "scores": [1]}'),
    ],
)
def test_a_broken_run_is_listed_and_breaks_nothing(home: Path, name: str, text: str | None) -> None:
    good, bad = a_run(home), a_run(home)
    if text is None:
        (bad.path / name).unlink()
    else:
        (bad.path / name).write_text(text)
    rows = {row["id"]: row for row in index.list_runs(home)}
    assert rows[good.id]["state"] == "finished"
    assert rows[bad.id]["state"] == "broken" and len(rows[bad.id]["message"]) > 20
    assert waiting.queue(home) == []
    trash.trash(home, bad.id)
    assert [row["id"] for row in index.list_runs(home)] == [good.id]


def test_torn_and_foreign_lines_of_a_log(home: Path) -> None:
    run = a_run(home)
    with open(run.path / "events.jsonl", "a") as log:
        log.write('nonsense\n{"kind": "resumed", "n": 7, "t": 1}\n[1]\n{"n": 9, "kind": "note", "t": 1.5, "te')
    timeline = Timeline(run)
    assert len(timeline.read()) == 2
    recorder = Recorder(run)
    assert recorder.write(Note("on we go"))["n"] == 2
    recorder.close()
    assert [record["n"] for record in timeline.read()] == [2]


def test_trash_and_back(home: Path) -> None:
    run = a_run(home)
    trash.trash(home, run.id)
    assert index.list_runs(home) == [] and [row["id"] for row in trash.list_trash(home)] == [run.id]
    trash.restore(home, run.id)
    assert [row["id"] for row in index.list_runs(home)] == [run.id]
    trash.trash(home, run.id)
    assert trash.empty_trash(home) > 0 and trash.list_trash(home) == []
    for wrong in ("../runs", "", ".", "nope"):
        with pytest.raises(BadRecord):
            trash.trash(home, wrong)


# ── the zip of a run ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_travels_as_a_zip(home: Path, tmp_path: Path) -> None:
    run = a_run(home, state="running")
    (run.path / "checkpoints" / "x.safetensors").write_bytes(b"1")
    path = archive.export_run(run, tmp_path)
    assert archive.is_run(path) and path.name == f"{run.id}.zip"
    back = archive.import_run(home, path)
    assert back.id != run.id and back.request()["id"] == back.id and back.state()["state"] == "stopped"
    assert Timeline.all(back) == Timeline.all(run) and not any((back.path / "checkpoints").iterdir())
    trash.trash(home, run.id)
    trash.empty_trash(home)
    again = archive.import_run(home, archive.export_run(back, tmp_path / "b.zip", checkpoints=True))
    assert again.state()["state"] == "stopped"


def _zip(path: Path, members: dict[str, bytes], link: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if name == link:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            packed.writestr(info, data)
    return path


JOB = json.dumps({"schema": 1, "id": "r", "method": "toy", "job": {}}).encode()
STATE = b'{"schema": 1, "state": "finished"}'


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"r/../../evil.txt": b"x"}, "reaches outside"),
        ({"/etc/cron": b"x"}, "reaches outside"),
        ({"r/sheets/..": b"x"}, "reaches outside"),
        ({"r/run.py": b"x"}, "does not belong"),
        ({"r/sheets/a.webp": b"\0" * (3 << 20)}, "grows more than"),
        ({"s/job.json": b"{}"}, "zip of one run"),
        ({"r/job.json": JOB.replace(b'"schema": 1', b'"schema": 9')}, "newer version"),
        ({"r/state.json": b"x"}, "cannot be read"),
    ],
)
def test_bad_zips_are_refused_and_leave_nothing(
    home: Path, tmp_path: Path, extra: dict[str, bytes], words: str
) -> None:
    path = _zip(tmp_path / "a.zip", {"r/job.json": JOB, "r/state.json": STATE, **extra})
    with pytest.raises(BadRecord, match=words):
        archive.import_run(home, path)
    assert list((home / "runs").iterdir()) == [] and not (home / "evil.txt").exists()


def test_other_bad_archives(home: Path, tmp_path: Path) -> None:
    link = _zip(
        tmp_path / "l.zip", {"r/job.json": JOB, "r/state.json": STATE, "r/log.txt": b"/etc/passwd"}, link="r/log.txt"
    )
    with pytest.raises(BadRecord, match="reaches outside"):
        archive.import_run(home, link)
    good = _zip(tmp_path / "g.zip", {"r/job.json": JOB, "r/state.json": STATE, "r/log.txt": bytes(range(256)) * 40})
    (tmp_path / "t.zip").write_bytes(good.read_bytes()[:200])
    with pytest.raises(BadRecord, match="not a readable zip"):
        archive.import_run(home, tmp_path / "t.zip")
    with pytest.raises(BadRecord, match="no file"):
        archive.import_run(home, tmp_path / "absent.zip")
    assert list((home / "runs").iterdir()) == []


# ── sets in other forms ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("form", "name"),
    [("set", "a.safetensors"), ("png", "a.zip"), ("png", "folder"), ("parquet", "a.parquet"), ("pt", "pt")],
)
def test_every_form_comes_back(tmp_path: Path, form: str, name: str, channels: int) -> None:
    result = a_set(channels=channels)
    back = sets.read(sets.write(result, form, tmp_path / "out" / name))
    assert torch.allclose(back.images, result.images, atol=1e-6) and torch.equal(back.labels, result.labels)
    assert result.soft_labels is not None and back.soft_labels is not None
    assert torch.allclose(back.soft_labels, result.soft_labels) and back.protocol == "static"
    assert back.classes == result.classes and back.mean == result.mean and back.about == {"method": "toy"}


def test_normalized_tensors_say_so(tmp_path: Path) -> None:
    result = a_set(soft=False)
    sets.write(result, "pt", tmp_path / "pt", normalized=True)
    assert torch.load(tmp_path / "pt" / "images.pt", weights_only=True).min() < 0
    assert torch.allclose(sets.read(tmp_path / "pt").images, result.images, atol=1e-6)
    (tmp_path / "pt" / "card.json").unlink()
    with pytest.raises(BadRecord, match="Name the data set"):
        sets.read(tmp_path / "pt")
    digits = sets.read(tmp_path / "pt", data="digits") if result.images.shape[1] == 1 else None
    assert digits is None


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("/tmp/never"),))  # type: ignore[return-value]


def test_nothing_in_a_tensor_file_is_run(tmp_path: Path) -> None:
    folder = sets.write(a_set(), "pt", tmp_path / "pt")
    torch.save(Evil(), folder / "images.pt")
    with pytest.raises(BadRecord, match="not loaded"):
        sets.read(folder)
    torch.save({"a": torch.ones(1)}, folder / "images.pt")
    with pytest.raises(BadRecord, match="one tensor was wanted"):
        sets.read(folder)
    (folder / "images.pt").write_bytes(b"")
    with pytest.raises(BadRecord):
        sets.read(folder)


@pytest.mark.parametrize("name", ["a.safetensors", "a.zip", "a.parquet", "a.txt"])
def test_rubbish_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"rubbish")
    with pytest.raises(BadRecord):
        sets.read(tmp_path / name)


def test_a_damaged_picture_and_a_lying_card(tmp_path: Path) -> None:
    folder = sets.write(a_set(), "png", tmp_path / "folder")
    card = read_json(folder / "labels.json")
    picture = folder / card["images"][0]["file"]
    whole = picture.read_bytes()
    picture.write_bytes(whole[:30])
    with pytest.raises(BadRecord, match="no picture"):
        sets.read(folder)
    picture.write_bytes(whole)
    write_json(folder / "labels.json", {**card, "images": [*card["images"], {"file": "../x.png", "label": 0}]})
    with pytest.raises(BadRecord, match="not there"):
        sets.read(folder)


def test_a_set_from_elsewhere_joins_the_library(home: Path) -> None:
    run = sets.keep(home, a_set(), name="theirs")
    row = index.list_runs(home)[0]
    assert (row["id"], row["state"], row["name"], row["ipc"]) == (run.id, "finished", "theirs", 2)
    assert io.BytesIO((run.path / "set.safetensors").read_bytes()).getbuffer().nbytes > 100


# ── the catalog ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_catalog_says_what_the_registry_says(home: Path) -> None:
    from distill_core import catalog, methods
    from distill_core.fields import nest
    from distill_core.work import catalogue

    written = catalogue.write(home)
    assert catalog.read(home) == read_json(home / "catalog.json") == json.loads(json.dumps(written))
    assert [one["name"] for one in written["methods"]] == list(methods.registry())
    for one in written["methods"]:
        settings = catalog.settings(one, {})
        assert methods.registry()[one["name"]].build(settings).plain() == nest(one["fields"], settings)
        assert all(field["title"] and field["help"] for field in one["fields"])
    with pytest.raises(BadSetting, match="Did you mean"):
        catalog.method(written, written["methods"][0]["name"] + "x")


def test_a_damaged_or_old_catalog_gives_way_to_the_shipped_one(home: Path) -> None:
    from distill_core import catalog
    from distill_core.home import ASSETS

    for text in ("{", '{"schema": 99}', "[]"):
        (home / "catalog.json").write_text(text)
        assert catalog.read(home) == read_json(ASSETS / "catalog.json")


def test_a_folder_that_vanishes_while_it_is_measured_counts_nothing(tmp_path, monkeypatch):
    for name in ("a/1", "b/1", "b/deep/2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    looked, taken = os.stat, []

    def while_looked_at(path, *more, **others):
        found = looked(path, *more, **others)
        if str(path).endswith("1") and not taken:
            taken.append(path)
            shutil.rmtree(tmp_path / ("b" if "/a/" in str(path) else "a"))
        return found

    monkeypatch.setattr(os, "stat", while_looked_at)
    assert listed.size_of(tmp_path) == (5 if "/a/" in str(taken[0]) else 10)
