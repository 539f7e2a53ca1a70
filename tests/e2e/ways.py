"""The ways in: each sends one interchange as a partner does and returns the acknowledgement."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

from tests.e2e.hub import ANSWER_S, Partner, RunningHub
from vanhub.edifact.contrl import ControlReport, parse_contrl

_NUMBERS = count(1)


def by_tcp(hub: RunningHub, partner: Partner, octets: bytes) -> bytes:
    """Python's ssl sockets."""
    (answer,) = hub.send(partner, octets)
    return answer


def by_openssl(hub: RunningHub, partner: Partner, octets: bytes) -> bytes:
    """``openssl s_client``, which ends its session when it has the answer."""
    command = [
        "openssl",
        "s_client",
        "-quiet",
        "-nocommands",
        "-no_ign_eof",
        "-verify_return_error",
        "-connect",
        f"localhost:{hub.port('tcp')}",
        *partner.certificate,
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(octets)
        client.stdin.flush()
        answer = b""
        while b"UNZ+" not in answer or not answer.endswith(b"'"):
            piece = client.stdout.read1()  # type: ignore[attr-defined]  # a BufferedReader, which Popen does not say
            if not piece:
                break
            answer += piece
        client.stdin.close()
        client.wait(ANSWER_S)
    return answer


def by_sftp(hub: RunningHub, partner: Partner, octets: bytes) -> bytes:
    """OpenSSH's sftp: put, then get the acknowledgement of that name."""
    return sftp_files(hub, partner, octets)[".contrl.edi"]


def sftp_files(hub: RunningHub, partner: Partner, octets: bytes, *, folder: str = "ack") -> Mapping[str, bytes]:
    """What stands in ``ack/`` (or ``error/``) after an upload, by ending."""
    name = f"upload{next(_NUMBERS)}.edi"
    file = hub.scratch(octets)
    with tempfile.TemporaryDirectory(dir=hub.path.parent) as target:
        hub.sftp(partner, f"put {file} outbox/{name}\nget {folder}/{name}-* {target}/\n")
        file.unlink()
        return {path.name[path.name.index(".", len(name)) :]: path.read_bytes() for path in Path(target).iterdir()}


def by_https(hub: RunningHub, partner: Partner, octets: bytes) -> bytes:
    """curl."""
    _, receipt = hub.post(partner, octets)
    acknowledgement: str = receipt["acknowledgement"]
    return acknowledgement.encode()


WAYS: Mapping[str, Callable[[RunningHub, Partner, bytes], bytes]] = {"tcp": by_tcp, "openssl": by_openssl, "sftp": by_sftp, "https": by_https}


def said(acknowledgement: bytes) -> ControlReport:
    """What the one CONTRL of an acknowledgement says."""
    (report,) = parse_contrl(acknowledgement)
    return report


def uci(acknowledgement: bytes) -> tuple[str, str, str]:
    """Reference, 0083 and 0085 of UCI."""
    report = said(acknowledgement)
    return report.reference, report.said.action, report.said.code
