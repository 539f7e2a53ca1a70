"""Writing: cases by hand, and the inverse of reading by three readers (ours, pydifact's, and a plain one for repetitions)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.parser import Parser
from pydifact.segments import Segment

from vanhub.edifact.report import InterchangeHeader, Party
from vanhub.edifact.scanner import Marks, split, unreleased
from vanhub.edifact.separators import Separators
from vanhub.edifact.writer import (
    codec_of,
    render_group_trailer,
    render_header,
    render_interchange,
    render_prepared,
    render_segments,
    render_trailer,
    wrap_message,
)

DEFAULT = Separators.default(3)
DEFAULT_4 = Separators.default(4)


def repeating(tag: str, *elements: Any) -> Segment:
    """A segment with repetitions, for which pydifact's types have no word."""
    return Segment(tag, *elements)


NOON = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("segment", "separators", "expected"),
    [
        (Segment("BGM", "929", "X1", "9"), DEFAULT, b"BGM+929+X1+9'"),
        (Segment("DTM", ["137", "202601010101", "203"]), DEFAULT, b"DTM+137:202601010101:203'"),
        (Segment("FTX", "a'b+c:d?e*f"), DEFAULT, b"FTX+a?'b?+c?:d??e*f'"),
        (Segment("FTX", "a'b+c:d?e*f"), DEFAULT_4, b"FTX+a?'b?+c?:d??e?*f'"),
        # What is empty at the end is cut, what is empty before something stays.
        (Segment("NAD", "CZ", "", ["", "B", ""], "", ["", ""]), DEFAULT, b"NAD+CZ++:B'"),
        (Segment("NAD", "", ""), DEFAULT, b"NAD'"),
        # A list of one is the same as the bare value.
        (Segment("LOC", ["5"], "6"), DEFAULT, b"LOC+5+6'"),
        # Repetitions, of a simple element and of a composite.
        (repeating("ABC", [["a"], ["b"], ["", ""]], "x"), DEFAULT_4, b"ABC+a*b+x'"),
        (repeating("ABC", [["a", "b"], ["", "c"]]), DEFAULT_4, b"ABC+a:b*:c'"),
        (repeating("ABC", [[""], ["b"]]), DEFAULT_4, b"ABC+*b'"),
        (repeating("ABC", [["a", ""]]), DEFAULT, b"ABC+a'"),
        # Service characters of one's own.
        (Segment("ABC", "1|2", ["~", "a'"]), Separators(b"^", b"|", b",", b"\\", b" ", b"~"), b"ABC|1\\|2|\\~^a'~"),
        (Segment("ABC", "a b", ["1", "2"]), Separators(b"\x1f", b"\x1d", b".", b" ", b" ", b"\x1c"), b"ABC\x1da b\x1d1\x1f2\x1c"),
    ],
)
def test_a_segment(segment: Segment, separators: Separators, expected: bytes) -> None:
    assert render_segments([segment], separators) == expected


@pytest.mark.parametrize(
    ("elements", "separators", "text"),
    [
        (["a'"], Separators(release=b" "), "there is no release character"),
        ([[["a"], ["b"]]], DEFAULT, "there is no repetition separator"),
        ([["a", ["b"]]], DEFAULT_4, "neither components nor repetitions"),
        ([[["a", ["b"]]]], DEFAULT_4, "neither a value nor a list of values"),
        ([["a", None]], DEFAULT, "neither components nor repetitions"),
        (["中"], DEFAULT, "ordinal not in range"),
    ],
)
def test_what_cannot_be_said_is_refused(elements: list[Any], separators: Separators, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        render_segments([Segment("ABC", *elements)], separators)


def test_encodings() -> None:
    assert render_segments([Segment("FTX", "海关+é")], DEFAULT, encoding="utf-8") == "FTX+海关?+é'".encode()
    assert render_segments([Segment("FTX", "海关+")], DEFAULT, encoding="gb18030") == "FTX+海关?+'".encode("gb18030")
    assert render_segments([Segment("FTX", "é")], DEFAULT, encoding="iso8859-1") == b"FTX+\xe9'"
    # An octet that could not be decoded when it was read goes out as it came.
    assert render_segments([Segment("FTX", "a\udce9")], DEFAULT) == b"FTX+a\xe9'"


values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from("+:'?*"), max_size=12)


def cut(parts: list[Any]) -> list[Any]:
    while parts and not any(parts[-1]):
        parts = parts[:-1]
    return parts


def canonical(segment: Segment) -> list[list[list[str]]]:
    """``[element][repetition][component]`` with the empty ones at the end cut: what a segment says, whichever way it was given."""
    elements = []
    for element in segment.elements:
        given_repetitions = [[element]] if isinstance(element, str) else [element] if all(isinstance(part, str) for part in element) else element
        elements.append(cut([cut(list(components)) for components in given_repetitions]))
    return cut(elements)


def read(data: bytes, separators: Separators, version: int) -> list[tuple[str, list[list[list[str]]]]]:
    marks = Marks.of(separators, version)
    segments = []
    for text in split(data.decode(), marks.terminator, marks.release)[:-1]:
        tag, *elements = split(text, marks.element, marks.release)
        parts = []
        for element in elements:
            repetitions = split(element, marks.repetition, marks.release) if marks.repetition else [element]
            parts.append(cut([cut([unreleased(value, marks.release) for value in split(each, marks.component, marks.release)]) for each in repetitions]))
        segments.append((tag, cut(parts)))
    return segments


tags = st.sampled_from(["BGM", "NAD", "FTX", "E1X"])
flat_elements = values | st.lists(values, min_size=1, max_size=4)
repeating_elements = flat_elements | st.lists(st.lists(values, min_size=1, max_size=3), min_size=1, max_size=3)


@st.composite
def separators(draw: st.DrawFn) -> Separators:
    picked = draw(st.permutations(b"+:'?*|~^!;/\\#"))
    return Separators(*(bytes([octet]) for octet in picked[:6]))


@settings(max_examples=150)
@given(st.lists(st.builds(lambda tag, elements: Segment(tag, "x", *elements), tags, st.lists(repeating_elements, max_size=5)), max_size=4), separators())
def test_reading_is_the_inverse(segments: list[Segment], marks: Separators) -> None:
    assert read(render_segments(segments, marks), marks, 4) == [(segment.tag, canonical(segment)) for segment in segments]


@settings(max_examples=100)
@given(st.lists(st.builds(lambda tag, elements: Segment(tag, "x", *elements), tags, st.lists(flat_elements, max_size=5)), min_size=1, max_size=4))
def test_pydifact_reads_the_same(segments: list[Segment]) -> None:
    # pydifact knows no repetition separator; of its parser's segments each element is a str or a list of components.
    read_by_pydifact = Parser().parse(render_segments(segments, DEFAULT).decode())
    assert [(segment.tag, canonical(segment)) for segment in read_by_pydifact] == [(segment.tag, canonical(segment)) for segment in segments]


# Envelopes.

HEADER = InterchangeHeader(
    separators=DEFAULT,
    syntax_identifier="UNOB",
    syntax_version=3,
    sender=Party("SENDER", "ZZ", "BACK"),
    recipient=Party("HUB"),
    prepared="260101:0101",
    reference="REF1",
    password="SECRET",
    application_reference="CUSDEC",
    priority="A",
    acknowledgement_request="1",
    agreement="AGREED",
    test="1",
)
BODY = [Segment("BGM", "929", "X", "9"), Segment("FTX", "AAI", "", "", "it's")]


def test_a_whole_interchange() -> None:
    messages = [wrap_message("1", ["CUSDEC", "D", "96B", "UN"], BODY), wrap_message("2", ["CUSDEC", "D", "96B", "UN", "ZZ01"], [], access_reference="A/1")]
    assert render_interchange(HEADER, messages, prepared=NOON) == (
        b"UNB+UNOB:3+SENDER:ZZ:BACK+HUB+260304:1205+REF1+SECRET+CUSDEC+A+1+AGREED+1'"
        b"UNH+1+CUSDEC:D:96B:UN'BGM+929+X+9'FTX+AAI+++it?'s'UNT+4+1'"
        b"UNH+2+CUSDEC:D:96B:UN:ZZ01+A/1'UNT+2+2'"
        b"UNZ+2+REF1'"
    )


def test_a_readdressed_header_keeps_what_describes_the_content_and_drops_what_was_for_the_hub() -> None:
    header = render_header(HEADER, recipient=Party("CUSTOMS", "12"), reference="OWN+1", prepared=NOON, una=True)
    assert header == b"UNA:+.? 'UNB+UNOB:3+SENDER:ZZ:BACK+CUSTOMS:12+260304:1205+OWN?+1++CUSDEC+A++AGREED+1'"
    assert render_trailer(HEADER, 3, "OWN+1") == b"UNZ+3+OWN?+1'"
    assert render_group_trailer(HEADER, 2, "G1") == b"UNE+2+G1'"


def test_una_is_written_where_it_is_needed_and_says_the_originals_separators() -> None:
    own = Separators(b"|", b"+", b",", b"?", b" ", b"~")
    header = InterchangeHeader(own, "UNOA", 3, Party("S|"), reference="1")
    assert render_header(header, recipient=Party("R"), reference="2", prepared=NOON, una=False) == b"UNA|+,? ~UNB+UNOA|3+S?|+R+260304|1205+2~"
    assert render_trailer(header, 1, "2~") == b"UNZ+1+2?~~"


def test_before_version_4_the_fifth_character_of_una_separates_nothing() -> None:
    header = InterchangeHeader(DEFAULT_4, "UNOA", 3, Party("S*1"))
    assert render_header(header, recipient=Party("R"), reference="2", prepared=NOON, una=True) == b"UNA:+.?*'UNB+UNOA:3+S*1+R+260304:1205+2'"
    with pytest.raises(ValueError, match="no repetition separator"):
        render_interchange(header, [[repeating("ABC", [["a"], ["b"]])]], prepared=NOON)


def test_version_4_has_a_century_and_the_rest_of_s001() -> None:
    header = InterchangeHeader(DEFAULT_4, "UNOW", 4, Party("海关*"), reference="1", syntax_details=("", "7"))
    assert render_header(header, recipient=Party("R"), reference="2", prepared=NOON, una=False) == "UNB+UNOW:4::7+海关?*+R+20260304:1205+2'".encode()


def test_the_wall_clock_of_the_given_zone_is_written() -> None:
    beijing = NOON.astimezone(timezone(timedelta(hours=8)))
    assert [render_prepared(beijing, version) for version in (1, 3, 4)] == ["260304:2005", "260304:2005", "20260304:2005"]


@pytest.mark.parametrize(
    ("identifier", "details", "agreed", "codec"),
    [
        ("UNOA", (), "", "ascii"),
        ("UNOC", (), "", "iso8859-1"),
        ("UNOC", (), "gb18030", "gb18030"),
        ("UNOY", (), "", "utf-8"),
        ("UNOA", ("", "7"), "", "utf-8"),
        ("UNOA", ("", "7"), "gbk", "gbk"),
        ("IATB", (), "", "ascii"),
        ("UNOA", ("", "4"), "", "cp850"),
        ("UNOA", ("", "3"), "", "ascii"),
    ],
)
def test_the_codec_of_an_interchange(identifier: str, details: tuple[str, ...], agreed: str, codec: str) -> None:
    assert codec_of(InterchangeHeader(DEFAULT, identifier, syntax_details=details), agreed) == codec
