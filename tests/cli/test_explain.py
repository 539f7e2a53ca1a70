"""``vanhub explain``: answers of others, also of real ones and of our own, with and without what they answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vanhub.cli.check import check
from vanhub.cli.explain import explain
from vanhub.errors import OperatorError

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside the repository")

SENT = (
    b"UNB+UNOC:3+S:ZZ+R:ZZ+260101:1200+REF1'"
    b"UNH+1+CUSDEC:D:96B:UN'BGM+929+DEC1+9'LOC+9999+CNSHA::5'UNS+D'CST+1'UNS+S'UNT+7+1'"
    b"UNH+2+CUSDEC:D:96B:UN'BGM+929+DEC2+9'LOC+9+CNSHA::5'UNS+D'CST+1'UNS+S'UNT+7+2'"
    b"UNZ+2+REF1'"
)
GOOD = SENT.replace(b"9999", b"9")


def run(*arguments: str, input: bytes | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(explain, list(arguments), input=input, obj=None)
    if isinstance(result.exception, OperatorError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def answer_to(data: bytes) -> bytes:
    """The hub's own answer, as ``vanhub check`` shows it."""
    result = CliRunner().invoke(check, ["--json", "-"], input=data, obj=None)
    text: str = json.loads(result.output)["interchanges"][0]["contrl"]
    return text.encode()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    contents = {
        "sent": SENT,
        "good": GOOD,
        "answer": answer_to(SENT),
        "yes": answer_to(GOOD),
        "nothing": b"",
        "letter": b"Dear Sirs",
        "hollow": b"UNB+UNOA:3+A+B'UNZ+0+1'",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in contents}


def test_all_acknowledged(files: dict[str, str]) -> None:
    code, output = run(files["yes"], "--for", files["good"], "--language", "en")
    assert code == 0
    assert output == (
        "CONTRL 1: about interchange REF1 from S:ZZ to R:ZZ.\n"
        "Interchange REF1: acknowledged, with everything in it that is not named as rejected (0083 is 7).\n"
        "Message 1 (CUSDEC D.96B, DEC1): acknowledged, because it is not named.\n"
        "Message 2 (CUSDEC D.96B, DEC2): acknowledged, because it is not named.\n"
        "Next: nothing. Keep the answer as proof. It says that what was sent can be processed, not what the recipient decides about it.\n"
    )


def test_a_contrl_leads_to_the_aperak_after_it(files: dict[str, str]) -> None:
    aperak = b"UNH+2+APERAK:D:01B:UN'BGM+305+N+27+RE'RFF+INO:REF1'RFF+ACW:2'UNT+5+2'UNZ+2+"
    both = Path(files["yes"]).read_bytes().replace(b"UNZ+1+", aperak)
    code, output = run("-", "--for", files["good"], "--language", "en", input=both)
    assert code == 1
    assert [line for line in output.splitlines() if line.startswith("Next")] == [
        "Next: see what the APERAK below says of single messages. This one says that their syntax is good.",
        "Next: correct what is rejected and send it again, in a new interchange. What is acknowledged must not be sent again.",
    ]


def test_something_rejected_in_json(files: dict[str, str]) -> None:
    code, output = run(files["answer"], "--for", files["sent"], "--json")
    assert code == 1
    (answer,) = json.loads(output)["answers"]
    points = answer.pop("points")
    assert answer == {
        "type": "CONTRL",
        "message": "1",
        "reference": "REF1",
        "sender": "S:ZZ",
        "recipient": "R:ZZ",
        "outcome": "rejected",
        "about_original": True,
        "doubts": [],
        "texts": [],
        "references": [],
    }
    assert [(point["kind"], point.get("outcome"), point.get("code")) for point in points] == [
        ("fate", "acknowledged", None),
        ("fate", "rejected", None),
        ("flaw", None, "39"),
        ("fate", "acknowledged", None),
    ]
    assert points[2]["shown"] == ["LOC+9999+CNSHA::5'", "    ^~~~"]


def test_several_answers_in_one_file_and_what_is_between_them(files: dict[str, str], tmp_path: Path) -> None:
    several = tmp_path / "several"
    several.write_bytes(b"\xef\xbb\xbf" + answer_to(GOOD) + b"\r\nnoise\r\n" + SENT + b"\n" + answer_to(SENT))
    code, output = run(str(several), "--language", "en")
    assert code == 1
    assert [line for line in output.splitlines() if line.startswith("CONTRL")] == ["CONTRL 1: about interchange REF1 from S:ZZ to R:ZZ."] * 2


def test_an_answer_that_is_faulty_itself_is_read_as_far_as_it_goes(files: dict[str, str]) -> None:
    code, output = run("-", "--language", "en", input=answer_to(SENT).replace(b"UNZ+1", b"UNZ+2").replace(b"7'UCM", b"7'XXX+1'UCM"))
    assert code == 1
    assert "The answer itself is faulty; this is what can be read of it. Faults: 3; see them with `vanhub check`." in output
    assert "code 39, segment 3, element 2: a data element is too long." in output


def test_a_cut_answer(files: dict[str, str]) -> None:
    whole = answer_to(SENT)
    code, output = run("-", "--language", "en", input=whole[: whole.index(b"UCD")])
    assert code == 1
    assert "The answer itself is faulty" in output


@pytest.mark.parametrize(
    ("name", "has"),
    [
        ("sent", "it has CUSDEC, of which `vanhub check` tells"),
        ("nothing", "it is no interchange"),
        ("letter", "it is no interchange"),
        ("hollow", "it has no message"),
    ],
)
def test_no_answer(files: dict[str, str], name: str, has: str) -> None:
    assert run(files[name]) == (2, f"{files[name]}: no CONTRL, APERAK or CUSRES in it; {has}\n")


@pytest.mark.parametrize("name", ["nothing", "letter"])
def test_what_was_sent_has_to_be_an_interchange(files: dict[str, str], name: str) -> None:
    with pytest.raises(OperatorError, match=r"^--for .*: it is no interchange; give the file that was sent$"):
        run(files["yes"], "--for", files[name])


def test_an_answer_to_something_else(files: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(SENT.replace(b"REF1", b"REF2"))
    code, output = run(files["yes"], "--for", str(other), "--language", "en")
    assert code == 2
    assert "It does not answer the interchange given (REF2)." in output


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read: No such file"):
        run(str(tmp_path / "absent"))


EXPECTED: dict[str, tuple[int, list[str]]] = {
    "0226_APERAK_D07B.edi": (1, ["Message O1583553607732: rejected.", "   code Z29: LOC17251283352734."]),
    "0230_APERAK_D96A.edi": (0, ["It refers to: ON T0000000015.", "What it answers: acknowledged."]),
    "0233_APERAK_D96A.edi": (1, ["Message PO123456: not said whether acknowledged or rejected.", "   code 12: Order rejected due to invalid product code."]),
    "0246_CONTRL_D3.edi": (1, ["Message 1 (PAYMUL D.96A): rejected, with everything in it (0083 is 4).", "   code 13, segment UNH, element 2, component 4:"]),
    "0249_CONTRL_D93A.edi": (1, ["In words: EDI-brev med nummeret 1111MAN01095", "Message 1111MAN01095 (MEDREF D.93A): rejected"]),
    "0250_CONTRL_D93A.edi": (0, ["Message 1111FRE01095 (MEDREF D.93A): acknowledged"]),
}


@needs_samples
@pytest.mark.parametrize("name", EXPECTED)
def test_answers_that_were_really_sent(name: str) -> None:
    code, output = run(str(SAMPLES / name), "--language", "en")
    expected, lines = EXPECTED[name]
    assert code == expected
    for line in lines:
        assert f"\n{line}" in output


@needs_samples
def test_no_sample_is_a_surprise() -> None:
    answers: dict[str, Any] = {}
    for path in sorted(SAMPLES.glob("*.edi")):
        data = path.read_bytes()
        code, output = run(str(path), "--json")
        answers[path.name] = code
        assert (code == 2) == (json.loads(output)["answers"] == []), path.name
        assert code == 2 or b"CONTRL" in data or b"APERAK" in data
    assert {name for name, code in answers.items() if code != 2} == {path.name for path in SAMPLES.glob("*_CONTRL_*")} | {
        path.name for path in SAMPLES.glob("*_APERAK_*")
    }
