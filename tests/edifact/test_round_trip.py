"""What the writer writes is what the scanner reads: with any separators, in every repertoire and syntax version, in any pieces, every value at its octet."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.segments import Segment

from vanhub.edifact.charset import Repertoire, repertoire
from vanhub.edifact.scanner import Marks, Scanner, read_fields, split, unreleased
from vanhub.edifact.separators import Separators
from vanhub.edifact.writer import render_segments

# Characters that each repertoire has besides ASCII.
SAMPLES = {
    "UNOA": "",
    "UNOB": "ab",
    "UNOC": "éß£",
    "UNOD": "ąŁ",
    "UNOE": "Жя",
    "UNOF": "Ωά",
    "UNOG": "ħ",
    "UNOH": "ē",
    "UNOI": "سلام",
    "UNOJ": "ש",
    "UNOK": "ğ",
    "UNOL": "€",
    "UNOW": "海关€😀é",
    "UNOX": "海关总署",
    "UNOY": "海关€😀é",
}
PUNCTUATION = "+:'?*|~^!;/\\#-."


def known(identifier: str) -> Repertoire:
    found = repertoire(identifier)
    assert found is not None
    return found


@st.composite
def separators(draw: st.DrawFn) -> Separators:
    """Six characters that differ, no release character now and then."""
    picked = [bytes([octet]) for octet in draw(st.permutations(b"+:'?*|~^!;/\\#"))[:6]]
    if draw(st.integers(0, 5)) == 0:
        picked[3] = b" "
    return Separators(*picked)


@st.composite
def written(draw: st.DrawFn) -> tuple[Repertoire, Separators, int, list[tuple[str, list[list[list[str]]]]]]:
    """A repertoire, separators, a syntax version, and segments: of each the tag and ``[element][repetition][component]``, none empty at its end."""
    identifier, version, marks = draw(st.sampled_from(sorted(SAMPLES))), draw(st.integers(1, 4)), draw(separators())
    special = b"".join([marks.component, marks.element, marks.release.strip(), marks.repetition, marks.terminator]).decode()
    alphabet = "AB1 " + SAMPLES[identifier] + PUNCTUATION
    if marks.release == b" ":
        alphabet = "".join(character for character in alphabet if character not in special)
    value = st.text(alphabet, max_size=8)
    filled = st.text(alphabet, min_size=1, max_size=8)
    composite = st.builds(lambda values, last: [*values, last], st.lists(value, max_size=3), filled)
    repetitions = st.lists(composite, min_size=1, max_size=3 if version >= 4 else 1)
    element = repetitions | st.just([[""]])
    elements = st.builds(lambda before, last: [*before, last], st.lists(element, max_size=4), repetitions)
    segments = st.lists(st.tuples(st.sampled_from(["BGM", "NAD", "FTX", "E1X"]), elements), max_size=5)
    return known(identifier), marks, version, draw(segments)


def read(text: str, marks: Marks) -> tuple[str, list[list[list[str]]]]:
    tag, *elements = split(text, marks.element, marks.release)
    return tag, [
        [
            [unreleased(value, marks.release) for value in split(occurrence, marks.component, marks.release)]
            for occurrence in (split(element, marks.repetition, marks.release) if marks.repetition else [element])
        ]
        for element in elements
    ]


@given(written(), st.lists(st.integers(0, 400), max_size=6), st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read_in_any_pieces(made: tuple[Repertoire, Separators, int, list[tuple[str, Any]]], cuts: list[int], by_octets: bool) -> None:
    repertoire, separators, version, segments = made
    marks = Marks.of(separators, version)
    data = render_segments([Segment(tag, *elements) for tag, elements in segments], separators, encoding=repertoire.codec)
    scanner = Scanner(marks, repertoire, 10_000)
    places = range(len(data) + 1) if by_octets else [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    texts = [text for start, end in pairwise(places) for text in scanner.feed(data[start:end])]
    texts += scanner.feed(b"", last=True)
    assert [read(text, marks) for text in texts] == segments
    assert scanner.rest == ""
    # Measured in octets the texts and their terminators are the data, so that places lead back to it.
    assert sum(repertoire.octets(text) + 1 for text in texts) == len(data)


@given(written())
@settings(max_examples=150, deadline=None)
def test_every_value_is_at_its_octet(made: tuple[Repertoire, Separators, int, list[tuple[str, Any]]]) -> None:
    repertoire, separators, _, segments = made
    marks = Marks.of(separators, 3)  # service segments do not repeat
    offset = 7
    for tag, elements in segments:
        flat = [occurrences[0] for occurrences in elements]
        data = render_segments([Segment(tag, *flat)], separators, encoding=repertoire.codec)
        fields = read_fields(data[:-1].decode(repertoire.codec), marks, repertoire.octets, offset)
        assert fields.values == [[tag], *flat]
        for element, components in enumerate(flat, 1):
            for component, value in enumerate(components):
                at = fields.offset(element, component) - offset
                alone = render_segments([Segment(tag, value)], separators, encoding=repertoire.codec)[len(tag) + 1 : -1] if value else b""
                assert data[at : at + len(alone)] == alone
                assert data[at - 1 : at] == (separators.component if component else separators.element)
