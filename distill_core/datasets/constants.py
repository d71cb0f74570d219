"""With which mean and s.d. a user's own images are normalized: their own, or ImageNet's, which published networks expect.

`folder:constants=imagenet:/a/path`, `own/birds:constants=imagenet`.
"""

from __future__ import annotations

from ..errors import BadSetting
from ..spec import Spec

Constants = tuple[tuple[float, ...], tuple[float, ...]]  # mean and s.d. per channel of pixels in [0, 1]
IMAGENET: Constants = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
NAMED = "imagenet"


def asked_of(spec: Spec) -> Constants | None:
    """What a data set's spec says of its constants; None for those of its own training images."""
    said = spec.options.get("constants")
    if said not in (None, NAMED):
        raise BadSetting(f"{spec.name}:constants={said} cannot work: say constants={NAMED}, or leave it out.")
    return None if said is None else IMAGENET
