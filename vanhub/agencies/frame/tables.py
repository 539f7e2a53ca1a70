"""An agency's tables beside its ledgers: what came, what happened, what it has on record, what leaves. One set for SQLite and PostgreSQL.

``event`` with what it points to (``delivery``, ``request``) is the agency's history; all other tables follow from it and can be rebuilt. Moments are whole microseconds since
1970 UTC.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from vanhub.agencies.ledger.tables import Key, Number, metadata

store = Table(
    "store",
    metadata,
    Column("agency", Text, primary_key=True, comment="whose store this is"),
    Column("slot", Text, nullable=False, comment="production or test: which traffic it has"),
    Column("series", Text, nullable=False, comment="with what its interchange control references begin"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Text, primary_key=True, comment="as the hub named it"),
    Column("octets", LargeBinary, nullable=False, comment="one interchange"),
    Column("sha256", Text, nullable=False),
    Column("claim", Text, comment="the token by which it is still to be committed at the hub; null: that is done, or the claim ran out"),
)
CLAIMED = text("claim IS NOT NULL")
Index("ix_delivery_claim", delivery.c.claim, sqlite_where=CLAIMED, postgresql_where=CLAIMED)

request = Table(
    "request",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("verb", Text, nullable=False, comment="load, instruct or retry"),
    Column("words", Text, nullable=False, comment="JSON: what was said with it"),
    Column("octets", LargeBinary, comment="the file to load"),
    Column("answer", Text, comment="JSON: what came of it; null: not worked off yet"),
)
UNANSWERED = text("answer IS NULL")
Index("ix_request_answer", request.c.id, sqlite_where=UNANSWERED, postgresql_where=UNANSWERED)

batch = Table(
    "batch",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False, comment="1, 2, 3 ...: one transaction each"),
    Column("moment", Number, nullable=False, comment="the agency's clock"),
)

event = Table(
    "event",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False, comment="1, 2, 3 ... in the order of working off"),
    Column("batch", Number, ForeignKey("batch.number"), nullable=False),
    Column("kind", Text, nullable=False, comment="message, deadline, reminder, row or instruction"),
    Column("source", Text, nullable=False, comment="a message's delivery, a row's or instruction's request, a reminder's subject"),
    Column("place", Number, nullable=False, comment="a message's place in its interchange, a row's line, a deadline's event: whose message was parked; else 0"),
    Column("detail", Text, nullable=False, comment="JSON: of a message that breaks its guide the complaints, of a reminder the key"),
    Column("failure", Text, comment="why the program could not work it off, so that it had no effect; null: it was worked off"),
    Column("retried", Number, comment="the event that took up this one, which had failed; null: none"),
)
FAILED = text("failure IS NOT NULL AND retried IS NULL")
Index(None, event.c.batch)
Index("ix_event_failed", event.c.number, sqlite_where=FAILED, postgresql_where=FAILED)

record = Table(
    "record",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("value", Text, nullable=False, comment="JSON, see frame.records"),
    Column("event", Number, nullable=False, comment="the event that last changed it"),
    sqlite_with_rowid=False,
)

parked = Table(
    "parked",
    metadata,
    Column("event", Number, primary_key=True, autoincrement=False, comment="the event that brought the message"),
    Column("sender", Text, nullable=False),
    Column("interchange", Text, nullable=False),
    Column("deadline", Number, nullable=False, comment="microseconds"),
    Column("overdue", Boolean, nullable=False, comment="the deadline was taken up and failed; it is not due again"),
)
Index(None, parked.c.deadline)

awaited = Table(
    "awaited",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("event", Number, ForeignKey("parked.event"), primary_key=True, comment="whose message waits for the record"),
    Column("position", Integer, nullable=False, comment="among what the message waits for"),
    sqlite_with_rowid=False,
)
Index(None, awaited.c.event)

reminder = Table(
    "reminder",
    metadata,
    Column("subject", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("at", Number, nullable=False, comment="microseconds"),
    Column("event", Number, nullable=False, comment="the event that asked for it"),
    sqlite_with_rowid=False,
)
Index(None, reminder.c.at)

outgoing = Table(
    "outgoing",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False, comment="1, 2, 3 ... in the order in which they leave"),
    Column("batch", Number, ForeignKey("batch.number"), nullable=False),
    Column("recipient", Text, nullable=False, comment="EDI address"),
    Column("reference", Text, nullable=False, unique=True, comment="interchange control reference"),
    Column("octets", LargeBinary, nullable=False, comment="the interchange"),
    Column("events", Text, nullable=False, comment="JSON: of each message the event behind it"),
    Column("answer", Text, comment="the hub's: accepted, partly, rejected, conflict or refused; null: not sent yet"),
    Column("explanation", Text, comment="what the hub said beside it"),
)
UNSENT = text("answer IS NULL")
Index("ix_outgoing_unsent", outgoing.c.number, sqlite_where=UNSENT, postgresql_where=UNSENT)
