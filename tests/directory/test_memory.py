"""Nothing that lasts grows with what partners send: neither with long values nor with many different ones."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.directory.guides.samples import guides_of, interchange
from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import check_interchange

LONG = 200_000
INTERCHANGES = 20
GUIDE = """
[[use]]
at = "LOC"
where = { 3227 = "22" }

[[rule]]
name = "one"
if = [ { at = "BGM", where = { 1001 = "830" } } ]
then = [ { at = "GIS" } ]
"""


def long(number: int) -> str:
    return f"{number:09d}" * (LONG // 9)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda value: interchange(f"BGM+{value}+E1+9", "GIS+22", "UNS+D", "UNS+S"), id="a value by which a rule tells segments apart"),
        pytest.param(lambda value: interchange("BGM+830+E1+9", f"LOC+{value}", "GIS+22", "UNS+D", "UNS+S"), id="one by which uses are told apart"),
        pytest.param(lambda value: interchange("BGM+830+E1+9").replace(b"CUSDEC", value.encode()), id="a message type"),
        pytest.param(lambda value: interchange("BGM+830+E1+9").replace(b":UN", b":" + value.encode()), id="an agency"),
        pytest.param(lambda value: interchange("BGM+830+E1+9", f"{value}+1"), id="a tag"),
        pytest.param(lambda value: interchange(f"BGM+830+{value}+9", f"FTX+AAI+++{value}"), id="texts"),
    ],
)
def test_long_values_are_not_remembered(tmp_path: Path, write: Callable[[str], bytes]) -> None:
    guides = guides_of(tmp_path, GUIDE)
    check_interchange(write(long(0)), DIRECTORIES, guides=guides)
    tracemalloc.start()
    try:
        for number in range(INTERCHANGES):
            check_interchange(write(long(number + 1)), DIRECTORIES, guides=guides)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < LONG * INTERCHANGES // 10
