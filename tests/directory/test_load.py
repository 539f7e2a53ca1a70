"""The packed directories against their source, and schema files of one's own beside them."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanhub.directory.load import SchemaDirectories, SchemaDirectory, open_directories
from vanhub.directory.model import CompositeUse, Directories, ElementUse, GroupUse, Representation, SegmentDefinition, SegmentUse
from vanhub.directory.pack import FORMAT, Source, directory_order, main, pack_schema
from vanhub.errors import OperatorError
from vanhub.packed import packed

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "directories"
needs_source = pytest.mark.skipif(not SHARED.is_dir(), reason="the directories' source is not beside the repository")


@pytest.fixture(scope="module")
def directories() -> SchemaDirectories:
    return open_directories(packed("schemas"))


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return [json.loads(gzip.decompress(path.read_bytes())) for path in sorted(SHARED.glob("*.json.gz"))]


def one(name: str = "D.23B", **parts: Any) -> dict[str, Any]:
    """A directory of one message, as plain JSON."""
    return {
        "directory": name,
        "quality": "original",
        "source": "a test",
        "messages": {
            "TESTER": {"name": "Test message", "rev": "1", "date": "2023-01-01", "tree": [["UNH", "M", 1], [1, "C", 9, [["BGM", "M", 1]]], ["UNT", "M", 1]]}
        },
        "segments": {"BGM": ["Beginning", [["C002", "C", 1], ["1225", "C", 3, "an..3"]]]},
        "composites": {"C002": ["Name", [["1001", "M", 1, "an..3"]]]},
        "elements": {"1001": ["Document name code", "an..3"], "1225": ["Function code", "an..3", "C"]},
        "codes": {"1225": {"9": "Original"}},
    } | parts


def write(folder: Path, name: str, *sources: Source) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(pack_schema(sources))


def service(version: int) -> dict[str, Any]:
    return one(f"service-{version}", syntaxversion=version)


# The packed set.


def test_all_directories_are_there_oldest_first(directories: SchemaDirectories) -> None:
    names = directories.names()
    assert len(names) == 62
    assert names[:8] == ("D.93A", "D.94A", "D.94B", "D.95A", "D.95B", "D.96A", "D.96B", "D.97A")
    assert names[12:15] == ("D.99B", "D.00A", "D.00B")
    assert names[-1] == "D.24A"


def test_the_directories_keep_the_protocol(directories: SchemaDirectories) -> None:
    promised: Directories = directories
    found = promised.find("D", "96B", "UN")
    assert found is not None
    assert (found.name, found.quality) == ("D.96B", "original")


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        (("D", "96B", "UN"), "D.96B"),
        (("D", "93A", ""), "D.93A"),
        (("D", "96B", "ZZ"), None),
        (("D", "96C", "UN"), None),
        (("S", "93A", "UN"), None),
        (("service-", "4", "UN"), None),
        (("", "", ""), None),
    ],
)
def test_find_by_the_message_identifier(directories: SchemaDirectories, identifier: tuple[str, str, str], name: str | None) -> None:
    found = directories.find(*identifier)
    assert (found.name if found else None) == name


def test_a_segment_with_its_composites(directories: SchemaDirectories) -> None:
    found = directories.find("D", "96B", "UN")
    assert found is not None
    an3, an35 = Representation("an", 0, 3), Representation("an", 0, 35)
    assert found.segment("DTM") == SegmentDefinition(
        "DTM",
        "DATE/TIME/PERIOD",
        (CompositeUse("C507", True, 1, (ElementUse("2005", True, 1, an3), ElementUse("2380", False, 1, an35), ElementUse("2379", False, 1, an3))),),
    )


def test_a_segment_table(directories: SchemaDirectories) -> None:
    found = directories.find("D", "96B", "UN")
    assert found is not None
    message = found.message("CUSDEC")
    assert message is not None
    assert (message.type, message.name, message.directory) == ("CUSDEC", "Customs declaration message", "D.96B")
    assert message.children[:2] == (SegmentUse("UNH", True, 1), SegmentUse("BGM", True, 1))
    group = next(row for row in message.children if isinstance(row, GroupUse) and row.number == 5)
    assert group == GroupUse(5, False, 10, (SegmentUse("DOC", True, 1), SegmentUse("DTM", False, 2), SegmentUse("LOC", False, 1)))
    assert group.trigger == "DOC"
    assert found.revision("CUSDEC") == "4 (96-07-04)"


def test_what_a_directory_does_not_have_is_none(directories: SchemaDirectories) -> None:
    found = directories.get("D.96B")
    assert found is not None
    assert [found.message("NOSUCH"), found.segment("XXX"), found.codes("9999"), found.codes("3039"), found.element_name("C999"), found.components("C999")] == [
        None
    ] * 6
    assert found.representation("0") is None
    assert found.dependencies("TDT") == ()
    # A message type that only later directories have.
    assert found.message("GOVCBR") is None
    assert directories.get("D.96C") is None


def test_code_lists_are_those_of_the_directory(directories: SchemaDirectories) -> None:
    old, new = directories.get("D.96B"), directories.get("D.24A")
    assert old is not None
    assert new is not None
    assert (old.codes("1225") or {})["9"] == "Original"
    assert "310" in (old.codes("1001") or {})
    assert set(new.codes("3035") or {}) - set(old.codes("3035") or {})


def test_codes_cannot_be_changed(directories: SchemaDirectories) -> None:
    found = directories.get("D.96B")
    assert found is not None
    with pytest.raises(TypeError, match="does not support item assignment"):
        found.codes("1225")["9"] = "x"  # type: ignore[index]


def test_what_is_unfolded_is_kept(directories: SchemaDirectories) -> None:
    found = directories.get("D.01B")
    assert found is not None
    assert found.message("CUSDEC") is found.message("CUSDEC")
    assert found.segment("NAD") is found.segment("NAD")
    assert found.codes("3035") is found.codes("3035")


def test_the_only_coded_dependency_note(directories: SchemaDirectories) -> None:
    notes = {name: found.dependencies("TDT") for name in directories.names() if (found := directories.get(name)) and found.dependencies("TDT")}
    assert list(notes) == list(directories.names()[directories.names().index("D.02B") :])
    assert set(notes.values()) == {("D5(040,030) If first, then all",)}


def test_service_directories(directories: SchemaDirectories) -> None:
    names = [directories.service(version).name for version in (1, 2, 3, 4)]
    assert names == ["service-1", "service-2", "service-3", "service-4"]
    s009 = [component.id for component in directories.service(4).components("S009") or ()]
    assert s009 == ["0065", "0052", "0054", "0051", "0057", "0110", "0113"]
    assert set(directories.service(3).codes("0083") or {}) == {"1", "2", "3", "4", "5", "6", "7", "8"}
    assert set(directories.service(4).codes("0083") or {}) == {"4", "7", "8"}


def test_a_stray_code_makes_no_closed_list(directories: SchemaDirectories) -> None:
    assert [directories.get(name).codes("6411") for name in ("D.21B", "D.23A", "D.24A")] == [None] * 3  # type: ignore[union-attr]


# Against the source: the packed facts are the published ones, all of them.


def rows(children: Iterable[SegmentUse | GroupUse]) -> list[Any]:
    """A segment table as the source has it."""
    return [
        [row.tag, "M" if row.mandatory else "C", row.most]
        if isinstance(row, SegmentUse)
        else [row.number, "M" if row.mandatory else "C", row.most, rows(row.children)]
        for row in children
    ]


def uses(elements: Iterable[ElementUse | CompositeUse]) -> list[Any]:
    """Elements at their places as the source has them."""
    return [[use.id, "M" if use.mandatory else "C", use.most, *([str(use.representation)] if isinstance(use, ElementUse) else [])] for use in elements]


def refolded(directory: SchemaDirectory) -> dict[str, Any]:
    """A directory, unfolded whole, as the source has it."""
    messages = {type: directory.message(type) for type in directory.message_types()}
    segments = {tag: directory.segment(tag) for tag in directory.segment_tags()}
    return {
        "directory": directory.name,
        "quality": directory.quality,
        "messages": {type: [message.name, rows(message.children)] for type, message in messages.items() if message},
        "segments": {tag: [segment.name, uses(segment.elements)] for tag, segment in segments.items() if segment},
        "members": {tag: [[c.id, uses(c.components)] for c in segment.elements if isinstance(c, CompositeUse)] for tag, segment in segments.items() if segment},
        "composites": {id: [directory.element_name(id), uses(directory.components(id) or ())] for id in directory.composite_ids()},
        "elements": {id: [directory.element_name(id), str(directory.representation(id))] for id in directory.element_ids()},
        "dependencies": {tag: list(directory.dependencies(tag)) for tag in directory.segment_tags() if directory.dependencies(tag)},
    }


def printed(tree: list[Any]) -> list[Any]:
    """The source's table; HANMOV D.01C is printed with one status in lower case."""
    return [[row[0], row[1].upper(), row[2], *([printed(row[3])] if len(row) > 3 else [])] for row in tree]


def expected(source: Source) -> dict[str, Any]:
    return {
        "directory": source["directory"],
        "quality": source["quality"],
        "messages": {type: [message["name"], printed(message["tree"])] for type, message in source["messages"].items()},
        "segments": source["segments"],
        "members": {
            tag: [[id, source["composites"][id][1]] for id, _, _, *representation in places if not representation]
            for tag, (_, places) in source["segments"].items()
        },
        "composites": source["composites"],
        "elements": {id: entry[:2] for id, entry in source["elements"].items()},
        "dependencies": source.get("dependencies", {}),
    }


def codelists(source: Source) -> dict[str, dict[str, str]]:
    stray = {"6411"} if source["directory"] in {"D.23A", "D.24A"} else set()
    return {element: codes for element, codes in source["codes"].items() if element not in stray}


def opened_as(source: Source, directories: SchemaDirectories) -> SchemaDirectory:
    directory = directories.service(source["syntaxversion"]) if "syntaxversion" in source else directories.get(source["directory"])
    assert directory is not None
    return directory


@needs_source
def test_every_directory_equals_its_source(sources: list[Source]) -> None:
    directories = open_directories(packed("schemas"))
    for number, source in enumerate(sources):
        directory = opened_as(source, directories)
        lists = codelists(source)
        assert directory.message_types() == tuple(sorted(source["messages"])), source["directory"]
        assert directory.segment_tags() == tuple(sorted(source["segments"])), source["directory"]
        assert directory.counts["codes"] == sum(map(len, lists.values()))
        # Whole is slow: each eighth of the directories, the first and last of each kind of source among them.
        if number % 8 == 0 or source["directory"] in {"D.93A", "D.21B", "D.22A", "D.24A", "service-1", "service-4"}:
            assert refolded(directory) == expected(source), source["directory"]
            assert {element: dict(directory.codes(element) or {}) for element in source["codes"]} == {
                element: lists.get(element, {}) for element in source["codes"]
            }
            assert [id for id in directory.element_ids() if id not in source["codes"] and directory.codes(id) is not None] == []


@needs_source
def test_the_packed_files_are_what_the_maker_makes(sources: list[Source]) -> None:
    by_age = sorted(sources, key=lambda source: directory_order(source["directory"]))
    for name, chosen in (
        ("un-edifact.schema", [source for source in by_age if "syntaxversion" not in source]),
        ("service.schema", [source for source in by_age if "syntaxversion" in source]),
    ):
        assert members(pack_schema(chosen)) == members((packed("schemas") / name).read_bytes())


def test_the_maker_reads_a_folder_and_writes_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for source in (one("D.00A"), one("D.99B"), *(service(version) for version in (1, 2, 3, 4))):
        (tmp_path / f"{source['directory']}.json.gz").write_bytes(gzip.compress(json.dumps(source).encode()))
    assert main([str(tmp_path), str(tmp_path)]) == 0
    assert [line.split(": ")[1].split(",")[0] for line in capsys.readouterr().out.splitlines()] == ["2 directories", "4 directories"]
    made = open_directories(tmp_path)
    assert made.names() == ("D.99B", "D.00A")
    assert [refolded(made.service(version)) for version in (1, 4)] == [expected(service(1)), expected(service(4))]


def members(schema: bytes) -> dict[str, bytes]:
    """The members' content: compressed octets may differ between zlib builds, what they say may not."""
    with zipfile.ZipFile(io.BytesIO(schema)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


# Schema files of one's own.


def test_one_directory_in_a_file_of_its_own_stands_beside_the_packed_set(tmp_path: Path) -> None:
    write(tmp_path, "D.23B.schema", one())
    opened = open_directories(packed("schemas"), tmp_path)
    assert opened.names()[-3:] == ("D.23A", "D.23B", "D.24A")
    found = opened.find("D", "23B", "UN")
    assert found is not None
    assert refolded(found) == expected(one())
    assert found.source == "a test"


def test_the_later_folder_wins(tmp_path: Path) -> None:
    write(tmp_path / "first", "a.schema", one("D.96B", source="first"), service(1), service(2), service(3), service(4))
    write(tmp_path / "second", "b.schema", one("D.96B", source="second"))
    for folders, source in ((("first", "second"), "second"), (("second", "first"), "first")):
        found = open_directories(*(tmp_path / folder for folder in folders)).get("D.96B")
        assert found is not None
        assert found.source == source


def test_the_code_lists_own_source_is_named(tmp_path: Path) -> None:
    write(tmp_path, "own.schema", one(codesource="elsewhere"))
    found = open_directories(packed("schemas"), tmp_path).get("D.23B")
    assert found is not None
    assert found.source == "a test; codes: elsewhere"


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("text")
    (tmp_path / "D23B.zip").write_bytes(b"no schema file")
    assert len(open_directories(packed("schemas"), tmp_path).names()) == 62


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "is not a schema file: File is not a zip file; import the directory again, or remove the file"),
        (b"PK\x03\x04 and nothing else", "is not a schema file"),
        (pack_schema([one()])[:-30], "is not a schema file"),
        (pack_schema([one()]).replace(b"schema.json", b"sketch.json"), "is not a schema file"),
    ],
)
def test_what_is_no_schema_file_is_refused_by_name(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "broken.schema").write_bytes(content)
    with pytest.raises(OperatorError, match=rf"broken\.schema {text}"):
        open_directories(packed("schemas"), tmp_path)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "later.schema", "w") as archive:
        archive.writestr("schema.json", json.dumps({"format": FORMAT + 1, "directories": []}))
    with pytest.raises(OperatorError, match=f"has format {FORMAT + 1}, this vanhub reads format {FORMAT}"):
        open_directories(packed("schemas"), tmp_path)


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "own.schema", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("schema.json", json.dumps({"format": FORMAT, "directories": [{"name": "D.23B", "quality": "", "source": "", "counts": {}}]}))
        archive.writestr("messages.json", '{"TESTER": [[0, "Test message"]]}')
    content = (tmp_path / "own.schema").read_bytes()
    (tmp_path / "own.schema").write_bytes(content.replace(b"Test message", b"Tess message"))
    found = open_directories(packed("schemas"), tmp_path).get("D.23B")
    assert found is not None
    with pytest.raises(OperatorError, match=r"own\.schema is damaged at messages\.json"):
        found.message_types()


def test_a_folder_that_is_not_there_and_missing_service_directories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        open_directories(tmp_path / "nowhere")
    write(tmp_path, "own.schema", one(), service(1))
    with pytest.raises(OperatorError, match="no service directory of syntax version 2"):
        open_directories(tmp_path)


# Packing.


def test_a_directory_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        pack_schema([one(), one()])


def test_the_order_of_keys_does_not_matter() -> None:
    backwards = {key: dict(reversed(value.items())) if isinstance(value, dict) else value for key, value in reversed(one().items())}
    assert pack_schema([backwards]) == pack_schema([one()])


def test_the_maker_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "usage: python -m vanhub.directory.pack SOURCE DEST\n"


@pytest.mark.parametrize(
    "names",
    [["D.93A", "D.99B", "D.00A", "D.00B", "D.24A"], ["D.96B", "S.96B", "D.97A"], ["D.24A", "91.1", "X"]],
)
def test_directories_sort_by_age(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(backwards, key=directory_order) == names


short = st.dictionaries(st.sampled_from(["1", "2", "A", "ZZZ"]), st.text("ab", max_size=2), min_size=1)


@st.composite
def families(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to five directories in which things come, change, go and come again."""
    family = []
    for number in range(draw(st.integers(1, 5))):
        elements = {id: [draw(st.sampled_from(["x", "y"])), "an..3"] for id in draw(st.sets(st.sampled_from(["1001", "1225", "1131"])))}
        family.append(
            one(
                f"D.0{number}A",
                messages={
                    type: {"name": type.lower(), "rev": str(number), "date": "", "tree": [["UNH", "M", draw(st.integers(1, 2))]]}
                    for type in draw(st.sets(st.sampled_from(["AAAAAA", "BBBBBB"])))
                },
                segments={tag: ["s", [[id, "C", 1, "an..3"] for id in sorted(elements)]] for tag in draw(st.sets(st.sampled_from(["BGM", "NAD"])))},
                composites={},
                elements=elements,
                codes={id: draw(short) for id in elements if draw(st.booleans())},
            )
        )
    return family


@settings(max_examples=40)
@given(families())
def test_any_history_unfolds_to_what_was_packed(tmp_path_factory: pytest.TempPathFactory, family: list[dict[str, Any]]) -> None:
    folder = tmp_path_factory.mktemp("family")
    write(folder, "family.schema", *family, *(service(version) for version in (1, 2, 3, 4)))
    opened = open_directories(folder)
    for source in family:
        found = opened.get(source["directory"])
        assert found is not None
        assert refolded(found) == expected(source)
        assert {id: found.codes(id) for id in ("1001", "1225", "1131")} == {id: source["codes"].get(id) for id in ("1001", "1225", "1131")}
        assert all(found.revision(type) == message["rev"] for type, message in source["messages"].items())


def test_the_interactive_directory_shares_elements_and_codes() -> None:
    directories = open_directories(packed("schemas"))
    batch = directories.get("D.01B")
    assert batch is not None
    interactive = batch.interactive
    assert interactive is not None
    assert (interactive.name, interactive.interactive, len(interactive.message_types())) == ("D.01B interactive", None, 14)
    message = interactive.message("IHCLME")
    assert message is not None
    assert (message.children[0], message.children[-1]) == (SegmentUse("UIH", True, 1), SegmentUse("UIT", True, 1))
    assert (interactive.message("CUSDEC"), interactive.segment("BGM"), batch.segment("OTI")) == (None, None, None)
    assert (interactive.codes("3035"), interactive.element_name("3035")) == (batch.codes("3035"), batch.element_name("3035"))
    assert directories.service(4).interactive is None
    old = directories.get("D.96B")
    assert old is not None
    assert old.interactive is None
