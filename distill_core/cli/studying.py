"""What is asked of a run afterwards: `transfer` to other architectures, `continual` class after class, `rank` its candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..errors import BadRecord, BadSetting
from ..figures import label_curve as labels
from ..figures import ranking as ranks
from ..figures import regimes as three
from ..figures import reliability as trials
from ..figures import studies as figures
from ..record import findings
from ..record.folder import RunFolder
from ..record.passport import of_finding
from .out import AsJson, Home, aside, console, emit, home_of, table

Protocol = Annotated[str, typer.Option(help="How students are trained; auto is each set's own.")]
Epochs = Annotated[int, typer.Option(help="0 takes the protocol's own number.")]
OnEach = Annotated[int, typer.Option(help="On every set and on the first draw of random real images.")]
Draws = Annotated[int, typer.Option(help="Of random real images; 0 takes the usual number.")]
Student = Annotated[str, typer.Option(help="The network that is trained.")]
Seed = Annotated[int, typer.Option(help="Of the first student and of the class orders.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write the table to this file as well.")]
USUAL = "convnet resnet18 vgg11"
SAID = ("Accuracy", "Random", "Against random", "HLR (gap)", "IOR", "LRS", "ARS", "Best epoch")


def add(app: typer.Typer) -> None:
    app.command("transfer")(transfer)
    app.command("continual")(continual)
    app.command("rank")(rank)
    app.command("label-curve")(label_curve)
    app.command("regimes")(regimes)
    app.command("reliability")(reliability)


def transfer(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…")],
    students: Annotated[
        str, typer.Option(help="Architectures, separated by spaces; `all` takes the usual nine.")
    ] = USUAL,
    seeds: Annotated[int, typer.Option(help="Students of each architecture.")] = 3,
    protocol: Protocol = "auto",
    epochs: Epochs = 0,
    seed: Seed = 0,
    device: Device = "auto",
    csv: Csv = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train students of other architectures on finished sets, and on as many random real images beside each."""
    from ..evaluation.transfer import USUAL as every

    where = home_of(home)
    networks = list(every) if students.strip() == "all" else students.split()
    job = {"students": seeds, "protocol": protocol, "epochs": epochs, "seed": seed, "device": device}
    ids = [RunFolder.find(where, run).id for run in runs]
    code = _held(where, "transfer", {"runs": ids, "networks": networks}, job, ids)
    found = findings.every(where, "transfer", ids)
    rows = figures.cells(found)
    _tell_passports(found, as_json)
    lines = [(r.run, r.student, r.protocol, r.distilled.text, r.random.text, f"{r.points:+.1f}") for r in rows]
    columns = ("run", "student", "protocol", "distilled", "random", "gain")
    _tell(code, as_json, csv, figures.transfer_csv(rows), ("transfer", columns, lines), [vars_of(r) for r in rows])


def continual(
    run: Annotated[str, typer.Argument(metavar="RUN")],
    tasks: Annotated[int, typer.Option(help="In how many parts the classes come.")] = 5,
    orders: Annotated[int, typer.Option(help="How many class orders are drawn and averaged.")] = 5,
    order: Annotated[str, typer.Option(help="One class order instead, every class once: 3,1,0,2.")] = "",
    student: Annotated[str, typer.Option(help="The network that is trained after each task.")] = "auto",
    protocol: Protocol = "auto",
    epochs: Epochs = 0,
    seed: Seed = 0,
    device: Device = "auto",
    csv: Csv = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the classes task after task, keep only their synthetic images, test a fresh student after each task."""
    where = home_of(home)
    try:
        named = [int(one) for one in order.replace(",", " ").split()]
    except ValueError:
        raise BadSetting(f"order={order!r} cannot be read. Write class numbers with commas: 3,1,0,2.") from None
    job = {"students": 1, "student": student, "protocol": protocol, "epochs": epochs, "seed": seed, "device": device}
    one = RunFolder.find(where, run).id
    code = _held(where, "continual", {"run": one, "tasks": tasks, "orders": orders, "order": named}, job, [one])
    found = findings.every(where, "continual", [one])
    curves = [curve for each in found for curve in figures.curves_of(each)]
    lines = [
        (c.run, c.tasks, c.orders, c.subject, t + 1, c.sizes[t], c.said(t)) for c in curves for t in range(c.tasks)
    ]
    columns = ("run", "tasks", "orders", "images", "after task", "classes", "accuracy on seen classes")
    _tell_passports(found, as_json)
    _tell(code, as_json, csv, figures.continual_csv(curves), ("continual", columns, lines), found)


def rank(
    run: Annotated[str, typer.Argument(metavar="RUN")],
    students: Annotated[int, typer.Option(help="Students on each candidate.")] = 3,
    epochs: Annotated[int, typer.Option(help="Of each student; 0 takes the protocol's own number.")] = 300,
    each: Annotated[int, typer.Option(help="Candidates of a layer: kept, first, last, others between.")] = 4,
    draws: Annotated[int, typer.Option(help="Seeds of the sets beside the walk; 0 judges the walk alone.")] = 1,
    short: Annotated[int, typer.Option(help="Updates of each short search beside the walk.")] = 10,
    long: Annotated[int, typer.Option(help="Updates of each long one.")] = 100,
    above: Annotated[str, typer.Option(help="Accuracies (%) above which ρ is said too: 85 91.")] = "",
    student: Annotated[str, typer.Option(help="The network that is trained; auto is the run's.")] = "auto",
    protocol: Annotated[str, typer.Option(help="How students are trained; auto is the run's.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of the first student and of the random networks.")] = 0,
    device: Device = "auto",
    csv: Csv = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train brief students on a search's candidates and on sets that differ more, and see how well each distance ranks them; −1
    is a perfect picker."""
    where = home_of(home)
    job = {"students": students, "student": student, "protocol": protocol, "epochs": epochs, "seed": seed}
    one = RunFolder.find(where, run).id
    settings = {"run": one, "each": each, "draws": draws, "short": short, "long": long, "above": above}
    code = _held(where, "ranking", settings, {**job, "device": device}, [one])
    found = findings.every(where, "ranking", [one])[:1]
    lines = [line for each in found for line in ranks.lines(each)]
    text = ranks.ranking_csv(found[0]) if found else ""
    title = "ρ of distance and accuracy (95 % interval), and the test accuracy of what each distance would pick"
    columns = ranks.columns(found[0]) if found else ()
    if found and not as_json:
        aside().print(ranks.restricted(found[0]), markup=False)
    _tell(code, as_json, csv, text, ("ranking", columns, lines), found, title)


def label_curve(
    run: Annotated[str, typer.Argument(metavar="RUN")],
    ladder: Annotated[
        str, typer.Option(help="Kinds of labels with their options, separated by spaces; nothing is the usual ladder.")
    ] = "",
    students: Annotated[int, typer.Option(help="On the set and on the first draw of random real images.")] = 3,
    draws: Draws = 0,
    student: Student = "auto",
    protocol: Protocol = "auto",
    epochs: Epochs = 0,
    seed: Seed = 0,
    device: Device = "auto",
    csv: Csv = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train students on a set and on random real images under labels of every price: how much is the images, how much the labels?"""
    where = home_of(home)
    job = {"students": students, "draws": draws, "student": student, "protocol": protocol}
    job |= {"epochs": epochs, "seed": seed, "device": device}
    one = RunFolder.find(where, run).id
    settings = {"run": one, **({"ladder": ladder.split()} if ladder.split() else {})}
    code = _held(where, "label_curve", settings, job, [one])
    found = findings.every(where, "label_curve", [one])
    shown = labels.points(found)
    columns = ("run", "labels", "protocol", "student", "kept for labels", "distilled", "random", "gain")
    lines = [one[: len(columns)] for one in labels.lines(shown)]
    _tell_passports(found, as_json)
    _tell(code, as_json, csv, labels.label_csv(shown), ("label_curve", columns, lines), found)


def regimes(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…")],
    coresets: Annotated[
        str, typer.Option(help="Methods that choose real images, separated by spaces; `none` leaves them out.")
    ] = "herding kcenter",
    regime: Annotated[
        str, typer.Option("--regimes", help="hard, static, teacher, separated by spaces.")
    ] = "hard static teacher",
    bare: Annotated[bool, typer.Option(help="Once more without augmentation, for ARS.")] = False,
    students: OnEach = 3,
    draws: Draws = 0,
    student: Student = "auto",
    teacher: Annotated[str, typer.Option(help="The one network that makes all soft labels.")] = "auto",
    protocol: Annotated[str, typer.Option(help="One recipe for all; auto is `regimes`.")] = "auto",
    epochs: Epochs = 0,
    seed: Seed = 0,
    device: Device = "auto",
    csv: Csv = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Sets, coresets and random real images under hard labels, one fixed soft label and a live teacher: one recipe, a table for each."""
    where = home_of(home)
    job = {"students": students, "draws": draws, "student": student, "teacher": teacher, "protocol": protocol}
    job |= {"epochs": epochs, "seed": seed, "device": device}
    ids = [RunFolder.find(where, run).id for run in runs]
    chosen = [] if coresets.strip() == "none" else coresets.split()
    settings = {"runs": ids, "coresets": chosen, "regimes": regime.split(), "bare": bare}
    code = _held(where, "regimes", settings, job, ids)
    found = findings.every(where, "regimes", ids)
    cells = three.cells_of(found)
    lines = [
        (one["Set"], three.WORDS[name] + (", no augmentation" if plain else ""), *(one[column] for column in SAID))
        for name in three.WORDS
        for plain in (False, True)
        for one in three.lines(cells, name, plain)
    ]
    _tell_passports(found, as_json)
    _tell(code, as_json, csv, three.regimes_csv(cells), ("regimes", ("set", "labels", *SAID), lines), found)


def reliability(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…")],
    corruptions: Annotated[str, typer.Option(help="Kinds, separated by spaces; nothing is all of them.")] = "",
    eps: Annotated[str, typer.Option(help="Of the adversarial steps, in 1/255, separated by spaces.")] = "1 2 4 8",
    images: Annotated[int, typer.Option(help="Test images at most, evenly spaced.")] = 1000,
    students: OnEach = 3,
    draws: Draws = 0,
    student: Student = "auto",
    protocol: Protocol = "auto",
    epochs: Epochs = 0,
    seed: Seed = 0,
    device: Device = "auto",
    csv: Csv = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Calibration of a set's students, and what noise, blur, compression and small attacks leave of them, beside random real images."""
    where = home_of(home)
    try:
        steps = [float(one) for one in eps.split()]
    except ValueError:
        raise BadSetting(f"eps={eps!r} cannot be read. Write numbers with spaces: 1 2 4 8.") from None
    job = {"students": students, "draws": draws, "student": student, "protocol": protocol}
    job |= {"epochs": epochs, "seed": seed, "device": device}
    ids = [RunFolder.find(where, run).id for run in runs]
    settings = {
        "runs": ids,
        "eps": steps,
        "images": images,
        **({"corruptions": corruptions.split()} if corruptions else {}),
    }
    code = _held(where, "reliability", settings, job, ids)
    found = findings.every(where, "reliability", ids)
    shown = trials.subjects(found)
    each = trials.lines(shown)
    names = list(dict.fromkeys(name for one in each for name in one if name != "Set"))
    lines = [(name, *(one.get(name, "–") for one in each)) for name in names]
    columns = ("", *(one["Set"] for one in each))
    _tell(code, as_json, csv, trials.reliability_csv(shown), ("reliability", columns, lines), found)


def _held(home: Path, study: str, settings: Mapping[str, object], job: Mapping[str, object], runs: list[str]) -> int:
    """Ask for a study and work on it in this process; returns the exit code. All it says goes to stderr."""
    from ..job import ask
    from ..studies import STUDIES
    from .running import drive

    made = RunFolder.find(home, runs[0]).request()
    asked = ask(**{**job, "data": made["job"].get("data", "digits"), "ipc": made["job"].get("ipc", 1)})
    built = STUDIES[study].build(settings)
    name = f"{built.card.title} · {made.get('name') or runs[0]}" + (f" + {len(runs) - 1}" if len(runs) > 1 else "")
    values = built.plain(), asked.model_dump(mode="json")
    folder = RunFolder.create(home, study, *values, name=name[:120])
    drive(home, folder)
    state = folder.state()
    if state["state"] == "failed":
        raise (BadSetting if state.get("wrong_setting") else BadRecord)(str(state.get("message")))
    if state["state"] != "finished":
        aside().print(f"{folder.id} is {state['state']}; `distill-studio resume {folder.id}` goes on.", markup=False)
    return 0 if state["state"] == "finished" else 1


def _tell_passports(found: Sequence[Mapping[str, object]], as_json: bool) -> None:
    """How the numbers of a table came about, each way once, beside it."""
    for brief in dict.fromkeys(of_finding(one).brief for one in found) if not as_json else ():
        aside().print(brief, markup=False, soft_wrap=True)


def _tell(
    code: int,
    as_json: bool,
    csv: Path | None,
    text: str,
    drawn: tuple[str, Sequence[str], Sequence[Sequence[object]]],
    plain: Sequence[object],
    heading: str = "Accuracy on real test images, mean ± s.d.",
) -> None:
    if csv:
        csv.write_text(text, encoding="utf-8")
        aside().print(str(csv), markup=False, soft_wrap=True)
    title, columns, lines = drawn
    if as_json:
        emit({title: plain})
    elif lines:
        table(heading, columns, lines)
    else:
        console().print("Nothing was found yet.", markup=False)
    raise SystemExit(code)


def vars_of(cell: figures.Cell) -> dict[str, object]:
    """A cell as plain values."""
    values = {name: getattr(cell, name) for name in ("run", "method", "data", "ipc", "student", "protocol", "labels")}
    return {
        **values,
        "distilled": list(cell.distilled.accuracy),
        "random": list(cell.random.accuracy),
        "gain": cell.gain,
        "passport": cell.distilled.passport.plain(),
    }
