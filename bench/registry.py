"""The enterprise register: 239,173 enterprises loaded, and one looked up by either code, in ms.

The file is loaded as ``vanhub agency load`` does it, into a store of SQLite. Look-ups are those of a decision, each of another enterprise, so that nothing is remembered; beside
them, on the same file, the select of SQLite alone that finds the same record. Measured in processor time, because other processes may be at work; the file is in memory either way.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random

from bench import Figure
from vanhub.agencies.enterprises import COLUMNS, EnterpriseRecord, find_by_customs_code, row_of
from vanhub.agencies.frame.book import SqlBook
from vanhub.agencies.frame.clock import system_clock
from vanhub.agencies.frame.home import AgencyHome, init_home
from vanhub.agencies.running import ask, open_office, reading
from vanhub.agencies.trade.enterprises import REGISTERED, make_enterprises

LOOK_UPS = 2_000


def measure() -> Iterator[Figure]:
    made = list(make_enterprises(REGISTERED, 0, date(2006, 3, 20)))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(map(row_of, made))
    with tempfile.TemporaryDirectory() as folder:
        init_home(Path(folder), "registry", "https://127.0.0.1:1")
        home = AgencyHome.open(Path(folder))
        begun = time.process_time()
        answer = ask(home, system_clock, "load", {"file": "enterprises.csv"}, text.getvalue().encode())
        seconds = time.process_time() - begun
        if answer != {"events": REGISTERED}:
            raise SystemExit(f"not loaded: {answer}")
        yield Figure("enterprises loaded", REGISTERED / seconds, "/s", detail=f"{REGISTERED:,} in {seconds:.1f} s")
        yield from _look_ups(home, Random(1).sample(made, 3 * LOOK_UPS))


def _look_ups(home: AgencyHome, wanted: list[EnterpriseRecord]) -> Iterator[Figure]:
    office = open_office(home)
    with reading(home) as conn, sqlite3.connect(Path(home.path) / "agency.db") as bare:
        book = SqlBook(conn, office.rules, office.addresses)
        ways: dict[str, Callable[[EnterpriseRecord], object]] = {
            "by 13-character code": lambda each: book.get(EnterpriseRecord, each.code),
            "by 10-character customs code": lambda each: find_by_customs_code(book, each.customs_code),
            "SQLite alone": lambda each: bare.execute("SELECT value FROM record WHERE kind = 'enterprise' AND key = ?", (each.code,)).fetchone(),
        }
        for number, (name, look_up) in enumerate(ways.items()):
            taken = sorted(_timed(look_up, each) for each in wanted[number * LOOK_UPS : (number + 1) * LOOK_UPS])
            yield Figure(f"look-up {name}, median", taken[LOOK_UPS // 2], "ms")
            yield Figure(f"look-up {name}, 99th percentile", taken[LOOK_UPS * 99 // 100], "ms", None if "alone" in name else 5.0, at_most=True)


def _timed(look_up: Callable[[EnterpriseRecord], object], wanted: EnterpriseRecord) -> float:
    begun = time.process_time()
    found = look_up(wanted)
    taken = (time.process_time() - begun) * 1000
    if found is None:
        raise SystemExit(f"{wanted.code} is not found")
    return taken
