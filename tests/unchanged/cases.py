"""What is run: every method at settings that take a moment, with the names under which settings were first saved."""

from __future__ import annotations

from typing import Any

NET = "convnet:depth=1,norm=batch,width=8"
PLAIN = "convnet:depth=1,norm=instance,width=8"
DEEP = "convnet:depth=2,norm=instance,width=8"
JOB: dict[str, Any] = {
    "data": "digits:size=8",
    "ipc": 2,
    "seed": 3,
    "device": "cpu",
    "students": 1,
    "draws": 1,
    "epochs": 30,
}
FAMILY = {"iterations": 4, "squeeze_epochs": 1, "ascent_steps": 3, "pool": 6, "crops": 2}
NETS = {"backbones": f"teacher+{NET},pooling=max"}
INFER = {"iterations": 4, "squeeze.epochs": 1}
MATCH = {"iterations": 3, "batch_real": 4}
MTT = {"inner_steps": 2, "experts": 2, "train_epochs": 3, "batch_expert": 400, "last_start": 2}
PRIOR = {"prior": "style:width=4,steps=3,sharpen=3", "averaged": 8, "batch_real": 4}
GLAD = {**PRIOR, "iterations": 3}
HGLAD = {**PRIOR, "looks": 3, "stride": 2, "pixel_stage": True, "squeeze_epochs": 1}


def case(
    method: str, settings: dict[str, Any], *, net: str = NET, **job: Any
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    return method, settings, {**JOB, "teacher": net, "student": net, **job}


CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "random": case("random", {}),
    "herding": case("herding", {"squeeze_epochs": 1}),
    "herding, plain length": case("herding", {"squeeze_epochs": 1, "unit_length": False}),
    "kcenter": case("kcenter", {"squeeze_epochs": 1}),
    "kmeans": case("kmeans", {}),
    "el2n": case("el2n", {"dynamics.epochs": 2, "networks": 2, "early": 1}),
    "forgetting": case("forgetting", {"dynamics.epochs": 3}),
    "aum": case("aum", {"dynamics.epochs": 2}),
    "ccs": case("ccs", {"dynamics.epochs": 3}),
    "confident": case("confident", {"squeeze_epochs": 1, "pool": 20}),
    "sre2l": case("sre2l", FAMILY),
    "sre2l, ipc 3, one slice": case("sre2l", {**FAMILY, "slices_at_once": 1}, ipc=3),
    "sre2l, blocks of 4": case("sre2l", {**FAMILY, "class_block": 4}),
    "sre2l, window, real": case("sre2l", {**FAMILY, "augment": "window", "start": "real", "jitter": 0.25}),
    "sre2l, tiny recipe": case("sre2l", {**FAMILY, "squeeze_recipe": "tiny"}),
    "sre2l, static labels": case("sre2l", FAMILY, protocol="static"),
    "dwa": case("dwa", FAMILY),
    "dwa, hard labels": case("dwa", FAMILY, protocol="hard"),
    "dwa, as released": case("dwa", {**FAMILY, "first_gradient": "as_released", "storage": "jpeg"}, protocol="dwa-as-released"),
    "dwa, random shift": case("dwa", {**FAMILY, "weights": "random", "rho": 0.3}),
    "dwa, patches, curriculum": case("dwa", {**FAMILY, "start": "patches", "augment": "curriculum", "milestone": 0.5}),
    "dwa, coefficients": case("dwa", {**FAMILY, "mean_weight": 0.2, "first_layer": 2.0, "lr_img": 0.1}),
    "dwa, shapes": case("dwa", {**FAMILY, "rho": 0.1}, data="shapes:size=16", ipc=1),
    "cda": case("cda", FAMILY),
    "cda, linear": case("cda", {**FAMILY, "curriculum": "linear", "crop_low": 0.3}),
    "sre2lpp": case("sre2lpp", FAMILY),
    "rded": case("rded", {k: v for k, v in FAMILY.items() if k != "iterations"}),
    "rded, recovered": case("rded", {**FAMILY, "weights": "directed", "factor": 2}),
    "gvbsm": case("gvbsm", {**FAMILY, **NETS}),
    "gvbsm, from zero": case("gvbsm", {**FAMILY, **NETS, "memory_from_zero": True, "drop": 0.0, "convolutions": False}),
    "gvbsm, directed": case("gvbsm", {**FAMILY, **NETS, "weights": "directed", "spectrum_weight": 0.5}),
    "edc": case("edc", {**FAMILY, **NETS}),
    "edc, labelers": case("edc", {**FAMILY, **NETS, "labelers": NET, "start": "patches"}),
    "infer": case("infer", {**INFER, **NETS}),
    "infer, live labels": case("infer", {**INFER, **NETS, "labels": "teacher", "labels.protocol": "infer-dynamic"}),
    "infer, joint, probabilities": case("infer", {**INFER, **NETS, "compensators": "joint", "mean_of": "probabilities"}),
    "infer, apart, one group at once": case("infer", {**INFER, **NETS, "compensators": "per_image", "groups_at_once": 1}, ipc=3),
    "dm": case("dm", MATCH),
    "dm, noise, plain": case("dm", {**MATCH, "start": "noise", "augment": "none", "lr_img": 2.0}, net=PLAIN),
    "datadam": case("datadam", MATCH, net=DEEP),
    "atom": case("atom", MATCH, net=DEEP),
    "dc": case("dc", {**MATCH, "outer": 2, "inner": 1}, net=PLAIN),
    "dc, batch norm": case("dc", {**MATCH, "outer": 2, "inner": 1, "distance": "mse", "classes_at_once": 3}),
    "dc, papers' loops": case("dc", {"iterations": 1, "batch_real": 4}, net=PLAIN),
    "dsa": case("dsa", {**MATCH, "outer": 2, "inner": 1, "distance": "cos"}, net=PLAIN),
    "mtt": case("mtt", {**MTT, "iterations": 3}, net=PLAIN),
    "mtt, constant": case("mtt", {**MTT, "iterations": 3, "memory": "constant", "batch_syn": 7}, net=PLAIN),
    "mtt, plain": case("mtt", {**MTT, "iterations": 3, "augment": "none", "start": "noise"}, net=PLAIN),
    "glad": case("glad", GLAD, net=PLAIN),
    "glad, latent": case("glad", {**GLAD, "layer": "latent", "lr_w": 0.01, "chunk": 3}, net=PLAIN),
    "glad, pixels": case("glad", {**GLAD, "layer": "pixels"}, net=PLAIN),
    "glad, no prior": case("glad", {**GLAD, "prior": "pixels"}, net=PLAIN),
    "glad, dc": case("glad", {**GLAD, "objective": "dc", "lr_f": 0.1, "averaged": 0}, net=PLAIN),
    "glad, atom": case("glad", {**GLAD, "objective": "atom"}, net=DEEP),
    "glad, mtt": case("glad", {**GLAD, **MTT, "objective": "mtt"}, net=PLAIN),
    "hglad": case("hglad", {k: v for k, v in HGLAD.items() if k != "squeeze_epochs"}, net=PLAIN),
    **{
        f"hglad, {metric}": case("hglad", {**PRIOR, "looks": 2, "stride": 3, "metric": metric}, net=PLAIN)
        for metric in ("cam_map", "layerwise_random", "loss")
    },
    "hglad, accuracy": case("hglad", {**PRIOR, "looks": 1, "stride": 4, "metric": "accuracy"}, net=PLAIN, ipc=1),
    "hglad, last, dc": case("hglad", {**PRIOR, "looks": 2, "select": "last", "objective": "dc", "metric": "loss"}, net=PLAIN),
    "hglad, mtt": case("hglad", {**PRIOR, **MTT, "looks": 2, "stride": 3, "objective": "mtt", "metric": "loss"}, net=PLAIN),
    "hglad, untrained": case("hglad", {**PRIOR, "prior": "untrained", "looks": 2, "stride": 3, "metric": "loss"}, net=PLAIN),
}  # fmt: skip
