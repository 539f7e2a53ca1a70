"""The ledgers in a database do what the book in memory does, and their amounts are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from tests.agencies.ledger.movements import documents, ledger, transfers
from tests.agencies.memory import FixedRules, MemoryBook
from vanhub.agencies.ledger import accounts
from vanhub.agencies.ledger.errors import Overdrawn
from vanhub.agencies.ledger.posting import MOST, MOST_MILLIONTHS, Account, Part, Transfer, commit, from_millionths, issue, millionths, reserve
from vanhub.agencies.ledger.show import Balance, Posting, list_balances, list_postings
from vanhub.agencies.ledger.tables import posting
from vanhub.agencies.ledger.verify import find_violations

LINE = ("licence", "06-AB-300123/1", "KGM")

Act = tuple[str, str, list[Transfer]]

posts: st.SearchStrategy[Act] = st.tuples(st.just("post"), documents, st.lists(transfers, max_size=4))
reversals: st.SearchStrategy[Act] = st.tuples(st.just("reverse"), documents, st.builds(list[Transfer]))


def said(act: object, *arguments: object) -> str:
    """What the job refused, or nothing."""
    try:
        act(*arguments)  # type: ignore[operator]
    except Overdrawn as error:
        return str(error)
    return ""


def balances(conn: Connection) -> dict[Account, Decimal]:
    """All that are not 0."""
    return {Account(each.book, each.owner, each.unit, part): amount for each in list_balances(conn) for part, amount in each.parts.items() if amount}


@settings(max_examples=60)
@given(st.lists(st.one_of(posts, posts, reversals), max_size=25))
def test_it_does_what_the_book_in_memory_does(acts: list[Act]) -> None:
    model = MemoryBook(FixedRules({}))
    with ledger() as conn:
        for event, (act, document, moves) in enumerate(acts, 1):
            if act == "post":
                assert said(accounts.post, conn, document, "moved", moves, event) == said(model.post, document, "moved", moves, event)
            else:
                assert said(accounts.reverse, conn, document, "deleted", event) == said(model.reverse, document, "deleted", event)
            for each in model.balances:
                assert accounts.balance(conn, each) == model.balance(each)
                assert accounts.parts(conn, each.book, each.owner, each.unit) == model.parts(each.book, each.owner, each.unit)
        assert balances(conn) == {each: amount for each, amount in model.balances.items() if amount}
        assert all(amount >= 0 for each, amount in balances(conn).items() if each.part != Part.ISSUED)
        for kept, posted in zip(list_postings(conn), model.postings, strict=True):
            assert (kept.event, kept.document, kept.purpose) == (posted.event, posted.document, posted.purpose)
            assert kept.reverses == (None if posted.reverses is None else posted.reverses + 1)
            assert (kept.reversed_by is not None) == posted.reversed
            sides = [side for each in posted.transfers for side in ((each.debit, -each.amount), (each.credit, each.amount))]
            assert kept.entries == tuple(sides)
        assert list(find_violations(conn, select(posting.c.event))) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(documents, st.lists(transfers, min_size=1, max_size=3)), max_size=8), st.lists(st.lists(transfers, max_size=3), max_size=4))
def test_a_reversal_restores_exactly_what_was_there(others: list[tuple[str, list[Transfer]]], moves: list[list[Transfer]]) -> None:
    with ledger() as conn:
        for document, each in others:
            said(accounts.post, conn, document, "moved", each, 1)
        before = balances(conn)
        for each in moves:
            said(accounts.post, conn, "declaration 3", "moved", each, 2)
        posted = [each.number for each in list_postings(conn) if each.document == "declaration 3"]
        accounts.reverse(conn, "declaration 3", "deleted", 3)
        assert balances(conn) == before
        assert [each.reverses for each in list_postings(conn) if each.reverses] == posted[::-1]
        accounts.reverse(conn, "declaration 3", "deleted", 4)
        assert [each.event for each in list_postings(conn) if each.reverses] == [3] * len(posted)


def test_what_has_moved_on_is_not_undone_and_nothing_else_of_the_document_either() -> None:
    with ledger() as conn:
        accounts.post(conn, "licence", "issued", (issue(*LINE, Decimal(100)),), 1)
        accounts.post(conn, "licence", "issued", (issue("licence", "06-AB-300123", "USE", Decimal(12)),), 1)
        accounts.post(conn, "declaration 1", "reserved", (reserve(*LINE, Decimal("0.5")),), 2)
        before = balances(conn)
        with pytest.raises(Overdrawn, match=r"^licence 06-AB-300123/1 available KGM has 99\.5; 100 cannot be taken from it$"):
            accounts.reverse(conn, "licence", "withdrawn", 3)
        assert balances(conn) == before
        assert [each.number for each in list_postings(conn)] == [1, 2, 3]


def test_a_reservation_that_is_committed_stands_with_the_postings_behind_it() -> None:
    with ledger() as conn:
        accounts.post(conn, "licence 06-AB-300123", "issued", (issue(*LINE, Decimal("1000.000001")),), 4)
        accounts.post(conn, "declaration 1", "reserved", (reserve(*LINE, Decimal("0.000002")),), 7)
        accounts.post(conn, "declaration 1", "released", (commit(*LINE, Decimal("0.000001")),), 9)
        parts = {
            Part.ISSUED: Decimal("-1000.000001"),
            Part.AVAILABLE: Decimal("999.999999"),
            Part.RESERVED: Decimal("0.000001"),
            Part.USED: Decimal("0.000001"),
            Part.LAPSED: Decimal(0),
        }
        assert list(list_balances(conn)) == [Balance(*LINE, parts)]
        held, used = Account(*LINE, Part.RESERVED), Account(*LINE, Part.USED)
        *_, last = list_postings(conn)
        assert last == Posting(3, 9, "declaration 1", "released", None, None, ((held, Decimal("-0.000001")), (used, Decimal("0.000001"))))


def test_an_owner_has_the_balances_below_its_name() -> None:
    with ledger() as conn:
        for number, (book, owner) in enumerate([("licence", "A/1"), ("licence", "A"), ("licence", "A0"), ("licence", "AB"), ("tax", "A"), ("licence", "A/10")]):
            accounts.post(conn, f"{book} {owner}", "issued", (issue(book, owner, "USE", Decimal(1)),), number)
        assert [(each.book, each.owner) for each in list_balances(conn, "licence", "A")] == [("licence", "A"), ("licence", "A/1"), ("licence", "A/10")]
        assert [(each.book, each.owner) for each in list_balances(conn, owner="A/1")] == [("licence", "A/1")]
        assert [each.owner for each in list_balances(conn, "tax")] == ["A"]
        assert [each.document for each in list_postings(conn, "licence", "A")] == ["licence A/1", "licence A", "licence A/10"]


def test_a_posting_of_nothing_is_none() -> None:
    with ledger() as conn:
        accounts.post(conn, "declaration 1", "reserved", (), 1)
        accounts.reverse(conn, "declaration 1", "deleted", 2)
        assert list(list_postings(conn)) == []


@given(st.integers(-MOST_MILLIONTHS, MOST_MILLIONTHS))
def test_amounts_have_six_exact_decimals(number: int) -> None:
    amount = from_millionths(number)
    assert millionths(amount) == number
    assert amount * 1_000_000 == number
    assert "E" not in str(amount)
    assert str(amount) == str(amount).rstrip("0").rstrip(".") or number % 1_000_000 == 0


@pytest.mark.parametrize("amount", ["0.0000001", "9000000000000.000001", "NaN", "Infinity", "1E+30", "1.0000000000000000000000000000000001"])
def test_no_amount_is_rounded(amount: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        millionths(Decimal(amount))


@pytest.mark.parametrize(("amount", "target"), [("0", Part.RESERVED), ("-1", Part.RESERVED), ("1", Part.AVAILABLE)])
def test_a_transfer_moves_something(amount: str, target: Part) -> None:
    with pytest.raises(ValueError, match="moves nothing"):
        Transfer(*LINE, Decimal(amount), Part.AVAILABLE, target)


def test_a_balance_that_would_not_fit_is_refused() -> None:
    with ledger() as conn:
        accounts.post(conn, "licence", "issued", (issue(*LINE, MOST),), 1)
        with pytest.raises(ValueError, match="more than a balance can be"):
            accounts.post(conn, "licence", "issued", (issue(*LINE, from_millionths(1)),), 2)
        assert accounts.balance(conn, Account(*LINE, Part.AVAILABLE)) == MOST
