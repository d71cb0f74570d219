"""Is a set better than as many random real images? A t interval of the difference, and the words that it allows. No torch.

One rule for every page and the terminal: the difference that is said is that of the numbers as they are printed, and a win or a loss is
said only where the interval leaves out zero. Students on one set are no seeds: they tell how far students differ, not how far
other sets of the same method would. So one seed is `LONE`, on every page, however wide its gap; `of_set` alone speaks of that very set.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

LEVEL = 0.95
MOST = 1000  # more than so many is not said as a number
LONE = "one run only: repeat it with other seeds to be sure"


def points(own: float, other: float) -> float:
    """The difference of two accuracies (fractions) as they are printed, in points with one decimal."""
    return round(round(100 * own, 1) - round(100 * other, 1), 1)


def apart(difference: float) -> str:
    """`19.2 points above`, `0.7 points below`, `level with`; of a difference in points as printed."""
    return f"{abs(difference):.1f} points {'above' if difference > 0 else 'below'}" if difference else "level with"


def quantile(freedom: float, level: float = LEVEL) -> float:
    """t, so that `level` of Student's distribution lies within ± t."""
    return float(stdtrit(freedom, (1 + level) / 2))


@dataclass(frozen=True)
class Contest:
    """A set, or all sets of a method, against its random control.

    Args:
        points: the difference of the printed numbers.
        low, high: 95 % interval of the difference, in points; None where there is too little to know the spread.
        known: what was compared, in words: `3 seeds`, `3 students and 5 draws`.
        needed: how many of each would do if mean and spread stayed as they are, in words; "" where nobody can say.
        many: two seeds or more, so that it speaks of the method and not of one set.
    """

    points: float
    low: float | None
    high: float | None
    known: str
    needed: str = ""
    many: bool = False

    @property
    def word(self) -> str:
        """`better`, `worse` or `cannot be told`."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "cannot be told"
        return "better" if self.low > 0 else "worse"

    @property
    def interval(self) -> str:
        """`+8.0 … +30.4`, or a dash."""
        return "–" if self.low is None or self.high is None else f"{self.low:+.1f} … {self.high:+.1f}"

    @property
    def text(self) -> str:
        """`better (3 seeds)`, `cannot be told with 3 seeds; about 9 would`, and `LONE` of one seed."""
        return self.of_set if self.many else LONE

    @property
    def of_set(self) -> str:
        """The same of this very set, where one seed is all that is asked about: `better (this set; one seed)`."""
        if self.word != "cannot be told":
            return f"{self.word} ({self.known if self.many else 'this set; one seed'})"
        return f"cannot be told with {self.known}" + (f"; {self.needed} would" if self.needed else "")


def paired(own: Sequence[float], random: Sequence[float], printed: float | None = None) -> Contest:
    """Of seeds: each has the accuracy of its set and that of its own control, as fractions; the differences are one sample.

    Args:
        printed: the difference of the numbers that stand beside it, where those hold more seeds than have a control.
    """
    apart = [100 * (a - b) for a, b in zip(own, random, strict=True)]
    n = len(apart)
    said = points(statistics.fmean(own), statistics.fmean(random)) if printed is None else printed
    known = f"{n} seed{'' if n == 1 else 's'}"
    if n < 2:
        return Contest(said, None, None, known, "2 or more")
    mean, spread = statistics.fmean(apart), statistics.stdev(apart)
    reach = quantile(n - 1) * spread / math.sqrt(n)
    return Contest(said, mean - reach, mean + reach, known, _about(abs(mean), spread, n), True)


def _about(mean: float, spread: float, n: int) -> str:
    """The fewest that would leave out zero with this mean and spread; "" for none."""
    fits = (m for m in range(n + 1, MOST + 1) if quantile(m - 1) * spread / math.sqrt(m) < mean)
    found = next(fits, 0) if mean > 0 else 0
    return f"about {found}" if found else f"more than {MOST:,}" if mean > 0 else ""


def of_one_set(own: float, spread: float, students: int, random: float, random_spread: float, draws: int) -> Contest:
    """Of one set: its students against the mean over draws of random real images (Welch's interval). Fractions.

    Args:
        spread: s.d. of the students' accuracies.
        random_spread: s.d. over the draws, each the mean of its students.
    """
    said = points(own, random)
    known = f"{students} student{'' if students == 1 else 's'} and {draws} draw{'' if draws == 1 else 's'}"
    if students < 2 or draws < 2:
        lacking = [f"2 or more {what}" for what, n in (("students", students), ("draws", draws)) if n < 2]
        return Contest(said, None, None, known, " and ".join(lacking))
    a, b = spread**2 / students, random_spread**2 / draws
    if a + b == 0:
        return Contest(said, said, said, known)
    mean, reach = 100 * (own - random), 100 * _welch(a, b, students, draws)
    fits = (
        m for m in range(max(students, draws) + 1, MOST + 1)
        if 100 * _welch(spread**2 / m, random_spread**2 / m, m, m) < abs(mean)
    )  # fmt: skip
    found = next(fits, 0) if mean else 0
    needed = f"about {found} of each" if found else f"more than {MOST:,} of each" if mean else ""
    return Contest(said, mean - reach, mean + reach, known, needed)


def _welch(a: float, b: float, n: int, m: int) -> float:
    """Half the interval of a difference of means with squared standard errors a and b of n and m values."""
    freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    return quantile(freedom) * math.sqrt(a + b)
