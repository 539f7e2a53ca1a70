"""What a check found: the values that checking hands to acknowledging, admission, routing and printing.

The report speaks in values of the interchange (references, parties), never in database ids. It is immutable;
admission adds its own faults with ``Report.with_faults``.
"""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any

from vanhub.edifact.faults import Fault, Level
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.separators import Separators


class Verdict(enum.StrEnum):
    """Of an interchange: accepted whole, in part, or not at all. Of a group or message: accepted or rejected."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    REJECTED = "rejected"


class Disposition(enum.StrEnum):
    """What becomes of a message that is good EDIFACT and breaks its guide: delivered all the same, held for an operator to decide, or refused."""

    DELIVERED = "delivered"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Party:
    """S002 or S003 (or S006, S007 of a group): 0004/0010, 0007, 0008/0014. Empty where absent."""

    identification: str = ""
    qualifier: str = ""
    internal: str = ""

    def __str__(self) -> str:
        return f"{self.identification}:{self.qualifier}" if self.qualifier else self.identification


@dataclass(frozen=True, slots=True)
class InterchangeHeader:
    """UNB or UIB as read. ``""`` where an element is absent or could not be read.

    ``syntax_version`` is 1-4 (3 where it could not be read); ``prepared`` is S004 as ``YYMMDD:HHMM`` or
    ``CCYYMMDD:HHMM``; ``test`` is 0035 (``""``, ``"1"`` ..). ``syntax_details`` is what follows 0002 in S001 from
    syntax version 4 on (0080, 0133 character encoding, 0076), as sent. ``interactive``: it is UIB; ``reference`` is then the initiator's (S302 0300), and
    ``prepared`` S300 as sent.
    """

    separators: Separators
    syntax_identifier: str = ""
    syntax_version: int = 3
    sender: Party = Party()
    recipient: Party = Party()
    prepared: str = ""
    reference: str = ""
    password: str = ""
    application_reference: str = ""
    priority: str = ""
    acknowledgement_request: str = ""
    agreement: str = ""
    test: str = ""
    syntax_details: tuple[str, ...] = ()
    interactive: bool = False


class Kind(enum.StrEnum):
    """What stands in an interchange: a message, a package (UNO..UNP), or data that are encrypted outside any message (USD..USU)."""

    MESSAGE = "message"
    PACKAGE = "package"
    ENCRYPTED = "encrypted"


@dataclass(frozen=True, slots=True)
class MessageReport:
    """One message UNH..UNT (or UIH..UIT): identity, where its bytes are, and whether it may be delivered.

    Packages and encrypted data stand among the messages, by their ``kind``. A package has 0800 for its reference, ``UNO`` for its type, and in ``related``
    what it belongs to: 0813 and 0802 of each S020. Encrypted data have 0518 and ``USD``.

    ``offset`` is the byte of UNH's ``U``; ``end`` is one past UNT's terminator (or where the message broke off), both
    from the start of the data checked. ``document`` and ``number`` are BGM's document name code (1001) and document number (1004) where
    there is a BGM, else ``""``. ``guide`` is the name of the guide that it was held against, ``""`` where none applies; ``guide_faults`` and
    ``guide_warnings`` count what the guide found, listed or not.
    """

    reference: str
    type: str
    version: str
    release: str
    agency: str
    association: str
    offset: int
    end: int
    segments: int
    group: int | None
    verdict: Verdict
    number: str = ""
    document: str = ""
    guide: str = ""
    guide_faults: int = 0
    guide_warnings: int = 0
    kind: Kind = Kind.MESSAGE
    related: tuple[tuple[str, str], ...] = ()

    @property
    def directory(self) -> str:
        """As people write it: ``D.96B``; of a package or encrypted data ``""``."""
        return f"{self.version}.{self.release}" if self.kind is Kind.MESSAGE else ""


@dataclass(frozen=True, slots=True)
class GroupReport:
    """One functional group UNG..UNE. ``offset``/``end`` as in ``MessageReport``; ``header_end`` is one past UNG's terminator."""

    reference: str
    type: str
    sender: Party
    recipient: Party
    offset: int
    header_end: int
    end: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """What one pass over one interchange found.

    ``offset``/``end`` bound the interchange in the data checked (UNA included); ``header_end`` is one past UNB's terminator.
    ``faults`` are in the order of their offsets, at most as many as the check was told to list; ``faults_total`` counts all.
    ``guide_faults`` are what guides say of messages that are good EDIFACT; they change no verdict, and are listed and counted by themselves.
    ``only_control``: every message is a CONTRL or AUTACK (such an interchange is not acknowledged).
    """

    header: InterchangeHeader
    messages: tuple[MessageReport, ...]
    groups: tuple[GroupReport, ...]
    faults: tuple[Fault, ...]
    faults_total: int
    verdict: Verdict
    offset: int
    header_end: int
    end: int
    guide_faults: tuple[GuideFault, ...] = ()
    guide_faults_total: int = 0

    @property
    def only_control(self) -> bool:
        return bool(self.messages) and all(message.type in {"CONTRL", "AUTACK"} for message in self.messages)

    def fault_json(self, fault: Fault) -> dict[str, Any]:
        """A fault of this report, JSON-ready, as ``vanhub check --json`` is agreed to print it; the trace shows the same and more."""
        return {
            "code": fault.code(self.header.syntax_version),
            "message": self.messages[fault.message].reference if fault.message is not None else None,
            "segment": fault.segment,
            "segment_position": fault.segment_position,
            "element": fault.element,
            "component": fault.component,
            "repetition": fault.repetition,
            "offset": fault.offset,
            "value": fault.value,
            "text": fault.text("en"),
        }

    def guide_fault_json(self, fault: GuideFault) -> dict[str, Any]:
        """A guide fault of this report, JSON-ready; the keys of ``fault_json`` and ``guide``, ``warning``. ``code`` is 9321."""
        return {
            "code": fault.code,
            "message": self.messages[fault.message].reference,
            "guide": fault.guide,
            "warning": fault.warning,
            "segment": fault.segment,
            "segment_position": fault.segment_position,
            "element": fault.element,
            "component": fault.component,
            "repetition": fault.repetition,
            "offset": fault.offset,
            "value": fault.value,
            "text": fault.text("en"),
        }

    def with_faults(self, faults: tuple[Fault, ...], *, all_or_nothing: bool = False, most: int = 1000) -> Report:
        """This report with more faults, and the verdicts that follow.

        A fault of level INTERCHANGE rejects everything, of level GROUP its group's messages, any other its message. With
        ``all_or_nothing`` one rejected message rejects all. At most ``most`` faults stay listed; all are counted.
        """
        joined = tuple(sorted((*self.faults, *faults), key=lambda fault: fault.offset))
        bad_messages = {fault.message for fault in faults if fault.message is not None}
        bad_groups = {fault.group for fault in faults if fault.level is Level.GROUP}
        whole = self.verdict is Verdict.REJECTED or any(fault.level is Level.INTERCHANGE for fault in faults)
        messages = tuple(
            dataclasses.replace(message, verdict=Verdict.REJECTED)
            if whole or index in bad_messages or (message.group is not None and message.group in bad_groups)
            else message
            for index, message in enumerate(self.messages)
        )
        rejected = sum(message.verdict is Verdict.REJECTED for message in messages)
        if whole or rejected == len(messages) or (all_or_nothing and rejected):
            messages = tuple(dataclasses.replace(message, verdict=Verdict.REJECTED) for message in messages)
        groups, verdict = verdicts_of(self.groups, messages)
        return dataclasses.replace(
            self,
            messages=messages,
            groups=groups,
            faults=joined[:most],
            faults_total=self.faults_total + len(faults),
            verdict=verdict,
        )


def verdicts_of(groups: tuple[GroupReport, ...], messages: tuple[MessageReport, ...]) -> tuple[tuple[GroupReport, ...], Verdict]:
    """The groups and the interchange by the verdicts of their messages. What holds no message is rejected; beside others it makes them partly accepted."""
    members: dict[int, list[bool]] = {}
    for message in messages:
        if message.group is not None:
            members.setdefault(message.group, []).append(message.verdict is Verdict.REJECTED)
    judged = tuple(dataclasses.replace(group, verdict=_verdict(members.get(index, []))) for index, group in enumerate(groups))
    verdict = _verdict([message.verdict is Verdict.REJECTED for message in messages])
    if verdict is Verdict.ACCEPTED and any(group.verdict is Verdict.REJECTED for group in judged):
        verdict = Verdict.PARTLY
    return judged, verdict


def _verdict(rejected: list[bool]) -> Verdict:
    if all(rejected):  # or there are none
        return Verdict.REJECTED
    return Verdict.PARTLY if any(rejected) else Verdict.ACCEPTED
