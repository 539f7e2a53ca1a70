"""What the hub's CA offers over HTTPS to who has no certificate yet: enrolment (EST, RFC 7030), and the files that certificates point to.

    GET  /.well-known/est/cacerts         the CA certificates: certs-only PKCS#7
    POST /.well-known/est/simpleenroll    a PKCS#10 request in, the certificate as certs-only PKCS#7 out; HTTP Basic: principal id and one-time code
    GET  /pki/root.cer  /pki/issuing.cer  /pki/root.crl  /pki/issuing.crl      in DER, under the paths that the certificates name

Bodies of EST are base64 of DER. A request may also come as PEM or plain DER, as openssl writes it. Every other path is the API's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from twisted.internet.defer import Deferred

from vanhub.errors import Untrusted
from vanhub.gateways.http_answer import Answer
from vanhub.gateways.http_api import PublicReception
from vanhub.gateways.http_channel import HttpRequest, Judge, Reception
from vanhub.gateways.problem import Problem
from vanhub.gateways.seam import Enrolment

_EST = "/.well-known/est/"
_CERTIFICATES = "application/pkcs7-mime; smime-type=certs-only"
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="vanhub"'}
_MEDIA_TYPES = {".cer": "application/pkix-cert", ".crl": "application/pkix-crl"}


class CaPages:
    """Judges requests for the CA's paths; all others are handed to ``api``. ``published()`` are the files by path, ``request_octets`` is the largest request."""

    def __init__(self, api: Judge, enrolment: Enrolment, published: Callable[[], Mapping[str, bytes]], *, request_octets: int) -> None:
        self._api, self._enrolment, self._published, self._request_octets = api, enrolment, published, request_octets

    def judge(self, request: HttpRequest, length: int | None) -> Reception:
        path = request.path.decode("ascii", "replace")
        if path == _EST + "cacerts":
            _require_method(request, "GET", "HEAD")
            return PublicReception(_certificates(self._enrolment.authorities()))
        if path == _EST + "simpleenroll":
            _require_method(request, "POST")
            name, code = _read_basic(request.header("Authorization"))
            if length is not None and length > self._request_octets:
                raise _too_large(self._request_octets)
            return EnrolmentReception(self._enrolment, name, code, request.owner.peer, self._request_octets)
        if path.startswith("/pki/") and (file := self._published().get(path)) is not None:
            _require_method(request, "GET", "HEAD")
            return PublicReception(Answer(200, file, _MEDIA_TYPES[path[-4:]]))
        return self._api.judge(request, length)


class EnrolmentReception:
    """Takes a certificate request and answers with the certificate."""

    backlogged = None

    def __init__(self, enrolment: Enrolment, name: str, code: str, peer: str, most: int) -> None:
        self._enrolment, self._name, self._code, self._peer, self._most = enrolment, name, code, peer, most
        self._body = bytearray()

    def write(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > self._most:
            raise _too_large(self._most)

    def finish(self) -> Deferred[Answer]:
        return Deferred.fromCoroutine(self._enrol(_plain(bytes(self._body))))

    async def _enrol(self, request: bytes) -> Answer:
        try:
            return _certificates(await self._enrolment.redeem(self._name, self._code, request, self._peer))
        except Untrusted as error:
            raise Problem("untrusted", str(error), headers=_CHALLENGE) from error

    def leave(self, reason: str) -> None:
        """The code is used up once the hub has issued, whether or not anybody still listens: an operator gives a new one."""


def _certificates(der: bytes) -> Answer:
    return Answer(200, base64.encodebytes(der), _CERTIFICATES, {"Content-Transfer-Encoding": "base64"})


def _require_method(request: HttpRequest, *methods: str) -> None:
    if request.method.decode("ascii", "replace") not in methods:
        raise Problem("method-not-allowed", f"this path takes {', '.join(methods)}", headers={"Allow": ", ".join(methods)})


def _too_large(most: int) -> Problem:
    return Problem("too-large", f"a certificate request may have {most} octets")


def _read_basic(authorization: str | None) -> tuple[str, str]:
    """Name and password of HTTP Basic (RFC 7617)."""
    scheme, _, given = (authorization or "").partition(" ")
    try:
        name, colon, code = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name = colon = code = ""
    if scheme.lower() != "basic" or not colon:
        raise Problem("untrusted", "give the principal's id and its one-time code as HTTP Basic (curl: --user ID:CODE)", headers=_CHALLENGE)
    return name, code


def _plain(body: bytes) -> bytes:
    """The request in PEM or DER: base64 without PEM's lines, which EST prescribes, is undone. DER begins with 0x30, its base64 with M."""
    if body.startswith(b"0") or b"-----BEGIN" in body:
        return body
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise Problem("bad-request", "the body is no certificate request: PKCS#10 in base64, PEM or DER") from None
