"""Write the pages of docs/ that come from tables in the code: ``make docs``. With ``--check``: only say which are out of date (exit code 1)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from vanhub.edifact.faults import FaultKind, Wording
from vanhub.errors import HubError

DOCS = Path(__file__).resolve().parent

ERRORS_HEAD = """# Faults and errors

<!-- Written by docs/generate.py from vanhub/edifact/faults.py and vanhub/errors.py: change those, then `make docs`. -->

## Faults of an interchange

A fault is something wrong in what a partner sent. One pass finds them all; each is reported in CONTRL by its code (data element 0085) at
the segment, element and component where it is, and explained in plain words in English and Chinese. The code depends on the syntax version of the
answer, which is that of the interchange received: version 4 has a newer list. The names in the first column stand in logs and tests.
A word in braces is filled in with what was found.

| name | code, versions 1-3 | code, version 4 | what | likely cure |
|---|---|---|---|---|
"""

CLASSES_HEAD = """
## Errors of a request

What a partner or an operator asked for and cannot have is answered with one of these codes (over HTTPS as the `type` of a problem document, in
logs as `error`). Faults inside an interchange are not among them: those are answered by CONTRL.

| code | class | what it says |
|---|---|---|
"""


def cell(text: str | None) -> str:
    return (text or "tolerated").replace("|", "\\|").replace("\n", " ")


def errors() -> str:
    """docs/errors.md."""
    faults = []
    for kind in FaultKind:
        wording: Wording = kind.value
        faults.append(
            f"| `{kind.name}` | {cell(wording.code)} | {cell(wording.code_4)} | {cell(wording.en)}<br>{cell(wording.zh)} | {cell(wording.repair_en)}<br>{cell(wording.repair_zh)} |\n"
        )
    classes = [f"| `{error.code}` | `{error.__name__}` | {cell((error.__doc__ or '').strip().partition(chr(10))[0])} |\n" for error in error_classes(HubError)]
    return ERRORS_HEAD + "".join(faults) + CLASSES_HEAD + "".join(classes)


def error_classes(root: type[HubError]) -> Iterator[type[HubError]]:
    """``root`` and the classes below it that ``vanhub.errors`` defines, parents first."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == HubError.__module__:
            yield from error_classes(child)


PAGES = {"errors.md": errors}


def main(arguments: list[str]) -> int:
    stale = [name for name, render in PAGES.items() if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != render()]
    for name in stale:
        if arguments == ["--check"]:
            sys.stderr.write(f"docs/{name} is out of date: make docs\n")
        else:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
            sys.stdout.write(f"docs/{name} written\n")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
