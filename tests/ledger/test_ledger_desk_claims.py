"""One cluster, one officer: claims are exclusive, run out by themselves, and tell other agencies no names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk_world import NOON, World

from patrol.errors import RefusedError
from patrol.ledger import Ledger
from patrol.ledger.clusters import merge


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with World(database) as world:
        yield world


def test_of_sixteen_claimers_one_wins(world: World, tmp_path: Path) -> None:
    """Half of them through a ledger opened anew on the same file, as another process would."""
    cluster_id = world.cluster(world.listing("1"))
    viewers = [world.person(f"p{n}", "Desk NL" if n % 2 else "Desk IT") for n in range(16)]
    start = threading.Barrier(16)
    won: list[str] = []
    refused: list[RefusedError] = []

    def claim(number: int, ledger: Ledger) -> None:
        start.wait()
        try:
            won.append(ledger.claims.claim(viewers[number], cluster_id).cluster_id)
        except RefusedError as error:
            refused.append(error)

    with world.another() as second:
        threads = [threading.Thread(target=claim, args=(n, (world.ledger, second)[n % 2])) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(won), len(refused)) == (1, 15)
    assert all("is held by" in str(error) for error in refused)
    assert len(world.ledger.claims.held(viewers[0])) == 1


def test_the_refusal_names_the_holder_within_the_agency_only(world: World) -> None:
    cluster_id = world.cluster(world.listing("1"))
    world.ledger.claims.claim(world.nl, cluster_id)
    with pytest.raises(RefusedError, match=r"Name of nl \(Desk NL\)"):
        world.ledger.claims.claim(world.person("nl2", "Desk NL"), cluster_id)
    with pytest.raises(RefusedError, match="an officer of Desk NL") as refusal:
        world.ledger.claims.claim(world.it, cluster_id)
    assert "Name of nl" not in str(refusal.value)
    [seen] = world.ledger.claims.held(world.it)
    assert (seen.person, seen.person_id, seen.agency, seen.mine) == (None, None, "Desk NL", False)


def test_a_lease_runs_out_unless_it_is_renewed(world: World) -> None:
    cluster_id = world.cluster(world.listing("1"))
    world.ledger.claims.claim(world.nl, cluster_id, now=NOON)
    renewed = world.ledger.claims.claim(world.nl, cluster_id, now=NOON + timedelta(minutes=9))
    assert (renewed.claimed_at, renewed.expires_at) == (NOON, NOON + timedelta(minutes=19))
    with pytest.raises(RefusedError):
        world.ledger.claims.claim(world.it, cluster_id, now=NOON + timedelta(minutes=18))
    taken = world.ledger.claims.claim(world.it, cluster_id, now=NOON + timedelta(minutes=19))
    assert (taken.mine, taken.claimed_at) == (True, NOON + timedelta(minutes=19))


def test_only_the_holder_gives_it_back(world: World) -> None:
    cluster_id = world.cluster(world.listing("1"))
    world.ledger.claims.claim(world.nl, cluster_id)
    world.ledger.claims.release(world.it, cluster_id)
    with pytest.raises(RefusedError):
        world.ledger.claims.claim(world.it, cluster_id)
    world.ledger.claims.release(world.nl, cluster_id)
    assert world.ledger.claims.claim(world.it, cluster_id).mine


def test_a_claim_follows_a_cluster_that_was_merged(world: World) -> None:
    older, younger = world.cluster(world.listing("1")), world.cluster(world.listing("2", title="Something else"))
    world.ledger.writer.run(lambda conn: merge(conn, older, younger, NOON, method="picture"))
    assert world.ledger.claims.claim(world.nl, younger).cluster_id == older
    with pytest.raises(RefusedError):
        world.ledger.claims.claim(world.it, older)
