"""The sessions in docs/protocols, replayed word for word against a running hub by the programs that they name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.hub import Partner, RunningHub
from tests.test_docs import ROOT, blocks, text_of

pytestmark = pytest.mark.e2e

PROTOCOLS = ROOT / "docs" / "protocols"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = RunningHub(tmp_path_factory.mktemp("sessions") / "home")
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="module")
def trader(hub: RunningHub) -> Partner:
    return hub.add_partner("shenzhen-textiles", "SZTEXTILES:ZZZ")


@pytest.fixture(scope="module")
def carrier(hub: RunningHub) -> Partner:
    return hub.add_partner("nanhai-line", "NHLINE:ZZZ", sftp=True)


@pytest.fixture
def folder(tmp_path: Path, trader: Partner) -> Path:
    """Where a reader of the pages would stand: the examples, and the trader's keys in ``keys``."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "keys").symlink_to(trader.folder)
    return tmp_path


def shell(folder: Path, script: str) -> str:
    """Run a block of a page; its standard output."""
    done = subprocess.run(["/bin/sh", "-eu", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def without_reference_and_time(interchange: str) -> str:
    """An answer of the hub, but for what differs each time."""
    text = re.sub(r"(UNB\+[^+]*\+[^+]*\+[^+]*)\+[^+]*\+[^+']*", r"\1", interchange.replace("\n", ""))
    return re.sub(r"(UNZ\+\d+)\+[^']*", r"\1", text)


def test_the_tcp_session_gets_the_answer_that_the_page_shows(hub: RunningHub, folder: Path) -> None:
    text = text_of(PROTOCOLS / "tcp.md")
    (script,) = blocks(text, "sh")
    answer = shell(folder, script.replace("localhost:9735", f"localhost:{hub.port('tcp')}"))
    assert without_reference_and_time(answer) == without_reference_and_time(blocks(text, "edifact")[0])


def test_the_https_session_is_new_and_then_a_repeat(hub: RunningHub, folder: Path) -> None:
    (script,) = blocks(text_of(PROTOCOLS / "https.md"), "sh")
    script = script.replace("localhost:8443", f"localhost:{hub.port('https')}")
    first, second = json.loads(shell(folder, script)), json.loads(shell(folder, script))
    assert (first["outcome"], first["verdict"]) == ("new", "accepted")
    assert second == first | {"outcome": "repeat"}


def test_the_sftp_session_uploads_is_answered_and_collects(hub: RunningHub, folder: Path, trader: Partner, carrier: Partner) -> None:
    for_carrier = (ROOT / "examples" / "cusres-release.edi").read_bytes().replace(b"GACC:ZZZ+SZTEXTILES:ZZZ", b"SZTEXTILES:ZZZ+NHLINE:ZZZ")
    hub.send(trader, for_carrier)
    text = text_of(PROTOCOLS / "sftp.md")
    (session,) = blocks(text, "console")
    call, *lines = session.splitlines()
    assert call == "$ sftp -P 2222 -i carrier_key nanhai-line@localhost"
    # OpenSSH's sftp runs in the folder of the hub's home; the page's reader would stand where the files are.
    batch = f"lcd {folder}\n" + "\n".join(line.removeprefix("sftp> ") for line in lines)
    hub.sftp(carrier, batch)

    (name,) = (file.name.removesuffix(".contrl.edi") for file in folder.glob("*.contrl.edi"))
    assert re.fullmatch(r"UNB\+.*'UCI\+NHL0000007731\+NHLINE:ZZZ\+GACC:ZZZ\+7'UNT.*", (folder / f"{name}.contrl.edi").read_text())
    assert (folder / f"{name}.explain.txt").read_text(encoding="utf-8").startswith("ACCEPTED: interchange NHL0000007731")
    shutil.copy(trader.folder / "ca.pem", folder)
    (verify,) = blocks(text, "sh")
    shell(folder, verify.replace("NAME", name))

    (collected,) = folder.glob("SZTEXTILES-ZZZ_*.edi")
    assert re.fullmatch(r"SZTEXTILES-ZZZ_GACC0603205512_CUSRES_[a-z0-9]+\.edi", os.path.basename(collected))
    assert collected.read_bytes() == for_carrier.rstrip()
