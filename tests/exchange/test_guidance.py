"""What becomes of messages that break their guide: by their route, by the mailbox addressed, never for what goes to a partner."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.interchanges import HUB, NOW, Letter, Written, principal, registry, shipped_mailboxes, trader, write
from vanhub.edifact.report import Disposition, Kind, Verdict
from vanhub.exchange.acknowledging import is_owed
from vanhub.exchange.admission import Admission, decide_admission
from vanhub.exchange.guidance import without_guides
from vanhub.values.agreement import Agreement
from vanhub.values.delivery import Slot
from vanhub.values.mailbox import Mailbox, RouteRule
from vanhub.values.registry import Registry

DELIVERED, HELD, REFUSED = Disposition.DELIVERED, Disposition.HELD, Disposition.REFUSED
GOOD, BROKEN, WARNED, BAD = Letter(), Letter(breaks=2, warnings=1), Letter(warnings=1), Letter(good=False)
OTHERS = (principal("other", "OTHER:ZZZ"),)


def mailboxes(by_route: Disposition, by_address: Disposition = DELIVERED) -> tuple[Mailbox, ...]:
    """The shipped ones, of which customs' say so."""
    return tuple(
        dataclasses.replace(box, routes=tuple(RouteRule(route.selection, by_route) for route in box.routes), on_guide_fault=by_address)
        if box.id == "customs"
        else box
        for box in shipped_mailboxes()
    )


def admit(written: Written, by_route: Disposition = DELIVERED, by_address: Disposition = DELIVERED, **terms: str) -> Admission:
    known = registry(trader(**terms), *OTHERS, mailboxes=mailboxes(by_route, by_address))
    return decide_admission(written.report, peek=written.peek, principal=known.principals["trader"], registry=known, hub=HUB, now=NOW)


def routes(admission: Admission) -> list[tuple[str, str, tuple[int, ...]]]:
    """Mailbox, what kind of delivery, messages."""
    kinds = {(False, False): "", (False, True): "held", (True, False): "copy", (True, True): "held copy"}
    return [(route.mailbox, kinds[route.copy, route.held] if route.slot is not Slot.REJECTED else "shown", route.messages) for route in admission.routes]


@pytest.mark.parametrize(
    ("letters", "disposition", "verdict", "expected"),
    [
        ((GOOD, BROKEN), DELIVERED, Verdict.ACCEPTED, [("customs", "", (0, 1)), ("e-port", "copy", (0, 1))]),
        (
            (GOOD, BROKEN),
            HELD,
            Verdict.ACCEPTED,
            [("customs", "", (0,)), ("customs", "held", (1,)), ("e-port", "copy", (0,)), ("e-port", "held copy", (1,))],
        ),
        ((GOOD, BROKEN), REFUSED, Verdict.PARTLY, [("customs", "", (0,)), ("e-port", "copy", (0,))]),
        ((BROKEN,), HELD, Verdict.ACCEPTED, [("customs", "held", (0,)), ("e-port", "held copy", (0,))]),
        ((BROKEN,), REFUSED, Verdict.REJECTED, []),
        ((BAD, BROKEN), REFUSED, Verdict.REJECTED, []),
        ((BAD, BROKEN, GOOD), REFUSED, Verdict.PARTLY, [("customs", "", (2,)), ("e-port", "copy", (2,))]),
        ((WARNED,), REFUSED, Verdict.ACCEPTED, [("customs", "", (0,)), ("e-port", "copy", (0,))]),
    ],
)
def test_to_the_hub_the_route_decides(letters: tuple[Letter, ...], disposition: Disposition, verdict: Verdict, expected: object) -> None:
    admission = admit(write(*letters), disposition)
    assert (admission.verdict, routes(admission)) == (verdict, expected)
    assert admission.dispositions == {index: disposition for index, letter in enumerate(letters) if letter.breaks}
    # Syntax is judged by itself: only what the check rejected is rejected.
    assert [message.verdict for message in admission.report.messages] == [Verdict.ACCEPTED if letter.good else Verdict.REJECTED for letter in letters]


def test_what_is_held_is_a_delivery_of_its_own_with_copies_that_share_its_time() -> None:
    admission = admit(write(GOOD, BROKEN, recipient="GACC:ZZZ"), by_address=HELD)
    assert routes(admission) == [("customs", "", (0,)), ("customs", "held", (1,)), ("e-port", "copy", (0,)), ("e-port", "held copy", (1,))]
    assert [(route.whole, route.copied_from) for route in admission.routes] == [(False, ""), (False, ""), (False, ""), (False, "customs")]
    assert admission.routes[3].expires_at == admission.routes[1].expires_at != admission.routes[2].expires_at
    # All of it held is the original as it came.
    assert admit(write(BROKEN, BROKEN, recipient="GACC:ZZZ"), by_address=HELD).routes[0].whole


def test_to_an_agency_its_mailbox_decides_and_what_is_refused_whole_is_shown_as_rejected() -> None:
    written = write(BROKEN, recipient="GACC:ZZZ")
    assert routes(admit(written, by_route=REFUSED)) == [("customs", "", (0,)), ("e-port", "copy", (0,))]
    refused = admit(written, by_address=REFUSED)
    assert (refused.verdict, routes(refused)) == (Verdict.REJECTED, [("customs", "shown", (0,))])


def test_all_or_nothing_holds_and_refuses_all() -> None:
    held = admit(write(GOOD, BROKEN), HELD, acceptance="all")
    assert (held.verdict, held.dispositions) == (Verdict.ACCEPTED, {0: HELD, 1: HELD})
    assert routes(held) == [("customs", "held", (0, 1)), ("e-port", "held copy", (0, 1))]
    refused = admit(write(GOOD, BROKEN), REFUSED, acceptance="all")
    assert (refused.verdict, refused.dispositions, routes(refused)) == (Verdict.REJECTED, {0: REFUSED, 1: REFUSED}, [])
    delivered = admit(write(GOOD, BROKEN), DELIVERED, acceptance="all")
    assert (delivered.verdict, delivered.dispositions) == (Verdict.ACCEPTED, {1: DELIVERED})


AUTACK = Letter("AUTACK")


@pytest.mark.parametrize("recipient", ["VANHUB:ZZZ", "GACC:ZZZ"])
@pytest.mark.parametrize(
    ("letters", "disposition", "acceptance", "verdict", "expected"),
    [
        ((BROKEN, AUTACK), HELD, "partial", Verdict.ACCEPTED, [("held", (0, 1))]),
        ((GOOD, BROKEN, AUTACK), HELD, "partial", Verdict.ACCEPTED, [("", (0, 2)), ("held", (1, 2))]),
        ((GOOD, BROKEN, AUTACK), HELD, "all", Verdict.ACCEPTED, [("held", (0, 1, 2))]),
        ((GOOD, BROKEN, AUTACK), REFUSED, "partial", Verdict.PARTLY, [("", (0, 2))]),
        ((BROKEN, AUTACK), REFUSED, "partial", Verdict.REJECTED, []),
        ((GOOD, BROKEN, AUTACK), REFUSED, "all", Verdict.REJECTED, []),
        ((GOOD, BROKEN, AUTACK), DELIVERED, "all", Verdict.ACCEPTED, [("", (0, 1, 2))]),
    ],
)
def test_what_secures_messages_is_held_and_refused_with_them(
    recipient: str, letters: tuple[Letter, ...], disposition: Disposition, acceptance: str, verdict: Verdict, expected: object
) -> None:
    admission = admit(write(*letters, recipient=recipient), disposition, disposition, acceptance=acceptance)
    assert admission.verdict is verdict
    assert [(kind, messages) for mailbox, kind, messages in routes(admission) if mailbox == "customs" and kind != "shown"] == expected


def test_a_package_goes_with_the_held_message_that_it_names() -> None:
    written = write(GOOD, BROKEN, GOOD, recipient="GACC:ZZZ")
    *messages, last = written.report.messages
    package = dataclasses.replace(last, kind=Kind.PACKAGE, type="UNO", related=(("1", messages[1].reference),))
    report = dataclasses.replace(written.report, messages=(*messages, package))
    assert [route[1:] for route in routes(admit(dataclasses.replace(written, report=report), by_address=HELD)) if route[0] == "customs"] == [
        ("", (0,)),
        ("held", (1, 2)),
    ]


def test_to_a_partner_guides_have_nothing_to_say() -> None:
    admission = admit(write(BROKEN, recipient="OTHER:ZZZ"), REFUSED, REFUSED)
    (message,) = admission.report.messages
    assert (admission.verdict, admission.dispositions, routes(admission)) == (Verdict.ACCEPTED, {}, [("other", "", (0,))])
    assert (admission.report.guide_faults, admission.report.guide_faults_total) == ((), 0)
    assert (message.guide, message.guide_faults, message.guide_warnings) == ("", 0, 0)


def test_what_goes_to_an_agency_keeps_its_faults_also_those_that_are_not_listed() -> None:
    written = write(BROKEN, Letter("NOTYPE", breaks=5), Letter(breaks=3, good=False))
    listed = dataclasses.replace(written.report, guide_faults=written.report.guide_faults[:1])
    report = admit(dataclasses.replace(written, report=listed)).report
    assert ([fault.message for fault in report.guide_faults], report.guide_faults_total) == ([0], 6)
    assert without_guides(report).guide_faults_total == 0


def test_an_acknowledgement_is_owed_for_faults_of_guides_and_not_for_warnings() -> None:
    on_request = Agreement(acknowledge="requested")
    for letter, owed in ((GOOD, False), (WARNED, False), (BROKEN, True)):
        admission = admit(write(letter))
        assert is_owed(admission.report, on_request, admission.dispositions) is owed


letters = st.lists(st.builds(Letter, type=st.sampled_from(["CUSDEC", "SANCRT", "GESMES", "AUTACK"]), breaks=st.integers(0, 1), good=st.booleans()), min_size=1)


@settings(max_examples=60)
@given(letters, st.sampled_from(["VANHUB:ZZZ", "GACC:ZZZ", "OTHER:ZZZ"]), st.sampled_from(Disposition), st.sampled_from(["partial", "all"]))
def test_every_accepted_message_that_is_not_refused_is_in_one_delivery(sent: list[Letter], to: str, disposition: Disposition, acceptance: str) -> None:
    known = Registry(registry(trader(acceptance=acceptance), *OTHERS).principals.values(), (), mailboxes(disposition, disposition))
    written = write(*sent, recipient=to)
    admission = decide_admission(written.report, peek=written.peek, principal=known.principals["trader"], registry=known, hub=HUB, now=NOW)
    if admission.verdict is Verdict.REJECTED:
        assert all(route.slot is Slot.REJECTED for route in admission.routes)
        return
    count = Counter(index for route in admission.routes if not route.copy for index in route.messages)
    for index, message in enumerate(admission.report.messages):
        delivered = message.verdict is Verdict.ACCEPTED and admission.dispositions.get(index) is not REFUSED
        if message.type != "AUTACK" or not delivered:
            assert count[index] == delivered
    for route in admission.routes:
        assert route.held == any(admission.dispositions.get(index) is HELD for index in route.messages)
        assert not route.held or all(admission.dispositions.get(i) is HELD or admission.report.messages[i].type == "AUTACK" for i in route.messages)
