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
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError

from patrol.errors import StoreError
from patrol.ledger import Ledger
from patrol.ledger.chain import broken_links
from patrol.ledger.engine import open_engine
from patrol.ledger.migrate import SCRIPTS, head, known_revisions, upgrade
from patrol.ledger.schema import APPEND_ONLY, Json, Moment, metadata

ROWS = Path(__file__).with_name("revisions")  # for each revision but the last, what a ledger of that time held


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(empty_database: str) -> Iterator[Engine]:
    """A ledger as a new unit gets it, on every database."""
    engine = open_engine(empty_database)
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


def test_event_tables_refuse_update_delete_and_truncate(migrated: Engine) -> None:
    """Whoever asks, and whatever else holds: foreign keys and checks are off, so that the guard alone answers."""
    postgres = migrated.dialect.name == "postgresql"
    off = (
        ["SET session_replication_role = replica"]
        if postgres
        else ["PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON"]
    )
    for table in APPEND_ONLY:
        with migrated.connect() as conn:
            for statement in off:
                conn.connection.driver_connection.execute(statement)  # before a transaction begins, where SQLite ignores it
            if postgres:
                for check in inspect(conn).get_check_constraints(table.name):
                    conn.exec_driver_sql(f'ALTER TABLE {table.name} DROP CONSTRAINT "{check["name"]}"')
            conn.execute(insert(table).values({column.key: _anything(column) for column in table.columns}))
            conn.commit()
            if postgres:
                conn.exec_driver_sql("SET session_replication_role = origin")
                conn.commit()
            column = next(iter(table.columns)).name
            for statement in (
                f'UPDATE {table.name} SET "{column}" = "{column}"',
                f"DELETE FROM {table.name}",
                *([f"TRUNCATE {table.name} CASCADE"] if postgres else []),
            ):
                with pytest.raises(DatabaseError, match="append-only"):
                    conn.exec_driver_sql(statement)
                conn.rollback()
            assert conn.execute(select(func.count()).select_from(table)).scalar() == 1


def _anything(column: Column[object]) -> object:
    if isinstance(column.type, Moment):
        return MONDAY
    return (
        "x" if isinstance(column.type, Json) else {bool: True, int: 1, float: 1.0, bytes: b"x", str: "x"}[column.type.python_type]
    )


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


def test_several_that_open_a_fresh_ledger_at_once_all_get_it(empty_database: str) -> None:
    url = empty_database
    script = f"from patrol.ledger import Ledger; Ledger({url!r}, secret=b'x').close()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(start, range(3)))
    assert [process.returncode for process in ended] == [0, 0, 0], [process.stderr[-500:] for process in ended]


def upgraded_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, revision)


def at_revision(url: str, revision: str, folder: Path) -> None:
    """A ledger as that revision left it, with the rows that it kept."""
    file = f"sqlite:///{folder / 'kept.db'}"
    for address in {url, file}:
        engine = open_engine(address)
        upgraded_to(engine, revision)
        engine.dispose()
    raw = sqlite3.connect(folder / "kept.db")
    raw.executescript((ROWS / f"{revision}.sql").read_text(encoding="utf-8"))
    raw.close()
    source, target = create_engine(file), create_engine(url)
    with source.connect() as old, target.connect() as new:
        if target.dialect.name == "postgresql":
            new.exec_driver_sql("SET session_replication_role = replica")
            new.exec_driver_sql("SET TIME ZONE 'UTC'")
        tables = MetaData()
        tables.reflect(new)
        for table in tables.sorted_tables:
            for row in old.exec_driver_sql(f'SELECT * FROM "{table.name}"').mappings() if table.name != "alembic_version" else ():
                booleans = {name: bool(row[name]) for name in row if isinstance(table.c[name].type, Boolean)}
                new.execute(text(_insert_of(table)), {**row, **booleans})
            serial = table.c.get("id")
            if target.dialect.name == "postgresql" and serial is not None and not isinstance(serial.type, String):
                new.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), coalesce(max(id), 0) + 1) FROM {table.name}"
                )
        new.commit()
    source.dispose()
    target.dispose()


def _insert_of(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join(f":{column.name}" for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks})"


def rows_of(engine: Engine) -> dict[str, int]:
    with engine.connect() as conn:
        names = set(inspect(conn).get_table_names()) - {"alembic_version"}
        return {name: conn.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one() for name in sorted(names)}


@pytest.mark.parametrize("revision", sorted(set(known_revisions()) - {head()}))
def test_an_earlier_ledger_is_brought_up_with_all_that_it_holds(empty_database: str, tmp_path: Path, revision: str) -> None:
    at_revision(empty_database, revision, tmp_path)
    bare = create_engine(empty_database)
    before = rows_of(bare)
    bare.dispose()
    assert before["versions"] == 4
    with Ledger(empty_database, secret=b"a secret of the tests") as ledger:
        with ledger.engine.connect() as conn:
            assert difference(conn) == []
            if conn.dialect.name == "sqlite":
                assert conn.execute(text("PRAGMA foreign_key_check")).all() == []
            assert broken_links(conn) == []
        after = rows_of(ledger.engine)
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
    url = f"sqlite:///{tmp_path / 'old' / 'ledger.db'}"
    at_revision(url, revision, tmp_path / "old")
    old = open_engine(url)
    upgrade(old)
    with old.connect() as upgraded, engine.connect() as fresh:
        for kind in ("trigger", "index", "table"):
            assert objects(upgraded, kind) == objects(fresh, kind)
    old.dispose()


def test_a_failed_migration_leaves_nothing(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(empty_database)
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
    engine.dispose()


def test_schema_and_guards_are_the_same_on_every_database(crawl: Crawl) -> None:
    table = metadata.tables["cluster_aliases"]
    with crawl.ledger.engine.begin() as conn:
        assert difference(conn) == []
        conn.execute(insert(table).values(alias="a", cluster_id="b", at=MONDAY))
    for statement in (table.delete(), table.update().values(cluster_id="c")):
        with pytest.raises(DatabaseError, match="append-only"), crawl.ledger.engine.begin() as conn:
            conn.execute(statement)
