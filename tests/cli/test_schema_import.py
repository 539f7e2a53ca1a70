"""``vanhub schema import``: an archive of UNECE becomes a schema file that the other commands use."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.directory.unece.rendering import STYLES, archive
from tests.directory.unece.test_faults import DIRECTORY
from vanhub.cli.operations import Operations
from vanhub.cli.schema import schema
from vanhub.errors import OperatorError

OCTETS = archive(DIRECTORY, STYLES["D.21B"], UNCL=None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VANHUB_HOME", raising=False)
    (tmp_path / "d24b.zip").write_bytes(OCTETS)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "hub.toml").write_text("")
    return tmp_path / "home"


def run(home: Path | None, *arguments: str) -> Result:
    result = CliRunner().invoke(schema, arguments, obj=Operations(str(home) if home else None), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_an_import_is_used_at_once(home: Path) -> None:
    said = run(home, "import", "d24b.zip")
    target = home / "schemas" / "D.24B.schema"
    assert said.stdout.splitlines() == [
        "D.24B: 1 messages, 2 segments, 1 composites, 2 elements, 0 codelists, 0 codes",
        "2 files are no part of a directory and were passed over: EDMDI1.24B, README.TXT",
        f"written to {target}",
        "`vanhub check` and `vanhub schema` use it from now on; a hub that runs uses it after `vanhub reload`",
    ]
    assert said.stderr == "warning: d24b.zip: there is no code list (UNCL): coded elements of this directory will not be compared with one\n"
    assert run(home, "show", "D.24B").stdout.splitlines() == ["D.24B: 1 message types (original)", "", "FOOBAR  Foo message"]
    [listed] = [entry for entry in json.loads(run(home, "list", "--json").stdout) if entry["name"] == "D.24B"]
    assert listed["source"] == f"imported from d24b.zip, SHA-256 {hashlib.sha256(OCTETS).hexdigest()}"
    assert [path.name for path in target.parent.iterdir()] == ["D.24B.schema"]


def test_an_import_comes_before_what_vanhub_brings_along(home: Path) -> None:
    said = run(home, "import", "d24b.zip", "--name", "D.96B").stdout
    assert "vanhub brings D.96B along too: this one comes before it; remove the file to have that one again\n" in said
    assert run(home, "show", "D.96B").stdout.splitlines()[0] == "D.96B: 1 message types (original)"
    (home / "schemas" / "D.96B.schema").unlink()
    assert run(home, "show", "D.96B").stdout.splitlines()[0] == "D.96B: 136 message types (original)"


def test_json_dry_run_and_another_place(home: Path) -> None:
    expected = {
        "directory": "D.24B",
        "file": None,
        "counts": {"messages": 1, "segments": 2, "composites": 1, "elements": 2, "codelists": 0, "codes": 0},
        "warnings": [
            {"file": "d24b.zip", "line": None, "text": "there is no code list (UNCL): coded elements of this directory will not be compared with one"}
        ],
        "warnings_total": 1,
        "ignored": ["d24b.zip/DISK/EDMD.ZIP/EDMDI1.24B", "d24b.zip/README.TXT"],
    }
    assert json.loads(run(None, "import", "d24b.zip", "--dry-run", "--json").stdout) == expected
    assert not (home / "schemas").exists()
    assert json.loads(run(None, "import", "d24b.zip", "--out", "own/D.24B.schema", "--json").stdout) == expected | {"file": "own/D.24B.schema"}
    assert [path.name for path in Path("own").iterdir()] == ["D.24B.schema"]


def test_what_fails_leaves_nothing_behind(home: Path) -> None:
    (home / "schemas").mkdir()
    (home / "schemas" / "D.24B.schema").write_bytes(b"what was there")
    Path("cut.zip").write_bytes(OCTETS[:500])
    for arguments, text in (
        (["cut.zip"], "cut.zip cannot be unpacked"),
        (["missing.zip"], "cannot read missing.zip: No such file or directory"),
        (["d24b.zip", "--name", "24B"], r"24B is no name of a directory: it should look like D\.24B"),
        (["d24b.zip", "--out", "d24b.zip/x"], "cannot write d24b.zip/x: "),
    ):
        with pytest.raises(OperatorError, match=text):
            run(home, "import", *arguments)
    with pytest.raises(OperatorError, match=r"is no hub.s home: there is no hub\.toml"):
        run(home / "elsewhere", "import", "d24b.zip")
    assert [(path.name, path.read_bytes()) for path in (home / "schemas").iterdir()] == [("D.24B.schema", b"what was there")]
