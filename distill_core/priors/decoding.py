"""What can run the generators of results: decoders by name, for `load_result` and `Generated`."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Generator, Tensor

from ..errors import BadRecord, BadSetting
from ..results import Decoders, Generated
from .style import StyleGenerator


class Style:
    """Our style generator. A code is `z` (n, z), or `w` (n, rows, w) where every layer has its own."""

    def __init__(self, result: Generated):
        c, size, _ = result.shape
        try:
            network = StyleGenerator(c, size, len(result.classes), width=len(result.weights["constant"]))
            network.load_state_dict(dict(result.weights))
        except (KeyError, RuntimeError, BadSetting) as error:
            raise BadRecord(f"The set's generator is none of ours: {error}") from None
        self.network = network.eval().requires_grad_(False)

    def draw(self, labels: Tensor, generator: Generator) -> Mapping[str, Tensor]:
        return {"z": self.network.sample(len(labels), generator)}

    def decode(self, codes: Mapping[str, Tensor], labels: Tensor) -> Tensor:
        w = codes["w"] if "w" in codes else self.network.map(codes["z"], labels)
        return self.network.decode(None, w, 0)


DECODERS: Decoders = {"style": Style}
