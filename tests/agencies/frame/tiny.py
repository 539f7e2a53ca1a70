"""A small agency for tests of the frame: it keeps sums, waits, reminds, answers, refuses and, when told to, fails.

Its messages are CUSRES; BGM 1004 says what to do: ``ADD-KEY-AMOUNT`` adds to a sum that was opened and answers the sender, ``OPEN-KEY`` opens one, ``FAIL-KEY`` is a fault of the program until it is
mended, ``CHECK-KEY`` asks for a reminder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from pydifact.segments import Segment

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Post, Put, Remind, Reverse, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.ledger.posting import Account, Part, issue, use

PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sum:
    KIND: ClassVar[str] = "sum"

    name: str
    amount: Decimal = Decimal(0)
    times: int = 0
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Said:
    TYPE: ClassVar[str] = "CUSRES"

    number: str
    text: str = ""

    def render(self) -> Sequence[Segment]:
        body = [Segment("BGM", "961", self.number, "11")]
        return [*body, Segment("FTX", "AAO", "", "", self.text)] if self.text else body


@dataclass
class Tiny:
    """``mended``: FAIL works."""

    mended: bool = False
    name: str = field(default="tiny", init=False)

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        verb, _, rest = message.number.partition("-")
        key, _, amount = rest.partition("-")
        found = view.get(Sum, key)
        match verb:
            case "OPEN":
                return [Put(found or Sum(key)), Post(f"open {key}", "opened", (issue("sum", key, "KGM", Decimal(1000)),))] if found is None else []
            case "ADD" if found is None and not occasion.overdue:
                return [Park(((Sum.KIND, key),), occasion.moment + PATIENCE)]
            case "ADD" if found is None:
                return [Send(occasion.sender, Said(message.number, f"没有 {key}"))]
            case "ADD":
                return self._add(found, Decimal(amount), message, occasion, view)
            case "CHECK":
                return [Remind("check", key, occasion.moment + PATIENCE)]
            case "TAKE":
                return [Reverse(f"add {rest}", "taken back")]
            case "FAIL" if not self.mended:
                raise RuntimeError(f"no idea what to do about {key}")
            case "FAIL":
                return [Put(Sum(key, Decimal(1)))]
        raise Unreadable(Complaint("E102", f"{message.number} says nothing", f"{message.number} 无意义"))

    def _add(self, found: Sum | None, amount: Decimal, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        assert found is not None
        left = view.balance(Account("sum", found.name, "KGM", Part.AVAILABLE))
        if amount > left:
            return [Send(occasion.sender, Said(message.number, f"余额 {left}"))]
        return [
            Put(dataclasses.replace(found, amount=found.amount + amount, times=found.times + 1)),
            Post(f"add {found.name}-{amount}", "added", (use("sum", found.name, "KGM", amount),)),
            Send(occasion.sender, Said(message.number, f"有 {found.amount + amount}")),
        ]

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        return [Send(occasion.sender, Said(message.number, "; ".join(f"{each.code} {each.text_zh}" for each in complaints)))]

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:
        found = view.get(Sum, key) or Sum(key)
        return [Put(dataclasses.replace(found, notes=(*found.notes, f"{subject} {occasion.event}")))]

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        if not row["name"]:
            raise Unreadable(Complaint("E108", "name is empty: fill it in", "name 为空：请填写"))
        return [Put(Sum(row["name"], Decimal(row["amount"])))]

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        if verb != "note" or view.get(Sum, words["name"]) is None:
            raise Unreadable(Complaint("E101", f"{verb} {words} makes no sense", f"{verb} {words} 无意义"))
        found = view.get(Sum, words["name"]) or Sum("")
        return [Put(dataclasses.replace(found, notes=(*found.notes, words["text"]))), Send("NOTED:ZZZ", Said(found.name, words["text"]))]

    def invariants(self, view: View) -> Iterable[str]:
        for each in view.list(Sum):
            if each.amount < 0:
                yield f"{each.name} is negative"
