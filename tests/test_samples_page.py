"""docs/samples.md: its numbers are what a run over the samples gives, its examples are what they are said to be; an independent check of envelopes agrees."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import CheckLimits, check_interchange
from vanhub.directory.stream import check_stream
from vanhub.edifact.faults import FaultKind

DOCS = Path(__file__).resolve().parent.parent / "docs"
SAMPLES = Path(__file__).resolve().parents[1].parent / "shared" / "samples"
beside = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside the repository")


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_samples", DOCS / "samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


script = _script()


@pytest.mark.parametrize("cause", script.CAUSES, ids=lambda cause: cause.name)
def test_an_example_has_the_fault_that_it_is_for_and_the_page_shows_it(cause: object) -> None:
    example = cause.example  # type: ignore[attr-defined]
    found = [fault for fault in check_interchange(example, DIRECTORIES).faults if script.cause_of(fault) == cause.name]  # type: ignore[attr-defined]
    assert len(found) >= 1
    segment, said = script.said_of(cause, DIRECTORIES)
    assert (segment.encode() in example, said) == (True, found[0].text("en"))
    assert f"| `{segment}` | {said} |" in script.PAGE.read_text(encoding="utf-8")


def test_no_kind_of_fault_shows_two_causes_but_by_its_place() -> None:
    kinds = [kind for cause in script.CAUSES for kind in cause.kinds if not cause.name.startswith(("date", "service"))]
    assert len(kinds) == len(set(kinds))


@beside
def test_the_page_is_what_the_samples_give() -> None:
    page = script.render(script.tally(SAMPLES, DIRECTORIES), DIRECTORIES)
    assert script.PAGE.read_text(encoding="utf-8") == page


OF_THE_ENVELOPE = ("COUNT_", "REFERENCE_", "TRAILER_", "OUTSIDE_", "INTERCHANGE_EMPTY", "GROUP_EMPTY", "GROUPS_AND_", "NOT_AN_")
# What the other check calls inconsistent and ours says in other words: no reference or count at all, and a tag that is no tag.
IN_OTHER_WORDS = {
    FaultKind.ELEMENT_MISSING,
    FaultKind.COMPONENT_IN_SIMPLE,
    FaultKind.SEGMENT_UNKNOWN,
    FaultKind.SYNTAX_UNSUPPORTED,
    FaultKind.CHARACTER_INVALID,
}
# A line end within UNB's reference, which the other check drops; and references that are equal as numbers only.
STRICTER = {"0565_MEDRPT_D93A.edi"}


@beside
def test_an_independent_check_of_envelopes_agrees() -> None:
    with (SAMPLES / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    differs = {}
    for row in rows:
        reports = list(check_stream([(SAMPLES / row["file"]).read_bytes()], DIRECTORIES, limits=CheckLimits(max_faults=1 << 20)))
        kinds = {fault.kind for report in reports for fault in report.faults}
        ours = any(kind.name.startswith(OF_THE_ENVELOPE) for kind in kinds)
        if row["envelope_consistent"] == "yes" and ours:
            differs[row["file"]] = sorted(kind.name for kind in kinds)
        if row["envelope_consistent"] == "no" and not ours:
            assert kinds & IN_OTHER_WORDS, row
    assert (len(rows), {name: kinds for name, kinds in differs.items() if name not in STRICTER}) == (380, {})
