"""A declaration's way through customs, from the decision upon it to its closing: one step after another, as far as one occasion carries it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vanhub.agencies.customs import risk
from vanhub.agencies.customs.after import After
from vanhub.agencies.customs.bills import Bill, bill_remarks, void_bill, write_bill
from vanhub.agencies.customs.checks import check
from vanhub.agencies.customs.copies import LICENCES, LicenceCopy, line_owner
from vanhub.agencies.customs.duty import DUTY, EXCISE, VAT, Assessment, assess
from vanhub.agencies.customs.finding import Findings
from vanhub.agencies.customs.lodgement import NEXT, Lodgement, State, Step, day
from vanhub.agencies.customs.movements import await_goods, await_no_longer, goods_moved
from vanhub.agencies.customs.risk import Colour
from vanhub.agencies.customs.serials import next_serial
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Post, Put, Remind, Reverse, Send
from vanhub.agencies.ledger.posting import Transfer, commit
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Cancellation, Declaration, Direction, Function, Tax
from vanhub.agencies.messages.licence import LicenceUsage, UsedLine
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.tariff import Tariff

OFFICER = "officer"
"""Subject of the reminder that has an automatic officer decide; its key is the declaration's number."""


@dataclass
class Proceeding:
    """One occasion's work on one declaration. ``view`` is what was on record before it; ``effects`` are what has been done so far, to which ``done`` adds the lodgement."""

    lodgement: Lodgement
    tariff: Tariff
    occasion: Occasion
    view: View
    effects: list[Effect] = field(default_factory=list)

    def check(self, declaration: Declaration) -> Findings:
        """What is wrong with it, as if nothing were held for what stands in the lodgement now."""
        return check(declaration, day(self.lodgement.received_at), self.tariff, After(self.view, self.effects, undone=self.lodgement.held))

    def accept(self, held: tuple[Transfer, ...]) -> None:
        """Nothing is wrong: reserve, choose the channel, and go on from there."""
        declaration, on = self.lodgement.declaration, self.lodgement.declaration.declared_on
        if held:
            self.effects.append(Post(self.lodgement.document, "accepted", held))
        channel = risk.channel(declaration, self.lodgement.number, self.tariff, self.view, on)
        self.effects.extend(risk.remember(declaration, self.view, on))
        self.lodgement = dataclasses.replace(self.lodgement, held=held, channel=channel, accepted_at=self.occasion.moment)
        if channel.colour is Colour.GREEN:
            self.review()
        elif channel.colour is Colour.YELLOW:
            self.refer()
        else:
            self.examine()

    def refer(self) -> None:
        """The documents are to be looked at."""
        self._step(Step.REFER)
        self._answer(AnswerKind.DECISION, "H", "38")
        self._call_officer("officer.review-after")

    def examine(self) -> None:
        """The goods are to be looked at."""
        self._step(Step.EXAMINE)
        self._answer(AnswerKind.DECISION, "C", "5")
        self._call_officer("officer.examine-after")

    def review(self) -> None:
        """Everything agrees: what is to pay is billed, else the goods are released."""
        self._dismiss_officer()
        self._step(Step.REVIEW)
        self._answer(AnswerKind.DECISION, "G", "1")
        assessment = self._assess()
        if not assessment.due:
            self.release()
            return
        number, office = self.lodgement.number, self.lodgement.declaration.office
        bill, effects = write_bill(assessment, number, self.lodgement.document, office, self.occasion.moment, self.view)
        self.effects.extend(effects)
        self._step(Step.BILL, bill=bill.number)
        self.bill_again(bill)

    def bill_again(self, bill: Bill, *remarks: str) -> None:
        """What is to pay, by when."""
        self._answer(AnswerKind.TAX_BILL, "T", "1", bill=bill.number, due=bill.due, taxes=bill.amounts, remarks=(*bill_remarks(bill), *remarks))

    def release(self) -> None:
        """Commit what was reserved, report the licences that were used, and close where the goods have moved already."""
        moment, number = self.occasion.moment, self.lodgement.number
        if reserved := self.lodgement.reserved:
            transfers = tuple(commit(each.book, each.owner, each.unit, each.amount) for each in reserved)
            self.effects.append(Post(self.lodgement.document, "released", transfers))
        reports = tuple(self._report_usage())
        self.effects.extend(Send(self.view.addresses["licensing"], report) for report in reports)
        self._step(Step.RELEASE, released_at=moment, reports=reports)
        self._answer(AnswerKind.DECISION, "P", "4", released_at=moment, document=self.lodgement.declaration.direction.value)
        if goods_moved(self.lodgement.declaration, number, self.view):
            self.close()
        else:
            self.effects.append(await_goods(self.lodgement.declaration, number, self.view))

    def goods_moved(self) -> None:
        """That was awaited since release."""
        self._await_no_longer()
        self.close()

    def close(self) -> None:
        """The goods have moved: the proof page goes out."""
        self._step(Step.CLOSE, closed_at=self.occasion.moment)
        self.effects.append(Send(self.view.addresses["hub"], _proof(self.lodgement, self._assess())))
        self._answer(AnswerKind.DECISION, "R", "4", released_at=self.lodgement.released_at, document=self.lodgement.declaration.direction.value)

    def send_back(self, complaints: tuple[Complaint, ...]) -> None:
        """Return it; nothing stays posted."""
        self._undo("returned")
        self._step(Step.RETURN)
        self._answer(AnswerKind.REJECTION, "E", "2", errors=complaints)

    def amend(self, declaration: Declaration, content: str, held: tuple[Transfer, ...]) -> None:
        """``declaration`` stands in the old one's place, and is decided upon anew; ``content``: its digest."""
        self._undo("amended")
        taken = (*self.lodgement.taken, content)
        self._step(Step.AMEND, declaration=declaration, taken=taken)
        self.accept(held)

    def refuse(self, complaints: tuple[Complaint, ...], content: str = "") -> None:
        """A change, of this ``content``, or a cancellation is refused; the declaration stands as it was."""
        remark = "the declaration stands as it was 原报关单不变"
        if content:
            self.lodgement = dataclasses.replace(self.lodgement, taken=(*self.lodgement.taken, content))
        self._answer(AnswerKind.REJECTION, "E", "2", errors=complaints, remarks=(remark,))

    def cancel(self) -> None:
        """By the declarant, before release."""
        self._undo("cancelled")
        self._step(Step.CANCEL)
        self._answer_deleted(())

    def delete(self, reason: str) -> None:
        """By customs, at any time: usage reports and a proof page that went out are taken back too."""
        closed = self.lodgement.state is State.CLOSED
        if self.lodgement.state is State.RELEASED:
            self._await_no_longer()
        self._undo("deleted")
        for report in self.lodgement.reports:
            self.effects.append(Send(self.view.addresses["licensing"], dataclasses.replace(report, cancelled=True)))
        if closed:
            self.effects.append(Send(self.view.addresses["hub"], _revoked(self.lodgement, reason, self.occasion.moment)))
        self._step(Step.DELETE, reports=())
        self._answer_deleted((reason,) if reason else ())

    def done(self) -> list[Effect]:
        """All effects, in their order."""
        return [*self.effects, Put(self.lodgement)]

    def _await_no_longer(self) -> None:
        self.effects.append(await_no_longer(self.lodgement.declaration, self.lodgement.number, self.view))

    def _answer_deleted(self, remarks: tuple[str, ...]) -> None:
        self._answer(AnswerKind.DECISION, "D", "32", remarks=remarks, document=self.lodgement.declaration.direction.value)

    def _step(self, step: Step, **changes: Any) -> None:
        self.lodgement = dataclasses.replace(self.lodgement, state=NEXT[self.lodgement.state, step], **changes)

    def _undo(self, purpose: str) -> None:
        """Everything that is posted for it; its bill and the officer's task go with it."""
        self._dismiss_officer()
        if bill := self.view.get(Bill, self.lodgement.bill):
            self.effects.extend(void_bill(bill))
        if self.lodgement.held or self.lodgement.bill:
            self.effects.append(Reverse(self.lodgement.document, purpose))
        self.lodgement = dataclasses.replace(self.lodgement, held=(), bill="")

    def _answer(self, kind: AnswerKind, receipt: str, indicator: str, **more: Any) -> None:
        answer = Answer(
            kind,
            self.lodgement.declaration.reference,
            receipt,
            indicator,
            self.lodgement.declaration.office,
            self.occasion.moment,
            number=self.lodgement.number,
            accepted_at=self.lodgement.accepted_at,
            **more,
        )
        self.lodgement = dataclasses.replace(self.lodgement, answer=answer)
        self.effects.append(Send(self.lodgement.sender, answer))

    def _call_officer(self, after: str) -> None:
        """Where no officer sits, the rules may have one decide by the clock."""
        on = day(self.occasion.moment)
        if self.view.rules.truth("officer.automatic", on):
            self.effects.append(Remind(OFFICER, self.lodgement.number, self.occasion.moment + self.view.rules.duration(after, on)))

    def _dismiss_officer(self) -> None:
        if self.lodgement.state in {State.MANUAL, State.EXAM}:
            self.effects.append(Remind(OFFICER, self.lodgement.number, None))

    def _assess(self) -> Assessment:
        declaration = self.lodgement.declaration
        return assess(declaration, self.tariff, self.view.rules, declaration.declared_on)

    def _report_usage(self) -> Iterator[LicenceUsage]:
        """A report for each licence, numbered by the licence's own serial."""
        lodgement, declaration = self.lodgement, self.lodgement.declaration
        amounts = {(each.owner, each.unit): each.amount for each in lodgement.reserved if each.book == LICENCES}
        for number in sorted({owner for owner, _ in amounts if "/" not in owner}):
            copy = self.view.get(LicenceCopy, number)
            if copy is None:
                raise LookupError(f"declaration {lodgement.number} holds licence {number}, of which there is no copy")
            lines = tuple(
                UsedLine(line.number, line.hs, Quantity(amount, line.quantity.unit))
                for line in copy.licence.lines
                if (amount := amounts.get((line_owner(number, line), line.quantity.unit)))
            )
            serial = next_serial(self.view, f"U{number}-")
            self.effects.append(Put(serial))
            yield LicenceUsage(
                f"{serial.row}{serial.last:02}",
                False,
                declaration.direction is Direction.EXPORT,
                number,
                lodgement.number,
                declaration.declared_on,
                declaration.border,
                lines,
            )


def _proof(lodgement: Lodgement, assessment: Assessment) -> Declaration:
    """The declaration page (证明联): what was declared, with customs' number, values and taxes."""
    declaration = lodgement.declaration
    page = dataclasses.replace(declaration, function=Function.PROOF, number=lodgement.number)
    if declaration.direction is Direction.EXPORT:
        return page
    items = tuple(
        dataclasses.replace(item, customs_value=assessed.value, taxes=assessed.taxes)
        for item, assessed in zip(declaration.items, assessment.items, strict=True)
    )
    totals = tuple(Tax(kind, None, None, amount) for kind, amount in assessment.taxes if kind in {DUTY, EXCISE, VAT})
    return dataclasses.replace(page, items=items, taxes=totals)


def _revoked(lodgement: Lodgement, reason: str, moment: datetime) -> Cancellation:
    """Takes the proof page back."""
    declaration = lodgement.declaration
    return Cancellation(
        declaration.direction,
        declaration.reference,
        lodgement.number,
        declaration.office,
        moment,
        reason or "deleted by customs",
        trader=declaration.trader.customs_code,
    )
