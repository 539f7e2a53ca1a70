"""Records as JSON text and back, by the type hints of their classes. The round trip is exact: ``read(kind, write(kind, x)) == x``.

A dataclass is an object of its fields by name, a tuple an array; a ``Decimal`` is the text of its digits, a date and a moment are ISO 8601, an enumeration is its value.
A field that is not there has its default, so that a class may grow.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

_To = Callable[[Any], Any]
_PLAIN = (str, int, bool)
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write(kind: Any, value: Any) -> str:
    """A value of the type ``kind``, such as a record's class, as JSON text, fields in their order.

    Raises:
        TypeError: a field's type is none that a record may have.
    """
    return _WRITER.encode(_codec(kind)[0](value))


def read(kind: Any, text: str) -> Any:
    """The inverse of ``write``. Raises ``ValueError`` or ``TypeError`` for what ``write`` did not write."""
    return _codec(kind)[1](json.loads(text))


@cache
def _codec(hint: Any) -> tuple[_To, _To]:
    """What makes a value of this type into one of JSON's, and back."""
    if hint in _PLAIN:
        return _same, _same
    if hint is Decimal:
        return str, Decimal
    if hint is datetime:
        return _moment, datetime.fromisoformat
    if hint is date:
        return date.isoformat, date.fromisoformat
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return lambda value: value.value, hint
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _of_dataclass(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return _of_tuple(arguments)
    if origin in (types.UnionType, typing.Union) and len(arguments) == 2 and types.NoneType in arguments:
        to, back = _codec(next(each for each in arguments if each is not types.NoneType))
        return lambda value: None if value is None else to(value), lambda value: None if value is None else back(value)
    raise TypeError(f"{hint} is no type of a record's field")


def _same(value: Any) -> Any:
    return value


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _of_tuple(arguments: tuple[Any, ...]) -> tuple[_To, _To]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        to, back = _codec(arguments[0])
        return lambda value: [to(each) for each in value], lambda value: tuple(back(each) for each in value)
    codecs = [_codec(each) for each in arguments]
    return (
        lambda value: [to(each) for (to, _), each in zip(codecs, value, strict=True)],
        lambda value: tuple(back(each) for (_, back), each in zip(codecs, value, strict=True)),
    )


def _of_dataclass(kind: type) -> tuple[_To, _To]:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    # Most fields are texts, which stand for themselves.
    codecs = [(name, *_codec(hints[name])) for name in names if hints[name] not in _PLAIN]
    known = frozenset(names)

    def to(value: Any) -> dict[str, Any]:
        members = {name: getattr(value, name) for name in names}
        for name, write_field, _ in codecs:
            members[name] = write_field(members[name])
        return members

    def back(members: dict[str, Any]) -> Any:
        values = members if members.keys() <= known else {name: members[name] for name in names if name in members}
        for name, _, read_field in codecs:
            if name in values:
                values[name] = read_field(values[name])
        return kind(**values)

    return to, back
