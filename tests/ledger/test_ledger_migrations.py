"""Migrations: one line of revisions, the migrated schema is the declared one, guards included, a newer ledger is refused."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from crawl_world import MONDAY, Crawl
from sqlalchemy import Connection, Engine, create_engine, insert, inspect, text
from sqlalchemy.exc import DatabaseError

from patrol.errors import StoreError
from patrol.ledger import Ledger
from patrol.ledger.chain import broken_links
from patrol.ledger.engine import open_engine
from patrol.ledger.migrate import SCRIPTS, head, known_revisions, upgrade
from patrol.ledger.schema import APPEND_ONLY, metadata

ROWS = Path(__file__).with_name("revisions")  # for each revision but the last, what a ledger of that time held


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


def difference(conn: Connection) -> list[object]:
    found = compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata)
    return list(found)


def objects(conn: Connection, kind: str) -> dict[str, str]:
    rows = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = :kind AND sql IS NOT NULL"), {"kind": kind})
    return {name: " ".join(sql.split()) for name, sql in rows}


def test_there_is_one_head_and_the_file_reader_agrees_with_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [head()]
    assert {revision.revision: revision.down_revision for revision in scripts.walk_revisions()} == known_revisions()


def test_the_migrated_schema_is_the_declared_one(engine: Engine, tmp_path: Path) -> None:
    declared = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    metadata.create_all(declared)
    with engine.connect() as migrated, declared.connect() as fresh:
        assert difference(migrated) == []
        assert objects(migrated, "trigger") == objects(fresh, "trigger")
        assert objects(migrated, "index") == objects(fresh, "index")
        tables = objects(migrated, "table")
        tables.pop("alembic_version")
        assert {name: "WITHOUT ROWID" in sql for name, sql in tables.items()} == {
            name: "WITHOUT ROWID" in sql for name, sql in objects(fresh, "table").items()
        }
        deferred = {name for name, sql in tables.items() if "DEFERRABLE" in sql}
        assert deferred == {name for name, sql in objects(fresh, "table").items() if "DEFERRABLE" in sql}


@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
def test_event_tables_refuse_update_and_delete(engine: Engine, table: str) -> None:
    raw = sqlite3.connect(str(engine.url.database))
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("PRAGMA ignore_check_constraints = ON")
    columns = [column["name"] for column in inspect(engine).get_columns(table)]
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
    raw.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [1] * len(columns))
    for statement in (f'UPDATE {table} SET "{columns[0]}" = 2', f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()


def test_a_ledger_newer_than_the_code_is_refused_and_left_alone(engine: Engine) -> None:
    file = Path(str(engine.url.database))
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer Patrol") as refused:
        Ledger(f"sqlite:///{file}", secret=b"x")
    assert "Update Patrol" in str(refused.value)
    with engine.connect() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_a_missing_ledger_is_only_made_where_that_is_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no ledger yet"):
        Ledger(f"sqlite:///{tmp_path / 'none.db'}", secret=b"x", create=False)
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="no ledger yet"):
        Ledger(f"sqlite:///{tmp_path / 'empty.db'}", secret=b"x", create=False)


def test_several_that_open_a_fresh_ledger_at_once_all_get_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    script = f"from patrol.ledger import Ledger; Ledger({url!r}, secret=b'x').close()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(start, range(3)))
    assert [process.returncode for process in ended] == [0, 0, 0], [process.stderr[-500:] for process in ended]


def at_revision(folder: Path, revision: str) -> Path:
    """A ledger's file as that revision left it, with the rows that it kept."""
    file = folder / "ledger.db"
    engine = open_engine(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, revision)
    engine.dispose()
    raw = sqlite3.connect(file)
    raw.executescript((ROWS / f"{revision}.sql").read_text(encoding="utf-8"))
    raw.close()
    return file


def rows_of(file: Path) -> dict[str, int]:
    raw = sqlite3.connect(file)
    names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'")]
    counts = {name: raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    raw.close()
    return counts


@pytest.mark.parametrize("revision", sorted(set(known_revisions()) - {head()}))
def test_an_earlier_ledger_is_brought_up_with_all_that_it_holds(tmp_path: Path, revision: str) -> None:
    file = at_revision(tmp_path, revision)
    before = rows_of(file)
    with Ledger(f"sqlite:///{file}", secret=b"a secret of the tests") as ledger:
        with ledger.engine.connect() as conn:
            assert difference(conn) == []
            assert conn.execute(text("PRAGMA foreign_key_check")).all() == []
            assert broken_links(conn) == []
        after = rows_of(file)
        assert {name: after[name] for name in before} == before
        keys = list(ledger.listings.current_keys())
        held = {stored.listing.listing_id: stored for stored in ledger.listings.current_many(keys, with_seller=True).values()}
        assert set(held) == {"1", "2", "3"}
        first = held["1"].listing
        assert (first.title, first.price and str(first.price.amount), first.seller and first.seller.name) == (
            "Schist head of a bodhisattva",
            "420.00",
            "seller",
        )
        officer = next(person for person in ledger.people.list() if person.login == "nl")
        lead = ledger.leads.show(officer.viewer, "L-2026-0001")
        assert len(lead.listings) == 2
        assert [note.text for note in lead.notes] == ["The photograph is of the same table."]
        assert ledger.decisions.status(held["3"].key) == "cleared"
        assert ledger.outbox.backlog().count == 3


@pytest.mark.parametrize("revision", sorted(set(known_revisions()) - {head()}))
def test_an_upgrade_leaves_the_schema_that_a_new_ledger_gets(tmp_path: Path, engine: Engine, revision: str) -> None:
    (tmp_path / "old").mkdir()
    file = at_revision(tmp_path / "old", revision)
    old = open_engine(f"sqlite:///{file}")
    upgrade(old)
    with old.connect() as upgraded, engine.connect() as fresh:
        for kind in ("trigger", "index", "table"):
            assert objects(upgraded, kind) == objects(fresh, kind)
    old.dispose()


def test_a_failed_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    broken = tmp_path / "migrations"
    (broken / "versions").mkdir(parents=True)
    for file in ("env.py", "script.py.mako"):
        (broken / file).write_text((SCRIPTS / file).read_text())
    first = next((SCRIPTS / "versions").glob("0001*.py")).read_text()
    (broken / "versions" / "0001.py").write_text(first)
    head_line = 'from alembic import op\nrevision = "0002"\ndown_revision = "0001"\n\n\n'
    (broken / "versions" / "0002.py").write_text(head_line + 'def upgrade() -> None:\n    op.execute("NONSENSE")\n')
    monkeypatch.setattr("patrol.ledger.migrate.SCRIPTS", broken)
    known_revisions.cache_clear()
    try:
        with pytest.raises(DatabaseError):
            upgrade(engine)
    finally:
        known_revisions.cache_clear()
    assert inspect(engine).get_table_names() == []


def test_schema_and_guards_are_the_same_on_every_database(crawl: Crawl) -> None:
    table = metadata.tables["cluster_aliases"]
    with crawl.ledger.engine.begin() as conn:
        assert difference(conn) == []
        conn.execute(insert(table).values(alias="a", cluster_id="b", at=MONDAY))
    for statement in (table.delete(), table.update().values(cluster_id="c")):
        with pytest.raises(DatabaseError, match="append-only"), crawl.ledger.engine.begin() as conn:
            conn.execute(statement)
