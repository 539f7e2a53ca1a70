"""The archive that UNECE distributes: text files in zips in a zip, unpacked in memory under limits.

Nothing is ever written under a member's name, so a name can lead nowhere. What an archive announces about itself is
not believed: octets are counted as they are unpacked, and the unpacking stops at the first limit.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from vanhub.errors import OperatorError

_PIECE = 65_536
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_SIGNATURE = b"PK\x03\x04"
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, LookupError, OverflowError)
"""What ``zipfile`` raises on archives that are none; an empty name is an ``IndexError``, one in an unknown encoding a ``ValueError``."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold, the archives inside it counted with it. Distributions stay well below."""

    archive: int = 16 * 2**20
    """Octets of the file itself."""
    list: int = 2**20
    """Octets of one zip's list of members, which is read at once."""
    members: int = 2_000
    member: int = 8 * 2**20
    """Octets of one member, unpacked."""
    unpacked: int = 64 * 2**20
    """Octets of all members, unpacked, zips included."""
    ratio: int = 100
    """Unpacked to packed octets of a member of more than 1 MiB."""
    depth: int = 4
    """Zips in zips; the file itself is 1."""
    lines: int = 1_000_000
    """Lines of all members."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive. ``path`` names it for people: ``d96b.zip/TRSD.ZIP/TRSD.96B``."""

    path: str
    octets: bytes

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


def unpack(octets: bytes, name: str, limits: Limits = LIMITS) -> list[Member]:
    """The files of the zip ``octets``, in the archive's order, those of zips inside it included; ``name`` is its name for people.

    Raises:
        OperatorError: not a zip, damaged, encrypted, packed in a way that is not read, or over a limit.
    """
    if len(octets) > limits.archive:
        raise OperatorError(f"{name} has {len(octets)} octets, more than {limits.archive}: that is no directory of UNECE")
    return _Unpacking(limits).files(octets, name, 1)


class _Unpacking:
    """One archive: counts what all its zips hold together."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._members, self._octets, self._lines = limits, 0, 0, 0

    def files(self, octets: bytes, path: str, depth: int) -> list[Member]:
        if depth > self._limits.depth:
            raise OperatorError(f"{path}: zips lie in zips more than {self._limits.depth} deep: that is no directory of UNECE")
        found: list[Member] = []
        for member in self._unpacked(octets, path):
            if member.octets.startswith(_SIGNATURE):
                found += self.files(member.octets, member.path, depth + 1)
            else:
                found.append(member)
        return found

    def _unpacked(self, octets: bytes, path: str) -> list[Member]:
        try:
            with zipfile.ZipFile(_Reader(octets, self._limits.list)) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                self._members += len(entries)
                if self._members > self._limits.members:
                    raise OperatorError(f"{path}: more than {self._limits.members} files: that is no directory of UNECE")
                return [self._member(archive, entry, f"{path}/{_plain(entry.filename)}") for entry in entries]
        except _DAMAGE as error:
            raise OperatorError(f"{path} cannot be unpacked: {error or type(error).__name__}; is it a zip, and whole? Download it again") from error

    def _member(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str) -> Member:
        if entry.flag_bits & 1:
            raise OperatorError(f"{path} is encrypted: pack the archive again without a password")
        if entry.compress_type not in _METHODS:
            raise OperatorError(f"{path} is packed with method {entry.compress_type}, which is not read: unpack the archive and pack it again (deflate)")
        pieces: list[bytes] = []
        size = 0
        try:
            with archive.open(entry) as stream:
                while piece := stream.read(_PIECE):
                    size += len(piece)
                    self._octets += len(piece)
                    self._lines += piece.count(b"\n")
                    if size > self._limits.member or self._octets > self._limits.unpacked:
                        raise OperatorError(
                            f"{path} unpacks to more than {min(self._limits.member, self._limits.unpacked)} octets: that is no directory of UNECE"
                        )
                    if self._lines > self._limits.lines:
                        raise OperatorError(f"{path}: more than {self._limits.lines} lines so far: that is no directory of UNECE")
                    if size > max(2**20, self._limits.ratio * entry.compress_size):
                        raise OperatorError(f"{path} unpacks to more than {self._limits.ratio} times its size: that is no directory of UNECE")
                    pieces.append(piece)
        except _DAMAGE as error:
            raise OperatorError(f"{path} is damaged: {error or type(error).__name__}; download the archive again") from error
        return Member(path, b"".join(pieces))


class _Reader(io.BytesIO):
    """Gives at most ``most`` octets at once: ``zipfile`` reads the list of members in one piece, of the length that the archive announces."""

    def __init__(self, octets: bytes, most: int) -> None:
        super().__init__(octets)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._most:
            raise ValueError(f"its list of members is longer than {self._most} octets")
        return super().read(size)


def _plain(name: str) -> str:
    """A member's name in one line and without ``..``: for people, and to know what it is by."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    return "".join(character if character.isprintable() else "?" for character in "/".join(parts)) or "?"
