"""CONTRL: what a report becomes, that it is valid in every syntax version, and that reading it back says what the report said."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.parser import Parser

from vanhub.directory.check import check_interchange
from vanhub.directory.load import SchemaDirectories, SchemaDirectory, open_directories
from vanhub.directory.model import CompositeUse, ElementUse, GroupUse, SegmentUse
from vanhub.edifact.contrl import ControlAction, ControlElement, ControlGroup, ControlMessage, ControlReport, ControlSegment, parse_contrl, render_contrl
from vanhub.edifact.faults import Fault, FaultKind, Level
from vanhub.edifact.report import GroupReport, InterchangeHeader, MessageReport, Party, Report, Verdict
from vanhub.edifact.scanner import Marks, split, unreleased
from vanhub.edifact.separators import Separators
from vanhub.packed import packed

NOON = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
HUB = Party("GOLDENCUSTOMS", "ZZ")
FALLBACK = Party("SESSION")
SENDER, RECIPIENT = Party("SENDER", "ZZ"), Party("HUB")
K = FaultKind


def message(reference: str = "1", verdict: Verdict = Verdict.ACCEPTED, group: int | None = None, **fields: Any) -> MessageReport:
    named = {"type": "CUSDEC", "version": "D", "release": "96B", "agency": "UN", "association": ""} | fields
    return MessageReport(reference=reference, offset=0, end=0, segments=0, group=group, verdict=verdict, **named)


def group(reference: str = "G1", verdict: Verdict = Verdict.ACCEPTED, sender: str = "GS", recipient: str = "GR") -> GroupReport:
    return GroupReport(reference, "CUSDEC", Party(sender), Party(recipient, "1"), 0, 0, 0, verdict)


def report(
    verdict: Verdict,
    messages: Sequence[MessageReport] = (),
    faults: Sequence[Fault] = (),
    groups: Sequence[GroupReport] = (),
    *,
    version: int = 3,
    sender: Party = SENDER,
    recipient: Party = RECIPIENT,
    reference: str = "REF1",
    **header: Any,
) -> Report:
    head = InterchangeHeader(Separators.default(version), "UNOA", version, sender, recipient, reference=reference, **header)
    return Report(head, tuple(messages), tuple(groups), tuple(faults), len(faults), verdict, 0, 0, 0)


def render(of: Report, **arguments: Any) -> bytes:
    return render_contrl(of, hub=HUB, reference="A1", prepared=NOON, fallback_sender=FALLBACK, **arguments)


def body(of: Report) -> str:
    """The answer from UCI up to UNT."""
    text = render(of).decode()
    return text[text.index("UCI") : text.rindex("UNT")]


A, P, R = Verdict.ACCEPTED, Verdict.PARTLY, Verdict.REJECTED
UCI = "UCI+REF1+SENDER:ZZ+HUB"
UCM = "+CUSDEC:D:96B:UN+4"
GROUP = "+GS+GR:1"

LENGTH = Fault(K.TOO_LONG, Level.ELEMENT, "NAD", 5, 0, message=0, element=3, component=2)
MISSING = Fault(K.SEGMENT_MISSING, Level.SEGMENT, "DTM", 5, 0, message=0)
COUNT = Fault(K.COUNT_IN_UNT, Level.MESSAGE, "UNT", 9, 0, message=0, element=2)
AGREEMENT = Fault(K.NO_AGREEMENT, Level.MESSAGE, "UNH", 1, 0, message=0, element=3, component=1)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        # Nothing is wrong: 7 alone; 8 where only an indication of receipt was asked for.
        (report(A, [message()]), f"{UCI}+7'"),
        (report(A, [message()], acknowledgement_request="1"), f"{UCI}+7'"),
        (report(A, [message()], acknowledgement_request="2", version=4), f"{UCI}+8'"),
        (report(R, [message("1", R)], [COUNT], acknowledgement_request="2", version=4), f"{UCI}+4'UCM+1{UCM}+29+UNT+2'"),
        # A fault of the interchange: the first, at its segment and element.
        (report(R, [], [Fault(K.RECIPIENT_UNKNOWN, Level.INTERCHANGE, "UNB", 1, 0, element=4, component=1)]), f"{UCI}+4+43+UNB+4:1'"),
        (report(R, [], [Fault(K.RECIPIENT_UNKNOWN, Level.INTERCHANGE, "UNB", 1, 0, element=4, component=1)], version=4), f"{UCI}+4+7+UNB+4:1'"),
        (
            report(
                R,
                [],
                [Fault(K.TRAILER_MISSING, Level.INTERCHANGE, "UNZ", 2, 0), Fault(K.TEST_NOT_ALLOWED, Level.INTERCHANGE, "UNB", 1, 0, element=12)],
            ),
            f"{UCI}+4+13+UNZ'",
        ),
        # A segment that is no service segment is not named; UNA has a code in the list of 0013 and none in that of 0135.
        (report(R, [], [Fault(K.OUTSIDE_MESSAGE, Level.INTERCHANGE, "BGM", 2, 0)]), f"{UCI}+4+33'"),
        (report(R, [], [Fault(K.UNA_SAME_TWICE, Level.INTERCHANGE, "UNA", 1, 0)]), f"{UCI}+4+22+UNA'"),
        (report(R, [], [Fault(K.UNA_SAME_TWICE, Level.INTERCHANGE, "UNA", 1, 0)], version=4), f"{UCI}+4+22'"),
        # One bad message among good ones.
        (report(P, [message("1", R), message("2")], [MISSING]), f"{UCI}+7'UCM+1{UCM}'UCS+5+13'"),
        (report(P, [message("1", R), message("2")], [LENGTH]), f"{UCI}+7'UCM+1{UCM}'UCS+5'UCD+39+3:2'"),
        (report(P, [message("1", R), message("2")], [LENGTH, MISSING, COUNT]), f"{UCI}+7'UCM+1{UCM}+29+UNT+2'UCS+5+13'UCD+39+3:2'"),
        # All bad: 4 above, and what was wrong below it.
        (report(R, [message("1", R)], [AGREEMENT]), f"{UCI}+4'UCM+1{UCM}+17+UNH+3:1'"),
        # Under a 4 a message without faults of its own is not named, under a 7 every rejected one is.
        (report(R, [message("1", R), message("2", R)], [COUNT]), f"{UCI}+4'UCM+1{UCM}+29+UNT+2'"),
        (report(P, [message("1", R), message("2")]), f"{UCI}+7'UCM+1{UCM}+18'"),
        (report(R), f"{UCI}+4+18'"),
        # Two faults at one segment: a UCS each, the elements under the first; segments in their order.
        (
            report(P, [message("1", R), message("2")], [MISSING, LENGTH, MISSING, Fault(K.SEGMENT_UNKNOWN, Level.SEGMENT, "XXX", 2, 9, message=0)]),
            f"{UCI}+7'UCM+1{UCM}'UCS+2+15'UCS+5+13'UCD+39+3:2'UCS+5+13'",
        ),
        # A repetition has a place in version 4 only.
        (report(P, [message("1", R), message("2")], [Fault(K.ELEMENT_REPEATED, Level.ELEMENT, "ABC", 2, 0, message=0, element=2, repetition=3)], version=4),
         f"{UCI}+7'UCM+1{UCM}'UCS+2'UCD+35+2::3'"),
        (report(P, [message("1", R), message("2")], [Fault(K.ELEMENT_REPEATED, Level.ELEMENT, "ABC", 2, 0, message=0, element=2, repetition=3)]),
         f"{UCI}+7'UCM+1{UCM}'UCS+2'UCD+35+2'"),
        # Groups: named where they, or messages in them, are rejected.
        (report(A, [message(group=0)], groups=[group()]), f"{UCI}+7'"),
        (report(P, [message("1", R, 0), message("2", A, 0), message("3", A, 1)], [COUNT], [group("G1", P), group("G2")]),
         f"{UCI}+7'UCF+G1{GROUP}+7'UCM+1{UCM}+29+UNT+2'"),
        (report(P, [message("1", R, 0), message("2", A, 1)], [Fault(K.COUNT_IN_UNE, Level.GROUP, "UNE", 4, 0, group=0, element=2)], [group("G1", R), group("G2")]),
         f"{UCI}+7'UCF+G1{GROUP}+4+29+UNE+2'"),
        (report(P, [message("1", R, 0), message("2", A, 1)], [COUNT], [group("G1", R), group("G2")]),
         f"{UCI}+7'UCF+G1{GROUP}+4'UCM+1{UCM}+29+UNT+2'"),
        (report(P, [message("1", R, 0), message("2", A, 1)], [], [group("G1", R), group("G2")]), f"{UCI}+7'UCF+G1{GROUP}+4+18'"),
        (report(R, [message("1", R, 0), message("2", R, 1)], [COUNT], [group("G1", R), group("G2", R)]), f"{UCI}+4'UCF+G1{GROUP}+4'UCM+1{UCM}+29+UNT+2'"),
        # What cannot be read is filled, what is too long is cut, what cannot be seen is a full stop.
        (report(R, sender=Party(), recipient=Party(), reference=""), "UCI+UNKNOWN+SESSION+GOLDENCUSTOMS:ZZ+4+18'"),
        (report(R, reference="R" * 20, sender=Party("S" * 40, "12345", "I" * 20)), f"UCI+{'R' * 14}+{'S' * 35}:1234:{'I' * 14}+HUB+4+18'"),
        (report(R, reference="R" * 20, sender=Party("S" * 40, "12345", "I" * 20), version=4), f"UCI+{'R' * 14}+{'S' * 35}:1234:{'I' * 20}+HUB+4+18'"),
        (report(R, reference="A\n\x1b\udce9'+"), "UCI+A...?'?++SENDER:ZZ+HUB+4+18'"),
        (report(P, [message("", R, type="", version="", release="", agency="", association=""), message("2")]), f"{UCI}+7'UCM+UNKNOWN+NONE:0:0:ZZ+4+18'"),
        (report(P, [message("M" * 20, R, type="CUSDECX", agency="ZZZ", association="1234567"), message("2")]),
         f"{UCI}+7'UCM+{'M' * 14}+CUSDEC:D:96B:ZZ:123456+4+18'"),
        (report(P, [message("1", R, 0), message("2", A, 1)], [], [group("", R, "", ""), group("G2")]), f"{UCI}+7'UCF+UNKNOWN+UNKNOWN+UNKNOWN:1+4+18'"),
        (report(P, [message("1", R, 0), message("2", A, 1)], [], [group("", R, "", ""), group("G2")], version=4), f"{UCI}+7'UCF+UNKNOWN++:1+4+18'"),
        # A fault that claims a level without saying of what is told at the next level up.
        (report(R, [], [Fault(K.OVER_LIMIT, Level.SEGMENT, "BGM", 3, 0)]), f"{UCI}+4+18'"),
        (report(P, [message("1", R, 0), message("2", A, 1)], [Fault(K.OVER_LIMIT, Level.MESSAGE, "UNH", 3, 0, group=0)], [group("G1", R), group("G2")]),
         f"{UCI}+7'UCF+G1{GROUP}+4+18+UNH'"),
    ],
)  # fmt: skip
def test_what_a_report_becomes(of: Report, expected: str) -> None:
    assert body(of) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (1, b"UNB+UNOA:1+GOLDENCUSTOMS:ZZ+SENDER:ZZ+260304:1205+A1++++++1'UNH+1+CONTRL:D:3:UN'UCI+REF1+SENDER:ZZ+HUB+7'UNT+3+1'UNZ+1+A1'"),
        (2, b"UNB+UNOA:2+GOLDENCUSTOMS:ZZ+SENDER:ZZ+260304:1205+A1++++++1'UNH+1+CONTRL:D:3:UN'UCI+REF1+SENDER:ZZ+HUB+7'UNT+3+1'UNZ+1+A1'"),
        (3, b"UNB+UNOA:3+GOLDENCUSTOMS:ZZ+SENDER:ZZ+260304:1205+A1++++++1'UNH+1+CONTRL:D:3:UN'UCI+REF1+SENDER:ZZ+HUB+7'UNT+3+1'UNZ+1+A1'"),
        (4, b"UNB+UNOA:4+GOLDENCUSTOMS:ZZ+SENDER:ZZ+20260304:1205+A1++++++1'UNH+1+CONTRL:4:1:UN'UCI+REF1+SENDER:ZZ+HUB+7'UNT+3+1'UNZ+1+A1'"),
    ],
)
def test_the_whole_answer_by_syntax_version(version: int, expected: bytes) -> None:
    assert render(report(A, [message()], version=version), test=True) == expected


@pytest.mark.parametrize(
    ("sender", "version", "start", "codec"),
    [
        ("S*", 3, "UNB+UNOA:3+GOLDENCUSTOMS:ZZ+S*+", "ascii"),
        ("S*", 4, "UNB+UNOA:4+GOLDENCUSTOMS:ZZ+S?*+", "ascii"),
        # Lower case needs level B, whose service characters were unprintable once: UNA leaves no doubt.
        ("sender", 3, "UNA:+.? 'UNB+UNOB:3+GOLDENCUSTOMS:ZZ+sender+", "ascii"),
        ("sender", 4, "UNB+UNOB:4+GOLDENCUSTOMS:ZZ+sender+", "ascii"),
        ("s_1@é", 3, "UNB+UNOC:3+GOLDENCUSTOMS:ZZ+s_1@é+", "iso8859-1"),
        ("报关行", 4, "UNB+UNOW:4+GOLDENCUSTOMS:ZZ+报关行+", "utf-8"),
    ],
)
def test_the_least_repertoire_that_has_what_is_echoed(sender: str, version: int, start: str, codec: str) -> None:
    rendered = render(report(A, [message()], version=version, sender=Party(sender)))
    assert rendered.decode(codec).startswith(start)
    assert parse_contrl(rendered)[0].sender == Party(sender)


def test_separators_are_ours_whatever_the_sender_uses() -> None:
    of = report(A, [message()], reference="A|B~C")
    own = InterchangeHeader(Separators(b"~", b"|", b".", b"\\", b" ", b"#"), "UNOA", 3, Party("S'1"), Party("HUB"), reference="A|B~C")
    rendered = render(Report(own, of.messages, (), (), 0, A, 0, 0, 0))
    assert b"UCI+A|B~C+S?'1+HUB+7'" in rendered


def test_the_messages_own_limits_hold() -> None:
    many = [Fault(K.SEGMENT_UNKNOWN, Level.SEGMENT, "XXX", number, number, message=0) for number in range(1, 1502)]
    wide = [Fault(K.TOO_LONG, Level.ELEMENT, "NAD", 1, number, message=0, element=number, component=1000) for number in range(1, 1200)]
    (read,) = parse_contrl(render(report(R, [message("1", R)], [*many, *wide])))
    (said,) = read.messages
    assert [segment.position for segment in said.segments] == list(range(1, 1000))
    assert [element.element for element in said.segments[0].elements] == list(range(1, 100))
    assert {element.component for element in said.segments[0].elements} == {999}
    far = Fault(K.TOO_LONG, Level.ELEMENT, "NAD", 12_345_678, 1, message=0, element=4321)
    assert body(report(R, [message("1", R)], [far])).endswith("'UCS+999999'UCD+39+999'")


def test_one_bad_message_among_twenty_thousand_in_as_many_groups() -> None:
    messages = [message(str(number), R if number == 19_999 else A, number) for number in range(20_000)]
    groups = [group(str(number), R if number == 19_999 else A) for number in range(20_000)]
    assert body(report(P, messages, [], groups)) == f"{UCI}+7'UCF+19999{GROUP}+4+18'"


# Any report: the answer is valid, and says what the report says.


@pytest.fixture(scope="module")
def directories() -> SchemaDirectories:
    return open_directories(packed("schemas"))


texts = st.text(st.characters(codec="latin-1") | st.sampled_from("AZ09+:'?*_é中\ud8ff"), max_size=40)
parties = st.builds(Party, texts, st.sampled_from(["", "ZZ", "a'b"]), st.sampled_from(["", "BACK?"]))
service_tags = {Level.INTERCHANGE: ["UNA", "UNB", "UNZ", "BGM"], Level.GROUP: ["UNG", "UNE"], Level.MESSAGE: ["UNH", "UNT"]}


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report as a check makes it: verdicts that follow from the faults, faults at existing places."""
    version = draw(st.integers(1, 4))
    group_count = draw(st.integers(0, 3))
    messages = [
        message(f"{number}{draw(texts)}", group=draw(st.integers(0, group_count - 1)) if group_count else None, type=draw(st.sampled_from(["CUSDEC", ""])))
        for number in range(draw(st.integers(0, 5)))
    ]
    levels = [Level.INTERCHANGE] + ([Level.GROUP] if group_count else []) + ([Level.MESSAGE, Level.SEGMENT, Level.ELEMENT] * 3 if messages else [])
    faults = []
    for offset in range(draw(st.integers(0, 8))):
        level = draw(st.sampled_from(levels))
        inside = level not in {Level.INTERCHANGE, Level.GROUP}
        index = draw(st.integers(0, len(messages) - 1)) if inside else None
        element = draw(st.integers(1, 1200)) if level is Level.ELEMENT else draw(st.none() | st.integers(1, 9))
        faults.append(
            Fault(
                draw(st.sampled_from(list(FaultKind))),
                level,
                draw(st.sampled_from(service_tags.get(level, ["NAD", "UNH"]))),
                draw(st.integers(1, 9)),
                offset,
                group=draw(st.integers(0, group_count - 1)) if level is Level.GROUP else messages[index].group if index is not None else None,
                message=index,
                element=None if level is Level.SEGMENT else element,
                component=draw(st.none() | st.integers(1, 20)) if element else None,
                repetition=draw(st.none() | st.integers(1, 20)) if element else None,
            )
        )
    groups = [group(f"{number}{draw(texts)}", sender=draw(texts)) for number in range(group_count)]
    clean = report(A, messages, [], groups, version=version, sender=draw(parties), recipient=draw(parties), reference=draw(texts))
    return clean.with_faults(tuple(faults), all_or_nothing=draw(st.booleans()), most=draw(st.sampled_from([1000, 3])))


@settings(max_examples=100)
@given(reports())
def test_the_answer_is_valid_in_its_service_directory(directories: SchemaDirectories, of: Report) -> None:
    version = of.header.syntax_version
    assert_valid(render(of), directories.service(version), version)


@settings(max_examples=100)
@given(reports())
def test_the_hubs_own_check_finds_nothing_in_the_answer(directories: SchemaDirectories, of: Report) -> None:
    checked = check_interchange(render(of), directories)
    assert (checked.verdict, checked.faults, checked.only_control) == (A, (), True)


@settings(max_examples=100)
@given(reports())
def test_reading_the_answer_back_says_what_the_report_says(of: Report) -> None:
    (said,) = parse_contrl(render(of))
    header, version = of.header, of.header.syntax_version
    assert said.reference == named(header.reference)
    sender = header.sender
    assert said.sender == (Party(legible(sender.identification[:35]), sender.qualifier, sender.internal) if sender.identification else FALLBACK)
    assert said.said.rejected == (of.verdict is R)
    # Nothing that is rejected reads as acknowledged, nothing acknowledged as rejected.
    assert acknowledged(said, of) == [item.verdict is not R for item in of.messages]
    # The first fault of each level stands there, those of segments and elements all, under their codes.
    own = [fault for fault in of.faults if fault.level is Level.INTERCHANGE]
    assert said.said.code in ([own[0].code(version)] if own else ["", "18"])
    told: dict[str, list[tuple[int | None, str]]] = defaultdict(list)
    for item in [*said.messages, *(item for each in said.groups for item in each.messages)]:
        assert item.said.action == "4"
        told["segments"] += [(segment.position, segment.code) for segment in item.segments if segment.code]
        told["elements"] += [(segment.position, element.code) for segment in item.segments for element in segment.elements]
    assert sorted(told["segments"]) == sorted((fault.segment_position, fault.code(version)) for fault in of.faults if fault.level is Level.SEGMENT)
    assert sorted(told["elements"]) == sorted((fault.segment_position, fault.code(version)) for fault in of.faults if fault.level is Level.ELEMENT)


@pytest.mark.filterwarnings("ignore::pydifact.exceptions.MissingImplementationWarning")
@settings(max_examples=50)
@given(reports())
def test_pydifact_reads_the_answer(of: Report) -> None:
    rendered = render(of)
    text = rendered.decode({b"UNOC": "latin-1", b"UNOW": "utf-8"}.get(rendered.split(b"UNB+")[1][:4], "ascii"))
    read = [segment for segment in Parser().parse(text) if segment.tag != "UNA"]
    assert [segment.tag for segment in read[:3]] == ["UNB", "UNH", "UCI"]
    assert read[-2].elements == [str(len(read) - 2), "1"]


def legible(text: str) -> str:
    return "".join(character if character.isprintable() else "." for character in text)


def named(reference: str) -> str:
    """A reference as it is echoed."""
    return legible(reference[:14]) or "UNKNOWN"


def acknowledged(said: ControlReport, of: Report) -> list[bool]:
    """What a partner concludes about each message of the interchange from a CONTRL, by the meanings of 0083."""
    groups = {each.reference: each for each in said.groups}
    concluded = []
    for item in of.messages:
        rejected, messages = said.said.rejected, said.messages
        if item.group is not None:
            told = groups.get(named(of.groups[item.group].reference))
            messages = told.messages if told is not None else ()
            rejected = rejected or (told is not None and told.said.rejected)
        concluded.append(not rejected and not any(each.said.rejected for each in messages if each.reference == named(item.reference)))
    return concluded


def assert_valid(rendered: bytes, service: SchemaDirectory, version: int) -> None:
    """The segments stand as the table says, and each element, component and code is what its definition says."""
    start = rendered.index(b"UNB+")
    codec = {b"UNOC": "iso8859-1", b"UNOW": "utf-8"}.get(rendered[start + 4 : start + 8], "ascii")
    marks = Marks.of(Separators.default(version), version)
    segments = split(rendered[start:].decode(codec), marks.terminator, marks.release)
    assert segments.pop() == ""
    contrl = service.message("CONTRL")
    assert contrl is not None
    tags = "".join(segment[:3] for segment in segments)
    assert re.fullmatch(f"UNB{pattern(contrl.children)}UNZ", tags)
    for segment in segments:
        assert_segment(segment, service, marks, version)


def pattern(rows: Iterable[SegmentUse | GroupUse]) -> str:
    return "".join(f"(?:{row.tag if isinstance(row, SegmentUse) else pattern(row.children)}){{{int(row.mandatory)},{row.most}}}" for row in rows)


def assert_segment(segment: str, service: SchemaDirectory, marks: Marks, version: int) -> None:
    tag, *elements = split(segment, marks.element, marks.release)
    definition = service.segment(tag)
    assert definition is not None
    assert len(elements) <= len(definition.elements), segment
    for use, text in zip(definition.elements, [*elements, *[""] * 20], strict=False):
        assert text or not use.mandatory, (segment, use)
        components = split(text, marks.component, marks.release)
        if isinstance(use, CompositeUse) and text:
            assert len(components) <= len(use.components), segment
            for part, value in zip(use.components, [*components, *[""] * 20], strict=False):
                assert_element(unreleased(value, marks.release), part, service, version, segment)
        elif isinstance(use, ElementUse):
            assert len(components) == 1, segment
            assert_element(unreleased(text, marks.release), use, service, version, segment)


def assert_element(value: str, use: ElementUse, service: SchemaDirectory, version: int, segment: str) -> None:
    representation = use.representation
    assert value or not use.mandatory, (segment, use)
    if value:
        assert representation.least <= len(value) <= representation.most, (segment, use)
        # In syntax version 1 the release numbers of S009 are numeric; the directories' own names are not, and everybody sends them.
        if representation.kind == "n" and not (version == 1 and use.id in {"0052", "0054"}):
            assert value.isdigit(), (segment, use)
        if use.id in {"0083", "0085", "0013", "0135"}:
            assert value in (service.codes(use.id) or {}), (segment, use)


# Reading what others send.


def test_a_contrl_of_a_partner() -> None:
    data = (
        b"\r\nUNA:+.? '\r\nUNB+UNOC:3+P1:14+P2:14+991111:1850+E1'\r\n"
        b"UNH+1+CONTRL:D:93A:ZZ'\r\nUCI+REF?'1+S:14+R:14:INT+7'FTX+LOK+P00++text'\r\n"
        b"UCM+M1+MEDREF:D:93A:UN:H0130R+4+13+UNH+2:4'UCS+17+16'UCD+12+3:2'UCD+13+4'UCS+x'UCS+" + b"9" * 5000 + b"'UCM+M2+MEDREF:D:93A:UN+7'UCX'"
        b"UCF+G1+GS+GR+4+29+UNE+2'UCM+M3+INVOIC:D:96A:UN+4+18'UNT+9+1'"
        b"UNH+2+APERAK:D:96A:UN'UCI+OTHER+S+R+4'UNT+3+2'"
        b"UNH+3+CONTRL:2:2:UN'UCI+REF2+S+R+6'UNT+3+3'"
        b"UNH+4+CONTRL:4:1:UN'UNT+2+4'UNZ+4+E1'"
    )
    nothing = ControlAction("", "", "", None, None)
    first = ControlReport(
        "REF'1",
        Party("S", "14"),
        Party("R", "14", "INT"),
        ControlAction("7", "", "", None, None),
        (
            ControlMessage(
                "M1",
                "MEDREF",
                "D",
                "93A",
                "UN",
                "H0130R",
                ControlAction("4", "13", "UNH", 2, 4),
                (
                    ControlSegment(17, "16", (ControlElement("12", 3, 2, None), ControlElement("13", 4, None, None))),
                    ControlSegment(None, "", ()),
                    ControlSegment(None, "", ()),
                ),
            ),
            ControlMessage("M2", "MEDREF", "D", "93A", "UN", "", ControlAction("7", "", "", None, None), ()),
        ),
        (
            ControlGroup(
                "G1",
                Party("GS"),
                Party("GR"),
                ControlAction("4", "29", "UNE", 2, None),
                (ControlMessage("M3", "INVOIC", "D", "96A", "UN", "", ControlAction("4", "18", "", None, None), ()),),
            ),
        ),
        "1",
        ("text",),
    )
    second = ControlReport("REF2", Party("S"), Party("R"), ControlAction("6", "", "", None, None), (), (), "3")
    assert parse_contrl(data) == (first, second)
    assert [each.said.rejected for each in (first, second)] == [False, True]
    assert not nothing.rejected


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"UNB+UNOA:3'", 0),
        (b"UNB+UNOA:3", 0),
        (b"UNB+IATB:1+A+B+1+1'UNH+1+CONTRL'UCI'UNT'", 1),
        (b"UNB\x1dUNOB\x1f3\x1dA\x1dB\x1cUNH\x1d1\x1dCONTRL\x1fD\x1f3\x1cUCI\x1dREF\x1dA\x1dB\x1d7\x1c", 1),
        (b"UNA|~,\\ #UNB~UNOA|3#UNH~1~CONTRL|D|3#UCI~REF\\~1~A~B~7#", 1),
        ("UNB+UNOW:4+A'UNH+1+CONTRL:4:1'UCI+1+海关+R?*+7'".encode(), 1),
    ],
)
def test_whatever_begins_as_an_interchange_is_read(data: bytes, count: int) -> None:
    assert len(parse_contrl(data)) == count


def test_what_begins_no_interchange_is_refused() -> None:
    for data in (b"", b"UCI+1'", b"UNA:+.? 'UNH+1'"):
        with pytest.raises(ValueError, match="not an interchange"):
            parse_contrl(data)


@settings(max_examples=100)
@given(st.binary(max_size=80) | st.text("UNBHCIMSTF+:'?14*", max_size=80).map(str.encode))
def test_any_octets_are_read_or_refused(tail: bytes) -> None:
    assert isinstance(parse_contrl(b"UNB+UNOC:3'UNH+1+CONTRL'UCI" + tail), tuple)


def test_what_is_read_of_an_answer_by_code_extension_is_text() -> None:
    data = b"UNB+UNOX:3'UNH+1+CONTRL'UCI+R+S+R+4'FTX+AAI+++\x1b$B0'4+\x1b(B?+B:\x1b$BE:\x1b(BC\xff'UNT+4+1'UNZ+1+R'"
    (said,) = parse_contrl(data)
    assert (said.reference, said.said.action, said.texts) == ("R", "4", ("挨勧+B 添C\ufffd",))
