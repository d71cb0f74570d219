"""Priors from a terminal: `priors` lists them; `prior train`, `prior import`, `prior convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import BadSetting
from ..record import priors as shelf
from ..record.folder import RunFolder
from .out import AsJson, Home, bytes_in_words, console, emit, home_of, table

prior = typer.Typer(help="Train or import a prior: a generator to search in.", no_args_is_help=True)
MATTERS = "samples-teach"


def add(app: typer.Typer) -> None:
    app.command("priors")(priors)
    app.add_typer(prior, name="prior")


def priors(home: Home = None, as_json: AsJson = False) -> None:
    """List the priors: shipped, trained in this home, imported; with what was measured of them."""
    rows = shelf.known(home_of(home))
    if as_json:
        return emit({"priors": rows})
    columns = ("prior", "data", "recipe", "taught by samples", "size", "")
    return table("", columns, [_line(row) for row in rows])


def _line(row: shelf.Shelved) -> tuple[object, ...]:
    measured = row["quality"].get(MATTERS)
    recipe = ", ".join(
        f"{name} {value}" for name, value in row["recipe"].items() if name in ("width", "steps", "sharpen")
    )
    accuracy = "not measured" if measured is None else f"{100 * measured:.1f} %"
    return row["use"], row["data"], recipe or "not stated", accuracy, bytes_in_words(row["bytes"]), row["where"]


@prior.command(
    "train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)  # the flags are the study's fields
def train(
    context: typer.Context,
    data: Annotated[str, typer.Option(help="A data set by name.")] = "digits",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train one with the recipe for its data; every value is a flag (--steps 1500, --sharpen 300, --width 32). Ctrl-C stops
    it with a checkpoint; `resume` goes on."""
    where = home_of(home)
    from ..datasets import load
    from ..job import Job, ask
    from ..priors.recipes import recommended
    from ..studies import PriorTraining
    from .bar import downloading
    from .flags import split
    from .running import finish

    settings, asked = split([*context.args], (PriorTraining, Job), "prior")
    built = PriorTraining.build({**recommended(data).settings(), **settings})
    job = ask(**{"students": 0, **asked, "data": data})
    with downloading() as progress:
        real = load(job.data, progress=progress)
    if reason := built.why_not(job):
        raise BadSetting(reason)
    values, plain = built.plain(), job.model_dump(mode="json")
    folder = RunFolder.create(where, "prior", values, plain, name=f"Prior · {real.name}")
    finish(where, folder, as_json)


@prior.command("import")
def bring(
    path: Path,
    data: Annotated[str, typer.Option(help="The data set whose images it makes.")] = "",
    form: Annotated[
        str,
        typer.Option(
            help="What it is, where you want that checked: style, stylegan-xl, stylegan2, biggan, autoencoder."
        ),
    ] = "",
    classes: Annotated[
        str, typer.Option(help="The generator's class for each class of the data set: 0,217,482,…")
    ] = "",
    truncation: Annotated[float, typer.Option(help="Of BigGAN's latents: k/50.")] = 1.0,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take in a generator from a safetensors file: ours, StyleGAN-XL, StyleGAN2-ADA, BigGAN-deep, or a diffusers AutoencoderKL.
    Tensors, classes and the size of its images are checked first."""
    home_of(home)
    if not data:
        raise BadSetting(f"Name the data set whose images it makes: prior import {path.name} --data NAME.")
    try:
        chosen = [int(one) for one in classes.split(",")] if classes else None
    except ValueError:
        raise BadSetting(f"--classes {classes} cannot be read. Write whole numbers: 0,217,482,…") from None
    from ..datasets import load
    from ..priors.shelf import adopt
    from .bar import downloading

    with downloading() as progress:
        real = load(data, progress=progress)
    use = adopt(path, real, form, chosen, truncation)
    if as_json:
        return emit({"use": use})
    return console().print(f"Use it with --prior {use}", markup=False, soft_wrap=True)


@prior.command("convert")
def convert(
    path: Path,
    out: Path,
    trust_the_pickle: Annotated[
        bool, typer.Option("--trust-the-pickle", help="Open a .pkl: this runs the code in it.")
    ] = False,
    code: Annotated[Path | None, typer.Option(help="A checkout of the code that a .pkl needs.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a safetensors file of a checkpoint. A .pkl is a program: it is opened only with --trust-the-pickle."""
    home_of(home)
    from ..priors.convert import convert as write

    count = write(path, out, trust_the_pickle, code)
    if as_json:
        return emit({"path": str(out), "tensors": count})
    return console().print(
        f"{count} tensors are in {out}. Next: distill-studio prior import {out} --data NAME",
        markup=False,
        soft_wrap=True,
    )
