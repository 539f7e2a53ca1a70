"""First certificates: a principal redeems the one-time code that ``vanhub enrol`` issued for a certificate of its own key.

The code is used up in the transaction that remembers the certificate, and the certificate leaves only after its COMMIT: of two requests
with one code, one gets a certificate. A request that does not serve leaves the code as it was.
"""

from __future__ import annotations

from typing import Any

import structlog
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from vanhub.errors import Conflict, NotFound, Untrusted
from vanhub.pki.csr import parse_csr
from vanhub.service.certificates import KnownKeys, issue_for
from vanhub.service.core import Core
from vanhub.service.doorkeeper import FrontDoor
from vanhub.values.principal import Credential

_log = structlog.get_logger("vanhub.enrolment")


class HubEnrolment:
    """The hub's ``Enrolment``. Lives on the reactor thread; signing and storing happen in threads."""

    def __init__(self, core: Core, door: FrontDoor, reactor: Any) -> None:
        self._core, self._door, self._reactor = core, door, reactor

    def authorities(self) -> bytes:
        return pkcs7.serialize_certificates([self._core.authority.root, self._core.authority.issuing], Encoding.DER)

    def redeem(self, name: str, code: str, request: bytes, peer: str) -> Deferred[bytes]:
        return Deferred.fromCoroutine(self._redeem(name, code, request, peer))

    async def _redeem(self, name: str, code: str, request: bytes, peer: str) -> bytes:
        credential = self._door.by_code(name, code, peer)
        return await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self._issue, credential, request, peer)

    def _issue(self, code: Credential, request: bytes, peer: str) -> bytes:
        core = self._core
        principal = core.registry.principal(code.principal)
        if principal is None:
            raise NotFound(f"{code.principal} was removed")
        key = parse_csr(request, known=KnownKeys(core.store))
        try:
            issued = issue_for(core, principal, key, label="enrolled", actor=principal.id, code=code.id)
        except Conflict as error:
            raise Untrusted("this one-time code was used already") from error
        core.refresh()
        _log.info("enrolled", principal=principal.id, serial=issued.serial, peer=peer)
        return pkcs7.serialize_certificates([issued.certificate], Encoding.DER)
