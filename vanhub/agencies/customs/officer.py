"""What an officer of customs says at the desk (``vanhub agency instruct customs VERB KEY=VALUE...``)."""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable, Iterable, Mapping

from vanhub.agencies.answering import senseless, word
from vanhub.agencies.customs.lodgement import NEXT, Lodgement, State, Step, day
from vanhub.agencies.customs.proceeding import Proceeding
from vanhub.agencies.customs.risk import grade
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect
from vanhub.agencies.tariff import Tariff
from vanhub.packed import packed

Words = Mapping[str, str]


def instructed(verb: str, words: Words, tariff: Tariff, occasion: Occasion, view: View) -> Iterable[Effect]:
    """What follows from it.

    Raises:
        Unreadable: no such verb, a word is missing, the declaration is not on record or not in a state for it.
    """
    if verb == "grade":
        return [grade(word(words, "enterprise"), word(words, "class"), view, day(occasion.moment))]
    if verb not in VERBS:
        raise senseless(f"there is no instruction '{verb}'; there are {', '.join((*VERBS, 'grade'))}", f"没有指令“{verb}”")
    lodgement = view.get(Lodgement, word(words, "number"))
    if lodgement is None:
        raise senseless(f"there is no declaration {words['number']}", f"报关单 {words['number']} 不存在")
    proceeding = Proceeding(lodgement, tariff, occasion, view)
    VERBS[verb](proceeding, words)
    return proceeding.done()


def _examined(proceeding: Proceeding, words: Words) -> None:
    """``result=pass``, or ``result=fail code=.. reason=..``: the goods were examined."""
    _found(proceeding, words, State.EXAM)


def _reviewed(proceeding: Proceeding, words: Words) -> None:
    """The same of the documents."""
    _found(proceeding, words, State.MANUAL)


def _found(proceeding: Proceeding, words: Words, state: State) -> None:
    _require_state(proceeding, state)
    result = word(words, "result")
    if result == "pass":
        proceeding.review()
    elif result == "fail":
        code, reason = word(words, "code"), word(words, "reason")
        if code not in error_codes():
            raise senseless(f"there is no code {code} in the list error_codes", f"错误代码表中没有 {code}")
        what_en, what_zh = ("examination of the goods", "查验") if state is State.EXAM else ("review of the documents", "审单")
        proceeding.send_back((Complaint(code, f"{what_en}: {reason}", f"{what_zh}：{reason}"),))
    else:
        raise senseless(f"result is pass or fail, not '{result}'", "result 只能是 pass 或 fail")


def _examine(proceeding: Proceeding, _words: Words) -> None:
    """Whoever looks at the documents wants to see the goods."""
    _require_state(proceeding, State.MANUAL)
    proceeding.examine()


def _delete(proceeding: Proceeding, words: Words) -> None:
    """Delete the declaration, whatever has become of it; ``reason=..`` is told to the declarant."""
    lodgement = proceeding.lodgement
    if (lodgement.state, Step.DELETE) not in NEXT:
        raise senseless(f"declaration {lodgement.number} is {lodgement.state}: there is nothing to delete", f"报关单 {lodgement.number} 已退单或删单")
    proceeding.delete(word(words, "reason"))


VERBS: Mapping[str, Callable[[Proceeding, Words], None]] = {"reviewed": _reviewed, "examined": _examined, "examine": _examine, "delete": _delete}
"""Each wants ``number=``, the declaration's. ``grade enterprise=CODE class=CLASS`` is of no declaration."""


@functools.cache
def error_codes() -> frozenset[str]:
    """The list of national error codes."""
    with (packed("schemas") / "codes" / "error_codes.csv").open(encoding="utf-8", newline="") as lines:
        return frozenset(row["code"] for row in csv.DictReader(lines))


def _require_state(proceeding: Proceeding, state: State) -> None:
    lodgement = proceeding.lodgement
    if lodgement.state is not state:
        raise senseless(f"declaration {lodgement.number} is {lodgement.state}, not {state}", f"报关单 {lodgement.number} 的状态不允许此操作")
