"""The SFTP gateway: requests of one channel, answered in the order in which they can be, on the tree of one session.

What the partner sees is in ``sftp_tree.README_TEXT``. Kept here:

- CLOSE is the client's word and only CLOSE is: an open file that ends without it is ``lost``.
- Requests begin in the order they came. READs and waits overlap, at most ``IN_FLIGHT`` at a time, but a CLOSE waits for the READs of its handle.
- While the hub is backlogged, or the client does not take its answers, no further request is begun and the channel is on hold.
- Every error has one place in ``_STATUS``. OpenSSH shows its users only the code, so what the text says is also told on the channel's error stream.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from twisted.conch.ssh.keys import Key
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from vanhub.errors import HubError, NotFound, Refused, Untrusted
from vanhub.gateways import sftp_wire as wire
from vanhub.gateways.seam import Doorkeeper, Intake, Mailboxes, Records, Session
from vanhub.gateways.sftp_files import Listing, OpenFile, Uploading
from vanhub.gateways.sftp_tree import NotAllowed, canonical, line
from vanhub.gateways.sftp_view import Hub, View
from vanhub.gateways.sftp_wire import Status
from vanhub.gateways.ssh import Channel, SshFactory

IN_FLIGHT = 16
UNSENT_OCTETS = 1024 * 1024

_STATUS: tuple[tuple[type[HubError], Status], ...] = (
    (NotFound, Status.NO_SUCH_FILE),
    (NotAllowed, Status.PERMISSION_DENIED),
    (Untrusted, Status.PERMISSION_DENIED),
    (HubError, Status.FAILURE),
)

_log = Logger()


class Link(Protocol):
    """What an SFTP server needs of its channel; ``ssh.Channel`` is one."""

    @property
    def unsent(self) -> int:
        """Octets sent that the client has no window for."""
        ...

    @property
    def congested(self) -> bool:
        """Whether the client's socket takes no more for now."""
        ...

    def send(self, data: bytes) -> None: ...
    def hold(self, on: bool) -> None:
        """Let the client send no more, or again."""
        ...

    def tell(self, text: str) -> None:
        """A line for the people at the other end."""
        ...

    def finish(self, exit_status: int) -> None:
        """Close after what was sent."""
        ...


class _Handle:
    """Something open, and how many READs of it are not answered yet."""

    def __init__(self, opened: OpenFile | Listing) -> None:
        self.opened = opened
        self._reads = 0
        self._quiet: Deferred[None] | None = None

    def read_begins(self) -> None:
        self._reads += 1

    def read_answered(self) -> None:
        self._reads -= 1
        if not self._reads and self._quiet is not None:
            self._quiet.callback(None)

    async def quiet(self) -> None:
        """Until the READs that came before a CLOSE are answered."""
        if self._reads:
            self._quiet = Deferred()
            await self._quiet


class Sftp:
    """One SFTP channel."""

    def __init__(self, hub: Hub, session: Session, channel: Link) -> None:
        self._channel = channel
        self._view = View(hub, session, self._tell)
        self._peer = f"{session.principal.id} at {session.peer}"
        self._inbound = wire.Inbound()
        self._handles: dict[bytes, _Handle] = {}
        self._numbers = itertools.count(1)
        self._in_flight = 0
        self._backlog = False
        self._beginning = False
        self._ended = False
        self._lost = False

    # -- the channel

    @property
    def busy(self) -> bool:
        return self._in_flight > 0 or self._backlog

    def received(self, data: bytes) -> None:
        self._inbound.feed(data)
        self._begin()

    def ended(self) -> None:
        self._ended = True
        self._begin()

    def writable(self) -> None:
        self._begin()

    def lost(self) -> None:
        self._lost = True
        handles, self._handles = self._handles, {}
        for handle in handles.values():
            if not isinstance(handle.opened, Listing):
                handle.opened.lost()
        self._view.lost()

    def _tell(self, text: str) -> None:
        if not self._lost:
            self._channel.tell(f"vanhub: {text}")

    # -- one request after the other

    @property
    def _must_wait(self) -> bool:
        return self._backlog or self._in_flight >= IN_FLIGHT or self._channel.unsent > UNSENT_OCTETS or self._channel.congested

    def _begin(self) -> None:
        """Begin what can be begun. Answers that come at once lead back here: they find it running."""
        if self._beginning or self._lost:
            return
        self._beginning = True
        try:
            while not self._must_wait and not self._lost:
                packet = next(self._inbound.packets(), None)
                if packet is None:
                    break
                self._request(wire.parse(packet))
        except wire.BadStream as error:
            _log.info("{peer}: {error}", peer=self._peer, error=str(error))
            self._channel.finish(1)
        finally:
            self._beginning = False
        if not self._lost:
            self._channel.hold(self._must_wait)
            if self._ended and not self.busy and not self._must_wait:
                self._channel.finish(0)

    def _request(self, request: wire.Init | wire.Request) -> None:
        if isinstance(request, wire.Init):
            self._channel.send(wire.version())
            return
        self._in_flight += 1
        read = self._handles.get(request.handle) if isinstance(request, wire.Read) else None
        if read is not None:
            read.read_begins()
        answer = Deferred.fromCoroutine(self._answer(request))
        answer.addErrback(self._refusal, request.id)
        answer.addCallback(self._answered, read)

    def _answered(self, packet: bytes, read: _Handle | None) -> None:
        self._in_flight -= 1
        if not self._lost:
            self._channel.send(packet)
        if read is not None:
            read.read_answered()
        self._begin()

    def _refusal(self, failure: Failure, id: int) -> bytes:
        error = failure.value
        if not isinstance(error, HubError):
            _log.failure("SFTP request of {peer}", failure=failure, peer=self._peer)
            return wire.status(id, Status.FAILURE, "an error of the hub: it was logged")
        code = next(code for kind, code in _STATUS if isinstance(error, kind))
        if code is not Status.NO_SUCH_FILE:  # clients ask for what is not there all the time
            self._tell(str(error))
        return wire.status(id, code, str(error))

    async def _answer(self, request: wire.Request) -> bytes:
        id, view = request.id, self._view
        match request:
            case wire.Write():
                self._write(request)
            case wire.Read():
                octets = await self._read(request)
                return wire.data(id, octets) if octets else wire.status(id, Status.EOF, "end of file")
            case wire.Open():
                return wire.handle(id, self._keep(await view.open(request.path, request.flags)))
            case wire.OpenDir():
                return wire.handle(id, self._keep(view.listing(request.path)))
            case wire.ReadDir():
                return await self._list(request)
            case wire.Close():
                await self._close(request.handle)
            case wire.Stat():
                return wire.attributes(id, await view.attributes(request.path))
            case wire.FStat():
                return wire.attributes(id, self._file(request.handle).attributes())
            case wire.SetStat() | wire.FSetStat():
                pass  # times and modes are the hub's: clients set them after every copy, and fail when they cannot
            case wire.RealPath():
                path = canonical(request.path)
                return wire.names(id, [(path, path, None)])
            case wire.Rename():
                await view.rename(request.old, request.new)
            case wire.Remove():
                await view.remove(request.path)
            case wire.MkDir():
                view.make_folder(request.path)
            case wire.RmDir():
                raise NotAllowed("folders cannot be removed: the tree is the hub's")
            case wire.Limits():
                return wire.limits(id)
            case wire.Unsupported():
                return wire.status(id, Status.OP_UNSUPPORTED, f"{request.what}: not supported")
            case _:
                return wire.status(id, Status.BAD_MESSAGE, "the request cannot be read")
        return wire.status(id, Status.OK, "done")

    # -- open things

    def _keep(self, opened: OpenFile | Listing) -> bytes:
        if self._lost or len(self._handles) >= wire.OPEN_HANDLES:
            if not isinstance(opened, Listing):
                opened.lost()
            raise Refused(f"{wire.OPEN_HANDLES} files are open: close one first")
        handle = b"%d" % next(self._numbers)
        self._handles[handle] = _Handle(opened)
        return handle

    def _handle(self, handle: bytes) -> _Handle:
        if handle not in self._handles:
            raise Refused("that handle is not open")
        return self._handles[handle]

    def _file(self, handle: bytes) -> OpenFile:
        opened = self._handle(handle).opened
        if isinstance(opened, Listing):
            raise NotAllowed("that handle is a folder's")
        return opened

    async def _read(self, request: wire.Read) -> bytes:
        file = self._file(request.handle)
        if isinstance(file, Uploading):
            raise NotAllowed("an upload cannot be read back")
        return await file.read(request.offset, request.length)

    def _write(self, request: wire.Write) -> None:
        file = self._file(request.handle)
        if not isinstance(file, Uploading):
            raise NotAllowed("this file cannot be written")
        backlogged = file.write(request.offset, request.data)
        if backlogged is not None and not self._backlog:
            self._backlog = True
            backlogged.addBoth(self._relieved)

    def _relieved(self, result: Any) -> Any:
        self._backlog = False
        self._begin()
        return result

    async def _list(self, request: wire.ReadDir) -> bytes:
        opened = self._handle(request.handle).opened
        if not isinstance(opened, Listing):
            raise NotAllowed("that handle is no folder's")
        entries = await opened.read()
        if not entries:
            return wire.status(request.id, Status.EOF, "end of folder")
        return wire.names(request.id, [(entry.name, line(entry), entry.attributes) for entry in entries])

    async def _close(self, name: bytes) -> None:
        handle = self._handle(name)
        del self._handles[name]
        await handle.quiet()
        if isinstance(handle.opened, Listing):
            return
        if self._lost:
            handle.opened.lost()  # the client left before it had all that it asked for
        else:
            await handle.opened.close()


def sftp_factory(
    doorkeeper: Doorkeeper,
    intake: Intake,
    mailboxes: Mailboxes,
    records: Records,
    *,
    host_keys: Sequence[Key],
    reactor: Any,
    now: Callable[[], datetime],
    login_s: float = 60,
    idle_s: float = 600,
    upload_s: float = 900,
    lease_s: float = 300,
    archive_days: int = 30,
) -> SshFactory:
    """The factory to listen with. ``reactor`` gives timers, ``now`` the time of day (UTC); ``host_keys`` are Ed25519 (best alone) or RSA.

    ``upload_s`` is how long a file with a large interchange may take from when the hub has to keep it until it is closed or renamed.
    """
    hub = Hub(intake, mailboxes, records, reactor, now, upload_s, lease_s, archive_days)

    def subsystem(name: bytes, session: Session, channel: Channel) -> Sftp | None:
        return Sftp(hub, session, channel) if name == b"sftp" else None

    return SshFactory(doorkeeper, subsystem, host_keys, reactor=reactor, login_s=login_s, idle_s=idle_s)
