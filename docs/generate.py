"""Write the pages of docs/ that come from tables in the code: ``make docs``. With ``--check``: only say which are out of date (exit code 1)."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shipped_guides
import shipped_rules

from vanhub.edifact.faults import FaultKind, Wording
from vanhub.edifact.guide_faults import GuideFaultKind, GuideWording
from vanhub.errors import HubError
from vanhub.exchange.delivery import TRANSITIONS, Verb, render_drawing
from vanhub.settings import Settings, render_value
from vanhub.values.agreement import TERMS
from vanhub.values.delivery import DeliveryState

DOCS = Path(__file__).resolve().parent

ERRORS_HEAD = """# Faults and errors

<!-- Written by docs/generate.py from vanhub/edifact/faults.py, guide_faults.py and vanhub/errors.py: change those, then `make docs`. -->

## Faults of an interchange

A fault is something wrong in what a partner sent. One pass finds them all; each is reported in CONTRL by its code (data element 0085) at
the segment, element and component where it is, and explained in plain words in English and Chinese. The code depends on the syntax version of the
answer, which is that of the interchange received: version 4 has a newer list. The names in the first column stand in logs and tests.
A word in braces is filled in with what was found. The last column says which rule is broken: a clause of ISO 9735:1988 (versions 1-3), a part of
ISO 9735:2002 (version 4), a directory of the message's edition, or what the parties agreed.

| name | code, versions 1-3 | code, version 4 | what | likely cure | rule |
|---|---|---|---|---|---|
"""

GUIDE_FAULTS_HEAD = """
## Faults against a guide

What a [guide](guides.md) finds in a message that is good EDIFACT. It rejects nothing; APERAK tells it, by the code (data element 9321) that the guide names or else by that of its kind: see [answers.md](answers.md).

| name | code | what | likely cure |
|---|---|---|---|
"""

CLASSES_HEAD = """
## Errors of a request

What a partner or an operator asked for and cannot have is one of these. Each gateway and the command line have their own way to say it: over HTTPS it is a
problem document, on the command line a text and an exit code. Faults inside an interchange are not among them: those are answered by CONTRL.

| code | class | what it says |
|---|---|---|
"""

CONFIGURATION = """# Settings

<!-- Written by docs/generate.py from vanhub/settings.py: change that, then `make docs`. -->

`hub.toml` in the hub's home. A key that is left out has its default; a key that does not exist is an error that names the nearest one that does,
and a value of the wrong kind is one that says what the key takes. Paths are relative to the home. `vanhub init` writes the file with every
key at its default. No key holds a secret: the passphrase of the hub's keys stands in a file of its own, and PostgreSQL's password in `~/.pgpass`.

The hub reads the file when it starts. Terms of one partner stand in its [agreement](agreement.md), those of an agency in
[its mailbox](../mailboxes/README.md).
"""

AGREEMENT_HEAD = """# Agreements

<!-- Written by docs/generate.py from vanhub/values/agreement.py: change that, then `make docs`. -->

Every principal has an agreement: what it may send, how that is checked, delivered and acknowledged. `vanhub partner show ID` prints it and
`vanhub partner set ID KEY=VALUE` changes a term; agencies have the same with `vanhub agency`. Lists are written with commas, and an empty value
means "all". A change acts on the next interchange.

| term | default | takes | meaning |
|---|---|---|---|
"""

STATES_HEAD = """# The life of a delivery

<!-- Written by docs/generate.py from vanhub/exchange/delivery.py: change that, then `make docs`. -->

A delivery is one interchange in one mailbox. Its owner claims it (for the time of a lease), collects its bytes and commits the pickup, which makes it
delivered; a CONTRL about it makes it answered. A lease that runs out makes it available again; when that has happened too often it is
quarantined and holds up nobody until an operator frees it. What nobody collects expires, and an operator can deliver it again.

Messages that break their recipient's guide begin as held where its [route](../mailboxes/README.md) says so: an operator frees or refuses them.

```mermaid
"""

STATES_TABLE = """```

The same as a table. A verb without an entry in a state's row is refused there and changes nothing.

"""


def cell(text: str | None) -> str:
    return (text or "tolerated").replace("|", "\\|").replace("\n", " ")


def errors() -> str:
    """docs/errors.md."""
    faults = []
    for kind in FaultKind:
        wording: Wording = kind.value
        faults.append(
            f"| `{kind.name}` | {cell(wording.code)} | {cell(wording.code_4)} | {cell(wording.en)}<br>{cell(wording.zh)} | {cell(wording.repair_en)}<br>{cell(wording.repair_zh)} | {wording.clause} |\n"
        )
    guide_faults = []
    for guide_kind in GuideFaultKind:
        words: GuideWording = guide_kind.value
        guide_faults.append(
            f"| `{guide_kind.name}` | {words.code} | {cell(words.en)}<br>{cell(words.zh)} | {cell(words.repair_en)}<br>{cell(words.repair_zh)} |\n"
        )
    classes = [f"| `{error.code}` | `{error.__name__}` | {cell((error.__doc__ or '').strip().partition(chr(10))[0])} |\n" for error in error_classes(HubError)]
    return ERRORS_HEAD + "".join(faults) + GUIDE_FAULTS_HEAD + "".join(guide_faults) + CLASSES_HEAD + "".join(classes)


def error_classes(root: type[HubError]) -> Iterator[type[HubError]]:
    """``root`` and the classes below it that ``vanhub.errors`` defines, parents first."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == HubError.__module__:
            yield from error_classes(child)


def configuration() -> str:
    """docs/configuration.md."""
    lines = [CONFIGURATION]
    for section in dataclasses.fields(Settings):
        lines.append(f"## [{section.name}]\n\n{section.metadata['comment']}\n\n| key | default | takes | meaning |\n|---|---|---|---|\n")
        defaults: Any = section.default
        for key in dataclasses.fields(defaults):
            default = render_value(getattr(defaults, key.name))
            lines.append(f"| `{key.name}` | `{default}` | {cell(key.metadata['shape'].takes)} | {cell(key.metadata['comment'])} |\n")
        lines.append("\n")
    return "\n".join([lines[0], "".join(lines[1:])]).rstrip() + "\n"


def agreement() -> str:
    """docs/agreement.md."""
    rows = []
    for term in TERMS:
        rule = term.metadata
        kind = {bool: "`true`, `false`", int: "a whole number", tuple: "a list"}.get(type(term.default), "text")
        if "choices" in rule:
            kind = ("a list of " if isinstance(term.default, tuple) else "") + ", ".join(f"`{choice}`" if choice else "nothing" for choice in rule["choices"])
        elif "least" in rule:
            kind = f"{rule['least']} to {rule['most']}"
        default = str(term.default).lower() if isinstance(term.default, bool) else "" if term.default == () else str(term.default)
        rows.append(f"| `{term.name}` | {f'`{default}`' if default else 'nothing'} | {kind} | {cell(rule['en'])}<br>{cell(rule['zh'])} |\n")
    return AGREEMENT_HEAD + "".join(rows)


def states() -> str:
    """docs/states.md."""
    head = "| state | " + " | ".join(Verb) + " |\n|---" + "|---" * len(Verb) + "|\n"
    rows = [f"| {state} | " + " | ".join(TRANSITIONS.get((state, verb), "") for verb in Verb) + " |\n" for state in DeliveryState]
    return STATES_HEAD + render_drawing() + "\n" + STATES_TABLE + head + "".join(rows)


PAGES = {
    "errors.md": errors,
    "configuration.md": configuration,
    "agreement.md": agreement,
    "states.md": states,
    "shipped-guides.md": shipped_guides.render,
    "rules.md": shipped_rules.render,
}


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
