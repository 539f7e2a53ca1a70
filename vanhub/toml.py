"""TOML read strictly: every key is known, every value has the shape that its key takes, every error says where and what would be right.

``hub.toml`` and ``mailboxes/*.toml`` are both read through this module, so that a mistake in either is answered in the same words.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from vanhub.errors import OperatorError

T = TypeVar("T")

_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_PASSWORD = re.compile(r"(://[^/@:']*:|[?&]password=)[^@&']*")
"""A password in a URL, which no error repeats."""

_DURATION_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """What a key takes: in words, and as a function from TOML's value that raises ``ValueError`` for any other.

    The ``ValueError``'s text, where it has one, is told after the words.
    """

    takes: str
    read: Callable[[Any], T]


def text(least: int = 0, most: int = 200) -> Shape[str]:
    """A printable string of ``least`` to ``most`` characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value) <= most or not value.isprintable():
            raise ValueError
        return value

    return Shape(f"a text of {least} to {most} characters", read)


def choice(*choices: str) -> Shape[str]:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return Shape(f"one of {', '.join(map(repr, choices))}", read)


def whole(least: int, most: int) -> Shape[int]:
    """A whole number."""

    def read(value: Any) -> int:
        # TOML's true is Python's True, which is an int.
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError
        return value

    return Shape(f"a whole number from {least} to {most}", read)


def truth() -> Shape[bool]:
    """``true`` or ``false``."""

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Shape("true or false", read)


def duration() -> Shape[timedelta]:
    """``"90s"``, ``"30m"``, ``"4h"`` or ``"14d"``."""

    def read(value: Any) -> timedelta:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError
        return int(match[1]) * _DURATION_UNITS[match[2]]

    return Shape('a duration like "90s", "30m", "4h" or "14d"', read)


def matching(takes: str, read: Callable[[str], T]) -> Shape[T]:
    """A string that ``read`` understands; it raises ``ValueError`` or ``OperatorError`` for one that it does not."""

    def read_string(value: Any) -> T:
        if not isinstance(value, str):
            raise ValueError
        try:
            return read(value)
        except OperatorError as error:
            raise ValueError(str(error)) from None

    return Shape(takes, read_string)


def several(item: Shape[T], *, least: int = 0) -> Shape[tuple[T, ...]]:
    """A list of at least ``least`` different values, each of the shape ``item``."""

    def read(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise ValueError
        values = tuple(item.read(part) for part in value)
        if len(set(values)) != len(values):
            raise ValueError("a value stands there twice")
        return values

    return Shape(f"a list{f' of at least {least}' if least else ''}, each {item.takes}", read)


def parse_toml(content: str, file: str) -> dict[str, Any]:
    """The document's top table.

    Raises:
        OperatorError: no TOML; the text names the file and the line.
    """
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise OperatorError(f"{file}: {error}") from None


def require_known(keys: Iterable[str], known: Iterable[str], *, file: str, at: str = "") -> None:
    """Every one of ``keys`` is one of ``known``; ``at`` is the name of their table (``""`` at the top).

    Raises:
        OperatorError: names the first unknown key and the known one that is nearest.
    """
    known = list(known)
    for key in keys:
        if key not in known:
            # cutoff 0: some key is always the nearest, however wrong the word.
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise OperatorError(f"{file}: unknown key {dotted(at, key)}; the nearest known key is {dotted(at, nearest)}")


def require_table(value: Any, *, file: str, at: str) -> Mapping[str, Any]:
    """``value``, which stands at ``at``, as a table.

    Raises:
        OperatorError: it is none.
    """
    if not isinstance(value, dict):
        raise OperatorError(f"{file}: {at} is a table, not {_shown(value)}")
    return value


def require_tables(value: Any, *, file: str, at: str) -> list[Mapping[str, Any]]:
    """``value``, which stands at ``at``, as an array of tables (``[[at]]``).

    Raises:
        OperatorError: it is none.
    """
    if not isinstance(value, list):
        raise OperatorError(f"{file}: {at} is an array of tables [[{at}]], not {_shown(value)}")
    return [require_table(entry, file=file, at=f"{at}[{number}]") for number, entry in enumerate(value, 1)]


def read_value(shape: Shape[T], value: Any, *, file: str, at: str) -> T:
    """``value`` of the key ``at``, in its ``shape``.

    Raises:
        OperatorError: it has another; the text names file and key, says what the key takes and what stood there.
    """
    try:
        return shape.read(value)
    except ValueError as error:
        raise OperatorError(f"{file}: {at} takes {shape.takes}, not {_shown(value)}{f': {error}' if str(error) else ''}") from None


def dotted(table: str, key: str) -> str:
    """``table.key`` as TOML writes it, or ``key`` at the top."""
    return f"{table}.{key}" if table else key


def _shown(value: Any) -> str:
    shown = str(value).lower() if isinstance(value, bool) else _PASSWORD.sub(r"\1...", repr(value))
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
