"""A declaration's states: the table whole, and every state met by every message and instruction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.agencies.customs.trade import (
    BOX,
    NOON,
    TERMINAL,
    codes,
    entry,
    export,
    form,
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
from vanhub.agencies.customs.lodgement import NEXT, Lodgement, State, Step
from vanhub.agencies.customs.movements import Awaited
from vanhub.agencies.errors import Unreadable
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.declaration import Cancellation, Declaration, Function, Transport
from vanhub.agencies.messages.movement import GatedBox, GateReport
from vanhub.agencies.messages.refusal import Refusal

_TABLE = """
            return   refer  examine review   bill    release  close  amend    cancel  delete
received    returned manual exam    reviewed -       -        -      received deleted deleted
returned    -        -      -       -        -       -        -      -        -       -
manual      returned -      exam    reviewed -       -        -      received deleted deleted
exam        returned -      -       reviewed -       -        -      received deleted deleted
reviewed    -        -      -       -        tax_due released -      received deleted deleted
tax_due     -        -      -       -        -       released -      received deleted deleted
released    -        -      -       -        -       -        closed -        -       deleted
closed      -        -      -       -        -       -        -      -        -       deleted
deleted     -        -      -       -        -       -        -      -        -       -
"""


def test_the_table_has_every_pair() -> None:
    steps, *rows = (line.split() for line in _TABLE.strip().splitlines())
    assert steps == [step.value for step in Step]
    assert [row[0] for row in rows] == [state.name.lower() for state in State]
    expected = {(State[row[0].upper()], Step(step)): State[after.upper()] for row in rows for step, after in zip(steps, row[1:], strict=True) if after != "-"}
    assert dict(NEXT) == expected


def _lodged(state: State) -> tuple[Desk, Declaration]:
    """Customs with one declaration in the state."""
    desk = open_desk(**{State.MANUAL: {"risk__yellow": 0}, State.EXAM: {"risk__red": 0}}.get(state, {}))
    declaration = entry() if state is State.TAX_DUE else export()
    receive(desk, registration(), form(), note(), manifest(declaration))
    if state is not State.RECEIVED:
        receive(desk, licence(customs_office="5301" if state is State.RETURNED else "5304"))
    receive(desk, declaration)
    if state is State.CLOSED:
        receive(desk, tally(declaration, discharge=False))
    if state is State.DELETED:
        desk.instruct("delete", number=_only(desk).number, reason="double entry")
    assert _only(desk).state is state
    return desk, declaration


def _only(desk: Desk) -> Lodgement:
    (lodgement,) = desk.book.list(Lodgement)
    return lodgement


def _change(desk: Desk, declaration: Declaration) -> object:
    changed = dataclasses.replace(declaration, function=Function.CHANGE, number=_only(desk).number, contract="NEW")
    return receive(desk, changed)


def _cancel(desk: Desk, declaration: Declaration) -> object:
    return receive(desk, _cancellation(desk, declaration))


def _cancellation(desk: Desk, declaration: Declaration) -> Cancellation:
    return Cancellation(declaration.direction, declaration.reference, _only(desk).number, "5304", NOON, "NOT SOLD", trader=declaration.trader.customs_code)


def _instruct(verb: str, **words: str) -> Callable[[Desk, Declaration], object]:
    def act(desk: Desk, _: Declaration) -> object:
        try:
            return desk.instruct(verb, number=_only(desk).number, **words)
        except Unreadable:
            return []

    return act


def _move(desk: Desk, declaration: Declaration) -> object:
    return desk.receive(tally(declaration, discharge=False), TERMINAL)


def _wait(desk: Desk, _: Declaration) -> object:
    return desk.wait_until(NOON + timedelta(days=5))


_ACTS: dict[str, Callable[[Desk, Declaration], object]] = {
    "change": _change,
    "cancel": _cancel,
    "delete": _instruct("delete", reason="wrong"),
    "reviewed": _instruct("reviewed", result="pass"),
    "refused": _instruct("reviewed", result="fail", code="E103", reason="invoice differs"),
    "examine": _instruct("examine"),
    "examined": _instruct("examined", result="pass"),
    "failed": _instruct("examined", result="fail", code="M602", reason="more boxes"),
    "move": _move,
    "wait": _wait,
}
# A change is decided upon anew; what was manual is manual again. "wait": the licence does not come; the automatic officer finds nothing.
_AFTER = """
          change   cancel   delete  reviewed refused  examine examined failed   move   wait
received  received deleted  deleted received received received received received received returned
returned  returned returned returned returned returned returned returned returned returned returned
manual    manual   deleted  deleted released returned exam    manual   manual   manual released
exam      exam     deleted  deleted exam     exam     exam    released returned exam   released
tax_due   tax_due  deleted  deleted tax_due  tax_due  tax_due tax_due  tax_due  tax_due tax_due
released  released released deleted released released released released released closed released
closed    closed   closed   deleted closed   closed   closed  closed   closed   closed closed
deleted   deleted  deleted  deleted deleted  deleted  deleted deleted  deleted  deleted deleted
"""


@pytest.mark.parametrize("row", _AFTER.strip().splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_state_meets_every_act(row: str) -> None:
    name, *expected = row.split()
    acts = _AFTER.strip().splitlines()[0].split()
    found = []
    for act in acts:
        desk, declaration = _lodged(State[name.upper()])
        _ACTS[act](desk, declaration)
        assert list(desk.agency.invariants(desk.book)) == []
        found.append(_only(desk).state.name.lower())
    assert dict(zip(acts, found, strict=True)) == dict(zip(acts, expected, strict=True))


@pytest.mark.parametrize(
    ("state", "code"), [(State.RELEASED, "S901"), (State.CLOSED, "S901"), (State.RETURNED, "E104"), (State.DELETED, "E104")], ids=lambda value: str(value)
)
def test_a_change_that_comes_too_late_is_refused_and_changes_nothing(state: State, code: str) -> None:
    desk, declaration = _lodged(state)
    before, balances = _only(desk), dict(desk.book.balances)
    changed = dataclasses.replace(declaration, function=Function.CHANGE, number=before.number, contract="NEW")
    sent = receive(desk, changed)
    assert (receipts(sent), codes(sent)) == ("E", [code])
    assert dataclasses.replace(_only(desk), answer=before.answer, taken=()) == before
    assert desk.book.balances == balances


def test_a_cancellation_after_release_is_refused() -> None:
    desk, declaration = _lodged(State.RELEASED)
    assert codes(receive(desk, _cancellation(desk, declaration))) == ["S901"]


def test_a_cancellation_that_means_another_declaration_is_refused() -> None:
    desk, declaration = _lodged(State.MANUAL)
    sent = receive(desk, dataclasses.replace(_cancellation(desk, declaration), reference="E2"))
    assert (codes(sent), _only(desk).state) == (["E104"], State.MANUAL)


def test_who_did_not_lodge_a_declaration_can_neither_change_nor_cancel_it() -> None:
    desk, declaration = _lodged(State.MANUAL)
    before = _only(desk)
    changed = dataclasses.replace(declaration, function=Function.CHANGE, number=before.number, contract="NEW")
    for message in (changed, _cancellation(desk, declaration)):
        ((to, answer),) = desk.receive(message, "OTHER:ZZZ")
        assert isinstance(answer, Answer)
        assert (to, [error.code for error in answer.errors]) == ("OTHER:ZZZ", ["S901"])
    assert _only(desk) == before


@pytest.mark.parametrize("state", [State.MANUAL, State.EXAM, State.TAX_DUE, State.RELEASED, State.CLOSED])
def test_deletion_restores_the_ledgers_exactly(state: State) -> None:
    desk, declaration = _lodged(state)
    untouched = open_desk()
    receive(untouched, registration(), form(), note(), manifest(declaration), licence())
    sent = [message for _, message in desk.instruct("delete", number=_only(desk).number, reason="double entry")]
    assert {account: amount for account, amount in desk.book.balances.items() if amount} == {
        account: amount for account, amount in untouched.book.balances.items() if amount
    }
    assert receipts(sent) == "D"
    # Nobody is reminded of it any more, and nothing is awaited for it.
    assert desk.book.reminders == {}
    assert all(awaited.declarations == () for awaited in desk.book.list(Awaited))
    # A licence's use was reported, a proof page went out: both are taken back.
    kinds = [type(message).__name__ for message in sent]
    assert kinds == {State.RELEASED: ["LicenceUsage", "Answer"], State.CLOSED: ["LicenceUsage", "Cancellation", "Answer"]}.get(state, ["Answer"])


def test_what_holds_nothing_but_a_bill_is_deleted_whole() -> None:
    """By road there is no manifest, and yarn needs no papers."""
    desk = open_desk()
    (item,) = entry().items
    by_road = dataclasses.replace(entry(note=""), items=(dataclasses.replace(item, hs="52052200"),), transport=Transport("YUEB12345", "3"))
    assert receipts(receive(desk, registration(), by_road)) == "LGT"
    assert _only(desk).held == ()
    desk.instruct("delete", number=_only(desk).number, reason="wrong")
    assert {amount for amount in desk.book.balances.values() if amount} == set()
    assert list(desk.agency.invariants(desk.book)) == []


def test_goods_that_leave_before_release_close_nothing() -> None:
    desk, declaration = _lodged(State.TAX_DUE)
    box = GatedBox(BOX, "22G1", NOON, declaration=_only(desk).number, bills=(declaration.bill_of_lading,))
    assert receive(desk, tally(declaration, discharge=True), GateReport("G1", False, "NHTERMINAL", (box,))) == []
    assert _only(desk).state is State.TAX_DUE
    # They are closed with the release then.
    assert receipts(receive(desk, payment(_only(desk).answer))) == "PR"


@pytest.mark.parametrize(
    ("verb", "words", "reason"),
    [
        ("approve", {}, "there is no instruction 'approve'; there are reviewed, examined, examine, delete, grade"),
        ("examined", {"number": "530420060000000009", "result": "pass"}, "there is no declaration 530420060000000009"),
        ("examined", {"result": "fail", "code": "X999", "reason": "more boxes"}, "there is no code X999 in the list error_codes"),
        ("examined", {"result": "fail", "code": "M602"}, "reason=... is missing"),
        ("examined", {"result": "perhaps"}, "result is pass or fail, not 'perhaps'"),
        ("reviewed", {"result": "pass"}, "declaration 530420060000000001 is exam, not manual"),
        ("grade", {"enterprise": "4403160381", "class": "Z"}, None),
    ],
    ids=["verb", "number", "code", "reason", "result", "state", "class"],
)
def test_an_instruction_that_makes_no_sense_is_refused(verb: str, words: dict[str, str], reason: str | None) -> None:
    desk, _ = _lodged(State.EXAM)
    before = _only(desk)
    with pytest.raises(Unreadable) as caught:
        desk.instruct(verb, **{"number": before.number, **words})
    (complaint,) = caught.value.complaints
    assert reason in {None, complaint.text_en}
    assert complaint.text_zh
    assert _only(desk) == before


def test_a_bill_that_is_paid_releases() -> None:
    desk, _ = _lodged(State.TAX_DUE)
    bill = _only(desk).answer
    assert receipts(receive(desk, payment(bill))) == "P"
    assert receive(desk, payment(bill)) == []
    assert _only(desk).state is State.RELEASED


def test_a_payment_is_not_taken_back_and_a_cancelled_one_pays_nothing() -> None:
    desk, _ = _lodged(State.TAX_DUE)
    cancelled = dataclasses.replace(payment(_only(desk).answer), function="1")
    (refused,) = receive(desk, cancelled)
    assert isinstance(refused, Refusal)
    assert [complaint.code for complaint in refused.complaints] == ["E106"]
    assert _only(desk).state is State.TAX_DUE


def test_a_bill_that_is_overdue_is_sent_again() -> None:
    desk, _ = _lodged(State.TAX_DUE)
    sent = [message for _, message in desk.wait_until(NOON + timedelta(days=20))]
    assert receipts(sent) == "T"
