"""A run handed over to dashboards, and read back by each dashboard's own reader."""

from __future__ import annotations

import builtins
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from distill_core.errors import BadSetting, MissingPackage
from distill_core.events import Finished, Images, PerClass, Scalars, Scored, StageStarted
from distill_core.record.folder import RunFolder
from distill_core.record.log import Recorder
from distill_core.work import doors

WALL = np.random.default_rng(0).integers(0, 255, (4, 6, 6, 1)).astype(np.uint8)


@pytest.fixture
def run(home) -> RunFolder:
    """Two stages with steps of their own, a number that is not finite, walls, classes, and scores of two draws."""
    folder = RunFolder.create(
        home, "shift", {"recover": {"rho": 0.5}}, {"data": "tiny", "ipc": 2, "seed": 4}, name="mine"
    )
    recorder = Recorder(folder)
    recorder.write(StageStarted("squeeze", 2))
    recorder.write(Scalars(0, {"loss": 2.0}))
    recorder.write(Scalars(1, {"loss": float("nan"), "margin": 0.25}))
    recorder.write(StageStarted("recover", 2))
    for step in (0, 1):
        recorder.write(Scalars(step, {"loss": 1.0 - step}))
        recorder.write(Images(step, WALL, np.arange(4) % 2, np.arange(4)))
    recorder.write(PerClass(1, "aum-by-class", np.array([3.0, 4.0])))
    recorder.write(Scored("random", "convnet", "hard", (0.5, 0.6, 0.8), draws=(0, 0, 1)))
    recorder.write(Finished(1.0))
    recorder.close()
    folder.set_state(state="finished")
    return folder


WANTED = {
    "squeeze/loss": [(0, 2.0)],
    "squeeze/margin": [(1, 0.25)],
    "recover/loss": [(0, 1.0), (1, 0.0)],
    "recover/aum-by-class/0": [(1, 3.0)],
    "recover/aum-by-class/1": [(1, 4.0)],
    "score/random": [(0, pytest.approx(0.675))],  # each draw counts once: (0.55 + 0.8) / 2
    "score/random, s.d.": [(0, pytest.approx(0.17678, abs=1e-4))],
}
IMAGE = "recover/synthetic/pixels"


def test_every_writer_is_given_the_same(run, tmp_path, monkeypatch):
    said, walls, closed = {}, [], []

    class Fake:
        def __init__(self, target, folder, config):
            assert config["recover.rho"] == "0.5" and config["job.seed"] == "4" and config["method"] == "shift"
            self.last = -1

        def scalars(self, at, values):
            assert at.number > self.last, "numbers of records only rise"
            self.last = at.number
            for name, value in values.items():
                said.setdefault(name, []).append((at.step, value))

        def image(self, at, tag, pixels):
            walls.append((at.step, tag, pixels.shape))

        def close(self):
            closed.append(True)

    monkeypatch.setitem(doors.DOORS, "fake", Fake)
    found = doors.write(run, "fake", tmp_path / "out")
    assert said == WANTED and closed == [True]
    assert walls == [(step, IMAGE, (6, 24, 3)) for step in (0, 1)]
    assert (found.scalars, found.images, found.left_out) == (8, 2, 1)


@pytest.mark.parametrize(("door", "extra", "module"), [("tensorboard", "track", "torch.utils.tensorboard"), ("wandb", "wandb", "wandb"), ("trackio", "trackio", "trackio")])  # fmt: skip
def test_what_is_not_installed_is_said_with_its_line(run, tmp_path, monkeypatch, door, extra, module):
    usual = builtins.__import__

    def without(name, globals=None, locals=None, fromlist=(), level=0):
        if name == module and not level:
            raise ImportError(f"No module named {module!r}")
        return usual(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setenv("TRACKIO_DIR", "")
    with pytest.raises(MissingPackage, match=rf'pip install "distill-studio\[{extra}\]"'):
        doors.write(run, door, tmp_path / "out")


def test_a_door_that_is_not_there_and_a_folder_that_is(run, tmp_path):
    with pytest.raises(BadSetting, match='Did you mean "tensorboard"'):
        doors.write(run, "tensorbord", tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(BadSetting, match="not an empty folder"):
        doors.write(run, "tensorboard", tmp_path / "full")


def test_tensorboard_reads_it(run, tmp_path):
    pytest.importorskip("tensorboard", reason='TensorBoard is not installed: pip install -e ".[track]"')
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    doors.write(run, "tensorboard", tmp_path / "out")
    board = EventAccumulator(str(tmp_path / "out"), size_guidance={"images": 0})
    board.Reload()
    tensors = {tag: board.Tensors(tag) for tag in WANTED}
    found = {tag: [(one.step, one.tensor_proto.float_val[0]) for one in events] for tag, events in tensors.items()}
    assert found == {tag: [(step, value) for step, value in rows] for tag, rows in WANTED.items()}
    began = run.request()["created"]
    assert abs(tensors["recover/loss"][0].wall_time - began) < 60
    images = board.Images(IMAGE)
    assert [(one.step, one.width, one.height) for one in images] == [(0, 24, 6), (1, 24, 6)]
    assert wall_in(images[-1].encoded_image_string)
    assert "recover.rho = 0.5" in board.Tensors("settings/text_summary")[0].tensor_proto.string_val[0].decode()


def wall_in(png: bytes) -> bool:
    """Whether these are the very pixels of the recorded wall."""
    import io

    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    return all(np.array_equal(pixels[:, 6 * i : 6 * i + 6], WALL[i].repeat(3, -1)) for i in range(4))


def records_of(path: Path) -> list[bytes]:
    """The records of W&B's file: a head of 7 bytes, then LevelDB's log format, blocks of 32 KiB with pieces of records."""
    data, at, found, part = path.read_bytes(), 7, [], b""
    while at + 7 <= len(data):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        part += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last piece
            found.append(part)
            part = b""
    return found


def test_wandb_reads_it_offline(run, tmp_path):
    pytest.importorskip("wandb", reason='W&B is not installed: pip install -e ".[wandb]"')
    from wandb.proto import wandb_internal_pb2

    doors.write(run, "wandb", tmp_path / "out")
    (file,) = (tmp_path / "out" / "wandb").glob("offline-run-*/*.wandb")
    found: dict[str, list] = {}
    for data in records_of(file):
        record = wandb_internal_pb2.Record.FromString(data)
        if record.WhichOneof("record_type") == "history":
            row = {}
            for one in record.history.item:  # a value with parts, such as an image, comes part by part
                name, *part = one.nested_key or [one.key]
                value = json.loads(one.value_json)
                row[name] = {**row.get(name, {}), part[0]: value} if part else value
            for name in row.keys() & {*WANTED, IMAGE}:
                found.setdefault(name, []).append((row["stage step"], row[name]))
    images = found.pop(IMAGE)
    assert found == WANTED
    assert [step for step, _ in images] == [0, 1]
    assert wall_in((file.parent / "files" / images[-1][1]["path"]).read_bytes())


def test_trackio_reads_it(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "out"))  # read once, when it is imported
    pytest.importorskip("trackio", reason='trackio is not installed: pip install -e ".[trackio]"')
    from trackio import context_vars
    from trackio.sqlite_storage import SQLiteStorage

    doors.write(run, "trackio", tmp_path / "out")
    assert context_vars.current_run.get() is None, "what is left open is ended aloud when the process ends"
    found: dict[str, list] = {}
    for row in SQLiteStorage.get_logs("distill-studio", run.id):
        for name in row.keys() & {*WANTED, IMAGE}:
            found.setdefault(name, []).append((row["stage step"], row[name]))
    (_, last) = found.pop(IMAGE)[-1]
    assert found == WANTED
    (file,) = (tmp_path / "out").rglob(Path(last["file_path"]).name)
    assert wall_in(file.read_bytes())
