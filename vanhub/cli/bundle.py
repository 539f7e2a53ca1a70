"""Client bundles: the key is made here, where it is written; the hub sees only its public half."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from vanhub.cli.operations import Operations
from vanhub.errors import OperatorError
from vanhub.pki.keys import new_key, plain_key

_NAMES = ("client.key", "client.pem", "ca.pem")


def issue_bundle(hub: Operations, kind: str, id: str, directory: Path) -> dict[str, Any]:
    """Issue a certificate for a new key and write ``client.key`` (0600), ``client.pem`` (leaf, issuing CA) and ``ca.pem`` (root).

    Raises:
        OperatorError: a file is there already (nothing is issued then) or cannot be written.
        HubError: the hub refuses.
    """
    require_room(directory)
    key = new_key()
    # The hub looks at the public key alone and gives the names that stand in the principal's record.
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    issued = hub.ask("ca.issue", kind=kind, id=id, csr=request.public_bytes(Encoding.PEM).decode())
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content, mode in (
            ("client.key", plain_key(key), 0o600),
            ("client.pem", issued["chain"].encode(), 0o644),
            ("ca.pem", issued["root"].encode(), 0o644),
        ):
            descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
    except OSError as error:
        raise OperatorError(
            f"{directory} cannot be written: {error.strerror}; the certificate {issued['serial']} was issued: `vanhub ca revoke {issued['serial']}`"
        ) from error
    return {"serial": issued["serial"], "not_after": issued["not_after"], "files": [str(directory / name) for name in _NAMES]}


def require_room(directory: Path) -> None:
    """Raises ``OperatorError`` where ``directory`` has a bundle, or part of one, already."""
    if found := [name for name in _NAMES if os.path.lexists(directory / name)]:
        raise OperatorError(f"{directory} has {', '.join(found)} already: choose another folder, nothing is overwritten")
