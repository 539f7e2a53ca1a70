"""From what the check found to everything that the acceptance transaction writes.

The composition of the decisions: admission, routing, envelopes, acknowledgement, explanation, signature. Nothing here waits for anything:
the octets come through ``peek`` (from memory, or from content on disk), the registry is one snapshot, time and identifiers are arguments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vanhub.edifact.contrl import parse_contrl, render_contrl
from vanhub.edifact.explain import explain_report
from vanhub.edifact.faults import Fault, FaultKind
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.report import Disposition, MessageReport, Party, Report, Verdict
from vanhub.exchange.acknowledging import is_owed
from vanhub.exchange.admission import Admission, decide_admission
from vanhub.exchange.duplicates import duplicate_key, refuse_conflict
from vanhub.exchange.envelopes import build_recipe, recipe_sha256, recipe_size
from vanhub.exchange.routing import Route, is_test
from vanhub.pki.cms import Signer
from vanhub.service.identifiers import new_control_reference, new_id
from vanhub.values.acceptance import Acceptance, Accepted, Answer, NewDelivery
from vanhub.values.delivery import ContentRef
from vanhub.values.principal import Address, Principal
from vanhub.values.registry import Registry

Peek = Callable[[int, int], bytes]
"""``peek(offset, length)``: octets of what was received."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What one session handed over. ``sha256`` in lower-case hex; ``content`` only where the octets were written in pieces already."""

    principal: Principal
    gateway: str
    peer: str
    file_name: str
    received_at: datetime
    size: int
    sha256: str
    peek: Peek
    content: ContentRef | None = None
    replay_of: str = ""
    actor: str = ""


class Judge:
    """Decides in the hub's name: its address, its key, its source of identifiers."""

    def __init__(self, hub: Address, signer: Signer, entropy: Callable[[int], bytes], *, faults_listed: int) -> None:
        self._hub, self._signer, self._entropy, self._faults_listed = hub, signer, entropy, faults_listed

    def decide(self, report: Report, submission: Submission, registry: Registry, *, now: datetime) -> Acceptance:
        """What becomes of an interchange that is no duplicate."""
        admission = decide_admission(
            report, peek=submission.peek, principal=submission.principal, registry=registry, hub=self._hub, now=now, most_faults=self._faults_listed
        )
        return self._acceptance(admission, submission, now)

    def refuse_conflict(self, report: Report, submission: Submission, first: Accepted, *, now: datetime) -> Acceptance:
        """What becomes of one whose reference belongs to another accepted interchange with other octets: refused with 26; the first stays as it is."""
        refused = refuse_conflict(report, submission.peek, first.first_received_at, most_faults=self._faults_listed)
        return self._acceptance(Admission(refused, (), None, {}, refused.verdict), submission, now)

    def _acceptance(self, admission: Admission, submission: Submission, now: datetime) -> Acceptance:
        report, agreement = admission.report, submission.principal.agreement
        messages, dispositions = _judged(admission), admission.dispositions
        explanation = explain_report(
            dataclasses.replace(report, messages=messages, verdict=admission.verdict),
            submission.peek,
            language=agreement.language,
            encoding=agreement.encoding,
            dispositions=dispositions,
        )
        acknowledgement = signature = None
        if is_owed(report, agreement, dispositions):
            acknowledgement = self._acknowledge(admission, submission.principal, now)
            signature = self._signer.sign(acknowledgement, signing_time=now, received_sha256=bytes.fromhex(submission.sha256), received_octets=submission.size)
        return Acceptance(
            id=new_id(now, self._entropy),
            principal=submission.principal.id,
            gateway=submission.gateway,
            peer=submission.peer,
            file_name=submission.file_name,
            received_at=submission.received_at,
            size=submission.size,
            sha256=submission.sha256,
            header=report.header,
            verdict=admission.verdict,
            is_interchange=not any(fault.kind is FaultKind.NOT_AN_INTERCHANGE and fault.offset <= report.offset for fault in report.faults),
            only_control=report.only_control,
            faults=[_traced(fault, report) for fault in report.faults],
            faults_total=report.faults_total,
            messages=messages,
            deliveries=tuple(self._deliveries(admission, submission, now)),
            acknowledgement=acknowledgement,
            signature=signature,
            explanation=explanation,
            duplicate_key=duplicate_key(report.header),
            duplicate_since=now - timedelta(days=agreement.duplicate_window_days),
            guide_faults=tuple(_traced_guide(fault, report) for fault in report.guide_faults),
            guide_faults_total=report.guide_faults_total,
            dispositions=dispositions,
            answers=_answers(submission) if report.only_control and report.verdict is not Verdict.REJECTED else (),
            content=submission.content,
            replay_of=submission.replay_of,
            actor=submission.actor,
        )

    def _acknowledge(self, admission: Admission, principal: Principal, now: datetime) -> bytes:
        fallback = principal.addresses[0] if principal.addresses else Address("UNKNOWN")
        return render_contrl(
            admission.report,
            hub=Party(self._hub.identification, self._hub.qualifier),
            reference=new_control_reference(now, self._entropy),
            prepared=now,
            fallback_sender=Party(fallback.identification, fallback.qualifier),
            test=is_test(admission.report.header),
            dispositions=admission.dispositions,
            encoding=principal.agreement.encoding,
        )

    def _deliveries(self, admission: Admission, submission: Submission, now: datetime) -> Iterator[NewDelivery]:
        """The deliveries; copies of what is held come after it and name it."""
        held: dict[str, str] = {}
        for route in admission.routes:
            made = self._delivery(admission.report, route, submission, now, held.get(route.copied_from, ""))
            if route.held and not route.copy:
                held[route.mailbox] = made.id
            yield made

    def _delivery(self, report: Report, route: Route, submission: Submission, now: datetime, held_with: str) -> NewDelivery:
        header = report.header
        reference = header.reference if route.whole else new_control_reference(now, self._entropy)
        recipe = build_recipe(
            report, route, peek=submission.peek, original_size=submission.size, reference=reference, now=now, encoding=submission.principal.agreement.encoding
        )
        return NewDelivery(
            id=new_id(now, self._entropy),
            mailbox=route.mailbox,
            slot=route.slot,
            recipe=recipe,
            sender=str(header.sender),
            recipient=str(route.recipient),
            reference=reference,
            types=tuple(dict.fromkeys(report.messages[index].type for index in route.messages)),
            messages=len(route.messages),
            size=recipe_size(recipe),
            sha256=submission.sha256 if route.whole else recipe_sha256(recipe, submission.peek),
            expires_at=route.expires_at,
            guide_faults=sum(report.messages[index].guide_faults for index in route.messages),
            held=route.held,
            held_with=held_with,
        )


def _judged(admission: Admission) -> tuple[MessageReport, ...]:
    """The messages with what becomes of them: what is refused for its guide is rejected as well."""
    if Disposition.REFUSED not in admission.dispositions.values():
        return admission.report.messages
    whole = admission.verdict is Verdict.REJECTED
    return tuple(
        dataclasses.replace(message, verdict=Verdict.REJECTED) if whole or admission.dispositions.get(index) is Disposition.REFUSED else message
        for index, message in enumerate(admission.report.messages)
    )


def _traced(fault: Fault, report: Report) -> dict[str, Any]:
    """A fault as the trace shows it."""
    return {"kind": fault.kind.name, **report.fault_json(fault), "text_zh": fault.text("zh")}


def _traced_guide(fault: GuideFault, report: Report) -> dict[str, Any]:
    """A guide fault as the trace shows it."""
    return {
        "kind": fault.kind.name,
        **report.guide_fault_json(fault),
        "text_zh": fault.text("zh"),
        "repair": fault.repair("en"),
        "repair_zh": fault.repair("zh"),
    }


def _answers(submission: Submission) -> tuple[Answer, ...]:
    """What the CONTRLs in the interchange say; 0083 of 4 is a rejection."""
    octets = submission.peek(0, submission.size)
    return tuple(Answer(control.reference, not control.said.rejected, str(control.sender)) for control in parse_contrl(octets))
