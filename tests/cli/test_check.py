"""``vanhub check``: its JSON contract, its texts, its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vanhub.cli.check import check

GOOD = b"UNB+UNOB:2+SENDER:1+RECIPIENT:1+260101:1200+REF1'UNH+M1+CUSDEC:D:96B:UN'BGM+929+I1+9'LOC+9+CNSHA::5'UNS+D'CST+1'UNS+S'UNT+7+M1'UNZ+1+REF1'"
BAD = GOOD.replace(b"BGM+929", b"BGM+XXX").replace(b"CNSHA::5", b"CNSHA::5+++1234")
PARTLY = GOOD.replace(b"UNZ+1", BAD[BAD.index(b"UNH") : BAD.index(b"UNZ")].replace(b"M1", b"M2") + b"UNZ+2")


def run(*arguments: str, input: bytes | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(check, list(arguments), input=input, obj=None)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def as_json(*arguments: str, input: bytes | None = None) -> tuple[int, list[dict[str, Any]]]:
    code, output = run("--json", *arguments, input=input)
    return code, [json.loads(line) for line in output.splitlines()]


def test_the_json_contract(tmp_path: Path) -> None:
    good, both = tmp_path / "good.edi", tmp_path / "both.edi"
    good.write_bytes(GOOD)
    both.write_bytes(GOOD + b"\r\n" + BAD)
    code, files = as_json(str(good), str(both))
    assert code == 1
    assert [file["file"] for file in files] == [str(good), str(both)]
    accepted, rejected = files[1]["interchanges"]
    assert files[0]["interchanges"] == [accepted | {"contrl": files[0]["interchanges"][0]["contrl"]}]
    assert accepted | {"contrl": ""} == {
        "sender": "SENDER:1",
        "recipient": "RECIPIENT:1",
        "reference": "REF1",
        "syntax": "UNOB:2",
        "verdict": "accepted",
        "messages": [{"reference": "M1", "type": "CUSDEC", "directory": "D.96B", "verdict": "accepted", "guide": ""}],
        "faults": [],
        "faults_total": 0,
        "guide_faults": [],
        "guide_faults_total": 0,
        "contrl": "",
    }
    assert "UCI+REF1+SENDER:1+RECIPIENT:1+7'" in accepted["contrl"]
    start = len(GOOD) + 2
    assert (rejected["verdict"], rejected["faults_total"]) == ("rejected", 2)
    assert rejected["faults"] == [
        {
            "code": "12",
            "message": "M1",
            "segment": "BGM",
            "segment_position": 2,
            "element": 2,
            "component": 1,
            "repetition": None,
            "offset": start + BAD.index(b"XXX"),
            "value": "XXX",
            "text": "XXX is not in code list 1001 Document/message name, coded (D.96B)",
        },
        {
            "code": "39",
            "message": "M1",
            "segment": "LOC",
            "segment_position": 3,
            "element": 6,
            "component": None,
            "repetition": None,
            "offset": start + BAD.index(b"1234'"),
            "value": "1234",
            "text": "5479 Relation, coded in LOC has 4 characters, at most 3 are allowed",
        },
    ]
    assert "UCM+M1+CUSDEC:D:96B:UN+4'UCS+2'UCD+12+2:1'UCS+3'UCD+39+6'" in rejected["contrl"]


@pytest.mark.parametrize(
    ("data", "code", "verdicts"), [(GOOD, 0, ["accepted"]), (PARTLY, 1, ["partly"]), (BAD, 1, ["rejected"]), (b"", 1, []), (b"x", 1, ["rejected"])]
)
def test_standard_input_and_exit_codes(data: bytes, code: int, verdicts: list[str]) -> None:
    exit_code, files = as_json("-", input=data)
    assert (exit_code, [interchange["verdict"] for interchange in files[0]["interchanges"]]) == (code, verdicts)


@pytest.mark.parametrize(("data", "why"), [(b"", "the file is empty"), (b"\r\n \xef\xbb\xbf", "nothing but white space")])
def test_nothing_to_check(data: bytes, why: str) -> None:
    assert run("-", input=data) == (1, f"-: no interchange, {why}\n")


def test_control_messages_are_not_acknowledged() -> None:
    control = b"UNB+UNOA:3+A+B+260101:1200+1'UNH+1+CONTRL:D:3:UN'UCI+R1+A:1+B:1+7'UNT+3+1'UNZ+1+1'"
    assert [interchange["contrl"] for interchange in as_json("-", input=control)[1][0]["interchanges"]] == [None]


def test_what_people_read() -> None:
    code, output = run("-", input=BAD)
    assert code == 1
    lines = output.splitlines()
    at = next(number for number, line in enumerate(lines) if "BGM+XXX" in line)
    assert lines[at + 1].index("^") == lines[at].index("XXX")
    assert "XXX is not in code list 1001" in output
    assert "XXX 不在代码表 1001" in output
    english, chinese = run("--language", "en", "-", input=BAD)[1], run("--language", "zh", "-", input=BAD)[1]
    assert ("不在" in english, "is not in" in chinese) == (False, False)


def test_an_agreed_encoding() -> None:
    data = GOOD.replace(b"I1", "上海".encode("gb18030"))
    assert run("-", input=data)[0] == 1
    assert run("--encoding", "gb18030", "-", input=data)[0] == 0


def test_few_faults_are_listed_and_all_counted() -> None:
    interchange = as_json("--max-faults", "1", "-", input=BAD)[1][0]["interchanges"][0]
    assert (len(interchange["faults"]), interchange["faults_total"]) == (1, 2)


def vanhub(*arguments: str, input: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "vanhub.cli", "check", *arguments], input=input, capture_output=True, env=os.environ | environment, timeout=60)


def test_the_command_as_it_is_installed(tmp_path: Path) -> None:
    """From a pipe, which cannot be read twice; in a folder that is no hub's home; a file that cannot be read is the operator's error."""
    assert [vanhub("-", input=data).returncode for data in (GOOD, BAD)] == [0, 1]
    missing = vanhub(str(tmp_path / "missing.edi"), VANHUB_HOME=str(tmp_path))
    assert (missing.returncode, missing.stdout, b"missing.edi cannot be read" in missing.stderr) == (2, b"", True)
    assert vanhub(str(tmp_path)).returncode == 2
