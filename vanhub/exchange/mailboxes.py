"""mailboxes/*.toml: one agency's mailbox a file, read strictly, and checked against one another.

The format is described in ``mailboxes/README.md``. An error names the file, the key, what the key takes and what stood there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import PurePath
from typing import Any

from vanhub.edifact.report import Disposition
from vanhub.errors import OperatorError
from vanhub.toml import (
    Shape,
    choice,
    dotted,
    duration,
    matching,
    parse_toml,
    read_value,
    require_known,
    require_table,
    require_tables,
    several,
    text,
    truth,
    whole,
)
from vanhub.values.mailbox import CopyRule, Mailbox, RouteRule, Selection
from vanhub.values.principal import Address, require_principal_id

_TYPE = re.compile(r"[A-Z]{6}")
_DIRECTORY = re.compile(r"[A-Z0-9]{1,3}\.[A-Z0-9]{1,3}")
_DOCUMENT = re.compile(r"[A-Z0-9]{1,3}")


def _pattern(takes: str, pattern: re.Pattern[str]) -> Shape[str]:
    def read(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError
        return value

    return matching(takes, read)


_DISPOSITIONS = {"deliver": Disposition.DELIVERED, "hold": Disposition.HELD, "refuse": Disposition.REFUSED}


def _on_guide_fault() -> Shape[Disposition]:
    word = choice(*_DISPOSITIONS)
    return Shape(word.takes, lambda value: _DISPOSITIONS[word.read(value)])


_IDS = several(matching("the id of a principal", require_principal_id))

_SELECTION: dict[str, Shape[Any]] = {
    "types": several(_pattern('a message type like "CUSDEC"', _TYPE), least=1),
    "documents": several(_pattern('a document name code (BGM 1001) like "830"', _DOCUMENT)),
    "senders": _IDS,
}
_ROUTE: dict[str, Shape[Any]] = {**_SELECTION, "on_guide_fault": _on_guide_fault()}
_COPY: dict[str, Shape[Any]] = {**_SELECTION, "recipients": _IDS}
_DEADLINES: dict[str, Shape[Any]] = {"pickup": duration(), "answer": duration(), "expiry": duration()}
_MAILBOX: dict[str, Shape[Any]] = {
    "id": matching("the id of a principal", require_principal_id),
    "name_en": text(1, 70),
    "name_zh": text(1, 70),
    "addresses": several(matching('an EDI address like "GACC:ZZZ"', Address.parse), least=1),
    "types": several(_pattern('a message type like "CUSDEC"', _TYPE)),
    "directories": several(_pattern('a directory like "D.01B"', _DIRECTORY)),
    "rejected": truth(),
    "retention_days": whole(1, 36_500),
    "on_guide_fault": _on_guide_fault(),
}
_FIELDS = {"rejected": "wants_rejected", "pickup": "pickup_deadline", "answer": "answer_deadline"}
"""Keys that are not named like the field of ``Mailbox`` which they fill."""

_REQUIRED = ("id", "name_en", "name_zh", "addresses")
_TABLES = ("deadlines", "route", "copy")


def parse_mailbox(content: str, file: str) -> Mailbox:
    """The mailbox that ``content`` defines; ``file`` is its name, for the errors.

    Raises:
        OperatorError: no TOML, an unknown or missing key, a value that its key does not take, or a rule for messages that the mailbox does not take.
    """
    document = parse_toml(content, file)
    require_known(document, (*_MAILBOX, *_TABLES), file=file)
    plain = _read({key: value for key, value in document.items() if key not in _TABLES}, _MAILBOX, file, "")
    for key in _REQUIRED:
        if key not in plain:
            raise OperatorError(f"{file}: the key {key} is missing; it takes {_MAILBOX[key].takes}")
    deadlines = _read(require_table(document.get("deadlines", {}), file=file, at="deadlines"), _DEADLINES, file, "deadlines")
    on_guide_fault = plain.setdefault("on_guide_fault", Disposition.DELIVERED)
    routes = tuple(_route(table, on_guide_fault, file, at) for at, table in _numbered(document, "route", file))
    copies = tuple(_copy(table, file, at) for at, table in _numbered(document, "copy", file))
    mailbox = Mailbox(**{_FIELDS.get(key, key): value for key, value in {**plain, **deadlines}.items()}, routes=routes, copies=copies)
    for kind, selection in [*(("route", route.selection) for route in routes), *(("copy", copy.selection) for copy in copies)]:
        for type in selection.types:
            if not mailbox.takes_type(type):
                raise OperatorError(f"{file}: a {kind} names {type}, which is not among types")
    return mailbox


def parse_mailboxes(contents: Mapping[str, str], *, hub: str) -> tuple[Mailbox, ...]:
    """The mailboxes of all files (name -> content), by id; ``hub`` is the hub's own address.

    Raises:
        OperatorError: a file is wrong or not named after its id, an address belongs to two mailboxes or to the hub, two routes want the same message
            and neither goes before the other, or a copy rule names a mailbox that is not there.
    """
    files = {file: parse_mailbox(content, file) for file, content in contents.items()}
    for file, mailbox in files.items():
        if PurePath(file).stem != mailbox.id:
            raise OperatorError(f"{file}: the file of the mailbox {mailbox.id} is named {mailbox.id}.toml")
        if Address.parse(hub) in mailbox.addresses:
            raise OperatorError(f"{file}: {hub} is the hub's own address")
    for (file, one), (other_file, other) in combinations(files.items(), 2):
        if one.id == other.id:
            raise OperatorError(f"{other_file}: the mailbox {other.id} is defined in {file} already")
        for address in one.addresses:
            if address in other.addresses:
                raise OperatorError(f"{other_file}: the address {address} belongs to {one.id} already ({file})")
    _require_clear_routes(files)
    ids = [mailbox.id for mailbox in files.values()]
    for file, mailbox in files.items():
        for recipient in (recipient for copy in mailbox.copies for recipient in copy.recipients):
            if recipient not in ids:
                nearest = difflib.get_close_matches(recipient, ids, n=1, cutoff=0.0)[0]
                raise OperatorError(f"{file}: copy.recipients names {recipient!r}, which has no mailbox; the nearest is {nearest!r}")
    return tuple(sorted(files.values(), key=lambda mailbox: mailbox.id))


def _require_clear_routes(files: Mapping[str, Mailbox]) -> None:
    """No message could go by two routes of which neither goes before the other; within one mailbox it would be harmless, and is a mistake all the same."""
    routes = [(file, route.selection) for file, mailbox in files.items() for route in mailbox.routes]
    for (file, one), (other_file, other) in combinations(routes, 2):
        if one.overlaps(other):
            types = ", ".join(sorted({*one.types} & {*other.types}))
            raise OperatorError(f"{other_file}: a route for {types} overlaps with one in {file}: tell them apart by documents or senders")


def _numbered(document: Mapping[str, Any], key: str, file: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(f"{key}[{number}]", table) for number, table in enumerate(require_tables(document.get(key, []), file=file, at=key), 1)]


def _route(table: Mapping[str, Any], on_guide_fault: Disposition, file: str, at: str) -> RouteRule:
    """``on_guide_fault`` is the mailbox's own, where the route names none."""
    rule = _read_rule(table, _ROUTE, file, at)
    return RouteRule(on_guide_fault=rule.pop("on_guide_fault", on_guide_fault), selection=Selection(**rule))


def _copy(table: Mapping[str, Any], file: str, at: str) -> CopyRule:
    rule = _read_rule(table, _COPY, file, at)
    return CopyRule(recipients=rule.pop("recipients", ()), selection=Selection(**rule))


def _read_rule(table: Mapping[str, Any], shapes: Mapping[str, Shape[Any]], file: str, at: str) -> dict[str, Any]:
    rule = _read(table, shapes, file, at)
    if "types" not in rule:
        raise OperatorError(f"{file}: the key {dotted(at, 'types')} is missing; it takes {shapes['types'].takes}")
    return rule


def _read(table: Mapping[str, Any], shapes: Mapping[str, Shape[Any]], file: str, at: str) -> dict[str, Any]:
    require_known(table, shapes, file=file, at=at)
    return {key: read_value(shapes[key], value, file=file, at=dotted(at, key)) for key, value in table.items()}
