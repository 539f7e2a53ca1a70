"""Licensing (配额许可证管理系统): applications, licences, their use, queries, the execution of quotas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from vanhub.agencies.answering import refusal, senseless, unknown_verb, word
from vanhub.agencies.enterprises import load_enterprise, take_registration
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Put
from vanhub.agencies.frame.message import Message
from vanhub.agencies.ledger.posting import Part
from vanhub.agencies.licensing import book, quotas
from vanhub.agencies.licensing.applications import ANSWER, LAPSE, approving, lapsing, quota_of, refusing, take_application, withdrawing
from vanhub.agencies.licensing.inquiries import answer_query, answer_request
from vanhub.agencies.licensing.records import Alert, Application, ApplicationState, LicenceFile, QuotaMonth, Usage
from vanhub.agencies.licensing.usage import take_usage
from vanhub.agencies.messages.registration import Registration
from vanhub.packed import packed

_FOR_INFORMATION = {("GESMES", "74"), ("GESMES", "73"), ("PARTIN", ""), ("GENRAL", ""), ("APERAK", ""), ("CUSRES", "")}
"""Messages, with the document where it matters, from which nothing follows here: figures and credit classes as copied, notices, others' refusals."""


class Licensing:
    """The agency ``licensing``."""

    name = "licensing"

    @cached_property
    def offices(self) -> frozenset[str]:
        """The codes of the licence offices."""
        rows = (packed("schemas") / "codes" / "licence_offices.csv").read_text("utf-8").splitlines()
        return frozenset(row.partition(",")[0] for row in rows[1:])

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        match message.type, message.document, message.function:
            case "SANCRT", "810" | "910", _:
                return take_application(message, occasion, view, self.offices)
            case "SANCRT", "901", _:
                return take_usage(message, occasion, view)
            case "SANCRT", "811" | "911", "13":
                return answer_query(message, occasion, view)
            case "GESMES", "75", _:
                return answer_request(message, occasion, view)
            case "REGENT", "301", _:
                return take_registration(Registration.parse(message), occasion, view)
        if {(message.type, message.document), (message.type, "")} & _FOR_INFORMATION:
            return ()
        en = f"{message.type} {message.document} function {message.function or '-'} from {occasion.sender} is not taken; licensing takes SANCRT 810, 910, queries 811, 911 function 13, GESMES 75 and customs' SANCRT 901"
        zh = f"不受理 {occasion.sender} 的 {message.type} {message.document} 功能码 {message.function or '-'}；本机构受理 SANCRT 810、910，查询 811、911（功能码13），GESMES 75 和海关的 SANCRT 901"
        return self.refuse(message, (Complaint("E106", en, zh),), occasion, view)

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        if message.type in {"APERAK", "CONTRL"}:
            # A refusal of a refusal would be refused in turn.
            return ()
        return [refusal(message, complaints, occasion, view, self.name)]

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:
        if subject == LAPSE:
            return lapsing(key, occasion, view)
        return self._overdue(key, occasion, view)

    def _overdue(self, key: str, occasion: Occasion, view: View) -> Iterator[Effect]:
        application = view.get(Application, key)
        if application is not None and application.state is ApplicationState.PENDING:
            received = application.received_at.date()
            complaint = Complaint("E110", f"application {key} of {received} is not answered in time", f"{received} 的申请 {key} 未按期答复")
            yield Put(Alert(f"{ANSWER} {key}", occasion.moment, (complaint,)))

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - the promise's
        """A row of the file of enterprises (``enterprises.COLUMNS``)."""
        return load_enterprise(row, view)

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        """``approve application=SENDER/NUMBER``, ``refuse application=SENDER/NUMBER code=L204 en=... zh=...``, ``withdraw licence=NUMBER reason=...``."""
        if verb == "withdraw":
            return self._withdraw(words, occasion, view)
        if verb not in {"approve", "refuse"}:
            raise unknown_verb(verb, "approve", "refuse", "withdraw")
        key = word(words, "application")
        application = view.get(Application, key)
        if application is None or application.state is not ApplicationState.PENDING:
            state = application.state if application is not None else "not on record"
            raise senseless(f"application {key} is {state}, not pending", f"申请 {key} 状态为 {state}，不在待审")
        if verb == "approve":
            return approving(application, occasion, view, self.offices)
        complaint = Complaint(word(words, "code"), word(words, "en"), word(words, "zh"))
        return refusing(application, (complaint,), occasion, view)

    def _withdraw(self, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        number = word(words, "licence")
        file = view.get(LicenceFile, number)
        if file is None or file.ended:
            raise senseless(f"licence {number} is not on record or has ended", f"许可证 {number} 不存在或已失效")
        return withdrawing(file, file.licence.reference, (word(words, "reason"),), occasion, view)

    def invariants(self, view: View) -> Iterator[str]:
        charges: dict[str, Decimal] = {}
        for file in view.list(LicenceFile):
            yield from _of_licence(file, view)
            lot = quota_of(file, view)
            if lot is not None:
                rest = sum((lot.charge(replace(line.quantity, amount=book.left(file, line, view))) or Decimal(0) for line in file.licence.lines), Decimal(0))
                charges[lot.number] = charges.get(lot.number, Decimal(0)) + rest
        years = sorted({month.quota.rpartition("-")[2] for month in view.list(QuotaMonth)})
        for year in years:
            for lot in quotas.lots(int(year), date(int(year), 12, 31), view.rules):
                yield from _of_quota(lot, charges.get(lot.number, Decimal(0)), view)


def _of_licence(file: LicenceFile, view: View) -> Iterator[str]:
    usages = [usage for number in file.usages if (usage := view.get(Usage, number)) is not None]
    if len(usages) != len(file.usages) or any(usage.cancelled for usage in usages):
        yield f"licence {file.key}: usage reports {', '.join(file.usages)} are not all on record"
    uses = view.parts(book.BOOK, file.key, book.USE)
    if uses[Part.USED] != len(usages) or len(usages) > file.licence.uses:
        yield f"licence {file.key}: used {uses[Part.USED]} times of {file.licence.uses}, {len(usages)} usage reports"
    for line in file.licence.lines:
        parts = view.parts(book.BOOK, book.owner(file.key, line), line.quantity.unit)
        used = sum((each.quantity.amount for usage in usages for each in usage.report.lines if each.number == line.number), Decimal(0))
        if parts[Part.USED] != used:
            yield f"licence {file.key} line {line.number}: used {parts[Part.USED]:f}, usage reports say {used:f}"
        if -parts[Part.ISSUED] < line.quantity.amount:
            yield f"licence {file.key} line {line.number}: {-parts[Part.ISSUED]:f} were issued, the licence says {line.quantity.amount:f}"


def _of_quota(lot: quotas.Lot, rest: Decimal, view: View) -> Iterator[str]:
    parts = view.parts(quotas.BOOK, lot.number, lot.unit)
    months = list(view.list(QuotaMonth, f"{lot.number}/"))
    licensed = sum((month.licensed - month.returned for month in months), Decimal(0))
    used = sum((month.used for month in months), Decimal(0))
    if parts[Part.USED] != used or parts[Part.RESERVED] != licensed - used:
        yield f"quota {lot.number}: licensed {licensed:f} and used {used:f} by months, {parts[Part.RESERVED] + parts[Part.USED]:f} and {parts[Part.USED]:f} in the book"
    if parts[Part.RESERVED] != rest:
        yield f"quota {lot.number}: {parts[Part.RESERVED]:f} licensed and not used, {rest:f} left on the licences"
    if not used <= licensed <= -parts[Part.ISSUED]:
        yield f"quota {lot.number}: not used {used:f} <= licensed {licensed:f} <= allocated {-parts[Part.ISSUED]:f}"
