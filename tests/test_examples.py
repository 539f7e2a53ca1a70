"""The examples are what their page says: accepted without a fault by the parties named, but for the one that is meant to fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vanhub.directory.check import check_interchange
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.framing import Ended, Framer
from vanhub.edifact.report import Verdict
from vanhub.exchange.mailboxes import parse_mailboxes
from vanhub.packed import packed
from vanhub.settings import Settings
from vanhub.values.mailbox import Mailbox

EXAMPLES = packed("examples")
FILES = sorted(file.name for file in EXAMPLES.glob("*.edi"))
FAILS = "cusdec-three-faults.edi"
HUB = Settings().hub.address
PAGE = (EXAMPLES / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def directories() -> SchemaDirectories:
    return open_directories(packed("schemas"))


@pytest.fixture(scope="module")
def mailboxes() -> dict[str, Mailbox]:
    """The agencies' mailboxes by their EDI addresses."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in packed("mailboxes").glob("*.toml")}
    return {str(address): mailbox for mailbox in parse_mailboxes(texts, hub=HUB) for address in mailbox.addresses}


def partners() -> dict[str, str]:
    """EDI address -> principal, of the trading partners in the page's table."""
    return dict(re.findall(r"^\| `([A-Z]+:ZZZ)` \| [^|]+ \| `([a-z-]+)` \|$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", [name for name in FILES if name != FAILS])
def test_it_is_accepted_without_a_fault(name: str, directories: SchemaDirectories) -> None:
    report = check_interchange((EXAMPLES / name).read_bytes(), directories)
    assert report.faults == ()
    assert report.verdict is Verdict.ACCEPTED
    assert {message.verdict for message in report.messages} == {Verdict.ACCEPTED}


def test_the_three_faults_are_found_each_at_its_place_and_the_good_messages_are_accepted(directories: SchemaDirectories) -> None:
    report = check_interchange((EXAMPLES / FAILS).read_bytes(), directories)
    assert [(fault.kind, fault.message, fault.segment, fault.segment_position, fault.element, fault.component) for fault in report.faults] == [
        (FaultKind.SEGMENT_MISSING, 1, "BGM", 1, None, None),
        (FaultKind.TOO_LONG, 2, "NAD", 14, 5, 1),
        (FaultKind.CODE_UNKNOWN, 3, "LOC", 5, 2, None),
    ]
    assert report.verdict is Verdict.PARTLY
    assert [message.verdict.value for message in report.messages] == ["accepted", "rejected", "rejected", "rejected", "accepted"]


@pytest.mark.parametrize("name", FILES)
def test_it_is_one_interchange_between_parties_of_the_story_and_the_recipient_takes_it(
    name: str, directories: SchemaDirectories, mailboxes: dict[str, Mailbox]
) -> None:
    data = (EXAMPLES / name).read_bytes()
    framer = Framer()
    ends = [event for event in (*framer.feed(data), *framer.close()) if isinstance(event, Ended)]
    assert ends == [Ended(complete=True, is_interchange=True)]
    report = check_interchange(data, directories)
    sender, recipient = str(report.header.sender), str(report.header.recipient)
    assert sender in partners()
    if recipient == HUB:
        routes = [route.selection for mailbox in mailboxes.values() for route in mailbox.routes]
        for message in report.messages:
            assert any(route.matches(message.type, "", "") for route in routes if not route.documents)
    elif recipient in mailboxes:
        assert all(message.type == "CONTRL" or mailboxes[recipient].takes_type(message.type) for message in report.messages)
    else:
        assert recipient in partners()


def test_no_reference_is_used_twice(directories: SchemaDirectories) -> None:
    references = [check_interchange((EXAMPLES / name).read_bytes(), directories).header.reference for name in FILES]
    assert len(set(references)) == len(FILES)


def test_the_page_has_every_file_once() -> None:
    assert sorted(re.findall(r"^\| `([a-z-]+\.edi)` \|", PAGE, re.MULTILINE)) == FILES


def test_the_page_names_the_agencies_as_their_mailboxes_do(mailboxes: dict[str, Mailbox]) -> None:
    named = {address: principal for address, principal in partners().items() if address in mailboxes}
    assert named == {address: mailboxes[address].id for address in named}
    assert len(named) == 4


def test_the_excerpt_that_explains_how_to_read_one_is_of_a_file() -> None:
    excerpt = PAGE.split("```")[1].strip().splitlines()
    shown = [line.partition("  ")[0] for line in excerpt if line != "..."]
    assert [line for line in Path(EXAMPLES / "cusdec-export.edi").read_text().splitlines() if line in shown] == shown
