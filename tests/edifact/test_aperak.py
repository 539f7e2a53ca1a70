"""APERAK: what guide faults become, that the hub's own check and pydifact take it, and that reading it back gives what went in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.parser import Parser

from vanhub.directory.check import check_interchange
from vanhub.directory.guides.load import open_guides
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.edifact.aperak import ApplicationError, ApplicationReport, Reference, parse_aperak
from vanhub.edifact.contrl import parse_contrl, render_contrl
from vanhub.edifact.faults import Fault, FaultKind, Level
from vanhub.edifact.guide_faults import GuideFault, GuideFaultKind
from vanhub.edifact.report import Disposition, GroupReport, InterchangeHeader, MessageReport, Party, Report, Verdict, verdicts_of
from vanhub.edifact.separators import Separators
from vanhub.edifact.tolerant import FreeText
from vanhub.packed import packed

NOON = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
HUB, SENDER = Party("GOLDENCUSTOMS", "ZZ"), Party("SENDER", "ZZ")
G = GuideFaultKind
DELIVERED, HELD, REFUSED = Disposition
ACCEPTED, REJECTED = Verdict.ACCEPTED, Verdict.REJECTED


def guide_fault(message: int = 0, **fields: Any) -> GuideFault:
    given: dict[str, Any] = {
        "kind": G.RULE,
        "code": "E110",
        "guide": "cusdec-export",
        "segment": "BGM",
        "segment_position": 2,
        "offset": 60,
        "params": {"rule": "a licence is missing", "repair": "add it"},
        "params_zh": {"rule": "缺许可证", "repair": "请补充"},
    }
    return GuideFault(message=message, **(given | fields))


def message(reference: str = "1", *, faults: int = 0, warnings: int = 0, verdict: Verdict = ACCEPTED, group: int | None = None, **fields: Any) -> MessageReport:
    named = {"number": "DOC1", "document": "830", "guide": "cusdec-export"} | fields
    return MessageReport(reference, "CUSDEC", "D", "96B", "UN", "", 0, 0, 0, group, verdict, guide_faults=faults, guide_warnings=warnings, **named)


def report(
    messages: list[MessageReport], guide_faults: list[GuideFault], identifier: str = "UNOC", version: int = 3, groups: tuple[GroupReport, ...] = ()
) -> Report:
    header = InterchangeHeader(Separators.default(version), identifier, version, SENDER, Party("HUB"), reference="REF1")
    judged, verdict = verdicts_of(groups, tuple(messages))
    return Report(header, tuple(messages), judged, (), 0, verdict, 0, 0, 0, tuple(guide_faults), len(guide_faults))


def render(of: Report, dispositions: Mapping[int, Disposition], encoding: str = "") -> bytes:
    return render_contrl(of, hub=HUB, reference="A1", prepared=NOON, fallback_sender=Party("SESSION"), dispositions=dispositions, encoding=encoding)


def lines(rendered: bytes, codec: str = "utf-8") -> list[str]:
    """The segments; nothing here has a released terminator."""
    return rendered.decode(codec).split("'")[:-1]


ONE = report([message(faults=1)], [guide_fault(element=2, component=1, value="830")])


def test_a_whole_answer() -> None:
    assert lines(render(ONE, {0: DELIVERED})) == [
        "UNA:+.? ",
        "UNB+UNOB:3+GOLDENCUSTOMS:ZZ+SENDER:ZZ+260304:1205+A1",
        "UNH+1+CONTRL:D:3:UN",
        "UCI+REF1+SENDER:ZZ+HUB+7",
        "UNT+3+1",
        "UNH+2+APERAK:D:01B:UN",
        "BGM+305+A1-1+11+AB",
        "DTM+137:202603041205:203",
        "FTX+AAP+++Delivered. The message is good EDIFACT; measured by guide cusdec-export it has faults?: 1, warnings?: 0.+EN",
        "CNT+55:1",
        "RFF+INO:REF1",
        "RFF+ACW:1",
        "RFF+DM:DOC1",
        "RFF+AEH:cusdec-export",
        "NAD+MS+GOLDENCUSTOMS",
        "NAD+MR+SENDER",
        "ERC+E110:80:ZZZ",
        "FTX+AAO+++a licence is missing+EN",
        "RFF+AWL:2/BGM/2/1",
        "FTX+AED+++830",
        "FTX+AEI+++add it+EN",
        "UNT+17+2",
        "UNZ+2+A1",
    ]


@pytest.mark.parametrize(
    ("identifier", "version", "encoding", "opening", "codec"),
    [
        ("UNOY", 4, "", "UNB+UNOY:4+", "utf-8"),
        ("UNOW", 3, "", "UNB+UNOW:3+", "utf-8"),
        ("UNOX", 3, "", "UNB+UNOX:3+", "gb18030"),
        ("UNOC", 3, "gb18030", "UNB+UNOC:3+", "gb18030"),
    ],
)
def test_chinese_too_where_the_sender_writes_in_what_has_it(identifier: str, version: int, encoding: str, opening: str, codec: str) -> None:
    rendered = render(report(list(ONE.messages), [guide_fault(warning=True)], identifier, version), {0: HELD}, encoding)
    assert lines(rendered, codec)[0].startswith(opening)
    told = lines(rendered, codec)
    assert [line for line in told if line.startswith("FTX")] == [
        "FTX+AAP+++Held, not delivered yet?: an operator decides. The message is good EDIFACT; measured by guide cusdec-export it has faults?: 1, warnings?: 0.+EN",
        "FTX+AAP+++已扣留，尚未投递，由运营方决定。报文符合 EDIFACT 语法；按实施指南 cusdec-export 有 1 处错误、0 处提示。+ZH",
        "FTX+AAO+4++a licence is missing+EN",
        "FTX+AAO+4++缺许可证+ZH",
        "FTX+AEI+++add it+EN",
        "FTX+AEI+++请补充+ZH",
    ]
    assert next(line for line in told if line.startswith("BGM")) == "BGM+305+A1-1+11+AJ"


def test_who_writes_level_a_is_answered_in_capitals() -> None:
    told = lines(render(report(list(ONE.messages), list(ONE.guide_faults), "UNOA"), {0: REFUSED}))
    assert told[0] == "UNB+UNOA:3+GOLDENCUSTOMS:ZZ+SENDER:ZZ+260304:1205+A1"
    assert (
        "FTX+AAP+++REFUSED, NOT DELIVERED?: CORRECT IT AND SEND IT AGAIN. "
        "THE MESSAGE IS GOOD EDIFACT; MEASURED BY GUIDE CUSDEC-EXPORT IT HAS FAULTS?: 1, WARNINGS?: 0.+EN"
    ) in told
    assert "FTX+AAO+++A LICENCE IS MISSING+EN" in told


def test_what_was_refused_for_its_guide_alone_is_good_edifact_to_contrl() -> None:
    """Though the report says rejected of it; a message with faults of its own stays rejected beside it."""
    groups = (GroupReport("G1", "CUSDEC", Party("GS"), Party("GR"), 0, 0, 0, REJECTED),)
    bad, refused = message("1", verdict=REJECTED, group=0), message("2", verdict=REJECTED, group=0, faults=1)
    rendered = render(report([message("2", verdict=REJECTED, faults=1)], [guide_fault()]), {0: REFUSED})
    assert lines(rendered)[3] == "UCI+REF1+SENDER:ZZ+HUB+7"
    assert "BGM+305+A1-1+27+RE" in lines(rendered)
    mixed = report([bad, refused], [guide_fault(1)], groups=groups).with_faults((Fault(FaultKind.COUNT_IN_UNT, Level.MESSAGE, "UNT", 9, 0, 0, 0, element=2),))
    assert mixed.verdict is REJECTED
    (said,) = parse_contrl(render(mixed, {1: REFUSED}))
    assert (said.said.action, [group.said.action for group in said.groups]) == ("7", ["7"])
    assert [(each.reference, each.said.action, each.said.code) for each in said.groups[0].messages] == [("1", "4", "29")]
    assert [read.reference("AST") for read in parse_aperak(render(mixed, {1: REFUSED}))] == ["G1"]


def test_what_is_not_listed_is_counted() -> None:
    told = lines(render(report([message(faults=1200, warnings=3)], [guide_fault(), guide_fault()]), {0: DELIVERED}))
    assert "FTX+AAP+++Not listed here?: 1201 of them.+EN" in told
    assert "CNT+55:2" in told


def test_all_or_nothing_befalls_also_a_message_that_is_in_order() -> None:
    told = lines(render(report([message(faults=1), message("2", guide="")], [guide_fault()], "UNOY", 4), {0: HELD, 1: HELD}))
    second = told[told.index("UNH+3+APERAK:D:01B:UN") :]
    assert second[1:8] == [
        "BGM+305+A1-2+11+AJ",
        "DTM+137:202603041205:203",
        "FTX+AAP+++Held, not delivered yet?: an operator decides. "
        "The message itself is in order, but another of the interchange is not as its guide has it, and all or nothing was agreed.+EN",
        "FTX+AAP+++已扣留，尚未投递，由运营方决定。报文本身无误，但同一交换中另有报文不符合实施指南，而双方约定全部接受或全部不接受。+ZH",
        "CNT+55:0",
        "RFF+INO:REF1",
        "RFF+ACW:2",
    ]


def test_long_texts_keep_to_the_lengths() -> None:
    long = "word " * 700
    (read,) = parse_aperak(render(report([message(faults=1)], [guide_fault(value="V" * 80, params={"rule": long, "repair": "x" * 600})]), {0: DELIVERED}))
    (error,) = read.errors
    assert error.texts[0].text == " ".join(["word"] * 510) + "..."
    assert [text.text for text in error.references[0].texts] == ["V" * 80, "x" * 512 + " " + "x" * 88]


# Somebody else's.


def test_reading_another_partys_dialect() -> None:
    sent = (
        b"UNA:+.? 'UNB+UNOC:3+990:500+991:500+200307:0705+C3'UNH+1+APERAK:D:07B:UN:2.1d'BGM+313+53ff'DTM+137:202003070705:203'RFF+ACE:O15'DTM+171:202003070500:203'"
        b"NAD+MS+990::293'DOC+380+INV7'ERC+Z29::260'FTX+ABO+++LOC1'RFF+ACW:V15'RFF+AGO:991:12'FTX+AAO+++ung\xfcltig:Wert'FTX+Z02+++10'UNT+14+1'UNZ+1+C3'"
    )
    assert parse_aperak(sent) == (
        ApplicationReport(
            message="1",
            directory="D.07B",
            document="313",
            number="53ff",
            function="",
            response="",
            dates=(("137", "202003070705"), ("171", "202003070500")),
            texts=(),
            documents=(("380", "INV7"),),
            references=(Reference("ACE", "O15", ""),),
            parties=(("MS", Party("990", "293")),),
            errors=(
                ApplicationError(
                    code="Z29",
                    code_list="",
                    agency="260",
                    texts=(FreeText("ABO", "", "LOC1", ""),),
                    references=(
                        Reference("ACW", "V15", ""),
                        Reference("AGO", "991", "12", (FreeText("AAO", "", "ungültig Wert", ""), FreeText("Z02", "", "10", ""))),
                    ),
                ),
            ),
        ),
    )


@pytest.mark.parametrize("data", [b"", b"UNH+1+APERAK:D:01B:UN'", b"no interchange"])
def test_what_is_no_interchange_cannot_be_read(data: bytes) -> None:
    with pytest.raises(ValueError, match="neither UNA nor UNB"):
        parse_aperak(data)


@pytest.mark.parametrize("data", [b"UNB'", b"UNB+UNOA:3'UNH'UNT'UNZ'", b"UNB+UNOA:3'UNH+1+CONTRL:D:3:UN'UCI'UNT'UNZ'"])
def test_where_there_is_no_aperak_nothing_is_said(data: bytes) -> None:
    assert parse_aperak(data) == ()


def test_an_aperak_without_anything() -> None:
    assert parse_aperak(b"UNB'UNH+7+APERAK'ERC'UNZ'") == (
        ApplicationReport("7", ".", "", "", "", "", (), (), (), (), (), (ApplicationError("", "", "", (), ()),)),
    )


# Any guide faults.


@pytest.fixture(scope="module")
def directories() -> SchemaDirectories:
    return open_directories(packed("schemas"))


words = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]) | st.sampled_from("AZ09+:'?*_é \n"), min_size=1, max_size=60)
optional = st.none() | st.integers(1, 99)


@st.composite
def answered(draw: st.DrawFn) -> tuple[Report, dict[int, Disposition]]:
    """A report with guide faults and what becomes of each message that has some."""
    version, identifier = draw(st.sampled_from([(1, "UNOA"), (2, "UNOB"), (3, "UNOC"), (3, "UNOX"), (3, "UNOW"), (4, "UNOC"), (4, "UNOY")]))
    count = draw(st.integers(1, 4))
    faults = [
        guide_fault(
            index,
            code=draw(st.sampled_from(["E101", "L204", "TOOLONGCODE"])),
            segment=draw(st.sampled_from(["BGM", "NAD"])),
            segment_position=draw(st.integers(1, 1_000_000)),
            element=(element := draw(optional)),
            component=draw(optional) if element else None,
            repetition=draw(optional) if element else None,
            value=draw(st.none() | words),
            warning=draw(st.booleans()),
            params={"rule": draw(words.filter(str.strip)), "repair": draw(words | st.just(""))},
            params_zh=draw(st.sampled_from([{}, {"rule": "规则", "repair": "请改正"}])),
        )
        for index in range(count)
        for _ in range(draw(st.integers(0, 3)))
    ]
    messages = [
        message(
            str(index),
            faults=sum(fault.message == index and not fault.warning for fault in faults),
            warnings=sum(fault.message == index and fault.warning for fault in faults),
            number=draw(words)[:35],
        )
        for index in range(count)
    ]
    return report(messages, faults, identifier, version), draw(st.dictionaries(st.integers(0, count - 1), st.sampled_from(Disposition), min_size=1))


@settings(max_examples=150)
@given(answered())
def test_the_hubs_own_check_finds_nothing_in_the_answer(directories: SchemaDirectories, given: tuple[Report, dict[int, Disposition]]) -> None:
    checked = check_interchange(render(*given), directories)
    assert (checked.verdict, checked.faults) == (ACCEPTED, ())
    assert [message.type for message in checked.messages] == ["CONTRL"] + ["APERAK"] * len(given[1])


@settings(max_examples=150)
@given(answered())
def test_reading_the_answer_back_gives_what_went_in(given: tuple[Report, dict[int, Disposition]]) -> None:
    of, dispositions = given
    letters = str.upper if of.header.syntax_identifier == "UNOA" else str
    read = parse_aperak(render(of, dispositions))
    assert [(each.reference("INO"), each.reference("ACW"), each.reference("AEH")) for each in read] == [
        ("REF1", str(index), letters("cusdec-export")) for index in sorted(dispositions)
    ]
    assert [{"AB": DELIVERED, "AJ": HELD, "RE": REFUSED}[each.response] for each in read] == [dispositions[index] for index in sorted(dispositions)]
    for each, index in zip(read, sorted(dispositions), strict=True):
        faults = [fault for fault in of.guide_faults if fault.message == index]
        assert [error.code for error in each.errors] == [fault.code[:8] for fault in faults]
        for error, fault in zip(each.errors, faults, strict=True):
            if english := spaced(letters(fault.text())):
                assert (spaced(error.texts[0].text), error.warning) == (english, fault.warning)
            (place,) = [reference for reference in error.references if reference.qualifier == "AWL"]
            position, tag, *numbers = place.identifier.split("/")
            assert (int(position), tag) == (fault.segment_position, fault.segment)
            told = [int(number) if number else None for number in numbers]
            assert told + [None] * (3 - len(told)) == [fault.element, fault.component, fault.repetition]
            chinese = [text.text for text in place.texts if text.language == "ZH" and text.subject == "AAO"]
            assert chinese == (["规则"] if fault.params_zh and of.header.syntax_identifier in {"UNOX", "UNOW", "UNOY"} else [])


def spaced(text: str) -> str:
    """Without what white space at the ends and line ends a line of text may lose."""
    return " ".join("".join(character if character.isprintable() else "." for character in text).split())


def test_the_guide_of_the_message_finds_nothing_in_the_answer(directories: SchemaDirectories) -> None:
    guides = open_guides(packed("schemas"), directories=directories).only("aperak-answer")
    for disposition in Disposition:
        checked = check_interchange(render(ONE, {0: disposition}), directories, guides=guides)
        assert ([message.guide for message in checked.messages], checked.guide_faults) == (["", "aperak-answer"], ())


@pytest.mark.filterwarnings("ignore::pydifact.exceptions.MissingImplementationWarning")
@settings(max_examples=50)
@given(answered())
def test_pydifact_reads_the_answer(given: tuple[Report, dict[int, Disposition]]) -> None:
    rendered = render(*given)
    codec = {b"UNOC": "latin-1", b"UNOW": "utf-8", b"UNOY": "utf-8", b"UNOX": "gb18030"}.get(rendered.split(b"UNB+")[1][:4], "ascii")
    read = [segment for segment in Parser().parse(rendered.decode(codec)) if segment.tag != "UNA"]
    assert [segment.elements[1][0] for segment in read if segment.tag == "UNH"] == ["CONTRL"] + ["APERAK"] * len(given[1])
    assert read[-1].elements == [str(1 + len(given[1])), "A1"]
