"""Verbs on credentials: SSH keys, tokens, passwords, one-time codes. Secrets come out once and are kept as digests only."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from vanhub.errors import Conflict, NotFound, OperatorError
from vanhub.pki import secrets, ssh
from vanhub.service.core import Core
from vanhub.service.identifiers import new_id
from vanhub.service.verbs import verb
from vanhub.service.verbs.shapes import credential_json, plain, require_principal
from vanhub.store import credentials
from vanhub.values.principal import Credential, CredentialKind


@verb("key.add", writes=True)
def key_add(core: Core, actor: str, *, id: str, line: str, label: str = "") -> dict[str, Any]:
    """Enter an SSH public key, given as the content of its file. Raises ``Refused`` for a weak or malformed one."""
    key = ssh.parse_public_key(line.encode("utf-8", "replace"))
    added = _add(core, actor, id, CredentialKind.SSH_KEY, key.fingerprint, label=label or key.comment)
    return credential_json(core, added) | {"name": key.openssh_fingerprint, "type": key.type}


@verb("token.issue", writes=True)
def token_issue(core: Core, actor: str, *, id: str, label: str = "", days: int = 365) -> dict[str, Any]:
    """A new bearer token; its text is in the result and nowhere else."""
    token = secrets.new_token(core.entropy)
    until = core.clock() + timedelta(days=days)
    added = _add(core, actor, id, CredentialKind.TOKEN, token.fingerprint, label=label, not_after=until)
    return credential_json(core, added) | {"token": token.reveal()}


@verb("password.set", writes=True)
def password_set(core: Core, actor: str, *, id: str, password: str) -> dict[str, Any]:
    """Set the password; an earlier one is withdrawn. Raises ``Refused`` for one that is too short."""
    hashed = secrets.hash_password(password, core.entropy)
    return credential_json(core, _add(core, actor, id, CredentialKind.PASSWORD, secrets.fingerprint(id), secret=hashed))


@verb("enrolment.issue", writes=True)
def enrolment_issue(core: Core, actor: str, *, id: str, hours: int = 72) -> dict[str, Any]:
    """A one-time code with which the principal fetches a certificate; its text is in the result and nowhere else."""
    code = secrets.new_enrolment_code(core.entropy)
    until = core.clock() + timedelta(hours=hours)
    added = _add(core, actor, id, CredentialKind.ENROLMENT, code.fingerprint, not_after=until)
    return {"code": code.reveal(), "id": id, "not_after": plain(added.not_after)}


@verb("credential.list")
def list_(core: Core, *, id: str, kind: str) -> list[dict[str, Any]]:
    """Credentials of one kind, withdrawn ones too."""
    require_principal(core, id)
    return [credential_json(core, found) for found in core.store.look(credentials.list_credentials, principal_id=id, kind=CredentialKind(kind))]


@verb("credential.withdraw", writes=True)
def withdraw(core: Core, actor: str, *, id: str, kind: str, fingerprint: str, reason: str) -> dict[str, Any]:
    """Withdraw the one credential whose fingerprint begins so (hex; for SSH keys also ``SHA256:...``).

    Raises:
        NotFound: none begins so.
        Conflict: several do.
    """
    require_principal(core, id)
    wanted = _hex(fingerprint)
    found = [
        credential
        for credential in core.store.look(credentials.list_credentials, principal_id=id, kind=CredentialKind(kind))
        if credential.revoked_at is None and credential.fingerprint.startswith(wanted)
    ]
    if not found:
        raise NotFound(f"{id} has no {kind} that begins with {fingerprint!r}")
    if len(found) > 1:
        raise Conflict(f"{id} has {len(found)} of them that begin with {fingerprint!r}: write more digits")
    return credential_json(core, core.store.call(credentials.revoke_credential, found[0].id, reason=reason, now=core.clock(), actor=actor))


def _hex(fingerprint: str) -> str:
    """A fingerprint, or its beginning, in lower-case hex; OpenSSH prints it in base64 after ``SHA256:``."""
    if not fingerprint.startswith("SHA256:"):
        return fingerprint.lower()
    try:
        return base64.b64decode(fingerprint[7:] + "=", validate=True).hex()
    except ValueError:
        raise OperatorError(f"{fingerprint!r} is no fingerprint as ssh-keygen -l prints it") from None


def _add(
    core: Core, actor: str, id: str, kind: CredentialKind, fingerprint: str, *, secret: str = "", label: str = "", not_after: datetime | None = None
) -> Credential:
    require_principal(core, id)
    now = core.clock()
    new = Credential(new_id(now, core.entropy), id, kind, fingerprint, secret, label, now, not_after, None)
    added = core.store.call(credentials.add_credential, new, now=now, actor=actor)
    core.refresh()
    return added
