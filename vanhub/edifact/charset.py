"""Which characters an interchange may use, and how its octets become characters.

ISO 9735:1988 section 5 and annex (levels A and B), ISO 9735-1:2002 annex A: the syntax identifier in UNB S001 names a repertoire.
This hub's readings, where the standard leaves it to the parties:

- Repertoires of ISO 8859 (UNOC to UNOL) hold all characters of their part, UNOW and UNOY all of Unicode (UTF-8).
- UNOX is ISO 2022 code extension (``vanhub.edifact.iso2022``), of which octets of the right half are GB 18030 where nothing else is said.
- An encoding agreed with the partner takes the place of the repertoire's own; then every graphic character is admitted. One that 0133 announces only says
  how the characters of the repertoire are encoded.
- An encoding must contain ASCII octet for octet, so that service characters can be found, and every character must tell how many octets it was: EBCDIC, UTF-16,
  EUC-JP (which has two tildes) and Big5-HKSCS (of which four characters become two each) are refused, ISO 2022 is what UNOX is for.
- Control characters are in no repertoire. (White space between segments is not text; the scanner drops it.)

An octet that cannot be decoded becomes a lone surrogate (PEP 383), so that nothing is lost and one bad octet is one fault.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from vanhub.edifact.iso2022 import SHIFT_MARKS, CodeExtension, measure, without_shifts

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
# 0133 of syntax version 4. Code page 500 (EBCDIC), UCS-2, UCS-4 and UTF-16 hold no ASCII octets. 2 (ASCII 8 bit) and ZZZ leave it to the repertoire and the parties.
_ENCODINGS_0133 = {"1": "ascii", "2": "", "3": "cp500", "4": "cp850", "5": "utf-16-be", "6": "utf-32-be", "7": "utf-8", "8": "utf-16", "ZZZ": "", "": ""}
_STATELESS = re.compile(r"ascii|iso8859-\d+|cp(?:125\d|437|720|737|775|85\d|86[0-35-9]|874|932|949|950)|koi8-[rtu]|utf-8|gb18030|gbk|gb2312|big5|euc_kr")
_LONGEST = 256
_ILLEGIBLE = re.compile("[\0\ud800-\udfff]")
_ASCII = bytes(range(0x20, 0x7F))
# Shift marks are the first of the lone surrogates.
_OTHER = f"\\x00-\\x1f\\x7f-\\x9f{chr(ord(SHIFT_MARKS[-1]) + 1)}-\\udfff"


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The characters of one interchange: ``name`` for texts (``UNOC``, ``gb18030``), ``codec`` for Python.

    ``extended``: read by ISO 2022 code extension; the text then has shift marks where it needs them, and ``codec`` is for writing.
    """

    name: str
    codec: str
    _outside: re.Pattern[str]
    _plain: bytes
    extended: bool = False

    def decoder(self, state: CodeExtension | None = None) -> Callable[[bytes, bool], str]:
        """A fresh incremental decoder: octets and whether they are the last -> characters; an undecodable octet is a lone surrogate. Where the
        repertoire is ``extended`` it goes on from ``state``, if given.
        """
        if self.extended:
            return (state or CodeExtension()).feed
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
        if text.isascii():
            return len(text)
        return measure(text) if self.extended else len(text.encode(self.codec, "surrogateescape"))

    def admits(self, text: str) -> bool:
        """Whether every character is in the repertoire, and is nothing but a character: False where there are shift marks."""
        if text.isascii():
            return not text.encode().translate(None, self._plain)
        return self._outside.search(text) is None and (not self.extended or without_shifts(text) == text)

    def outside(self, text: str) -> int:
        """Index of the first character that is not in the repertoire, or -1. Shift marks are no characters."""
        found = self._outside.search(text)
        return found.start() if found else -1


@lru_cache(maxsize=64)
def repertoire(identifier: str, encoding: str = "", announced: str = "") -> Repertoire | None:
    """The repertoire of a syntax identifier (``UNOA`` ..), read in ``encoding`` where one is agreed, else in what ``announced``, a code of 0133, stands for.

    Returns None for an unknown identifier.

    Raises:
        LookupError: the encoding is unknown, or cannot be read with its service characters and places.
    """
    if identifier not in _REPERTOIRES:
        return None
    codec, characters = _REPERTOIRES[identifier]
    other = encoding or announced_encoding(announced)
    if not other:
        return Repertoire(identifier, codec, *_patterns(characters), extended=identifier == "UNOX")
    if not encoding and announced not in _ENCODINGS_0133:
        raise LookupError(f"{other} is no code of 0133")
    found = codecs.lookup(other).name
    if not _STATELESS.fullmatch(found):
        raise LookupError(f"{other} does not contain ASCII octet for octet, or does not tell from its characters how many octets they are")
    if encoding:
        return Repertoire(found, found, *_patterns(""))
    return Repertoire(identifier, found, *_patterns(characters or _right_half(codec)))


def _patterns(characters: str) -> tuple[re.Pattern[str], bytes]:
    """What is outside a class of characters, and which octets of ASCII are in it; an empty class is all graphic characters."""
    plain = bytes(octet for octet in _ASCII if re.match(f"[{characters}]", chr(octet))) if characters else _ASCII
    return re.compile(f"[^{characters}]" if characters else f"[{_OTHER}]"), plain


def _right_half(codec: str) -> str:
    """The characters of a part of ISO 8859 as a class; empty for codecs of all Unicode."""
    if not codec.startswith("iso8859"):
        return ""
    return " -~" + "".join(map(re.escape, bytes(range(0xA0, 0x100)).decode(codec, "ignore")))


LEGIBLE = Repertoire("ISO 8859-1", "iso8859-1", re.compile(f"[{_OTHER}]"), _ASCII)
"""For showing text whose repertoire is unknown: every octet is a character."""


def announced_encoding(code: str) -> str:
    """0133 as a Python encoding; empty where the code leaves it to the repertoire or to the parties' agreement. Of an unknown code, that code for people."""
    return _ENCODINGS_0133[code] if code in _ENCODINGS_0133 else printable(code)


def is_undecodable(character: str) -> bool:
    """Whether the decoder put ``character`` in the place of an octet that it could not decode."""
    return "\udc00" <= character <= "\udcff"


def name_of(character: str) -> str:
    """One character for people: itself, a picture of it (U+2400 ..), ``U+0085``, or ``0x85`` for an undecodable octet."""
    if is_undecodable(character):
        return f"0x{ord(character) - 0xDC00:02X}"
    shown = printable(character)
    return shown if shown.isprintable() else f"U+{ord(character):04X}"


def legible(text: str) -> str:
    """``text`` so that it can be encoded, and kept and indexed by any database: undecodable octets and NUL, which are in no repertoire, are U+FFFD, shift
    marks are left out, and of what is longer than any value of a service segment may be the beginning is enough.
    """
    text = without_shifts(text[:_LONGEST])
    return text if text.isascii() and "\0" not in text else _ILLEGIBLE.sub("\ufffd", text)


def printable(text: str, most: int = 80) -> str:
    """``text`` for people: at most ``most`` characters, undecodable octets as U+FFFD, control characters as pictures (U+2400 ..),
    shift marks left out.
    """
    text = without_shifts(text[: 4 * most])
    return "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else chr(0x2400 + ord(character)) if character < " " else character for character in text[:most]
    )
