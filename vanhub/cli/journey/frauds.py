"""Dishonest trade: six tricks, each stopped by the agency whose business it is, with its code and the reason in both languages, and nothing moved on any ledger."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import Any

from vanhub.agencies.customs.copies import FormCopy, NoteCopy
from vanhub.agencies.enterprises import EnterpriseRecord
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.messages.parts import Enterprise, Money
from vanhub.agencies.trade import cast, journeys
from vanhub.agencies.trade.consignment import Consignment, licence_application
from vanhub.agencies.trade.plan import ELSEWHERE, LICENCE_OFFICE, OFFICE
from vanhub.agencies.trade.script import Heard, Refused, Sending
from vanhub.cli.journey.exports import Exported
from vanhub.cli.journey.telling import KEEPING, Telling


class Frauds:
    """Told with ``telling`` after honest trade: what was ``exported``, and ``cargo`` that lies on the ship."""

    def __init__(self, telling: Telling, exported: Exported, cargo: Consignment) -> None:
        self._tell = telling
        self._licence = exported.licence
        self._cargo = cargo
        self._trader = cast.trader(exported.registered)
        self.caught: list[tuple[str, str, str]] = []
        """What was tried, the agency that stopped it, and its code."""

    def tell(self) -> None:
        tell = self._tell
        tell.at(tell.now + timedelta(days=1))
        self._once_too_often()
        self._elsewhere_and_late()
        self._closed()
        self._other_figures()

    def _once_too_often(self) -> None:
        tell = self._tell
        tell.title("Fraud: the licence is used a thirteenth time", "第十三次使用许可证")
        tell.say("Twelve lots have gone. A thirteenth has everything else that it needs: a foreign exchange form, filed at the right office.")
        lot = self._exported("X0000013", cast.SHIRTS)
        tried = {"DOC+811": "the licence"}
        self._stopped("a licence for the 13th time", "customs", "L205", journeys.declare(self._on_licence(lot, self._licence)), tried)

    def _elsewhere_and_late(self) -> None:
        tell = self._tell
        tell.title("Fraud: a licence at another customs office", "异地使用许可证")
        first = self._exported("X0000014", cast.SHIRTS)
        application = licence_application(
            "X0000099", first, quantity=cast.SHIRTS_EACH * 2, uses=2, office=LICENCE_OFFICE, quota=cast.QUOTA, valid_to=tell.today
        )
        licence = tell.run(journeys.obtain_licence(application)).number
        tell.say(f"The enterprise has a second licence, {licence}, for two lots through Shekou ({OFFICE}), and declares at Dapeng ({ELSEWHERE}):")
        elsewhere = dataclasses.replace(first, office=ELSEWHERE)
        self._stopped(
            "a licence at another office",
            "customs",
            "L203",
            journeys.declare(self._on_licence(elsewhere, licence)),
            {"LOC+22": "declared at Dapeng", "DOC+811": "the licence"},
        )
        tell.title("Fraud: an expired licence", "许可证过期")
        tell.say(f"That licence was valid until {tell.today}. It is the day after, at the right office:")
        tell.at(tell.now + timedelta(days=1))
        late = self._exported("X0000015", cast.SHIRTS)
        self._stopped(
            "an expired licence",
            "customs",
            "L202",
            journeys.declare(self._on_licence(late, licence)),
            {"DTM+141": "the day of declaration", "DOC+811": "the licence"},
        )

    def _closed(self) -> None:
        tell = self._tell
        tell.title("Fraud: an enterprise that has closed trades on", "已注销企业报关")
        granted = tell.run(journeys.register(cast.opening("YUANDONG", tell.today)))
        enterprise = cast.trader(granted)
        lot = self._exported("X0000016", cast.TABLEWARE, enterprise)
        form = self._form(lot)
        tell.run(journeys.register(cast.closing(granted, tell.today)))
        tell.say("Another enterprise got a foreign exchange form; then it closes:")
        tell.sent("REGENT", {"BGM": "a change (300), cancellation (1): it asks to be closed"})
        for agency in KEEPING:
            tell.until(agency, "knows that the enterprise closed", lambda view: _closed_on(view.get(EnterpriseRecord, enterprise.enterprise_code)))
        tell.say("It declares all the same:")
        self._stopped(
            "a closed enterprise declares",
            "customs",
            "E101",
            journeys.declare(lot.declaration(form=form)),
            {"RFF+XA": "its enterprise code", "DOC+812": "the form"},
        )
        tell.say("It asks for a licence too. Licensing has no message of its own to say no with; it sends an APERAK:")
        shirts = self._exported("X0000017", cast.SHIRTS, enterprise)
        application = licence_application("X0000018", shirts, quantity=cast.SHIRTS_EACH, uses=1, office=LICENCE_OFFICE, quota=cast.QUOTA)
        tried = {"BGM": "an application for an export licence (810)", "PNA+EX": "by the same enterprise"}
        self._stopped("a closed enterprise asks for a licence", "licensing", "E101", journeys.obtain_licence(application), tried)

    def _other_figures(self) -> None:
        tell = self._tell
        tell.title("Fraud: lighter than the manifest says", "重量与舱单不符")
        beef = dataclasses.replace(self._cargo, on=tell.today)
        honest = beef.declaration(note=self._note(beef))
        half = beef.gross_weight / 2
        tell.say(f"The second box of beef weighs {beef.gross_weight:,f} kg in the carrier's manifest. Half of that is declared:")
        lighter = dataclasses.replace(honest, gross_weight=half, net_weight=beef.net_weight / 2)
        tried = {"RFF+BM": "the bill of lading", "MEA+AAX+AAD": "its gross weight"}
        self._stopped("other weights than the manifest's", "customs", "M602", journeys.declare(lighter), tried)
        tell.title("Fraud: a total that does not add up", "合计金额不符")
        total = beef.total / 10
        tell.say(f"The same box with its right weight, but a total of {total:,f} USD for goods of {beef.total:,f}:")
        tried = {"MOA+141": "the total", "MOA+38": "the only item's amount"}
        self._stopped("a total that does not add up", "customs", "E103", journeys.declare(dataclasses.replace(honest, total=Money(total, "USD"))), tried)

    # What every trick has

    def _stopped(self, what: str, agency: str, code: str, trick: Generator[tuple[Sending, ...], Heard, Any], tried: Mapping[str, str]) -> None:
        """Try it, showing ``tried``, segments and their meaning: ``agency`` refuses it with ``code`` alone, and all balances stay as they were."""
        tell = self._tell
        before = tell.balances()
        try:
            outcome = tell.run(trick)
        except Refused as refused:
            outcome = refused.outcome
        tell.expect(outcome.codes == (code,), f"{what} is stopped with {code}, not {outcome}")
        tell.expect(tell.workstation.letters[-1].agency == agency, f"{what} is stopped by {agency}")
        moved = dict(tell.balances().items() ^ before.items())
        tell.expect(not moved, f"no balance moves for {what}, not {moved}")
        tell.sent("CUSDEC" if agency == "customs" else "SANCRT", tried)
        tell.heard("CUSRES" if agency == "customs" else "APERAK", {"BGM": "refused (27)", "ERC": f"{agency} says no: {code}"}, having="ERC")
        for complaint in outcome.complaints:
            tell.show(complaint.text_en)
            tell.show(complaint.text_zh)
        tell.say(f"None of {len(before)} balances moved.")
        self.caught.append((what, agency, code))

    def _exported(self, reference: str, hs: str, enterprise: Enterprise | None = None) -> Consignment:
        return cast.exported(reference, hs, cast.SHIRTS_EACH, enterprise or self._trader, self._tell.today, self._tell.rate)

    def _on_licence(self, lot: Consignment, licence: str) -> Declaration:
        return lot.declaration(licence=licence, licence_office=LICENCE_OFFICE, form=self._form(lot))

    def _form(self, lot: Consignment) -> str:
        """Everything else is in order: a form, filed where it will be declared."""
        form = self._tell.run(journeys.obtain_form(lot))
        self._tell.workstation.send(journeys.filing(lot, form))
        self._tell.until("customs", f"has form {form}", lambda view: view.get(FormCopy, form) is not None)
        return form

    def _note(self, lot: Consignment) -> str:
        """A clearance note of its own."""
        note = self._tell.run(journeys.obtain_note(lot))
        self._tell.until("customs", f"has note {note}", lambda view: view.get(NoteCopy, note) is not None)
        return note


def _closed_on(enterprise: EnterpriseRecord | None) -> bool:
    return enterprise is not None and enterprise.closed_on is not None
