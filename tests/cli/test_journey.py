"""The journey comes out as docs/journey.md tells it, and a story that comes out differently is none."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from vanhub.cli.journey.workstation import split_messages
from vanhub.cli.narration import Narrator, Unexpected
from vanhub.cli.stage import Stage, environment

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "journey.md").read_text(encoding="utf-8")


def test_the_journey_comes_out_as_the_page_tells_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vanhub.cli", "demo", "journey"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False, env=environment(), timeout=500)
    assert (told.returncode, told.stderr) == (0, "")
    lines = [line.strip() for line in told.stdout.splitlines()]
    titles = [found[1] for line in lines if (found := re.fullmatch(r"\d+\. (.+?)  \S+", line))]
    assert titles == [found.rstrip(".") for found in re.findall(r"(?m)^\| \d+ \| \*\*(.+?)\*\*", PAGE)]
    caught = PAGE.partition("```text\n")[2].partition("```")[0].splitlines()
    assert lines[lines.index(caught[0]) :][: len(caught)] == caught
    receipts = [found[1] for line in lines if (found := re.match(r"FTX\+AAH\+\+\+(\w+)'", line))]
    assert receipts == ["L", "G", "P", "R", "01", "L", "G", "T", "P", "R"]


def test_what_comes_out_differently_ends_the_story(capsys: pytest.CaptureFixture[str]) -> None:
    with Stage() as stage:
        (stage.folder / "log").write_text("what the hub said")
        narrator = Narrator(stage)
        narrator.title("A step", "一步")
        narrator.expect(True, "it rains")
        with pytest.raises(Unexpected) as caught:
            narrator.expect(False, "the sun shines")
    assert str(caught.value) == "step 1 did not come out as expected: the sun shines\nwhat the hub said"
    assert capsys.readouterr().out == "\n1. A step  一步\n"


def test_columns_are_aligned_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Stage() as stage:
        Narrator(stage).table(("ledger", "left"), [("许可证", "12"), ("x\x1b", "1,000")], numbers=1)
    assert capsys.readouterr().out == "      ledger   left\n      许可证     12\n      x\\x1b   1,000\n"


def test_messages_are_split_where_their_segments_end() -> None:
    octets = (
        "UNB+UNOY:4+A:ZZZ+B:ZZZ+060320:0900+1'UNH+1+CUSRES:D:01B:UN'BGM+961+?'X??'FTX+AAI+++第一?'项'UNT+4+1'UNH+2+CUSRES:D:01B:UN'BGM+962+Y'UNT+3+2'UNZ+2+1'"
    )
    assert split_messages(octets.encode()) == [("BGM+961+?'X??'", "FTX+AAI+++第一?'项'"), ("BGM+962+Y'",)]
