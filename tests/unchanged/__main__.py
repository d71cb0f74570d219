"""Whether a change of the code changed a result: `python -m tests.unchanged --write FILE`, later `--against FILE`.

Every case is run from end to end in a home of its own on one thread; what is printed is a hash of the set, of the scores
and of everything that was cached. Hashes hold on the machine and with the torch that made them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from multiprocessing import Pool
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.unchanged.cases import CASES


def digest(*tensors: Any) -> str:
    found = hashlib.sha256()
    for tensor in tensors:
        if tensor is not None:
            found.update(str(tuple(tensor.shape)).encode() + tensor.contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def cached(folder: Path) -> list[str]:
    """A hash for the tensors of every file of the cache, sorted: names may change, contents may not."""
    from safetensors.torch import load_file

    found = []
    for path in folder.rglob("*.safetensors"):
        tensors = load_file(path)
        found.append(digest(*(tensors[name] for name in sorted(tensors))))
    return sorted(found)


def outcome(name: str) -> tuple[str, dict[str, Any]]:
    try:
        return name, _outcome(name)
    except Exception as error:  # noqa: BLE001 (one broken case must not hide the others)
        return name, {"set": f"{type(error).__name__}: {error}", "scores": [], "cache": []}


def _outcome(name: str) -> dict[str, Any]:
    import torch

    from distill_core.job import ask
    from distill_core.methods import method_class
    from distill_core.results import Pictures
    from distill_core.run import whole

    torch.set_num_threads(1)
    method, settings, job = CASES[name]
    with tempfile.TemporaryDirectory() as home:
        os.environ["DISTILL_STUDIO_HOME"] = home
        torch.manual_seed(0)
        kind = method_class(method)
        stream, scores = whole(kind.build(settings, saved=True), ask(**job)), []
        try:
            while True:
                event = next(stream)
                if event.kind == "scored" and event.subject != "real":  # that one is trained only where it is cheap
                    scores.append([event.subject, event.protocol, event.labels, list(event.accuracy)])
        except StopIteration as end:
            result = Pictures.of(end.value)
        return {
            "set": digest(result.images, result.labels, result.soft_labels),
            "scores": scores,
            "cache": cached(Path(home) / "cache"),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    names = [name for name in CASES if given.only in name]
    with Pool(2) as pool:
        found = {}
        for name, one in pool.imap_unordered(outcome, names):
            found[name] = one
            print(name, one["set"], *(f"{100 * s[3][-1]:.1f}" for s in one["scores"]), *one["cache"], flush=True)
    if given.write:
        given.write.write_text(json.dumps(found, indent=1, sort_keys=True))
    wanted = json.loads(given.against.read_text()) if given.against else {}
    other = [name for name in found if name in wanted and wanted[name] != json.loads(json.dumps(found[name]))]
    for name in other:
        print(f"CHANGED {name}: {wanted[name]} → {found[name]}")
    if given.against:
        print(f"{len(found) - len(other)} of {len(found)} cases are as they were.")
    return bool(other)


if __name__ == "__main__":
    sys.exit(main())
