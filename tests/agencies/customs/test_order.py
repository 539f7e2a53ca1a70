"""Order of arrival: any order and any repeats give the same; where two compete exactly one loses."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.customs.trade import (
    BROKER,
    NOON,
    codes,
    entry,
    export,
    form,
    gate_out,
    licence,
    manifest,
    note,
    open_desk,
    payment,
    receipts,
    receive,
    registration,
    tally,
)
from tests.agencies.memory import Desk
from vanhub.agencies.customs.bills import Bill
from vanhub.agencies.customs.lodgement import Lodgement, Reference, State
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.declaration import Function
from vanhub.agencies.messages.fx_form import FormAct
from vanhub.agencies.messages.licence import LicenceStatus
from vanhub.agencies.messages.parts import Quantity

_FIRST, _SECOND, _THIRD = export(), export("E2", form="44B0318902", quantity=700), entry()
_CHANGED = licence(quantity=11000, function="4")
_MESSAGES: tuple[Outgoing, ...] = (
    registration(),
    licence(),
    _CHANGED,
    licence("06-AB-300125", function="1", status=LicenceStatus.WITHDRAWN),
    licence("06-AB-300125"),
    form(),
    form("44B0318902"),
    form("44B0318903"),
    form("44B0318903", FormAct.WITHDRAWAL),
    note(),
    manifest(_THIRD),
    tally(_FIRST, discharge=False),
    tally(_SECOND, discharge=False),
    tally(_THIRD, discharge=True),
    gate_out(_THIRD),
    _FIRST,
    _SECOND,
    _THIRD,
    # It names a licence that is withdrawn, whichever comes first.
    export("E3", form="44B0318904", licence="06-AB-300125"),
)


def _outcome(messages: list[Outgoing]) -> tuple[dict[str, tuple[str, str]], dict[str, Decimal], Counter[str]]:
    """Customs after these messages, the payment of every bill and a week: states by reference, balances without the bills' numbers, usage reported."""
    desk = open_desk()
    receive(desk, *messages)
    for bill in list(desk.book.list(Bill)):
        receive(desk, payment(_billed(desk, bill.declaration), number=bill.number))
    desk.wait_until(NOON + timedelta(days=7))
    assert list(desk.agency.invariants(desk.book)) == []
    states = {lodgement.declaration.reference: (lodgement.state.value, lodgement.answer.receipt) for lodgement in desk.book.list(Lodgement)}
    balances = {str(account): amount for account, amount in desk.book.balances.items() if amount}
    reported = Counter(type(message).__name__ for _, message in desk.book.sent if not isinstance(message, Answer))
    return states, balances, reported


def _billed(desk: Desk, number: str) -> Answer:
    lodgement = desk.book.get(Lodgement, number)
    assert lodgement is not None
    return lodgement.answer


@settings(max_examples=25, deadline=None)
@given(st.permutations(_MESSAGES), st.lists(st.tuples(st.integers(0, len(_MESSAGES)), st.sampled_from(_MESSAGES)), max_size=6))
def test_any_order_and_any_repeats_give_the_same(order: list[Outgoing], repeats: list[tuple[int, Outgoing]]) -> None:
    messages = list(order)
    for place, message in repeats:
        messages.insert(place, message)
    assert _outcome(messages) == _EXPECTED


_EXPECTED = _outcome(list(_MESSAGES))


def test_which_is_that_all_honest_ones_are_closed() -> None:
    states, balances, reported = _EXPECTED
    assert states == {"E1": ("closed", "R"), "E2": ("closed", "R"), "I1": ("closed", "R"), "E3": ("returned", "E")}
    assert balances["licence 06-AB-300123/1 used H87"] == 1700
    assert balances["licence 06-AB-300123/1 available H87"] == 9300
    assert reported == {"LicenceUsage": 2, "Declaration": 3}


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(13)), st.integers(0, 13), st.booleans())
def test_of_thirteen_declarations_on_a_licence_for_twelve_exactly_one_loses(order: list[int], late: int, open_ones: bool) -> None:
    """Whichever comes last, and whenever the licence comes: parked ones are decided in the order in which they came."""
    desk = open_desk(**({"risk__yellow": 0, "officer__automatic": False} if open_ones else {}))
    receive(desk, registration(), *(form(f"44B03189{number:02}") for number in range(13)))
    messages: list[Outgoing] = [export(f"E{number}", form=f"44B03189{number:02}") for number in order]
    messages.insert(late, licence(quantity=100000))
    receive(desk, *messages)
    assert Counter(lodgement.state for lodgement in desk.book.list(Lodgement)) == {State.MANUAL if open_ones else State.RELEASED: 12, State.RETURNED: 1}
    (loser,) = [lodgement for lodgement in desk.book.list(Lodgement) if lodgement.state is State.RETURNED]
    assert [error.code for error in loser.answer.errors] == ["L205"]
    assert loser.declaration.reference == f"E{order[-1]}"
    assert list(desk.agency.invariants(desk.book)) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 2))
def test_of_two_that_overdraw_a_licence_exactly_one_loses(first: int, second: int, late: int) -> None:
    desk = open_desk()
    granted = max(first, second)
    receive(desk, registration(), form(), form("44B0318902"))
    messages: list[Outgoing] = [export(quantity=first * 10), export("E2", form="44B0318902", quantity=second * 10)]
    messages.insert(late, licence(quantity=granted * 10))
    sent = receive(desk, *messages)
    rejections = [answer for answer in sent if isinstance(answer, Answer) and answer.kind is AnswerKind.REJECTION]
    assert [(answer.reference, [error.code for error in answer.errors]) for answer in rejections] == [("E2", ["L204"])]
    assert desk.book.balances[next(account for account in desk.book.balances if str(account) == "licence 06-AB-300123/1 used H87")] == first * 10
    assert list(desk.agency.invariants(desk.book)) == []


def test_who_loses_may_try_again_once_there_is_room() -> None:
    desk = open_desk(risk__yellow=0, officer__automatic=False)
    receive(desk, registration(), licence(uses=1), form(), form("44B0318902"), export())
    (first,) = desk.book.list(Lodgement)
    loser = export("E2", form="44B0318902")
    assert codes(receive(desk, loser)) == ["L205"]
    desk.instruct("delete", number=first.number, reason="not shipped")
    # The same again is a repeat of what was returned; other content under its reference is a new declaration.
    assert receipts(receive(desk, loser)) == "E"
    assert receipts(receive(desk, dataclasses.replace(loser, contract="2"))) == "LH"
    (reference,) = desk.book.list(Reference, f"{BROKER}/E2")
    assert len(reference.lodged) == 2
    # Even then the old one is but a repeat.
    assert receipts(receive(desk, loser)) == "E"


def test_the_same_again_moves_nothing_and_is_answered_as_before() -> None:
    desk = open_desk()
    sent = receive(desk, registration(), licence(), form(), export())
    balances, records = dict(desk.book.balances), dict(desk.book.records)
    assert receive(desk, export()) == sent[-1:]
    assert (desk.book.balances, desk.book.records) == (balances, records)


def test_other_content_under_a_used_reference_is_refused() -> None:
    desk = open_desk()
    receive(desk, registration(), licence(), form(), export())
    balances, records = dict(desk.book.balances), dict(desk.book.records)
    sent = receive(desk, export(packages=21))
    assert (receipts(sent), codes(sent)) == ("E", ["E104"])
    assert (desk.book.balances, desk.book.records) == (balances, records)


def test_a_change_gives_back_what_it_does_not_need() -> None:
    desk = open_desk(risk__yellow=0, officer__automatic=False)
    receive(desk, registration(), licence(quantity=1500), form(), export())
    (lodged,) = desk.book.list(Lodgement)
    changed = dataclasses.replace(export(quantity=1400), function=Function.CHANGE, number=lodged.number)
    assert receipts(receive(desk, changed)) == "H"
    assert _reserved(desk) == 1400
    # What fails leaves the declaration as it was.
    too_much = dataclasses.replace(export(quantity=1600), function=Function.REPLACE, number=lodged.number)
    sent = receive(desk, too_much)
    assert (receipts(sent), codes(sent)) == ("E", ["L204"])
    assert _reserved(desk) == 1400
    (after,) = desk.book.list(Lodgement)
    assert (after.state, after.declaration) == (State.MANUAL, changed)
    # Neither is decided upon again when it comes again.
    receive(desk, licence(quantity=2000, function="4"))
    assert receipts(receive(desk, changed, too_much)) == "EE"
    assert _reserved(desk) == 1400
    # As a new change it is.
    assert receipts(receive(desk, dataclasses.replace(too_much, contract="NEW"))) == "H"
    assert _reserved(desk) == 1600


def test_a_change_waits_for_what_it_names_while_the_declaration_stands() -> None:
    desk = open_desk(risk__yellow=0, officer__automatic=False)
    receive(desk, registration(), licence(), form(), export())
    (lodged,) = desk.book.list(Lodgement)
    changed = dataclasses.replace(export(form="44B0318902"), function=Function.CHANGE, number=lodged.number)
    assert receipts(receive(desk, changed)) == "L"
    assert desk.book.get(Lodgement, lodged.number) == lodged
    assert receipts(receive(desk, form("44B0318902"))) == "H"
    after = desk.book.get(Lodgement, lodged.number)
    assert after is not None
    assert after.declaration == changed


def test_a_change_that_comes_before_its_declaration_waits_for_it() -> None:
    desk = open_desk(risk__yellow=0, officer__automatic=False)
    early = dataclasses.replace(export(quantity=500), function=Function.CHANGE, number="530420060000000001")
    assert receive(desk, registration(), licence(), form(), early) == []
    assert receipts(receive(desk, export())) == "LHH"
    assert _reserved(desk) == 500


def test_a_changed_licence_keeps_what_was_used() -> None:
    desk = open_desk()
    receive(desk, registration(), licence(quantity=3000, uses=3), form(), form("44B0318902"), export())
    receive(desk, licence(quantity=1500, uses=2, function="4"))
    sent = receive(desk, export("E2", form="44B0318902", quantity=600))
    assert [error.text_en for error in _last(sent).errors] == [
        "licence 06-AB-300123 line 1 has 500 H87 left, with tolerance 500; 600 H87 are declared",
    ]


def test_a_licence_cut_below_what_is_reserved_gives_nothing_when_that_is_given_back() -> None:
    desk = open_desk(risk__yellow=0, officer__automatic=False)
    receive(desk, registration(), licence(quantity=1000), form(), form("44B0318902"), export())
    receive(desk, licence(quantity=300, function="4"))
    (lodged,) = desk.book.list(Lodgement)
    desk.instruct("delete", number=lodged.number, reason="not shipped")
    assert codes(receive(desk, export("E2", form="44B0318902", quantity=400))) == ["L204"]
    assert receipts(receive(desk, export("E3", form="44B0318902", quantity=300))) == "LH"


def _reserved(desk: Desk) -> Decimal:
    return next(amount for account, amount in desk.book.balances.items() if str(account) == "licence 06-AB-300123/1 reserved H87")


def _last(sent: list[Outgoing]) -> Answer:
    answer = sent[-1]
    assert isinstance(answer, Answer)
    return answer


def test_a_note_is_for_no_more_than_it_says_over_all_items() -> None:
    (item,) = entry().items
    halves = tuple(
        dataclasses.replace(item, number=number, declared=half, first=half, amount=dataclasses.replace(item.amount, amount=item.amount.amount / 2))
        for number, half in ((1, Quantity(Decimal(2500), "KGM")), (2, Quantity(Decimal(2500), "KGM")))
    )
    (line,) = note().lines
    short: ClearanceNote = note(lines=(dataclasses.replace(line, quantity=Quantity(Decimal(4999), "KGM")),))
    declaration = entry(items=halves)
    assert codes(receive(open_desk(), registration(), short, manifest(declaration), declaration)) == ["C701"]
    assert receipts(receive(open_desk(), registration(), note(), manifest(declaration), declaration)) == "LGT"
