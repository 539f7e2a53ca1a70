"""How a demonstration is told on the terminal: numbered titles in both languages, few words, real output, and nothing that was not checked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import click

from vanhub.cli.output import safe, width
from vanhub.cli.stage import Stage
from vanhub.errors import HubError

_SEGMENT_COLUMNS = 60


class Unexpected(HubError):
    """The demonstration did not come out as announced."""


class Narrator:
    """Tells what happens on ``stage``, step by step."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._step = 0

    def title(self, en: str, zh: str) -> None:
        """The next step begins."""
        self._step += 1
        click.echo()
        click.secho(f"{self._step}. {en}  {zh}", bold=True)

    def say(self, text: str) -> None:
        click.echo(f"   {text}")

    def show(self, line: str) -> None:
        """A line of real output."""
        click.echo(click.style(f"      {safe(line)}", dim=True) if line else "")

    def segments(self, lines: Sequence[tuple[str, str]]) -> None:
        """Segments, each with its meaning beside it."""
        for segment, meaning in lines:
            self.show(f"{segment}{' ' * (_SEGMENT_COLUMNS - width(segment))}  {meaning}" if meaning else segment)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: int = 0) -> None:
        """Rows under headings; the last ``numbers`` columns are numbers."""
        lines = [[safe(cell) for cell in row] for row in (headings, *rows)]
        widths = [max(map(width, column)) for column in zip_longest(*lines, fillvalue="")]
        for line in lines:
            texts = [_padded(cell, widths[place], right=place >= len(headings) - numbers) for place, cell in enumerate(line)]
            self.show("  ".join(texts).rstrip())

    def expect(self, happened: bool, what: str) -> None:
        """Raises ``Unexpected`` where it did not happen."""
        if not happened:
            raise Unexpected(f"step {self._step} did not come out as expected: {what}\n{self._stage.log()}")


def _padded(text: str, columns: int, *, right: bool) -> str:
    space = " " * (columns - width(text))
    return space + text if right else text + space
