"""An answer of somebody else, a CONTRL or an APERAK, in plain words: English, Chinese or both.

First what becomes of the interchange, its groups and messages, each with the faults that are told of it, then what to do next. Whatever came from outside is
shown with its control and invisible characters escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from vanhub.edifact.answers import Answer, Doubt, Fate, Flaw, Outcome
from vanhub.edifact.excerpt import visible
from vanhub.edifact.syntax_errors import ACTIONS, SYNTAX_ERRORS

# An answer may speak of a hundred thousand messages; an explanation is for reading.
_MOST_FATES, _MOST_FLAWS = 1000, 1000
_MISSING = "13"


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences of one language: ``str.format`` templates."""

    column: int
    heading: dict[str, str]
    levels: dict[str, str]
    nowhere: str
    nameless: str
    refers: str
    fate: str
    known: str
    stop: str
    fates: dict[Outcome, str]
    unnamed: dict[Outcome, str]
    action: str
    flaw: str
    no_code: str
    unlisted_code: str
    warning: str
    code: str
    segment: str
    gap: str
    element: str
    component: str
    repetition: str
    between: str
    received: str
    cure: str
    references: str
    texts: str
    others: str
    doubts: dict[Doubt, str]
    next: dict[Outcome, str]
    next_better: str
    next_below: str
    next_other: str
    application: str


_ENGLISH = _Words(
    column=0,
    heading={
        "CONTRL": "CONTRL {message}: about interchange {reference} from {sender} to {recipient}.",
        "APERAK": "APERAK {message}: {recipient} about interchange {reference} from {sender}.",
    },
    nowhere="no place given",
    nameless="What it answers",
    refers="It refers to: {references}.",
    fate="{name}{known}: {text}.",
    known=" ({known})",
    stop=". ",
    levels={
        "interchange": "Interchange {reference}",
        "group": "Group {reference}",
        "message": "Message {reference}",
        "package": "Package {reference}",
        "encrypted": "Encrypted data {reference}",
    },
    fates={
        Outcome.ACKNOWLEDGED: "acknowledged",
        Outcome.RECEIVED: "received",
        Outcome.HELD: "held, to be decided",
        Outcome.OPEN: "not said whether acknowledged or rejected",
        Outcome.REJECTED: "rejected",
    },
    unnamed={
        Outcome.ACKNOWLEDGED: "acknowledged, because it is not named",
        Outcome.RECEIVED: "received with the interchange; nothing more is said",
        Outcome.OPEN: "not named, and nothing follows from that",
        Outcome.REJECTED: "rejected with what it is in",
    },
    action="{text} (0083 is {action})",
    flaw="   {place}: {text}.",
    no_code="no code says why",
    unlisted_code="a code that is in no list",
    warning="a warning",
    code="code {code}",
    segment="segment {segment}",
    gap="after segment {segment}",
    element="element {number}",
    component="component {number}",
    repetition="repetition {number}",
    between=", ",
    received="   Received: {value}",
    cure="   What to do: {cure}.",
    references="   References: {references}.",
    texts="In words: {text}",
    others="Messages not named here: {outcome}: {count}.",
    doubts={
        Doubt.FAULTY: "The answer itself is faulty; this is what can be read of it. Faults: {what}; see them with `vanhub check`.",
        Doubt.OTHER_REFERENCE: "It does not answer the interchange given{what}.",
        Doubt.OTHER_SENDER: "It names another sender than the interchange given, which is from {what}.",
        Doubt.OTHER_RECIPIENT: "It names another recipient than the interchange given, which is for {what}.",
        Doubt.NO_SUCH_MESSAGE: "The interchange given has no message {what}.",
        Doubt.NO_SUCH_PACKAGE: "The interchange given has no package {what}.",
        Doubt.NO_SUCH_SEGMENT: "The message has no segment {what}.",
        Doubt.UNKNOWN_ACTION: "0083 is {what}, which has no meaning.",
    },
    next={
        Outcome.ACKNOWLEDGED: "Next: nothing. Keep the answer as proof. It says that what was sent can be processed, not what the recipient decides about it.",
        Outcome.RECEIVED: "Next: wait. Unless another answer was agreed on, this receipt is all that there will be.",
        Outcome.HELD: "Next: wait for the decision, or ask the recipient; do not send it again meanwhile.",
        Outcome.OPEN: "Next: read the texts, and ask the recipient where they leave doubt.",
        Outcome.REJECTED: "Next: correct what is rejected and send it again, in a new interchange. What is acknowledged must not be sent again.",
    },
    next_better="Next: nothing is to be sent again, but correct what is named here before the next message.",
    next_below="Next: see what the APERAK below says of single messages. This one says that their syntax is good.",
    next_other="Next: look for the interchange that it answers; of the one given it says nothing.",
    application="An APERAK is the word of the recipient's application: the syntax was good enough to be read.",
)

_CHINESE = _Words(
    column=1,
    heading={
        "CONTRL": "CONTRL {message}：答复交换 {reference}，发件方 {sender}，收件方 {recipient}。",
        "APERAK": "APERAK {message}：{recipient} 就交换 {reference} 的答复，发件方 {sender}。",
    },
    nowhere="未指明位置",
    nameless="所答复的内容",
    refers="所引参考号：{references}。",
    fate="{name}{known}：{text}。",
    known="（{known}）",
    stop="。",
    levels={
        "interchange": "交换 {reference}",
        "group": "功能组 {reference}",
        "message": "报文 {reference}",
        "package": "包 {reference}",
        "encrypted": "加密数据 {reference}",
    },
    fates={
        Outcome.ACKNOWLEDGED: "已确认",
        Outcome.RECEIVED: "已收到",
        Outcome.HELD: "已扣留，待决定",
        Outcome.OPEN: "未说明确认或拒收",
        Outcome.REJECTED: "已拒收",
    },
    unnamed={
        Outcome.ACKNOWLEDGED: "未被点名，即已确认",
        Outcome.RECEIVED: "随交换收到，别无说明",
        Outcome.OPEN: "未被点名，不能由此得出结论",
        Outcome.REJECTED: "随其所属一并拒收",
    },
    action="{text}（0083 为 {action}）",
    flaw="   {place}：{text}。",
    no_code="未给出原因代码",
    unlisted_code="该代码不在任何代码表中",
    warning="提示",
    code="代码 {code}",
    segment="段 {segment}",
    gap="段 {segment} 之后",
    element="第 {number} 元素",
    component="第 {number} 成分",
    repetition="第 {number} 次重复",
    between="，",
    received="   收到的值：{value}",
    cure="   处理：{cure}。",
    references="   参考号：{references}。",
    texts="原文：{text}",
    others="此处未列出的报文：{outcome}：{count} 份。",
    doubts={
        Doubt.FAULTY: "答复本身有错误，以下为可读出的部分。错误 {what} 处，可用 `vanhub check` 查看。",
        Doubt.OTHER_REFERENCE: "答复的不是所给的交换{what}。",
        Doubt.OTHER_SENDER: "答复所称的发件方不同，所给交换的发件方为 {what}。",
        Doubt.OTHER_RECIPIENT: "答复所称的收件方不同，所给交换的收件方为 {what}。",
        Doubt.NO_SUCH_MESSAGE: "所给交换中没有报文 {what}。",
        Doubt.NO_SUCH_PACKAGE: "所给交换中没有包 {what}。",
        Doubt.NO_SUCH_SEGMENT: "报文中没有第 {what} 段。",
        Doubt.UNKNOWN_ACTION: "0083 为 {what}，没有这个含义。",
    },
    next={
        Outcome.ACKNOWLEDGED: "下一步：无须处理，请留存此答复为凭。它表明所发内容可以处理，并不表明收件方的业务决定。",
        Outcome.RECEIVED: "下一步：等待。若未约定其他答复，则仅有此收据。",
        Outcome.HELD: "下一步：等待决定或询问收件方，其间请勿重发。",
        Outcome.OPEN: "下一步：阅读原文，如有疑问请询问收件方。",
        Outcome.REJECTED: "下一步：更正被拒收的内容，以新的交换重发。已确认的内容不得重发。",
    },
    next_better="下一步：无须重发，但请在发送下一份报文前更正此处所列问题。",
    next_below="下一步：请看下面 APERAK 对各报文的答复；此处仅表明语法无误。",
    next_other="下一步：请查找它所答复的交换；它未涉及所给的交换。",
    application="APERAK 是收件方应用系统的答复：语法已可读取。",
)


def explain_answer(answer: Answer, *, language: str = "both", has_more: bool = False) -> str:
    """The answer as text, the last line ended too. ``language`` is ``en``, ``zh`` or ``both``: English, then Chinese.

    ``has_more``: it is a CONTRL, and an APERAK about the same interchange is shown after it.
    """
    words = {"en": [_ENGLISH], "zh": [_CHINESE], "both": [_ENGLISH, _CHINESE]}[language]
    return "\n".join(["\n".join(_lines(answer, has_more, each)) + "\n" for each in words])


def _lines(answer: Answer, has_more: bool, words: _Words) -> Iterator[str]:
    named = {"message": answer.message, "reference": answer.reference, "sender": answer.sender, "recipient": answer.recipient}
    yield words.heading[answer.type].format(**{name: _shown(value) for name, value in named.items()})
    for doubt, what in answer.doubts:
        yield words.doubts[doubt].format(what=_doubtful(doubt, what))
    if answer.type == "APERAK":
        yield words.application
    if answer.references:
        yield words.refers.format(references=words.between.join(map(visible, answer.references)))
    for text in answer.texts:
        yield words.texts.format(text=visible(text))
    fates = flaws = 0
    others: Counter[Outcome] = Counter()
    for point in answer.points:
        if isinstance(point, Fate):
            fates += 1
            if fates > _MOST_FATES:
                others[point.outcome] += 1
            else:
                yield _fate(point, words, told=answer.type == "APERAK")
        elif fates <= _MOST_FATES and (flaws := flaws + 1) <= _MOST_FLAWS:
            yield from _flaw(point, words, answer.type)
    for outcome, count in others.items():
        yield words.others.format(outcome=words.fates[outcome], count=count)
    yield _next(answer, has_more, words)


def _next(answer: Answer, has_more: bool, words: _Words) -> str:
    if answer.about_original is False:
        return words.next_other
    if answer.outcome is Outcome.ACKNOWLEDGED:
        if has_more:
            return words.next_below
        if any(isinstance(point, Flaw) and not point.warning for point in answer.points):
            return words.next_better
    return words.next[answer.outcome]


def _doubtful(doubt: Doubt, what: str) -> str:
    return f" ({visible(what)})" if doubt is Doubt.OTHER_REFERENCE and what else visible(what)


def _fate(fate: Fate, words: _Words, *, told: bool) -> str:
    name = words.levels[fate.level].format(reference=visible(fate.reference)) if fate.reference else words.nameless
    details = words.between.join(visible(text) for text in (fate.identifier, fate.number) if text)
    if fate.action:
        meaning = ACTIONS[fate.action][words.column] if fate.action in ACTIONS else words.fates[fate.outcome]
        text = words.action.format(text=meaning, action=visible(fate.action))
    else:
        text = words.fates[fate.outcome] if told else words.unnamed[fate.outcome]
    return words.fate.format(name=name, known=words.known.format(known=details) if details else "", text=text)


def _flaw(flaw: Flaw, words: _Words, type: str) -> Iterator[str]:
    """The place, the segment with its mark, the meaning of the code, what can be done."""
    known = SYNTAX_ERRORS.get(flaw.code) if type == "CONTRL" else None
    place = [words.code.format(code=visible(flaw.code))] if flaw.code else []
    place += [words.warning] if flaw.warning else []
    segment = " ".join([*([str(flaw.position)] if flaw.position is not None else []), *([visible(flaw.segment)] if flaw.segment else [])])
    # What is missing has the place of the last segment before the gap.
    is_gap = known is not None and flaw.code == _MISSING and flaw.position is not None and flaw.element is None
    place += [(words.gap if is_gap else words.segment).format(segment=segment)] if segment else []
    for template, number in ((words.element, flaw.element), (words.component, flaw.component), (words.repetition, flaw.repetition)):
        place += [template.format(number=number)] if number is not None else []
    if known is not None:
        texts = [(known.en, known.zh)[words.column]]
    else:
        texts = [visible(text) for text in flaw.texts] or [words.unlisted_code if flaw.code and type == "CONTRL" else words.no_code]
    yield words.flaw.format(place=words.between.join(place) or words.nowhere, text=words.stop.join(text.rstrip(".。") for text in texts))
    yield from (f"     {line}" for line in flaw.shown)
    for value in flaw.received:
        yield words.received.format(value=visible(value))
    for cure in (visible(each).rstrip(".。") for each in flaw.cures) if known is None else [(known.cure_en, known.cure_zh)[words.column]]:
        yield words.cure.format(cure=cure)
    if flaw.references:
        yield words.references.format(references=words.between.join(map(visible, flaw.references)))


def _shown(text: str) -> str:
    return visible(text) or "?"
