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

from tests.directory.generator import random_sample, random_style
from tests.directory.mutations.campaign import all_directories
from tests.directory.samples import DIRECTORIES, directory
from vanhub.directory.body import Body
from vanhub.directory.check import CheckLimits, InterchangeCheck, check_interchange
from vanhub.directory.rulebook import Rules
from vanhub.directory.stream import check_stream
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.report import Report, Verdict

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
HEADER = b"UNB+UNOB:2+A+B+260101:1200+R'"
HEADER_4 = b"UNB+UNOC:4+A+B+20260101:1200+R'"
# What interchanges are made of, so that random ones get past the opening and into the messages.
PIECES = st.sampled_from(
    [
        *(b"'", b"+", b":", b"?", b"*", b" ", b"\r\n", b"\xff", b"\x00", b"A", b"9", b"."),
        *(b"UNA:+.? '", b"UNA|*,\\ ~", HEADER, b"UNB+UNOY:4+A+B+20260101:1200+R'", b"UNG+CUSDEC+A+B+260101:1200+G+UN+D:96B'"),
        *(b"UNH+1+CUSDEC:D:96B:UN'", b"UNH+2+CUSRES:D:01B:UN'", b"UNH+3+CONTRL:D:3:UN'", b"UNH+4+AUTACK:4:1:UN'", b"UNH+5+X:Y:Z'"),
        *(b"BGM+929+1+9'", b"DTM+137:20060101:102'", b"LOC+9+CN::5'", b"NAD+CZ+1::ZZZ'", b"TDT+20'", b"UNS+D'", b"CST+1'", b"UNS+S'", b"ZZZ+1'"),
        *(b"UNT+3+1'", b"UNE+1+G'", b"UNZ+1+R'", b"UIB+UNOA:4'", b"USH+1+1'", b"UCI+R+A+B+7'", "上海'".encode()),
        *(b"UNO+P+2:1+1+3'", b"UNO+P+2:1+1+3:1'", b"UNP+3+P'", b"USD+2'", b"USU+2'", b"UST+1+2'", b"USA+1'", b"UIH+IHCLME:D:01B'", b"UIT+1+2'", b"UIZ+D+1'"),
    ]
)
OCTETS = st.one_of(
    st.binary(max_size=200),
    st.lists(PIECES, max_size=40).map(b"".join),
    st.lists(PIECES, max_size=40).map(lambda pieces: HEADER + b"".join(pieces)),
    st.lists(PIECES, max_size=40).map(lambda pieces: HEADER_4 + b"".join(pieces)),
    st.lists(PIECES, max_size=20).map(lambda pieces: b"UIB+UNOC:4+D'" + b"".join(pieces)),
)


@contextmanager
def slow_way_only() -> Iterator[None]:
    """Nothing is accepted quickly: not messages, not segments."""
    patch = pytest.MonkeyPatch()
    patch.setattr(Body, "_pass_message", lambda *_: False)
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


@pytest.mark.parametrize("blanks", [0, 500, 503, 504, 505, 1100])
def test_nor_where_white_space_follows_una(blanks: int) -> None:
    data = b"UNA:+.? '" + b"\n" * blanks + HEADER + b"UNZ+0+R'"
    whole = check_interchange(data, DIRECTORIES)
    # What begins so far from its UNA is no interchange, whether it is there already or not.
    assert (whole.faults[0].kind is FaultKind.NOT_AN_INTERCHANGE) is (blanks > 503)
    for size in (1, 9, 512):
        check = InterchangeCheck(DIRECTORIES)
        for start in range(0, len(data), size):
            check.feed(data[start : start + size])
        assert check.close() == whole


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
    patch.setattr(Body, "_pass_repeats", lambda *_: 0)
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


@given(st.integers(0, 2**32), st.sampled_from(all_directories()))
@settings(max_examples=80, deadline=None)
def test_whatever_a_directory_allows_is_accepted_both_ways(seed: int, name: str) -> None:
    rng = Random(seed)
    style = random_style(rng, name)
    sample = random_sample(rng, style, name, rng.choice(directory(name).message_types()))
    report = both_ways(sample.render())
    assert (report.faults, len(report.messages), len(report.groups)) == ((), len(list(sample.messages())), style.groups)


@given(st.integers(0, 2**32), st.sampled_from(DIRECTORIES.names()), st.integers(0, 10**6), st.sampled_from(b"'+:?*.,-09AZaz \n\x00\xe9"))
@settings(max_examples=150, deadline=None)
def test_both_ways_agree_on_an_interchange_with_one_octet_changed(seed: int, name: str, place: int, octet: int) -> None:
    rng = Random(seed)
    data = bytearray(random_sample(rng, random_style(rng, name), name, rng.choice(directory(name).message_types())).render())
    data[place % len(data)] = octet
    both_ways(bytes(data))


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
