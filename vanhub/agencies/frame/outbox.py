"""What leaves: the messages of one batch, in one interchange for each recipient, kept until the hub has answered.

Syntax version 4, UNOY (UTF-8), D.01B with the association's code CNGC01. References count the store's interchanges; the time in UNB is the batch's, in UTC. So the same
events give the same octets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydifact.segments import Segment
from sqlalchemy import Connection, bindparam, func, insert, select, update

from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.tables import UNSENT, outgoing
from vanhub.edifact.report import InterchangeHeader, Party
from vanhub.edifact.separators import Separators
from vanhub.edifact.writer import render_header, render_segments, render_trailer

_SEPARATORS = Separators.default(4)
_CODEC = "utf-8"
_DIRECTORY = ("D", "01B", "UN", "CNGC01")
_MOST_MESSAGES = 200
_ADDRESS = re.compile(r"[^:]{1,35}(:[^:]{1,4})?")

_LAST = select(func.coalesce(func.max(outgoing.c.number), 0))
_UNSENT = select(outgoing.c.number, outgoing.c.reference, outgoing.c.recipient, outgoing.c.octets).where(UNSENT).order_by(outgoing.c.number).limit(1)
_ANSWERED = update(outgoing).where(outgoing.c.number == bindparam("which"))


@dataclass(frozen=True, slots=True)
class Body:
    """A message without its envelope: ``count`` segments between UNH and UNT as octets."""

    type: str
    count: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Leaving:
    """An interchange that the hub has not answered yet."""

    number: int
    reference: str
    recipient: str
    octets: bytes


def render_body(message: Outgoing) -> Body:
    """Raises ``ValueError`` for a value that cannot be said."""
    segments = message.render()
    return Body(message.TYPE, len(segments), render_segments(segments, _SEPARATORS, encoding=_CODEC))


def add_outgoing(conn: Connection, batch: int, moment: datetime, sender: str, sent: Iterable[tuple[int, str, Body]], *, series: str, test: bool) -> None:
    """Envelope what a batch sends: (event, recipient, message) in order.

    ``series`` begins the references; ``test``: with the test indicator.
    """
    by_recipient: dict[str, list[tuple[int, Body]]] = {}
    for event, to, body in sent:
        by_recipient.setdefault(to, []).append((event, body))
    if not by_recipient:
        return
    number = conn.execute(_LAST).scalar_one()
    rows = []
    for to, messages in by_recipient.items():
        for first in range(0, len(messages), _MOST_MESSAGES):
            chosen = messages[first : first + _MOST_MESSAGES]
            number += 1
            reference = f"{series}{number:08d}"
            octets = envelope([body for _, body in chosen], sender=sender, to=to, reference=reference, moment=moment, test=test)
            events = json.dumps([event for event, _ in chosen])
            rows.append({"number": number, "batch": batch, "recipient": to, "reference": reference, "octets": octets, "events": events})
    conn.execute(insert(outgoing), rows)


def envelope(bodies: Sequence[Body], *, sender: str, to: str, reference: str, moment: datetime, test: bool = False) -> bytes:
    """The interchange of these messages; ``sender`` and ``to`` are EDI addresses."""
    header = InterchangeHeader(_SEPARATORS, "UNOY", 4, sender=party_of(sender), test="1" if test else "")
    pieces = [render_header(header, recipient=party_of(to), reference=reference, prepared=moment, una=False)]
    for number, body in enumerate(bodies, 1):
        pieces.append(_segment("UNH", str(number), [body.type, *_DIRECTORY]))
        pieces.append(body.octets)
        pieces.append(_segment("UNT", str(body.count + 2), str(number)))
    pieces.append(render_trailer(header, len(bodies), reference))
    return b"".join(pieces)


def _segment(tag: str, *elements: str | list[str]) -> bytes:
    return render_segments([Segment(tag, *elements)], _SEPARATORS, encoding=_CODEC)


def party_of(address: str) -> Party:
    """Raises ``ValueError`` for what is no EDI address like ``GACC:ZZZ``."""
    if not _ADDRESS.fullmatch(address) or not address.isprintable():
        raise ValueError(f"{address!r} is no EDI address")
    return Party(*address.split(":"))


def find_unsent(conn: Connection) -> Leaving | None:
    """The oldest interchange that the hub has not answered, or None."""
    row = conn.execute(_UNSENT).one_or_none()
    return None if row is None else Leaving(*row)


def record_answer(conn: Connection, number: int, answer: str, explanation: str) -> None:
    """The hub has answered."""
    conn.execute(_ANSWERED, {"which": number, "answer": answer, "explanation": explanation})
