"""Leads: numbers that are never given twice, sealed evidence before anything, and every step an event."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk_world import NOON, World

from patrol.errors import RefusedError
from patrol.ledger import Ledger
from patrol.ledger.decisions import Shown, Verdict


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


def test_numbers_are_unique_and_without_gaps_under_concurrency(world: World, tmp_path: Path) -> None:
    keys = [world.listing(str(n), title=f"Lot {n}") for n in range(24)]
    numbers: list[str] = []
    faults: list[Exception] = []

    def open_some(mine: list[str], ledger: Ledger) -> None:
        try:
            numbers.extend(ledger.leads.open(world.nl, [key], "A lead", now=NOON).number for key in mine)
        except Exception as error:  # noqa: BLE001 - told by the assertion below, not by a dying thread
            faults.append(error)

    with world.another() as second:
        threads = [threading.Thread(target=open_some, args=(keys[n::8], (world.ledger, second)[n % 2])) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not faults
    assert sorted(numbers) == [f"L-2026-{n:04d}" for n in range(1, 25)]


def test_a_refused_lead_takes_no_number_and_each_year_starts_anew(world: World) -> None:
    sealed, bare = world.listing("1"), world.listing("2", title="Other", sealed=False)
    with pytest.raises(RefusedError):
        world.ledger.leads.open(world.nl, [sealed, bare], "Two", now=NOON)
    assert world.ledger.leads.open(world.nl, [sealed], "One", now=NOON).number == "L-2026-0001"
    assert world.ledger.decisions.status(bare) == "open"
    next_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert world.ledger.leads.open(world.nl, [sealed], "One", now=next_year).number == "L-2027-0001"


def test_no_lead_without_sealed_evidence(world: World) -> None:
    bare = world.listing("1", sealed=False)
    with pytest.raises(RefusedError, match="no sealed evidence") as refusal:
        world.ledger.leads.open(world.nl, [bare], "A lead")
    assert refusal.value.remedy
    assert world.ledger.leads.list(world.nl) == ()


def test_a_lead_binds_the_version_that_was_shown(world: World) -> None:
    key = world.listing("1")
    first = world.ledger.listings.current(key)
    assert first is not None
    world.again(key, title="Now called something else")
    lead = world.ledger.leads.open(world.nl, [key], "A lead", shown={key: Shown(version_id=first.version_id)})
    [bound] = lead.listings
    assert (bound.version_id, bound.changed) == (first.version_id, True)
    assert bound.capture_id == first.capture_id
    lead = world.ledger.leads.add(world.nl, lead.number, [key])
    assert [part.changed for part in lead.listings] == [False]
    assert [event.kind for event in lead.events] == ["opened", "attached", "version"]


def test_a_listing_stays_a_lead_whatever_another_desk_decides(world: World) -> None:
    key = world.listing("1")
    world.ledger.leads.open(world.nl, [key], "A lead", now=NOON)
    world.ledger.decisions.decide(world.it, key, Verdict(kind="clear", reason=5), Shown())
    assert world.ledger.decisions.status(key) == "lead"


def test_detaching_needs_a_reason_and_an_empty_lead_is_closed(world: World) -> None:
    one, other = world.listing("1"), world.listing("2", title="Other")
    lead = world.ledger.leads.open(world.nl, [one, other], "A lead", now=NOON)
    with pytest.raises(RefusedError, match="reason"):
        world.ledger.leads.detach(world.nl, lead.number, one, " ")
    lead = world.ledger.leads.detach(world.nl, lead.number, one, "Another object after all")
    assert [part.listing_key for part in lead.listings] == [other]
    assert (world.ledger.decisions.status(one), world.ledger.decisions.status(other)) == ("open", "lead")
    assert lead.events[-1].text == "Another object after all"
    lead = world.ledger.leads.detach(world.nl, lead.number, other, "This one too")
    assert (lead.listings, lead.row.status) == ((), "closed")


def test_undoing_a_lead_decision_takes_the_listing_out(world: World) -> None:
    key = world.listing("1")
    lead = world.ledger.leads.open(world.nl, [key], "A lead")
    [decision] = world.ledger.decisions.of(key, world.nl)
    assert (decision.kind, decision.lead) == ("lead", lead.number)
    world.ledger.decisions.undo(world.nl, decision.id)
    assert world.ledger.decisions.status(key) == "open"
    lead = world.ledger.leads.show(world.nl, lead.number)
    assert (lead.listings, lead.row.status) == ((), "closed")
    assert lead.events[-2].detail == {"undoes": decision.id}


def test_a_listing_may_belong_to_several_leads(world: World) -> None:
    key = world.listing("1")
    one, other = (world.ledger.leads.open(world.nl, [key], title) for title in ("One", "Other"))
    world.ledger.leads.detach(world.nl, one.number, key, "Belongs to the other")
    assert world.ledger.decisions.status(key) == "lead"
    assert [row.number for row in world.ledger.leads.list(world.nl, listing_key=key)] == [other.number]


def test_every_step_is_an_event_with_its_actor(world: World) -> None:
    key = world.listing("1")
    second = world.person("nl2", "Desk NL")
    lead = world.ledger.leads.open(world.nl, [key], "A lead", note="Earth in the folds", fact=True, handling_code="H1")
    number = lead.number
    world.ledger.leads.note(second, number, "Looks fresh to me", fact=False)
    world.ledger.leads.retitle(second, number, "Schist head, fresh earth")
    world.ledger.leads.set_mark(world.nl, number, "AMBER")
    world.ledger.leads.share(world.nl, number, "Desk IT")
    world.ledger.leads.evaluate(world.nl, number, handling_code="H2", source="B", information=2)
    world.ledger.leads.hand_over(world.nl, number, second.person_id)
    world.ledger.leads.advance(second, number, "enriching")
    lead = world.ledger.leads.advance(second, number, "closed", "Sold within the family")
    assert [(event.kind, event.person) for event in lead.events] == [
        ("opened", "Name of nl"),
        ("attached", "Name of nl"),
        ("noted", "Name of nl"),
        ("noted", "Name of nl2"),
        ("retitled", "Name of nl2"),
        ("marked", "Name of nl"),
        ("shared", "Name of nl"),
        ("evaluated", "Name of nl"),
        ("handed_over", "Name of nl"),
        ("status", "Name of nl2"),
        ("status", "Name of nl2"),
    ]
    assert (lead.row.title, lead.row.owner, lead.row.status) == ("Schist head, fresh earth", "Name of nl2", "closed")
    assert (lead.handling_code, lead.source_evaluation, lead.information_evaluation) == ("H2", "B", 2)
    assert [(note.fact, note.text) for note in lead.notes] == [(True, "Earth in the folds"), (False, "Looks fresh to me")]
    assert lead.shared_with == ("Desk IT",)


def test_steps_that_may_not_follow_are_refused(world: World) -> None:
    lead = world.ledger.leads.open(world.nl, [world.listing("1")], "A lead")
    for status in ("referred", "opened", "accepted", "nonsense"):
        with pytest.raises(RefusedError, match="cannot follow"):
            world.ledger.leads.advance(world.nl, lead.number, status, "why not")
    with pytest.raises(RefusedError, match="reason"):
        world.ledger.leads.advance(world.nl, lead.number, "closed")
    with pytest.raises(RefusedError, match="mark"):
        world.ledger.leads.set_mark(world.nl, lead.number, "PURPLE")
    with pytest.raises(RefusedError, match="handling code"):
        world.ledger.leads.evaluate(world.nl, lead.number, handling_code="H9", source=None, information=None)
