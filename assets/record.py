"""Makes what lies here: `python -m assets.record [clothes] [teachers] [priors] [scores] [recordings] [looks]
[rankings] [sheets] [catalog]`.

After `recordings`, names of recordings make these alone, after `sheets` names of methods. Everything comes from our engine on the bundled data sets, with fixed seeds, on the CPU with one thread. Teachers and
scores are found by content, so a changed recipe needs a new run of this file; a test says when one is missing.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).parent
SETS = ("digits", "digits:size=8", "digits:size=32", "fashion", "shapes", "shapes:size=16")
SEVERAL = ("digits", "shapes")  # for these the small networks of INFER's quick settings ship too
PRIORS = ("fashion-mnist", "digits", "shapes")
STUDENTS = 3
SMALL_NET = (
    "convnet:norm=instance,width=32"  # the matched network and the student of the clothes: a minute on two cores
)
CLOTHES = {"teacher": SMALL_NET, "student": SMALL_NET, "epochs": 300}
RECORDINGS: dict[
    str, dict[str, Any]
] = {  # played on the start page; the others are opened as runs by the pages that explain them
    "dm-fashion-ipc1": {"ipc": 1, **CLOTHES},
    "dm-fashion-ipc10": {"ipc": 10, **CLOTHES},
    "dwa-digits-ipc1": {"ipc": 1},
    "dwa-digits-ipc10": {"ipc": 10},
}
EXAMPLES: dict[str, dict[str, Any]] = {"hglad-digits-ipc1": {"ipc": 1}, "hglad-fashion-ipc1": {"ipc": 1, **CLOTHES}}
THINNED: dict[
    str, dict[str, Any]
] = {  # every fourth of their images; other seeds, so that a method can be judged, not one set
    **{f"dm-fashion-ipc1-s{seed}": {"ipc": 1, "seed": seed, **CLOTHES} for seed in (1, 2)},
    "infer-digits-ipc10": {"ipc": 10},
}
LOOKED = {"infer-digits-ipc10": "factors", "dm-fashion-ipc10": "spread", "dm-fashion-ipc1": "spread"}
LOOKED |= {f"dwa-digits-ipc10-s0-{mark}": "spread" for mark in ("1e3d", "5335")}  # pages open on these
BESIDE = "kmeans"  # the set of averages that is judged by the same students as a recording with hard labels
RANKED = {"each": 3, "draws": 2, "short": 10, "long": 100}
RANKINGS: dict[str, dict[str, Any]] = {
    "hglad-digits-ipc1": {**RANKED, "above": "85 91"},
    "hglad-fashion-ipc1": {**RANKED, "above": "55 65"},
}


def drain(stream: Any) -> Any:
    """Run a stream to its end; what it returns."""
    last = ""
    while True:
        try:
            event = next(stream)
        except StopIteration as end:
            return end.value
        if event.kind == "scalars" and event.step % 50 == 0 and str(event) != last:
            last = str(event)
            print(" ", event.step, {k: round(v, 3) for k, v in event.values.items()}, flush=True)


def clothes() -> None:
    """The first 500 training and 100 test images of each class of Fashion-MNIST, one picture each. Needs its files (see `vision`)."""
    import numpy as np
    from PIL import Image

    from distill_core.datasets import fashion, vision

    source = vision.SOURCES["fashion-mnist"]
    root = next((str(one) for one in vision.roots() if source.there(one)), None)
    if root is None:
        sys.exit(
            f"The files of Fashion-MNIST were looked for in {', '.join(map(str, vision.roots()))}; name their folder in DISTILL_STUDIO_DATA."
        )
    fashion.FILES.mkdir(exist_ok=True)
    for part, each in fashion.EACH.items():
        whole = source.made_by()(root, train=part == "train")
        images, labels = np.asarray(whole.data), np.asarray(whole.targets)
        rows = [np.concatenate(images[np.flatnonzero(labels == one)[:each]], 1) for one in range(10)]
        Image.fromarray(np.concatenate(rows, 0)).save(fashion.FILES / f"{part}.png", optimize=True)


def teachers() -> None:
    """A teacher for each bundled set with the recipe that methods use by default, INFER's other ones, and their card."""
    from distill_core.datasets import load
    from distill_core.home import studio_home
    from distill_core.methods.infer import SMALL
    from distill_core.networks import resolve
    from distill_core.pieces.teach import SqueezeRecipe, squeeze, teacher_key

    (HERE / "teachers").mkdir(exist_ok=True)
    card = HERE / "teachers" / "card.json"
    before = json.loads(card.read_text(encoding="utf-8"))["teachers"] if card.is_file() else {}
    cards, wanted = {}, set()
    asked = [(name, "auto") for name in SETS] + [(name, spec) for name in SEVERAL for spec in SMALL.split("+")[1:]]
    for name, network in asked:
        real = load(name)
        spec = resolve(network, channels=real.channels, size=real.size)
        key = teacher_key(real, spec, SqueezeRecipe())
        wanted.add(key)
        print(f"teacher {key} for {real.name}: {spec}", flush=True)
        teacher = drain(squeeze(real, network, SqueezeRecipe(), torch.device("cpu")))
        made = studio_home() / "cache" / f"teacher-{key}.safetensors"
        if made.is_file():
            shutil.copyfile(made, HERE / "teachers" / f"{key}.safetensors")
        with_torch = torch.__version__ if made.is_file() else before[key]["torch"]
        cards[key] = {
            **teacher.about,
            "bytes": teacher.bytes,
            "measured_on": f"{len(real.test.labels)} real test images",
            "torch": with_torch,
        }
    for old in (HERE / "teachers").glob("*.safetensors"):
        if old.stem not in wanted:
            old.unlink()
    said = {"made_by": "python -m assets.record teachers", "teachers": cards}
    card.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def priors() -> None:
    """A small generator for each set below, with measured quality beside it."""
    from distill_core.datasets import load
    from distill_core.home import studio_home
    from distill_core.priors.quality import card, measured
    from distill_core.priors.recipes import recommended
    from distill_core.priors.sheet import write
    from distill_core.priors.train import prior_key, trained

    (HERE / "priors").mkdir(exist_ok=True)
    cards = {}
    for name in PRIORS:
        real = load(name)
        recipe = recommended(real.name)
        key = prior_key(real, recipe)
        print(f"prior {key} for {real.name}", flush=True)
        network = drain(trained(real, recipe, torch.device("cpu")))
        made = studio_home() / "cache" / f"prior-{key}.safetensors"
        if made.is_file():
            shutil.copyfile(made, HERE / "priors" / f"{key}.safetensors")
        about = {"data": real.name, "fingerprint": real.fingerprint, "classes": list(real.classes)}
        about |= {"recipe": recipe.plain(), "key": key}
        write(network, HERE / "priors" / f"{key}.png")
        cards[key] = card(network, drain(measured(network, real, torch.device("cpu"))), about)
    for old in (HERE / "priors").glob("*.*"):
        if old.suffix in (".safetensors", ".png") and old.stem not in cards:
            old.unlink()
    chosen = (
        "Digits: the number of sharpening updates (300) was chosen among 0, 300 and 800 after seeing these qualities, which use "
        "test images. The others: recipes and the number of sharpening updates were chosen on validation images only."
    )
    said = {"made_by": "python -m assets.record priors", "torch": torch.__version__, "chosen": chosen, "priors": cards}
    (HERE / "priors" / "card.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def scores() -> None:
    """What students of the whole real set reach, for each bundled set; what is there is kept."""
    from distill_core.datasets import load
    from distill_core.evaluation import measure_whole
    from distill_core.evaluation.whole import whole_entry, whole_key
    from distill_core.networks import resolve

    file, wanted = HERE / "scores.json", set()
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    asked = [*itertools.product(SETS, ("auto", "auto:norm=instance")), ("fashion", SMALL_NET)]
    for name, spec in asked:
        real = load(name)
        student = resolve(spec, channels=real.channels, size=real.size)
        key = whole_key(real, student)
        wanted.add(key)
        if key not in known:
            print(f"all real data of {real.name}, {student}", flush=True)
            known[key] = whole_entry(real, drain(measure_whole(real, student, STUDENTS)))
            file.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    kept = {key: one for key, one in known.items() if key in wanted}
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def finished(method: str, job: dict[str, Any], name: str) -> tuple[Any, dict[str, Any]]:
    """The folder and the last state of a run with the method's own settings, driven as any run is."""
    from distill_core.home import studio_home
    from distill_core.methods import registry
    from distill_core.record.folder import RunFolder
    from distill_core.run import whole
    from distill_core.work.sitting import drive_run

    print(f"recording {name}", flush=True)
    folder = RunFolder.create(studio_home(), method, registry()[method]().plain(), job, name=name)
    state = drive_run(folder, whole, registry())
    assert state["state"] == "finished", state
    return folder, state


def last_score(folder: Any, subject: str) -> dict[str, Any]:
    from distill_core.record.log import Timeline

    return [one for one in Timeline.all(folder) if one["kind"] == "scored" and one["subject"] == subject][-1]


def whole_of(data: str, folder: Any) -> list[dict[str, Any]]:
    """What the same students reach on all real data, where that is known and the run does not say it."""
    from distill_core.datasets import load
    from distill_core.evaluation.whole import known_whole
    from distill_core.record.log import Timeline

    if any(one["kind"] == "scored" and one["subject"] == "real" for one in Timeline.all(folder)):
        return []
    whole = known_whole(load(data), last_score(folder, "distilled")["student"])
    return [{**asdict(whole), "kind": "scored", "n": 0}] if whole else []


def shelf_of(name: str) -> Path:
    """Where a recording lies."""
    return HERE / ("recordings" if name in RECORDINGS else "examples") / name


def _copy(folder: Any, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for part in ("job.json", "state.json", "events.jsonl", "set.safetensors", "sheets", "arrays"):
        source = folder.path / part
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target / part)


def recordings() -> None:
    """The runs that ship with the studio, driven as any run is; no checkpoints, no logs."""
    from assets.ship import ship_run

    every = RECORDINGS | EXAMPLES | THINNED
    for name in [name for name in every if name in sys.argv] or every:
        method, data = name.split("-")[:2]
        job = {"data": data, "seed": 0, "students": STUDENTS, "device": "cpu", **every[name]}
        folder, state = finished(method, job, name)
        target = shelf_of(name)
        if name in THINNED:
            ship_run(folder, name)
        else:
            _copy(folder, target)
        machine = f"{os.cpu_count()}-core {platform.machine()} CPU, one thread"
        made = {
            "command": "python -m assets.record recordings",
            "machine": machine,
            "versions": {"torch": torch.__version__, "python": platform.python_version()},
        }
        if (score := last_score(folder, "distilled"))["labels"] == "hard":
            made["beside"] = whole_of(data, folder)
            if name in RECORDINGS:
                means, _ = finished(BESIDE, {**job, "protocol": score["protocol"]}, f"{BESIDE} beside {name}")
                made["beside"].insert(0, {**last_score(means, "distilled"), "subject": "mean"})
        (target / "recording.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        print(
            f"  {sum(f.stat().st_size for f in target.rglob('*') if f.is_file()) / 1e6:.2f} MB",
            state["scores"],
            flush=True,
        )


def looks() -> None:
    """What a worker finds in the examples of the pages, so that they open with their pictures: kept with the example."""
    import time

    from distill_core.home import studio_home
    from distill_core.looks import factors, spread
    from distill_core.record import archive
    from distill_core.record.folder import RunFolder

    for name, look in LOOKED.items():
        shelf = shelf_of(name)
        shutil.rmtree(shelf / "planes", ignore_errors=True)
        run = archive.copy_run(studio_home(), RunFolder(shelf))
        assert run.id == name, f"{run.id} is in the library already; use an empty home"
        began = time.perf_counter()
        if look == "factors":
            factors.compute(studio_home(), name)
        else:
            while spread.compute(studio_home(), [name])["left"]:
                pass
        print(f"{look} of {name}: {time.perf_counter() - began:.0f} s", flush=True)
        (shelf / "planes").mkdir()
        for file in sorted((run.path / "planes").glob("*.*")):
            shutil.copyfile(file, shelf / "planes" / file.name)


def rankings() -> None:
    """How well each distance orders the candidates of the examples and sets beside them; kept with the example.

    With DISTILL_STUDIO_HOME set, what was made and judged before is found there: killed and started again, it goes on.
    """
    from distill_core.home import studio_home
    from distill_core.record import archive, findings
    from distill_core.record.folder import RunFolder
    from distill_core.studies import askable, whole
    from distill_core.work.sitting import drive_run

    for name in [name for name in RANKINGS if name in sys.argv] or RANKINGS:
        there = studio_home() / "runs" / name
        run = (
            RunFolder(there) if there.is_dir() else archive.copy_run(studio_home(), RunFolder(HERE / "examples" / name))
        )
        made = run.request()["job"]
        job = {
            "data": made["data"],
            "ipc": made["ipc"],
            "seed": 0,
            "students": STUDENTS,
            "student": made["student"],
            "epochs": 300,
            "device": "cpu",
        }
        folder = RunFolder.create(
            studio_home(), "ranking", {"run": run.id, **RANKINGS[name]}, job, name=f"ranking of {name}"
        )
        print(f"ranking {name}", flush=True)
        state = drive_run(folder, whole, askable())
        assert state["state"] == "finished", state
        newest = next(one for one in findings.every(studio_home(), "ranking") if one["run"] == run.id)
        target = HERE / "examples" / name / "findings"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        shutil.copyfile(run.path / "findings" / newest["file"], target / newest["file"])


def sheets() -> None:
    """What each method's images look like and teach: digits, one image per class, seed 0, its own settings; and what it took.

    Names of methods after `sheets` make these alone.
    """
    from PIL import Image

    from distill_core.job import Job
    from distill_core.methods import registry
    from distill_core.pieces.show import to_uint8
    from distill_core.priors.decoding import DECODERS
    from distill_core.results import load_result

    (HERE / "methods").mkdir(exist_ok=True)
    file = HERE / "methods" / "card.json"
    known = json.loads(file.read_text(encoding="utf-8"))["methods"] if file.is_file() else {}
    job = Job(data="digits", ipc=1, seed=0, students=STUDENTS, device="cpu")
    for name in [one for one in registry() if one in sys.argv] or registry():
        asked = job if registry()[name]().why_not(job) is None else job.model_copy(update={"ipc": 2})  # some need two
        folder, state = finished(name, asked.model_dump(), f"sheet of {name}")
        row = to_uint8(load_result(folder.path / "set.safetensors", DECODERS).preview(1))
        pixels = row.transpose(1, 0, 2, 3).reshape(row.shape[1], -1)
        Image.fromarray(pixels).save(HERE / "methods" / f"{name}.png", optimize=True)
        took = round(state["scores"]["distilled"]["budget"]["distill_seconds"], 1)
        scores = {
            subject: {key: one[key] for key in ("accuracy", "std", "n", "draws", "labels", "student") if key in one}
            for subject, one in state["scores"].items()
            if subject in ("distilled", "random")
        }
        known[name] = {"seconds": took, "ipc": asked.ipc, "torch": torch.__version__, "scores": scores}
        machine = f"{os.cpu_count()}-core {platform.machine()} CPU, one thread"
        said = {"made_by": "python -m assets.record sheets", "job": job.model_dump(), "machine": machine}
        file.write_text(json.dumps({**said, "methods": known}, indent=1) + "\n", encoding="utf-8")


def catalog() -> None:
    """What the engine can do, for pages that open before a worker has written its own."""
    from distill_core.work.catalogue import build

    (HERE / "catalog.json").write_text(json.dumps(build(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


PARTS = {"clothes": clothes, "teachers": teachers, "priors": priors, "scores": scores, "recordings": recordings}
PARTS |= {"looks": looks, "rankings": rankings, "sheets": sheets, "catalog": catalog}


def main() -> None:
    from distill_core.methods import registry

    named = {*RECORDINGS, *EXAMPLES, *THINNED, *registry()}
    asked = [one for one in sys.argv[1:] if one not in named] or [name for name in PARTS if name != "clothes"]
    if unknown := set(asked) - set(PARTS):
        sys.exit(f"There is no part called {min(unknown)!r}. Parts: {', '.join(PARTS)}.")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("DISTILL_STUDIO_HOME", home)
        for part in asked:
            PARTS[part]()


if __name__ == "__main__":
    main()
