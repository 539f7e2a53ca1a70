"""The SSH side of the SFTP gateway, on twisted.conch: transport, login, channels. It knows nothing of files.

Kept here, because conch's defaults are made for a shell:

- Algorithms are an allow-list (key exchange, ciphers, MACs, host and user keys): no SHA-1, no CBC, no NIST curves in the key exchange, no
  compression. The client is told which signatures a user key may make (RFC 8308 ``server-sig-algs``; conch names the host key's there).
- A login is decided in one place, ``Login``: an unknown key is refused before its blob is parsed, one attempt at a time, a bounded number of them, a grace
  time from the first octet on. The doorkeeper decides; everything else is a refusal.
- A session is one kind of channel with one subsystem. Shell and exec get a sentence and exit status 1; forwarding, agent, environment
  and terminals are refused.
- Nothing is buffered without bound. A channel on ``hold`` grants its peer no more window, which stops that channel and nothing else; a peer that does not
  read what it is sent is not read from either; a peer that does not take its last words within ``LAST_WORDS_S`` is cut.
- An octet stream that conch cannot digest ends its own connection (the ``except`` in ``dispatchMessage`` is the edge of a connection).
"""

# conch has no annotations to speak of.
# mypy: allow-untyped-calls

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.conch.avatar import ConchUser
from twisted.conch.error import IgnoreAuthentication
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh import userauth
from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.connection import (
    EXTENDED_DATA_STDERR,
    MSG_CHANNEL_OPEN_FAILURE,
    OPEN_ADMINISTRATIVELY_PROHIBITED,
    OPEN_RESOURCE_SHORTAGE,
    SSHConnection,
)
from twisted.conch.ssh.factory import SSHFactory
from twisted.conch.ssh.keys import BadKeyError, Key
from twisted.conch.ssh.service import SSHService
from twisted.conch.ssh.transport import DISCONNECT_BY_APPLICATION, DISCONNECT_PROTOCOL_ERROR, DISCONNECT_TOO_MANY_CONNECTIONS, SSHServerTransport
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure

from vanhub.errors import HubError, Untrusted
from vanhub.gateways.seam import Doorkeeper, Session
from vanhub.values.principal import Principal

KEY_EXCHANGES = (b"mlkem768x25519-sha256", b"curve25519-sha256", b"curve25519-sha256@libssh.org")
CIPHERS = (b"aes256-ctr", b"aes192-ctr", b"aes128-ctr")
MACS = (b"hmac-sha2-512", b"hmac-sha2-256")
HOST_KEYS = (b"ssh-ed25519", b"rsa-sha2-512", b"rsa-sha2-256")
USER_SIGNATURES = (b"ssh-ed25519", b"rsa-sha2-512", b"rsa-sha2-256", b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp521")

WINDOW_OCTETS = 1024 * 1024
"""What a peer may send on a channel before it is granted more."""
CHANNELS = 10
LOGIN_TRIES = 6
STRANGERS = 200
"""Connections at once that have not logged in; a further one is closed."""
LAST_WORDS_S = 5.0

_log = Logger()


class Subsystem(Protocol):
    """What stands behind a channel."""

    @property
    def busy(self) -> bool:
        """Whether the peer is owed an answer."""
        ...

    def received(self, data: bytes) -> None: ...
    def ended(self) -> None:
        """The peer sends no more; when it has its answers, ``Channel.finish``."""
        ...

    def writable(self) -> None:
        """What was written has been taken by the peer, at least some of it."""
        ...

    def lost(self) -> None:
        """The channel is gone."""
        ...


class Channel(SSHChannel):
    """A session channel with one subsystem on it."""

    name = b"session"

    def __init__(self, connection: Connection, window: int, packet: int) -> None:
        super().__init__(localWindow=WINDOW_OCTETS, localMaxPacket=32 * 1024, remoteWindow=window, remoteMaxPacket=packet)
        self.subsystem: Subsystem | None = None
        self.held = False
        self._connection = connection
        self._refused = False
        self._told = 0

    # -- for the subsystem

    def send(self, data: bytes) -> None:
        self.write(data)

    @property
    def unsent(self) -> int:
        """Octets written that the peer has no window for."""
        return len(self.buf)

    @property
    def congested(self) -> bool:
        """Whether the peer's socket takes no more for now."""
        return self._connection.transport.congested

    def hold(self, on: bool) -> None:
        """Grant no more window, or grant what was kept back."""
        if self.held and not on:
            self.held = False
            if self.localWindowLeft < self.localWindowSize:
                self._connection.adjustWindow(self, self.localWindowSize - self.localWindowLeft)
        self.held = on

    def tell(self, text: str) -> None:
        """A line for the people at the other end: most programs print the channel's error stream, and none reads it."""
        line = text.encode() + b"\n"
        self._told += len(line)
        if self._told <= 16 * 1024:
            self.writeExtended(EXTENDED_DATA_STDERR, line)

    def finish(self, exit_status: int) -> None:
        """Close the channel after what was written."""
        self._connection.sendRequest(self, b"exit-status", struct.pack(">L", exit_status))
        self.loseConnection()

    # -- from conch

    def requestReceived(self, requestType: bytes, data: bytes) -> bool:
        """Only a subsystem, shell or exec is answered; all else (pty, env, x11, agent) is refused."""
        if self.subsystem is not None or self._refused:
            return False
        transport = self._connection.transport
        if requestType == b"subsystem":
            self.subsystem = transport.factory.subsystem(getNS(data)[0], transport.session, self)
            return self.subsystem is not None
        self._refused = requestType in {b"shell", b"exec"}
        if self._refused:
            transport.factory.reactor.callLater(0, self._refuse)  # after the answer that conch gives to the request
        return self._refused

    def _refuse(self) -> None:
        if not self.localClosed:
            self.tell("This hub serves SFTP only: use sftp, or scp without -O. 本中心仅提供 SFTP：请用 sftp，或不带 -O 的 scp。")
            self.finish(1)

    def dataReceived(self, data: bytes) -> None:
        if self.subsystem is not None:
            self.subsystem.received(data)

    def eofReceived(self) -> None:
        if self.subsystem is not None:
            self.subsystem.ended()
        elif not self._refused:
            self.loseConnection()

    def addWindowBytes(self, data: int) -> None:
        super().addWindowBytes(data)
        if self.subsystem is not None:
            self.subsystem.writable()

    def closeReceived(self) -> None:
        # What the peer has not taken it will not take: conch would wait for window to send it, and never close.
        self.buf, self.extBuf = b"", []
        self.loseConnection()

    def closed(self) -> None:
        if self.subsystem is not None:
            self.subsystem.lost()


class Connection(SSHConnection):
    """The channels of one connection."""

    transport: Transport

    def ssh_CHANNEL_OPEN(self, packet: bytes) -> None:
        kind, rest = getNS(packet)
        if kind == b"session" and len(self.channels) < CHANNELS:
            super().ssh_CHANNEL_OPEN(packet)
            return
        reason = OPEN_RESOURCE_SHORTAGE if kind == b"session" else OPEN_ADMINISTRATIVELY_PROHIBITED
        text = b"too many channels" if kind == b"session" else b"forwarding is not offered"
        self.transport.sendPacket(MSG_CHANNEL_OPEN_FAILURE, rest[:4] + struct.pack(">L", reason) + NS(text) + NS(b"en"))

    def getChannel(self, _kind: bytes, windowSize: int, maxPacket: int, _data: bytes) -> Channel:
        channel = Channel(self, windowSize, maxPacket)
        channel.conn = self
        return channel

    def gotGlobalRequest(self, _kind: bytes, _data: bytes) -> int:
        """Refused, all of them: forwarding, and keep-alives, for which any answer will do."""
        return 0

    def adjustWindow(self, channel: Channel, bytesToAdd: int) -> None:
        if not channel.held:
            super().adjustWindow(channel, bytesToAdd)


class Login(userauth.SSHUserAuthServer):
    """Who is it? Decided by the doorkeeper, by key or password; the user name is the principal's id."""

    transport: Transport

    def serviceStarted(self) -> None:
        self.supportedAuthentications = [b"publickey", b"password"]
        self.authenticatedWith: list[bytes] = []
        self.attemptsBeforeDisconnect = LOGIN_TRIES - 1
        self.loginAttempts = 0
        self.user: bytes | None = None
        self.nextService: bytes | None = None
        self.clock = self.transport.factory.reactor
        self._cancelLoginTimeout = None  # type: ignore[assignment]  # the transport's grace time runs from the first octet on
        self._deciding = False

    def tryAuth(self, kind: bytes, user: bytes, data: bytes) -> Deferred[Any]:
        if self._deciding or self.nextService != b"ssh-connection" or kind not in self.supportedAuthentications:
            return fail(UnauthorizedLogin("not now, or not so"))
        self._deciding = True
        decided = Deferred.fromCoroutine(self._admit(kind, user, data))
        decided.addBoth(self._decided)
        return decided

    def _decided(self, result: Any) -> Any:
        self._deciding = False
        return result

    async def _admit(self, kind: bytes, user: bytes, data: bytes) -> tuple[Any, ConchUser, Callable[[], None]]:
        doorkeeper, peer = self.transport.factory.doorkeeper, self.transport.peer
        name = user.decode("utf-8", "backslashreplace")
        try:
            if not name.isprintable() or len(name) > 64:
                raise Untrusted("no such name")
            if kind == b"publickey":
                principal, credential = self._by_key(doorkeeper, name, user, data)
            else:
                changing, (password, _) = data[:1] != b"\0", getNS(data[1:])
                if changing:
                    raise Untrusted("a password is not changed here")
                principal, credential = await doorkeeper.by_password(name, password.decode("utf-8", "backslashreplace"), peer)
        except HubError as error:
            _log.debug("login of {name!r} from {peer} refused: {error}", name=name, peer=peer, error=str(error))
            if kind == b"password":
                await _later(self.clock, self.passwordDelay)
            raise UnauthorizedLogin(str(error)) from error
        return self._enter(principal, credential)

    def _by_key(self, doorkeeper: Doorkeeper, name: str, user: bytes, data: bytes) -> tuple[Principal, str]:
        """RFC 4252, 7: first the client asks whether a key would do, then it signs with it."""
        algorithm, blob, rest = getNS(data[1:], 2)
        found = doorkeeper.by_ssh_key(name, blob, self.transport.peer)
        if algorithm not in USER_SIGNATURES:
            raise Untrusted(f"signatures of the kind {algorithm!r} are not taken")
        if data[:1] == b"\0":
            self.transport.sendPacket(userauth.MSG_USERAUTH_PK_OK, data[1:])
            raise IgnoreAuthentication
        signature = getNS(rest)[0]
        session, service = self.transport.sessionID or b"", self.nextService or b""
        signed = NS(session) + bytes([userauth.MSG_USERAUTH_REQUEST]) + NS(user) + NS(service) + NS(b"publickey") + data[:1] + NS(algorithm) + NS(blob)
        try:
            valid = getNS(signature)[0] == algorithm and Key.fromString(blob, type="BLOB").verify(signature, signed)
        except (BadKeyError, ValueError, struct.error) as error:
            raise Untrusted("the key or its signature cannot be read") from error
        if not valid:
            raise Untrusted("the signature is wrong")
        return found

    def _enter(self, principal: Principal, credential: str) -> tuple[Any, ConchUser, Callable[[], None]]:
        transport = self.transport
        if not transport.connected:
            raise UnauthorizedLogin("the peer did not wait")
        session = Session(principal, "sftp", transport.peer, credential, transport.end)
        try:
            transport.factory.doorkeeper.open(session)
        except HubError as error:
            transport.leave(DISCONNECT_TOO_MANY_CONNECTIONS, str(error))
            raise IgnoreAuthentication from error
        transport.entered(session)
        return IConchUser, ConchUser(), lambda: transport.factory.doorkeeper.close(session, transport.reason)


class Transport(SSHServerTransport, TimeoutMixin):
    """One SSH connection."""

    factory: SshFactory
    ourVersionString = b"SSH-2.0-vanhub"

    transport: Any
    session: Session
    peer = ""
    congested = False
    reason = "the peer left"

    def connectionMade(self) -> None:
        address = self.transport.getPeer()
        self.peer = f"{address.host}:{address.port}"
        self.transport.setTcpNoDelay(True)
        self.transport.setTcpKeepAlive(True)
        self.transport.registerProducer(self, True)
        self._cut: IDelayedCall | None = None
        self.setTimeout(self.factory.login_s)
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:
        if self._cut is None:
            if self._is_in:
                self.resetTimeout()
            super().dataReceived(data)

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        # RFC 4253, 7.1: after its KEXINIT a peer sends nothing but the key exchange; what it sent would be answered after it, from memory.
        if self._keyExchangeState == self._KEY_EXCHANGE_PROGRESSING and messageNum >= 50:
            self.leave(DISCONNECT_PROTOCOL_ERROR, "that has to wait until the key exchange is done")
            return
        try:
            super().dispatchMessage(messageNum, payload)
        except Exception as error:  # noqa: BLE001 - the edge of a connection
            if self._is_in:
                _log.failure("SSH message {number} of {peer}", number=messageNum, peer=self.peer)
            else:
                _log.info("SSH message {number} of {peer}: {error!r}", number=messageNum, peer=self.peer, error=error)
            self.leave(DISCONNECT_PROTOCOL_ERROR, "that message could not be read")

    def sendExtInfo(self, _host_key_signatures: Sequence[tuple[bytes, bytes]]) -> None:
        super().sendExtInfo([(b"server-sig-algs", b",".join(USER_SIGNATURES))])

    def receiveError(self, reasonCode: int, description: bytes) -> None:
        _log.debug("{peer} disconnects: {code} {description!r}", peer=self.peer, code=reasonCode, description=description)

    @property
    def _is_in(self) -> bool:
        return hasattr(self, "session")

    @property
    def _subsystems(self) -> list[Subsystem]:
        channels = self.service.channels.values() if isinstance(self.service, Connection) else ()
        return [channel.subsystem for channel in channels if channel.subsystem is not None]

    def entered(self, session: Session) -> None:
        """The login is done."""
        self.session = session
        self.factory.strangers -= 1
        self.setTimeout(self.factory.idle_s)

    def callLater(self, period: float, func: Callable[[], None]) -> IDelayedCall:
        call: IDelayedCall = self.factory.reactor.callLater(period, func)
        return call

    def timeoutConnection(self) -> None:
        if not self._is_in:
            self.leave(DISCONNECT_BY_APPLICATION, "the login took too long")
        elif any(subsystem.busy for subsystem in self._subsystems):
            self.setTimeout(self.factory.idle_s)  # it is the hub's turn, not the peer's
        else:
            self.leave(DISCONNECT_BY_APPLICATION, "nothing moved for too long")

    def end(self, reason: str) -> None:
        """The hub ends the session."""
        self.leave(DISCONNECT_BY_APPLICATION, reason)

    def leave(self, code: int, text: str) -> None:
        """Say why and hang up; whatever the peer does, the connection is gone soon."""
        self.reason = text
        self.sendDisconnect(code, text.encode())

    def sendDisconnect(self, reason: int, desc: bytes) -> None:
        if self._cut is None:
            self.setTimeout(None)
            self._cut = self.factory.reactor.callLater(LAST_WORDS_S, self.transport.abortConnection)
            super().sendDisconnect(reason, desc)
            self.transport.unregisterProducer()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.connected = 0
        self.setTimeout(None)
        if not self._is_in:
            self.factory.strangers -= 1
        if self._cut is not None and self._cut.active():
            self._cut.cancel()
        super().connectionLost(reason)

    # -- as the producer of what goes to the peer

    def pauseProducing(self) -> None:
        self.congested = True
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        self.congested = False
        self.transport.resumeProducing()
        for subsystem in self._subsystems:
            subsystem.writable()

    def stopProducing(self) -> None:
        """The connection is gone: ``connectionLost`` follows."""


class SshFactory(SSHFactory):
    """Listens for SSH. ``subsystem(name, session, channel)`` gives what stands behind a channel, None where there is no such subsystem."""

    noisy = False

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        subsystem: Callable[[bytes, Session, Channel], Subsystem | None],
        host_keys: Sequence[Key],
        *,
        reactor: Any,
        login_s: float,
        idle_s: float,
    ) -> None:
        self.doorkeeper = doorkeeper
        self.subsystem = subsystem
        self.reactor = reactor
        self.login_s = login_s
        self.idle_s = idle_s
        self.strangers = 0
        self.privateKeys = {key.sshType(): key for key in host_keys}
        self.publicKeys = {kind: key.public() for kind, key in self.privateKeys.items()}
        self._key_exchanges = [name for name in Transport.supportedKeyExchanges if name in KEY_EXCHANGES]
        self._signatures = [name for name in HOST_KEYS for key in host_keys if name in key.supportedSignatureAlgorithms()]

    def getPrimes(self) -> None:
        """No groups: key exchanges that need them are not offered."""

    def buildProtocol(self, _address: Any) -> Transport | None:  # type: ignore[override]
        """None closes the connection. Conch's own would offer what a host key could sign with, SHA-1 included."""
        if self.strangers >= STRANGERS:
            return None
        self.strangers += 1
        transport = Transport()
        transport.factory = self
        transport.supportedKeyExchanges = self._key_exchanges
        transport.supportedPublicKeys = self._signatures
        transport.supportedCiphers = list(CIPHERS)
        transport.supportedMACs = list(MACS)
        transport.supportedCompressions = [b"none"]
        return transport

    def getService(self, transport: Transport, service: bytes) -> type[SSHService] | None:
        offered: type[SSHService] = Connection if hasattr(transport, "session") else Login
        return offered if service == offered.name else None


def _later(clock: Any, delay_s: float) -> Deferred[None]:
    later: Deferred[None] = Deferred()
    clock.callLater(delay_s, later.callback, None)
    return later
