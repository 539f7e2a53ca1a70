"""Enterprises for demonstrations: as many as the register had, with codes whose check digits are right and names in both languages."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from vanhub.agencies.codes import CustomsCode, EnterpriseCode, check_digit, serial_after
from vanhub.agencies.enterprises import EnterpriseRecord
from vanhub.agencies.messages.parts import Money
from vanhub.packed import packed

REGISTERED = 34_650 + 204_523
"""How many the register had."""

_COASTAL = frozenset({"11", "12", "21", "31", "32", "33", "35", "37", "44"})
_CITIES = {True: 14, False: 9}
_HOUSES = (
    ("华泰", "HUATAI"),
    ("远东", "FAR EAST"),
    ("金桥", "GOLDEN BRIDGE"),
    ("新星", "NEW STAR"),
    ("长江", "CHANGJIANG"),
    ("东方", "ORIENTAL"),
    ("恒信", "HENGXIN"),
    ("海纳", "HAINA"),
    ("中联", "ZHONGLIAN"),
    ("宏达", "HONGDA"),
    ("四海", "FOUR SEAS"),
    ("瑞丰", "RUIFENG"),
)
_GOODS = (
    ("纺织品", "TEXTILES"),
    ("服装", "GARMENTS"),
    ("五金", "HARDWARE"),
    ("电子", "ELECTRONICS"),
    ("化工", "CHEMICALS"),
    ("土产", "NATIVE PRODUCE"),
    ("机械", "MACHINERY"),
    ("轻工", "LIGHT INDUSTRY"),
    ("粮油", "CEREALS AND OILS"),
    ("工艺品", "ARTS AND CRAFTS"),
)
_OWNERSHIPS = "1223344556666"
"""Foreign-invested and private ones are the most."""
# Odd and no multiple of 5: all 10^8 numbers come before one comes again.
_STRIDE = 38_196_601


def make_enterprises(count: int, seed: int, on: date) -> Iterator[EnterpriseRecord]:
    """``count`` (at most 10^8) enterprises that may trade on the day, all of different codes; the same ones for the same arguments."""
    rng = random.Random(seed)  # noqa: S311 - they have to be repeatable, not secret
    places = [(row["code"], row["name_zh"], row["name_en"].upper()) for row in _provinces()]
    weights = [8 if code in _COASTAL else 1 for code, _, _ in places]
    first, first_day = rng.randrange(10**8), date(on.year, 1, 1)
    serials: dict[tuple[str, str, str], str] = {}
    for number in range(count):
        (province, place_zh, place_en), (house_zh, house_en), (goods_zh, goods_en) = rng.choices(places, weights)[0], rng.choice(_HOUSES), rng.choice(_GOODS)
        region = f"{province}{rng.randrange(1, _CITIES[province in _COASTAL]):02}"
        organisation = f"{(first + number * _STRIDE) % 10**8:08}"
        organisation += check_digit(organisation)
        series = (region, "1" if region in {"4403", "4404", "4405", "3502"} or province == "46" else "9", rng.choice(_OWNERSHIPS))
        serials[series] = serial_after(serials.get(series, "0000"))
        yield EnterpriseRecord(
            code=str(EnterpriseCode(region, organisation)),
            customs_code=str(CustomsCode(*series, serials[series])),
            name=f"{place_zh}{house_zh}{goods_zh}进出口有限公司 {place_en} {house_en} {goods_en} IMP AND EXP CO LTD",
            tax_number=f"{region}01{organisation}",
            business_licence=f"{region}01{number:07}",
            capital=Money(Decimal(rng.randrange(1, 200) * 500_000), "CNY"),
            version="",
            opened_on=date(on.year - rng.randrange(2, 20), rng.randrange(1, 13), rng.randrange(1, 29)),
            # This year's, so that none lapses before the middle of the next.
            checked_on=first_day + timedelta(days=rng.randrange((on - first_day).days + 1)),
        )


def _provinces() -> list[dict[str, str]]:
    with (packed("schemas") / "codes" / "provinces.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
