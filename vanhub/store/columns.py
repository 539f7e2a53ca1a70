"""Column types: how values that SQLite and PostgreSQL do not share are kept the same in both.

Moments are integer microseconds since 1970 UTC; JSON is canonical text, so that equal values are equal bytes; enumerations are their values.
"""

from __future__ import annotations

import base64
import enum
import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

from vanhub.values.delivery import Recipe, Slice

E = TypeVar("E", bound=enum.StrEnum)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

Number = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit integer that SQLite can use as its row number when it is a primary key."""


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware moment; exact."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(number: int) -> datetime:
    """The inverse of ``to_microseconds``, in UTC."""
    return _EPOCH + timedelta(microseconds=number)


def canonical(value: object) -> str:
    """JSON text without spaces, keys sorted: equal values are equal texts."""
    return _CANONICAL.encode(value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as integer microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


class Json(TypeDecorator[Any]):
    """Any JSON value, kept as canonical text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Choice(TypeDecorator[E]):
    """One of an enumeration, kept as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[E]) -> None:
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: E | None, _dialect: Dialect) -> str | None:
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> E | None:
        return None if value is None else self.choices(value)


class RecipeText(TypeDecorator[Recipe]):
    """A delivery's recipe as JSON: slices are ``[offset, length]``, literal octets base64 texts."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Recipe | None, _dialect: Dialect) -> str | None:
        if value is None:
            return None
        return canonical([[piece.offset, piece.length] if isinstance(piece, Slice) else base64.b64encode(piece).decode("ascii") for piece in value])

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Recipe | None:
        if value is None:
            return None
        return tuple(base64.b64decode(piece) if isinstance(piece, str) else Slice(*piece) for piece in json.loads(value))
