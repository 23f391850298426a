"""`patrol extract`: one saved page in, one JSON object in the contract's shape out, whatever the bytes are."""

import gzip
import json

import processes
import pytest

LISTING = {
    "marketplace", "listing_id", "url", "title", "description", "price", "prices", "estimate", "seller", "location", "images",
    "category", "condition", "lot_number", "provenance", "attributes", "listed_at", "starts_at", "ends_at", "bid_count", "status",
    "language", "captured_at",
}  # fmt: skip
URL = "https://www.shop.example/item/451239876"
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "name": "Grey schist head, Gandhara",
    "sku": "451239876",
    "description": "From an old collection.",
    "image": ["https://www.shop.example/a-large.jpg"],
    "offers": {"@type": "Offer", "price": "400.00", "priceCurrency": "USD", "availability": "https://schema.org/InStock"},
}
PAGE = (
    f'<html lang="en"><head><title>x</title><link rel="canonical" href="{URL}">'
    f'<script type="application/ld+json">{json.dumps(PRODUCT)}</script></head>'
    f"<body><h1>Grey schist head, Gandhara</h1><p>From an old collection.</p></body></html>"
)
CARDS = "".join(
    f'<li class="card"><a href="/item/45123987{n}"><img src="/{n}.jpg"><h3>Schist head no. {n}</h3></a><b>$ {n}40.00</b></li>'
    for n in range(8)
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, made):
    return processes.Unit(tmp_path_factory.mktemp("extract") / "home", made)


@pytest.fixture
def extract(shared, tmp_path):
    def call(body, name="page.html", *words, url=URL):
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return shared.run("extract", path, "--url", url, *words)

    return call


def test_a_listing_has_the_contracts_shape(extract):
    told = extract(PAGE).clear(0)
    assert told.err == ""
    assert told.out.count("\n") == 1
    found = told.last
    assert {"outcome", "listing", "results", "fields", "warnings"} <= found.keys()
    assert found["outcome"] == "listing"
    listing = found["listing"]
    assert listing.keys() == LISTING
    assert (listing["listing_id"], listing["url"], listing["title"]) == ("451239876", URL, PRODUCT["name"])
    assert listing["price"].keys() == {"amount", "currency", "kind", "raw"}
    assert (listing["price"]["amount"], listing["price"]["currency"]) == ("400.00", "USD")
    assert listing["images"] == [{"url": "https://www.shop.example/a-large.jpg", "sha256": None}]
    assert listing["provenance"] is None
    assert listing["estimate"] is None
    assert isinstance(listing["attributes"], dict)
    for source in found["fields"].values():
        assert source.keys() >= {"from", "raw"}
        assert source["from"] in {"state", "jsonld", "microdata", "opengraph", "css", "api", "hand", "derived"}
    assert found["fields"]["price"]["from"] == "jsonld"


def test_results_have_the_contracts_shape(extract):
    found = extract(f"<html><body><ul>{CARDS}</ul></body></html>", url="https://www.shop.example/search?q=schist").clear(0).last
    assert (found["outcome"], found["listing"]) == ("results", None)
    assert len(found["results"]) == 8
    assert all(row.keys() == {"url", "title", "listing_id"} for row in found["results"])
    assert found["results"][0]["url"] == "https://www.shop.example/item/451239870"


def test_a_compressed_page_is_the_same_page(extract):
    plain = extract(PAGE).clear(0).last
    assert extract(gzip.compress(PAGE.encode()), "page.html.gz").clear(0).last == plain
    assert extract(gzip.compress(PAGE.encode()), "page.html").clear(0).last == plain
    half = len(PAGE) // 2
    members = gzip.compress(PAGE[:half].encode()) + gzip.compress(PAGE[half:].encode())
    assert extract(members, "page.gz").clear(0).last == plain


def test_an_archive_of_a_browser_is_read(extract):
    mhtml = (
        f"From: <Saved by Blink>\r\nSnapshot-Content-Location: {URL}\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; type="text/html"; boundary="b1"\r\n\r\n'
        f"--b1\r\nContent-Type: text/html\r\nContent-Location: {URL}\r\n\r\n{PAGE}\r\n"
        "--b1\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b1--\r\n"
    )
    assert extract(mhtml, "page.mhtml").clear(0).last["listing"]["title"] == PRODUCT["name"]


def test_an_answer_in_json_is_read(extract):
    answer = {
        "id": "451239876",
        "title": PRODUCT["name"],
        "description": "Old.",
        "price": {"amount": "400.00", "currency": "USD"},
    }
    found = extract(json.dumps(answer), "answer.json").clear(0).last
    assert found["outcome"] == "listing"
    assert found["listing"]["title"] == PRODUCT["name"]
    assert found["fields"]["title"]["from"] == "api"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"\x00" * 5000,
        bytes(range(256)) * 400,
        b"{",
        b"[" * 50_000,
        b'{"a": ' * 3_000,
        b"<" * 200_000,
        b"<div>" * 30_000,
        b"<script>var a = {" + b"[" * 30_000,
        b'<script type="application/ld+json">{"@type": "Product", "name": ' + b"[" * 5000 + b"</script>",
        b'<script type="application/ld+json">' + b'{"@type":"Product","offers":{"price":"' + b"9" * 5000 + b'"}}</script>',
        b"<h1>" + b"A" * 300_000 + b"</h1>",
        b'<meta charset="utf-16"><h1>x</h1>',
        b'<meta charset="no-such-charset"><h1>x</h1>',
        b"\xef\xbb\xbf<html></html>",
        b"<a href='http://[bad/item/123456'>x</a>" * 30,
        b"<a href='http://x:99999999/item/123456'>x</a>" * 30,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
    ],
    ids=lambda body: f"{body[:12]!r}x{len(body)}",
)
def test_no_bytes_break_it(extract, body):
    found = extract(body).clear(0).last
    assert found["outcome"] in {"listing", "results", "blocked", "removed", "login", "empty", "unknown"}


def test_a_page_that_cannot_be_read_is_named(shared, extract, tmp_path):
    packed = gzip.compress(PAGE.encode() * 50)
    for body in (packed[: len(packed) // 2], packed[:10], b"\x1f\x8b\x08garbage", packed[:40] + b"\xff" * 40 + packed[80:]):
        told = extract(body, "page.html.gz").clear(1)
        assert "page.html.gz" in told.err
        assert told.err.count("\n") == 1
        assert told.out == ""
    assert "No such file" in shared.run("extract", tmp_path / "none.html", "--url", URL).clear(1).err
    assert "directory" in shared.run("extract", tmp_path, "--url", URL).clear(1).err


def test_block_and_removed_pages_are_called_what_they_are(extract):
    blocked = "<html><head><title>Pardon Our Interruption...</title></head><body><h1>Pardon Our Interruption</h1></body></html>"
    assert extract(blocked).clear(0).last["outcome"] == "blocked"
    gone = "<html><head><title>Gone</title></head><body><h1>This listing was removed by the seller</h1></body></html>"
    assert extract(gone).clear(0).last["outcome"] == "removed"


def test_a_marketplace_that_is_named_reads_the_page(shared, extract):
    card = "title: Shop\nhosts: [other.example]\ncurrency: GBP\nread:\n  listing_url: ['/item/(?P<id>\\d+)']\n"
    shared.shop(card + '  layouts: [{name: l, when: {css: h1}, fields: {title: {css: "p"}}}]\n')
    found = extract(PAGE, "page.html", "--marketplace", "shop").clear(0).last
    assert found["listing"]["title"] == "From an old collection."
    assert found["listing"]["marketplace"] == "shop"
    assert found["fields"]["title"]["from"] == "css"
    assert "no marketplace 'nope'" in extract(PAGE, "page.html", "--marketplace", "nope").clear(2).err
