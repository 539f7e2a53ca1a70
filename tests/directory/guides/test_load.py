"""Which guide a message is held against, and when files are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.directory.guides.samples import HEAD, MESSAGE, check, guides_of, interchange, told, write
from tests.directory.samples import DIRECTORIES
from vanhub.directory.check import check_if_faultless, check_interchange
from vanhub.directory.guides.load import open_guides
from vanhub.errors import OperatorError

BODY = '[[use]]\nat = "FTX"\nstatus = "required"\n'


def named(name: str, keys: str = "", body: str = "") -> str:
    return HEAD.replace('"declaration"', f'"{name}"') + keys + body


@pytest.mark.parametrize(
    ("keys", "association", "bgm", "suits"),
    [
        ("", "", "BGM+830+E1+9", True),
        ("", "CNGC01", "BGM", True),
        ('association = "CNGC01"', "CNGC01", "BGM+830+E1+9", True),
        ('association = "CNGC01"', "CNGC02", "BGM+830+E1+9", False),
        ('association = "CNGC01"', "", "BGM+830+E1+9", False),
        ('documents = ["929", "830"]', "", "BGM+830+E1+9", True),
        ('documents = ["929", "830"]', "", "BGM+8?30:::X", True),
        ('documents = ["929"]', "", "BGM+830+E1+9", False),
        ('documents = ["929"]', "", "BGM", False),
        ('functions = ["9", "1"]', "", "BGM+830+E1+9", True),
        ('functions = ["1"]', "", "BGM+830+E1+9", False),
        ('functions = ["1"]', "", "BGM+830+E1", False),
    ],
)
def test_the_guide_that_suits(tmp_path: Path, keys: str, association: str, bgm: str, suits: bool) -> None:
    guides = open_guides(write(tmp_path, {"one": named("one", keys + "\n", BODY)}), directories=DIRECTORIES)
    report = check(guides, bgm, *MESSAGE[1:], association=association)
    assert (report.messages[0].guide, report.guide_faults_total) == (("one", 1) if suits else ("", 0))


def test_other_types_and_directories_have_no_guide(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, BODY)
    for old, new in ((b"D:01B", b"D:02B"), (b"CUSDEC", b"CUSREP")):
        report = check_interchange(interchange(*MESSAGE).replace(old, new), DIRECTORIES, guides=guides)
        assert (report.messages[0].guide, report.guide_faults) == ("", ())


def test_one_guide_for_all_messages_of_its_type(tmp_path: Path) -> None:
    guides = open_guides(
        write(tmp_path, {"one": named("one", 'association = "X"\ndocuments = ["929"]\n', BODY), "two": named("two", 'association = "Y"\n')}),
        directories=DIRECTORIES,
    )
    assert told(check(guides.only("one"), *MESSAGE)) == [("SEGMENT_REQUIRED", "GIS 5", None, None, None)]
    other = check_interchange(interchange(*MESSAGE).replace(b"D:01B", b"D:02B"), DIRECTORIES, guides=guides.only("one"))
    assert other.messages[0].guide == ""
    with pytest.raises(OperatorError, match="there is no guide thre; the nearest is two"):
        guides.only("thre")


@pytest.mark.parametrize(
    ("one", "two", "overlap"),
    [
        ("", "", True),
        ('documents = ["830"]', 'documents = ["929"]', False),
        ('documents = ["830", "1"]', 'documents = ["929", "1"]', True),
        ('documents = ["830"]', "", True),
        ('association = "A"', 'association = "B"', False),
        ('association = "A"', "", True),
        ('documents = ["830"]\nfunctions = ["9"]', 'documents = ["830"]\nfunctions = ["1"]', False),
        ('documents = ["830"]\nfunctions = ["9"]', 'documents = ["830"]\nfunctions = ["1", "9"]', True),
        ('documents = ["830"]\nfunctions = ["9"]', 'documents = ["830"]', False),
    ],
)
def test_two_guides_of_a_folder_may_not_suit_the_same_message(tmp_path: Path, one: str, two: str, overlap: bool) -> None:
    folder = write(tmp_path, {"one": named("one", one + "\n"), "two": named("two", two + "\n")})
    if overlap:
        with pytest.raises(OperatorError) as error:
            open_guides(folder, directories=DIRECTORIES)
        one_path, two_path = (folder / "guides" / f"{name}.toml" for name in ("one", "two"))
        assert str(error.value) == f"{two_path} and {one_path} are for the same messages; give them different documents, functions or association codes"
    else:
        assert [head.name for head in open_guides(folder, directories=DIRECTORIES).heads()] == ["one", "two"]


def test_a_guide_for_some_functions_goes_before_one_for_any(tmp_path: Path) -> None:
    guides = open_guides(write(tmp_path, {"any": named("any"), "some": named("some", 'functions = ["9"]\n')}), directories=DIRECTORIES)
    assert check(guides, *MESSAGE).messages[0].guide == "some"
    assert check(guides, "BGM+830+E1+1", *MESSAGE[1:]).messages[0].guide == "any"


def test_a_hubs_own_guides_go_before_the_shipped_ones(tmp_path: Path) -> None:
    shipped = write(tmp_path / "shipped", {"one": named("one", "", BODY), "three": named("three", 'association = "X"\n').replace("CUSDEC", "CUSREP")})
    own = write(tmp_path / "own", {"two": named("two", 'documents = ["830"]\n')})
    guides = open_guides(shipped, own, tmp_path / "none", directories=DIRECTORIES)
    assert [head.name for head in guides.heads()] == ["one", "three", "two"]
    assert check(guides, *MESSAGE).messages[0].guide == "two"
    assert check(guides, "BGM+929+E1+9", *MESSAGE[1:]).messages[0].guide == "one"
    write(tmp_path / "own", {"one": named("one", 'documents = ["929"]\n')})
    report = check(open_guides(shipped, own, directories=DIRECTORIES), "BGM+929+E1+9", *MESSAGE[1:])
    assert (report.messages[0].guide, report.guide_faults) == ("one", ())


def test_guides_are_read_when_they_are_needed(tmp_path: Path) -> None:
    folder = write(tmp_path, {"one": named("one", "", "[[use]]\nat = 'XXX'\n")})
    guides = open_guides(folder, directories=DIRECTORIES)
    other = interchange(*MESSAGE).replace(b"D:01B", b"D:02B")
    assert check_interchange(other, DIRECTORIES, guides=guides).messages[0].guide == ""
    with pytest.raises(OperatorError, match="there is no XXX directly in CUSDEC"):
        check_interchange(interchange(*MESSAGE), DIRECTORIES, guides=guides)
    with pytest.raises(OperatorError, match="there is no XXX directly in CUSDEC"):
        guides.require_readable(folder)
    guides.require_readable(tmp_path / "none")


def test_the_way_that_only_accepts_reads_no_guide_and_learns_nothing(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, BODY)
    good, other, bad = interchange(*MESSAGE[:4], "FTX+AAI+++A", *MESSAGE[4:]), interchange(*MESSAGE[:3], "FTX+AAI+++A", *MESSAGE[4:]), interchange(*MESSAGE)
    for data in (good, other, bad):
        check_interchange(data, DIRECTORIES)
        assert check_if_faultless(data, DIRECTORIES, guides=guides) is None
    report = check_interchange(good, DIRECTORIES, guides=guides)
    assert (report.messages[0].guide, report.guide_faults) == ("declaration", ())
    assert check_if_faultless(good, DIRECTORIES, guides=guides) == report
    assert check_if_faultless(other, DIRECTORIES, guides=guides) is None
    assert told(check_interchange(bad, DIRECTORIES, guides=guides)) == [("SEGMENT_REQUIRED", "GIS 5", None, None, None)]
    assert check_if_faultless(bad, DIRECTORIES, guides=guides) is None
    assert check_if_faultless(other, DIRECTORIES, guides=guides) is None
    check_interchange(other, DIRECTORIES, guides=guides)
    assert check_if_faultless(other, DIRECTORIES, guides=guides) == check_interchange(other, DIRECTORIES, guides=guides)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "one.toml").write_bytes(b"\xff")
    with pytest.raises(OperatorError, match=r"one\.toml cannot be read: 'utf-8' codec"):
        open_guides(tmp_path, directories=DIRECTORIES)
    assert open_guides(tmp_path / "none", directories=DIRECTORIES).heads() == ()


def test_security_segments_are_in_no_guide(tmp_path: Path) -> None:
    guides = guides_of(tmp_path, BODY.replace('"required"', '"unused"'), head=HEAD + "closed = true\n")
    report = check(guides, "USH+1+1+3+1+1", *MESSAGE, "UST+1+2", version=4)
    assert [fault.segment for fault in report.guide_faults] == ["LOC", "DTM", "GIS"]
