"""In and out, and what a set is worth: `export`, `import`, `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadSetting, nearest
from ..events import Scored
from ..figures import ledger
from ..record import archive, later
from ..record.folder import RunFolder
from ..record.log import Timeline
from ..record.scores import scores_of
from ..spec import respelled
from .out import AsJson, Home, console, emit, home_of, percent

if TYPE_CHECKING:
    from ..results import Result

SAYS = ("subject", "student", "protocol", "labels", "accuracy", "budget", "draws")  # of a score
FORMS = ("run", "set", "png", "parquet", "pt")
ENDINGS = {"run": ".zip", "set": ".safetensors", "png": ".zip", "parquet": ".parquet", "pt": ""}


def add(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)
    app.command("export")(export)
    app.command("import")(bring)


def evaluate(
    what: Annotated[str, typer.Argument(metavar="RUN|FILE")],
    protocol: str = typer.Option("auto", help="How students are trained."),
    student: str = typer.Option("auto", help="The network that is trained."),
    students: int = typer.Option(3, help="How many."),
    labels: str = typer.Option(
        "",
        help="What they learn from, instead of the set's own: hard, static, teacher, stored:stored=4,top=10, pruned, soft_hard_soft, "
        "refined. The control gets the same.",
    ),
    store: Annotated[
        Path | None, typer.Option(help="Stored labels of this set; `labels read` and `labels write` make such files.")
    ] = None,
    teacher: str = typer.Option("auto", help="The network that labels, where the set names none."),
    draws: int = typer.Option(
        0, help="Of random real images beside the set; 0 takes 5, or 3 where a teacher labels anew."
    ),
    epochs: int = typer.Option(0, help="0 takes the protocol's own number."),
    seed: int = typer.Option(0, help="Of the first student."),
    data: str = typer.Option("", help="The data set it was made from, where the file does not say."),
    device: str = typer.Option("auto", help="auto, cpu, cuda."),
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train students on a set, and on as many random real images beside it. The scores of a run are kept with it."""
    where = home_of(home)
    run = None if Path(what).exists() else RunFolder.find(where, what)
    result = set_of(where, what, data)
    asked: dict[str, object] = {
        "protocol": protocol,
        "student": student,
        "teacher": teacher,
        "students": students,
        "draws": draws,
        "epochs": epochs,
    }
    asked |= {"seed": seed, "device": device, **({"data": data} if data else {})}
    scored = _judged(result, asked, labels, store)
    scores = scores_of({"kind": "scored", **{name: getattr(event, name) for name in SAYS}} for event in scored)
    kept = run is not None and not differs(result, data)
    if run is not None and kept:
        later.add_scores(run, scored)
    if as_json:
        return emit({"set": what, "scores": scores, "kept": kept})
    for subject, one in scores.items():
        console().print(
            f"{subject:<10} {percent(one)} %  {one['student']}, {one['protocol']}, labels: {one['labels']}, "
            f"stored {ledger.sentence(one.get('budget') or {})}",
            markup=False,
            soft_wrap=True,
        )
    if run is not None:
        other = f"Not kept with {run.id}: it was made from other data than {data}."
        console().print(f"Kept with {run.id}." if kept else other, markup=False, soft_wrap=True)
    return None


def differs(result: Result, data: str) -> bool:
    """Whether a set says that it was made from other data than these; "" names none."""
    made = str((result.about.get("job") or {}).get("data") or "")
    return bool(made and data) and respelled({"data": made}) != respelled({"data": data})


def _judged(result: Result, asked: Mapping[str, object], labels: str, store: Path | None) -> list[Scored]:
    """What students are worth that learned from a set, trained with a progress bar."""
    from ..run import evaluate as judge
    from ..work.sitting import leave_a_core
    from .bar import Bar

    leave_a_core()
    found: list[Scored] = []
    with Bar() as bar:
        for event in judge(result, labels, store, **asked):
            bar(event)
            found += [event] if isinstance(event, Scored) else []
    return found


def set_of(home: Path, what: str, data: str) -> Result:
    """The set in a file, or that of a run."""
    from ..work import sets

    return sets.read(Path(what), data=data) if Path(what).exists() else sets.of_run(RunFolder.find(home, what))


def export(
    run: str,
    form: Annotated[str, typer.Option("--as", help="run, set, png, parquet or pt.")] = "run",
    to: Annotated[Path | None, typer.Option(help="File or folder; default is the run's id here.")] = None,
    checkpoints: Annotated[bool, typer.Option(help="With --as run: what is needed to resume it.")] = False,
    normalized: Annotated[bool, typer.Option(help="With --as pt: images as a student sees them.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """A run as a zip; or its synthetic set as safetensors, PNG, parquet or images.pt and labels.pt."""
    folder = RunFolder.find(home_of(home), run)
    if form not in FORMS:
        raise BadSetting(f"Nothing is exported as {form!r}.{nearest(form, FORMS)} Choose {', '.join(FORMS)}.")
    target = to or Path(f"{folder.id}{'-pt' if form == 'pt' else ENDINGS[form]}")
    if form == "run":
        path = archive.export_run(folder, target, checkpoints=checkpoints)
    else:
        from ..work import sets

        path = sets.write(sets.of_run(folder), form, target, normalized=normalized)
    emit({"run": folder.id, "as": form, "path": str(path.resolve())}) if as_json else console().print(
        str(path), soft_wrap=True
    )


def bring(
    path: Path,
    data: Annotated[str, typer.Option(help="The data set it was made from, where the file does not say.")] = "",
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Bring in the zip of a run, or a synthetic set (safetensors, PNG folder or zip, parquet, images.pt)."""
    where = home_of(home)
    if archive.is_run(path):
        folder = archive.import_run(where, path)
        if name:
            folder.rename(name)
    else:
        from ..work import sets

        folder = sets.keep(where, sets.read(path, data=data), name=name or path.stem, data=data, source=path)
    notes = (
        [one["text"] for one in Timeline.all(folder) if one["kind"] == "note"] if folder.state().get("imported") else []
    )
    if as_json:
        return emit({"run": folder.id, "path": str(folder.path), "notes": notes})
    console().print(folder.id, markup=False)
    for note in notes:
        console().print(f"· {note}", markup=False, soft_wrap=True)
    return None
