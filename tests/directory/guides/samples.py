"""Guides and messages for the tests of this package: small ones over CUSDEC of D.01B, written next to what is expected of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from tests.directory.samples import DIRECTORIES
from tests.directory.test_check_properties import slow_way_only
from vanhub.directory.check import InterchangeCheck, check_interchange
from vanhub.directory.guides.load import GuideSet, open_guides
from vanhub.directory.guides.segment import Standing
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.report import Report

HEAD = """
name = "declaration"
title_en = "Declaration"
title_zh = "报关单"
message = "CUSDEC"
directory = "D.01B"
source = "a test"
"""

MESSAGE = ("BGM+830+E1+9", "LOC+22+5301:113:ZZZ", "DTM+141:20061008:102", "GIS+22", "UNS+D", "UNS+S")


def write(folder: Path, guides: Mapping[str, str], codes: Mapping[str, str] | None = None) -> Path:
    """A folder of schemas: ``guides`` by name, ``codes`` by the names of their files."""
    for kind, suffix, files in (("guides", ".toml", guides), ("codes", "", codes or {})):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / kind / f"{name}{suffix}").write_text(content, "utf-8")
    return folder


def guides_of(folder: Path, body: str, codes: Mapping[str, str] | None = None, head: str = HEAD) -> GuideSet:
    """One guide, ``body`` after its head."""
    return open_guides(write(folder, {"declaration": head + body}, codes), directories=DIRECTORIES)


def interchange(*segments: str, association: str = "", version: int = 3, mark: str = "'") -> bytes:
    """One CUSDEC of D.01B with these segments between UNH and UNT."""
    s009 = f"CUSDEC:D:01B:UN:{association}".rstrip(":")
    every = [f"UNH+1+{s009}", *segments, f"UNT+{len(segments) + 2}+1"]
    date = "20061008" if version == 4 else "061008"
    return "".join(f"{segment}{mark}" for segment in (f"UNB+UNOC:{version}+A+B+{date}:1030+1", *every, "UNZ+1+1")).encode("latin-1")


def check(guides: Any, *segments: str, association: str = "", version: int = 3) -> Report:
    """The report, of which it is made sure that the syntax is in order and that both ways and any pieces give the same."""
    data = interchange(*segments, association=association, version=version)
    report = check_interchange(data, DIRECTORIES, guides=guides)
    assert not report.faults, [fault.text() for fault in report.faults]
    assert slowly(data, guides).guide_faults == report.guide_faults
    return report


def slowly(data: bytes, guides: Any) -> Report:
    """The report of a check that gets one octet after the other, takes no message the fast way, and whose guides accept no segment the fast way."""
    check = InterchangeCheck(DIRECTORIES, guides=guides)
    with slow_way_only(), mock.patch.object(Standing, "judge", Standing._judge):
        for at in range(len(data)):
            check.feed(data[at : at + 1])
        return check.close()


def told(report: Report | Sequence[GuideFault]) -> list[tuple[Any, ...]]:
    """Kind, segment with position, element, component, value of each guide fault."""
    faults = report.guide_faults if isinstance(report, Report) else report
    return [(fault.kind.name, f"{fault.segment} {fault.segment_position}", fault.element, fault.component, fault.value) for fault in faults]
