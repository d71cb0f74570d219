"""What a protocol says of stored labels: how many views of each image, which of them are kept, and how much of each label."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Rest = Literal["spread", "dropped"]


class StoredLabels(BaseModel):
    """Views of every image that are drawn once, and the teacher's logits on them in half precision."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(0, ge=0, description="Epochs of views that are drawn; 0: as many as a student has.")
    kept: float = Field(1.0, gt=0, le=1, description="The share of them that is kept, the first ones.")
    unit: Literal["epoch", "batch"] = Field("epoch", description="What is left out: whole epochs, or single batches.")
    walk: Literal["turn", "random"] = Field(
        "turn", description="An epoch takes the next view of every image in turn, or one of its views by chance."
    )
    top: int = Field(0, ge=0, description="Only the largest logits of each label, so many; 0: all of them.")
    rest: Rest = Field(
        "spread",
        description="What the others get: what is left of the probability in equal parts (one more number is stored), or nothing.",
    )

    def drawn(self, epochs: int) -> int:
        """Epochs of views that are drawn for a student of so many epochs: no more than it walks through."""
        return min(self.epochs or epochs, epochs)

    def whole(self, epochs: int) -> int:
        """Whole epochs that are kept where epochs are left out."""
        return max(1, int(self.kept * self.drawn(epochs) + 1e-9))

    def words(self, epochs: int) -> str:
        """`4 epochs, top 10`."""
        drawn, whole = self.drawn(epochs), self.whole(epochs)
        if self.unit == "batch" and self.kept < 1:
            said = f"{100 * self.kept:g} % of the batches of {drawn} epochs"
        else:
            said = f"{whole} epoch{'' if whole == 1 else 's'}" + (f" of {drawn}" if whole < drawn else "")
        said += f", top {self.top}" + (" alone" if self.rest == "dropped" else "") if self.top else ""
        return said + (", by chance" if self.walk == "random" else "")
