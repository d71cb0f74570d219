"""Charts are found by the ids of their quantities: no title, former name or pattern over labels is a key of the screen."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distill_core import quantities
from distill_core.home import ASSETS
from distill_core.quantities.table import ROWS
from pages.parts import packets, packing, spread, views

PAGES = Path(__file__).parents[2] / "pages"
SHIPPED = [*sorted(ASSETS.glob("recordings/*")), *sorted(ASSETS.glob("examples/*"))]
PICTURE = """
const { readFileSync } = await import("node:fs");
const { header, blob } = parsePacket(new Uint8Array(readFileSync(process.argv[2]))), run = new Run("run");
run.take(header.runs[0], blob);
const charts = typeof chartsOf === "undefined" ? [] : chartsOf([run], ["lines", "parts", "classes"]);
const bands = typeof bandsOf === "undefined" ? { list: [] } : bandsOf(run);
const seen = charts.map((c) => [c.key, c.kind, c.axis !== undefined, c.log, c.place, [...c.told.keys()]]);
const layers = bands.list.map((b) => [b.name, b.best, b.kept, b.all.length, b.classes.length, Object.keys(b.said), b.bytes, Object.keys(b.moved ?? {})]);
console.log(JSON.stringify({ titles: charts.map((c) => c.title), seen, layers, chosen: bands.chosen ?? null }));
"""


def picture(view: str, path: Path, folder: Path) -> dict:
    """What a view makes of a run: titles apart from everything else."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    (folder / "packet").write_bytes(packets.recording(path))
    window = "globalThis.window = globalThis;\n"
    (folder / "view.mjs").write_text(window + views.source(view) + PICTURE, encoding="utf-8")
    said = subprocess.run(
        [node, folder / "view.mjs", folder / "packet"], capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stderr[-2000:]
    return json.loads(said.stdout)


@pytest.fixture
def reworded(monkeypatch):
    """Every title and sentence in other words."""

    def reword() -> None:
        for row in ROWS:
            other = replace(row, title=f"other words {len(row.id)}", meaning="Something else.", unit=row.unit)
            monkeypatch.setitem(quantities.TABLE, row.id, other)

    return reword


@pytest.mark.parametrize("view", ["plots", "layers"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_other_words_leave_every_chart_where_it_is(view, path, tmp_path, reworded):
    before = picture(view, path, tmp_path)
    reworded()
    after = picture(view, path, tmp_path)
    assert (
        before["seen"] == after["seen"] and before["layers"] == after["layers"] and before["chosen"] == after["chosen"]
    )
    if view == "plots":
        assert before["seen"] and before["titles"] != after["titles"]


def test_every_number_of_a_packet_comes_with_what_it_means():
    for path in SHIPPED:
        (part,) = packing.header_of(packets.recording(path))["runs"]
        assert part["quantities"] and all(one["sentence"] and one["title"] for one in part["quantities"].values())
        said = {name for r in part["records"] if r["kind"] == "scalars" for name in r["values"]}
        assert said <= part["quantities"].keys()


def test_pages_of_reworded_quantities_open(open_page, make_run, reworded):
    make_run()
    reworded()
    assert "Something else. Higher is better." in " ".join(one.value for one in open_page("compare/scores").caption)
    table = open_page("distill/priors").dataframe[0].value
    assert not {"Recognized", "Distance"} & set(table.columns)


def test_a_measure_of_diversity_says_what_it_means(monkeypatch):
    shown = []
    monkeypatch.setattr(spread.draw, "figure", lambda chart, key, alt, of="": shown.append(of))
    measures = ("distance", "cosine", "nearest", "density", "coverage")
    values = {name: [1.0, 2.0] for name in measures}
    found = {"runs": {"a": {"values": values}}, "real": {name: [1.0, 1.0] for name in measures}}
    for measure in spread.figures.SHOWN:
        spread._one(measure, found, ["0", "1"], {"a": "A"})
    assert shown == list(spread.figures.SHOWN.values()) and all(map(quantities.sentence, shown))


# ---- no words as keys


WORDS = {word for row in ROWS for word in (row.title, *row.was)} - {row.id for row in ROWS}
FORMER = [re.compile(re.escape(word).replace(r"\*", r"[^ ]+")) for word in WORDS]


def is_a_phrase(text: str) -> bool:
    """Whether a text is what people read for a quantity, now or in an earlier version."""
    return any(one.fullmatch(text) for one in FORMER)


def keys(tree: ast.AST) -> Iterator[ast.expr]:
    """What is looked up, compared or filed under."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from filter(None, node.keys)
        elif isinstance(node, ast.Subscript):
            yield node.slice
        elif isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
            yield from node.args[:1]


def phrases(tree: ast.AST) -> list[str]:
    texts = [one.value for key in keys(tree) for one in ast.walk(key) if isinstance(one, ast.Constant)]
    return [one for one in texts if isinstance(one, str) and is_a_phrase(one)]


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.py")), ids=lambda path: str(path.relative_to(PAGES)))
def test_no_page_has_words_as_a_key(path):
    assert not phrases(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.js")), ids=lambda path: path.name)
def test_no_view_has_words_as_a_key(path):
    text = path.read_text(encoding="utf-8")
    literals = [one for pair in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'', text) for one in pair if one]
    assert not [one for one in literals if is_a_phrase(one)]
    assert not re.findall(r"/[^/\n]*/i?\.test\((?:\w+\.)?(?:name|title|label)\)", text)


def test_words_as_keys_are_seen():
    bad = 'a = values["mean mismatch"]; b = name == "ρ"; c = {"random student loss": 1}; d = said.get("Recognized")'
    assert len(phrases(ast.parse(bad))) == 4
    assert not phrases(ast.parse('st.caption("step kept"); a = values["mean-mismatch"]'))
