"""A disk that fills up in the middle of a crawl, and a ledger that somebody else holds: one clear error, nothing lost."""

import os
import shutil
import sqlite3
import subprocess
import time

import processes
import pytest

from patrol.market import serve


@pytest.fixture(scope="module")
def market():
    with serve() as running:
        yield running


class SmallDisk:
    """A disk in memory that can be made smaller and larger."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", folder], capture_output=True, check=False)
        if made.returncode != 0:
            pytest.skip(f"no small disk can be mounted here (Linux as root): {made.stderr.decode().strip()}")

    def leave(self, room):
        """Only so many bytes are free from now on."""
        size = shutil.disk_usage(self.folder).used + room
        subprocess.run(["mount", "-o", f"remount,size={size // 4096 * 4096}", self.folder], check=True)


@pytest.fixture
def disk(tmp_path):
    found = SmallDisk(tmp_path / "disk")
    yield found
    subprocess.run(["umount", "-l", found.folder], check=True)


@pytest.fixture
def small(disk, tmp_path, made, market):
    """A unit whose home lies on a small disk."""
    unit = processes.Unit(disk.folder / "home", made)
    unit.env = processes.environment(tmp_path)
    unit.market(market.ports)
    unit.run("index", "status").clear(0)
    return unit


@pytest.mark.parametrize("room", [700_000, 3_000_000])
def test_a_disk_that_fills_up_stops_the_crawl_and_loses_nothing(disk, small, market, room):
    words = ("crawl", "practice-hammer")
    disk.leave(room)
    told = small.run(*words).clear(1)
    errors = [line for line in told.err.splitlines() if not line.startswith("crawling ")]
    assert len(errors) == 1, told.err
    assert errors[0].startswith(f"patrol: {small.root}")
    assert "No space left" in errors[0] or "disk is full" in errors[0]
    ledger = small.ledger()
    held = ledger.listings.count()
    ledger.close()
    disk.leave(300_000_000)
    told = small.run(*words).clear(0)
    assert told.last["resumed"] is True
    assert told.last["state"] == "finished"
    expected = sorted(good.number for good in market.goods if good.site == "hammer" and good.status != "removed")
    ledger = small.ledger()
    keys = list(ledger.listings.current_keys())
    assert sorted(stored.listing.listing_id for stored in ledger.listings.current_many(keys).values()) == expected
    ledger.close()
    assert held < len(expected) == told.last["outcomes"]["listing"]
    assert small.broken() == []


def test_a_disk_that_is_full_already_is_said_by_every_command(disk, small):
    password = b"correct horse battery\n"
    small.run("user", "add", "anna", "--password-stdin", stdin=password).clear(0)
    note = disk.folder.parent / "note.txt"
    note.write_text("Gandharan schist head\nseen at a fair")
    disk.leave(0)
    for words in (["add", note], ["user", "add", "ben", "--password-stdin"], ["init", disk.folder / "other"]):
        told = small.run(*words, stdin=password)
        assert told.code in (1, 2)
        assert told.err.count("\n") == 1, told.err
        assert "No space left" in told.err or "disk is full" in told.err, told.err
    disk.leave(100_000_000)
    assert "seen before: no" in small.run("add", note).clear(0).out
    assert small.broken() == []
    assert not list(disk.folder.glob("other/.config-*"))


@pytest.fixture
def held(unit, tmp_path):
    """A ledger that this process holds for writing, and a note to be added."""
    unit.run("index", "status").clear(0)
    note = tmp_path / "note.txt"
    note.write_text("Gandharan schist head\nseen at a fair")
    other = sqlite3.connect(unit.root / "data" / "ledger.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield unit, other, note
    other.close()


def test_a_ledger_that_another_process_holds_is_waited_for(held):
    unit, other, note = held
    process = unit.start("add", note)
    time.sleep(8)
    assert process.poll() is None
    other.execute("ROLLBACK")
    assert "seen before: no" in processes.ended(process).clear(0).out


@pytest.mark.slow
def test_a_ledger_that_is_held_too_long_is_said(held):
    unit, other, note = held
    told = unit.run("add", note).clear(1)
    assert "the ledger is locked by another process" in told.err
    assert told.err.count("\n") == 1
    other.execute("ROLLBACK")
    assert "seen before: no" in unit.run("add", note).clear(0).out


def test_a_file_that_is_no_ledger_is_named(unit):
    unit.run("index", "status").clear(0)
    ledger = unit.root / "data" / "ledger.sqlite"
    for path in ledger.parent.glob("ledger.sqlite*"):
        path.unlink()
    ledger.write_bytes(os.urandom(8192))
    told = unit.run("index", "status").clear(1)
    assert "ledger.sqlite: this file is not a ledger" in told.err
    assert told.err.count("\n") == 1
    ledger.unlink()
    (unit.root / "data" / "secret.key").write_bytes(b"")
    told = unit.run("index", "status")
    assert told.code == 1, "a key that is empty would make every seller the same"
    assert "secret.key" in told.err
