"""The same object under another id or on another site, "seen before?", and clusters."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from crawl_world import DAY, MONDAY, SPACE, Crawl, assessment, images, money, picture, sha
from sqlalchemy import select

from patrol.ledger import clusters
from patrol.ledger.engine import reading
from patrol.ledger.keeping import MOST_ALIKE
from patrol.ledger.pictures import NEAREST_BITS, alike
from patrol.ledger.tables import listings
from patrol.records import PictureMatch, Seller, Status

HASH = "c3a1f00d5b6e9274"


def flipped(phash: str, bits: int, seed: int = 1) -> str:
    value = int(phash, 16)
    for bit in random.Random(seed).sample(range(64), bits):
        value ^= 1 << bit
    return f"{value:016x}"


def shown(name: str, phash: str | None = None) -> dict[str, object]:
    return {"images": images(name), "pictures": [picture(name, url=f"https://img.example/p/{name}.jpg", phash=phash)]}


def ended(crawl: Crawl, key: str) -> None:
    at = MONDAY + 3 * DAY
    crawl.ledger.writer.run(lambda conn: crawl.ledger.listings.mark(conn, key, Status.ENDED, run_id=crawl.run.id, at=at))


def test_a_relisting_is_found_by_its_picture_and_by_its_title(crawl: Crawl) -> None:
    old = crawl.add("1", **shown("a", HASH))
    ended(crawl, old.key)
    twins = crawl.ledger.listings.near_twins(crawl.item("2", **shown("a", HASH)))
    assert twins == [(old.key, 100, "relisting")]
    saved_anew = crawl.item("3", title="Quite another title", **shown("b", flipped(HASH, 2)))
    assert crawl.ledger.listings.near_twins(saved_anew) == [(old.key, 84, "relisting")]
    assert crawl.ledger.listings.near_twins(crawl.item("4"))[0] == (old.key, 92, "relisting")


def test_two_offers_at_one_time_under_one_photograph_are_not_one_object(crawl: Crawl) -> None:
    old = crawl.add("1", **shown("stock", HASH))
    look = crawl.ledger.listings.near_twins
    assert look(crawl.item("2", title="Bronze lamp", **shown("stock", HASH))) == [(old.key, 60, "near_twin")]
    alike = crawl.item("2", title="Schist head of a Bodhisattva, no. 2", **shown("stock", HASH))
    assert look(alike) == [(old.key, 90, "near_twin")]
    assert crawl.ledger.listings.context_for(alike).relistings == 0
    weeks_later = crawl.item("2", title="Bronze lamp", at=MONDAY + 20 * DAY, **shown("stock", HASH))
    assert look(weeks_later) == [(old.key, 90, "relisting")]  # nobody has seen the first one since
    sold = crawl.item("2", title="Bronze lamp", status=Status.SOLD, **shown("stock", HASH))
    assert look(sold) == [(old.key, 90, "relisting")]


def test_a_picture_among_others_of_its_own_makes_no_object(crawl: Crawl) -> None:
    def several(*names: str) -> dict[str, Any]:
        return {"images": images(*names), "pictures": [picture(name, url=f"https://img.example/p/{name}.jpg") for name in names]}

    old = crawl.add("1", **several("banner", "a", "b"))
    look = crawl.ledger.listings.near_twins
    other = {"title": "Bronze lamp", "seller": Seller(id="other")}
    assert look(crawl.item("2", **other, **several("banner", "c", "d"))) == [(old.key, 60, "near_twin")]
    assert look(crawl.item("2", **other, **several("a", "b", "c", "d"))) == [(old.key, 90, "picture")]
    assert look(crawl.item("2", title="Bronze lamp", **several("a", "b", "c"))) == [(old.key, 90, "relisting")]


def test_a_template_of_a_seller_does_not_make_one_cluster_of_a_thousand(crawl: Crawl) -> None:
    first = crawl.add("0")
    for n in range(1, 2 * MOST_ALIKE):
        crawl.add(str(n), same_as=first.key, same_by="near_twin")
    with reading(crawl.ledger.engine) as conn:
        assert len(clusters.members(conn, cluster(crawl, first.key))) == MOST_ALIKE
    again = crawl.add("late", same_as=first.key, same_by="relisting")
    assert cluster(crawl, again.key) == cluster(crawl, first.key)


def test_a_near_title_of_the_same_seller_is_a_near_twin_and_of_another_is_nothing(crawl: Crawl) -> None:
    old = crawl.add("1")
    near = crawl.item("2", title="Schist head of a Bodhisattva.")
    assert crawl.ledger.listings.near_twins(near) == [(old.key, 90, "near_twin")]
    assert crawl.ledger.listings.context_for(near).relistings == 0
    assert crawl.ledger.listings.near_twins(crawl.item("3", seller=Seller(name="Other", id="other"))) == []
    assert crawl.ledger.listings.near_twins(crawl.item("4", title="Box of buttons")) == []
    assert crawl.ledger.listings.near_twins(crawl.item("1")) == []


def test_the_same_picture_on_another_site_or_of_another_seller(crawl: Crawl) -> None:
    old = crawl.add("1", **shown("a"))
    elsewhere = crawl.item("9", space="auctions.example", title="Lot 9", **shown("a"))
    other = crawl.item("9", seller=Seller(name="Other", id="other"), title="Lot 9", **shown("a"))
    assert crawl.ledger.listings.near_twins(elsewhere) == [(old.key, 90, "cross_site")]
    assert crawl.ledger.listings.near_twins(other) == [(old.key, 90, "picture")]


def test_a_picture_that_everybody_shows_identifies_nobody(crawl: Crawl) -> None:
    for n in range(25):
        crawl.add(str(n), title=f"Thing number {n * 977}", seller=Seller(id=f"s{n}"), **shown("logo"))
    assert crawl.ledger.listings.near_twins(crawl.item("new", seller=Seller(id="x"), title="Lamp", **shown("logo"))) == []


def test_an_empty_picture_is_like_nothing(crawl: Crawl) -> None:
    crawl.add("1", **shown("white", "8000000000000000"))
    assert crawl.ledger.listings.near_twins(crawl.item("2", title="Lamp", **shown("grey", "8000000000000001"))) == []


def test_likeness_finds_every_hash_that_near(crawl: Crawl) -> None:
    for bits in range(12):
        crawl.add(str(bits), title=f"Thing {bits}", **shown(f"p{bits}", flipped(HASH, bits, seed=bits)))
    with reading(crawl.ledger.engine) as conn:
        found = alike(conn, [HASH])
        assert [hit.distance for hit in found] == list(range(NEAREST_BITS + 1))
        assert [hit.distance for hit in alike(conn, [HASH], 3)] == [0, 1, 2, 3]


def test_the_context_knows_drops_sellers_and_pictures(crawl: Crawl) -> None:
    first = crawl.add("1", price=money("900.00"), **shown("a"))
    crawl.add("2", title="Bronze bowl", assessed=assessment(0))
    crawl.add("1", at=MONDAY + DAY, price=money("700.00"), **shown("a"))
    context = crawl.ledger.listings.context_for(crawl.item("1", at=MONDAY + 2 * DAY, price=money("480.00")))
    assert (context.price_drops, context.seller_listings, context.seller_flagged) == (2, 1, 0)
    ended(crawl, first.key)
    other = crawl.ledger.listings.context_for(crawl.item("3", title="Lamp", **shown("a")))
    assert other.picture_matches == (PictureMatch(target=first.key, kind="listing", distance=0),)
    assert (other.relistings, other.seller_listings, other.seller_flagged) == (1, 2, 1)
    assert other.as_of == MONDAY


def test_seen_before_by_address_id_seller_and_picture(crawl: Crawl) -> None:
    kept = crawl.add("1", **shown("a", HASH))
    seen = crawl.ledger.listings.seen_before
    assert [(one.key, one.by) for one in seen(url=f"https://{SPACE}/item/1")] == [(kept.key, "url")]
    assert [one.by for one in seen(listing_id="1")] == ["id"]
    assert [one.by for one in seen(listing_id="1", id_space=SPACE)] == ["id"]
    assert seen(listing_id="1", id_space="other.example") == []
    assert [one.by for one in seen(seller="kabir")] == ["seller"]
    assert [one.by for one in seen(seller="KABIR'S attic")] == ["seller"]
    assert [(one.by, one.distance) for one in seen(sha256=sha("a"))] == [("picture", 0)]
    assert [(one.by, one.distance) for one in seen(phash=[flipped(HASH, 6)])] == [("picture", 6)]
    assert seen(phash=flipped(HASH, 9)) == []
    [once] = seen(url=f"https://{SPACE}/item/1", seller="kabir", sha256=[sha("a")])
    assert (once.by, once.title, once.marketplace) == ("url", "Schist head of a bodhisattva", "bazaar")
    assert seen() == []


def test_every_address_of_a_listing_is_remembered(crawl: Crawl) -> None:
    crawl.add("1", url="https://bazaar.example/old-name/1")
    crawl.add("1", url="https://bazaar.example/new-name/1", at=MONDAY + DAY)
    seen = crawl.ledger.listings.seen_before
    assert len(seen(url="https://bazaar.example/old-name/1")) == len(seen(canonical="https://bazaar.example/new-name/1")) == 1


def test_a_picture_is_known_by_its_address(crawl: Crawl) -> None:
    crawl.add("1", **shown("a", HASH))
    found = crawl.ledger.listings.picture_at("https://img.example/p/a.jpg")
    assert found == picture("a", url="https://img.example/p/a.jpg", phash=HASH)
    assert crawl.ledger.listings.picture_at("https://img.example/p/b.jpg") is None


def cluster(crawl: Crawl, key: str) -> str:
    with reading(crawl.ledger.engine) as conn:
        return str(conn.execute(select(listings.c.cluster_id).where(listings.c.key == key)).scalar_one())


def test_a_relisting_joins_the_cluster_and_history_says_so(crawl: Crawl) -> None:
    old = crawl.add("1")
    new = crawl.add("2", same_as=old.key, same_by="relisting")
    alone = crawl.add("3")
    assert cluster(crawl, old.key) == cluster(crawl, new.key) != cluster(crawl, alone.key)
    assert [row.kind for row in crawl.ledger.listings.history(new.key)] == ["first", "joined"]


def test_a_merge_goes_on_under_the_older_id_and_keeps_the_other_as_alias(crawl: Crawl) -> None:
    one, two, three = crawl.add("1"), crawl.add("2"), crawl.add("3")
    old, young = cluster(crawl, one.key), cluster(crawl, three.key)
    crawl.add("3", at=MONDAY + DAY, same_as=two.key, same_by="picture")
    crawl.add("2", at=MONDAY + DAY, same_as=one.key, same_by="picture")
    assert {cluster(crawl, key) for key in (one.key, two.key, three.key)} == {old}
    with reading(crawl.ledger.engine) as conn:
        assert clusters.resolve(conn, young) == old
        assert clusters.members(conn, young) == sorted((one.key, two.key, three.key))
    snapshot = crawl.ledger.listings.document_rows([three.key])
    assert (snapshot.clusters[young].members, snapshot.clusters[old].reason) == ((), "picture")


def test_what_a_person_parted_the_machine_does_not_join_again(crawl: Crawl) -> None:
    old = crawl.add("1")
    new = crawl.add("2", same_as=old.key, same_by="near_twin")
    now = datetime.now(UTC)
    person = "01900000-0000-7000-8000-000000000000"
    fresh = crawl.ledger.writer.run(lambda conn: clusters.part(conn, new.key, now, reason="another object", person_id=person))
    crawl.add("2", at=MONDAY + DAY, same_as=old.key, same_by="near_twin")
    assert cluster(crawl, new.key) == fresh != cluster(crawl, old.key)
