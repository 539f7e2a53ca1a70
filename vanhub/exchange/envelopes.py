"""The bytes of a delivery: the original unchanged, or its messages in an envelope of the hub's.

Nothing of the original is copied. A recipe names slices of it and the few octets of envelope between them; UNH..UNT is always the original's, to the octet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from vanhub.edifact.report import GroupReport, Party, Report
from vanhub.edifact.writer import render_group_trailer, render_header, render_trailer
from vanhub.exchange.routing import Route
from vanhub.values.acceptance import NewDelivery
from vanhub.values.delivery import Recipe, Slice
from vanhub.values.mailbox import Mailbox

_PIECE = 1 << 20
"""Octets read at once while a recipe is hashed."""

_SHORTEST_SEGMENT = 4
"""Octets of a segment of nothing but its tag and terminator: what is shorter, between two slices, can only be the white space that stood there."""


def build_recipe(
    report: Report,
    route: Route,
    *,
    original_size: int,
    reference: str,
    recipient: Party,
    prepared: datetime,
    una: bool,
    encoding: str = "ascii",
) -> Recipe:
    """How the delivery's bytes are put together from the original, whose first octet is at offset 0 of the report.

    A whole route is one slice of ``original_size``. Any other is UNA (with ``una``: the original had one), a UNB with the original's S001, sender, application
    reference and test indicator but this ``reference`` (0020), ``recipient`` and ``prepared`` (S004), the messages in their groups, and UNZ. A group of
    which messages are missing gets a UNE that counts the others.

    Raises:
        ValueError: the header cannot be written in ``encoding``, the Python codec that the original was read with.
    """
    if route.whole:
        return (Slice(0, original_size),)
    pieces, count = _body(report, route, encoding)
    header = render_header(report.header, recipient=recipient, reference=reference, prepared=prepared, una=una, encoding=encoding)
    return (header, *_joined(pieces), render_trailer(report.header, count, reference, encoding=encoding))


def recipe_size(recipe: Recipe) -> int:
    """Octets that the recipe makes."""
    return sum(piece.length if isinstance(piece, Slice) else len(piece) for piece in recipe)


def recipe_octets(recipe: Recipe, peek: Callable[[int, int], bytes]) -> Iterator[bytes]:
    """The recipe's octets, in pieces of at most 1 MiB; ``peek(offset, length)`` reads the original."""
    for piece in recipe:
        if isinstance(piece, bytes):
            yield piece
        else:
            for offset in range(piece.offset, piece.offset + piece.length, _PIECE):
                yield peek(offset, min(_PIECE, piece.offset + piece.length - offset))


def recipe_sha256(recipe: Recipe, peek: Callable[[int, int], bytes]) -> str:
    """SHA-256 of the recipe's octets, in lower-case hex."""
    digest = hashlib.sha256()
    for octets in recipe_octets(recipe, peek):
        digest.update(octets)
    return digest.hexdigest()


def build_delivery(
    report: Report,
    route: Route,
    mailbox: Mailbox,
    *,
    id: str,
    reference: str,
    original_size: int,
    original_sha256: str,
    peek: Callable[[int, int], bytes],
    prepared: datetime,
    una: bool,
    encoding: str = "ascii",
) -> NewDelivery:
    """The delivery that ``route`` asks for, with its recipe, size and digest; ``reference`` (0020) is used only where the hub makes the envelope.

    Raises:
        ValueError: as ``build_recipe``.
    """
    recipient = _party(mailbox)
    recipe = build_recipe(report, route, original_size=original_size, reference=reference, recipient=recipient, prepared=prepared, una=una, encoding=encoding)
    return NewDelivery(
        id=id,
        mailbox=route.mailbox,
        slot=route.slot,
        recipe=recipe,
        sender=str(report.header.sender),
        recipient=str(report.header.recipient if route.whole else recipient),
        reference=report.header.reference if route.whole else reference,
        types=tuple(dict.fromkeys(report.messages[index].type for index in route.messages)),
        messages=len(route.messages),
        size=recipe_size(recipe),
        sha256=original_sha256 if route.whole else recipe_sha256(recipe, peek),
        expires_at=route.expires_at,
    )


def _party(mailbox: Mailbox) -> Party:
    address = mailbox.addresses[0]
    return Party(address.identification, address.qualifier)


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
