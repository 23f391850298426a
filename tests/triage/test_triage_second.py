"""The second opinion at the queue: it moves clusters within their band and picks uncertain ones; everything else stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from desk_world import NOON, World

from patrol.config import Home, load
from patrol.config.settings import AuditRates, Mix
from patrol.config.settings import Queue as QueueSettings
from patrol.errors import UsageError
from patrol.scoring import Rulebook, compile_rulebook
from patrol.scoring.opinion import Opinion
from patrol.search.embedded import EmbeddedIndex
from patrol.triage.indexing import drain
from patrol.triage.queue import ADVISED, Queue
from patrol.triage.second import SecondOpinion, keep, read

NOW = NOON + timedelta(hours=1)
VALUE = Mix(value=100, uncertain=0, audit=0)


@pytest.fixture(scope="module")
def rulebook(root: Path) -> Rulebook:
    return compile_rulebook(load(Home(root)))


@pytest.fixture
def opinion(rulebook: Rulebook) -> Opinion:
    """Whatever lies on blue cloth is cleared, planks are leads."""
    return Opinion(
        weights={"cloth": -4.0, "planks": 4.0}, intercept=0.0, slope=1.0, offset=0.0, learnt_from=60, area=0.9,
        area_of_score=0.5, log_loss=0.3, rulebook=rulebook.hash,
    )  # fmt: skip


class Desk(World):
    """A desk whose listings were scored as told; `queue` asks the opinion of `file`."""

    def __init__(self, url: str, folder: Path, rulebook: Rulebook) -> None:
        super().__init__(url)
        self.index = EmbeddedIndex(folder / "index")
        self.file = folder / "opinion.json"
        self.second = SecondOpinion(self.file, self.ledger, rulebook)

    def queue(self, mix: Mix = VALUE, audit: AuditRates | None = None, *, asked: bool = True) -> Queue:
        settings = QueueSettings(mix=mix, audit=audit or AuditRates(none=0, low=0))
        return Queue(self.ledger, self.index, settings, second=self.second if asked else None)

    def keys(self, queue: Queue) -> list[str]:
        return [offer.waiting[0].listing_key for offer in queue.page(self.nl, now=NOW).offers]

    def __exit__(self, *error: object) -> None:
        self.index.close()
        super().__exit__(None, None, None)


@pytest.fixture
def desk(database: str, tmp_path: Path, rulebook: Rulebook) -> Iterator[Desk]:
    with Desk(database, tmp_path, rulebook) as desk:
        yield desk


def test_it_orders_within_a_band_and_never_past_urgency_or_band(desk: Desk, opinion: Opinion) -> None:
    cloth = desk.listing("1", score=95, title="Head on cloth")
    planks = desk.listing("2", score=75, title="Head on planks")
    review = desk.listing("3", score=50, title="Relief on planks")
    urgent = desk.listing("4", score=45, title="Bowl on cloth", ends_at=NOW + timedelta(hours=3))
    drain(desk.ledger, desk.index)
    plain = desk.keys(desk.queue())
    assert plain == [urgent, cloth, planks, review]  # nothing learnt yet
    assert "no second opinion has been learnt" in (desk.second.notice or "")
    keep(desk.file, opinion)
    before = [desk.ledger.listings.current(key) for key in plain]
    assert desk.keys(desk.queue()) == [urgent, planks, cloth, review]
    turn = desk.queue().next(desk.nl, now=NOW)
    assert turn is not None
    assert turn.member.listing_key == urgent
    assert desk.keys(desk.queue(asked=False)) == plain
    assert [desk.ledger.listings.current(key) for key in plain] == before
    page, other = desk.queue().page(desk.nl, now=NOW), desk.queue(asked=False).page(desk.nl, now=NOW)
    assert {(one.key, one.stream, one.probability) for one in page.offers} == {
        (one.key, one.stream, one.probability) for one in other.offers
    }


def test_it_picks_the_uncertain_ones_and_leaves_the_audit_alone(desk: Desk, opinion: Opinion) -> None:
    keep(desk.file, replace(opinion, weights={"cloth": -4.0, "planks": 0.1}))
    sure = desk.listing("1", score=39, title="Head on cloth")
    unsure = desk.listing("2", score=30, title="Head on planks")
    drawn = [desk.listing(f"d{number}", score=0, title=f"Chair {number}") for number in range(6)]
    drain(desk.ledger, desk.index)
    uncertain = Mix(value=0, uncertain=100, audit=0)
    assert desk.keys(desk.queue(uncertain, asked=False)) == [sure, unsure]
    assert desk.keys(desk.queue(uncertain)) == [unsure, sure]
    audit = Mix(value=0, uncertain=0, audit=100)
    rates = AuditRates(none=1, low=0)
    asked, plain = (desk.queue(audit, rates, asked=asked).page(desk.nl, now=NOW).offers for asked in (True, False))
    assert [(one.key, one.probability) for one in asked] == [(one.key, one.probability) for one in plain]
    assert len(asked) == len(drawn)


def test_a_long_queue_loses_and_doubles_nothing(desk: Desk, opinion: Opinion) -> None:
    keep(desk.file, opinion)
    made = {desk.listing(str(number), score=90 - number % 40, title=f"Head {number} on cloth") for number in range(ADVISED + 30)}
    drain(desk.ledger, desk.index)
    offers = desk.queue().page(desk.nl, now=NOW, limit=1000).offers
    assert [offer.rank for offer in offers] == list(range(1, len(made) + 1))
    assert {offer.waiting[0].listing_key for offer in offers} == made


def test_what_was_learnt_anew_counts_at_once_and_other_rules_refuse_it(desk: Desk, opinion: Opinion) -> None:
    cloth, planks = desk.listing("1", score=75, title="On cloth"), desk.listing("2", score=75, title="On planks")
    drain(desk.ledger, desk.index)
    keep(desk.file, opinion)
    assert desk.keys(desk.queue()) == [planks, cloth]
    keep(desk.file, replace(opinion, weights={"cloth": 4.0, "planks": -4.0, "other": 0.0}))
    assert desk.keys(desk.queue()) == [cloth, planks]
    keep(desk.file, replace(opinion, rulebook="sha256:" + "9" * 64))
    desk.keys(desk.queue())
    assert "other rules than today's. Learn it again: `patrol rules train`" in (desk.second.notice or "")
    assert desk.second.probabilities([("1", "v", None)]) == {}


def test_it_comes_back_as_it_was_kept(tmp_path: Path, opinion: Opinion) -> None:
    kept = keep(tmp_path / "opinion.json", opinion, now=NOON)
    again = read(tmp_path / "opinion.json", opinion.rulebook)
    assert again == kept
    assert (tmp_path / "opinion.json").stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "opinion.json"]


def changed(path: Path, **keys: object) -> None:
    row = orjson.loads(path.read_bytes())
    row["opinion"] |= keys
    path.write_bytes(orjson.dumps(row))


def test_a_file_that_fits_not_is_refused_with_a_reason(tmp_path: Path, opinion: Opinion) -> None:
    path = tmp_path / "opinion.json"

    def refused(words: str) -> None:
        with pytest.raises(UsageError, match=words) as caught:
            read(path, opinion.rulebook)
        assert "patrol rules train" in str(caught.value)

    refused("no second opinion has been learnt yet")
    keep(path, opinion)
    changed(path, intercept=3.0)
    refused("changed after it was learnt")
    changed(path, weights="os.system")
    refused("this is no second opinion: 'weights'")
    keep(path, replace(opinion, features=1))
    refused("other features")
    keep(path, replace(opinion, rulebook="sha256:0"))
    refused("other rules than today's")
    for body in (b"\x80\x04\x95", b"", b"[]", b'{"format": 99}', b'{"format": 1}'):
        path.write_bytes(body)
        refused("cannot be read|another Patrol")


def test_an_erased_listing_has_no_probability(desk: Desk, opinion: Opinion) -> None:
    keep(desk.file, opinion)
    gone = desk.listing("1", score=75, title="On cloth")
    desk.ledger.listings.erase_listing(gone, class_="C")
    assert desk.second.probabilities([(gone, "v", None)]) == {}
