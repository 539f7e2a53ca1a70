"""What licensing and foreign customs send is as the shipped guides want it."""

from __future__ import annotations

from datetime import date

from tests.agencies.foreign_customs.test_program import border
from tests.agencies.licensing.cases import CUSTOMS, OIL, WHEAT, application, desk, licence_of, usage
from tests.agencies.messages.checked import arrived
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.licence import LicenceQuery
from vanhub.agencies.messages.statistics import FiguresRequest


def test_answers_of_licensing() -> None:
    opened = desk()
    first = licence_of(opened.receive(application(remarks=("加急",), origin="CHN")))
    imported = licence_of(opened.receive(application("A2", WHEAT, export=False, country="AUS", quota="", valid_to=date(2007, 3, 31))))
    opened.receive(application("A3", OIL, export=False, country="SAU", quota="", uses=7))
    opened.receive(usage(first, "U1", "5000"), CUSTOMS)
    opened.receive(usage(first, "U2", "50000", office="5301"), CUSTOMS)
    opened.receive(application("A4", function="4", licence=first.number, uses=3))
    for licence in (first.number, imported.number, "06-BS-000099"):
        opened.receive(LicenceQuery(licence == first.number, licence, "Q1", date(2006, 3, 21)))
    opened.receive(FiguresRequest("RQ1", "F14EC", "200603", "SKBROKER", "MOFTEC"))
    opened.receive(application("A5", function="1", licence=first.number))
    kinds = {"Licence": "sancrt-licence", "LicenceBalance": "sancrt-licence-balance", "Refusal": "aperak-answer", "Figures": "gesmes-data"}
    sent: list[Outgoing] = list(dict.fromkeys(message for _, message in opened.book.sent))
    assert [type(message).__name__ for message in sent] == [
        *["Licence", "Licence", "Refusal", "Refusal", "Licence", "LicenceBalance", "LicenceBalance", "LicenceBalance", "Figures", "Licence"]
    ]
    for message in sent:
        assert arrived(message, kinds[type(message).__name__]).type == message.TYPE


def test_queries_of_foreign_customs() -> None:
    opened = border()
    ((_, query),) = opened.instruct("query", licence="06-BS-000001", quota="US-340-2006", quantity="10", unit="H87")
    assert arrived(query, "sancrt-licence-query").number == "06-BS-000001"
