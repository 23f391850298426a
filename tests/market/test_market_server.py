"""The three sites over HTTP: a crawl by their seeds can reach every good, search finds words as people type them."""

import re
import subprocess
import sys
from collections import Counter
from statistics import median
from urllib.parse import urljoin

import httpx
import orjson
import pytest

from patrol.errors import ReachError
from patrol.market import serve
from patrol.market.goods import load
from patrol.market.padding import padded
from patrol.market.wording import local_price

ITEM = {"bazaar": r'class="bz-card-link" href="(/item/[^"]+)"', "hammer": r'class="hm-card-link" href="(/lot/[^"]+)"'}


@pytest.fixture(scope="module")
def market():
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=10) as open_client:
        yield open_client


def walk(client, url, site):
    """Addresses of the items of a results page and of all pages behind it."""
    found = []
    while url:
        page = client.get(url).text
        found += re.findall(ITEM[site], page)
        following = re.search(r'class="(?:bz|hm)-next"[^>]*href="([^"]+)"', page)
        url = urljoin(url, following[1].replace("&amp;", "&")) if following else None
    return found


def numbers(links):
    return {re.search(r"\d{9}", link)[0] for link in links}


def own(market, site):
    return {good.number for good in market.goods if good.site == site}


def test_seeds_reach_every_good_of_the_bazaar_once(market, client):
    links = walk(client, market.origins["bazaar"] + "/c/all", "bazaar")
    assert numbers(links) == own(market, "bazaar")
    assert max(Counter(links).values()) == 1


def test_the_sales_reach_every_lot_once(market, client):
    links = [link for sale in range(301, 307) for link in walk(client, f"{market.origins['hammer']}/sale/{sale}", "hammer")]
    assert numbers(links) == own(market, "hammer")
    assert max(Counter(links).values()) == 1


def test_the_souk_hands_out_everything_by_cursor(market, client):
    found, cursor = [], "1"
    while cursor:
        answer = client.get(market.origins["souk"] + "/api/listings", params={"cursor": cursor}).json()
        found += [item["id"] for item in answer["items"]]
        cursor = answer["cursor"]
    assert set(found) == own(market, "souk")
    assert len(found) == len(set(found)) == answer["total"]


def test_categories_together_hold_everything(market, client):
    front = client.get(market.origins["bazaar"] + "/").text
    categories = [urljoin(market.origins["bazaar"], link) for link in re.findall(r'href="(/c/[^"]+)"', front)]
    found = {number for url in categories for number in numbers(walk(client, url, "bazaar"))}
    assert found == own(market, "bazaar")


def search(market, client, words):
    return numbers(walk(client, str(httpx.URL(market.origins["bazaar"] + "/search", params={"q": words})), "bazaar"))


def test_search_ignores_case_and_accents_and_takes_beginnings(market, client):
    terracotta = search(market, client, "Terracotta")
    assert terracotta
    assert search(market, client, "TERRÀCOTTA") == terracotta
    assert search(market, client, "terraco") >= terracotta


def test_search_finds_other_scripts_by_their_own_and_by_latin_letters(market, client):
    russian = next(good for good in market.goods if good.language == "ru" and good.site == "bazaar")
    word = max(re.findall(r"\w+", russian.title), key=len)
    assert russian.number in search(market, client, word)
    from patrol.text import transliterate

    assert russian.number in search(market, client, transliterate(word))


def test_every_word_of_a_query_must_be_there(market, client):
    both = search(market, client, "bronze head")
    assert both <= search(market, client, "bronze") & search(market, client, "head")


def test_a_search_without_hits_says_so(market, client):
    answer = client.get(market.origins["bazaar"] + "/search", params={"q": "qqqxyz"})
    assert answer.status_code == 200
    assert "no results" in answer.text


def test_no_page_betrays_how_goods_are_filed(market, client):
    ids = re.compile(r"\b(?:" + "|".join(sorted({re.escape(good.id) for good in market.goods})) + r")\b")
    objects = re.compile("|".join(sorted({re.escape(good.object) for good in market.goods})))
    for good in market.goods[::9]:
        url = f"{market.origins['souk']}/api/listing/{good.number}" if good.site == "souk" else market.url(good.number)
        page = client.get(url).text
        assert not objects.search(page)
        assert not ids.search(re.sub(r"<[^>]*>", "", page).replace(good.title, "").replace(good.description, ""))


def test_removed_goods_answer_as_each_site_does(market, client):
    gone = {good.site: good for good in market.goods if good.status == "removed"}
    answer = client.get(market.url(gone["bazaar"].number))
    assert answer.status_code == 200
    assert "no longer available" in answer.text
    assert gone["bazaar"].description[:40] not in answer.text
    assert client.get(f"{market.origins['souk']}/api/listing/{gone['souk'].number}").status_code == 404


def test_an_unknown_page_is_404(market, client):
    assert client.get(market.origins["bazaar"] + "/item/nothing-123456789.html").status_code == 404
    assert client.get(market.origins["hammer"] + "/sale/999").status_code == 404


def test_pictures_come_in_two_sizes_and_only_as_many_as_shown(market, client):
    good = market.goods[0]
    origin = market.origins[good.site]
    small = client.get(f"{origin}/img/{good.number}-1.jpg")
    large = client.get(f"{origin}/img/{good.number}-1-large.jpg")
    assert small.headers["content-type"] == "image/jpeg"
    assert len(large.content) > len(small.content)
    assert client.get(f"{origin}/img/{good.number}-{good.pictures + 1}.jpg").status_code == 404


def test_robots_and_the_log_tell_what_was_asked(market, client):
    before = market.asked("bazaar")
    text = client.get(market.origins["bazaar"] + "/robots.txt", headers={"user-agent": "a-test/1"}).text
    assert "Disallow: /account/" in text
    assert market.asked("bazaar") == before + 1
    assert market.hits["bazaar /robots.txt"] >= 1
    assert market.log[-1].agent == "a-test/1"


def test_pages_can_be_made_heavy_without_changing_what_they_say(client):
    with serve(pad=60_000) as heavy:
        goods = [good for good in heavy.goods if good.site == "bazaar" and good.open]
        pages = [client.get(heavy.url(good.number)) for good in goods]
        assert 45_000 < median(len(page.content) for page in pages) < 75_000
        assert all(f'"productID": "{good.number}"' in page.text for good, page in zip(goods, pages, strict=True))
        assert client.get(heavy.url(goods[0].number)).content == pages[0].content


def test_padding_leaves_what_is_no_page_alone():
    assert padded(b'{"a": 1}', 1000, "x") == b'{"a": 1}'


def test_a_taken_port_is_named(market):
    with pytest.raises(ReachError, match=str(market.ports["hammer"])):
        serve(ports=(0, market.ports["hammer"], 0))


def test_the_ports_are_free_again_after_stopping():
    with serve() as first:
        ports = tuple(first.ports.values())
    with serve(ports=ports) as second:
        assert tuple(second.ports.values()) == ports


def test_it_runs_from_a_shell_and_stops_on_sigterm(client):
    words = [sys.executable, "-m", "patrol.market", "--ports", "0", "0", "0", "--trouble", "robots-refuse@bazaar"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        told = orjson.loads(process.stdout.readline())
        assert told["goods"] == len(load())
        assert "Disallow: /\n" in client.get(told["origins"]["bazaar"] + "/robots.txt").text
        assert "Disallow: /\n" not in client.get(told["origins"]["hammer"] + "/robots.txt").text
    finally:
        process.terminate()
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def test_serving_never_loads_the_truth():
    words = "import sys, patrol.market.__main__; sys.exit('patrol.market.truth' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("1600", "EUR", "de", "1.600 €"),
        ("1600", "EUR", "nl", "€ 1.600,-"),
        ("1600.50", "EUR", "it", "1.600,50 €"),
        ("40990", "EUR", "fr", "40 990 €"),
        ("1200", "GBP", "en", "£1,200"),
        ("60", "CAD", "en", "$60"),
        ("23450", "INR", "en", "Rs 23,450"),
        ("45000", "KZT", "ru", "45 000 KZT"),
    ],
)
def test_prices_are_written_as_their_country_does(amount, currency, language, written):
    from decimal import Decimal

    assert " ".join(local_price(Decimal(amount), currency, language).split()) == written
