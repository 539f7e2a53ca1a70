from __future__ import annotations

import base64
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.conch.ssh.keys import Key

from tests.pki.judges import run
from vanhub.errors import OperatorError, Refused
from vanhub.pki import ssh

PASSPHRASE = b"correct horse battery"
KINDS = {
    "ssh-ed25519": ("-t", "ed25519"),
    "ecdsa-sha2-nistp256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa-sha2-nistp384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa-sha2-nistp521": ("-t", "ecdsa", "-b", "521"),
    "ssh-rsa": ("-t", "rsa", "-b", "3072"),
}


def _ssh_keygen(*arguments: str | Path) -> str:
    done = run("ssh-keygen", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ssh")
    for name, kind in KINDS.items():
        _ssh_keygen("-q", *kind, "-N", "", "-C", f"{name} of 烟台", "-f", folder / name)
    return folder


@pytest.mark.parametrize("type", KINDS)
def test_a_public_key_is_read_as_ssh_keygen_and_conch_read_it(type: str, folder: Path) -> None:
    line = (folder / f"{type}.pub").read_bytes()
    key = ssh.parse_public_key(line)
    assert (key.type, key.comment) == (type, f"{type} of 烟台")
    assert key.openssh_fingerprint == _ssh_keygen("-l", "-f", folder / f"{type}.pub").split()[1]
    assert key.blob == Key.fromString(line).blob()  # type: ignore[no-untyped-call]  # conch is not annotated
    assert base64.b64decode(key.openssh_fingerprint.removeprefix("SHA256:") + "=").hex() == key.fingerprint


@pytest.mark.parametrize("type", KINDS)
def test_a_key_as_puttygen_saves_it_is_the_same_key(type: str, folder: Path) -> None:
    key = ssh.parse_public_key(_ssh_keygen("-e", "-m", "RFC4716", "-f", folder / f"{type}.pub").encode())
    assert key.blob == ssh.parse_public_key((folder / f"{type}.pub").read_bytes()).blob
    assert " converted by " in key.comment


def test_remarks_windows_line_ends_and_a_byte_order_mark_do_not_matter(folder: Path) -> None:
    line = (folder / "ssh-ed25519.pub").read_bytes().strip()
    assert ssh.parse_public_key(b"\xef\xbb\xbf# our key\r\n\r\n" + line + b"\r\n") == ssh.parse_public_key(line)


def test_a_key_without_a_comment_has_none(folder: Path) -> None:
    line = b" ".join((folder / "ssh-ed25519.pub").read_bytes().split()[:2])
    assert ssh.parse_public_key(line).comment == ""


def test_control_characters_of_a_comment_are_dropped(folder: Path) -> None:
    line = b" ".join((folder / "ssh-ed25519.pub").read_bytes().split()[:2])
    assert ssh.parse_public_key(line + b" a\x1b[31mb\x00c").comment == "a[31mbc"


def test_a_short_rsa_key_is_refused() -> None:
    key = rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key()
    with pytest.raises(Refused, match="the RSA key has 2048 bits: use 3072 to 8192, or Ed25519"):
        ssh.parse_public_key(key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH))


def test_dsa_is_refused() -> None:
    blob = b"".join(struct.pack(">I", len(part)) + part for part in (b"ssh-dss", b"\1", b"\1", b"\1", b"\1"))
    with pytest.raises(Refused, match="SSH keys of the type 'ssh-dss' are not accepted: use ssh-ed25519"):
        ssh.parse_public_key(b"ssh-dss " + base64.b64encode(blob))


def test_a_private_key_is_sent_back(folder: Path) -> None:
    with pytest.raises(Refused, match="this is a private key: give the public one") as error:
        ssh.parse_public_key((folder / "ssh-ed25519").read_bytes())
    assert "b3BlbnNzaC1rZXk" not in str(error.value)


def test_a_certificate_is_no_key(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pub").write_bytes((folder / "ssh-ed25519.pub").read_bytes())
    _ssh_keygen("-q", "-s", folder / "ssh-rsa", "-I", "someone", tmp_path / "a.pub")
    with pytest.raises(Refused, match=r"SSH keys of the type 'ssh-ed25519-cert-v01@openssh\.com' are not accepted"):
        ssh.parse_public_key((tmp_path / "a-cert.pub").read_bytes())


def test_options_of_authorized_keys_are_not_taken(folder: Path) -> None:
    with pytest.raises(Refused, match="SSH keys of the type 'command=\"/bin/sh\"' are not accepted"):
        ssh.parse_public_key(b'command="/bin/sh" ' + (folder / "ssh-ed25519.pub").read_bytes())


def test_one_key_at_a_time(folder: Path) -> None:
    line = (folder / "ssh-ed25519.pub").read_bytes()
    with pytest.raises(Refused, match="give one SSH public key at a time: here are 2"):
        ssh.parse_public_key(line + line)
    with pytest.raises(Refused, match="here are 0"):
        ssh.parse_public_key(b"# nothing\n")


def test_the_word_before_the_key_must_be_the_keys_type(folder: Path) -> None:
    line = (folder / "ssh-ed25519.pub").read_bytes()
    with pytest.raises(Refused, match="says ssh-rsa and is ssh-ed25519"):
        ssh.parse_public_key(line.replace(b"ssh-ed25519 ", b"ssh-rsa "))


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_octets_are_refused_politely(data: bytes) -> None:
    for text in (data, b"ssh-ed25519 " + data, b"ssh-rsa " + base64.b64encode(data), ssh._RFC4716_BEGIN.encode() + b"\n" + data):
        with pytest.raises(Refused):
            ssh.parse_public_key(text)


@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255), type=st.sampled_from(sorted(KINDS)))
@settings(max_examples=150, deadline=None)
def test_a_damaged_blob_is_another_key_or_none(place: float, change: int, type: str, folder: Path) -> None:
    key = ssh.parse_public_key((folder / f"{type}.pub").read_bytes())
    blob = bytearray(key.blob)
    blob[int(place * len(blob))] ^= change
    try:
        other = ssh.parse_public_key(f"{type} {base64.b64encode(blob).decode()}".encode())
    except Refused:
        return
    assert other.fingerprint != key.fingerprint


def test_a_key_that_is_too_large_is_not_parsed() -> None:
    with pytest.raises(Refused, match="at most 16384 octets"):
        ssh.parse_public_key(b"#" * 16_385)


def test_ssh_keygen_and_conch_open_a_new_host_key(tmp_path: Path) -> None:
    private, public = ssh.new_host_key(PASSPHRASE, "vanhub.example")
    (tmp_path / "host").write_bytes(private)
    (tmp_path / "host").chmod(0o600)
    (tmp_path / "host.pub").write_bytes(public)
    assert _ssh_keygen("-y", "-P", PASSPHRASE.decode(), "-f", tmp_path / "host").split()[:2] == public.decode().split()[:2]
    assert public.endswith(b" vanhub.example\n")
    assert run("ssh-keygen", "-y", "-P", "another passphrase", "-f", tmp_path / "host").returncode != 0
    opened = Key.fromString(ssh.decrypt_host_key(private, PASSPHRASE, source="host"))  # type: ignore[no-untyped-call]  # conch is not annotated
    assert opened.blob() == ssh.parse_public_key(public).blob


@pytest.mark.parametrize("passphrase", [b"another passphrase", b""])
def test_a_wrong_passphrase_does_not_open_the_host_key(passphrase: bytes) -> None:
    private, _ = ssh.new_host_key(PASSPHRASE, "vanhub.example")
    with pytest.raises(OperatorError) as error:
        ssh.decrypt_host_key(private, passphrase, source="certs/ssh_host_ed25519_key")
    assert str(error.value) == "certs/ssh_host_ed25519_key does not open with this passphrase, or is no SSH private key: restore it from a backup"


def test_a_host_key_needs_a_passphrase_that_protects() -> None:
    with pytest.raises(OperatorError, match="at least 12 characters"):
        ssh.new_host_key(b"short", "vanhub.example")
