"""A set as a folder that is ready for a data hub: one parquet file with a column of images, and a card that says what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ...datasets import load
from ...errors import BadSetting, StudioError
from ...figures import ledger
from ...record.scores import Score
from ...results import Pictures
from ...results.header import Plain
from . import parquet

FILE = Path("data") / "train-00000-of-00001.parquet"
SUBJECTS = {"distilled": "this set", "random": "as many random real images", "real": "all real images"}


def write(result: Pictures, path: Path, scores: Mapping[str, Score] | None = None) -> list[str]:
    """Write the folder; what its form loses comes back as sentences. Read with `datasets.load_dataset(path)`, or any reader of parquet."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadSetting(f"{path} is there and not empty. Name a folder that is new.")
    (path / FILE).parent.mkdir(parents=True, exist_ok=True)
    parquet.write(result, path / FILE)
    (path / "README.md").write_text(card(result, (path / FILE).stat().st_size, scores or {}), encoding="utf-8")
    outside = bool((result.images < -1e-3).any() or (result.images > 1 + 1e-3).any())
    return ["Pixels outside of [0, 1] are cut off in pictures of 8 bits."] if outside else []


def card(result: Pictures, size: int, scores: Mapping[str, Score]) -> str:
    """The hub's card: what machines read between lines of dashes, then what people read."""
    about = result.about
    data, licence = str(about.get("data") or "unknown data"), _licence(about)
    method = str(about.get("method") or "imported")
    settings = json.dumps(about.get("settings") or {}, ensure_ascii=False, indent=1)
    job = json.dumps(about.get("job") or {}, ensure_ascii=False, indent=1)
    parts = [
        _header(result, size),
        f"# {data}, distilled by {method}",
        f"{len(result):,} images for {len(result.classes)} classes: {', '.join(result.classes[:20])}"
        f"{' …' if len(result.classes) > 20 else ''}. Students see `(pixels / 255 - mean) / std` with mean {list(result.mean)} and std "
        f"{list(result.std)}, under protocol `{result.protocol}`.",
        f"## Where it comes from\n\nReal data: {data}, fingerprint `{about.get('fingerprint') or 'not known'}`. Licence of the real "
        f"data: {licence}. Images made from them may fall under it.",
        f"## Method and settings\n\n`{method}`\n\n```json\n{settings}\n```\n\n```json\n{job}\n```",
        f"## Scores\n\n{_scores(scores)}",
        "Made with Distill Studio.",
    ]
    return "\n\n".join(parts) + "\n"


def _header(result: Pictures, size: int) -> str:
    """What a hub reads; JSON is YAML, and needs no quoting of ours."""
    names = {str(number): name for number, name in enumerate(result.classes)}
    features: list[Plain] = [
        {"name": "image", "dtype": "image"},
        {"name": "label", "dtype": {"class_label": {"names": names}}},
        {"name": "id", "dtype": "int64"},
    ]
    if result.soft_labels is not None:
        features.append({"name": "soft_label", "sequence": "float32"})
    split = {"name": "train", "num_bytes": size, "num_examples": len(result)}
    said: Plain = {
        "license": "other",
        "task_categories": ["image-classification"],
        "tags": ["dataset-distillation", "distill-studio"],
        "dataset_info": {"features": features, "splits": [split], "download_size": size, "dataset_size": size},
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*"}]}],
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in said.items()]
    return "\n".join(["---", *lines, "---"])


def _licence(about: Plain) -> str:
    """That of the real data, where these are at hand."""
    try:
        return load(str(about.get("job", {}).get("data") or about.get("data") or "")).licence or "not stated"
    except StudioError:
        return "not known here (the real data are not at hand)"


def _scores(scores: Mapping[str, Score]) -> str:
    if not scores:
        return "No students were trained on it yet."
    lines = [
        "| trained on | accuracy | students | network | protocol | labels | stored |",
        "|---|---|---|---|---|---|---|",
    ]
    for subject, one in scores.items():
        draws = f" ({one['draws']} draws)" if one.get("draws") else ""
        reached = f"{100 * one['accuracy']:.1f} ± {100 * one['std']:.1f} %{draws}"
        stored = ledger.sentence(one.get("budget") or {})
        said = (
            SUBJECTS.get(subject, subject),
            reached,
            one["n"],
            one["student"],
            one["protocol"],
            one.get("labels", ""),
            stored,
        )
        lines.append(f"| {' | '.join(str(cell).replace('|', '/') for cell in said)} |")
    return (
        "\n".join(lines)
        + "\n\nAccuracy on the real test part after the last epoch; ± is the s.d. over draws where there are several."
    )
