"""Directories as text and as JSON."""

from __future__ import annotations

import pytest

from vanhub.directory import show
from vanhub.directory.load import SchemaDirectories, SchemaDirectory, open_directories
from vanhub.errors import OperatorError
from vanhub.packed import packed


@pytest.fixture(scope="module")
def directories() -> SchemaDirectories:
    return open_directories(packed("schemas"))


@pytest.fixture(scope="module")
def d96b(directories: SchemaDirectories) -> SchemaDirectory:
    return show.find_directory(directories, "D.96B")


def things(directories: SchemaDirectories, directory: SchemaDirectory, name: str) -> str:
    return "\n".join(show.thing_lines(directory, directories.service(4), name))


def test_the_list_has_every_directory_with_its_source_below(directories: SchemaDirectories) -> None:
    lines = show.list_lines(directories)
    assert lines[0].split() == ["directory", "messages", "segments", "composites", "elements", "codelists", "codes", "quality", "source"]
    assert lines[7].split() == ["D.96B", "136", "136", "174", "496", "227", "6345", "original", "[2]"]
    assert [line.split()[0] for line in lines[1 : lines.index("")]] == [*directories.names(), "service-1", "service-2", "service-3", "service-4"]
    assert lines[lines.index("") + 2].startswith("[2] UNECE distribution zip")
    # The columns stand under one another.
    assert {line.index("[") for line in lines[1 : lines.index("")]} == {lines[0].index("source")}


def test_the_list_as_json(directories: SchemaDirectories) -> None:
    listed = {entry["name"]: entry for entry in show.list_json(directories)}
    assert len(listed) == 66
    assert listed["D.24A"]["quality"] == "derived"
    assert listed["D.96B"]["counts"] == {"messages": 136, "segments": 136, "composites": 174, "elements": 496, "codelists": 227, "codes": 6345}


@pytest.mark.parametrize("name", ["D.96B", "d96b", "D:96B", "d.96b"])
def test_a_directory_by_the_ways_it_is_written(directories: SchemaDirectories, name: str) -> None:
    assert show.find_directory(directories, name).name == "D.96B"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("D.96C", "there is no directory D.96C; nearest: D.96B, D.96A"),
        ("service-5", "there is no directory service-5; nearest: service-4, service-3, service-2"),
        ("??", "there is no directory ??"),
    ],
)
def test_an_unknown_directory_names_the_nearest(directories: SchemaDirectories, name: str, text: str) -> None:
    with pytest.raises(OperatorError) as raised:
        show.find_directory(directories, name)
    assert str(raised.value).startswith(text)


def test_message_types(d96b: SchemaDirectory) -> None:
    lines = show.types_lines(d96b)
    assert lines[:3] == ["D.96B: 136 message types (original)", "", "APERAK  Application error and acknowledgement message"]
    assert show.types_json(d96b)["messages"]["CUSDEC"] == "Customs declaration message"
    assert len(lines) == 2 + 136


def test_a_segment_table_is_a_tree(directories: SchemaDirectories) -> None:
    shown = things(directories, directories.service(4), "contrl")
    assert shown == (
        "CONTRL service-4  Syntax and service report message\n"
        "\n"
        "UNH            M       1  Message header\n"
        "UCI            M       1  Interchange response\n"
        "group 1        C  999999\n"
        "├─ UCM         M       1  Messagepackage response\n"
        "└─ group 2     C     999\n"
        "   ├─ UCS      M       1  Segment error indication\n"
        "   └─ UCD      C      99  Data element error indication\n"
        "group 3        C  999999\n"
        "├─ UCF         M       1  Group response\n"
        "└─ group 4     C  999999\n"
        "   ├─ UCM      M       1  Messagepackage response\n"
        "   └─ group 5  C     999\n"
        "      ├─ UCS   M       1  Segment error indication\n"
        "      └─ UCD   C      99  Data element error indication\n"
        "UNT            M       1  Message trailer"
    )


def test_a_branch_that_goes_on_is_drawn_on(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    shown = things(directories, d96b, "CUSDEC").splitlines()
    assert shown[0] == "CUSDEC D.96B  Customs declaration message, revision 4 (96-07-04)"
    start = next(number for number, line in enumerate(shown) if line.startswith("group 30"))
    group = shown[start : next(number for number, line in enumerate(shown) if number > start and line.startswith("UNS"))]
    # Group 32 hangs in group 31, after which group 30 goes on; nothing comes after group 44.
    assert next(line for line in group if "group 32" in line).startswith("│  └─ group 32")
    last = next(number for number, line in enumerate(group) if line.startswith("└─ group 44"))
    assert {line[0] for line in group[1:last]} == {"├", "│"}
    assert {line[0] for line in group[last + 1 :]} == {" "}


def test_a_segment_table_as_json(directories: SchemaDirectories) -> None:
    shown = show.thing_json(directories.service(3), directories.service(4), "CONTRL")
    assert shown["table"][1] == {"tag": "UCI", "name": "Interchange response", "mandatory": True, "most": 1}
    assert shown["table"][2] == {
        "group": 1,
        "mandatory": False,
        "most": 999999,
        "table": [
            {"tag": "UCM", "name": "Message response", "mandatory": True, "most": 1},
            {
                "group": 2,
                "mandatory": False,
                "most": 999,
                "table": [
                    {"tag": "UCS", "name": "Segment error indication", "mandatory": True, "most": 1},
                    {"tag": "UCD", "name": "Data element error indication", "mandatory": False, "most": 99},
                ],
            },
        ],
    }


def test_a_segment_with_its_elements(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    assert things(directories, d96b, "dtm") == (
        "DTM D.96B  DATE/TIME/PERIOD\n"
        "\n"
        "010  C507    M  1          DATE/TIME/PERIOD\n"
        "       2005  M  1  an..3   Date/time/period qualifier (329 codes)\n"
        "       2380  C  1  an..35  Date/time/period\n"
        "       2379  C  1  an..3   Date/time/period format qualifier (70 codes)"
    )


def test_a_segment_as_json(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    shown = show.thing_json(d96b, directories.service(4), "UNS")
    assert shown == {
        "kind": "segment",
        "directory": "service-4",
        "tag": "UNS",
        "name": "Section control",
        "elements": [{"id": "0081", "name": "Section identification", "mandatory": True, "most": 1, "representation": "a1", "coded": True}],
        "dependencies": [],
    }


def test_dependency_notes_stand_below_the_segment(directories: SchemaDirectories) -> None:
    shown = things(directories, show.find_directory(directories, "D.02B"), "TDT")
    assert shown.endswith("\n\nD5(040,030) If first, then all")


def test_a_composite(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    assert things(directories, d96b, "C507").splitlines()[0] == "C507 D.96B  DATE/TIME/PERIOD"
    assert [component["id"] for component in show.thing_json(d96b, directories.service(4), "C507")["components"]] == ["2005", "2380", "2379"]


def test_an_element_with_its_codes_in_natural_order(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    lines = things(directories, d96b, "1225").splitlines()
    codes = [line.split()[0] for line in lines[2:]]
    assert lines[0] == f"1225 D.96B  Message function, coded  an..3, {len(codes)} codes"
    assert codes == [str(code) for code in sorted(map(int, codes))]
    shown = show.thing_json(d96b, directories.service(4), "1225")
    assert list(shown["codes"]) == codes
    assert shown["codes"]["9"] == "Original"


def test_an_element_without_a_list(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    assert things(directories, d96b, "3039").splitlines()[2] == "No UN code list here: free text, or codes of its users."
    assert show.thing_json(d96b, directories.service(4), "3039")["codes"] is None


def test_an_unknown_thing_names_the_nearest(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    for shown in (show.thing_lines, show.thing_json):
        with pytest.raises(OperatorError, match="has no message type, segment, composite or data element CUSDEK; nearest: CUSDEC, "):
            shown(d96b, directories.service(4), "cusdek")


def test_everything_of_a_directory_can_be_shown(directories: SchemaDirectories, d96b: SchemaDirectory) -> None:
    for name in (*d96b.message_types(), *d96b.segment_tags(), *d96b.composite_ids(), *d96b.element_ids()):
        assert things(directories, d96b, name).startswith(f"{name} D.96B  ")
