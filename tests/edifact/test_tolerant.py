"""What the tolerant reader reads is what was written, whether it had to look for release characters or not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vanhub.edifact.tolerant import read_segments

VALUES = st.text(st.sampled_from("AZ19 +:'?*.\n海关€"), max_size=6)


def released(value: str) -> str:
    return "".join(f"?{character}" if character in "+:'?" else character for character in value)


@given(st.lists(st.lists(st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=4), max_size=4))
def test_reading_gives_back_the_values_that_were_written(segments: list[list[list[str]]]) -> None:
    written = ["+".join(["FTX", *(":".join(released(value) for value in element) for element in segment)]) for segment in segments]
    data = "".join(f"{segment}'\n" for segment in ("UNB+UNOY:4+A+B", *written)).encode()
    _, *found = read_segments(data)
    for read, elements in zip(found, segments, strict=True):
        assert (read.tag, [read.components(place) for place in range(1, len(elements) + 1)], read.components(len(elements) + 1)) == ("FTX", elements, [])


def test_undecodable_octets_and_shifts_are_read_as_a_person_sees_them() -> None:
    data = b"UNB+UNOY:4+A+B'FTX+AAI+++\xff\xfe:B'FTX+AAI+++?:\xff'"
    assert [segment.components(4) for segment in read_segments(data)][1:] == [["��", "B"], [":�"]]
    shifted = b"UNB+UNOX:3+A+B'FTX+AAI+++\x1b$A\x3a\x23\x1b(B:B'"
    assert [segment.components(4) for segment in read_segments(shifted)][1:] == [["海", "B"]]
