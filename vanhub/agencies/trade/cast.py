"""Who and what the journey is told with: an enterprise that exports shirts and imports beef, one that closes, their consignments and the ship."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from vanhub.agencies.codes import EnterpriseCode, check_digit
from vanhub.agencies.messages.declaration import Transport
from vanhub.agencies.messages.parts import Enterprise, Money
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.trade.consignment import Consignment, Lot
from vanhub.agencies.trade.plan import BROKER, OFFICE, PORT, REGION, REGISTRAR
from vanhub.agencies.trade.wares import EXPORTS, IMPORTS, Ware

SHIRTS, TABLEWARE, BEEF = "61091000", "69111010", "02023000"
SHIRTS_EACH, USES = Decimal(2000), 12
"""In one consignment; consignments under one licence."""
QUOTA = "US-338/339-2006"
SHIP, MANIFEST = Transport("0322", "1", "9300123", "NAN HAI 1"), "V00203220"

_CITY = "4403"
_SHENZHEN = {
    "HUATAI": ("71234567", "深圳华泰贸易有限公司 SHENZHEN HUATAI TRADING CO LTD"),
    "YUANDONG": ("72345678", "深圳远东轻工有限公司 SHENZHEN YUANDONG LIGHT INDUSTRY CO LTD"),
}
_PRIVATE = "6"


def opening(house: str, on: date) -> Registration:
    """``house``, HUATAI or YUANDONG, applies to be registered."""
    organisation, name = _SHENZHEN[house]
    organisation += check_digit(organisation)
    code = str(EnterpriseCode(_CITY, organisation))
    return Registration(
        act=RegistrationAct.OPEN,
        number=f"RE-{house}-1",
        registrar=REGISTRAR,
        sender=code,
        on=on,
        enterprise_code=code,
        name=name,
        tax_number=f"{_CITY}01{organisation}",
        business_licence=f"{_CITY}012{organisation[:7]}",
        valid_from=on,
        region=_CITY,
        ownership=_PRIVATE,
        capital=Money(Decimal(5_000_000), "CNY"),
    )


def closing(granted: Registration, on: date) -> Registration:
    """The enterprise that was registered so asks to be closed."""
    return dataclasses.replace(
        granted, act=RegistrationAct.CLOSE, answers=None, number=f"{granted.reference}-END", reference="", registrar=REGISTRAR, on=on, remarks=()
    )


def trader(granted: Registration) -> Enterprise:
    """As it stands in declarations."""
    return Enterprise(granted.customs_code, granted.enterprise_code, granted.name, granted.tax_number)


def exported(reference: str, hs: str, quantity: Decimal, enterprise: Enterprise, on: date, rate: Decimal) -> Consignment:
    """A box by sea from Shekou. ``reference``: a letter and seven digits; ``rate``: CNY for one USD."""
    return _consigned(reference, True, _ware(EXPORTS, hs), quantity, enterprise, on, rate)


def imported(reference: str, hs: str, quantity: Decimal, enterprise: Enterprise, on: date, rate: Decimal) -> Consignment:
    """A box that comes to Shekou with the ship."""
    return _consigned(reference, False, _ware(IMPORTS, hs), quantity, enterprise, on, rate)


def _ware(wares: Sequence[Ware], hs: str) -> Ware:
    return next(ware for ware in wares if ware.hs == hs)


def _consigned(reference: str, export: bool, ware: Ware, quantity: Decimal, enterprise: Enterprise, on: date, rate: Decimal) -> Consignment:
    return Consignment(
        reference=reference,
        export=export,
        trader=enterprise,
        on=on,
        office=OFFICE,
        port=PORT,
        region=REGION,
        rate=rate,
        lots=(Lot(ware, quantity, ware.price),),
        packages=int(quantity / 20),
        container=f"VHUU{reference[1:]}",
        broker=BROKER,
        transport=SHIP if not export else Transport("0320", "1", "9300124", "NAN HAI 2"),
        manifest="" if export else MANIFEST,
        bill_of_lading=f"NHL{reference}",
    )
