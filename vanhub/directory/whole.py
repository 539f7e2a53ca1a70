"""The fast way through a message that is there from UNH to UNT: it is taken at once where its frame and its structure are in order.

The segments that are not shown to be good (``Rules.doubtful``) are explained one by one; whatever else is not as it should be leaves the whole message
to the slow way, which decides and explains everything (``vanhub.directory.messages``).
"""

from __future__ import annotations

from collections.abc import Sequence

from vanhub.directory.findings import Reading, report_segment
from vanhub.directory.messages import GuideRun, Guides, document_of, report_guide
from vanhub.directory.rulebook import Profile, Rulebook
from vanhub.edifact.charset import legible
from vanhub.edifact.envelope import Envelope, OpenMessage, Where
from vanhub.edifact.faults import Level
from vanhub.edifact.scanner import BLANK, Cut, tag_of

# Message types of one interchange are remembered, up to so many.
_IDENTIFIED = 64
_MESSAGE_FRAME = frozenset({"UNH", "UNT"})


class WholeMessages:
    """The fast way for the messages of one interchange. ``explaining`` False: what has not been compiled, or has a fault, is left alone."""

    def __init__(self, book: Rulebook, guides: Guides | None, envelope: Envelope, reading: Reading, *, explaining: bool) -> None:
        self._book = book
        self._guides = guides
        self._envelope = envelope
        self._reading = reading
        self._marks = reading.marks
        self._explaining = explaining
        self._identified: dict[str, tuple[tuple[str, ...], Profile] | None] = {}

    def take(self, tags: list[str], texts: list[str], raws: list[str], start: int, end: int, offset: int) -> int | None:
        """Takes the segments ``start`` to ``end``, a UNH and the next UNT, where they are a message in which at most elements are at fault: the octets that
        they were.

        ``tags`` are the first three characters of each text, ``texts`` the ``raws`` without the white space before them; ``offset`` is where UNH begins, that
        included. None where the message has to go the slow way; nothing was taken then, in a time that does not grow with its length unless it ends well.
        """
        marks, envelope, repertoire = self._marks, self._envelope, self._reading.repertoire
        header = texts[start].split(marks.element, 3)
        if len(header) < 3:
            return None
        reference, identifier = header[1], self._identify(header[2])
        if identifier is None or not self._is_plain(reference) or texts[end - 1] != f"UNT{marks.element}{end - start}{marks.element}{reference}":
            return None
        if not envelope.is_new(reference):
            return None
        (type, version, release, agency, association), profile = identifier
        if self._guides is not None and not self._explaining and not self._guides.are_loaded(type, f"{version}.{release}"):
            return None
        tags, texts, raws = tags[start:end], texts[start:end], raws[start:end]
        if not profile.conforms(tags):
            return None
        sent = "".join(raws)
        text = sent if raws == texts else "".join(texts)
        doubtful = profile.rules.doubtful(tags, texts, compiling=self._explaining) if repertoire.admits(text) else range(len(texts))
        if doubtful and not (self._explaining and all(self._is_whole(raws[at], tags[at]) for at in doubtful)):
            return None
        octets = repertoire.octets(sent) + len(raws)
        begin = offset + repertoire.octets(raws[0][: len(raws[0]) - len(texts[0])])
        message = OpenMessage(reference, type, version, release, agency, association, begin, envelope.current_group, len(texts))
        guide = self._guides.begin(message, len(envelope.messages), profile, self._reading) if self._guides is not None else None
        accepted = guide.accepts(tags, texts, learning=self._explaining) if guide is not None else ""
        if accepted is None and not self._explaining:
            return None
        at = 0
        while not message.number and "BGM" in tags[at:]:
            at = tags.index("BGM", at) + 1
            message.document, message.number = document_of(texts[at - 1], marks)
        envelope.enter_message(message, begin + 5 + repertoire.octets(reference))
        at_fault = self._report_elements(profile, tags, texts, raws, offset, doubtful) if doubtful else set()
        if accepted is not None:
            envelope.guide_faults(accepted, ())
        elif guide is not None:
            self._run_guide(guide, tags, texts, raws, offset, at_fault)
        envelope.leave_message(offset + octets)
        envelope.segments += len(raws)
        return octets

    def _run_guide(self, guide: GuideRun, tags: list[str], texts: list[str], raws: list[str], offset: int, at_fault: set[int]) -> None:
        octets = self._reading.repertoire.octets
        for position, (tag, text, raw) in enumerate(zip(tags, texts, raws, strict=True), 1):
            guide.take(tag, text, Where(position, offset + octets(raw[: len(raw) - len(text)])))
            offset += octets(raw) + 1
        report_guide(self._envelope, guide, at_fault)

    def _report_elements(self, profile: Profile, tags: list[str], texts: list[str], raws: list[str], offset: int, doubtful: Sequence[int]) -> set[int]:
        """What is wrong within the ``doubtful`` ones among the segments of the message that is open; the positions of those at fault."""
        at_fault = set()
        octets = self._reading.repertoire.octets
        done = 0
        for at in doubtful:
            before = raws[done:at]
            offset += octets("".join(before)) + len(before)
            done = at
            where = Where(at + 1, offset + octets(raws[at][: len(raws[at]) - len(texts[at])]))
            level = Level.MESSAGE if tags[at] in _MESSAGE_FRAME else Level.ELEMENT
            faults = self._envelope.faults_total
            report_segment(self._envelope, self._reading, profile.rules, level, tags[at], texts[at], where)
            if self._envelope.faults_total > faults:
                at_fault.add(where.position)
        return at_fault

    def _is_plain(self, text: str) -> bool:
        """Whether this is a value, and one that reads as it was sent."""
        marks = self._marks
        return bool(text) and legible(text) == text and marks.component not in text and not (marks.release and marks.release in text)

    def _is_whole(self, raw: str, tag: str) -> bool:
        """Whether a segment was not cut, and its tag has no more than three characters."""
        return not isinstance(raw, Cut) and tag_of(raw.lstrip(BLANK), self._marks) == tag

    def _identify(self, s009: str) -> tuple[tuple[str, ...], Profile] | None:
        """The first five components of S009 as it stands in UNH, and the profile that they name; None where it takes the slow way to tell."""
        marks = self._marks
        if legible(s009) != s009 or (marks.release and marks.release in s009):
            return None  # nor is it remembered: it may be as long as a segment
        if s009 not in self._identified:
            type, version, release, agency, association, *_ = (*s009.split(marks.component), "", "", "", "", "")
            find = self._book.profile if self._explaining else self._book.profile_in_use
            profile = find(type, version, release, agency, marks, self._reading.syntax_version)
            if len(self._identified) >= _IDENTIFIED:
                self._identified.clear()
            self._identified[s009] = (
                ((type, version, release, agency, association), profile) if isinstance(profile, Profile) and not profile.is_secured else None
            )
        return self._identified[s009]
