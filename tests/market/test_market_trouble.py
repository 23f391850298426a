"""Each trouble on request, at the wished place and as often as wished; everything else stays as it was."""

import gzip
import time

import httpx
import pytest

from patrol.errors import UsageError
from patrol.market import DEMO, Snag, serve
from patrol.market.trouble import BLOCKED_NUMBER, WALLED_NUMBER, parse


@pytest.fixture(scope="module")
def market():
    with serve() as running:
        yield running


@pytest.fixture
def calm(market):
    market.trouble.clear()
    yield market
    market.trouble.clear()


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=10, follow_redirects=False) as open_client:
        yield open_client


def item(market, site="bazaar"):
    return market.url(next(good.number for good in market.goods if good.site == site and good.status == "live"))


def special(market, what, site="bazaar"):
    return f"{market.origins[site]}/trouble/{what}"


def test_a_snag_waits_where_it_was_set_and_as_often(calm, client):
    calm.trouble.add(Snag(kind="429", site="bazaar", path="/item/*", times=2, value="7"))
    first = client.get(item(calm))
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    assert client.get(item(calm, "hammer")).status_code == 200
    assert client.get(calm.origins["bazaar"] + "/c/all").status_code == 200
    assert [client.get(item(calm)).status_code for _ in range(2)] == [429, 200]


def test_503_with_and_without_retry_after(market, client):
    assert client.get(special(market, "503/3")).headers["retry-after"] == "3"
    assert "retry-after" not in client.get(special(market, "503")).headers


def test_a_slow_body_takes_its_time_and_is_whole(market, client):
    started = time.monotonic()
    page = client.get(special(market, "slow/0.5"))
    assert time.monotonic() - started >= 0.5
    assert page.text == client.get(item(market)).text


def test_a_cut_body_ends_early(market, client):
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.get(special(market, "cut"))


def test_a_dropped_connection_answers_nothing(market, client):
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.get(special(market, "drop"))


@pytest.mark.parametrize(
    ("flavour", "words"),
    [("challenge", "Just a moment"), ("interruption", "Pardon Our Interruption"), ("captcha", "captcha-delivery.com")],
)
def test_block_pages_answer_200(market, client, flavour, words):
    page = client.get(special(market, f"block/{flavour}"))
    assert page.status_code == 200
    assert words in page.text


def test_login_walls_stand_in_place_or_redirect(market, client):
    assert 'type="password"' in client.get(special(market, "login")).text
    sent = client.get(special(market, "login-redirect"))
    assert (sent.status_code, sent.headers["location"][:12]) == (302, "/login?next=")


def test_a_removed_item_answers_200(market, client):
    page = client.get(special(market, "removed"))
    assert page.status_code == 200
    assert "no longer available" in page.text


def test_after_the_redesign_no_selector_holds(calm, client):
    before = client.get(item(calm)).text
    calm.trouble.add(Snag(kind="layout"))
    after = client.get(item(calm)).text
    assert "bz-" in before
    assert "bz-" not in after
    assert "ld+json" not in after
    assert "__lots" not in client.get(item(calm, "hammer")).text
    assert "sk-" not in client.get(calm.origins["souk"] + "/static/souk.js").text


def test_endless_pages_go_on_and_repeat_their_cards(market, client):
    first, later = (client.get(special(market, f"endless?page={page}")).text for page in (1, 90_001))
    assert "/trouble/endless?page=2" in first
    assert "/trouble/endless?page=90002" in later
    assert later.count('class="bz-card"') > 0


def test_the_souk_scrolls_for_ever_too(calm, client):
    calm.trouble.add(Snag(kind="endless", site="souk"))
    answer = client.get(calm.origins["souk"] + "/api/listings", params={"cursor": "5000"}).json()
    assert answer["cursor"] == "5001"
    assert answer["items"]


def test_decoys_outnumber_nothing_but_stand_everywhere(market, client):
    page = client.get(special(market, "decoys")).text
    assert page.count("bz-card-promo") == page.count('class="bz-card"') == 20


def test_redirects_that_lead_astray(market, client):
    away = client.get(special(market, "private"))
    assert httpx.URL(away.headers["location"]).host == "192.0.2.1"
    assert client.get(special(market, "private/http://10.0.0.1/x")).headers["location"] == "http://10.0.0.1/x"
    assert client.get(special(market, "circle")).headers["location"].startswith("/item/")


def test_huge_pages_and_gzip(market, client):
    assert len(client.get(special(market, "huge/3")).content) > 2_900_000
    packed = client.get(special(market, "gzip"))
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == client.get(item(market)).text
    with client.stream("GET", special(market, "bomb/50")) as bomb:
        body = b"".join(bomb.iter_raw())
    assert len(body) < 100_000
    assert len(gzip.decompress(body)) > 49_000_000


def test_robots_refuse_delay_or_close_one_path(calm, client):
    address = calm.origins["hammer"] + "/robots.txt"
    for text, wanted in (
        ("robots-refuse@hammer", "Disallow: /\n"),
        ("robots-delay=5@hammer", "Crawl-delay: 5"),
        ("robots-path=/lot/@hammer", "Disallow: /lot/"),
    ):
        calm.trouble.clear()
        calm.trouble.add(parse(text))
        assert wanted in client.get(address).text


def test_troubles_are_written_on_one_line():
    assert parse("429=2@bazaar/item/*#1") == Snag(kind="429", value="2", site="bazaar", path="/item/*", times=1)
    assert parse("gzip") == Snag(kind="gzip")
    for wrong in ("nonsense", "429@", "429@bazaar#x"):
        with pytest.raises(UsageError):
            parse(wrong)


def test_an_unknown_special_path_is_404(market, client):
    assert client.get(special(market, "nonsense")).status_code == 404


def test_the_demo_meets_one_block_page_one_login_wall_and_one_429(client):
    with serve(trouble=DEMO) as market:
        bazaar, hammer = market.origins["bazaar"], market.origins["hammer"]
        assert BLOCKED_NUMBER in client.get(bazaar + "/c/all").text
        assert BLOCKED_NUMBER not in client.get(bazaar + "/c/all?page=2").text
        assert WALLED_NUMBER in client.get(hammer + "/sale/301").text
        assert all(WALLED_NUMBER not in client.get(f"{hammer}/sale/{sale}").text for sale in range(302, 307))
        answers = [client.get(market.url(good.number)) for good in market.goods if good.site != "souk"]
        assert [answer.headers["retry-after"] for answer in answers if answer.status_code == 429] == ["1"]
        assert all(answer.status_code in (200, 429) for answer in answers)
        assert "Just a moment" in client.get(f"{bazaar}/item/garden-bench-{BLOCKED_NUMBER}.html").text
        assert "Sign in to continue" in client.get(f"{hammer}/lot/{WALLED_NUMBER}/oak-chair").text


def test_without_trouble_there_are_no_traps(market, client):
    assert BLOCKED_NUMBER not in client.get(market.origins["bazaar"] + "/c/all").text
    assert client.get(f"{market.origins['bazaar']}/item/garden-bench-{BLOCKED_NUMBER}.html").status_code == 404
