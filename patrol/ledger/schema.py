"""What all tables of the ledger share: one MetaData with its naming convention, the column types, the append-only guard.

Both sides of the ledger (`tables` for the crawl, `desk_tables` for the desk) declare their tables on this MetaData; the
migrations repeat the result in frozen form. The types hide what SQLite and PostgreSQL do differently.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DDL, BigInteger, DateTime, Dialect, Integer, MetaData, String, Table, Text, TypeDecorator, event

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = String(36)  # a UUIDv7 as text
Digest = String(64)  # SHA-256 in hex, without prefix
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where the type is INTEGER


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC: `timestamptz` on PostgreSQL, ISO text of fixed width (so sortable) on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _to_text if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002 - SQLAlchemy's signature
        return _from_text if dialect.name == "sqlite" else _to_utc


def _to_utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}: the ledger keeps moments with their zone")
    return value.astimezone(UTC)


def _to_text(value: datetime | None) -> str | None:
    moment = _to_utc(value)
    return None if moment is None else moment.isoformat(" ", "microseconds")[:26]  # as SQLAlchemy writes them, but faster


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A JSON value as text: key order survives, and NUL characters (which `jsonb` refuses) stay escaped."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else orjson.loads(value)


# ---------------------------------------------------------------------------------------------------------------------
# Events are never changed: a trigger refuses it, whoever asks

APPEND_ONLY: list[Table] = []

REFUSE_CHANGE = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"""


def guard_statements(table: str, dialect: str) -> list[str]:
    """The DDL that makes `table` refuse UPDATE and DELETE on `dialect` (sqlite or postgresql)."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("update", "delete")
        ]
    return [
        REFUSE_CHANGE,
        *(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            for verb in ("update", "delete")
        ),
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]


def append_only(table: Table) -> Table:
    """Declare `table` an event table: rows are added, never changed or removed; returns the table."""
    APPEND_ONLY.append(table)
    for dialect in ("sqlite", "postgresql"):
        for statement in guard_statements(table.name, dialect):
            guard = DDL(statement)  # type: ignore[no-untyped-call]  # DDL's constructor has no hints
            event.listen(table, "after_create", guard.execute_if(dialect=dialect))
    return table
