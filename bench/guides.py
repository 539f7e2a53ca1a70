"""What guides cost: export declarations of D.01B checked with the shipped guides and without them, in MB/s on one core.

Every declaration has numbers, dates, amounts and goods items of its own, and none comes twice: what either way remembers of texts does not help it more than it would
with partners' messages. Both ways take turns, so that other processes slow them alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random

from bench import Figure
from bench.check import megabytes_a_second
from vanhub.directory.check import check_interchange
from vanhub.directory.guides.load import open_guides
from vanhub.directory.load import open_directories
from vanhub.packed import packed

MESSAGES = 600
TURNS = 5


def message(rng: Random, reference: int) -> str:
    """One export declaration."""
    number = rng.randrange

    def amount() -> str:
        return f"{number(1, 10**6)}.{number(100):02d}"

    declaration = f"E2006{number(10**6):06d}"
    party = f"44031{number(10**5):05d}"
    segments = [
        f"UNH+{reference}+CUSDEC:D:01B:UN:CNGC01",
        f"BGM+830+{declaration}+9",
        "CST++0110:117:ZZZ+101:110:ZZZ+0:105:ZZZ",
        f"LOC+22+{rng.choice(['5301', '5304', '2200', '0200'])}:113:ZZZ",
        f"LOC+42+{rng.choice(['5301', '5304', '2200', '0200'])}:113:ZZZ",
        f"LOC+28+{rng.choice(['USA', 'DEU', 'JPN'])}:162:5",
        "LOC+9+CNSHK:139:6",
        "LOC+8+USLAX:139:6",
        "LOC+106+44039:163:ZZZ",
        f"DTM+141:2006{number(1, 13):02d}{number(1, 29):02d}:102",
        "GIS+22",
        f"MEA+AAX+AAD+KGM:{amount()}",
        f"MEA+AAX+AAC+KGM:{amount()}",
        f"FTX+AAI+++LOT {number(10**6)}",
        f"RFF+ABE:{declaration}",
        f"RFF+CT:SZ{number(10**6):06d}",
        f"RFF+BM:COSU{number(10**9):09d}",
        f"PAC+{number(1, 900)}++CT",
        f"TDT+11+{number(1000):04d}E+1+++++{number(10**7):07d}:103::VESSEL {number(1000)}",
        f"DOC+812+37E{number(10**6):06d}",
        f"NAD+EX+{party}:ZZZ:ZZZ++TEXTILES {number(10**4)} CO LTD",
        f"RFF+XA:{party}788",
        f"NAD+CZ+{party}:ZZZ:ZZZ",
        f"NAD+CB+44039{number(10**5):05d}:ZZZ:ZZZ++BROKER {number(100)}",
        "TOD+3++FOB:106:6",
        f"MOA+63:{amount()}:USD",
        "UNS+D",
    ]
    items = number(3, 8)
    for item in range(1, items + 1):
        segments += [
            f"CST+{item}+{rng.choice(['61091000', '62034290', '85171100'])}:122:ZZZ+1:110:ZZZ",
            f"FTX+AAA+++COTTON GOODS {number(10**5)}",
            "LOC+36+USA:162:5",
            "LOC+27+CHN:162:5",
            f"MEA+AAR++H87:{number(1, 10**5)}",
            f"MEA+AAS++KGM:{number(1, 10**4)}",
            f"MEA+AAF++H87:{number(1, 10**5)}",
            f"MOA+38:{amount()}:USD",
            f"MOA+146:{number(1, 100)}.{number(10)}:USD",
            f"MOA+123:{amount()}:USD",
        ]
    segments += ["UNS+S", f"CNT+5:{items}"]
    return "".join(f"{segment}'" for segment in (*segments, f"UNT+{len(segments) + 1}+{reference}"))


def interchange(messages: int, seed: int) -> bytes:
    """So many of them in one interchange; the same ones for the same seed."""
    rng = Random(seed)
    body = "".join(message(rng, reference) for reference in range(1, messages + 1))
    return f"UNB+UNOC:3+BROKER:ZZZ+CUSTOMS:ZZZ+061008:1200+1'{body}UNZ+{messages}+1'".encode()


def measure() -> Iterator[Figure]:
    directories = open_directories(packed("schemas"))
    guides = open_guides(packed("schemas"), directories=directories)
    data = interchange(MESSAGES, 0)
    report = check_interchange(data, directories, guides=guides)
    if report.faults or report.guide_faults or any(not message.guide for message in report.messages):
        raise AssertionError((report.faults[:3], report.guide_faults[:3]))
    plain = guided = 0.0
    for turn in range(1, TURNS + 1):
        data = interchange(MESSAGES, turn)
        plain = max(plain, megabytes_a_second(partial(check_interchange, data, directories), len(data), 1))
        guided = max(guided, megabytes_a_second(partial(check_interchange, data, directories, guides=guides), len(data), 1))
    yield Figure("check without guides", plain, "MB/s", detail=f"{len(data) // MESSAGES} octets a message")
    yield Figure("check with guides", guided, "MB/s", detail=f"{plain / guided:.1f} times the time")
