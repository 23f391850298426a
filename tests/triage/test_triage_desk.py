"""Queue, decisions and leads together, over a real ledger and a real index that may lag behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk_world import NOON, World

from patrol.config.settings import AuditRates, Mix
from patrol.config.settings import Queue as QueueSettings
from patrol.errors import RefusedError
from patrol.ledger.decisions import Verdict
from patrol.ledger.leads import Opening
from patrol.search.embedded import EmbeddedIndex
from patrol.search.index import QueueQuery
from patrol.triage.deciding import Seen, decide, shown_in, undo
from patrol.triage.indexing import drain
from patrol.triage.leads import make_lead, merge_into
from patrol.triage.mixing import draw_of, drawn
from patrol.triage.queue import Queue, Turn

CLEAR = Verdict(kind="clear", reason=1)
SKIP = Verdict(kind="skip")
NOW = NOON + timedelta(hours=1)


class Desk(World):
    """The world with an index and the unit's queue; without audit and uncertain streams unless asked for."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url)
        self.index = EmbeddedIndex(folder / "index")
        self.queue = self.mixed(Mix(value=100, uncertain=0, audit=0))

    def mixed(self, mix: Mix, audit: AuditRates | None = None) -> Queue:
        return Queue(self.ledger, self.index, QueueSettings(mix=mix, audit=audit or AuditRates()))

    def drain(self) -> None:
        assert drain(self.ledger, self.index).away is None

    def __exit__(self, *error: object) -> None:
        self.index.close()
        super().__exit__(None, None, None)

    def keys(self, queue: Queue | None = None, **more: object) -> list[str]:
        """The listings that wait, in the queue's order."""
        offers = (queue or self.queue).page(self.nl, now=NOW, **more).offers
        return [member.listing_key for offer in offers for member in offer.waiting]


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Iterator[Desk]:
    with Desk(database, tmp_path) as desk:
        yield desk


def take(desk: Desk) -> Turn:
    turn = desk.queue.next(desk.nl, now=NOW)
    assert turn is not None
    return turn


def test_value_orders_and_urgent_goes_ahead(desk: Desk) -> None:
    fair = desk.listing("1", score=50, title="A fair one")
    good = desk.listing("2", score=90, title="A good one")
    ending = desk.listing("3", score=45, title="One that ends", ends_at=NOW + timedelta(hours=3))
    desk.listing("4", score=20, title="Nothing to see")
    desk.drain()
    assert desk.keys() == [ending, good, fair]
    page = desk.queue.page(desk.nl, now=NOW, limit=1)
    assert (page.total, len(page.offers), page.offers[0].rank) == (3, 1, 1)


def test_a_cluster_stays_together(desk: Desk) -> None:
    first = desk.listing("1", score=60, title="The first offer")
    desk.listing("2", score=75, title="Another thing")
    relisted = desk.listing("3", score=80, title="The second offer", same_as=first, same_by="near_twin")
    desk.drain()
    [together, alone] = desk.queue.page(desk.nl, now=NOW).offers
    assert [(member.listing_key, member.place, member.size) for member in together.waiting] == [(relisted, 1, 2), (first, 2, 2)]
    assert len(alone.waiting) == 1


def test_decide_and_the_next_is_there_claimed(desk: Desk) -> None:
    keys = [desk.listing(str(n), score=90 - n, title=f"Lot {n}") for n in range(4)]
    desk.drain()
    turn = take(desk)
    order = [turn.member.listing_key]
    while turn is not None:
        seen = Seen(listing_key=turn.member.listing_key, shown=shown_in(turn, seconds=2, examined=True))
        done = decide(desk.ledger, desk.nl, [seen], CLEAR, queue=desk.queue, inside=turn.offer, now=NOW)
        turn = done.next  # the index has not heard of any decision yet
        if turn is not None:
            assert turn.claim.mine
            order.append(turn.member.listing_key)
    assert order == keys
    assert desk.keys() == []
    assert desk.ledger.claims.held(desk.nl, now=NOW) == ()
    [decision] = desk.ledger.decisions.of(keys[2], desk.nl)
    assert (decision.stream, decision.probability, decision.place, decision.size) == ("value", 1.0, 1, 1)


def test_within_the_cluster_first(desk: Desk) -> None:
    one = desk.listing("1", score=90, title="The first offer")
    twin = desk.listing("2", score=50, title="The second offer", same_as=one, same_by="near_twin")
    desk.listing("3", score=80, title="Another thing")
    desk.drain()
    turn = take(desk)
    assert turn.member.listing_key == one
    seen = [Seen(listing_key=one, shown=shown_in(turn))]
    then = decide(desk.ledger, desk.nl, seen, CLEAR, queue=desk.queue, inside=turn.offer, now=NOW).next
    assert then is not None
    assert then.member.listing_key == twin


def test_what_others_hold_is_not_offered_and_cannot_be_decided(desk: Desk) -> None:
    held, free = desk.listing("1", score=90, title="Held"), desk.listing("2", score=50, title="Free")
    desk.drain()
    desk.ledger.claims.claim(desk.it, desk.cluster(held), now=NOW)
    assert desk.keys() == [free]
    assert desk.queue.page(desk.nl, now=NOW).held_by_others == 1
    with pytest.raises(RefusedError, match="an officer of Desk IT"):
        decide(desk.ledger, desk.nl, [Seen(listing_key=free), Seen(listing_key=held)], CLEAR, now=NOW)
    assert desk.ledger.decisions.status(free) == "open"  # a selection is decided as a whole or not at all


def test_a_skipped_listing_waits_until_tomorrow(desk: Desk) -> None:
    one, other = desk.listing("1", score=90, title="One"), desk.listing("2", score=50, title="Other")
    desk.drain()
    decide(desk.ledger, desk.nl, [Seen(listing_key=one)], SKIP, now=NOW)
    assert desk.keys() == [other]
    offers = desk.queue.page(desk.nl, now=NOW + timedelta(days=1)).offers
    assert [offer.hit.view.best for offer in offers] == [one, other]
    undo(desk.ledger, desk.nl)
    assert desk.keys() == [one, other]


def test_undo_of_a_selection_is_one_act(desk: Desk) -> None:
    keys = [desk.listing(str(n), score=80, title=f"Lot {n}") for n in range(3)]
    desk.drain()
    decide(desk.ledger, desk.nl, [Seen(listing_key=key) for key in keys], CLEAR, now=NOW)
    assert desk.keys() == []
    assert sorted(undo(desk.ledger, desk.nl)) == keys
    assert desk.keys() == keys
    with pytest.raises(RefusedError, match="nothing to undo"):
        undo(desk.ledger, desk.nl)


def test_what_changed_since_it_was_decided_comes_back_ahead(desk: Desk) -> None:
    cleared, watched, fresh = (desk.listing(str(n), score=80 + n, title=f"Lot {n}") for n in range(3))
    decide(desk.ledger, desk.nl, [Seen(listing_key=cleared)], CLEAR, now=NOW)
    decide(desk.ledger, desk.nl, [Seen(listing_key=watched)], Verdict(kind="watch"), now=NOW)
    desk.drain()
    assert desk.keys() == [fresh]
    desk.again(cleared, title="Gandhara Buddha head")
    desk.again(watched, score=10, description="The words that gave it away are gone.")
    desk.drain()
    assert desk.keys() == [watched, cleared, fresh]  # the watched one though it is no longer flagged
    member = desk.queue.page(desk.nl, now=NOW).offers[0].waiting[0]
    assert member.changed == ("version",)
    it_sees = [member.listing_key for offer in desk.queue.page(desk.it, now=NOW).offers for member in offer.waiting]
    assert it_sees == [cleared, fresh]


def test_the_audit_sample_is_the_drawn_ones_with_their_probability(desk: Desk) -> None:
    rates = AuditRates(none=0.3, low=0.6)
    scores = {desk.listing(str(n), score=0 if n % 2 else 20, title=f"Lot {n}", seller=f"s{n}"): n % 2 for n in range(60)}
    desk.drain()
    queue = desk.mixed(Mix(value=0, uncertain=0, audit=100), rates)
    key = bytes.fromhex(desk.ledger.sellers.id_hash("audit draw"))
    expected = {each for each, none in scores.items() if drawn(draw_of(key, desk.cluster(each)), 0.3 if none else 0.6)}
    offers = queue.page(desk.nl, limit=500, now=NOW).offers
    assert {offer.waiting[0].listing_key for offer in offers} == expected
    assert 0 < len(expected) < 60
    for offer in offers:
        assert offer.stream == "audit"
        assert offer.probability == (0.3 if scores[offer.waiting[0].listing_key] else 0.6)
    draws = [offer.hit.view.draw for offer in offers]
    assert draws == sorted(draws, reverse=True)


def test_the_sample_is_not_thinned_by_the_uncertain_stream(desk: Desk) -> None:
    keys = {desk.listing(str(n), score=35, title=f"Lot {n}", seller=f"s{n}") for n in range(30)}
    desk.drain()
    queue = desk.mixed(Mix(value=0, uncertain=75, audit=25), AuditRates(none=0, low=0.5))
    offers = queue.page(desk.nl, limit=500, now=NOW).offers
    assert {offer.waiting[0].listing_key for offer in offers} == keys
    key = bytes.fromhex(desk.ledger.sellers.id_hash("audit draw"))
    for offer in offers:
        assert (offer.stream == "audit") == drawn(draw_of(key, offer.key), 0.5)


def test_filters_narrow_the_queue(desk: Desk) -> None:
    desk.listing("1", title="Elsewhere", marketplace="other.example")
    here = desk.listing("2", title="Here")
    desk.drain()
    [offer] = desk.queue.page(desk.nl, QueueQuery(marketplaces=("shop.example",)), now=NOW).offers
    assert offer.waiting[0].listing_key == here


def test_an_expert_has_a_list_and_no_queue(desk: Desk) -> None:
    key = desk.listing("1")
    desk.drain()
    expert = desk.person("ex", "Desk NL", "expert")
    asked = Verdict(kind="unsure", text="Genuine?", to_person_id=expert.person_id)
    decide(desk.ledger, desk.nl, [Seen(listing_key=key)], asked, now=NOW)
    desk.drain()
    assert [hit.document.key for hit in desk.queue.assigned(expert)] == [key]
    with pytest.raises(RefusedError, match="may not"):
        desk.queue.page(expert, now=NOW)
    answer = decide(desk.ledger, expert, [Seen(listing_key=key)], CLEAR, queue=desk.queue, now=NOW)
    assert answer.next is None
    assert desk.ledger.decisions.status(key) == "cleared"


def test_a_lead_of_a_selection_and_one_merged_into_it(desk: Desk) -> None:
    keys = [desk.listing(str(n), score=80, title=f"Lot {n}") for n in range(3)]
    desk.drain()
    lead = make_lead(desk.ledger, desk.nl, [Seen(listing_key=key) for key in keys[:2]], Opening(title="Two heads"), now=NOW)
    assert sorted(part.listing_key for part in lead.listings) == keys[:2]
    assert desk.keys() == [keys[2]]
    lead = merge_into(desk.ledger, desk.nl, lead.number, [Seen(listing_key=keys[2])], now=NOW)
    assert len(lead.listings) == 3
    assert desk.keys() == []
    desk.drain()
    [hit] = desk.index.get([keys[2]], desk.nl)
    assert (hit.desk.status, hit.desk.leads) == ("lead", (lead.number,))
    [foreign] = desk.index.get([keys[2]], desk.it)
    assert (foreign.desk.status, foreign.desk.leads) == ("lead", ())
    undo(desk.ledger, desk.nl, desk.ledger.decisions.of(keys[0], desk.nl)[0].id)
    assert [part.listing_key for part in desk.ledger.leads.show(desk.nl, lead.number).listings] == [keys[2]]


def test_a_lead_is_refused_while_another_desk_holds_one_of_them(desk: Desk) -> None:
    one, held = desk.listing("1", title="One"), desk.listing("2", title="Held")
    desk.ledger.claims.claim(desk.it, desk.cluster(held), now=NOW)
    with pytest.raises(RefusedError, match="Desk IT"):
        make_lead(desk.ledger, desk.nl, [Seen(listing_key=one), Seen(listing_key=held)], Opening(title="Two"), now=NOW)
    assert desk.ledger.leads.list(desk.nl) == ()
