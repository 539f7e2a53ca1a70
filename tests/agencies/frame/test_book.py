"""The book in the database does what the one in memory does, whatever is done with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from tests.agencies.frame.tiny import Said, Sum
from tests.agencies.memory import ADDRESSES, FixedRules, MemoryBook
from vanhub.agencies.driver import Driver
from vanhub.agencies.frame.book import SqlBook
from vanhub.agencies.frame.effects import Park, Post, Put, Remind, Reverse, Send
from vanhub.agencies.frame.events import INSERT, Event, EventKind, list_due, row_of
from vanhub.agencies.frame.inbox import add_delivery
from vanhub.agencies.frame.message import Message
from vanhub.agencies.frame.moments import to_microseconds
from vanhub.agencies.frame.outbox import render_body
from vanhub.agencies.frame.store import open_store, require_store
from vanhub.agencies.frame.tables import batch, record, reminder
from vanhub.agencies.frame.work import Parked
from vanhub.agencies.ledger.errors import Overdrawn
from vanhub.agencies.ledger.posting import Account, Part, issue, release, reserve, use

NOW = datetime(2006, 3, 20, 1, tzinfo=UTC)
RULES = FixedRules({})
MESSAGES = 4
KEYS = ["A", "AB", "B", "国", "\U0001f600"]

_INTERCHANGE = (
    "UNB+UNOY:4+A+B+20060320:0100+1'" + "".join(f"UNH+{n}+CUSRES:D:01B:UN'BGM+961+M{n}+11'UNT+3+{n}'" for n in range(1, MESSAGES + 1)) + f"UNZ+{MESSAGES}+1'"
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store in which events 1 to 4 brought a message each."""
    engine = open_store(f"sqlite:///{tmp_path_factory.mktemp('book') / 'agency.db'}")
    require_store(engine, "tiny", "production", NOW)
    with engine.begin() as conn:
        add_delivery(conn, "D1", _INTERCHANGE.encode(), "", "")
        conn.execute(insert(batch), {"number": 1, "moment": to_microseconds(NOW)})
        Driver(conn).run_many(INSERT, [row_of(place, 1, Event(EventKind.MESSAGE, "D1", place)) for place in range(1, MESSAGES + 1)])
    yield engine
    engine.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as conn:
        yield conn


_keys = st.sampled_from(KEYS)
_amounts = st.integers(1, 30).map(lambda each: Decimal(each) / 4)
_moments = st.integers(0, 3).map(lambda hours: NOW + timedelta(hours=hours))
_steps = st.one_of(
    st.builds(lambda key, amount: Put(Sum(key, amount)), _keys, _amounts),
    st.builds(
        lambda key, move, amount: Post(f"of {key}", "moved", (move("sum", key, "KGM", amount),)),
        _keys,
        st.sampled_from([issue, reserve, release, use]),
        _amounts,
    ),
    st.builds(lambda key: Reverse(f"of {key}", "undone"), _keys),
    st.builds(lambda key: Send("TRADER:ZZZ", Said(key)), _keys),
    st.builds(Park, st.lists(st.tuples(st.just("sum"), _keys), max_size=2, unique=True).map(tuple), _moments),
    st.builds(Remind, st.just("check"), _keys, st.none() | _moments),
    st.just("unpark"),
    st.just("flush"),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, MESSAGES), _steps), max_size=25))
def test_as_in_memory(engine: Engine, steps: list[tuple[int, object]]) -> None:
    model = MemoryBook(RULES)
    with engine.connect() as conn:
        book = SqlBook(conn, RULES, ADDRESSES)
        for number, step in steps:
            message = book.inbox.message(number)
            assert _done(model, number, step, message) == _done(book, number, step, message)
            assert [book.get(Sum, key) for key in KEYS] == [model.get(Sum, key) for key in KEYS]
            assert [list(book.waiting_for("sum", key)) for key in KEYS] == [model.waiting_for("sum", key) for key in KEYS]
        for key in KEYS:
            assert book.parts("sum", key, "KGM") == model.parts("sum", key, "KGM")
            assert book.balance(Account("sum", key, "KGM", Part.USED)) == model.balance(Account("sum", key, "KGM", Part.USED))
        for prefix in ("", "A", "国", "C"):
            assert list(book.list(Sum, prefix)) == list(model.list(Sum, prefix))
        assert [(each.to, each.body) for each in book.sent] == [(to, render_body(message)) for to, message in model.sent]
        reminders = conn.execute(select(reminder.c.key, reminder.c.at)).all()
        assert dict(reminders) == {key: to_microseconds(at) for (_, key), at in model.reminders.items()}
        # Another book on the same connection reads what this one has written.
        assert list(SqlBook(conn, RULES, ADDRESSES).list(Sum)) == list(model.list(Sum))
        assert [book.unpark(number) for number in range(1, MESSAGES + 1)] == [model.unpark(number) for number in range(1, MESSAGES + 1)]
        assert {each.kind for each in list_due(conn, NOW + timedelta(days=1))} == ({EventKind.REMINDER} if model.reminders else set())


def _done(book: SqlBook | MemoryBook, number: int, step: object, message: Message) -> object:
    match step:
        case Put(value):
            book.put(value, number)
        case Post(document, purpose, transfers):
            try:
                book.post(document, purpose, transfers, number)
            except Overdrawn as error:
                return str(error)
        case Reverse(document, purpose):
            try:
                book.reverse(document, purpose, number)
            except Overdrawn as error:
                return error.account
        case Send(to, sent):
            book.send(to, sent, number)
        case Park(until, deadline):
            book.park(Parked(number, message, "TRADER:ZZZ", "1", until, deadline))
        case Remind(subject, key, at):
            book.remind(subject, key, at, number)
        case "unpark":
            return book.unpark(number)
        case _ if isinstance(book, SqlBook):
            book.flush()
    return None


def test_the_event_that_last_changed_a_record(conn: Connection) -> None:
    book = SqlBook(conn, RULES, ADDRESSES)
    book.put(Sum("A"), 1)
    book.flush()
    book.put(Sum("A", Decimal(2)), 3)
    book.put(Sum("B"), 3)
    book.flush()
    assert conn.execute(select(record.c.key, record.c.event, record.c.value).order_by(record.c.key)).all() == [
        ("A", 3, '{"name":"A","amount":"2","times":0,"notes":[]}'),
        ("B", 3, '{"name":"B","amount":"0","times":0,"notes":[]}'),
    ]


def test_due_in_the_order_of_moments(conn: Connection) -> None:
    book = SqlBook(conn, RULES, ADDRESSES)
    message = book.inbox.message(1)
    for number, hours in ((1, 2), (2, 1), (3, 9)):
        book.park(Parked(number, message, "T", "1", (), NOW + timedelta(hours=hours)))
    book.remind("check", "B", NOW + timedelta(hours=2), 1)
    book.remind("check", "A", NOW + timedelta(hours=2), 1)
    assert list_due(conn, NOW + timedelta(hours=2)) == [
        Event(EventKind.DEADLINE, place=2),
        Event(EventKind.REMINDER, "check", key="A"),
        Event(EventKind.REMINDER, "check", key="B"),
        Event(EventKind.DEADLINE, place=1),
    ]
    assert list_due(conn, NOW) == []


def test_one_kind_is_one_class(conn: Connection) -> None:
    @dataclasses.dataclass(frozen=True)
    class Other:
        KIND: ClassVar[str] = "sum"
        name: str

        @property
        def key(self) -> str:
            return self.name

    book = SqlBook(conn, RULES, ADDRESSES)
    book.put(Sum("A"), 1)
    with pytest.raises(TypeError, match="sum is the KIND of Sum and of"):
        book.get(Other, "A")
