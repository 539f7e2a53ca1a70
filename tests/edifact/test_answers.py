"""What answers mean: each action of 0083, silence, places in the interchange answered, and answers that are about something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edifact.test_contrl import reports
from vanhub.directory.check import check_interchange
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.edifact.answers import Answer, Doubt, Fate, Flaw, Original, Outcome, read_application, read_control
from vanhub.edifact.aperak import parse_aperak
from vanhub.edifact.contrl import parse_contrl, render_contrl
from vanhub.edifact.explain_answer import explain_answer
from vanhub.edifact.guide_faults import GuideFault, GuideFaultKind
from vanhub.edifact.report import Disposition, InterchangeHeader, Party, Report, Verdict
from vanhub.edifact.separators import Separators
from vanhub.edifact.syntax_errors import ACTIONS, SYNTAX_ERRORS
from vanhub.packed import packed

ACKNOWLEDGED, RECEIVED, HELD, OPEN, REJECTED = Outcome

SENT = (
    b"UNB+UNOC:3+S:ZZ+R:ZZ+260101:1200+REF1'"
    b"UNH+1+CUSDEC:D:96B:UN'BGM+929+DEC1+9'LOC+9999+CNSHA::5'UNS+D'CST+1'UNS+S'UNT+7+1'"
    b"UNH+2+CUSDEC:D:96B:UN'BGM+929+DEC2+9'LOC+9+CNSHA::5'UNS+D'CST+1'UNS+S'UNT+7+2'"
    b"UNZ+2+REF1'"
)
GROUPED = (
    SENT.replace(b"UNH+1", b"UNG+CUSDEC+A+B+260101:1200+G1+UN+D:96B'UNH+1")
    .replace(b"UNH+2", b"UNE+1+G1'UNG+CUSDEC+A+B+260101:1200+G2+UN+D:96B'UNH+2")
    .replace(b"UNZ", b"UNE+1+G2'UNZ")
)


@pytest.fixture(scope="module")
def directories() -> SchemaDirectories:
    return open_directories(packed("schemas"))


@pytest.fixture
def original(directories: SchemaDirectories) -> Original:
    return original_of(SENT, directories)


def original_of(data: bytes, directories: SchemaDirectories) -> Original:
    return Original([check_interchange(data, directories)], lambda offset, length: data[offset : offset + length])


def control(body: str) -> bytes:
    return f"UNB+UNOA:3+R:ZZ+S:ZZ+260101:1201+A1'UNH+7+CONTRL:D:3:UN'{body}UNT+9+7'UNZ+1+A1'".encode()


def read(body: str, original: Original | None = None) -> Answer:
    (said,) = parse_contrl(control(body))
    return read_control(said, original)


def outcomes(answer: Answer) -> list[tuple[str, str, Outcome]]:
    return [(point.level, point.reference, point.outcome) for point in answer.points if isinstance(point, Fate)]


# What 0083 says and what follows from silence.


@pytest.mark.parametrize(
    ("action", "whole", "unnamed"),
    [
        ("1", ACKNOWLEDGED, ACKNOWLEDGED),
        ("2", ACKNOWLEDGED, ACKNOWLEDGED),
        ("3", OPEN, OPEN),
        ("4", REJECTED, REJECTED),
        ("5", OPEN, OPEN),
        ("6", REJECTED, REJECTED),
        ("7", ACKNOWLEDGED, ACKNOWLEDGED),
        ("8", RECEIVED, RECEIVED),
    ],
)
def test_each_action_of_an_interchange(original: Original, action: str, whole: Outcome, unnamed: Outcome) -> None:
    answer = read(f"UCI+REF1+S:ZZ+R:ZZ+{action}'", original)
    assert outcomes(answer) == [("interchange", "REF1", whole), ("message", "1", unnamed), ("message", "2", unnamed)]
    assert (answer.outcome, answer.doubts, answer.about_original) == (max(whole, unnamed, key=list(Outcome).index), (), True)


def test_an_action_without_meaning_leaves_everything_open(original: Original) -> None:
    answer = read("UCI+REF1+S:ZZ+R:ZZ+99'", original)
    assert [outcome for _, _, outcome in outcomes(answer)] == [OPEN] * 3
    assert answer.doubts == ((Doubt.UNKNOWN_ACTION, "99"),)


def test_every_action_and_code_of_every_version_has_words(directories: SchemaDirectories) -> None:
    for version in range(1, 5):
        service = directories.service(version)
        assert set(service.codes("0083") or ()) <= set(ACTIONS)
        assert set(service.codes("0085") or ()) == {code for code, words in SYNTAX_ERRORS.items() if version in words.versions}
    assert all(all((words.en, words.zh, words.cure_en, words.cure_zh)) for words in SYNTAX_ERRORS.values())


def test_groups_and_what_is_in_them(directories: SchemaDirectories) -> None:
    grouped = original_of(GROUPED, directories)
    one = read("UCI+REF1+S:ZZ+R:ZZ+7'UCF+G1+A+B+4+29+UNE+2'", grouped)
    assert outcomes(one) == [("interchange", "REF1", ACKNOWLEDGED), ("group", "G1", REJECTED), ("message", "1", REJECTED), ("message", "2", ACKNOWLEDGED)]
    assert one.points[2] == Flaw("29", "UNE", None, 2, shown=("UNE+1+G1'", "    ^"))
    other = read("UCI+REF1+S:ZZ+R:ZZ+7'UCF+G2+A+B+7'UCM+2+CUSDEC:D:96B:UN+4'UCS+3'UCD+39+2:1'", grouped)
    assert outcomes(other) == [
        ("interchange", "REF1", ACKNOWLEDGED),
        ("group", "G2", ACKNOWLEDGED),
        ("message", "2", REJECTED),
        ("message", "1", ACKNOWLEDGED),
    ]


# Places in what was sent.


def test_packages_are_named_by_their_reference(directories: SchemaDirectories) -> None:
    data = b"UNB+UNOC:4+S+R+20260101:1200+REF1'UNO+P1+2:X+1:PDF+9'ABC'UNP+'UNP+9+P1'UNO+P2+2:X+1:PDF+3'ABCUNP+4+P2'UNO+1+2:X+1:PDF+0'UNP+0+1'UNZ+3+REF1'"
    told = original_of(data, directories)
    (said,) = parse_contrl(b"UNB+UNOA:4+R+S+20260101:1201+A1'UNH+7+CONTRL:4:1:UN'UCI+REF1+S+R+7'UCM+++4+21+UNO+5+P1'UCM+++4+29+UNP+2+P2'UNT+5+7'UNZ+1+A1'")
    assert [message.package for message in said.messages] == ["P1", "P2"]
    answer = read_control(said, told)
    assert answer.doubts == ()
    assert answer.points == (
        Fate("interchange", "REF1", ACKNOWLEDGED, "7"),
        Fate("package", "P1", REJECTED, "4"),
        Flaw("21", "UNO", None, 5, None, shown=("UNO+P1+2:X+1:PDF+9'", "                 ^")),
        Fate("package", "P2", REJECTED, "4"),
        Flaw("29", "UNP", None, 2, None),
        Fate("package", "1", ACKNOWLEDGED),
    )
    explained = explain_answer(answer)
    for line in ("Package P1: rejected", "Package 1: acknowledged, because it is not named.", "包 P1：", "包 1：未被点名，即已确认。"):
        assert line in explained
    assert outcomes(read_control(said))[1:] == [("package", "P1", REJECTED), ("package", "P2", REJECTED)]
    (other,) = parse_contrl(b"UNB+UNOA:4'UNH+7+CONTRL:4:1:UN'UCI+REF1+S+R+7'UCM+++4+18+++P9'UCM+P1++4+18'UNT+5+7'UNZ+1+A1'")
    assert read_control(other, told).doubts == ((Doubt.NO_SUCH_PACKAGE, "P9"), (Doubt.NO_SUCH_MESSAGE, "P1"))


def test_places_are_shown_in_the_interchange_answered(original: Original) -> None:
    body = "UCI+REF1+S:ZZ+R:ZZ+7+28+UNZ+3'UCM+1+CUSDEC:D:96B:UN+4+12+UNH+3:2'UCS+3'UCD+39+2'UCD+12+3:3'UCS+5+35'"
    answer = read(body, original)
    assert [point for point in answer.points if isinstance(point, Flaw)] == [
        Flaw("28", "UNZ", None, 3, shown=("UNZ+2+REF1'", "      ^~~~")),
        Flaw("12", "UNH", None, 3, 2, shown=("UNH+1+CUSDEC:D:96B:UN'", "             ^")),
        Flaw("39", "LOC", 3, 2, shown=("LOC+9999+CNSHA::5'", "    ^~~~")),
        Flaw("12", "LOC", 3, 3, 3, shown=("LOC+9999+CNSHA::5'", "                ^")),
        Flaw("35", "CST", 5, shown=("CST+1'", "^~~")),
    ]
    assert answer.points[2] == Fate("message", "1", REJECTED, "4", "CUSDEC D.96B", "DEC1")
    assert answer.points[-1] == Fate("message", "2", ACKNOWLEDGED, "", "CUSDEC D.96B", "DEC2")


def test_without_the_interchange_the_places_are_as_told() -> None:
    answer = read("UCI+REF1+S:ZZ+R:ZZ+7'UCM+1+CUSDEC:D:96B:UN+4'UCS+3'UCD+39+2'")
    assert answer.points == (
        Fate("interchange", "REF1", ACKNOWLEDGED, "7"),
        Fate("message", "1", REJECTED, "4", "CUSDEC D.96B"),
        Flaw("39", "", 3, 2),
    )
    assert (answer.about_original, answer.outcome) == (None, REJECTED)


@pytest.mark.parametrize(
    ("uci", "doubts"),
    [
        ("REF2+S:ZZ+R:ZZ", ((Doubt.OTHER_REFERENCE, "REF1"),)),
        ("REF1+X:ZZ+R:ZZ", ((Doubt.OTHER_SENDER, "S:ZZ"),)),
        ("REF1+S:ZZ+R", ((Doubt.OTHER_RECIPIENT, "R:ZZ"),)),
    ],
)
def test_an_answer_to_something_else_says_nothing_of_the_interchange_given(original: Original, uci: str, doubts: object) -> None:
    answer = read(f"UCI+{uci}+4'UCM+1+CUSDEC:D:96B:UN+4'UCS+3+12'", original)
    assert (answer.doubts, answer.about_original) == (doubts, False)
    assert [point for point in answer.points if isinstance(point, Flaw)] == [Flaw("12", "", 3)]
    assert len(outcomes(answer)) == 2


def test_what_the_interchange_does_not_have(original: Original) -> None:
    answer = read("UCI+REF1+S:ZZ+R:ZZ+7'UCM+1+CUSDEC:D:96B:UN+4'UCS+70+13'UCM+9+CUSDEC:D:96B:UN+4'", original)
    assert answer.doubts == ((Doubt.NO_SUCH_SEGMENT, "70"), (Doubt.NO_SUCH_MESSAGE, "9"))
    assert outcomes(answer)[-1] == ("message", "2", ACKNOWLEDGED)


def test_one_of_several_interchanges_is_found(directories: SchemaDirectories) -> None:
    other = SENT.replace(b"REF1", b"REF2")
    both = other + SENT
    found = [check_interchange(other, directories), check_interchange(both[len(other) :], directories)]
    original = Original(found, lambda offset, length: both[offset : offset + length])
    assert read("UCI+REF1+S:ZZ+R:ZZ+7'", original).about_original is True
    assert read("UCI+REF3+S:ZZ+R:ZZ+7'", original).doubts == ((Doubt.OTHER_REFERENCE, ""),)


# APERAK.


@pytest.mark.parametrize(
    ("bgm", "erc", "outcome"),
    [
        ("305+N+11+AB", True, ACKNOWLEDGED),
        ("305+N+11+AJ", True, HELD),
        ("305+N+27+RE", True, REJECTED),
        ("313+N", True, REJECTED),
        ("312+N", False, ACKNOWLEDGED),
        ("++34", False, ACKNOWLEDGED),
        ("27+N+9", True, OPEN),
        ("++44", True, ACKNOWLEDGED),
        ("++12", False, REJECTED),
    ],
)
def test_what_an_aperak_says_of_the_message(bgm: str, erc: bool, outcome: Outcome) -> None:
    errors = "ERC+E1'FTX+AAO+++text'" if erc else ""
    data = f"UNB+UNOA:3+R+S+260101:1200+A1'UNH+1+APERAK:D:96A:UN'BGM+{bgm}'RFF+ON:77'{errors}UNT+5+1'UNZ+1+A1'"
    (said,) = parse_aperak(data.encode())
    answer = read_application(said, InterchangeHeader(Separators(), sender=Party("R"), recipient=Party("S")))
    assert (answer.outcome, answer.sender, answer.recipient, answer.references) == (outcome, "S", "R", ("ON 77",))


def test_an_aperak_is_shown_in_the_message_that_it_answers(directories: SchemaDirectories) -> None:
    report = check_interchange(SENT, directories)
    fault = GuideFault(GuideFaultKind.RULE, "E110", "own", 1, "LOC", 3, 0, element=3, component=1, value="CNSHA", params={"rule": "not this port"})
    second = replace(report.messages[1], guide="own", guide_faults=1)
    guided = replace(report, messages=(report.messages[0], second), faults=(), verdict=Verdict.ACCEPTED, guide_faults=(fault,), guide_faults_total=1)
    rendered = render_contrl(
        guided,
        hub=Party("R"),
        reference="A1",
        prepared=datetime(2026, 1, 1, tzinfo=UTC),
        fallback_sender=Party("X"),
        dispositions={1: Disposition.REFUSED},
    )
    (said,) = parse_aperak(rendered)
    answer = read_application(said, check_interchange(rendered, directories).header, original_of(SENT, directories))
    assert answer.points == (
        Fate("message", "2", REJECTED, "", "CUSDEC D.96B", "DEC2"),
        Flaw("E110", "LOC", 3, 3, 1, texts=("not this port",), received=("CNSHA",), shown=("LOC+9+CNSHA::5'", "      ^~~~~")),
    )
    assert answer.about_original is True


def test_what_is_next(directories: SchemaDirectories, original: Original) -> None:
    data = b"UNB+UNOA:3+R+S+260101:1200+A1'UNH+1+APERAK:D:01B:UN'BGM+305+N+11+AB'RFF+INO:REF1'RFF+ACW:2'ERC+E102'FTX+AAO+++not this port'RFF+AWL:3/LOC/3/1'FTX+AED+++CNSHA'FTX+AEI+++CNSZX.'UNT+10+1'UNZ+1+A1'"
    (said,) = parse_aperak(data)
    header = check_interchange(data, directories).header
    delivered = read_application(said, header, original)
    assert explain_answer(delivered, language="en") == (
        "APERAK 1: R about interchange REF1 from S.\n"
        "An APERAK is the word of the recipient's application: the syntax was good enough to be read.\n"
        "Message 2 (CUSDEC D.96B, DEC2): acknowledged.\n"
        "   code E102, segment 3 LOC, element 3, component 1: not this port.\n"
        "     LOC+9+CNSHA::5'\n"
        "           ^~~~~\n"
        "   Received: CNSHA\n"
        "   What to do: CNSZX.\n"
        "Next: nothing is to be sent again, but correct what is named here before the next message.\n"
    )
    assert explain_answer(delivered, language="zh").splitlines()[-3:] == [
        "   收到的值：CNSHA",
        "   处理：CNSZX。",
        "下一步：无须重发，但请在发送下一份报文前更正此处所列问题。",
    ]
    control = read("UCI+REF1+S:ZZ+R:ZZ+7'", original)
    assert explain_answer(control, language="en").splitlines()[-1].startswith("Next: nothing. Keep the answer as proof.")
    assert explain_answer(control, language="en", has_more=True).splitlines()[-1].startswith("Next: see what the APERAK below says")
    refused = read("UCI+REF1+S:ZZ+R:ZZ+4+23'", original)
    assert explain_answer(refused, language="en", has_more=True) == explain_answer(refused, language="en")
    stranger = read("UCI+REF2+S:ZZ+R:ZZ+7'", original)
    assert explain_answer(stranger, language="en").splitlines()[-1] == "Next: look for the interchange that it answers; of the one given it says nothing."


def test_an_aperak_of_a_partner_names_a_document(original: Original) -> None:
    data = b"UNB+UNOA:3+R+S+260101:1200+A1'UNH+1+APERAK:D:96A:UN'BGM+313+N'RFF+ON:DEC2'ERC+12'FTX+AAI+++bad'UNT+6+1'UNZ+1+A1'"
    (said,) = parse_aperak(data)
    answer = read_application(said, InterchangeHeader(Separators()), original)
    assert (answer.reference, answer.points[0]) == ("REF1", Fate("message", "2", REJECTED, "", "CUSDEC D.96B", "DEC2"))
    (stranger,) = parse_aperak(data.replace(b"DEC2", b"DEC3"))
    assert read_application(stranger, InterchangeHeader(Separators()), original).doubts == ((Doubt.OTHER_REFERENCE, ""),)


# Words.


def test_the_words(original: Original) -> None:
    answer = read("UCI+REF1+S:ZZ+R:ZZ+7'UCM+1+CUSDEC:D:96B:UN+4+29+UNT+2'UCS+3'UCD+39+2'", original)
    assert explain_answer(answer, language="en") == (
        "CONTRL 7: about interchange REF1 from S:ZZ to R:ZZ.\n"
        "Interchange REF1: acknowledged, with everything in it that is not named as rejected (0083 is 7).\n"
        "Message 1 (CUSDEC D.96B, DEC1): rejected, with everything in it (0083 is 4).\n"
        "   code 29, segment UNT, element 2: a control count is not what was received.\n"
        "     UNT+7+1'\n"
        "         ^\n"
        "   What to do: if nothing was lost on the way, correct the count; else send it whole.\n"
        "   code 39, segment 3 LOC, element 2: a data element is too long.\n"
        "     LOC+9999+CNSHA::5'\n"
        "         ^~~~\n"
        "   What to do: correct the element and send the message again.\n"
        "Message 2 (CUSDEC D.96B, DEC2): acknowledged, because it is not named.\n"
        "Next: correct what is rejected and send it again, in a new interchange. What is acknowledged must not be sent again.\n"
    )
    assert explain_answer(answer, language="zh").splitlines()[:4] == [
        "CONTRL 7：答复交换 REF1，发件方 S:ZZ，收件方 R:ZZ。",
        "交换 REF1：已确认，其中未指明拒收的内容一并确认（0083 为 7）。",
        "报文 1（CUSDEC D.96B，DEC1）：已拒收，含其全部内容（0083 为 4）。",
        "   代码 29，段 UNT，第 2 元素：控制计数与实收不符。",
    ]
    assert explain_answer(answer) == explain_answer(answer, language="en") + "\n" + explain_answer(answer, language="zh")


def test_nothing_that_came_from_outside_moves_the_cursor() -> None:
    answer = read("UCI+RE\x1b[2JF+S\x9b:ZZ+R+7'UCM+1\u202e+X\x07:D:1:UN+\x08+9\x00'UCS+1+\x1b'FTX+AAO+++\x1b]0;x\x07'")
    assert explain_answer(answer).replace("\n", "").isprintable()


# Any report: what a partner is told by our answer is what the report says.


@settings(max_examples=100)
@given(reports())
def test_what_the_hub_answers_is_read_as_it_was_meant(of: Report) -> None:
    rendered = render_contrl(of, hub=Party("H"), reference="A1", prepared=datetime(2026, 1, 1, tzinfo=UTC), fallback_sender=Party("X"))
    (said,) = parse_contrl(rendered)
    answer = read_control(said)
    assert (answer.outcome is REJECTED) == (of.verdict is not Verdict.ACCEPTED)
    assert explain_answer(answer).replace("\n", "").isprintable()


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["UCI+R+S+R+7", "UCM+1+X:D:1:UN+4+2+UNH+9:9", "UCF+G+A+B+4", "UCS+2+13", "UCD+12+3:1:4", "UCS+x+", "FTX+A", "UNH", "UNZ", ""])))
def test_any_order_of_segments_can_be_read(directories: SchemaDirectories, segments: list[str]) -> None:
    data = b"UNB+UNOA:3+A+B+260101:1200+1'UNH+1+CONTRL:D:3:UN'" + "".join(f"{segment}'" for segment in segments).encode()
    original = original_of(SENT, directories)
    for said in parse_contrl(data):
        for answer in (read_control(said), read_control(said, original)):
            assert explain_answer(answer).endswith("\n")
