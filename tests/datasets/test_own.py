"""The user's own images: what is read, what is listed, what is refused, always with a sentence."""

import io
import json
import stat
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from distill_core import datasets
from distill_core.datasets import own
from distill_core.errors import BadData, BadSetting
from distill_core.evaluation import PROTOCOLS
from distill_core.evaluation.classroom import Classroom
from distill_core.home import studio_home
from distill_core.parts.views import SiameseView
from distill_core.pieces.teach import SqueezeRecipe, teacher_key
from distill_core.results.lesson import Lesson


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(tmp_path / "home"))


def picture(seed: int, size=(20, 20), mode="RGB", kind="PNG") -> bytes:
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    file = io.BytesIO()
    Image.fromarray(np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)).save(file, kind)
    return file.getvalue()


def usual(each: int = 5) -> dict[str, bytes]:
    return {f"{name}/{i}.png": picture(10 * k + i) for k, name in enumerate(("cat", "dog")) for i in range(each)}


def folder(tmp_path, files):
    root = tmp_path / "pets"
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    root.mkdir(exist_ok=True)
    return root


def zipped(tmp_path, files):
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_folder_is_read_kept_and_loaded(tmp_path):
    info, report = own.add(folder(tmp_path, usual()), "pets")
    real = datasets.load("own/pets")
    assert (info.name, info.classes, info.size, info.channels) == ("own/pets", ("cat", "dog"), 20, 3)
    assert (info.train, info.test) == (8, 2) and report.read == 10 and report.skipped == ()
    assert report.notes[0] == "Of 10 files 10 pictures were taken, in 2 classes: cat 5, dog 5." and report.given == 10
    assert "no test part" in report.notes[1] and real.notes == report.notes
    assert (len(real.train), len(real.val), len(real.test)) == (6, 2, 2)
    assert own.names() == ["pets"] and info in datasets.known()


def test_pixels_are_the_very_ones_of_the_file(tmp_path):
    files = usual() | {"test/x": b""}
    root = folder(
        tmp_path, {f"train/{k}": v for k, v in usual().items()} | {f"test/{k}": v for k, v in usual(1).items()}
    )
    real = datasets.load(f"folder:{root}")
    wanted = np.asarray(Image.open(io.BytesIO(files["dog/0.png"]))).transpose(2, 0, 1)
    assert torch.equal(real.test.images[1], torch.from_numpy(wanted.copy()))
    assert len(real.test) == 2 and len(real.train) + len(real.val) == 10


def test_what_is_kept_is_what_was_read(tmp_path):
    root = folder(tmp_path, usual())
    own.add(root, "pets")
    kept, read = datasets.load("own/pets"), datasets.load(f"folder:{root}")
    for part in ("train", "val", "test"):
        assert torch.equal(getattr(kept, part).images, getattr(read, part).images)


def test_a_set_whose_colors_an_earlier_version_mixed_up_is_refused(tmp_path):
    ramp = np.add.outer(np.arange(20), np.arange(20))[..., None] * np.array([1, 3, 6])
    file = io.BytesIO()
    Image.fromarray(ramp.astype(np.uint8)).save(file, "PNG")
    own.add(folder(tmp_path, dict.fromkeys(usual(), file.getvalue())), "ramps")
    assert len(datasets.load("own/ramps").train) == 6
    stored = tmp_path / "home" / "data" / "own" / "ramps" / "set.safetensors"
    arrays = own.load_file(stored)
    mixed = arrays["train_images"].transpose(0, 2, 3, 1).reshape(arrays["train_images"].shape)
    own.save_file({**arrays, "train_images": np.ascontiguousarray(mixed)}, stored)
    with pytest.raises(BadData, match="mixed up its pixels"):
        datasets.load("own/ramps")


def test_zip_and_folder_are_the_same_set_and_a_wrapping_folder_does_not_matter(tmp_path):
    one = datasets.load(f"folder:{zipped(tmp_path, {f'pets/{k}': v for k, v in usual().items()})}")
    two = datasets.load(f"folder:{folder(tmp_path, usual())}")
    assert torch.equal(one.train.images, two.train.images) and one.classes == two.classes == ("cat", "dog")


def test_a_folder_is_remembered_until_a_file_changes(tmp_path):
    root, told = folder(tmp_path, usual()), []
    first = datasets.load(f"folder:{root}", progress=lambda *a: told.append(a))
    assert told
    told.clear()
    assert datasets.load(f"folder:{root}", progress=lambda *a: told.append(a)).fingerprint == first.fingerprint
    assert not told
    (root / "cat/0.png").write_bytes(picture(99, size=(20, 21)))
    assert datasets.load(f"folder:{root}").fingerprint != first.fingerprint


def test_what_cannot_be_read_is_listed_and_the_rest_is_used(tmp_path):
    bad = {
        "cat/empty.png": b"",
        "cat/half.png": picture(1, (64, 64))[:900],
        "cat/half.jpg": picture(1, (64, 64), kind="JPEG")[:900],
        "cat/text.png": b"not a picture",
        "readme.txt": b"hello",
    }
    junk = {"__MACOSX/cat/._0.png": b"x", "cat/.DS_Store": b"x", "dog/Thumbs.db": b"x"}
    _, report = own.add(zipped(tmp_path, usual() | bad | junk), "pets")
    reasons = dict(report.skipped)
    assert reasons.keys() == bad.keys() and report.read == 10
    assert "empty" in reasons["cat/empty.png"] and "cut short" in reasons["cat/half.png"]
    assert "cut short" in reasons["cat/half.jpg"] and "not a png" in reasons["cat/text.png"]
    assert "outside of any class" in reasons["readme.txt"]
    assert "5 files were not used" in datasets.load("own/pets").notes[-1]


def test_too_many_pixels_are_a_listed_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    _, report = own.add(folder(tmp_path, usual() | {"cat/huge.png": picture(3, (30, 30))}), "pets")
    assert report.skipped == (("cat/huge.png", "it has more than 500 pixels"),)


def test_mixed_sizes_and_grey_among_color_are_made_one_and_said(tmp_path):
    mixed = usual() | {"cat/wide.png": picture(7, (90, 40)), "dog/grey.png": picture(8, mode="L")}
    info, report = own.add(folder(tmp_path, mixed), "pets")
    assert (info.size, info.channels) == (20, 3)
    assert any("1 of 12 pictures were resized to 20×20" in note for note in report.notes) and any(
        "1 grey picture" in note for note in report.notes
    )


def test_all_grey_stays_grey_and_a_size_can_be_asked_for(tmp_path):
    grey = {f"{c}/{i}.png": picture(i, mode="L") for c in "ab" for i in range(3)}
    info, _ = own.add(folder(tmp_path, grey), "letters", size=16)
    assert (info.size, info.channels) == (16, 1)
    assert datasets.load("own/letters").train.images.shape[1:] == (1, 16, 16)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_formats(tmp_path, kind):
    info, report = own.add(folder(tmp_path, {f"{c}/{i}": picture(i, kind=kind) for c in "ab" for i in range(2)}), "one")
    assert report.skipped == () and info.train == 2 and info.test == 2


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "holds no files"),
        ({"1.png": b"x"}, "no class folders"),
        ({"cat/1.png": picture(1), "cat/2.png": picture(2)}, "one class only"),
        (usual() | {"bird/1.png": picture(1)}, '"bird" has 1 picture|"bird" has 1 readable picture'),
        (usual() | {"bird/1.png": picture(1), "bird/2.png": b"x"}, "Not used: bird/2.png"),
    ],
)
def test_folders_that_cannot_be_a_data_set(tmp_path, files, says):
    with pytest.raises(BadData, match=says):
        own.add(folder(tmp_path, files), "pets")
    assert own.names() == []


@pytest.mark.parametrize("name", ["../cat/1.png", "/cat/1.png", "cat/../../1.png", "C:/cat/1.png", "cat\\1.png"])
def test_a_zip_that_reaches_outside_is_refused(tmp_path, name):
    with pytest.raises(BadData, match="points outside"):
        own.add(zipped(tmp_path, usual() | {name: b"x"}), "pets")


def test_a_zip_with_a_link_is_refused(tmp_path):
    path = zipped(tmp_path, usual())
    link = zipfile.ZipInfo("cat/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadData, match="is a link"):
        own.add(path, "pets")


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zipped(tmp_path, usual())
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the first entry of the directory
    path.write_bytes(data)
    with pytest.raises(BadData, match="encrypted"):
        own.add(path, "pets")


def test_zip_bombs_are_refused(tmp_path, monkeypatch):
    with pytest.raises(BadData, match="zip bombs"):
        own.add(zipped(tmp_path, usual() | {"cat/bomb.png": bytes(8 << 20)}), "pets")
    monkeypatch.setattr("distill_core.datasets.tree.MOST_TOTAL", 1000)
    with pytest.raises(BadData, match="would unpack to"):
        own.add(zipped(tmp_path, usual()), "pets")
    monkeypatch.setattr("distill_core.datasets.tree.MOST_FILES", 3)
    with pytest.raises(BadData, match="more than 3"):
        own.add(zipped(tmp_path, usual()), "pets")


def test_what_is_neither_folder_nor_zip(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK no")
    with pytest.raises(BadData, match="neither a folder nor a readable zip"):
        own.add(tmp_path / "a.zip", "pets")
    with pytest.raises(BadData, match="nothing at"):
        own.add(tmp_path / "absent", "pets")
    with pytest.raises(BadSetting, match="path after the colon"):
        datasets.load("folder:")


def test_names_are_checked_and_never_overwritten(tmp_path):
    root = folder(tmp_path, usual())
    for name in ("", "../x", "a b", "x" * 41, ".hidden"):
        with pytest.raises(BadSetting, match="cannot be a data set's name"):
            own.add(root, name)
    own.add(root, "pets")
    own.add(root, "pets")  # the same images: nothing happens
    (root / "cat/0.png").write_bytes(picture(77))
    with pytest.raises(BadSetting, match="already"):
        own.add(root, "pets")
    with pytest.raises(BadSetting, match='Did you mean "pets"'):
        datasets.load("own/petz")
    with pytest.raises(BadSetting, match="size=4"):
        own.add(root, "small", size=4)


LETTERS = {f"{name}/{i}.png": picture(10 * k + i) for k, name in enumerate("bd") for i in range(5)}


@pytest.mark.parametrize(
    ("files", "asked", "may"),
    [(LETTERS, None, False), (LETTERS, True, True), (usual(), None, True), (usual(), False, False)],
)
def test_whether_images_may_be_mirrored_is_the_sets_own_and_goes_by_the_classes_where_nobody_says(
    tmp_path, files, asked, may
):
    info, report = own.add(folder(tmp_path, files), "set", mirror=asked)
    real = datasets.load("own/set")
    assert info.may_mirror is may and real.may_mirror is may and own.info("set").may_mirror is may
    other = {True: "no", False: "yes"}[may]
    assert ("does not mirror" in report.notes[-1]) is not may and f"own/set:mirror={other}" in report.notes[-1]
    turned = datasets.load(f"own/set:mirror={other}")
    assert turned.may_mirror is not may and turned.name == f"own/set:mirror={other}"
    assert datasets.load(f"own/set:mirror={own.SAID[may]}").name == "own/set"
    with pytest.raises(BadSetting, match=f"own/set:mirror={other}"):
        own.add(folder(tmp_path, files), "set", mirror=not may)


def test_a_set_that_is_not_mirrored_is_another_set_to_every_cache(tmp_path):
    own.add(folder(tmp_path, usual()), "pets")
    yes, no = datasets.load("own/pets"), datasets.load("own/pets:mirror=no")
    assert yes.fingerprint == json.loads((tmp_path / "home/data/own/pets/set.json").read_text())["fingerprint"]
    keys = {teacher_key(real, "convnet", SqueezeRecipe()) for real in (yes, no)}
    assert len(keys) == 2 and torch.equal(yes.train.images, no.train.images)
    root = tmp_path / "pets"
    direct, turned = datasets.load(f"folder:{root}"), datasets.load(f"folder:mirror=no:{root}")
    assert (direct.fingerprint, turned.fingerprint) == (yes.fingerprint, no.fingerprint)
    assert turned.name == f"folder:mirror=no:{root}" and datasets.load(turned.name).fingerprint == no.fingerprint
    for wrong in ("own/pets:mirror=maybe", "own/pets:size=8", f"folder:sizes=8:{root}"):
        with pytest.raises(BadSetting, match="mirror"):
            datasets.load(wrong)


def test_own_images_may_be_normalized_as_imagenet_is(tmp_path):
    own.add(folder(tmp_path, usual()), "pets")
    plain, named = datasets.load("own/pets"), datasets.load("own/pets:constants=imagenet")
    assert named.mean == (0.485, 0.456, 0.406) and named.std == (0.229, 0.224, 0.225) != plain.std
    assert named.fingerprint != plain.fingerprint and torch.equal(named.train.images, plain.train.images)
    assert named.name == "own/pets:constants=imagenet" and datasets.load(named.name).fingerprint == named.fingerprint
    both = datasets.load(f"folder:constants=imagenet,mirror=no:{tmp_path / 'pets'}")
    assert both.name == f"folder:constants=imagenet,mirror=no:{tmp_path / 'pets'}" and not both.may_mirror
    assert datasets.load(f"folder:constants=imagenet:{tmp_path / 'pets'}").fingerprint == named.fingerprint
    with pytest.raises(BadSetting, match="say constants=imagenet"):
        datasets.load("own/pets:constants=cifar")


def test_mirrored_nowhere_in_training_where_it_may_not_be(tmp_path):
    own.add(folder(tmp_path, LETTERS), "letters")
    real = datasets.load("own/letters")
    assert "flip" not in SiameseView().single(real).families
    room = Classroom(Lesson(real.train.images, real.train.labels), PROTOCOLS["hard"], real, None, torch.device("cpu"))
    assert room.augment.flip is False
    assert [one.may_mirror for one in datasets.known()] == [False, True, True, False, True, True, True, False]


def test_a_set_of_an_earlier_version_is_mirrored_as_it_was(tmp_path):
    own.add(folder(tmp_path, LETTERS), "letters", mirror=True)
    path, before = tmp_path / "home/data/own/letters/set.json", datasets.load("own/letters").fingerprint
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "may_mirror"}))
    assert own.info("letters").may_mirror and datasets.load("own/letters").fingerprint == before


def test_a_damaged_set_says_so(tmp_path):
    own.add(folder(tmp_path, usual()), "pets")
    kept = tmp_path / "home/data/own/pets"
    (kept / "set.safetensors").write_bytes(b"short")
    with pytest.raises(BadData, match="damaged"):
        datasets.load("own/pets")
    (kept / "set.json").write_text(json.dumps({"name": "own/pets"}))
    with pytest.raises(BadData, match="damaged"):
        own.info("pets")


def test_the_shape_of_a_set_is_known_without_looking_at_others(tmp_path):
    broken = studio_home() / "data" / "own" / "broken"
    broken.mkdir(parents=True)
    (broken / "set.json").write_text("{", encoding="utf-8")
    assert datasets.shape_of("digits:size=8") == (1, 8) and datasets.shape_of("cifar10") == (3, 32)
    assert datasets.shape_of("digits:size=abc") is None, "loading says what is wrong with it"
    assert datasets.shape_of("own/nowhere") is None and datasets.shape_of(f"folder:{tmp_path}") is None
