"""Guides as text for a terminal and as JSON: the list of all, and one in words. Text and JSON say the same facts; nothing is printed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.load import GuideSet
from vanhub.directory.guides.model import Condition, ElementRule, Guide, Head, Match, Rule, Use

_ANY = "any"


def list_lines(guides: GuideSet) -> list[str]:
    """A table: name, message type, directory, association code, BGM 1001 and 1225, title."""
    rows = [["guide", "message", "directory", "0057", "1001", "1225", "title"]]
    rows += [
        [head.name, head.message, head.directory, head.association or _ANY, _of(head.documents), _of(head.functions), head.title.en] for head in guides.heads()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def list_json(guides: GuideSet) -> list[dict[str, Any]]:
    """One object a guide: what it is for and where its rules are from."""
    return [_head_json(head) for head in guides.heads()]


def guide_lines(guide: Guide) -> list[str]:
    """What a guide is for; each use with what it says of its elements; the rules."""
    head = guide.head
    lines = [
        f"{head.name}: {head.message} {head.directory}, {head.title.en} ({head.title.zh})",
        f"for association code {head.association or _ANY}, document name {_of(head.documents)}, function {_of(head.functions)}",
        f"source: {head.source}",
        "what is not listed is not used" if guide.closed else "what is not listed is as in the directory",
    ]
    for use in guide.uses:
        most = f", at most {use.most}" if use.most else ""
        lines += ["", f"{use.label}{_within(use)}: {use.status}{most}. {use.name.en} ({use.name.zh})"]
        lines += [f"  {rule.name.en}: {', '.join(_asked(rule))}" for rule in use.elements]
    for rule in guide.rules:
        lines += ["", f"rule {rule.name}: {rule.text.en} ({rule.text.zh})", *(f"  {line}" for line in _rule_lines(rule))]
    return lines


def guide_json(guide: Guide) -> dict[str, Any]:
    """The head, ``closed``, ``uses`` and ``rules``. Places and conditions are as they are sent: ``LOC+22``, ``DOC+811 (SG5)``."""
    return {
        **_head_json(guide.head),
        "closed": guide.closed,
        "uses": [
            {
                "at": use.at,
                "place": use.label,
                "within": {match.spot.id: sorted(match.values) for match in use.within},
                "name_en": use.name.en,
                "name_zh": use.name.zh,
                "status": use.status.value,
                "most": use.most or None,
                "elements": [_element_json(rule) for rule in use.elements],
            }
            for use in guide.uses
        ],
        "rules": [
            {
                "name": rule.name,
                "text_en": rule.text.en,
                "text_zh": rule.text.zh,
                **{key: [_condition(each) for each in several] for key, several in _parts(rule)},
            }
            for rule in guide.rules
        ],
    }


def _head_json(head: Head) -> dict[str, Any]:
    return {
        "name": head.name,
        "title_en": head.title.en,
        "title_zh": head.title.zh,
        "message": head.message,
        "directory": head.directory,
        "association": head.association,
        "documents": list(head.documents),
        "functions": list(head.functions),
        "source": head.source,
    }


def _element_json(rule: ElementRule) -> dict[str, Any]:
    return {
        "id": rule.spot.id,
        "name_en": rule.name.en,
        "name_zh": rule.name.zh,
        "status": rule.status.value,
        "codes": None if rule.codes is None else list(rule.codes),
        "list": None if rule.list is None else rule.list.codes.name,
        "form": _form(rule),
    }


def _asked(rule: ElementRule) -> Iterator[str]:
    yield rule.status.value
    if rule.codes is not None:
        yield f"one of {' '.join(rule.codes)}"
    form = _form(rule)
    if form is not None:
        yield f"written as {form}"
    if rule.list is not None:
        prefix = f"its first {rule.list.prefix} characters " if rule.list.prefix else ""
        yield f"{prefix}in the list {rule.list.codes.name} ({rule.list.codes.title_en}{', partial' if rule.list.codes.partial else ''})"


def _form(rule: ElementRule) -> str | None:
    return rule.form.text.en if isinstance(rule.form, Form) else None if rule.form is None else str(rule.form)


def _within(use: Use) -> str:
    return f" where the group has {' and '.join(map(_match, use.within))}" if use.within else ""


def _match(match: Match) -> str:
    return f"{match.spot.id} {'/'.join(sorted(match.values))}"


def _parts(rule: Rule) -> Iterator[tuple[str, Sequence[Condition]]]:
    yield from (("if", rule.conditions), ("then", rule.then), ("then_any", rule.any), ("then_not", rule.never))


def _rule_lines(rule: Rule) -> Iterator[str]:
    words = {"if": "if there is", "then": "there is", "then_any": "there is one of", "then_not": "there is no"}
    for key, several in _parts(rule):
        if several:
            yield f"{words[key]} {', '.join(map(_condition, several))}"


def _condition(condition: Condition) -> str:
    return condition.label + (f" with {', '.join(spot.id for spot in condition.filled)}" if condition.filled else "")


def _of(codes: Iterable[str]) -> str:
    return " ".join(codes) or _ANY
