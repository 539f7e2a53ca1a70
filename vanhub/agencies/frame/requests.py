"""What operators and officers ask of an agency, kept until it is answered: load a file, take an instruction, retry what failed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.tables import UNANSWERED, request


@dataclass(frozen=True, slots=True)
class Request:
    """``verb``: load (``octets``: the file), instruct (``words`` are ``verb`` and the officer's) or retry."""

    id: int
    verb: str
    words: Mapping[str, str]


def add_request(conn: Connection, verb: str, words: Mapping[str, str], octets: bytes | None = None) -> int:
    """Its id."""
    values = {"verb": verb, "words": json.dumps(dict(words), ensure_ascii=False), "octets": octets}
    return int(conn.execute(insert(request).values(values).returning(request.c.id)).scalar_one())


def find_unanswered(conn: Connection) -> Request | None:
    """The oldest request that waits for its answer, or None."""
    row = conn.execute(select(request.c.id, request.c.verb, request.c.words).where(UNANSWERED).order_by(request.c.id).limit(1)).one_or_none()
    return None if row is None else Request(row.id, row.verb, json.loads(row.words))


def find_answer(conn: Connection, id: int) -> Any:
    """What came of a request, or None where it still waits."""
    answer = conn.execute(select(request.c.answer).where(request.c.id == id)).scalar()
    return None if answer is None else json.loads(answer)


def record_result(conn: Connection, id: int, answer: Mapping[str, Any]) -> None:
    conn.execute(update(request).where(request.c.id == id).values(answer=json.dumps(dict(answer), ensure_ascii=False)))


def find_instruction(conn: Connection, id: str) -> tuple[str, Mapping[str, str]]:
    """Verb and words of what an officer said."""
    words = json.loads(conn.execute(select(request.c.words).where(request.c.id == int(id))).scalar_one())
    return words.pop("verb"), words


def find_rows(conn: Connection, id: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a file to load, each with its line. Raises ``Unreadable``."""
    return read_rows(conn.execute(select(request.c.octets).where(request.c.id == int(id))).scalar_one())


def read_rows(octets: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a CSV file (UTF-8, the first line has the columns), each with the line on which it ends.

    Raises:
        Unreadable: no CSV in UTF-8, or a row has more or fewer cells than there are columns.
    """
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise Unreadable(Complaint("E112", "it is not UTF-8: save the file in UTF-8", "不是 UTF-8：请以 UTF-8 保存", line)) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = next(reader, [])
        if len(set(columns)) != len(columns) or not any(columns):
            raise Unreadable(Complaint("E112", "the first line has to name the columns, each once", "首行须写明各列名称，不得重复", 1))
        for cells in reader:
            if len(cells) == len(columns):
                yield reader.line_num, dict(zip(columns, cells, strict=True))
            elif cells:
                english = f"{len(cells)} cells, and the first line names {len(columns)} columns: write as many"
                raise Unreadable(Complaint("E112", english, f"有 {len(cells)} 列，首行为 {len(columns)} 列：请补正", reader.line_num))
    except csv.Error as error:
        raise Unreadable(Complaint("E112", f"it is no CSV: {error}", f"不是 CSV：{error}", reader.line_num)) from None
