"""What a page that is read long after it was saved may say: no day that nobody knows, no neighbour's picture, no lost object."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from patrol.config.marketplace import Marketplace
from patrol.extract import read
from patrol.extract.dates import moment
from patrol.extract.images import pictures
from patrol.extract.texts import without_site
from patrol.records import Listing, Outcome, PriceKind, Status

By = Callable[[str], Marketplace]
NOW = datetime(2020, 11, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("said", ["Heute, 09:06", "yesterday 10:00", "vor 3 Stunden", "5 December", "12. März"])
def test_a_day_that_only_the_captures_time_tells_is_none_without_it(said: str) -> None:
    assert moment(said, UTC)[0] is None
    assert moment(said, UTC, now=NOW)[0] is not None


def test_a_whole_date_needs_no_capture() -> None:
    assert moment("5 December 2020, 10:00", UTC)[0] == datetime(2020, 12, 5, 10, tzinfo=UTC)


def test_a_letter_before_a_pictures_number_is_a_rendition() -> None:
    names = ["t206017954.jpg", "206017954.jpg", "r206017954.jpg", "t206017959.jpg", "a1.jpg", "b1.jpg"]
    found = pictures([f"https://pic.example/54/{name}" for name in names], "https://shop.example/")
    assert [image.url.rpartition("/")[2] for image in found] == ["206017954.jpg", "t206017959.jpg", "a1.jpg", "b1.jpg"]


def test_neighbours_pictures_are_not_the_ads(marketplace: By) -> None:
    body = (
        "<div class='detail'><h1 itemprop='name' id='detail-adno'>Lamp</h1><div class='price'>€ 20,-</div><div class='images'>"
        "<img src='https://pic0.qimage.de/1/111111.jpg'></div><img src='https://pic0.qimage.de/2/r222222.jpg'></div>"
    )
    site = marketplace("laendleanzeiger")
    found = read(f"<html><body>{body}</body></html>", "https://www.laendleanzeiger.at/c1a278/", marketplace=site)
    assert found.listing is not None, found.reason
    assert [image.url for image in found.listing.images] == ["https://pic0.qimage.de/1/111111.jpg"]


@pytest.mark.parametrize(
    "answer",
    [
        {"result": "error", "errors": [{"code": "RecordNotFoundException", "message": "見つかりませんでした"}], "meta": {}},
        {"error": {"status": 404, "message": "Listing not found"}},
        {"error": "Item has been deleted"},
        {"statusCode": 410, "message": "Gone"},
    ],
)
def test_an_error_that_says_nothing_is_there(answer: object) -> None:
    assert read(json.dumps(answer), "https://api.shop.example/items/1").outcome is Outcome.REMOVED


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": "InvalidToken", "message": "The token has expired"}},
        {"errors": [{"code": "RateLimited"}]},
        {"status": "ok", "data": {"user": {"name": "item deleted"}}},
    ],
)
def test_another_error_is_not_a_removed_listing(answer: object) -> None:
    assert read(json.dumps(answer), "https://api.shop.example/items/1").outcome is Outcome.UNKNOWN


def test_a_profile_is_no_listing(marketplace: By) -> None:
    profile = json.dumps({"result": "OK", "data": {"id": 3621, "name": "nanao", "ratings": {"good": 10}}})
    found = read(profile, "https://api.mercari.jp/users/get_profile?user_id=3621", marketplace=marketplace("mercari_jp"))
    assert found.outcome is not Outcome.LISTING


@pytest.mark.parametrize(
    ("state", "kind", "status"),
    [
        ('"ended":true,"bid":true,"won":true,"reserveNotMet":false', PriceKind.HAMMER, Status.SOLD),
        ('"ended":true,"bid":true,"won":false,"reserveNotMet":true', PriceKind.CURRENT, Status.ENDED),
        ('"ended":false,"bid":true,"won":false,"reserveNotMet":false', PriceKind.CURRENT, Status.LIVE),
    ],
)
def test_the_last_bid_on_what_is_sold_is_its_hammer_price(marketplace: By, state: str, kind: PriceKind, status: Status) -> None:
    body = f"<h1 id='itemTitle'>Head</h1><span id='prcIsum_bidPrice'>£5,100.00</span><script>x={{{state}}}</script>"
    found = read(f"<html><body>{body}</body></html>", "https://www.ebay.co.uk/itm/114532738197", marketplace=marketplace("ebay"))
    assert found.listing is not None
    assert found.listing.price is not None
    assert (found.listing.price.kind, found.listing.status) == (kind, status)


def test_a_number_that_the_address_writes_otherwise() -> None:
    product = {"@type": "Product", "name": "Head", "sku": "HB_106160/01", "offers": {"price": "12", "priceCurrency": "EUR"}}
    html = f"<script type='application/ld+json'>{json.dumps(product)}</script><h1>Head</h1>"
    for name in ("HB_106160%2F01", "HB_106160/01"):
        listing = read(html, f"https://shop.example/head/{name}.html").listing
        assert listing is not None
        assert listing.listing_id == "HB_106160/01"


def test_the_sites_own_word_on_the_condition_stands_before_its_markup(marketplace: By) -> None:
    rows = [{"key_name": "Condition", "formatted_value": "New"}, {"key_name": "Make", "formatted_value": "Fenwick"}]
    ad = {"title": "Head", "user_id": "7", "parameters": rows, "price": {"value": {"raw": 12, "currency": {"iso_4217": "PKR"}}}}
    state = json.dumps({"states": {"items": {"elements": {"1021": ad}}, "users": {"elements": {}}}})
    product = {"@type": "Product", "name": "Head", "itemCondition": "UsedCondition", "offers": {"price": "12"}}
    html = (
        f"<script>window.__APP = {state};</script><script type='application/ld+json'>{json.dumps(product)}</script><h1>Head</h1>"
    )
    listing = read(html, "https://www.olx.com.pk/item/head-iid-1021", marketplace=marketplace("olx")).listing
    assert listing is not None
    assert listing.condition == "New"


POINTS = "<li>Carved from one block of schist</li><li>Traces of gilding in the folds</li>"


def shop(head: str, body: str, product: dict[str, object] | None = None) -> Listing:
    told = product or {"@type": "Product", "name": "Head", "offers": {"price": "150", "priceCurrency": "USD"}}
    script = f"<script type='application/ld+json'>{json.dumps(told)}</script>"
    found = read(
        f"<html><head>{head}{script}</head><body><h1>Head</h1>{body}</body></html>", "https://hollowbrook.example/p/head"
    )
    assert found.listing is not None
    return found.listing


def test_points_stand_for_a_description() -> None:
    assert shop("", f"<ul class='sellingPoints'>{POINTS}</ul>").description is not None
    assert shop("", f"<div class='related'><ul class='bullets'>{POINTS}</ul></div>").description is None
    listed = "<ul class='detail-bullets'><li>Made by: the house of Hollowbrook</li><li>Height: thirty-two centimetres</li></ul>"
    assert shop("", listed).description is None


@pytest.mark.parametrize(
    ("head", "amount"),
    [
        ("<meta property='og:price:standard_amount' content='150.00'>", "120.00"),
        ("<meta property='product:original_price:amount' content='150'>", "120.00"),
        ("<meta property='og:price:standard_amount' content='170.00'>", "150.00"),
        ("", "150.00"),
    ],
)
def test_a_marked_reduction_stands_before_the_old_price(head: str, amount: str) -> None:
    paid = "<meta property='product:price:amount' content='120.00'><meta property='product:price:currency' content='USD'>"
    price = shop(head + paid, "").price
    assert price is not None
    assert str(price.amount) == amount


def test_the_sites_name_in_front_of_a_title() -> None:
    names = ("Hollowbrook Antiques", "fenwick")
    assert without_site("Hollowbrook Antiques - Schist head", names) == "Schist head"
    assert without_site("Fenwick - Model 4", names) == "Fenwick - Model 4"  # may be who made it
