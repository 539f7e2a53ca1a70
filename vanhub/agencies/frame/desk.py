"""Requests answered: files loaded, instructions taken, failed events taken up again. Jobs on a connection in a transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, update
from sqlalchemy.exc import OperationalError

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.batch import Batch, Office
from vanhub.agencies.frame.events import Event, EventKind, list_failed
from vanhub.agencies.frame.inbox import Inbox
from vanhub.agencies.frame.requests import Request, find_rows, record_result
from vanhub.agencies.frame.tables import event

_log = structlog.get_logger("vanhub.agency")

_MOST_COMPLAINTS = 20


def answer(conn: Connection, office: Office, request: Request, moment: datetime, progress: Callable[[int], None] = lambda _rows: None) -> dict[str, Any]:
    """Do what is asked, all of it or nothing, and keep what came of it. ``progress`` is told how many rows of a file are done.

    The answer has ``events`` (how many) and, of an instruction, ``effects``; or ``complaints``, each with ``code``, ``line`` (of a file, else None), ``en`` and ``zh``; or ``failure``.
    """
    undo = conn.begin_nested()
    try:
        match request.verb:
            case "load":
                said = _load(conn, office, request, moment, progress)
            case "instruct":
                said = _instruct(conn, office, request, moment)
            case _:
                said = _retry(conn, office, moment)
    except Unreadable as error:
        undo.rollback()
        said = {"complaints": [_shown(each) for each in error.complaints]}
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - any fault of the agency's program
        undo.rollback()
        _log.error("a request failed", verb=request.verb, exc_info=True)
        said = {"failure": f"{type(error).__name__}: {error}"}
    else:
        undo.commit()
    record_result(conn, request.id, said)
    return said


def _shown(complaint: Complaint) -> dict[str, Any]:
    return {"code": complaint.code, "line": complaint.item, "en": complaint.text_en, "zh": complaint.text_zh}


def _load(conn: Connection, office: Office, request: Request, moment: datetime, progress: Callable[[int], None]) -> dict[str, Any]:
    batch = Batch(conn, office, moment)
    count = 0
    complaints: list[Complaint] = []
    try:
        for line, row in find_rows(conn, str(request.id)):
            try:
                batch.take(Event(EventKind.ROW, str(request.id), line, row=row))
            except Unreadable as error:
                # The rest is looked at too, so that one run tells all; nothing of it stays.
                complaints += (dataclasses.replace(each, item=line) for each in error.complaints)
                if len(complaints) >= _MOST_COMPLAINTS:
                    break
            count += 1
            progress(count)
    except Unreadable as error:
        complaints += error.complaints
    if complaints:
        raise Unreadable(*complaints)
    batch.close()
    return {"events": count}


def _instruct(conn: Connection, office: Office, request: Request, moment: datetime) -> dict[str, Any]:
    batch = Batch(conn, office, moment)
    _, effects = batch.take(Event(EventKind.INSTRUCTION, str(request.id)))
    batch.close()
    return {"events": 1, "effects": effects}


def _retry(conn: Connection, office: Office, moment: datetime) -> dict[str, Any]:
    failed = list_failed(conn)
    if not failed:
        return {"events": 0, "failed": 0}
    batch = Batch(conn, office, moment)
    count = 0
    for number, happened in failed:
        first = None
        for again in _again(Inbox(conn), happened):
            taken, _ = batch.take(again)
            first = first or taken
            count += 1
        conn.execute(update(event).where(event.c.number == number).values(retried=first or number))
    batch.close()
    return {"events": count, "failed": batch.failed}


def _again(inbox: Inbox, failed: Event) -> Iterator[Event]:
    if failed.kind is EventKind.MESSAGE and not failed.place:
        yield from inbox.events(failed.source, {})
    else:
        yield Event(failed.kind, failed.source, failed.place, failed.complaints, failed.key)
