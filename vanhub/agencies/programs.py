"""The agencies that there are, by name: what ``vanhub agency run NAME`` runs."""

from __future__ import annotations

from collections.abc import Callable

from vanhub.agencies.frame.agency import Agency

PROGRAMS: dict[str, Callable[[], Agency]] = {}
"""Name, as in ``mailboxes/NAME.toml`` -> what makes its program."""
