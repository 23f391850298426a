"""Which listing is it, what changed, and which others offer the same object: identity, versions, sightings, clusters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pipelines_world import DAY, MONDAY, Steps, drawing, encoded, money, served, shown
from spider_world import Site

from patrol.ledger.tables import listing_urls
from patrol.records import PriceKind, Seller, Status

OTHER = Seller(name="Other", id="other")


def test_an_id_stands_for_the_listing_within_its_market_whatever_the_address(steps: Steps) -> None:
    first = steps.add("7")
    again = steps.add("7", at=MONDAY + DAY, url="https://bazaar.example/other-words-7.html?from=search")
    elsewhere = steps.add("7", space="auctions.example")
    assert again.listing_key == first.listing_key != elsewhere.listing_key
    assert (steps.ledger.listings.count(), steps.count(listing_urls, listing_key=first.listing_key)) == (2, 2)


def test_without_an_id_the_address_stands_for_it_without_its_tracking(steps: Steps) -> None:
    first = steps.add(None, url="https://bazaar.example/a/7?utm_source=x")
    assert steps.add(None, url="https://bazaar.example/a/7#top", at=MONDAY + DAY).listing_key == first.listing_key
    assert steps.add(None, url="https://bazaar.example/a/8").listing_key != first.listing_key


def test_an_unchanged_page_is_a_sighting_and_a_changed_one_a_version(steps: Steps, site: Site) -> None:
    urls = served(site, a=encoded(drawing(1)))
    kept = steps.add("1", images=shown(*urls))
    for day in range(1, 4):
        steps.add("1", at=MONDAY + day * DAY, images=shown(*urls), bid_count=day, ends_at=MONDAY + 9 * DAY)
    assert (steps.versions(kept), steps.sightings(kept)) == (1, 4)
    steps.add("1", at=MONDAY + 5 * DAY, images=shown(*urls), description="From an old Swiss collection.")
    assert (steps.versions(kept), steps.sightings(kept)) == (2, 5)
    steps.add("1", at=MONDAY + 6 * DAY, images=shown(*urls))  # the words of before are the version of before
    assert (steps.versions(kept), steps.sightings(kept)) == (2, 6)


def test_a_price_drop_is_a_version_of_one_listing_and_counts_in_its_context(steps: Steps) -> None:
    for day, amount in enumerate(("900", "700", "700", "480")):
        kept = steps.add("1", at=MONDAY + day * DAY, price=money(amount))
    assert (steps.ledger.listings.count(), steps.versions(kept), steps.sightings(kept)) == (1, 3, 4)
    assert kept.context.price_drops == 2
    assert str(steps.stored(kept).listing.price.amount) == "480"
    steps.add("2", price=money("5", PriceKind.CURRENT))
    bid = steps.add("2", at=MONDAY + DAY, price=money("9", PriceKind.CURRENT))
    assert (steps.versions(bid), bid.context.price_drops) == (1, 0)


def test_a_relisting_under_a_new_id_is_noted_and_joins_by_picture_or_by_words(steps: Steps, site: Site) -> None:
    one, other = served(site, a=encoded(drawing(1)), again=encoded(drawing(1, (200, 150)), quality=60))
    first = steps.add("1", images=shown(one), status=Status.ENDED)
    by_picture = steps.add("2", at=MONDAY + DAY, title="Rare carved stone piece", images=shown(other))
    assert (by_picture.same_as, by_picture.same_by) == (first.listing_key, "relisting")
    by_words = steps.add("3", at=MONDAY + DAY, title="Bodhisattva head of Gandharan schist (relisted)", status=Status.ENDED)
    third = steps.add("4", at=MONDAY + 2 * DAY, title="Bodhisattva head of Gandharan schist (relisted)")
    assert (third.same_as, third.same_by) == (by_words.listing_key, "relisting")
    assert steps.cluster(first) == steps.cluster(by_picture)
    assert steps.cluster(by_words) == steps.cluster(third)
    assert by_picture.context.relistings == 1


def test_the_same_object_on_two_sites_is_one_cluster_and_two_listings(steps: Steps, site: Site) -> None:
    one, two = served(site, a=encoded(drawing(1)), b=encoded(drawing(1, (300, 225)), "WEBP", quality=80))
    here = steps.add("1", images=shown(one))
    there = steps.add("9", space="auctions.example", title="Lot 9: Kopf, Schiefer", seller=OTHER, images=shown(two))
    assert (there.same_as, there.same_by) == (here.listing_key, "cross_site")
    assert steps.cluster(here) == steps.cluster(there)
    assert here.listing_key != there.listing_key


def test_a_near_twin_is_noted_and_is_no_relisting(steps: Steps, site: Site) -> None:
    one, two = served(site, a=encoded(drawing(1)), b=encoded(drawing(8)))
    first = steps.add("1", images=shown(one))
    near = steps.add("2", title="Gandharan schist head of a Bodhisattva.", images=shown(two))
    assert (near.same_as, near.same_by, near.context.relistings) == (first.listing_key, "near_twin", 0)
    far = steps.add("3", title="Roman bronze lamp", images=())
    assert (far.same_as, far.same_by) == (None, None)


def test_two_pieces_of_one_seller_under_one_stock_photograph_stay_two(steps: Steps, site: Site) -> None:
    urls = served(site, stock=encoded(drawing(1)))
    head = steps.add("1", images=shown(*urls))
    lamp = steps.add("2", title="Gandhara bronze oil lamp, complete", images=shown(*urls))
    assert (lamp.same_as, lamp.context.relistings) == (None, 0)
    assert [match.target for match in lamp.context.picture_matches] == [head.listing_key]
    assert steps.cluster(head) != steps.cluster(lamp)


def test_a_shops_banner_between_the_pictures_joins_nobody(steps: Steps, site: Site) -> None:
    names = {f"p{number}": encoded(drawing(number)) for number in range(1, 6)}
    banner, *own = served(site, banner=encoded(drawing(77)), **names)
    words = ("Gandhara stupa relief", "Khmer head", "Gandharan coin", "Swat lamp, Gandhara", "Gandhara seal")
    kept = [
        steps.add(url[-2:], title=f"{word} of the second century", seller=Seller(id=url), images=shown(url, banner))
        for word, url in zip(words, own, strict=True)
    ]
    assert len({steps.cluster(each) for each in kept}) == 5


def test_what_comes_late_is_joined_at_its_next_sighting(steps: Steps, site: Site) -> None:
    one, two = served(site, a=encoded(drawing(1)), b=encoded(drawing(1), quality=50))
    first = steps.add("1")
    there = steps.add("9", space="auctions.example", title="Lot 9", seller=OTHER, images=shown(two))
    assert steps.cluster(first) != steps.cluster(there)
    steps.add("1", at=MONDAY + DAY, images=shown(one))  # only now does the first one show its picture
    assert steps.cluster(first) == steps.cluster(there)


def test_older_evidence_read_later_changes_nothing_of_today(steps: Steps) -> None:
    kept = steps.add("1", price=money("480"))
    steps.add("1", at=MONDAY - 5 * DAY, price=money("900"), title="Schist head")
    assert (steps.versions(kept), steps.stored(kept).listing.title) == (2, "Gandharan schist head of a bodhisattva")
    assert str(steps.stored(kept).listing.price.amount) == "480"


@pytest.mark.parametrize("capture", ["urn:uuid:1", None])
def test_the_same_page_walked_twice_adds_nothing(steps: Steps, capture: str | None) -> None:
    item = steps.item("1", capture=capture)
    kept = steps.walk(item)
    before = (steps.versions(kept), steps.sightings(kept), steps.stored(kept).revision)
    steps.walk(replace(item))
    assert (steps.versions(kept), steps.sightings(kept), steps.stored(kept).revision) == before
    steps.walk(replace(item, listing=replace(item.listing, captured_at=MONDAY + timedelta(hours=1)), capture=None))
    assert steps.sightings(kept) == 2
