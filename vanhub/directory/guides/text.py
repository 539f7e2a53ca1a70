"""Words of guides and lists in two languages, and the nearest of some words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Words in English and Chinese."""

    en: str
    zh: str


def nearest(name: str, known: Iterable[str]) -> str:
    """``; the nearest is CUSDEC``, or nothing where nothing is known."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"; the nearest is {near[0]}" if near else ""
