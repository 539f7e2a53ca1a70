"""docs/acknowledgement.md tells outsiders how to check a signature with openssl: its commands run here as they stand."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from tests.pki.judges import run
from vanhub.pki import cms
from vanhub.service.authority import Authority

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "acknowledgement.md").read_text(encoding="utf-8")
CHECKING, EXAMPLE = (PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0] for title in ("Checking one", "Example"))
SENT, CONTRL = b"UNB+UNOC:3+A+B+261121:0830+1'UNZ+0+1'", b"UNB+UNOC:3+B+A+261121:0831+9'UNZ+0+9'"


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a partner has in hand: signed just now, because the page's commands look at the clock."""
    now = datetime.now(UTC)
    authority = Authority.create(tmp_path / "certs", os.urandom(16), domain="hub.example", tls_names=["127.0.0.1"], now=now)
    signature = authority.acknowledgement_signer().sign(CONTRL, signing_time=now, received_sha256=hashlib.sha256(SENT).digest(), received_octets=len(SENT))
    for name, content in (
        ("sent.edi", SENT),
        ("contrl.edi", CONTRL),
        ("contrl.p7s", signature),
        ("ca.pem", authority.path("root.pem").read_bytes()),
        ("crl.pem", authority.path("crl.pem").read_bytes()),
    ):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def _sh(script: str, folder: Path) -> str:
    done = run("sh", "-euc", f"cd '{folder}'\n{script}")
    assert done.returncode == 0, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


def test_the_commands_for_checking_one(folder: Path) -> None:
    verify, sizes, digests, when, revocation = (_sh(block, folder) for block in _blocks(CHECKING, "sh"))
    assert verify == "CMS Verification successful\n"
    assert revocation == "signer.pem: OK\n"
    assert digests.split() == [hashlib.sha256(SENT).hexdigest()] * 2
    assert sizes.split() == [str(len(SENT))] * 2
    assert "UTCTIME:" in when
    assert "subject=O = hub.example, CN = hub.example acknowledgements" in when


def test_the_commands_find_a_swapped_original(folder: Path) -> None:
    (folder / "sent.edi").write_bytes(SENT.replace(b"A+B", b"A+C"))
    signed, sent = [_sh(block, folder) for block in _blocks(CHECKING, "sh")[1:3]][1].split()
    assert signed == hashlib.sha256(SENT).hexdigest() != sent


def test_a_line_end_behind_the_interchange_does_not_count(folder: Path) -> None:
    (folder / "sent.edi").write_bytes(SENT + b"\r\n")
    sizes, digests = (_sh(block, folder).split() for block in _blocks(CHECKING, "sh")[1:3])
    assert sizes == [str(len(SENT)), str(len(SENT) + 2)]
    assert digests == [hashlib.sha256(SENT).hexdigest()] * 2


def test_the_commands_find_an_altered_acknowledgement(folder: Path) -> None:
    (folder / "contrl.edi").write_bytes(CONTRL.replace(b"0831", b"0832"))
    done = run("sh", "-euc", f"cd '{folder}'\n{_blocks(CHECKING, 'sh')[0]}")
    assert done.returncode != 0
    assert b"CMS Verification failure" in done.stderr


def test_the_example_prints_what_the_page_shows() -> None:
    shown = [_sh(block, DOCS / "acknowledgement") for block in _blocks(EXAMPLE, "sh")]
    assert shown == _blocks(EXAMPLE, "text")


def test_the_example_is_what_the_page_says() -> None:
    files = {name: (DOCS / "acknowledgement" / name).read_bytes() for name in ("sent.edi", "contrl.edi", "contrl.p7s", "ca.pem")}
    assert _blocks(EXAMPLE, "edi") == [f"{files['sent.edi'].decode()}\n{files['contrl.edi'].decode()}\n"]
    at = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    receipt = cms.verify(files["contrl.edi"], files["contrl.p7s"], roots=[x509.load_pem_x509_certificate(files["ca.pem"])], at=at)
    assert (receipt.signing_time, receipt.received_sha256, receipt.received_octets) == (
        at,
        hashlib.sha256(files["sent.edi"]).digest(),
        len(files["sent.edi"]),
    )


def test_the_page_names_the_attributes_as_the_code_does() -> None:
    assert f"| receivedSha256 | {cms.RECEIVED_SHA256} |" in PAGE
    assert f"| receivedOctets | {cms.RECEIVED_OCTETS} |" in PAGE
