"""A partner's agreement: what it may send, how it is checked, delivered and acknowledged.

The table ``TERMS`` is the only list of the terms; ``partner set``, the documentation and ``hub.toml``'s defaults come from it.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vanhub.errors import OperatorError


def _term(default: Any, en: str, zh: str, **rule: Any) -> Any:
    return field(default=default, metadata={"en": en, "zh": zh, **rule})


@dataclass(frozen=True, slots=True)
class Agreement:
    """The terms, each with its default. Empty tuples mean "all"."""

    encoding: str = _term(
        "",
        "character encoding of what the partner sends; empty = as UNB S001 says",
        "来文字符编码；空 = 按 UNB S001",
        choices=("", "utf-8", "gb18030", "iso8859-1"),
    )
    syntax_versions: tuple[str, ...] = _term((), "syntax versions allowed (1-4); empty = all", "允许的语法版本；空 = 全部", choices=("1", "2", "3", "4"))
    types: tuple[str, ...] = _term((), "message types allowed; empty = all that the recipient takes", "允许的报文类型；空 = 收件方接受的全部")
    directories: tuple[str, ...] = _term((), "directories allowed (D.96B); empty = all that the recipient takes", "允许的目录；空 = 收件方接受的全部")
    traffic: str = _term("both", "production, test or both (UNB 0035)", "生产、测试或两者", choices=("production", "test", "both"))
    acceptance: str = _term(
        "partial",
        "partial: good messages are delivered beside rejected ones; all: one bad message rejects the interchange",
        "partial：好报文照常投递；all：一份有误则整体拒收",
        choices=("partial", "all"),
    )
    max_interchange_octets: int = _term(268_435_456, "largest interchange, in octets", "交换最大字节数", least=1024, most=4_294_967_296)
    max_segment_octets: int = _term(1_048_576, "longest segment, in octets", "段最大字节数", least=256, most=67_108_864)
    max_messages: int = _term(200_000, "most messages in an interchange", "交换内最多报文数", least=1, most=999_999)
    max_sessions: int = _term(64, "most sessions open at once, over all gateways", "同时会话上限", least=1, most=10_000)
    max_failed_logins: int = _term(10, "failed logins in ten minutes before the principal must wait", "十分钟内登录失败上限", least=1, most=1_000)
    duplicate_window_days: int = _term(400, "days in which an interchange control reference may not be used again", "参考号不得重用的天数", least=1, most=3_650)
    preparation_window_days: int = _term(
        0, "days that UNB S004 may differ from the hub's clock; 0 = not checked", "UNB S004 与中心时钟允许相差的天数；0 = 不查", least=0, most=3_650
    )
    deliver: bool = _term(False, "send the partner's waiting interchanges on its own TCP sessions", "在其 TCP 会话上主动投递")
    acknowledge: str = _term(
        "always",
        "always: every interchange; requested: only when UNB 0031 asks or something is rejected",
        "always：总是回执；requested：仅在 UNB 0031 要求或有拒收时",
        choices=("always", "requested"),
    )
    language: str = _term("both", "language of explanations: en, zh or both", "说明语言", choices=("en", "zh", "both"))

    def replaced(self, settings: Mapping[str, str]) -> Agreement:
        """This agreement with terms set from texts as the command line gives them (lists comma-separated; an empty text restores a list's "all").

        Raises:
            OperatorError: an unknown term (the nearest known one is named) or a value that the term cannot take.
        """
        return dataclasses.replace(self, **{name: _read(_field(name), text) for name, text in settings.items()})

    def as_texts(self) -> dict[str, str]:
        """Each term as ``replaced`` reads it, in the table's order."""
        return {term.name: _write(getattr(self, term.name)) for term in dataclasses.fields(self)}

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Agreement:
        """The inverse of ``as_texts``; terms that are absent have their defaults."""
        return cls().replaced(texts)


TERMS = dataclasses.fields(Agreement)


def _field(name: str) -> dataclasses.Field[Any]:
    for term in TERMS:
        if term.name == name:
            return term
    nearest = difflib.get_close_matches(name, [term.name for term in TERMS], n=1, cutoff=0.0)
    raise OperatorError(f"an agreement has no term {name!r}; the nearest is {nearest[0]!r}")


def _read(term: dataclasses.Field[Any], text: str) -> Any:
    kind: object = type(term.default)
    rule = term.metadata
    if kind is bool:
        if text.lower() not in {"true", "false"}:
            raise OperatorError(f"{term.name} is true or false, not {text!r}")
        return text.lower() == "true"
    if kind is int:
        try:
            number = int(text)
        except ValueError:
            raise OperatorError(f"{term.name} is a whole number, not {text!r}") from None
        if not rule["least"] <= number <= rule["most"]:
            raise OperatorError(f"{term.name} is {rule['least']} to {rule['most']}, not {number}")
        return number
    values = tuple(part.strip() for part in text.split(",") if part.strip()) if kind is tuple else (text,)
    for value in values:
        if "choices" in rule and value not in rule["choices"]:
            raise OperatorError(f"{term.name} is one of {', '.join(choice or '(empty)' for choice in rule['choices'])}, not {value!r}")
        if not value.isprintable() or len(value) > 200:
            raise OperatorError(f"{term.name}: {value[:40]!r} is not a printable value")
    return values if kind is tuple else text


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)
