"""Every layout that other people's programs write is read, and what was found is said; bad ones are refused with a sentence."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import torch

from distill_core.errors import BadRecord
from distill_core.evaluation.stored.released_files import batches_in
from distill_core.results import load_result
from distill_core.work import sets
from distill_core.work.sets import Asked, Brought
from distill_core.work.sets.layouts import TABLE
from distill_core.work.sets.mosaics import decoded
from tests.work import layouts
from tests.work.layouts import LABELS, LAYOUTS, PIXELS, REAL, SEEN, SOFT, saved

DATA = "digits:size=8"


def brought(path: Path, data: str = DATA, **asked: object) -> Brought:
    found = sets.look(path, Asked(data, **asked))  # type: ignore[arg-type]
    assert isinstance(found, Brought)
    return found


@pytest.fixture
def at(tmp_path: Path, home: Path) -> Path:
    (tmp_path / "set").mkdir()
    return tmp_path / "set"


@pytest.mark.parametrize("name", [one for one in LAYOUTS if one not in ("NCFM", "CIM", "KIP")])
def test_every_layout_is_read_back(at: Path, name: str) -> None:
    row, make = LAYOUTS[name]
    found = brought(make(at))
    assert found.layout.name == row
    assert torch.allclose(found.result.images, PIXELS, atol=1e-5), found.said
    assert torch.equal(found.result.labels, LABELS) and found.result.classes == REAL.classes
    assert found.result.about["brought"]["layout"] == row and found.result.about["job"] == {"data": DATA}
    assert any(one.startswith("Pixels:") for one in found.said)


@pytest.mark.parametrize("name", ["DC", "MTT best", "DATM", "SRe2L", "hub", "H-GLaD", "KIP"])
def test_the_same_in_a_zip(at: Path, name: str, tmp_path: Path) -> None:
    LAYOUTS[name][1](at)
    path = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", at.parent, "set"))
    found = brought(path, pixels="unit" if name == "KIP" else "")
    assert found.layout.name == LAYOUTS[name][0] and torch.allclose(found.result.images, PIXELS, atol=1e-5)


def test_each_row_has_its_layout() -> None:
    assert {row for row, _ in LAYOUTS.values()} == {row.name for row in TABLE}


@pytest.mark.parametrize("name", ["NCFM", "CIM"])
def test_mosaics_are_decoded_as_their_programs_do(at: Path, name: str) -> None:
    found = brought(LAYOUTS[name][1](at))
    stored, labels = layouts.mosaic()
    half = torch.nn.functional.interpolate(PIXELS, scale_factor=0.5)
    first = torch.nn.functional.interpolate(half, size=8, mode="bilinear")
    assert len(found.result) == 40 and torch.equal(found.result.labels, labels.repeat(4))
    assert torch.allclose(found.result.images, first.repeat(4, 1, 1, 1), atol=1e-5)
    assert found.result.bytes.images == stored.numel(), "bytes are counted as stored"
    whole = brought(at, factor=1)
    assert len(whole.result) == 10 and torch.allclose(whole.result.images, stored, atol=1e-5)


def test_decoding_pads_what_does_not_divide() -> None:
    images = torch.rand(2, 1, 5, 5)
    padded = torch.nn.functional.pad(images, (0, 1, 0, 1), value=0.5)
    wanted = torch.nn.functional.interpolate(padded[:, :, 3:, :3], size=5, mode="bilinear")
    assert torch.allclose(decoded(images, 2)[4:6], wanted)


def test_a_packed_set_stays_packed(at: Path, tmp_path: Path) -> None:
    found = brought(LAYOUTS["CIM"][1](at)).result
    found.save(tmp_path / "a.safetensors")
    assert load_result(tmp_path / "a.safetensors").bytes == found.bytes


def test_kip_is_one_hot_less_a_share(at: Path) -> None:
    found = brought(LAYOUTS["KIP"][1](at), pixels="unit")
    assert found.labels.kind == "centred" and torch.equal(found.result.labels, LABELS)
    assert found.result.soft_labels is None


def test_which_file_was_taken_is_said(at: Path) -> None:
    assert "others lie there" in " ".join(brought(LAYOUTS["MTT best"][1](at)).said)
    assert "last of 2 experiments" in " ".join(brought(LAYOUTS["DC"][1](at / "dc")).said)
    assert "last of 2 steps" in " ".join(brought(LAYOUTS["ssnl"][1](at / "ssnl")).said)


def test_protocols_and_rates_go_with_the_set(at: Path) -> None:
    told = {
        name: brought(LAYOUTS[name][1](at / str(n))).result
        for n, name in enumerate(["DC", "DM", "DATM", "MTT best", "plain"])
    }
    assert [told[name].protocol for name in ("DC", "DM", "MTT best", "plain")] == ["dc", "dsa", "mtt", "hard"]
    datm = told["DATM"]
    assert datm.protocol == "mtt" and datm.dial == {"labels": "static"}
    assert datm.about["student_lr"] == pytest.approx(0.02) and torch.allclose(datm.soft_labels, SOFT)  # type: ignore[arg-type]


# ── labels ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (LABELS, "hard"),
        (LABELS.float()[:, None], "hard"),
        (torch.eye(10)[LABELS], "one-hot"),
        (torch.eye(10)[LABELS] - 0.1, "centred"),
        (SOFT, "logits"),
        (SOFT.softmax(1), "probabilities"),
        (SOFT.softmax(1).half(), "probabilities"),
    ],
)
def test_the_kind_of_labels_is_stated(at: Path, labels: torch.Tensor, kind: str) -> None:
    found = brought(saved(at, images__pt=PIXELS, labels__pt=labels))
    assert found.labels.kind == kind and any(one.startswith("Labels:") for one in found.said)
    assert torch.equal(found.result.labels, labels.argmax(1) if labels.shape[-1] == 10 and labels.ndim == 2 else LABELS)


def test_no_softmax_is_taken_of_probabilities(at: Path) -> None:
    shares = SOFT.softmax(1)
    kept = brought(saved(at, images__pt=PIXELS, labels__pt=shares)).result.soft_labels
    assert kept is not None
    for temperature in (1.0, 30.0):
        assert torch.allclose((kept / temperature).softmax(1), (SOFT / temperature).softmax(1), atol=1e-5)


# ── classes by name ───────────────────────────────────────────────────────────────────────────────────────────


def test_classes_in_another_order_are_matched_by_name(at: Path) -> None:
    found = brought(layouts.parquet(at / "a.parquet", names=tuple(reversed(REAL.classes))))
    assert torch.equal(found.result.labels, 9 - LABELS) and found.result.classes == REAL.classes
    assert "another order: 0 is 9 there" in " ".join(found.said)


def test_other_classes_are_refused_by_name(at: Path) -> None:
    with pytest.raises(BadRecord, match="not those of Digits: it has cat, dog"):
        brought(layouts.parquet(at / "a.parquet", names=("cat", "dog", *REAL.classes[:8])))


# ── what cannot be read ───────────────────────────────────────────────────────────────────────────────────────


class Thing:
    """Whatever somebody pickled."""


RANKS = torch.rand(10, 64)
NAN = SEEN.clone()
NAN[3, 0, 2, 2] = float("nan")
BAD = {
    "objects": ({"images__pt": Thing(), "labels__pt": LABELS}, r"an object of .*test_layouts\.Thing\. It was not loaded"),
    "wrong rank": ({"images__pt": RANKS, "labels__pt": LABELS}, r"shape \(10, 64\)"),
    "NaN": ({"images__pt": NAN, "labels__pt": LABELS}, "1 of the 640 pixel values"),
    "NaN labels": ({"images__pt": SEEN, "labels__pt": SOFT * float("nan")}, "labels hold numbers that are not finite"),
    "five channels": ({"images__pt": torch.rand(10, 5, 8, 8), "labels__pt": LABELS}, "5 channels"),
    "labels too high": ({"images__pt": SEEN, "labels__pt": LABELS + 3}, "go up to 12, but Digits has 10"),
    "labels below 0": ({"images__pt": SEEN, "labels__pt": LABELS - 1}, "down to -1"),
    "labels of 7 classes": ({"images__pt": SEEN, "labels__pt": torch.randn(10, 7)}, "of 7 classes, but Digits has 10"),
    "too few labels": ({"images__pt": SEEN, "labels__pt": LABELS[:4]}, "10 images and 4 labels"),
    "broken labels": ({"images__pt": SEEN, "labels__pt": LABELS + 0.5}, "no whole ones"),
    "no labels": ({"images_best__pt": SEEN}, "images_best.pt is there, but no file of labels"),
    "another size": ({"images__pt": torch.rand(10, 1, 9, 9), "labels__pt": LABELS}, "1×9×9.*1×8×8.*Nothing is resized"),
    "an empty DC file": (
        {"res_DC_a__pt": {"data": [], "accs_all_exps": {}}},
        "a dict with keys data, accs_all_exps: it looks like DC's or DM's, but its 'data' is empty",
    ),
    "a model": ({"net__pt": {"conv.weight": SEEN, "epoch": 3}}, "a dict with keys conv.weight, epoch, which no known"),
    "weights": ({"net__pt": {"conv.weight": SEEN, "conv.bias": SEEN}}, "weights of a network, and no images.*teacher import net.pt"),
    "a rate of nothing": ({"images__pt": SEEN, "labels__pt": LABELS, "lr__pt": -1.0}, "one positive learning rate"),
    "no images": ({"images__pt": SEEN[:0], "labels__pt": LABELS[:0]}, "one or more, were wanted"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_sets_are_refused_with_a_sentence(at: Path, name: str) -> None:
    files, words = BAD[name]
    with pytest.raises(BadRecord, match=words):
        brought(saved(at, **files))


def test_an_empty_archive_and_an_empty_folder(at: Path, tmp_path: Path) -> None:
    path = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", at))
    for empty in (at, path):
        with pytest.raises(BadRecord, match="is empty: it holds no file"):
            sets.look(empty, Asked(DATA))


def test_a_set_of_some_classes_says_so(at: Path) -> None:
    found = brought(saved(at, images__pt=SEEN[:3], labels__pt=LABELS[:3]))
    assert "images of 3 of the 10 classes (0, 1, 2)" in found.cautions[0]


def test_pictures_of_sixteen_bits_are_refused(at: Path) -> None:
    from PIL import Image

    (at / "new000").mkdir(parents=True)
    Image.fromarray((PIXELS[0, 0] * 65535).int().numpy().astype("uint16")).save(at / "new000" / "class000_id000.png")
    with pytest.raises(BadRecord, match="not of 8 bits"):
        brought(at)


def test_a_folder_that_contradicts_its_file_names(at: Path) -> None:
    layouts.folders(at, lambda c, i: f"new{(c + 1) % 10:03d}/class{c:03d}_id{i:03d}.png")
    with pytest.raises(BadRecord, match=r"says class .* and lies in the folder of class"):
        brought(at)


def test_stored_labels_of_which_only_the_largest_are_kept_are_refused_by_name(at: Path) -> None:
    """LPQLD prunes epochs, which is read, and keeps top-k logits, whose layout nobody documents: values and places beside each other here."""
    largest = torch.randn(4, 10).topk(3)
    one = [torch.rand(4, 4), torch.zeros(4), None, None, None, (largest.values.half(), largest.indices)]
    for epoch in (0, 10):
        (at / f"epoch_{epoch}").mkdir(parents=True)
        torch.save(one, at / f"epoch_{epoch}" / "batch_0.tar")
    with pytest.raises(
        BadRecord, match=r"2 epochs.*LPQLD\) have no reader here. How they are laid out is not documented"
    ):
        sets.look(at, Asked(DATA))
    with pytest.raises(BadRecord, match="Labels of which only the largest are kept are not known in this layout"):
        list(batches_in(at / "epoch_10"))


def test_the_random_images_of_dd_ranking_are_no_set_and_are_passed_over_beside_one(at: Path) -> None:
    layouts.saved(at, rdm_data_iter0__pt=SEEN)
    with pytest.raises(BadRecord, match=r"rdm_data_iter0.pt holds random real images that DD-Ranking drew"):
        sets.look(at, Asked(DATA))
    layouts.saved(at, images__pt=SEEN, labels__pt=LABELS, lr__pt=0.03)
    assert brought(at).layout.name == "pair"
    with pytest.raises(BadRecord, match=r"rdm_data_iter0.pt holds random real images"):
        sets.look(at / "rdm_data_iter0.pt", Asked(DATA))


def test_stored_labels_are_no_set_and_their_use_is_said(at: Path) -> None:
    (at / "epoch_0").mkdir(parents=True)
    one = [torch.rand(4, 4), torch.zeros(4), None, None, None, torch.randn(4, 10).half()]
    torch.save(one, at / "epoch_0" / "batch_0.tar")
    with pytest.raises(BadRecord, match=re.escape("FKD) write them: 1 epochs, batches of 4, logits of 10 classes")):
        sets.look(at, Asked(DATA))
    hald = at / "hald"
    hald.mkdir()
    torch.save([[*one[:5], torch.randn(4, 10).softmax(1)]], hald / "epoch_0.tar")
    with pytest.raises(BadRecord, match=r"HALD.*probabilities.*--temperature"):
        sets.look(hald, Asked(DATA))
