"""What guides have to say in an interchange, and what becomes of the messages that break one.

A guide is its agency's: what goes to a partner is held against none. A fault of a guide never rejects syntax; whether such a message is delivered, held or
refused is said by the route on which it comes, or by the mailbox that it is addressed to. Warnings have no consequence.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from vanhub.edifact.report import Disposition, MessageReport, Report, Verdict
from vanhub.exchange.routing import CONTROL_TYPES, find_route
from vanhub.values.mailbox import Mailbox
from vanhub.values.registry import Registry


def without_guides(report: Report, wanted: Sequence[bool] = ()) -> Report:
    """``report`` without what guides say, except of the messages that are ``wanted`` (an entry each; none: of no message)."""
    if not any(message.guide for message in report.messages):
        return report
    kept = wanted or [False] * len(report.messages)
    messages = tuple(message if keep else _unguided(message) for message, keep in zip(report.messages, kept, strict=True))
    return dataclasses.replace(
        report,
        messages=messages,
        guide_faults=tuple(fault for fault in report.guide_faults if kept[fault.message]),
        guide_faults_total=sum(message.guide_faults + message.guide_warnings for message in messages),
    )


def of_agencies(report: Report, destinations: Sequence[Mailbox | None], registry: Registry) -> Report:
    """``report`` with what guides say of messages to agencies only; ``destinations`` has an entry a message."""
    return without_guides(report, [destination is not None and registry.is_agency(destination.id) for destination in destinations])


def decide_dispositions(
    report: Report, *, addressed: Mailbox | None, sender: str, registry: Registry, all_or_nothing: bool = False
) -> Mapping[int, Disposition]:
    """What becomes of the accepted messages that break their guide, by their indexes.

    ``addressed`` is the mailbox named in UNB, None for the hub; ``sender`` the id of the principal that sent it. With ``all_or_nothing`` the severest of
    these befalls every accepted message: who wants all or none must not find a half of it held.
    """
    dispositions = {
        index: _disposition(message, addressed, sender, registry)
        for index, message in enumerate(report.messages)
        if message.guide_faults and message.verdict is Verdict.ACCEPTED
    }
    severest = next((each for each in (Disposition.REFUSED, Disposition.HELD) if each in dispositions.values()), None)
    if all_or_nothing and severest is not None:
        return {index: severest for index, message in enumerate(report.messages) if message.verdict is Verdict.ACCEPTED and message.type not in CONTROL_TYPES}
    return dispositions


def _disposition(message: MessageReport, addressed: Mailbox | None, sender: str, registry: Registry) -> Disposition:
    if addressed is not None:
        return addressed.on_guide_fault
    found = find_route(message, registry, sender)
    return found[0].on_guide_fault if found is not None else Disposition.DELIVERED


def _unguided(message: MessageReport) -> MessageReport:
    return dataclasses.replace(message, guide="", guide_faults=0, guide_warnings=0) if message.guide else message
