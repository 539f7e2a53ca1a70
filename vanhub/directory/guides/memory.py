"""What is remembered of the messages that came, so that the like of it costs less: some dictionaries that together have no more than so many entries."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Memory:
    """Entries of dictionaries, ``most`` in all: with one more they are all forgotten.

    Several threads may use it at once: nothing is lost but what could be found again.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._filled: dict[int, dict[Any, Any]] = {}

    def keep(self, entries: dict[_K, _V], key: _K, value: _V, weight: int = 1) -> _V:
        """Remembers ``value`` in ``entries``, as so many entries as ``weight`` says; ``value`` again."""
        if self._count >= self._most:
            filled, self._filled, self._count = self._filled, {}, 0
            for each in list(filled.values()):
                each.clear()
        entries[key] = value
        self._filled[id(entries)] = entries
        self._count += weight
        return value
