"""In and out, and what a set is worth: `export`, `import`, `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadSetting, nearest
from ..events import Scored
from ..figures import ledger
from ..record import archive, later
from ..record.folder import RunFolder
from ..record.scores import scores_of, verdict
from ..spec import respelled
from .out import AsJson, Home, aside, console, emit, home_of, percent, tell_passports

if TYPE_CHECKING:
    from ..results import Result

ENDINGS = {"run": ".zip", "set": ".safetensors", "png": ".zip", "parquet": ".parquet", "pt": "-pt"}
THEIRS = {
    "res": ".pt",
    "ddranking": "-ddranking",
    "folders": "-folders",
    "folders-jpeg": "-folders-jpeg",
    "hub": "-hub",
}
DASHBOARDS = ("tensorboard", "wandb", "trackio")  # a run's numbers and walls, see `work.doors`
FORMS = (*ENDINGS, *THEIRS, *DASHBOARDS)


def add(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)
    app.command("export")(export)


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
    pixels: str = typer.Option("", help="Of another program's file: the space of its numbers, as for `import`."),
    device: str = typer.Option("auto", help="auto, cpu, cuda."),
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train students on a set, and on as many random real images beside it. The scores of a run are kept with it."""
    where = home_of(home)
    run = None if Path(what).exists() else RunFolder.find(where, what)
    result = set_of(where, what, data, pixels)
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
    scores = scores_of(
        {"kind": "scored", **{one.name: getattr(event, one.name) for one in fields(event)}} for event in scored
    )
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
    tell_passports(scores)
    console().print(verdict(scores).replace("**", ""), markup=False, soft_wrap=True)
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


def set_of(home: Path, what: str, data: str, pixels: str = "") -> Result:
    """The set in a file, or that of a run. What was found in another program's file is said on stderr."""
    from ..work import sets

    if not Path(what).exists():
        return sets.of_run(RunFolder.find(home, what))
    found = sets.look(Path(what), sets.Asked(data, pixels))
    if not isinstance(found, sets.Brought):
        return found
    for sentence in found.said:
        aside().print(f"· {sentence}", markup=False, soft_wrap=True)
    return found.result


def export(
    run: str,
    form: Annotated[
        str,
        typer.Option(
            "--as",
            help="run, set, png, parquet, pt; for others: res, ddranking, folders, folders-jpeg, hub; tensorboard, wandb, trackio.",
        ),
    ] = "run",
    to: Annotated[Path | None, typer.Option(help="File or folder; default is the run's id here.")] = None,
    checkpoints: Annotated[bool, typer.Option(help="With --as run: what is needed to resume it.")] = False,
    normalized: Annotated[bool, typer.Option(help="With --as pt: images as a student sees them.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """A run as a zip; its synthetic set as safetensors, PNG, parquet or images.pt and labels.pt; or as other programs expect it: DC's
    res_….pt, DD-Ranking's folder, the SRe2L family's folder of pictures, a folder for a data hub with its card; or its numbers and
    walls for TensorBoard, W&B or trackio, as files here."""
    folder = RunFolder.find(home_of(home), run)
    if form not in FORMS:
        raise BadSetting(f"Nothing is exported as {form!r}.{nearest(form, FORMS)} Choose {', '.join(FORMS)}.")
    ending = {**ENDINGS, **THEIRS}.get(form, f"-{form}")
    target, lost = to or Path(f"{folder.id}{ending}"), list[str]()
    if form == "run":
        path = archive.export_run(folder, target, checkpoints=checkpoints)
    elif form in DASHBOARDS:
        path = _handed_over(folder, form, target)
    else:
        from ..work import sets

        result = sets.of_run(folder)
        if form in THEIRS:
            target = to or Path(sets.named(result, form) or target)
            path, lost = target, sets.hand_over(result, form, target, folder.state().get("scores"))
        else:
            path = sets.write(result, form, target, normalized=normalized)
    for sentence in lost:
        aside().print(f"· {sentence}", markup=False, soft_wrap=True)
    emit({"run": folder.id, "as": form, "path": str(path.resolve()), "notes": lost}) if as_json else console().print(
        str(path), soft_wrap=True
    )


def _handed_over(folder: RunFolder, form: str, target: Path) -> Path:
    """The folder that a dashboard reads; what could not be handed over is said."""
    from ..work import doors

    found = doors.write(folder, form, target)
    said = f"{found.scalars:,} numbers and {found.images:,} walls"
    if found.left_out:
        said += f"; {found.left_out:,} numbers were left out, which were not finite"
    aside().print(f"{said}.", markup=False)
    return target
