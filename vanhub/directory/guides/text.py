"""Words of guides and lists in two languages, and the nearest of some words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class Text:
    """Words in English and Chinese."""

    en: str
    zh: str


def nearest(name: str, known: Iterable[str]) -> str:
    """``; the nearest is CUSDEC``, or nothing where nothing is known."""
    known = list(known)
    if not known:
        return ""

    folded = name.casefold()

    def likeness(each: str) -> tuple[float, int]:
        # Of words that are equally like it the one that begins alike: difflib alone takes any.
        word = each.casefold()
        return difflib.SequenceMatcher(None, folded, word).ratio(), sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(folded, word, strict=False)))

    return f"; the nearest is {max(known, key=likeness)}"
