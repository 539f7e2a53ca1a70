"""The deliveries that an agency has taken, each once: their octets as the hub gave them, and whether the hub knows that they are safe here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.events import Event, EventKind
from vanhub.agencies.frame.message import Interchange, Message, read_interchange
from vanhub.agencies.frame.tables import CLAIMED, delivery, event

_MOST_INTERCHANGES = 16

_SOURCE = select(event.c.source, event.c.place).where(event.c.number == bindparam("which"))
_OCTETS = select(delivery.c.octets).where(delivery.c.id == bindparam("which"))


class Inbox:
    """What came, read; the interchanges read last stay at hand."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._read: dict[str, Interchange] = {}

    def interchange(self, id: str) -> Interchange:
        """A delivery's. Raises ``ValueError`` where it cannot be read."""
        if id not in self._read:
            if len(self._read) >= _MOST_INTERCHANGES:
                self._read.clear()
            self._read[id] = read_interchange(self._conn.execute(_OCTETS, {"which": id}).scalar_one())
        return self._read[id]

    def message(self, number: int) -> Message:
        """The message that event ``number`` brought."""
        brought = self._conn.execute(_SOURCE, {"which": number}).one()
        return self.interchange(brought.source).messages[int(brought.place) - 1]

    def events(self, id: str, complaints: Mapping[int, tuple[Complaint, ...]]) -> list[Event]:
        """What a delivery brings: one event for each message, and one for an interchange that cannot be read. ``complaints``: by their places, of messages that
        break their guides.
        """
        try:
            count = len(self.interchange(id).messages)
        except ValueError:
            return [Event(EventKind.MESSAGE, id)]
        return [Event(EventKind.MESSAGE, id, place, complaints.get(place, ())) for place in range(1, count + 1)]


def is_delivered(conn: Connection, id: str) -> bool:
    """Whether a delivery was taken before."""
    return conn.execute(select(delivery.c.id).where(delivery.c.id == id)).scalar() is not None


def add_delivery(conn: Connection, id: str, octets: bytes, sha256: str, claim: str) -> None:
    conn.execute(insert(delivery), {"id": id, "octets": octets, "sha256": sha256, "claim": claim})


def renew_claim(conn: Connection, id: str, claim: str | None) -> None:
    """The token by which a delivery is still to be committed; None: it is committed, or the claim ran out."""
    conn.execute(update(delivery).where(delivery.c.id == id).values(claim=claim))


def list_claims(conn: Connection) -> Sequence[tuple[str, str]]:
    """Deliveries that are safe here and still to be committed at the hub: (id, token)."""
    return [(row.id, row.claim) for row in conn.execute(select(delivery.c.id, delivery.c.claim).where(CLAIMED).order_by(delivery.c.id))]
