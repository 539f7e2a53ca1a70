"""The toolkit: what is found, how it is read, and what is said of what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydifact.segments import Segment

from tests.agencies.messages.strategies import decimals, long_texts
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.messages import fields
from vanhub.agencies.messages.fields import Field, Fields
from vanhub.agencies.messages.licence import LicenceStatus
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.edifact.tolerant import ReadSegment

SEGMENTS = """BGM+811+06-AB-300123+9
DTM+182:20060915:102
DTM+137:200609151030:203
LOC+42+5304:113:ZZZ
RFF+CT:A
RFF+CT:B
FTX+AAI+++FIRST:SECOND
NAD+MS+GACC
PNA+VQ++MOFTEC:ZZZ:ZZZ
LIN+1++61091000:HS
QTY+1:12,5:H87
MEA+AAK++KGM:7.250
LIN+2++61091000:HS
MOA+146:2.2:USD
CNT+2:2"""


def segment(text: str) -> ReadSegment:
    return ReadSegment([element.split(":") for element in text.split("+")])


def read(text: str = SEGMENTS) -> Fields:
    return Fields([segment(line) for line in text.splitlines()])


def field(text: str, item: int | None = None) -> Field:
    return Field(segment(text), text[:3], item)


def test_fields_are_found_by_tag_and_qualifier_and_read() -> None:
    found = read()
    assert found.number() == "06-AB-300123"
    assert found.one("DTM", "182", Field.date) == date(2006, 9, 15)
    assert found.one("DTM", "137", Field.moment) == datetime(2006, 9, 15, 2, 30, tzinfo=UTC)
    assert found.one("LOC", ("41", "42"), Field.location) == "5304"
    assert found.maybe("LOC", "41", Field.location) is None
    assert found.all("RFF", "CT", Field.reference) == ("A", "B")
    assert found.all("FTX", "AAI", Field.prose) == ("FIRST SECOND",)
    assert (found.one("NAD", "MS", Field.party), found.one("PNA", "VQ", Field.party)) == ("GACC", "MOFTEC")
    assert found.one("BGM", "", lambda bgm: bgm.choice({"811": "export", "911": "import"}, 1)) == "export"


def test_items_have_their_numbers_and_what_follows_the_last_is_around_them() -> None:
    around, (first, second) = read().items("LIN", "CNT")
    assert around.maybe("QTY", "", Field.quantity) is None
    assert around.one("CNT", "2", lambda cnt: cnt.count(1, 1)) == 2
    assert (first.one("QTY", "1", Field.quantity), first.one("MEA", "AAK", Field.quantity)) == (
        Quantity(Decimal("12.5"), "H87"),
        Quantity(Decimal("7.25"), "KGM"),
    )
    assert second.one("MOA", "146", Field.money) == Money(Decimal("2.2"), "USD")
    with pytest.raises(Unreadable) as raised:
        second.one("QTY", "1", Field.quantity)
    assert raised.value.complaints == (Complaint("E105", "item 2, QTY+1 is missing: add it", "缺少第2项 QTY+1，请补填", 2),)


def test_sections_end_at_uns() -> None:
    heading, detail, summary = read("BGM+830\nCST++0110\nUNS+D\nCST+1\nUNS+S\nCNT+5:1").sections()
    assert (heading.one("CST", "", lambda cst: cst.text(2)), detail.one("CST", "", lambda cst: cst.count(1))) == ("0110", 1)
    assert summary.one("CNT", "5", lambda cnt: cnt.count(1, 1)) == 1


@pytest.mark.parametrize(
    ("text", "read_it", "complaint"),
    [
        (
            "LOC+42",
            Field.location,
            Complaint("E108", "item 3, LOC, element 3, component 1 is empty: fill it in", "第3项 LOC 第3个数据元第1个成分为空，请填写", 3),
        ),
        (
            "STS++7",
            lambda sts: sts.code(2, of=LicenceStatus),
            Complaint("E102", "item 3, STS, element 3, component 1: '7' is none of 39, 40", "第3项 STS 第3个数据元第1个成分“7”不是 39、40 之一", 3),
        ),
        (
            "MOA+9:1E3:CNY",
            Field.money,
            Complaint(
                "E112",
                "item 3, MOA, element 2, component 2: '1E3' is no number of at most 12 digits and 6 decimals",
                "第3项 MOA 第2个数据元第2个成分“1E3”不是数字（整数至多12位，小数至多6位）",
                3,
            ),
        ),
        (
            "LIN+1.5",
            lambda lin: lin.count(1),
            Complaint(
                "E112",
                "item 3, LIN, element 2, component 1: '1.5' is no whole number of at most 9 digits",
                "第3项 LIN 第2个数据元第1个成分“1.5”不是整数（至多9位）",
                3,
            ),
        ),
        (
            "DTM+36:20060230:102",
            Field.date,
            Complaint(
                "E112",
                "item 3, DTM, element 2, component 2: '20060230' is no date CCYYMMDD (102) or time CCYYMMDDHHMM (203)",
                "第3项 DTM 第2个数据元第2个成分“20060230”不是日期 CCYYMMDD（102）或时间 CCYYMMDDHHMM（203）",
                3,
            ),
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_place_value_and_cure(text: str, read_it: object, complaint: Complaint) -> None:
    assert callable(read_it)
    with pytest.raises(Unreadable) as raised:
        read_it(field(text, 3))
    assert raised.value.complaints == (complaint,)


@pytest.mark.parametrize("value", ["", "-1", "+1", "1e3", " 1", "1 ", "1.", ".5", "1.2345678", "1" * 19, "NaN", "Infinity", "1_0", "１", "1,2,3"])
def test_no_number_is_guessed(value: str) -> None:
    with pytest.raises(Unreadable):
        field(f"MOA+9:{value}:CNY").money()


@pytest.mark.parametrize(
    ("value", "form"),
    [("2006091", "102"), ("20060915 ", "102"), ("200609151030", "102"), ("20060915", "203"), ("200609152460", "203"), ("２００６0915", "102")],
)
def test_no_date_is_guessed(value: str, form: str) -> None:
    with pytest.raises(Unreadable):
        field(f"DTM+36:{value}:{form}").date()


def test_times_are_those_of_china() -> None:
    night = field("DTM+137:200609150030:203")
    assert (night.date(), night.moment()) == (date(2006, 9, 15), datetime(2006, 9, 14, 16, 30, tzinfo=UTC))
    with pytest.raises(ValueError, match="in which time zone"):
        fields.clock(datetime(2006, 9, 15, tzinfo=UTC).replace(tzinfo=None))


def test_what_is_empty_is_not_written() -> None:
    nothing = [
        *fields.dtm("36", None),
        *fields.rff("CT", ""),
        *fields.loc("27", "", *fields.COUNTRY),
        *fields.moa("9", None),
        *fields.qty("1", None),
        *fields.mea("AAR", None),
        *fields.ftx("AAI", ""),
        *fields.pna("VQ", ""),
        *fields.nad("CB", ""),
        *fields.imd(""),
    ]
    assert nothing == []


def test_what_is_too_long_for_a_text_is_cut_off_and_says_so() -> None:
    (segment,) = fields.ftx("AAO", "字" * 3000)
    assert [len(line) for line in segment.elements[3]] == [512] * 5
    assert segment.elements[3][4].endswith("字...")


@given(decimals(10**12 - 1))
def test_numbers_are_written_as_edifact_has_them(amount: Decimal) -> None:
    written = fields.numeral(amount)
    assert field(f"MOA+9:{written}:CNY").money().amount == amount
    assert "E" not in written
    assert "." not in written or written[-1] not in "0."


@given(long_texts(2560, 512), long_texts(175, 35), long_texts(350, 70), long_texts(512, 256))
def test_texts_of_several_lines_are_read_as_they_were_written(text: str, nad: str, pna: str, imd: str) -> None:
    def again(segments: Iterable[Segment]) -> Field:
        (made,) = segments
        return Field(ReadSegment([[made.tag], *([each] if isinstance(each, str) else list(each) for each in made.elements)]), made.tag)

    assert again(fields.ftx("AAI", text)).prose() == text
    assert again(fields.nad("CN", "", name=nad)).party_name() == nad
    assert again(fields.pna("OE", "1", pna)).party_name() == pna
    assert again(fields.imd(imd)).description() == imd


SOUP = st.lists(
    st.lists(st.lists(st.sampled_from(["", "1", "x", "102", "203", "20060101", "USD", "9" * 30, "Ａ"]), max_size=4), max_size=6).map(
        lambda elements: ReadSegment([["DTM"], *elements])
    ),
    max_size=4,
)
READINGS: tuple[Callable[[Field], object], ...] = (
    Field.date,
    Field.moment,
    Field.money,
    Field.quantity,
    Field.prose,
    Field.party,
    Field.party_name,
    Field.description,
    Field.reference,
)


@given(SOUP, st.sampled_from(READINGS))
def test_soup_is_read_or_unreadable(segments: list[ReadSegment], read_it: Callable[[Field], object]) -> None:
    try:
        codes = {"of": len(Fields(segments).all("DTM", "", read_it))}
    except Unreadable as error:
        codes = {complaint.code: 0 for complaint in error.complaints}
    assert codes in ({"of": len(segments)}, {"E102": 0}, {"E108": 0}, {"E112": 0})
