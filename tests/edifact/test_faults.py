"""The table of faults is total: codes, clause and words for every kind, an example of each, and every row of the agreed table "which code" is in it."""

from __future__ import annotations

import re
import string
from collections.abc import Callable

import pytest

from tests.exchange.interchanges import HUB, NOW, Letter, principal, registry, trader, write
from vanhub.directory.check import CheckLimits, check_interchange
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.edifact.faults import Fault, FaultKind, Level, Wording
from vanhub.exchange.admission import decide_admission
from vanhub.exchange.duplicates import refuse_conflict
from vanhub.packed import packed
from vanhub.values.principal import Principal

K = FaultKind

BODY = "UNH+1+CUSDEC:D:96B:UN'BGM+929+I1+9'LOC+9+CNSHA::5'UNS+D'CST+1'MEA+WT+AAB+KGM:100'UNS+S'UNT+8+1'"
BATCH = f"UNB+UNOC:3+S:ZZ+R:ZZ+260101:1200+R1'{BODY}UNZ+1+R1'"
BATCH_4 = BATCH.replace("UNOC:3", "UNOC:4").replace("260101", "20260101")
GROUPED = f"UNB+UNOC:3+S:ZZ+R:ZZ+260101:1200+R1'UNG+CUSDEC+S+R+260101:1200+G1+UN+D:96B'{BODY}UNE+1+G1'UNZ+1+R1'"
HEADER_4 = "UNB+UNOC:4+S:ZZ+R:ZZ+20260101:1200+R1'"
PACKAGE = HEADER_4 + "UNO+P1+1:X+2:X+5'HELLOUNP+5+P1'UNZ+1+R1'"
ENCRYPTED = HEADER_4 + "USH+4+S1'USD+5+E1'HELLOUSU+5+E1'UST+S1+4'UNZ+1+R1'"
SECURED = BATCH_4.replace("UN'BGM", "UN'USH+1+S1'BGM").replace("UNT+8", "UST+S1+2'UNT+10")
INTERACTIVE = "UIB+UNOA:4+R1+++1+S:ZZ+R:ZZ'UIH+1+1'UIT+1+2'UIZ+R1+1'"


def checked(data: str, **limits: int) -> tuple[Fault, ...]:
    return check_interchange(data.encode("latin-1"), directories(), limits=CheckLimits(**limits)).faults


_OPENED: list[SchemaDirectories] = []


def directories() -> SchemaDirectories:
    if not _OPENED:
        _OPENED.append(open_directories(packed("schemas")))
    return _OPENED[0]


def changed(old: str, new: str, of: str = BATCH) -> Callable[[], tuple[Fault, ...]]:
    assert of.count(old) >= 1, old
    return lambda: checked(of.replace(old, new, 1))


def admitted(who: Principal | None = None, **written: str) -> Callable[[], tuple[Fault, ...]]:
    def admit() -> tuple[Fault, ...]:
        owner, interchange = who or trader(), write(Letter(), **written)  # type: ignore[arg-type]
        known = registry(owner, principal("bank", "BANK:ZZZ"))
        return decide_admission(interchange.report, peek=interchange.peek, principal=owner, registry=known, hub=HUB, now=NOW).report.faults

    return admit


def conflicting() -> tuple[Fault, ...]:
    interchange = write(Letter())
    return refuse_conflict(interchange.report, interchange.peek, NOW).faults


def interactive() -> tuple[Fault, ...]:
    data = INTERACTIVE.encode()
    report = check_interchange(data, directories())
    return decide_admission(
        report, peek=lambda offset, length: data[offset : offset + length], principal=trader(), registry=registry(trader()), hub=HUB, now=NOW
    ).report.faults


EXAMPLES: dict[FaultKind, Callable[[], tuple[Fault, ...]]] = {
    K.SYNTAX_UNSUPPORTED: changed("UNOC", "UNOZ"),
    K.ENCODING_UNSUPPORTED: changed("UNOC:4", "UNOC:4::5", BATCH_4),
    K.RECIPIENT_UNKNOWN: admitted(recipient="NOBODY:ZZZ"),
    K.SENDER_UNKNOWN: admitted(sender="NOBODY:ZZZ"),
    K.SENDER_NOT_PRINCIPAL: admitted(sender="BANK:ZZZ"),
    K.NO_AGREEMENT: admitted(trader(types="INVOIC")),
    K.TEST_NOT_ALLOWED: admitted(trader(traffic="production"), test="1"),
    K.OUTSIDE_WINDOW: admitted(trader(preparation_window_days="1"), prepared="200320:0915"),
    K.DUPLICATE_INTERCHANGE: conflicting,
    K.DUPLICATE_MESSAGE: changed("UNZ+1", BODY + "UNZ+2"),
    K.DUPLICATE_GROUP: changed(
        "UNZ+1", GROUPED[GROUPED.index("UNG") : GROUPED.index("UNZ")].replace("UNH+1", "UNH+2").replace("8+1'", "8+2'") + "UNZ+2", GROUPED
    ),
    K.ELEMENT_MISSING: changed("UNS+D'", "UNS'"),
    K.COMPOSITE_MISSING: changed("MEA+WT+AAB+KGM:100'", "MEA+WT+AAB+KGM:100'DTM'"),
    K.COMPONENT_MISSING: changed("CST+1'", "CST+1+:117'"),
    K.SEGMENT_MISSING: changed("BGM+929+I1+9'", ""),
    K.GROUP_MISSING: changed(BODY, "UNH+1+BANSTA:D:96B:UN'BGM+77+B1+9'UNT+3+1'"),
    K.TRAILER_MISSING: changed("UNT+8+1'", ""),
    K.CODE_UNKNOWN: changed("BGM+929", "BGM+XXX"),
    K.MESSAGE_TYPE_UNKNOWN: changed("CUSDEC", "CUSDEX"),
    K.DIRECTORY_UNKNOWN: changed("D:96B", "D:89B"),
    K.SEGMENT_UNKNOWN: changed("CST+1'", "CST+1'XYZ+1'"),
    K.SEGMENT_NOT_IN_MESSAGE: changed("CST+1'", "CST+1'BUS+1'"),
    K.SEGMENT_OUT_OF_PLACE: changed("UNS+D'", "CNT+1:1'UNS+D'"),
    K.TOO_MANY_ELEMENTS: changed("UNS+D'", "UNS+D+X'"),
    K.TOO_MANY_COMPONENTS: changed("KGM:100", "KGM:100:1:1:1:1"),
    K.COMPONENT_IN_SIMPLE: changed("UNS+D'", "UNS+D:X'"),
    K.SEGMENT_REPEATED: changed("LOC+9+CNSHA::5'", "LOC+9+CNSHA::5'" * 100),
    K.ELEMENT_REPEATED: changed("BGM+929", "BGM+929*929", BATCH_4),
    K.GROUP_REPEATED: changed("UNS+D'", "TDT+20'" * 6 + "UNS+D'"),
    K.TOO_LONG: changed("LOC+9+", "LOC+9999+"),
    K.TOO_SHORT: changed("260101:1200", "26010:1200"),
    K.LETTER_IN_NUMERIC: changed("CST+1'", "CST+X'"),
    K.DIGIT_IN_ALPHABETIC: changed("UNS+D'", "UNS+1'"),
    K.DECIMAL_NOTATION: changed("UNS+D'", "MOA+40:1.0.0'UNS+D'"),
    K.NO_DIGIT_BEFORE_MARK: changed("UNS+D'", "MOA+40:.5'UNS+D'"),
    K.CHARACTER_INVALID: changed("I1+9", "I\x011+9"),
    K.UNDECODABLE: changed("I1+9", "I\xff1+9", BATCH.replace("UNOC", "UNOW")),
    K.UNA_SAME_TWICE: changed("UNB", "UNA::.? 'UNB"),
    K.UNA_LETTER_OR_DIGIT: changed("UNB", "UNAA+.? 'UNB"),
    K.UNA_CANNOT_SERVE: changed("UNB", "UNA\xe9+.? 'UNB"),
    K.TRAILING_SEPARATORS: changed("CST+1'", "CST+1++'", BATCH_4),
    K.COUNT_IN_UNT: changed("UNT+8", "UNT+9"),
    K.COUNT_IN_UNE: changed("UNE+1", "UNE+2", GROUPED),
    K.COUNT_IN_UNZ: changed("UNZ+1", "UNZ+2"),
    K.REFERENCE_IN_UNT: changed("UNT+8+1", "UNT+8+2"),
    K.REFERENCE_IN_UNE: changed("UNE+1+G1", "UNE+1+G2", GROUPED),
    K.REFERENCE_IN_UNZ: changed("UNZ+1+R1", "UNZ+1+R2"),
    K.GROUPS_AND_MESSAGES_MIXED: changed("UNZ+1", BODY.replace("+1+CUSDEC", "+2+CUSDEC").replace("8+1'", "8+2'") + "UNZ+2", GROUPED),
    K.TYPES_MIXED_IN_GROUP: changed("UNE+1", "UNH+2+GENRAL:D:96B:UN'BGM+243+M1+9'UNT+3+2'UNE+2", GROUPED),
    K.GROUP_EMPTY: changed(BODY + "UNE+1", "UNE+0", GROUPED),
    K.INTERCHANGE_EMPTY: changed(BODY + "UNZ+1", "UNZ+0"),
    K.OUTSIDE_MESSAGE: changed("UNZ+1", "BGM+929'UNZ+1"),
    K.NOT_AN_INTERCHANGE: lambda: checked("HELLO"),
    K.DEPENDENCY: changed(BODY, "UNH+1+CUSDEC:D:02B:UN'BGM+929+I1+9'TDT+20+V1++:::TRUCK'UNT+4+1'"),
    K.DUPLICATE_PACKAGE: changed("UNZ+1", "UNO+P1+1:X+2:X+5'HELLOUNP+5+P1'UNZ+2", PACKAGE),
    K.INTERACTIVE: interactive,
    K.LENGTH_IN_UNP: changed("UNP+5", "UNP+6", PACKAGE),
    K.REFERENCE_IN_UNP: changed("UNP+5+P1", "UNP+5+P2", PACKAGE),
    K.LENGTH_IN_USU: changed("USU+5", "USU+6", ENCRYPTED),
    K.REFERENCE_IN_USU: changed("USU+5+E1", "USU+5+E2", ENCRYPTED),
    K.LENGTH_MISLEADS: changed("X+5'", "X+4'", PACKAGE),
    K.LENGTH_BEYOND_END: changed("X+5'", "X+5000'", PACKAGE),
    K.COUNT_IN_UST: changed("UST+S1+2", "UST+S1+3", SECURED),
    K.REFERENCE_IN_UST: changed("UST+S1", "UST+S2", SECURED),
    K.SECURITY_TRAILER_MISSING: changed("UST+S1+2'UNT+10", "UNT+9", SECURED),
    K.DUPLICATE_SECURITY: changed("USH+1+S1'", "USH+1+S1'USH+1+S1'", SECURED),
    K.OVER_LIMIT: lambda: checked(BATCH, max_segment_octets=20),
}


_MAY_BE_EMPTY = {"of", "where", "hint"}
"""Words that say more where there is more to say."""


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("kind", FaultKind, ids=lambda kind: kind.name)
def test_every_kind_has_codes_clause_and_words_in_both_languages(kind: FaultKind) -> None:
    wording: Wording = kind.value
    lists = [set(directories().service(version).codes("0085") or ()) for version in (3, 4)]
    assert wording.code in lists[0] | {None}
    assert wording.code_4 in lists[1] | {None}
    assert (wording.code, wording.code_4) != (None, None)
    assert re.search(r"ISO 9735(:1988|-\d+:2002)|director(y|ies)|agreement", wording.clause)
    for english, chinese in ((wording.en, wording.zh), (wording.repair_en, wording.repair_zh)):
        assert english.isascii()
        assert re.search("[\u4e00-\u9fff]", chinese) or not re.search("[a-z]", re.sub(r"{\w+}", "", english))


@pytest.mark.parametrize("kind", FaultKind, ids=lambda kind: kind.name)
def test_whatever_raises_a_fault_supplies_its_words(kind: FaultKind) -> None:
    found = [fault for fault in EXAMPLES[kind]() if fault.kind is kind]
    assert found, [fault.kind.name for fault in EXAMPLES[kind]()]
    wording: Wording = kind.value
    for fault in found:
        supplied = _MAY_BE_EMPTY | {"segment", *fault.params, *(["value"] if fault.value is not None else [])}
        for template in (wording.en, wording.zh, wording.repair_en, wording.repair_zh):
            assert placeholders(template) <= supplied, (kind.name, template)


WHICH_CODE: dict[tuple[str | None, str | None], set[FaultKind]] = {
    ("2", "2"): {K.SYNTAX_UNSUPPORTED},
    ("2", "46"): {K.ENCODING_UNSUPPORTED},
    ("43", "7"): {K.RECIPIENT_UNKNOWN},
    ("23", "23"): {K.SENDER_UNKNOWN, K.SENDER_NOT_PRINCIPAL},
    ("17", "17"): {K.NO_AGREEMENT},
    ("25", "25"): {K.TEST_NOT_ALLOWED},
    ("24", "24"): {K.OUTSIDE_WINDOW},
    ("26", "26"): {K.DUPLICATE_INTERCHANGE, K.DUPLICATE_MESSAGE, K.DUPLICATE_GROUP, K.DUPLICATE_PACKAGE, K.DUPLICATE_SECURITY},
    ("13", "13"): {
        *(K.ELEMENT_MISSING, K.COMPOSITE_MISSING, K.COMPONENT_MISSING),
        *(K.SEGMENT_MISSING, K.GROUP_MISSING, K.TRAILER_MISSING, K.SECURITY_TRAILER_MISSING),
    },
    ("12", "12"): {K.CODE_UNKNOWN, K.MESSAGE_TYPE_UNKNOWN, K.DIRECTORY_UNKNOWN},
    ("15", "15"): {K.SEGMENT_UNKNOWN, K.SEGMENT_NOT_IN_MESSAGE, K.SEGMENT_OUT_OF_PLACE},
    ("16", "16"): {K.TOO_MANY_ELEMENTS, K.TOO_MANY_COMPONENTS, K.COMPONENT_IN_SIMPLE},
    ("35", "35"): {K.SEGMENT_REPEATED, K.ELEMENT_REPEATED},
    ("36", "36"): {K.GROUP_REPEATED},
    ("39", "39"): {K.TOO_LONG},
    ("40", "40"): {K.TOO_SHORT},
    ("37", "37"): {K.LETTER_IN_NUMERIC, K.DIGIT_IN_ALPHABETIC},
    ("19", "37"): {K.DECIMAL_NOTATION},
    ("38", "37"): {K.NO_DIGIT_BEFORE_MARK},
    ("21", "21"): {K.CHARACTER_INVALID, K.UNDECODABLE},
    ("22", "22"): {K.UNA_SAME_TWICE, K.UNA_LETTER_OR_DIGIT},
    ("20", "20"): {K.UNA_CANNOT_SERVE},
    (None, "45"): {K.TRAILING_SEPARATORS},
    ("29", "29"): {
        *(K.COUNT_IN_UNT, K.COUNT_IN_UNE, K.COUNT_IN_UNZ, K.COUNT_IN_UST),
        *(K.LENGTH_IN_UNP, K.LENGTH_IN_USU, K.LENGTH_MISLEADS, K.LENGTH_BEYOND_END),
    },
    ("28", "28"): {K.REFERENCE_IN_UNT, K.REFERENCE_IN_UNE, K.REFERENCE_IN_UNZ, K.REFERENCE_IN_UNP, K.REFERENCE_IN_USU, K.REFERENCE_IN_UST},
    ("30", "30"): {K.GROUPS_AND_MESSAGES_MIXED},
    ("31", None): {K.TYPES_MIXED_IN_GROUP},
    ("32", "32"): {K.GROUP_EMPTY, K.INTERCHANGE_EMPTY},
    ("33", "33"): {K.OUTSIDE_MESSAGE, K.NOT_AN_INTERCHANGE},
    ("18", "48"): {K.DEPENDENCY},
    ("18", "47"): {K.INTERACTIVE},
    ("18", "18"): {K.OVER_LIMIT},
}
"""The agreed table: 0085 in an answer of syntax versions 1-3 and of version 4 (None: tolerated), and the kinds of fault that have these."""


def test_the_kinds_have_the_codes_that_were_agreed() -> None:
    found: dict[tuple[str | None, str | None], set[FaultKind]] = {}
    for kind in FaultKind:
        found.setdefault((kind.code(3), kind.code(4)), set()).add(kind)
    assert found == WHICH_CODE


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_tolerated_kind_that_was_reported_all_the_same_is_18(version: int) -> None:
    for kind in FaultKind:
        assert Fault(kind, Level.SEGMENT, "BGM", 1, 0).code(version) == (kind.code(version) or "18")


def test_every_kind_has_an_example() -> None:
    """Whoever adds a kind adds an example here, a row above where its codes are new, and the cure in both languages."""
    assert set(EXAMPLES) == set(FaultKind)


@pytest.mark.parametrize("of", [BATCH, BATCH_4, GROUPED, PACKAGE, SECURED, ENCRYPTED], ids=["batch", "version 4", "groups", "package", "secured", "encrypted"])
def test_what_the_examples_are_made_from_has_no_fault(of: str) -> None:
    assert checked(of) == ()
