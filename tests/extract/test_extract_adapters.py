"""The shipped adapters on small pages of the shape that their sites have; every value here is invented."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from patrol.config.marketplace import Marketplace
from patrol.extract import follow_ups, frame_text, read
from patrol.records import Extraction, Listing, Origin, Outcome, PriceKind, Status

By = Callable[[str], Marketplace]
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def listed(body: str, url: str, source: Marketplace) -> tuple[Listing, Extraction]:
    found = read(body, url, marketplace=source, captured_at=NOW)
    assert found.outcome is Outcome.LISTING, (found.outcome, found.reason)
    assert found.listing is not None
    return found.listing, found


def next_data(props: Any) -> str:
    return (
        f"<html><head></head><body>"
        f'<script id="__NEXT_DATA__">{json.dumps({"props": {"pageProps": props}})}</script></body></html>'
    )


# -- auctions


def auction_state(**bids: Any) -> str:
    def lot(number: int, title: str) -> dict[str, Any]:
        return {
            "itemId": number,
            "title": title,
            "lotNumber": "0017",
            "catalogId": 5,
            "sellerId": 6,
            "startPrice": 90,
            "lowBidEstimate": 300,
            "highBidEstimate": 500,
        }

    state = {
        "item": {"byId": {"1": lot(1, "A neighbour"), "77": lot(77, "Stucco head")}},
        "itemDetail": {
            "byId": {"77": {"description": "<b>Stucco</b><br>H. 20 cm", "conditionReport": "Worn."}, "1": {"description": "no"}}
        },
        "biddingInfo": {
            "byId": {
                "77": {"isSold": False, "salePrice": 0, "bidCount": 5, "isAvailable": True, **bids},
                "1": {"leadingBid": 9999},
            }
        },
        "catalog": {
            "byId": {
                "5": {
                    "currency": "USD",
                    "saleStartTs": 1793620800,
                    "address": {"city": "Reno", "state": "NV", "fullCountryName": "United States"},
                }
            }
        },
        "seller": {"byId": {"6": {"name": "Hammer & Sons", "sellerId": 6}, "9": {"name": "Another house"}}},
    }
    text = json.dumps(state).replace('"Worn."', '"Worn.","gone":undefined')
    product = {"@type": "Product", "name": "Stucco head", "offers": {"@type": "Offer", "price": 90, "priceCurrency": "USD"}}
    return (
        f'<html><head><script type="application/ld+json">{json.dumps(product)}</script>'
        f'<meta property="product:price:amount" content="90"></head><body><h1>Stucco head</h1>'
        f"<script>window.__data={text};init()</script></body></html>"
    )


def test_the_jsonld_price_of_an_auction_is_its_starting_price(marketplace: By) -> None:
    url = "https://www.liveauctioneers.com/item/77_stucco-head"
    listing, found = listed(auction_state(leadingBid=400), url, marketplace("liveauctioneers"))
    assert (str(listing.price.amount), listing.price.kind) == ("400.00", PriceKind.CURRENT)  # type: ignore[union-attr]
    assert [(str(one.amount), one.kind) for one in listing.prices] == [("90.00", PriceKind.STARTING)]
    assert (str(listing.estimate.low), str(listing.estimate.high)) == ("300.00", "500.00")  # type: ignore[union-attr]
    assert listing.seller is not None
    assert listing.seller.name == "Hammer & Sons"
    assert (listing.title, listing.lot_number, listing.bid_count) == ("Stucco head", "17", 5)
    assert listing.description == "Stucco\nH. 20 cm"
    assert listing.condition == "Worn."
    assert found.fields["price"].origin is Origin.STATE
    assert found.warnings == ()


def test_without_a_bid_the_starting_price_stands_and_a_hammer_price_ends_it(marketplace: By) -> None:
    url = "https://www.liveauctioneers.com/item/77_stucco-head"
    listing, _ = listed(auction_state(leadingBid=0, bidCount=0), url, marketplace("liveauctioneers"))
    assert (str(listing.price.amount), listing.price.kind) == ("90.00", PriceKind.STARTING)  # type: ignore[union-attr]
    assert listing.prices == ()
    listing, _ = listed(auction_state(leadingBid=700, isSold=True, salePrice=750), url, marketplace("liveauctioneers"))
    assert (str(listing.price.amount), listing.price.kind) == ("750.00", PriceKind.HAMMER)  # type: ignore[union-attr]
    assert listing.status is Status.SOLD


def catawiki_lot(**bidding: Any) -> dict[str, Any]:
    bids = [{"bidderName": "1234", "bidderToken": "t0ken", "localizedBidAmount": 99}]
    return {
        "lotDetailsData": {
            "lotId": 55,
            "lotTitle": "Bronze bell",
            "description": "Campana di bronzo, molto antica.",
            "sellerInfo": {"id": 7, "sellerName": "Casa", "url": "/en/u/7", "address": {"country": {"name": "Italy"}}},
            "specifications": [{"name": "Material", "value": "Bronze"}],
            "expertsEstimate": {"min": {"EUR": 150}, "max": {"EUR": 200}},
            "images": [{"large": "https://assets.example.org/1.jpg", "thumbnail": "/t.jpg"}],
        },
        "biddingBlockResponse": {
            "localizedCurrentBidAmount": 99,
            "biddingStartTime": 1793000000000,
            "biddingEndTime": 1794000000000,
            "sold": False,
            "closed": False,
            "biddingHistory": {"bids": bids},
            **bidding,
        },
        "auction": {"categories": [{"title": "Art"}, {"title": "Asian art"}]},
        "userData": {"currencyCode": "EUR"},
    }


@pytest.mark.parametrize("shell", ["page", "props", "pageProps", "bare"])
def test_a_page_state_is_read_with_or_without_its_shell(marketplace: By, shell: str) -> None:
    props = catawiki_lot()
    body = {
        "page": next_data(props),
        "props": json.dumps({"props": {"pageProps": props}}),
        "pageProps": json.dumps({"pageProps": props}),
        "bare": json.dumps(props),
    }
    listing, _ = listed(body[shell], "https://www.catawiki.com/en/l/55-bronze-bell", marketplace("catawiki"))
    assert (listing.title, listing.listing_id, listing.language) == ("Bronze bell", "55", "it")
    assert (str(listing.price.amount), listing.price.currency, listing.price.kind) == ("99.00", "EUR", PriceKind.CURRENT)  # type: ignore[union-attr]
    assert listing.category == ("Art", "Asian art")
    assert listing.ends_at == datetime(2026, 11, 6, 21, 20, tzinfo=UTC)
    assert listing.attributes == {"Material": "Bronze"}
    assert "t0ken" not in repr(listing)
    assert "1234" not in repr(listing)  # nobody who bids is kept


def test_an_ended_lot_keeps_its_data(marketplace: By) -> None:
    body = json.dumps(catawiki_lot(sold=True, closed=True))
    listing, _ = listed(body, "https://www.catawiki.com/en/l/55", marketplace("catawiki"))
    assert (listing.price.kind, listing.status) == (PriceKind.HAMMER, Status.SOLD)  # type: ignore[union-attr]


# -- eBay


def ebay_search(cards: str, total: int = 2) -> str:
    return (
        f'<html><body><h1 class="srp-controls__count-heading">{total:,} results for bell</h1>'
        f'<ul class="srp-results">{cards}</ul>'
        f'<a class="pagination__next" href="?_nkw=bell&amp;_pgn=2">Next</a></body></html>'
    )


def ebay_card(number: int, title: str, extra: str = "") -> str:
    return (
        f'<li class="s-card" data-listingid="{number}">'
        f'<a href="https://www.ebay.com/itm/{number}?hash=x"><img alt="{extra or title}"></a>'
        f'<div class="s-card__title"><span>{title}</span>'
        f'<span class="clipped">Opens in a new window or tab</span></div>'
        f'<span class="s-card__price">$20.00</span><span class="s-card__caption">derosnopS</span></li>'
    )


def test_decoys_and_other_peoples_words_are_no_results(marketplace: By) -> None:
    decoys = ebay_card(2500219655424533, "Shop on eBay") + ebay_card(2500219655424533, "Brand new", extra="Shop on eBay")
    rest = '<li class="srp-river-answer srp-river-answer--REWRITE_START">Results matching fewer words</li>' + ebay_card(
        444444444444, "Bicycle bell"
    )
    cards = decoys + ebay_card(111111111111, "Bronze bell") + ebay_card(222222222222, "Khmer bell") + rest
    found = read(ebay_search(cards), "https://www.ebay.com/sch/i.html?_nkw=bell", marketplace=marketplace("ebay"))
    assert found.outcome is Outcome.RESULTS
    assert [(one.listing_id, one.title) for one in found.results] == [
        ("111111111111", "Bronze bell"),
        ("222222222222", "Khmer bell"),
    ]
    assert found.next_pages == ("https://www.ebay.com/sch/i.html?_nkw=bell&_pgn=2",)


EBAY_ITEM = """<html lang="it"><head><title>Testa | eBay</title><meta property="og:type" content="ebay-objects:item">
 <meta property="og:description" content="Acquista su eBay Testa. Spedizione gratuita, grandi affari."></head><body>
  <div id="CenterPanelInternal">
 <div itemscope itemtype="https://schema.org/Product"><h1 id="itemTitle" itemprop="name">
  <span class="g-hdn">Dettagli su &nbsp;</span>Testa in scisto</h1>
 <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
  <span id="prcIsum_bidPrice" itemprop="price" content="11.19">11,19 GBP</span>
 <span itemprop="priceCurrency" content="GBP"></span></div><div id="prcIsumConv">Circa EUR 12,50</div></div>
 <div class="si-inner"><div class="mbg"><a href="https://www.ebay.it/usr/casa"><span class="mbg-nw">casa</span></a>
  </div></div>
 <span id="qty-test">5</span><div class="vi-listing-ended" style="display:none">Inserzione terminata</div>
 <div class="itemAttr"><table><tr><td class="attrLabels">Materiale:</td><td>Scisto</td>
  <td class="attrLabels">Epoca:</td><td>II sec.</td></tr></table></div>
 <a href="/itm/999999999999"><img src="https://i.ebayimg.com/neighbour/s-l225.jpg"><span class="price">EUR 3,00</span>
  </a></div>
 <script>x({"maxImageUrl":"https:\\u002F\\u002Fi.ebayimg.com\\u002Fa\\u002Fs-l1600.jpg","endTime":1794000000000,"ended":false
  ,
 "fsImg":{"maxImageUrl":"https:\\u002F\\u002Fi.ebayimg.com\\u002Fb\\u002Fs-l1600.jpg"}})</script></body></html>"""


def test_an_ebay_item_of_the_older_layout(marketplace: By) -> None:
    listing, found = listed(EBAY_ITEM, "https://www.ebay.it/itm/123456789012", marketplace("ebay"))
    assert listing.title == "Testa in scisto"
    assert (str(listing.price.amount), listing.price.currency, listing.price.kind) == ("11.19", "GBP", PriceKind.CURRENT)  # type: ignore[union-attr]
    assert listing.prices == ()
    assert listing.description is None  # it stands in a frame of its own, and the site's words are not it
    assert listing.seller is not None
    assert listing.seller.name == "casa"
    assert listing.attributes == {"Materiale": "Scisto", "Epoca": "II sec."}
    assert [image.url for image in listing.images] == [
        "https://i.ebayimg.com/a/s-l1600.jpg",
        "https://i.ebayimg.com/b/s-l1600.jpg",
    ]
    assert (listing.bid_count, listing.status) == (5, Status.LIVE)
    assert listing.ends_at == datetime(2026, 11, 6, 21, 20, tzinfo=UTC)
    assert found.warnings == ()


def test_the_official_answers_of_ebay(marketplace: By) -> None:
    row = {
        "itemId": "v1|110000000001|0",
        "title": "Bronze bell",
        "itemWebUrl": "https://www.ebay.com/itm/110000000001",
        "price": {"value": "5.00", "currency": "USD"},
    }
    found = read(
        json.dumps({"itemSummaries": [row], "total": 1, "next": "https://api.ebay.com/x?offset=1"}),
        "https://api.ebay.com/buy/browse/v1/item_summary/search?q=bell",
        marketplace=marketplace("ebay"),
    )
    assert [one.listing_id for one in found.results] == ["110000000001"]
    assert found.next_pages == ("https://api.ebay.com/x?offset=1",)
    item = {
        **row,
        "currentBidPrice": {"value": "7.50", "currency": "USD"},
        "seller": {"username": "shop"},
        "description": "<p>Old</p>",
        "localizedAspects": [{"name": "Material", "value": "Bronze"}],
        "categoryPath": "Antiques|Asian",
        "bidCount": 2,
        "itemLocation": {"city": "Paris", "country": "FR"},
        "image": {"imageUrl": "https://i.ebayimg.com/1/s-l1600.jpg"},
    }
    listing, extraction = listed(
        json.dumps(item), "https://api.ebay.com/buy/browse/v1/item/v1%7C110000000001%7C0", marketplace("ebay")
    )
    assert (str(listing.price.amount), listing.price.kind) == ("7.50", PriceKind.CURRENT)  # type: ignore[union-attr]
    assert (listing.listing_id, listing.location, listing.category) == ("110000000001", "Paris, FR", ("Antiques", "Asian"))
    assert extraction.fields["title"].origin is Origin.API
    assert read(
        json.dumps({"itemSummaries": [], "total": 0}), "https://api.ebay.com/x", marketplace=marketplace("ebay")
    ).outcome in (Outcome.EMPTY, Outcome.UNKNOWN)


# -- classifieds


def test_state_in_a_javascript_string_and_a_category_dressed_as_product(marketplace: By) -> None:
    ad = {
        "id": 901,
        "title": "Скіфська бляшка",
        "description": "Бронза.<br>3 см",
        "price": {"regularPrice": {"value": 3000, "currencyCode": "UAH"}},
        "location": {"cityName": "Київ", "regionName": "Київ"},
        "user": {"id": 5, "name": "Олена"},
        "photos": ["https://ireland.apollo.olxcdn.com/1;s=1000x700"],
        "status": "active",
        "createdTime": "2026-10-01T10:00:00+03:00",
        "params": [{"name": "Стан", "value": "Вживане"}, {"name": "Телефон", "value": "+380"}],
    }
    state = json.dumps(json.dumps({"ad": {"ad": ad}}))
    listing, _ = listed(
        f"<html lang=uk><script>window.__PRERENDERED_STATE__= {state};</script></html>",
        "https://www.olx.ua/d/uk/obyavlenie/x-IDabc1.html",
        marketplace("olx"),
    )
    assert (str(listing.price.amount), listing.price.currency) == ("3000.00", "UAH")  # type: ignore[union-attr]
    assert (listing.location, listing.status, listing.language) == ("Київ, Київ", Status.LIVE, "uk")
    assert listing.attributes == {"Стан": "Вживане"}  # a telephone number is no attribute of an object
    rows = [{"id": n, "title": f"Монета {n}", "url": f"https://www.olx.ua/d/uk/obyavlenie/m-ID{n}x.html"} for n in range(1, 4)]
    category = {
        "@type": "Product",
        "name": "Монети",
        "offers": {
            "@type": "AggregateOffer",
            "lowPrice": 5,
            "priceCurrency": "UAH",
            "offerCount": 3,
            "offers": [{"@type": "Offer", "price": 5, "url": row["url"], "name": row["title"]} for row in rows],
        },
    }
    head = f'<html><head><script type="application/ld+json">{json.dumps(category)}</script></head>'
    state = json.dumps(json.dumps({"listing": {"listing": {"ads": rows, "totalElements": 3}}}))
    url = "https://www.olx.ua/uk/list/q-monety/"
    found = read(f"{head}<script>window.__PRERENDERED_STATE__= {state};</script></html>", url, marketplace=marketplace("olx"))
    assert (found.outcome, len(found.results)) == (Outcome.RESULTS, 3)
    found = read(f"{head}<body><h1>Монети</h1></body></html>", url)  # the same without an adapter
    assert (found.outcome, [one.title for one in found.results]) == (Outcome.RESULTS, ["Монета 1", "Монета 2", "Монета 3"])


def test_pieces_of_one_listing_among_its_neighbours(marketplace: By) -> None:
    def piece(number: str, **more: Any) -> str:
        content = {"require": [["x", {"__bbox": {"result": {"data": {"node": {"id": number, **more}}}}}]]}
        return f'<script type="application/json" data-sjs>{json.dumps(content)}</script>'

    neighbours = "".join(
        piece(str(n), marketplace_listing_title=f"Neighbour {n}", listing_price={"amount": "1.00", "currency": "USD"})
        for n in range(20)
    )
    own = piece("881", marketplace_listing_title="Stone head", location_text={"text": "Lyon"}) + piece(
        "881",
        redacted_description={"text": "Found in the garden"},
        listing_price={"amount": "400.00", "currency": "EUR"},
        marketplace_listing_seller={"id": "5", "name": "Someone"},
        is_sold=False,
        creation_time=1793000000,
    )
    url = "https://www.facebook.com/marketplace/item/881/"
    listing, _ = listed(f"<html><body>{neighbours}{own}</body></html>", url, marketplace("facebook_marketplace"))
    assert (listing.title, listing.location, listing.description) == ("Stone head", "Lyon", "Found in the garden")
    assert (str(listing.price.amount), listing.price.currency) == ("400.00", "EUR")  # type: ignore[union-attr]
    assert listing.seller is not None
    assert listing.seller.id == "5"


def test_cents_and_offers_on_marktplaats(marketplace: By) -> None:
    ad = {
        "itemId": "m1234567890",
        "title": "Stenen kop",
        "priceInfo": {"priceCents": 630000, "priceType": "MIN_BID"},
        "seller": {"id": 4, "name": "Jan", "pageUrl": "/u/jan/4/", "location": {"cityName": "Hoorn", "countryName": "Nederland"}},
        "bidsInfo": {"currentMinimumBid": 500000, "bids": [{"value": 590000, "user": {"nickname": "Bieder"}}]},
        "gallery": {"imageUrls": ["//images.marktplaats.com/1.jpg"]},
        "category": {"fullName": "Antiek | Kunst"},
        "stats": {"since": "2026-01-14T12:38:02Z"},
    }
    body = (
        f'<html lang="nl"><script>window.__CONFIG__ = {json.dumps({"listing": ad})};start();</script>'
        f'<div class="Description-description">Oude kop<br>van steen</div></html>'
    )
    listing, _ = listed(body, "https://www.marktplaats.nl/v/antiek/m1234567890-kop", marketplace("marktplaats"))
    assert (str(listing.price.amount), listing.price.kind) == ("6300.00", PriceKind.ASKING)  # type: ignore[union-attr]
    assert {one.kind: str(one.amount) for one in listing.prices} == {PriceKind.CURRENT: "5900.00", PriceKind.STARTING: "5000.00"}
    assert listing.description == "Oude kop\nvan steen"
    assert "Bieder" not in repr(listing)


def test_leboncoin_counts_in_cents_and_its_times_lie_in_paris(marketplace: By) -> None:
    ad = {
        "list_id": 2612345678,
        "subject": "Tête en pierre",
        "body": "Pierre ancienne.",
        "price_cents": 4099000,
        "price": [40990],
        "owner": {"name": "M.", "user_id": "u"},
        "location": {"city": "Lyon", "zipcode": "69001"},
        "images": {"urls_large": ["https://img.leboncoin.fr/1.jpg"]},
        "first_publication_date": "2026-07-01 12:00:00",
    }
    listing, _ = listed(next_data({"ad": ad}), "https://www.leboncoin.fr/ad/collection/2612345678", marketplace("leboncoin"))
    assert str(listing.price.amount) == "40990.00"  # type: ignore[union-attr]
    assert listing.listed_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    found = read(
        next_data({"searchData": {"ads": [{**ad, "url": "https://www.leboncoin.fr/ad/collection/2612345678"}], "total": 1}}),
        "https://www.leboncoin.fr/recherche?text=tete",
        marketplace=marketplace("leboncoin"),
    )
    assert [(one.title, one.listing_id) for one in found.results] == [("Tête en pierre", "2612345678")]
    assert found.next_pages == ()  # all that the page announces is shown


def test_hidden_state_words_and_negotiable_prices_on_kleinanzeigen(marketplace: By) -> None:
    body = """<html lang="de"><h1 id="viewad-title"><span class="pvap-reserved-title is-hidden">Reserviert •</span>
      <span class="is-hidden">Gelöscht •</span> Steinkopf</h1><h2 id="viewad-price">1.600 € VB</h2>
  <span id="viewad-locality">10115 Berlin</span>
      <p id="viewad-description-text">Alter Kopf<br>aus Stein</p><div id="viewad-extra-info"><span>22.07.2026</span>
  </div></html>"""
    listing, _ = listed(
        body, "https://www.kleinanzeigen.de/s-anzeige/steinkopf/3300000001-234-3331", marketplace("kleinanzeigen")
    )
    assert (listing.title, listing.listing_id) == ("Steinkopf", "3300000001")
    assert (str(listing.price.amount), listing.price.currency) == ("1600.00", "EUR")  # type: ignore[union-attr]
    assert listing.listed_at == datetime(2026, 7, 21, 22, tzinfo=UTC)
    assert listing.status is None


def test_the_shop_of_etsy_stands_as_brand(marketplace: By) -> None:
    node = {
        "@type": "Product",
        "name": "Bell",
        "description": "Old.",
        "brand": {"@type": "Brand", "name": "LittleShop"},
        "offers": {"@type": "AggregateOffer", "lowPrice": "20.00", "highPrice": "30.00", "priceCurrency": "EUR"},
    }
    body = (
        f'<html><head><script type="application/ld+json">{json.dumps(node)}</script>'
        f'<meta property="product:price:amount" content="24,20"></head><body><h1>Bell</h1></body></html>'
    )
    listing, found = listed(body, "https://www.etsy.com/listing/123456789/bell", marketplace("etsy"))
    assert listing.seller is not None
    assert listing.seller.name == "LittleShop"
    assert [str(one.amount) for one in (listing.price, *listing.prices) if one] == ["20.00", "30.00"]
    assert any("24.20" in warning for warning in found.warnings)


def test_the_raw_page_of_mercari_gives_what_its_meta_tags_give(marketplace: By) -> None:
    body = """<html lang="ja"><head><title>石仏 - メルカリ</title><meta property="og:title" content="石仏 ガンダーラ - メルカリ">
  <meta property="og:site_name" content="メルカリ">
      <meta property="og:description" content="メルカリで石仏を通販で購入">
  <meta property="og:image" content="https://static.mercdn.net/1.jpg"><meta name="product:price:amount" content="6000">
      <meta name="product:price:currency" content="JPY"></head><body><div id="root"></div></body></html>"""
    listing, _ = listed(body, "https://jp.mercari.com/item/m12345678901", marketplace("mercari_jp"))
    assert listing.title == "石仏 ガンダーラ"
    assert (str(listing.price.amount), listing.price.currency) == ("6000", "JPY")  # type: ignore[union-attr]
    assert (listing.description, listing.language) == (None, "ja")


def test_near_neighbours_that_a_search_adds_are_dropped(marketplace: By) -> None:
    lots = [
        {"id": 1, "title": "Kept", "url": "/en/l/1-kept"},
        {"id": 2, "title": "Neighbour", "url": "/en/l/2", "isVectorSearchResult": True},
    ]
    found = read(
        json.dumps({"searchLots": {"lots": lots, "total": 1}}),
        "https://www.catawiki.com/en/s?q=x",
        marketplace=marketplace("catawiki"),
    )
    assert [one.title for one in found.results] == ["Kept"]


# -- adapters and pages that do not fit


def test_an_unknown_layout_is_said_and_structured_data_speaks(marketplace: By) -> None:
    node = {
        "@type": "Product",
        "name": "Bell",
        "description": "Old.",
        "offers": {"@type": "Offer", "price": 5, "priceCurrency": "EUR"},
    }
    body = f'<html><head><script type="application/ld+json">{json.dumps(node)}</script></head><body><h1>Bell</h1></body></html>'
    listing, found = listed(body, "https://www.kleinanzeigen.de/s-anzeige/bell/3300000001-1-1", marketplace("kleinanzeigen"))
    assert listing.title == "Bell"
    assert any("no layout" in warning and "viewad" in warning for warning in found.warnings)


def test_a_state_of_another_shape_is_no_crash(marketplace: By) -> None:
    for props in (
        {"ad": []},
        {"ad": "x"},
        {"searchData": {"ads": {"a": 1}}},
        [1],
        "text",
        None,
        {"ad": {"price": {"a": [1]}, "subject": ["x", {}], "images": 5}},
    ):
        read(next_data(props), "https://www.leboncoin.fr/ad/x/2612345678", marketplace=marketplace("leboncoin"))


def test_every_shipped_real_adapter_ships_without_a_card(marketplace: By) -> None:
    for name in (
        "ebay",
        "etsy",
        "catawiki",
        "liveauctioneers",
        "christies",
        "craigslist",
        "kleinanzeigen",
        "willhaben",
        "leboncoin",
        "marktplaats",
        "olx",
        "mercari_jp",
        "usedvictoria",
        "laendleanzeiger",
        "auctionet",
        "facebook_marketplace",
        "yahoo_flea_jp",
    ):
        assert marketplace(name).card is None


def test_a_description_in_a_frame_is_a_second_request(marketplace: By) -> None:
    frame = (
        '<iframe id="desc_ifr" src="https://vi.vipr.ebaydesc.com/ws/eBayISAPI.dll?ViewItemDescV4&amp;item=123456789012"></iframe>'
    )
    body = EBAY_ITEM.replace("</body>", frame + "</body>")
    url = "https://www.ebay.it/itm/123456789012"
    asked = follow_ups(body, url, marketplace("ebay"))
    assert asked == {"description": "https://vi.vipr.ebaydesc.com/ws/eBayISAPI.dll?ViewItemDescV4&item=123456789012"}
    assert follow_ups(EBAY_ITEM, url, marketplace("ebay")) == {}
    told = frame_text(
        "<html><head><style>p{}</style></head><body><p>Scisto grigio.</p><div>H. 20 cm<script>x()</script></div></body></html>"
    )
    assert told == "Scisto grigio.\n\nH. 20 cm"
    assert frame_text("") is None
