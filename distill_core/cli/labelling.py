"""Labels from a terminal: `labels price`, `labels write`, `labels read`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .carrying import set_of
from .out import AsJson, Home, aside, bytes_in_words, console, emit, home_of, table

labels = typer.Typer(help="What labels cost, and labels as files.", no_args_is_help=True)

Set = Annotated[str, typer.Argument(metavar="RUN|FILE")]
Kind = Annotated[str, typer.Option("--labels", help="stored:stored=4,top=10, pruned:kept=0.1 and so on.")]
Protocol = Annotated[str, typer.Option(help="How students are trained; auto is the set's own.")]
Student = Annotated[str, typer.Option(help="The network that is trained.")]
Teacher = Annotated[str, typer.Option(help="The network that labels, where the set names none.")]
Epochs = Annotated[int, typer.Option(help="Of a student; 0 takes the protocol's own number.")]
Data = Annotated[str, typer.Option(help="The data set it was made from, where the file does not say.")]
Order = Annotated[
    Literal["classes", "slices"],
    typer.Option(
        "--numbered", help="How the other program numbers images: class by class, or the first of every class first."
    ),
]


def add(app: typer.Typer) -> None:
    app.add_typer(labels, name="labels")


@labels.command("price")
def price(
    what: Set,
    kinds: Annotated[
        str, typer.Option("--labels", help="Kinds, separated by spaces; nothing is a ladder of them.")
    ] = "",
    protocol: Protocol = "auto",
    student: Student = "auto",
    teacher: Teacher = "auto",
    epochs: Epochs = 0,
    data: Data = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say what each kind of labels takes for a set, before anything is made."""
    from ..work import labels as work

    where = home_of(home)
    asked = {
        "protocol": protocol,
        "student": student,
        "teacher": teacher,
        "epochs": epochs,
        **({"data": data} if data else {}),
    }
    rows = work.prices(set_of(where, what, data), kinds.split() or work.LADDER, **asked)
    if as_json:
        return emit({"set": what, "prices": rows})
    lines = [
        (
            row["labels"],
            bytes_in_words(float(str(row["label_bytes"]))),
            bytes_in_words(float(str(row["teacher_bytes"]))),
            bytes_in_words(float(str(row["released_bytes"]))) if row["released_bytes"] else "",
            f"{row['steps']:,}",
        )
        for row in rows
    ]
    return table(
        "What labels take for the set; every draw of its random control takes as much again",
        ("labels", "kept", "teacher that goes along", "in the released layout", "updates of a student"),
        lines,
    )


@labels.command("write")
def write(
    what: Set,
    to: Path,
    form: Annotated[
        Literal["store", "released"], typer.Option("--as", help="Our file, or a folder as SRe2L ships it.")
    ] = "store",
    kind: Kind = "stored",
    protocol: Protocol = "auto",
    student: Student = "auto",
    teacher: Teacher = "auto",
    epochs: Epochs = 0,
    numbered: Order = "classes",
    data: Data = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let the teacher label views of a set, and write them to a file or a folder."""
    from ..work import labels as work
    from .bar import Bar

    found = set_of(home_of(home), what, data)
    asked = {
        "protocol": protocol,
        "student": student,
        "teacher": teacher,
        "epochs": epochs,
        **({"data": data} if data else {}),
    }
    stream = work.made(found, kind, **asked)
    with Bar() as bar:
        while True:
            try:
                bar(next(stream))
            except StopIteration as end:
                store = end.value
                break
    notes = work.write(store, to, released=form == "released", by_class=numbered == "classes")
    _say({"set": what, "as": form, "path": str(to.resolve()), "label_bytes": store.said.bytes, "notes": notes}, as_json)


@labels.command("read")
def read(
    folder: Path,
    to: Path,
    what: Annotated[str, typer.Option("--for", metavar="RUN|FILE", help="The set that the labels belong to.")],
    seed: Annotated[
        int | None, typer.Option(help="Of the sampler, where no order lies beside; the released programs take 42.")
    ] = None,
    numbered: Order = "classes",
    temperature: Annotated[float, typer.Option(help="Of a softmax in the place of logits (HALD).")] = 0.0,
    views: Annotated[str, typer.Option(help="What the crops are crops of.")] = "resized_crop_flip:low=0.08",
    data: Data = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Read labels as SRe2L (FKD) or HALD ship them into a file for `evaluate --store`. That they belong to these very images is
    what you say: the files do not."""
    from ..work import labels as work

    result = set_of(home_of(home), what, data)
    store = work.read(
        folder, result, to, seed=seed, by_class=numbered == "classes", temperature=temperature, augment=views
    )
    notes = [f"Taken on trust: these labels were made on the images of {what}."]
    _say({"for": what, "path": str(to.resolve()), "label_bytes": store.said.bytes, "notes": notes}, as_json)


def _say(answer: dict[str, object], as_json: bool) -> None:
    if as_json:
        return emit(answer)
    notes = answer["notes"]
    for note in notes if isinstance(notes, list) else []:
        aside().print(f"· {note}", markup=False, soft_wrap=True)
    size = bytes_in_words(float(str(answer["label_bytes"])))
    return console().print(f"{answer['path']}: {size} of labels", markup=False, soft_wrap=True)
