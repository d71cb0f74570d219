"""Files that torch saved come in by one door: what is plain is read, everything else is named and refused, and no code runs."""

from __future__ import annotations

import ast
import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

import distill_core
from distill_core.datasets import torch_files
from distill_core.datasets.torch_files import loaded
from distill_core.errors import BadRecord
from distill_core.networks.dictionaries import tensors_in

RAN = "ran"


class Runs:
    """What makes a folder where it is unpickled."""

    def __init__(self, at: Path):
        self.at = at

    def __reduce__(self):
        return os.mkdir, (str(self.at / RAN),)


def nested(depth: int) -> object:
    found: object = torch.zeros(1)
    for _ in range(depth):
        found = [found]
    return found


def deep_file(path: Path, depth: int = 100_000) -> Path:
    """Lists in lists, as bytes: pickle itself would not write them."""
    code = b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."
    legacy = io.BytesIO()
    torch.save(0, legacy, _use_new_zipfile_serialization=False)
    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    assert legacy.getvalue().startswith(pickle.dumps(0x1950A86A20F9469CFC6C, 2))
    path.write_bytes(head + code + pickle.dumps([], 2))
    return path


def ring() -> object:
    found: list[object] = [torch.zeros(1)]
    found.append(found)
    return found


def laughs() -> object:
    """Ten lists in a list, forty deep, of the very same lists: 10⁴⁰ paths, and few bytes."""
    found: object = [0.0]
    for _ in range(40):
        found = [found] * 10
    return found


@pytest.mark.parametrize(
    "plain",
    [
        torch.rand(2, 3),
        torch.nn.Parameter(torch.rand(2)),
        [torch.rand(2), torch.tensor([1])],
        {"data": [[torch.rand(1), torch.tensor([0])]], "accs": {"ConvNet": [np.float64(0.5)]}},
        OrderedDict(weight=torch.rand(2).half()),
        (1, 0.5, "x", None, True, torch.Size([2])),
        nested(torch_files.DEEPEST - 2),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_is_plain_is_read_in_both_forms_from_a_path_and_from_bytes(tmp_path, plain, zipped):
    torch.save(plain, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    first = loaded(tmp_path / "a.pt", "a.pt")
    second = loaded(io.BytesIO((tmp_path / "a.pt").read_bytes()), "a.pt")
    assert type(first) is type(second) is type(plain) and str(first) == str(second) == str(plain)


@pytest.mark.parametrize("zipped", [True, False])
def test_objects_are_named_and_never_made(tmp_path, zipped):
    torch.save([torch.zeros(1), Runs(tmp_path)], tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    for read in (lambda path: loaded(path, "a.pt"), tensors_in):
        with pytest.raises(BadRecord, match=r"a.pt holds more than tensors: an object of (posix|nt).mkdir. It was not"):
            read(tmp_path / "a.pt")
    (tmp_path / "b.pt").write_bytes(pickle.dumps(Runs(tmp_path)))
    with pytest.raises(BadRecord, match=r"b.pt holds more than tensors"):
        loaded(tmp_path / "b.pt", "b.pt")
    assert not (tmp_path / RAN).exists()


ODD = {
    "sparse": (lambda: torch.eye(3).to_sparse(), "holds a sparse tensor"),
    "quantized": (lambda: torch.quantize_per_tensor(torch.rand(4), 0.1, 0, torch.qint8), "holds a quantized tensor"),
    "meta": (lambda: torch.empty(4, device="meta"), r"holds an empty \(meta\) tensor"),
    "claims": (lambda: torch.zeros(1).expand(10_000, 3, 10_000, 10_000), r"MB by their shapes, more than 4,096 MB"),
    "many claims": (lambda: [torch.zeros(1).expand(2**28) for _ in range(5)], r"holds tensors of 5,120 MB by their"),
    "deep": (lambda: nested(torch_files.DEEPEST), "nested too deep: lists or dicts more than 16 deep"),
    "ring": (ring, "nested too deep"),
    "laughs": (laughs, "nested too deep"),
}


@pytest.mark.filterwarnings("ignore:.*torch.ao|.*quantiz|.*TypedStorage|.*[Ss]parse")
@pytest.mark.parametrize("name", ODD)
def test_what_torch_lets_in_and_is_not_plain_is_refused(tmp_path, name):
    make, says = ODD[name]
    torch.save({"weight": make()}, tmp_path / "a.pt")
    for read in (lambda path: loaded(path, "a.pt"), tensors_in):
        with pytest.raises(BadRecord, match=says):
            read(tmp_path / "a.pt")


def test_a_hundred_thousand_lists_in_each_other(tmp_path):
    with pytest.raises(BadRecord, match=r"a.pt (is nested too deep|holds more than tensors, or is damaged)"):
        loaded(deep_file(tmp_path / "a.pt"), "a.pt")


def test_too_many_values_and_too_many_bytes(tmp_path, monkeypatch):
    torch.save([float(one) for one in range(1000)], tmp_path / "a.pt")
    monkeypatch.setattr(torch_files, "MOST_VALUES", 500)
    with pytest.raises(BadRecord, match="more than 500 values"):
        loaded(tmp_path / "a.pt", "a.pt")
    monkeypatch.setattr(torch_files, "MOST_BYTES", 1 << 20)
    torch.save(torch.rand(2**18 + 1), tmp_path / "b.pt")
    for read in (lambda path: loaded(path, "b.pt"), tensors_in):
        with pytest.raises(BadRecord, match=r"b.pt has 1 MB, more than 1 MB|unpacks to more than 1 MB"):
            read(tmp_path / "b.pt")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_anywhere_is_refused(tmp_path, zipped):
    torch.save({"weight": torch.rand(64), "bias": [1, 2]}, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    whole = (tmp_path / "a.pt").read_bytes()
    for end in (0, 1, 3, 10, *range(20, len(whole) - 1, 97)):
        (tmp_path / "a.pt").write_bytes(whole[:end])
        with pytest.raises(BadRecord, match=r"a.pt (is empty|is cut short|holds more than tensors)"):
            loaded(tmp_path / "a.pt", "a.pt")
    (tmp_path / "a.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadRecord, match="is cut short"):
        loaded(tmp_path / "a.pt", "a.pt")


@pytest.mark.parametrize("other", [b"hello", b"\x89PNG\r\n\x1a\n" + bytes(64), b"PK\x05\x06" + bytes(18), b"{}"])
def test_other_files_are_refused(tmp_path, other):
    (tmp_path / "a.pt").write_bytes(other)
    with pytest.raises(BadRecord, match=r"a.pt "):
        loaded(tmp_path / "a.pt", "a.pt")


def test_there_is_no_other_door():
    """`torch.load` and `pickle.load` are called here, and where a person vouched for a pickle; our own files of checkpoints are no .pt."""
    root = Path(distill_core.__file__).parent
    called = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "pickle.load", "pickle.loads")
    }
    assert called == {"datasets/torch_files.py", "priors/convert.py"}
