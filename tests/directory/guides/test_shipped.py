"""The guides and code lists that the project ships: each guide's sample passes it, each change of the sample is the one fault that was meant."""

from __future__ import annotations

import csv
import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from tests.directory.guides.broken import BROKEN, IN_ORDER
from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import check_interchange
from vanhub.directory.guides.load import open_guides
from vanhub.directory.guides.model import Guide
from vanhub.edifact.guide_faults import GuideFault, GuideFaultKind
from vanhub.edifact.report import Report
from vanhub.packed import packed

SCHEMAS = packed("schemas")
CODES = SCHEMAS / "codes"
GUIDES = open_guides(SCHEMAS, directories=DIRECTORIES)
NAMES = sorted(head.name for head in GUIDES.heads())
MESSAGES = Path(__file__).parent / "messages"
EXAMPLES = packed("examples")
SHARED = Path(__file__).resolve().parents[4] / "shared"
LISTS: dict[str, dict[str, object]] = tomllib.loads((CODES / "lists.toml").read_text("utf-8"))
FORMS: dict[str, dict[str, str]] = tomllib.loads((CODES / "forms.toml").read_text("utf-8"))


def rows(name: str) -> list[dict[str, str]]:
    with (CODES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def sample(guide: str) -> list[str]:
    """The segments of a guide's sample, UNH and UNT left out."""
    text = (MESSAGES / f"{guide}.edi").read_text("utf-8")
    return [segment.strip() for segment in text.split("'\n") if segment][1:-1]


def interchange(type: str, segments: list[str]) -> bytes:
    message = [f"UNH+1+{type}:D:01B:UN:CNGC01", *segments, f"UNT+{len(segments) + 2}+1"]
    return "".join(f"{segment}'" for segment in ("UNB+UNOC:3+SZTEXTILES:ZZZ+VANHUB:ZZZ+060410:1700+1", *message, "UNZ+1+1")).encode("latin-1")


def judge(guide: str, segments: list[str]) -> Report:
    return check_interchange(interchange(guide.partition("-")[0].upper(), segments), DIRECTORIES, guides=GUIDES)


def first(segments: list[str], prefix: str) -> int:
    """Of the first segment that begins so; ``#2`` behind it: of the second."""
    prefix, _, number = prefix.partition("#")
    found = [at for at, segment in enumerate(segments) if segment.startswith(prefix)]
    assert len(found) >= int(number or 1), f"no segment begins with {prefix}"
    return found[int(number or 1) - 1]


def change(segments: list[str], changes: str) -> list[str]:
    """As ``broken`` describes them."""
    segments = list(segments)
    for each in changes.split(" & "):
        if each.startswith("-"):
            begin, _, end = each[1:].partition("..")
            at = first(segments, begin)
            del segments[at : (at + 1 if not end else len(segments) if end == "UNT" else at + first(segments[at:], end))]
        elif ">>" in each:
            after, _, new = each.partition(">>")
            segments.insert(first(segments, after) + 1, new)
        else:
            old, _, new = each.partition(">")
            at = first(segments, old)
            segments[at] = new + segments[at][len(old) :]
    return [segment for each in segments for segment in each.split("'")]


def told(fault: GuideFault) -> tuple[str, str, bool, int, str]:
    spot = f"{fault.element or ''}{f'.{fault.component}' if fault.component else ''}"
    return fault.kind.name, fault.code, fault.warning, fault.segment_position, spot


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_of_a_guide_passes_it(name: str) -> None:
    report = judge(name, sample(name))
    assert report.faults == ()
    assert [message.guide for message in report.messages] == [name]
    assert report.guide_faults == ()


def test_every_guide_has_a_sample_and_changes_and_nothing_else_has() -> None:
    assert sorted(path.stem for path in MESSAGES.glob("*.edi")) == NAMES
    assert sorted(BROKEN) == NAMES
    assert sum(map(len, BROKEN.values())) > 200


@pytest.mark.parametrize(("name", "changes"), [(name, changes) for name, table in BROKEN.items() for changes in table])
def test_a_change_of_the_sample_is_one_fault_at_its_place(name: str, changes: str) -> None:
    segments = change(sample(name), changes)
    report = judge(name, segments)
    assert report.faults == ()
    meant = re.fullmatch(r"(\w+) (\w+)( warning)? at (\S+)(?: (\S+))?", BROKEN[name][changes])
    assert meant is not None
    kind, code, warning, at, spot = meant.groups()
    # UNH is segment 1.
    assert [told(fault) for fault in report.guide_faults] == [(kind, code, warning is not None, first(segments, at) + 2, spot or "")]
    assert all(fault.text(language) and "{" not in fault.text(language) for fault in report.guide_faults for language in ("en", "zh"))


@pytest.mark.parametrize(("name", "changes"), [(name, changes) for name, table in IN_ORDER.items() for changes in table])
def test_what_a_condition_allows_is_no_fault(name: str, changes: str) -> None:
    report = judge(name, change(sample(name), changes))
    assert report.faults == ()
    assert report.messages[0].guide == name
    assert report.guide_faults == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_condition_of_a_guide_is_broken_by_a_change(name: str) -> None:
    told = {fault.params["rule"] for changes in BROKEN[name] for fault in judge(name, change(sample(name), changes)).guide_faults if "rule" in fault.params}
    assert told == {rule.text.en for rule in GUIDES.get(name).rules}


def test_the_changes_are_of_every_kind() -> None:
    kinds = {meant.split(" ")[0] for table in BROKEN.values() for meant in table.values()}
    assert kinds == {kind.name for kind in GuideFaultKind} - {"ELEMENT_NOT_USED"}


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.edi")))
def test_the_examples_pass_their_guides(name: str) -> None:
    report = check_interchange((EXAMPLES / name).read_bytes(), DIRECTORIES, guides=GUIDES)
    assert report.guide_faults == ()
    judged = [message.guide for message in report.messages if message.verdict.value == "accepted"]
    assert all(judged) or name == "contrl.edi"


@pytest.mark.skipif(not (SHARED / "documents").is_dir(), reason="the sample documents are not beside the repository")
def test_the_sample_documents_pass_their_guides() -> None:
    chosen: Counter[str] = Counter()
    for path in sorted((SHARED / "documents").glob("*.edi")):
        message = path.read_bytes().rstrip()
        report = check_interchange(b"UNB+UNOC:3+A+B+061120:1200+1'" + message + b"UNZ+1+1'", DIRECTORIES, guides=GUIDES)
        assert (path.name, report.faults, report.guide_faults) == (path.name, (), ())
        chosen[report.messages[0].guide] += 1
    assert "" not in chosen
    assert chosen.total() == 20


def kinds(messages: list[str], codes: list[str]) -> Iterable[tuple[str, str]]:
    """Two messages with two codes have one each."""
    return zip(messages, codes, strict=True) if len(messages) > 1 and len(codes) > 1 else itertools.product(messages, codes)


@pytest.mark.skipif(not (SHARED / "codes").is_dir(), reason="the table of documents is not beside the repository")
def test_every_document_of_the_table_has_a_guide() -> None:
    with (SHARED / "codes" / "document_message_map.csv").open(encoding="utf-8-sig", newline="") as file:
        documents = list(csv.DictReader(file))
    wanted = {
        (message, code, function)
        for document in documents
        if document["directory"] == "D01B"
        for message, code in kinds(document["message"].replace(" ", "").split("/"), document["bgm_1001"].partition(" (")[0].split("/"))
        for function in re.findall(r"[0-9]+", document["function_1225"]) or [""]
    }
    without = {
        (message, code)
        for message, code, function in wanted
        if not any(head.message == message and head.suits("CNGC01", code, function) for head in GUIDES.heads())
    }
    # Of these the table gives no code.
    assert without == {("CUSDEC", "as original"), ("PAYORD", ""), ("CREADV", ""), ("PARTIN", "")}


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_says_what_is_assumed_and_its_errors_are_of_the_national_list(name: str) -> None:
    guide: Guide = GUIDES.get(name)
    assert "assumed" in guide.head.source
    known = {row["code"] for row in rows("error_codes")}
    named = {use.error for use in guide.uses} | {rule.error for rule in guide.rules} | {element.error for use in guide.uses for element in use.elements}
    assert named - {""} <= known


def test_the_errors_of_guide_faults_are_of_the_national_list() -> None:
    assert {kind.value.code for kind in GuideFaultKind} <= {row["code"] for row in rows("error_codes")}


def test_every_file_of_codes_is_described_and_in_order() -> None:
    assert {path.stem for path in CODES.glob("*.csv")} == set(LISTS)
    for name, entry in LISTS.items():
        table = rows(name)
        assert table, name
        codes = [tuple(row[column] for column in ("code", "valid_from") if column in row) for row in table if row["code"]]
        assert [code for code, count in Counter(codes).items() if count > 1] == [], name
        assert all(row.get("name_en") or row.get("name_zh") or row.get("name") for row in table), name
        for row in table:
            begin, end = (date.fromisoformat(row[column]) if row.get(column) else None for column in ("valid_from", "valid_to"))
            assert begin is None or end is None or begin <= end, (name, row)
        assert entry["source"], name


def test_every_form_is_used_and_is_used_right() -> None:
    used = set(re.findall(r'form = "([a-z0-9_]+)"', "".join(path.read_text("utf-8") for path in (SCHEMAS / "guides").glob("*.toml"))))
    assert set(FORMS) == {name for name in used if not re.fullmatch(r"(a|n|an)[0-9]+", name)}
