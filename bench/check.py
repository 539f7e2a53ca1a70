"""The full check in MB/s on one core: envelope, structure, elements, code lists.

CUSDEC messages of D.96B of about 2 KB, as a broker sends them: every message has other numbers, dates, names and a number of goods items of its own.
Beside it, over the same octets in the same run: ``bytes.split``, which does nothing else. Peers are in ``bench.peers``.
Measured in processor time, the best of several runs, because other processes may be at work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random

from bench import Figure
from vanhub.directory.check import check_interchange
from vanhub.directory.load import open_directories
from vanhub.edifact.report import Verdict
from vanhub.packed import packed

MESSAGES = 1_500
RUNS = 7


def message(rng: Random, reference: int) -> str:
    """One import declaration."""
    number = rng.randrange

    def amount() -> str:
        return f"{number(10**6)}.{number(100):02d}"

    def date() -> str:
        return f"2006{number(1, 13):02d}{number(1, 29):02d}"

    segments = [
        f"UNH+{reference}+CUSDEC:D:96B:UN:CNGC01",
        f"BGM+929+I{number(10**9):09d}+9",
        f"CST++{number(10**5):05d}:105:112",
        f"LOC+9+CN{rng.choice(['SHA', 'TAO', 'NGB', 'XMN', 'DLC'])}:139:6",
        f"LOC+11+{rng.choice(['USLAX', 'DEHAM', 'JPTYO', 'NLRTM'])}:139:6",
        f"DTM+137:{date()}:102",
        f"DTM+132:{date()}:102",
        f"GIS+{rng.choice(['9', '8', '23'])}",
        f"FTX+AAA+++CONTRACT {number(10**6)} OF SHENZHEN TEXTILES IMPORT AND EXPORT CO LTD:SECOND LOT {number(10**4)}",
        f"RFF+ABT:53012006{number(10**9):09d}",
        f"DTM+148:{date()}:102",
        f"TDT+20+{number(1000):04d}W+1++COS:172:20+++{number(10**7):07d}:146:11:VESSEL {number(1000)}:CN",
        f"DOC+740+COSU{number(10**8):08d}",
        f"NAD+CN+4403{number(10**9):09d}::ZZZ++SHENZHEN TEXTILES {number(10**4)} CO LTD+NANHAI ROAD {number(1000)}+SHENZHEN++518{number(1000):03d}+CN",
        f"NAD+DT+4403{number(10**9):09d}::ZZZ++SHEKOU CUSTOMS BROKERS+HARBOUR ROAD {number(100)}+SHENZHEN++518067+CN",
        f"MOA+39:{amount()}:USD",
        "UNS+D",
    ]
    items = rng.randrange(5, 9)
    for item in range(1, items + 1):
        segments += [
            f"CST+{item}+{number(10**8):08d}:122:112",
            f"FTX+AAA+++COTTON YARN CARDED UNBLEACHED NE {number(60)} QUALITY {number(10**5)}",
            f"LOC+27+{rng.choice(['US', 'DE', 'JP', 'NL', 'IN'])}:162:5",
            f"MEA+WT++KGM:{number(10**5)}.{number(10)}",
            f"NAD+MF+{number(10**9):09d}::ZZZ++MILL {number(10**5)}",
            f"PAC+{number(1, 500)}++CT",
            f"PCI+28+LOT {number(10**6):06d}",
            f"MOA+38:{amount()}:USD",
            f"RFF+IV:INV{number(10**8):08d}",
            f"TAX+1+CUD+++:::{number(30)}",
        ]
    segments += ["UNS+S", f"CNT+5:{items}"]
    return "".join(f"{segment}'" for segment in (*segments, f"UNT+{len(segments) + 1}+{reference}"))


def interchange(messages: int) -> bytes:
    """So many of them in one interchange; always the same ones."""
    rng = Random(96)
    body = "".join(message(rng, reference) for reference in range(1, messages + 1))
    return f"UNB+UNOA:2+BROKER:ZZZ+CUSTOMS:ZZZ+060815:1200+1'{body}UNZ+{messages}+1'".encode()


def megabytes_a_second(work: Callable[[], object], octets: int, runs: int = RUNS) -> float:
    """The best of several runs, by processor time."""
    best = float("inf")
    for _ in range(runs):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return octets / 1e6 / best


def measure() -> Iterator[Figure]:
    directories = open_directories(packed("schemas"))
    data = interchange(MESSAGES)
    single = interchange(1)
    for each in (data, single):
        report = check_interchange(each, directories)
        if report.verdict is not Verdict.ACCEPTED:
            raise AssertionError(report.faults[:3])
    octets = len(data) // MESSAGES
    yield Figure(
        "full check, one interchange",
        megabytes_a_second(lambda: check_interchange(data, directories), len(data)),
        "MB/s",
        20.0,
        detail=f"{octets} octets a message",
    )
    alone = megabytes_a_second(lambda: [check_interchange(single, directories) for _ in range(300)], 300 * len(single))
    yield Figure("full check, one message an interchange", alone, "MB/s", detail=f"{len(single)} octets")
    bad = data.replace(b"DTM+137:", b"DTM+XXX:")
    yield Figure("full check, one fault in every message", megabytes_a_second(lambda: check_interchange(bad, directories), len(bad), 2), "MB/s")
    yield Figure("bytes.split", megabytes_a_second(lambda: data.split(b"'"), len(data)), "MB/s", detail="does nothing else")
