"""What a viewer may not see does not exist for them: leads by mark, notes, words, names, experts and auditors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_world import World

from patrol.errors import RefusedError
from patrol.ledger import Viewer, desk_tables
from patrol.ledger.decisions import Shown, Verdict
from patrol.ledger.tables import payloads
from patrol.ledger.visibility import lead_audiences

SECRET = "The seller is known to us from case 17"


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


def everything(world: World, viewer: Viewer, key: str) -> str:
    """All that the desk's reads give this viewer about a listing and its leads, as text."""
    ledger = world.ledger
    rows = ledger.leads.list(viewer)
    return repr(
        [
            ledger.decisions.of(key, viewer),
            ledger.notes.of(key, viewer),
            rows,
            ledger.leads.list(viewer, listing_key=key),
            [ledger.leads.show(viewer, row.number) for row in rows],
            ledger.claims.held(viewer),
            ledger.decisions.last(viewer, 50),
        ]
    )


@pytest.mark.parametrize("mark", ["AMBER", "AMBER+STRICT", "RED"])
def test_another_agency_finds_nothing_restricted(world: World, mark: str) -> None:
    key = world.listing("1")
    lead = world.ledger.leads.open(world.nl, [key], SECRET, note=SECRET, mark=mark)
    world.ledger.notes.add(world.nl, key, SECRET, fact=False)
    world.ledger.decisions.decide(world.nl, key, Verdict(kind="clear", reason=9, text=SECRET), Shown())
    seen = everything(world, world.it, key)
    for hidden in (SECRET, lead.number, lead.id, "Name of nl", world.nl.person_id):
        assert hidden not in seen
    for ref in (lead.number, lead.id):
        with pytest.raises(RefusedError, match="no lead"):
            world.ledger.leads.show(world.it, ref)
        with pytest.raises(RefusedError, match="no lead"):
            world.ledger.leads.note(world.it, ref, "me too", fact=True)
        with pytest.raises(RefusedError, match="no lead"):
            world.ledger.leads.add(world.it, ref, [key])
    assert SECRET in everything(world, world.nl, key)


def test_the_status_is_known_to_every_desk(world: World) -> None:
    key = world.listing("1")
    world.ledger.leads.open(world.nl, [key], SECRET)
    [decision] = world.ledger.decisions.of(key, world.it)
    assert (decision.kind, decision.agency, decision.person, decision.lead) == ("lead", "Desk NL", None, None)


def test_a_shared_lead_can_be_read_and_noted_but_not_changed(world: World) -> None:
    key = world.listing("1")
    lead = world.ledger.leads.open(world.nl, [key], SECRET, shared_with=("Desk IT",))
    assert world.ledger.leads.show(world.it, lead.number).row.title == SECRET
    world.ledger.leads.note(world.it, lead.number, "Seen here in May", fact=True)
    assert [note.text for note in world.ledger.leads.show(world.nl, lead.number).notes] == ["Seen here in May"]
    for act in (
        lambda: world.ledger.leads.retitle(world.it, lead.number, "Ours"),
        lambda: world.ledger.leads.add(world.it, lead.number, [key]),
        lambda: world.ledger.leads.share(world.it, lead.number, "Desk IT"),
        lambda: world.ledger.leads.set_mark(world.it, lead.number, "CLEAR"),
    ):
        with pytest.raises(RefusedError, match="belongs to Desk NL"):
            act()
    world.ledger.leads.unshare(world.nl, lead.number, "Desk IT")
    with pytest.raises(RefusedError, match="no lead"):
        world.ledger.leads.show(world.it, lead.number)


def test_green_is_for_everyone_who_works_here(world: World) -> None:
    lead = world.ledger.leads.open(world.nl, [world.listing("1")], "Known to all", mark="GREEN")
    assert world.ledger.leads.show(world.it, lead.number).row.owner is None
    expert, auditor = world.person("ex", "Desk NL", "expert"), world.person("au", "Desk NL", "auditor")
    for outsider in (expert, auditor):
        assert world.ledger.leads.list(outsider) == ()


def test_red_is_for_the_owner_supervisors_and_named_eyes(world: World) -> None:
    lead = world.ledger.leads.open(world.nl, [world.listing("1")], SECRET, note=SECRET, mark="RED")
    colleague, boss = world.person("nl2", "Desk NL"), world.person("boss", "Desk NL", "supervisor")
    expert = world.person("ex", "Museum", "expert")
    assert world.ledger.leads.list(colleague) == ()
    assert [row.number for row in world.ledger.leads.list(boss)] == [lead.number]
    with pytest.raises(RefusedError, match="RED"):
        world.ledger.leads.share(world.nl, lead.number, "Desk IT")
    for reader in (colleague, expert):
        world.ledger.leads.name_reader(world.nl, lead.number, reader.person_id)
        shown = world.ledger.leads.show(reader, lead.number)
        assert (shown.row.title, [note.text for note in shown.notes]) == (SECRET, [SECRET])
    with pytest.raises(RefusedError):
        world.ledger.leads.name_reader(world.nl, lead.number, world.it.person_id)


def test_a_red_note_on_a_wider_lead_stays_with_its_author(world: World) -> None:
    lead = world.ledger.leads.open(world.nl, [world.listing("1")], "A lead", mark="AMBER")
    colleague, boss = world.person("nl2", "Desk NL"), world.person("boss", "Desk NL", "supervisor")
    world.ledger.leads.note(world.nl, lead.number, SECRET, fact=True, mark="RED")
    shown = {viewer: len(world.ledger.leads.show(viewer, lead.number).notes) for viewer in (world.nl, colleague, boss)}
    assert shown == {world.nl: 1, colleague: 0, boss: 1}


def test_a_share_does_not_survive_the_mark_red(world: World) -> None:
    lead = world.ledger.leads.open(world.nl, [world.listing("1")], SECRET, shared_with=("Desk IT",))
    world.ledger.leads.set_mark(world.nl, lead.number, "RED")
    assert world.ledger.leads.list(world.it) == ()


def test_the_index_is_told_the_same_audience(world: World) -> None:
    key = world.listing("1")
    marks = {mark: world.ledger.leads.open(world.nl, [key], mark, mark=mark).id for mark in desk_tables.MARKS}
    world.ledger.leads.share(world.nl, marks["AMBER"], "Desk IT")
    with world.ledger.engine.connect() as conn:
        audiences = lead_audiences(conn, list(marks.values()))
    for viewer in (world.nl, world.it):
        found = {row.id for row in world.ledger.leads.list(viewer)}
        told = {each for each, seen_by in audiences.items() if seen_by.everyone or viewer.agency_id in seen_by.agencies}
        assert told == found - ({marks["RED"]} if viewer is world.nl else set())  # the owner's own RED one is not for the index


def test_an_expert_sees_what_was_put_to_them_and_nothing_else(world: World) -> None:
    asked, other, pooled = (world.listing(str(n), title=f"Lot {n}") for n in range(3))
    expert, stranger = world.person("ex", "Desk NL", "expert"), world.person("ex-it", "Desk IT", "expert")
    question = "Is the patina right?"
    world.ledger.decisions.decide(world.nl, asked, Verdict(kind="unsure", text=question, to_person_id=expert.person_id), Shown())
    world.ledger.decisions.decide(world.nl, other, Verdict(kind="watch", text=SECRET), Shown())
    world.ledger.decisions.decide(world.nl, pooled, Verdict(kind="unsure", text="And this?", to_expert=True), Shown())
    assert world.ledger.decisions.assigned(expert) == (asked, pooled)
    assert world.ledger.decisions.assigned(stranger) == ()
    assert [decision.text for decision in world.ledger.decisions.of(asked, expert)] == [question]
    assert world.ledger.decisions.of(other, expert) == ()
    assert SECRET not in everything(world, expert, other)
    with pytest.raises(RefusedError, match="not put to you"):
        world.ledger.decisions.decide(expert, other, Verdict(kind="watch"), Shown())
    with pytest.raises(RefusedError, match="may not"):
        world.ledger.leads.open(expert, [asked], "Mine")
    world.ledger.decisions.decide(expert, asked, Verdict(kind="clear", reason=1), Shown())
    assert world.ledger.decisions.status(asked) == "cleared"
    assert world.ledger.decisions.assigned(expert) == (pooled,)


def test_unsure_goes_to_people_one_may_name(world: World) -> None:
    key = world.listing("1")
    auditor = world.person("au", "Desk NL", "auditor")
    gone = world.person("gone", "Desk NL")
    world.ledger.people.set_active(gone.person_id, False)
    for nobody in (world.it.person_id, auditor.person_id, gone.person_id, "no-such-id"):
        with pytest.raises(RefusedError):
            world.ledger.decisions.decide(world.nl, key, Verdict(kind="unsure", to_person_id=nobody), Shown())
    outside = world.person("ex-it", "Desk IT", "expert")
    world.ledger.decisions.decide(world.nl, key, Verdict(kind="unsure", to_person_id=outside.person_id), Shown())
    assert world.ledger.decisions.assigned(outside) == (key,)


def test_the_auditor_reads_the_trail_and_no_case(world: World) -> None:
    key = world.listing("1")
    auditor, other = world.person("au", "Desk NL", "auditor"), world.person("au-it", "Desk IT", "auditor")
    world.ledger.leads.open(world.nl, [key], SECRET, mark="GREEN")
    world.ledger.notes.add(world.nl, key, SECRET, fact=True, mark="GREEN")
    world.ledger.audit.write(None, world.nl, "seller.view", "listing", key, detail={"fields": 3}, reason="lead opens")
    world.ledger.audit.write(None, None, "sign_in.failed", "login", "nobody")
    assert SECRET not in everything(world, auditor, key)
    trail = world.ledger.audit.list(auditor)
    assert [(entry.action, entry.person, entry.reason) for entry in trail] == [
        ("sign_in.failed", None, None),
        ("seller.view", "Name of nl", "lead opens"),
    ]
    assert [entry.action for entry in world.ledger.audit.list(other)] == ["sign_in.failed"]
    for viewer in (world.nl, world.person("boss", "Desk NL", "supervisor")):
        with pytest.raises(RefusedError, match="auditor"):
            world.ledger.audit.list(viewer)
    with pytest.raises(RefusedError, match="may not"):
        world.ledger.decisions.decide(auditor, key, Verdict(kind="watch"), Shown())


def test_notes_on_listings_by_mark_and_share(world: World) -> None:
    key = world.listing("1")
    colleague = world.person("nl2", "Desk NL")
    strict = world.ledger.notes.add(world.nl, key, "for us", fact=True)
    world.ledger.notes.add(world.nl, key, "for all", fact=True, mark="GREEN")
    red = world.ledger.notes.add(world.nl, key, "for me", fact=False, mark="RED")

    def texts(viewer: Viewer) -> list[str | None]:
        return [note.text for note in world.ledger.notes.of(key, viewer)]

    assert texts(world.nl) == ["for us", "for all", "for me"]
    assert texts(colleague) == ["for us", "for all"]
    assert texts(world.it) == ["for all"]
    world.ledger.notes.share(colleague, strict, "Desk IT")
    assert texts(world.it) == ["for us", "for all"]
    with pytest.raises(RefusedError):
        world.ledger.notes.share(world.nl, red, "Desk IT")
    with pytest.raises(RefusedError):
        world.ledger.notes.share(world.it, strict, "Desk NL")


def test_erased_words_leave_the_event(world: World) -> None:
    key = world.listing("1")
    world.ledger.decisions.decide(world.nl, key, Verdict(kind="clear", reason=9, text=SECRET), Shown())
    world.ledger.writer.run(lambda conn: conn.execute(payloads.update().where(payloads.c.kind == "decision").values(body=None)))
    [decision] = world.ledger.decisions.of(key, world.nl)
    assert (decision.reason, decision.text) == (9, None)
