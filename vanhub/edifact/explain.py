"""A report in plain words, in English, Chinese or both: CONTRL's twin for people.

The verdict comes first, then what happens to each message, then every listed fault with its code, its place, the segment
with a marker under the place, the rule and a likely cure; then, in the same way, what guides found.

Whatever came from outside (values, references, the segments themselves) is shown with its control and invisible characters escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from vanhub.edifact.excerpt import Excerpts, Peek, visible
from vanhub.edifact.faults import Fault, FaultKind, Wording
from vanhub.edifact.guide_faults import GuideFault, GuideFaultKind
from vanhub.edifact.report import Disposition, Kind, MessageReport, Report, Verdict

_GAPS = frozenset({FaultKind.SEGMENT_MISSING, FaultKind.GROUP_MISSING, FaultKind.TRAILER_MISSING})
# Up to this many messages are named one by one even where nothing is wrong with them.
_FEW = 20
# No more messages than this are named: an explanation is for reading, and an interchange may hold a hundred thousand.
_MOST_NAMED = 1000


def explain_report(
    report: Report, peek: Peek, *, language: str = "both", encoding: str = "", dispositions: Mapping[int, Disposition] = MappingProxyType({})
) -> str:
    """The report as text: lines of about a hundred columns, the last one ended too. ``language`` is ``en``, ``zh`` or ``both``: English, then Chinese.

    ``encoding`` is the codec agreed for what the partner sends, empty where UNB says it; bytes that it cannot decode are shown as escapes. ``dispositions``
    say what became of messages that break their guide, by their indexes; those refused are rejected in ``report``.
    """
    words = {"en": [_ENGLISH], "zh": [_CHINESE], "both": [_ENGLISH, _CHINESE]}[language]
    shown = Excerpts(report, peek, encoding)
    found: list[Fault | GuideFault] = [*report.faults, *report.guide_faults]
    excerpts = [shown.at(fault.offset, fault.element, fault.component) for fault in found]
    fates = _Fates.of(report, dispositions)
    return "\n".join(["\n".join(_lines(report, fates, excerpts, each)) + "\n" for each in words])


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences of one language: ``str.format`` templates."""

    language: str
    verdicts: dict[Verdict, str]
    held: str
    unreadable: str
    fate: dict[Verdict, str]
    guided: dict[Disposition, str]
    message: str
    no_message: str
    measured: str
    kinds: dict[Kind, str]
    others: str
    others_rejected: str
    heading: str
    unlisted: str
    guide_heading: str
    guide_unlisted: str
    counting: str
    guide: str
    warning: str
    code: str
    interchange: str
    group: str
    segment: str
    gap: str
    element: str
    component: str
    repetition: str
    byte: str
    between: str
    repair: str


_ENGLISH = _Words(
    language="en",
    verdicts={
        Verdict.ACCEPTED: "ACCEPTED: interchange {reference} from {sender} to {recipient}; accepted for delivery: {accepted} of {total} messages{held}.",
        Verdict.PARTLY: "PARTLY ACCEPTED: interchange {reference} from {sender} to {recipient}; accepted for delivery: {accepted} of {total} messages{held}, rejected: {rejected}.",
        Verdict.REJECTED: "REJECTED: interchange {reference} from {sender} to {recipient}; nothing of it is delivered.",
    },
    held=", held: {count}",
    unreadable="REJECTED: no interchange can be read from this; nothing of it is delivered.",
    fate={Verdict.ACCEPTED: "accepted for delivery", Verdict.REJECTED: "rejected, not delivered"},
    guided={
        Disposition.DELIVERED: "accepted for delivery, though it breaks its guide",
        Disposition.HELD: "accepted and held for breaking a guide: an operator decides whether it is delivered",
        Disposition.REFUSED: "refused for breaking a guide, not delivered; its syntax is acknowledged",
    },
    message="{name} ({type} {directory}): {fate}; faults: {faults}.",
    no_message="{name}: {fate}; faults: {faults}.",
    measured="; against guide {guide}: {count}.",
    kinds={Kind.MESSAGE: "message {reference}", Kind.PACKAGE: "package {reference}", Kind.ENCRYPTED: "encrypted data {reference}"},
    others="Messages accepted and not named here: {count}.",
    others_rejected="Messages rejected and not named here: {count}.",
    heading="Faults: {count}. Elements are counted as in CONTRL: the tag is element 1.",
    unlisted="Faults not listed: {count}.",
    guide_heading="Against the guides: {count}. These are not faults of syntax.",
    guide_unlisted="Guide faults not listed: {count}.",
    counting="{number}.",
    guide="guide {guide}",
    warning="warning",
    code="code {code}",
    interchange="interchange",
    group="group {reference}",
    segment="segment {position} {tag}",
    gap="after segment {position}",
    element="element {number}",
    component="component {number}",
    repetition="repetition {number}",
    byte="byte {offset}",
    between=", ",
    repair="Likely repair: {repair}",
)

_CHINESE = _Words(
    language="zh",
    verdicts={
        Verdict.ACCEPTED: "已接受：交换 {reference}，发件方 {sender}，收件方 {recipient}；共 {total} 份报文，投递 {accepted} 份{held}。",
        Verdict.PARTLY: "部分接受：交换 {reference}，发件方 {sender}，收件方 {recipient}；共 {total} 份报文，投递 {accepted} 份{held}，拒收 {rejected} 份。",
        Verdict.REJECTED: "已拒收：交换 {reference}，发件方 {sender}，收件方 {recipient}；其中任何报文均不投递。",
    },
    held="，暂扣 {count} 份",
    unreadable="已拒收：从中读不出任何交换；不作任何投递。",
    fate={Verdict.ACCEPTED: "接受，予以投递", Verdict.REJECTED: "拒收，不予投递"},
    guided={
        Disposition.DELIVERED: "不符合实施指南，仍予投递",
        Disposition.HELD: "已接受，因不符合实施指南而暂扣，由运营方决定是否投递",
        Disposition.REFUSED: "因不符合实施指南而拒收，不予投递；其语法已予确认",
    },
    message="{name}（{type} {directory}）：{fate}；错误 {faults} 处。",
    no_message="{name}：{fate}；错误 {faults} 处。",
    measured="；不符合指南 {guide} {count} 处。",
    kinds={Kind.MESSAGE: "报文 {reference}", Kind.PACKAGE: "包 {reference}", Kind.ENCRYPTED: "加密数据 {reference}"},
    others="此处未列出的已接受报文：{count} 份。",
    others_rejected="此处未列出的已拒收报文：{count} 份。",
    heading="错误 {count} 处。元素按 CONTRL 的方式计数：段标识为第 1 元素。",
    unlisted="另有 {count} 处错误未列出。",
    guide_heading="不符合实施指南 {count} 处。这些不是语法错误。",
    guide_unlisted="另有 {count} 处不符合实施指南未列出。",
    counting="{number}.",
    guide="指南 {guide}",
    warning="提示",
    code="代码 {code}",
    interchange="交换",
    group="功能组 {reference}",
    segment="第 {position} 段 {tag}",
    gap="第 {position} 段之后",
    element="第 {number} 元素",
    component="第 {number} 成分",
    repetition="第 {number} 次重复",
    byte="字节 {offset}",
    between="，",
    repair="建议：{repair}",
)


def _lines(report: Report, fates: _Fates, excerpts: Sequence[Sequence[str]], words: _Words) -> Iterator[str]:
    header = report.header
    named = header.reference or str(header.sender) or str(header.recipient) or report.messages
    yield (words.verdicts[report.verdict] if named or report.verdict is not Verdict.REJECTED else words.unreadable).format(
        reference=_named(header.reference),
        sender=_named(str(header.sender)),
        recipient=_named(str(header.recipient)),
        total=len(report.messages),
        accepted=len(report.messages) - fates.rejected - fates.held,
        held=words.held.format(count=fates.held) if fates.held else "",
        rejected=fates.rejected,
    )
    yield from fates.lines(words)
    if report.faults:
        yield ""
        yield words.heading.format(count=report.faults_total)
    for number, (fault, shown) in enumerate(zip(report.faults, excerpts, strict=False), start=1):
        yield from _fault_lines(number, _place(fault, report, words), shown, _sentence(fault, words), fault.repair(words.language), words)
    if report.faults_total > len(report.faults):
        yield ""
        yield words.unlisted.format(count=report.faults_total - len(report.faults))
    if report.guide_faults_total:
        yield ""
        yield words.guide_heading.format(count=report.guide_faults_total)
    for number, (found, shown) in enumerate(zip(report.guide_faults, excerpts[len(report.faults) :], strict=True), start=1):
        yield from _fault_lines(number, _guide_place(found, report, words), shown, _guide_sentence(found, words), found.repair(words.language), words)
    if report.guide_faults_total > len(report.guide_faults):
        yield ""
        yield words.guide_unlisted.format(count=report.guide_faults_total - len(report.guide_faults))


def _fault_lines(number: int, place: Iterable[str], shown: Iterable[str], sentence: str, repair: str, words: _Words) -> Iterator[str]:
    yield ""
    yield f"{words.counting.format(number=number)} {words.between.join(place)}"
    yield from (f"     {line}" for line in shown)
    yield f"   {sentence}"
    if repair:
        yield f"   {words.repair.format(repair=_ended(visible(repair), words))}"


@dataclass(frozen=True, slots=True)
class _Fates:
    """What happens to the messages: to each that is named (with the number of its faults), and how many others there are."""

    named: list[tuple[MessageReport, Disposition | None, int]]
    rejected: int
    held: int
    others_accepted: int
    others_rejected: int

    @classmethod
    def of(cls, report: Report, dispositions: Mapping[int, Disposition]) -> _Fates:
        """Where there are many messages, those are named that are not simply accepted, up to ``_MOST_NAMED``."""
        counts = Counter([fault.message for fault in report.faults])
        few = len(report.messages) <= _FEW
        # Where all is rejected, the first sentence said so already of the messages without faults of their own.
        worth_naming = [
            (message, dispositions.get(index), counts[index])
            for index, message in enumerate(report.messages)
            if few or index in counts or index in dispositions or (message.verdict is Verdict.REJECTED and report.verdict is not Verdict.REJECTED)
        ]
        named = worth_naming[:_MOST_NAMED]
        rejected = _rejected(report.messages)
        named_rejected = _rejected([message for message, _, _ in named])
        others_rejected = rejected - named_rejected if len(named) < len(worth_naming) else 0
        held = list(dispositions.values()).count(Disposition.HELD)
        return cls(named, rejected, held, len(report.messages) - rejected - len(named) + named_rejected, others_rejected)

    def lines(self, words: _Words) -> Iterator[str]:
        for message, disposition, faults in self.named:
            name = _message_name(message, words)
            line = (words.message if message.kind is Kind.MESSAGE else words.no_message).format(
                name=name[:1].upper() + name[1:],
                type=_named(message.type),
                directory=_named(_identified(message)),
                fate=words.guided[disposition] if disposition is not None else words.fate[message.verdict],
                faults=faults,
            )
            yield line[:-1] + words.measured.format(guide=message.guide, count=message.guide_faults + message.guide_warnings) if message.guide else line
        if self.others_accepted:
            yield words.others.format(count=self.others_accepted)
        if self.others_rejected:
            yield words.others_rejected.format(count=self.others_rejected)


def _rejected(messages: Sequence[MessageReport]) -> int:
    return len([message for message in messages if message.verdict is Verdict.REJECTED])


def _identified(message: MessageReport) -> str:
    return message.directory if message.version or message.release else ""


def _place(fault: Fault, report: Report, words: _Words) -> Iterator[str]:
    """The code and the place, from the outside in."""
    yield words.code.format(code=fault.code(report.header.syntax_version))
    if fault.message is not None:
        yield _message_name(report.messages[fault.message], words)
    elif fault.group is not None:
        yield words.group.format(reference=_named(report.groups[fault.group].reference))
    else:
        yield words.interchange
    yield from _within_message(fault, fault.kind in _GAPS, words)


def _guide_place(fault: GuideFault, report: Report, words: _Words) -> Iterator[str]:
    yield words.guide.format(guide=fault.guide)
    if fault.warning:
        yield words.warning
    yield words.code.format(code=fault.code)
    yield _message_name(report.messages[fault.message], words)
    yield from _within_message(fault, fault.kind is GuideFaultKind.SEGMENT_REQUIRED, words)


def _message_name(message: MessageReport, words: _Words) -> str:
    return words.kinds[message.kind].format(reference=_named(message.reference))


def _within_message(fault: Fault | GuideFault, is_gap: bool, words: _Words) -> Iterator[str]:
    """Segment, element and byte. What is missing has the place of the segment before the gap, which is not the one that the fault names."""
    if fault.segment:
        yield (words.gap if is_gap else words.segment).format(position=fault.segment_position, tag=_named(fault.segment))
    for template, number in ((words.element, fault.element), (words.component, fault.component), (words.repetition, fault.repetition)):
        if number is not None:
            yield template.format(number=number)
    yield words.byte.format(offset=fault.offset)


def _guide_sentence(fault: GuideFault, words: _Words) -> str:
    """As it is worded: it begins with a value, or with what the guide calls something."""
    return _ended(visible(fault.text(words.language)), words)


def _sentence(fault: Fault, words: _Words) -> str:
    """The rule with a full stop and, where the language has any, a capital. What the interchange itself says keeps its case."""
    text = visible(fault.text(words.language))
    wording: Wording = fault.kind.value
    quoted = wording.en.startswith(("{value}", "{segment}"))
    return _ended(text if quoted or words.language != "en" else text[:1].upper() + text[1:], words)


def _ended(text: str, words: _Words) -> str:
    """With a full stop, unless it ends like a sentence already."""
    if text.endswith((".", "?", "!", "。", "？", "！")):
        return text
    return text + ("." if words.language == "en" else "。")


def _named(text: str) -> str:
    return visible(text) or "?"
