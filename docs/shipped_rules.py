"""The page of the agencies' rules, from ``vanhub/agencies/*/rules.toml``: docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import vanhub.agencies
from vanhub.agencies.rules import Rule, open_rules

HEAD = """# Rules and limits of the agencies

<!-- Written by docs/generate.py from vanhub/agencies/*/rules.toml: change those, then `make docs`. -->

What regulations fix and change: how often a licence may be used, by how much a declaration may differ, when something is overdue. No decision has such a number in its code. Each rule has its values by the
days from which they hold; before the first day the first value holds.

A rule without a source, or whose source says less than it does, is marked **assumed**.

The home of an agency replaces a rule by its name, in its `rules.toml`; what the table there leaves out stays as it is here. An unknown name or key, and a value of another kind or form, are errors that name the nearest
known one and what would be right:

```toml
[licence.uses]
source = "Notice of the ministry"
values = [{ from = 1992-01-01, value = 12 }, { from = 2006-07-01, value = 6 }]
```

| kind | is written |
|---|---|
| `number` | as a text, so that it is exact: `"0.05"` |
| `count` | as a whole number: `12` |
| `duration` | `"90s"`, `"30m"`, `"4h"` or `"14d"` |
| `text`, `texts` | `"0110"`, `["0110", "0214"]` |
| `truth` | `true` or `false` |

The same rule in the files of two agencies has the same values: customs and the office that issued a licence have to agree. A change of the rules changes what a rebuild makes of old messages, if it holds for their days: give
a new value the day from which it holds.
"""


_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}


def render() -> str:
    """docs/rules.md."""
    folder = Path(vanhub.agencies.__file__).parent
    return HEAD + "".join(part for file in sorted(folder.glob("*/rules.toml")) for part in _agency(file.parent.name.replace("_", "-")))


def _agency(name: str) -> Iterator[str]:
    yield f"\n## {name}\n\n| rule | what | kind | value | source |\n|---|---|---|---|---|\n"
    for rule in open_rules(name):
        source = f"**assumed**; {rule.source}" if rule.assumed and rule.source != "assumed" else rule.source.replace("assumed", "**assumed**")
        yield f"| `[{rule.name}]` | {_cell(rule.en)}<br>{_cell(rule.zh)} | {rule.kind} | {_values(rule)} | {_cell(source)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _values(rule: Rule) -> str:
    if len(rule.values) == 1:
        return _value(rule.values[0][1])
    return "<br>".join(f"from {day}: {_value(value)}" for day, value in rule.values)


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"`{_cell(each)}`" for each in value) or "none"
    if isinstance(value, timedelta):
        return f"`{_duration(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else _cell(str(value))}`"


def _duration(value: timedelta) -> str:
    """In the largest unit of which it is a whole number."""
    return next(f"{value // unit}{letter}" for letter, unit in _UNITS.items() if not value % unit)
