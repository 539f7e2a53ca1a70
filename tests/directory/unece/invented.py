"""Random invented directories as plain JSON: no fact of a real one, everything that one may have."""

from __future__ import annotations

import string
from random import Random
from typing import Any

from tests.directory.unece.rendering import Plain, Style

_WORDS = ["ALPHA", "Beta", "gamma,", "delta/epsilon", "zeta-eta", "(theta)", "Iota", "no.", "5", "KAPPA"]


def invented(rng: Random, style: Style, name: str = "D.24B") -> Plain:
    """A directory that ``style`` can print."""
    elements = {id: _element(rng, style) for id in _numbers(rng, rng.randint(3, 12))}
    composites = {id: _composite(rng, elements) for id in _ids(rng, "C", rng.randint(1, 6))}
    segments = {tag: _segment(rng, elements, composites, printed=style.repeats) for tag in _tags(rng, rng.randint(1, 8))}
    made: Plain = {
        "directory": name,
        "messages": {_letters(rng, 6): _message(rng, list(segments), "UNH", "UNT") for _ in range(rng.randint(1, 4))},
        "segments": segments,
        "composites": composites,
        "elements": elements,
        "codes": {id: _codes(rng) for id in rng.sample(sorted(elements), rng.randint(0, 3))},
    }
    if rng.random() < 0.5:
        made["servicecodes"] = {"0001": _codes(rng)}
    if style.positions and rng.random() < 0.5:
        made["dependencies"] = {next(iter(segments)): ["D5(010,020) If first, then all"]}
    if rng.random() < 0.5:
        own = {id: _composite(rng, elements) for id in _ids(rng, "E", rng.randint(1, 4))}
        tags = {tag: _segment(rng, elements, composites | own, printed=True) for tag in _tags(rng, rng.randint(1, 5))}
        messages = {f"I{_letters(rng, 5)}": _message(rng, list(tags), "UIH", "UIT") for _ in range(rng.randint(1, 2))}
        made["interactive"] = {"messages": messages, "segments": tags, "composites": own}
        made["messages"] = {type: message for type, message in made["messages"].items() if not type.startswith("I")} or {
            "BATCHX": _message(rng, list(segments), "UNH", "UNT")
        }
    return made


def _name(rng: Random) -> str:
    return " ".join([rng.choice(string.ascii_uppercase) + "x", *rng.sample(_WORDS, rng.randint(0, 5))])


def _letters(rng: Random, length: int) -> str:
    return "".join(rng.choices(string.ascii_uppercase, k=length))


def _numbers(rng: Random, count: int) -> list[str]:
    return sorted({f"{rng.randint(1000, 9999)}" for _ in range(count)})


def _ids(rng: Random, letter: str, count: int) -> list[str]:
    return sorted({f"{letter}{rng.randint(0, 999):03}" for _ in range(count)})


def _tags(rng: Random, count: int) -> list[str]:
    return sorted({rng.choice("ABCDEXYZ") + "".join(rng.choices(string.ascii_uppercase + string.digits, k=2)) for _ in range(count)})


def _element(rng: Random, style: Style) -> list[str]:
    representation = f"{rng.choice(['a', 'n', 'an'])}{rng.choice(['', '..'])}{rng.randint(1, 512)}"
    return [_name(rng), representation, *([rng.choice("BIC")] if style.usage else [])]


def _composite(rng: Random, elements: dict[str, list[str]]) -> list[Any]:
    chosen = rng.sample(sorted(elements), rng.randint(1, len(elements)))
    members: list[list[Any]] = [[id, rng.choice("MC"), 1, elements[id][1]] for id in chosen]
    if rng.random() < 0.2:
        members[-1][2] = rng.choice([2, 99, 9999])
    return [_name(rng), members]


def _segment(rng: Random, elements: dict[str, list[str]], composites: dict[str, Any], *, printed: bool) -> list[Any]:
    places: list[list[Any]] = []
    for _ in range(rng.randint(1, 6)):
        id = rng.choice([*elements, *composites])
        repeats = rng.choice([1, 1, 5, 99999]) if printed else 1
        places += [[id, rng.choice("MC"), repeats, *([elements[id][1]] if id in elements else [])]] * rng.choice([1, 1, 3])
    return [_name(rng), places]


def _codes(rng: Random) -> dict[str, str]:
    codes = {rng.choice([str(rng.randint(1, 999)), _letters(rng, rng.randint(1, 3)), "X", "A9"]): _name(rng) for _ in range(rng.randint(1, 9))}
    return dict(sorted(codes.items()))


def _message(rng: Random, tags: list[str], first: str, last: str) -> Plain:
    numbers = iter(range(1, 1000))
    tree = [[first, "M", 1], *_parts(rng, tags, numbers, 0), [last, "M", 1]]
    return {"name": _name(rng), "rev": str(rng.randint(1, 20)), "date": "2024-11-05", "tree": tree}


def _parts(rng: Random, tags: list[str], numbers: Any, depth: int) -> list[Any]:
    parts: list[Any] = []
    for _ in range(rng.randint(0, 4)):
        if depth < 6 and rng.random() < 0.4:
            number = next(numbers)
            parts.append([number, rng.choice("MC"), rng.choice([1, 9, 99999]), [[rng.choice(tags), "M", 1], *_parts(rng, tags, numbers, depth + 1)]])
        else:
            parts.append([rng.choice(tags), rng.choice("MC"), rng.choice([1, 9, 9999999])])
    return parts
