"""Export declarations that customs decides upon a second, on one core and a SQLite file.

As a running agency does it but for the hub, 50 in a transaction: read, checked, the form reserved on the ledger, recorded, answered. Each is of one item and names its own foreign
exchange form, which was filed before; all are accepted. Measured in processor time, because other processes may be at work. Yardstick of the same run: ``pydifact``'s parser over the
same interchanges, which makes segments of them and nothing else.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from pydifact.parser import Parser

from bench import Figure
from vanhub.agencies.customs.lodgement import Lodgement, State
from vanhub.agencies.enterprises import row_of
from vanhub.agencies.frame.batch import Batch
from vanhub.agencies.frame.book import SqlBook
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.events import Event, EventKind
from vanhub.agencies.frame.home import AgencyHome, init_home, shipped_addresses
from vanhub.agencies.frame.inbox import add_delivery
from vanhub.agencies.frame.outbox import envelope, render_body
from vanhub.agencies.frame.store import open_store, require_store
from vanhub.agencies.messages.parts import Enterprise
from vanhub.agencies.messages.transport import Transport
from vanhub.agencies.running import open_office
from vanhub.agencies.trade.consignment import Consignment, Lot
from vanhub.agencies.trade.enterprises import make_enterprises
from vanhub.agencies.trade.plan import BROKER, OFFICE, PORT, REGION
from vanhub.agencies.trade.wares import EXPORTS

DECLARATIONS = 1_000
IN_A_TRANSACTION = 50

_DAY = date(2006, 3, 20)
_MOMENT = datetime(2006, 3, 20, 1, tzinfo=UTC)


class _Customs:
    """Customs with a store and no hub."""

    def __init__(self, home: AgencyHome) -> None:
        self._engine = open_store(home.store_url)
        self._office = open_office(home)
        self._deliveries = 0
        require_store(self._engine, home.agency, home.slot, _MOMENT)

    def load(self, rows: Sequence[dict[str, str]]) -> None:
        with self._engine.begin() as conn:
            batch = Batch(conn, self._office, _MOMENT)
            for place, row in enumerate(rows, 1):
                batch.take(Event(EventKind.ROW, "1", place, row=row))
            batch.close()

    def receive(self, octets: bytes) -> None:
        self._deliveries += 1
        id = f"D{self._deliveries:06d}"
        with self._engine.begin() as conn:
            add_delivery(conn, id, octets, hashlib.sha256(octets).hexdigest(), "token")
            batch = Batch(conn, self._office, _MOMENT)
            for happened in batch.inbox.events(id, {}):
                batch.take(happened)
            batch.close()

    def states(self) -> list[State]:
        with self._engine.connect() as conn:
            return [each.state for each in SqlBook(conn, self._office.rules, self._office.addresses).list(Lodgement)]

    def close(self) -> None:
        self._engine.dispose()


def measure() -> Iterator[Figure]:
    traders = list(make_enterprises(30, 1, _DAY))
    made = [_consignment(number, Enterprise(each.customs_code, each.code, each.name, each.tax_number)) for number, each in enumerate(traders * 34, 1)]
    chosen = [(f"06{number:07d}", each) for number, each in enumerate(made[:DECLARATIONS], 1)]
    filings = _interchanges("SAFE:ZZZ", [each.form_filing(form, "440300") for form, each in chosen])
    declarations = _interchanges("BROKER:ZZZ", [each.declaration(form=form) for form, each in chosen])
    with tempfile.TemporaryDirectory() as folder:
        init_home(Path(folder), "customs", "https://127.0.0.1:1")
        customs = _Customs(AgencyHome.open(Path(folder)))
        customs.load([row_of(each) for each in traders])
        for octets in filings:
            customs.receive(octets)
        begun = time.process_time()
        for octets in declarations:
            customs.receive(octets)
        seconds = time.process_time() - begun
        states = customs.states()
        customs.close()
    if len(states) != DECLARATIONS or {*states} & {State.RECEIVED, State.RETURNED}:
        raise AssertionError(f"not all are accepted: {states[:10]}")
    octets_each = sum(map(len, declarations)) // DECLARATIONS
    yield Figure("declarations decided", DECLARATIONS / seconds, "/s", detail=f"{octets_each} octets each, {IN_A_TRANSACTION} in a transaction")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begun = time.process_time()
        for octets in declarations[:4]:
            list(Parser().parse(octets.decode("utf-8")))
        yield Figure("pydifact's parser, to segments", 4 * IN_A_TRANSACTION / (time.process_time() - begun), "/s", detail="yardstick")


def _consignment(number: int, trader: Enterprise) -> Consignment:
    plain = [ware for ware in EXPORTS if not ware.licence and not ware.note]
    ware = plain[number % len(plain)]
    return Consignment(
        reference=f"X{number:07d}",
        export=True,
        trader=trader,
        on=_DAY,
        office=OFFICE,
        port=PORT,
        region=REGION,
        rate=Decimal("8.03"),
        lots=(Lot(ware, Decimal(200 + number), ware.price),),
        packages=20 + number % 300,
        container=f"VHUU{number:07d}",
        broker=BROKER,
        transport=Transport("00001", "1", "9000001", "NAN HAI 1"),
        manifest="",
        bill_of_lading=f"NHLX{number:07d}",
    )


def _interchanges(sender: str, messages: Sequence[Outgoing]) -> list[bytes]:
    bodies = [render_body(message) for message in messages]
    firsts = range(0, len(bodies), IN_A_TRANSACTION)
    to = shipped_addresses()["customs"]
    return [envelope(bodies[first : first + IN_A_TRANSACTION], sender=sender, to=to, reference=f"T{first:09d}", moment=_MOMENT) for first in firsts]
