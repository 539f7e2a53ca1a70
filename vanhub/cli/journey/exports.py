"""Honest exports: an enterprise is registered, gets a licence and uses it twelve times; what others see of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from vanhub.agencies.customs.lodgement import Lodgement
from vanhub.agencies.customs.risk import Colour
from vanhub.agencies.enterprises import EnterpriseRecord
from vanhub.agencies.foreign_customs.program import Check, Finding, Visa
from vanhub.agencies.foreign_exchange.forms import FormFile
from vanhub.agencies.licensing.records import WriteOff
from vanhub.agencies.messages.fields import CHINA
from vanhub.agencies.messages.registration import Registration
from vanhub.agencies.messages.statistics import Figures, FiguresRequest
from vanhub.agencies.trade import cast, journeys
from vanhub.agencies.trade.consignment import Consignment, licence_application
from vanhub.agencies.trade.market import Market
from vanhub.agencies.trade.plan import LICENCE_OFFICE, Case
from vanhub.agencies.trade.playing import Play
from vanhub.agencies.trade.script import Role, Sending
from vanhub.cli.journey.telling import Line, Telling

_GRANTED = cast.SHIRTS_EACH * cast.USES
_QUOTA_GRANTED = Decimal(240_000_000)
_PROVED = ("e-port", "statistics", "tax")
_COPIED = ("customs", "licensing", "inspection", "foreign-exchange")


@dataclass(frozen=True, slots=True)
class Exported:
    """What the journey goes on from: ``registered``: the enterprise as the register answered; ``licence``: used up."""

    registered: Registration
    licence: str


class Exports:
    """Told with ``telling``, one step after another."""

    def __init__(self, telling: Telling) -> None:
        self._tell = telling

    def tell(self) -> Exported:
        self._register()
        self._licence()
        self._form()
        self._export()
        self._load()
        self._eleven_more()
        self._visa()
        self._quota()
        return Exported(self._registered, self._number)

    # Papers

    def _register(self) -> None:
        tell = self._tell
        tell.title("An enterprise is registered", "企业备案登记")
        tell.say("A message is a row of segments: a tag, elements (+), components (:). The telling ones are shown, with what they say here.")
        tell.say(
            "Only who is on the register may trade. The enterprise's broker asks the register (REGENT); each agency that checks enterprises gets a copy of the answer."
        )
        opening = cast.opening("HUATAI", tell.today)
        self._registered = tell.run(journeys.register(opening))
        tell.sent("REGENT", {"BGM": "an application (101), new (9)", "RFF+XA": "enterprise code 企业代码: region, organisation, check digit (GB 11714)"})
        code = self._registered.customs_code
        tell.heard(
            "REGENT", {"BGM": "an answer (301): granted (11)", "PNA+OE": "the enterprise", "RFF+ADZ": "its customs code 海关注册编码, which it declares under"}
        )
        for agency in _COPIED:
            tell.until(agency, f"has enterprise {code}", lambda view: view.get(EnterpriseRecord, opening.enterprise_code) is not None)
        tell.say(f"Copies have arrived at {', '.join(_COPIED)}.")
        self._trader = cast.trader(self._registered)

    def _licence(self) -> None:
        tell = self._tell
        tell.title("An export licence for T-shirts to the United States", "申领出口许可证")
        first = self._shirts("X0000001")
        tell.say(
            f"T-shirts to the United States need a licence and are charged to a quota. The broker asks for {_GRANTED:,f} pieces, to be shipped in {cast.USES} lots (非一批一证)."
        )
        application = licence_application("X0000000", first, quantity=_GRANTED, uses=cast.USES, office=LICENCE_OFFICE, quota=cast.QUOTA)
        self._number = tell.run(journeys.obtain_licence(application)).number
        tell.sent(
            "SANCRT",
            {
                "BGM": "an application for an export licence (810)",
                "LOC+42": "for one customs office (一证一关): Shekou",
                "RFF+ABJ": "the quota",
                "FTX+AAX": "to be used 12 times (?: is a colon that separates nothing)",
                "QTY+1": "pieces (H87)",
            },
        )
        tell.heard("SANCRT", {"BGM": "the licence (811)", "DTM+36": "valid until", "STS": "approved (39)"})
        tell.until("foreign-customs-us", f"has licence {self._number}", lambda view: view.get(Visa, self._number) is not None)
        tell.say(
            "Customs and the customs of the United States have copies. Licensing's ledgers say what may be used, and what of the quota is licensed (reserved) or used:"
        )
        tell.ledger("licensing", *self._licence_lines(0), Line("quota", cast.QUOTA, "H87", _QUOTA_GRANTED - _GRANTED, _GRANTED))

    def _form(self) -> None:
        tell = self._tell
        tell.title("A foreign exchange form", "出口收汇核销单")
        tell.say(
            "The state wants to see the dollars come home: each export names a numbered form, which is filed beforehand at the customs office of the export."
        )
        self._first = self._shirts("X0000001")
        self._form_number = tell.run(journeys.obtain_form(self._first))
        tell.heard("SANCRT", {"BGM": "the form (812), issued (9)"})
        tell.workstation.send(journeys.filing(self._first, self._form_number))
        tell.sent("SANCRT", {"BGM": "the same form, filed (4)", "LOC+22": "at Shekou"})

    # The export

    def _export(self) -> None:
        tell = self._tell
        tell.title("The export is declared", "出口报关")
        declaration = self._first.declaration(licence=self._number, licence_office=LICENCE_OFFICE, form=self._form_number)
        self._released = tell.run(journeys.declare(declaration))
        tell.sent(
            "CUSDEC",
            {
                "BGM": "an export declaration (830)",
                "LOC+22": "at customs office 5304, Shekou",
                "DOC+811": "under the licence",
                "DOC+812": "and with the form",
                "CST+1+": "goods: the tariff code",
                "MEA+AAR": "pieces",
                "MOA+38": "their amount",
            },
        )
        tell.say("Customs holds it against its own copies of enterprise, licence and form, and answers at each step (CUSRES):")
        tell.receipts("L", "G", "P")
        self._export_number = self._released.number
        tell.say("The risk channel was green: nobody needs to look at the goods.")
        self._channel(self._export_number)
        tell.say("What the declaration took was reserved when it was accepted and used when it was released; behind each posting stands its message:")
        tell.command("ledger", "show", "licence", f"{self._number}/1", "--dir", "agencies/customs")
        tell.say("In short, with the uses of the licence and the one of the form:")
        tell.ledger("customs", *self._licence_lines(1), Line("fx-form", self._form_number, "USE", used=1))
        tell.say("The same day the use is written off at the office that issued the licence (联网核销):")
        day = f"{LICENCE_OFFICE}/{tell.today}/"
        tell.until("licensing", "has written the use off", lambda view: any(view.list(WriteOff, day)))
        tell.command("agency", "records", "licensing", "write-off", day, "--dir", "agencies/licensing")
        tell.ledger("licensing", *self._licence_lines(1), self._quota_line(1))

    def _load(self) -> None:
        tell = self._tell
        tell.title("The box is loaded, and the declaration closed", "装船结关")
        tell.run(journeys.loaded(self._first, self._released, tell.now))
        tell.sent("COARRI", {"BGM": "the terminal reports boxes loaded", "EQD": "this one"})
        tell.receipts("R")
        number, form = self._export_number, self._form_number

        def proved(each: FormFile | None) -> bool:
            return each is not None and [proof.declaration for proof in each.proofs] == [number]

        tell.until("foreign-exchange", "has the proof page", lambda view: proved(view.get(FormFile, form)))
        for mailbox in _PROVED:
            types = [type for delivery in tell.stage.json("mailbox", "peek", mailbox) for type in delivery["types"]]
            tell.expect("CUSDEC" in types, f"the proof page waits in the mailbox {mailbox}, not only {types}")
        tell.say("Customs sent the proof page (收汇核销联): foreign exchange has noted on the form which declaration it served.")
        tell.say(f"Copies wait in the mailboxes of {', '.join(_PROVED)}.")

    def _eleven_more(self) -> None:
        tell = self._tell
        tell.title("Eleven more lots, until the licence is used up", "余下十一批")
        tell.at(tell.now + timedelta(days=1))
        moment = tell.now
        lots = [self._shirts(f"X{number:07}") for number in range(2, cast.USES + 1)]
        cases = [
            Case(lot.reference, "export", 0, lambda _, lot=lot: journeys.export(lot, moment, self._number, LICENCE_OFFICE))  # type: ignore[misc]
            for lot in lots
        ]
        market = Market(cases)
        play = Play(market, {role: tell.stage.mailbox(role) for role in Role}, tell.stage.addresses, tell.at)
        play.play_day(0, moment)
        tell.expect(not market.running and all(not outcome.complaints for outcome in market.outcomes.values()), f"all were closed, not {market.outcomes}")
        tell.say(f"All at once, with form, declaration and loading: the trade sent {play.messages} messages and heard {play.heard}.")
        with tell.stage.reading("customs") as (_, view):
            drawn = [each.number for each in view.list(Lodgement) if each.channel is not None and each.channel.colour is Colour.RED]
        tell.say(
            f"Customs drew {len(drawn)} of them for examination; by {tell.now.astimezone(CHINA):%H:%M} the officer had seen the goods. The draw is a hash of the declaration's number, which anybody can work out again:"
        )
        for number in drawn:
            self._channel(number)
        tell.ledger("customs", *self._licence_lines(cast.USES))
        tell.ledger("licensing", *self._licence_lines(cast.USES), self._quota_line(cast.USES))

    # What others see of it

    def _visa(self) -> None:
        tell = self._tell
        tell.title("At the other end, United States customs checks the licence", "美国海关核查")
        tell.say(
            "Goods arrive with a licence that says 24,000 pieces, and then with one under the same number that says 30,000. An officer there asks the Chinese ministry (联网核查):"
        )
        for words, finding in (((), Finding.MATCH), (("quantity=30000", "unit=H87"), Finding.DIFFERS)):
            tell.command("agency", "instruct", "foreign-customs-us", "query", f"licence={self._number}", *words, "--dir", "agencies/foreign-customs-us")
            tell.until("foreign-customs-us", f"{finding}", lambda view, finding=finding: any(check.finding is finding for check in view.list(Check)))  # type: ignore[misc]
            with tell.stage.reading("foreign-customs-us") as (_, view):
                check = next(check for check in view.list(Check) if check.finding is finding)
            tell.show(f"{finding}{': ' if check.differences else ''}{'; '.join(check.differences)}")

    def _quota(self) -> None:
        tell = self._tell
        tell.title("How the quota stands", "配额执行情况")
        period = f"{tell.today:%Y%m}"
        tell.workstation.send(Sending(Role.BROKER, "licensing", FiguresRequest("G0000001", "F14EM", period, "BROKER", "MOFTEC")))
        figures = Figures.parse(tell.workstation.await_letter(Role.BROKER, "GESMES").message)
        tell.sent("GESMES", {"BGM": "a request for figures (75)", "DSI": "report F14EM: use of quotas this month"})
        tell.heard(
            "GESMES",
            {
                "BGM": "figures (74)",
                f"ARR++{period}:{cast.QUOTA}": "a row: ours",
            },
        )
        rows = [row for row in figures.rows if row[0] == cast.QUOTA]
        _, _, _, _, _, *amounts = rows[0]
        tell.expect([Decimal(each) for each in amounts] == [_QUOTA_GRANTED, _GRANTED, _GRANTED], f"all is used that was licensed, not {rows}")
        tell.table(("quota", "category", "to", "office", "unit", "allocated", "licensed", "used"), rows, numbers=3)

    # Small things

    def _channel(self, number: str) -> None:
        """Which channel a declaration took, and why."""
        tell = self._tell
        with tell.stage.reading("customs") as (_, view):
            lodgement = view.get(Lodgement, number)
        channel = lodgement.channel if lodgement is not None else None
        tell.expect(channel is not None, f"declaration {number} has a channel")
        if channel is not None:
            reasons = ", ".join(f"{reason.name} {reason.detail}: {reason.points}" for reason in channel.reasons)
            tell.show(f"{number}: {channel.colour}, score {channel.score} ({reasons}); drawn {channel.draw}, examined below {channel.rate}")

    def _shirts(self, reference: str) -> Consignment:
        return cast.exported(reference, cast.SHIRTS, cast.SHIRTS_EACH, self._trader, self._tell.today, self._tell.rate)

    def _licence_lines(self, times: int) -> tuple[Line, Line]:
        used = cast.SHIRTS_EACH * times
        return Line("licence", self._number, "USE", cast.USES - times, used=times), Line("licence", f"{self._number}/1", "H87", _GRANTED - used, used=used)

    def _quota_line(self, times: int) -> Line:
        used = cast.SHIRTS_EACH * times
        return Line("quota", cast.QUOTA, "H87", _QUOTA_GRANTED - _GRANTED, _GRANTED - used, used)
