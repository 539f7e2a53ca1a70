"""ISO 2022 code extension: Python's own codecs judge what the sets hold; pieces, measures and states are ours."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vanhub.edifact.iso2022 import CONTROLS, SHIFT_MARKS, CodeExtension, measure, without_shifts

ROWS = range(0x21, 0x7F)
PAIRS = [bytes([row, cell]) for row in ROWS for cell in ROWS]


def read(*pieces: bytes) -> str:
    extension = CodeExtension()
    text = "".join(map(extension.feed, pieces)) + extension.feed(b"", last=True)
    assert measure(text) == sum(map(len, pieces))
    return text


def judged(codec: str, data: bytes) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def decoded(data: bytes) -> str | None:
    """The characters of ``data``, None where some octets are none."""
    text = without_shifts(read(data))
    return None if any("\ud800" <= character <= "\udfff" for character in text) else text


@pytest.mark.parametrize(
    ("codec", "sequence", "back"),
    [
        ("iso2022_jp", b"\x1b$@", b"\x1b(B"),
        ("iso2022_jp", b"\x1b$B", b"\x1b(B"),
        ("iso2022_jp", b"\x1b$B", b"\x1b(J"),
        ("iso2022_jp_1", b"\x1b$(D", b"\x1b(B"),
        ("iso2022_jp_2", b"\x1b$A", b"\x1b(B"),
        ("iso2022_jp_2", b"\x1b$(C", b"\x1b(B"),
        ("iso2022_jp_2004", b"\x1b$(Q", b"\x1b(B"),
        ("iso2022_jp_2004", b"\x1b$(P", b"\x1b(B"),
        ("iso2022_jp_3", b"\x1b$(O", b"\x1b(B"),
        ("iso2022_kr", b"\x1b$)C\x0e", b"\x0f"),
    ],
)
def test_double_octet_sets_are_those_of_python(codec: str, sequence: bytes, back: bytes) -> None:
    different = {}
    for pair in PAIRS:
        data = sequence + pair + back
        ours, theirs = decoded(data), judged(codec, data)
        if ours != theirs:
            different[pair] = (ours, theirs)
    # Tildes that are no ASCII; HANGUL FILLER, which only the 7-bit codecs have; Python has plane 2 of JIS X 0213 only where it is not in JIS X 0212.
    accepted = {b'"2': ("～", "~"), b"$T": (None, "ㅤ"), b'"7': ("～", "~")}
    if sequence == b"\x1b$(P":
        assert all(theirs is None or ours == theirs for ours, theirs in different.values()) or len(different) < 10
    else:
        assert different.items() <= accepted.items()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"A'B", "A'B"),
        ("上海'A".encode("gb18030"), "上海'A"),
        ("𠀀é'".encode("gb18030"), "𠀀é'"),  # four octets
        # Korean: G1 designated once, shift out and in
        (b"\x1b$)CA\x0e0!\x0f'", "A가'"),
        (b"\x1b$)CA\xb0\xa1'", "A가'"),
        # Chinese: G1 is GB 2312 from the beginning
        (b"\x0eIO:#\x0f'", "上海'"),
        (b"\x1b$)A\x0eIO\x0f\xba\xa3'", "上海'"),
        (b"\x1b$)A\x81\x40'", "丂'"),
        # CNS 11643 has no table: two octets a character all the same
        (b"\x1b$)G\x0eD!'+\x0f'", "\udc44\udc21\udc27\udc2b'"),
        (b"\x1b$*H\x1bN'+'", "\udc27\udc2b'"),
        # Japanese
        (b"\x1b$B'+'Z\x1b(J\\'", "Йи\\'"),
        (b"\x1b(I'\x1b(B'", "ｧ'"),
        (b"\x1b)I\xb1\x0e1\x0f'", "ｱｱ'"),
        (b"\x1b$)B\x1b*I\x8e\xb1\xb0\xa1\x8e'", "ｱ亜\udc8e'"),
        (b"\x1b$+D\x8f\xb0\xa1\x1bO0!'", "丂丂'"),
        (b"\x1b$(Bab'", "痰\udc27"),
        # ISO 8859
        (b"\x1b-A\xe9\x1b.F\x1bNa\x1b}\xe1'", "éαα'"),
        (b"\x1b*I\x1bn1\x1b~\x0f1'", "ｱ1'"),
        (b"\x1b|\xa1'", "\udca1'"),
        (b"\x1bo1\x0f'", "\udc31'"),
        # Announcers and revisions say nothing that is needed
        (b"\x1b A\x1b&@\x1b$B0!\x1b(B'", "亜'"),
        # What is not known or not whole
        (b"\x1b(0A'", "\udc1b(0A'"),
        (b"\x1bcA'", "\udc1bcA'"),
        (b"\x1b$(`A'", "\udc1b$(`A'"),
        (b"\x1b%GA'", "\udc1b%GA'"),
        (b"A\x1b", "A\udc1b"),
        (b"A\x1b$(", "A\udc1b$("),
        (b"\x1b$B0", "\udc30"),
        (b"\x1b$B0 0!", "\udc30 亜"),
        (b"\x1b$B0\x1b(B'", "\udc30'"),
        (b"\x1b$B\t \x7f", "\t \x7f"),
        (b"\x81\x1b(B0'", "\udc810'"),
        (b"\x81", "\udc81"),
        (b"\x1b$)C\xa1'", "\udca1'"),
        (b"\x1b*I\x81\x30\x81\x30\x81'", "\x80\udc81'"),
    ],
)  # fmt: skip
def test_what_octets_are(data: bytes, text: str) -> None:
    whole = read(data)
    assert without_shifts(whole) == text
    assert read(*(data[at : at + 1] for at in range(len(data)))) == whole


PIECES = st.sampled_from(
    [
        *(b"\x0e", b"\x0f", b"\x1b", b"\x1b$B", b"\x1b$)C", b"\x1b$A", b"\x1b$*H", b"\x1b(B", b"\x1b(J", b"\x1b(I", b"\x1bN", b"\x1b.F", b"\x1b~", b"\x1bn"),
        *(b"$", b"(", b"B", b"'", b"?", b"+", b" ", b"\n", b"0!", b"'UNZ+", b"\x8e", b"\x81\x30", b"\xb0\xa1", b"\xff", b"\xa1", "上海가".encode("gb18030")),
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map(b"".join), st.lists(st.integers(0, 100), max_size=6))
@settings(max_examples=500, deadline=None)
@example(b"\x1b$)C\x1b|\xa1'", [4])
def test_pieces_do_not_matter_and_no_octet_is_lost(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    whole = read(data)
    assert read(*(data[start:end] for start, end in pairwise(places))) == whole
    # What stands before any place of the text was so many octets, and they end where a character ends.
    assert [measure(whole[:at]) + measure(whole[at:]) for at in range(len(whole))] == [len(data)] * len(whole)


@given(st.lists(PIECES, max_size=25).map(b"".join), st.lists(st.integers(0, 100), max_size=6), st.sampled_from([b"'", b"\n", b" "]))
@settings(max_examples=500, deadline=None)
def test_who_needs_no_text_sees_the_same_state(data: bytes, cuts: list[int], terminator: bytes) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader, passer, held, usual = CodeExtension(), CodeExtension(), b"", 0
    text = "".join(reader.feed(data[start:end]) for start, end in pairwise(places)) + reader.feed(b"", last=True)
    for start, end in [*pairwise(places), (len(data), len(data))]:
        last = start == len(data)
        held, at = held + data[start:end], 0
        while at < len(held):
            if passer.is_shifted or held[at] in CONTROLS:
                reached, _, is_end, released = passer.pass_shifted(held, at, last, terminator, b"", False)
                assert not released
                usual += is_end
                if reached == at or (passer.is_shifted and reached < len(held) and not is_end):
                    at = reached
                    break
                at = reached
            else:
                usual += held[at] == terminator[0]
                at += 1
        held = held[at:]
    assert held == b""
    assert usual == text.count(terminator.decode())


@given(st.lists(PIECES, max_size=25).map(b"".join), st.lists(PIECES, max_size=10).map(b"".join))
@settings(max_examples=500, deadline=None)
def test_a_copy_and_the_sequences_lead_to_the_same_text(before: bytes, after: bytes) -> None:
    extension = CodeExtension()
    extension.feed(before)
    assert extension.copy().feed(after, last=True) == extension.copy().feed(after, last=True)
    # Where a segment ends nothing is held, and no single shift waits.
    extension.feed(b"\r\n" * 2, last=True)
    other = CodeExtension()
    other.feed(extension.sequences)
    assert other.sequences == extension.sequences
    assert other.feed(after, last=True) == extension.feed(after, last=True)


def test_what_reads_alike_has_the_same_sequences() -> None:
    extension, begun = CodeExtension(), CodeExtension().sequences
    for shift, back in ((b"\x1b$B", b"\x1b(J"), (b"\x0e", b"\x0f"), (b"\x1b$)C", b"\x1b$)A")):
        extension.feed(shift)
        assert extension.sequences != begun
        extension.feed(back)
        assert extension.sequences == begun


def test_plain_text_is_gb_18030_and_text_has_marks_only_where_the_state_changes() -> None:
    assert read("上海ABC".encode("gb18030")) == "上海ABC"
    text = read(b"A\x1b$B0!\x1b(BB")
    assert [character in SHIFT_MARKS for character in text] == [False, True, False, True, False]
    assert measure("") == 0
    assert without_shifts("上") == "上"


@pytest.mark.parametrize("piece", [b"\x1b", b"\x1b(", b"\x1b$B", b"\x0e", b"\x8e", b"\x81", b"0", b"\x1b$(Q$+"])
def test_work_grows_with_the_octets(piece: bytes) -> None:
    def calls(count: int) -> int:
        made = 0

        def profile(*_: object) -> None:
            nonlocal made
            made += 1

        extension, data = CodeExtension(), b"\x1b$*B" + piece * count
        sys.setprofile(profile)
        try:
            for at in range(0, len(data), 64):
                extension.feed(data[at : at + 64])
            extension.feed(b"", last=True)
        finally:
            sys.setprofile(None)
        return made

    calls(100)
    assert calls(4000) < 2.2 * calls(2000) + 200
