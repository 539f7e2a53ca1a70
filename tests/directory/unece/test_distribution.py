"""The importer gives back what invented directories say, in every style, and what UNECE's originals say."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.directory.unece.invented import invented
from tests.directory.unece.rendering import STYLES, Plain, archive
from vanhub.directory.load import open_directories
from vanhub.directory.pack import pack_schema
from vanhub.directory.unece.distribution import read_distribution
from vanhub.packed import packed

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
ORIGINALS = SHARED / "unece" / "zips"
FACTS = SHARED / "directories"
SEEDS = st.integers(0, 2**32).map(Random)
TOLD = {"format", "quality", "source", "parsewarnings", "codesource", "changedmessages"}


def facts(directory: Any) -> Plain:
    """A directory's facts, without what is told about it; as JSON has them, in which there are no tuples."""
    plain: Plain = json.loads(json.dumps(directory))
    return {key: value for key, value in plain.items() if key not in TOLD}


@given(SEEDS, st.sampled_from(sorted(STYLES)))
def test_an_invented_directory_is_read_as_it_was_written(rng: Random, style: str) -> None:
    directory = invented(rng, STYLES[style])
    read = read_distribution(archive(directory, STYLES[style]), "invented.zip")
    assert facts(read.directory) == facts(directory)
    assert [remark.text for remark in read.remarks if "code list" not in remark.text] == []


def test_what_is_read_can_be_packed_and_used(tmp_path: Path) -> None:
    directory = invented(Random(1), STYLES["D.21B"])
    read = read_distribution(archive(directory, STYLES["D.21B"]), "invented.zip")
    (tmp_path / "D.24B.schema").write_bytes(pack_schema([read.directory]))
    opened = open_directories(packed("schemas"), tmp_path).get("D.24B")
    assert opened is not None
    assert (opened.name, opened.quality) == ("D.24B", "original")
    assert opened.message_types() == tuple(sorted(directory["messages"]))
    assert all(opened.message(type) is not None for type in opened.message_types())
    assert {tag: opened.segment(tag) is not None for tag in opened.segment_tags()} == dict.fromkeys(directory["segments"], True)
    assert opened.source.startswith("imported from invented.zip, SHA-256 ")
    assert {key: opened.counts[key] for key in ("messages", "codes")} == {key: read.counts()[key] for key in ("messages", "codes")}


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the directories' source is not beside the repository")
@pytest.mark.parametrize("path", sorted(ORIGINALS.glob("*.zip")) or [ORIGINALS], ids=lambda path: path.stem)
def test_originals_hold_the_known_facts(path: Path) -> None:
    read = facts(read_distribution(path.read_bytes(), path.name).directory)
    known = facts(json.loads(gzip.decompress((FACTS / f"{path.stem}.json.gz").read_bytes())))
    if not read["codes"]:  # their code lists were taken from elsewhere
        assert path.stem in {"d93a", "d94b", "d95a"}
        del known["codes"], read["codes"]
    for type, message in known.get("interactive", {}).get("messages", {}).items():
        # Titles of more than one line were cut at the end of a line.
        assert read["interactive"]["messages"][type]["name"].startswith(message["name"])
        message["name"] = read["interactive"]["messages"][type]["name"]
    if path.stem == "d01c":  # printed with a small letter
        [group] = [part for part in _groups(known["messages"]["HANMOV"]["tree"]) if part[0] == 21]
        assert group[1] == "c"
        group[1] = "C"
    if path.stem == "d01a":  # another edition of this release: other dates, four other messages, four other code lists
        _same_edition(read, known)
    assert read == known


def _groups(parts: list[Any]) -> list[Any]:
    groups = [part for part in parts if isinstance(part[0], int)]
    return groups + [inner for group in groups for inner in _groups(group[3])]


def _same_edition(read: Plain, known: Plain) -> None:
    parts: list[tuple[Plain, Plain, set[str]]] = [
        (read["messages"], known["messages"], {"INVOIC", "PRICAT", "SLSRPT"}),
        (read["interactive"]["messages"], known["interactive"]["messages"], {"AVLREQ"}),
    ]
    for ours, theirs, differ in parts:
        assert {message.pop("date") for message in theirs.values()} == {"2000-10-26"}
        assert {message.pop("date") for message in ours.values()} == {"2000-10-20"}
        assert {type for type in theirs if theirs[type] != ours[type]} == differ
        theirs |= {type: ours[type] for type in differ}
    others = {"1001", "2005", "3055", "6155", "7187"}
    assert {id for id, codes in known["codes"].items() if codes != read["codes"][id]} == others
    known["codes"] |= {id: read["codes"][id] for id in others}
