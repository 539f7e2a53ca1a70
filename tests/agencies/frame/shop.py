"""The tests' small agency with a store and no hub: deliveries come when the test says so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from tests.agencies.frame.tiny import Sum, Tiny
from tests.agencies.memory import ADDRESSES, FixedRules
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.batch import Batch, Office
from vanhub.agencies.frame.desk import answer
from vanhub.agencies.frame.events import is_due, list_due
from vanhub.agencies.frame.inbox import add_delivery
from vanhub.agencies.frame.rebuild import rebuild
from vanhub.agencies.frame.records import read
from vanhub.agencies.frame.requests import Request, add_request
from vanhub.agencies.frame.store import open_store, require_store
from vanhub.agencies.frame.tables import event, outgoing, record
from vanhub.agencies.ledger.tables import account

START = datetime(2006, 3, 20, 1, tzinfo=UTC)


def interchange(reference: str, *numbers: str, sender: str = "TRADER:ZZZ") -> bytes:
    """CUSRES messages with these document numbers, for the small agency."""
    messages = "".join(f"UNH+{place}+CUSRES:D:01B:UN'BGM+961+{number}+11'UNT+3+{place}'" for place, number in enumerate(numbers, 1))
    return f"UNB+UNOY:4+{sender}+TINY:ZZZ+20060320:0100+{reference}'{messages}UNZ+{len(numbers)}+{reference}'".encode()


@dataclass
class Shop:
    """``engine`` has the store, ``program`` can be mended."""

    engine: Engine
    program: Tiny = field(default_factory=Tiny)
    now: datetime = START
    _deliveries: int = 0

    @classmethod
    def open(cls, folder: Path, url: str = "") -> Shop:
        engine = open_store(url or f"sqlite:///{folder / 'agency.db'}")
        require_store(engine, "tiny", "production", START)
        return cls(engine)

    @property
    def office(self) -> Office:
        return Office(self.program, FixedRules({}), {**ADDRESSES, "tiny": "TINY:ZZZ"})

    def receive(self, octets: bytes, complaints: Mapping[int, tuple[Complaint, ...]] | None = None) -> int:
        """A delivery comes and is worked off; how many of its events failed."""
        self._deliveries += 1
        id = f"D{self._deliveries}"
        with self.engine.begin() as conn:
            add_delivery(conn, id, octets, hashlib.sha256(octets).hexdigest(), "token")
            batch = Batch(conn, self.office, self.now)
            for happened in batch.inbox.events(id, complaints or {}):
                batch.take(happened)
            batch.close()
        return batch.failed

    def wait(self, **time: float) -> int:
        """Time goes on; what is due is worked off. How many events failed."""
        self.now += timedelta(**time)
        with self.engine.begin() as conn:
            batch = Batch(conn, self.office, self.now)
            for happened in list_due(conn, self.now):
                if is_due(conn, happened, self.now):
                    batch.take(happened)
            batch.close()
        return batch.failed

    def ask(self, verb: str, octets: bytes | None = None, words: Mapping[str, str] | None = None) -> dict[str, Any]:
        with self.engine.begin() as conn:
            return answer(conn, self.office, Request(add_request(conn, verb, words or {}, octets), verb, words or {}), self.now)

    def instruct(self, verb: str, **words: str) -> dict[str, Any]:
        return self.ask("instruct", words={**words, "verb": verb})

    @property
    def sums(self) -> dict[str, Sum]:
        with self.engine.connect() as conn:
            return {each.key: each for each in (read(Sum, value) for value in conn.execute(select(record.c.value).order_by(record.c.key)).scalars())}

    @property
    def sent(self) -> Sequence[tuple[str, str]]:
        """(recipient, interchange) in their order."""
        with self.engine.connect() as conn:
            return [(row.recipient, row.octets.decode()) for row in conn.execute(select(outgoing).order_by(outgoing.c.number))]

    @property
    def events(self) -> Sequence[tuple[str, str, int, str | None]]:
        """(kind, source, place, failure) in their order."""
        with self.engine.connect() as conn:
            return [(row.kind, row.source, row.place, row.failure) for row in conn.execute(select(event).order_by(event.c.number))]

    def balance(self, owner: str, part: str) -> int:
        with self.engine.connect() as conn:
            return conn.execute(select(account.c.balance).where(account.c.owner == owner, account.c.part == part)).scalar() or 0

    def rebuilt(self, folder: Path) -> str | None:
        """The first difference between the store and a rebuilt one."""
        fresh = open_store(f"sqlite:///{folder / 'rebuilt.db'}")
        try:
            with self.engine.connect() as live, fresh.begin() as made:
                return rebuild(live, made, self.office)
        finally:
            fresh.dispose()
