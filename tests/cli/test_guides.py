"""Guides on the command line: ``vanhub check`` with them, ``vanhub schema guide``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vanhub.cli.check import check
from vanhub.cli.operations import Operations
from vanhub.cli.schema import schema
from vanhub.errors import OperatorError
from vanhub.packed import packed

GOOD = (packed("examples") / "sancrt-licence.edi").read_bytes()
BAD = GOOD.replace(b"LOC+91", b"LOC+90", 1)


def run(tmp_path: Path, command: Any, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(arguments), obj=Operations(str(tmp_path)))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def put(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "sent.edi"
    path.write_bytes(data)
    return str(path)


def test_guides_are_used_by_themselves_and_reject_nothing(tmp_path: Path) -> None:
    code, output = run(tmp_path, check, "--json", put(tmp_path, BAD))
    (interchange,) = json.loads(output)["interchanges"]
    assert (code, interchange["verdict"], interchange["faults_total"], interchange["guide_faults_total"]) == (0, "accepted", 0, 1)
    assert interchange["messages"][0]["guide"] == "sancrt-licence"
    (fault,) = interchange["guide_faults"]
    place = BAD.index(b"LOC+90")
    position = BAD[BAD.index(b"UNH") : place].count(b"'") + 1
    assert fault | {"text": ""} == {
        "code": "L203",
        "message": interchange["messages"][0]["reference"],
        "guide": "sancrt-licence",
        "warning": False,
        "segment": "LOC",
        "segment_position": position,
        "element": 2,
        "component": None,
        "repetition": None,
        "offset": place + 4,
        "value": "90",
        "text": "",
    }


def test_the_explanation_tells_what_guides_found(tmp_path: Path) -> None:
    code, output = run(tmp_path, check, put(tmp_path, BAD))
    assert code == 0
    assert "Against the guides: 1. These are not faults of syntax." in output
    assert "1. guide sancrt-licence, code " in output
    assert "     LOC+90+" in output
    assert "\n         ^~\n" in output
    assert "   Likely repair: 91 (issuing office).\n" in output
    assert "不符合实施指南 1 处。这些不是语法错误。" in output
    assert "   建议：91（发证机关）。\n" in output
    assert "Against the guides" not in run(tmp_path, check, put(tmp_path, GOOD))[1]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [(GOOD, "sancrt-licence", 0), (BAD, "sancrt-licence", 1), (GOOD, "sancrt-licence-application", 1), (GOOD, "cusdec-export", 1)],
)
def test_one_guide_decides_the_exit_code(tmp_path: Path, data: bytes, name: str, code: int) -> None:
    found, output = run(tmp_path, check, "--guide", name, put(tmp_path, data))
    assert found == code
    assert ("no message of the type and directory of cusdec-export" in output) == (name == "cusdec-export")


def test_warnings_of_one_guide_are_no_fault(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "schemas" / "codes").mkdir(parents=True)
    (home / "schemas" / "guides").mkdir()
    (home / "hub.toml").write_text("")
    (home / "schemas" / "codes" / "lists.toml").write_text('[own]\ntitle_en = "own"\nsource = "a test"\npartial = true\n')
    (home / "schemas" / "codes" / "own.csv").write_text("code,name_en\n99,x\n")
    head = 'name = "own"\ntitle_en = "Own"\nmessage = "SANCRT"\ndirectory = "D.01B"\nsource = "a test"\n'
    (home / "schemas" / "guides" / "own.toml").write_text(f'{head}[[use]]\nat = "LOC"\nwhere = {{ 3227 = "91" }}\nelements.3225 = {{ list = "own" }}\n')
    code, output = run(home, check, "--json", "--guide", "own", put(tmp_path, GOOD))
    (interchange,) = json.loads(output)["interchanges"]
    assert (code, [fault["warning"] for fault in interchange["guide_faults"]]) == (0, [True])
    # The home's own guide goes before the shipped one by itself too.
    assert json.loads(run(home, check, "--json", put(tmp_path, GOOD))[1])["interchanges"][0]["messages"][0]["guide"] == "own"


def test_a_guide_that_there_is_not(tmp_path: Path) -> None:
    for command, arguments in ((check, ["--guide", "sancrt-licens", put(tmp_path, GOOD)]), (schema, ["guide", "sancrt-licens"])):
        with pytest.raises(OperatorError, match=r"there is no guide sancrt-licens; the nearest is sancrt-licence$"):
            run(tmp_path, command, *arguments)


def test_the_list_of_guides(tmp_path: Path) -> None:
    code, output = run(tmp_path, schema, "guide")
    names = sorted(path.stem for path in (packed("schemas") / "guides").glob("*.toml"))
    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == ["guide", *names]
    listed = json.loads(run(tmp_path, schema, "guide", "--json")[1])
    assert [entry["name"] for entry in listed] == names
    licence = next(entry for entry in listed if entry["name"] == "sancrt-licence")
    assert licence | {"source": ""} == {
        "name": "sancrt-licence",
        "title_en": "Import or export licence",
        "title_zh": "进出口许可证",
        "message": "SANCRT",
        "directory": "D.01B",
        "association": "CNGC01",
        "documents": ["811", "911"],
        "functions": [],
        "source": "",
    }


def test_a_guide_in_words(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "schemas" / "guides").mkdir(parents=True)
    (home / "hub.toml").write_text("")
    (home / "schemas" / "guides" / "own.toml").write_text(
        """name = "own"
title_en = "Own"
title_zh = "自用"
message = "CUSDEC"
directory = "D.01B"
source = "a test"

[[use]]
at = "SG5/LOC"
where = { 3227 = "91" }
within = { 1001 = ["811", "911"] }
name_en = "issuing office"
name_zh = "发证机关"
status = "required"
most = 1
elements.3225 = { status = "required", form = "n4" }
elements.1131 = { codes = ["113"] }

[[rule]]
name = "licence"
if = [ { at = "BGM", where = { 1001 = "830" } } ]
then_any = [ { at = "SG5", where = { 1001 = "811" }, filled = ["1004"] } ]
text_en = "an export needs a licence"
text_zh = "出口须有许可证"
""",
        "utf-8",
    )
    assert run(home, schema, "guide", "own")[1].splitlines() == [
        "own: CUSDEC D.01B, Own (自用)",
        "for association code any, document name any, function any",
        "source: a test",
        "what is not listed is as in the directory",
        "",
        "LOC+91 (SG5) where the group has 1001 811/911: required, at most 1. issuing office (发证机关)",
        "  Location name code (3225): required, written as n4",
        "  Code list identification code (1131): optional, one of 113",
        "",
        "rule licence: an export needs a licence (出口须有许可证)",
        "  if there is BGM+830",
        "  there is one of DOC+811 (SG5) with 1004",
    ]
    shown = json.loads(run(home, schema, "guide", "own", "--json")[1])
    assert shown["uses"][0] == {
        "at": "SG5/LOC",
        "place": "LOC+91 (SG5)",
        "within": {"1001": ["811", "911"]},
        "name_en": "issuing office",
        "name_zh": "发证机关",
        "status": "required",
        "most": 1,
        "elements": [
            {
                "id": "3225",
                "name_en": "Location name code (3225)",
                "name_zh": "数据元 3225",
                "status": "required",
                "codes": None,
                "list": None,
                "form": "n4",
            },
            {
                "id": "1131",
                "name_en": "Code list identification code (1131)",
                "name_zh": "数据元 1131",
                "status": "optional",
                "codes": ["113"],
                "list": None,
                "form": None,
            },
        ],
    }
    assert shown["rules"][0]["if"] == ["BGM+830"]
