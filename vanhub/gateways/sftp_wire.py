"""SFTP version 3 on the wire: octets in, requests out; answers in, octets out. No input or output, no Twisted.

The protocol is draft-ietf-secsh-filexfer-02, which every client speaks, with four of OpenSSH's extensions read: ``posix-rename@openssh.com``
(a rename that replaces), ``limits@openssh.com`` (how large a request may be), and, answered "unsupported" because the hub cannot do what they promise,
``fsync@openssh.com`` and all the rest.

    uint32 length | byte kind | uint32 request id | fields of the kind

Paths are octets on the wire. They become text here, once: UTF-8, and an octet that is no UTF-8 as ``\\xNN``, so that every later step has text.
A packet that is too long or too short to have a kind and an id ends the channel (``BadStream``); one whose fields are cut becomes ``Malformed`` and is answered.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vanhub.errors import PartnerError

PACKET_OCTETS = 256 * 1024
"""The longest packet: what OpenSSH's own server takes."""
CHUNK_OCTETS = PACKET_OCTETS - 1024
"""The most octets of a file in one READ or WRITE; also what ``limits@openssh.com`` answers."""
OPEN_HANDLES = 100
VERSION = 3


class Kind(enum.IntEnum):
    """The first octet of a packet."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Status(enum.IntEnum):
    """What a STATUS says. Version 3 has no other codes."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    OP_UNSUPPORTED = 8


class Flag(enum.IntFlag):
    """How a file is to be opened."""

    READ = 0x01
    WRITE = 0x02
    APPEND = 0x04
    CREATE = 0x08
    TRUNCATE = 0x10
    EXCLUSIVE = 0x20


class BadStream(PartnerError):
    """The octets on the channel cannot be SFTP: nothing after them can be read."""

    code = "sftp"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is told of a file or folder: exact size in octets, POSIX mode with the type bits, seconds since 1970."""

    size: int
    mode: int
    mtime: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing."""

    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Init:
    version: int


@dataclass(frozen=True, slots=True)
class Request:
    """Every request but INIT has an id that its answer repeats."""

    id: int


@dataclass(frozen=True, slots=True)
class Open(Request):
    path: str
    flags: Flag


@dataclass(frozen=True, slots=True)
class Close(Request):
    handle: bytes


@dataclass(frozen=True, slots=True)
class Read(Request):
    handle: bytes
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Write(Request):
    handle: bytes
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Stat(Request):
    """STAT and LSTAT: there are no links, hence no difference."""

    path: str


@dataclass(frozen=True, slots=True)
class FStat(Request):
    handle: bytes


@dataclass(frozen=True, slots=True)
class SetStat(Request):
    """The attributes asked for are not read: a mailbox keeps its own."""

    path: str


@dataclass(frozen=True, slots=True)
class FSetStat(Request):
    handle: bytes


@dataclass(frozen=True, slots=True)
class OpenDir(Request):
    path: str


@dataclass(frozen=True, slots=True)
class ReadDir(Request):
    handle: bytes


@dataclass(frozen=True, slots=True)
class Remove(Request):
    path: str


@dataclass(frozen=True, slots=True)
class MkDir(Request):
    path: str


@dataclass(frozen=True, slots=True)
class RmDir(Request):
    path: str


@dataclass(frozen=True, slots=True)
class RealPath(Request):
    path: str


@dataclass(frozen=True, slots=True)
class Rename(Request):
    """RENAME, and ``posix-rename@openssh.com``: a name that comes again is a new upload either way."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Limits(Request):
    pass


@dataclass(frozen=True, slots=True)
class Unsupported(Request):
    """A kind or extension that this server does not have."""

    what: str


@dataclass(frozen=True, slots=True)
class Malformed(Request):
    """A known kind whose fields cannot be read."""


class Inbound:
    """The packets of one channel, cut out of its octets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def packets(self) -> Iterator[bytes]:
        """Every whole packet, without its length; may be left in the middle and taken up again.

        Raises:
            BadStream: a length that no packet has. Nothing is buffered beyond one packet's length before this is raised.
        """
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[:4], "big")
            if not 5 <= length <= PACKET_OCTETS:
                raise BadStream(f"a packet of {length} octets is no SFTP packet")
            if len(self._buffer) < 4 + length:
                return
            packet = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield packet


def parse(packet: bytes) -> Init | Request:
    """The request in ``packet`` (kind, id and fields; five octets at least, as ``Inbound`` cuts them)."""
    kind, id = packet[0], int.from_bytes(packet[1:5], "big")
    if kind == Kind.INIT:
        return Init(id)  # INIT has no id: its version stands there
    fields = _Fields(packet, 5)
    try:
        return _read(kind, id, fields)
    except (struct.error, _Cut):
        return Malformed(id)


def _read(kind: int, id: int, fields: _Fields) -> Request:
    match kind:
        case Kind.OPEN:
            return Open(id, fields.path(), Flag(fields.uint32() & 0x3F))  # the attributes that follow are not read
        case Kind.CLOSE:
            return Close(id, fields.string())
        case Kind.READ:
            return Read(id, fields.string(), fields.uint64(), fields.uint32())
        case Kind.WRITE:
            return Write(id, fields.string(), fields.uint64(), fields.string())
        case Kind.STAT | Kind.LSTAT:
            return Stat(id, fields.path())
        case Kind.FSTAT:
            return FStat(id, fields.string())
        case Kind.SETSTAT:
            return SetStat(id, fields.path())
        case Kind.FSETSTAT:
            return FSetStat(id, fields.string())
        case Kind.OPENDIR:
            return OpenDir(id, fields.path())
        case Kind.READDIR:
            return ReadDir(id, fields.string())
        case Kind.REMOVE:
            return Remove(id, fields.path())
        case Kind.MKDIR:
            return MkDir(id, fields.path())
        case Kind.RMDIR:
            return RmDir(id, fields.path())
        case Kind.REALPATH:
            return RealPath(id, fields.path())
        case Kind.RENAME:
            return Rename(id, fields.path(), fields.path())
        case Kind.READLINK | Kind.SYMLINK:
            return Unsupported(id, "links")
        case Kind.EXTENDED:
            name = fields.path()
            if name == "posix-rename@openssh.com":
                return Rename(id, fields.path(), fields.path())
            return Limits(id) if name == "limits@openssh.com" else Unsupported(id, name[:64])
        case _:
            return Unsupported(id, f"packets of kind {kind}")


class _Cut(Exception):
    """A field runs over the packet's end."""


class _Fields:
    """Reads a packet's fields in order."""

    def __init__(self, packet: bytes, at: int) -> None:
        self._packet = packet
        self._at = at

    def _take(self, length: int) -> bytes:
        taken = self._packet[self._at : self._at + length]
        if len(taken) < length:
            raise _Cut
        self._at += length
        return taken

    def uint32(self) -> int:
        return int.from_bytes(self._take(4), "big")

    def uint64(self) -> int:
        return int.from_bytes(self._take(8), "big")

    def string(self) -> bytes:
        return self._take(self.uint32())

    def path(self) -> str:
        return self.string().decode("utf-8", "backslashreplace")


def version() -> bytes:
    """The answer to INIT: version 3 and the extensions that are honoured. ``fsync@openssh.com`` is not among them: before CLOSE nothing is durable."""
    return _packet(Kind.VERSION, struct.pack(">L", VERSION) + b"".join(map(_string, (b"posix-rename@openssh.com", b"1", b"limits@openssh.com", b"1"))))


def status(id: int, code: Status, text: str) -> bytes:
    return _packet(Kind.STATUS, struct.pack(">LL", id, code) + _string(text.encode()) + _string(b"en"))


def handle(id: int, handle: bytes) -> bytes:
    return _packet(Kind.HANDLE, struct.pack(">L", id) + _string(handle))


def data(id: int, octets: bytes) -> bytes:
    return _packet(Kind.DATA, struct.pack(">L", id) + _string(octets))


def names(id: int, entries: Iterable[tuple[str, str, Attributes | None]]) -> bytes:
    """NAME: for each entry its name, its line as ``ls -l`` prints it, and its attributes (REALPATH gives none)."""
    packed = [_string(name.encode()) + _string(line.encode()) + _attributes(attributes) for name, line, attributes in entries]
    return _packet(Kind.NAME, struct.pack(">LL", id, len(packed)) + b"".join(packed))


def attributes(id: int, of: Attributes) -> bytes:
    return _packet(Kind.ATTRS, struct.pack(">L", id) + _attributes(of))


def limits(id: int) -> bytes:
    return _packet(Kind.EXTENDED_REPLY, struct.pack(">LQQQQ", id, PACKET_OCTETS, CHUNK_OCTETS, CHUNK_OCTETS, OPEN_HANDLES))


def _attributes(of: Attributes | None) -> bytes:
    if of is None:
        return struct.pack(">L", 0)
    # SIZE | UIDGID | PERMISSIONS | ACMODTIME; nobody owns anything here: user and group are 0
    return struct.pack(">LQLLLLL", 0x0F, of.size, 0, 0, of.mode, of.mtime, of.mtime)


def _packet(kind: Kind, fields: bytes) -> bytes:
    return struct.pack(">LB", 1 + len(fields), kind) + fields


def _string(octets: bytes) -> bytes:
    return struct.pack(">L", len(octets)) + octets
