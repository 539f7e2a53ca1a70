"""Archives that are damaged, hostile or not archives at all: one clear error, and no more memory than the limits say."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.directory.unece.invented import invented
from tests.directory.unece.rendering import STYLES, archive, zipped
from vanhub.directory.unece.archive import LIMITS, unpack
from vanhub.directory.unece.distribution import read_distribution
from vanhub.errors import OperatorError

GOOD = archive(invented(Random(7), STYLES["D.21B"]), STYLES["D.21B"])

SEEDS = st.integers(0, 2**32).map(Random)


def patched(octets: bytes, offset_in_entry: int, value: bytes) -> bytes:
    """The zip with a field of its first member's entries, local and central, overwritten; the local header has the fields 2 octets earlier."""
    local, central = bytearray(octets), octets.index(b"PK\x01\x02")
    local[4 + offset_in_entry - 6 : 4 + offset_in_entry - 6 + len(value)] = value
    local[central + offset_in_entry : central + offset_in_entry + len(value)] = value
    return bytes(local)


def test_members_come_in_order_with_paths_that_lead_nowhere() -> None:
    inner = zipped({"../../etc/passwd": b"1", "C:\\x\\EDSD.24B": b"2"})
    assert [(member.path, member.name, member.octets) for member in unpack(zipped({"a/IN.ZIP": inner, "/b\x1b[2J\u202e.txt": b"3"}), "d24b.zip")] == [
        ("d24b.zip/a/IN.ZIP/etc/passwd", "passwd", b"1"),
        ("d24b.zip/a/IN.ZIP/C:/x/EDSD.24B", "EDSD.24B", b"2"),
        ("d24b.zip/b?[2J?.txt", "b?[2J?.txt", b"3"),
    ]


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", "d.zip cannot be unpacked: File is not a zip file"),
        (b"PK\x03\x04 but no zip", "d.zip cannot be unpacked: File is not a zip file"),
        (GOOD[: len(GOOD) // 2], "d.zip cannot be unpacked: File is not a zip file"),
        (zipped({"": b"a member without a name"}), "d.zip cannot be unpacked: "),
        (zipped({"A.ZIP": b"PK\x03\x04 but no zip"}), "d.zip/A.ZIP cannot be unpacked: File is not a zip file"),
        (patched(zipped({"A": b"x" * 99}), 8, b"\x01"), "d.zip/A is encrypted: pack the archive again without a password"),
        (patched(zipped({"A": b"x" * 99}), 10, b"\x06"), "d.zip/A is packed with method 6, which is not read"),
        (patched(zipped({"A": b"x" * 99}), 10, b"\x0c"), "d.zip/A is packed with method 12, which is not read"),
        (patched(zipped({"A": b"x" * 99}), 16, b"\0\0\0\0"), "d.zip/A is damaged: Bad CRC-32 for file 'A'; download the archive again"),
    ],
)
def test_what_cannot_be_unpacked_is_an_operator_error(octets: bytes, text: str) -> None:
    with pytest.raises(OperatorError) as caught:
        unpack(octets, "d.zip")
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"archive": len(GOOD) - 1}, f"d.zip has {len(GOOD)} octets, more than {len(GOOD) - 1}: "),
        ({"list": 10}, "d.zip cannot be unpacked: its list of members is longer than 10 octets"),
        ({"members": 2}, "d.zip: more than 2 files: "),
        ({"depth": 1}, "d.zip/DISK/EDSD.ZIP: zips lie in zips more than 1 deep: "),
        ({"member": 100}, "d.zip/DISK/EDSD.ZIP unpacks to more than 100 octets: "),
        ({"unpacked": 100}, "d.zip/DISK/EDSD.ZIP unpacks to more than 100 octets: "),
        ({"lines": 3}, "d.zip/DISK/EDSD.ZIP"),
    ],
)
def test_each_limit_holds(limits: dict[str, int], text: str) -> None:
    with pytest.raises(OperatorError) as caught:
        unpack(GOOD, "d.zip", replace(LIMITS, **limits))
    assert str(caught.value).startswith(text)
    assert unpack(GOOD, "d.zip")


def test_a_bomb_is_not_unpacked() -> None:
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            for number in range(50):
                file.writestr(f"UNCL-{number}.24B", bytes(30 * 2**20))
        bomb = out.getvalue()
    tracemalloc.start()
    try:
        with pytest.raises(OperatorError, match=r"UNCL-0\.24B unpacks to more than 100 times its size"):
            unpack(bomb, "d.zip")
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_a_zip_that_holds_itself_ends() -> None:
    nest = zipped({"A": b"a"})
    for _ in range(10):
        nest = zipped({"N.ZIP": nest})
    with pytest.raises(OperatorError, match="zips lie in zips more than 4 deep"):
        unpack(nest, "d.zip")


@given(st.binary(max_size=2000))
def test_any_octets_are_refused_in_words(octets: bytes) -> None:
    with pytest.raises(OperatorError):
        read_distribution(octets, "d.zip")


@given(SEEDS)
def test_damaged_archives_are_read_or_refused_in_words(rng: Random) -> None:
    damaged = bytearray(GOOD)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(damaged))
        damaged[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
    _read_or_refused(bytes(damaged))


@given(SEEDS, st.sampled_from(sorted(STYLES)))
def test_damaged_texts_are_read_or_refused_in_words(rng: Random, style: str) -> None:
    """Octets, lines and pieces of lines of the texts themselves changed, lost, doubled and exchanged."""
    good = unpack(archive(invented(rng, STYLES[style]), STYLES[style]), "d.zip")
    files = {member.name: member.octets for member in good}
    for name in rng.sample(sorted(files), rng.randint(1, len(files))):
        lines = files[name].split(b"\n")
        for _ in range(rng.randint(1, 6)):
            at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
            line = bytearray(lines[at])
            spot = rng.randrange(len(line) + 1)
            line[spot : spot + rng.randint(0, 9)] = rng.choice([b"", b" ", b"+", b"|", b"-", b"C", b"\xc4\xbf\xd9", b"9" * 12, lines[other]])
            lines[at : at + rng.randint(0, 2)] = rng.choice([[bytes(line)], [bytes(line), lines[other]], []])
            lines = lines or [b""]
        files[name] = b"\n".join(lines)
    _read_or_refused(zipped(files))


def _read_or_refused(octets: bytes) -> None:
    try:
        counts = read_distribution(octets, "d.zip").counts()
    except OperatorError:
        return
    assert counts["messages"] > 0
