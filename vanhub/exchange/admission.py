"""Admission: may this principal send this interchange to this recipient, and where does each message go?

A pure decision over the check's report and one snapshot of the registry. What is wrong is added to the report as faults, all in one pass, so that
the acknowledgement tells it beside the check's own; nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vanhub.edifact.faults import Fault, FaultKind
from vanhub.edifact.report import Disposition, InterchangeHeader, Kind, Party, Report, Verdict
from vanhub.exchange.guidance import decide_dispositions, of_agencies
from vanhub.exchange.places import MESSAGE_TYPE, PREPARED, RECIPIENT, RELEASE, SENDER, SYNTAX_VERSION, TEST_INDICATOR, Peek, unb_fault, unh_fault
from vanhub.exchange.routing import CONTROL_TYPES, Route, decide_routes, is_test, rejected_route, sort_message
from vanhub.values.agreement import Agreement
from vanhub.values.mailbox import Mailbox
from vanhub.values.principal import Address, Principal
from vanhub.values.registry import Registry

_PREPARED = re.compile(r"(\d\d)?(\d\d)(\d\d)(\d\d):(\d\d)(\d\d)", re.ASCII)

_ZONES = timedelta(hours=14)
"""S004 names no time zone: a right clock reads up to so much ahead of UTC, and a little less behind it."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The report with admission's faults, and the deliveries to be made.

    ``dispositions`` say of accepted messages that break their guide what becomes of them. ``verdict`` is what becomes of the interchange: the report's, but
    that what is refused for its guide is not delivered. ``sender`` is the id of the principal whose address stands in UNB: the one that sent it or, through a relay, the address's owner; None where
    the address is not the sending principal's to use.
    """

    report: Report
    routes: tuple[Route, ...]
    sender: str | None
    dispositions: Mapping[int, Disposition]
    verdict: Verdict


def decide_admission(
    report: Report, *, peek: Peek, principal: Principal, registry: Registry, hub: Address, now: datetime, most_faults: int = 1000
) -> Admission:
    """Admit the interchange of ``report``, which ``principal`` sent, or refuse it whole or in part.

    ``peek`` reads its octets, which is done only to say where a fault stands; ``hub`` is the hub's own address; ``most_faults`` stay listed.
    """
    agreement = principal.agreement
    if report.header.interactive:
        # A dialogue is held between two parties at once (ISO 9735-3); what is fetched from a mailbox some time later is none.
        refused = report.with_faults((unb_fault(FaultKind.INTERACTIVE, report, peek, None),), most=most_faults)
        return Admission(refused, (), None, {}, refused.verdict)
    sender, sender_fault = _sender(report, peek, principal, registry)
    addressed, recipient_fault = _recipient(report, peek, registry, hub)
    to_hub = _address(report.header.recipient) == hub
    writer = sender or principal.id
    destinations = [sort_message(message, registry, writer) if to_hub else addressed for message in report.messages]
    faults = (
        *(fault for fault in (sender_fault, recipient_fault) if fault is not None),
        *_term_faults(report, peek, agreement, now),
        *_message_faults(report, agreement, destinations, registry, to_hub=to_hub),
    )
    all_or_nothing = agreement.acceptance == "all"
    report = of_agencies(report, destinations, registry)
    admitted = report.with_faults(faults, all_or_nothing=all_or_nothing, most=most_faults) if faults or all_or_nothing else report
    if to_hub and not report.only_control and (lone := _lone_control_faults(admitted)):
        admitted = admitted.with_faults(lone, most=most_faults)
    routes: tuple[Route, ...] = ()
    dispositions: Mapping[int, Disposition] = {}
    verdict = admitted.verdict
    if verdict is not Verdict.REJECTED:
        dispositions = decide_dispositions(admitted, addressed=addressed, sender=writer, registry=registry, all_or_nothing=all_or_nothing)
        routes = decide_routes(admitted, destinations, dispositions=dispositions, addressed=addressed, sender=writer, registry=registry, now=now)
        if Disposition.REFUSED in dispositions.values():
            verdict = Verdict.PARTLY if routes else Verdict.REJECTED
    shown = sender is not None and not is_test(report.header) and not report.only_control
    if verdict is Verdict.REJECTED and shown and addressed is not None and addressed.wants_rejected:
        routes = (rejected_route(admitted, addressed, now),)
    return Admission(admitted, routes, sender, dispositions, verdict)


def _address(party: Party) -> Address:
    return Address(party.identification, party.qualifier)


def _missing(party: Party, report: Report) -> bool:
    """Whether the check has refused the interchange already because this party, or all of UNB, could not be read."""
    return not party.identification and report.verdict is Verdict.REJECTED


def _sender(report: Report, peek: Peek, principal: Principal, registry: Registry) -> tuple[str | None, Fault | None]:
    """The id of the principal that the UNB sender stands for, or the fault why ``principal`` may not send under this address."""
    party = report.header.sender
    if _missing(party, report):
        return None, None
    address = _address(party)
    owner = registry.owner(address)
    if address in principal.addresses or address in principal.carries:
        return owner.id if owner is not None else principal.id, None
    if owner is not None or registry.carriers(address):
        return None, unb_fault(FaultKind.SENDER_NOT_PRINCIPAL, report, peek, SENDER, value=str(party), principal=principal.id)
    return None, unb_fault(FaultKind.SENDER_UNKNOWN, report, peek, SENDER, value=str(party))


def _recipient(report: Report, peek: Peek, registry: Registry, hub: Address) -> tuple[Mailbox | None, Fault | None]:
    """The mailbox of the UNB recipient, None for the hub itself; or the fault that there is none. A disabled principal has none."""
    party = report.header.recipient
    address = _address(party)
    if address == hub:
        return None, None
    addressee = registry.addressee(address)
    mailbox = registry.mailbox(addressee.id) if addressee is not None and addressee.enabled else None
    if mailbox is None and not _missing(party, report):
        return None, unb_fault(FaultKind.RECIPIENT_UNKNOWN, report, peek, RECIPIENT, value=str(party))
    return mailbox, None


def _term_faults(report: Report, peek: Peek, agreement: Agreement, now: datetime) -> Iterator[Fault]:
    """What the agreement says of the interchange as a whole."""
    header = report.header
    if _missing(header.sender, report) and _missing(header.recipient, report):
        return
    if agreement.syntax_versions and str(header.syntax_version) not in agreement.syntax_versions:
        yield unb_fault(FaultKind.NO_AGREEMENT, report, peek, SYNTAX_VERSION, value=str(header.syntax_version), of=" (UNB S001 0002)")
    if agreement.traffic == ("production" if is_test(header) else "test"):
        yield unb_fault(FaultKind.TEST_NOT_ALLOWED, report, peek, TEST_INDICATOR, value=header.test, of="" if header.test else '""')
    if len(report.messages) > agreement.max_messages:
        yield unb_fault(FaultKind.OVER_LIMIT, report, peek, None, name="UNH..UNT", most=str(agreement.max_messages))
    if agreement.preparation_window_days and not _within_window(header, agreement, now):
        yield unb_fault(FaultKind.OUTSIDE_WINDOW, report, peek, PREPARED, value=header.prepared)


def _within_window(header: InterchangeHeader, agreement: Agreement, now: datetime) -> bool:
    """Whether S004 is a moment, somewhere on earth, that is not further from ``now`` than agreed."""
    match = _PREPARED.fullmatch(header.prepared)
    if match is None:
        return False
    century, *parts = match.groups()
    years = [int(century + parts[0])] if century else [now.year - now.year % 100 + shift + int(parts[0]) for shift in (-100, 0, 100)]
    most = timedelta(days=agreement.preparation_window_days) + _ZONES
    return any(abs(moment - now) <= most for year in years if (moment := _moment(year, *map(int, parts[1:]))) is not None)


def _moment(year: int, month: int, day: int, hour: int, minute: int) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None


def _message_faults(report: Report, agreement: Agreement, destinations: Sequence[Mailbox | None], registry: Registry, *, to_hub: bool) -> Iterator[Fault]:
    """Types and directories that the sender's agreement or the recipient does not admit: at most one fault each a message."""
    for index, (message, destination) in enumerate(zip(report.messages, destinations, strict=True)):
        if message.type in CONTROL_TYPES or (not message.type and message.verdict is Verdict.REJECTED):
            continue
        if message.kind is Kind.PACKAGE and (destination is None or registry.is_enabled(destination.id)):
            continue  # it goes with messages, and these are judged
        of = f" ({destination.id})" if destination is not None else ""
        if agreement.types and message.type not in agreement.types:
            yield unh_fault(FaultKind.NO_AGREEMENT, index, message, MESSAGE_TYPE, value=message.type)
        elif (to_hub and destination is None) or (
            destination is not None and not (destination.takes_type(message.type) and registry.is_enabled(destination.id))
        ):
            yield unh_fault(FaultKind.NO_AGREEMENT, index, message, MESSAGE_TYPE, value=message.type, of=of)
        if message.kind is Kind.ENCRYPTED:
            continue
        if agreement.directories and message.directory not in agreement.directories:
            yield unh_fault(FaultKind.NO_AGREEMENT, index, message, RELEASE, value=message.directory)
        elif destination is not None and not destination.takes_directory(message.directory):
            yield unh_fault(FaultKind.NO_AGREEMENT, index, message, RELEASE, value=message.directory, of=of)


def _lone_control_faults(report: Report) -> tuple[Fault, ...]:
    """CONTRL, AUTACK and packages that came to the hub among messages of which none is accepted: there is nobody left to whom they could go."""
    accepted = [(index, message) for index, message in enumerate(report.messages) if message.verdict is Verdict.ACCEPTED]
    if not all(message.type in CONTROL_TYPES or message.kind is Kind.PACKAGE for _, message in accepted):
        return ()
    return tuple(unh_fault(FaultKind.NO_AGREEMENT, index, message, MESSAGE_TYPE, value=message.type) for index, message in accepted)
