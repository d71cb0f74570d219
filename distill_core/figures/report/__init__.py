"""A comparison of runs as one page that can be sent: it opens without a network, and holds what is needed to make it again."""

from .page import Pictures, page
from .runs import MOST, read_run

__all__ = ["MOST", "Pictures", "page", "read_run"]
