"""A delivery's bytes: they parse again, and hold the original's UNH..UNT octets unchanged. pydifact's parser is the second opinion."""

from __future__ import annotations

import dataclasses
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.parser import Parser

from tests.exchange.interchanges import NOW, Letter, Written, write
from vanhub.edifact.report import Party
from vanhub.exchange.envelopes import build_recipe, recipe_octets, recipe_sha256, recipe_size
from vanhub.exchange.routing import Route
from vanhub.values.delivery import Recipe, Slice, Slot


def route(*messages: int, whole: bool = False) -> Route:
    return Route("customs", Slot.PRODUCTION, messages, whole, Party("GACC", "ZZZ"), NOW)


def build(written: Written, to: Route, encoding: str = "") -> Recipe:
    return build_recipe(written.report, to, peek=written.peek, original_size=len(written.data), reference="OWN1", now=NOW, encoding=encoding)


def octets(written: Written, recipe: Recipe) -> bytes:
    return b"".join(recipe_octets(recipe, written.peek))


def test_a_whole_route_is_the_original() -> None:
    written = write(Letter(), Letter())
    recipe = build(written, route(0, 1, whole=True))
    assert recipe == (Slice(0, len(written.data)),)
    assert octets(written, recipe) == written.data


def test_messages_in_an_envelope_of_the_hubs() -> None:
    written = write(Letter(), Letter("TAXCON", "937"), Letter(), una=True, test="1", between=b"\r\n")
    recipe = build(written, route(0, 2))
    assert octets(written, recipe) == (
        b"UNA:+.? 'UNB+UNOB:3+TRADER:ZZZ+GACC:ZZZ+260320:0930+OWN1++++++1'" + written.letters[0] + written.letters[2] + b"UNZ+2+OWN1'"
    )


def test_una_is_there_only_where_the_original_had_one() -> None:
    written = write(Letter())
    assert octets(written, build(written, route(0))).startswith(b"UNB+UNOB:3+TRADER:ZZZ+GACC:ZZZ+260320:0930+OWN1'UNH+1+")


def test_the_request_for_an_acknowledgement_stays_with_the_hub() -> None:
    written = write(Letter(), request="1")
    assert b"++++1'" in written.data
    assert octets(written, build(written, route(0))).startswith(b"UNB+UNOB:3+TRADER:ZZZ+GACC:ZZZ+260320:0930+OWN1'UNH")


def test_a_group_that_goes_whole_keeps_its_une_and_a_part_of_one_gets_its_own() -> None:
    written = write(*[Letter(text=str(n)) for n in range(5)], groups=[2, 2, 1])
    recipe = build(written, route(0, 1, 3))
    groups = written.report.groups
    first, second = written.data[groups[0].offset : groups[0].end], written.data[groups[1].offset : groups[1].header_end]
    assert first.endswith(b"UNE+2+G0'")
    assert octets(written, recipe) == (
        b"UNB+UNOB:3+TRADER:ZZZ+GACC:ZZZ+260320:0930+OWN1'" + first + second + written.letters[3] + b"UNE+1+G1'" + b"UNZ+2+OWN1'"
    )


@pytest.mark.parametrize(("between", "slices"), [(b"", 1), (b"\n", 1), (b"\r\n", 1), (b"\r\n\r\n", 50)])
def test_neighbours_are_one_slice_unless_a_segment_could_stand_between(between: bytes, slices: int) -> None:
    written = write(*[Letter()] * 50, between=between)
    recipe = build(written, route(*range(50)))
    assert [isinstance(piece, Slice) for piece in recipe] == [False, *[True] * slices, False]
    assert len(build(written, route(*range(10), *range(20, 50)))) == (4 if slices == 1 else 42)


def test_the_sender_is_written_as_it_was_read() -> None:
    for syntax, encoding, codec in (("UNOC:3", "", "iso8859-1"), ("UNOY:4", "", "utf-8"), ("UNOB:3", "gb18030", "gb18030")):
        written = write(Letter(), syntax=syntax)
        header = dataclasses.replace(written.report.header, sender=Party("GÜTER" if codec == "iso8859-1" else "深圳", "ZZZ"))
        written = dataclasses.replace(written, report=dataclasses.replace(written.report, header=header))
        assert f"+{header.sender}+GACC:ZZZ+".encode(codec) in octets(written, build(written, route(0), encoding))


@st.composite
def sent(draw: st.DrawFn) -> tuple[Written, Route]:
    count = draw(st.integers(1, 9))
    written = write(
        *(Letter(text=draw(st.sampled_from(["A", "A?'UNT+1", "UNH+?+", "?:", "X" * 40]))) for _ in range(count)),
        una=draw(st.booleans()),
        between=draw(st.sampled_from([b"", b"\n", b"\r\n", b"\r\n\r\n  "])),
        groups=draw(st.sampled_from([[], [count], [1] * count, [1, count - 1] if count > 1 else [1]])),
        syntax=draw(st.sampled_from(["UNOA:1", "UNOB:2", "UNOC:3", "UNOY:4"])),
        test=draw(st.sampled_from(["", "1"])),
    )
    chosen = sorted(draw(st.sets(st.integers(0, count - 1), min_size=1)))
    return written, route(*chosen)


@pytest.mark.filterwarnings("ignore::pydifact.exceptions.MissingImplementationWarning")  # it has no service directory of version 1 and does not need it
@settings(max_examples=60)
@given(sent())
def test_the_envelope_parses_and_the_messages_are_the_originals(case: tuple[Written, Route]) -> None:
    written, to = case
    recipe = build(written, to)
    data = octets(written, recipe)
    assert recipe_size(recipe) == len(data)
    assert recipe_sha256(recipe, written.peek) == hashlib.sha256(data).hexdigest()

    segments = list(Parser().parse(data.decode()))
    tags = [segment.tag for segment in segments if segment.tag != "UNA"]
    assert tags[0] == "UNB"
    assert tags[-1] == "UNZ"
    trailer = segments[-1].elements
    groups = [segment.elements for segment in segments if segment.tag == "UNE"]
    assert trailer == [str(len(groups) or len(to.messages)), "OWN1"]
    assert sum(int(str(count)) for count, _ in groups) == (len(to.messages) if groups else 0)
    assert [segment.elements[0] for segment in segments if segment.tag == "UNH"] == [str(index + 1) for index in to.messages]

    # What is left when the envelope's segments and the white space are taken away is UNH..UNT, octet for octet.
    position = 0
    for index in to.messages:
        found = data.index(written.letters[index], position)
        assert re.fullmatch(rb"(?:(?:UNA.{6}|UNB.*?'|UNG.*?'|UNE.*?')?\s*)*", data[position:found], re.DOTALL)
        position = found + len(written.letters[index])
    assert re.fullmatch(rb"\s*(?:UNE.*?')?\s*UNZ\+\d+\+OWN1'", data[position:], re.DOTALL)


def test_large_slices_are_read_in_pieces() -> None:
    written = write(Letter())
    lengths: list[int] = []

    def peek(offset: int, length: int) -> bytes:
        lengths.append(length)
        return b"x" * length

    recipe = build(written, route(0, whole=True))
    large: Recipe = (b"ab", Slice(5, (1 << 21) + 1), *recipe)
    assert recipe_size(large) == 2 + (1 << 21) + 1 + len(written.data)
    assert sum(map(len, recipe_octets(large, peek))) == recipe_size(large)
    assert lengths == [1 << 20, 1 << 20, 1, len(written.data)]
