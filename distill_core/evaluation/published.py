"""The papers' protocols: their values and where they were read. `tests/evaluation/test_published.py` holds them to a table.

A recipe of one paper often is another's with a few values changed, so they are written as such. What belongs to an
optimizer is given again with it (`Protocol.with_` sees to that).
"""

from __future__ import annotations

from .protocol import Protocol

CROPS = "resized_crop_flip:low=0.08"
INSTANCE = "auto:norm=instance"

_dwa = Protocol(
    name="dwa", title="DWA students", about="The teacher labels every augmented and mixed image anew.",
    source="DWA (2409.17612), released CIFAR validation code, with the labelling teacher in evaluation mode "
    "(the code leaves it in training mode: see dwa-as-released) and crops scaled to the image (4 pixels at 32).",
    epochs=400, batch=128, optimizer="adamw", lr=1e-3, weight_decay=0.01, schedule="cosine", augment="crop_flip",
    mix="mixup", mix_alpha=0.8, labels="teacher", temperature=30.0,
)  # fmt: skip
_tiny = _dwa.with_(
    name="dwa-tiny", title="DWA students, Tiny-ImageNet", source="DWA, released Tiny-ImageNet validation code.",
    epochs=200, batch=64, optimizer="sgd", lr=0.2, momentum=0.9, weight_decay=1e-4, warmup=5,
    augment=CROPS, mix="cutmix", mix_alpha=1.0, temperature=20.0, temperature_squared=True,
)  # fmt: skip
_imagenet = _dwa.with_(
    name="dwa-imagenet", title="DWA students, ImageNet",
    source="DWA, released ImageNet-1K validation code (300 epochs, batch 128).",
    epochs=300, decay="matrices", augment=CROPS, mix="cutmix", mix_alpha=1.0, temperature=20.0,
)  # fmt: skip
_CVDD = (
    "SRe2L++ in CV-DD (2501.07575), released code; it stores these labels, ours are made anew. The crops are SRe2L's."
)
_plus = _imagenet.with_(
    name="sre2lpp", title="SRe2L++ students, CIFAR-10", batch=16, parts=2, teacher_mode="train",
    about="Sixteen images are mixed, then pass in two halves; labels depend on the half that they are made in.",
    source=f"{_CVDD} ResNet-101 5e-4.", lr_of={"resnet101": 5e-4},
)  # fmt: skip
RECOVERING = (
    _dwa,
    _dwa.with_(name="dwa-as-released", title="DWA students, as released", teacher_mode="train",
               source="DWA, released CIFAR validation code, labelling teacher left in training mode."),
    _tiny,
    _imagenet,
    _dwa.with_(name="sre2l", title="SRe2L students",
               source="SRe2L (2306.13092), released CIFAR-100 code, labelling teacher in evaluation mode."),
    _dwa.with_(name="sre2l-as-released", title="SRe2L students, as released", teacher_mode="train",
               source="SRe2L, released CIFAR-100 code, labelling teacher left in training mode."),
    _tiny.with_(name="sre2l-tiny", title="SRe2L students, Tiny-ImageNet", epochs=100, batch=256, mix="none",
                source="SRe2L, released Tiny-ImageNet code: no mixing."),
    _imagenet.with_(name="sre2l-imagenet", title="SRe2L students, ImageNet", batch=1024,
                    source="SRe2L, released ImageNet-1K code; it stores these labels (FKD), ours are made anew."),
    _imagenet.with_(name="cda-imagenet", title="CDA students, ImageNet",
                    source="CDA (2311.18838): SRe2L's recipe with batch 128."),
    _plus,
    _plus.with_(name="sre2lpp-cifar100", title="SRe2L++ students, CIFAR-100", schedule_of={"@10": "half-cosine", "resnet101": "cosine"},
                source=f"{_CVDD} The rate ends at half with ten images per class; ResNet-101 5e-4, to 0."),
    _plus.with_(name="sre2lpp-tiny", title="SRe2L++ students, Tiny-ImageNet", schedule="half-cosine",
                schedule_of={"@10": "cosine", "resnet50": "cosine", "resnet101": "half-cosine"},
                source=f"{_CVDD} The rate ends at half, at 0 with ten images per class or ResNet-50; ResNet-101 5e-4."),
    _plus.with_(name="sre2lpp-imagenet", title="SRe2L++ students, ImageNet", schedule="half-cosine",
                schedule_of={"@50": "cosine", "resnet101": "half-cosine"}, lr_of={"resnet101@50": 5e-4},
                source=f"{_CVDD} The rate ends at half, at 0 with fifty images per class; ResNet-101 5e-4 there, at half."),
)  # fmt: skip

_rded = _imagenet.with_(
    name="rded", title="RDED students",
    source="RDED (2312.03526), released code: 300 epochs, the rate ends at half and is the student's own (MobileNetV2 2.5e-3, "
    "EfficientNet-B0 2e-3, VGG-11 5e-4, AlexNet and ViT 1e-4), the batch by images per class.",
    about="Flips and CutMix, labels by the teacher on every mixed image.",
    batch_rule="rded", schedule="half-cosine", augment="tiles:side=1",
    lr_of={"mobilenetv2": 2.5e-3, "efficientnetb0": 2e-3, "vgg11": 5e-4, "alexnet": 1e-4, "vit": 1e-4},
)  # fmt: skip
MOSAICS = (
    _rded,
    _rded.with_(name="rded-cifar100-convnet", title="RDED students, CIFAR-100, ConvNet to ConvNet", batch_rule="fixed", batch=25,
                lr=2e-3, lr_of={}, source="RDED (2312.03526), released code, where a ConvNet is taught by a ConvNet: batch 25, 2e-3."),
    _rded.with_(name="rded-tiny", title="RDED students, Tiny-ImageNet", batch_rule="fixed", batch=100,
                source="RDED (2312.03526), released code: on Tiny-ImageNet the batch is 100 throughout."),
    _rded.with_(name="rded-mosaic", title="RDED students, mosaics", augment="tiles:side=2",
                about="Tiles of the mosaics are shuffled, cropped and mixed."),
)  # fmt: skip

_gvbsm = Protocol(
    name="gvbsm", title="G-VBSM students, CIFAR-10", about="Mean logits of several teachers, squared error and classes.",
    source="G-VBSM (2311.17950), released CIFAR-10 code: AdamW without weight decay, cosine; it stores these labels, ours are made "
    "anew, and its classes are those of the first of two mixed images (see gvbsm-as-released).",
    epochs=1000, batch=100, optimizer="adamw", lr=1e-3, weight_decay=0.0, decay="matrices", schedule="cosine", augment=CROPS,
    mix="cutmix", mix_alpha=1.0, labels="teacher", loss="mse", hard_weight=0.15,
)  # fmt: skip
_edc = _gvbsm.with_(
    name="edc", title="EDC students, CIFAR-10", about="Small batches, averaged weights, the mean logits of several teachers.",
    source="EDC (2404.13733), released CIFAR-10 script (ipc 1). Averages hold buffers too (the code's hold weights only).",
    batch=10, weight_decay=0.01, schedule="late-steps", pixels="randaugment", hard_weight=0.025, average=0.99,
)  # fmt: skip
_edc100 = _edc.with_(
    name="edc-cifar100", title="EDC students, CIFAR-100", source="EDC (2404.13733), released CIFAR-100 script.",
    batch=50, optimizer="sgd", lr=0.1, momentum=0.875, weight_decay=5e-4, schedule="smoothed", augment="resized_crop_flip:low=0.5",
)  # fmt: skip
_SGD = {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4}
_mixed = (
    _gvbsm,
    _gvbsm.with_(name="gvbsm-cifar100", title="G-VBSM students, CIFAR-100", batch=64, **_SGD,
                 source="G-VBSM (2311.17950), released CIFAR-100 script: SGD 0.1, only matrices decay."),
    _gvbsm.with_(name="gvbsm-tiny", title="G-VBSM students, Tiny-ImageNet", epochs=100, batch=100, parts=2, hard_weight=0.1, **_SGD,
                 source="G-VBSM (2311.17950), released Tiny-ImageNet script: batches of 100 in two halves."),
    _gvbsm.with_(name="gvbsm-imagenet", title="G-VBSM students, ImageNet", epochs=300, batch=1024, hard_weight=0.1, weight_decay=0.01,
                 source="G-VBSM (2311.17950), released ImageNet-1K script (ResNet-18)."),
    _edc,
    _edc100,
    _edc100.with_(name="edc-tiny", title="EDC students, Tiny-ImageNet", batch=100, schedule="half-cosine",
                  source="EDC (2404.13733), released Tiny-ImageNet script with 1,000 epochs (another there has 300)."),
    _edc.with_(name="edc-imagenet", title="EDC students, ImageNet", epochs=300, batch=100, schedule="half-cosine",
               pixels="none", augment="tiles:side=2", source="EDC (2404.13733), released ImageNet-1K script."),
)  # fmt: skip
ENSEMBLES = tuple(
    one
    for mixed in _mixed
    for one in (
        mixed,
        mixed.with_(
            name=f"{mixed.name}-as-released",
            title=f"{mixed.title}, as released",
            hard_classes="own",
            about="The classes beside the logits are those of the first of two mixed images, whatever was pasted into it.",
        ),
    )
)

_dc = Protocol(
    name="dc", title="DC students", about="Hard labels, no augmentation.", student=INSTANCE,
    source="DC (2006.05929), released code: 300 epochs; its loop runs one epoch more. On MNIST it augments: see dc-mnist.",
    epochs=300, batch=256, optimizer="sgd", lr=0.01, momentum=0.9, weight_decay=5e-4, schedule="step",
)  # fmt: skip
_dsa = _dc.with_(
    name="dsa", title="DSA and DM students", about="Hard labels, one augmentation family per batch, drawn for every image.",
    source="DSA (2102.08259) and DM (2110.04181), released code: 1000 epochs; its loop runs one epoch more.",
    epochs=1000, augment="dsa",
)  # fmt: skip
MATCHING = (
    _dc,
    _dc.with_(name="dc-mnist", title="DC students, MNIST", epochs=1000, augment="one_of:crop=4,scale=0.2,rotate=45",
              about="Hard labels; every image is shifted, scaled or turned.",
              source="DC (2006.05929), released code on MNIST: 1,000 epochs with its own augmentation; its loop runs one more."),
    _dsa,
    _dsa.with_(name="dm", title="DM students"),
    _dsa.with_(name="datadam", title="DataDAM students", epochs=1800, batch=64,
               source="DataDAM (2310.00093), released code: 1800 epochs, batch 64, 0.1 of the rate after half; its loop runs one epoch "
               "more and prints the best of several looks. Its readme's table halves the rate every 15 epochs instead."),
    _dsa.with_(name="mtt", title="MTT students", learned_lr=True,
               about="As DSA, starting at the learning rate that was learned with the images.",
               source="MTT (2203.11932), released code: 1000 epochs; its loop runs one epoch more."),
    _dsa.with_(name="glad", title="GLaD and H-GLaD students",
               about="As DSA, the rate rising over half of the epochs, and the averaged weights are tested.",
               source="GLaD (2305.01649) and H-GLaD (2406.05704), released code: SGD 1e-3 (VGG11 1e-4), from 1e-7 of it up over 500 "
               "epochs, cosine over 500; weights averaged once per epoch with 0.995 (ema_pytorch, power 1), tested once, at the end.",
               lr=1e-3, lr_of={"vgg11": 1e-4}, schedule="cosine", warmup_share=0.5, warmup_from=1e-7,
               average=0.995, average_each="epoch", average_ramp=True),
)  # fmt: skip

_FKD = ("sre2l-imagenet", "cda-imagenet", "sre2lpp", "sre2lpp-cifar100", "sre2lpp-tiny", "sre2lpp-imagenet",
        "gvbsm", "gvbsm-cifar100", "gvbsm-tiny", "gvbsm-imagenet", "edc-imagenet")  # fmt: skip
STORED = tuple(
    one.with_(
        name=f"{one.name}-stored",
        title=f"{one.title}, stored labels",
        labels="stored",
        about="A view for every epoch, drawn once for all students and kept with the teacher's logits in half precision.",
        source=f"{one.source.replace(', ours are made anew', '')} Here labels are stored; a student's batches are its own.",
    )
    for one in (*RECOVERING, *ENSEMBLES)
    if one.name in _FKD
)

STATIC = _dwa.with_(
    name="static", title="One soft label per image", about="One stored teacher output per image, mixed along with the images.",
    source="INFER (2408.06927), static labels: AdamW 1e-3, 400 epochs, batch 64, mixup 0.8 on logits, temperature 30.",
    batch=64, labels="static",
)  # fmt: skip

_infer = STATIC.with_(name="infer", title="INFER students")
COMPENSATED = (
    _infer,
    _infer.with_(name="infer-dynamic", title="INFER students, live labels", labels="teacher", epochs_shared=True,
                 about="All teachers label every augmented and mixed image anew; as many updates as the naturals alone would have.",
                 source="INFER (2408.06927), dynamic labels: 400 / (M + 1) epochs of all images."),
    _infer.with_(name="infer-unmixed", title="INFER students without MixUp", mix="none",
                 source="Ours: infer without MixUp, for its ablation."),
    _infer.with_(name="infer-probabilities", title="INFER students, probabilities mixed", labels_mixed="probabilities",
                 about="Stored labels are mixed behind the softmax.",
                 source="Ours: infer with labels mixed as probabilities, for its ablation."),
)  # fmt: skip

_soft = _imagenet.with_(
    name="rethinkdc-soft", title="RethinkDC, soft labels", student="resnet18", about="CutMix, labels by a ResNet-18 on every mixed image.",
    source="rethinkdc 0.3.2 (2502.06434), standard_soft_config: ImageNet and its teacher there; here students of the data set at hand.",
)  # fmt: skip
_DDR = "DD-Ranking 0.2.0 (2505.13300)"
_CHOSEN = "ours chooses the rate on validation images and reports the last epoch (see {}-compat)."
_TAKEN = "as there, rate and epoch are those with the best accuracy on the test part: too good, for comparison with their numbers alone."
_GRID = (0.001, 0.005, 0.01, 0.05, 0.1)
_ranked = _dsa.with_(
    name="ddranking-hard", title="DD-Ranking, hard labels", lr_grid=_GRID, learned_lr=True, look_every=10,
    about="As DSA's students; every learning rate of a grid is tried, for the random images too.",
    source=f"{_DDR}, its evaluation files for DSA, DM and MTT at ten images per class; {_CHOSEN.format('ddranking-hard')}",
)  # fmt: skip
_ranked_soft = _dwa.with_(
    name="ddranking-soft", title="DD-Ranking, soft labels", student="resnet18", lr_grid=_GRID, look_every=20, schedule="half-cosine",
    batch=256, about="As SRe2L's students; every learning rate of a grid is tried, for the random images too.",
    source=f"{_DDR}, its evaluation file for SRe2L on CIFAR (its cosine ends at half); {_CHOSEN.format('ddranking-soft')}",
)  # fmt: skip
COMPARING = (
    _soft,
    _soft.with_(name="rethinkdc-hard", title="RethinkDC, hard labels", mix="none", labels="hard", temperature=1.0,
                about="The same without mixing and without a teacher.",
                source="rethinkdc 0.3.2 (2502.06434), standard_hard_config: the soft one without mixing."),
    _dsa.with_(name="challenge-2024", title="ECCV 2024 challenge", student="convnet:width=128,depth=3,norm=instance",
               about="The generative track of the first challenge: hard labels only, the mean of three students.",
               source="The ECCV 2024 Dataset Distillation Challenge, released evaluate.py: as DSA (its loop runs one epoch more), ConvNet "
               "of three blocks for 32 and 64 pixels alike, mean of three students, ten images per class."),
    _ranked,
    _ranked.with_(name="ddranking-hard-compat", title="DD-Ranking, hard labels, as released", choice="test",
                  source=f"{_DDR}, hard labels; {_TAKEN}"),
    _ranked_soft,
    _ranked_soft.with_(name="ddranking-soft-compat", title="DD-Ranking, soft labels, as released", choice="test",
                       source=f"{_DDR}, soft labels; {_TAKEN}"),
)  # fmt: skip
