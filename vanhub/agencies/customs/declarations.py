"""What the trade sends about declarations: originals, changes and replacements, cancellations. Each is decided upon when everything that it names is on record, or at its deadline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from vanhub.agencies.customs.finding import Findings
from vanhub.agencies.customs.lodgement import NEXT, Lodgement, Reference, State, Step, day, digest, give_number, reference_key
from vanhub.agencies.customs.proceeding import Proceeding
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Put, Send
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Cancellation, Declaration
from vanhub.agencies.tariff import Tariff


def take_original(declaration: Declaration, tariff: Tariff, occasion: Occasion, view: View) -> Iterable[Effect]:
    """Give it a number and decide upon it. The same again: the last answer again, and nothing moves. Other content under the reference is refused (E104) unless what stands there was returned."""
    reference = view.get(Reference, reference_key(occasion.sender, declaration.reference))
    content = digest(declaration)
    lodged = dict(reference.lodged) if reference is not None else {}
    if content in lodged:
        lodgement = _lodged(view, lodged[content])
        if occasion.woken:
            return _decide(lodgement, tariff, occasion, view)
        return [Send(lodgement.sender, lodgement.answer)]
    if reference is not None:
        before = _lodged(view, reference.lodged[-1][1])
        if before.state is not State.RETURNED:
            return [Send(occasion.sender, _rejection(declaration, occasion.moment, _used(declaration, before)))]
    number, serial = give_number(declaration, occasion.moment, view)
    received = Answer(AnswerKind.GENERAL, declaration.reference, "L", "17", declaration.office, occasion.moment, number=number)
    lodgement = Lodgement(number, occasion.sender, State.RECEIVED, declaration, occasion.moment, received)
    taken = Reference(occasion.sender, declaration.reference, (*(reference.lodged if reference is not None else ()), (content, number)))
    return [Put(serial), Put(taken), Send(occasion.sender, received), *_decide(lodgement, tariff, occasion, view)]


def _lodged(view: View, number: str) -> Lodgement:
    lodgement = view.get(Lodgement, number)
    if lodgement is None:
        raise LookupError(f"declaration {number} is not on record, though a reference names it")
    return lodgement


def _used(declaration: Declaration, before: Lodgement) -> Complaint:
    return Complaint(
        "E104",
        f"reference {declaration.reference} is declaration {before.number}, with other content; change that, or take another reference",
        f"编号 {declaration.reference} 已用于报关单 {before.number}，内容不同；请修改该报关单或更换编号",
    )


def _decide(lodgement: Lodgement, tariff: Tariff, occasion: Occasion, view: View) -> Iterable[Effect]:
    """Accept, return or wait. Where a change or a deletion has come first there is nothing to decide any more."""
    if lodgement.state is not State.RECEIVED:
        return []
    proceeding = Proceeding(lodgement, tariff, occasion, view)
    findings = proceeding.check(lodgement.declaration)
    if waits := _waits(findings, occasion, view):
        return [Put(lodgement), waits] if not occasion.woken else [waits]
    if findings.found:
        proceeding.send_back(findings.wrongs or findings.complaints)
    else:
        proceeding.accept(tuple(findings.held))
    return proceeding.done()


def _waits(findings: Findings, occasion: Occasion, view: View) -> Park | None:
    """Until what is missing comes; not where something is wrong anyway, or the deadline has passed."""
    if findings.wrongs or not findings.awaited or occasion.overdue:
        return None
    return _park(findings.awaited, occasion, view)


def _park(awaited: tuple[tuple[str, str], ...], occasion: Occasion, view: View) -> Park:
    return Park(awaited, occasion.moment + view.rules.duration("check.wait", day(occasion.moment)))


def take_change(declaration: Declaration, tariff: Tariff, occasion: Occasion, view: View) -> Iterable[Effect]:
    """A change (4) or replacement (5) before release: the whole declaration as it shall be. Checked as a new one, with what the old one holds given back; if something is wrong the old one stands as it was."""
    lodgement = view.get(Lodgement, declaration.number)
    if lodgement is None:
        return _unknown(declaration, occasion, view)
    content = digest(declaration)
    if content in lodgement.taken:
        return [] if occasion.woken else [Send(lodgement.sender, lodgement.answer)]
    proceeding = Proceeding(lodgement, tariff, occasion, view)
    if complaints := (*_step_complaints(lodgement, Step.AMEND, occasion), *_belonging_complaints(declaration, lodgement)):
        return _refused(proceeding, declaration, complaints, content)
    findings = proceeding.check(declaration)
    if waits := _waits(findings, occasion, view):
        received = Answer(AnswerKind.GENERAL, declaration.reference, "L", "17", declaration.office, occasion.moment, number=lodgement.number)
        return [Send(occasion.sender, received), waits] if not occasion.woken else [waits]
    if findings.found:
        proceeding.refuse(findings.wrongs or findings.complaints, content)
    else:
        proceeding.amend(declaration, content, tuple(findings.held))
    return proceeding.done()


def _belonging_complaints(message: Declaration | Cancellation, lodgement: Lodgement) -> Iterator[Complaint]:
    """What a declaration's number stands for never changes; a message that says otherwise means another declaration."""
    before = lodgement.declaration
    if (message.direction, message.office, message.reference) != (before.direction, before.office, before.reference):
        yield Complaint(
            "E104",
            f"declaration {lodgement.number} is {before.reference}, direction {before.direction.value}, at office {before.office}: these cannot be other ones",
            f"报关单 {lodgement.number} 的编号是 {before.reference}、进出口方向 {before.direction.value}、申报海关 {before.office}，不能不同",
        )


def take_cancellation(cancellation: Cancellation, tariff: Tariff, occasion: Occasion, view: View) -> Iterable[Effect]:
    """Before release: everything that is posted for the declaration is reversed. A repeat is answered again."""
    lodgement = view.get(Lodgement, cancellation.number)
    if lodgement is None:
        return _unknown(cancellation, occasion, view)
    if lodgement.state is State.DELETED and lodgement.sender == occasion.sender:
        return [Send(lodgement.sender, lodgement.answer)]
    proceeding = Proceeding(lodgement, tariff, occasion, view)
    if complaints := (*_step_complaints(lodgement, Step.CANCEL, occasion), *_belonging_complaints(cancellation, lodgement)):
        return _refused(proceeding, cancellation, complaints)
    proceeding.cancel()
    return proceeding.done()


def _step_complaints(lodgement: Lodgement, step: Step, occasion: Occasion) -> Iterator[Complaint]:
    """Why the declarant may not take this step: it is somebody else's declaration, or released, or has come to its end."""
    number, state = lodgement.number, lodgement.state
    if occasion.sender != lodgement.sender:
        yield Complaint("S901", f"declaration {number} was not lodged by {occasion.sender}", f"报关单 {number} 不是由 {occasion.sender} 申报的")
    elif (state, step) not in NEXT and (state, Step.DELETE) in NEXT:
        yield Complaint("S901", f"declaration {number} is {state}: only customs can change or delete it now", f"报关单 {number} 已放行，只有海关可以修改或删除")
    elif (state, step) not in NEXT:
        yield Complaint("E104", f"declaration {number} was {state}: lodge a new one", f"报关单 {number} 已退单或删单，请重新申报")


def _refused(proceeding: Proceeding, message: Declaration | Cancellation, complaints: tuple[Complaint, ...], content: str = "") -> Iterable[Effect]:
    """Somebody else is told, and neither learns of the declaration nor leaves a trace on it."""
    occasion = proceeding.occasion
    if occasion.sender != proceeding.lodgement.sender:
        return [Send(occasion.sender, _rejection(message, occasion.moment, complaints[0]))]
    proceeding.refuse(complaints, content)
    return proceeding.done()


def _rejection(message: Declaration | Cancellation, moment: datetime, complaint: Complaint) -> Answer:
    """To a message that belongs to no declaration of the sender's."""
    return Answer(AnswerKind.REJECTION, message.reference, "E", "2", message.office, moment, errors=(complaint,))


def _unknown(message: Declaration | Cancellation, occasion: Occasion, view: View) -> Iterable[Effect]:
    """It may have overtaken its declaration: it waits for that."""
    if not occasion.overdue:
        return [_park(((Lodgement.KIND, message.number),), occasion, view)]
    complaint = Complaint("E104", f"there is no declaration {message.number}", f"报关单 {message.number} 不存在")
    return [Send(occasion.sender, _rejection(message, occasion.moment, complaint))]
