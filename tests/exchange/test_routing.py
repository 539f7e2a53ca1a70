"""No message is lost and none is doubled, whatever is sent and however the agencies' rules stand."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.interchanges import HUB, NOW, Letter, principal, registry, shipped_mailboxes, trader, write
from vanhub.edifact.report import Verdict
from vanhub.exchange.admission import decide_admission
from vanhub.exchange.routing import CONTROL_TYPES, is_test
from vanhub.values.delivery import Slot
from vanhub.values.mailbox import CopyRule, Mailbox, Selection
from vanhub.values.principal import Address

TYPES = ["CUSDEC", "CUSCAR", "SANCRT", "REGENT", "TAXCON", "GESMES", "CONTRL", "AUTACK", "NOTYPE"]

letters = st.lists(
    st.builds(Letter, type=st.sampled_from(TYPES), document=st.sampled_from(["830", "812", "990", "301", ""]), good=st.sampled_from([True, True, False])),
    min_size=1,
    max_size=8,
)
ways = st.sampled_from(
    [
        ("trader", "VANHUB:ZZZ"),
        ("trader", "GACC:ZZZ"),
        ("trader", "OTHER:ZZZ"),
        ("customs", "VANHUB:ZZZ"),
        ("customs", "TRADER:ZZZ"),
        ("registry", "TRADER:ZZZ"),
    ]
)


@settings(max_examples=60)
@given(letters, ways, st.sampled_from(["", "0", "1", "2"]), st.booleans())
def test_every_accepted_message_is_in_one_delivery_and_at_most_once_in_a_mailbox(
    sent: list[Letter], way: tuple[str, str], test: str, all_or_nothing: bool
) -> None:
    terms = {"acceptance": "all"} if all_or_nothing else {}
    known = registry(trader(**terms), principal("other", "OTHER:ZZZ"))
    who = known.principals[way[0]]
    written = write(*sent, sender=str(who.addresses[0]), recipient=way[1], test=test)
    admission = decide_admission(written.report, peek=written.peek, principal=who, registry=known, hub=HUB, now=NOW)
    report, routes = admission.report, admission.routes

    shown = [route for route in routes if route.slot is Slot.REJECTED]
    if report.verdict is Verdict.REJECTED:
        assert len(routes) == len(shown) <= 1
        return
    assert not shown
    assert len({(route.mailbox, route.copy) for route in routes}) == len(routes)
    assert max(Counter((route.mailbox, index) for route in routes for index in route.messages).values(), default=1) == 1
    primary = Counter(index for route in routes if not route.copy for index in route.messages)
    to_hub = way[1] == str(HUB)
    for index, message in enumerate(report.messages):
        if message.verdict is Verdict.REJECTED:
            assert primary[index] == 0
        elif to_hub and message.type in CONTROL_TYPES:
            assert primary[index] == (0 if report.only_control else len([route for route in routes if not route.copy]))
        else:
            assert primary[index] == 1
    for route in routes:
        assert list(route.messages) == sorted(set(route.messages))
        assert all(report.messages[index].verdict is Verdict.ACCEPTED for index in route.messages)
        assert route.slot is (Slot.TEST if test in {"1", "2"} else Slot.PRODUCTION)
        assert route.whole == (not route.copy and not to_hub and len(route.messages) == len(sent))
        assert not route.copy or known.is_agency(route.mailbox)


def test_what_is_a_test() -> None:
    assert [is_test(write(Letter(), test=test).report.header) for test in ("", "0", "1", "2", "3")] == [False, False, True, True, True]


def test_a_mailbox_whose_copy_rules_overlap_gets_one_copy() -> None:
    copies = (CopyRule(Selection(("CUSDEC",))), CopyRule(Selection(("CUSDEC",), ("830",))), CopyRule(Selection(("CUSDEC",), (), ("trader",)), ("customs",)))
    archive = Mailbox("e-port", "Archive", "档案", (Address("EPORT", "ZZZ"),), copies=copies)
    known = registry(trader(), mailboxes=[*(box for box in shipped_mailboxes() if box.id == "customs"), archive])
    written = write(Letter(), Letter("CUSCAR", "85"), Letter())
    admission = decide_admission(written.report, peek=written.peek, principal=trader(), registry=known, hub=HUB, now=NOW)
    assert [(route.mailbox, route.messages, route.copy) for route in admission.routes] == [("customs", (0, 1, 2), False), ("e-port", (0, 2), True)]
