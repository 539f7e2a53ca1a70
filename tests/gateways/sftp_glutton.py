"""An SFTP client that asks for a lot and reads nothing for a while: ``python -m tests.gateways.sftp_glutton PORT KEYFILE PATH READS``.

It logs in as ``alpha``, opens PATH, stops reading its socket, sends READS requests for 32 KiB, reads again after a second, and prints how many octets came.
"""

# twisted.conch has no annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import struct
import sys
from typing import Any

from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.connection import SSHConnection
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.transport import SSHClientTransport
from twisted.conch.ssh.userauth import SSHUserAuthClient
from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import ClientFactory

from vanhub.gateways.sftp_wire import Inbound, Kind

_reactor: Any = reactor
_port, _key, _path, _reads = int(sys.argv[1]), Key.fromFile(sys.argv[2]), sys.argv[3].encode(), int(sys.argv[4])


class Glutton(SSHChannel):
    name = b"session"
    conn: Any

    def __init__(self) -> None:
        super().__init__(localWindow=1 << 30)
        self._inbound = Inbound()
        self._octets = 0
        self._answers = 0

    def channelOpen(self, specificData: bytes) -> None:
        self.conn.sendRequest(self, b"subsystem", NS(b"sftp"))
        self._ask(Kind.INIT, 3, b"")
        self._ask(Kind.OPEN, 1, NS(_path) + struct.pack(">LL", 1, 0))

    def _ask(self, kind: Kind, id: int, fields: bytes) -> None:
        self.write(struct.pack(">LBL", 5 + len(fields), kind, id) + fields)

    def dataReceived(self, data: bytes) -> None:
        self._inbound.feed(data)
        for packet in self._inbound.packets():
            if packet[0] == Kind.HANDLE:
                socket = self.conn.transport.transport
                socket.pauseProducing()
                for n in range(_reads):
                    self._ask(Kind.READ, n, packet[5:] + struct.pack(">QL", 0, 32768))
                _reactor.callLater(1, socket.resumeProducing)
            elif packet[0] == Kind.DATA:
                self._octets += len(packet) - 9
                self._answers += 1
        if self._answers == _reads:
            sys.stdout.write(f"{self._octets}\n")
            _reactor.stop()


class Connection(SSHConnection):
    def serviceStarted(self) -> None:
        self.openChannel(Glutton())


class Login(SSHUserAuthClient):
    def getPublicKey(self) -> Key:
        public: Key = _key.public()
        return public

    def getPrivateKey(self) -> Deferred[Key]:
        return succeed(_key)


class Client(SSHClientTransport):
    def verifyHostKey(self, hostKey: bytes, fingerprint: str) -> Deferred[bool]:
        return succeed(True)

    def connectionSecure(self) -> None:
        self.requestService(Login(b"alpha", Connection()))


if __name__ == "__main__":
    factory: ClientFactory[Client] = ClientFactory()
    factory.protocol = Client
    _reactor.connectTCP("127.0.0.1", _port, factory)
    _reactor.run()
