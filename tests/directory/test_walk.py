"""Segment tables: what conforms, and how a walk explains what does not, against the table read as an ordinary regular expression."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.directory.generator import random_tags
from tests.directory.samples import definition, directory
from vanhub.directory.model import GroupUse, MessageDefinition, SegmentUse
from vanhub.directory.table import SegmentTable
from vanhub.directory.walk import Misfit, Walk


def grammar(message: MessageDefinition) -> re.Pattern[str]:
    """All that the table allows, over tags that each end with a space; it backtracks, which the standard's reading does not."""

    def part(use: SegmentUse | GroupUse) -> str:
        inner = f"{use.tag} " if isinstance(use, SegmentUse) else "".join(map(part, use.children))
        return f"(?:{inner}){{{1 if use.mandatory else 0},{use.most}}}"

    return re.compile("".join(map(part, message.children)))


def walk(table: SegmentTable, tags: list[str]) -> list[tuple[str, int, str]]:
    """(misfit, number of the segment from 1, tag) of each finding."""
    walking: Walk[int] = Walk(table)
    findings = [finding for number, tag in enumerate(tags, 1) for finding in walking.take(tag, number)]
    return [(finding.misfit.name, finding.where, finding.tag) for finding in (*findings, *walking.close())]


CUSDEC = definition("D.96B", "CUSDEC")


@pytest.mark.parametrize(
    ("tags", "findings"),
    [
        ("UNH BGM DTM NAD MOA UNS CST FTX LOC CST UNS CNT UNT", []),
        ("UNH BGM UNS CST UNS UNT", []),
        ("UNH DTM NAD MOA UNS CST UNS UNT", [("MISSING", 1, "BGM")]),
        ("UNH UNT", [("MISSING", 1, "BGM"), ("MISSING", 1, "UNS"), ("MISSING", 1, "UNS")]),
        # A wrong tag in the place of a mandatory segment is one finding.
        ("UNH BGX DTM UNS CST UNS UNT", [("NOT_IN_TABLE", 2, "BGX")]),
        # A lost trigger
        ("UNH BGM UNS FTX LOC CST UNS CNT UNT", [("MISSING", 3, "CST")]),
        ("UNH BGM UNS CST LOC CST CNT UNT", [("MISSING", 6, "UNS")]),
        # Of a segment group further down in the wrong place the rest is still understood.
        ("UNH BGM DTM TAX NAD MOA UNS CST FTX UNS CNT UNT", [("OUT_OF_PLACE", 4, "TAX")]),
        ("UNH BGM DTM GIS GIS LOC NAD UNS CST UNS UNT", [("OUT_OF_PLACE", 6, "LOC")]),
        ("UNH BGM CST CST DTM NAD UNS CST UNS UNT", [("REPEATED", 4, "CST")]),
        ("UNH BGM UNS CST LOC PAC PCI FTX FTX FTX CST UNS UNT", [("REPEATED", 9, "FTX")]),
        ("UNH DTM BGM NAD UNS CST UNS UNT", [("OUT_OF_PLACE", 2, "DTM")]),
        # A group at the wrong place, a mistyped trigger, a segment left out before one that seems to repeat the place before.
        ("UNH BGM TDT TPL DTM MEA UNS CST UNS UNT", [("OUT_OF_PLACE", 3, "TDT")]),
        ("UNH BGM UNX UNS CST UNS UNT", [("NOT_IN_TABLE", 3, "UNX")]),
        ("UNH BGM UNS CSX FTX LOC CST UNS UNT", [("NOT_IN_TABLE", 4, "CSX")]),
        # The message was broken off.
        ("UNH BGM", []),
        ("UNH", []),
    ],
)
def test_findings(tags: str, findings: list[tuple[str, int, str]]) -> None:
    table = SegmentTable(CUSDEC)
    assert walk(table, tags.split()) == findings
    assert table.conforms(tags.split()) == (not findings and tags.endswith("UNT"))


def test_a_tag_with_two_places_is_taken_for_the_one_that_what_follows_fits() -> None:
    """After QTY of group 22 a BII may begin a group within it or group 22 again: the RCS and GIS that follow tell."""
    message = definition("D.94A", "CONITT")
    text = "UNH BGM RFF DTM BII RCS GIS ARD MOA UNS BII RCS GIS QTY BII RCS GIS QTY UNT"
    tags = text.split()
    assert grammar(message).fullmatch(f"{text} ")
    assert (SegmentTable(message).conforms(tags), walk(SegmentTable(message), tags)) == (False, [])


def test_repeats_are_counted_by_place_and_group() -> None:
    table = SegmentTable(CUSDEC)
    end = ["UNS", "CST", "UNS", "UNT"]
    assert walk(table, ["UNH", "BGM", *["LOC"] * 101, *end]) == [("REPEATED", 102, "LOC")]
    assert walk(table, ["UNH", "BGM", *["TDT", "TPL"] * 7, *end]) == [("REPEATED", 13, "TDT")]
    assert walk(table, ["UNH", "BGM", "UNS", *["CST", "TDT"] * 30, "UNS", "UNT"]) == []


TABLES = {
    name: (SegmentTable(definition(name, type)), grammar(definition(name, type)), definition(name, type), type)
    for name, type in (("D.96B", "CUSRES"), ("D.01B", "COARRI"))
}


@given(st.sampled_from(sorted(TABLES)), st.integers(0, 2**32), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_what_conforms_is_in_the_table_and_has_no_findings(name: str, seed: int, changes: int) -> None:
    table, pattern, message, _ = TABLES[name]
    rng = Random(seed)
    tags = random_tags(rng, message)
    for _ in range(changes):
        place = rng.randrange(1, len(tags) - 1) if len(tags) > 2 else 1
        tags[place : place + rng.randint(0, 1)] = [rng.choice(sorted(table.tags - {"UNH", "UNT"}))] * rng.randint(0, 2)
    conforms, findings = table.conforms(tags), walk(table, tags)
    assert not (conforms and findings)
    # A walk also takes what only a look ahead tells to be good.
    if not findings:
        assert pattern.fullmatch("".join(f"{tag} " for tag in tags))


@given(st.lists(st.sampled_from(sorted([*TABLES["D.96B"][0].tags, "ZZZ"])), max_size=25))
@settings(max_examples=200, deadline=None)
def test_a_walk_takes_anything(tags: list[str]) -> None:
    table = TABLES["D.96B"][0]
    tags = ["UNH", *tags, "UNT"]
    findings = walk(table, tags)
    assert not (table.conforms(tags) and findings)
    assert findings or TABLES["D.96B"][1].fullmatch("".join(f"{tag} " for tag in tags))
    assert all(1 <= where <= len(tags) and name in Misfit.__members__ for name, where, _ in findings)


@pytest.mark.parametrize("name", ["D.93A", "D.96B", "D.01B", "D.24A"])
def test_every_message_of_a_directory_has_a_way_through(name: str) -> None:
    for type in directory(name).message_types():
        message = definition(name, type)
        table = SegmentTable(message)
        least = [tag for child in message.children for tag in _least(child)]
        assert table.conforms(least), (type, least)


def _least(use: SegmentUse | GroupUse) -> list[str]:
    if not use.mandatory:
        return []
    return [use.tag] if isinstance(use, SegmentUse) else [tag for child in use.children for tag in _least(child)]
