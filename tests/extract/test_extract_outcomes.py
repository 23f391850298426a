"""What came back is told from the body: gatekeepers, login walls, removed items and empty results answer 200 too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from patrol.config.marketplace import Marketplace
from patrol.extract import classify, read
from patrol.records import Outcome

URL = "https://www.example.org/item/blue-vase-123456789"
FILLER = "<p>" + "An ordinary sentence about nothing in particular, to make the page long. " * 60 + "</p>"
NEIGHBOURS = "".join(
    f"<li class='card'><a href='/item/other-thing-{n}00000'>Another thing of number {n}</a><span class='price'>€ {n}0</span></li>"
    for n in range(1, 9)
)


def html(title: str, body: str, head: str = "", lang: str = "en") -> str:
    return f"<html lang='{lang}'><head><title>{title}</title>{head}</head><body>{body}</body></html>"


PRODUCT = (
    '<script type="application/ld+json">{"@type":"Product","name":"Blue vase","description":"A vase.",'
    '"offers":{"@type":"Offer","price":"40","priceCurrency":"EUR"}}</script>'
)

BLOCKED = {
    "interruption": html(
        "Pardon Our Interruption...", "<h1>Pardon Our Interruption</h1><p>Something about your browser</p>" + FILLER
    ),
    "error page": html("Error Page | eBay", "<p>Reference 18.abc</p>"),
    "checking": html("Checking your browser", "<div>Checking your browser before you access the site.</div>"),
    "datadome": (
        "<html><head><title>shop.example</title></head><body>"
        "<script>var dd={'rt':'c','cid':'x','host':'geo.captcha-delivery.com'}"
        "</script><script src='https://ct.captcha-delivery.com/c.js'></script></body></html>"
    ),
    "cloudflare": html(
        "Just a moment...", "<script>window._cf_chl_opt={cvId:'3'};</script><noscript>Enable JavaScript</noscript>"
    ),
    "cloudflare error": html("Attention Required! | Cloudflare", "<div id='cf-error-details'>You are unable to access</div>"),
    "akamai": html(
        "Access Denied", "<h1>Access Denied</h1>You don't have permission to access this server. Reference&#32;&#35;18.1"
    ),
    "perimeterx": html("Access to this page has been denied", "<div id='px-captcha'></div>Press &amp; Hold to confirm"),
    "imperva": (
        "<html><body><iframe src='/_Incapsula_Resource?x=1'>Request unsuccessful. Incapsula incident ID: 1</iframe></body></html>"
    ),
    "recaptcha": html("shop.example", "<form><div class='g-recaptcha' data-sitekey='x'></div></form>"),
    "german": html("example.org", "<h1>Bitte bestätigen Sie, dass Sie kein Roboter sind</h1>", lang="de"),
    "french": html("example.org", "<p>Nous avons détecté un trafic inhabituel depuis votre réseau.</p>", lang="fr"),
    "too many": html("429 Too Many Requests", "<h1>Too Many Requests</h1>"),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_block_pages_with_status_200(name: str) -> None:
    assert read(BLOCKED[name], URL, status=200).outcome is Outcome.BLOCKED


def test_a_gatekeepers_script_on_a_page_with_an_offer_blocks_nothing() -> None:
    page = html(
        "Blue vase",
        "<h1>Blue vase</h1><div class='g-recaptcha'></div>" + FILLER,
        PRODUCT + "<script src='https://js.captcha-delivery.com/tags.js'></script><script>window._pxAppId='x'</script>",
    )
    assert read(page, URL, status=200).outcome is Outcome.LISTING


def test_the_status_alone_blocks_only_what_says_nothing() -> None:
    assert classify(html("", "<p>no</p>"), URL, status=403) is Outcome.BLOCKED
    assert classify(html("Blue vase", "<h1>Blue vase</h1>", PRODUCT), URL, status=403) is Outcome.LISTING


LOGINS = {
    "facebook": html("Log into Facebook", "<form id='login_form'><input name='email'><input type='password' name='pass'></form>"),
    "generic": html("Sign in - Example", "<h1>Sign in</h1><form><input type='email'><input type='password'></form>"),
    "must": html("Example", "<h2>You must be logged in to view this listing</h2>"),
    "german": html("Anmelden", "<h1>Anmelden</h1><form><input type='password'></form>", lang="de"),
    "dutch": html("Inloggen", "<h1>Inloggen</h1><form><input type='password'></form>", lang="nl"),
    "japanese": html("ログイン", "<h1>ログイン</h1><input type='password'>", lang="ja"),
}


@pytest.mark.parametrize("name", LOGINS)
def test_login_walls(name: str) -> None:
    assert classify(LOGINS[name], URL) is Outcome.LOGIN


def test_a_login_box_beside_an_offer_is_no_wall() -> None:
    page = html("Blue vase", "<form><input type='password'> Please log in</form><h1>Blue vase</h1>" + FILLER, PRODUCT)
    assert classify(page, URL) is Outcome.LISTING


GONE = {
    "en": "This listing is no longer available",
    "en item": "Sorry, this item has been removed by the seller.",
    "en page": "Page not found",
    "de": "Diese Anzeige ist leider nicht mehr verfügbar",
    "de deleted": "Der Artikel wurde gelöscht",
    "fr": "Cette annonce est désactivée",
    "fr gone": "Cette page n'existe plus",
    "es": "Este anuncio ya no está disponible",
    "es deleted": "El artículo ha sido eliminado",
    "it": "L'annuncio non è più disponibile",
    "it deleted": "Questo oggetto è stato rimosso",
    "nl": "Deze advertentie is niet meer beschikbaar",
    "nl deleted": "Het kavel is verwijderd",
    "ja": "この商品は存在しません",
    "pt": "Este anúncio já não está disponível",
    "pl": "To ogłoszenie jest nieaktualne",
    "ru": "Объявление не найдено",
    "uk": "Це оголошення видалене",
    "sv": "Annonsen finns inte längre",
    "tr": "İlan yayından kaldırıldı: ilan bulunamadı",
}


@pytest.mark.parametrize("language", GONE)
def test_removed_items_that_answer_200(language: str) -> None:
    page = html("Example market", f"<h1>{GONE[language]}</h1><h2>Similar</h2><ul>{NEIGHBOURS}</ul>", lang=language[:2])
    found = read(page, URL, status=200)
    assert found.outcome is Outcome.REMOVED
    assert found.listing is None


def test_hidden_words_of_removal_do_not_count() -> None:
    words = "".join(
        f"<div {mark}>This item is no longer available</div>"
        for mark in ("class='msg is-hidden'", "hidden", "style='display: none'")
    )
    page = html("Blue vase", f"<h1><span class='is-hidden'>Gelöscht •</span> Blue vase</h1>{words}<p>A vase.</p>", PRODUCT)
    found = read(page, URL)
    assert found.outcome is Outcome.LISTING
    assert found.listing is not None
    assert found.listing.title == "Blue vase"


def test_words_of_removal_beside_a_live_offer_do_not_count() -> None:
    page = html(
        "Blue vase", f"<h1>Blue vase</h1><div class='alert'>The red variant is no longer available</div>{FILLER}", PRODUCT
    )
    assert classify(page, URL) is Outcome.LISTING


@pytest.mark.parametrize(
    "words",
    ["No results found for gandhara", "Keine Ergebnisse", "Aucun résultat", "0 anuncios", "Nessun risultato", "Geen resultaten"],
)
def test_searches_without_results(words: str) -> None:
    page = html("Search", f"<main><h1>{words}</h1></main>{FILLER}")
    assert classify(page, "https://www.example.org/search?q=gandhara") is Outcome.EMPTY


def test_an_empty_body_is_unknown_and_never_a_fault() -> None:
    for body in (b"", "   ", b"\x00\x00", "<html>", b"\xff\xfe\x00", "{broken json", "%PDF-1.7 binary", "[1, 2"):
        assert classify(body, URL) in (Outcome.UNKNOWN, Outcome.BLOCKED)


def test_an_article_is_neither() -> None:
    page = html("How vases are made", f"<h1>How vases are made</h1>{FILLER}", "<meta property='og:type' content='article'>")
    assert classify(page, "https://www.example.org/blog/how-vases-are-made") is Outcome.UNKNOWN


def test_adapters_know_their_sites_own_words(marketplace: Callable[[str], Marketplace]) -> None:
    kleinanzeigen = marketplace("kleinanzeigen")
    page = html("Anzeigen", f"<h1>Anzeigen in deiner Nähe</h1>{FILLER}")
    url = "https://www.kleinanzeigen.de/s-antik/k0?deletedAd=true"
    assert classify(page, url, marketplace=kleinanzeigen) is Outcome.REMOVED
    ebay = marketplace("ebay")
    assert classify(BLOCKED["error page"], "https://www.ebay.com/itm/123456789012", marketplace=ebay) is Outcome.BLOCKED
