"""Which characters an interchange may use, and how its octets become characters.

ISO 9735:1988 section 5 and annex (levels A and B), ISO 9735-1:2002 annex A: the syntax identifier in UNB S001 names a repertoire.
This hub's readings, where the standard leaves it to the parties:

- Repertoires of ISO 8859 (UNOC to UNOL) hold all characters of their part, UNOW and UNOY all of Unicode (UTF-8).
- UNOX names ISO 2022 code extension without saying which sets: without an agreement it is read as GB 18030, whose two-octet part
  is GB 2312 designated to G1 as ISO 2022 has it. Escape sequences are outside the repertoire.
- An encoding agreed with the partner, or announced in 0133, takes the place of the repertoire's own; then every graphic character is admitted.
- An encoding must contain ASCII octet for octet, so that service characters can be found: EBCDIC, UTF-16, ISO 2022 with escapes are refused.
- Control characters are in no repertoire. (White space between segments is not text; the scanner drops it.)

An octet that cannot be decoded becomes a lone surrogate (PEP 383), so that nothing is lost and one bad octet is one fault.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_LEVEL_A = "A-Z0-9 .,\\-()/='+:?!\"%&*;<>"
_REPERTOIRES = {
    "UNOA": ("ascii", _LEVEL_A),
    "UNOB": ("ascii", _LEVEL_A + "a-z"),
    "UNOC": ("iso8859-1", ""),
    "UNOD": ("iso8859-2", ""),
    "UNOE": ("iso8859-5", ""),
    "UNOF": ("iso8859-7", ""),
    "UNOG": ("iso8859-3", ""),
    "UNOH": ("iso8859-4", ""),
    "UNOI": ("iso8859-6", ""),
    "UNOJ": ("iso8859-8", ""),
    "UNOK": ("iso8859-9", ""),
    "UNOL": ("iso8859-15", ""),
    "UNOW": ("utf-8", ""),
    "UNOX": ("gb18030", ""),
    "UNOY": ("utf-8", ""),
}
# 0133 of syntax version 4. Code page 500 (EBCDIC), UCS-2, UCS-4 and UTF-16 hold no ASCII octets.
_ENCODINGS_0133 = {"1": "ascii", "3": "cp850", "4": "cp500", "5": "utf-16-be", "6": "utf-32-be", "7": "utf-8", "8": "utf-16"}
_STATELESS = re.compile(
    r"ascii|iso8859-\d+|cp(?:125\d|437|720|737|775|85\d|86\d|874|932|949|950)|koi8-[rtu]|utf-8|gb18030|gbk|gb2312|big5|big5hkscs|euc_(?:jp|kr)"
)
_LONGEST = 256
_ILLEGIBLE = re.compile("[\0\ud800-\udfff]")
_ASCII = bytes(range(0x20, 0x7F))
_OTHER = "\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff"


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The characters of one interchange: ``name`` for texts (``UNOC``, ``gb18030``), ``codec`` for Python."""

    name: str
    codec: str
    _outside: re.Pattern[str]
    _plain: bytes

    def decoder(self) -> Callable[[bytes, bool], str]:
        """A fresh incremental decoder: octets and whether they are the last -> characters; an undecodable octet is a lone surrogate."""
        decoder = codecs.getincrementaldecoder(self.codec)("surrogateescape")

        def decode(data: bytes, last: bool) -> str:
            text = decoder.decode(data)
            if last:
                # Not decode(final=True): of a character that was cut it would keep the first octet only.
                text += decoder.getstate()[0].decode("ascii", "surrogateescape")
            return text

        return decode

    def octets(self, text: str) -> int:
        """How many octets ``text`` was."""
        return len(text) if text.isascii() else len(text.encode(self.codec, "surrogateescape"))

    def admits(self, text: str) -> bool:
        """Whether every character is in the repertoire."""
        if text.isascii():
            return not text.encode().translate(None, self._plain)
        return self._outside.search(text) is None

    def outside(self, text: str) -> int:
        """Index of the first character that is not in the repertoire, or -1."""
        found = self._outside.search(text)
        return found.start() if found else -1


@lru_cache(maxsize=64)
def repertoire(identifier: str, encoding: str = "") -> Repertoire | None:
    """The repertoire of a syntax identifier (``UNOA`` ..), read in ``encoding`` where one is agreed.

    Returns None for an unknown identifier.

    Raises:
        LookupError: ``encoding`` is unknown or does not contain ASCII octet for octet.
    """
    if identifier not in _REPERTOIRES:
        return None
    codec, characters = _REPERTOIRES[identifier]
    name = identifier
    if encoding:
        codec = codecs.lookup(encoding).name
        if not _STATELESS.fullmatch(codec):
            raise LookupError(f"{encoding} does not contain ASCII octet for octet")
        name, characters = codec, ""
    plain = bytes(octet for octet in _ASCII if re.match(f"[{characters}]", chr(octet))) if characters else _ASCII
    return Repertoire(name, codec, re.compile(f"[^{characters}]" if characters else f"[{_OTHER}]"), plain)


LEGIBLE = Repertoire("ISO 8859-1", "iso8859-1", re.compile(f"[{_OTHER}]"), _ASCII)
"""For showing text whose repertoire is unknown: every octet is a character."""


def announced_encoding(code: str) -> str:
    """0133 as a Python encoding; empty where the code leaves it to the repertoire or to the parties' agreement."""
    return _ENCODINGS_0133.get(code, "")


def is_undecodable(character: str) -> bool:
    """Whether the decoder put ``character`` in the place of an octet that it could not decode."""
    return "\udc80" <= character <= "\udcff"


def legible(text: str) -> str:
    """``text`` so that it can be encoded, and kept and indexed by any database: undecodable octets and NUL, which are in no repertoire, are U+FFFD, and of
    what is longer than any value of a service segment may be the beginning is enough.
    """
    text = text[:_LONGEST]
    return text if text.isascii() and "\0" not in text else _ILLEGIBLE.sub("\ufffd", text)


def printable(text: str, most: int = 80) -> str:
    """``text`` for people: at most ``most`` characters, undecodable octets as U+FFFD, control characters as pictures (U+2400 ..)."""
    return "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else chr(0x2400 + ord(character)) if character < " " else character for character in text[:most]
    )
