"""What stands behind an event, and so behind its postings: a message with its interchange and delivery, a line of a file, an officer's instruction, a reminder. Read only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, bindparam, cast, or_, select

from vanhub.agencies.frame.events import EventKind
from vanhub.agencies.frame.inbox import Inbox
from vanhub.agencies.frame.moments import from_microseconds
from vanhub.agencies.frame.tables import batch, delivery, event, request

_EVENT = select(event, batch.c.moment).join(batch, batch.c.number == event.c.batch).where(event.c.number == bindparam("which"))
_WORDS = select(request.c.words).where(request.c.id == bindparam("which"))
_PARKED = event.alias("parked")


def describe_event(conn: Connection, inbox: Inbox, number: int) -> dict[str, Any]:
    """``event``, ``kind``, ``at`` (the agency's clock) and, of a message, ``delivery``, ``interchange`` (0020), ``sender``, ``message`` (0062), ``type`` and ``number`` (BGM 1004); of a row ``file``
    and ``line``; of an instruction ``verb`` and ``words``; of a reminder ``subject`` and ``key``. Only ``event`` where there is no such event.
    """
    row = conn.execute(_EVENT, {"which": number}).one_or_none()
    if row is None:
        return {"event": number}
    at = from_microseconds(row.moment).isoformat().replace("+00:00", "Z")
    return {"event": number, "kind": row.kind, "at": at, **_facts(conn, inbox, row)}


def _facts(conn: Connection, inbox: Inbox, row: Any) -> Mapping[str, Any]:
    match EventKind(row.kind):
        case EventKind.MESSAGE:
            interchange = inbox.interchange(row.source)
            message = interchange.messages[row.place - 1]
            came = {"delivery": row.source, "interchange": interchange.reference, "sender": str(interchange.sender)}
            return {**came, "message": message.reference, "type": message.type, "number": message.number}
        case EventKind.DEADLINE:
            return {"parked": row.place}
        case EventKind.REMINDER:
            return {"subject": row.source, "key": row.detail}
        case EventKind.ROW:
            return {"file": _words(conn, row.source)["file"], "line": row.place}
        case EventKind.INSTRUCTION:
            words = _words(conn, row.source)
            return {"verb": words.pop("verb"), "words": words}


def _words(conn: Connection, id: str) -> dict[str, str]:
    words: dict[str, str] = json.loads(conn.execute(_WORDS, {"which": int(id)}).scalar_one())
    return words


def with_something_behind() -> Select[Any]:
    """The numbers of the events that were worked off and whose message, file, instruction or reason is there: they may have posted."""
    sources = {
        EventKind.MESSAGE: select(delivery.c.id),
        EventKind.ROW: select(cast(request.c.id, Text)),
        EventKind.INSTRUCTION: select(cast(request.c.id, Text)),
    }
    return select(event.c.number).where(
        event.c.failure.is_(None),
        or_(
            event.c.kind == EventKind.REMINDER,
            and_(event.c.kind == EventKind.DEADLINE, event.c.place.in_(select(_PARKED.c.number))),
            *(and_(event.c.kind == kind, event.c.source.in_(there)) for kind, there in sources.items()),
        ),
    )
