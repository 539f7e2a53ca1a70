"""docs/guides.md is true: its example is a guide, finds what the page says, and the table of faults has each kind with its code."""

from __future__ import annotations

import re
from pathlib import Path

from tests.directory.guides.samples import told, write
from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import check_interchange
from vanhub.directory.guides.load import GuideSet, open_guides
from vanhub.edifact.guide_faults import GuideFaultKind
from vanhub.edifact.report import Report

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "guides.md").read_text("utf-8")

GOOD = (
    "BGM+811+06-AB-300123+9",
    "DTM+182:20060915:102",
    "LOC+91+44",
    "LOC+42+5304",
    "RFF+CT:SZ06",
    "PNA+EX++4403123456788:ZZZ:ZZZ",
    "LIN+1",
    "CST++61091000:122:ZZZ",
    "QTY+1:12000:H87",
)


def example(tmp_path: Path) -> GuideSet:
    guide, lists, forms = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    offices, tariff = re.findall(r"^```csv\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    codes = {"lists.toml": lists, "forms.toml": forms, "offices.csv": offices, "tariff.csv": tariff}
    return open_guides(write(tmp_path, {"licence": guide}, codes), directories=DIRECTORIES)


def check(guides: GuideSet, *segments: str) -> Report:
    message = ("UNH+1+SANCRT:D:01B:UN:MOFTEC", *segments, f"UNT+{len(segments) + 2}+1")
    data = "".join(f"{segment}'" for segment in ("UNB+UNOC:3+A+B+061008:1030+1", *message, "UNZ+1+1")).encode()
    report = check_interchange(data, DIRECTORIES, guides=guides)
    assert not report.faults, [fault.text() for fault in report.faults]
    assert report.messages[0].guide == "licence"
    return report


def test_the_example(tmp_path: Path) -> None:
    guides = example(tmp_path)

    def found(old: str, *new: str) -> list[tuple[object, ...]]:
        assert old in GOOD
        report = check(guides, *(segment for each in GOOD for segment in (new if each == old else (each,))))
        return [(code, *place) for code, place in zip([fault.code for fault in report.guide_faults], told(report), strict=True)]

    assert told(check(guides, *GOOD)) == []
    assert found("BGM+811+06-AB-300123+9", "BGM+811+06AB300123+9") == [("E112", "FORM", "BGM 2", 3, 1, "06AB300123")]
    assert found("DTM+182:20060915:102", "DTM+182:20070101:102") == [("E111", "CODE_NOT_VALID", "LOC 4", 3, 1, "44")]
    assert found("LOC+91+44") == [("L203", "SEGMENT_REQUIRED", "LOC 4", None, None, None)]
    assert found("LOC+91+44", "LOC+90+44") == [("L203", "CODE_NOT_ALLOWED", "LOC 4", 2, None, "90")]
    assert found("LOC+42+5304", "LOC+42+304") == [("E112", "FORM", "LOC 5", 3, 1, "304")]
    assert found("RFF+CT:SZ06", "FTX+AAI+++X") == [("E106", "SEGMENT_NOT_USED", "FTX 6", None, None, None)]
    assert found("QTY+1:12000:H87") == [("L206", "RULE", "LIN 8", None, None, None)]
    assert found("CST++61091000:122:ZZZ", "CST++85091000:122:ZZZ") == [("E102", "CODE_NOT_IN_LIST", "CST 9", 3, 1, "85091000")]
    changed = check(guides, GOOD[0].replace("+9", "+4"), *(segment for segment in GOOD[1:] if not segment.startswith("RFF")))
    assert [(fault.code, fault.segment) for fault in changed.guide_faults] == [("E110", "BGM")]


def test_the_table_of_faults_has_every_code() -> None:
    table = PAGE.partition("## What is found")[2]
    assert set(re.findall(r"\| (E\d+) \|", table)) == {kind.value.code for kind in GuideFaultKind}
