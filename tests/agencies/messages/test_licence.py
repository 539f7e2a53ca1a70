"""SANCRT of licences: whole values out of the samples, and what is said of what cannot be read."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from tests.agencies.memory import as_read
from tests.agencies.messages.samples import DOCUMENTS, EXAMPLES, MESSAGES, read_sample
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.licence import (
    Licence,
    LicenceApplication,
    LicenceBalance,
    LicenceLine,
    LicenceQuery,
    LicenceStatus,
    LicenceUsage,
    UsedLine,
)
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.edifact.tolerant import ReadSegment

TROUSERS = LicenceLine(1, "62034290", "MEN'S TROUSERS OF COTTON, WOVEN", Quantity(Decimal(14400), "H87"), Money(Decimal("4.4"), "USD"))
APPLICATION = LicenceApplication(
    export=True,
    reference="SZT2006L0042",
    function="9",
    applied_on=date(2006, 2, 27),
    office="44",
    customs_office="5304",
    country="NLD",
    uses=1,
    total=Quantity(Decimal(14400), "H87"),
    value=Money(Decimal(63360), "USD"),
    mode="0110",
    holder="4403715253183",
    lines=(TROUSERS,),
    contract="SZT-VDB-0306",
)
LICENCE = Licence(
    export=True,
    number="06-AC-441207",
    function="9",
    status=LicenceStatus.APPROVED,
    issued_on=date(2006, 3, 1),
    valid_from=date(2006, 3, 1),
    valid_to=date(2006, 8, 31),
    office="44",
    customs_office="5304",
    country="NLD",
    uses=1,
    total=Quantity(Decimal(14400), "H87"),
    value=Money(Decimal(63360), "USD"),
    mode="0110",
    holder="4403715253183",
    issuer="MOFTEC",
    lines=(TROUSERS,),
    reference="SZT2006L0042",
    contract="SZT-VDB-0306",
)


def test_the_examples_are_read() -> None:
    assert LicenceApplication.parse(read_sample(EXAMPLES / "sancrt-application.edi")) == APPLICATION
    assert Licence.parse(read_sample(EXAMPLES / "sancrt-licence.edi")) == LICENCE


def test_the_messages_of_the_guides_are_read() -> None:
    assert LicenceApplication.parse(read_sample(MESSAGES / "sancrt-licence-application.edi")) == dataclasses.replace(
        APPLICATION, lines=(dataclasses.replace(TROUSERS, name="TROUSERS OF COTTON, WOVEN"),)
    )
    assert Licence.parse(read_sample(MESSAGES / "sancrt-licence.edi")) == Licence(
        export=False,
        number="06-AC-440077",
        function="9",
        status=LicenceStatus.APPROVED,
        issued_on=date(2006, 3, 1),
        valid_from=date(2006, 3, 1),
        valid_to=date(2006, 12, 31),
        office="44",
        customs_office="5304",
        country="DEU",
        uses=12,
        total=Quantity(Decimal(6), "H87"),
        value=Money(Decimal(156000), "EUR"),
        mode="0110",
        holder="4403715253183",
        issuer="MOFTEC",
        lines=(LicenceLine(1, "84452032", "RING SPINNING FRAME", Quantity(Decimal(6), "H87"), Money(Decimal(26000), "EUR")),),
        contract="SZT-NWH-0306",
    )
    assert LicenceUsage.parse(read_sample(MESSAGES / "sancrt-licence-usage.edi")) == LicenceUsage(
        number="U06-AC-441301-01",
        cancelled=False,
        export=True,
        licence="06-AC-441301",
        declaration="530420060400118301",
        declared_on=date(2006, 4, 10),
        office="5304",
        lines=(UsedLine(1, "62034290", Quantity(Decimal(7200), "H87"), Money(Decimal(43200), "USD")),),
    )
    assert LicenceQuery.parse(read_sample(MESSAGES / "sancrt-licence-query.edi")) == LicenceQuery(True, "06-AC-441207", "Q-2006-0017", date(2006, 4, 5))
    assert LicenceBalance.parse(read_sample(MESSAGES / "sancrt-licence-balance.edi")) == LicenceBalance(
        export=True,
        licence="06-AC-441207",
        reference="Q-2006-0017",
        answered_on=date(2006, 4, 5),
        known=True,
        status=LicenceStatus.APPROVED,
        valid_to=date(2006, 8, 31),
        holder="4403715253183",
        country="NLD",
        uses_left=11,
        left=((1, Quantity(Decimal(13200), "H87")),),
        granted=Quantity(Decimal(14400), "H87"),
    )


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the sample documents are not beside the repository")
def test_the_sample_documents_are_read() -> None:
    assert Licence.parse(read_sample(DOCUMENTS / "sancrt_licence.edi")) == Licence(
        export=True,
        number="06-AB-300123",
        function="9",
        status=LicenceStatus.APPROVED,
        issued_on=date(2006, 9, 15),
        valid_from=date(2006, 9, 15),
        valid_to=date(2006, 12, 31),
        office="44",
        customs_office="5304",
        country="USA",
        # MULTI:12 stands there in two components.
        uses=12,
        total=Quantity(Decimal(12000), "H87"),
        value=Money(Decimal(26400), "USD"),
        mode="0110",
        holder="4403123456788",
        issuer="MOFTEC",
        lines=(LicenceLine(1, "61091000", "COTTON T-SHIRTS CAT 338", Quantity(Decimal(12000), "H87"), Money(Decimal("2.2"), "USD")),),
        quota="US-338/339-2006",
        contract="SZ06-0815",
    )
    assert LicenceUsage.parse(read_sample(DOCUMENTS / "sancrt_usage.edi")) == LicenceUsage(
        number="U06-AB-300123-01",
        cancelled=False,
        export=True,
        licence="06-AB-300123",
        declaration="530120060000012346",
        declared_on=date(2006, 10, 8),
        office="5301",
        lines=(UsedLine(1, "61091000", Quantity(Decimal(12000), "H87"), Money(Decimal(26400), "USD")),),
    )


def changed(message: Message, tag: str, *elements: list[str]) -> Message:
    """Its first segment of this tag is another one."""
    at = next(number for number, segment in enumerate(message.segments) if segment.tag == tag)
    segments = [*message.segments]
    segments[at : at + 1] = [ReadSegment([[tag], *elements])] if elements else []
    return dataclasses.replace(message, segments=tuple(segments))


@pytest.mark.parametrize(
    ("tag", "elements", "complaint"),
    [
        (
            "CNT",
            [["2", "2"]],
            Complaint("E103", "CNT+2 says 2 lines, there are 1 (LIN): correct the one or the other", "CNT+2 的项数为2，实有1项（LIN），请更正"),
        ),
        (
            "FTX",
            [["AAX"], [""], [""], ["MULTI:13"]],
            Complaint(
                "E112",
                "FTX+AAX, element 5, component 1: 'MULTI:13' is neither ONE nor MULTI:n with n from 2 to 12",
                "FTX+AAX 第5个数据元第1个成分“MULTI:13”不是 ONE，也不是 MULTI:n（n 为2至12）",
            ),
        ),
        ("LIN", [], Complaint("E105", "LIN is missing: add it", "缺少LIN，请补填")),
    ],
)
def test_an_application_that_cannot_be_taken_is_told_why(tag: str, elements: list[list[str]], complaint: Complaint) -> None:
    message = changed(as_read(APPLICATION), tag, *elements)
    with pytest.raises(Unreadable) as raised:
        LicenceApplication.parse(message)
    assert raised.value.complaints == (complaint,)


def test_lines_have_numbers_and_tariff_codes_of_their_own() -> None:
    twice = dataclasses.replace(APPLICATION, lines=(TROUSERS, TROUSERS))
    with pytest.raises(Unreadable) as raised:
        LicenceApplication.parse(as_read(twice))
    assert raised.value.complaints == (Complaint("E104", "line 1 (LIN) comes more than once: number the lines", "项号1（LIN）重复，请重新编号", 1),)
    other = changed(as_read(APPLICATION), "LIN", ["1"], [""], ["61091000", "HS"])
    with pytest.raises(Unreadable) as raised:
        LicenceApplication.parse(other)
    assert raised.value.complaints == (
        Complaint(
            "E110",
            "item 1, CST, element 3, component 1: '62034290' is not the tariff code of LIN, 61091000",
            "第1项 CST 第3个数据元第1个成分“62034290”与 LIN 的税则号列 61091000 不一致",
            1,
        ),
    )


@pytest.mark.parametrize(("text", "uses"), [(["ONE"], 1), (["MULTI"], 12), (["MULTI:2"], 2), (["MULTI", "7"], 7), (["MULTI", "12"], 12)])
def test_uses_are_written_in_several_ways(text: list[str], uses: int) -> None:
    assert LicenceApplication.parse(changed(as_read(APPLICATION), "FTX", ["AAX"], [""], [""], text)).uses == uses


@pytest.mark.parametrize("text", [["ONE:1"], ["MULTI:1"], ["MULTI:x"], ["MULTI:012"], ["MULTI", "２"], ["multi:2"], ["TWO"]])
def test_other_uses_are_none(text: list[str]) -> None:
    with pytest.raises(Unreadable):
        LicenceApplication.parse(changed(as_read(APPLICATION), "FTX", ["AAX"], [""], [""], text))
