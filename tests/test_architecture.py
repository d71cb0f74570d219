"""Who may import whom (an AST walk), and what loading the screen drags in. Each rule is also seen to fail when broken."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


HEAVY = ("torch", "torchvision", "sklearn", "umap", "safetensors.torch")
FREE = {"distill_core.errors", "distill_core.events"}  # import nothing of ours


def modules(folder: str) -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def imports(name: str, path: Path, *, lazy: bool = True) -> set[str]:
    """Absolute names of what a module imports; without `lazy` only what it imports while it is itself being loaded."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if not lazy and isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            if isinstance(child, ast.ImportFrom):
                base = package.split(".")[: len(package.split(".")) - child.level + 1] if child.level else []
                target = ".".join([*base, *([child.module] if child.module else [])])
                found.add(target)
                found.update(f"{target}.{alias.name}" for alias in child.names)
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return found


def starts(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


ENGINE, SCREEN = modules("distill_core"), modules("pages")


def offenders(found: dict[str, Path], forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{name} imports {what}"
        for name, path in found.items()
        for what in imports(name, path)
        if starts(what, forbidden)
    ]


def test_the_engine_knows_no_screen():
    assert not offenders(ENGINE, ("streamlit", "pages"))


def test_the_screen_knows_no_torch():
    workshop = tuple(
        f"distill_core.{room}"
        for room in (
            "methods",
            "evaluation",
            "pieces",
            "networks",
            "priors",
            "datasets",
            "measures",
            "results",
            "search",
            "loop",
            "run",
            "work",
        )
    )
    assert not offenders(SCREEN, (*HEAVY, *workshop))


def test_methods_never_import_each_other():
    found = {n: p for n, p in ENGINE.items() if n.startswith("distill_core.methods.")}
    assert found and not offenders(found, tuple(found))


def test_pieces_know_no_method():
    lower = {
        n: p
        for n, p in ENGINE.items()
        if starts(
            n, tuple(f"distill_core.{r}" for r in ("pieces", "networks", "priors", "datasets", "measures", "results"))
        )
    }
    assert not offenders(
        lower, ("distill_core.methods", "distill_core.evaluation", "distill_core.run", "distill_core.work.worker")
    )


def test_events_and_errors_stand_alone():
    assert not offenders({n: ENGINE[n] for n in FREE}, ("distill_core",))


def test_results_know_only_the_ground():
    found = {n: p for n, p in ENGINE.items() if starts(n, ("distill_core.results",))}
    ground = ("distill_core.results", "distill_core.errors", "distill_core.home")
    ours = {w for n, p in found.items() for w in imports(n, p) if w in ENGINE and w != "distill_core"}
    assert found and not [w for w in ours if not starts(w, ground)]


def test_app_is_a_frame():
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 20
    assert not offenders({"app": ROOT / "app.py"}, ("distill_core", *HEAVY))


def room(module: str) -> str:
    """The first-level room that a module lives in: `distill_core.queue.ask` → `queue`."""
    return [*module.split("."), ""][1]


def ring(found: dict[str, Path], of: Callable[[str], str] = lambda name: name) -> list[str] | None:
    """A ring among modules (or among what `of` makes of their names: rooms), imports inside functions counted."""
    graph: dict[str, set[str]] = {}
    for name, path in found.items():
        wanted = {w for w in imports(name, path) if w in found and w != name}
        # a package that imports its own parts is no ring when the parts do not import the package's names
        wanted = {of(w) for w in wanted if not name.startswith(w + ".")}
        graph.setdefault(of(name), set()).update(wanted - {of(name)})
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def test_no_import_rings():
    assert ring(ENGINE, room) is None
    assert ring(SCREEN) is None


def rooms() -> list[str]:
    """The rooms in the order in which ARCHITECTURE.md lists them."""
    table = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Rooms")[1].split("##")[0]
    rows = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in row.split()]


def against(found: dict[str, Path], order: list[str]) -> list[str]:
    """Imports of a room that stands later in the order, imports inside functions counted."""
    place = {name: i for i, name in enumerate(order)}
    pairs = [(name, what) for name, path in found.items() for what in imports(name, path) if room(name) and room(what)]
    return [f"{a} imports {b}" for a, b in pairs if place.get(room(b), -1) > place[room(a)]]


def test_rooms_stand_in_the_order_that_is_written_down():
    order = rooms()
    assert len(set(order)) == len(order) and set(order) == {room(name) for name in ENGINE} - {""}
    assert not against(ENGINE, order)
    turned = against(ENGINE, order[::-1])
    assert len(turned) > 100, "the other way round nearly every import is against the order"


def test_nothing_names_a_method():
    """No page, figure or run file knows a method by name."""
    from distill_core.methods import BUILT_IN

    built_in = {one.card.name for one in BUILT_IN}
    watched = {**SCREEN, **within(ENGINE, "record", "queue", "looks", "figures")}
    ordinary = set().union(*(words(path) for path in watched.values()))
    assert len(built_in - ordinary) > len(built_in) / 2, "most names are nothing but names of methods"
    for name, path in watched.items():
        assert not (said := method_names(path, built_in, ordinary)), f"{name} names {said}"


def within(found: dict[str, Path], *rooms: str) -> dict[str, Path]:
    return {name: path for name, path in found.items() if room(name) in rooms}


def words(path: Path) -> set[str]:
    """The words that a module has for things of its own: variables, arguments, attributes, functions, and those of its sentences."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {
        word.strip(".,;:!?()`'\"").lower() for text in constants(tree) if " " in text.strip() for word in text.split()
    }
    for node in ast.walk(tree):
        found |= {value for field in ("id", "attr", "arg", "name") if isinstance(value := getattr(node, field, 0), str)}
    return found


def method_names(path: Path, names: set[str], ordinary: set[str]) -> set[str]:
    """Which methods a module names. A name that is nothing but a name is one wherever it stands as a whole string. An ordinary
    word (`mean`, `random`) is one only where a method is meant: beside an expression that says `method`, or in one table with
    the name of another method."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = constants(tree) & (names - ordinary)
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            both = [node.left, *node.comparators]
            found |= names & set().union(*map(constants, both)) if any(map(says_method, both)) else set()
        elif (isinstance(node, ast.Subscript) and says_method(node.slice)) or (
            isinstance(node, ast.keyword) and node.arg == "method"
        ):
            found |= names & constants(node.value)
        elif isinstance(node, (ast.Dict, ast.Tuple, ast.List, ast.Set)):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            table = {one.value for one in parts if isinstance(one, ast.Constant)} & names
            found |= table if len(table) > 1 else set()
    return found


def constants(tree: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def says_method(tree: ast.AST) -> bool:
    """`method`, `row["method"]`, `asked.method`, `by_method`."""
    said = {getattr(node, field, "") for node in ast.walk(tree) for field in ("id", "attr")} | constants(tree)
    return any("method" in str(one).lower().split("_") for one in said)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("NEW = 'dwa'", {"dwa"}),
        ("x = 'dwa' if row else None", {"dwa"}),
        ("word = 'mean'", set()),
        ("figure(name='mean', random='random')", set()),
        ("{'mean': 1, 'std': 2}['mean']", set()),
        ("if row['method'] == 'mean': pass", {"mean"}),
        ("if entry.method in ('mean', 'x'): pass", {"mean"}),
        ("start(method='mean')", {"mean"}),
        ("{'mean': 'green'}[row['method']]", {"mean"}),
        ("COLORS = {'mean': 'green', 'random': 'gray'}", {"mean", "random"}),
    ],
)
def test_a_named_method_is_seen_and_an_ordinary_word_is_not(tmp_path, line, named):
    path = tmp_path / "page.py"
    path.write_text(line, encoding="utf-8")
    assert method_names(path, {"dwa", "mean", "random"}, {"mean", "random", "std"}) == named


def test_a_broken_rule_is_seen(tmp_path):
    """The walk itself: a relative and a lazy import, a ring, a type-only import."""
    bad = tmp_path / "bad.py"
    bad.write_text("from ..methods import dwa\ndef f():\n    import torch\n", encoding="utf-8")
    assert {"distill_core.methods.dwa", "torch"} <= imports("distill_core.pieces.bad", bad)
    assert "torch" not in imports("distill_core.pieces.bad", bad, lazy=False)
    assert offenders({"distill_core.pieces.bad": bad}, ("distill_core.methods",))
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("import two\n", encoding="utf-8")
    two.write_text("import one\n", encoding="utf-8")
    assert ring({"one": one, "two": two})
    one.write_text("def f():\n    import two\n", encoding="utf-8")
    assert ring({"one": one, "two": two}), "imports inside functions count"
    assert ring({"a.one": one, "a.two": two}, room) is None, "within a room modules may know each other"
    two.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import one\n", encoding="utf-8")
    assert ring({"one": one, "two": two}) is None
