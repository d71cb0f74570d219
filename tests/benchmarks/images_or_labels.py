"""What the images are worth and what the labels: `python -m tests.benchmarks.images_or_labels FILE --data fashion-mnist`.

Several sets are distilled with the same teachers and taught for as many updates to the same student, under hard labels, under one fixed
mean answer of all teachers for each image (mixed along by MixUp), and under their answers on every view. Beside them as many real images,
drawn at random (anew for every seed) or chosen well, as many random ones as INFER's bytes would hold, and as many as its students see.
Batches of a set are of equal size, the nearest to the one asked for: a rest of two images would ruin a student's batch norm.
Every line of FILE is a set and a seed with its three accuracies; those that are there are not made again, so that it can be stopped and
started.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from torch import Generator, nn

from distill_core.datasets import RealSet, load
from distill_core.evaluation.choosing import as_taught
from distill_core.evaluation.protocols import Protocol, find
from distill_core.evaluation.students import accuracy, train_student
from distill_core.job import Job, ask
from distill_core.method import drained
from distill_core.methods import registry
from distill_core.pieces.ensemble import find_teachers
from distill_core.results import Result

Line = dict[str, object]
TEACHERS = "auto:width=32+wrn:depth=10,width=1+vgg11:norm=batch,width=4+shufflenetv1:units=2,width=0.2"
CHOSEN = ("random", "kmeans", "herding", "el2n", "forgetting", "ccs", "confident")
LEARNED = ("dm", "dc", "dsa", "mtt", "rded", "sre2l", "dwa", "hglad")
BESIDE = ("infer", "naturals", "random, equal bytes", "random, as many images")
SETS = ("random", *LEARNED, *BESIDE, *CHOSEN[1:])


def protocols(batch: int) -> dict[str, Protocol]:
    """Three kinds of labels with one optimizer, augmentation and batch; MixUp wherever labels are soft."""
    static = find("infer").with_(batch=batch)
    hard = static.with_(labels="hard", mix="none", temperature=1.0)
    return {"hard": hard, "static": static, "live": static.with_(labels="teacher")}


def settings(name: str, args: argparse.Namespace) -> dict[str, object]:
    """What a method is told beside its quick defaults: the teachers' epochs, the iterations, the experts."""
    several = {"squeeze.backbones": TEACHERS, "squeeze.epochs": args.teacher_epochs}
    squeeze = {"squeeze.epochs": args.teacher_epochs}
    choosing, dynamics = {}, {}
    if args.choosing_epochs:
        choosing, dynamics = squeeze, {"dynamics.networks": 1, "dynamics.epochs": args.choosing_epochs}
    looked = {"space.iterations": 100 if args.ipc == 1 else 10}  # ten updates each, with more than one image of a class
    return {
        "dc": looked,
        "dsa": looked,
        "mtt": {
            "space.iterations": 100,
            "objective.experts": 2,
            "objective.train_epochs": 4,
            "objective.last_start": 2,
        },
        "infer": {**several, "compensators.iterations": args.iterations},
        "naturals": {**several, "compensators": "none", "compensators.count": "beside"},
        "sre2l": {**squeeze, "recover.iterations": args.iterations},
        "dwa": {**squeeze, "recover.iterations": args.iterations},
        "rded": squeeze,
        **dict.fromkeys(("herding", "confident"), choosing),
        **dict.fromkeys(("el2n", "forgetting", "ccs"), dynamics),
    }.get(name, {})


def distilled(name: str, job: Job, args: argparse.Namespace) -> Result:
    method = {"naturals": "infer"}.get(name, name)
    return drained(registry()[method].build(settings(name, args)).distill(job))


def line(name: str, result: Result, real: RealSet, labeler: str, seed: int, args: argparse.Namespace) -> Line:
    """One student under each kind of labels, for as many updates each."""
    teacher: nn.Module = find_teachers(labeler, real, torch.device("cpu"))
    right, images = {}, len(result.lesson(0, Generator().manual_seed(0)).labels)
    plain = result.with_(soft_labels=None, teacher=labeler, dial={}, stored_bytes=0)
    for kind, protocol in protocols(args.batch).items():
        if kind not in args.labels:
            continue
        parts = max(1, round(images / protocol.batch))
        even, epochs = protocol.with_(batch=-(-images // parts)), max(1, round(args.updates / parts))
        source = as_taught(plain, even, real, teacher)
        trained = drained(
            train_student(source, even, real, seed=seed, student=args.student, teacher=teacher, epochs=epochs)
        )
        right[kind] = {"accuracy": accuracy(trained.network, real.test, real), "updates": trained.steps}
    return {"set": name, "seed": seed, "images": images, "bytes": result.bytes.images, "right": right}


def rivals(name: str, job: Job, known: dict[str, Line]) -> Job:
    """As many random real images of each class as INFER's bytes hold, or as its students see."""
    infer, one = known["infer"], load(job.data)
    classes, pixels = len(one.classes), one.channels * one.size**2
    count = int(str(infer["bytes"])) / pixels if name == "random, equal bytes" else int(str(infer["images"]))
    return job.model_copy(update={"ipc": -(-int(count) // classes)})


def work(args: argparse.Namespace, done: list[Line]) -> None:
    real = load(args.data)
    for seed in args.seeds:
        known = {str(one["set"]): one for one in done if one["seed"] == seed}
        labeler = ""
        for name in args.sets:
            if name in known:
                continue
            job = ask(data=args.data, ipc=args.ipc, seed=seed, teacher="auto:width=32", device="cpu")
            if not labeler:  # the teachers are at hand after the first run; the naturals alone cost nothing
                labeler = distilled("naturals", job.model_copy(update={"ipc": 10}), args).teacher
            asked = rivals(name, job, known) if name.startswith("random,") else job
            began = time.perf_counter()
            result = distilled(name.partition(",")[0], asked, args)
            took = round(time.perf_counter() - began, 1)
            known[name] = {**line(name, result, real, labeler, seed, args), "seconds": took}
            done.append(known[name])
            with args.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[name]) + "\n")
            print(json.dumps(known[name]), flush=True)


def table(done: list[Line], args: argparse.Namespace) -> None:
    """Mean ± s.d. over seeds, in percent."""
    for name in SETS:
        mine = [one for one in done if one["set"] == name]
        if not mine:
            continue
        said = []
        for kind in protocols(args.batch):
            values = [100 * one["right"][kind]["accuracy"] for one in mine if kind in one["right"]]  # type: ignore[index,operator]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            said.append(f"{statistics.fmean(values):.1f}±{spread:.1f}" if values else "–")
        print(f"| {name} | {mine[0]['bytes']:,} | {mine[0]['images']:,} | {' | '.join(said)} | {len(mine)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--ipc", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--labels", nargs="+", default=list(protocols(64)))
    parser.add_argument("--student", default="auto:width=32")
    parser.add_argument("--updates", type=int, default=400)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=150)
    parser.add_argument("--teacher-epochs", type=int, default=3)
    said = "epochs of the one network that grades real images; 0: all that the methods train by themselves"
    parser.add_argument("--choosing-epochs", type=int, default=0, help=said)
    parser.add_argument("--table", action="store_true", help="print what is there, make nothing")
    args = parser.parse_args()
    torch.set_num_threads(1)
    done = [json.loads(one) for one in args.file.read_text().splitlines()] if args.file.is_file() else []
    if not args.table:
        work(args, done)
    table(done, args)


if __name__ == "__main__":
    main()
