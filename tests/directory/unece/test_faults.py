"""What is missing, contradictory or unusual in a distribution is said with its place; what would make a wrong check is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.directory.unece.rendering import STYLES, Plain, archive, texts, zipped
from vanhub.directory.unece.distribution import Distribution, read_distribution
from vanhub.errors import OperatorError

STYLE = STYLES["D.21B"]
TREE: list[Any] = [["UNH", "M", 1], [1, "C", 9, [["AAA", "M", 1], [2, "C", 5, [["BBB", "M", 1], ["AAA", "C", 1]]]]], ["BBB", "C", 1], ["UNT", "M", 1]]
DIRECTORY: Plain = {
    "directory": "D.24B",
    "messages": {"FOOBAR": {"name": "Foo message", "rev": "1", "date": "2024-11-05", "tree": TREE}},
    "segments": {"AAA": ["ALPHA", [["C001", "C", 1], ["1001", "M", 1, "an..3"]]], "BBB": ["BETA", [["1002", "C", 5, "n..6"]]]},
    "composites": {"C001": ["COMPOSED", [["1001", "M", 1, "an..3"], ["1002", "C", 1, "n..6"]]]},
    "elements": {"1001": ["First", "an..3", "B"], "1002": ["Second", "n..6", "C"]},
    "codes": {"1001": {"1": "One", "2": "Two words", "ZZZ": "Last"}},
}


def read(**changes: bytes | None) -> Distribution:
    return read_distribution(archive(DIRECTORY, STYLE, **changes), "d.zip")


def edited(stem: str, *pairs: tuple[bytes, bytes]) -> dict[str, bytes | None]:
    """A text with these words replaced."""
    [octets] = [octets for name, octets in texts(DIRECTORY, STYLE).items() if name.startswith(stem)]
    for old, new in pairs:
        assert old in octets, old
        octets = octets.replace(old, new)
    return {stem: octets}


def line_of(octets: bytes, words: bytes) -> int:
    [number] = [number for number, line in enumerate(octets.split(b"\n"), start=1) if words in line]
    return number


def refused(**changes: bytes | None) -> str:
    with pytest.raises(OperatorError) as caught:
        read(**changes)
    return str(caught.value)


def remarks(**changes: bytes | None) -> list[str]:
    return [str(remark) for remark in read(**changes).remarks]


def test_a_good_one_has_no_remarks() -> None:
    assert remarks() == []
    assert read().ignored == ("d.zip/DISK/EDMD.ZIP/EDMDI1.24B", "d.zip/README.TXT")
    assert read().counts() == {"messages": 1, "segments": 2, "composites": 1, "elements": 2, "codelists": 1, "codes": 3}


@pytest.mark.parametrize(
    ("stem", "part"),
    [
        ("EDSD", "segment directory (EDSD, in older releases TRSD)"),
        ("EDCD", "composite directory (EDCD, in older releases TRCD)"),
        ("EDED", "data element directory (EDED, in older releases TRED)"),
        ("FOOBAR_D", "message descriptions (EDMD, in older releases TRMD)"),
    ],
)
def test_a_missing_part_is_named(stem: str, part: str) -> None:
    assert refused(**{stem: None}) == f"d.zip holds no {part}: is it the whole distribution of a directory, as UNECE offers it?"


def test_without_code_list_it_is_imported_and_said() -> None:
    distribution = read(UNCL=None)
    assert distribution.directory["codes"] == {}
    assert [str(remark) for remark in distribution.remarks] == [
        "d.zip: there is no code list (UNCL): coded elements of this directory will not be compared with one"
    ]


def test_what_is_not_defined_is_refused_with_its_place() -> None:
    message = edited("FOOBAR_D", (b"BBB Some", b"CCC Some"))
    assert refused(**message).startswith("d.zip/DISK/MD.ZIP/FOOBAR_D.24B:")
    assert "FOOBAR has segment CCC, which is not in the segment directory; " in refused(**message)
    segment = edited("EDSD", (b"C001 COMPOSED", b"C002 COMPOSED"))
    number = line_of(segment["EDSD"] or b"", b"C002 COMPOSED")
    cure = "is the archive whole? Else put the text right and pack it again"
    assert refused(**segment) == f"d.zip/DISK/EDSD.ZIP/EDSD.24B:{number}: composite C002 is not in the composite directory: {cure}"
    composite = edited("EDCD", (b"1002", b"1003"))
    number = line_of(composite["EDCD"] or b"", b"1003")
    assert refused(**composite) == f"d.zip/DISK/EDCD.ZIP/EDCD.24B:{number}: data element 1003 is not in the data element directory: {cure}"


def test_rows_that_cannot_be_read_are_refused_with_their_place() -> None:
    segment = edited("EDSD", (b" M    1 an..3", b" Q    1 an..3"))
    assert refused(**segment).startswith(f"d.zip/DISK/EDSD.ZIP/EDSD.24B:{line_of(segment['EDSD'] or b'', b' Q    1')}: this row does not end as the others do")
    message = edited("FOOBAR_D", (b"M   1                     |\r\n", b"M   one\r\n"))
    assert ": this row of the segment table does not end as the others do (M or C, repeats)" in refused(**message)
    cut = texts(DIRECTORY, STYLE)["FOOBAR_D.24B"]
    assert "the segment table ends without UNT or UIT: is the file whole?" in refused(FOOBAR_D=cut[: cut.index(b"UNT Some")])
    assert "has no representation (a line like `Repr: an..35`)" in refused(**edited("EDED", (b"Repr: n..6", b"Repr: none")))
    assert refused(**edited("FOOBAR_D", (b": FOOBAR", b": ../x"))).endswith(": ../x is no message type: six capital letters are due")
    assert "a line of more than 2000 characters" in refused(EDED=b"x" * 2001)


def test_disagreements_are_remarked_on_with_their_place() -> None:
    element = edited("EDED", (b"Repr: n..6", b"Repr: n..9"))
    said = "1002 is n..6 here and n..9 in the data element directory; kept as it is here"
    assert [remark.split(": ", 1)[1] for remark in remarks(**element)] == [said, said]
    printed = edited("EDSD", (b"M      an..3", b"C      an..3"))
    assert [remark.split(": ", 1)[1] for remark in remarks(**printed)] == ["AAA prints C001 other than the composite directory does, which counts"]
    assert read(**printed).directory["composites"] == DIRECTORY["composites"]
    numbered = remarks(**edited("FOOBAR_D", (b"group 2 ", b"group 4 ")))
    assert [remark.split(": ", 1)[1] for remark in numbered] == ["FOOBAR has segment group 4 where 2 is due"]


def test_a_misdrawn_bracket_is_remarked_on() -> None:
    octets = texts(DIRECTORY, STYLE)["FOOBAR_D.24B"]
    closing = next(line for line in octets.split(b"\r\n") if line.endswith(b"++"))
    stray = remarks(FOOBAR_D=octets.replace(closing, closing[:-3] + b"+++"))
    assert [remark.split(": ", 1)[1] for remark in stray] == ["the drawing closes a bracket here that was not opened; disregarded"]
    open_ended = read(FOOBAR_D=octets.replace(closing, closing[:-2]))
    assert [remark.text for remark in open_ended.remarks] == [
        "segment group 2 is not closed before the message ends",
        "segment group 1 is not closed before the message ends",
    ]


def test_rows_marked_as_deleted_are_left_out() -> None:
    [position] = [line[:5] for line in texts(DIRECTORY, STYLE)["FOOBAR_D.24B"].split(b"\r\n") if b"group 2 " in line]
    tree = read(**edited("FOOBAR_D", (position + b"        ----", position + b" -      ----"))).directory["messages"]["FOOBAR"]["tree"]
    assert tree == [["UNH", "M", 1], [1, "C", 9, [["AAA", "M", 1]]], ["BBB", "C", 1], ["UNT", "M", 1]]
    deleted = edited("UNCL", (b"     2     Two", b"-    2     Two"))
    assert read(**deleted).directory["codes"] == {"1001": {"1": "One", "ZZZ": "Last"}}
    legend = b"     a minus sign (-)   for marked for deletion\r\n\r\n"
    octets = (deleted["UNCL"] or b"").replace(b"     a plus sign (+)    for an addition\r\n\r\n", legend)
    assert read(UNCL=octets).directory["codes"] == DIRECTORY["codes"]


def test_the_name_comes_from_the_title_pages() -> None:
    renamed = {name.replace("24B", "97A"): octets for name, octets in texts(DIRECTORY, STYLE).items()}
    distribution = read_distribution(zipped(renamed), "d.zip")
    assert distribution.name == "D.24B"
    assert [str(remark) for remark in distribution.remarks] == [
        f"d.zip/{stem}.97A: by its name this file is of release 97A; taken as D.24B" for stem in ("EDSD", "EDCD", "EDED", "UNCL")
    ]
    given = read_distribution(archive(DIRECTORY, STYLE), "d.zip", "D.25A")
    assert (given.name, [str(remark) for remark in given.remarks]) == ("D.25A", ["d.zip: most messages are of D.24B, not of D.25A"])
    assert "give the directory's name with --name" in refused(**edited("FOOBAR_D", (b"Release      : 24B", b"")))
    with pytest.raises(OperatorError, match=r"it should look like D\.24B"):
        read_distribution(archive(DIRECTORY, STYLE), "d.zip", "../D.24B")


def test_a_part_twice_is_one_when_it_is_the_same() -> None:
    files = texts(DIRECTORY, STYLE)
    twice = read_distribution(zipped({**files, "copy/EDSD.24B": files["EDSD.24B"]}), "d.zip")
    assert [str(remark) for remark in twice.remarks] == ["d.zip/copy/EDSD.24B: the same file as d.zip/EDSD.24B"]
    for name in ("EDSD.24B", "FOOBAR_D.24B"):
        with pytest.raises(OperatorError, match=rf"d\.zip/copy/{name} and d\.zip/{name} differ and are the same part"):
            read_distribution(zipped({**files, f"copy/{name}": files[name] + b"\r\n"}), "d.zip")


def test_a_table_that_begins_anew_counts_from_there() -> None:
    octets = texts(DIRECTORY, STYLE)["FOOBAR_D.24B"]
    table = octets[octets.index(b"Pos    Tag") :]
    distribution = read(FOOBAR_D=octets.replace(table, b"00010   UNH Some, words                              M   1\r\n\r\n" + table))
    assert distribution.directory["messages"] == DIRECTORY["messages"]
    assert [remark.text for remark in distribution.remarks] == ["the segment table begins anew here; what stands above is disregarded"]


def test_groups_that_lie_too_deep_are_refused() -> None:
    octets = texts(DIRECTORY, STYLE)["FOOBAR_D.24B"]
    opened = [f"{number:05}       ---- Segment group {number} ---- C   9".ljust(190 - number, "-") + "+" for number in range(1, 32)]
    first = b"00020"
    assert octets.count(first + b"   ") == 1
    deep = octets.replace(first + b"   ", "\r\n".join(opened).encode() + b"\r\n" + first + b"   ")
    assert refused(FOOBAR_D=deep).endswith("segment groups lie in one another more than 30 deep")
