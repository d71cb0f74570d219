"""Nothing that is given becomes something else without a word: folders, names, links, levels, sizes."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from distill_core import datasets
from distill_core.datasets import own, reading
from distill_core.datasets.divisions import part_of
from distill_core.datasets.levels import Scale
from distill_core.errors import BadData, BadSetting


def picture(seed: int, size=(12, 12), mode="RGB", **saved) -> bytes:
    values = np.random.RandomState(seed).randint(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    return packed(Image.fromarray(values).convert(mode), **saved)


def packed(image: Image.Image, **saved) -> bytes:
    file = io.BytesIO()
    image.save(file, **{"format": "PNG", **saved})
    return file.getvalue()


def tiff(values: np.ndarray, **saved) -> bytes:
    return packed(Image.fromarray(values), format="TIFF", **saved)


def each(*folders: str, n: int = 3) -> dict[str, bytes]:
    return {f"{name}/{i}.png": picture(100 * k + i) for k, name in enumerate(folders) for i in range(n)}


def put(root, files):
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def taken(tmp_path, files, **asked):
    return own.add(put(tmp_path / "pets", files), "pets", **asked)


def said(report) -> str:
    return "\n".join(report.notes)


# ── parts are never classes ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "part"),
    [("training_set", "train"), ("TestSet", "test"), ("val2017", "val"), ("ValidationImages", "val"), ("trainset", "train"),
     ("test1", "test"), ("DEV", "val"), ("cat", None), ("train_station", None), ("tested", None), ("seg_train", None)],
)  # fmt: skip
def test_names_of_parts(name, part):
    assert part_of(name) == part


@pytest.mark.parametrize(
    "folders",
    [("training_set/{}", "test_set/{}"), ("training_set/training_set/{}", "test_set/test_set/{}"), ("a/Train/{}", "a/Test/{}"),
     ("seg_train/{}", "seg_test/{}"), ("train/images/{}", "test/images/{}"), ("{}/train", "{}/test"),
     ("seg_train/seg_train/{}", "seg_test/seg_test/{}")],
)  # fmt: skip
def test_parts_are_never_classes(tmp_path, folders):
    train, test = ([one.format(name) for name in ("cat", "dog")] for one in folders)
    info, report = taken(tmp_path, each(*train) | each(*test, n=2))
    assert info.classes == ("cat", "dog") and (info.train, info.test) == (6, 4)
    assert "no test part" not in said(report)


def test_what_a_folder_was_taken_for_is_said(tmp_path):
    _, report = taken(tmp_path, each("training_set/cat", "training_set/dog") | each("dev/cat", "dev/dog", n=2))
    assert "no classes: dev is the validation part, training_set is the training part." in said(report)
    assert "the validation part is the test part" in said(report)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (each("cat", "dog", "test/cat", "test/dog"), ('"test"', '"cat"')),
        (each("cat", "dog", "test_set"), ('"test_set"', '"cat"')),
        (each("train", "test") | {"metadata.csv": b"file_name,label"}, ('"test"', '"train"')),
        (each("train/cat", "train/dog", "train/val/cat", "train/val/dog"), ('"…/val"', '"…/cat"')),
        (each("train/cat", "train/dog", "training_set/cat", "training_set/dog"), ('"train"', '"training_set"')),
        (each("cat", "dog", "pets/cat", "pets/dog"), ('"pets"', '"cat"')),
        (each("cat/train", "cat/test", "dog"), ('"cat"', '"dog"')),
    ],
)
def test_where_parts_and_classes_lie_side_by_side_both_are_named(tmp_path, files, names):
    with pytest.raises(BadData) as error:
        taken(tmp_path, files)
    assert all(name in str(error.value) for name in names), str(error.value)
    assert own.names() == []


def test_a_class_may_be_called_train(tmp_path):
    info, _ = taken(tmp_path, each("bus", "train"))
    assert info.classes == ("bus", "train")


def test_a_table_is_no_class_and_is_named(tmp_path):
    _, report = taken(tmp_path, each("cat", "dog") | {"metadata.csv": b"file_name,label\n"})
    assert dict(report.skipped)["metadata.csv"].startswith("a table beside the pictures")
    with pytest.raises(BadData, match=r"metadata.csv may say which picture"):
        own.add(put(tmp_path / "flat", {"metadata.csv": b"x", "1.png": picture(1)}), "flat")


def flat(*labels: str, rows: str | None = None, **more: bytes) -> dict[str, bytes]:
    """Pictures 0.png, 1.png, … at the top, and a table that says what they are."""
    lines = "".join(f"{i}.png,{label}\n" for i, label in enumerate(labels)) if rows is None else rows
    table = ("\ufefffile_name,label\n" + lines).encode()
    return {f"{i}.png": picture(i) for i in range(len(labels))} | {"metadata.csv": table} | more


def test_a_table_says_the_classes_and_what_is_missing_or_left_out_is_counted(tmp_path):
    files = flat("dog", "cat", "dog", "cat", "cat", rows="0.png,dog\n1.png,cat\n2.png,dog\n3.png,cat\ngone.png,cat\n")
    info, report = taken(tmp_path, files | {"notes.txt": b"x"})
    assert info.classes == ("cat", "dog") and (report.read, report.given) == (4, 7)
    assert dict(report.skipped) == {
        "4.png": "metadata.csv does not name it",
        "notes.txt": "metadata.csv does not name it",
    }
    assert "The classes of 4 pictures were read from metadata.csv, columns file_name and label." in said(report)
    assert "1 pictures that it names are not there, such as gone.png." in said(report)
    assert "2 files that it does not name were left out." in said(report)
    real = datasets.load("own/pets")
    assert sorted(torch.cat([real.train.labels, real.test.labels]).tolist()) == [0, 0, 1, 1]


def test_a_table_in_each_part_and_numbers_in_their_order(tmp_path):
    rows = b"file_name,label\n" + b"".join(f"{i}.png,{(2, 10)[i % 2]}\n".encode() for i in range(4))
    files = {f"{part}/{i}.png": picture(10 * k + i) for k, part in enumerate(("train", "test")) for i in range(4)}
    info, report = taken(tmp_path, files | {"train/metadata.csv": rows, "test/metadata.csv": rows})
    assert info.classes == ("2", "10") and (info.train, info.test) == (4, 4)
    assert "train/metadata.csv" in said(report) and "test/metadata.csv" in said(report)


def rows_of(files: dict[str, bytes], label: Callable[[str], str], at: str = "") -> dict[str, bytes]:
    """The files with a table that says the class of each."""
    lines = "".join(f"{path.removeprefix(at)},{label(path)}\n" for path in files if path.startswith(at))
    return {f"{at}metadata.csv": f"file_name,label\n{lines}".encode()}


def parts_of(root: Path) -> dict[str, list[str]]:
    """The classes that each part has pictures of."""
    real = datasets.load(f"folder:{root}")
    return {
        name: sorted({real.classes[label] for label in getattr(real, name).labels.tolist()})
        for name in ("train", "test")
    }


@pytest.mark.parametrize("words", [("bus", "train"), ("cat", "test"), ("train", "test"), ("val", "test", "train")])
def test_classes_that_the_table_calls_like_parts_are_classes(tmp_path, words):
    """In one folder, and in a folder of each class."""
    at_the_top = flat(*(words * 4)[: 4 * len(words)])
    in_folders = each(*words, n=4)
    in_folders |= rows_of(in_folders, lambda path: path.split("/")[0])
    for name, files in (("top", at_the_top), ("folders", in_folders)):
        root = put(tmp_path / name, files)
        assert parts_of(root) == {"train": sorted(words), "test": sorted(words)}
    notes = datasets.load(f"folder:{tmp_path / 'folders'}").notes
    assert any(f'The folder "{words[-1]}" is the class "{words[-1]}" and no part' in note for note in notes)


@pytest.mark.parametrize("deep", [False, True])
def test_parts_whose_classes_are_called_like_parts(tmp_path, deep):
    """train/ and test/ are parts, which hold the classes bus and train, in folders of their own or not."""
    words = ("bus", "train", "test")
    inner = {f"{part}/{word}{'/' if deep else '-'}{i}.png": picture(i + 7 * len(word + part)) for part in ("train", "test")
             for word in words for i in range(3)}  # fmt: skip
    files = inner | rows_of(inner, lambda path: re.split(r"[/-]", path)[1])
    assert parts_of(put(tmp_path / "a", files)) == {"train": sorted(words), "test": sorted(words)}
    notes = datasets.load(f"folder:{tmp_path / 'a'}").notes
    assert any('The folder "train" is a part; the class "train" is what metadata.csv says.' in note for note in notes)
    each_own = inner | rows_of(inner, lambda path: re.split(r"[/-]", path)[1], "train/")
    each_own |= rows_of(inner, lambda path: re.split(r"[/-]", path)[1], "test/")
    assert parts_of(put(tmp_path / "b", each_own)) == {"train": sorted(words), "test": sorted(words)}


def test_a_folder_that_may_be_a_part_or_a_class_is_named(tmp_path):
    pictures = {f"train/{i}.png": picture(i) for i in range(6)} | {f"test/{i}.png": picture(20 + i) for i in range(3)}
    said = {"train/0.png": "cat", "train/1.png": "cat", "train/2.png": "cat"}
    files = pictures | rows_of(pictures, lambda path: said.get(path, "test"))
    with pytest.raises(
        BadData, match=r'folder "test" may be a part or a class: metadata.csv says .* and "train" beside it'
    ):
        taken(tmp_path, files)


def test_other_labels_of_the_same_pictures_are_another_set(tmp_path):
    put(tmp_path / "a", flat("cat", "dog", "cat", "dog"))
    put(tmp_path / "b", flat("dog", "cat", "cat", "dog"))
    one, other = (datasets.load(f"folder:{tmp_path / name}") for name in "ab")
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (flat("a", "b", rows="../0.png,a\n"), "leaves the folder"),
        (flat("a", "b", rows="/etc/0.png,a\n"), "leaves the folder"),
        (flat("a", "b", rows="0.png,a\n0.png,b\n"), 'that it is "a" and "b"'),
        (flat("a", "b", rows="0.png,a\n1.png,\n"), "row 2 has no label"),
        (flat("a", "b", rows="0.png\n"), "row 1 has no label"),
        (flat("a", "b", rows="x.png,a\ny.png,b\n"), "none of them is there"),
        (flat("a", "a"), "one class only"),
        (flat("a", "b") | {"metadata.csv": b"file_name,label\n\xff\xfe"}, "cannot be read as a table"),
        (
            each("cat", "dog") | {"metadata.csv": b"file_name,label\ncat/0.png,dog\ndog/0.png,cat\n"},
            'metadata.csv says that cat/0.png is "dog", and it lies in the folder "cat"',
        ),
    ],
)
def test_tables_that_cannot_be_believed_are_refused(tmp_path, files, says):
    with pytest.raises(BadData) as error:
        taken(tmp_path, files)
    assert says in str(error.value) and own.names() == []


def test_folders_below_a_class_are_counted_to_it_and_names_that_differ_by_case_are_said(tmp_path):
    _, report = taken(tmp_path, each("a", "A/left", "A/right"))
    assert "6 files lie in folders below their class" in said(report) and "A/left, A/right" in said(report)
    assert "A and a are different classes here" in said(report)


# ── names that systems use, empty and linked folders ──────────────────────────────────────────────────────────


JUNK = {"__MACOSX/cat/._0.png": b"x", "cat/.DS_Store": b"x", "dog/.DS_Store": b"x", "dog/Thumbs.db": b"x",
        ".thumbnails/a.png": picture(3), "cat/@eaDir/0.png": picture(4), "thumbnails/cat/0.png": picture(5)}  # fmt: skip
SAID = ".DS_Store (2), .thumbnails, @eaDir, Thumbs.db, __MACOSX, thumbnails."


def test_thumbnails_and_system_folders_are_left_out_by_name(tmp_path):
    files = each("cat", "dog") | JUNK
    info, report = taken(tmp_path, files)
    assert info.classes == ("cat", "dog") and report.read == report.given == 6 and SAID in said(report)
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    assert any(SAID in note for note in datasets.load(f"folder:{tmp_path / 'pets.zip'}").notes)


def test_an_empty_class_is_named(tmp_path):
    root = put(tmp_path / "pets", each("cat", "dog"))
    (root / "bird" / "deep").mkdir(parents=True)
    _, report = own.add(root, "pets")
    assert "Empty folders, so no classes: bird." in report.notes
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.mkdir("fish")
        for name, data in each("cat", "dog").items():
            archive.writestr(name, data)
    assert "Empty folders, so no classes: fish." in datasets.load(f"folder:{tmp_path / 'pets.zip'}").notes


def test_a_linked_class_is_read_and_a_ring_of_links_ends(tmp_path):
    put(tmp_path / "elsewhere", {f"{i}.png": picture(40 + i) for i in range(4)})
    root = put(tmp_path / "pets", each("cat", "dog"))
    (root / "bird").symlink_to(tmp_path / "elsewhere")
    (root / "cat" / "ring").symlink_to(root)
    (root / "fish").symlink_to(tmp_path / "nowhere")
    info, report = own.add(root, "pets")
    assert info.classes == ("bird", "cat", "dog") and "Links to folders were followed: bird." in report.notes
    reasons = dict(report.skipped)
    assert reasons == {"cat/ring": "it is a link to a folder that it lies in", "fish": "it is a link to nowhere"}
    assert report.given == 12 and report.read == 10


def test_the_same_file_in_two_classes_or_parts_is_said(tmp_path):
    files = each("train/cat", "train/dog") | each("test/cat", "test/dog", n=1)
    files["train/dog/9.png"] = files["train/cat/0.png"]
    files["test/dog/1.png"] = files["train/dog/1.png"]
    notes = said(taken(tmp_path, files)[1])
    assert "2 pictures are in two parts" in notes or "are in two parts at once" in notes
    assert "pictures are in two classes at once, such as train/cat/0.png and" in notes


# ── levels ────────────────────────────────────────────────────────────────────────────────────────────────────


def grey(values: np.ndarray, **saved) -> dict[str, bytes]:
    """Two classes of three tiffs; the first has these values."""
    one = tiff(values, **saved)
    return {f"{name}/{i}.tif": one for name in "ab" for i in range(3)}


RAMP = np.arange(144).reshape(12, 12)


@pytest.mark.parametrize(
    ("values", "top", "words"),
    [
        ((RAMP * 28).astype(np.uint16), 4095, "whole numbers of 12 bits"),
        ((RAMP * 458).astype(np.uint16), 65535, "whole numbers of 16 bits"),
        (RAMP.astype(np.uint16), 255, "kept as they are"),
        ((RAMP / 143).astype(np.float32), 1, "0…1 to 8 bits"),
        (RAMP.astype(np.float32), 255, "real numbers"),
        ((RAMP * 28).astype(np.int32), 4095, "whole numbers of 12 bits"),
    ],
)
def test_grey_of_more_than_8_bits_keeps_its_levels(tmp_path, values, top, words):
    _, report = taken(tmp_path, grey(values))
    found = datasets.load("own/pets").test.images[0, 0].numpy()
    assert np.array_equal(found, np.rint(values.astype(np.float64) * 255 / top).astype(np.uint8)) and words in said(
        report
    )


def test_one_scale_for_the_whole_set_so_that_dark_pictures_stay_dark(tmp_path):
    dark, bright = (RAMP * 2).astype(np.uint16), (RAMP * 28).astype(np.uint16)
    files = {f"{name}/{i}.tif": tiff(one) for name, one in (("dark", dark), ("light", bright)) for i in range(3)}
    taken(tmp_path, files)
    test = datasets.load("own/pets").test
    assert np.array_equal(test.images[0, 0].numpy(), Scale(12).bytes_of(dark)) and test.images[0].max() < 20


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (tiff((RAMP - 70).astype(np.int32)), "numbers from -70 to 73"),
        (tiff((RAMP - 0.5).astype(np.float32)), "negative ones have no place"),
        (tiff(np.where(RAMP == 3, np.nan, 0.5).astype(np.float32)), "not finite"),
        (tiff((RAMP * 3.0).astype(np.float32)), "read from 0 to 1 or from 0 to 255"),
        (tiff((RAMP * 1000).astype(np.int32)), "more than 16 bits"),
        (tiff(RAMP.astype(np.uint8), tiffinfo={339: 2}), "signed bytes"),
    ],
)
def test_levels_that_8_bits_cannot_stand_for_are_refused_by_name(tmp_path, odd, reason):
    _, report = taken(tmp_path, each("cat", "dog") | {"cat/odd.tif": odd})
    assert reason in dict(report.skipped)["cat/odd.tif"]


def png16(values: np.ndarray) -> bytes:
    """A PNG with 16 bits a channel, (h, w, 3) uint16; Pillow writes none."""
    import struct
    import zlib

    h, w, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_colors_of_16_bits_are_said_and_refused_where_nothing_would_be_left(tmp_path):
    color = np.repeat((RAMP * 458).astype(np.uint16)[..., None], 3, axis=2)
    _, report = taken(tmp_path, each("cat", "dog") | {"cat/deep.png": png16(color), "dog/low.png": png16(color // 16)})
    assert "1 pictures have colors of 16 bits a channel; the upper 8 were kept." in report.notes
    assert "only the lowest 12 are used" in dict(report.skipped)["dog/low.png"]


def test_what_else_is_done_to_pictures_is_counted(tmp_path):
    clear = Image.fromarray(np.full((12, 12, 4), 100, dtype=np.uint8))
    turned = Image.new("RGB", (12, 12)).getexif()
    turned[0x0112] = 6
    frames = [Image.new("RGB", (12, 12), color) for color in ("red", "blue")]
    files = each("cat", "dog") | {
        "cat/clear.png": packed(clear),
        "cat/opaque.png": packed(Image.new("RGBA", (12, 12), "red")),
        "dog/turned.jpg": picture(8, format="JPEG", exif=turned.tobytes()),
        "dog/moving.gif": packed(frames[0], format="GIF", save_all=True, append_images=frames[1:]),
        "dog/ink.jpg": picture(9, mode="CMYK", format="JPEG"),
    }
    notes = said(taken(tmp_path, files)[1])
    for words in ("1 pictures have parts that are transparent", "1 pictures have several frames", "1 pictures were turned upright",
                  "1 pictures were brought to RGB from the colors of printing"):  # fmt: skip
        assert words in notes


# ── sizes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cut_and_resized_pictures_are_counted_and_the_end_at_64_is_said(tmp_path):
    files = {f"{name}/{i}.png": picture(i, (90, 80)) for name in ("cat", "dog") for i in range(3)}
    files["cat/square.png"] = picture(9, (64, 64))
    info, report = taken(tmp_path, files)
    assert info.size == 64 and "6 of 7 pictures were cut square at their center." in report.notes
    assert "6 of 7 pictures were resized to 64×64" in said(
        report
    ) and "More than 64 has to be asked for: --size 80." in said(report)


def test_a_size_can_be_asked_for_and_belongs_to_the_name(tmp_path):
    root = put(
        tmp_path / "pets", {f"{name}/{i}.png": picture(i, (90, 80)) for name in ("cat", "dog") for i in range(3)}
    )
    usual, larger = datasets.load(f"folder:{root}"), datasets.load(f"folder:size=80:{root}")
    assert (usual.size, larger.size) == (64, 80) and usual.fingerprint != larger.fingerprint
    assert larger.name == f"folder:size=80:{root}" and datasets.load(larger.name).fingerprint == larger.fingerprint
    assert "has to be asked for" not in "".join(larger.notes)
    own.add(root, "pets", size=80)
    assert datasets.load("own/pets").size == 80
    with pytest.raises(BadSetting, match="another size"):
        own.add(root, "pets", size=32)
    with pytest.raises(BadSetting, match="--size 32"):
        datasets.load("own/pets:size=32")
    for wrong in ("half", "4"):
        with pytest.raises(BadSetting, match="size="):
            datasets.load(f"folder:size={wrong}:{root}")


def test_what_was_remembered_by_an_earlier_reader_is_read_again(tmp_path, monkeypatch):
    root = put(tmp_path / "pets", each("cat", "dog"))
    datasets.load(f"folder:{root}")
    read = []
    monkeypatch.setattr(own, "read", lambda *a: read.append(a) or reading.read(*a))
    datasets.load(f"folder:{root}")
    monkeypatch.setattr(own, "READER", 99)
    datasets.load(f"folder:{root}")
    assert len(read) == 1
