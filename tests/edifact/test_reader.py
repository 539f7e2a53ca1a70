"""Objects of packages and encrypted data: passed by their length whatever they hold, by the check and by the splitting of a stream alike."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vanhub.edifact.advice import UNA_LENGTH
from vanhub.edifact.charset import repertoire
from vanhub.edifact.framing import Framer, Octets
from vanhub.edifact.reader import Opaque, Reader
from vanhub.edifact.scanner import BLANK
from vanhub.edifact.separators import Separators

HEADER = b"UNB+UNOW:4+A+B+20260101:1200+R'"
TRAILER = b"UNZ+1+R'"
UNB = HEADER.decode()[:-1]
UNZ = TRAILER.decode()[:-1]

Passed = tuple[int, bool, bool]
"""Octets, lost, cut."""


def read(*pieces: bytes, separators: Separators = Separators.default(4), version: int = 4, identifier: str = "UNOW") -> tuple[list[str | Passed], str]:  # noqa: B008
    """The segments, with what each ``Opaque`` says, and the rest."""
    known = repertoire(identifier)
    assert known is not None
    reader = Reader(separators, version, known, 1 << 20)
    segments = [segment for piece in pieces for segment in reader.feed(piece)] + reader.feed(b"", last=True)
    return [(each.octets, each.is_lost, each.is_cut) if isinstance(each, Opaque) else each for each in segments], reader.rest


def units(*pieces: bytes) -> list[tuple[bytes, bool]]:
    """Octets of each unit and whether it is complete."""
    framer, found, data = Framer(), [], b""
    for events in (*map(framer.feed, pieces), framer.close()):
        for event in events:
            if isinstance(event, Octets):
                data += event.data
            else:
                found.append((data, event.complete))
                data = b""
    return found


UNO, UNP = "UNO+1+2:1+1:x+5", "UNP+5+1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Whatever they hold.
        (b"UNO+1+2:1+1:x+5'\xff'UNZUNP+5+1'", [UNO, (5, False, False), UNP]),
        (b"UNO+1+2:1+1:x+8'UNZ+1+R'UNP+5+1'", ["UNO+1+2:1+1:x+8", (8, False, False), UNP]),
        (b"UNO+1+2:1+1:x+5'????'UNP+5+1'", [UNO, (5, False, False), UNP]),
        (b"UNO+1+2:1+1:x+0'UNP+5+1'", ["UNO+1+2:1+1:x+0", (0, False, False), UNP]),
        (b"USD+9'UNB+UNOA:USU+9'", ["USD+9", (9, False, False), "USU+9"]),
        # White space after it is dropped as anywhere between segments.
        (b"\r\nUNO+1+2:1+1:x+5'\r\nabc \r\nUNP+5+1'\r\n", ["\r\n" + UNO, (5, False, False), " \r\n" + UNP]),
        # Segments before the object, encrypted data in its place, and after it.
        (b"UNO+1+2:1+1:x+5:2'USH+?'1'\r\nUSA+1'abcdeUST+1+3'UNP+5+1'", [UNO + ":2", "USH+?'1", "\r\nUSA+1", (5, False, False), "UST+1+3", UNP]),
        (b"UNO+1+2:1+1:x+5:2'USH+1'USD+3''''USU+3'UNP+5+1'", [UNO + ":2", "USH+1", "USD+3", (3, False, False), "USU+3", UNP]),
        # Neither is one that is not at a segment's beginning, is released, or has no elements.
        (b"FTX+USD+9'FTX+?'USD+9'A????'UNO'USDX+1'", ["FTX+USD+9", "FTX+?'USD+9", "A????", "UNO", "USDX+1"]),
        (b"FTX+???'USD+9'FTX+??'USD+1'xUSU+1'", ["FTX+???'USD+9", "FTX+??", "USD+1", (1, False, False), "USU+1"]),
        # Wrong lengths: it goes on where something of the envelope begins.
        (b"UNO+1+2:1+1:x+4'abcdeUNP+5+1'", ["UNO+1+2:1+1:x+4", (5, True, False), UNP]),
        (b"UNO+1+2:1+1:x+6'abcdeUNP+5+1'UNH+2'", ["UNO+1+2:1+1:x+6", (13, True, False), "UNH+2"]),
        (b"UNO+1+2:1+1:x+:1'USH+1'abcUNP+5+1'", ["UNO+1+2:1+1:x+:1", "USH+1", (3, True, False), UNP]),
        (b"UNO+1+2:1+1:x+5:3'USH+1'UNP+5+1'", [UNO + ":3", "USH+1", (0, True, False), UNP]),
        (b"UNO+1+2:1+1:x+5:1'BGM+1'abcdeUNP+5+1'", [UNO + ":1", (11, True, False), UNP]),
        (b"USD+x'UNT+1'", ["USD+x", (6, True, False)]),
        (b"USD+x'", ["USD+x", (0, True, False)]),
        (b"USD+1234567890123456789'abcUSU+3'", ["USD+1234567890123456789", (3, True, False), "USU+3"]),
        # Right ones, after which the trailer is missing.
        (b"UNO+1+2:1+1:x+5'abcdeUNH+1'", [UNO, (5, False, False), "UNH+1"]),
    ],
)
def test_what_a_passage_is(body: bytes, expected: list[str | Passed]) -> None:
    data = HEADER + body + TRAILER
    segments, rest = read(data)
    last = ["\r\n" + UNZ] if body.endswith(b"\r\n") else [UNZ]
    assert (segments, rest) == ([UNB, *expected, *last], "")
    assert units(data) == [(data, True)]
    assert read(*(data[at : at + 1] for at in range(len(data)))) == (segments, rest)


def test_a_length_beyond_the_end() -> None:
    data = HEADER + b"UNO+1+2:1+1:x+999999999999999999'abcdeUNP+5+1'" + TRAILER
    assert read(data) == ([UNB, "UNO+1+2:1+1:x+999999999999999999", (21, False, True)], "")
    assert units(data) == [(data, False)]
    assert read(HEADER + b"UNO+1+2:1+1:x+9") == ([UNB], "UNO+1+2:1+1:x+9")


def test_versions_before_4_know_neither() -> None:
    data = b"UNB+UNOC:3+A+B+260101:1200+R'USD+9'abc'" + TRAILER
    assert read(data, version=3) == (["UNB+UNOC:3+A+B+260101:1200+R", "USD+9", "abc", UNZ], "")
    assert units(data) == [(data, True)]


def test_own_service_characters() -> None:
    una = b"UNA|*,\\ ~"
    data = b"UNB*UNOW|4*A*B*20260101|1200*R~UNO*1*2|1*1|x*5~'~\\~'UNP*5*1~A\\~USD*9~UNZ*1*R~"
    expected = ["UNB*UNOW|4*A*B*20260101|1200*R", "UNO*1*2|1*1|x*5", (5, False, False), "UNP*5*1", "A\\~USD*9", "UNZ*1*R"]
    assert read(data, separators=Separators.from_una(una)) == (expected, "")
    assert units(una + data) == [(una + data, True)]


PIECES = st.sampled_from(
    [
        *(b"'", b"?", b"+", b":", b" ", b"\n", b"U", b"N", b"UN", b"US", b"abc", b"\xff", b"\xe4\xb8"),
        *(b"UNO+", b"USD+", b"UNO+1+1+1+3'", b"UNO+1+1+1+3:1'", b"UNO+1+1+1+3:2'", b"USD+2'", b"USD+x'", b"UNO+1+1+1'"),
        *(b"UNP+3+1'", b"USU+2'", b"UNZ+1+R'", b"UST+1'", b"USH+1'", b"UNH+1'", b"UNB+UNOA:1", b"UNA:+.? '"),
    ]
)


@given(st.lists(PIECES, max_size=25).map(b"".join), st.lists(st.integers(0, 200), max_size=6))
@settings(max_examples=400, deadline=None)
def test_pieces_do_not_matter_and_both_agree(body: bytes, cuts: list[int]) -> None:
    data = HEADER + body
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(places)]
    singles = [data[at : at + 1] for at in range(len(data))]
    assert read(*pieces) == read(*singles) == read(data)
    first, complete = units(data)[0]
    assert units(*pieces) == units(*singles) == units(data)
    segments, rest = read(first)
    # What the one takes for the end of the interchange or the beginning of another, the other does.
    frame = [each for each in segments if isinstance(each, str) and each.lstrip().startswith(("UNZ+", "UNB+"))]
    assert frame == ([segments[0], segments[-1]] if complete else [segments[0]])
    assert not complete or rest == ""
    octets = sum(each[0] if isinstance(each, tuple) else len(each.encode("utf-8", "surrogateescape")) + 1 for each in segments)
    assert octets + len(rest.encode("utf-8", "surrogateescape")) == len(first)


SHIFTS = st.sampled_from(
    [
        *(b"\x1b$B", b"\x1b(B", b"\x1b$*H", b"\x1bN", b"\x1b(I", b"\x0e", b"\x0f", b"\x1b", b"$", b"0!", b"'UNZ+", b"\xb0\xa1", b"\x81", b"A", b" "),
        *(b"?", b"\x1d", b"\n", b"\r", b"\x1c", b"'", b"UNZ+", b"UNB+UNOX:3+", b"U", b"USD+", b"\x1b$B0!\n\x1b(BUNZ+0+R\n"),
    ]
)


@given(
    st.lists(SHIFTS, max_size=25).map(b"".join),
    st.lists(st.integers(0, 200), max_size=6),
    st.sampled_from([b"\n", b"\r", b"\x1c", b"'"]),
    st.sampled_from([b"?", b"\x1d", b" "]),
    st.sampled_from([3, 4]),
)
@settings(max_examples=600, deadline=None)
@example(b"FTX+\x1b$B0!\n\x1b(BUNZ+0+R\n", [], b"\n", b"?", 3)
@example(b"FTX+\x1b$B0!\nUNZ+\n\x1b(BUNZ+0+R\x1b$B0!\x1c\n", [], b"\n", b"?", 4)
@example(b"FTX+\x1b$B0!\x1c\x1b(BUNZ+\x1b$B\x1d\x1c\x1d\x1d\x1c", [], b"\x1c", b"\x1d", 4)
def test_both_agree_where_shifted_text_has_control_characters(body: bytes, cuts: list[int], terminator: bytes, release: bytes, version: int) -> None:
    separators = Separators(release=release, terminator=terminator)
    head = b"UNB+UNOX:%d+A+B+20260101:1000+R" % version + terminator
    data = separators.una + head + body
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces, singles = [data[start:end] for start, end in pairwise(places)], [data[at : at + 1] for at in range(len(data))]
    assert units(*pieces) == units(*singles) == units(data)
    first, complete = units(data)[0]

    def frame(*pieces: bytes) -> tuple[list[str], str]:
        """Where an interchange begins or ends, and the rest."""
        segments, rest = read(*pieces, separators=separators, version=version, identifier="UNOX")
        texts = [each.lstrip(BLANK.replace(terminator.decode(), "")) for each in segments if isinstance(each, str)]
        return [text[:4] for text in texts if text.startswith(("UNZ+", "UNB+"))], rest

    sent = first[UNA_LENGTH:]
    assert frame(sent) == frame(*(sent[at : at + 1] for at in range(len(sent))))
    assert frame(sent)[0] == (["UNB+", "UNZ+"] if complete else ["UNB+"])
    assert not complete or frame(sent)[1] == ""


def test_an_object_is_not_held() -> None:
    piece = b"'UNZ+1+R'" * 10_000
    known = repertoire("UNOW")
    assert known is not None
    reader, framer = Reader(Separators.default(4), 4, known, 1 << 20), Framer()
    head = HEADER + b"UNO+1+2:1+1:x+%d'" % (400 * len(piece))
    reader.feed(head)
    framer.feed(head)
    tracemalloc.start()
    for _ in range(400):
        assert reader.feed(piece) == []
        assert [type(event) for event in framer.feed(piece)] == [Octets]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * len(piece)
    assert [*map(str, reader.feed(b"UNP+5+1'"))][1:] == ["UNP+5+1"]


@pytest.mark.parametrize(
    "unit",
    [
        b"UNO+1+2:1+1:x+0'UNP+0+1'",
        b"UNO+1+2:1+1:x+3'abcUNP+3+1'",
        b"UNO+1+2:1+1:x+1'abcUNP+3+1'",
        b"UNO+1+2:1+1:x'abc'UNH+1'",
        b"USD+x'",
        b"USD+999999999999999999999999'",
        b"UNO+1+2:1+1:x+1:999'USH+1'",
        b"    USD+",
        b"'?????USD+1",
        b"\r\n",
        b"UNO+",
        b"UNP",
        b"'UN",
    ],
)
@pytest.mark.parametrize("announced", [b"", b"USD+x'", b"USD+'"])
def test_time_is_linear(unit: bytes, announced: bytes) -> None:
    data = HEADER + announced + unit * (300_000 // len(unit)) + TRAILER
    begun = process_time()
    read(data)
    units(data)
    assert process_time() - begun < 15  # linear, it takes less than two seconds
