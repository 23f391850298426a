"""What an officer brings, in every form that a browser leaves: sealed, answered "seen before?", kept or told why not."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from pipelines_world import Steps, drawing, encoded

from patrol.config import read_card, shipped
from patrol.errors import ReadError, UsageError
from patrol.evidence import verify
from patrol.extract.saved import moment_of
from patrol.pipelines.bring import Brought
from patrol.records import How, Origin, Outcome, Status

URL = "https://www.shop.example/item/gandharan-head-123456789"
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "name": "Gandharan schist head",
    "sku": "123456789",
    "description": "Grey schist, 30 cm, from an old collection.",
    "offers": {"@type": "Offer", "price": "480", "priceCurrency": "EUR", "seller": {"@type": "Person", "name": "khan_antiques"}},
}
HEAD = f"<link rel='canonical' href='{URL}'><script type='application/ld+json'>{json.dumps(PRODUCT)}</script>"
PAGE = f"<html><head>{HEAD}</head><body><h1>Gandharan schist head</h1></body></html>".encode()
BLOCKED = b"<html><head><title>Pardon Our Interruption</title></head><body><h1>Pardon Our Interruption</h1></body></html>"


def archived() -> bytes:
    """The page as a browser saves it in one file, with a picture beside it."""
    message = EmailMessage()
    message["From"] = "<Saved by Blink>"
    message["Snapshot-Content-Location"] = URL
    message.set_content(PAGE.decode(), subtype="html")
    message.add_related(encoded(drawing(1)), "image", "jpeg")
    return message.as_bytes()


def only(answers: list[Brought]) -> Brought:
    [answer] = answers
    return answer


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("lot.html", PAGE),
        ("lot.htm.gz", gzip.compress(PAGE)),
        ("lot.mhtml", archived()),
        ("lot.html", f"<!-- saved from url=(0055){URL} -->\n".encode() + PAGE),
        ("no-ending", PAGE),
    ],
    ids=["page", "packed", "archive", "saved-from", "unnamed"],
)
def test_a_saved_page_is_a_listing_like_any_other(steps: Steps, name: str, body: bytes) -> None:
    answer = only(steps.bring((name, body)))
    assert (answer.outcome, answer.seen) == (Outcome.LISTING, ())
    assert answer.item is not None
    stored = steps.stored(answer.item)
    assert (stored.listing.title, stored.listing.url, stored.listing.listing_id) == ("Gandharan schist head", URL, "123456789")
    assert (answer.item.how, answer.item.note) == (How.HAND, "found on patrol")
    assert stored.assessed.assessment.flagged
    capture = steps.ledger.runs.capture(answer.item.capture or "")
    assert capture is not None
    assert steps.archive.read(capture) == body
    assert not [verdict for verdict in verify(steps.archive.root) if verdict.fault]


def with_adapter(steps: Steps, name: str) -> Steps:
    """The unit, knowing a marketplace as it is shipped."""
    known = read_card(shipped("config") / "marketplaces" / f"{name}.yml")
    steps.config = replace(steps.config, marketplaces={**steps.config.marketplaces, name: known})
    return steps


ADVERT = "https://www.laendleanzeiger.at/c12a3456789/schistkopf"
TODAY = (
    "<html><body><div itemprop='offerDetails'><h1 itemprop='name'>Schistkopf</h1><span class='today'>Heute, 09:06</span></div>"
    "<p class='price'>250 €</p></body></html>"
)


@pytest.mark.parametrize(
    ("head", "listed"),
    [
        ("", None),
        (
            f"<!--\n Page saved with SingleFile \n url: {ADVERT} \n saved date: Fri Mar 05 2021 23:40:23 GMT+0100 (CET)\n-->",
            datetime(2021, 3, 5, 8, 6, tzinfo=UTC),
        ),
    ],
    ids=["nobody-knows-when", "the-file-says-when"],
)
def test_today_on_a_saved_page_is_the_day_it_was_saved(steps: Steps, head: str, listed: datetime | None) -> None:
    answer = only(with_adapter(steps, "laendleanzeiger").bring(("advert.html", (head + TODAY).encode()), url=ADVERT))
    assert answer.item is not None
    listing = steps.stored(answer.item).listing
    assert listing.title == "Schistkopf"
    assert listing.listed_at == listed
    assert listing.captured_at > datetime(2026, 1, 1, tzinfo=UTC)


def test_the_date_of_an_archive_is_when_it_was_saved() -> None:
    dated = b"From: <Saved by Blink>\r\nDate: Sat, 6 Mar 2021 08:00:00 +0100\r\n" + archived().split(b"\n", 1)[1]
    assert moment_of(dated, "lot.mhtml") == datetime(2021, 3, 6, 7, tzinfo=UTC)
    assert moment_of(archived(), "lot.mhtml") is None
    assert moment_of(dated.replace(b"Sat, 6 Mar", b"Sat, 66 Mar"), "lot.mhtml") is None


def test_an_auction_whose_end_has_passed_is_over_when_its_page_is_brought(steps: Steps) -> None:
    bidding = {"biddingEndTime": "2024-05-01T12:00:00Z", "closed": False, "sold": False}
    props = {"lotDetailsData": {"lotId": 55, "lotTitle": "Bronze bell"}, "biddingBlockResponse": bidding}
    state = json.dumps({"props": {"pageProps": props}})
    page = f"<html><body><h1>Bronze bell</h1><script id='__NEXT_DATA__' type='application/json'>{state}</script></body></html>"
    answer = only(
        with_adapter(steps, "catawiki").bring(("lot.html", page.encode()), url="https://www.catawiki.com/en/l/55-bronze-bell")
    )
    assert answer.item is not None
    stored = steps.stored(answer.item)
    assert (stored.listing.status, stored.fields["status"].origin) == (Status.ENDED, Origin.DERIVED)


def test_pictures_and_words_make_a_listing_without_a_page(steps: Steps) -> None:
    shot, photo = encoded(drawing(1), "PNG"), encoded(drawing(2))
    told = "Gandharan head, stone\n\nGood price, write me. كندهارا".encode()
    answer = only(steps.bring(("shot.png", shot), ("photo.jpg", photo), ("post.txt", told)))
    assert answer.item is not None
    stored = steps.stored(answer.item)
    assert (stored.listing.title, stored.listing.description) == ("Gandharan head, stone", "Good price, write me. كندهارا")
    assert len(stored.pictures) == 2
    assert [steps.archive.picture(picture.sha256) for picture in stored.pictures] == [shot, photo]
    assert len(steps.ledger.runs.captures_of(answer.item.run_id)) == 3


def test_a_bare_screenshot_and_a_bare_address_are_kept_to_be_looked_at(steps: Steps) -> None:
    shot = only(steps.bring(("shot.webp", encoded(drawing(3), "WEBP"))))
    assert shot.item is not None
    assert steps.stored(shot.item).listing.title is None
    address = only(steps.bring(url="https://www.shop.example/item/77777777?utm_source=mail"))
    assert address.outcome in (Outcome.LISTING, Outcome.UNKNOWN)


def test_a_page_of_no_listing_is_sealed_and_told_with_its_reason(steps: Steps) -> None:
    answer = only(steps.bring(("lot.html", BLOCKED), url=URL))
    assert (answer.outcome, answer.item) == (Outcome.BLOCKED, None)
    assert "block page" in answer.warnings[-1]
    run = steps.ledger.runs.recent(1)[0]
    assert (run.counts[Outcome.BLOCKED], run.faults) == (1, 1)
    assert len(steps.ledger.runs.captures_of(run.run.id)) == 1
    assert steps.ledger.listings.count() == 0


def test_a_blocked_page_with_a_screenshot_is_kept_by_the_screenshot(steps: Steps) -> None:
    answer = only(steps.bring(("lot.html", BLOCKED), ("shot.png", encoded(drawing(1), "PNG")), url=URL))
    assert answer.item is not None
    assert steps.stored(answer.item).listing.url == URL


@pytest.mark.parametrize("body", [b"\x89PNG\r\n\x1a\nbroken", b"", b"RIFF____WEBP"])
def test_a_broken_picture_is_told_and_the_rest_is_kept(steps: Steps, body: bytes) -> None:
    answer = only(steps.bring(("shot.webp", body), ("post.txt", b"Gandharan head")))
    assert answer.item is not None
    assert any("shot.webp" in warning for warning in answer.warnings)


def test_a_torn_file_does_not_cost_the_others(steps: Steps) -> None:
    torn = gzip.compress(PAGE)[:40]
    try:
        answers = steps.bring(("torn.html.gz", torn), ("lot.html", PAGE))
    except ReadError as error:
        pytest.fail(f"one torn file ended the whole batch: {error}")
    assert [answer.item is None for answer in answers] == [True, False]
    assert "cut short" in answers[0].warnings[-1] or "gzip" in answers[0].warnings[-1]
    assert [run.run.state for run in steps.ledger.runs.recent(5) if run.run.how is How.HAND or run.run.how == "hand"] == [
        "finished"
    ]


def test_two_pages_with_one_picture_are_asked_about(steps: Steps) -> None:
    with pytest.raises(UsageError, match="nobody can tell"):
        steps.bring(("a.html", PAGE), ("b.html", PAGE), ("shot.png", encoded(drawing(1), "PNG")))


def by(answer: Brought) -> dict[str, str]:
    return {seen.key: seen.by for seen in answer.seen}


def test_seen_before_by_address_whatever_its_tracking(steps: Steps) -> None:
    first = only(steps.bring(("lot.html", PAGE)))
    assert first.item is not None
    again = only(steps.bring(("lot.html", PAGE), url=URL + "?utm_source=mail#photos"))
    assert by(again) == {first.item.listing_key: "url"}
    assert again.item is not None
    assert again.item.listing_key == first.item.listing_key


def test_seen_before_by_id_seller_and_picture(steps: Steps) -> None:
    shot = encoded(drawing(1), "PNG")
    first = only(steps.bring(("lot.html", PAGE), ("shot.png", shot)))
    assert first.item is not None
    key = first.item.listing_key
    moved = PAGE.replace(URL.encode(), URL.replace("gandharan-head", "other-words").encode())
    assert by(only(steps.bring(("lot.html", moved)))) == {key: "id"}
    of_seller = PAGE.replace(b"123456789", b"987654321").replace(b"Gandharan schist head", b"Bronze lamp")
    assert by(only(steps.bring(("lot.html", of_seller))))[key] == "seller"
    assert by(only(steps.bring(("same.png", shot))))[key] == "picture"
    smaller = encoded(drawing(1, (200, 150)), "JPEG", quality=70)
    assert by(only(steps.bring(("alike.jpg", smaller))))[key] == "picture"
    assert by(only(steps.bring(("other.jpg", encoded(drawing(9)))))) == {}


def test_the_same_file_twice_is_one_listing(steps: Steps) -> None:
    one = only(steps.bring(("post.txt", b"Gandharan head")))
    two = only(steps.bring(("post.txt", b"Gandharan head")))
    assert one.item is not None
    assert two.item is not None
    assert one.item.listing_key == two.item.listing_key
    assert steps.ledger.listings.count() == 1
