"""The rounds of an agency: what it does when the hub is away, says no, or gives again what was given before."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.agencies.frame.shop import START, Shop, interchange
from tests.agencies.frame.tiny import Sum
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.bell import Bell
from vanhub.agencies.frame.effects import Effect, Remind
from vanhub.agencies.frame.loop import Loop, Manner
from vanhub.agencies.frame.mailbox import Claim, HubAway, Receipt, Uncollectable
from vanhub.agencies.frame.requests import add_request, find_answer
from vanhub.agencies.frame.tables import outgoing


@dataclass
class Given:
    """What a hub would say, in order: the deliveries of each claim, the receipts of each interchange. ``asked``: what it was asked; ``withheld``: what it gives instead of
    a delivery's octets.
    """

    claims: deque[Sequence[tuple[str, bytes]]] = field(default_factory=deque)
    receipts: deque[Receipt | HubAway] = field(default_factory=deque)
    stale: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    faults: int = 0
    withheld: dict[str, bytes | None] = field(default_factory=dict)
    _octets: dict[str, bytes] = field(default_factory=dict)

    def claim(self, most: int, lease_s: int, slot: str, wait_s: float) -> Sequence[Claim]:
        self.asked.append(f"claim {most} {lease_s} {slot} {wait_s:g}")
        given = self.claims.popleft() if self.claims else ()
        self._octets |= dict(given)
        return [Claim(id, f"t-{id}", len(octets), hashlib.sha256(octets).hexdigest(), self.faults) for id, octets in given]

    def content(self, claim: Claim) -> bytes:
        self.asked.append(f"content {claim.id}")
        octets = self.withheld.get(claim.id, self._octets[claim.id])
        if octets is None:
            raise Uncollectable(f"{claim.id} is not there")
        return octets

    def commit(self, id: str, token: str) -> bool:
        self.asked.append(f"commit {id} {token}")
        return id not in self.stale

    def release(self, id: str, token: str) -> None:
        self.asked.append(f"release {id} {token}")

    def post(self, octets: bytes) -> Receipt:
        self.asked.append("post")
        receipt = self.receipts.popleft() if self.receipts else Receipt("accepted", "good")
        if isinstance(receipt, HubAway):
            raise receipt
        return receipt


@dataclass
class Office:
    """The shop with a loop over ``given``."""

    shop: Shop
    given: Given
    bell: Bell
    loop: Loop


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    shop, given, bell = Shop.open(tmp_path), Given(), Bell()
    yield Office(shop, given, bell, Loop(shop.engine, shop.office, given, lambda: shop.now, bell, Manner(claim=7, lease_s=9, poll_s=5)))
    assert shop.rebuilt(tmp_path) is None
    shop.engine.dispose()
    bell.close()


def answers(office: Office) -> list[str | None]:
    with office.shop.engine.connect() as conn:
        return list(conn.execute(select(outgoing.c.answer).order_by(outgoing.c.number)).scalars())


def test_a_round(office: Office) -> None:
    office.given.claims.append([("D1", interchange("1", "OPEN-A", "ADD-A-5")), ("D2", interchange("2", "ADD-A-6"))])
    assert office.loop.round()
    assert office.given.asked == ["claim 7 9 production 0", "content D1", "content D2", "post", "commit D1 t-D1", "commit D2 t-D2"]
    assert office.shop.sums == {"A": Sum("A", Decimal(11), 2)}
    assert answers(office) == ["accepted"]
    # One that finds nothing waits the next time.
    office.given.asked.clear()
    assert not office.loop.round()
    assert not office.loop.round()
    assert office.given.asked == ["claim 7 9 production 0", "claim 7 9 production 5"]


def test_a_delivery_that_comes_again_is_only_committed(office: Office) -> None:
    octets = interchange("1", "OPEN-A", "ADD-A-5")
    office.given.claims += [[("D1", octets)], [("D1", octets)]]
    office.given.stale.add("D1")
    office.loop.round()
    office.given.asked.clear()
    office.loop.round()
    assert office.given.asked == ["claim 7 9 production 0", "commit D1 t-D1"]
    assert office.shop.sums == {"A": Sum("A", Decimal(5), 1)}


def test_what_the_hub_does_not_take_now_is_sent_again_before_anything_new(office: Office) -> None:
    office.given.claims.append([("D1", interchange("1", "OPEN-A", "ADD-A-5"))])
    office.given.receipts.append(HubAway("503", 2.5))
    with pytest.raises(HubAway):
        office.loop.round()
    assert answers(office) == [None]
    office.given.asked.clear()
    office.loop.round()
    assert office.given.asked == ["post", "commit D1 t-D1", "claim 7 9 production 0"]
    assert answers(office) == ["accepted"]


@pytest.mark.parametrize("answer", ["rejected", "partly", "conflict", "refused"])
def test_what_the_hub_refuses_is_kept_and_told(office: Office, logged: list[MutableMapping[str, Any]], answer: str) -> None:
    office.given.claims.append([("D1", interchange("1", "OPEN-A", "ADD-A-5"))])
    office.given.claims.append([("D2", interchange("2", "ADD-A-5"))])
    office.given.receipts.append(Receipt(answer, "no such recipient"))
    office.loop.round()
    office.loop.round()
    assert answers(office) == [answer, "accepted"]
    assert [(each["log_level"], each["answer"], each["explanation"]) for each in logged] == [("error", answer, "no such recipient")]


def test_deadlines_wait_until_the_mail_is_read(office: Office) -> None:
    office.given.claims += [[("D1", interchange("1", "ADD-A-5"))], [("D2", interchange("2", "WHAT"))], [("D3", interchange("3", "OPEN-A"))]]
    office.loop.round()
    office.shop.now += timedelta(hours=3)
    office.loop.round()
    office.loop.round()
    office.loop.round()
    assert [event[0] for event in office.shop.events] == ["message", "message", "message"]
    assert office.shop.sums == {"A": Sum("A", Decimal(5), 1)}


def test_what_is_due_is_done(office: Office) -> None:
    office.given.claims.append([("D1", interchange("1", "ADD-A-5", "CHECK-B"))])
    office.loop.round()
    assert not office.loop.round()
    office.shop.now += timedelta(minutes=59, seconds=58)
    office.given.asked.clear()
    assert not office.loop.round()
    # It does not wait longer than until something is due.
    assert office.given.asked == ["claim 7 9 production 2"]
    office.shop.now += timedelta(seconds=2)
    assert office.loop.round()
    assert [event[0] for event in office.shop.events] == ["message", "message", "reminder", "deadline"]


def test_what_is_too_much_for_one_transaction_is_given_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = interchange("1", "OPEN-A"), interchange("2", "OPEN-B"), interchange("3", "OPEN-C")
    monkeypatch.setattr("vanhub.agencies.frame.loop._MOST_OCTETS", len(first) - 1)
    office.given.claims.append([("D1", first), ("D2", second), ("D3", third)])
    office.loop.round()
    assert office.given.asked[1:] == ["content D1", "release D2 t-D2", "release D3 t-D3", "commit D1 t-D1"]


def test_a_delivery_that_cannot_be_had_does_not_hold_up_the_others(office: Office, logged: list[MutableMapping[str, Any]]) -> None:
    """One comes without its end, one was withdrawn; they come again later."""
    cut, withdrawn = [("D1", interchange("1", "OPEN-A"))], [("D2", interchange("2", "OPEN-B"))]
    office.given.claims += [[*cut, *withdrawn, ("D3", interchange("3", "OPEN-C"))], [*cut]]
    office.given.withheld |= {"D1": b"UNB+", "D2": None}
    office.loop.round()
    assert office.given.asked == ["claim 7 9 production 0", "content D1", "content D2", "content D3", "commit D3 t-D3"]
    assert [each["error"] for each in logged] == ["delivery D1 was not collected whole", "D2 is not there"]
    assert list(office.shop.sums) == ["C"]
    office.given.withheld.clear()
    office.loop.round()
    assert list(office.shop.sums) == ["A", "C"]


def test_officers_do_not_wait_for_the_hub(office: Office) -> None:
    office.given.claims.append([("D1", interchange("1", "OPEN-A", "ADD-A-5"))])
    office.given.receipts += [HubAway("no connection")] * 2
    with pytest.raises(HubAway):
        office.loop.round()
    with office.shop.engine.begin() as conn:
        asked = add_request(conn, "instruct", {"verb": "note", "name": "A", "text": "!"})
    with pytest.raises(HubAway):
        office.loop.round()
    with office.shop.engine.connect() as conn:
        assert find_answer(conn, asked) == {"events": 1, "effects": ["sum A", "sent: CUSRES to NOTED:ZZZ"]}


def test_a_reminder_that_was_moved_or_taken_back_is_not_due_with_the_others(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    """The first of three that are due moves the second and takes back the third."""
    reminded: list[tuple[str, datetime]] = []

    def remind(_subject: str, key: str, occasion: Occasion, _view: View) -> list[Effect]:
        reminded.append((key, occasion.moment))
        return [Remind("check", "B", occasion.moment + timedelta(hours=1)), Remind("check", "C", None)] if key == "A" else []

    monkeypatch.setattr(office.shop.program, "remind", remind)
    office.given.claims.append([("D1", interchange("1", "CHECK-A", "CHECK-B", "CHECK-C"))])
    office.loop.round()
    for _ in range(3):
        office.shop.now += timedelta(hours=1)
        office.loop.round()
    assert reminded == [("A", START + timedelta(hours=1)), ("B", START + timedelta(hours=2))]


def test_messages_that_break_their_guide_are_refused(office: Office) -> None:
    """As the hub's count says; which, and how, is found here."""
    head, tail = "UNB+UNOY:4+TRADER:ZZZ+TINY:ZZZ+20060320:0100+1'", "UNZ+2+1'"
    broken = "UNH+1+SANCRT:D:01B:UN:CNGC01'BGM+811+06-AC-441207+13'DTM+137:060405:102'RFF+ABE:Q-1'UNT+5+1'"
    good = "UNH+2+CUSRES:D:01B:UN'BGM+961+OPEN-A+11'UNT+3+2'"
    office.given.faults = 1
    office.given.claims.append([("D1", f"{head}{broken}{good}{tail}".encode())])
    office.loop.round()
    assert office.shop.sums == {"A": Sum("A")}
    ((_, octets),) = office.shop.sent
    assert "BGM+961+06-AC-441207+11'FTX+AAO+++E112 查询日期 的 数据元 2380 格式应为 日期或日期加时分，不是 060405；请按 日期或日期加时分 填写'" in octets


def test_a_request_is_answered_before_deliveries(office: Office) -> None:
    with office.shop.engine.begin() as conn:
        asked = [add_request(conn, "load", {}, b"name,amount\nA,1\n"), add_request(conn, "instruct", {"verb": "note", "name": "A", "text": "!"})]
    office.given.claims.append([("D1", interchange("1", "ADD-A-5"))])
    assert office.loop.round()
    with office.shop.engine.connect() as conn:
        assert [find_answer(conn, each)["events"] for each in asked] == [1, 1]
    assert [event[0] for event in office.shop.events] == ["row", "instruction", "message"]
    assert office.shop.sums == {"A": Sum("A", Decimal(1), notes=("!",))}


def test_after_a_request_mail_is_not_waited_for(office: Office) -> None:
    office.loop.round()
    with office.shop.engine.begin() as conn:
        add_request(conn, "load", {}, b"name,amount\nA,1\n")
    office.given.asked.clear()
    assert office.loop.round()
    assert not office.loop.round()
    assert office.given.asked == ["claim 7 9 production 0", "claim 7 9 production 5"]


def test_it_goes_on_when_the_hub_is_there_again(office: Office, monkeypatch: pytest.MonkeyPatch, logged: list[MutableMapping[str, Any]]) -> None:
    troubles = deque([HubAway("no connection", 0.1), OperationalError("SELECT", {}, Exception("database is locked")), HubAway("503", 7)])
    office.given.claims.append([("D1", interchange("1", "OPEN-A"))])
    claim = office.given.claim

    def asked(*arguments: Any) -> Sequence[Claim]:
        if troubles:
            raise troubles.popleft()
        office.bell.stopping = not office.given.claims
        return claim(*arguments)

    monkeypatch.setattr(office.given, "claim", asked)
    monkeypatch.setattr(office.bell, "wait", lambda _seconds: None)
    office.loop.run()
    assert [each["seconds"] for each in logged] == [1.0, 2.0, 7]
    assert office.shop.sums == {"A": Sum("A")}
