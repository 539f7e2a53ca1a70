"""``vanhub ledger``: what stands on an agency's ledgers, and whether that is in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import click

from vanhub.cli.agencies import folder
from vanhub.cli.output import as_json, emit_pieces, safe, table
from vanhub.errors import NotFound

_MOST_IN_A_TABLE = 1_000
_BALANCE = {key: key for key in ("book", "owner", "unit", "issued", "available", "reserved", "used", "lapsed")}
_POSTING = {"number": "posting", "at": "at", "purpose": "purpose", "document": "document", "moves": "moves", "behind": "behind"}


@click.group()
def ledger() -> None:
    """The ledgers of an agency (电子底账)."""


@ledger.command("show")
@click.argument("book", default="")
@click.argument("owner", default="")
@folder
@as_json
def show(book: str, owner: str, directory: Path, as_json: bool) -> None:
    """Balances by their parts: of all books, of one BOOK, or of one OWNER in it and of what goes on behind a "/"; of an OWNER also its postings and what was behind each. Exit 1 where there is no such book or owner."""
    from vanhub.agencies.frame.home import AgencyHome
    from vanhub.agencies.ledger.show import list_balances
    from vanhub.agencies.running import reading

    with reading(AgencyHome.open(directory)) as conn:
        if book and next(list_balances(conn, book, owner), None) is None:
            books = ", ".join(dict.fromkeys(each.book for each in list_balances(conn))) or "none yet"
            raise NotFound(f"there is no balance of {owner} in the book {book}; books: {books}" if owner else f"there is no book {book}; books: {books}")
        balances = ({"book": each.book, "owner": each.owner, "unit": each.unit, **_shown(each.parts)} for each in list_balances(conn, book, owner))
        postings = _postings(conn, book, owner) if owner else iter(())
        if as_json:
            emit_pieces({"balances": balances, **({"postings": postings} if owner else {})})
            return
        _tables(balances, _BALANCE, empty="no balances")
        if owner:
            click.echo()
            _tables(map(_row, postings), _POSTING, empty="no postings")


@ledger.command("verify")
@folder
@as_json
def verify(directory: Path, as_json: bool) -> None:
    """Check what has to hold of an agency's ledgers and records, from its store alone; each violation in words. Exit 1 where there is one."""
    from vanhub.agencies.frame.home import AgencyHome

    home = AgencyHome.open(directory)
    found = 0

    def counted() -> Iterator[str]:
        nonlocal found
        for violation in _violations(home):
            found += 1
            yield violation

    if as_json:
        emit_pieces({"agency": home.agency, "violations": counted()})
    else:
        for violation in counted():
            click.echo(safe(violation))
        total = f"{found} violation{'s' if found > 1 else ''}"
        click.echo(f"{home.agency}: {total if found else 'ledgers and records are in order'}")
    if found:
        raise click.exceptions.Exit(1)


def _violations(home: Any) -> Iterator[str]:
    """What is wrong with the ledgers, and with the records beside them; a store that cannot be read to its end is wrong too."""
    from vanhub.agencies.frame.behind import with_something_behind
    from vanhub.agencies.frame.book import SqlBook
    from vanhub.agencies.frame.store import UnreadableStore
    from vanhub.agencies.ledger.verify import find_violations
    from vanhub.agencies.running import open_office, reading

    office = open_office(home)
    try:
        with reading(home) as conn:
            yield from find_violations(conn, with_something_behind())
            yield from office.agency.invariants(SqlBook(conn, office.rules, office.addresses))
    except UnreadableStore as error:
        yield str(error)


def _postings(conn: Any, book: str, owner: str) -> Iterator[dict[str, Any]]:
    from vanhub.agencies.frame.behind import describe_event
    from vanhub.agencies.frame.inbox import Inbox
    from vanhub.agencies.ledger.show import list_postings

    inbox = Inbox(conn)
    for each in list_postings(conn, book, owner):
        entries = [{"owner": of.owner, "unit": of.unit, "part": of.part.value, "amount": str(amount)} for of, amount in each.entries]
        yield {
            "number": each.number,
            "document": each.document,
            "purpose": each.purpose,
            "reverses": each.reverses,
            "reversed_by": each.reversed_by,
            "entries": entries,
            "behind": describe_event(conn, inbox, each.event),
        }


def _row(shown: dict[str, Any]) -> dict[str, Any]:
    """A posting as a row of a table."""
    undoes = "" if shown["reverses"] is None else f", undoes {shown['reverses']}"
    behind = shown["behind"]
    return {**shown, "purpose": shown["purpose"] + undoes, "moves": _moves(shown["entries"]), "behind": _behind(behind), "at": behind.get("at")}


def _shown(parts: Any) -> dict[str, str]:
    return {part.value: str(amount) for part, amount in parts.items()}


def _moves(entries: list[dict[str, str]]) -> str:
    """Which parts fell and rose, balance by balance."""
    moves: dict[tuple[str, str], list[str]] = {}
    for each in entries:
        moves.setdefault((each["owner"], each["unit"]), []).append(f"{each['part']} {Decimal(each['amount']):+f}")
    return "; ".join(f"{owner} {unit}: {', '.join(parts)}" for (owner, unit), parts in moves.items())


def _behind(facts: dict[str, Any]) -> str:
    match facts:
        case {"delivery": delivery, "interchange": interchange, "sender": sender, "message": message, "type": kind, "number": number}:
            return f"{kind} {number}, message {message} of interchange {interchange} from {sender}, delivery {delivery}"
        case {"file": file, "line": line}:
            return f"line {line} of {file}"
        case {"verb": verb, "words": words}:
            return f"instruction {verb} {' '.join(f'{key}={value}' for key, value in words.items())}".rstrip()
        case {"subject": subject, "key": key}:
            return f"reminder {subject} {key}"
        case {"event": number}:
            return f"event {number}"
    raise ValueError(facts)


def _tables(rows: Iterable[dict[str, Any]], columns: dict[str, str], *, empty: str) -> None:
    """One table, or several where there are so many rows that one would take all memory."""
    left = iter(rows)
    table(list(islice(left, _MOST_IN_A_TABLE)), columns, empty=empty)
    while more := list(islice(left, _MOST_IN_A_TABLE)):
        table(more, columns)
