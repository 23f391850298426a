"""Decisions on a real ledger become what the lab learns from: once a cluster, the latest, technical clears left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk_world import NOON, SITE, World

from patrol.config import Home, load
from patrol.config.settings import AuditRates, Bands
from patrol.ledger.decisions import Shown, Verdict
from patrol.ledger.leads import Opening
from patrol.records import Band
from patrol.scoring import compile_rulebook
from patrol.triage.deciding import Seen
from patrol.triage.judging import Evidence, current, evidence, lessons
from patrol.triage.leads import make_lead

REPLICA, TECHNICAL, FAKE = (Verdict(kind="clear", reason=reason) for reason in (1, 6, 0))
AUDITED = Shown(stream="audit", probability=0.05, seconds=12)


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


def found(world: World, audit: AuditRates | None = None, **more: object) -> Evidence:
    return evidence(world.ledger, audit or AuditRates(none=0, low=0), Bands(), **more)


def decide(world: World, key: str, verdict: Verdict, shown: Shown | None = None, hours: int = 1) -> str:
    return world.ledger.decisions.decide(
        world.nl, key, verdict, shown or Shown(stream="value"), now=NOON + timedelta(hours=hours)
    )


def test_truth_follows_the_reason(world: World) -> None:
    keys = [world.listing(str(number)) for number in range(5)]
    for key, verdict in zip(keys, (REPLICA, TECHNICAL, FAKE, Verdict(kind="unsure", to_expert=True)), strict=False):
        decide(world, key, verdict)
    make_lead(world.ledger, world.nl, [Seen(listing_key=keys[4])], Opening(title="One"), now=NOON + timedelta(hours=2))
    told = {one.key: (one.truth, one.left_out) for one in found(world).decided}
    assert [told[key] for key in keys] == [(False, None), (None, "technical"), (True, None), (None, "undecided"), (True, None)]


def test_a_cluster_counts_once_and_by_its_latest_decision(world: World) -> None:
    first = world.listing("1", title="The first offer")
    second = world.listing("2", title="The second offer", same_as=first, same_by="relisting")
    decide(world, first, REPLICA, hours=1)
    last = decide(world, second, FAKE, hours=2)
    assert [(one.key, one.truth) for one in found(world).decided] == [(second, True)]
    world.ledger.decisions.undo(world.nl, last, now=NOON + timedelta(hours=3))
    assert [(one.key, one.truth) for one in found(world).decided] == [(first, False)]


def test_the_version_decided_on_is_scored_not_the_one_that_followed(world: World) -> None:
    key = world.listing("1", title="As it was", score=80)
    decide(world, key, REPLICA)
    world.again(key, title="As it is now", score=5)
    (one,) = found(world).decided
    assert (one.listing.title, one.shown, one.before.score if one.before else None) == ("As it was", Band.HIGH, 80)
    assert [case.listing.title for case in current(world.ledger)] == ["As it is now"]


def test_an_audit_draw_survives_a_later_look_by_choice(world: World) -> None:
    key = world.listing("1", score=0)
    decide(world, key, REPLICA, AUDITED)
    world.again(key, title="Now it says where it was found", score=80)
    decide(world, key, FAKE, Shown(stream="search"), hours=5)
    (one,) = found(world).decided
    assert (one.truth, one.stream, one.probability, one.shown, one.sampled) == (True, "audit", 0.05, Band.NONE, True)


def test_since_asks_when_it_was_decided(world: World) -> None:
    old, new = world.listing("1"), world.listing("2")
    decide(world, old, REPLICA, hours=1)
    decide(world, new, REPLICA, hours=30)
    assert [one.key for one in found(world, since=NOON + timedelta(hours=10)).decided] == [new]


def test_open_draws_and_waiting_flags_are_counted(world: World) -> None:
    done = world.listing("1", score=0)
    for number in range(3):
        world.listing(f"open {number}", score=0)
    world.listing("flagged", score=90)
    decide(world, done, REPLICA, AUDITED)
    assert found(world, AuditRates(none=1, low=1)).answered == {"none": 0.25}
    assert found(world, AuditRates(none=0, low=1)).answered == {"none": 1.0}
    assert found(world).waiting == 1


def test_erased_listings_are_counted_and_not_scored(world: World) -> None:
    key = world.listing("1")
    decide(world, key, REPLICA)
    world.ledger.listings.erase_listing(key, class_="C")
    told = found(world)
    assert (told.decided, told.erased) == ((), 1)


def test_lessons_come_only_from_cards_that_allow_training(world: World, root: Path) -> None:
    config = load(Home(root))
    card = config.marketplaces["practice-souk"]
    assert card.card is not None
    refused = card.model_copy(update={"card": card.card.model_copy(update={"training_allowed": False})})
    decide(world, world.listing("1"), REPLICA)
    decide(world, world.listing("2"), TECHNICAL)
    rulebook = compile_rulebook(config)
    learnt = list(lessons(world.ledger, rulebook, {SITE: card}))
    assert [(lesson.truth, lesson.listing.seller, lesson.listing.title) for lesson in learnt] == [(False, None, "Object 1")]
    assert list(lessons(world.ledger, rulebook, {SITE: refused})) == []
    assert list(lessons(world.ledger, rulebook, {})) == []
