"""The end of the steps: scored with what is known around it, kept in one transaction, and no failing step ends anything else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pipelines_world import DAY, MONDAY, SPACE, Steps, drawing, encoded, money, served, shown
from spider_world import Site, Unit, listing

from patrol.errors import ReadError
from patrol.ledger import QueuedRequest
from patrol.ledger.tables import assessments, listings, outbox, requests, sightings, versions
from patrol.records import Fault


def test_the_kept_assessment_stands_on_what_is_known_around_the_listing(steps: Steps, site: Site) -> None:
    [url] = served(site, a=encoded(drawing(1)))
    steps.add("1", images=shown(url))
    steps.add("1", images=shown(url), at=MONDAY + DAY, price=money("300"))
    kept = steps.add("9", space="auctions.example", title="Gandhara head", images=shown(url), at=MONDAY + DAY)
    stored = steps.stored(kept).assessed
    assert (stored.assessment, stored.context) == (kept.assessment, kept.context)
    assert stored.assessment.rulebook == steps.rulebook.hash
    assert (stored.context.relistings, len(stored.context.picture_matches)) == (1, 1)
    assert stored.context.rates == steps.tools.base.rates
    assert stored.context.as_of == MONDAY + DAY  # by it warning lists expire


def test_version_assessment_request_and_outbox_are_one_transaction(steps: Steps) -> None:
    ledger = steps.ledger
    ledger.queue.push(steps.run.id, SPACE, [QueuedRequest(url=f"https://{SPACE}/item/1", fingerprint="f" * 40, kind="listing")])
    [asked] = ledger.queue.lease(steps.run.id, "me", 1, 60)
    with ledger.engine.begin() as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER no_assessment BEFORE INSERT ON assessments BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    with pytest.raises(Exception, match="refused"):
        steps.add("1", request_id=asked.id)
    assert [steps.count(table) for table in (listings, versions, sightings, assessments, outbox)] == [0] * 5
    assert steps.count(requests, state="done") == 0
    with ledger.engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER no_assessment")
    kept = steps.add("1", request_id=asked.id)
    assert [steps.count(table) for table in (listings, versions, sightings, assessments, outbox)] == [1] * 5
    assert steps.count(requests, state="done", outcome="listing") == 1
    assert steps.waiting(kept) == 1


def test_a_fault_on_the_way_is_written_with_the_listing_it_befell(steps: Steps) -> None:
    item = steps.item("1", images=shown("http://127.0.0.1:1/a.jpg"))
    kept = steps.walk(replace(item, faults=(Fault(step="read", message="no layout fits", url=item.listing.url),)))
    faults = steps.ledger.runs.faults(steps.run.id)
    assert {fault.step for fault in faults} == {"read", "images"}
    assert {fault.listing_key for fault in faults} == {kept.listing_key}


def test_two_listings_at_once_one_of_them_unkeepable(steps: Steps) -> None:
    with pytest.raises(ReadError):
        steps.add("1", title=None, description=None)
    assert steps.add("2").listing_key is not None
    assert steps.ledger.listings.count() == 1


@pytest.fixture
def market(tmp_path, site):
    return Unit(tmp_path / "home", site)


def test_in_a_crawl_bad_pictures_and_bad_pages_cost_only_themselves(market: Unit, site: Site) -> None:
    site.market(3)
    other = Site()
    other.pages["/far.png"] = (200, {"Content-Type": "image/png"}, encoded(drawing(5), "PNG"))
    site.pages["/good.jpg"] = (200, {"Content-Type": "image/jpeg"}, encoded(drawing(1)))
    site.pages["/away.jpg"] = (302, {"Location": f"{other.url}/far.png"}, "")
    site.pages["/round.jpg"] = (302, {"Location": "/good.jpg"}, "")
    site.pages["/page.jpg"] = (200, {"Content-Type": "image/jpeg"}, "<html>sign in</html>")
    names = ("good", "away", "gone", "page", "round")
    site.pages["/item/100000.html"] = listing(
        100000, title="Gandharan schist head of a bodhisattva", images=[f"{site.url}/{name}.jpg" for name in names]
    )
    (market.root / "config" / "rules").mkdir(parents=True)
    (market.root / "config" / "lexicons").mkdir()
    (market.root / "config" / "lexicons" / "gandhara.yml").write_text(
        "{title: Gandhara, kind: culture, tier: 1, basis: national_law, sources: [ICOM], needs: [], "
        "terms: [{gloss: Gandharan, en: [Gandhara, Gandharan]}]}"
    )
    (market.root / "config" / "rules" / "gandhara.yml").write_text(
        "{status: live, title: Words, because: It is named., points: 45, "
        "when: {all: [{terms: {lexicon: gandhara, in: [title]}}]}, false_positives: [books], "
        "tests: {hit: [{title: Gandharan relief}], miss: [{title: chair}]}}"
    )
    done = market.crawl()
    assert done["outcomes"]["listing"] == 3
    said = {fault["url"].rpartition("/")[2] if fault["url"] else "": fault["message"] for fault in done["said"]}
    assert other.paths() == []  # the redirect that leaves the card's hosts is not followed
    other.close()
    ledger = market.ledger()
    try:
        [key] = [seen.key for seen in ledger.listings.seen_before(listing_id="100000")]
        stored = ledger.listings.current(key)
        faults = [fault for fault in ledger.runs.faults(done["run"]) if fault.listing_key == key]
    finally:
        ledger.close()
    assert stored is not None
    assert [image.sha256 is not None for image in stored.listing.images] == [True, False, False, False, True]
    assert stored.listing.images[0].sha256 == stored.listing.images[4].sha256
    assert {fault.url.rpartition("/")[2] for fault in faults if fault.url} == {"away.jpg", "gone.jpg", "page.jpg"}, said
