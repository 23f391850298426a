"""Fields of listings from structured data and plain markup: what the page gives, from its best source, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from patrol.extract import read
from patrol.records import Extraction, Listing, Origin, Outcome, PriceKind, Status

URL = "https://www.example.org/item/schist-head-123456789"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def page(*nodes: object, body: str = "<h1>Schist head</h1>", head: str = "", title: str = "Schist head | Example") -> str:
    scripts = "".join(f'<script type="application/ld+json">{n if isinstance(n, str) else json.dumps(n)}</script>' for n in nodes)
    return f"<html lang='en'><head><title>{title}</title>{head}{scripts}</head><body>{body}</body></html>"


def listed(html: str, url: str = URL) -> tuple[Listing, Extraction]:
    found = read(html, url, captured_at=NOW)
    assert found.outcome is Outcome.LISTING, (found.outcome, found.reason)
    assert found.listing is not None
    return found.listing, found


OFFER = {"@type": "Offer", "price": "1250.00", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}
PRODUCT = {"@context": "https://schema.org", "@type": "Product", "name": "Schist head", "description": "A head.", "offers": OFFER}


@pytest.mark.parametrize(
    "wrapped",
    [
        PRODUCT,
        [{"@type": "Organization", "name": "Example"}, PRODUCT],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"}, PRODUCT]},
        {"@type": "ItemPage", "mainEntity": PRODUCT},
        {**{k: v for k, v in PRODUCT.items() if k != "@type"}, "@type": ["Thing", "Product"]},
        {"name": "Schist head", "offers": [OFFER], "description": "A head.", "@type": "http://schema.org/Product"},
        {"@graph": [{**PRODUCT, "offers": {"@id": "#o"}}, {"@id": "#o", **OFFER}]},
        {
            "@type": "Offer",
            **{k: v for k, v in OFFER.items() if k != "@type"},
            "itemOffered": {"@type": "Product", "name": "Schist head"},
        },
        {"@type": "ProductGroup", "name": "Schist head", "hasVariant": [{"@type": "Product", "offers": OFFER}]},
        "<!-- " + json.dumps(PRODUCT) + " -->",
        "//<![CDATA[\n" + json.dumps(PRODUCT) + "\n//]]>",
        json.dumps(PRODUCT)[:-1] + ",}",
        json.dumps(PRODUCT).replace("A head.", "A\thead,\nfound."),
        json.dumps(PRODUCT).replace('"', "&quot;"),
    ],
)
def test_jsonld_however_wrapped_or_broken(wrapped: object) -> None:
    listing, found = listed(page(wrapped))
    assert listing.title == "Schist head"
    assert listing.price is not None
    assert (str(listing.price.amount), listing.price.currency) == ("1250.00", "EUR")
    assert found.fields["price"].origin is Origin.JSONLD
    assert "1250" in found.fields["price"].raw


@pytest.mark.parametrize(
    ("price", "amount"),
    [("1,299.00", "1299.00"), (1299, "1299.00"), ("1.299,00", "1299.00"), ("1299", "1299.00"), (31.49, "31.49")],
)
def test_prices_in_jsonld(price: object, amount: str) -> None:
    listing, _ = listed(page({**PRODUCT, "offers": {**OFFER, "price": price}}))
    assert str(listing.price.amount) == amount  # type: ignore[union-attr]


def test_an_aggregate_gives_its_low_price_and_names_the_high_one() -> None:
    offer = {"@type": "AggregateOffer", "lowPrice": "20.00", "highPrice": "35.00", "priceCurrency": "GBP", "offerCount": 2}
    listing, _ = listed(page({**PRODUCT, "offers": offer}))
    assert str(listing.price.amount) == "20.00"  # type: ignore[union-attr]
    assert [str(one.amount) for one in listing.prices] == ["35.00"]


def test_price_specifications_without_the_struck_one() -> None:
    specs = [
        {"priceType": "https://schema.org/ListPrice", "price": 90, "priceCurrency": "CHF"},
        {"price": 70, "priceCurrency": "CHF"},
    ]
    listing, _ = listed(page({**PRODUCT, "offers": {"@type": "Offer", "priceSpecification": specs}}))
    assert (str(listing.price.amount), listing.price.currency) == ("70.00", "CHF")  # type: ignore[union-attr]


@pytest.mark.parametrize("seller", ["Dealer & Son", {"@type": "Organization", "name": "Dealer & Son", "url": "/shop/dealer"}])
def test_seller_as_text_or_object(seller: object) -> None:
    listing, _ = listed(page({**PRODUCT, "offers": {**OFFER, "seller": seller}}))
    assert listing.seller is not None
    assert listing.seller.name == "Dealer & Son"
    assert listing.seller.url in (None, "https://www.example.org/shop/dealer")


def test_what_a_product_says_beside_its_price() -> None:
    node = {
        **PRODUCT,
        "description": "<p>Schist.</p><p>H. 24&nbsp;cm &amp; stand</p>",
        "sku": "A-7",
        "image": [{"@type": "ImageObject", "url": "/i/1-s-l300.jpg"}, "/i/1-s-l1600.jpg", "/i/2.jpg"],
        "additionalProperty": [{"name": "Period", "value": "2nd century"}, {"name": "Height", "value": 24, "unitText": "cm"}],
        "material": "schist",
        "offers": {
            **OFFER,
            "itemCondition": "https://schema.org/UsedCondition",
            "availableAtOrFrom": {
                "@type": "Place",
                "address": {"addressLocality": "Leeds", "addressCountry": "GB", "streetAddress": "1 High St"},
            },
        },
    }
    path = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 2, "item": {"@id": "/c/2", "name": "Antiquities"}},
            {"@type": "ListItem", "position": 1, "name": "Home"},
            {"@type": "ListItem", "position": 3, "name": "Schist head"},
        ],
    }
    listing, found = listed(page(node, path))
    assert listing.description == "Schist.\n\nH. 24 cm & stand"
    assert [image.url for image in listing.images] == [
        "https://www.example.org/i/1-s-l1600.jpg",
        "https://www.example.org/i/2.jpg",
    ]
    assert listing.category == ("Antiquities",)
    assert listing.attributes == {"Period": "2nd century", "Height": "24 cm", "Material": "schist", "SKU": "A-7"}
    assert listing.condition == "Used"
    assert listing.location == "Leeds, GB"  # a street leads to a person's door
    assert listing.status is Status.LIVE
    assert listing.language == "en"
    assert listing.listing_id == "123456789"
    assert set(found.fields) >= {
        "title",
        "description",
        "price",
        "images",
        "category",
        "attributes",
        "condition",
        "location",
        "status",
    }


def test_what_the_page_does_not_give_is_null() -> None:
    listing, _ = listed(page(PRODUCT))
    assert listing.seller is None
    assert listing.estimate is None
    assert listing.bid_count is None
    assert listing.ends_at is None
    assert listing.provenance is None
    assert listing.images == ()


def test_a_price_of_zero_is_no_price() -> None:
    listing, found = listed(page({**PRODUCT, "offers": {**OFFER, "price": 0}}))
    assert listing.price is None
    assert any("price 0" in warning for warning in found.warnings)


def test_of_several_products_the_pages_own_is_taken() -> None:
    others = [
        {**PRODUCT, "name": f"Neighbour {n}", "url": f"/item/neighbour-{n}", "offers": {**OFFER, "price": n}} for n in (1, 2, 3)
    ]
    listing, _ = listed(page(*others[:2], {**PRODUCT, "url": URL}, others[2]))
    assert listing.title == "Schist head"
    assert str(listing.price.amount) == "1250.00"  # type: ignore[union-attr]
    listing, _ = listed(page(*others, PRODUCT))  # by the heading where no address is given
    assert listing.title == "Schist head"


def test_sources_that_disagree_are_reported_and_the_better_one_wins() -> None:
    meta = '<meta property="product:price:amount" content="990,00"><meta property="product:price:currency" content="EUR">'
    listing, found = listed(page(PRODUCT, head=meta))
    assert str(listing.price.amount) == "1250.00"  # type: ignore[union-attr]
    assert any("990.00" in warning for warning in found.warnings)


MICRODATA = """<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">
  <span class="g-hdn">Details about &nbsp;</span>Schist head</h1>
 <img itemprop="image" src="/i/1.jpg"><div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
 <span itemprop="price" content="1250.0">1.250,00 EUR</span><span itemprop="priceCurrency" content="EUR"></span>
 <span itemprop="availableAtOrFrom">Leeds, United Kingdom</span></div></div>
 <ul><li itemscope itemtype="https://schema.org/Product"><a itemprop="url" href="/item/2">
  <span itemprop="name">Neighbour</span></a>
 <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop="price">3</span></div></li></ul>"""


def test_microdata_of_the_main_product_only() -> None:
    listing, found = listed(page(body=MICRODATA))
    assert listing.title == "Schist head"
    assert (str(listing.price.amount), listing.price.currency) == ("1250.00", "EUR")  # type: ignore[union-attr]
    assert found.fields["price"].origin is Origin.MICRODATA
    assert listing.location == "Leeds, United Kingdom"


def test_an_old_price_beside_the_new_one() -> None:
    body = """<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Schist head</h1>
      <div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="price" content="18.00"></div>
      <div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="price" content="17.10"></div>
  </div>"""
    listing, _ = listed(page(body=body))
    assert str(listing.price.amount) == "17.10"  # type: ignore[union-attr]


def test_meta_tags_are_the_last_word() -> None:
    head = """<meta property="og:type" content="product"><meta property="og:title" content="Schist head | Example">
      <meta property="og:site_name" content="Example"><meta property="og:image" content="https://img.example.org/1.jpg">
      <meta property="og:description" content="Discover the best antiques. Free shipping and great deals on Example!">
      <meta property="product:price:amount" content="$60"><meta property="product:price:currency" content="CAD">"""
    listing, found = listed(page(head=head, body="<div id=app></div>"))
    assert listing.title == "Schist head"
    assert (str(listing.price.amount), listing.price.currency) == ("60.00", "CAD")  # type: ignore[union-attr]
    assert listing.description is None  # the site's advertising is no description
    assert found.fields["title"].origin is Origin.OPENGRAPH


def test_a_shared_description_that_speaks_of_the_object_is_kept() -> None:
    head = (
        '<meta property="og:type" content="product">'
        '<meta property="og:description" content="Grey schist, two chips to the nose, from an old '
        'house.">'
    )
    listing, _ = listed(page({**PRODUCT, "description": None}, head=head))
    assert listing.description == "Grey schist, two chips to the nose, from an old house."


def test_a_shortened_description_gives_way_to_the_whole_one() -> None:
    whole = "Grey schist head of a bodhisattva with two chips to the nose, from an old house in Leeds."
    body = (
        f'<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Schist head</h1>'
        f'<p itemprop="description">{whole}</p></div>'
    )
    listing, _ = listed(page({**PRODUCT, "description": whole[:50] + "..."}, body=body))
    assert listing.description == whole


PLAIN = """<header><span class="price">€ 3</span></header><main><h1>Schist head</h1><div class="buybox">
  <del class="old-price">€ 1.500</del><span class="price">€ 1.250</span><span class="price-per-unit">€ 2/kg</span>
  <button>Add to cart</button></div></main>
  <section class="related-products"><h2>You may like</h2><span class="price">€ 20</span><span class="price">€ 30</span>
  </section>"""


def test_a_page_without_markup_gives_the_price_beside_its_heading() -> None:
    listing, found = listed(page(body=PLAIN))
    assert str(listing.price.amount) == "1250.00"  # type: ignore[union-attr]
    assert found.fields["price"].origin is Origin.DERIVED
    assert listing.title == "Schist head"


def test_neighbours_prices_alone_give_none() -> None:
    body = PLAIN.replace('<span class="price">€ 1.250</span>', "Price on request")
    found = read(page(body=body), URL)
    assert found.listing is None or found.listing.price is None


def test_trackers_are_heard_where_nothing_else_speaks() -> None:
    script = """<script>dataLayer.push({event: 'detail', ecommerce: {currencyCode: 'EUR', detail: {products: [
      {name: 'Schist head', id: '123456789', price: '1250.00'}]}}});</script>"""
    listing, found = listed(page(body="<h1>Schist head</h1>" + script))
    assert str(listing.price.amount) == "1250.00"  # type: ignore[union-attr]
    assert found.fields["price"].origin is Origin.STATE


def test_broken_encodings_are_mended() -> None:
    listing, _ = listed(page({**PRODUCT, "name": "TÃªte de Bouddha â€“ schiste"}, body="<h1>x</h1>"))
    assert listing.title == "Tête de Bouddha – schiste"


def test_times_without_a_zone_are_left_out() -> None:
    listing, _ = listed(page({**PRODUCT, "offers": {**OFFER, "availabilityEnds": "2026-12-06T20:00:00"}}))
    assert listing.ends_at is None
    assert listing.price.kind is PriceKind.ASKING  # type: ignore[union-attr]


def test_bytes_are_decoded_by_their_own_words() -> None:
    html = page({**PRODUCT, "name": "Tête"}).replace("T\\u00eate", "Tête").replace("<head>", "<head><meta charset='iso-8859-1'>")
    found = read(html.encode("iso-8859-1"), URL)
    assert found.listing is not None
    assert found.listing.title == "Tête"


def test_pictures_and_words_of_a_page_without_markup() -> None:
    body = """<nav><img class="main-logo" src="/logo.png"></nav><main><h1>Schist head</h1><div class="gallery">
      <img src="/i/head-1.jpg"><img data-zoom-image="/i/head-2-large.jpg" src="/i/head-2.jpg">
      <img src="/i/icon.gif" width="16"></div>
      <span class="price">€ 1.250</span><button>Add to cart</button><div class="product-description"><h3>Description</h3>
      <p>Grey schist with two chips to the nose.</p><p>H. 24 cm</p></div></main><section class="related"><div class="description">
      Another head of another seller, which is no part of this one at all.</div>
      <div class="gallery"><img src="/i/other.jpg"></div></section>"""
    listing, found = listed(page(body=body))
    assert listing.description == "Grey schist with two chips to the nose.\n\nH. 24 cm"
    assert [image.url for image in listing.images] == [
        "https://www.example.org/i/head-1.jpg",
        "https://www.example.org/i/head-2-large.jpg",
    ]
    assert found.fields["description"].origin is Origin.DERIVED


def test_an_object_in_a_state_that_no_adapter_describes() -> None:
    own = {
        "id": 123456789,
        "title": "Schist head",
        "price": {"value": "1250.00", "currency": "EUR"},
        "description": "Grey schist",
    }
    state = {"catalog": {"items": [{"id": 1, "title": "Neighbour", "price": 3}, own]}}
    body = f'<div id="app"></div><script>window.__INITIAL_STATE__ = {json.dumps(state)};</script>'
    listing, found = listed(page(body=body, title="Example"))
    assert (listing.title, str(listing.price.amount)) == ("Schist head", "1250.00")  # type: ignore[union-attr]
    assert found.fields["price"].origin is Origin.STATE


def aggregate(*inside: dict[str, object]) -> dict[str, object]:
    return {**PRODUCT, "offers": {"@type": "AggregateOffer", "lowPrice": "20.00", "priceCurrency": "GBP", "offers": list(inside)}}


def test_the_offers_inside_an_aggregate_speak_where_they_agree() -> None:
    inner = {"@type": "Offer", "availability": "InStock", "itemCondition": "https://schema.org/UsedCondition", "price": "20.00"}
    listing, _ = listed(page(aggregate({**inner, "seller": {"name": "Hollowbrook"}})))
    assert (listing.seller.name, listing.status, listing.condition) == ("Hollowbrook", Status.LIVE, "Used")  # type: ignore[union-attr]


def test_offers_that_differ_lend_an_aggregate_nothing() -> None:
    first = {
        "@type": "Offer",
        "availability": "InStock",
        "itemCondition": "UsedCondition",
        "seller": "Hollowbrook",
        "price": "20",
    }
    other = {**first, "availability": "OutOfStock", "itemCondition": "NewCondition", "seller": "Fenwick", "price": "24"}
    listing, _ = listed(page(aggregate(first, other)))
    assert (listing.seller, listing.status, listing.condition) == (None, None, None)


def test_a_list_without_bullets_is_no_list_price() -> None:
    body = (
        "<div class='item'><h1>Schist head</h1><ul class='list-unstyled'><li class='price'>"
        "<span class='price-old-live'>100.00€</span></li></ul><button>Naroči</button></div>"
        "<h3>Podobni izdelki</h3><div class='row'><div class='price'>40.00€</div></div>"
    )
    listing, _ = listed(f"<html><head><title>Schist head</title></head><body>{body}</body></html>", URL)
    assert str(listing.price.amount) == "100.00"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["list-price", "price-list", "listPrice", "price old"])
def test_a_list_price_is_not_the_price(name: str) -> None:
    body = f"<div><h1>Schist head</h1><p class='{name}'>€ 150</p><p class='price'>€ 120</p></div>"
    listing, _ = listed(f"<html><head><title>Schist head</title></head><body>{body}</body></html>", URL)
    assert str(listing.price.amount) == "120.00"  # type: ignore[union-attr]
