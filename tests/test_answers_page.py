"""docs/answers.md: the answer on it is explained as it says, and its table has what an APERAK of the hub has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.edifact.test_aperak import ONE, lines, render
from tests.test_docs import ROOT, blocks, text_of
from vanhub.cli.explain import explain
from vanhub.edifact.report import Disposition

PAGE = text_of(ROOT / "docs" / "answers.md")


def test_the_answer_that_is_shown_is_explained_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (answer,), (command,), (shown,) = (blocks(PAGE, language) for language in ("edifact", "console", "text"))
    (tmp_path / "answer.edi").write_text(answer, encoding="ascii")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    program, verb, *arguments = shlex.split(command.removeprefix("$ "))
    assert (program, verb) == ("vanhub", "explain")
    result = CliRunner().invoke(explain, arguments, obj=None)
    assert (result.exit_code, result.output) == (1, shown)


def test_the_table_has_every_segment_and_code_of_an_aperak() -> None:
    table = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE))
    named = " ".join([*table, *table.values()])
    for disposition in Disposition:
        for line in lines(render(ONE, {0: disposition}))[6:-2]:
            tag, first = line.split("+")[:2]
            if tag in {"DTM", "FTX", "RFF", "NAD", "CNT"}:
                assert re.search(rf"\b{tag}\+(\w+, )*{first.split(':')[0]}\b", named), line
            elif tag == "BGM":
                assert "`{}`, `{}`".format(*line.split("+")[3:5]) in table["BGM 1225, 4343"]
