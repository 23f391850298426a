"""Whatever a page holds, what is kept can be stored, shown and exported; what was mended or left out is said."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal

import pytest
from pipelines_world import DAY, MONDAY, Steps, money

from patrol.errors import ReadError
from patrol.records import Estimate, FieldSource, How, Image, Money, Origin, PriceKind, Seller


def absurd(amount: str, currency: str | None = "EUR") -> Money:
    return Money(amount=Decimal(amount), currency=currency, kind=PriceKind.ASKING, raw=f"EUR {amount}")


def said(kept: object) -> list[str]:
    return [fault.message for fault in kept.faults]  # type: ignore[attr-defined]


def test_a_listing_without_title_is_kept_by_what_else_it_has(steps: Steps) -> None:
    kept = steps.add("1", title=None)
    assert steps.stored(kept).listing.title is None
    assert steps.stored(kept).listing.description == "From an old collection."
    pictured = steps.add("2", title="  \n ", description=None, images=(Image(url="https://127.0.0.1:1/a.jpg"),))
    assert steps.stored(pictured).listing.title is None


def test_a_page_with_nothing_to_score_is_no_listing_unless_an_officer_brought_it(steps: Steps) -> None:
    with pytest.raises(ReadError, match="no title, no description and no picture"):
        steps.add("1", title=None, description="\x00\x01 ")
    assert steps.ledger.listings.count() == 0
    steps.add("2", title=None, description=None, how=How.HAND)
    assert steps.ledger.listings.count() == 1


@pytest.mark.parametrize("amount", ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "-1", "1E+400", "99999999999999999999"])
def test_an_amount_that_no_price_can_be_is_left_out_and_said(steps: Steps, amount: str) -> None:
    kept = steps.add("1", price=absurd(amount), prices=(absurd(amount), money("5")), estimate=None)
    assert kept.listing.price is None
    assert [str(each.amount) for each in kept.listing.prices] == ["5"]
    assert len([text for text in said(kept) if "cannot be one and was left out" in text]) == 2
    assert steps.faults() == said(kept)[::-1]


def test_zero_and_minor_units_are_prices(steps: Steps) -> None:
    assert steps.stored(steps.add("1", price=money("0"))).listing.price.amount == 0
    assert steps.stored(steps.add("2", price=money("0.001"))).listing.price.amount == Decimal("0.001")


def test_an_estimate_upside_down_a_currency_that_is_none_and_bids_below_zero(steps: Steps) -> None:
    kept = steps.add(
        "1",
        price=absurd("5", currency="EUROS!"),
        estimate=Estimate(low=Decimal(900), high=Decimal(300), currency="EUR"),
        bid_count=-3,
        starts_at=MONDAY + DAY,
        ends_at=MONDAY,
    )
    found = steps.stored(kept).listing
    assert (found.price.amount, found.price.currency, found.estimate, found.bid_count) == (5, None, None, None)
    assert (found.starts_at, found.ends_at) == (None, MONDAY)
    assert len(said(kept)) == 4


def test_texts_beyond_measure_are_cut_and_said(steps: Steps) -> None:
    kept = steps.add(
        "1",
        title="Schist " * 1_000,
        description="x" * 3_000_000,
        attributes={f"n{number}": "v" * 10_000 for number in range(1_000)},
        category=("Antiques",) * 2_000,
    )
    found = steps.stored(kept).listing
    assert (len(found.title), len(found.description)) == (1_000, 100_000)
    assert (len(found.attributes), max(map(len, found.attributes.values())), len(found.category)) == (300, 5_000, 300)
    assert said(kept) == [
        "title was cut at 1000 characters",
        "description was cut at 100000 characters",
        "700 of 1000 attributes were left out",
    ]


DIRTY = "Head\x00 of\x1b[31m a\ud800 bod\u0007hi\x7fsattva\r\nfrom\x85 Swat\ufffe"


def test_no_control_character_and_no_half_of_one_is_kept_anywhere(steps: Steps) -> None:
    kept = steps.walk(
        steps.item(
            "a\x00b\udfff",
            title=DIRTY,
            description=DIRTY,
            provenance=DIRTY,
            condition=DIRTY,
            location=DIRTY,
            lot_number=DIRTY,
            category=(DIRTY, "\x00"),
            attributes={DIRTY: DIRTY, "\x01": "x"},
            seller=Seller(name=DIRTY, id=DIRTY, url=DIRTY, location=DIRTY),
            price=Money(amount=Decimal(5), currency="EUR", kind=PriceKind.ASKING, raw=DIRTY),
            images=(Image(url="http://127.0.0.1:1/\x00\ud83da.jpg"),),
        )
    )
    found = steps.stored(kept).listing
    wanted = "Head of[31m a\ufffd bodhisattva\nfrom\n Swat"
    assert (found.title, found.description, found.seller.name, found.category) == (wanted, wanted, wanted, (wanted,))
    assert dict(found.attributes) == {wanted: wanted}
    assert found.listing_id == "ab\ufffd"
    assert not [char for char in repr(found) if unicodedata.category(char) in ("Cc", "Cs")]


def test_what_the_page_literally_said_is_clean_too(steps: Steps) -> None:
    item = steps.item("1")
    source = FieldSource(origin=Origin.JSONLD, raw="Head \ud800\x00")
    kept = steps.walk(replace(item, fields={"title": source}, note="got it \udc00"))
    assert steps.stored(kept).fields["title"].raw == "Head \ufffd"


def test_letters_marks_and_joiners_of_every_script_stay(steps: Steps) -> None:
    text = "گندهارا مجسمه‌ی سر بودا — བོད་ཡིག — ព្រះពុទ្ធ — 佛頭 — 👨‍👩‍👧 — e\u0301"
    assert steps.stored(steps.add("1", title=text)).listing.title == text


def test_an_id_without_end_gives_way_to_the_address(steps: Steps) -> None:
    one, other = steps.add("9" * 255), steps.add("9" * 256, url="https://bazaar.example/item/long")
    assert one.listing.listing_id == "9" * 255
    assert other.listing.listing_id is None
    assert one.listing_key != other.listing_key
    assert steps.add("9" * 300, url="https://bazaar.example/item/long").listing_key == other.listing_key


def test_a_picture_whose_address_holds_the_picture_itself_is_left_out(steps: Steps) -> None:
    kept = steps.add("1", images=(Image(url="data:image/png;base64," + "A" * 200_000),))
    assert kept.listing.images == ()
    assert said(kept) == ["a picture's address of 200022 characters was left out"]
