"""Limits only tighten, the back-off settles, robots.txt means what RFC 9309 says, a login elsewhere is a login."""

from datetime import UTC, date, datetime, timedelta

import pytest

from patrol.config.marketplace import Card, Marketplace
from patrol.config.settings import DefaultManners
from patrol.fetch.limits import limits
from patrol.fetch.manners import LOGIN, in_scope
from patrol.fetch.pace import LONGEST, Pace
from patrol.fetch.refusals import NotAskedError
from patrol.fetch.retries import retry_after
from patrol.fetch.robots import rules_from
from patrol.fetch.traffic import site_of
from patrol.records import Outcome

DEFAULTS = DefaultManners(delay=3, concurrency=2, requests_per_day=5000, timeout=30)


def card(loopback=False, contact="art crime unit", **manners):
    return Card(contact_label=contact, loopback=loopback, approved_on=date(2026, 1, 1), manners=manners)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, (3, 2, 5000, 30)),
        ({"delay": 0.1, "concurrency": 16, "requests_per_day": 10**6, "timeout": 500}, (3, 2, 5000, 30)),
        ({"delay": 10, "concurrency": 1, "requests_per_day": 100, "timeout": 5}, (10, 1, 100, 5)),
    ],
)
def test_a_card_can_only_tighten(asked, given):
    found = limits(DEFAULTS, card(**asked), "1.0")
    assert (found.delay, found.concurrency, found.per_day, found.timeout) == given


def test_only_loopback_may_do_without_delay():
    found = limits(DEFAULTS, card(loopback=True), "1.0")
    assert (found.delay, found.per_day, found.loopback) == (0, None, True)


def test_the_user_agent_is_one_fixed_line_that_the_card_cannot_break():
    assert limits(DEFAULTS, card(), "1.2").user_agent == "Patrol/1.2 (+art crime unit)"
    assert limits(DEFAULTS, card(contact="a\r\nX: b (c)"), "1.2").user_agent == "Patrol/1.2 (+aX: b c)"


def test_back_off_doubles_to_a_cap_and_settles():
    pace, moment = Pace(0.0), datetime(2026, 1, 1, tzinfo=UTC)
    seen = []
    for step in range(12):
        pace.slow(moment + timedelta(seconds=2 * step), moment + timedelta(seconds=2 * step + 1))
        seen.append(pace.extra)
    assert seen[:4] == [1, 2, 4, 8]
    assert seen[-1] == LONGEST
    steps = 0
    while pace.delay:
        pace.settle()
        steps += 1
    assert steps < 16
    assert pace.troubles == 0


def test_requests_under_way_when_trouble_begins_count_as_one():
    pace, moment = Pace(0.0), datetime(2026, 1, 1, tzinfo=UTC)
    for late in range(8):
        pace.slow(moment, moment + timedelta(seconds=1 + late / 10))
    assert (pace.extra, pace.troubles) == (1, 1)


def test_while_it_backs_off_one_request_goes_at_a_time():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    pace = Pace(0.0, extra=4.0, started=now)
    assert pace.next_start(now) == now + timedelta(seconds=4)
    pace.settle()
    assert pace.next_start(now) == now + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Tue, 03 Nov 2026 10:01:00 GMT", 60),
        ("Tue, 03 Nov 2020 10:01:00 GMT", 0),
        ("soon", None),
        (None, None),
        ("-5", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value, seconds):
    assert retry_after(value, datetime(2026, 11, 3, 10, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("status", [404, 403, 410, 401])
def test_no_robots_file_allows_all(status):
    rules_from(status, b"User-agent: *\nDisallow: /").check("http://a.example/x")


@pytest.mark.parametrize("status", [500, 503, 429, 302])
def test_an_unreadable_robots_file_allows_nothing(status):
    with pytest.raises(NotAskedError) as caught:
        rules_from(status, b"").check("http://a.example/x")
    assert caught.value.outcome is Outcome.REFUSED


ROBOTS = b"""User-agent: *
Disallow: /
Crawl-delay: 9

User-agent: patrol
Disallow: /private
Crawl-delay: 2.5
"""


def test_our_own_group_of_robots_counts_and_its_delay():
    rules = rules_from(
        200, b"User-agent: *\nDisallow: /\nCrawl-delay: 9\n\nUser-agent: patrol\nDisallow: /private\nCrawl-delay: 2.5\n"
    )
    rules.check("http://a.example/open")
    assert rules.crawl_delay == 2.5
    with pytest.raises(NotAskedError):
        rules.check("http://a.example/private/1")


MARKET = Marketplace(name="m", title="m", hosts=("www.shop.example.org", "127.0.0.1:8401"), image_hosts=("img.cdn.example",))


@pytest.mark.parametrize(
    ("url", "kind", "allowed"),
    [
        ("https://www.shop.example.org/a", "listing", True),
        ("https://m.www.shop.example.org/a", "listing", True),
        ("https://shop.example.org/a", "listing", False),
        ("https://www.shop.example.org.evil.net/a", "listing", False),
        ("https://www.shop.example.org@evil.net/a", "listing", False),
        ("https://img.cdn.example/a.jpg", "listing", False),
        ("https://img.cdn.example/a.jpg", "picture", True),
        ("https://other.cdn.example/a.jpg", "picture", False),
        ("http://127.0.0.1:8401/a", "listing", True),
        ("http://127.0.0.1:8402/a", "listing", False),
        ("https://example.org/robots.txt", "robots", True),
    ],
)
def test_only_the_cards_hosts_are_asked(url, kind, allowed):
    assert in_scope(MARKET, url, kind) is allowed


@pytest.mark.parametrize("url", ["https://signin.shop.example/ws", "https://a.example/login?x", "https://auth.a.example/"])
def test_addresses_of_logins_are_told(url):
    assert LOGIN.search(url)
    assert not LOGIN.search("https://a.example/author/blogging")


def test_a_site_is_its_registrable_domain_and_odd_port():
    assert site_of("https://www.ebay.co.uk/itm/1") == site_of("http://i.ebay.co.uk/") == "ebay.co.uk"
    assert site_of("http://127.0.0.1:8401/") == "127.0.0.1:8401"
