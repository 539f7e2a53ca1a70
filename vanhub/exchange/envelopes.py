"""The bytes of a delivery: the original unchanged, or its messages in an envelope of the hub's.

Nothing of the original is copied. A recipe names slices of it and the few octets of envelope between them; UNH..UNT is always the original's, to the octet.
What code extension (UNOX) has designated before a message is designated before it again where what stood there is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from vanhub.edifact.advice import UNA_LENGTH
from vanhub.edifact.charset import Repertoire
from vanhub.edifact.iso2022 import CodeExtension
from vanhub.edifact.reader import Reader
from vanhub.edifact.report import GroupReport, Report
from vanhub.edifact.writer import render_group_trailer, render_header, render_trailer, repertoire_of
from vanhub.exchange.places import Peek
from vanhub.exchange.routing import Route
from vanhub.values.delivery import Recipe, Slice

_PIECE = 1 << 20
"""Octets read at once while a recipe is hashed."""

_SHORTEST_SEGMENT = 4
"""Octets of a segment of nothing but its tag and terminator: what is shorter, between two slices, can only be the white space that stood there."""


def build_recipe(report: Report, route: Route, *, peek: Peek, original_size: int, reference: str, now: datetime, encoding: str = "") -> Recipe:
    """How the delivery's bytes are put together from the original, of which ``peek`` reads octets by the offsets of the report.

    A whole route is one slice of ``original_size``. Any other is UNA (if the original had one), a UNB with the original's S001, sender, application
    reference and test indicator but this ``reference`` (0020), the route's recipient and ``now`` (S004), the messages in their groups, and UNZ. A group of which
    messages are missing gets a UNE that counts the others. ``encoding`` is the one agreed with the sender, if any.

    Raises:
        ValueError: the recipient cannot be written in the original's encoding.
    """
    if route.whole:
        return (Slice(0, original_size),)
    pieces, count = _body(report, route, encoding)
    una = peek(report.offset, 3) == b"UNA"
    header = render_header(report.header, recipient=route.recipient, reference=reference, prepared=now, una=una, encoding=encoding)
    joined = [*_joined(pieces), render_trailer(report.header, count, reference, encoding=encoding)]
    written = repertoire_of(report.header, encoding)
    if written is not None and written.extended:
        joined = list(_designated(joined, _States(report, written, peek, report.offset + (UNA_LENGTH if una else 0))))
    return (header, *joined)


def recipe_size(recipe: Recipe) -> int:
    """Octets that the recipe makes."""
    return sum(piece.length if isinstance(piece, Slice) else len(piece) for piece in recipe)


def recipe_octets(recipe: Recipe, peek: Peek) -> Iterator[bytes]:
    """The recipe's octets, in pieces of at most 1 MiB; ``peek(offset, length)`` reads the original."""
    for piece in recipe:
        if isinstance(piece, bytes):
            yield piece
        else:
            for offset in range(piece.offset, piece.offset + piece.length, _PIECE):
                yield peek(offset, min(_PIECE, piece.offset + piece.length - offset))


def recipe_sha256(recipe: Recipe, peek: Peek) -> str:
    """SHA-256 of the recipe's octets, in lower-case hex."""
    digest = hashlib.sha256()
    for octets in recipe_octets(recipe, peek):
        digest.update(octets)
    return digest.hexdigest()


def _body(report: Report, route: Route, encoding: str) -> tuple[list[bytes | Slice], int]:
    """What stands between UNB and UNZ, and UNZ's count: of groups, or of messages where there are no groups."""
    if not report.groups:
        return [_message(report, index) for index in route.messages], len(route.messages)
    pieces: list[bytes | Slice] = []
    chosen: dict[int, list[int]] = {}
    for index in route.messages:
        group = report.messages[index].group
        if group is None:
            raise ValueError("a message outside any group stands among groups")
        chosen.setdefault(group, []).append(index)
    sizes = _group_sizes(report)
    for number, indexes in chosen.items():
        group_report = report.groups[number]
        if len(indexes) == sizes[number]:
            pieces.append(Slice(group_report.offset, group_report.end - group_report.offset))
        else:
            pieces += _partial_group(report, group_report, indexes, encoding)
    return pieces, len(chosen)


def _partial_group(report: Report, group: GroupReport, indexes: Sequence[int], encoding: str) -> list[bytes | Slice]:
    return [
        Slice(group.offset, group.header_end - group.offset),
        *(_message(report, index) for index in indexes),
        render_group_trailer(report.header, len(indexes), group.reference, encoding=encoding),
    ]


def _message(report: Report, index: int) -> Slice:
    message = report.messages[index]
    return Slice(message.offset, message.end - message.offset)


def _group_sizes(report: Report) -> list[int]:
    sizes = [0] * len(report.groups)
    for message in report.messages:
        if message.group is not None:
            sizes[message.group] += 1
    return sizes


def _joined(pieces: Sequence[bytes | Slice]) -> Iterator[bytes | Slice]:
    """The same octets in fewer pieces, so that an interchange of 100,000 messages that all go one way is one slice, also when each begins a new line."""
    open_slice: Slice | None = None
    for piece in pieces:
        if open_slice is not None and isinstance(piece, Slice):
            gap = piece.offset - (open_slice.offset + open_slice.length)
            if 0 <= gap < _SHORTEST_SEGMENT:
                open_slice = Slice(open_slice.offset, gap + open_slice.length + piece.length)
                continue
        if open_slice is not None:
            yield open_slice
        open_slice = piece if isinstance(piece, Slice) else None
        if isinstance(piece, bytes):
            yield piece
    if open_slice is not None:
        yield open_slice


def _designated(pieces: Sequence[bytes | Slice], states: _States) -> Iterator[bytes | Slice]:
    """The pieces with the sequences between them that each needs to be read as in the original; what the hub writes is read as at the beginning."""
    begun = current = CodeExtension().sequences
    for piece in pieces:
        needed = states.at(piece.offset) if isinstance(piece, Slice) else begun
        if needed != current:
            yield needed
        yield piece
        current = states.at(piece.offset + piece.length) if isinstance(piece, Slice) else begun


class _States:
    """What code extension has designated and invoked where a segment of the original begins or ends; asked for in their order, it reads the original once."""

    def __init__(self, report: Report, repertoire: Repertoire, peek: Peek, offset: int) -> None:
        self._reader = Reader(report.header.separators, report.header.syntax_version, repertoire, _PIECE)
        self._peek = peek
        self._offset = offset

    def at(self, offset: int) -> bytes:
        while self._offset < offset:
            data = self._peek(self._offset, min(_PIECE, offset - self._offset))
            self._reader.feed(data)
            self._offset += len(data)
        return self._reader.sequences
