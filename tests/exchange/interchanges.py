"""Interchanges composed together with the report that a check of them gives, so that decisions are tested on exact places without the check."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vanhub.edifact.guide_faults import GuideFault, GuideFaultKind
from vanhub.edifact.report import GroupReport, InterchangeHeader, MessageReport, Party, Report, Verdict
from vanhub.edifact.separators import Separators
from vanhub.exchange.mailboxes import parse_mailboxes
from vanhub.packed import packed
from vanhub.settings import Settings
from vanhub.values.agreement import Agreement
from vanhub.values.mailbox import Mailbox
from vanhub.values.principal import Address, Principal, PrincipalKind
from vanhub.values.registry import Registry

NOW = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)
HUB = Address.parse(Settings().hub.address)


def shipped_mailboxes() -> tuple[Mailbox, ...]:
    files = sorted(packed("mailboxes").glob("*.toml"))
    return parse_mailboxes({file.name: file.read_text(encoding="utf-8") for file in files}, hub=str(HUB))


def principal(
    id: str,
    *addresses: str,
    kind: PrincipalKind = PrincipalKind.PARTNER,
    carries: Sequence[str] = (),
    enabled: bool = True,
    terms: Mapping[str, str] | None = None,
) -> Principal:
    agreement = Agreement.from_texts(terms or {})
    return Principal(id, kind, id.title(), id, enabled, tuple(map(Address.parse, addresses)), tuple(map(Address.parse, carries)), agreement)


def trader(**terms: str) -> Principal:
    """A partner whose agreement has ``terms``."""
    return principal("trader", "TRADER:ZZZ", terms=terms)


def agency_principals() -> tuple[Principal, ...]:
    return tuple(principal(box.id, *map(str, box.addresses), kind=PrincipalKind.AGENCY) for box in shipped_mailboxes())


def registry(*others: Principal, mailboxes: Sequence[Mailbox] | None = None) -> Registry:
    """The shipped agencies and ``others``, who replace agencies of the same id."""
    return Registry((*agency_principals(), *others), (), shipped_mailboxes() if mailboxes is None else mailboxes)


@dataclass(frozen=True)
class Letter:
    """A message to compose. ``good`` False: the check rejected it. ``breaks``: so many faults against its guide, of which it has ``warnings`` too."""

    type: str = "CUSDEC"
    document: str = "830"
    directory: str = "D.01B"
    good: bool = True
    text: str = "GOODS"
    breaks: int = 0
    warnings: int = 0


@dataclass(frozen=True)
class Written:
    """An interchange and its report; ``letters`` are the octets UNH..UNT of each message."""

    data: bytes
    report: Report
    letters: tuple[bytes, ...]

    @property
    def peek(self) -> Callable[[int, int], bytes]:
        return lambda offset, length: self.data[offset : offset + length]


def write(
    *letters: Letter,
    sender: str = "TRADER:ZZZ",
    recipient: str = "VANHUB:ZZZ",
    test: str = "",
    prepared: str = "260320:0915",
    reference: str = "REF1",
    syntax: str = "UNOB:3",
    una: bool = False,
    between: bytes = b"",
    groups: Sequence[int] = (),
    request: str = "",
) -> Written:
    """``letters`` one after the other, ``between`` after each segment of the envelope and each message; ``groups``: how many letters each group holds.

    The verdicts are those of a check that found the letters that are not good, and nothing else.
    """
    identifier, version = syntax.split(":")
    separators = Separators.default(int(version))
    unb = f"UNB+{syntax}+{sender}+{recipient}+{prepared}+{reference}++++{request}++{test}".rstrip("+") + "'"
    data = bytearray((separators.una if una else b"") + unb.encode())
    header_end = len(data)
    data += between
    messages: list[MessageReport] = []
    guide_faults: list[GuideFault] = []
    octets: list[bytes] = []
    written_groups: list[GroupReport] = []
    counts = list(groups) or [len(letters)]
    remaining = list(letters)
    for number, count in enumerate(counts):
        start = len(data)
        if groups:
            data += f"UNG+{remaining[0].type}+{sender}+{recipient}+{prepared}+G{number}+UN+D:01B'".encode()
        group_header_end = len(data)
        data += between if groups else b""
        for letter in remaining[:count]:
            name = str(len(messages) + 1)
            release = letter.directory.replace(".", ":")
            message = f"UNH+{name}+{letter.type}:{release}:UN'BGM+{letter.document}+NO{name}+9'FTX+AAA+++{letter.text}'UNT+4+{name}'".encode()
            offset = len(data)
            data += message + between
            octets.append(message)
            guide_faults += [
                GuideFault(GuideFaultKind.SEGMENT_REQUIRED, "E105", "guide", len(messages), "BGM", 2, offset + 30, warning=number >= letter.breaks)
                for number in range(letter.breaks + letter.warnings)
            ]
            messages.append(
                MessageReport(
                    reference=name,
                    type=letter.type,
                    version=letter.directory.split(".")[0],
                    release=letter.directory.split(".")[1],
                    agency="UN",
                    association="",
                    offset=offset,
                    end=offset + len(message),
                    segments=4,
                    group=number if groups else None,
                    verdict=Verdict.ACCEPTED if letter.good else Verdict.REJECTED,
                    number=f"NO{name}",
                    document=letter.document,
                    guide="guide",
                    guide_faults=letter.breaks,
                    guide_warnings=letter.warnings,
                )
            )
        if groups:
            data += f"UNE+{count}+G{number}'".encode()
            verdict = Verdict.ACCEPTED if all(letter.good for letter in remaining[:count]) else Verdict.PARTLY
            written_groups.append(GroupReport(f"G{number}", remaining[0].type, _party(sender), _party(recipient), start, group_header_end, len(data), verdict))
            data += between
        del remaining[:count]
    data += f"UNZ+{len(groups) or len(letters)}+{reference}'".encode()
    header = InterchangeHeader(
        separators=separators,
        syntax_identifier=identifier,
        syntax_version=int(version),
        sender=_party(sender),
        recipient=_party(recipient),
        prepared=prepared,
        reference=reference,
        acknowledgement_request=request,
        test=test,
    )
    report = Report(header, tuple(messages), tuple(written_groups), (), 0, Verdict.ACCEPTED, 0, header_end, len(data))
    report = dataclasses.replace(report, guide_faults=tuple(guide_faults), guide_faults_total=len(guide_faults))
    if not all(letter.good for letter in letters):
        good = any(letter.good for letter in letters)
        report = dataclasses.replace(report, verdict=Verdict.PARTLY if good else Verdict.REJECTED)
    return Written(bytes(data), report, tuple(octets))


def _party(text: str) -> Party:
    identification, _, qualifier = text.partition(":")
    return Party(identification, qualifier)
