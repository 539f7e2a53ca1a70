"""What all documents' modules read segments with, and write them with.

Reading: ``Fields`` are the segments of a message, of a section or of a group; ``one``, ``maybe`` and ``all`` find by tag and qualifier (the first component of the first element) and read with
a function of the ``Field`` found::

    fields = Fields.of(message)
    issued = fields.one("DTM", "182", Field.date)
    contract = fields.maybe("RFF", "CT", Field.reference) or ""
    around, lines = fields.items("LIN", "CNT")

What is missing or has not the form that is asked for is ``Unreadable`` with a national code, the place, the value and the cure: E105 a segment, E108 an element, E102 a code, E112 a form.

Writing: each function yields the one segment, or none where the value is empty (``""``, None), so that a document is one list of them.

Times of day in messages are China's (UTC+8), as nothing in a DTM says otherwise; moments in values are aware and UTC, to the minute. Elements and components count as in ``ReadSegment.at``, in complaints
as in 0098 and 0104 (the tag is element 1).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeVar

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.parts import Money, Quantity
from vanhub.edifact.tolerant import ReadSegment, blocks

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

CHINA = timezone(timedelta(hours=8))

# As much as the ledgers hold exactly. ISO 9735 takes a comma for a decimal mark too.
_DECIMAL = re.compile(r"[0-9]{1,12}([.,][0-9]{1,6})?")
_DIGITS = re.compile(r"[0-9]+")
_COUNT = re.compile(r"[0-9]{1,9}")
# C108 has five times 4440, C080 five times 3036, PNA five times C816 with 3398; C273 has twice 7008.
_LINES, _LINE, _NAD_LINE, _PNA_LINE = 5, 512, 35, 70
_IMD_LINES, _IMD_LINE = 2, 256


@dataclass(frozen=True, slots=True)
class Field:
    """One segment that was found. ``name``: tag and qualifier, ``LOC+22``; ``item``: the number of the item or line that it belongs to, None where to none."""

    segment: ReadSegment
    name: str
    item: int | None = None

    def optional(self, element: int, component: int = 0) -> str:
        """``""`` where there is nothing."""
        return self.segment.at(element, component)

    def text(self, element: int, component: int = 0) -> str:
        found = self.segment.at(element, component)
        if not found:
            en, zh = self._spot(element, component)
            raise Unreadable(Complaint("E108", f"{en} is empty: fill it in", f"{zh}为空，请填写", self.item))
        return found

    def code(self, element: int, component: int = 0, *, of: type[E]) -> E:
        return self.choice({each.value: each for each in of}, element, component)

    def choice(self, codes: Mapping[str, T], element: int, component: int = 0) -> T:
        """What the code means."""
        found = self.text(element, component)
        if found not in codes:
            raise self.wrong("E102", element, component, f"is none of {', '.join(codes)}", f"不是 {'、'.join(codes)} 之一")
        return codes[found]

    def decimal(self, element: int, component: int = 0) -> Decimal:
        """Exact and not negative: at most 12 digits before the decimal mark and 6 after it, what a ledger can post."""
        found = self.text(element, component)
        if not _DECIMAL.fullmatch(found):
            raise self.wrong("E112", element, component, "is no number of at most 12 digits and 6 decimals", "不是数字（整数至多12位，小数至多6位）")
        return Decimal(found.replace(",", "."))

    def count(self, element: int, component: int = 0) -> int:
        """At most 9 digits."""
        if not _COUNT.fullmatch(self.text(element, component)):
            raise self.wrong("E112", element, component, "is no whole number of at most 9 digits", "不是整数（至多9位）")
        return int(self.text(element, component))

    def date(self) -> date:
        """Of DTM with format 102; of one with 203 the day in China."""
        return self._time().date()

    def moment(self) -> datetime:
        """Of DTM with format 203; of one with 102 the day's beginning in China."""
        return self._time().astimezone(UTC)

    def reference(self) -> str:
        """1154 of RFF."""
        return self.text(1, 1)

    def location(self) -> str:
        """3225 of LOC."""
        return self.text(2)

    def party(self) -> str:
        """3039 of NAD, or of PNA."""
        return self.text(3 if self.segment.tag == "PNA" else 2)

    def money(self) -> Money:
        """MOA with its currency."""
        return Money(self.decimal(1, 1), self.text(1, 2))

    def quantity(self) -> Quantity:
        """QTY, or MEA, with its unit."""
        if self.segment.tag == "MEA":
            return Quantity(self.decimal(3, 1), self.text(3))
        return Quantity(self.decimal(1, 1), self.text(1, 2))

    def kilograms(self) -> Decimal:
        """MEA in kilograms or tonnes."""
        return self.decimal(3, 1) * self.choice({"KGM": 1, "TNE": 1000}, 3)

    def prose(self) -> str:
        """The text of FTX. A line of full length runs on in the next; what stands on shorter lines was broken between words."""
        return _joined(self.segment.components(4), _LINE) or self.text(4)

    def party_name(self) -> str:
        """3036 of NAD, 3398 of PNA, of several lines as ``prose``."""
        if self.segment.tag == "PNA":
            return _joined([self.segment.at(element, 1) for element in range(6, 11)], _PNA_LINE) or self.text(6, 1)
        return _joined(self.segment.components(4)[:_LINES], _NAD_LINE) or self.text(4)

    def description(self) -> str:
        """7008 of IMD, of two lines as ``prose``."""
        return _joined(self.segment.components(3)[3:5], _IMD_LINE) or self.text(3, 3)

    def wrong(self, code: str, element: int, component: int, en: str, zh: str) -> Unreadable:
        """The complaint about a value that is there; ``en`` and ``zh`` go on after it."""
        value = self.segment.at(element, component)
        spot_en, spot_zh = self._spot(element, component)
        return Unreadable(Complaint(code, f"{spot_en}: '{value}' {en}", f"{spot_zh}“{value}”{zh}", self.item))

    def _time(self) -> datetime:
        value, length = self.text(1, 1), self.choice({"102": 8, "203": 12}, 1, 2)
        try:
            if len(value) != length or not _DIGITS.fullmatch(value):
                raise ValueError(value)
            found = datetime(int(value[:4]), int(value[4:6]), int(value[6:8]), int(value[8:10] or 0), int(value[10:] or 0), tzinfo=CHINA)
            # The first hours of year 1 are in no year in UTC.
            found.astimezone(UTC)
            return found
        except (ValueError, OverflowError):
            raise self.wrong(
                "E112", 1, 1, "is no date CCYYMMDD (102) or time CCYYMMDDHHMM (203)", "不是日期 CCYYMMDD（102）或时间 CCYYMMDDHHMM（203）"
            ) from None

    def _spot(self, element: int, component: int) -> tuple[str, str]:
        en, zh = _place(self.name, self.item)
        return f"{en}, element {element + 1}, component {component + 1}", f"{zh} 第{element + 1}个数据元第{component + 1}个成分"


class Fields:
    """Segments to be read: of a message, a section, a group. ``item``: as in ``Field``. The qualifier of MEA may have a second part, ``AAX+AAD``."""

    def __init__(self, segments: Sequence[ReadSegment], item: int | None = None) -> None:
        self._segments = segments
        self._item = item
        self._by_tag: dict[str, list[ReadSegment]] = {}
        for segment in segments:
            self._by_tag.setdefault(segment.tag, []).append(segment)

    @staticmethod
    def of(message: Message) -> Fields:
        return Fields(message.segments)

    def all(self, tag: str, qualifier: str | tuple[str, ...], read: Callable[[Field], T]) -> tuple[T, ...]:
        """Of each segment with the tag and one of the qualifiers (``""``: any), in their order."""
        return tuple(map(read, self._found(tag, qualifier)))

    def maybe(self, tag: str, qualifier: str | tuple[str, ...], read: Callable[[Field], T]) -> T | None:
        """Of the first; None where there is none."""
        found = self._found(tag, qualifier)
        return read(found[0]) if found else None

    def one(self, tag: str, qualifier: str | tuple[str, ...], read: Callable[[Field], T]) -> T:
        """Of the first, which has to be there."""
        found = self._found(tag, qualifier)
        if found:
            return read(found[0])
        qualifiers = (qualifier,) if isinstance(qualifier, str) else qualifier
        en, zh = _place(_named(tag, "/".join(qualifiers)), self._item)
        raise Unreadable(Complaint("E105", f"{en} is missing: add it", f"缺少{zh}，请补填", self._item))

    def sole(self, tag: str, qualifier: str, read: Callable[[Field], T]) -> T | None:
        """As ``maybe``, where a second one would be lost: E107."""
        found = self.all(tag, qualifier, read)
        if len(found) > 1:
            en, zh = _place(_named(tag, qualifier), self._item)
            raise Unreadable(Complaint("E107", f"{en} comes {len(found)} times: state one", f"{zh}出现{len(found)}次，只能填一个", self._item))
        return found[0] if found else None

    @property
    def trigger(self) -> str:
        """The tag of the first segment; ``""`` where there is none."""
        return self._segments[0].tag if self._segments else ""

    def number(self) -> str:
        """BGM 1004."""
        return self.one("BGM", "", lambda bgm: bgm.text(2))

    def function(self, *codes: str) -> str:
        """BGM 1225, which is one of these."""
        return self.one("BGM", "", lambda bgm: bgm.choice({code: code for code in codes}, 3))

    def groups(self, *tags: str) -> tuple[Fields, tuple[Fields, ...]]:
        """What stands before the first segment with one of the tags, and then each such segment with what follows it."""
        head, *rest = blocks(self._segments, *tags)
        return Fields(head, self._item), tuple(Fields(group, self._item) for group in rest)

    def items(self, tag: str, *ends: str) -> tuple[Fields, tuple[Fields, ...]]:
        """What stands around the groups that ``tag`` begins (``LIN``, ``CST``), the last of which ends before a segment of ``ends``; and the groups, numbered by the trigger's first element."""
        head, *groups = blocks(self._segments, tag)
        tail: list[ReadSegment] = []
        if groups:
            groups[-1], *after = blocks(groups[-1], *ends)
            tail = [segment for block in after for segment in block]
        return Fields(head + tail, self._item), tuple(Fields(group, group[0].number(1, 0)) for group in groups)

    def sections(self) -> tuple[Fields, Fields, Fields]:
        """What stands before UNS+D, between it and UNS+S, and behind that."""
        parts: dict[str, list[ReadSegment]] = {"": [], "D": [], "S": []}
        section = ""
        for segment in self._segments:
            section = segment.at(1) if segment.tag == "UNS" and segment.at(1) in parts else section
            parts[section].append(segment)
        return Fields(parts[""]), Fields(parts["D"]), Fields(parts["S"])

    def _found(self, tag: str, qualifier: str | tuple[str, ...]) -> Sequence[Field]:
        segments = self._by_tag.get(tag, ())
        if not segments or not qualifier:
            return [Field(segment, tag, self._item) for segment in segments]
        qualifiers = (qualifier,) if isinstance(qualifier, str) else qualifier
        return [
            Field(segment, _named(tag, segment.at(1)), self._item)
            for segment in segments
            if segment.at(1) in qualifiers or (tag == "MEA" and f"{segment.at(1)}+{segment.at(2)}" in qualifiers)
        ]


def _named(tag: str, qualifier: str) -> str:
    return f"{tag}+{qualifier}" if qualifier else tag


def _place(name: str, item: int | None) -> tuple[str, str]:
    return (name, name) if item is None else (f"item {item}, {name}", f"第{item}项 {name}")


def numeral(value: Decimal) -> str:
    """As EDIFACT has numbers: no exponent, no zeros at the end.

    Raises:
        ValueError: infinite, or no number.
    """
    if not value.is_finite():
        raise ValueError(f"no number: {value}")
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def clock(moment: datetime) -> str:
    """A moment as 203 has it, China's time, to the minute.

    Raises:
        ValueError: ``moment`` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"in which time zone is {moment}?")
    return moment.astimezone(CHINA).isoformat()[:16].translate(str.maketrans("", "", "-:T"))


def dtm(qualifier: str, when: date | datetime | None) -> Iterator[Segment]:
    """A day as 102, a moment as 203."""
    if isinstance(when, datetime):
        yield Segment("DTM", [qualifier, clock(when), "203"])
    elif when is not None:
        yield Segment("DTM", [qualifier, when.isoformat().replace("-", ""), "102"])


def rff(qualifier: str, reference: str) -> Iterator[Segment]:
    if reference:
        yield Segment("RFF", [qualifier, reference])


def loc(qualifier: str, place: str, *code_list: str) -> Iterator[Segment]:
    """``code_list``: 1131 and 3055."""
    if place:
        yield Segment("LOC", qualifier, [place, *code_list])


CUSTOMS_OFFICE = ("113", "ZZZ")
COUNTRY = ("162", "5")
PORT = ("139", "6")
"""Code lists of ``loc``."""


def moa(qualifier: str, money: Money | None) -> Iterator[Segment]:
    if money is not None:
        yield Segment("MOA", [qualifier, numeral(money.amount), money.currency])


def qty(qualifier: str, quantity: Quantity | None) -> Iterator[Segment]:
    if quantity is not None:
        yield Segment("QTY", [qualifier, numeral(quantity.amount), quantity.unit])


def mea(qualifier: str, quantity: Quantity | None, dimension: str = "") -> Iterator[Segment]:
    """``dimension``: 6313, as in ``MEA+AAX+AAD``."""
    if quantity is not None:
        yield Segment("MEA", qualifier, dimension, [quantity.unit, numeral(quantity.amount)])


def eqd(container: str, size: str = "") -> Segment:
    """``size``: ISO 6346 size and type, such as ``22G1``."""
    return Segment("EQD", "CN", container, [size, "102", "5"] if size else "")


def ftx(subject: str, text: str, language: str = "") -> Iterator[Segment]:
    """What is longer than five lines of 512 characters is cut off."""
    if text:
        yield Segment("FTX", subject, "", "", _lines(text, _LINE), language)


def pna(qualifier: str, party: str, name: str = "") -> Iterator[Segment]:
    """``party``: 3039 of a national list; ``name``: of at most 350 characters, the rest is cut off."""
    if party or name:
        identified: str | list[str] = [party, "ZZZ", "ZZZ"] if party else ""
        named: list[str | list[str]] = ["1", "1", *(["1", line] for line in _lines(name, _PNA_LINE))] if name else []
        yield Segment("PNA", qualifier, "", identified, *named)


def nad(qualifier: str, party: str, *code_list: str, name: str = "") -> Iterator[Segment]:
    """``code_list``: 1131 and 3055; ``name``: of at most 175 characters, the rest is cut off."""
    if party or name:
        yield Segment("NAD", qualifier, [party, *code_list] if party else "", "", _lines(name, _NAD_LINE))


def imd(name: str) -> Iterator[Segment]:
    """What is longer than 512 characters is cut off."""
    if name:
        yield Segment("IMD", "F", "", ["", "", "", *_lines(name, _IMD_LINE, _IMD_LINES)])


def _lines(text: str, width: int, most: int = _LINES) -> list[str]:
    """As many full lines as there are, at most ``most``, and the rest."""
    shown = text if len(text) <= most * width else text[: most * width - 3] + "..."
    return [shown[at : at + width] for at in range(0, len(shown), width)]


def _joined(lines: Sequence[str], width: int) -> str:
    """What ``_lines`` made, and what others broke between words."""
    filled = [line for line in lines if line]
    return "".join(line if len(line) >= width else f"{line} " for line in filled[:-1]) + "".join(filled[-1:])
