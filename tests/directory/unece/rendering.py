"""Invented directories written as UNECE writes them, in the style of each generation: what the importer reads back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Plain = dict[str, Any]
"""A directory as plain JSON: see ``schemas/README.md``."""

ASCII_RULE = "-" * 70


@dataclass(frozen=True)
class Style:
    """How a generation prints."""

    prefix: str = "ED"
    digits: int = 5
    """Of a message's positions; 0 where there are none."""
    positions: bool = True
    """Whether segments and composites have positions."""
    repeats: bool = True
    """Whether segment directories print repeats."""
    boxes: bool = False
    """Code page 437 rather than ASCII."""
    usage: bool = True
    numbers_right: bool = False
    """Codes that are numbers end where names begin."""
    nested: bool = True
    """Each part in a zip of its own."""
    mark: str = ""
    """A change indicator that stands before everything that may have one."""
    newline: str = "\r\n"


STYLES = {
    "D.93A": Style(prefix="ED", digits=0, positions=False, repeats=False, usage=False, numbers_right=True),
    "D.96B": Style(prefix="TR", digits=4, repeats=False, boxes=True, usage=False, numbers_right=True),
    "D.99B": Style(digits=4, boxes=True),
    "D.21B": Style(),
    "marked": Style(mark="*|"),
    "flat": Style(nested=False, newline="\n"),
    "unix-old": Style(prefix="TR", digits=4, repeats=False, usage=False, mark="+", newline="\r\r\n"),
}


def archive(directory: Plain, style: Style, **changes: bytes | None) -> bytes:
    """The distribution; ``changes`` replaces files by their stems (``EDSD=b"..."``), or leaves them out (None)."""
    files = texts(directory, style)
    for stem, octets in changes.items():
        name = next((name for name in files if name.split(".")[0] == stem), stem)
        if octets is None:
            del files[name]
        else:
            files[name] = octets
    return zipped(files, nested=style.nested)


def zipped(files: Mapping[str, bytes], *, nested: bool = False) -> bytes:
    """One zip of these files; or a zip of zips, one for every four letters that names begin with."""
    if nested:
        stems = dict.fromkeys(name[:4] if "_" not in name else "MD" for name in files)
        parts = {stem: {name: octets for name, octets in files.items() if (name[:4] if "_" not in name else "MD") == stem} for stem in stems}
        return zipped({f"DISK/{stem}.ZIP": zipped(part) for stem, part in parts.items()} | {"README.TXT": b"An invented directory.\r\n"})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, octets in files.items():
            file.writestr(zipfile.ZipInfo(name), octets, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def texts(directory: Plain, style: Style) -> dict[str, bytes]:
    """File name -> octets."""
    release = directory["directory"][2:]
    prefix = style.prefix
    named = {
        f"{prefix}SD": _segments(directory, directory["segments"], style),
        f"{prefix}CD": _composites(directory["composites"], style),
        f"{prefix}ED": _elements(directory["elements"], style),
    }
    if directory["codes"]:
        named["UNCL"] = _codes(directory["codes"], directory["elements"], style)
    if "servicecodes" in directory:
        named["UNSL"] = _codes(directory["servicecodes"], {}, style)
    messages = dict(directory["messages"])
    if "interactive" in directory:
        part = directory["interactive"]
        both = {**directory, "composites": directory["composites"] | part["composites"]}
        # Interactive segments have printed repeats from the first.
        named["IDSD"] = _segments(both, part["segments"], replace(style, repeats=True))
        named["IDCD"] = _composites(part["composites"], style)
        messages |= part["messages"]
    files = {f"{stem}.{release}": _octets(lines, style) for stem, lines in named.items()}
    files[f"{prefix}MDI1.{release}"] = b"PART 5    An index of message types\r\n"
    return files | {f"{type}_D.{release}": _octets(message_lines(type, directory, message, style), style) for type, message in messages.items()}


def _octets(lines: Iterable[str], style: Style) -> bytes:
    text = style.newline.join(lines) + style.newline
    return text.replace(ASCII_RULE, "\u2500" * 70).replace("----", "\u2500" * 4).encode("cp437") if style.boxes else text.encode("ascii")


def _legend(style: Style) -> list[str]:
    return ["2.   Specifications", "", "     Change indicators", "", "     a plus sign (+)    for an addition", ""] if style.positions else []


def _heading(id: str, name: str, style: Style, note: str = "") -> list[str]:
    words = name.split()
    half = (len(words) + 1) // 2
    first, second = " ".join(words[:half]), " ".join(words[half:])
    mark = style.mark.ljust(6)
    return [
        ASCII_RULE,
        "",
        f"{mark} {id}  {first}{note}",
        *([f"{'':12}{second}"] if second else []),
        "",
        "       Desc: 1234 of 010 this and that M an..3",
        "       and more.",
        "",
    ]


def _row(position: int | None, mark: str, id: str, name: str, tail: str, *, member: bool = False) -> list[str]:
    left = f"{position:03} " if position is not None else "    "
    line = f"{left}{mark:<3}{id} {'  ' if member else ''}{name}"
    if len(line) < 52:
        return [f"{line:<52}{tail}".rstrip()]
    return [line, f"{'':12}{'and more':<40}{tail}".rstrip()]


def _tail(status: str, repeats: int, representation: str, *, printed: bool) -> str:
    return f" {status} {repeats:>4} {representation}" if printed else f" {status}  {representation}"


def _segments(directory: Plain, segments: Mapping[str, Any], style: Style) -> list[str]:
    lines = _legend(style)
    for tag, (name, places) in segments.items():
        lines += _heading(tag, name, style)
        for number, (id, status, repeats, *representation) in enumerate(places, start=1):
            position = number * 10 if style.positions else None
            if representation:
                words = directory["elements"][id][0].upper()
                lines += _row(position, style.mark, id, words, _tail(status, repeats, representation[0], printed=style.repeats))
            else:
                words, members = directory["composites"][id]
                lines += _row(position, style.mark, id, words, _tail(status, repeats, "", printed=style.repeats))
                for element, its_status, _, text in members:
                    lines += _row(None, "", element, directory["elements"][element][0], f" {its_status}      {text}", member=True)
            lines.append("")
        for note in directory.get("dependencies", {}).get(tag, []):
            head, _, rest = note.partition(" ")
            lines += ["       Note: ", f"       010  {head}", *([f"            {rest}"] if rest else []), ""]
    return lines


def _composites(composites: Mapping[str, Any], style: Style) -> list[str]:
    lines = _legend(style)
    for id, (name, members) in composites.items():
        lines += _heading(id, name, style)
        for number, (element, status, repeats, text) in enumerate(members, start=1):
            lines += _row(number * 10 if style.positions else None, style.mark, element, "Some words", f" {status}      {text}")
            if repeats > 1:
                lines += [
                    "",
                    "       Note: ",
                    f"             The component {element} - some words - occurs",
                    f"             {repeats:,} times in the composite.",
                    "",
                ]
        lines.append("")
    return lines


def _elements(elements: Mapping[str, Any], style: Style) -> list[str]:
    lines = _legend(style)
    for id, (name, text, *use) in elements.items():
        lines += [*_heading(id, name, style, f"      [{use[0]}]" if use else ""), f"     Repr: {text}", "", "     Note:", "           1 Prose.", ""]
    return lines


def _codes(lists: Mapping[str, Mapping[str, str]], elements: Mapping[str, Any], style: Style) -> list[str]:
    lines = _legend(style)
    column = 10 if style.numbers_right else 11
    for id, codes in lists.items():
        name = elements.get(id, ["Invented"])[0]
        lines += [*_heading(id, name, style), "     Repr: an..3", ""]
        if codes is not next(iter(lists.values())):
            lines += ["     Note: Prose of a note, which is not", "           a code.", ""]
        for code, words in codes.items():
            first, _, rest = words.partition(" ")
            mark = style.mark.ljust(2)
            left = (
                f"{code:>{column - 1}} "
                if style.numbers_right and code.isdigit()
                else f"{mark:<5}{code:<{column - 5}}"
                if not style.numbers_right
                else f"{mark:<3}{code:<{column - 3}}"
            )
            if style.numbers_right and code.isdigit():
                left = mark + left[2:]
            lines += [f"{left}{first}", *([f"{'':{column}}{rest}"] if rest else []), f"{'':{column + 3}}A description of", f"{'':{column + 3}}two lines.", ""]
    return lines


def message_lines(type: str, directory: Plain, message: Plain, style: Style) -> list[str]:
    """A message's file: title page, prose with a table of contents, segment table, and an annex after it."""
    gap = " " * 30
    rows = _table(message["tree"], style)
    return [
        f"{gap}UN/EDIFACT",
        "",
        f"{gap}DRAFT RECOMMENDATION",
        "",
        f"{gap}{message['name']}",
        "",
        ASCII_RULE,
        f"{gap}Message Type : {type}",
        f"{gap}Version      : {directory['directory'][0]}",
        f"{gap}Release      : {directory['directory'][2:]}",
        f"{gap}Contr. Agency: UN",
        f"{gap}Revision     : {message['rev']}",
        f"{gap}Date         : {message['date']}",
        "",
        "       4.3.1 Segment table",
        "",
        "0010   UNH, Message header",
        "       A segment that is M 1 and begins a message.",
        "",
        "4.3.1  Segment table",
        "",
        "Pos    Tag Name                                      S   R",
        "",
        *rows,
        "",
        "Annex",
        "0010   UNH Message header                            M   1",
        "0020   UNT Message trailer                           M   1",
    ]


def _table(tree: list[Any], style: Style) -> list[str]:
    lines: list[str] = []
    _render(tree, [], style, lines)
    return [line.rstrip() for line in lines]


def _render(parts: list[Any], outer: list[int], style: Style, lines: list[str]) -> None:
    for part in parts:
        lines.append("")
        position = f"{len(lines) * 10:0{style.digits}d} " if style.digits else "  "
        mark = f"{style.mark:<2} " if style.digits else ""
        if isinstance(part[0], int):
            number, status, repeats, children = part
            column = 79 - len(outer)
            left = f"{position}{mark}    ---- Segment group {number} "
            lines[-1] = _drawn(left, status, repeats, "+", [column], outer, style)
            _render(children, [*outer, column], style, lines)
            last = lines[-1]
            lines[-1] = _closed(last, column, style)
        else:
            tag, status, repeats = part
            lines[-1] = _drawn(f"{position}{mark}{tag} Some, words", status, repeats, "", [], outer, style)


def _drawn(left: str, status: str, repeats: int, corner: str, at: list[int], bars: list[int], style: Style) -> str:
    filler = "-" if "group" in left else " "
    line = list(f"{left.ljust(52, filler)} {status}   {repeats}".ljust(80))
    for column in bars:
        line[column] = "\u2502" if style.boxes else "|"
    for column in at:
        line[column] = "\u2510" if style.boxes else corner
    return "".join(line)


def _closed(line: str, column: int, style: Style) -> str:
    """The row with the bracket at this column closed."""
    characters = list(line.ljust(80))
    characters[column] = "\u2518" if style.boxes else "+"
    return "".join(characters)
