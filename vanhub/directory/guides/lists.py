"""National code lists: CSV files with a header row, described in ``lists.toml`` beside them.

A list says of each code what it is called and, where it has columns ``valid_from`` and ``valid_to`` (ISO dates, both days inclusive, either may be empty), when it
is good. A code may have several rows: it is good in any of their periods. A list that is ``partial`` knows only part of the codes that exist.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from vanhub import toml
from vanhub.directory.guides.text import nearest
from vanhub.errors import OperatorError

INDEX = "lists.toml"
_KEYS: dict[str, toml.Shape[Any]] = {
    "title_en": toml.text(1),
    "title_zh": toml.text(1),
    "source": toml.text(1, 500),
    "partial": toml.truth(),
    "column": toml.text(1),
    "name": toml.text(1),
    "name_zh": toml.text(1),
}
_FEW = 8
_MOST_HINTS = 3


@dataclass(frozen=True, slots=True)
class Period:
    """Both days inclusive; None: open."""

    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class CodeList:
    """One column of a list as codes. ``names`` has the codes and what they are called, ``names_zh`` in Chinese; ``periods`` those that are not good for ever."""

    name: str
    title_en: str
    title_zh: str
    partial: bool
    names: Mapping[str, str]
    names_zh: Mapping[str, str]
    periods: Mapping[str, tuple[Period, ...]]

    @cached_property
    def _lengths(self) -> frozenset[int]:
        return frozenset(map(len, self.names))

    @cached_property
    def _alphabet(self) -> tuple[str, ...]:
        return tuple(sorted(set().union(*self.names)))

    def near(self, value: str) -> list[str]:
        """Codes that may have been meant: written alike, or all of a short list. It costs the length of the value, not of the list."""
        plain = value.strip()
        bare = plain.lstrip("0")
        alike = [form for spelled in (plain, plain.upper(), plain.lower(), bare) for form in (spelled, *(bare.zfill(length) for length in self._lengths))]
        near = self._known(alike)
        if not near and len(value) > 1 and len(value) in self._lengths:
            near = self._known(value[:at] + letter + value[at + 1 :] for at in range(len(value)) for letter in self._alphabet)
        if not near and len(self.names) <= _FEW:
            return list(self.names)
        return near[:_MOST_HINTS]

    def _known(self, spellings: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(spelled for spelled in spellings if spelled in self.names))


class CodeLists:
    """The lists of some folders; of two with one name the later folder's is taken. Lists are read when they are asked for.

    Raises:
        OperatorError: a ``lists.toml`` is not in order.
    """

    def __init__(self, *folders: Path) -> None:
        self._described: dict[str, tuple[Path, Mapping[str, object]]] = {}
        self._lists: dict[tuple[str, str], CodeList] = {}
        for folder in folders:
            for name, entry in _index(folder).items():
                self._described[name] = (folder, entry)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._described))

    def get(self, name: str, column: str = "") -> CodeList:
        """The list ``name`` by one of its columns (``""``: its own).

        Raises:
            OperatorError: there is no such list or column (the text names the nearest), or its file is not in order.
        """
        found = self._lists.get((name, column))
        if found is None:
            if name not in self._described:
                raise OperatorError(f"there is no code list {name}{nearest(name, self._described)}")
            folder, entry = self._described[name]
            found = self._lists[name, column] = _read(folder / f"{name}.csv", name, entry, column)
        return found


def _index(folder: Path) -> dict[str, Mapping[str, object]]:
    path = folder / INDEX
    try:
        content = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} cannot be read: {error}") from error
    entries: dict[str, Mapping[str, object]] = {}
    for name, value in toml.parse_toml(content, str(path)).items():
        entry = toml.require_table(value, file=str(path), at=name)
        toml.require_known(entry, _KEYS, file=str(path), at=name)
        entries[name] = {key: toml.read_value(_KEYS[key], entry[key], file=str(path), at=toml.dotted(name, key)) for key in entry}
    return entries


def _read(path: Path, name: str, entry: Mapping[str, object], column: str) -> CodeList:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except UnicodeDecodeError as error:
        raise OperatorError(f"the code list {path} cannot be read: {error}; save it as UTF-8") from error
    except (OSError, csv.Error) as error:
        raise OperatorError(f"the code list {path} cannot be read: {error}") from error
    header = rows[0] if rows else []
    if len(header) == 1 and any(separator in header[0] for separator in ";\t"):
        # Whole rows would be codes, and every value of a message wrong.
        raise OperatorError(f"{path}, line 1: {header[0]!r} is one cell; separate the columns with commas")
    column = column or str(entry.get("column", "")) or ("code" if "code" in header else header[0] if header else "")
    if column not in header:
        raise OperatorError(f"{path}: there is no column {column}{nearest(column, header)}")
    named = str(entry.get("name", "")) or ("name_en" if "name_en" in header else "name_zh")
    named_zh = str(entry.get("name_zh", "")) or ("name_zh" if "name_zh" in header else named)
    at, first, last, name_at, name_zh_at = (header.index(each) if each in header else -1 for each in (column, "valid_from", "valid_to", named, named_zh))
    number = next((number for number, row in enumerate(rows, 1) if len(row) != len(header)), 0)
    if number:
        raise OperatorError(f"{path}, line {number}: {len(rows[number - 1])} cells, the header has {len(header)}")
    # Lists may be long: what no column says is not built for each code.
    names = _column(rows, at, name_at)
    names_zh = _column(rows, at, name_zh_at) if name_zh_at != name_at else names
    periods = _periods(rows, at, first, last, path) if first >= 0 or last >= 0 else {}
    title_en = str(entry.get("title_en", name))
    return CodeList(name, title_en, str(entry.get("title_zh", title_en)), bool(entry.get("partial", False)), names, names_zh, periods)


def _column(rows: list[list[str]], at: int, named: int) -> dict[str, str]:
    """The codes in the column ``at``, in the order of the file, with what the first row of each has in the column ``named`` (-1: none)."""
    found: dict[str, str] = {}
    for row in rows[1:]:
        code = row[at]
        if code and code not in found:
            found[code] = row[named] if named >= 0 else ""
    return found


def _periods(rows: list[list[str]], at: int, first: int, last: int, path: Path) -> dict[str, tuple[Period, ...]]:
    """Of the codes that are not good for ever."""
    periods: dict[str, list[Period]] = {}
    days: dict[str, date | None] = {"": None}
    for number, row in enumerate(rows[1:], 2):
        period = [row[column] if column >= 0 else "" for column in (first, last)]
        for day in period:
            if day not in days:
                days[day] = _day(day, path, number)
        if row[at]:
            begin, end = (days[day] for day in period)
            if begin is not None and end is not None and end < begin:
                raise OperatorError(f"{path}, line {number}: {row[at]} ends on {end}, before it begins on {begin}")
            periods.setdefault(row[at], []).append(Period(begin, end))
    return {code: tuple(several) for code, several in periods.items() if Period(None, None) not in several}


def _day(written: str, path: Path, number: int) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise OperatorError(f"{path}, line {number}: {written!r} is not a date; write it as 2006-12-31") from None
