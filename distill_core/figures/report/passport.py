"""Under what a score was measured, line by line: its passport, what is kept, and whose values the protocol's are."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger import sentence
from ..scores import Score


def lines(score: Score, protocol: Mapping[str, object] | None) -> list[tuple[str, str]]:
    """What stands beside a number: title and words.

    Args:
        protocol: the named protocol with its values as the catalog has them; None where it is not known here.
    """
    source = [("Protocol's values from", str(protocol["source"]))] if protocol else []
    return [*score.passport.lines(), ("Kept", sentence(score.budget)), *source]
