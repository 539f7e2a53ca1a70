"""First mistakes of an operator: what they say, and that the second attempt is not in the way of the first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def vanhub(home: Path, *arguments: str, code: int) -> str:
    """What a command that must end with ``code`` prints: its output, or its error."""
    run = subprocess.run([sys.executable, "-m", "vanhub.cli", "--home", str(home), *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == code, run
    return run.stderr if code else run.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mistakes") / "home"
    vanhub(path, "init", code=0)
    return path


def test_a_partner_whose_files_are_wrong_is_not_entered(home: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "ca.pem").touch()
    add = ("partner", "add", "carrier", "--edi", "CARRIER")
    assert vanhub(home, *add, "--sftp-key", str(key), code=1) == (
        "vanhub: this is a private key: give the public one (the file that ends in .pub), and keep this one to yourself\n"
    )
    assert vanhub(home, *add, "--certificate", str(bundle), code=2) == f"vanhub: {bundle} has ca.pem already: choose another folder, nothing is overwritten\n"
    assert vanhub(home, "partner", "list", code=0) == "no partner is entered\n"


def test_a_key_that_is_anothers_leaves_a_partner_without_and_says_so(home: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    vanhub(home, "partner", "add", "one", "--edi", "ONE", "--sftp-key", f"{key}.pub", code=0)
    assert vanhub(home, "partner", "add", "two", "--edi", "TWO", "--sftp-key", f"{key}.pub", code=1) == (
        "two is entered, but not with all of this:\nvanhub: this ssh-key is one's already\n"
    )


@pytest.mark.parametrize(
    ("command", "text"),
    [(("message", "evidence", "NOPE"), "there is no interchange NOPE"), (("mailbox", "fetch", "NOPE"), "there is no delivery NOPE")],
)
def test_what_cannot_be_written_whole_leaves_no_file(home: Path, tmp_path: Path, command: tuple[str, ...], text: str) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        assert vanhub(home, *command, "--out", str(out), code=1) == f"vanhub: {text}\n"
    assert vanhub(home, *command, "--out", str(tmp_path / "absent" / "out"), code=2).endswith("out cannot be written: No such file or directory\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["gbk18", "utf-16"])
def test_an_encoding_that_there_is_not_is_no_fault_of_the_interchange(home: Path, name: str) -> None:
    said = vanhub(home, "check", "--encoding", name, "-", code=2)
    assert said.startswith("vanhub: --encoding: ")
    assert name in said
