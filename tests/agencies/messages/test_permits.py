"""Notes, forms, registrations, figures and refusals: whole values out of the samples, and what is said of what cannot be read."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.agencies.memory import as_read
from tests.agencies.messages.checked import octets
from tests.agencies.messages.samples import DOCUMENTS, EXAMPLES, MESSAGES, read_sample
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.clearance_note import ClearanceNote, NoteApplication, NoteLine
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.messages.statistics import Figures, FiguresRequest
from vanhub.edifact.aperak import parse_aperak
from vanhub.edifact.tolerant import ReadSegment

FRAME = NoteLine(1, "84452032", "RING SPINNING FRAME", Quantity(Decimal(6), "H87"))
REQUESTED = Registration(
    act=RegistrationAct.OPEN,
    number="SZT-REG-2006",
    registrar="MOFTEC",
    sender="4403715253183",
    on=date(2006, 1, 10),
    enterprise_code="4403715253183",
    name="SHENZHEN TEXTILES TRADING CO LTD",
    tax_number="440301715253183",
    business_licence="4403011098765",
    valid_from=date(2006, 1, 10),
    region="4403",
    ownership="6",
    capital=Money(Decimal(8000000), "CNY"),
    customs_code="4403160381",
)
GRANTED = dataclasses.replace(REQUESTED, act=RegistrationAct.GRANTED, number="MFT-REG-2006-17", answers=RegistrationAct.OPEN)
SAMPLES: dict[str, Any] = {
    "sancrt-clearance-note-application": NoteApplication(
        reference="SZT2006N0007",
        entry=True,
        applied_on=date(2006, 3, 6),
        holder="4403715253183",
        customs_office="5304",
        country="DEU",
        lines=(FRAME,),
        bill_of_lading="COSU6001234",
    ),
    "sancrt-clearance-note": ClearanceNote(
        number="440300106000017",
        withdrawn=False,
        reference="SZT2006N0007",
        entry=True,
        issued_on=date(2006, 3, 7),
        valid_to=date(2006, 5, 6),
        holder="4403715253183",
        customs_office="5304",
        country="DEU",
        lines=(FRAME,),
        bill_of_lading="COSU6001234",
    ),
    "sancrt-fx-form-request": FxForm(
        act=FormAct.REQUEST, number="SZT2006F0021", exporter="4403715253183", issuer="SAFE4403", on=date(2006, 3, 20), contract="SZT-VDB-0306"
    ),
    "sancrt-fx-form": FxForm(act=FormAct.FILING, number="44B0318901", exporter="4403715253183", issuer="SAFE4403", on=date(2006, 4, 1), customs_office="5304"),
    "regent-registration": GRANTED,
    "gesmes-request": FiguresRequest("RQ200604", "CTS01", "200604", "MOFTEC", "GACC"),
    "gesmes-data": Figures("ST200604", "CTS01", "200604", "CTS_E_COUNTRY_MODE", (("309", "0110", "86400", "19200"),), "GACC", "MOFTEC"),
    "aperak-answer": Refusal(
        number="APERAK-0001",
        made_at=datetime(2006, 4, 10, 9, 1, tzinfo=UTC),
        interchange="",
        message="SZT060410001",
        document="",
        complaints=(Complaint("E102", "LOC 22 CODE NOT IN THE LIST", ""),),
    ),
}
REFUSAL = Refusal(
    number="R17",
    made_at=datetime(2006, 3, 20, 1, 30, tzinfo=UTC),
    interchange="SZT060320003",
    message="1",
    document="SZT2006L0042",
    complaints=(
        Complaint("L204", "quota US-338/339-2006 has 100 H87 left, 14400 are applied for", "配额 US-338/339-2006 余 100 H87，申请 14400", 2),
        Complaint("L203", "office 99 is none of the 62", "发证机关 99 不存在"),
    ),
    issuer="MOFTEC",
)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_messages_of_the_guides_are_read(name: str) -> None:
    assert type(SAMPLES[name]).parse(read_sample(MESSAGES / f"{name}.edi")) == SAMPLES[name]


def test_the_example_is_read() -> None:
    assert Registration.parse(read_sample(EXAMPLES / "regent-registration.edi")) == REQUESTED


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the sample documents are not beside the repository")
def test_the_sample_documents_are_read() -> None:
    assert Registration.parse(read_sample(DOCUMENTS / "regent.edi")) == dataclasses.replace(
        REQUESTED,
        number="RE-2006-0815",
        sender="4403123456788",
        on=date(2006, 9, 1),
        enterprise_code="4403123456788",
        name="SHENZHEN TEXTILES CO LTD",
        tax_number="440301123456788",
        business_licence="4403001012345",
        valid_from=date(2006, 9, 1),
        capital=Money(Decimal(5000000), "CNY"),
        customs_code="4403169001",
    )
    assert Figures.parse(read_sample(DOCUMENTS / "gesmes.edi")) == Figures(
        "ST200610", "CTS01", "200610", "CTS_E_COUNTRY_MODE", (("502", "0110", "26400", "12000"), ("116", "0615", "51000", "0")), "GACC", "MOFTEC"
    )


@pytest.mark.parametrize(
    ("act", "answers", "codes"),
    [
        (RegistrationAct.OPEN, None, ("101", "9", "1")),
        (RegistrationAct.CHANGE, None, ("300", "4", "2")),
        (RegistrationAct.CLOSE, None, ("300", "1", "3")),
        (RegistrationAct.RENEW, None, ("299", "9", "4")),
        (RegistrationAct.GRANTED, RegistrationAct.CLOSE, ("301", "11", "3")),
        (RegistrationAct.GRANTED, RegistrationAct.LAPSE, ("301", "11", "5")),
        (RegistrationAct.REFUSED, RegistrationAct.CHANGE, ("301", "27", "2")),
    ],
)
def test_every_act_of_a_registration_has_its_codes(act: RegistrationAct, answers: RegistrationAct | None, codes: tuple[str, str, str]) -> None:
    message = as_read(dataclasses.replace(GRANTED, act=act, answers=answers))
    events = [segment.at(2) for segment in message.segments if segment.tag == "EVE"]
    assert (message.document, message.function, *events) == (*codes, codes[2])


def with_segment(value: Any, begins: str, *elements: list[str]) -> Message:
    """The message of a value with other elements in its first segment of this tag and qualifier."""
    message = as_read(value)
    tag, _, qualifier = begins.partition("+")
    at = next(number for number, segment in enumerate(message.segments) if segment.tag == tag and segment.at(1) == qualifier)
    segments = (*message.segments[:at], *([ReadSegment([[tag], *elements])] if elements else []), *message.segments[at + 1 :])
    bgm = segments[0]
    return dataclasses.replace(message, segments=segments, document=bgm.at(1), number=bgm.at(2), function=bgm.at(3))


def complaints(kind: Any, message: Message) -> tuple[Complaint, ...]:
    with pytest.raises(Unreadable) as raised:
        kind.parse(message)
    return raised.value.complaints


def test_an_event_that_does_not_fit_the_document_is_refused() -> None:
    assert complaints(Registration, with_segment(REQUESTED, "BGM+101", ["300"], ["X"], ["4"])) == (
        Complaint(
            "E110",
            "EVE, element 3, component 1: '1' is not the event of BGM 300+4: send 101+9 with event 1, 300+4 with 2, 300+1 with 3 or 299+9 with 4",
            "EVE 第3个数据元第1个成分“1”与 BGM 300+4 不符：101+9 用事项1，300+4 用2，300+1 用3，299+9 用4",
        ),
    )


def test_an_enterprise_has_one_code() -> None:
    assert complaints(Registration, with_segment(REQUESTED, "RFF+XA", ["XA", "4403123456788"])) == (
        Complaint(
            "E110",
            "PNA+OE, element 4, component 1: '4403715253183' is not the enterprise code of RFF+XA, 4403123456788",
            "PNA+OE 第4个数据元第1个成分“4403715253183”与 RFF+XA 的企业代码 4403123456788 不一致",
        ),
    )


def test_a_filing_names_its_port() -> None:
    assert complaints(FxForm, with_segment(SAMPLES["sancrt-fx-form"], "LOC+22")) == (Complaint("E105", "LOC+22 is missing: add it", "缺少LOC+22，请补填"),)


def test_a_note_is_for_what_comes_in_or_for_what_goes_out() -> None:
    note = SAMPLES["sancrt-clearance-note"]
    assert ClearanceNote.parse(as_read(dataclasses.replace(note, entry=False))).entry is False
    assert complaints(ClearanceNote, with_segment(note, "PNA+IM")) == (Complaint("E105", "PNA+EX/IM is missing: add it", "缺少PNA+EX/IM，请补填"),)


def test_figures_are_of_one_month() -> None:
    data = SAMPLES["gesmes-data"]
    assert complaints(Figures, with_segment(data, "ARR+", [""], ["200605", "309"])) == (
        Complaint(
            "E110",
            "ARR, element 3, component 1: '200605' is not the period of the report (DTM+320), 200604",
            "ARR 第3个数据元第1个成分“200605”与报表统计期（DTM+320）200604 不一致",
        ),
    )
    for month in ("200613", "000001"):
        assert complaints(FiguresRequest, with_segment(SAMPLES["gesmes-request"], "DTM+320", ["320", month, "610"])) == (
            Complaint("E112", f"DTM+320, element 2, component 2: '{month}' is no month CCYYMM", f"DTM+320 第2个数据元第2个成分“{month}”不是年月 CCYYMM"),
        )


def test_a_refusal_is_an_aperak_that_anybody_reads() -> None:
    (read,) = parse_aperak(octets(REFUSAL))
    assert (read.document, read.number, read.function, read.response) == ("313", "R17", "27", "RE")
    assert [(each.qualifier, each.identifier) for each in read.references] == [("INO", "SZT060320003"), ("ACW", "1"), ("DM", "SZT2006L0042")]
    assert [(each.code, each.code_list, each.agency, [text.text for text in each.texts]) for each in read.errors] == [
        ("L204", "80", "ZZZ", ["quota US-338/339-2006 has 100 H87 left, 14400 are applied for"]),
        ("L203", "80", "ZZZ", ["office 99 is none of the 62"]),
    ]
    assert [[(each.qualifier, each.identifier, [(text.language, text.text) for text in each.texts]) for each in error.references] for error in read.errors] == [
        [("LI", "2", [("ZH", "配额 US-338/339-2006 余 100 H87，申请 14400")])],
        [("ACW", "1", [("ZH", "发证机关 99 不存在")])],
    ]
