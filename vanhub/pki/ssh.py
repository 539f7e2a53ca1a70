"""SSH keys: reading the public keys that principals bring, making the hub's host key.

Accepted: Ed25519, ECDSA on P-256, P-384 and P-521, RSA of at least 3072 bits. Everything else is refused by name (DSA, certificates, private keys, ...).
A key is known by the SHA-256 of its blob (RFC 4253, section 6.6), which OpenSSH prints in base64 and the store keeps in hex.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from vanhub.errors import OperatorError, Refused
from vanhub.pki.keys import RSA_BITS_LEAST, RSA_BITS_MOST, require_passphrase

TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")

_OCTETS_MOST = 16_384
_RFC4716_BEGIN = "---- BEGIN SSH2 PUBLIC KEY ----"
_RFC4716_END = "---- END SSH2 PUBLIC KEY ----"


@dataclass(frozen=True, slots=True)
class SshKey:
    """An SSH public key: its blob, its type (``"ssh-ed25519"``), and the comment that came with it."""

    blob: bytes
    type: str
    comment: str

    @property
    def fingerprint(self) -> str:
        """Lower-case hex SHA-256 of the blob: what a credential is found by."""
        return hashlib.sha256(self.blob).hexdigest()

    @property
    def openssh_fingerprint(self) -> str:
        """``SHA256:...`` as ssh-keygen prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).rstrip(b"=").decode()


def parse_public_key(data: bytes) -> SshKey:
    """The one public key in ``data``: a file or line of OpenSSH's (``id_ed25519.pub``), or RFC 4716 as PuTTYgen saves it.

    Raises:
        Refused: no key, several keys, a private key, a type that is not accepted, or RSA that is too short.
    """
    if len(data) > _OCTETS_MOST:
        raise Refused(f"an SSH public key has at most {_OCTETS_MOST} octets, this has {len(data)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("this is no SSH public key: it is not text") from None
    if "PRIVATE KEY" in text or text.startswith("PuTTY-User-Key-File"):
        raise Refused("this is a private key: give the public one (the file that ends in .pub), and keep this one to yourself")
    said, encoded, comment = _rfc4716(text) if text.lstrip().startswith(_RFC4716_BEGIN) else _openssh(text)
    try:
        blob = binascii.a2b_base64(encoded, strict_mode=True)
    except (binascii.Error, ValueError):
        raise Refused("this is no SSH public key: its base64 is damaged") from None
    key = SshKey(*_canonical(blob), comment)
    if said not in {"", key.type}:
        raise Refused(f"this is no SSH public key: it says {said} and is {key.type}")
    return key


def new_host_key(passphrase: bytes, comment: str) -> tuple[bytes, bytes]:
    """A new Ed25519 host key: OpenSSH's private format in PEM, encrypted, and the line of its public key."""
    key = ed25519.Ed25519PrivateKey.generate()
    encryption = serialization.BestAvailableEncryption(require_passphrase(passphrase))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private, public + b" " + comment.encode() + b"\n"


def decrypt_host_key(pem: bytes, passphrase: bytes, *, source: str) -> bytes:
    """The host key in OpenSSH's private format, unencrypted, for conch to load. ``source`` names the file for the error text.

    Raises:
        OperatorError: wrong passphrase, or no such key.
    """
    try:
        key = serialization.load_ssh_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise OperatorError(f"{source} does not open with this passphrase, or is no SSH private key: restore it from a backup") from None
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())


def _openssh(text: str) -> tuple[str, str, str]:
    """Type, base64 and comment of the one line that is neither empty nor a remark."""
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if len(keys) != 1:
        raise Refused(f"give one SSH public key at a time: here are {len(keys)}")
    type, _, rest = keys[0].partition(" ")
    encoded, _, comment = rest.strip().partition(" ")
    _require_type(type)
    return type, encoded, _printable(comment)


def _rfc4716(text: str) -> tuple[str, str, str]:
    """As ``_openssh``, the type empty: only the blob says it. Headers may run on over lines that end in a backslash (RFC 4716, 3.3)."""
    lines = [line.strip() for line in text.strip().replace("\\\r\n", "").replace("\\\n", "").splitlines()]
    if lines[-1] != _RFC4716_END or lines.count(_RFC4716_BEGIN) != 1:
        raise Refused(f"this is no single SSH public key of RFC 4716: it ends in {_RFC4716_END!r}")
    headers = [line for line in lines[1:-1] if ":" in line]
    comments = [line.partition(":")[2].strip().strip('"') for line in headers if line.lower().startswith("comment:")]
    return "", "".join(line for line in lines[1:-1] if ":" not in line), _printable(comments[0]) if comments else ""


def _canonical(blob: bytes) -> tuple[bytes, str]:
    """The key's blob as OpenSSH writes it, and its type, if it is one that is accepted."""
    length = int.from_bytes(blob[:4], "big")
    type = blob[4 : 4 + length].decode("ascii", "replace")
    _require_type(type)
    try:
        key = serialization.load_ssh_public_key(f"{type} {base64.b64encode(blob).decode()}".encode())
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):  # NotImplementedError: compressed points
        raise Refused(f"this is no SSH public key: what follows {type} is damaged") from None
    if isinstance(key, rsa.RSAPublicKey) and not RSA_BITS_LEAST <= key.key_size <= RSA_BITS_MOST:
        raise Refused(f"the RSA key has {key.key_size} bits: use {RSA_BITS_LEAST} to {RSA_BITS_MOST}, or Ed25519")
    canonical = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return binascii.a2b_base64(canonical.split(b" ")[1]), type


def _require_type(type: str) -> None:
    if type not in TYPES:
        raise Refused(f"SSH keys of the type {_printable(type)[:60]!r} are not accepted: use {', '.join(TYPES)}")


def _printable(text: str) -> str:
    return "".join(character for character in text.strip() if character.isprintable())[:200]
