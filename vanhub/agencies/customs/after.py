"""What an agency will have on record once effects are written: so that one decision can go on from what it has just decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

from vanhub.agencies.frame.agency import View
from vanhub.agencies.frame.effects import Effect, Post, Put, Record
from vanhub.agencies.ledger.posting import Account, Part, Transfer
from vanhub.agencies.rules import Rules

R = TypeVar("R", bound=Record)


class After(View):
    """``view`` after the records and postings of ``effects``; what a ``Reverse`` undoes is not known here and has to be given as ``undone``."""

    def __init__(self, view: View, effects: Iterable[Effect] = (), undone: Iterable[Transfer] = ()) -> None:
        self._view = view
        self._records: dict[tuple[str, str], Record] = {}
        self._moved: dict[Account, Decimal] = {}
        for transfer in undone:
            self._move(transfer.reversed())
        for effect in effects:
            if isinstance(effect, Put):
                self._records[effect.record.KIND, effect.record.key] = effect.record
            elif isinstance(effect, Post):
                for transfer in effect.transfers:
                    self._move(transfer)

    @property
    def rules(self) -> Rules:
        return self._view.rules

    @property
    def addresses(self) -> Mapping[str, str]:
        return self._view.addresses

    def get(self, kind: type[R], key: str) -> R | None:
        found = self._records.get((kind.KIND, key))
        return found if isinstance(found, kind) else self._view.get(kind, key)

    def list(self, kind: type[R], prefix: str = "") -> Iterator[R]:
        new = {key: record for (name, key), record in self._records.items() if name == kind.KIND and key.startswith(prefix) and isinstance(record, kind)}
        old = {record.key: record for record in self._view.list(kind, prefix)}
        for _, record in sorted({**old, **new}.items()):
            yield record

    def balance(self, account: Account) -> Decimal:
        return self._view.balance(account) + self._moved.get(account, Decimal(0))

    def parts(self, book: str, owner: str, unit: str) -> Mapping[Part, Decimal]:
        found = self._view.parts(book, owner, unit)
        return {part: amount + self._moved.get(Account(book, owner, unit, part), Decimal(0)) for part, amount in found.items()}

    def _move(self, transfer: Transfer) -> None:
        self._moved[transfer.debit] = self._moved.get(transfer.debit, Decimal(0)) - transfer.amount
        self._moved[transfer.credit] = self._moved.get(transfer.credit, Decimal(0)) + transfer.amount
