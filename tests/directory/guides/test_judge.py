"""What a guide finds: each thing that it can say, with kind, code, place, value and words; one mistake is one fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.directory.guides.samples import HEAD, MESSAGE, check, guides_of, interchange, told
from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import check_interchange
from vanhub.edifact.guide_faults import GuideFault, GuideFaultKind

OFFICE = """
[[use]]
at = "LOC"
where = { 3227 = "22" }
name_en = "declaring office"
name_zh = "申报地海关"
status = "required"
most = 1
elements.3225 = { status = "required", list = "offices", form = "n4", name_en = "office", name_zh = "关区代码" }
elements.1131 = { status = "required", codes = ["113"] }
elements.3055 = { codes = ["ZZZ"], error = "E999" }
elements.3223 = { status = "unused" }
"""
OFFICES = {
    "lists.toml": '[offices]\ntitle_en = "customs offices"\ntitle_zh = "关区"\nsource = "a test"\n',
    "offices.csv": "code,name_zh,name_en,valid_from,valid_to\n5301,皇岗海关,Huanggang,,\n5304,蛇口海关,Shekou,2000-01-01,2006-09-30\n5304,蛇口海关,Shekou,2007-01-01,\n2200,,,,\n",
}
DATE = 'date = "DTM/2005=141:2380"\n'


def changed(old: str, *new: str) -> list[str]:
    """The sample message with one segment replaced by others."""
    assert old in MESSAGE
    return [segment for each in MESSAGE for segment in (new if each == old else (each,))]


def test_nothing_is_wrong_with_what_the_guide_asks_for(tmp_path: Path) -> None:
    report = check(guides_of(tmp_path, OFFICE, OFFICES), *MESSAGE)
    assert (report.guide_faults, report.guide_faults_total, report.messages[0].guide) == ((), 0, "declaration")


def test_a_fault_has_place_code_and_words_in_both_languages(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, OFFICE, OFFICES)
    segments = changed("LOC+22+5301:113:ZZZ", "LOC+22+5302:113:ZZZ")
    (fault,) = check(guides, *segments).guide_faults
    assert fault == GuideFault(
        kind=GuideFaultKind.CODE_NOT_IN_LIST,
        code="E102",
        guide="declaration",
        message=0,
        segment="LOC",
        segment_position=3,
        offset=interchange(*segments).index(b"5302"),
        element=3,
        component=1,
        repetition=None,
        value="5302",
        warning=False,
        params={"name": "declaring office", "element": "office (3225)", "list": "customs offices", "hint": "5301 (Huanggang), 5304 (Shekou)"},
        params_zh={"name": "申报地海关", "element": "关区代码（3225）", "list": "关区", "hint": "5301 (皇岗海关), 5304 (蛇口海关)"},
    )
    assert fault.text() == "5302 is not in the list customs offices (office (3225) in declaring office)"
    assert fault.text("zh") == "5302 不在代码表 关区 中（申报地海关 的 关区代码（3225））"
    assert fault.repair() == "5301 (Huanggang), 5304 (Shekou)"


@pytest.mark.parametrize(
    ("office", "expected"),
    [
        ((), [("SEGMENT_REQUIRED", "BGM 2", None, None, None)]),
        (("LOC+42+5301:113:ZZZ",), [("SEGMENT_REQUIRED", "LOC 3", None, None, None)]),
        (("LOC+22+5301:113:ZZZ", "LOC+22+2200:113:ZZZ", "LOC+22+2200:113:ZZZ"), [("SEGMENT_REPEATED", "LOC 4", None, None, None)]),
        (("LOC+22",), [("ELEMENT_REQUIRED", "LOC 3", 3, None, None)]),
        (("LOC+22+:113:ZZZ",), [("ELEMENT_REQUIRED", "LOC 3", 3, 1, None)]),
        (("LOC+22+5301",), [("ELEMENT_REQUIRED", "LOC 3", 3, 2, None)]),
        (("LOC+22+5301:113:ZZZ+A",), [("ELEMENT_NOT_USED", "LOC 3", 4, 1, "A")]),
        (("LOC+22+5301:139:ZZZ",), [("CODE_NOT_ALLOWED", "LOC 3", 3, 2, "139")]),
        (("LOC+22+5301:113:6",), [("CODE_NOT_ALLOWED", "LOC 3", 3, 3, "6")]),
        (("LOC+22+530:113:ZZZ",), [("FORM", "LOC 3", 3, 1, "530")]),
        (("LOC+22+530A:139:ZZZ",), [("FORM", "LOC 3", 3, 1, "530A"), ("CODE_NOT_ALLOWED", "LOC 3", 3, 2, "139")]),
        (("LOC+22+53?'1:113:ZZZ",), [("FORM", "LOC 3", 3, 1, "53'1")]),
    ],
)
def test_each_thing_that_can_be_wrong_with_a_use(tmp_path: Path, office: tuple[str, ...], expected: list[object]) -> None:
    assert told(check(guides_of(tmp_path, OFFICE, OFFICES), *changed("LOC+22+5301:113:ZZZ", *office))) == expected


def test_codes_of_national_errors(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, OFFICE.replace("most = 1", 'most = 1\nerror = "L203"'), OFFICES)
    report = check(guides, *changed("LOC+22+5301:113:ZZZ", "LOC+22+5301:113:6"))
    assert [fault.code for fault in report.guide_faults] == ["E999"]
    assert [fault.code for fault in check(guides, *changed("LOC+22+5301:113:ZZZ")).guide_faults] == ["L203"]


def test_a_list_that_is_partial_warns(tmp_path: Path) -> None:
    codes = OFFICES | {"lists.toml": OFFICES["lists.toml"] + "partial = true\n"}
    report = check(guides_of(tmp_path, OFFICE, codes), *changed("LOC+22+5301:113:ZZZ", "LOC+22+9999:113:ZZZ"))
    assert [(fault.kind.name, fault.warning) for fault in report.guide_faults] == [("CODE_NOT_IN_LIST", True)]
    assert (report.messages[0].guide_faults, report.messages[0].guide_warnings) == (0, 1)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("DTM+141:20060930:102", []),
        ("DTM+141:20061001:102", [("CODE_NOT_VALID", "LOC 3", 3, 1, "5304")]),
        ("DTM+141:061001:101", [("CODE_NOT_VALID", "LOC 3", 3, 1, "5304")]),
        ("DTM+141:200612:610", [("CODE_NOT_VALID", "LOC 3", 3, 1, "5304")]),
        ("DTM+141:200701010000:203", []),
        ("DTM+141:19991231:102", [("CODE_NOT_VALID", "LOC 3", 3, 1, "5304")]),
        ("DTM+129:20061001:102", []),
        ("DTM+141:20061399:102", []),
    ],
)
def test_a_code_is_valid_on_the_date_of_the_message_which_may_come_after_it(tmp_path: Path, date: str, expected: list[object]) -> None:
    guides = guides_of(tmp_path, OFFICE, OFFICES, HEAD + DATE)
    segments = [date if segment.startswith("DTM") else segment for segment in changed("LOC+22+5301:113:ZZZ", "LOC+22+5304:113:ZZZ")]
    report = check(guides, *segments)
    assert told(report) == expected
    if expected and date.startswith("DTM+141:2006"):
        assert report.guide_faults[0].repair() == "it is valid from 2000-01-01 to 2006-09-30, from 2007-01-01"


def test_without_a_date_spot_validity_is_not_judged(tmp_path: Path) -> None:
    assert told(check(guides_of(tmp_path, OFFICE, OFFICES), *changed("LOC+22+5301:113:ZZZ", "LOC+22+5304:113:ZZZ"))) == []


CLOSED = HEAD + "closed = true\n"
LISTED = """
[[use]]
at = "BGM"

[[use]]
at = "LOC"
where = { 3227 = "22" }
name_en = "declaring office"
status = "required"

[[use]]
at = "LOC"
where = { 3227 = ["42", "41"] }

[[use]]
at = "DTM"
where = { 2005 = "141" }

[[use]]
at = "SG5"
where = { 1001 = "811" }
status = "required"

[[use]]
at = "SG5/LOC"
where = { 3227 = "91" }
within = { 1001 = "811" }
status = "required"

[[use]]
at = "SG5"
where = { 1001 = "911" }
status = "unused"
name_en = "import licence"

[[use]]
at = "SG5"
where = { 1001 = "812" }
"""
SOUND = ("BGM+830+E1+9", "LOC+22+5301", "LOC+42+5304", "DTM+141:20061008:102", "DOC+811+A", "LOC+91+44", "DOC+812+B", "UNS+D", "UNS+S")


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (SOUND, []),
        # An unlisted segment or qualifier.
        ((*SOUND[:4], "GIS+22", *SOUND[4:]), [("SEGMENT_NOT_USED", "GIS 6", None, None, None)]),
        ((*SOUND[:3], "LOC+9+CNSHK", *SOUND[3:]), [("SEGMENT_NOT_USED", "LOC 5", None, None, None)]),
        # A group that is not listed, or is not used, is one fault with all that it holds.
        ((*SOUND[:7], "NAD+EX", "RFF+XA:1", "CTA", "COM+1:TE", *SOUND[7:]), [("SEGMENT_NOT_USED", "NAD 9", None, None, None)]),
        ((*SOUND[:4], "DOC+911+C", "DTM+182:2006:602", "LOC+92+1", *SOUND[4:]), [("SEGMENT_NOT_USED", "DOC 6", None, None, None)]),
        ((*SOUND[:4], "DOC+101+C", "LOC+92+1", *SOUND[4:]), [("SEGMENT_NOT_USED", "DOC 6", None, None, None)]),
        # A wrong qualifier is a wrong code where one required use is missing there.
        (("BGM+830+E1+9", "LOC+23+5301", *SOUND[2:]), [("CODE_NOT_ALLOWED", "LOC 3", 2, None, "23")]),
        ((*SOUND[:4], "DOC+810+A", "LOC+91+44", *SOUND[6:]), [("CODE_NOT_ALLOWED", "DOC 6", 2, 1, "810")]),
        ((*SOUND[:5], "LOC+90+44", *SOUND[6:]), [("CODE_NOT_ALLOWED", "LOC 7", 2, None, "90")]),
        # A use within a group is asked for only where the group has the value.
        ((*SOUND[:5], *SOUND[6:]), [("SEGMENT_REQUIRED", "DOC 6", None, None, None)]),
        ((*SOUND[:7], "LOC+91+44", *SOUND[7:]), [("SEGMENT_NOT_USED", "LOC 9", None, None, None)]),
        ((*SOUND[:4], *SOUND[6:]), [("SEGMENT_REQUIRED", "DOC 6", None, None, None)]),
        ((*SOUND[:4], *SOUND[7:]), [("SEGMENT_REQUIRED", "DTM 5", None, None, None)]),
    ],
)
def test_closed_guides(tmp_path: Path, segments: tuple[str, ...], expected: list[object]) -> None:
    assert told(check(guides_of(tmp_path, LISTED, head=CLOSED), *segments)) == expected


def test_words_of_uses(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, LISTED, head=CLOSED)

    def texts(*segments: str) -> list[tuple[str, str]]:
        return [(fault.text(), fault.repair()) for fault in check(guides, *segments).guide_faults]

    assert texts("BGM+830+E1+9", *SOUND[2:]) == [("declaring office (LOC+22) is required and not there", "add LOC+22")]
    assert texts(*SOUND[:4], "DOC+911+C", *SOUND[4:]) == [("DOC+911 (SG5) is not used here", "leave it out")]
    assert texts(*SOUND[:3], "LOC+9+CNSHK", *SOUND[3:]) == [("LOC+9 is not used here", "leave it out")]
    assert texts("BGM+830+E1+9", "LOC+23+5301", *SOUND[2:]) == [
        ("23 is not allowed for Location function code qualifier (3227) in declaring office; allowed: 22, 41, 42", "22 (declaring office)")
    ]


def test_an_open_guide_leaves_the_rest_to_the_directory(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, LISTED)
    assert told(check(guides, *SOUND[:3], "LOC+9+CNSHK", "DTM+141:20061008:102", "GIS+22", *SOUND[4:7], "NAD+EX", *SOUND[7:])) == []
    assert told(check(guides, "BGM+830+E1+9", "LOC+23+5301", *SOUND[2:])) == [("SEGMENT_REQUIRED", "LOC 4", None, None, None)]


RULES = """
[[rule]]
name = "licence-has-office"
scope = "SG5"
if = [ { at = "SG5", where = { 1001 = ["811", "911"] } } ]
then = [ { at = "SG5/LOC", where = { 3227 = "91" } } ]
error = "L203"
text_en = "a licence names its issuing office"
text_zh = "许可证须注明发证机关"
repair_en = "add LOC+91"
repair_zh = "请补充 LOC+91"

[[rule]]
name = "export-is-no-import"
if = [ { at = "BGM", where = { 1001 = "830" } } ]
then_not = [ { at = "GIS", where = { 7365 = "23" } }, { at = "SG5", where = { 1001 = "911" } } ]

[[rule]]
name = "office-or-port"
then_any = [ { at = "LOC", where = { 3227 = "22" }, filled = ["3225"] }, { at = "LOC", where = { 3227 = "9" } } ]

[[rule]]
name = "export-items-have-values"
scope = "SG33"
if = [ { at = "BGM", where = { 1001 = "830" } }, { at = "SG33", where = { 5025 = "38" } } ]
then = [ { at = "SG5", where = { 1001 = "811" } } ]
"""
HEADING = ("BGM+830+E1+9", "LOC+22+5301", "DTM+141:20061008:102", "GIS+22")


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ((*HEADING, "UNS+D", "UNS+S"), []),
        ((*HEADING, "DOC+811+A", "LOC+91+44", "DOC+812+B", "UNS+D", "UNS+S"), []),
        ((*HEADING, "DOC+811+A", "DOC+812+B", "UNS+D", "UNS+S"), [("L203", "DOC 6")]),
        ((*HEADING, "DOC+811+A", "DOC+811+B", "LOC+91+1", "DOC+811+C", "LOC+92+1", "UNS+D", "UNS+S"), [("L203", "DOC 6"), ("L203", "DOC 9")]),
        ((*HEADING, "GIS+23", "UNS+D", "UNS+S"), [("E110", "GIS 6")]),
        ((*HEADING, "DOC+911+A", "LOC+91+1", "UNS+D", "UNS+S"), [("E110", "DOC 6")]),
        (("BGM+929+E1+9", "LOC+22+5301", "GIS+23", "DOC+911+A", "LOC+91+1", "UNS+D", "UNS+S"), []),
        (("BGM+929+E1+9", "UNS+D", "UNS+S"), [("E110", "UNH 1")]),
        (("BGM+929+E1+9", "LOC+22", "UNS+D", "UNS+S"), [("E110", "UNH 1")]),
        (("BGM+929+E1+9", "LOC+9+CNSHK", "UNS+D", "UNS+S"), []),
        # What a rule of a group asks about the message before it.
        ((*HEADING, "UNS+D", "CST+1", "MOA+38:1", "UNS+S"), [("E110", "BGM 2")]),
        ((*HEADING, "DOC+811+A", "LOC+91+1", "UNS+D", "CST+1", "MOA+38:1", "UNS+S"), []),
    ],
)
def test_rules(tmp_path: Path, segments: tuple[str, ...], expected: list[object]) -> None:
    report = check(guides_of(tmp_path, RULES), *segments)
    assert [(fault.code, f"{fault.segment} {fault.segment_position}") for fault in report.guide_faults] == expected


def test_words_of_rules(tmp_path: Path) -> None:
    (fault,) = check(guides_of(tmp_path, RULES), *HEADING, "DOC+811+A", "UNS+D", "UNS+S").guide_faults
    assert (fault.text(), fault.repair()) == ("a licence names its issuing office", "add LOC+91")
    assert (fault.text("zh"), fault.repair("zh")) == ("许可证须注明发证机关", "请补充 LOC+91")


def test_any_other_use_and_several_places_of_one_tag(tmp_path: Path) -> None:
    body = """
[[use]]
at = "LOC"
where = { 3227 = "22" }

[[use]]
at = "LOC"
elements.3225 = { status = "required" }

[[use]]
at = "UNS#2"
elements.0081 = { codes = ["S"] }

[[use]]
at = "SG33"
where = { 5025 = "38" }
status = "required"
"""
    guides = guides_of(tmp_path, body)
    items = ("CST+1", "MOA+38:1", "CST+2", "MOA+40:1", "CST+3")
    assert told(check(guides, "BGM+830+E1+9", "LOC+22", "LOC+9", "UNS+D", *items, "UNS+S")) == [
        ("ELEMENT_REQUIRED", "LOC 4", 3, None, None),
        ("SEGMENT_REQUIRED", "MOA 9", None, None, None),
        ("SEGMENT_REQUIRED", "CST 10", None, None, None),
    ]
    assert told(check(guides, "BGM+830+E1+9", "UNS+D", "UNS+D")) == [("CODE_NOT_ALLOWED", "UNS 4", 2, None, "D")]


def test_elements_that_come_several_times(tmp_path: Path) -> None:
    body = """
[[use]]
at = "CST"
elements."7361#2" = { codes = ["101", "118"] }
elements."C246#3" = { status = "required" }
elements."C246#4" = { status = "unused" }
"""
    guides = guides_of(tmp_path, body)

    def found(cst: str) -> list[object]:
        return list(told(check(guides, "BGM+830+E1+9", cst, "UNS+D", "UNS+S")))

    assert found("CST++0110:117:ZZZ+101+0") == []
    assert found("CST++0110:117:ZZZ+103:110:ZZZ+0") == [("CODE_NOT_ALLOWED", "CST 3", 4, 1, "103")]
    assert found("CST++0110:117:ZZZ+101++X") == [("ELEMENT_REQUIRED", "CST 3", 5, None, None), ("ELEMENT_NOT_USED", "CST 3", 6, None, "X")]


def test_a_message_whose_structure_is_at_fault_is_not_judged(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, OFFICE, OFFICES)
    report = check_interchange(interchange("BGM+830+E1+9", "TDT+1", "UNS+D"), DIRECTORIES, guides=guides)
    assert report.faults_total == 1
    assert (report.guide_faults, report.messages[0].guide) == ((), "")


def test_elements_that_are_wrong_already_are_not_judged(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, OFFICE, OFFICES)
    report = check_interchange(interchange(*changed("LOC+22+5301:113:ZZZ", "LOC+22+530:139:ZZZ+++++++X")), DIRECTORIES, guides=guides)
    assert [fault.kind.name for fault in report.faults] == ["TOO_MANY_ELEMENTS"]
    assert report.guide_faults == ()


def test_a_message_is_judged_up_to_its_thousandth_fault(tmp_path: Path) -> None:
    items = [segment for number in range(999) for segment in (f"CST+{number + 1}", "FTX+AAA+++B", "FTX+AAA+++B")]
    for unlike in ('at = "SG30/FTX"\nstatus = "unused"', 'at = "SG30/LOC"\nstatus = "required"\n[[use]]\nat = "SG30/MEA"\nstatus = "required"'):
        guides = guides_of(tmp_path, f"[[use]]\n{unlike}\n")
        report = check_interchange(interchange("BGM+830+E1+9", "UNS+D", *items, "UNS+S"), DIRECTORIES, guides=guides)
        assert (report.faults_total, report.guide_faults_total, report.messages[0].guide) == (0, 1000, "declaration")
