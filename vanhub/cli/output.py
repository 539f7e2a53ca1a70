"""How commands print: tables and lists for people, JSON for programs, and nothing that could forge a terminal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""The option that every reading command has."""


def emit(result: Any, json_wanted: bool, show: Callable[[Any], None]) -> None:
    """Print ``result`` as JSON, or let ``show`` print it for people."""
    if json_wanted:
        click.echo(json_text(result))
    else:
        show(result)


def json_text(value: Any) -> str:
    """``value`` as JSON on one line: readable characters as they are, all others (C1 and direction controls, half surrogates too) as JSON's escapes."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)


def emit_pieces(value: Any) -> None:
    """Print ``value`` as ``json_text`` has it, piece by piece: an iterator in it is an array whose items are made while they are printed."""
    pieces = _pieces(value)
    while text := "".join(islice(pieces, 1000)):
        click.echo(text, nl=False)
    click.echo()


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        before = "{"
        for key, member in value.items():
            yield f"{before}{json_text(key)}: "
            yield from _pieces(member)
            before = ", "
        yield "}" if value else "{}"
    elif isinstance(value, Iterator):
        before = "["
        for item in value:
            yield before
            yield from _pieces(item)
            before = ", "
        yield "[]" if before == "[" else "]"
    else:
        yield json_text(value)


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, empty: str = "nothing") -> None:
    """Print one line a row; ``columns`` maps keys to headings."""
    if not rows:
        click.echo(empty)
        return
    lines = [list(columns.values()), *([safe(_text(row.get(key))) for key in columns] for row in rows)]
    widths = [max(width(line[index]) for line in lines) for index in range(len(columns))]
    for number, line in enumerate(lines):
        text = "  ".join(cell + " " * (widths[index] - width(cell)) for index, cell in enumerate(line)).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)


def facts(values: Mapping[str, Any], names: Iterable[str] | None = None) -> None:
    """Print ``name: value`` lines, values aligned."""
    chosen = [(name, values[name]) for name in (names or values) if name in values]
    widest = max((len(name) for name, _ in chosen), default=0)
    for name, value in chosen:
        click.echo(f"{name + ':':<{widest + 2}}{safe(_text(value))}")


def safe(text: str) -> str:
    """``text`` with control characters written as escapes."""
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in text)


def width(text: str) -> int:
    """Columns that ``text`` takes in a terminal: wide characters take two, marks set over others none."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return str(value)
