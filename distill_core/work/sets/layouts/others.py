"""What lies beside distilled sets and is none: stored labels and experts. It is recognized, and said how to use."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from ..place import Place, described

BATCHES = r"(?:.*/)?epoch_(?P<epoch>\d+)/batch_(?P<batch>\d+)\.tar"
UNREAD = "logits of which only the largest are kept (LPQLD) have no reader here"
EPOCHS = r"(?:.*/)?epoch_(?P<epoch>\d+)\.tar"
CONTROLS = r"(?:.*/)?rdm_data_iter(?P<number>\d+)\.pt"
BUFFERS = r"(?:.*/)?replay_buffer_(?P<number>\d+)\.pt"


def stored_labels(place: Place) -> str:
    """What a folder of stored labels is and how to use it; "" for anything else."""
    batches, epochs = place.all(BATCHES), place.all(EPOCHS)
    if not (batches or epochs) or place.chosen:
        return ""
    first = (batches or epochs)[0].string
    found = place.loaded(first)
    one = found if batches else (found[0] if isinstance(found, list | tuple) and found else None)
    many = len({match["epoch"] for match in batches or epochs})
    whose = "SRe2L's family (FKD)" if batches else "HALD"
    about = _batch(one)
    said = f"{place.path.name} holds stored labels as {whose} write them: {many} epochs, {about}."
    if about.endswith(UNREAD):
        return f"{said} How they are laid out is not documented, and a class would be guessed. Write all logits of each view, and read them anew."
    given = " --temperature T" if "probabilities" in said else ""
    return (
        f"{said} They are labels of views, and no images: bring in the set that they were made on, then read them with "
        f"`distill-studio labels read {place.path} STORE --for RUN{given}` and judge it with `evaluate RUN --store STORE`."
    )


def _batch(one: object) -> str:
    last = one[-1] if isinstance(one, list | tuple) and one else None
    if not isinstance(last, Tensor) or last.ndim != 2:
        return f"a batch is {described(one)}; {UNREAD}"
    shares = bool((last >= 0).all()) and bool((last.float().sum(1) - 1).abs().max() < 0.02)
    kind = "probabilities" if shares else "logits"
    least = torch.isinf(last).any() or (last == 0).float().mean() > 0.5
    pruned = ", most of them left out (LPQLD)" if bool(least) and not shares else ""
    return f"batches of {len(last)}, {kind} of {last.shape[1]} classes{pruned}"


def controls(place: Place) -> str:
    """What DD-Ranking's `rdm_data_iter0.pt` is, where nothing else lies there; "" for anything else."""
    found = place.all(CONTROLS)
    named = re.fullmatch(CONTROLS, place.chosen)
    beside = [name for name in place.names if not re.fullmatch(CONTROLS, name)]
    if not (named or found) or (beside and not named):
        return ""
    return (
        f"{place.chosen or found[0].string} holds random real images that DD-Ranking drew as a control, and no distilled set; what such a file "
        "looks like inside is not documented, so it is not read. Bring images.pt and labels.pt; `evaluate` draws random real images "
        "of its own."
    )


def buffers(place: Place) -> list[str]:
    """Files of expert trajectories: lists of experts of epochs of tensors."""
    named = [place.chosen] if place.chosen else [one.string for one in place.all(BUFFERS)]
    return [name for name in named if name.endswith(".pt") and (_is_buffer(place, name))]


def _is_buffer(place: Place, name: str) -> bool:
    found = place.loaded(name)
    first = found[0] if isinstance(found, list | tuple) and found else None
    epoch = first[0] if isinstance(first, list | tuple) and first else None
    return isinstance(epoch, list | tuple) and bool(epoch) and all(isinstance(one, Tensor) for one in epoch)
