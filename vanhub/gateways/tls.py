"""TLS for the listeners: which certificate the hub shows, which clients it believes, and how a session ends.

- TLS 1.2 and 1.3 with forward secrecy and AEAD ciphers only (Mozilla's "intermediate" without DHE); no renegotiation, no resumption
  (every connection verifies its certificate anew), no compression.
- A client chain is verified to the hub's root. The issuing CAs are known here, so a client may send its leaf alone. TLS says that a chain
  is sound; whose it is and whether it was revoked is the doorkeeper's matter.
- ``ContextSource.reload`` reads the files again: new connections use the new certificate, open ones go on.
- TLS tells a finished sender from a cut one: ``close_notify`` is authenticated, a TCP FIN or RST is not and can be forged. A protocol that
  provides ``IHalfCloseableProtocol`` has ``readConnectionLost`` called at close_notify and can go on writing (RFC 8446, 6.1); an end without
  close_notify is a lost connection.

Timers are ``clock.callLater`` of the reactor that was handed in. Twisted's reactors count in wall time unless ``reactor.seconds`` is replaced
by a monotonic clock, which the service does before the first call.
"""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's TLS layer is not annotated)

from __future__ import annotations

import enum
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IReactorTime,
)
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.policies import ProtocolWrapper
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from vanhub.errors import OperatorError

_CIPHERS_1_2 = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    b"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
_KEEPALIVE_S = 60  # shorter than the idle limits of common firewalls, so that a session waiting for its mail stays open


class ClientCertificate(enum.Enum):
    """Whether a client must show a certificate. One that it shows is verified in either case."""

    REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    OPTIONAL = SSL.VERIFY_PEER


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: ``certificate`` is the hub's leaf (CA certificates may follow it), ``key`` its encrypted PKCS#8 key.

    ``authorities`` hold the roots and issuing CAs whose clients are believed; those that issued the hub's own leaf are sent with it.
    """

    certificate: Path
    key: Path
    authorities: tuple[Path, ...]


@implementer(IOpenSSLServerConnectionCreator)
class ContextSource:
    """Makes the TLS side of each new connection from the context that was loaded last."""

    def __init__(self, files: TlsFiles, passphrase: Callable[[], bytes | None], *, client: ClientCertificate) -> None:
        """``passphrase()`` is asked at each load and not kept. Raises ``OperatorError`` as ``reload`` does."""
        self._files = files
        self._passphrase = passphrase
        self._client = client
        self.reload()

    def reload(self) -> None:
        """Read the files again, for the connections that come from now on.

        Raises:
            OperatorError: a file is missing or unreadable, the passphrase is wrong, or key and certificate do not belong together;
                what was loaded before stays in use.
        """
        self._context = _make_context(self._files, self._passphrase(), self._client)

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:  # noqa: ARG002 - the interface's
        return SSL.Connection(self._context, None)


def _make_context(files: TlsFiles, passphrase: bytes | None, client: ClientCertificate) -> SSL.Context:
    own = _read_certificates(files.certificate)
    authorities = [certificate for path in files.authorities for certificate in _read_certificates(path)]
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_session_id(b"vanhub")  # without one OpenSSL fails a client that offers to resume, instead of refusing to
    context.set_cipher_list(_CIPHERS_1_2)
    try:
        context.use_certificate(own[0])
        for issuer in _issuers(own[0], [*own[1:], *authorities]):
            context.add_extra_chain_cert(issuer)
        context.use_privatekey(load_pem_private_key(_read_key(files.key), passphrase))  # type: ignore[arg-type]  # kinds that TLS cannot use are refused below
        context.check_privatekey()
    except (TypeError, ValueError) as error:
        raise OperatorError(f"{files.key}: the key cannot be read: wrong passphrase, or no private key in PEM ({type(error).__name__})") from error
    except SSL.Error as error:
        raise OperatorError(f"{files.key} is not the key of {files.certificate}") from error
    store = context.get_cert_store()
    assert store is not None  # noqa: S101 - a context has one; the annotation does not know
    for authority in authorities:
        known = crypto.X509.from_cryptography(authority)
        store.add_cert(known)
        context.add_client_ca(known)
    context.set_verify(client.value)
    return context


def _issuers(leaf: x509.Certificate, known: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The CAs between ``leaf`` and its root, nearest first; the root itself need not be sent."""
    chain: list[x509.Certificate] = []
    wanted = leaf.issuer
    while True:
        issuer = next((one for one in known if one.subject == wanted and one.issuer != one.subject and one not in chain), None)
        if issuer is None:
            return chain
        chain.append(issuer)
        wanted = issuer.issuer


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read ({error.strerror}); restore it from a backup, or make a new one with `vanhub ca renew hub-tls`") from error


def _read_key(path: Path) -> bytes:
    content = _read(path)
    if path.stat().st_mode & 0o077:
        raise OperatorError(f"{path} can be read by others than its owner: `chmod 600 {path}`, and think about who may have read it")
    return content


def _read_certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise OperatorError(f"{path} holds no certificate in PEM") from error


def peer_certificate(transport: Any) -> bytes | None:
    """The DER of the client's certificate of a handshaken TLS transport, or None when it showed none."""
    certificate = transport.getHandle().get_peer_certificate(as_cryptography=True)
    return None if certificate is None else certificate.public_bytes(Encoding.DER)


@implementer(IHalfCloseableProtocol)
class TlsTransport(BufferingTLSTransport):
    """Twisted's TLS layer with a time limit on the handshake and with half close."""

    factory: TlsFactory
    transport: Any
    _log = Logger()
    _limit: IDelayedCall | None = None
    _input_over = False

    def makeConnection(self, transport: Any) -> None:
        self._limit = self.factory.clock.callLater(self.factory.handshake_timeout_s, self._handshake_late)
        handle = transport.getHandle() if hasattr(transport, "getHandle") else None
        if isinstance(handle, socket.socket):
            transport.setTcpKeepAlive(True)
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_S)
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_S // 4)
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
        super().makeConnection(transport)

    def _handshake_late(self) -> None:
        self._limit = None
        self._log.info("{peer}: no TLS handshake within {limit} s", peer=self.getPeer(), limit=self.factory.handshake_timeout_s)
        self.abortConnection()

    def _end_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _checkHandshakeStatus(self) -> None:
        super()._checkHandshakeStatus()
        if self._handshakeDone:
            self._end_limit()

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        if not self._handshakeDone and reason is not None and reason.check(SSL.Error):
            # OpenSSL's own errors are a list of (library, function, reason); a connection that broke is not.
            errors = getattr(reason.value, "args", None) or [""]
            why = "; ".join(error[-1] for error in errors[0]) if isinstance(errors[0], list) else "the peer broke off"
            self._log.info("{peer}: TLS handshake failed: {why}", peer=self.getPeer(), why=why)
        super()._tlsShutdownFinished(reason)

    def dataReceived(self, data: bytes) -> None:
        # After close_notify nothing may follow (RFC 8446, 6.1); it is not even stored.
        if not self._input_over:
            super().dataReceived(data)

    def _flushReceiveBIO(self) -> None:
        """As in the base class, but close_notify ends only the peer's half where the wrapped protocol can half-close."""
        while not self._lostTLSConnection and not self._input_over:
            try:
                data = self._tlsConnection.recv(2**15)
            except SSL.WantReadError:
                break
            except SSL.ZeroReturnError:
                half = IHalfCloseableProtocol(self.wrappedProtocol, None)
                if half is None or self.disconnecting:
                    self._shutdownTLS()
                    self._tlsShutdownFinished(None)
                else:
                    self._input_over = True
                    half.readConnectionLost()
            except SSL.Error:
                self._tlsShutdownFinished(Failure())
            else:
                if not self._aborted:
                    ProtocolWrapper.dataReceived(self, data)
        self._flushSendBIO()

    def abortConnection(self) -> None:
        """Cut the connection, unlike the base class without close_notify: the peer can tell that it does not have everything."""
        self._aborted = True
        self.disconnecting = True
        self.transport.abortConnection()

    def readConnectionLost(self) -> None:
        """A TCP FIN. After close_notify it says nothing new; without it the stream may have been cut by anybody."""
        if not self._input_over:
            self.abortConnection()

    def writeConnectionLost(self) -> None:
        """The reactor half-closes nothing by itself."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end_limit()
        super().connectionLost(reason)


class TlsFactory(TLSMemoryBIOFactory):
    """What a TCP listener is given to speak TLS below the protocols of ``wrapped``."""

    protocol = TlsTransport

    def __init__(self, contexts: ContextSource, wrapped: IProtocolFactory, *, clock: IReactorTime, handshake_timeout_s: float = 15.0) -> None:
        super().__init__(contexts, False, wrapped, clock)
        self.clock = clock
        self.handshake_timeout_s = handshake_timeout_s
