"""MTT: matching training trajectories.

George Cazenavette, Tongzhou Wang, Antonio Torralba, Alexei A. Efros, Jun-Yan Zhu, "Dataset Distillation by Matching
Training Trajectories", CVPR 2022, arXiv 2203.11932.

Experts are trained on all real data and remembered after every epoch. From a random point of a random expert a student
takes N steps on the synthetic images; the images, and the student's learning rate α, move until it arrives where the expert
was M epochs later.

Where we depart: snapshots are copies (on the CPU the released code keeps aliases, and every trajectory stands still); α
stays positive; pixels stay in the valid range; no ZCA whitening yet, which some of the published settings use; students take
the learned α after the last iteration (the released code reports the best of the evaluations on test data); quick defaults
have three experts of ten epochs. Constant memory is GLaD's first-order way, see `steps/trajectory.py`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from ..job import Job
from ..method import Card, Method, Preset, Stream, knob
from ..pieces.match import in_pixels, prepared
from ..pieces.trajectory import no_path, trajectories_of
from ..results import Pictures

_CODE = "arXiv 2203.11932, released code"
_BENCH = "the authors' settings in DC-BENCH, without its ZCA whitening where it has some"
_NET = {"teacher": "convnet:norm=instance,width=128", "student": "convnet:norm=instance,width=128"}
_LONG = {"iterations": 5000, "experts": 100, "train_epochs": 50, "batch_expert": 256}
_QUICK = "ours, for two CPU cores"


class TrajectoryMatching(Method):
    """Match where training leads."""

    card: ClassVar[Card] = Card(
        name="mtt",
        title="Matching training trajectories (MTT)",
        idea="Make a few images on which a few steps of training lead where whole epochs of training on real data lead.",
        family="trajectory matching",
        paper="Cazenavette et al., CVPR 2022, arXiv 2203.11932",
        url="https://arxiv.org/abs/2203.11932",
        learns="pixels, from real images, and the student's learning rate",
        matches="weights after several epochs of training",
        labels="hard, with a learned rate",
        departures=(
            "Snapshots are copies; on the CPU the released code keeps aliases of the last weights.",
            "The learned rate stays positive, and pixels in the valid range.",
            "No ZCA whitening, which some published settings use.",
        ),
        presets=(
            Preset("Quick", {}, {}, _QUICK),
            Preset(
                "CIFAR-10, ipc 1 (published, without ZCA)",
                {**_LONG, "inner_steps": 50, "expert_epochs": 2, "last_start": 2, "lr_lr": 1e-7},
                {"data": "cifar10", "ipc": 1, **_NET},
                _BENCH,
            ),
            Preset(
                "CIFAR-10, ipc 10 (published, without ZCA)",
                {**_LONG, "inner_steps": 30, "expert_epochs": 2, "last_start": 20, "first_lr": 0.001},
                {"data": "cifar10", "ipc": 10, **_NET},
                _BENCH,
            ),
            Preset(
                "CIFAR-10, ipc 50 (published)",
                {**_LONG, "inner_steps": 30, "expert_epochs": 2, "last_start": 40, "first_lr": 0.001, "lr_img": 1000.0},
                {"data": "cifar10", "ipc": 50, **_NET},
                _BENCH,
            ),
            Preset(
                "CIFAR-100, ipc 10 (published)",
                {**_LONG, "inner_steps": 20, "expert_epochs": 2, "last_start": 20, "lr_img": 1000.0},
                {"data": "cifar100", "ipc": 10, **_NET},
                _BENCH,
            ),
            Preset(
                "Tiny-ImageNet recipe, ipc 1 (published)",
                {**_LONG, "inner_steps": 10, "expert_epochs": 2, "last_start": 10, "lr_img": 1e4, "lr_lr": 1e-4},
                {"ipc": 1, **_NET},
                _BENCH,
            ),
        ),
    )

    iterations: int = knob(
        200, "Iterations", "Updates of the images; the paper makes 5,000.", ge=1, le=100_000, scale="log", source=_QUICK
    )
    inner_steps: int = knob(
        10, "Steps of the student", "N: updates on the synthetic images.", ge=1, le=200, source=_QUICK
    )
    expert_epochs: int = knob(
        2, "Epochs ahead", "M: the student must arrive where the expert is so much later.", ge=1, le=50, source=_BENCH
    )
    last_start: int = knob(
        5,
        "Last start",
        "T⁺: the student starts at one of the expert's first epochs up to this.",
        ge=0,
        le=200,
        source=_QUICK,
    )
    lr_img: float = knob(
        100.0,
        "Learning rate of the images",
        "SGD's step in normalized pixels.",
        gt=0,
        le=1e6,
        live=True,
        scale="log",
        source=_BENCH,
    )
    lr_lr: float = knob(
        1e-5,
        "Learning rate of α",
        "SGD's step for the student's learning rate.",
        gt=0,
        le=1,
        live=True,
        scale="log",
        source=_CODE,
    )
    first_lr: float = knob(
        0.01, "First α", "The student's learning rate before it is learned.", gt=0, le=10, scale="log", source=_CODE
    )
    momentum: float = knob(0.5, "Momentum", "Of the images' SGD.", ge=0, le=0.99, advanced=True, source=_CODE)
    batch_syn: int = knob(
        0,
        "Synthetic batch",
        "Images in a step of the student; 0 takes all.",
        ge=0,
        le=10_000,
        advanced=True,
        source=_CODE,
    )
    memory: Literal["full", "constant"] = knob(
        "full",
        "Gradient",
        "Through all steps of the student; or through each alone, with the memory of one step (GLaD).",
        source="arXiv 2305.01649, released code",
    )
    augment: Literal["siamese", "none"] = knob(
        "siamese", "Augmentation", "Drawn for every image, of experts and students; or none.", source=_CODE
    )
    experts: int = knob(
        3, "Experts", "Networks trained on all real data; the paper trains 100.", ge=1, le=1000, source=_QUICK
    )
    train_epochs: int = knob(10, "Epochs of experts", "The paper trains 50.", ge=1, le=1000, source=_QUICK)
    lr_expert: float = knob(
        0.01,
        "Learning rate of experts",
        "Plain SGD, no schedule.",
        gt=0,
        le=10,
        scale="log",
        advanced=True,
        source=_CODE,
    )
    batch_expert: int = knob(
        64, "Batch of experts", "The paper takes 256.", ge=1, le=8192, scale="log", advanced=True, source=_QUICK
    )
    start: Literal["real", "noise"] = knob("real", "Start", "The job's real images, or Gaussian noise.", source=_CODE)

    def why_not(self, job: Job) -> str | None:
        if reason := no_path(job.teacher):
            return reason
        if self.expert_epochs > self.train_epochs:
            return f"Experts are trained {self.train_epochs} epochs, fewer than the {self.expert_epochs} ahead. Raise train_epochs."
        return None

    def distill(self, job: Job) -> Stream[Pictures]:
        ground = yield from prepared(job, self.start)
        constant = self.memory == "constant"
        objective = yield from trajectories_of(self, job, ground, batch=self.batch_syn, constant_memory=constant)

        def about() -> dict[str, float]:
            return {"student_lr": float(objective.alpha.detach())}

        return (yield from in_pixels(self, ground, objective, self.iterations, protocol="mtt", about=about))
