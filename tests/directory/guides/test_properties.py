"""What holds for every guide and message: both ways through a segment and a message say the same, one thing left out is one fault, and cost grows with the length."""

from __future__ import annotations

import copy
import re
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.directory.guides.samples import HEAD, check, guides_of, interchange, slowly, told
from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import InterchangeCheck, check_if_faultless, check_interchange
from vanhub.directory.guides.load import GuideSet, open_guides
from vanhub.directory.guides.memory import Memory
from vanhub.directory.guides.segment import SegmentJudge
from vanhub.edifact.scanner import Marks
from vanhub.packed import packed

SHIPPED = open_guides(packed("schemas"), directories=DIRECTORIES)
MESSAGES = Path(__file__).parent / "messages"
NAMES = sorted(path.stem for path in MESSAGES.glob("*.edi"))

USES = """
[[use]]
at = "BGM"
elements.1001 = { status = "required", codes = ["830", "929"] }
elements.1004 = { form = "number" }

[[use]]
at = "LOC"
where = { 3227 = "22" }
status = "required"
most = 2
elements.3225 = { status = "required", list = "offices", prefix = 2 }
elements.1131 = { codes = ["113"] }
elements.C519 = { status = "unused" }

[[use]]
at = "LOC"
where = { 3227 = ["41", "42"], 1131 = "113" }
elements.3225 = { form = "n4" }
elements.3055 = { status = "required" }

[[use]]
at = "DTM"
where = { 2005 = "141" }
status = "required"

[[use]]
at = "SG5"
where = { 1001 = "811" }
status = "required"
elements.C503 = { status = "required" }

[[use]]
at = "SG5/LOC"
within = { 1001 = "811" }
where = { 3227 = "91" }
status = "required"

[[use]]
at = "SG5"
where = { 1001 = "812" }
status = "unused"

[[rule]]
name = "one"
scope = "SG5"
if = [ { at = "SG5", filled = ["1004"] } ]
then_any = [ { at = "SG5/LOC", where = { 3227 = "91" } }, { at = "SG5/DTM" } ]
"""
CODES = {
    "lists.toml": '[offices]\ntitle_en = "offices"\nsource = "a test"\n',
    "offices.csv": "code,name_en,valid_from,valid_to\n53,Shenzhen,,\n22,Shanghai,2006-01-01,2006-06-30\n",
    "forms.toml": '[number]\npattern = "[A-Z][0-9]{2,4}"\nen = "a letter and 2 to 4 digits"\nzh = "x"\n',
}


@cache
def small(closed: bool) -> GuideSet:
    return guides_of(Path(tempfile.mkdtemp()), USES, CODES, f'{HEAD}date = "DTM/2005=141:2380"\nclosed = {str(closed).lower()}\n')


VALUES = st.sampled_from(
    ["", "22", "41", "42", "91", "113", "ZZZ", "5301", "2200", "9999", "53?'1", "53?+", "811", "812", "830", "E12", "E1", "141", "102", "20060701", "20060601"]
)
COMPOSITES = st.lists(VALUES, max_size=4).map(":".join)
SEGMENTS = st.builds(lambda tag, elements: "+".join([tag, *elements]), st.sampled_from(["LOC", "DTM", "GIS"]), st.lists(COMPOSITES, max_size=4))
LOCS = st.builds("LOC+{}+{}".format, st.sampled_from(["22", "41", "42", "91", "9"]), COMPOSITES)
DTMS = st.builds("DTM+{}:{}:102".format, st.sampled_from(["141", "129"]), st.sampled_from(["20060701", "20060601", "1"]))
DOCS = st.builds(lambda doc, rest: [doc, *rest], st.builds("DOC+{}+{}".format, st.sampled_from(["811", "812", "101"]), COMPOSITES), st.lists(LOCS, max_size=1))
BGMS = st.builds("BGM+{}+{}".format, st.sampled_from(["830", "929", "1", ""]), st.sampled_from(["", "E12", "E1", "?+"]))


@given(
    BGMS,
    st.lists(st.one_of(LOCS, SEGMENTS.filter(lambda each: each.startswith("LOC"))), max_size=4),
    st.lists(DTMS, max_size=2),
    st.lists(DOCS, max_size=3),
    st.booleans(),
    st.sampled_from([3, 4]),
    st.integers(1, 40),
)
def test_all_ways_say_the_same(bgm: str, locs: list[str], dtms: list[str], docs: list[list[str]], closed: bool, version: int, piece: int) -> None:
    data = interchange(bgm, *locs, *dtms, *(segment for doc in docs for segment in doc), "UNS+D", "UNS+S", version=version)
    guides = small(closed)
    report = check_interchange(data, DIRECTORIES, guides=guides)
    pieces = InterchangeCheck(DIRECTORIES, guides=guides)
    for at in range(0, len(data), piece):
        pieces.feed(data[at : at + piece])
    assert pieces.close() == report
    assert slowly(data, guides) == report


@given(
    st.lists(st.tuples(LOCS, st.lists(DTMS, min_size=1, max_size=2), st.lists(DOCS, max_size=2)), min_size=2, max_size=5),
    st.booleans(),
    st.integers(1, 60),
)
def test_what_is_remembered_of_messages_or_forgotten_changes_nothing(messages: list[tuple[str, list[str], list[list[str]]]], closed: bool, most: int) -> None:
    """Messages that begin alike and end differently, by a memory that holds little."""
    guides = copy.copy(small(closed))
    guides._memory, guides._judges = Memory(most), {}
    for loc, dtms, docs in messages * 2:
        segments = ("BGM+830+E12", "LOC+22+5301:113", loc, *dtms, "DOC+811+A", "LOC+91+1", *(segment for doc in docs for segment in doc), "UNS+D", "UNS+S")
        data = interchange(*segments)
        assert check_interchange(data, DIRECTORIES, guides=guides) == slowly(data, small(closed))


def test_the_date_of_each_message_is_its_own() -> None:
    """What was accepted of one date is not accepted of another, whatever was remembered between."""
    guides = small(True)
    for day, valid in [("20060601", True), ("20060701", False), ("20060630", True), ("20051231", False), ("20060101", True)] * 2:
        data = interchange("BGM+830+E12", "LOC+22+2200:113", f"DTM+141:{day}:102", "DOC+811+A", "LOC+91+1", "UNS+D", "UNS+S")
        assert told(check_interchange(data, DIRECTORIES, guides=guides)) == ([] if valid else [("CODE_NOT_VALID", "LOC 3", 3, 1, "2200")])
        assert (check_if_faultless(data, DIRECTORIES, guides=guides) is not None) is valid


@pytest.mark.parametrize("name", NAMES)
def test_what_a_guide_accepts_goes_the_fast_way_when_the_like_of_it_came_before(name: str) -> None:
    type = SHIPPED.get(name).head.message
    segments = segments_of(name)
    data = "".join(f"{each}'" for each in ("UNB+UNOC:3+A+B+061008:1030+1", f"UNH+1+{type}:D:01B:UN:CNGC01", *segments, f"UNT+{len(segments) + 2}+1", "UNZ+1+1"))
    report = check_interchange(data.encode(), DIRECTORIES, guides=SHIPPED)
    assert report.messages[0].guide == name
    assert check_if_faultless(data.encode(), DIRECTORIES, guides=SHIPPED) == report


@given(st.text("+:?*'A1", max_size=12), st.booleans())
def test_a_segment_read_the_fast_way_is_read_as_it_was_sent(tail: str, version_4: bool) -> None:
    """The fast way says of any text what the slow way says, or nothing."""
    marks = Marks(":", "+", ".", "?", "*" if version_4 else "", "'")
    for guide in (small(True).get("declaration"), small(False).get("declaration")):
        judge = SegmentJudge(guide, marks, 4 if version_4 else 3, Memory(1_000))
        start, counts = guide.table.start, [0] * len(guide.table)
        for text in ("LOC+22+5301:113", f"LOC+22+{tail}", f"LOC+{tail}", f"LOC{tail}", f"LOC+41+{tail}", f"LOC+22+5301:113:{tail}"):
            step = judge.step(start, "BGM", list(counts))
            assert step is not None
            loc = judge.step(step.target, "LOC", list(counts))
            assert loc is not None
            assert loc.standing is not None
            quick, slow = loc.standing.quick(frozenset()).tell(text, learning=True), loc.standing._judge(frozenset(), text)
            if quick is not None:
                assert (quick.chosen, quick.excluded, quick.met, quick.sayings) == (slow.chosen, slow.excluded, slow.met, slow.sayings)
                assert [each.periods for each in quick.dated] == [each.periods for each in slow.dated]


def segments_of(name: str) -> list[str]:
    return [segment.strip() for segment in (MESSAGES / f"{name}.edi").read_text("utf-8").split("'\n") if segment][1:-1]


@pytest.mark.parametrize("name", NAMES)
def test_one_required_thing_left_out_of_an_accepted_message_is_one_fault(name: str) -> None:
    """Each segment and each value of each sample is left out in turn; what is then found are the faults that the guide's own rules ask for, at most one more."""
    guide = SHIPPED.get(name)
    segments = segments_of(name)
    type = guide.head.message
    head = f"UNB+UNOC:3+A+B+061008:1030+1'UNH+1+{type}:D:01B:UN:CNGC01'"

    def found(changed: list[str]) -> list[object] | None:
        data = (head + "".join(f"{segment}'" for segment in changed) + f"UNT+{len(changed) + 2}+1'UNZ+1+1'").encode()
        report = check_interchange(data, DIRECTORIES, guides=SHIPPED.only(name))
        assert slowly(data, SHIPPED.only(name)).guide_faults == report.guide_faults
        return None if report.faults_total else [fault for fault in told([each for each in report.guide_faults if not each.warning]) if fault[0] != "RULE"]

    assert found(segments) == []
    for at, segment in enumerate(segments):
        if segment.startswith("BGM"):
            continue
        faults = found([*segments[:at], *segments[at + 1 :]])
        assert faults is None or len(faults) <= 1, (segment, faults)
        for value in re.finditer(r"(?<=[+:])[^+:?]+(?=[+:]|$)", segment):
            faults = found([*segments[:at], segment[: value.start()] + segment[value.end() :], *segments[at + 1 :]])
            assert faults is None or len(faults) <= 1, (segment, value[0], faults)


def test_cost_grows_with_the_length() -> None:
    def cost(items: int) -> float:
        segments = [segment for number in range(items) for segment in (f"LOC+22+{number % 9999:04d}:113:ZZZ", f"LOC+42+{number}")]
        # LOC stands 99 times at most: the message has a structure at fault, and another is as long as it may be.
        data = interchange(
            "BGM+830+E12",
            *segments[:90],
            *(f"DOC+811+{number}" for number in range(99)),
            "UNS+D",
            *(f"CST+{number % 99999}" for number in range(items)),
            "UNS+S",
        )
        best = 9.0
        for _ in range(3):
            started = time.process_time()
            check_interchange(data, DIRECTORIES, guides=small(True))
            best = min(best, time.process_time() - started)
        return best

    assert cost(8_000) < 4 * 8 * cost(1_000)


def test_an_accepted_message_of_the_small_guide() -> None:
    good = ("BGM+830+E12", "LOC+22+5301:113", "DTM+141:20060701:102", "DOC+811+A", "LOC+91+1", "UNS+D", "UNS+S")
    assert told(check(small(True), *good)) == []
    assert told(check(small(True), *good, version=4)) == []
    assert told(check(small(True), *good[:1], "LOC+22+2200:113", *good[2:])) == [("CODE_NOT_VALID", "LOC 3", 3, 1, "2200")]
