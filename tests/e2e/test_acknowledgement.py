"""The acknowledgement: readable by programs, right by the hub's own check, and signed so that openssl can verify it and the original."""

from __future__ import annotations

import hashlib
import io
import re
import shlex
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import Partner, RunningHub, cusres, interchange
from tests.e2e.interchanges import new_reference, small, without_bgm
from tests.e2e.ways import by_tcp, said, sftp_files
from vanhub.edifact.contrl import ControlSegment

pytestmark = pytest.mark.e2e

ATTRIBUTES = "2.25.173051187382396220313003056076332026666"
"""The arc of the signed attributes, as docs/acknowledgement.md names it: .1 is the SHA-256, .2 the size."""


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    return hub.add_partner("proven", "PROVEN:ZZZ", sftp=True)


def partly(reference: str) -> bytes:
    """Three messages; the second has no BGM, the third's BGM is too long in an element."""
    too_long = cusres("3", number="N" * 36)
    return interchange("PROVEN:ZZZ", "GACC:ZZZ", reference, cusres("1"), without_bgm("2"), too_long)


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)


def test_contrl_names_every_fault_and_passes_the_hubs_own_check(hub: RunningHub, sender: Partner) -> None:
    reference = new_reference()
    samples = {
        "accepted": small("PROVEN:ZZZ", "GACC:ZZZ"),
        "partly": partly(reference),
        "rejected": small("PROVEN:ZZZ", "NOBODY:ZZZ"),
        "garbage": b"neither this nor that",
    }
    answers = {name: by_tcp(hub, sender, octets) for name, octets in samples.items()}
    report = said(answers["partly"])
    assert (report.reference, str(report.sender), str(report.recipient), report.said.action) == (reference, "PROVEN:ZZZ", "GACC:ZZZ", "7")
    assert [(message.reference, message.said.action) for message in report.messages] == [("2", "4"), ("3", "4")]
    assert report.messages[0].segments == (ControlSegment(1, "13", ()),)
    (segment,) = report.messages[1].segments
    assert [(segment.position, element.code, element.element, element.component) for element in segment.elements] == [(2, "39", 3, 1)]
    for name, answer in answers.items():
        file = hub.scratch(answer)
        (checked,) = (hub.json("check", str(file)))["interchanges"]
        assert (name, checked["verdict"], checked["faults"]) == (name, "accepted", [])
        assert [(message["type"], message["verdict"]) for message in checked["messages"]] == [("CONTRL", "accepted")]


def signed_attributes(p7s: Path) -> tuple[str, int]:
    """SHA-256 and size of what was received, as ``openssl asn1parse`` shows them."""
    printed = run("openssl", "asn1parse", "-inform", "DER", "-in", str(p7s), folder=p7s.parent).stdout
    digest = re.search(rf":{re.escape(ATTRIBUTES)}\.1\n.*\n.*DUMP\]:([0-9A-F]+)", printed)
    size = re.search(rf":{re.escape(ATTRIBUTES)}\.2\n.*\n.*INTEGER *:([0-9A-F]+)", printed)
    assert digest is not None
    assert size is not None
    return digest[1].lower(), int(size[1], 16)


def fetched(hub: RunningHub, sender: Partner, octets: bytes, folder: Path) -> dict[str, Any]:
    """Send and write what the sender gets over HTTPS: contrl.edi and contrl.p7s; the receipt."""
    _, receipt = hub.post(sender, octets)
    for name in ("contrl.edi", "contrl.p7s"):
        status, body = hub.curl(sender, receipt["links"]["acknowledgement" if name == "contrl.edi" else "signature"])
        assert status == 200
        (folder / name).write_bytes(body)
    return dict(receipt)


def verifies(partner: Partner, folder: Path, content: str = "contrl.edi") -> bool:
    command = f"openssl cms -verify -binary -inform DER -in contrl.p7s -content {content} -CAfile {partner.folder / 'ca.pem'} -out /dev/null"
    done = run(*shlex.split(command), folder=folder)
    return done.returncode == 0 and "CMS Verification successful" in done.stderr


def test_openssl_verifies_it_and_finds_another_original(hub: RunningHub, sender: Partner, tmp_path: Path) -> None:
    octets = small("PROVEN:ZZZ", "GACC:ZZZ", new_reference(), number="TEN")
    receipt = fetched(hub, sender, octets, tmp_path)
    assert (tmp_path / "contrl.edi").read_bytes() == receipt["acknowledgement"].encode()
    assert verifies(sender, tmp_path)
    # Of one that says something else: not the hub's.
    (tmp_path / "altered.edi").write_bytes((tmp_path / "contrl.edi").read_bytes().replace(b"+7'", b"+8'"))
    assert not verifies(sender, tmp_path, "altered.edi")
    # And of another original under the same reference, which CONTRL could not tell from this.
    swapped = octets.replace(b"TEN", b"SIX")
    assert signed_attributes(tmp_path / "contrl.p7s") == (hashlib.sha256(octets).hexdigest(), len(octets))
    assert signed_attributes(tmp_path / "contrl.p7s") != (hashlib.sha256(swapped).hexdigest(), len(swapped))


def test_a_partners_own_signature_does_not_pass_for_the_hubs(hub: RunningHub, sender: Partner, tmp_path: Path) -> None:
    fetched(hub, sender, small("PROVEN:ZZZ", "GACC:ZZZ"), tmp_path)
    (tmp_path / "contrl.edi").write_bytes((tmp_path / "contrl.edi").read_bytes().replace(b"+7'", b"+4'"))
    client = sender.folder
    forged = ["-signer", str(client / "client.pem"), "-inkey", str(client / "client.key"), "-certfile", str(hub.path / "certs" / "issuing.pem")]
    done = run("openssl", "cms", "-sign", "-binary", "-in", "contrl.edi", *forged, "-outform", "DER", "-out", "contrl.p7s", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not verifies(sender, tmp_path)


@pytest.mark.parametrize("which", ["accepted", "partly", "garbage"])
def test_the_same_octets_everywhere(hub: RunningHub, sender: Partner, tmp_path: Path, which: str) -> None:
    """TCP, SFTP's files, HTTPS and the evidence of both commands hold one acknowledgement; the evidence is verified as its READ.ME says."""
    octets = {"accepted": small("PROVEN:ZZZ", "GACC:ZZZ"), "partly": partly(new_reference()), "garbage": b"What is this?"}[which]
    files = sftp_files(hub, sender, octets, folder="error" if which == "garbage" else "ack")
    receipt = fetched(hub, sender, octets, tmp_path)
    signature = (tmp_path / "contrl.p7s").read_bytes()
    assert {by_tcp(hub, sender, octets), files[".contrl.edi"], (tmp_path / "contrl.edi").read_bytes()} == {receipt["acknowledgement"].encode()}
    assert files[".contrl.p7s"] == signature
    assert files[".explain.txt"].decode() == receipt["explanation"]

    status, body = hub.curl(sender, receipt["links"]["evidence"])
    assert status == 200
    hub.vanhub("message", "evidence", receipt["id"], "--out", str(tmp_path / "operators.zip"))
    for bundle in (body, (tmp_path / "operators.zip").read_bytes()):
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
        assert sorted(held) == sorted(
            ["READ.ME", "original.edi", "acknowledgement.edi", "acknowledgement.p7s", "explanation.txt", "trace.json", "ca.pem", "issuing.pem", "crl.pem"]
        )
        assert held["original.edi"] == octets
        assert (held["acknowledgement.edi"], held["acknowledgement.p7s"]) == (receipt["acknowledgement"].encode(), signature)
        assert held["explanation.txt"].decode() == receipt["explanation"]
    for name, content in held.items():
        (tmp_path / name).write_bytes(content)
    commands = [line.strip() for line in held["READ.ME"].decode().splitlines() if line.startswith("   openssl ")]
    assert len(commands) >= 4
    for command in commands:
        done = run(*shlex.split(command), folder=tmp_path)
        assert done.returncode == 0, (command, done.stderr)
    assert signed_attributes(tmp_path / "acknowledgement.p7s") == (hashlib.sha256(octets).hexdigest(), len(octets))


def test_control_messages_are_not_acknowledged(hub: RunningHub, sender: Partner) -> None:
    """A CONTRL for nothing that is known is stored and gets no answer, or the two sides would acknowledge one another for ever."""
    body = b"UNH+1+CONTRL:D:3:UN'UCI+NOSUCH+VANHUB:ZZZ+PROVEN:ZZZ+7'UNT+3+1'"
    octets = interchange("PROVEN:ZZZ", "VANHUB:ZZZ", new_reference(), body).replace(b"UNOC", b"UNOA", 1)
    status, receipt = hub.post(sender, octets)
    assert (status, receipt["verdict"], receipt["acknowledgement"]) == (201, "accepted", None)
