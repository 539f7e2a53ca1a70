"""ISO 2022 code extension, as UNOX names it: coded character sets are designated to G0 .. G3 and invoked to the left and right half of the code table.

While a double-octet set is invoked to the left half, octets that look like service characters are halves of characters. So text is read with its
state, and in the text every escape sequence and shift stays as one character, a *shift mark*, which tells how many octets it was: places in
the text lead back to octets, and splitting the text at service characters cannot go wrong. A shift mark is a lone high surrogate, which no octets
decode to. One stands also before a character that is not as many octets as GB 18030 makes of it, and tells the difference.

How the standard is read:

- At the beginning ASCII is designated to G0 and GB 2312 to G1. While that is so, octets of the right half are GB 18030, which contains it and is what Chinese
  partners send without any escape sequence.
- National versions of ISO 646 (ISO 2022 94-character sets such as JIS X 0201 Roman) are read as ASCII: where they differ, the octets may be service characters.
- Space, DEL and control characters are themselves in every state.
- A line end changes nothing: what is designated stays so until the interchange ends.
- 94 x 94 sets without a table here (CNS 11643) are taken apart into characters, which cannot be decoded. Other sequences that are not known are undecodable
  at their ESC and change nothing.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_ZERO = 0xD808
SHIFT_MARKS = "".join(map(chr, range(_ZERO - 8, _ZERO + 8)))
"""Every shift mark that may stand in a text."""
_BLANK = frozenset(" \t\r\n" + SHIFT_MARKS)
_SHIFT_MARK = re.compile(f"[{SHIFT_MARKS}]")
_NOT_ENCODABLE = re.compile("[\ud800-\udfff]")

CONTROLS = b"\x0e\x0f\x1b"
"""Shift out, shift in and escape, without which the state does not change."""
_SHIFT_OUT, _SHIFT_IN, _ESC = CONTROLS
_CONTROL = re.compile(b"[" + CONTROLS + b"]")
_ESCAPE = re.compile(rb"\x1b([\x20-\x2f]{0,3})([\x30-\x7e])")
_ESCAPE_BEGUN = re.compile(rb"\x1b[\x20-\x2f]{0,3}")
_SINGLE_SHIFTS = {0x8E: 2, 0x8F: 3}
# What designates to G0 .. G3 as at the beginning, and what invokes each of them to the left and to the right half.
_DESIGNATIONS = (b"\x1b(B", b"\x1b$)A", b"", b"")
_TO_LEFT = (b"\x0f", b"\x0e", b"\x1bn", b"\x1bo")
_TO_RIGHT = (b"", b"\x1b~", b"\x1b}", b"\x1b|")
_GRAPHIC_RUN = re.compile(rb"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True, eq=False)
class CodedSet:
    """A coded character set, one or two octets a character: ``codec`` decodes ``prefix`` and the octets with their high bits set. Without codec it has no table."""

    octets: int
    codec: str = ""
    prefix: bytes = b""

    @lru_cache(maxsize=1 << 14)  # noqa: B019  # the sets are constants
    def decode(self, character: bytes) -> str:
        """One character, in seven or eight bits; empty where there is none."""
        try:
            text = (self.prefix + bytes(octet | 0x80 for octet in character)).decode(self.codec)
        except (UnicodeDecodeError, LookupError):
            return ""
        # Its octets are no service character, so neither is the tilde of JIS X 0212: it becomes the full width one.
        return chr(ord(text) + 0xFEE0) if text.isascii() else text


_ASCII = CodedSet(1, "ascii")
_NOTHING = CodedSet(1)
_GB_2312 = CodedSet(2, "gb2312")
_NO_TABLE = CodedSet(2)
# By the final octet of the escape sequence, as in the international register of ISO 2375.
_SETS_94 = {**dict.fromkeys(b"@ABCGHJKRTYZ`fi", _ASCII), ord("I"): CodedSet(1, "shift_jis")}
_SETS_96 = {final: CodedSet(1, f"iso8859-{part}") for final, part in zip(b"ABCDFGHLMb", (1, 2, 3, 4, 7, 6, 8, 5, 9, 15), strict=True)}
_SETS_94_94 = {
    **dict.fromkeys(range(0x40, 0x60), _NO_TABLE),
    ord("@"): CodedSet(2, "euc_jp"),  # JIS C 6226, of which JIS X 0208 is the next edition
    ord("A"): _GB_2312,
    ord("B"): CodedSet(2, "euc_jp"),  # JIS X 0208
    ord("C"): CodedSet(2, "euc_kr"),  # KS X 1001
    ord("D"): CodedSet(2, "euc_jp", b"\x8f"),  # JIS X 0212
    ord("O"): CodedSet(2, "euc_jisx0213"),  # JIS X 0213, plane 1
    ord("P"): CodedSet(2, "euc_jis_2004", b"\x8f"),  # plane 2
    ord("Q"): CodedSet(2, "euc_jis_2004"),  # plane 1 as of 2004
}


class Passed(NamedTuple):
    """How far shifted text was passed. ``is_blank``: there was nothing but white space and changes of state; ``is_end``: a terminator stands last;
    ``released``: a release character does, which is not itself released.
    """

    end: int
    is_blank: bool
    is_end: bool
    released: bool


class CodeExtension:
    """The state, and what octets are in it. Begins as an interchange does.

    ``feed`` gives the text of octets that come in any pieces; an undecodable octet is a lone surrogate, U+DC00 and its value.
    ``pass_shifted`` is for who needs no text. An object serves one of the two.
    """

    def __init__(self) -> None:
        self._sets = [_ASCII, _GB_2312, _NOTHING, _NOTHING]
        self._designations = list(_DESIGNATIONS)  # by what the sets came there
        self._left = 0
        self._right = 1
        self._single = 0  # G2 or G3, for the next character only
        self._held = b""
        self._gb18030 = codecs.getincrementaldecoder("gb18030")("surrogateescape")

    @property
    def is_shifted(self) -> bool:
        """Whether octets that look like service characters may be something else."""
        return self._single > 0 or self._sets[self._left] is not _ASCII

    @property
    def sequences(self) -> bytes:
        """What designates and invokes the sets as they are, whatever they were. Sets read alike have the same sequences."""
        return b"".join(self._designations) + _TO_LEFT[self._left] + _TO_RIGHT[self._right]

    def copy(self) -> CodeExtension:
        """One that goes on from here by itself."""
        other = CodeExtension()
        other._sets, other._designations = list(self._sets), list(self._designations)
        other._left, other._right, other._single, other._held = self._left, self._right, self._single, self._held
        other._gb18030.setstate(self._gb18030.getstate())
        return other

    def feed(self, data: bytes, last: bool = False) -> str:
        """The text that ``data`` completes. ``last``: no more will come."""
        data = self._held + data
        texts: list[str] = []
        at = 0
        while at < len(data):
            if data[at] not in CONTROLS and self._is_plain:
                control = _CONTROL.search(data, at)
                end = control.start() if control else len(data)
                texts.append(self._gb18030.decode(data[at:end]))
                at = end
                continue
            texts.append(self._cut_short())
            text, octets = self._token(data, at, last)
            if not octets:
                break
            texts.append(text)
            at += octets
        self._held = data[at:]
        if last:
            texts.append(self._cut_short())
        return "".join(texts)

    def pass_shifted(self, data: bytes, at: int, last: bool, terminator: bytes, release: bytes, released: bool) -> Passed:
        """Passes a control octet, or what follows in shifted state, until the state is as usual, or until after a ``terminator`` that is not released: control
        characters are themselves in shifted text too. ``released``: what stands at ``at`` is. Less far where more octets must come.
        """
        begun, is_blank, is_end = at, True, False
        terminates, releases = terminator.decode("latin-1"), release.decode("latin-1")
        while at < len(data) and not is_end and (at == begun or self.is_shifted):
            if data[at] not in CONTROLS and not self._single and not released:
                run = _telling_nothing(self._sets[self._left], self._sets[self._right], terminator + release).match(data, at)
                if run is not None:
                    at = run.end()
                    is_blank = is_blank and not run[0].strip(b" \t\r\n")
                    continue
            text, octets = self._token(data, at, last)
            if not octets:
                break
            at += octets
            is_end = text == terminates and not released
            released = text == releases and not released
            is_blank = is_blank and text in _BLANK and not released
        return Passed(at, is_blank, is_end, released)

    @property
    def _is_plain(self) -> bool:
        """Whether all but control octets is GB 18030."""
        return self._right == 1 and self._sets[1:] == [_GB_2312, _NOTHING, _NOTHING] and not self.is_shifted

    def _cut_short(self) -> str:
        """Of a character of GB 18030 that did not come to its end, what there is."""
        begun = self._gb18030.getstate()[0]
        self._gb18030.reset()
        return begun.decode("ascii", "surrogateescape")

    def _token(self, data: bytes, at: int, last: bool) -> tuple[str, int]:
        """What stands at ``at``: its text, and how many octets it is, 0 where more must come to tell."""
        octet = data[at]
        if octet == _ESC:
            return self._escape(data, at, last)
        if octet in (_SHIFT_OUT, _SHIFT_IN):
            self._left = 1 if octet == _SHIFT_OUT else 0
            return _mark(1), 1
        single, self._single = self._single, 0
        if octet <= 0x20 or octet == 0x7F:
            return chr(octet), 1
        coded = self._sets[single or (self._left if octet < 0x80 else self._right)]
        if octet < 0x80 and coded is _ASCII:
            run = data[at : at + 1] if single else _GRAPHIC_RUN.match(data, at)[0]  # type: ignore[index]  # the octet is one of them
            return run.decode("ascii"), len(run)
        if octet in _SINGLE_SHIFTS and self._sets[_SINGLE_SHIFTS[octet]] is not _NOTHING:
            if at + 1 == len(data) and not last:
                return "", 0
            if data[at + 1 : at + 2] >= b"\xa0":  # the shift of eight-bit codes is of the right half
                self._single = _SINGLE_SHIFTS[octet]
                return _mark(1), 1
        text, octets = self._gb_18030(data, at, last) if octet >= 0x80 and coded is _GB_2312 else _character(coded, data, at, last)
        if not octets:
            self._single = single
        return text, octets

    def _escape(self, data: bytes, at: int, last: bool) -> tuple[str, int]:
        found = _ESCAPE.match(data, at)
        if found is not None and self._takes(found[1], found[2]):
            return _mark(len(found[0])), len(found[0])
        begun = _ESCAPE_BEGUN.match(data, at)
        if found is None and not last and begun is not None and begun.end() == len(data):
            return "", 0
        return _undecodable(data[at : at + 1]), 1

    def _takes(self, intermediate: bytes, final: bytes) -> bool:
        """Changes the state as an escape sequence says; False for one that is not known."""
        if not intermediate:
            if final in b"NO":
                self._single = 2 if final == b"N" else 3
            elif final in b"no":
                self._left = 2 if final == b"n" else 3
            elif final in b"|}~":
                self._right = {b"|": 3, b"}": 2, b"~": 1}[final]
            else:
                return False
            return True
        if intermediate in (b" ", b"&"):
            return True  # announces what will be used, or the revision of a set
        first, to = intermediate[:1], intermediate[-1:]
        if first == b"$":
            sets, places = _SETS_94_94, b"()*+"
            if len(intermediate) == 1 and final in b"@AB":
                to = b"("
        elif to in b"-./":
            sets, places = _SETS_96, b"(-./"
        else:
            sets, places = _SETS_94, b"()*+"
        coded, place = sets.get(final[0]), places.find(to)
        if coded is None or place < 0 or len(intermediate) > 1 + (first == b"$"):
            return False
        self._sets[place] = coded
        self._designations[place] = _DESIGNATIONS[0] if coded is _ASCII and not place else b"\x1b" + intermediate + final
        return True

    def _gb_18030(self, data: bytes, at: int, last: bool) -> tuple[str, int]:
        """A character of two or four octets."""
        for octets in (2, 4):
            character = data[at : at + octets]
            try:
                return character.decode("gb18030"), len(character)
            except UnicodeDecodeError as error:
                if len(character) < octets and not last and error.reason == "incomplete multibyte sequence":
                    return "", 0
        return _undecodable(data[at : at + 1]), 1


@lru_cache(maxsize=256)
def _telling_nothing(left: CodedSet, right: CodedSet, service: bytes) -> re.Pattern[bytes]:
    """Whole characters of the two sets, and control characters other than those that change the state or are ``service``."""
    controls = re.escape(bytes({*range(0x21), 0x7F} - {*CONTROLS, *service}))
    graphic = rb"[\x21-\x7e]++" if left.octets == 1 else rb"(?:[\x21-\x7e]{2})++"
    high = rb"[\xa0-\xff]++" if right.octets == 1 else rb"(?:[\xa1-\xfe]{2})++"
    if right is _GB_2312:
        # GB 18030 has every one of these; the two first octets left out may be single shifts.
        high = rb"(?:[\x81-\x8d\x90-\xfe][\x40-\x7e\x80-\xfe])++"
    return re.compile(b"(?:[" + controls + b"]++|" + graphic + b"|" + high + b")++")


def measure(text: str) -> int:
    """How many octets ``text`` was."""
    if text.isascii():
        return len(text)
    shifts = sum(ord(mark) - _ZERO for mark in _SHIFT_MARK.findall(text))
    return shifts + len(_NOT_ENCODABLE.sub("?", without_shifts(text)).encode("gb18030"))


def without_shifts(text: str) -> str:
    """``text`` as its reader sees it."""
    return text if text.isascii() else _SHIFT_MARK.sub("", text)


def _character(coded: CodedSet, data: bytes, at: int, last: bool) -> tuple[str, int]:
    """A character of a designated set, in the half of the code table where its first octet is."""
    character = data[at : at + coded.octets]
    if len(character) < coded.octets and not last:
        return "", 0
    high = character[0] & 0x80
    if len(character) < coded.octets or any(not 0x21 | high <= octet <= 0x7E | high for octet in character[1:]):
        return _undecodable(character[:1]), 1
    text = coded.decode(character)
    if not text:
        return _undecodable(character), len(character)
    difference = len(character) - len(text.encode("gb18030"))
    return (_mark(difference) + text if difference else text), len(character)


def _mark(octets: int) -> str:
    return chr(_ZERO + octets)


def _undecodable(octets: bytes) -> str:
    return "".join(chr(0xDC00 + octet) for octet in octets)
