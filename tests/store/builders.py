"""Values for the store's tests: one acceptance, everything about it chosen by its number and its octets."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

from vanhub.edifact.report import InterchangeHeader, MessageReport, Party, Verdict
from vanhub.edifact.separators import Separators
from vanhub.store import Store, interchanges
from vanhub.values.acceptance import Acceptance, Accepted, NewDelivery
from vanhub.values.delivery import Slice, Slot

NOW = datetime(2026, 11, 21, 8, 30, 15, 123456, tzinfo=UTC)
WINDOW = timedelta(days=400)


def message(number: int = 0, *, type: str = "CUSDEC", offset: int = 0, end: int = 100, verdict: Verdict = Verdict.ACCEPTED) -> MessageReport:
    return MessageReport(f"M{number}", type, "D", "96B", "UN", "", offset, end, 9, None, verdict, f"DOC{number}")


def delivery(number: int, octets: bytes, *, mailbox: str = "customs", slot: Slot = Slot.PRODUCTION, **changes: Any) -> NewDelivery:
    values: dict[str, Any] = {
        "id": f"d{number}-{mailbox}-{slot.value}",
        "mailbox": mailbox,
        "slot": slot,
        "recipe": (Slice(0, len(octets)),),
        "sender": "TRADER:ZZ",
        "recipient": "CUSTOMS:ZZ",
        "reference": f"R{number}",
        "types": ("CUSDEC",),
        "messages": 1,
        "size": len(octets),
        "sha256": hashlib.sha256(octets).hexdigest(),
    }
    return NewDelivery(**values | changes)


def acceptance(number: int = 1, octets: bytes = b"", *, now: datetime = NOW, **changes: Any) -> Acceptance:
    """An accepted interchange of ``trader`` to ``customs`` with one message and one delivery; its reference is ``R<number>``."""
    octets = octets or octets_of(number)
    values: dict[str, Any] = {
        "id": f"i{number}",
        "principal": "trader",
        "gateway": "tcp",
        "peer": "192.0.2.7:4711",
        "file_name": "",
        "received_at": now,
        "size": len(octets),
        "sha256": hashlib.sha256(octets).hexdigest(),
        "header": InterchangeHeader(Separators(), "UNOA", 3, Party("TRADER", "ZZ"), Party("CUSTOMS", "ZZ"), "261121:0830", f"R{number}"),
        "verdict": Verdict.ACCEPTED,
        "is_interchange": True,
        "only_control": False,
        "faults": (),
        "faults_total": 0,
        "messages": (message(number, end=len(octets)),),
        "deliveries": (delivery(number, octets),),
        "acknowledgement": b"CONTRL for " + str(number).encode(),
        "signature": b"\x30\x80signature",
        "explanation": "accepted 已接受",
        "duplicate_key": f"TRADER:ZZ>CUSTOMS:ZZ#R{number}",
        "duplicate_since": now - WINDOW,
    }
    return Acceptance(**values | changes)


def rejection(number: int = 1, octets: bytes = b"", **changes: Any) -> Acceptance:
    """A rejected interchange with one fault, which nobody gets."""
    values: dict[str, Any] = {
        "verdict": Verdict.REJECTED,
        "faults": ({"code": "13", "text": "缺少"},),
        "faults_total": 1,
        "messages": (message(number, verdict=Verdict.REJECTED),),
        "deliveries": (),
        "duplicate_key": None,
        "explanation": "rejected",
    }
    return acceptance(number, octets, **values | changes)


def octets_of(number: int) -> bytes:
    return f"UNB+UNOA:3+TRADER:ZZ+CUSTOMS:ZZ+261121:0830+R{number}'UNZ+0+R{number}'".encode()


def submit(store: Store, what: Acceptance, octets: bytes) -> Future[Accepted]:
    return store.submit(interchanges.accept, what, contents=[octets])


def accept(store: Store, number: int = 1, octets: bytes = b"", **changes: Any) -> Accepted:
    """Accept interchange ``number`` now."""
    octets = octets or octets_of(number)
    return submit(store, acceptance(number, octets, **changes), octets).result()
