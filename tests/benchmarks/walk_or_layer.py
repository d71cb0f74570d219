"""The ablation “The walk or one layer” with students of several networks: `python -m tests.benchmarks.walk_or_layer FILE`.

Every cell (space, images per class, seed) is distilled once; one student of each network is trained on it under the method's own
protocol. The lines of FILE are its cells; those that are there are not made again, so that it can be stopped and started.
Beside them: as many random real images, the start without any search, and the same objective in pixels.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from pathlib import Path

import torch

from distill_core.datasets import load
from distill_core.evaluation.continual import Memory
from distill_core.evaluation.transfer import Source
from distill_core.job import Job, ask
from distill_core.method import drained
from distill_core.methods import registry

Cell = dict[str, object]
BESIDE: dict[str, tuple[str, dict[str, object]]] = {
    "random real": ("random", {}),
    "pixels": ("dm", {"iterations": 100}),
}
FIXED = {
    "space": "all_layers",
    "looks": 21,
    "measure": "fixed_probes",
}  # no classifier has to be trained for the distance


def spaces() -> dict[str, tuple[str, dict[str, object]]]:
    """By label: method and settings."""
    card = registry()["hglad"].card
    (found,) = (one for one in card.ablations if one.title == "The walk or one layer")
    cases = {label: ("hglad", dict(case)) for label, case in found.axes[0].cases.items()}
    return {**BESIDE, **cases, "fixed networks": ("hglad", dict(FIXED))}


def cell(label: str, method: str, settings: dict[str, object], job: Job, networks: list[str]) -> Cell:
    """Distill, and train one student of each network."""
    real = load(job.data)
    result = drained(registry()[method].build(settings).distill(job))
    right = {}
    for network in networks:
        memory: Memory = Source("", result, real, None, job.seed).memory(job, network)
        right[network] = drained(memory.point("distilled", range(len(real.classes)), job.seed))
    about = {"space": label, "data": job.data, "ipc": job.ipc, "seed": job.seed, "epochs": job.epochs}
    return {**about, "protocol": job.protocol, "accuracy": right}


def missing(done: list[Cell], args: argparse.Namespace) -> Iterator[tuple[str, str, dict[str, object], Job]]:
    known = {(one["space"], one["data"], one["ipc"], one["seed"]) for one in done}
    for seed in args.seeds:
        for ipc in args.ipc:
            for label, (method, own) in spaces().items():
                settings = {"batch_real": args.batch_real, **own} if args.batch_real and own else own
                if label == "the walk" and args.judge:
                    settings = {**settings, "measure.network": args.judge}
                if label in args.spaces and (label, args.data, ipc, seed) not in known:
                    asked = {"data": args.data, "ipc": ipc, "seed": seed, "protocol": "dsa", "epochs": args.epochs}
                    asked |= {"teacher": args.network} if args.network else {}
                    yield label, method, settings, ask(**asked, device=args.device)


def table(done: list[Cell]) -> None:
    """Mean ± s.d. over seeds: the network that was matched, and the mean of the others."""
    for data, ipc in sorted({(str(one["data"]), int(str(one["ipc"]))) for one in done}):
        print(f"{data}, {ipc} per class")
        for label in spaces():
            mine = [one["accuracy"] for one in done if (one["space"], one["data"], one["ipc"]) == (label, data, ipc)]
            sides = [[], []]
            for right in mine:
                first, *others = right.values()
                sides[0].append(100 * first)
                sides[1] += [100 * statistics.fmean(others)] if others else []
            said = [
                f"{statistics.fmean(s):.1f}±{statistics.stdev(s) if len(s) > 1 else 0:.1f}" if s else "–" for s in sides
            ]
            print(f"  {label:12} {said[0]:>12} {said[1]:>12}   {len(mine)} seeds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--ipc", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--network", default="", help="the network that is matched; the method's own where empty")
    parser.add_argument("--judge", default="", help="the classifier of the walk's distance; its own where empty")
    parser.add_argument("--networks", nargs="+", default=["auto", "mlp", "lenet", "alexnet"])
    parser.add_argument("--spaces", nargs="+", default=list(spaces()), choices=list(spaces()))
    parser.add_argument(
        "--batch-real", type=int, default=0, help="real images of each class a step; 0: the method's own"
    )
    parser.add_argument("--table", action="store_true", help="print what is there, make nothing")
    args = parser.parse_args()
    torch.set_num_threads(1)
    done = [json.loads(line) for line in args.file.read_text().splitlines()] if args.file.is_file() else []
    for label, method, settings, job in () if args.table else missing(done, args):
        done.append(cell(label, method, settings, job, args.networks))
        with args.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(done[-1]) + "\n")
        print(json.dumps(done[-1]), flush=True)
    table(done)


if __name__ == "__main__":
    main()
