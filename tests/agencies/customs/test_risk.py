"""The channel of a declaration: reasons with their points, a draw that can be replayed, what is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.customs.goods import DAY, RULES, frames, item
from tests.agencies.memory import MemoryBook
from vanhub.agencies.customs.risk import Channel, Colour, Facts, ItemFacts, Price, PriceHistory, Reason, Trade, channel, grade, remember, select
from vanhub.agencies.errors import Unreadable
from vanhub.agencies.frame.effects import Effect, Put
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.tariff import shipped_tariff

TARIFF = shipped_tariff()
NUMBER = "530420061000000001"


def apply(book: MemoryBook, effects: Iterable[Effect]) -> None:
    for effect in list(effects):
        assert isinstance(effect, Put)
        book.put(effect.record, 0)


def yarn(price: str) -> Declaration:
    """1,000 kg of cotton yarn from Japan at ``price`` USD."""
    return frames(country="JPN", total=Money(1000 * Decimal(price), "USD"), items=(item(1, "52052200", Decimal(1000), "KGM", Decimal(price), "USD", "JPN"),))


def history(*prices: str, on: date = DAY) -> PriceHistory:
    return PriceHistory("import/52052200/KGM", tuple(Price(on, Decimal(price)) for price in prices))


def test_a_first_import_as_a_whole() -> None:
    # 26,000 EUR x 9.7 / 8.03 = 31,407.222914; draw: the first 4 octets of sha256("vanhub/530420061000000001"), computed with sha256sum: ea8f1f55 / 2^32.
    facts = Facts("import", "4403160381", "B", ("8445",), (ItemFacts(1, "84452032", "DEU", Decimal("31407.222914"), None, 0),))
    reasons = (Reason("class", 10, "B"), Reason("first trade", 5, "8445"))
    draw = Decimal("0.916246")
    assert channel(frames(), NUMBER, TARIFF, MemoryBook(RULES), DAY) == Channel(Colour.GREEN, 15, reasons, draw, Decimal("0.1"), facts)


@pytest.mark.parametrize(
    ("prices", "price", "points"),
    [
        (("3", "3", "3", "3", "3"), "4.5", 0),
        (("3", "3", "3", "3", "3"), "4.51", 20),
        (("3", "3", "3", "3", "3"), "1.49", 20),
        (("3", "3", "3", "3"), "9", 0),
        (("1", "2", "3", "4", "5", "90"), "5.25", 0),
        (("1", "2", "3", "4", "5", "90"), "5.26", 20),
    ],
)
def test_a_price_far_from_the_median_of_enough_prices(prices: tuple[str, ...], price: str, points: int) -> None:
    book = MemoryBook(RULES)
    apply(book, [Put(history(*prices))])
    reasons = channel(yarn(price), NUMBER, TARIFF, book, DAY).reasons
    assert sum(reason.points for reason in reasons if reason.name == "price") == points


def test_old_prices_do_not_count() -> None:
    book = MemoryBook(RULES)
    apply(book, [Put(history("3", "3", "3", "3", "3", on=DAY - timedelta(days=91)))])
    assert channel(yarn("9"), NUMBER, TARIFF, book, DAY).facts.items[0].median is None
    apply(book, [Put(history("3", "3", "3", "3", "3", on=DAY - timedelta(days=90)))])
    assert channel(yarn("9"), NUMBER, TARIFF, book, DAY).facts.items[0].median == 3


def _facts(credit: str = "AA", *, points: int = 0, hs: str = "84452032", country: str = "DEU", first: tuple[str, ...] = ()) -> Facts:
    return Facts("import", "4403160381", credit, first, (ItemFacts(1, hs, country, None, None, points),))


def _undrawn(credit: str) -> str:
    """A number that is not drawn at this class's rate."""
    return next(number for number in map(str, range(1000)) if not _drawn(select(_facts(credit), number, RULES, DAY)))


def _drawn(found: Channel) -> bool:
    return found.draw < found.rate


@pytest.mark.parametrize(
    ("facts", "score", "colour"),
    [
        (_facts("B", points=19), 29, Colour.GREEN),
        (_facts("B", points=20), 30, Colour.YELLOW),
        (_facts("B", points=49), 59, Colour.YELLOW),
        (_facts("B", points=50), 60, Colour.RED),
        (_facts("AA", country="PRK"), 30, Colour.YELLOW),
        (_facts("AA", hs="39151000"), 30, Colour.YELLOW),
        (_facts("AA", hs="39151000", points=30), 60, Colour.RED),
        (_facts("DIS"), 60, Colour.RED),
    ],
)
def test_scores_and_channels(facts: Facts, score: int, colour: Colour) -> None:
    found = select(facts, _undrawn(facts.credit), RULES, DAY)
    assert (found.score, found.colour) == (score, colour)
    assert found.score == sum(reason.points for reason in found.reasons)


def test_a_class_that_an_officer_gave_counts() -> None:
    book = MemoryBook(RULES)
    apply(book, [grade("4403160381", "D", book, DAY)])
    found = channel(frames(), NUMBER, TARIFF, book, DAY)
    assert (found.facts.credit, found.colour, found.rate) == ("D", Colour.RED, Decimal(1))
    with pytest.raises(Unreadable, match="E102 there is no class Z; there are AA, A, B"):
        grade("4403160381", "Z", book, DAY)


def test_what_is_traded_again_is_no_first_trade() -> None:
    book = MemoryBook(RULES)
    apply(book, remember(frames(), book, DAY))
    assert book.get(Trade, "4403160381/import/8445") == Trade("4403160381/import/8445")
    assert channel(frames(), NUMBER, TARIFF, book, DAY).facts.first == ()
    assert list(remember(frames(), book, DAY)) == [
        Put(PriceHistory("import/84452032/H87", (Price(DAY, Decimal("31407.222914")), Price(DAY, Decimal("31407.222914")))))
    ]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 999)), max_size=12).flatmap(lambda traded: st.tuples(st.just(traded), st.permutations(traded))))
def test_prices_are_the_same_in_any_order(orders: tuple[list[tuple[int, int]], list[tuple[int, int]]]) -> None:
    books = [MemoryBook(RULES), MemoryBook(RULES)]
    for book, order in zip(books, orders, strict=True):
        for days, cents in order:
            apply(book, remember(yarn(str(Decimal(cents) / 100)), book, DAY + timedelta(days=days)))
    assert books[0].records == books[1].records


def test_the_latest_prices_are_kept() -> None:
    book = MemoryBook(RULES)
    apply(book, [Put(history(*["1"] * 100, on=DAY - timedelta(days=1)))])
    apply(book, remember(yarn("2"), book, DAY))
    found = book.get(PriceHistory, "import/52052200/KGM")
    assert found is not None
    assert (len(found.prices), found.prices[-1]) == (100, Price(DAY, Decimal("2.000000")))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["AA", "B", "DIS"]), st.integers(0, 60), st.integers(0, 10**9))
def test_a_channel_is_replayed_from_its_own_record(credit: str, points: int, serial: int) -> None:
    found = select(_facts(credit, points=points, first=("8445",)), str(serial), RULES, DAY)
    assert select(found.facts, str(serial), RULES, DAY) == found
    assert 0 <= found.draw < 1
    if _drawn(found):
        assert found.colour is Colour.RED


def test_draws_come_at_the_rate_of_the_class() -> None:
    drawn = sum(_drawn(select(_facts("B"), f"{serial:018}", RULES, DAY)) for serial in range(2000))
    # 10 %: 200, give or take four standard deviations of 13.4.
    assert 146 <= drawn <= 254
    assert all(select(_facts("D"), str(serial), RULES, DAY).colour is Colour.RED for serial in range(50))
