"""Durations, as people write them."""

import re
from datetime import timedelta

# Six digits at most: a million days is past the calendar that Python has.
_DURATION = re.compile(r"([0-9]{1,6})\s*(s|m|h|d)\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """A duration written as a whole number and one unit: ``30s``, ``5m``, ``12h``, ``7d``.

    Raises:
        ValueError: the text is not such a duration.
    """
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"wanted a duration such as 30s, 5m, 12h or 7d, found {text!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
