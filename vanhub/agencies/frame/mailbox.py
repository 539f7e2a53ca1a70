"""The agency's mailbox at the hub: the public API ``/v1`` over one connection that stays open, with the agency's client certificate."""

from __future__ import annotations

import http.client
import json
import select
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from cryptography import x509

from vanhub.errors import HubError, OperatorError, TemporaryError
from vanhub.pki.subjects import common_name

# What the hub means for good; anything else may be another the next time: its operator grants a right, its disk has room again.
_REFUSED_FOR_GOOD = frozenset({400, 413, 415})
_ANSWERED = frozenset({200, 201, 409, 422})


class HubAway(TemporaryError):
    """The hub cannot be reached, or cannot do it now. The same request, unchanged, later."""

    code = "hub-away"


class Uncollectable(HubError):
    """The hub answers, but does not give this delivery: it was withdrawn meanwhile, or is damaged there."""

    code = "uncollectable"


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery claimed: ``token`` commits or releases it, ``size`` in octets, ``guide_faults``: how often its messages break their guides."""

    id: str
    token: str
    size: int
    sha256: str
    guide_faults: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the hub says of an interchange. ``answer``: accepted, partly, rejected, conflict (its reference was used with other content) or refused (it was not looked at)."""

    answer: str
    explanation: str
    guide_faults: int = 0


class Mailbox(Protocol):
    """What an agency does at the hub. All raise ``HubAway``."""

    def claim(self, most: int, lease_s: int, slot: str, wait_s: float) -> Sequence[Claim]:
        """Up to so many deliveries, oldest first; waits so long while there are none, or until it is woken."""
        ...

    def content(self, claim: Claim) -> bytes:
        """Its octets. Raises ``Uncollectable``."""
        ...

    def commit(self, id: str, token: str) -> bool:
        """It is safe here. False: the claim ran out; the delivery comes again."""
        ...

    def release(self, id: str, token: str) -> None: ...

    def post(self, octets: bytes) -> Receipt: ...


class HttpsMailbox:
    """``url``: ``https://HOST:PORT``; ``folder`` has ``principal``'s client.pem, client.key and ca.pem; ``bell``: a file descriptor that becomes readable when a waiting claim is to end.

    Raises:
        OperatorError: the credentials cannot be read, or are another principal's, whose mail would be taken.
    """

    def __init__(self, url: str, folder: Path, principal: str, *, timeout_s: float, bell: int) -> None:
        self._address = urlsplit(url)
        self._folder = folder
        self._principal = principal
        self._timeout_s = timeout_s
        self._bell = bell
        self._connection: http.client.HTTPSConnection | None = None
        self._context()

    def claim(self, most: int, lease_s: int, slot: str, wait_s: float) -> Sequence[Claim]:
        body = json.dumps({"max": most, "lease_s": lease_s, "slot": slot, "wait": wait_s}).encode()
        answer = self._ask("POST", "/v1/mailbox/claim", body, wait_s)
        if answer is None:
            return ()
        status, octets = answer
        found = self._members(status, octets, "claim", 200)
        return [Claim(each["id"], each["claim"], each["size"], each["sha256"], each["guide_faults"]) for each in found["deliveries"]]

    def content(self, claim: Claim) -> bytes:
        status, octets = self._require("GET", f"/v1/deliveries/{claim.id}/content")
        if status != 200:
            raise Uncollectable(f"delivery {claim.id} cannot be collected: {_said(status, octets)}")
        return octets

    def commit(self, id: str, token: str) -> bool:
        status, octets = self._require("POST", f"/v1/deliveries/{id}/commit", json.dumps({"claim": token}).encode())
        # What is not there any more has expired: it will not come again either.
        if status in {404, 409}:
            return False
        self._members(status, octets, "commit", 200)
        return True

    def release(self, id: str, token: str) -> None:
        self._require("POST", f"/v1/deliveries/{id}/release", json.dumps({"claim": token}).encode())

    def post(self, octets: bytes) -> Receipt:
        status, body = self._require("POST", "/v1/interchanges", octets)
        if status in _REFUSED_FOR_GOOD:
            return Receipt("refused", _said(status, body))
        receipt = self._members(status, body, "send", *_ANSWERED)
        answer = "conflict" if status == 409 else receipt["verdict"]
        return Receipt(answer, receipt["explanation"], receipt["guide_faults"])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _members(self, status: int, octets: bytes, what: str, *good: int) -> Mapping[str, Any]:
        if status in good:
            try:
                members: Mapping[str, Any] = json.loads(octets)
            except ValueError:
                raise HubAway(f"{what}: the hub's answer is no JSON") from None
            return members
        raise HubAway(f"{what}: the hub says no: {_said(status, octets)}")

    def _require(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        answer = self._ask(method, path, body, 0.0)
        if answer is None:
            raise HubAway("woken while nothing was waited for")
        return answer

    def _ask(self, method: str, path: str, body: bytes | None, wait_s: float) -> tuple[int, bytes] | None:
        """Status and body; None where the bell rang while the hub had nothing to say yet. A connection that the hub had closed meanwhile is opened again once."""
        for attempt in (1, 2):
            fresh = self._connection is None
            try:
                connection = self._connect()
                connection.request(method, path, body, {"Content-Type": "application/json" if path != "/v1/interchanges" else "application/EDIFACT"})
                if wait_s and self._woken(connection, wait_s + self._timeout_s):
                    self.close()
                    return None
                connection.sock.settimeout(wait_s + self._timeout_s)
                with connection.getresponse() as response:
                    octets = response.read()
                    retry_after = response.headers.get("Retry-After", "")
                if response.status in {503, 507}:
                    raise HubAway(_said(response.status, octets), float(retry_after) if retry_after.isdigit() else 5.0)
                return response.status, octets
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == 2 or fresh or isinstance(error, TimeoutError):
                    raise HubAway(f"{self._address.netloc}: {error or type(error).__name__}", 1.0) from error
        raise AssertionError

    def _woken(self, connection: http.client.HTTPSConnection, limit_s: float) -> bool:
        readable, _, _ = select.select([connection.sock, self._bell], [], [], limit_s)
        return self._bell in readable and connection.sock not in readable

    def _connect(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            # Read again each time: the certificate may have been renewed, or be in the middle of it.
            try:
                context = self._context()
            except OperatorError as error:
                raise HubAway(str(error)) from error
            self._connection = http.client.HTTPSConnection(self._address.hostname or "", self._address.port or 443, timeout=self._timeout_s, context=context)
            self._connection.connect()
        return self._connection

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._folder / "ca.pem")
            context.load_cert_chain(self._folder / "client.pem", self._folder / "client.key")
            certificate = x509.load_pem_x509_certificate((self._folder / "client.pem").read_bytes())
        except (OSError, ValueError) as error:
            raise OperatorError(
                f"{self._folder}: client.pem, client.key and ca.pem cannot be read ({error}); `vanhub ca issue agency NAME --out DIR` writes them"
            ) from None
        owner = common_name(certificate)
        if owner != self._principal:
            raise OperatorError(f"{self._folder / 'client.pem'} is the certificate of {owner}, not of {self._principal}: put {self._principal}'s own there")
        return context


def _said(status: int, octets: bytes) -> str:
    """A problem document in words."""
    try:
        problem = json.loads(octets)
        return f"{status} {problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return str(status)
