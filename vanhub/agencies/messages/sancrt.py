"""What the SANCRT documents share: on which side of the trade a party, a country, an office stands, and their goods lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.messages.fields import Field, Fields, imd


@dataclass(frozen=True, slots=True)
class Side:
    """The qualifiers of one side. ``country``, ``customs_office``: 3227 of LOC; ``party``: 3035 of PNA; ``licence``: 1153 of RFF; ``value``: 5025 of MOA, FOB or CIF; ``document``: 1001 of the licence itself."""

    country: str
    customs_office: str
    party: str
    licence: str
    value: str
    document: str

    @staticmethod
    def of(export: bool) -> Side:
        return _EXPORT if export else _IMPORT


_EXPORT = Side(country="28", customs_office="42", party="EX", licence="EX", value="63", document="811")
_IMPORT = Side(country="35", customs_office="41", party="IM", licence="IP", value="141", document="911")


def document(code: str, number: str, function: str) -> Segment:
    """BGM."""
    return Segment("BGM", code, number, function)


def tells_export(fields: Fields, codes: dict[str, bool]) -> bool:
    """Whether BGM 1001 is the export's code; ``codes``: code -> whether it is."""
    return fields.one("BGM", "", lambda bgm: bgm.choice(codes, 1))


def status(code: str) -> Segment:
    """STS with its 4405."""
    return Segment("STS", "", code)


def goods_lines(fields: Fields) -> tuple[Fields, tuple[Fields, ...]]:
    """What stands around the lines (LIN), and the lines, at least one, each with a number of its own and as many as CNT+2 says.

    Raises:
        Unreadable: E103, E104, E105.
    """
    around, lines = fields.items("LIN", "CNT", "AUT")
    fields.one("LIN", "", line_number)
    seen: set[int] = set()
    for number in (line.one("LIN", "", line_number) for line in lines):
        if number in seen:
            raise Unreadable(Complaint("E104", f"line {number} (LIN) comes more than once: number the lines", f"项号{number}（LIN）重复，请重新编号", number))
        seen.add(number)
    said = around.maybe("CNT", "2", lambda cnt: cnt.count(1, 1))
    if said is not None and said != len(lines):
        raise Unreadable(
            Complaint(
                "E103",
                f"CNT+2 says {said} lines, there are {len(lines)} (LIN): correct the one or the other",
                f"CNT+2 的项数为{said}，实有{len(lines)}项（LIN），请更正",
            )
        )
    return around, lines


def line_number(lin: Field) -> int:
    return lin.count(1)


def tariff_code(line: Fields) -> str:
    """7140 of LIN, as CST has it too where there is one.

    Raises:
        Unreadable: E110, the two differ.
    """
    found = line.one("LIN", "", lambda lin: lin.text(3))

    def same(cst: Field) -> str:
        if cst.text(2) != found:
            raise cst.wrong("E110", 2, 0, f"is not the tariff code of LIN, {found}", f"与 LIN 的税则号列 {found} 不一致")
        return found

    return line.maybe("CST", "", same) or found


def goods_name(line: Fields) -> str:
    return line.one("IMD", "", Field.description)


def lin(number: int, tariff_code: str = "") -> Segment:
    return Segment("LIN", str(number), "", [tariff_code, "HS"] if tariff_code else "")


def goods(number: int, tariff_code: str, name: str) -> Iterator[Segment]:
    """LIN, CST and IMD of a line."""
    yield lin(number, tariff_code)
    yield Segment("CST", "", [tariff_code, "122", "ZZZ"])
    yield from imd(name)


def total_of_lines(lines: Sequence[object]) -> Segment:
    """CNT+2."""
    return Segment("CNT", ["2", str(len(lines))])
