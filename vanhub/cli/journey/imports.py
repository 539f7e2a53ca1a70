"""An honest import: the ship's manifest, inspection, declaration, taxes, and the way out of the port."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from vanhub.agencies.messages.parts import Enterprise
from vanhub.agencies.trade import cast, journeys
from vanhub.agencies.trade.consignment import Consignment
from vanhub.agencies.trade.plan import CARRIER
from vanhub.cli.journey.telling import Line, Telling

_KILOGRAMS = Decimal(18_000)


class Imports:
    """Told with ``telling``, one step after another; ``trader`` imports."""

    def __init__(self, telling: Telling, trader: Enterprise) -> None:
        self._tell = telling
        self._trader = trader

    def tell(self) -> Consignment:
        """What lies on the ship in the end and is not declared."""
        self._ship()
        self._import()
        self._pay()
        self._gate()
        return self._second

    def _ship(self) -> None:
        tell = self._tell
        tell.title("A ship brings beef", "进口舱单")
        tell.at(tell.now + timedelta(days=1))
        first, self._second = (cast.imported(f"I000000{number}", cast.BEEF, _KILOGRAMS, self._trader, tell.today, tell.rate) for number in (1, 2))
        self._beef = first
        tell.say("The carrier sends its manifest and reports the arrival, the terminal the boxes that it took off the ship.")
        tell.run(journeys.voyage((first, self._second), CARRIER, tell.now))
        tell.sent(
            "CUSCAR",
            {
                "BGM": "a cargo manifest (85)",
                "TDT+20": "the ship",
                "RFF+BM": "a bill of lading",
                "GID": "cartons",
                "MEA+AAE": "and what they weigh",
            },
        )
        tell.sent("CUSREP", {"BGM": "a conveyance report: arrival"})
        tell.sent("COARRI", {"BGM": "boxes discharged"})
        tell.heard("CUSRES", {"BGM": "an answer about cargo (964)", "FTX+AAH": "receipt 01: accepted"})
        tell.say("Customs will let nobody declare more packages than came:")
        tell.ledger("customs", *(Line("manifest", f"{cast.MANIFEST}/{each.bill_of_lading}", "H87", each.packages) for each in (first, self._second)))

    def _import(self) -> None:
        tell = self._tell
        tell.title("The beef is inspected and declared", "报检报关")
        self._note = tell.run(journeys.obtain_note(self._beef))
        tell.say("Beef needs a clearance note (通关单), which serves once:")
        tell.heard("SANCRT", {"BGM": "the note (841)"})
        declaration = self._beef.declaration(note=self._note)
        self._billed = tell.run(journeys.declare(declaration))
        tell.sent(
            "CUSDEC",
            {
                "BGM": "an import declaration (929)",
                "RFF+AFB": "the manifest",
                "RFF+BM": "the bill of lading",
                "DOC+841": "the clearance note",
                "MOA+141": "the price with freight and insurance (CIF)",
            },
        )
        tell.receipts("L", "G", "T")
        kinds = {"CUD": "customs duty 关税", "VAT": "value added tax 增值税"}
        tell.heard(
            "CUSRES",
            {
                "RFF+ACY": "the bill 缴款书",
                "DTM+140": "the last day to pay",
                **{f"TAX+3+{kind}": kinds[kind] for kind, _ in self._billed.taxes},
            },
            having="FTX+AAH+++T",
        )
        tell.table(
            ("", "CNY"),
            [
                (f"customs value: {self._beef.total:,f} USD at {tell.rate}", f"{self._beef.customs_values[0]:,f}"),
                *((kinds[kind], f"{amount:,.2f}") for kind, amount in self._billed.taxes),
                ("to pay (demonstration rates)", f"{self._owed:,f}"),
            ],
            numbers=1,
        )
        tell.say("Packages and note are reserved, the taxes owed:")
        tell.ledger("customs", *self._import_lines(paid=False))

    def _pay(self) -> None:
        tell = self._tell
        tell.title("The bank pays, customs releases", "缴税放行")
        order = journeys.payment(self._beef, self._billed, tell.now)
        tell.run(journeys.pay(order))
        tell.sent("PAYORD", {"BGM": "a payment order", "MOA": "the amount"})
        tell.receipts("P")
        tell.say("Paid is used; what was reserved is used too:")
        tell.ledger("customs", *self._import_lines(paid=True))

    def _gate(self) -> None:
        tell = self._tell
        tell.title("The box leaves the terminal", "提箱结关")
        tell.run(journeys.leave(self._beef, self._billed.number, tell.now))
        tell.sent("CODECO", {"BGM": "boxes through the gate", "EQD": "this one"})
        tell.receipts("R")

    @property
    def _owed(self) -> Decimal:
        return sum((amount for _, amount in self._billed.taxes), Decimal(0))

    def _import_lines(self, *, paid: bool) -> tuple[Line, ...]:
        part = "used" if paid else "reserved"
        return (
            Line("manifest", f"{cast.MANIFEST}/{self._beef.bill_of_lading}", "H87", **{part: self._beef.packages}),
            Line("note", self._note, "USE", **{part: 1}),
            Line("tax", self._billed.bill, "CNY", **{"used" if paid else "available": self._owed}),
        )
