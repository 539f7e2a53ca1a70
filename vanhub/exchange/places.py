"""Where admission's faults stand: elements of UNB and of UNH, numbered as UCI and UCM report them (0098: the tag is 1).

The report does not hold the places of UNB's elements; they are found again in the interchange's first octets, only when there is a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vanhub.edifact.faults import Fault, FaultKind, Level
from vanhub.edifact.report import Kind, MessageReport, Report
from vanhub.edifact.separators import Separators

Peek = Callable[[int, int], bytes]
"""``peek(offset, length)``: octets of what was checked."""


class Place(NamedTuple):
    """``element`` as 0098 counts, ``component`` as 0104, None for a simple element."""

    element: int
    component: int | None = None


SYNTAX_VERSION = Place(2, 2)
SENDER = Place(3, 1)
RECIPIENT = Place(4, 1)
PREPARED = Place(5, 1)
REFERENCE = Place(6)
TEST_INDICATOR = Place(12)

MESSAGE_TYPE = Place(3, 1)
RELEASE = Place(3, 3)


def unb_fault(kind: FaultKind, report: Report, peek: Peek, place: Place | None, *, value: str | None = None, **params: str) -> Fault:
    """A fault of the interchange at ``place`` in its UNB, or of UNB as a whole."""
    head = peek(report.offset, report.header_end - report.offset)
    offset = report.offset + _element_offset(head, report.header.separators, place.element if place else 1)
    element, component = place or (None, None)
    segment = "UIB" if report.header.interactive else "UNB"
    return Fault(kind, Level.INTERCHANGE, segment, 1, offset, element=element, component=component, value=_listed(value), params=params)


def unh_fault(kind: FaultKind, index: int, message: MessageReport, place: Place, *, value: str, **params: str) -> Fault:
    """A fault of the message number ``index`` of the report, at ``place`` in its UNH; of a package, at its UNO. Encrypted data are all that is in their group or
    interchange, so that a fault is of that.
    """
    level, segment = Level.MESSAGE, "UNH"
    if message.kind is Kind.PACKAGE:
        segment = "UNO"
    elif message.kind is Kind.ENCRYPTED:
        level, segment = Level.INTERCHANGE if message.group is None else Level.GROUP, "USD"
    element, component = place if message.kind is Kind.MESSAGE else (None, None)
    return Fault(
        kind,
        level,
        segment,
        1,
        message.offset,
        group=message.group,
        message=index if level is Level.MESSAGE else None,
        element=element,
        component=component,
        value=_listed(value),
        params=params,
    )


def _element_offset(head: bytes, separators: Separators, element: int) -> int:
    """Where the ``element``-th element of UNB begins (the tag is 1), from the start of ``head``; the segment's end where it has fewer."""
    at = 9 if head.startswith(b"UNA") else 0
    while head[at : at + 1].isspace():
        at += 1
    seen = 1
    while seen < element and at < len(head):
        octet = head[at : at + 1]
        if octet == separators.terminator:
            break
        # A space in the release character's place means that there is none.
        if octet == separators.release != b" ":
            at += 1
        elif octet == separators.element:
            seen += 1
        at += 1
    return min(at, len(head))


def _listed(value: str | None) -> str | None:
    """At most 80 characters of it, as ``Fault.value`` holds."""
    return value[:80] if value is not None else None
