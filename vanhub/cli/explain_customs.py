"""What customs answers (CUSRES), in plain words: English, Chinese or both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.message import read_interchange
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.edifact.answers import Original, Outcome
from vanhub.edifact.excerpt import visible


@dataclass(frozen=True, slots=True)
class CustomsAnswer:
    """A CUSRES in an interchange: ``message`` 0062, ``sender`` as in UNB; ``answer``, or, where it does not say what customs' answers say, ``unreadable``: why. ``about_original``: whether it is about a document of
    the interchange at hand, None where there is none at hand.
    """

    message: str
    sender: str
    answer: Answer | None
    unreadable: tuple[Complaint, ...] = ()
    about_original: bool | None = None

    @property
    def outcome(self) -> Outcome:
        if self.answer is None:
            return Outcome.OPEN
        return Outcome.REJECTED if self.answer.errors else _meaning(self.answer).outcome

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "type": Answer.TYPE,
            "message": self.message,
            "sender": self.sender,
            "outcome": self.outcome,
            "about_original": self.about_original,
        }
        if self.answer is None:
            return {**told, "unreadable": [_complaint(each) for each in self.unreadable]}
        answer = self.answer
        return {
            **told,
            "kind": answer.kind,
            "reference": answer.reference,
            "number": answer.number,
            "receipt": answer.receipt,
            "bills_of_lading": answer.bills_of_lading,
            "bill": answer.bill,
            "due": answer.due.isoformat() if answer.due else None,
            "taxes": {kind: str(amount) for kind, amount in answer.taxes},
            "errors": [_complaint(each) for each in answer.errors],
            "remarks": answer.remarks,
        }


def read_customs(data: bytes, original: Original | None) -> Iterator[CustomsAnswer]:
    """Every CUSRES in an interchange. Raises ``ValueError`` where ``data`` is none."""
    interchange = read_interchange(data)
    for message in interchange.messages:
        if message.type == Answer.TYPE:
            told = CustomsAnswer(message.reference, str(interchange.sender), None)
            try:
                answer = Answer.parse(message)
            except Unreadable as error:
                yield replace(told, unreadable=error.complaints)
            else:
                about = None if original is None else original.find_named([answer.reference, answer.number]) is not None
                yield replace(told, answer=answer, about_original=about)


def explain_customs(told: CustomsAnswer, *, language: str) -> str:
    """As text, the last line ended too. ``language`` is ``en``, ``zh`` or ``both``."""
    words = {"en": [_ENGLISH], "zh": [_CHINESE], "both": [_ENGLISH, _CHINESE]}[language]
    return "\n".join("".join(f"{line}\n" for line in _lines(told, each)) for each in words)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Of a receipt: what it says and what to do, in English and Chinese."""

    outcome: Outcome
    says: tuple[str, str]
    next: tuple[str, str]


_WAIT = ("wait for customs' next answer", "等待海关下一步答复")
_NOTHING = ("nothing", "无须处理")
_CORRECT = ("correct what is named and send it again, in a new interchange", "更正后以新的交换重发")
_DECLARATION = {
    "L": _Meaning(Outcome.RECEIVED, ("received; nothing is decided yet", "海关已接收，尚未作出决定"), _WAIT),
    "G": _Meaning(Outcome.ACKNOWLEDGED, ("reviewed; everything agrees", "报关单已审结"), _WAIT),
    "H": _Meaning(Outcome.HELD, ("an officer looks at the documents", "转人工审单"), ("have the documents at hand", "备好单证")),
    "C": _Meaning(Outcome.HELD, ("the goods are to be examined", "货物须查验"), ("present the goods", "配合查验")),
    "T": _Meaning(
        Outcome.HELD, ("there are duties and taxes to pay", "须缴税费"), ("pay the bill in time; then the goods are released", "按期缴款，缴清后放行")
    ),
    "P": _Meaning(Outcome.ACKNOWLEDGED, ("released", "海关已放行"), _NOTHING),
    "R": _Meaning(Outcome.ACKNOWLEDGED, ("closed", "已结关"), _NOTHING),
    "D": _Meaning(Outcome.ACKNOWLEDGED, ("the declaration is deleted; what it held is free again", "报关单已删除，所占用的额度已恢复"), _NOTHING),
    "E": _Meaning(Outcome.REJECTED, ("returned: something is wrong", "海关退单"), _CORRECT),
}
_CARGO = {
    "01": _Meaning(Outcome.ACKNOWLEDGED, ("accepted", "海关接受申报"), _NOTHING),
    "02": _Meaning(Outcome.HELD, ("an officer looks at it", "待人工审核"), _WAIT),
    "03": _Meaning(Outcome.REJECTED, ("returned: something is wrong", "退单"), _CORRECT),
    "11": _Meaning(Outcome.ACKNOWLEDGED, ("bills of lading released", "提运单放行"), _NOTHING),
    "12": _Meaning(Outcome.REJECTED, ("may not be loaded", "拒装"), ("do not load; ask customs", "不得装运，请询海关")),
    "13": _Meaning(Outcome.REJECTED, ("may not be discharged", "禁卸"), ("do not discharge; ask customs", "不得卸货，请询海关")),
}
_UNKNOWN = _Meaning(Outcome.OPEN, ("a receipt whose meaning is not known here", "含义未知的回执"), ("ask customs what it means", "请询海关"))


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences of one language: ``str.format`` templates."""

    column: int
    declaration: str
    cargo: str
    number: str
    bills: str
    receipt: str
    error: str
    item: str
    bill: str
    tax: str
    between: str
    remark: str
    next: str
    other: str
    unreadable: str
    taxes: dict[str, str]


_ENGLISH = _Words(
    0,
    "CUSRES {message}: {sender} about declaration {reference}{number}.",
    "CUSRES {message}: {sender} about manifest {reference}{number}{bills}.",
    " ({number})",
    ", bill of lading {bills}",
    "Receipt {receipt}: {says}.",
    "   code {code}{item}: {text}",
    ", item {item}",
    "   Bill {bill}, to pay until {due}: {total} CNY ({taxes}).",
    "{name} {amount}",
    ", ",
    "   {remark}",
    "Next: {next}.",
    "It is about no document of the interchange given.",
    "CUSRES {message} of {sender} does not say what an answer of customs says:",
    {"CUD": "customs duty", "VAT": "value added tax", "EXC": "excise", "OTH": "fee for late declaration"},
)
_CHINESE = _Words(
    1,
    "CUSRES {message}：{sender} 对报关单 {reference}{number} 的答复。",
    "CUSRES {message}：{sender} 对舱单 {reference}{number}{bills} 的答复。",
    "（{number}）",
    "，提运单 {bills}",
    "回执 {receipt}：{says}。",
    "   代码 {code}{item}：{text}",
    "，第 {item} 项",
    "   缴款书 {bill}，缴款期限 {due}：{total} 元（{taxes}）。",
    "{name} {amount}",
    "、",
    "   {remark}",
    "下一步：{next}。",
    "答复的不是所给交换中的单证。",
    "CUSRES {message}（{sender}）不是海关回执的写法：",
    {"CUD": "关税", "VAT": "增值税", "EXC": "消费税", "OTH": "滞报金"},
)


def _lines(told: CustomsAnswer, words: _Words) -> Iterator[str]:
    named = {"message": visible(told.message), "sender": visible(told.sender)}
    answer = told.answer
    if answer is None:
        yield words.unreadable.format(**named)
        yield from _errors(told.unreadable, words)
        return
    named["reference"] = visible(answer.reference)
    named["number"] = words.number.format(number=visible(answer.number)) if answer.number else ""
    if answer.kind is AnswerKind.CARGO:
        bills = words.between.join(map(visible, answer.bills_of_lading))
        yield words.cargo.format(**named, bills=words.bills.format(bills=bills) if bills else "")
    else:
        yield words.declaration.format(**named)
    if told.about_original is False:
        yield words.other
    meaning = _meaning(answer)
    yield words.receipt.format(receipt=visible(answer.receipt), says=meaning.says[words.column])
    yield from _errors(answer.errors, words)
    if answer.bill and answer.taxes:
        taxes = words.between.join(words.tax.format(name=words.taxes.get(kind, visible(kind)), amount=f"{amount:,.2f}") for kind, amount in answer.taxes)
        total = sum((amount for _, amount in answer.taxes), Decimal(0))
        yield words.bill.format(bill=visible(answer.bill), due=answer.due or "?", total=f"{total:,.2f}", taxes=taxes)
    for remark in answer.remarks:
        yield words.remark.format(remark=visible(remark))
    yield words.next.format(next=meaning.next[words.column])


def _errors(errors: Iterable[Complaint], words: _Words) -> Iterator[str]:
    for error in errors:
        text = (error.text_en, error.text_zh)[words.column] or error.text_en or error.text_zh
        item = words.item.format(item=error.item) if error.item is not None else ""
        yield words.error.format(code=visible(error.code), item=item, text=visible(text))


def _meaning(answer: Answer) -> _Meaning:
    return (_CARGO if answer.kind is AnswerKind.CARGO else _DECLARATION).get(answer.receipt, _UNKNOWN)


def _complaint(complaint: Complaint) -> dict[str, Any]:
    return {"code": complaint.code, "text_en": complaint.text_en, "text_zh": complaint.text_zh, "item": complaint.item}
