"""The documents tell the truth: commands, settings, metrics, links and interchanges in them are compared with the program."""

from __future__ import annotations

import dataclasses
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

import vanhub.cli.main
from vanhub.directory.check import check_interchange
from vanhub.directory.load import open_directories
from vanhub.edifact.contrl import render_contrl
from vanhub.edifact.report import Party, Verdict
from vanhub.gateways.http_routes import ROUTES
from vanhub.gateways.sftp_tree import Folder
from vanhub.packed import packed
from vanhub.service.metrics import Metrics
from vanhub.settings import Settings
from vanhub.values.agreement import Agreement

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(ROOT / folder / "README.md" for folder in ("examples", "examples/agencies", "mailboxes", "schemas"))]
)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

every_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks in ``language``."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def commands(text: str, program: str) -> list[list[str]]:
    """Every call of ``program``: lines that begin with it (after a prompt) in fenced blocks, and in-line code that begins with it."""
    lines = [line.removeprefix("$ ") for block in blocks(text, "(?:console|sh)") for line in block.replace("\\\n", " ").splitlines()]
    lines += re.findall(r"`([^`\n]+)`", prose(text))
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith(program + " ")]


def anchors(text: str) -> set[str]:
    """The names that headings get: GitHub's rule."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text_of(page))):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(text_of(there)), target


@every_page
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in commands(text_of(page), "vanhub"):
        command: click.Command = vanhub.cli.main.vanhub
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        for word in words:
            if word.startswith("-"):
                assert word.partition("=")[0] in options, words
            elif isinstance(command, click.Group):
                # An option of a group may have a value, which stands before the next command.
                if below := command.get_command(click.Context(command), word):
                    command = below
                    options |= {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
                else:
                    assert words[words.index(word) - 1].startswith("--"), f"no command {word} in {words}"


@every_page
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {words[0] for words in commands(text_of(page), "make")} <= targets


@every_page
def test_terms_of_agreements_that_are_set_can_be_set(page: Path) -> None:
    for words in commands(text_of(page), "vanhub"):
        if words[:2] == ["partner", "set"] and "KEY=VALUE" not in words:
            Agreement().replaced(dict(word.split("=", 1) for word in words[3:]))


@every_page
def test_settings_that_are_named_exist(page: Path) -> None:
    sections = {section.name: {key.name for key in dataclasses.fields(getattr(Settings(), section.name))} for section in dataclasses.fields(Settings)}
    for section, key in re.findall(r"`([a-z]+)\.([a-z_]+)`", text_of(page)):
        if section in sections and key not in {"json", "md", "pem", "toml"}:  # those are files
            assert key in sections[section], f"{section}.{key}"


@every_page
def test_metrics_that_are_named_exist(page: Path) -> None:
    known = {metric.name for metric in Metrics().registry.collect()}
    named = {name.removesuffix("_total") for name in re.findall(r"`(vanhub_[a-z_]+)`", text_of(page))}
    assert named <= known


@every_page
def test_examples_that_are_named_exist(page: Path) -> None:
    for name in re.findall(r"examples/([\w.-]+\.edi)", text_of(page)):
        assert (ROOT / "examples" / name).is_file(), name


@every_page
def test_interchanges_that_are_shown_are_accepted(page: Path) -> None:
    directories = open_directories(packed("schemas"))
    for block in blocks(text_of(page), "edifact"):
        report = check_interchange(block.encode(), directories)
        assert (report.verdict, report.faults) == (Verdict.ACCEPTED, ())


def test_answers_that_are_shown_are_those_that_the_hub_gives() -> None:
    directories = open_directories(packed("schemas"))
    shown = re.findall(r"<!-- answer to (examples/[\w.-]+) -->\n```edifact\n(.*?)```", text_of(ROOT / "docs/protocols/tcp.md"), re.DOTALL)
    assert len(shown) == 2
    for example, block in shown:
        report = check_interchange((ROOT / example).read_bytes(), directories)
        identification, _, qualifier = Settings().hub.address.partition(":")
        prepared = datetime.strptime(report.header.prepared, "%y%m%d:%H%M").replace(tzinfo=UTC)
        answer = render_contrl(report, hub=Party(identification, qualifier), reference="1", prepared=prepared, fallback_sender=Party("UNKNOWN"))
        assert block.replace("\n", "").encode() == answer.replace(b"\r", b"").replace(b"\n", b"")


def test_the_page_of_https_has_every_operation() -> None:
    text = text_of(ROOT / "docs/protocols/https.md")
    named = {(method, path.replace("/ID", "/{id}")) for method, path in re.findall(r"`(GET|POST) (/[\w./]+)", text)}
    operations = {(route.method, route.template) for route in ROUTES if not route.public}
    assert operations - named == {("GET", "/v1/interchanges/{id}/acknowledgement.p7s")}  # written as ".../acknowledgement.p7s"
    assert named - operations <= {(route.method, route.template) for route in ROUTES if route.public}


def test_the_page_of_sftp_has_every_folder() -> None:
    named = re.findall(r"`([\w/]+)/`", text_of(ROOT / "docs/protocols/sftp.md"))
    assert {str(folder) for folder in Folder if folder not in {Folder.ROOT, Folder.ARCHIVE}} <= {f"/{name}" for name in named}


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_readme_names_every_folder() -> None:
    table = text_of(ROOT / "README.md").partition("## What is where")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([^`]+?)/?`", table))
    assert [name for name in sorted(named) if name != "vanhub" and not name.startswith("make ") and not (ROOT / name).exists()] == []
    packages = {f"vanhub/{child.name}" for child in (ROOT / "vanhub").iterdir() if (child / "__init__.py").exists()} - {"vanhub/values", "vanhub/_packed"}
    assert packages <= named
