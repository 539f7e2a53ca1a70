"""A batch of events: what is decided is written, what fails is kept aside, what was asked is answered; all of it can be made again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.agencies.frame.shop import Shop, interchange
from tests.agencies.frame.tiny import Sum
from tests.store.conftest import cluster, empty_url  # noqa: F401 - fixtures
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.book import SqlBook
from vanhub.agencies.frame.message import read_interchange
from vanhub.agencies.frame.state import count_records, describe, list_records
from vanhub.agencies.ledger.tables import metadata

FAILED = "RuntimeError: no idea what to do about"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop.open(tmp_path)
    yield shop
    # Whatever a test did can be made again.
    assert shop.rebuilt(tmp_path) is None
    shop.engine.dispose()


def test_one_interchange_for_each_recipient(shop: Shop) -> None:
    shop.receive(interchange("1", "OPEN-A", "ADD-A-5", "ADD-A-7.5"))
    shop.receive(interchange("2", "ADD-A-1", sender="OTHER:ZZZ"))
    shop.receive(interchange("3", "OPEN-A"))
    assert shop.sums == {"A": Sum("A", Decimal("13.5"), 3)}
    assert [shop.balance("A", part) for part in ("issued", "available", "used")] == [-1_000_000_000, 986_500_000, 13_500_000]
    assert shop.sent == [
        (
            "TRADER:ZZZ",
            "UNB+UNOY:4+TINY:ZZZ+TRADER:ZZZ+20060320:0100+IWEIS000000001'"
            "UNH+1+CUSRES:D:01B:UN:CNGC01'BGM+961+ADD-A-5+11'FTX+AAO+++有 5'UNT+4+1'"
            "UNH+2+CUSRES:D:01B:UN:CNGC01'BGM+961+ADD-A-7.5+11'FTX+AAO+++有 12.5'UNT+4+2'"
            "UNZ+2+IWEIS000000001'",
        ),
        (
            "OTHER:ZZZ",
            "UNB+UNOY:4+TINY:ZZZ+OTHER:ZZZ+20060320:0100+IWEIS000000002'"
            "UNH+1+CUSRES:D:01B:UN:CNGC01'BGM+961+ADD-A-1+11'FTX+AAO+++有 13.5'UNT+4+1'UNZ+1+IWEIS000000002'",
        ),
    ]


def test_interchanges_have_at_most_200_messages(shop: Shop) -> None:
    shop.receive(interchange("1", "OPEN-A", *(["ADD-A-1"] * 201)))
    interchanges = [read_interchange(octets.encode()) for _, octets in shop.sent]
    assert [len(each.messages) for each in interchanges] == [200, 1]
    assert [each.reference for each in interchanges] == ["IWEIS000000001", "IWEIS000000002"]


def test_what_fails_has_no_effect_and_the_others_go_on(shop: Shop) -> None:
    assert shop.receive(interchange("1", "ADD-X-5", "OPEN-A", "FAIL-X", "ADD-A-5")) == 1
    assert shop.sums == {"A": Sum("A", Decimal(5), 1)}
    assert shop.events[2] == ("message", "D1", 3, f"{FAILED} X")
    assert shop.ask("retry") == {"events": 1, "failed": 1}
    shop.program.mended = True
    assert shop.ask("retry") == {"events": 1, "failed": 0}
    # The message that was parked for X was woken.
    assert shop.sums == {"A": Sum("A", Decimal(5), 1), "X": Sum("X", Decimal(1))}
    assert shop.ask("retry") == {"events": 0, "failed": 0}
    assert [event[3] for event in shop.events] == [None, None, f"{FAILED} X", None, f"{FAILED} X", None]


def test_a_fault_in_what_was_woken_undoes_all_of_the_event(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.receive(interchange("1", "ADD-A-5"))
    with monkeypatch.context() as patched:
        patched.setattr(shop.program, "_add", lambda *_: [][0])
        assert shop.receive(interchange("2", "OPEN-A")) == 1
    assert shop.sums == {}
    assert shop.balance("A", "available") == 0
    assert shop.ask("retry") == {"events": 1, "failed": 0}
    assert shop.sums == {"A": Sum("A", Decimal(5), 1)}
    assert len(shop.sent) == 1


def test_a_message_waits_until_its_precondition_comes(shop: Shop) -> None:
    shop.receive(interchange("1", "ADD-A-5"))
    assert (shop.sums, shop.sent) == ({}, [])
    shop.receive(interchange("2", "OPEN-A"))
    assert shop.sums == {"A": Sum("A", Decimal(5), 1)}
    shop.wait(hours=2)
    assert [event[0] for event in shop.events] == ["message", "message"]


def test_those_who_wait_for_one_record_are_woken_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though each of them puts it again."""
    looked: list[int] = []
    waiting_for = SqlBook.waiting_for

    def counted(book: SqlBook, kind: str, key: str) -> Iterable[int]:
        found = tuple(waiting_for(book, kind, key))
        looked.append(len(found))
        return found

    monkeypatch.setattr(SqlBook, "waiting_for", counted)
    shop.receive(interchange("1", *["ADD-A-1"] * 30))
    shop.receive(interchange("2", "OPEN-A"))
    assert shop.sums == {"A": Sum("A", Decimal(30), 30)}
    assert looked == [30, *[0] * 30]


def test_a_message_waits_until_its_deadline(shop: Shop) -> None:
    shop.receive(interchange("1", "ADD-A-5"))
    shop.wait(minutes=59)
    assert shop.sent == []
    shop.wait(minutes=1)
    assert [event[:3] for event in shop.events] == [("message", "D1", 1), ("deadline", "", 1)]
    ((to, octets),) = shop.sent
    assert to == "TRADER:ZZZ"
    assert "FTX+AAO+++没有 A'" in octets
    assert "+20060320:0200+" in octets
    shop.receive(interchange("2", "OPEN-A"))
    assert shop.sums == {"A": Sum("A")}


def test_a_deadline_or_reminder_that_fails_is_not_due_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.receive(interchange("1", "ADD-A-5", "CHECK-B"))
    with monkeypatch.context() as patched:
        patched.setattr(Sum, "__init__", lambda *_: [][0])
        patched.setattr(shop.program, "decide", lambda *_: [][0])
        assert shop.wait(hours=1) == 2
        assert shop.wait(hours=1) == 0
    assert [event[0] for event in shop.events] == ["message", "message", "reminder", "deadline"]
    assert shop.ask("retry") == {"events": 2, "failed": 0}
    assert shop.sums == {"B": Sum("B", notes=("check 5",))}
    assert "没有 A" in shop.sent[0][1]


def test_a_delivery_that_is_no_interchange(shop: Shop) -> None:
    assert shop.receive(b"UIB+UNOA:1'") == 1
    assert shop.events == [("message", "D1", 0, "ValueError: not an interchange: it begins with neither UNA nor UNB")]
    assert shop.ask("retry") == {"events": 1, "failed": 1}
    assert shop.receive(b"UNB+") == 1
    assert shop.events[-1] == ("message", "D2", 0, "ValueError: not an interchange: it ends in UNB")


def test_an_answer_to_no_address(shop: Shop) -> None:
    """Only the message that is to be answered fails."""
    assert shop.receive(interchange("1", "OPEN-A", "ADD-A-1")) == 0
    assert shop.receive(interchange("2", "OPEN-B", "ADD-A-1", sender="A?:B:ZZZ")) == 1
    assert shop.events[3] == ("message", "D2", 2, "ValueError: 'A:B:ZZZ' is no EDI address")
    assert shop.sums == {"A": Sum("A", Decimal(1), 1), "B": Sum("B")}


def test_a_message_that_breaks_its_guide_is_refused(shop: Shop) -> None:
    complaints = (Complaint("E105", "LOC is missing", "缺少 LOC"), Complaint("E102", "no such code", "无此代码"))
    shop.receive(interchange("1", "OPEN-A", "OPEN-B"), {2: complaints})
    assert shop.sums == {"A": Sum("A")}
    assert "BGM+961+OPEN-B+11'FTX+AAO+++E105 缺少 LOC; E102 无此代码'" in shop.sent[0][1]


def test_a_message_that_cannot_be_read_is_refused(shop: Shop) -> None:
    shop.receive(interchange("1", "WHAT-A"))
    assert "E102 WHAT-A 无意义" in shop.sent[0][1]


def test_load(shop: Shop) -> None:
    assert shop.ask("load", "name,amount\nA,1\n国,2.50\n".encode("utf-8-sig")) == {"events": 2}
    assert shop.sums == {"A": Sum("A", Decimal(1)), "国": Sum("国", Decimal("2.50"))}
    assert [event[:3] for event in shop.events] == [("row", "1", 2), ("row", "1", 3)]


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (b"name,amount\nA,1\n,2\n", {"code": "E108", "line": 3, "en": "name is empty: fill it in", "zh": "name 为空：请填写"}),
        (
            b"name,amount\nA,1\nB,2,3\n",
            {"code": "E112", "line": 3, "en": "3 cells, and the first line names 2 columns: write as many", "zh": "有 3 列，首行为 2 列：请补正"},
        ),
        (b"name,amount\nA,1\nB,\xff\n", {"code": "E112", "line": 3, "en": "it is not UTF-8: save the file in UTF-8", "zh": "不是 UTF-8：请以 UTF-8 保存"}),
        *(
            (file, {"code": "E112", "line": 1, "en": "the first line has to name the columns, each once", "zh": "首行须写明各列名称，不得重复"})
            for file in (b"", b"\n\n", b"name,amount,name\nA,1,B\n")
        ),
        (b'name,amount\nA,1\n"B,2', {"code": "E112", "line": 3, "en": "it is no CSV: unexpected end of data", "zh": "不是 CSV：unexpected end of data"}),
    ],
)
def test_nothing_is_half_loaded(shop: Shop, file: bytes, complaint: dict[str, object]) -> None:
    assert shop.ask("load", file) == {"complaints": [complaint]}
    assert (shop.sums, shop.events) == ({}, [])


def test_a_file_that_the_program_fails_at(shop: Shop) -> None:
    assert shop.ask("load", b"name,amount\nA,1\nB,many\n") == {"failure": "InvalidOperation: [<class 'decimal.ConversionSyntax'>]"}
    assert (shop.sums, shop.events) == ({}, [])


def test_instruct(shop: Shop) -> None:
    shop.receive(interchange("1", "OPEN-A"))
    assert shop.instruct("note", name="A", text="好") == {"events": 1, "effects": ["sum A", "sent: CUSRES to NOTED:ZZZ"]}
    assert shop.sums == {"A": Sum("A", notes=("好",))}
    complaints = shop.instruct("note", name="B", text="好")["complaints"]
    assert [each["code"] for each in complaints] == ["E101"]
    assert [event[0] for event in shop.events] == ["message", "instruction"]


def test_reversal(shop: Shop) -> None:
    shop.receive(interchange("1", "OPEN-A", "ADD-A-5", "TAKE-A-5"))
    assert [shop.balance("A", part) for part in ("available", "used")] == [1_000_000_000, 0]


def test_state(shop: Shop) -> None:
    shop.receive(interchange("1", "ADD-X-5", "OPEN-A", "FAIL-X", "ADD-A-5", "CHECK-A"))
    with shop.engine.connect() as conn:
        assert describe(conn, 10) == {
            "agency": "tiny",
            "slot": "production",
            "deliveries": 1,
            "events": {"message": 5},
            "records": {"sum": 1},
            "outgoing": 1,
            "unsent": 1,
            "requests_waiting": 0,
            "reminders": 1,
            "failed": [{"event": 3, "kind": "message", "source": "D1", "place": 3, "failure": f"{FAILED} X"}],
            "refused": [],
            "parked": 1,
            "parked_next": [{"event": 1, "sender": "TRADER:ZZZ", "interchange": "1", "until": ["sum X"], "deadline": "2006-03-20T02:00:00Z"}],
        }
        assert count_records(conn) == {"sum": 1}
        assert list(list_records(conn, "sum", "A")) == [{"key": "A", "event": 4, "value": {"name": "A", "amount": "5", "times": 1, "notes": []}}]


def test_records_by_the_beginning_of_their_keys(shop: Shop) -> None:
    shop.receive(interchange("2", *(f"OPEN-{key}" for key in ("A/1", "A/2", "A", "AB", "a/1", "B/1"))))
    with shop.engine.connect() as conn:
        found = {key: [row["key"] for row in list_records(conn, "sum", key)] for key in ("A/", "A", "A/1", "C/")}
    assert found == {"A/": ["A/1", "A/2"], "A": ["A"], "A/1": ["A/1"], "C/": []}


CHANGES = {
    "record: kind 'sum', key 'A', value": "UPDATE record SET value = '{}' WHERE key = 'A'",
    'record: kind \'sum\', key \'A\', value \'{"name":"A","amount":"5","times":1,"notes":[]}\', event 2 in the store; nothing rebuilt': "UPDATE event SET failure = 'x' WHERE number < 3",
    "record: nothing in the store; kind 'sum', key 'A'": "DELETE FROM record WHERE key = 'A'",
    "posting: number 2, event 2, purpose 'x'": "UPDATE posting SET purpose = 'x' WHERE number = 2",
    "entry: posting 2, line 0, book 'sum', owner 'A', unit 'KGM', part 'available', amount -4": "UPDATE entry SET amount = -4 WHERE posting = 2 AND line = 0",
    "account: book 'sum', owner 'A', unit 'KGM', part 'used', balance 7": "UPDATE account SET balance = 7 WHERE part = 'used'",
    "parked: event 3, deadline 0": "UPDATE parked SET deadline = 0",
    "awaited: kind 'sum', key 'Y', event 3": "UPDATE awaited SET key = 'Y'",
    "reminder: subject 'check', key 'A', at 0, event 4": "UPDATE reminder SET at = 0",
    "delivery D1 is not as it was collected": "UPDATE delivery SET octets = x'78'",
    "outgoing: number 1, octets b'x'": "UPDATE outgoing SET octets = x'78'",
    "event: number 1, kind 'message', failure None in the store; number 1, kind 'message', failure 'IndexError: tuple index out of range' rebuilt": "UPDATE event SET place = 7 WHERE number = 1",
}


@pytest.mark.parametrize("said", CHANGES)
def test_a_rebuild_names_what_differs(tmp_path: Path, said: str) -> None:
    shop = Shop.open(tmp_path)
    shop.receive(interchange("1", "OPEN-A", "ADD-A-5", "ADD-X-5", "CHECK-A"))
    with shop.engine.begin() as conn:
        conn.execute(text(CHANGES[said]))
    difference = shop.rebuilt(tmp_path)
    assert difference is not None
    assert difference.startswith(said)
    shop.engine.dispose()


def test_a_rebuilt_store_can_take_the_place(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path)
    shop.receive(interchange("1", "OPEN-A", "ADD-A-5", "FAIL-X"))
    shop.program.mended = True
    shop.ask("retry")
    with shop.engine.begin() as conn:
        conn.execute(text("UPDATE outgoing SET answer = 'accepted', explanation = 'good'"))
    assert shop.rebuilt(tmp_path) is None
    before = _everything(shop)
    shop.engine.dispose()
    shutil.move(tmp_path / "rebuilt.db", tmp_path / "agency.db")
    again = Shop.open(tmp_path)
    assert _everything(again) == before
    again.engine.dispose()


def test_in_either_database(empty_url: str, tmp_path: Path) -> None:  # noqa: F811
    shop = Shop.open(tmp_path, empty_url)
    shop.receive(interchange("1", "ADD-A-5", "FAIL-X", "ADD-国-1", "CHECK-A", "ADD-Z-1"))
    shop.receive(interchange("2", "OPEN-A", "OPEN-国", "OPEN-a", "TAKE-A-5"))
    assert shop.ask("load", "name,amount\nb,1\nB,2\n海,3\n".encode()) == {"events": 3}
    assert "complaints" in shop.ask("load", b"name,amount\n,1\n")
    shop.wait(hours=1)
    assert shop.ask("retry") == {"events": 1, "failed": 1}
    assert shop.instruct("note", name="a", text="?")["events"] == 1
    assert list(shop.sums) == ["A", "B", "a", "b", "国", "海"]
    assert [(to, octets.count("UNH+")) for to, octets in shop.sent] == [("TRADER:ZZZ", 2), ("TRADER:ZZZ", 1), ("NOTED:ZZZ", 1)]
    assert [event[0] for event in shop.events] == [*["message"] * 9, *["row"] * 3, "reminder", "deadline", "message", "instruction"]
    # The rebuilt store is one of SQLite.
    assert shop.rebuilt(tmp_path) is None
    shop.engine.dispose()


def _everything(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    with shop.engine.connect() as conn:
        return {table.name: sorted(tuple(row) for row in conn.execute(select(table))) for table in metadata.sorted_tables}
