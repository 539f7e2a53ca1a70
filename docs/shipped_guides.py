"""The page of the guides that the project ships, from ``schemas/guides`` and ``schemas/codes``: docs/shipped-guides.md."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator

from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.load import open_guides
from vanhub.directory.guides.model import ElementRule, Guide, Status, Use
from vanhub.directory.load import open_directories
from vanhub.packed import packed

HEAD = """# The guides that are shipped

<!-- Written by docs/generate.py from schemas/guides and schemas/codes: change those, then `make docs`. -->

The guides of the Golden Customs project (association code `CNGC01`, element 0057 of `UNH`) and the code lists that they name; [guides.md](guides.md) tells how a guide is written and what becomes of
a message that breaks one. A hub's own guide of the same name, in
its `schemas/guides`, is taken in place of one of these, and its own lists in `schemas/codes` in place of these lists.

`vanhub schema guide NAME` prints one of them, and `vanhub check --guide NAME FILE` holds a file against it. Many of the rules are **assumed**; each guide says which.

"""

LISTS_HEAD = """
## Code lists

A code that a *partial* list does not have is told as a warning only.

| list | title | codes | partial | source |
|---|---|---|---|---|
"""


def render() -> str:
    """docs/shipped-guides.md."""
    schemas = packed("schemas")
    guides = open_guides(schemas, directories=open_directories(schemas))
    every = [guides.get(name) for name in sorted(head.name for head in guides.heads())]
    return "".join([HEAD, *_contents(every), *(part for guide in every for part in _guide(guide)), LISTS_HEAD, *_lists()])


def _contents(every: Iterable[Guide]) -> Iterator[str]:
    yield "| guide | message | 1001 | 1225 | title |\n|---|---|---|---|---|\n"
    for guide in every:
        head = guide.head
        yield (
            f"| [{head.name}](#{head.name}) | {head.message} {head.directory} | {', '.join(head.documents) or 'any'} | {', '.join(head.functions) or 'any'} "
            f"| {head.title.en}<br>{head.title.zh} |\n"
        )


def _guide(guide: Guide) -> Iterator[str]:
    head = guide.head
    yield f"\n## {head.name}\n\n{head.title.en} · {head.title.zh}\n\nSource: {head.source}.\n"
    yield f"\n{'What is not listed is not used.' if guide.closed else 'What is not listed is as in the directory.'}\n"
    for status, title in ((Status.REQUIRED, "Required"), (Status.OPTIONAL, "Optional"), (Status.UNUSED, "Not used")):
        uses = [use for use in guide.uses if use.status is status]
        if uses:
            yield f"\n{title}:\n\n| place | what | values | error |\n|---|---|---|---|\n"
            yield from (f"| {_place(use)} | {use.name.en}<br>{use.name.zh} | {'; '.join(map(_element, use.elements))} | {use.error} |\n" for use in uses)
    if guide.rules:
        yield "\nConditions:\n\n"
        yield from (f"- {rule.text.en} · {rule.text.zh} ({rule.error})\n" for rule in guide.rules)


def _place(use: Use) -> str:
    within = f" of {' '.join('/'.join(sorted(match.values)) for match in use.within)}" if use.within else ""
    return f"`{use.label}`{within}{f', at most {use.most}' if use.most else ''}"


def _element(element: ElementRule) -> str:
    said = []
    if element.codes is not None:
        said.append(", ".join(element.codes))
    if element.list is not None:
        said.append(f"[{element.list.codes.name}](#code-lists){f' by its first {element.list.prefix}' if element.list.prefix else ''}")
    if element.form is not None:
        said.append(element.form.text.en if isinstance(element.form, Form) else str(element.form))
    values = f": {', '.join(said)}" if said else ""
    return f"{element.spot.id}{'' if element.status is Status.REQUIRED else ' if there'}{values}"


def _lists() -> Iterator[str]:
    folder = packed("schemas") / "codes"
    for name, entry in tomllib.loads((folder / "lists.toml").read_text("utf-8")).items():
        count = len((folder / f"{name}.csv").read_text("utf-8").splitlines()) - 1
        yield f"| {name} | {entry['title_en']}<br>{entry['title_zh']} | {count:,} | {'partial' if entry.get('partial') else ''} | {entry['source']} |\n"
