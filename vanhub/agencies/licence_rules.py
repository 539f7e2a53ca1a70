"""How much a use of a licence may take: the tolerance for bulk goods. Licensing and customs ask the same of their own ledgers.

Rules that an agency which uses this declares: ``licence.tolerance``, ``licence.tolerance-oil`` (numbers, parts of one), ``licence.bulk``, ``licence.oil`` (HS prefixes).
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, Decimal

from vanhub.agencies.rules import Rules

_SMALLEST = Decimal("0.000001")


def tolerated(left: Decimal, uses_left: int, hs: str, quota: str, on: date, rules: Rules) -> Decimal:
    """The most that the next use of a licence line may take.

    ``left``: what is left of the line's quantity, in any unit (of a licence for one use: all of it); ``uses_left``: with the next one, at least 1; ``hs``: the line's tariff code; ``quota``: the quota
    that the licence counts against, ``""`` where none; ``on``: the day of declaration. Rounded down to six decimals.

    Bulk goods may exceed what is left at the last use. Nothing may exceed a licence under a quota: that is what another state was promised.
    """
    if uses_left > 1 or quota or left <= 0:
        return max(left, Decimal(0))
    return (left * (1 + _tolerance(hs, on, rules))).quantize(_SMALLEST, ROUND_DOWN)


def _tolerance(hs: str, on: date, rules: Rules) -> Decimal:
    if hs.startswith(rules.texts("licence.oil", on)):
        return rules.number("licence.tolerance-oil", on)
    if hs.startswith(rules.texts("licence.bulk", on)):
        return rules.number("licence.tolerance", on)
    return Decimal(0)
