"""The worker's answers to the questions of `ask.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import BadSetting, StudioError, nearest
from ..job import ask as ask_job
from ..looks import LOOKS
from ..queue import ask
from .sitting import sentence

Tell = Callable[..., None]
Given = dict[str, Any]  # the values of a question, as they came from a file: whoever takes them checks them
Answer = Callable[[Path, Given, Tell], Mapping[str, object]]


def why_not(home: Path, values: Given, tell: Tell) -> Mapping[str, object]:
    """Why a method cannot do a job with these settings, or None; what should be known where it can, and which values are
    in force where settings are left to the method. What a data set's name
    says of it is looked at, nothing is fetched."""
    from .. import methods
    from ..datasets import shape_of
    from ..run import check_networks, in_force

    caution, force = None, {}
    try:
        method = methods.method_class(values["method"]).build(values.get("settings") or {})
        job = ask_job(**values["job"])
        reason = method.why_not(job)
        if reason is None and (shape := shape_of(job.data)):
            check_networks(job, *shape)
        caution = None if reason else method.caution(job)
        force = {} if reason else in_force(method, job)
    except StudioError as error:
        reason = str(error)
    return {"reason": reason, "caution": caution, "in_force": force}


def trial(home: Path, values: Given, tell: Tell) -> Mapping[str, object]:
    from .trial import estimate

    return estimate(home, values["method"], values.get("settings") or {}, values["job"], tell)


def check_sweep(home: Path, values: Given, tell: Tell) -> Mapping[str, object]:
    """Why a sweep cannot start: a sentence that names the cells, or None."""
    from .. import methods
    from ..queue.sweep import read_plan
    from .cells import refusal, refusals

    sweep = read_plan(values["plan"])
    return {"reason": refusal(refusals(sweep, methods.method_class(sweep.method))) or None}


def import_data(home: Path, values: Given, tell: Tell) -> Mapping[str, object]:
    from .catalogue import import_data as add

    return add(home, Path(values["path"]), values["name"], tell, values.get("mirror"), values.get("size"))


def bring(home: Path, values: Given, tell: Tell) -> Mapping[str, object]:
    """A look at what lies at a path, before it is taken in."""
    from .sets import Asked, experts
    from .sets import look as look_at
    from .sets.report import report, report_experts

    path = Path(values["path"]).expanduser()
    if experts.are_experts(path):
        return report_experts(path)
    asked = Asked(values.get("data") or "", values.get("pixels") or "", int(values.get("factor") or 0))
    return report(path, asked, look_at(path, asked))


def look(name: str) -> Answer:
    """What answers the question of a look: its file is loaded when somebody asks."""
    file, _ = LOOKS[name]

    def answer(home: Path, values: Given, tell: Tell) -> Mapping[str, object]:
        return import_module(f"..looks.{file}", __package__).compute(home, tell=tell, **values)

    return answer


def prior_sheet(home: Path, values: Given, tell: Tell) -> Mapping[str, object]:
    """A sheet of samples of a prior that is there already; `use` is what a method's prior would say."""
    import torch

    from ..datasets import load
    from ..method import drained
    from ..priors import prior_of
    from ..priors.sheet import write
    from ..spec import parse

    prior = drained(prior_of(values["use"], load(values["data"]), 0, torch.device("cpu")))
    path = home / "cache" / f"prior-{parse(values['use']).weights}.png"
    write(prior, path)
    return {"file": str(path)}


# name → (what answers it, whether it takes long: then the worker leaves its place to a fresh one first)
ANSWERS: dict[str, tuple[Answer, bool]] = {
    "why_not": (why_not, False),
    "check_sweep": (check_sweep, False),
    "trial": (trial, True),
    "import_data": (import_data, True),
    "bring": (bring, True),
    "prior_sheet": (prior_sheet, False),
    **{name: (look(name), is_slow) for name, (_, is_slow) in LOOKS.items()},
}


def is_slow(question: ask.Question) -> bool:
    return ANSWERS.get(question["question"], (None, False))[1]


def give(home: Path, question: ask.Question, answers: dict[str, tuple[Answer, bool]] | None = None) -> None:
    """Answer one question; what goes wrong becomes the answer."""
    known, one = answers or ANSWERS, question["id"]

    def tell(**progress: object) -> None:
        ask.reply(home, one, state="working", progress=progress)

    ask.reply(home, one, state="working", progress={})
    try:
        if question["question"] not in known:
            raise BadSetting(
                f"The worker that waits does not know the question {question['question']!r}."
                f"{nearest(question['question'], list(known))} Another version of the studio may have started it: end that "
                "process (it leaves by itself after half an hour without work), then ask again."
            )
        value = known[question["question"]][0](home, question["values"], tell)
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer)
        ask.reply(home, one, state="failed", message=sentence(error))
    else:
        ask.reply(home, one, state="done", value=value)
