"""What a guide finds in a message that is good EDIFACT: faults of an agency's subset, never of syntax.

A guide (message implementation guideline) narrows a directory's message for one use. Its faults reject nothing by
themselves: the route says whether such a message is delivered all the same, held or refused, and the sender is told by an APERAK whose
ERC carries the national error code of each fault, in the same interchange as the CONTRL.

``GuideFaultKind`` is the only place where such a fault is tied to its words.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from vanhub.edifact.faults import Words


@dataclass(frozen=True, slots=True)
class GuideWording:
    """The words of one kind of guide fault; ``str.format`` templates as those of ``Wording``. ``code`` is 9321 where the guide names no other."""

    code: str
    en: str
    zh: str
    repair_en: str
    repair_zh: str


class GuideFaultKind(enum.Enum):
    """Every kind of guide fault, by its wording. ``{name}`` is what the guide calls the place, in the language of the text."""

    SEGMENT_REQUIRED = GuideWording("E105", "{name} ({place}) is required and not there", "缺少必填项 {name}（{place}）", "add {place}", "请补充 {place}")
    SEGMENT_NOT_USED = GuideWording("E106", "{place} is not used here", "此处不使用 {place}", "leave it out", "请删除")
    SEGMENT_REPEATED = GuideWording(
        "E107", "{name} ({place}) comes more than {most} times", "{name}（{place}）超过 {most} 次", "remove the excess", "请删除多余部分"
    )
    ELEMENT_REQUIRED = GuideWording("E108", "{element} is required in {name}", "{name} 中须填 {element}", "fill it in", "请补充")
    ELEMENT_NOT_USED = GuideWording("E109", "{element} is not used in {name}", "{name} 中不使用 {element}", "leave it out", "请删除")
    CODE_NOT_ALLOWED = GuideWording(
        "E102", "{value} is not allowed for {element} in {name}; allowed: {allowed}", "{name} 的 {element} 不允许 {value}；允许：{allowed}", "{hint}", "{hint}"
    )
    CODE_NOT_IN_LIST = GuideWording(
        "E102", "{value} is not in the list {list} ({element} in {name})", "{value} 不在代码表 {list} 中（{name} 的 {element}）", "{hint}", "{hint}"
    )
    CODE_NOT_VALID = GuideWording(
        "E111",
        "{value} of the list {list} was not valid on {date} ({element} in {name})",
        "代码表 {list} 的 {value} 在 {date} 无效（{name} 的 {element}）",
        "it is valid {valid}",
        "有效期：{valid}",
    )
    FORM = GuideWording(
        "E112",
        "{value} has not the form of {element} in {name}: {form}",
        "{name} 的 {element} 格式应为 {form}，不是 {value}",
        "write {form}",
        "请按 {form} 填写",
    )
    RULE = GuideWording("E110", "{rule}", "{rule}", "{repair}", "{repair}")

    def __init__(self, *_: object) -> None:
        # Two kinds may have equal wording values only by mistake: enum would silently make them aliases.
        if any(self.value == other.value for other in type(self)):
            raise ValueError(f"{self.name} repeats the wording of another kind")


@dataclass(frozen=True, slots=True)
class GuideFault:
    """One guide fault at its place.

    ``message`` is the 0-based index into the report's messages, ``guide`` the guide's name, ``code`` the national error code (9321). ``warning``: the
    guide knows only part of a list, or advises: such a fault is told and has no consequence. The other fields are as in ``Fault``; for what is
    missing the place is the segment before the gap. ``params`` are words for the texts, ``params_zh`` those that differ in Chinese.
    """

    kind: GuideFaultKind
    code: str
    guide: str
    message: int
    segment: str
    segment_position: int
    offset: int
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    value: str | None = None
    warning: bool = False
    params: dict[str, str] = field(default_factory=dict)
    params_zh: dict[str, str] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """What is wrong, in ``"en"`` or ``"zh"``."""
        wording: GuideWording = self.kind.value
        return self._fill(wording.zh if language == "zh" else wording.en, language)

    def repair(self, language: str = "en") -> str:
        """A likely cure, in ``"en"`` or ``"zh"``; may be empty."""
        wording: GuideWording = self.kind.value
        return self._fill(wording.repair_zh if language == "zh" else wording.repair_en, language)

    def _fill(self, template: str, language: str) -> str:
        words = Words(self.params)
        if language == "zh":
            words.update(self.params_zh)
        words.update(value=self.value or "", segment=self.segment)
        return template.format_map(words).strip()
