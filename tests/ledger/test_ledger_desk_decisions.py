"""Decisions are events: bound to what was shown, never changed, undone by another event; the status follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from desk_world import NOON, RULEBOOK, World
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from patrol.errors import RefusedError
from patrol.ledger import desk_tables, tables
from patrol.ledger.decisions import Shown, Verdict
from patrol.ledger.status import project
from patrol.records import Status

CLEAR = Verdict(kind="clear", reason=1)
WATCH = Verdict(kind="watch")


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


def changed(world: World, key: str) -> tuple[str, ...]:
    standing = world.ledger.decisions.standing(key)
    assert standing is not None
    return standing.changed


def test_a_decision_keeps_what_was_shown_and_pins_its_assessment(world: World) -> None:
    key = world.listing("1", score=72)
    stored = world.ledger.listings.current(key)
    assert stored is not None
    assert stored.assessed is not None
    shown = Shown(
        version_id=stored.version_id,
        assessment_id=stored.assessed.id,
        stream="audit",
        probability=0.02,
        rank=7,
        blind=True,
        cluster_id=stored.cluster_id,
        place=1,
        size=1,
        seconds=31.5,
        examined=True,
    )
    decision_id = world.ledger.decisions.decide(world.nl, key, CLEAR, shown)
    [decision] = world.ledger.decisions.of(key, world.nl)
    assert decision.id == decision_id
    assert (decision.version_id, decision.assessment_id, decision.rulebook, decision.score) == (
        stored.version_id,
        stored.assessed.id,
        RULEBOOK,
        72,
    )
    assert (decision.stream, decision.probability, decision.rank, decision.blind) == ("audit", 0.02, 7, True)
    assert (decision.place, decision.size, decision.seconds, decision.examined) == (1, 1, 31.5, True)
    with world.ledger.engine.connect() as conn:
        assert conn.scalar(select(tables.assessments.c.pinned).where(tables.assessments.c.id == stored.assessed.id)) is True


@pytest.mark.parametrize("name", ["decisions", "lead_events", "notes", "audit"])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_events_can_be_neither_changed_nor_removed(world: World, name: str, verb: str) -> None:
    key = world.listing("1")
    world.ledger.leads.open(world.nl, [key], "A lead", note="seen today")
    world.ledger.audit.write(None, world.nl, "seller.view", "listing", key)
    table = desk_tables.metadata.tables[name]
    with world.ledger.engine.connect() as conn:
        before = conn.execute(select(table)).all()
    assert before
    statement = update(table).values(at=NOON) if verb == "update" else delete(table)
    with pytest.raises(DBAPIError, match="append-only"):
        world.ledger.writer.run(lambda conn: conn.execute(statement))
    with world.ledger.engine.connect() as conn:
        assert conn.execute(select(table)).all() == before


def test_undo_brings_back_what_stood_before(world: World) -> None:
    key = world.listing("1")
    world.ledger.decisions.decide(world.nl, key, WATCH, Shown(), now=NOON)
    cleared = world.ledger.decisions.decide(world.nl, key, CLEAR, Shown(), now=NOON + timedelta(minutes=1))
    assert world.ledger.decisions.status(key) == "cleared"
    assert world.ledger.decisions.undo(world.nl, cleared) == key
    assert world.ledger.decisions.status(key) == "watch"
    assert [(d.kind, d.undone) for d in world.ledger.decisions.of(key, world.nl) if d.kind != "undo"] == [
        ("clear", True),
        ("watch", False),
    ]
    with pytest.raises(RefusedError, match="undone already"):
        world.ledger.decisions.undo(world.nl, cleared)


def test_undo_of_the_only_decision_opens_the_listing_again(world: World) -> None:
    key = world.listing("1")
    world.ledger.decisions.undo(world.nl, world.ledger.decisions.decide(world.nl, key, CLEAR, Shown()))
    assert world.ledger.decisions.status(key) == "open"


def test_only_the_own_desk_undoes(world: World) -> None:
    key = world.listing("1")
    decision_id = world.ledger.decisions.decide(world.nl, key, CLEAR, Shown())
    for stranger in (world.it, world.person("nl2", "Desk NL"), world.person("boss-it", "Desk IT", "supervisor")):
        with pytest.raises(RefusedError, match="someone else's"):
            world.ledger.decisions.undo(stranger, decision_id)
    world.ledger.decisions.undo(world.person("boss-nl", "Desk NL", "supervisor"), decision_id)
    assert world.ledger.decisions.status(key) == "open"


def test_a_skip_says_nothing_of_the_listing(world: World) -> None:
    key = world.listing("1")
    world.ledger.decisions.decide(world.nl, key, Verdict(kind="skip"), Shown())
    assert world.ledger.decisions.status(key) == "open"


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (Verdict(kind="clear"), "needs a reason"),
        (Verdict(kind="clear", reason=10), "needs a reason"),
        (Verdict(kind="clear", reason=2), "which document"),
        (Verdict(kind="clear", reason=4, text="  "), "which item"),
        (Verdict(kind="clear", reason=9), "what"),
        (Verdict(kind="watch", reason=1), "belongs to clear"),
        (Verdict(kind="unsure"), "someone to ask"),
        (Verdict(kind="watch", to_expert=True), "not put to anyone"),
        (Verdict(kind="maybe"), "no decision is called"),
        (Verdict(kind="undo"), "no decision is called"),
    ],
)
def test_half_a_verdict_is_refused(world: World, verdict: Verdict, says: str) -> None:
    key = world.listing("1")
    with pytest.raises(RefusedError, match=says):
        world.ledger.decisions.decide(world.nl, key, verdict, Shown())
    assert world.ledger.decisions.of(key, world.nl) == ()


def test_a_version_of_another_listing_is_refused(world: World) -> None:
    one, other = world.listing("1"), world.listing("2", title="Something else")
    stored = world.ledger.listings.current(other)
    assert stored is not None
    with pytest.raises(RefusedError, match="does not belong"):
        world.ledger.decisions.decide(world.nl, one, CLEAR, Shown(version_id=stored.version_id))


def test_changed_since_decided(world: World) -> None:
    key = world.listing("1")
    world.ledger.decisions.decide(world.nl, key, WATCH, Shown())
    assert changed(world, key) == ()
    world.again(key, bid_count=4)  # what only ticks is no change
    assert changed(world, key) == ()
    world.again(key, description="Found by my grandfather near Peshawar.")
    assert changed(world, key) == ("version",)
    world.ledger.decisions.decide(world.nl, key, WATCH, Shown())
    assert changed(world, key) == ()
    world.again(key, status=Status.SOLD)
    assert changed(world, key) == ("sold",)


def test_a_relisting_is_a_change(world: World) -> None:
    key = world.listing("1")
    world.ledger.decisions.decide(world.nl, key, WATCH, Shown())
    world.listing("2", same_as=key, same_by="relisting")
    assert changed(world, key) == ("relisted",)


def test_what_was_cleared_reopens_for_new_content_not_for_going(world: World) -> None:
    key = world.listing("1")
    world.ledger.decisions.decide(world.nl, key, CLEAR, Shown())
    world.again(key, status=Status.REMOVED)
    gone = world.ledger.decisions.standing(key)
    assert gone is not None
    assert (gone.changed, gone.reopens) == (("removed",), False)
    world.again(key, after=timedelta(hours=2), status=Status.REMOVED, title="Gandhara Buddha, schist")
    renewed = world.ledger.decisions.standing(key)
    assert renewed is not None
    assert renewed.reopens


def test_the_index_hears_of_every_decision(world: World) -> None:
    key = world.listing("1")
    first = {row.listing_key: row.revision for row in world.ledger.outbox.claim("me", 10, 60)}
    decision_id = world.ledger.decisions.decide(world.nl, key, CLEAR, Shown())
    world.ledger.decisions.undo(world.nl, decision_id)
    world.ledger.outbox.release("me")
    then = {row.listing_key: row.revision for row in world.ledger.outbox.claim("me", 10, 60)}
    assert then[key] == first[key] + 2


def test_the_projection_can_be_made_anew(world: World) -> None:
    keys = [world.listing(str(n), title=f"Lot {n}") for n in range(4)]
    world.ledger.leads.open(world.nl, keys[:1], "A lead")
    world.ledger.decisions.decide(world.nl, keys[1], CLEAR, Shown())
    before = {key: world.ledger.decisions.standing(key) for key in keys}
    world.ledger.writer.run(lambda conn: conn.execute(delete(desk_tables.listing_status)))
    world.ledger.writer.run(lambda conn: project(conn, keys))
    assert {key: world.ledger.decisions.standing(key) for key in keys} == before
    assert before[keys[3]] is None
