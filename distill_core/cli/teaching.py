"""Teachers from a terminal: `teachers` lists them; `teacher train`, `teacher export`, `teacher import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import BadSetting
from ..record import teachers as shelf
from ..record.folder import RunFolder
from .out import AsJson, Home, bytes_in_words, console, emit, home_of, table

teacher = typer.Typer(help="Train, export or import a teacher.", no_args_is_help=True)


def add(app: typer.Typer) -> None:
    app.command("teachers")(teachers)
    app.add_typer(teacher, name="teacher")


def teachers(home: Home = None, as_json: AsJson = False) -> None:
    """List the teachers: shipped, trained in this home, imported; with accuracy, recipe and the runs that use them."""
    rows = shelf.known(home_of(home))
    if as_json:
        return emit({"teachers": rows})
    columns = ("teacher", "data", "network", "accuracy", "recipe", "size", "", "runs")
    return table("", columns, [_line(row) for row in rows])


def _line(row: shelf.Teacher) -> tuple[object, ...]:
    accuracy, size = f"{100 * row['accuracy']:.1f} %", bytes_in_words(row["bytes"])
    return row["key"], row["data"], row["spec"], accuracy, recipe(row), size, row["where"], len(row["runs"])


def recipe(row: shelf.Teacher) -> str:
    """The recipe in a line; an imported teacher may not say one."""
    said = row["recipe"] or {}
    return (
        ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items() if name != "seed") or "not stated"
    )


@teacher.command(
    "train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)  # the flags are the study's fields
def train(
    context: typer.Context,
    data: Annotated[str, typer.Option(help="A data set by name.")] = "digits",
    network: Annotated[str, typer.Option(help="Its form: auto, resnet18, convnet:norm=batch,width=128.")] = "",
    recipe: Annotated[str, typer.Option(help="A named recipe, such as 'SRe2L, DWA: CIFAR (paper)'.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train one: every value of a recipe is a flag (--epochs 200, --lr 0.1, --augment crop_flip). Ctrl-C stops it with a
    checkpoint; `resume` goes on."""
    where = home_of(home)
    from ..datasets import load
    from ..job import Job, ask
    from ..networks import resolve
    from ..studies import TeacherTraining
    from .bar import downloading
    from .flags import over, preset_of, split
    from .running import finish

    named = preset_of(TeacherTraining, recipe)
    settings, asked = split([*context.args], (TeacherTraining, Job), "teacher")
    built = TeacherTraining.build(over(TeacherTraining, named.settings, settings))
    form = {"teacher": network} if network else {}
    job = ask(**{**named.job, "students": 0, **asked, **form, "data": data})
    with downloading() as progress:
        real = load(job.data, progress=progress)
    spec = resolve(job.teacher, channels=real.channels, size=real.size)
    if reason := built.why_not(job):
        raise BadSetting(reason)
    values, plain = built.plain(), job.model_dump(mode="json")
    name = f"Teacher {spec} · {real.name}"
    folder = RunFolder.create(where, "teacher", values, plain, name=name, preset=named.title)
    finish(where, folder, as_json)


@teacher.command("export")
def export(
    key: Annotated[str, typer.Argument(help="Its key, or the beginning of it; `teachers` lists them.")],
    to: Annotated[Path, typer.Option(help="A .safetensors file, or a folder.")] = Path("."),
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write one as safetensors with a JSON card beside it."""
    where = home_of(home)
    path, card = shelf.export(where, key, to)
    found = {"teacher": shelf.find(where, key)["key"], "path": str(path.resolve()), "card": str(card.resolve())}
    emit(found) if as_json else console().print(f"{path}\n{card}", markup=False, soft_wrap=True)


@teacher.command("import")
def bring(
    path: Path,
    data: Annotated[str, typer.Option(help="The data set it was trained on.")] = "",
    network: Annotated[str, typer.Option(help="Its form, where neither its header nor its card says so.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take in a file of weights (safetensors, or a dictionary of tensors that torch saved): classes and their order,
    normalization, tensors and accuracy are checked first."""
    home_of(home)
    if not data:
        raise BadSetting(f"Name the data set that the teacher knows: teacher import {path.name} --data NAME.")
    from ..datasets import load
    from ..pieces.adopt import adopt
    from .bar import downloading

    with downloading() as progress:
        real = load(data, progress=progress)
    found = adopt(path, real, network)
    use = f"{found.spec}@{found.key}"
    if as_json:
        return emit({"teacher": found.key, "spec": found.spec, "accuracy": found.accuracy, "use": use})
    sentence = f"{found.key}: {found.accuracy:.1%} of {len(real.test):,} test images. Use it with --teacher {use}"
    return console().print(sentence, markup=False, soft_wrap=True)
