"""Who is it, are they still allowed, and may they have one more session?

Every decision is made against the registry as it is at that moment, so that a revocation or a disabled principal acts on every
credential and every gateway at once: new sessions are refused, and ``reconcile`` ends the open ones. Failed logins are counted
per name and peer with a monotonic clock, so that a stranger elsewhere cannot lock a partner out.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from twisted.internet.defer import Deferred, fail
from twisted.internet.threads import deferToThreadPool

from vanhub.errors import Busy, Untrusted
from vanhub.gateways.seam import Session
from vanhub.pki import secrets
from vanhub.service.core import Core
from vanhub.values.principal import Credential, CredentialKind, Principal

_log = structlog.get_logger("vanhub.door")

FAILURE_WINDOW_S = 600.0
UNKNOWN_NAME_FAILURES = 10
"""Failed logins allowed to a name that the hub does not know (a known one has its agreement's limit)."""

FAILURES_KEPT = 10_000
"""Pairs of name and peer whose failures are counted; beyond it the oldest pair is forgotten, so that no stranger fills the memory."""

PASSWORD_CHECKS = 4
"""Password hashes computed at once; scrypt is made to be slow and would otherwise fill the thread pool."""


class FrontDoor:
    """The hub's ``Doorkeeper``. Lives on the reactor thread."""

    def __init__(self, core: Core, reactor: Any, monotonic: Callable[[], float], entropy: Callable[[int], bytes]) -> None:
        self._core, self._reactor, self._monotonic, self._entropy = core, reactor, monotonic, entropy
        self._sessions: dict[str, Session] = {}
        self._failures: dict[tuple[str, str], deque[float]] = {}
        self._checking = 0

    # Authentication

    def by_certificate(self, der: bytes, peer: str) -> tuple[Principal, str]:
        fingerprint = hashlib.sha256(der).hexdigest()
        return self._admit(self._core.registry.credential(CredentialKind.CERTIFICATE, fingerprint), "certificate", fingerprint, peer)

    def by_token(self, token: str, peer: str) -> tuple[Principal, str]:
        fingerprint = secrets.fingerprint(token)
        return self._admit(self._core.registry.credential(CredentialKind.TOKEN, fingerprint), "token", fingerprint[:16], peer)

    def by_ssh_key(self, name: str, blob: bytes, peer: str) -> tuple[Principal, str]:
        fingerprint = hashlib.sha256(blob).hexdigest()
        credential = self._core.registry.credential(CredentialKind.SSH_KEY, fingerprint)
        if credential is not None and credential.principal != name:
            credential = None
        return self._admit(credential, "ssh-key", fingerprint, peer)

    def by_code(self, name: str, code: str, peer: str) -> Credential:
        """The one-time code of the principal ``name``, as somebody typed it. Raises ``Untrusted``, or ``Busy`` after too many failures."""
        if self._locked(name, peer):
            raise _too_many()
        typed = secrets.read_enrolment_code(code)
        credential = self._core.registry.credential(CredentialKind.ENROLMENT, typed.fingerprint) if typed is not None else None
        reason = "wrong name or code" if credential is None or credential.principal != name else self._core.why_not(credential)
        if credential is None or reason:
            self._failed(name, peer)
            raise self._refuse("enrolment", name, peer, reason)
        return credential

    def by_password(self, name: str, password: str, peer: str) -> Deferred[tuple[Principal, str]]:
        if self._locked(name, peer):
            return fail(_too_many())
        if self._checking >= PASSWORD_CHECKS:
            return fail(Busy("too many logins at once", 1.0))
        credential = next(iter(self._core.registry.credentials_of(name, CredentialKind.PASSWORD)), None)
        secret = credential.secret if credential is not None else secrets.NO_PASSWORD
        self._checking += 1
        checking = deferToThreadPool(self._reactor, self._reactor.getThreadPool(), secrets.verify_password, password, secret)

        def checked(good: object) -> tuple[Principal, str]:
            self._checking -= 1
            # It may have been set anew meanwhile.
            if good is not True or credential not in self._core.registry.credentials_of(name, CredentialKind.PASSWORD):
                self._failed(name, peer)
                raise self._refuse("password", name, peer, "wrong name or password")
            return self._admit(credential, "password", name, peer)

        return checking.addBoth(checked)

    def _admit(self, credential: Credential | None, kind: str, shown: str, peer: str) -> tuple[Principal, str]:
        if credential is None:
            raise self._refuse(kind, shown, peer, "unknown or withdrawn credential")
        reason = self._core.why_not(credential)
        if reason:
            raise self._refuse(kind, credential.principal, peer, reason)
        return self._core.registry.principal(credential.principal), credential.id  # type: ignore[return-value]

    def _refuse(self, kind: str, shown: str, peer: str, reason: str) -> Untrusted:
        self._core.noise.count(f"login refused: {kind}: {reason}")
        _log.warning("login.refused", kind=kind, who=shown, peer=peer, reason=reason)
        return Untrusted(reason)

    def _failed(self, name: str, peer: str) -> None:
        self._failures.setdefault(_from(name, peer), deque()).append(self._monotonic())
        if len(self._failures) > FAILURES_KEPT:
            del self._failures[next(iter(self._failures))]

    def _locked(self, name: str, peer: str) -> bool:
        failures = self._failures.get(_from(name, peer))
        if failures is None:
            return False
        while failures and failures[0] < self._monotonic() - FAILURE_WINDOW_S:
            failures.popleft()
        principal = self._core.registry.principal(name)
        most = principal.agreement.max_failed_logins if principal is not None else UNKNOWN_NAME_FAILURES
        return len(failures) >= most

    # Sessions

    def open(self, session: Session) -> None:
        principal = session.principal
        if len(self._sessions) >= self._core.settings.limits.sessions:
            raise Busy("the hub has as many sessions open as it may; try again later", 30.0)
        open_now = sum(other.principal.id == principal.id for other in self._sessions.values())
        if open_now >= principal.agreement.max_sessions:
            raise Busy(f"{principal.id} has {open_now} sessions open, the most that its agreement allows", 30.0)
        self._core.record_login(session.principal.id, session.gateway, session.peer, session.credential)  # which a full store refuses
        session.id = self._entropy(8).hex()
        self._sessions[session.id] = session
        self._core.metrics.sessions(session.gateway, +1)
        _log.info("session.opened", session=session.id, principal=principal.id, gateway=session.gateway, peer=session.peer)

    def close(self, session: Session, reason: str) -> None:
        if self._sessions.pop(session.id, None) is not None:
            self._core.metrics.sessions(session.gateway, -1)
            _log.info("session.closed", session=session.id, principal=session.principal.id, gateway=session.gateway, reason=reason)

    def reconcile(self) -> int:
        """End every session whose principal or credential is no longer good; give the others their principal's present terms. Returns how many ended."""
        ended = 0
        registry = self._core.registry
        for session in list(self._sessions.values()):
            principal = registry.principal(session.principal.id)
            credential = registry.credential_by_id(session.credential)
            reason = (
                "the principal was removed" if principal is None else "the credential was withdrawn" if credential is None else self._core.why_not(credential)
            )
            if reason or principal is None:
                ended += 1
                session.end(reason)
            else:
                session.principal = principal
        return ended

    def sessions(self) -> list[dict[str, str]]:
        """The open sessions, for ``vanhub status``."""
        return [{"id": s.id, "principal": s.principal.id, "gateway": s.gateway, "peer": s.peer} for s in self._sessions.values()]

    def end_all(self, reason: str) -> None:
        for session in list(self._sessions.values()):
            session.end(reason)


def _from(name: str, peer: str) -> tuple[str, str]:
    """Whose failures are counted together: those of one name from one host. No principal's name is longer than what is kept of it."""
    return name[:64], peer.rsplit(":", 1)[0]


def _too_many() -> Busy:
    return Busy("too many failed logins; wait ten minutes", FAILURE_WINDOW_S)
