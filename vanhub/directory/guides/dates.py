"""Dates as messages write them: a value (2380) and how it is written (2379)."""

from __future__ import annotations

from datetime import date

# 2379 -> where year, month and day stand; what is left out is the first. Two digits from 50 on are of the last century.
_FORMATS = {
    "": (4, True, True),
    "101": (2, True, True),
    "102": (4, True, True),
    "201": (2, True, True),
    "202": (2, True, True),
    "203": (4, True, True),
    "204": (4, True, True),
    "303": (4, True, True),
    "304": (4, True, True),
    "602": (4, False, False),
    "609": (2, True, False),
    "610": (4, True, False),
}
_CENTURY = 50


def read_date(value: str, format: str) -> date | None:
    """The day of ``value``; None where it is none, or is written in a way that names no day. Of a month or a year it is the first."""
    known = _FORMATS.get(format)
    if known is None or not (value[:8].isascii() and value[:4].isdigit()):
        return None
    width, has_month, has_day = known
    parts = value[:width], value[width : width + 2] if has_month else "01", value[width + 2 : width + 4] if has_day else "01"
    if not all(part.isascii() and part.isdigit() for part in parts) or len(parts[1]) != 2 or len(parts[2]) != 2:
        return None
    year = int(parts[0])
    if width == 2:
        year += 1900 if year >= _CENTURY else 2000
    try:
        return date(year, int(parts[1]), int(parts[2]))
    except ValueError:
        return None
