"""The guides of some folders, and which of them a message is held against.

A folder has ``guides/NAME.toml`` and ``codes/LIST.csv`` with ``codes/lists.toml`` and ``codes/forms.toml``. When folders are opened only the heads of guides are read. A guide is read whole,
with its lists, when the first message of its type and directory comes; ``require_readable`` reads those of a folder at once, so that a mistake is told in time.

A guide is used for the messages of its type and directory whose association code (UNH 0057), document name (BGM 1001) and function (BGM 1225) are among its own. Of one
folder no two guides suit the same message; one of a later folder (a hub's own) goes before those of an earlier one, and takes the place of one with its name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vanhub.directory.findings import Reading
from vanhub.directory.guides.forms import Forms
from vanhub.directory.guides.judge import GuideJudge
from vanhub.directory.guides.lists import CodeLists
from vanhub.directory.guides.memory import Memory
from vanhub.directory.guides.model import Guide, Head
from vanhub.directory.guides.read import read_guide, read_head
from vanhub.directory.guides.segment import SegmentJudge
from vanhub.directory.guides.text import nearest
from vanhub.directory.guides.whole import WholeJudge
from vanhub.directory.messages import GuideRun
from vanhub.directory.model import Directories
from vanhub.directory.rulebook import Profile
from vanhub.edifact.envelope import OpenMessage, Where
from vanhub.edifact.guide_faults import GuideFault
from vanhub.edifact.scanner import Marks, split, unreleased
from vanhub.errors import OperatorError

SUFFIX = ".toml"
# Guides as written with one set of service characters: a stream of odd ones costs time, not memory.
_MOST_JUDGES = 128
# What is remembered of messages for all guides together, each some hundred octets.
_MOST_REMEMBERED = 250_000
# So many segments may stand before BGM, which says which guide to use.
_MOST_HELD = 8


@dataclass(frozen=True, slots=True)
class _File:
    """A guide's file, its head read."""

    path: Path
    head: Head
    content: str


class GuideSet:
    """Guides that a check can go by. Implements ``vanhub.directory.messages.Guides``."""

    def __init__(self, files: Sequence[_File], directories: Directories, lists: CodeLists, forms: Forms) -> None:
        self._files = {file.head.name: file for file in files}
        self._directories = directories
        self._lists = lists
        self._forms = forms
        self._guides: dict[str, Guide] = {}
        self._memory = Memory(_MOST_REMEMBERED)
        self._judges: dict[tuple[str, Marks, int], WholeJudge] = {}
        self._by_message: dict[tuple[str, str], list[Head]] = {}
        for file in self._files.values():
            self._by_message.setdefault((file.head.message, file.head.directory), []).append(file.head)

    def heads(self) -> tuple[Head, ...]:
        """Of all guides, by their names."""
        return tuple(self._files[name].head for name in sorted(self._files))

    def get(self, name: str) -> Guide:
        """The guide ``name``.

        Raises:
            OperatorError: there is none (the text names the nearest), or its file is not in order.
        """
        guide = self._guides.get(name)
        if guide is None:
            file = self._files.get(name)
            if file is None:
                raise OperatorError(f"there is no guide {name}{nearest(name, self._files)}")
            guide = self._guides[name] = read_guide(file.content, str(file.path), file.path.stem, self._directories, self._lists, self._forms)
        return guide

    def require_readable(self, folder: Path) -> None:
        """Reads the guides of ``folder``, one of those that were opened.

        Raises:
            OperatorError: one of them is not in order.
        """
        for file in self._files.values():
            if file.path.parent.parent == folder:
                self.get(file.head.name)

    def only(self, name: str) -> OneGuide:
        """The guide ``name`` for every message of its type and directory, whatever its association code and document are.

        Raises:
            OperatorError: as ``get``.
        """
        return OneGuide(self, self.get(name))

    def are_loaded(self, type: str, directory: str) -> bool:
        return all(head.name in self._guides for head in self._by_message.get((type, directory), ()))

    def begin(self, message: OpenMessage, index: int, profile: Profile, reading: Reading) -> GuideRun | None:  # noqa: ARG002 - the table is the guide's own
        heads = self._by_message.get((message.type, f"{message.version}.{message.release}"))
        if heads is None:
            return None
        for head in heads:
            self.get(head.name)
        suitable = [head for head in heads if not head.association or head.association == message.association]
        return _Run(self, suitable, message.association, index, reading) if suitable else None

    def judge(self, guide: Guide, reading: Reading) -> WholeJudge:
        """``guide`` for messages as they are written in one interchange."""
        key = (guide.head.name, reading.marks, reading.syntax_version)
        judge = self._judges.get(key)
        if judge is None:
            if len(self._judges) >= _MOST_JUDGES:
                self._judges.clear()
            judge = self._judges[key] = WholeJudge(SegmentJudge(guide, reading.marks, reading.syntax_version, self._memory))
        return judge


class OneGuide:
    """One guide, for all messages of its type and directory. Implements ``vanhub.directory.messages.Guides``."""

    def __init__(self, guides: GuideSet, guide: Guide) -> None:
        self._guides = guides
        self._guide = guide

    def are_loaded(self, type: str, directory: str) -> bool:  # noqa: ARG002 - it was read when it was chosen
        return True

    def begin(self, message: OpenMessage, index: int, profile: Profile, reading: Reading) -> GuideRun | None:  # noqa: ARG002 - as ``GuideSet``
        head = self._guide.head
        if (message.type, f"{message.version}.{message.release}") != (head.message, head.directory):
            return None
        anything = dataclasses.replace(head, association="", documents=(), functions=())
        return _Run(self._guides, [anything], message.association, index, reading)


class _Run:
    """A message until its BGM says which guide suits it, and then in the hands of that guide. Implements ``vanhub.directory.messages.GuideRun``."""

    def __init__(self, guides: GuideSet, heads: Sequence[Head], association: str, index: int, reading: Reading) -> None:
        self._guides = guides
        self._heads = heads
        self._association = association
        self._index = index
        self._reading = reading
        self._held: list[tuple[str, str, Where]] = []
        self._judge: GuideJudge | None = None
        self._is_chosen = False

    def accepts(self, tags: list[str], texts: list[str], *, learning: bool) -> str | None:
        head = self._choose(texts[tags.index("BGM")] if "BGM" in tags[: _MOST_HELD + 1] else "")
        if head is None:
            return ""
        judge = self._guides.judge(self._guides.get(head.name), self._reading)
        return head.name if judge.accepts(tags, texts, learning=learning) else None

    def take(self, tag: str, text: str, where: Where) -> None:
        if not self._is_chosen:
            self._held.append((tag, text, where))
            if tag == "BGM" or len(self._held) > _MOST_HELD:
                self._begin(text if tag == "BGM" else "")
        elif self._judge is not None:
            self._judge.take(tag, text, where)

    def end(self) -> tuple[str, Sequence[GuideFault]]:
        if not self._is_chosen:
            self._begin("")
        return self._judge.end() if self._judge is not None else ("", ())

    def _choose(self, text: str) -> Head | None:
        """The guide that suits a message with this BGM."""
        marks = self._reading.marks
        # C002 and 1225 stand at the same places of BGM in every directory.
        elements = (*split(text, marks.element, marks.release), "", "", "", "")
        document, function = (unreleased(split(elements[at], marks.component, marks.release)[0], marks.release) for at in (1, 3))
        return next((head for head in self._heads if head.suits(self._association, document, function)), None)

    def _begin(self, text: str) -> None:
        self._is_chosen = True
        head = self._choose(text)
        if head is not None:
            guide = self._guides.get(head.name)
            self._judge = GuideJudge(guide, self._guides.judge(guide, self._reading).segments, self._index, self._reading)
            for held in self._held:
                self._judge.take(*held)
        self._held = []


def open_guides(*folders: Path, directories: Directories) -> GuideSet:
    """The guides of these folders (``schemas`` and a home's own); a folder may lack any.

    Raises:
        OperatorError: a file cannot be read, a guide's head or ``lists.toml`` is not in order, or two guides of one folder suit the same message.
    """
    found: dict[str, _File] = {}
    for folder in folders:
        files = sorted(_files(folder / "guides"), key=lambda file: not file.head.functions)
        for number, file in enumerate(files):
            for other in files[:number]:
                if file.head.overlaps(other.head):
                    raise OperatorError(
                        f"{file.path} and {other.path} are for the same messages; give them different documents, functions or association codes"
                    )
        # Those of later folders stand first, and in a folder those for some functions only: the first that suits is taken.
        found = {file.head.name: file for file in files} | {name: file for name, file in found.items() if name not in {file.head.name for file in files}}
    codes = [folder / "codes" for folder in folders]
    return GuideSet(list(found.values()), directories, CodeLists(*codes), Forms(*codes))


def _files(folder: Path) -> Iterable[_File]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OperatorError(f"the guides in {folder} cannot be read: {error.strerror}") from error
    for path in paths:
        try:
            content = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise OperatorError(f"{path} cannot be read: {error}") from error
        yield _File(path, read_head(content, str(path), path.stem), content)
