"""The examples for the agencies are granted as their page says, one after another, and its changes are refused."""

from __future__ import annotations

import csv
import re
from collections import deque
from datetime import timedelta

import pytest

from tests.agencies.memory import ADDRESSES, Desk, as_read
from tests.agencies.messages.checked import GUIDES
from tests.directory.samples import DIRECTORIES
from vanhub.agencies.enterprises import EnterpriseRecord, status_complaint
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.frame.message import Interchange, read_interchange
from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.clearance_note import ClearanceNote
from vanhub.agencies.messages.fx_form import FxForm
from vanhub.agencies.messages.licence import Licence, LicenceBalance
from vanhub.agencies.messages.registration import Registration
from vanhub.agencies.messages.statistics import Figures
from vanhub.agencies.programs import PROGRAMS
from vanhub.agencies.rules import open_rules
from vanhub.directory.check import check_interchange
from vanhub.packed import packed

FOLDER = packed("examples") / "agencies"
FILES = sorted(file.name for file in FOLDER.glob("*.edi"))
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
_AGENCIES = {ADDRESSES[name]: name for name in PROGRAMS}

GRANTED = {
    "01-registration.edi": [("SZTEXTILES:ZZZ", "granted 4403160001")],
    "02-licence-application.edi": [("SZTEXTILES:ZZZ", "licence 06-AF-000001")],
    "03-form-request.edi": [("SZTEXTILES:ZZZ", "form 44A0000001")],
    "04-form-filing.edi": [],
    "05-export-declaration.edi": [("SKBROKER:ZZZ", f"{receipt} 530420060000000001") for receipt in "LGP"],
    "06-loading.edi": [("SKBROKER:ZZZ", "R 530420060000000001")],
    "07-manifest.edi": [("NHLINE:ZZZ", "01")],
    "08-arrival.edi": [("NHLINE:ZZZ", "01 ARV00203220")],
    "09-discharge.edi": [],
    "10-note-application.edi": [("SZTEXTILES:ZZZ", "note 530406100000001")],
    "11-import-declaration.edi": [("SKBROKER:ZZZ", f"{receipt} 530420061000000001") for receipt in "LGT"],
    "12-payment.edi": [("SKBROKER:ZZZ", "P 530420061000000001")],
    "13-gate-out.edi": [("SKBROKER:ZZZ", "R 530420061000000001")],
    "14-licence-query.edi": [("SZTEXTILES:ZZZ", "balance 06-AF-000001")],
    "15-quota-report-request.edi": [("SZTEXTILES:ZZZ", "figures F14EM")],
}


def words(sent: Outgoing) -> str:
    match sent:
        case Answer():
            return " ".join(part for part in (sent.receipt, sent.number, *(error.code for error in sent.errors)) if part)
        case Registration():
            return f"{sent.act.name.lower()} {sent.customs_code}"
        case Licence():
            return f"licence {sent.number}"
        case FxForm():
            return f"form {sent.number}"
        case ClearanceNote():
            return f"note {sent.number}"
        case LicenceBalance():
            return f"balance {sent.licence}"
        case Figures():
            return f"figures {sent.dataset}"
        case _:
            return sent.TYPE


class Port:
    """All agencies; what they send to one another arrives at once."""

    def __init__(self) -> None:
        self.desks = {name: Desk(make(), open_rules(name)) for name, make in PROGRAMS.items()}

    def send(self, interchange: Interchange) -> list[tuple[str, str]]:
        """Who of the trade hears what."""
        heard: list[tuple[str, str]] = []
        queue = deque((str(interchange.sender), str(interchange.recipient), message) for message in interchange.messages)
        while queue:
            sender, to, message = queue.popleft()
            for address, sent in self.desks[_AGENCIES[to]].receive_read(message, sender):
                if address in _AGENCIES:
                    queue.append((to, address, as_read(sent)))
                elif address != ADDRESSES["hub"]:
                    heard.append((address, words(sent)))
                if isinstance(sent, Registration):
                    queue.extend((to, each, as_read(sent)) for each in _AGENCIES if each not in {to, address})
        return heard


def told(port: Port, *names: str) -> dict[str, list[tuple[str, str]]]:
    return {name: port.send(read_interchange((FOLDER / name).read_bytes())) for name in names}


@pytest.mark.parametrize("name", FILES)
def test_an_example_has_no_fault_and_the_guide_of_the_page(name: str) -> None:
    report = check_interchange((FOLDER / name).read_bytes(), DIRECTORIES, guides=GUIDES)
    assert (report.faults, report.guide_faults) == ((), ())
    row = re.search(rf"^\| `{name}` \| [^|]+ \| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert row is not None
    assert [message.guide for message in report.messages] == [row[1]]


def test_in_their_order_all_are_granted_with_the_numbers_of_the_page() -> None:
    assert told(Port(), *FILES) == GRANTED
    rows = dict(re.findall(r"^\| `(\d\d[a-z-]+\.edi)` (\|.+)$", PAGE, re.MULTILINE))
    assert list(rows) == FILES
    numbers = {name: re.findall(r"(?:\d\d-AF-|44A|B)?\d{6,}", answer) for name, row in rows.items() for answer in [row.split("|")[-2]]}
    assert numbers == {
        "01-registration.edi": ["4403160001"],
        "02-licence-application.edi": ["06-AF-000001"],
        "03-form-request.edi": ["44A0000001"],
        "05-export-declaration.edi": ["530420060000000001"],
        "10-note-application.edi": ["530406100000001"],
        "11-import-declaration.edi": ["530420061000000001", "B5304000001"],
    } | {name: [] for name in FILES if name[:2] in {"04", "06", "07", "08", "09", "12", "13", "14", "15"}}


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        ({"MOA+63:4400": "MOA+63:4500", "06E00217": "06E00218"}, ["L 530420060000000002", "E 530420060000000002 E103 F302"]),
        ({"MOA+63:4400": "MOA+63:4500"}, ["E E104"]),
        ({"44A0000001": "44A0000009", "06E00217": "06E00218"}, ["L 530420060000000002", "E 530420060000000002 F301"]),
        ({"5304:113": "5316:113", "06E00217": "06E00218"}, ["L 531620060000000001", "E 531620060000000001 L203 F303"]),
    ],
    ids=["total", "number used", "form unknown", "office"],
)
def test_changes_of_the_export_declaration_are_refused_as_the_page_says(changes: dict[str, str], answers: list[str]) -> None:
    port = Port()
    told(port, *FILES[:5])
    text = (FOLDER / "05-export-declaration.edi").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    customs = port.desks["customs"]
    heard = port.send(read_interchange(text.encode())) + [(to, words(sent)) for to, sent in customs.wait_until(customs.now + timedelta(days=3))]
    assert heard == [("SKBROKER:ZZZ", answer) for answer in answers]


def test_the_file_of_enterprises_is_taken_by_all_who_load_it() -> None:
    with (FOLDER / "enterprises.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    desks = [Desk(PROGRAMS[name](), open_rules(name)) for name in ("registry", "customs", "licensing", "inspection", "foreign-exchange")]
    for desk in desks:
        for row in rows:
            desk.load(**row)
        found = {record.code: status_complaint(record, record.code, desk.now.date()) for record in desk.book.list(EnterpriseRecord)}
        assert {code: complaint and complaint.code for code, complaint in found.items()} == {"3101712345672": None, "3101723456781": "E101"}
