"""Accounts and sessions: one login each, closed accounts end their sessions, failures are counted by login and address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from desk_world import NOON, World
from sqlalchemy import select

from patrol.errors import RefusedError, UsageError
from patrol.ledger.desk_tables import sessions


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


def test_a_login_is_taken_in_any_spelling(world: World) -> None:
    world.person("Anna", "Desk NL")
    with pytest.raises(RefusedError, match="taken"):
        world.ledger.people.add(" ANNA ", "Another", "Desk IT", "officer", "hash")
    account = world.ledger.people.by_login("anna")
    assert account is not None
    assert (account.person.agency, account.password_hash) == ("Desk NL", "hash")
    assert world.ledger.people.by_login("nobody") is None
    with pytest.raises(UsageError, match="Roles are"):
        world.ledger.people.add("b", "B", "Desk NL", "king", "hash")


def test_people_of_one_agency_share_it_and_see_their_own_names(world: World) -> None:
    world.person("ex", "Museum", "expert")
    assert world.person("nl2", "Desk NL").agency_id == world.nl.agency_id
    assert [person.login for person in world.ledger.people.list(world.nl)] == ["nl", "nl2", "ex"]
    assert {person.login for person in world.ledger.people.list()} == {"nl", "nl2", "it", "ex"}


def test_a_session_lives_by_use_and_the_ledger_never_holds_its_secret(world: World) -> None:
    opened = world.ledger.sessions.open("secret-1", world.nl.person_id, hours=10, now=NOON)
    assert opened.person.viewer == world.nl
    with world.ledger.engine.connect() as conn:
        assert "secret-1" not in repr(conn.execute(select(sessions)).all())
    used = world.ledger.sessions.find("secret-1", hours=10, now=NOON + timedelta(hours=9))
    assert used is not None
    assert used.expires_at == NOON + timedelta(hours=19)
    world.ledger.writer.run(lambda _conn: None)  # the renewal is written behind
    assert world.ledger.sessions.find("secret-1", hours=10, now=NOON + timedelta(hours=18)) is not None
    assert world.ledger.sessions.find("secret-1", hours=10, now=NOON + timedelta(hours=40)) is None
    assert world.ledger.sessions.find("another", hours=10, now=NOON) is None


def test_sign_out_new_password_and_closing_end_sessions(world: World) -> None:
    def sign_in(secret: str) -> None:
        world.ledger.sessions.open(secret, world.nl.person_id, hours=10)

    sign_in("a")
    world.ledger.sessions.close("a")
    assert world.ledger.sessions.find("a", hours=10) is None
    sign_in("b")
    world.ledger.people.set_password(world.nl.person_id, "new hash")
    assert world.ledger.sessions.find("b", hours=10) is None
    sign_in("c")
    world.ledger.people.set_active(world.nl.person_id, False)
    assert world.ledger.sessions.find("c", hours=10) is None
    with pytest.raises(RefusedError, match="closed"):
        sign_in("d")


def test_failures_count_by_login_and_by_address(world: World) -> None:
    people = world.ledger.people
    for minute in range(3):
        people.note_failure("Anna", "10.0.0.1", now=NOON + timedelta(minutes=minute))
    people.note_failure("ben", "10.0.0.1", now=NOON + timedelta(minutes=3))
    since = NOON + timedelta(minutes=1)
    assert people.failures("anna", "10.0.0.9", since=since) == 2
    assert people.failures("carla", "10.0.0.1", since=since) == 3
    people.forget_failures("ANNA")
    assert people.failures("anna", "10.0.0.9", since=since) == 0
    assert people.failures("anna", "10.0.0.1", since=since) == 1
