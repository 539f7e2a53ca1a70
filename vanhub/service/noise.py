"""Unauthenticated noise: counted, and journaled as counts a minute, so that nobody outside can fill the journal."""

from __future__ import annotations

from collections import Counter

KINDS = 100
"""Distinct kinds kept in one minute; the rest is counted together."""


class Noise:
    """Counts by kind until they are taken."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, kind: str) -> None:
        self._counts[kind if kind in self._counts or len(self._counts) < KINDS else "other"] += 1

    def take(self) -> dict[str, int]:
        """The counts so far; they start again at nothing."""
        taken, self._counts = self._counts, Counter()
        return dict(taken)
