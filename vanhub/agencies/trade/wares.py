"""What is traded in demonstrations: goods with a plausible price, weight, and the papers that they need."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Ware:
    """``unit``: of the price and of the first legal quantity; ``second``: the second legal unit (KGM by weight), ``""`` where there is none. ``kilograms`` and ``price`` (USD) are of one unit. ``country``: ISO 3166 alpha-3 of the other
    side, ``port``: its UN/LOCODE. ``licence``: an import or export licence is needed; ``quota``: which quota it is charged to, without its year; ``note``: a clearance note is needed.
    """

    hs: str
    name_en: str
    name_zh: str
    unit: str
    second: str
    kilograms: Decimal
    price: Decimal
    country: str
    port: str
    licence: bool = False
    quota: str = ""
    note: bool = False


EXPORTS = (
    Ware(
        "61091000", "COTTON T-SHIRTS, KNITTED", "棉制针织T恤衫", "H87", "KGM", Decimal("0.1"), Decimal("2.2"), "USA", "USLAX", licence=True, quota="US-338/339"
    ),
    Ware(
        "62034290", "TROUSERS OF COTTON, WOVEN", "棉制机织长裤", "H87", "KGM", Decimal("0.45"), Decimal("4.4"), "USA", "USSEA", licence=True, quota="US-347/348"
    ),
    Ware("69111010", "TABLEWARE OF PORCELAIN", "瓷餐具", "KGM", "", Decimal(1), Decimal("1.35"), "DEU", "DEHAM"),
    Ware("95030010", "TRICYCLES AND SCOOTERS", "三轮车、踏板车", "H87", "KGM", Decimal("3.2"), Decimal("7.9"), "GBR", "GBFXT"),
    Ware("64039900", "FOOTWEAR WITH UPPERS OF LEATHER", "皮面鞋靴", "PR", "KGM", Decimal("0.8"), Decimal("9.6"), "CAN", "CAVAN"),
    Ware("07032010", "GARLIC, FRESH", "鲜大蒜", "KGM", "", Decimal(1), Decimal("0.52"), "KOR", "KRPUS", licence=True, quota="GARLIC-KOR", note=True),
)
IMPORTS = (
    Ware("52052200", "COTTON YARN", "精梳棉单纱", "KGM", "", Decimal(1), Decimal("3.1"), "JPN", "JPYOK"),
    Ware("84713000", "PORTABLE COMPUTERS", "便携式计算机", "H87", "KGM", Decimal("2.4"), Decimal(640), "THA", "THLCH"),
    Ware("39012000", "POLYETHYLENE", "聚乙烯", "KGM", "", Decimal(1), Decimal("1.18"), "SAU", "SAJUB"),
    Ware("02023000", "BEEF, BONELESS, FROZEN", "冻去骨牛肉", "KGM", "", Decimal(1), Decimal("2.75"), "AUS", "AUBNE", note=True),
    Ware("08051000", "ORANGES, FRESH", "鲜橙", "KGM", "", Decimal(1), Decimal("0.61"), "USA", "USLAX", note=True),
    Ware("27090000", "CRUDE OIL", "原油", "KGM", "", Decimal(1), Decimal("0.44"), "SAU", "SARTA", licence=True),
)
