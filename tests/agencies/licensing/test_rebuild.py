"""Licensing with a real store: as in memory, and the same again from its messages."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.agencies.frame.shop import Shop
from tests.agencies.licensing.cases import CUSTOMS, NOON, OTHER, TRADER, application, desk, enterprise, licence_of, registration, rules, usage
from tests.agencies.memory import ADDRESSES
from vanhub.agencies.enterprises import COLUMNS, row_of
from vanhub.agencies.frame.batch import Office
from vanhub.agencies.frame.book import SqlBook
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.store import open_store, require_store
from vanhub.agencies.licensing.program import Licensing
from vanhub.edifact.report import InterchangeHeader, Party
from vanhub.edifact.separators import Separators
from vanhub.edifact.writer import render_interchange, wrap_message


class Authority(Shop):
    """Licensing in place of the small agency."""

    @property
    def office(self) -> Office:
        return Office(Licensing(), rules(), ADDRESSES)


def octets(sender: str, reference: str, *messages: Outgoing) -> bytes:
    wrapped = [wrap_message(str(number), [each.TYPE, "D", "01B", "UN", "CNGC01"], each.render()) for number, each in enumerate(messages, start=1)]
    header = InterchangeHeader(Separators.default(4), "UNOY", 4, Party(*sender.split(":")), Party("MOFTEC", "ZZZ"), reference=reference)
    return render_interchange(header, wrapped, prepared=datetime(2006, 3, 20, 1, tzinfo=UTC))


def test_the_store_has_what_the_desk_has_and_a_rebuild_has_it_again(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'agency.db'}")
    require_store(engine, "licensing", "production", NOON)
    authority, model = Authority(engine, now=NOON), desk()
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerow(row_of(enterprise(TRADER)))
    authority.ask("load", file.getvalue().encode())
    licence = licence_of(desk().receive(application()))
    arrivals: list[tuple[str, tuple[Outgoing, ...]]] = [
        ("SKBROKER:ZZZ", (application("A9", holder=OTHER), application(), application())),
        (CUSTOMS, (usage(licence, "U2", "1", cancelled=True), usage(licence, "U1", "5000"), usage(licence, "U2", "1"), usage(licence, "U3", "70000"))),
        ("SAIC:ZZZ", (registration(OTHER),)),
        ("SKBROKER:ZZZ", (application("A2", function="4", licence=licence.number, uses=3),)),
    ]
    for number, (sender, messages) in enumerate(arrivals, start=1):
        assert authority.receive(octets(sender, str(number), *messages)) == 0
        for message in messages:
            model.receive(message, sender)
    assert authority.wait(days=214, hours=12) == 0
    model.wait_until(NOON + timedelta(days=214, hours=12))
    with engine.connect() as conn:
        book = SqlBook(conn, authority.office.rules, ADDRESSES)
        for kind in {type(record) for record in model.book.records.values()}:
            if kind.KIND not in {"application", "write-off", "alert"}:
                assert list(book.list(kind)) == list(model.book.list(kind))
        assert {account: book.balance(account) for account in model.book.balances} == model.book.balances
        assert list(authority.office.agency.invariants(book)) == []
    assert authority.rebuilt(tmp_path) is None
    engine.dispose()
