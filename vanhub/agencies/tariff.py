"""The tariff: what duty, which units and which supervision documents go with goods. DEMONSTRATION RATES: no customs service levies them.

Two files in ``schemas/tariff``: ``demonstration.csv``, one row per tariff prefix, and ``country_groups.csv``. Of a code the row with the longest prefix
that holds on the day decides; a row of the prefix ``""`` decides for the rest. Codes whose subheading is not in the list ``hs`` have no row.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from vanhub.errors import OperatorError
from vanhub.packed import packed

_COLUMNS = (
    "prefix",
    "duty",
    "vat",
    "excise",
    "first_unit",
    "second_unit",
    "documents",
    "quota_documents",
    "quota_countries",
    "risk",
    "valid_from",
    "valid_to",
    "source",
)
_GROUP_COLUMNS = ("group", "country", "valid_from", "valid_to")
_PREFIX = re.compile(r"([0-9]{2}){0,4}")
_CODE = re.compile(r"[0-9]{6,10}")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")
_RISK = re.compile(r"[0-9]{1,2}")
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Period:
    """Both days inclusive; None is open."""

    first: date | None
    last: date | None

    def has(self, on: date) -> bool:
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


@dataclass(frozen=True, slots=True)
class TariffLine:
    """``duty``, ``vat``, ``excise`` in percent. ``first_unit``, ``second_unit``: the legal units (Rec. 20), ``""``: any. ``documents``: codes of the list supervision_documents that the goods always need;
    ``quota_documents``: those that they need to or from ``quota_countries`` (ISO 3166 alpha-3). ``risk``: points of the goods. ``source`` says where the rates are from.
    """

    prefix: str
    duty: Decimal
    vat: Decimal
    excise: Decimal
    first_unit: str
    second_unit: str
    documents: tuple[str, ...]
    quota_documents: tuple[str, ...]
    quota_countries: frozenset[str]
    risk: int
    source: str

    def documents_for(self, country: str) -> tuple[str, ...]:
        """Codes of the supervision documents in both directions: ``Tariff.documents`` tells which count."""
        return self.documents + (self.quota_documents if country in self.quota_countries else ())


@dataclass(frozen=True, slots=True)
class _Row:
    line: TariffLine
    period: Period
    groups: tuple[str, ...]


class Tariff:
    """``rows`` by prefix; ``groups``: (country, period) by group of countries; ``directions``: I, E or B by supervision document; ``known``: the six-digit subheadings that there are."""

    def __init__(
        self,
        rows: Mapping[str, tuple[_Row, ...]],
        groups: Mapping[str, tuple[tuple[str, Period], ...]],
        directions: Mapping[str, str],
        known: frozenset[str],
    ) -> None:
        self._rows = rows
        self._groups = groups
        self._directions = directions
        self._known = known

    def line(self, hs: str, on: date) -> TariffLine | None:
        """What holds for the goods ``hs`` (6 to 10 digits) on a day; None: there is no such code."""
        if not _CODE.fullmatch(hs) or hs[:6] not in self._known:
            return None
        for length in (8, 6, 4, 2, 0):
            for row in self._rows.get(hs[:length], ()):
                if row.period.has(on):
                    return self._dated(row, on)
        return None

    def documents(self, hs: str, on: date, *, export: bool, country: str) -> tuple[str, ...]:
        """The supervision documents (``"4"``, ``"B"``) that goods need which leave for ``country``, or come from it. Empty where the code is not known."""
        line = self.line(hs, on)
        wanted = {"E", "B"} if export else {"I", "B"}
        return tuple(code for code in line.documents_for(country) if self._directions[code] in wanted) if line is not None else ()

    def _dated(self, row: _Row, on: date) -> TariffLine:
        if not row.groups:
            return row.line
        line = row.line
        countries = line.quota_countries.union(*([country for country, period in self._groups[group] if period.has(on)] for group in row.groups))
        return TariffLine(
            line.prefix,
            line.duty,
            line.vat,
            line.excise,
            line.first_unit,
            line.second_unit,
            line.documents,
            line.quota_documents,
            countries,
            line.risk,
            line.source,
        )


@functools.cache
def shipped_tariff() -> Tariff:
    """The demonstration tariff, read once."""
    return read_tariff(packed("schemas"))


def read_tariff(schemas: Path) -> Tariff:
    """The tariff of a folder like the shipped ``schemas``: ``tariff/`` and ``codes/``.

    Raises:
        OperatorError: a file cannot be read or a row says something else than its column takes; file, line and column are named.
    """
    codes = schemas / "codes"
    directions = {cells["code"]: cells["direction"] for _, cells in _read(codes / "supervision_documents.csv", ("code", "direction"))}
    units = {cells["rec20"] for _, cells in _read(codes / "units_of_measure.csv", ("rec20",))}
    countries = {cells["code"] for _, cells in _read(codes / "countries.csv", ("code",))}
    known = frozenset(cells["code"] for _, cells in _read(codes / "hs.csv", ("code",)))
    file = schemas / "tariff" / "country_groups.csv"
    groups: dict[str, tuple[tuple[str, Period], ...]] = {}
    for number, cells in _read(file, _GROUP_COLUMNS):
        cell = _Cells(file, number, cells)
        member = (cell.one_of("country", countries), cell.period())
        groups[cells["group"]] = (*groups.get(cells["group"], ()), member)
    file = schemas / "tariff" / "demonstration.csv"
    rows: dict[str, tuple[_Row, ...]] = {}
    for number, cells in _read(file, _COLUMNS):
        cell = _Cells(file, number, cells)
        row = _row(cell, directions, units, countries, groups)
        same = rows.get(row.line.prefix, ())
        if any(_overlap(row.period, other.period) for other in same):
            raise cell.error("prefix", "a prefix that no other row of the same days has")
        rows[row.line.prefix] = (*same, row)
    if not any(row.period == Period(None, None) for row in rows.get("", ())):
        raise OperatorError(f"{file}: there is no row with an empty prefix that always holds; it decides for all goods that have none of their own")
    return Tariff(rows, groups, directions, known)


def _row(cell: _Cells, directions: Iterable[str], units: Iterable[str], countries: Iterable[str], groups: Iterable[str]) -> _Row:
    named = cell.cells["quota_countries"].split()
    line = TariffLine(
        cell.matching("prefix", _PREFIX, "an even number of digits, at most 8"),
        cell.percent("duty"),
        cell.percent("vat"),
        cell.percent("excise"),
        cell.one_of("first_unit", {"", *units}),
        cell.one_of("second_unit", {"", *units}),
        cell.several("documents", directions, "codes of the list supervision_documents"),
        cell.several("quota_documents", directions, "codes of the list supervision_documents"),
        frozenset(name for name in cell.several("quota_countries", {*countries, *groups}, "countries and groups of country_groups.csv") if name not in groups),
        int(cell.matching("risk", _RISK, "0 to 99")),
        cell.cells["source"],
    )
    if bool(line.quota_documents) != bool(named):
        raise cell.error("quota_countries", "countries where quota_documents has documents, else nothing")
    return _Row(line, cell.period(), tuple(name for name in named if name in groups))


def _overlap(one: Period, other: Period) -> bool:
    before = one.last is not None and other.first is not None and one.last < other.first
    after = other.last is not None and one.first is not None and other.last < one.first
    return not before and not after


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row of a file: ``cells`` by column."""

    file: Path
    number: int
    cells: Mapping[str, str]

    def error(self, column: str, takes: str) -> OperatorError:
        return OperatorError(f"{self.file}, line {self.number}: {column} takes {takes}, not {self.cells[column]!r}")

    def matching(self, column: str, pattern: re.Pattern[str], takes: str) -> str:
        if not pattern.fullmatch(self.cells[column]):
            raise self.error(column, takes)
        return self.cells[column]

    def percent(self, column: str) -> Decimal:
        return Decimal(self.matching(column, _PERCENT, "a percentage like 17 or 6.5"))

    def one_of(self, column: str, known: Iterable[str]) -> str:
        if self.cells[column] not in known:
            raise self.error(column, "a code of its list")
        return self.cells[column]

    def several(self, column: str, known: Iterable[str], takes: str) -> tuple[str, ...]:
        found = tuple(self.cells[column].split())
        if any(each not in known for each in found):
            raise self.error(column, takes)
        return found

    def period(self) -> Period:
        return Period(self._day("valid_from"), self._day("valid_to"))

    def _day(self, column: str) -> date | None:
        text = self.cells[column]
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise self.error(column, "a day like 2006-01-01, or nothing") from None


def _read(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(Number of the line, the cells of ``columns``) of each row; lines that begin with ``#`` and stand before the header are the file's head."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} cannot be read: {error}") from error
    head = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader(lines[head:], strict=True)
    try:
        header = next(reader, [])
        if missing := [column for column in columns if column not in header]:
            raise OperatorError(f"{path}, line {head + 1}: the header lacks {', '.join(missing)}")
        places = [(column, header.index(column)) for column in columns]
        for count, row in enumerate(reader, 1):
            number = head + reader.line_num
            if count > _MOST_ROWS:
                raise OperatorError(f"{path}: more than {_MOST_ROWS} rows")
            if len(row) != len(header):
                raise OperatorError(f"{path}, line {number}: {len(row)} cells, the header has {len(header)}")
            yield number, {column: row[place] for column, place in places}
    except csv.Error as error:
        raise OperatorError(f"{path}, line {head + reader.line_num}: {error}") from error
