"""What can go wrong, as a family.

    StudioError
    ├── BadSetting        a field or job value that cannot work
    ├── MissingPackage    an optional package is not installed (with the pip line)
    ├── MissingWeights    a file of weights that has to be fetched first (with where it goes)
    ├── BadData           images or labels that cannot be read
    └── BadRecord         a run or a synthetic set that cannot be read

Every message says what was given, what was wanted and what to do next.
"""


class StudioError(Exception):
    """Root of every error that is meant to be read by a person."""


class BadSetting(StudioError):
    """A field or job value that cannot work."""


class MissingPackage(StudioError):
    """An optional package is not installed; the message carries the pip line."""


class MissingWeights(StudioError):
    """A file of weights that has to be fetched first; the message says where it goes and how."""


class BadData(StudioError):
    """Images or labels that cannot be read."""


class BadRecord(StudioError):
    """A run or a synthetic set that cannot be read."""


def nearest(given: str, known: list[str] | tuple[str, ...]) -> str:
    """`'dwaa'` → `' Did you mean "dwa"?'`, or an empty string when nothing is near."""
    from difflib import get_close_matches

    found = get_close_matches(given.lower(), list(known), n=1, cutoff=0.5)
    return f' Did you mean "{found[0]}"?' if found else ""
