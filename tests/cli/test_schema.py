"""``vanhub schema`` as a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vanhub.cli.operations import Operations
from vanhub.cli.schema import schema
from vanhub.directory.pack import pack_schema
from vanhub.errors import OperatorError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VANHUB_HOME", raising=False)


def run(*arguments: str, home: Path | None = None) -> str:
    result = CliRunner().invoke(schema, arguments, obj=Operations(str(home) if home else None), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list() -> None:
    output = run("list")
    assert output.splitlines()[1].startswith("D.93A")
    assert output.endswith("\n")
    assert [entry["name"] for entry in json.loads(run("list", "--json"))][-1] == "service-4"


def test_show_types_a_message_a_segment_and_an_element() -> None:
    assert run("show", "D.96B").splitlines()[0] == "D.96B: 136 message types (original)"
    assert "└─ " in run("show", "d96b", "cusdec")
    assert run("show", "D.96B", "NAD").startswith("NAD D.96B  NAME AND ADDRESS\n")
    assert run("show", "D.96B", "3035").startswith("3035 D.96B  Party qualifier  an..3, 303 codes\n")
    assert json.loads(run("show", "D.96B", "CUSDEC", "--json"))["table"][0]["tag"] == "UNH"
    assert json.loads(run("show", "D.96B", "--json"))["directory"] == "D.96B"


def test_what_is_unknown_is_an_operator_error() -> None:
    for arguments in (["D.96C"], ["D.96B", "CUSDEK"]):
        with pytest.raises(OperatorError, match="nearest: "):
            run("show", *arguments)


def test_a_homes_own_directories_are_shown(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "schemas").mkdir(parents=True)
    (home / "hub.toml").write_text("")
    own = {"directory": "D.23B", "quality": "original", "source": "a test", "messages": {}, "segments": {}, "composites": {}, "elements": {}, "codes": {}}
    (home / "schemas" / "D.23B.schema").write_bytes(pack_schema([own]))
    assert "D.23B" in run("list", home=home)
    assert "D.23B" not in run("list")
