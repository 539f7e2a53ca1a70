"""The acceptance transaction, and finding again what was accepted: jobs on interchanges.

The rules of ``accept``: a duplicate key has one holder; the same octets under it are a repeat and get the stored answer; other octets are a conflict and leave no
trace. A rejected interchange holds no key; the same octets rejected for the same faults get the stored answer of the latest such receipt. What was accepted
stays accepted: its repeat gets the stored answer though the hub would reject it now (it is too old, the agreement changed).
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, exists, func, insert, literal, or_, select, tuple_, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from vanhub.edifact.report import Party, Verdict
from vanhub.errors import NotFound
from vanhub.store import deliveries, journal, rulings, staging
from vanhub.store.columns import Moment, canonical
from vanhub.store.journal import Act
from vanhub.store.prepared import Prepared
from vanhub.store.tables import HAS_NUMBER, IS_LARGE, IS_REJECTED, acknowledgement, delivery, interchange, message, repeat
from vanhub.values.acceptance import Acceptance, Accepted, Outcome
from vanhub.values.delivery import ContentRef
from vanhub.values.records import AcknowledgementListing, InterchangeFilter, InterchangeRecord, StoredAcknowledgement

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_STEM = 80

_INSERT = {
    dialect: Prepared(statement.on_conflict_do_nothing(index_elements=["duplicate_key"]), interchange.c.keys())
    for dialect, statement in (("sqlite", sqlite.insert(interchange)), ("postgresql", postgresql.insert(interchange)))
}
_INSERT_ACKNOWLEDGEMENT = Prepared(insert(acknowledgement), acknowledgement.c.keys())
_ANSWERED = interchange.join(acknowledgement)
_RECORD: Select[Any] = select(*[column for column in interchange.c if column.name not in {"faults", "guide_faults", "duplicate_key"}])
_FIRST: Select[Any] = select(
    interchange.c.id,
    interchange.c.sha256,
    interchange.c.received_at,
    interchange.c.verdict,
    interchange.c.faults,
    interchange.c.faults_total,
    interchange.c.guide_faults,
    interchange.c.guide_faults_total,
)


def accept(conn: Connection, acceptance: Acceptance, *, refs: tuple[ContentRef, ...] = (), staged: bool = False) -> Accepted:
    """The acceptance transaction: the duplicate decision and, for what is new, every row of it.

    ``staged``: the message rows were written before, see ``vanhub.store.staging``.
    """
    first = _accepted_before(conn, acceptance) or _same_rejection(conn, acceptance)
    while first is None and not _insert(conn, acceptance, acceptance.content or refs[0]):
        first = _holder(conn, acceptance)
    if first is not None:
        if first.sha256 != acceptance.sha256:
            return _answer_of(conn, first, Outcome.CONFLICT)
        _count_repeat(conn, first.id, acceptance)
        return _answer_of(conn, first, Outcome.REPEAT)
    if staged:
        staging.unstage(conn, acceptance.id)
    else:
        for start in range(0, len(acceptance.messages), staging.MOST_ROWS):
            staging.insert_messages(conn, acceptance, start)
    deliveries.insert_new(conn, acceptance.id, acceptance.deliveries, acceptance.received_at)
    rulings.raise_held(conn, acceptance)
    answer = {
        "interchange": acceptance.id,
        "name": _answer_name(acceptance),
        "contrl": acceptance.acknowledgement,
        "p7s": acceptance.signature,
        "explanation": acceptance.explanation.encode(),
    }
    _INSERT_ACKNOWLEDGEMENT.one(conn, answer)
    actor = acceptance.actor or acceptance.principal
    journal.append(conn, [_act(acceptance)], at=acceptance.received_at, actor=actor)
    answered = deliveries.answer(conn, acceptance.principal, acceptance.answers, by=acceptance.id, now=acceptance.received_at, actor=actor)
    return Accepted(
        Outcome.NEW,
        acceptance.id,
        acceptance.received_at,
        acceptance.verdict,
        acceptance.acknowledgement,
        acceptance.signature,
        acceptance.explanation,
        answered,
        acceptance.guide_faults_total,
    )


def owns_large(conn: Connection, day: str, segment: str) -> bool:
    """Does an interchange refer to this large content?"""
    query = select(interchange.c.id).where(IS_LARGE, interchange.c.content_day == day, interchange.c.content_segment == segment)
    return conn.execute(query.limit(1)).first() is not None


def get_interchange(conn: Connection, interchange_id: str) -> InterchangeRecord:
    """One interchange. Raises ``NotFound``."""
    row = conn.execute(_RECORD.where(interchange.c.id == interchange_id)).first()
    if row is None:
        raise NotFound(f"there is no interchange {interchange_id}")
    return _record(row)


def find_interchanges(conn: Connection, wanted: InterchangeFilter) -> list[InterchangeRecord]:
    """Interchanges that match every term, newest first.

    Raises:
        NotFound: ``wanted.after`` is not there.
    """
    query = _RECORD.where(*_terms(wanted))
    if wanted.after:
        query = query.where(_older_than(get_interchange(conn, wanted.after)))
    newest = query.order_by(interchange.c.received_at.desc(), interchange.c.id.desc()).limit(wanted.limit)
    return [_record(row) for row in conn.execute(newest)]


def may_see(conn: Connection, principal: str, interchange_id: str) -> bool:
    """Is ``principal`` its sender, or the owner of a delivery made from it?"""
    query = select(interchange.c.id).where(interchange.c.id == interchange_id, _visible_to(principal))
    return conn.execute(query).first() is not None


def trace(conn: Connection, interchange_id: str, *, most_messages: int = 1000) -> dict[str, Any]:
    """Everything known of an interchange, JSON-ready: the interchange with its faults, at most ``most_messages`` messages, deliveries, events in order of time.

    Moments are ISO 8601 in UTC. Raises ``NotFound``.
    """
    record = get_interchange(conn, interchange_id)
    faults, guide_faults = conn.execute(select(interchange.c.faults, interchange.c.guide_faults).where(interchange.c.id == interchange_id)).one()
    first = select(message).where(message.c.interchange == interchange_id).order_by(message.c.position).limit(most_messages)
    made = deliveries.of_interchange(conn, interchange_id)
    return {
        "interchange": {name: value for name, value in _plain(record).items() if name != "content"} | {"faults": faults, "guide_faults": guide_faults},
        "messages": [{name: value for name, value in row._mapping.items() if name != "interchange"} for row in conn.execute(first)],
        "deliveries": [_plain(item) for item in made],
        "events": [_plain(item) for item in journal.of_subjects(conn, [interchange_id, *(item.id for item in made)])],
    }


def get_acknowledgement(conn: Connection, interchange_id: str) -> StoredAcknowledgement:
    """The answer as it was given. Raises ``NotFound``."""
    query = select(
        interchange.c.id,
        interchange.c.principal,
        interchange.c.verdict,
        interchange.c.sender,
        interchange.c.sender_qualifier,
        interchange.c.recipient,
        interchange.c.recipient_qualifier,
        interchange.c.reference,
        interchange.c.is_interchange,
        interchange.c.guide_faults_total,
        acknowledgement.c.contrl,
        acknowledgement.c.p7s,
        acknowledgement.c.explanation,
    ).join_from(interchange, acknowledgement)
    row = conn.execute(query.where(interchange.c.id == interchange_id)).first()
    if row is None:
        raise NotFound(f"there is no interchange {interchange_id}")
    return StoredAcknowledgement(
        row.id,
        row.principal,
        row.verdict,
        str(Party(row.sender, row.sender_qualifier)),
        str(Party(row.recipient, row.recipient_qualifier)),
        row.reference,
        row.is_interchange,
        row.contrl,
        row.p7s,
        row.explanation.decode(),
        row.guide_faults_total,
    )


def list_acknowledgements(conn: Connection, principal: str, *, since: datetime, limit: int = 1000, after: str = "") -> list[AcknowledgementListing]:
    """The answers to what ``principal`` sent from ``since`` on, newest first: to first receipts, and to uploads that repeated one under a name of their own.

    ``after`` is the id of the entry to continue after. Raises ``NotFound`` where there is none.
    """
    halves = []
    for named, name, source in ((interchange, acknowledgement.c.name, _ANSWERED), (repeat, repeat.c.name, repeat.join(_ANSWERED))):
        query = _listing(named, name).select_from(source).where(named.c.principal == principal, named.c.received_at >= since)
        if after:
            query = query.where(tuple_(named.c.received_at, named.c.id) < tuple_(literal(_arrival(conn, after), Moment), literal(after)))
        # What is among the newest of both is among the newest of its half, which is a range of an index.
        halves.append(select(query.order_by(named.c.received_at.desc(), named.c.id.desc()).limit(limit).subquery()))
    both = union_all(*halves).subquery()
    newest = select(both).order_by(both.c.received_at.desc(), both.c.id.desc()).limit(limit)
    return [AcknowledgementListing(*row) for row in conn.execute(newest)]


def _listing(named: Table, name: Column[str]) -> Select[Any]:
    """The columns of ``AcknowledgementListing``; ``named`` is the table that says when it came and how its file was named."""
    return select(
        named.c.id,
        interchange.c.id.label("interchange"),
        name.label("name"),
        named.c.file_name,
        named.c.received_at,
        interchange.c.verdict,
        interchange.c.is_interchange,
        func.coalesce(func.length(acknowledgement.c.contrl), 0).label("contrl_octets"),
        func.coalesce(func.length(acknowledgement.c.p7s), 0).label("signature_octets"),
        func.length(acknowledgement.c.explanation).label("explanation_octets"),
    )


def _arrival(conn: Connection, id: str) -> datetime:
    """When the first receipt or the repeat ``id`` came. Raises ``NotFound``."""
    for table in (interchange, repeat):
        found: datetime | None = conn.execute(select(table.c.received_at).where(table.c.id == id)).scalar_one_or_none()
        if found is not None:
            return found
    raise NotFound(f"there is no interchange {id}")


def _holder(conn: Connection, acceptance: Acceptance) -> Row[Any] | None:
    """Who has the duplicate key; None when that was before the window: then it loses the key here."""
    holder = conn.execute(_FIRST.where(interchange.c.duplicate_key == acceptance.duplicate_key)).one()
    if holder.received_at >= acceptance.duplicate_since:
        return holder
    conn.execute(update(interchange).where(interchange.c.id == holder.id).values(duplicate_key=None))
    return None


def _accepted_before(conn: Connection, acceptance: Acceptance) -> Row[Any] | None:
    """The receipt at which the same octets of the same principal were accepted, where they would be rejected now."""
    if acceptance.verdict is not Verdict.REJECTED or acceptance.duplicate_key is None:
        return None
    holder = conn.execute(_FIRST.where(interchange.c.duplicate_key == acceptance.duplicate_key, interchange.c.principal == acceptance.principal)).first()
    return holder if holder is not None and holder.sha256 == acceptance.sha256 and holder.received_at >= acceptance.duplicate_since else None


def _same_rejection(conn: Connection, acceptance: Acceptance) -> Row[Any] | None:
    """The latest receipt of the same octets that was rejected for the same faults, those of guides included."""
    if acceptance.verdict is not Verdict.REJECTED:
        return None
    same = _FIRST.where(interchange.c.sha256 == acceptance.sha256, interchange.c.principal == acceptance.principal, IS_REJECTED)
    latest = conn.execute(same.order_by(interchange.c.received_at.desc()).limit(1)).first()
    if latest is None or (latest.faults_total, latest.guide_faults_total) != (acceptance.faults_total, acceptance.guide_faults_total):
        return None
    same_faults = canonical([latest.faults, latest.guide_faults]) == canonical([list(acceptance.faults), list(acceptance.guide_faults)])
    return latest if same_faults else None


def _insert(conn: Connection, acceptance: Acceptance, content: ContentRef) -> bool:
    """Write the interchange's row; False when its duplicate key was taken meanwhile."""
    header = acceptance.header
    written = _INSERT[conn.dialect.name].one(
        conn,
        {
            "id": acceptance.id,
            "principal": acceptance.principal,
            "gateway": acceptance.gateway,
            "peer": acceptance.peer,
            "file_name": acceptance.file_name,
            "received_at": acceptance.received_at,
            "size": acceptance.size,
            "sha256": acceptance.sha256,
            "sender": header.sender.identification,
            "sender_qualifier": header.sender.qualifier,
            "recipient": header.recipient.identification,
            "recipient_qualifier": header.recipient.qualifier,
            "reference": header.reference,
            "test": header.test,
            "application_reference": header.application_reference,
            "syntax_identifier": header.syntax_identifier,
            "syntax_version": header.syntax_version,
            "verdict": acceptance.verdict,
            "is_interchange": acceptance.is_interchange,
            "only_control": acceptance.only_control,
            "messages": len(acceptance.messages),
            "faults_total": acceptance.faults_total,
            "faults": list(acceptance.faults),
            "duplicate_key": None if acceptance.verdict is Verdict.REJECTED else acceptance.duplicate_key,
            "repeats": 0,
            "last_repeat_at": None,
            "content_day": content.day,
            "content_segment": content.segment,
            "content_offset": content.offset,
            "content_large": acceptance.content is not None and not acceptance.replay_of,
            "replay_of": acceptance.replay_of,
            "guide_faults_total": acceptance.guide_faults_total,
            "guide_faults": list(acceptance.guide_faults),
        },
    )
    return written == 1


def _count_repeat(conn: Connection, first: str, acceptance: Acceptance) -> None:
    conn.execute(
        update(interchange).where(interchange.c.id == first).values(repeats=interchange.c.repeats + 1, last_repeat_at=acceptance.received_at),
    )
    if acceptance.file_name:
        # Who uploads a file looks for the answer under that file's name, whichever upload of its content was the first.
        conn.execute(
            insert(repeat),
            [
                {
                    "id": acceptance.id,
                    "interchange": first,
                    "principal": acceptance.principal,
                    "name": _answer_name(acceptance),
                    "file_name": acceptance.file_name,
                    "received_at": acceptance.received_at,
                }
            ],
        )
    data = {"principal": acceptance.principal, "gateway": acceptance.gateway, "peer": acceptance.peer, "sha256": acceptance.sha256}
    journal.append(conn, [Act("interchange.repeated", first, data)], at=acceptance.received_at, actor=acceptance.actor or acceptance.principal)


def _answer_of(conn: Connection, first: Row[Any], outcome: Outcome) -> Accepted:
    stored = conn.execute(select(acknowledgement).where(acknowledgement.c.interchange == first.id)).one()
    return Accepted(outcome, first.id, first.received_at, first.verdict, stored.contrl, stored.p7s, stored.explanation.decode(), (), first.guide_faults_total)


def _answer_name(acceptance: Acceptance) -> str:
    """How the answer's files are named: after the upload or the reference, made unique by the id."""
    stem = _UNSAFE.sub("_", acceptance.file_name or acceptance.header.reference).strip("._")[:_LONGEST_STEM]
    return f"{stem}-{acceptance.id}" if stem else acceptance.id


def _act(acceptance: Acceptance) -> Act:
    header = acceptance.header
    data = {
        "principal": acceptance.principal,
        "gateway": acceptance.gateway,
        "sender": str(header.sender),
        "recipient": str(header.recipient),
        "reference": header.reference,
        "test": header.test,
        "size": acceptance.size,
        "sha256": acceptance.sha256,
        "messages": len(acceptance.messages),
        "acknowledgement_sha256": None if acceptance.acknowledgement is None else hashlib.sha256(acceptance.acknowledgement).hexdigest(),
        "deliveries": [[item.id, item.mailbox, item.slot.value, item.sha256] for item in acceptance.deliveries],
    }
    if acceptance.replay_of:
        data["replay_of"] = acceptance.replay_of
    if acceptance.dispositions:
        data["dispositions"] = Counter(disposition.value for disposition in acceptance.dispositions.values())
    return Act(f"interchange.{acceptance.verdict.value}", acceptance.id, data)


def _older_than(last: InterchangeRecord) -> ColumnElement[bool]:
    return tuple_(interchange.c.received_at, interchange.c.id) < tuple_(literal(last.received_at, Moment), literal(last.id))


def _terms(wanted: InterchangeFilter) -> list[ColumnElement[bool]]:
    terms: list[ColumnElement[bool]] = []
    for column, value in (
        (interchange.c.principal, wanted.principal),
        (interchange.c.reference, wanted.reference),
        (interchange.c.verdict, wanted.verdict),
    ):
        if value:
            terms.append(column == value)
    for identification, qualifier, party in (
        (interchange.c.sender, interchange.c.sender_qualifier, wanted.sender),
        (interchange.c.recipient, interchange.c.recipient_qualifier, wanted.recipient),
    ):
        if party:
            name, _, code = party.partition(":")
            terms.append(identification == name)
            if code:
                terms.append(qualifier == code)
    if wanted.since is not None:
        terms.append(interchange.c.received_at >= wanted.since)
    if wanted.until is not None:
        terms.append(interchange.c.received_at < wanted.until)
    # A reference or a number is found in its index first; a type alone is too common for that: interchanges are walked, newest first.
    found = [column == value for column, value in ((message.c.reference, wanted.message_reference), (message.c.number, wanted.number)) if value]
    if wanted.message_type:
        found.append(message.c.type == wanted.message_type)
    if wanted.number:
        terms.append(interchange.c.id.in_(select(message.c.interchange).where(HAS_NUMBER, *found)))
    elif wanted.message_reference:
        terms.append(interchange.c.id.in_(select(message.c.interchange).where(*found)))
    elif wanted.message_type:
        terms.append(exists().where(message.c.interchange == interchange.c.id, *found))
    if wanted.mailbox:
        terms.append(exists().where(delivery.c.interchange == interchange.c.id, delivery.c.mailbox == wanted.mailbox))
    if wanted.visible_to:
        terms.append(_visible_to(wanted.visible_to))
    return terms


def _visible_to(principal: str) -> ColumnElement[bool]:
    return or_(interchange.c.principal == principal, exists().where(delivery.c.interchange == interchange.c.id, delivery.c.mailbox == principal))


def _record(row: Row[Any]) -> InterchangeRecord:
    return InterchangeRecord(
        id=row.id,
        principal=row.principal,
        gateway=row.gateway,
        peer=row.peer,
        file_name=row.file_name,
        received_at=row.received_at,
        size=row.size,
        sha256=row.sha256,
        sender=str(Party(row.sender, row.sender_qualifier)),
        recipient=str(Party(row.recipient, row.recipient_qualifier)),
        reference=row.reference,
        test=row.test,
        application_reference=row.application_reference,
        syntax_identifier=row.syntax_identifier,
        syntax_version=row.syntax_version,
        verdict=row.verdict,
        is_interchange=row.is_interchange,
        only_control=row.only_control,
        messages=row.messages,
        faults_total=row.faults_total,
        guide_faults_total=row.guide_faults_total,
        repeats=row.repeats,
        last_repeat_at=row.last_repeat_at,
        replay_of=row.replay_of,
        content=ContentRef(row.content_day, row.content_segment, row.content_offset, row.size),
    )


def _plain(value: Any) -> dict[str, Any]:
    """A frozen value as JSON-ready facts."""
    return {
        name: item.isoformat() if isinstance(item, datetime) else list(item) if isinstance(item, tuple) else item
        for name, item in dataclasses.asdict(value).items()
    }
