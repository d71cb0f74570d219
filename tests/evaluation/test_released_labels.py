"""The released layouts: written, read again, read as their authors' programs write them, and refused where they say too little."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from classroom import digits, drain, network, start
from torch.utils.data import BatchSampler, RandomSampler

from distill_core.errors import BadRecord, BadSetting
from distill_core.evaluation import PROTOCOLS
from distill_core.evaluation.seen import black_of, pixels
from distill_core.evaluation.stored import LabelStore, fingerprint_of, making
from distill_core.evaluation.stored.plan import augment_of
from distill_core.evaluation.stored.released import ORDER, Reading, read_released
from distill_core.evaluation.stored.released_out import write_released
from distill_core.results import Lesson

CPU = torch.device("cpu")


def lesson(ipc: int = 2) -> Lesson:
    made = start(ipc)
    return Lesson(made.images, made.labels)


def made(name: str = "dwa-imagenet", **more) -> LabelStore:
    asked = PROTOCOLS[name].with_(labels="stored", epochs=3, batch=8, stored=more.pop("kept", {}), **more)
    return drain(making.stored_views(lesson(), asked, digits(), network(), 3, CPU))[1]


def reading(**more) -> Reading:
    return Reading(20, 10, 8, fingerprint_of(lesson()), **more)


@pytest.mark.parametrize("name", ["dwa-imagenet", "sre2l-tiny", "dwa"])
@pytest.mark.parametrize("by_class", [True, False])
def test_what_is_written_is_read_again(name, by_class, home, tmp_path):
    store = made(name)
    lost = write_released(store, tmp_path / "fkd", by_class=by_class)
    assert lost[0].startswith("Batches have 8 images") and any("may reach outside" in one for one in lost) == (
        name == "dwa"
    )
    found = torch.load(tmp_path / "fkd" / "epoch_1" / "batch_2.tar", weights_only=True)
    assert [type(one).__name__ for one in found][:2] == ["Tensor", "Tensor"] and found[5].dtype == torch.float16
    assert found[0].shape == (4, 4) and found[5].shape == (4, 10)
    back = read_released(
        tmp_path / "fkd", reading(by_class=by_class, augment=store.augment), tmp_path / "s.safetensors"
    )
    assert back.said.batches == store.said.batches
    for column in store.columns:
        np.testing.assert_array_equal(back.columns[column], store.columns[column], err_msg=column)


def test_a_program_that_draws_its_order_from_a_seed_is_read_by_that_seed(home, tmp_path):
    """Written here as the released program does: a sampler with seed 42 over a folder of classes, batches of 8, CutMix."""
    real, teacher, images = digits(), network(), lesson()
    augment = augment_of("resized_crop_flip", real.may_mirror, black_of(real))
    sampler = RandomSampler(range(20), generator=torch.Generator().manual_seed(42))
    draws, wanted = torch.Generator().manual_seed(0), {}
    for epoch in range(2):
        (tmp_path / f"epoch_{epoch}").mkdir()
        for b, numbers in enumerate(BatchSampler(sampler, 8, drop_last=False)):
            theirs = torch.tensor(numbers)
            own = theirs % 2 * 10 + theirs // 2  # image i of class c is number 2c + i there, 10i + c here
            crop = augment.draw(draws, len(own), 8)
            x = augment.apply(real.normalize(images.images[own]), crop)
            partners = torch.randperm(len(own), generator=draws)
            x[:, :, 1:5, 2:6] = x[partners][:, :, 1:5, 2:6]
            logits = teacher(x).detach()
            box = [np.int64(1), np.int64(2), np.int64(5), np.int64(6)]
            entry = [crop["box"] / 8, crop["flip"], partners, np.float64(0.7), box, logits.half()]
            torch.save(entry, tmp_path / f"epoch_{epoch}" / f"batch_{b}.tar")
            wanted |= {(epoch, int(i)): (x[k], logits[k]) for k, i in enumerate(own)}
    with pytest.raises(BadSetting, match="Name the sampler's seed"):
        read_released(tmp_path, reading(), tmp_path / "s.safetensors")
    store = read_released(tmp_path, reading(seed=42), tmp_path / "s.safetensors")
    for epoch in range(2):
        views = store.seen(epoch, torch.arange(20), torch.Generator())
        x = pixels(views, augment, images.images, real)
        for i in range(20):
            torch.testing.assert_close(x[i], wanted[epoch, i][0], atol=1e-5, rtol=0)
            torch.testing.assert_close(views.logits[i], wanted[epoch, i][1], atol=5e-3, rtol=1e-3)
        assert views.share.tolist() == pytest.approx([1 - 16 / 64] * 20)


def test_probabilities_in_the_place_of_logits_need_their_temperature(home, tmp_path):
    """HALD's layout: one file an epoch, softmax(logits / T), the order in a file beside."""
    store, temperature = made("sre2l-tiny"), 20.0
    views = [store.records(np.arange(20 * e, 20 * e + 20)) for e in range(3)]
    orders = {e: (one.own % 10 * 2 + one.own // 10).tolist() for e, one in enumerate(views)}
    torch.save(orders, tmp_path / "sampler_indices_dict.pt")
    for epoch, one in enumerate(views):
        parts = [slice(0, 8), slice(8, 16), slice(16, 20)]
        soft = (one.logits / temperature).softmax(1)
        entries = [(one.crops.box[p], one.crops.flip[p], None, None, None, soft[p]) for p in parts]
        torch.save(entries, tmp_path / f"epoch_{epoch}.tar")
    with pytest.raises(BadSetting, match=r"holds probabilities .* Say the temperature"):
        read_released(tmp_path, reading(), tmp_path / "s.safetensors")
    back = read_released(tmp_path, reading(temperature=temperature), tmp_path / "s.safetensors")
    for epoch, one in enumerate(views):
        found = back.seen(epoch, one.own, torch.Generator())
        torch.testing.assert_close(
            found.logits.div(temperature).softmax(1), (one.logits / temperature).softmax(1), atol=2e-3, rtol=0
        )
        torch.testing.assert_close(found.crops.box, one.crops.box)


def test_epochs_that_were_left_out_are_no_harm(home, tmp_path):
    store = made()
    write_released(store, tmp_path / "fkd")
    for path in (tmp_path / "fkd" / "epoch_1").iterdir():
        path.unlink()
    (tmp_path / "fkd" / "epoch_1").rmdir()
    back = read_released(tmp_path / "fkd", reading(), tmp_path / "s.safetensors")
    assert back.said.records == 40
    np.testing.assert_array_equal(
        back.columns["logits"], np.concatenate([store.columns["logits"][i] for i in (slice(20), slice(40, 60))])
    )


def spoiled(folder, change):
    path = folder / "epoch_0" / "batch_0.tar"
    entry = torch.load(path, weights_only=True)
    change(entry)
    torch.save(entry, path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: entry.append(torch.zeros(3)), r"holds \[Tensor, Tensor, Tensor, float, list, Tensor, Tensor\]"),
        (
            lambda entry: entry.__setitem__(5, [entry[5], entry[5]]),
            "Labels of which only the largest are kept are not known",
        ),
        (lambda entry: entry.__setitem__(5, entry[5][:, :4]), "has labels for 4 classes, and the set has 10"),
        (lambda entry: entry.__setitem__(0, entry[0][:, :2]), r"has crops \(8, 2\)"),
        (lambda entry: entry.__setitem__(5, torch.distributions), "holds more than tensors: an object of .*Unsafe"),
    ],
)
def test_files_that_are_something_else_are_refused(change, said, home, tmp_path):
    write_released(made(), tmp_path / "fkd")
    if said.endswith("Unsafe"):
        torch.save(Unsafe(), tmp_path / "fkd" / "epoch_0" / "batch_0.tar")
    else:
        spoiled(tmp_path / "fkd", change)
    with pytest.raises(BadRecord, match=said):
        read_released(tmp_path / "fkd", reading(), tmp_path / "s.safetensors")


class Unsafe:
    """An object, which is never unpickled."""


@pytest.mark.parametrize("order", [[1, 2], {"0": "x"}, {"a": [0]}, {"0": [[0], [1, 2]]}, None])
@pytest.mark.parametrize("torchs", [False, True])
def test_an_order_that_is_none_is_refused_by_name(order, torchs, home, tmp_path):
    write_released(made(), tmp_path / "fkd")
    name = "sampler_indices_dict.pt" if torchs else ORDER
    (tmp_path / "fkd" / ORDER).unlink()
    if torchs:
        torch.save(order, tmp_path / "fkd" / name)
    else:
        (tmp_path / "fkd" / name).write_text(json.dumps(order))
    with pytest.raises(BadRecord, match=rf"{name} says no order"):
        read_released(tmp_path / "fkd", reading(), tmp_path / "s.safetensors")


def test_labels_of_another_set_are_refused(home, tmp_path):
    write_released(made(), tmp_path / "fkd")
    with pytest.raises(BadRecord, match="names 20 images; the 30 of the set were wanted"):
        read_released(tmp_path / "fkd", Reading(30, 10, 8, "x"), tmp_path / "s.safetensors")
    with pytest.raises(BadRecord, match="no stored labels: there is no epoch_0"):
        read_released(tmp_path, reading(), tmp_path / "s.safetensors")
    with pytest.raises(BadSetting, match="so temperature=20 has no meaning"):
        read_released(tmp_path / "fkd", reading(temperature=20.0), tmp_path / "s.safetensors")
    (tmp_path / "fkd" / ORDER).write_text(json.dumps({"0": list(range(20))}))
    with pytest.raises(BadRecord, match="The order of epoch 1"):
        read_released(tmp_path / "fkd", reading(), tmp_path / "s.safetensors")


def test_what_the_layout_has_no_place_for_is_said(home, tmp_path):
    with pytest.raises(BadSetting, match="no place for the largest 3 logits alone"):
        write_released(made(kept={"top": 3}), tmp_path / "a")
    with pytest.raises(BadSetting, match="no place for shuffled tiles"):
        write_released(made("rded-mosaic", batch_rule="fixed"), tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x").touch()
    with pytest.raises(BadSetting, match="is not empty"):
        write_released(made(), tmp_path / "c")
    said = write_released(made(kept={"kept": 0.5, "unit": "batch"}), tmp_path / "d")
    assert "The last epoch is not whole: batches of it were left out." in said
