"""What holds for the check whatever comes: no octets make it fail, pieces do not matter, the fast way never accepts what the slow way faults."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.directory.samples import DIRECTORIES, Segment, codes_of, directory, finished, interchange, random_message
from vanhub.directory.check import CheckLimits, InterchangeCheck, _Body, check_interchange
from vanhub.directory.rulebook import Rules
from vanhub.directory.stream import check_stream
from vanhub.edifact.faults import Fault, FaultKind
from vanhub.edifact.report import Report, Verdict

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
HEADER = b"UNB+UNOB:2+A+B+260101:1200+R'"
# What interchanges are made of, so that random ones get past the opening and into the messages.
PIECES = st.sampled_from(
    [
        *(b"'", b"+", b":", b"?", b"*", b" ", b"\r\n", b"\xff", b"\x00", b"A", b"9", b"."),
        *(b"UNA:+.? '", b"UNA|*,\\ ~", HEADER, b"UNB+UNOY:4+A+B+20260101:1200+R'", b"UNG+CUSDEC+A+B+260101:1200+G+UN+D:96B'"),
        *(b"UNH+1+CUSDEC:D:96B:UN'", b"UNH+2+CUSRES:D:01B:UN'", b"UNH+3+CONTRL:D:3:UN'", b"UNH+4+AUTACK:4:1:UN'", b"UNH+5+X:Y:Z'"),
        *(b"BGM+929+1+9'", b"DTM+137:20060101:102'", b"LOC+9+CN::5'", b"NAD+CZ+1::ZZZ'", b"TDT+20'", b"UNS+D'", b"CST+1'", b"UNS+S'", b"ZZZ+1'"),
        *(b"UNT+3+1'", b"UNE+1+G'", b"UNZ+1+R'", b"UIB+UNOA:4'", b"USH+1+1'", b"UCI+R+A+B+7'", "上海'".encode()),
    ]
)
OCTETS = st.one_of(
    st.binary(max_size=200), st.lists(PIECES, max_size=40).map(b"".join), st.lists(PIECES, max_size=40).map(lambda pieces: HEADER + b"".join(pieces))
)


@contextmanager
def slow_way_only() -> Iterator[None]:
    """Nothing is accepted quickly: not messages, not segments."""
    patch = pytest.MonkeyPatch()
    patch.setattr(_Body, "_pass_message", lambda *_: False)
    patch.setattr(Rules, "accept", lambda *_: False)
    try:
        yield
    finally:
        patch.undo()


def both_ways(data: bytes) -> Report:
    report = check_interchange(data, DIRECTORIES)
    with slow_way_only():
        assert check_interchange(data, DIRECTORIES) == report
    return report


@given(OCTETS, st.sampled_from(["", "gb18030", "utf-8"]))
@settings(max_examples=300, deadline=None)
@example(b"UNB+U'", "")
@example(b"UNA:+.? 'UNB+UNOA:1", "")
def test_any_octets_give_a_report(data: bytes, encoding: str) -> None:
    report = check_interchange(data, DIRECTORIES, encoding=encoding)
    assert 0 <= report.offset <= report.header_end <= len(data) or not report.messages
    assert report.offset <= report.end <= len(data)
    assert (report.verdict is Verdict.ACCEPTED) == (report.faults_total == 0)
    assert report.faults_total == len(report.faults)
    for fault in report.faults:
        assert 0 <= fault.offset <= len(data)
        assert all([fault.text("en").encode(), fault.text("zh").encode(), fault.code(report.header.syntax_version)])
    for message in report.messages:
        assert data[message.offset :].startswith(b"U")
        assert message.offset < message.end <= report.end


@given(OCTETS, st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=200, deadline=None)
def test_pieces_do_not_matter(data: bytes, cuts: list[int]) -> None:
    whole = check_interchange(data, DIRECTORIES)
    check = InterchangeCheck(DIRECTORIES)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(places):
        check.feed(data[start:end])
    assert check.close() == whole
    octets = InterchangeCheck(DIRECTORIES)
    for octet in data:
        octets.feed(bytes([octet]))
    assert octets.close() == whole


@given(OCTETS)
@settings(max_examples=200, deadline=None)
def test_both_ways_agree_on_any_octets(data: bytes) -> None:
    both_ways(data)


RUNS = st.tuples(PIECES, st.sampled_from([1, 1, 9, 10, 30, 1100])).map(lambda run: run[0] * run[1])


@given(st.lists(RUNS, max_size=8).map(b"".join), st.sampled_from([1, 20, 1000]), st.sampled_from([64, 1 << 18]))
@settings(max_examples=60, deadline=None)
@example(b"GIS+1'" * 1500 + b"UNS+D'", 1000, 1 << 18)
@example(b"DTM+137'" * 1500 + b"CST+1'", 20, 1 << 18)
@example(b"'" * 1500 + b"UNS+D'", 1, 64)
def test_repeats_that_are_only_counted_are_counted_right(body: bytes, listed: int, piece: int) -> None:
    data = HEADER + b"UNH+1+CUSDEC:D:96B:UN'BGM+929+1+9'" + body + b"UNT+9+1'UNZ+1+R'"
    limits = CheckLimits(max_faults=listed)
    patch = pytest.MonkeyPatch()
    patch.setattr(_Body, "_pass_repeats", lambda *_: 0)
    try:
        one_by_one = check_interchange(data, DIRECTORIES, limits=limits)
    finally:
        patch.undo()
    check = InterchangeCheck(DIRECTORIES, limits=limits)
    for at in range(0, len(data), piece):
        check.feed(data[at : at + piece])
    assert check.close() == one_by_one


def test_an_empty_segment_in_a_message_whose_shape_is_known_is_found() -> None:
    body = b"BGM+929+1+9'UNS+D'CST+1'UNS+S'"
    good = HEADER + b"UNH+1+CUSDEC:D:96B:UN'" + body + b"UNT+6+1'UNZ+1+R'"
    assert both_ways(good).faults == ()
    report = both_ways(good.replace(b"UNS+D'", b"'UNS+D'").replace(b"UNT+6", b"UNT+7"))
    assert [(fault.kind, fault.segment_position) for fault in report.faults] == [(FaultKind.SEGMENT_UNKNOWN, 3)]


DIRECTORY_TYPES = [
    ("D.93A", "INVOIC"),
    ("D.96B", "CUSDEC"),
    ("D.96B", "CUSCAR"),
    ("D.96B", "SANCRT"),
    ("D.99B", "IFTMIN"),
    ("D.01B", "CUSDEC"),
    ("D.01B", "COARRI"),
]


@given(st.integers(0, 2**32), st.sampled_from(DIRECTORY_TYPES), st.sampled_from(["UNOB:1", "UNOB:3", "UNOC:4"]))
@settings(max_examples=60, deadline=None)
def test_messages_made_from_the_directory_are_accepted_both_ways(seed: int, of: tuple[str, str], syntax: str) -> None:
    rng = Random(seed)
    if syntax == "UNOC:4" and of[0] > "D.99":  # places that repeat are written otherwise there
        of = ("D.96B", "CUSDEC")
    messages = [random_message(rng, *of, reference=str(number)) for number in range(1, 4)]
    if syntax == "UNOC:4":
        messages = [[[[value.replace("?", "Q") for value in element] for element in segment] for segment in message] for message in messages]
    report = both_ways(interchange(*messages, syntax=syntax))
    assert (report.faults, len(report.messages)) == ((), 3)


@given(st.integers(0, 2**32), st.sampled_from(DIRECTORY_TYPES), st.integers(0, 10**6), st.sampled_from(b"'+:?*.,-09AZaz \n\x00\xe9"))
@settings(max_examples=200, deadline=None)
def test_both_ways_agree_on_a_message_with_one_octet_changed(seed: int, of: tuple[str, str], place: int, octet: int) -> None:
    data = bytearray(interchange(random_message(Random(seed), *of, reference="1")))
    data[place % len(data)] = octet
    both_ways(bytes(data))


# --- single faults in messages made from the directory ---


def change_element(rng: Random, name: str, message: list[Segment]) -> tuple[list[Segment], tuple[FaultKind, int, int, int | None]] | None:
    """One value changed so that it is wrong: the message, and kind, segment position, element and component of the fault."""
    source = directory(name)
    position = rng.randrange(1, len(message) - 1)
    segment = [list(element) for element in message[position]]
    found = source.segment(segment[0][0])
    if found is None or len(segment) < 2:
        return None
    number = rng.randrange(1, len(segment))
    uses = [use for use in found.elements for _ in range(use.most)]
    use = uses[number - 1]
    if segment[number] == [""]:
        return None
    component = rng.randrange(len(segment[number]))
    member = [each for each in use.components for _ in range(each.most)][component] if hasattr(use, "components") else use
    if not segment[number][component]:
        return None
    place = (position + 1, number + 1, component + 1 if member is not use else None)
    kinds = ["long", "class", "code", "character"]
    kind = rng.choice(kinds)
    if kind == "long":
        value, fault = ("1" if member.representation.kind == "n" else "A") * (member.representation.most + 1), FaultKind.TOO_LONG
    elif kind == "class" and member.representation.kind == "n":
        value, fault = "A", FaultKind.LETTER_IN_NUMERIC
    elif kind == "code" and codes_of(source, member.id) and member.id != "1131" and segment[number][-1] and member.representation.least == 0:
        value, fault = "#"[: member.representation.most], FaultKind.CODE_UNKNOWN
        if member.representation.kind == "n":
            return None
    elif kind == "character":
        value, fault = "\x01", FaultKind.CHARACTER_INVALID
    else:
        return None
    segment[number][component] = value
    return [*message[:position], segment, *message[position + 1 :]], (fault, *place)


@pytest.mark.parametrize("name", ["D.96B", "D.01B", "D.24A"])
def test_one_wrong_value_is_found_where_it_is(name: str) -> None:
    rng = Random(name)
    tried = 0
    while tried < 150:
        type = rng.choice(["CUSDEC", "CUSCAR", "CUSRES", "INVOIC", "IFTMIN", "COARRI", "SANCRT", "PAYORD"])
        changed = change_element(rng, name, random_message(rng, name, type, "1"))
        if changed is None:
            continue
        message, expected = changed
        report = check_interchange(interchange(message, syntax="UNOC:3"), DIRECTORIES)
        faults = [fault for fault in report.faults if fault.kind is not FaultKind.DEPENDENCY]
        assert [(fault.kind, fault.segment_position, fault.element, fault.component) for fault in faults] == [expected], (type, message[expected[1] - 1])
        tried += 1


STRUCTURE = {FaultKind.SEGMENT_OUT_OF_PLACE, FaultKind.SEGMENT_MISSING, FaultKind.GROUP_MISSING, FaultKind.SEGMENT_REPEATED, FaultKind.GROUP_REPEATED}


def change_structure(rng: Random, name: str, message: list[Segment]) -> tuple[list[Segment], set[FaultKind]]:
    """One segment lost, too many, unknown or misplaced: the message with its count right, and the kinds of fault that say so."""
    position = rng.randrange(1, len(message) - 1)
    kind = rng.choice(["lose", "unknown", "foreign", "repeat", "move"])
    if kind == "lose":
        changed = [*message[:position], *message[position + 1 :]]
        kinds = STRUCTURE
    elif kind == "unknown":
        changed, kinds = [*message[:position], [["QQQ"], ["1"]], *message[position:]], {FaultKind.SEGMENT_UNKNOWN}
    elif kind == "foreign":
        changed, kinds = [*message[:position], [["UCI"], ["1"]], *message[position:]], {FaultKind.SEGMENT_NOT_IN_MESSAGE}
    elif kind == "repeat":
        changed = [*message[:position], *[message[position]] * 2, *message[position + 1 :]]
        kinds = STRUCTURE
    else:
        rest = [*message[:position], *message[position + 1 :]]
        other = rng.randrange(1, len(rest) - 1)
        changed = [*rest[:other], message[position], *rest[other:]]
        kinds = STRUCTURE
    return finished(changed), kinds


@pytest.mark.parametrize("name", ["D.96B", "D.01B"])
def test_one_structural_fault_is_about_one_finding(name: str) -> None:
    rng = Random(name)
    findings: list[list[Fault]] = []
    while len(findings) < 300:
        type = rng.choice(["CUSDEC", "CUSCAR", "CUSRES", "INVOIC", "IFTMIN", "COARRI", "SANCRT", "PAYORD"])
        message = random_message(rng, name, type, "1")
        if len(message) < 5:
            continue
        changed, kinds = change_structure(rng, name, message)
        report = check_interchange(interchange(changed, syntax="UNOC:3"), DIRECTORIES)
        if not report.faults:
            continue  # the message is as good without that segment
        assert report.faults[0].kind in kinds, [fault.kind for fault in report.faults]
        findings.append(list(report.faults))
    assert sum(map(len, findings)) / len(findings) < 1.2


# --- bounds ---


@pytest.mark.parametrize(
    "piece",
    [b"'", b"+", b":", b"?", b"?'", b"UNH+1+CUSDEC:D:96B:UN'", b"UNH", b"UNT+1+1'", b"UNA:+.? '", b"UNG'UNH'UNE'", b"FTX+AAA'", b"CST+1'UNS+D'", b"GIS+1'LOC+1'", b"1,", b"\xff", b"\n"],
)  # fmt: skip
def test_work_grows_with_the_octets(piece: bytes) -> None:
    """Counted in function calls, not in time: twice the octets may cost little more than twice the calls."""

    def calls(octets: int) -> int:
        count = 0

        def profile(*_: object) -> None:
            nonlocal count
            count += 1

        data = HEADER + b"UNH+0+CUSDEC:D:96B:UN'BGM+929'" + piece * (octets // len(piece)) + b"'UNT+1+0'UNZ+1+R'"
        check = InterchangeCheck(DIRECTORIES, limits=CheckLimits(max_faults=50))
        sys.setprofile(profile)
        try:
            for at in range(0, len(data), 1000):
                check.feed(data[at : at + 1000])
            check.close()
        finally:
            sys.setprofile(None)
        return count

    calls(2_000)  # what is compiled once
    assert calls(24_000) < 3 * calls(12_000) + 2_000


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside the repository")
def test_samples_from_the_field() -> None:
    reports = {}
    for path in sorted(SAMPLES.glob("*.*")):
        if path.suffix in {".tsv", ".txt"} or path.stat().st_size > 100_000:
            continue
        data = path.read_bytes()
        reports[path.name] = list(check_stream([data], DIRECTORIES))
        assert reports[path.name] == list(check_stream([data[at : at + 77] for at in range(0, len(data), 77)], DIRECTORIES))
    assert len(reports) > 300
    assert sum(report.verdict is Verdict.ACCEPTED for found in reports.values() for report in found) > 30
