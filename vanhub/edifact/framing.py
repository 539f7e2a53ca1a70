"""Splits a stream of octets into interchanges, for every gateway and for ``vanhub check``.

Sans-I/O: octets in, events out. The rules it keeps:

- An interchange runs from UNA or UNB to the terminator of UNZ, an interactive one from UNA or UIB to that of UIZ. White space and byte order marks
  between interchanges are dropped.
- A UNA, UNB or UIB at a segment's start inside an unfinished interchange ends that one (it is not complete) and begins the next.
- In syntax version 4 the objects of packages and encrypted data are passed by their lengths (``vanhub.edifact.passage``), whatever they hold.
- Octets that begin no interchange are runs of their own: a run ends where an interchange plausibly begins, or after 64 KiB.
- Octets are passed on as they come: what is held back is the possible beginning of a service segment, some dozens of octets.
- The same octets in any pieces give the same units.

Nothing is decoded here but the shifts of UNOX (``vanhub.edifact.iso2022``). Every other encoding that the check accepts has its service characters as single
octets; the trail octets of GB 18030 lie outside the default service characters, so that only a custom UNA together with the letters ``UNZ`` could mislead.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import lru_cache

from vanhub.edifact.advice import ENOUGH, HEADERS, UNA_LENGTH, announced, syntax_identifier
from vanhub.edifact.iso2022 import CONTROLS, CodeExtension
from vanhub.edifact.passage import PASSAGE_TAGS, Passage
from vanhub.edifact.separators import Separators


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets that belong to the unit now open. ``offset``: where in the stream they stand."""

    data: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The unit now open is over. ``complete``: the terminator of its UNZ or UIZ was seen; ``is_interchange``: it began with UNA, UNB or UIB."""

    complete: bool
    is_interchange: bool


class _State(enum.Enum):
    BETWEEN = enum.auto()
    GARBAGE = enum.auto()
    HEADER = enum.auto()
    SEGMENT_START = enum.auto()
    SEGMENTS = enum.auto()
    PASSAGE = enum.auto()
    TRAILER = enum.auto()
    SHIFTED = enum.auto()


LONGEST_GARBAGE = 1 << 16
_MARK = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"[ \t\r\n]*+")
# As many octets as tell whether an interchange begins: UNA and its six characters, line ends, the tag that follows, its separator.
_HEAD = 24
_ADVICE = re.compile(rb"UNA(?:[^A-Za-z0-9]{6}|.{6}[ \t\r\n]{0,8}U[NI]B)", re.DOTALL)
_HEADER = re.compile(rb"U[NI]B[^A-Za-z0-9 \t\r\n]")
_AMID_GARBAGE = re.compile(rb"UNA.{6}[ \t\r\n]{0,8}U[NI]B|U[NI]B[^A-Za-z0-9 \t\r\n]UNO[A-Z]", re.DOTALL)
_TRAILERS = {b"UNB": b"UNZ", b"UIB": b"UIZ"}


@lru_cache(maxsize=64)
def _telling(terminator: bytes, controls: bytes) -> re.Pattern[bytes]:
    """A terminator after which UNA, a header or trailer of an interchange, UNO or USD stands, or may yet come; of a terminator that is itself white space,
    the last such. Or one of ``controls``, which may also stand after it.
    """
    blank = b" \t\r\n".replace(terminator, b"")
    control = b"|[" + controls + b"]" if controls else b""
    return re.compile(re.escape(terminator) + rb"(?=[" + blank + rb"]*+(?:UN[ABOZ]|UI[BZ]|USD|U[INS]?\Z|\Z" + control + b"))" + control)


@lru_cache(maxsize=64)
def _ending(terminator: bytes, controls: bytes) -> re.Pattern[bytes]:
    """A terminator, or one of ``controls``."""
    return re.compile(b"[" + re.escape(terminator) + controls + b"]")


class Framer:
    """Splits one stream. ``feed`` what came, in any pieces; ``close`` when nothing more will come.

    The events of a unit follow one another: ``Octets`` (any number), then one ``Ended``.
    """

    def __init__(self) -> None:
        self._state = _State.BETWEEN
        self._held = b""
        self._base = 0  # where in the stream the octets held stand
        self._events: list[Octets | Ended] = []
        self._garbage_left = 0
        self._separators = Separators()
        self._release = b""
        self._terminator = b""
        self._trailer = b""
        self._has_passages = False
        self._passage: Passage | None = None
        self._extension = CodeExtension()
        self._controls = b""  # by which the state of code extension changes; empty where there is none
        self._resumed = _State.SEGMENTS  # after shifted octets
        self._released = False  # the octet passed on last was a release character that is not itself released

    def feed(self, data: bytes) -> list[Octets | Ended]:
        """The events that ``data`` completes."""
        return self._run(self._held + data, last=False)

    def close(self) -> list[Octets | Ended]:
        """The events at the end of the stream: a unit still open ends here, incomplete."""
        events = self._run(self._held, last=True)
        if self._state is not _State.BETWEEN:
            self._end(complete=False)
        return events

    @property
    def in_garbage(self) -> bool:
        """Whether the unit now open is a run of octets that begin no interchange."""
        return self._state is _State.GARBAGE

    def _run(self, data: bytes, *, last: bool) -> list[Octets | Ended]:
        self._events = []
        steps = {
            _State.BETWEEN: self._begin,
            _State.GARBAGE: self._pass_garbage,
            _State.HEADER: self._look_at_header,
            _State.SEGMENT_START: self._look_at_tag,
            _State.SEGMENTS: self._pass_segments,
            _State.PASSAGE: self._pass_passage,
            _State.TRAILER: self._pass_trailer,
            _State.SHIFTED: self._pass_shifted,
        }
        at = 0
        undecided = False
        while at < len(data) and not undecided:
            at, undecided = steps[self._state](data, at, last)
        self._held = data[at:]
        self._base += at
        return self._events

    # Each step begins at an offset and returns the offset that it reached, and whether it needs more octets to decide.

    def _begin(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        at = _BLANK.match(data, at).end()  # type: ignore[union-attr]  # it matches everywhere, if only nothing
        if at == len(data):
            return at, False
        if data.startswith(_MARK, at):
            return at + len(_MARK), False
        head = data[at : at + _HEAD]
        begins = _begins(head, last or len(head) == _HEAD)
        if begins is None:
            return at, True
        if not begins:
            self._state, self._garbage_left = _State.GARBAGE, LONGEST_GARBAGE
            return at, False
        self._separators = separators = announced(head)
        self._terminator = separators.terminator
        self._release = separators.release if separators.release != b" " else b""
        self._released = False
        self._state = _State.HEADER
        # The characters of UNA are no text: its terminator ends no segment. What follows is the interchange's own UNB.
        advice = UNA_LENGTH if head.startswith(b"UNA") else 0
        self._emit(data, at, at + advice)
        return at + advice, False

    def _look_at_header(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        start = _BLANK.match(data, at).end()  # type: ignore[union-attr]
        self._emit(data, at, start)
        header = data[start : start + ENOUGH]
        if not last and len(header) < 3:
            return start, True
        values = syntax_identifier(header, self._separators, whole=last)
        if values is None:
            return start, True
        self._trailer = _TRAILERS.get(header[:3], b"UNZ")
        self._has_passages = values[1:2] == [b"4"]
        self._extension, self._controls = CodeExtension(), CONTROLS if values[0] == b"UNOX" else b""
        self._state = _State.SEGMENTS
        return start, False

    def _pass_garbage(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        start = _AMID_GARBAGE.search(data, at)
        if start is not None:
            end, decided = start.start(), True
        elif last:
            end, decided = len(data), True
        else:
            possible = data.find(b"U", max(at, len(data) - _HEAD + 1))
            end, decided = (len(data), True) if possible < 0 else (possible, False)
        taken = min(end - at, self._garbage_left)
        self._emit(data, at, at + taken)
        self._garbage_left -= taken
        if self._garbage_left == 0 or start is not None:
            self._end(complete=False)
            return at + taken, False
        return at + taken, not decided

    def _look_at_tag(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        start = _BLANK.match(data, at).end()  # type: ignore[union-attr]
        self._emit(data, at, start)
        head = data[start : start + _HEAD]
        if head and head[0] in self._controls:
            return self._shift(start, _State.SEGMENT_START), False
        known = (self._trailer, *(PASSAGE_TAGS if self._has_passages else ()))
        if head.startswith(known) and (len(head) > 3 or last):
            self._state = self._known_tag(head)
            return start, False
        begins = _begins(head, last or len(head) == _HEAD) if head else None
        if begins is None or (not last and any(tag.startswith(head) for tag in known)):
            return start, True
        if begins:
            self._end(complete=False)
        else:
            self._state = _State.SEGMENTS
        return start, False

    def _known_tag(self, head: bytes) -> _State:
        """What to do at a segment that begins with the tag of the trailer or of what announces a passage."""
        if head.startswith(self._trailer):
            return _State.SEGMENTS if head[3:4].isalnum() or len(head) == 3 else _State.TRAILER
        if not head.startswith(self._separators.element, 3):
            return _State.SEGMENTS
        self._passage = Passage(self._separators)
        return _State.PASSAGE

    def _pass_passage(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        if self._passage is None or self._passage.is_over:
            # After it text begins anew, as the check reads it.
            self._passage, self._state, self._released, self._extension = None, _State.SEGMENT_START, False, CodeExtension()
            return at, False
        end, undecided = self._passage.take(data, at, last)
        self._emit(data, at, end)
        return end, undecided

    def _pass_segments(self, data: bytes, at: int, _last: bool) -> tuple[int, bool]:
        found = self._find(_telling(self._terminator, self._controls), data, at)
        if found is None:
            return self._pass(data, at, len(data)), False
        if found[0] in self._controls:
            return self._shift(self._pass(data, at, found.start()), _State.SEGMENTS), False
        self._state = _State.SEGMENT_START
        return self._pass(data, at, found.end()), False

    def _pass_trailer(self, data: bytes, at: int, _last: bool) -> tuple[int, bool]:
        found = self._find(_ending(self._terminator, self._controls), data, at)
        if found is None:
            return self._pass(data, at, len(data)), False
        if found[0] in self._controls:
            return self._shift(self._pass(data, at, found.start()), _State.TRAILER), False
        end = self._pass(data, at, found.end())
        self._end(complete=True)
        return end, False

    def _shift(self, at: int, resumed: _State) -> int:
        """At ``at`` stands an octet by which the state changes."""
        self._state, self._resumed = _State.SHIFTED, resumed
        return at

    def _pass_shifted(self, data: bytes, at: int, last: bool) -> tuple[int, bool]:
        end, is_blank, is_end, self._released = self._extension.pass_shifted(data, at, last, self._terminator, self._release, self._released)
        self._emit(data, at, end)
        if is_end and self._resumed is _State.TRAILER:
            self._end(complete=True)
            return end, False
        if is_end:
            self._resumed = _State.SEGMENT_START
        elif not is_blank and self._resumed is _State.SEGMENT_START:
            self._resumed = _State.SEGMENTS
        if end > at and not self._extension.is_shifted:
            self._state = self._resumed
        return end, end == at

    def _find(self, pattern: re.Pattern[bytes], data: bytes, at: int) -> re.Match[bytes] | None:
        """The first match that is not a released terminator."""
        found = pattern.search(data, at)
        while found is not None and found[0] not in self._controls and self._is_released(data, at, found.start()):
            found = pattern.search(data, found.end())
        return found

    def _is_released(self, data: bytes, at: int, place: int) -> bool:
        """Whether a release character stands before ``place`` that is not itself released. ``at`` is where this step began."""
        if not self._release:
            return False
        first = place
        while first > at and data.startswith(self._release, first - 1):
            first -= 1
        return ((place - first) % 2 == 1) != (first == at and self._released)

    def _pass(self, data: bytes, at: int, end: int) -> int:
        self._released = self._is_released(data, at, end)
        self._emit(data, at, end)
        return end

    def _emit(self, data: bytes, start: int, end: int) -> None:
        if end > start:
            self._events.append(Octets(data[start:end], self._base + start))

    def _end(self, *, complete: bool) -> None:
        self._events.append(Ended(complete=complete, is_interchange=self._state is not _State.GARBAGE))
        self._state = _State.BETWEEN


def _begins(head: bytes, whole: bool) -> bool | None:
    """Whether an interchange begins with ``head``; None when more octets must come to tell. ``whole``: no more will come, or enough are here."""
    if _HEADER.match(head) or _ADVICE.match(head):
        return True
    if whole:
        return False
    could_be = head.startswith(b"UNA") or any(start.startswith(head) for start in (b"UNA", *HEADERS, _MARK))
    return None if could_be else False
