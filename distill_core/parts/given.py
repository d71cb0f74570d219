"""A set that is there already: of a finished run, or one that was brought in; it keeps its images and its labels."""

from __future__ import annotations

from ..datasets import RealSet
from ..errors import BadRecord, BadSetting
from ..home import studio_home
from ..job import Job
from ..pieces.teacher import same_constants
from ..priors.decoding import DECODERS
from ..record.folder import RunFolder
from ..results import Result, load_result

UNKNOWN = "unknown"  # what a set that was brought in says of its data where nobody named them


def refusal(run: str, job: Job) -> str | None:
    """Why the set of this run cannot be taken for this job, as a sentence with a way out, or None."""
    try:
        folder = finished(run)
        made = folder.request()["job"]
    except BadRecord as error:
        return str(error)
    if (data := made.get("data", UNKNOWN)) not in (job.data, UNKNOWN):
        return f"The set of {run!r} was made from {data}, and this job is about {job.data}. Choose data={data}."
    if (ipc := made.get("ipc")) != job.ipc:
        return f"The set of {run!r} has {ipc} images per class, and this job asks for {job.ipc}. Choose ipc={ipc}."
    return None


def set_of(run: str, real: RealSet) -> Result:
    """The set; `BadRecord` or `BadSetting` with a sentence where it does not belong to these data or lacks a class."""
    result = load_result(finished(run).path / "set.safetensors", DECODERS)
    same_classes(run, result, real)
    if result.shape != (shape := (real.channels, real.size, real.size)):
        found, wanted = ("×".join(map(str, one)) for one in (result.shape, shape))
        raise BadRecord(f"The set of {run!r} has images of {found}, and {real.name} of {wanted}. Name its own data.")
    if not all(same_constants(*pair) for pair in ((result.mean, real.mean), (result.std, real.std))):
        raise BadRecord(
            f"The set of {run!r} is normalized with {list(result.mean)} and {list(result.std)}, {real.name} with {list(real.mean)} and "
            f"{list(real.std)}: a labeler would see other images than it was trained on. Name the data that it was made from."
        )
    counts = result.labels.bincount(minlength=len(real.classes))
    if absent := [real.classes[i] for i in (counts == 0).nonzero().flatten().tolist()]:
        raise BadRecord(f"The set of {run!r} has no image of {', '.join(absent[:8])}. Distill a set with all classes.")
    if not result.steady:
        raise BadSetting(
            f"The set of {run!r} is drawn anew at every epoch, so no label can be kept for an image. Choose one that keeps its images."
        )
    return result


def same_classes(run: str, result: Result, real: RealSet) -> None:
    """Refuse a set whose classes are others than those of the data."""
    if tuple(result.classes) != tuple(real.classes):
        raise BadRecord(
            f"The set of {run!r} has the classes {list(result.classes)[:8]}, but {real.name} has {list(real.classes)[:8]}. "
            "Name the data that it was made from; a set that was brought in has to be imported again with it."
        )


def finished(run: str) -> RunFolder:
    """The run, which has a set."""
    folder = RunFolder.find(studio_home(), run)
    if not (folder.path / "set.safetensors").is_file():
        raise BadRecord(f"Run {run!r} has no synthetic set yet. Choose a finished run, or bring a set in.")
    return folder
