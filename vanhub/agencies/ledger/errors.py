"""What the ledgers refuse."""

from __future__ import annotations

from decimal import Decimal

from vanhub.agencies.ledger.posting import Account
from vanhub.errors import HubError


class Overdrawn(HubError):
    """A posting would make a balance negative. The decision that asked for it did not look at the balance."""

    code = "overdrawn"

    def __init__(self, account: Account, balance: Decimal, amount: Decimal) -> None:
        super().__init__(f"{account} has {balance}; {amount} cannot be taken from it")
        self.account = account
