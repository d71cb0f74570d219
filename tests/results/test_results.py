"""Every kind of result: its file, its bytes, its preview, what it teaches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from distill_core.errors import BadRecord
from distill_core.results import Adapted, Bytes, Generated, Lesson, Pictures, load_result, walls
from tests.results.kinds import CLASSES, DECODERS, every, factored, generated, pictures, seeded

ROOT = Path(__file__).parents[2]
KINDS = sorted(every())


@pytest.fixture(params=KINDS)
def result(request):
    return every()[request.param]


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(str(path), framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_saved_loaded_and_saved_again_is_the_same_file(result, tmp_path):
    result.save(tmp_path / "a.safetensors")
    back = load_result(tmp_path / "a.safetensors", DECODERS)
    back.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    one, two = (each.lesson(3, seeded()) for each in (result, back))
    assert type(back) is type(result) and torch.equal(one.images, two.images) and torch.equal(one.labels, two.labels)
    assert torch.equal(result.ids, back.ids) and (back.shape, back.bytes) == (result.shape, result.bytes)
    for name in ("classes", "mean", "std", "protocol", "teacher", "stages", "about", "steady"):
        assert getattr(back, name) == getattr(result, name), name


@pytest.mark.parametrize("kind", ["pictures", "factored", "generated", "generated anew"])
def test_bytes_are_what_the_file_holds(kind, tmp_path):
    """Beside the header: hard labels that the order says, and ids, are not counted."""
    result = every()[kind]
    result.save(tmp_path / "a.safetensors")
    held = {name: t.nbytes for name, t in tensors_of(tmp_path / "a.safetensors").items()}
    labels = held.pop("labels", 0)
    assert result.bytes.total == sum(held.values())
    assert (tmp_path / "a.safetensors").stat().st_size - result.bytes.total - labels < 1500


def test_bytes_by_what_they_are():
    soft = torch.zeros(20, CLASSES)
    assert pictures(soft_labels=soft).bytes == Bytes(images=20 * 64, labels=2 * 200)
    assert pictures(quantized=False).bytes == Bytes(images=20 * 64), "as the field counts"
    assert factored().bytes == Bytes(images=3 * 10 * 64 + 2 * 3 * 2 * 64)
    weights = 4 * (14 * 64 + 64)
    assert generated().bytes == Bytes(images=4 * 20 * 4, generators=weights)
    assert generated(anew=True).bytes == Bytes(generators=weights)


def test_every_lesson_has_an_image_for_every_label(result):
    lesson = result.lesson(0, seeded())
    assert len(lesson) == len(result) == len(result.ids) and tuple(lesson.images.shape[1:]) == result.shape
    assert torch.equal(lesson.labels, result.labels) and lesson.stages == result.stages
    assert lesson.images.dtype == torch.float32 and lesson.images.min() >= 0 and lesson.images.max() <= 1


def test_a_steady_lesson_costs_nothing():
    result = pictures()
    assert result.lesson(0, seeded()) is result.lesson(7, seeded(1))
    assert result.lesson(0, seeded()).images.data_ptr() == result.images.data_ptr(), "no copy"
    for other in (factored(), generated()):
        assert other.steady and other.lesson(0, seeded()) is other.lesson(1, seeded())


def test_pictures_of_any_kind_lose_nothing(result):
    made = Pictures.of(result)
    lesson = result.lesson(0, seeded())
    assert torch.equal(made.images, lesson.images) and torch.equal(made.labels, result.labels)
    assert made.about == result.about and torch.equal(made.ids, result.ids) and Pictures.of(made) is made


# ── the wall ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wall_shows_one_of_each_class_then_the_next():
    labels = torch.tensor([1, 1, 0, 2, 0, 1])
    assert walls(labels).tolist() == [2, 0, 3, 4, 1, 5]
    assert walls(labels, 1).tolist() == [2, 0, 3] and walls(labels[:0]).tolist() == []


def test_the_preview_is_slice_major(result):
    lesson, shown = Pictures.of(result), result.preview(2)
    assert shown.shape == (2 * CLASSES, 1, 8, 8) and len(result.preview()) == len(result)
    assert torch.allclose(shown, lesson.images[walls(result.labels, 2)], atol=1e-6)


# ── two factors ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shown", [True, False])
def test_the_sum_is_the_formula(shown):
    """clip(natural + compensator), image by image in double precision: the naturals, then teacher by teacher."""
    result = factored(shown)
    wanted, labels = [], []
    for teacher in range(-1 if shown else 0, 2):
        for group in range(3):
            for label in range(CLASSES):
                image = result.naturals[group, label].double() / 255
                if teacher >= 0:
                    image = image + result.compensators[group, teacher].double()
                wanted.append(image.clamp(0, 1))
                labels.append(label)
    lesson = result.lesson(0, seeded())
    assert len(lesson) == CLASSES * 3 * (3 if shown else 2) and lesson.labels.tolist() == labels
    torch.testing.assert_close(lesson.images.double(), torch.stack(wanted), atol=1e-7, rtol=0)


def test_all_classes_of_a_group_share_what_is_added():
    result = factored(shown=False).with_(naturals=torch.full((3, CLASSES, 1, 8, 8), 128, dtype=torch.uint8))
    images = result.lesson(0, seeded()).images.view(2, 3, CLASSES, 1, 8, 8)
    assert torch.equal(images, images[:, :, :1].expand_as(images))
    assert not torch.equal(images[0, 0], images[1, 0]) and not torch.equal(images[0, 0], images[0, 1])


def test_nothing_added_leaves_the_naturals():
    result = factored().with_(compensators=torch.zeros(3, 2, 1, 8, 8).half())
    images = result.lesson(0, seeded()).images.view(3, 3, CLASSES, 1, 8, 8)
    assert all(torch.equal(images[part], result.naturals.float() / 255) for part in range(3))


@pytest.mark.parametrize(
    "wrong",
    [{"naturals": torch.zeros(3, 9, 1, 8, 8).byte()}, {"compensators": torch.zeros(2, 2, 1, 8, 8).half()},
     {"compensators": torch.zeros(3, 2, 1, 8, 8)}, {"ids": torch.arange(4)}, {"mean": (0.5, 0.5)}],
)  # fmt: skip
def test_factors_that_do_not_belong_together(wrong):
    with pytest.raises(BadRecord, match="were wanted"):
        factored().with_(**wrong)


# ── a generator ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_codes_are_decoded_and_those_drawn_anew_differ():
    kept, anew = generated(), generated(anew=True)
    assert kept.steady and not anew.steady
    wanted = DECODERS["tiny"](kept).decode(kept.codes, kept.labels)
    torch.testing.assert_close(kept.lesson(0, seeded()).images, wanted.detach())
    one, same, other = (anew.lesson(0, seeded(seed)).images for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert torch.equal(anew.preview(1), anew.preview()[:CLASSES]) and not anew.preview(1).requires_grad


def test_a_generator_that_nobody_can_run_opens_and_says_so(tmp_path):
    generated().save(tmp_path / "a.safetensors")
    back = load_result(tmp_path / "a.safetensors", {"tinier": DECODERS["tiny"]})
    assert (back.bytes, back.about, len(back)) == (generated().bytes, generated().about, 20)
    with pytest.raises(BadRecord, match=r'called .tiny., which nothing here can run.* Did you mean "tinier"'):
        back.lesson(0, seeded())


def test_a_generator_of_other_images_is_refused():
    with pytest.raises(BadRecord, match=r"gave \(20, 1, 8, 8\); \(20, 1, 4, 16\) was wanted"):
        generated().with_(shape=(1, 4, 16)).with_(decoders={"tiny": lambda _: DECODERS["tiny"](generated())}).preview()


def test_our_own_generator_is_a_result(tmp_path):
    """Weights and latents of the style generator: the images are those of the network itself."""
    from distill_core.priors.decoding import DECODERS as OURS
    from distill_core.priors.style import StyleGenerator

    network = StyleGenerator(1, 8, CLASSES, width=4, seed=5).eval().requires_grad_(False)
    labels, z = torch.arange(CLASSES), network.sample(CLASSES, seeded())
    wanted = network(z, labels).clamp(0, 1)
    w = network.map(z, labels)
    for codes in ({"z": z}, {"w": w}):
        made = generated().with_(
            weights=network.state_dict(), codes=codes, labels=labels, ids=labels, decoder="style", decoders={}
        )
        made.save(tmp_path / "a.safetensors")
        back = load_result(tmp_path / "a.safetensors", OURS)
        assert torch.equal(back.lesson(0, seeded()).images, wanted)
    drawn = back.with_(codes={}).lesson(0, seeded()).images
    assert torch.equal(drawn, wanted), "z is drawn as the prior draws it"
    with pytest.raises(BadRecord, match="none of ours"):
        generated().with_(decoder="style", decoders=OURS).preview()


# ── lessons ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_adapted_lesson_is_made_once_for_each_lesson():
    made = []

    def change(lesson: Lesson) -> Lesson:
        made.append(lesson)
        return Lesson(lesson.images * 0, lesson.labels)

    steady = Adapted(pictures(), change)
    assert steady.lesson(0, seeded()) is steady.lesson(1, seeded()) and len(made) == 1
    anew = Adapted(generated(anew=True), change)
    assert not anew.steady and anew.lesson(0, seeded()) is not anew.lesson(1, seeded()) and len(made) == 3


def test_stages_have_to_add_up():
    with pytest.raises(BadRecord, match="do not add up"):
        pictures(stages=(3, 4)).lesson(0, seeded())


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_files_of_the_first_format_open(tmp_path):
    """Floats, ids, and a header that names no kind."""
    old = pictures(quantized=False)
    header = {"format": 1, "classes": old.classes, "mean": old.mean, "std": old.std, "protocol": "dwa"}
    header |= {"teacher": "k", "stages": (), "about": {"method": "dwa"}}
    tensors = {"images": old.images, "labels": old.labels, "ids": old.ids + 3}
    save_file(tensors, tmp_path / "a.safetensors", metadata={"distill_studio": json.dumps(header)})
    back = load_result(tmp_path / "a.safetensors")
    assert isinstance(back, Pictures) and torch.equal(back.images, old.images) and torch.equal(back.ids, old.ids + 3)
    assert (back.protocol, back.teacher, back.about) == ("dwa", "k", {"method": "dwa"})


@pytest.mark.parametrize("path", sorted((ROOT / "assets").rglob("set.safetensors")), ids=lambda path: path.parent.name)
def test_shipped_sets_open(path):
    assert len(load_result(path)) > 0


def test_what_can_be_whole_bytes_is_kept_as_bytes(tmp_path):
    pictures().save(tmp_path / "a.safetensors")
    pictures(quantized=False).save(tmp_path / "b.safetensors")
    kept = [tensors_of(tmp_path / f"{name}.safetensors")["images"].dtype for name in "ab"]
    assert kept == [torch.uint8, torch.float32]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 9}, "newer version"),
        ({"kind": "dreamed"}, "of kind 'dreamed', which is not known"),
        ({"kind": "factored"}, "it has no naturals|is damaged"),
        ({"kind": "generated"}, "is damaged"),
        ({"mean": [0.1, 0.2]}, "one mean and one s.d. per channel"),
        ({"stages": 3}, "is damaged"),
        (None, "our header is not there"),
    ],
)
def test_damaged_files_are_refused_with_a_sentence(change, says, tmp_path):
    path = tmp_path / "a.safetensors"
    pictures().save(path)
    with safe_open(str(path), framework="pt") as file:
        header = json.loads(file.metadata()["distill_studio"])
    said = None if change is None else {"distill_studio": json.dumps({**header, **change})}
    save_file(tensors_of(path), path, metadata=said)
    with pytest.raises(BadRecord, match=says):
        load_result(path)


def test_no_file_and_no_tensors(tmp_path):
    with pytest.raises(BadRecord, match="may not have finished"):
        load_result(tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").write_bytes(b"rubbish")
    with pytest.raises(BadRecord, match="not a readable"):
        load_result(tmp_path / "a.safetensors")


def test_generated_needs_a_code_for_every_label():
    with pytest.raises(BadRecord, match="as many codes as labels"):
        generated().with_(codes={"z": torch.zeros(3, 4)})
    assert isinstance(generated(), Generated)
