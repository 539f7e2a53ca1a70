"""APERAK, the application error and acknowledgement message: what a guide found in one message and what became of it, as bytes and back.

How the guide faults of a message become an ``APERAK:D:01B:UN``, in which code of which element:

- BGM: 305 (1001), the number of its interchange and its own in that (1004), 1225 of 11 (response) or, for a message refused, 27 (not accepted), and 4343: AB (message acknowledged)
  for one that was delivered, AJ (pending) for one held, RE for one refused.
- FTX+AAP says the same in words. CNT+55 counts the errors listed; what is not listed is told in another FTX+AAP.
- RFF: INO has the interchange control reference (0020) of what is answered, AST the group reference (0048), ACW the message reference (0062), DM the
  number of the document (BGM 1004), AEH the guide. NAD: MS is the hub, MR the sender of what is answered.
- Each fault is an ERC: 9321 with 1131 80 (application error code) and 3055 ZZZ, for the list of error codes of the guide's agency. FTX+AAO has the text; its
  4453 is 4 (no action required) for a warning.
- RFF+AWL (error position) under the ERC has the place in 1154 as ``segment/tag/element/component/repetition``, whatever is empty at the end cut off: the
  segment's position from UNH = 1 (0096), elements as in 0098 (the tag is 1), components as in 0104. Under it FTX+AED has the value received, FTX+AEI the likely cure.
- 3453 is the language of each text: English always, Chinese too where the repertoire of the interchange answered has it. English is in capitals for
  who writes in UNOA.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydifact.segments import Segment

from vanhub.edifact.echo import echoed, is_encodable
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.report import Disposition, InterchangeHeader, MessageReport, Party, Report
from vanhub.edifact.tolerant import FreeText, ReadSegment, blocks, free_texts, read_messages
from vanhub.edifact.writer import codec_of

APERAK = ("APERAK", "D", "01B", "UN")

_MOST_ERC = 99_999
# C108: five times 4440.
_LINES, _LINE = 5, 512
_FUNCTIONS = {
    Disposition.DELIVERED: ("11", "AB"),
    Disposition.HELD: ("11", "AJ"),
    Disposition.REFUSED: ("27", "RE"),
}
_NO_ACTION = "4"
_FATES = {
    "en": {
        Disposition.DELIVERED: "Delivered. ",
        Disposition.HELD: "Held, not delivered yet: an operator decides. ",
        Disposition.REFUSED: "Refused, not delivered: correct it and send it again. ",
    },
    "zh": {
        Disposition.DELIVERED: "已投递。",
        Disposition.HELD: "已扣留，尚未投递，由运营方决定。",
        Disposition.REFUSED: "已拒收，未投递，请更正后重发。",
    },
}
_REASONS = {
    "en": "The message is good EDIFACT; measured by guide {guide} it has faults: {faults}, warnings: {warnings}.",
    "zh": "报文符合 EDIFACT 语法；按实施指南 {guide} 有 {faults} 处错误、{warnings} 处提示。",
}
_OF_ANOTHER = {
    "en": "The message itself is in order, but another of the interchange is not as its guide has it, and all or nothing was agreed.",
    "zh": "报文本身无误，但同一交换中另有报文不符合实施指南，而双方约定全部接受或全部不接受。",
}
_UNLISTED = {"en": "Not listed here: {count} of them.", "zh": "其中 {count} 处未在此列出。"}


def aperak_bodies(
    report: Report, dispositions: Mapping[int, Disposition], *, number: str, hub: Party, sender: Party, prepared: datetime, encoding: str = ""
) -> Iterator[list[Segment]]:
    """For each message in ``dispositions`` (by its index in ``report``), in their order, the APERAK about it: BGM to the last FTX.

    They have the document numbers ``number`` and ``-1``, ``-2`` ..; ``sender`` sent the messages and gets these, ``encoding`` is the codec agreed with it.
    """
    found: dict[int, list[GuideFault]] = {}
    for fault in report.guide_faults:
        found.setdefault(fault.message, []).append(fault)
    tongue = _Tongue(report.header, encoding)
    parties = [Segment("NAD", qualifier, echoed(party.identification, 35)) for qualifier, party in (("MS", hub), ("MR", sender))]
    for count, index in enumerate(sorted(dispositions), start=1):
        message, faults, disposition = report.messages[index], found.get(index, [])[:_MOST_ERC], dispositions[index]
        words = {"guide": message.guide, "faults": message.guide_faults, "warnings": message.guide_warnings}
        reasons = _REASONS if message.guide_faults or message.guide_warnings else _OF_ANOTHER
        unlisted = message.guide_faults + message.guide_warnings - len(faults)
        yield [
            Segment("BGM", "305", f"{number}-{count}", *_FUNCTIONS[disposition]),
            Segment("DTM", ["137", f"{prepared:%Y%m%d%H%M}", "203"]),
            *tongue.texts("AAP", {language: _FATES[language][disposition] + reasons[language].format(**words) for language in _FATES}),
            *(tongue.texts("AAP", {language: _UNLISTED[language].format(count=unlisted) for language in _UNLISTED}) if unlisted > 0 else ()),
            Segment("CNT", ["55", str(len(faults))]),
            *(Segment("RFF", [qualifier, tongue.letters(echoed(value, 70))]) for qualifier, value in _references(report, message) if value),
            *parties,
            *(segment for fault in faults for segment in _error(fault, tongue)),
        ]


def _references(report: Report, message: MessageReport) -> Iterator[tuple[str, str]]:
    yield "INO", report.header.reference
    if message.group is not None:
        yield "AST", report.groups[message.group].reference
    yield "ACW", message.reference
    yield "DM", message.number
    yield "AEH", message.guide


def _error(fault: GuideFault, tongue: _Tongue) -> Iterator[Segment]:
    """One ERC with what is below it."""
    function = _NO_ACTION if fault.warning else ""
    texts = tongue.texts("AAO", {language: fault.text(language) for language in _FATES}, function)
    yield Segment("ERC", [echoed(fault.code, 8), "80", "ZZZ"])
    yield from texts[:1]
    yield Segment("RFF", ["AWL", _place(fault)])
    yield from texts[1:]
    if fault.value:
        yield _free_text("AED", fault.value)
    yield from tongue.texts("AEI", {language: fault.repair(language) for language in _FATES})


def _place(fault: GuideFault) -> str:
    numbers = (fault.element, fault.component, fault.repetition)
    return "/".join([str(fault.segment_position), fault.segment, *("" if number is None else str(number) for number in numbers)]).rstrip("/")


class _Tongue:
    """In which languages, and in which letters, the sender of an interchange with this header is told something."""

    def __init__(self, header: InterchangeHeader, encoding: str) -> None:
        self._codec = codec_of(header, encoding)
        self._capitals = header.syntax_identifier == "UNOA"

    def letters(self, text: str) -> str:
        return text.upper() if self._capitals else text

    def texts(self, subject: str, by_language: dict[str, str], function: str = "") -> list[Segment]:
        """An FTX for each text that there is: English, and what the sender's own repertoire has."""
        english = by_language["en"]
        texts = [
            (language, text) for language, text in by_language.items() if text and (language == "en" or (text != english and is_encodable(text, self._codec)))
        ]
        return [_free_text(subject, self.letters(text), language.upper(), function) for language, text in texts]


def _free_text(subject: str, text: str, language: str = "", function: str = "") -> Segment:
    lines = textwrap.wrap(echoed(text, _LINES * _LINE, ""), _LINE, max_lines=_LINES, placeholder="...")
    return Segment("FTX", subject, function, "", lines, language)


@dataclass(frozen=True, slots=True)
class Reference:
    """RFF: 1153, 1154 and 1156, with the texts below it."""

    qualifier: str
    identifier: str
    line: str
    texts: tuple[FreeText, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationError:
    """ERC: 9321, 1131 and 3055, with the texts and the references below it."""

    code: str
    code_list: str
    agency: str
    texts: tuple[FreeText, ...]
    references: tuple[Reference, ...]

    @property
    def warning(self) -> bool:
        """Whether it says of itself that nothing has to be done (4453)."""
        return any(text.function == _NO_ACTION for text in self.texts)


@dataclass(frozen=True, slots=True)
class ApplicationReport:
    """One APERAK. ``message`` is its own UNH reference, ``directory`` as in ``D.01B``; of BGM ``document`` is 1001, ``number`` 1004, ``function`` 1225 and
    ``response`` 4343; ``dates`` are DTM as (2005, 2380), ``documents`` DOC as (1001, 1004), ``parties`` NAD as (3035, party).
    """

    message: str
    directory: str
    document: str
    number: str
    function: str
    response: str
    dates: tuple[tuple[str, str], ...]
    texts: tuple[FreeText, ...]
    documents: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]
    parties: tuple[tuple[str, Party], ...]
    errors: tuple[ApplicationError, ...]

    def reference(self, *qualifiers: str) -> str:
        """1154 of the first reference that has one of these qualifiers; ``""`` where there is none."""
        return next((reference.identifier for reference in self.references if reference.qualifier in qualifiers), "")


def parse_aperak(data: bytes) -> tuple[ApplicationReport, ...]:
    """What the APERAK messages of one interchange say, in their order; other messages are passed over.

    A tolerant reader, as ``parse_contrl`` is: any directory, any partner's dialect.

    Raises:
        ValueError: ``data`` does not begin with UNA or UNB.
    """
    return tuple(map(_application_report, read_messages(data, "APERAK")))


def _application_report(segments: list[ReadSegment]) -> ApplicationReport:
    unh = segments[0]
    above, *errors = blocks(segments, "ERC")
    bgm = next((segment for segment in above if segment.tag == "BGM"), ReadSegment([]))
    return ApplicationReport(
        message=unh.at(1),
        directory=f"{unh.at(2, 1)}.{unh.at(2, 2)}",
        document=bgm.at(1),
        number=bgm.at(2),
        function=bgm.at(3),
        response=bgm.at(4),
        dates=tuple((segment.at(1), segment.at(1, 1)) for segment in above if segment.tag == "DTM"),
        texts=free_texts(above),
        documents=tuple((segment.at(1), segment.at(2)) for segment in above if segment.tag == "DOC"),
        references=tuple(Reference(segment.at(1), segment.at(1, 1), segment.at(1, 2)) for segment in above if segment.tag == "RFF"),
        parties=tuple((segment.at(1), Party(segment.at(2), segment.at(2, 2))) for segment in above if segment.tag == "NAD"),
        errors=tuple(map(_application_error, errors)),
    )


def _application_error(segments: list[ReadSegment]) -> ApplicationError:
    erc = segments[0]
    own, *references = blocks(segments, "RFF")
    return ApplicationError(
        code=erc.at(1),
        code_list=erc.at(1, 1),
        agency=erc.at(1, 2),
        texts=free_texts(own),
        references=tuple(Reference(rff.at(1, 0), rff.at(1, 1), rff.at(1, 2), free_texts(below)) for rff, *below in references),
    )
