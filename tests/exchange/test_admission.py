"""Who may send what to whom: each rule by a table, the shipped mailboxes by what their README promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.exchange.interchanges import HUB, NOW, Letter, Written, principal, registry, shipped_mailboxes, trader, write
from vanhub.edifact.faults import Fault, FaultKind, Level
from vanhub.edifact.report import Verdict
from vanhub.exchange.admission import Admission, decide_admission
from vanhub.exchange.routing import Route
from vanhub.values.delivery import Slot
from vanhub.values.principal import Principal, PrincipalKind
from vanhub.values.registry import Registry

TRADER = principal("trader", "TRADER:ZZZ", "TRADER2")
BANK = principal("bank", "BANK:ZZZ")


def admit(written: Written, who: Principal = TRADER, known: Registry | None = None) -> Admission:
    known = known or registry(who, BANK)
    return decide_admission(written.report, peek=written.peek, principal=who, registry=known, hub=HUB, now=NOW)


def seen(faults: tuple[Fault, ...]) -> list[tuple[str, str, int | None, int | None, int | None, str | None]]:
    """(kind, segment, message, element, component, value), after checking that the offset points at what is named."""
    return [(fault.kind.name, fault.segment, fault.message, fault.element, fault.component, fault.value) for fault in faults]


def at(written: Written, fault: Fault) -> bytes:
    return written.data[fault.offset :]


@pytest.mark.parametrize("sender", ["TRADER:ZZZ", "TRADER2"])
def test_a_principals_own_addresses_may_send(sender: str) -> None:
    admission = admit(write(Letter(), sender=sender))
    assert admission.report.verdict is Verdict.ACCEPTED
    assert admission.report.faults == ()
    assert admission.sender == "trader"


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("NOBODY:ZZZ", "SENDER_UNKNOWN"),
        ("TRADER", "SENDER_UNKNOWN"),
        ("TRADER:14", "SENDER_UNKNOWN"),
        ("TRADER2:ZZZ", "SENDER_UNKNOWN"),
        ("BANK:ZZZ", "SENDER_NOT_PRINCIPAL"),
        ("GACC:ZZZ", "SENDER_NOT_PRINCIPAL"),
        ("CARRIED:ZZZ", "SENDER_NOT_PRINCIPAL"),
        ("VANHUB:ZZZ", "SENDER_UNKNOWN"),
    ],
)
@pytest.mark.parametrize("una", [False, True])
def test_any_other_sender_is_refused_at_its_place(sender: str, kind: str, una: bool) -> None:
    written = write(Letter(), sender=sender, una=una)
    admission = admit(written, known=registry(TRADER, BANK, principal("relay", "RELAY:ZZZ", carries=["CARRIED:ZZZ"])))
    (fault,) = admission.report.faults
    assert seen((fault,)) == [(kind, "UNB", None, 3, 1, sender)]
    assert fault.level is Level.INTERCHANGE
    assert at(written, fault).startswith(sender.encode() + b"+VANHUB")
    assert (admission.report.verdict, admission.routes, admission.sender) == (Verdict.REJECTED, (), None)


def test_a_relay_sends_for_those_it_carries_and_the_owner_counts_as_sender() -> None:
    relay = principal("relay", "RELAY:ZZZ", carries=["BANK:ZZZ", "FAR:ZZZ"])
    known = registry(relay, BANK)
    owned = admit(write(Letter("BOPCUS"), sender="BANK:ZZZ"), relay, known)
    unowned = admit(write(Letter("BOPCUS"), sender="FAR:ZZZ"), relay, known)
    assert [(a.sender, a.report.verdict) for a in (owned, unowned)] == [("bank", Verdict.ACCEPTED), ("relay", Verdict.ACCEPTED)]


@pytest.mark.parametrize("recipient", ["NOBODY:ZZZ", "GACC", "GACC:14", "OFF:ZZZ", "TWICE:ZZZ"])
def test_an_unknown_recipient_is_refused_at_its_place(recipient: str) -> None:
    """Also a disabled one, and one that two relays carry for: nobody could say which of them collects."""
    others = (
        principal("off", "OFF:ZZZ", enabled=False),
        principal("relay", "RELAY:ZZZ", carries=["TWICE:ZZZ"]),
        principal("relay-2", "RELAY2:ZZZ", carries=["TWICE:ZZZ"]),
    )
    written = write(Letter(), recipient=recipient)
    admission = admit(written, known=registry(TRADER, *others))
    assert seen(admission.report.faults) == [("RECIPIENT_UNKNOWN", "UNB", None, 4, 1, recipient)]
    assert at(written, admission.report.faults[0]).startswith(recipient.encode() + b"+260320")
    assert admission.routes == ()


@pytest.mark.parametrize(
    ("recipient", "mailbox", "days"),
    [("BANK:ZZZ", "bank", 30), ("GACC:ZZZ", "customs", 30), ("FAR:ZZZ", "relay", 30), ("GACCSTAT:ZZZ", "statistics", 60)],
)
def test_an_interchange_goes_whole_to_the_mailbox_that_it_names(recipient: str, mailbox: str, days: int) -> None:
    written = write(Letter("CUSDEC", "999"), Letter("CUSDEC", "999"), recipient=recipient)
    admission = admit(written, known=registry(TRADER, BANK, principal("relay", "RELAY:ZZZ", carries=["FAR:ZZZ"])))
    assert admission.routes[0] == Route(mailbox, Slot.PRODUCTION, (0, 1), True, written.report.header.recipient, NOW + timedelta(days=days))
    assert all(route.copy for route in admission.routes[1:])


@pytest.mark.parametrize(
    ("terms", "written", "faults"),
    [
        ({"syntax_versions": "3,4"}, write(Letter(), syntax="UNOA:2"), [("NO_AGREEMENT", "UNB", None, 2, 2, "2")]),
        ({"syntax_versions": "3"}, write(Letter()), []),
        ({"traffic": "production"}, write(Letter(), test="1"), [("TEST_NOT_ALLOWED", "UNB", None, 12, None, "1")]),
        ({"traffic": "production"}, write(Letter(), test="0"), []),
        ({"traffic": "test"}, write(Letter()), [("TEST_NOT_ALLOWED", "UNB", None, 12, None, "")]),
        ({"traffic": "test"}, write(Letter(), test="1"), []),
        ({"max_messages": "1"}, write(Letter(), Letter()), [("OVER_LIMIT", "UNB", None, None, None, None)]),
        ({"max_messages": "2"}, write(Letter(), Letter()), []),
        ({"types": "CUSCAR"}, write(Letter(), Letter("CUSCAR", "85")), [("NO_AGREEMENT", "UNH", 0, 3, 1, "CUSDEC")]),
        ({"directories": "D.96B"}, write(Letter(), Letter(directory="D.96B")), [("NO_AGREEMENT", "UNH", 0, 3, 3, "D.01B")]),
        ({"types": "CUSCAR", "directories": "D.96B"}, write(Letter()), [("NO_AGREEMENT", "UNH", 0, 3, 1, "CUSDEC"), ("NO_AGREEMENT", "UNH", 0, 3, 3, "D.01B")]),
        ({"types": "CUSCAR", "directories": "D.96B"}, write(Letter("CONTRL", "", "D.3")), []),
    ],
)
def test_terms_of_the_agreement(terms: dict[str, str], written: Written, faults: list[tuple[object, ...]]) -> None:
    admission = admit(written, trader(**terms))
    assert seen(admission.report.faults) == faults
    whole = any(fault.level is Level.INTERCHANGE for fault in admission.report.faults) or len({f.message for f in admission.report.faults} - {None}) == len(
        written.report.messages
    )
    assert (admission.report.verdict is Verdict.REJECTED) == (whole and bool(faults))


def test_the_place_of_the_test_indicator() -> None:
    production = trader(traffic="production")
    written = write(Letter(), test="1")
    (fault,) = admit(written, production).report.faults
    assert at(written, fault).startswith(b"1'UNH")


def test_production_traffic_that_is_not_allowed_yet_reads_well() -> None:
    (fault,) = admit(write(Letter()), trader(traffic="test")).report.faults
    assert fault.text() == 'test indicator "" is not allowed by the agreement'


@pytest.mark.parametrize(
    ("prepared", "good"),
    [
        ("260320:0915", True),
        ("20260320:0915", True),
        ("260322:2329", True),  # two days ahead, by a clock in the zone furthest ahead
        ("260322:2331", False),
        ("260317:1931", True),
        ("260317:1929", False),
        ("250320:0915", False),
        ("19260320:0915", False),
        ("260231:0915", False),
        ("260320", False),
        ("", False),
    ],
)
def test_the_preparation_window(prepared: str, good: bool) -> None:
    careful = trader(preparation_window_days="2")
    written = write(Letter(), prepared=prepared)
    assert seen(admit(written, careful).report.faults) == ([] if good else [("OUTSIDE_WINDOW", "UNB", None, 5, 1, prepared)])
    assert seen(admit(written).report.faults) == []


def test_two_digits_of_a_year_mean_the_nearest_one() -> None:
    careful = trader(preparation_window_days="2")
    eve = NOW.replace(year=2099, month=12, day=31)
    written = write(Letter(), prepared="000101:0000")
    admission = decide_admission(written.report, peek=written.peek, principal=careful, registry=registry(careful), hub=HUB, now=eve)
    assert admission.report.faults == ()


@pytest.mark.parametrize(("acceptance", "verdict", "mailboxes"), [("partial", Verdict.PARTLY, ["customs", "e-port"]), ("all", Verdict.REJECTED, [])])
def test_a_bad_message_among_good_ones(acceptance: str, verdict: Verdict, mailboxes: list[str]) -> None:
    admission = admit(write(Letter(), Letter(good=False), Letter("NOTYPE")), trader(acceptance=acceptance))
    assert admission.report.verdict is verdict
    assert seen(admission.report.faults) == [("NO_AGREEMENT", "UNH", 2, 3, 1, "NOTYPE")]
    assert [route.mailbox for route in admission.routes] == mailboxes


def test_what_the_recipient_does_not_take_is_refused_at_the_message_and_says_whose_agreement_is_missing() -> None:
    admission = admit(write(Letter("TAXCON", "937"), Letter(), recipient="GACC:ZZZ"))
    (fault,) = admission.report.faults
    assert seen((fault,)) == [("NO_AGREEMENT", "UNH", 0, 3, 1, "TAXCON")]
    assert fault.text() == "no agreement for TAXCON (customs)"
    assert admission.report.verdict is Verdict.PARTLY
    assert [(route.mailbox, route.messages, route.whole, route.copy) for route in admission.routes] == [
        ("customs", (1,), False, False),
        ("e-port", (1,), False, True),
    ]


def test_a_directory_that_the_recipient_does_not_take() -> None:
    only = [box for box in shipped_mailboxes() if box.id != "customs"]
    customs = next(box for box in shipped_mailboxes() if box.id == "customs")
    narrow = type(customs)(customs.id, customs.name_en, customs.name_zh, customs.addresses, customs.types, ("D.01B",), customs.routes)
    admission = admit(write(Letter(), Letter(directory="D.96B")), known=registry(TRADER, mailboxes=[*only, narrow]))
    assert seen(admission.report.faults) == [("NO_AGREEMENT", "UNH", 1, 3, 3, "D.96B")]


def test_a_message_for_a_disabled_agency_is_refused_and_gets_no_other_way() -> None:
    off = principal("customs", "GACC:ZZZ", kind=PrincipalKind.AGENCY, enabled=False)
    admission = admit(write(Letter(), Letter("TAXCON", "937")), known=registry(TRADER, off))
    assert seen(admission.report.faults) == [("NO_AGREEMENT", "UNH", 0, 3, 1, "CUSDEC")]
    assert [route.mailbox for route in admission.routes] == ["tax", "e-port"]


def test_a_disabled_agency_gets_no_copies() -> None:
    off = principal("e-port", "EPORT:ZZZ", kind=PrincipalKind.AGENCY, enabled=False)
    assert [route.mailbox for route in admit(write(Letter()), known=registry(TRADER, off)).routes] == ["customs"]


def test_test_traffic_stays_in_the_test_slots() -> None:
    admission = admit(write(Letter(), test="1"))
    assert [(route.mailbox, route.slot) for route in admission.routes] == [("customs", Slot.TEST), ("e-port", Slot.TEST)]


class TestRejected:
    """A rejected interchange is shown to the agency addressed, when nobody is deceived by it."""

    def test_it_goes_whole_into_the_slot_of_the_agency_addressed(self) -> None:
        written = write(Letter(good=False), Letter(good=False), recipient="GACC:ZZZ")
        (route,) = admit(written).routes
        assert route == Route("customs", Slot.REJECTED, (0, 1), True, written.report.header.recipient, NOW + timedelta(days=30))

    @pytest.mark.parametrize(
        "written",
        [
            write(Letter(good=False)),  # to the hub: no agency is addressed
            write(Letter(good=False), recipient="BANK:ZZZ"),  # a partner's mailbox shows none
            write(Letter(good=False), recipient="GACC:ZZZ", sender="BANK:ZZZ"),  # sent under another's name
            write(Letter(good=False), recipient="GACC:ZZZ", test="1"),  # tests never mix
            write(Letter("CONTRL", "", "D.3", good=False), recipient="GACC:ZZZ"),
        ],
    )
    def test_otherwise_nobody_sees_it(self, written: Written) -> None:
        admission = admit(written)
        assert (admission.report.verdict, admission.routes) == (Verdict.REJECTED, ())

    def test_bytes_that_are_no_interchange_are_rejected_as_they_are(self) -> None:
        written = write(sender="", recipient="", reference="", prepared="")
        fault = Fault(FaultKind.NOT_AN_INTERCHANGE, Level.INTERCHANGE, "", 1, 0, value="GARBAGE")
        rejected = Written(b"GARBAGE", written.report.with_faults((fault,)), ())
        assert admit(rejected, trader(traffic="test", preparation_window_days="1")) == Admission(rejected.report, (), None, {}, Verdict.REJECTED)

    def test_a_missing_sender_that_the_check_let_pass_is_still_refused(self) -> None:
        assert seen(admit(write(Letter(), sender="")).report.faults) == [("SENDER_UNKNOWN", "UNB", None, 3, 1, "")]


class TestControl:
    """CONTRL and AUTACK need no agreement; what answers the hub goes nowhere."""

    CONTRL, AUTACK = Letter("CONTRL", "", "D.3"), Letter("AUTACK", "", "4.1")

    def test_addressed_to_a_mailbox_they_are_delivered(self) -> None:
        admission = admit(write(self.CONTRL, recipient="GACC:ZZZ"))
        assert [(route.mailbox, route.messages, route.whole) for route in admission.routes] == [("customs", (0,), True)]

    def test_addressed_to_the_hub_they_are_accepted_and_go_nowhere(self) -> None:
        admission = admit(write(self.CONTRL, self.AUTACK))
        assert (admission.report.verdict, admission.report.faults, admission.routes) == (Verdict.ACCEPTED, (), ())

    def test_among_others_they_go_where_the_others_go_but_not_with_copies(self) -> None:
        admission = admit(write(self.AUTACK, Letter(), Letter("TAXCON", "937")))
        assert [(route.mailbox, route.messages, route.copy) for route in admission.routes] == [
            ("customs", (0, 1), False),
            ("tax", (0, 2), False),
            ("e-port", (1, 2), True),
        ]

    def test_left_alone_by_the_others_rejection_they_are_refused_too(self) -> None:
        admission = admit(write(self.AUTACK, Letter(good=False)))
        assert seen(admission.report.faults) == [("NO_AGREEMENT", "UNH", 0, 3, 1, "AUTACK")]
        assert (admission.report.verdict, admission.routes) == (Verdict.REJECTED, ())


def test_all_faults_are_found_in_one_pass_and_only_so_many_listed() -> None:
    strict = trader(traffic="test", syntax_versions="4", directories="D.96B")
    written = write(*[Letter("NOTYPE")] * 5, sender="NOBODY", recipient="NOWHERE")
    admission = decide_admission(written.report, peek=written.peek, principal=strict, registry=registry(strict), hub=HUB, now=NOW, most_faults=6)
    assert [fault.kind.name for fault in admission.report.faults] == [
        "NO_AGREEMENT",
        "SENDER_UNKNOWN",
        "RECIPIENT_UNKNOWN",
        "TEST_NOT_ALLOWED",
        "NO_AGREEMENT",
        "NO_AGREEMENT",
    ]
    assert admission.report.faults_total == 9
    assert [fault.offset for fault in admission.report.faults] == sorted(fault.offset for fault in admission.report.faults)
