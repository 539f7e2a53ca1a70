"""The targets of ``make fuzz`` hold for octets from Hypothesis, and ``.ci/fuzz.lock`` is what it installs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, answers, check, split
from vanhub.packed import packed

WORDS = st.sampled_from(
    [
        *(b"'", b"+", b":", b"?", b"*", b" ", b"\r\n", b"\xff", b"\0", b"A", b"9", b"\x0e", b"\x0f", b"\x1b$B", b"\x1b(B", b"\x1b$)C", b"\x1b", "港".encode("gb18030")),
        *(b"UNA:+.? '", b"UNB+UNOB:2+A+B+260101:1200+R'", b"UNB+UNOX:3+A+B+260101:1200+R'", b"UNB+UNOC:4+A+B+20260101:1200+R'", b"UNZ+1+R'", b"UNT+3+1'"),
        *(b"UNH+1+CUSRES:D:96B:UN'", b"UNH+1+CONTRL:D:3:UN'", b"UNH+1+APERAK:D:96B:UN'", b"BGM+962'", b"FTX+AAA+++", b"UCI+R+A+B+4+18'", b"UCM+1+CUSRES:D:96B:UN+4'"),
        *(b"UCS+2+13'", b"UCD+13+2:1'", b"ERC+1'", b"UNO+1+1::3:1+1'", b"USD+3'", b"UNP+3+1'", b"USU+3'", b"UIB+UNOA:4'", b"UIZ'"),
    ]
)  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
@given(st.one_of(st.binary(max_size=80), st.lists(WORDS, max_size=25).map(b"".join)))
@settings(max_examples=60, deadline=None)
def test_a_target_holds(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", sorted(path.name for path in packed("examples").glob("*.edi")))
def test_targets_hold_for_the_examples(name: str) -> None:
    data = (packed("examples") / name).read_bytes()
    for term in (0, 3, 130):
        check(bytes([term]) + data)
        split(bytes([term]) + data)
    answers(data)
