"""Who looked at what, and why: the append-only trail that the data-protection auditor reads.

The desk writes an entry for every view of a seller's data, export, sign-in and refusal; decisions and leads are events
already and aren't repeated here. Reasons in words are erasable, the entry itself never goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from patrol.errors import RefusedError
from patrol.ledger.desk_tables import agencies, audit, people
from patrol.ledger.engine import reading
from patrol.ledger.ids import uuid7
from patrol.ledger.tables import payloads
from patrol.ledger.viewer import Role, Viewer
from patrol.ledger.visibility import audit_seen
from patrol.ledger.words import keep_words
from patrol.ledger.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    id: str
    at: datetime
    person: str | None
    agency: str | None
    action: str
    object_kind: str
    object_id: str
    detail: Mapping[str, Any]
    reason: str | None


class Audit:
    """The trail; writing it is part of the act, so it joins the caller's transaction where one is given."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def write(
        self,
        conn: Connection | None,
        viewer: Viewer | None,
        action: str,
        object_kind: str,
        object_id: str,
        *,
        detail: Mapping[str, Any] | None = None,
        reason: str | None = None,
        now: datetime | None = None,
    ) -> str:
        """Adds an entry and returns its id. `detail` holds ids, codes and counts only; words belong into `reason`."""

        def work(conn: Connection) -> str:
            return note_audit(conn, viewer, action, object_kind, object_id, detail=detail, reason=reason, now=now)

        return work(conn) if conn is not None else self._writer.run(work)

    def list(
        self,
        viewer: Viewer,
        *,
        since: datetime | None = None,
        action: str | None = None,
        object_id: str | None = None,
        before: str | None = None,
        limit: int = 200,
    ) -> tuple[AuditEntry, ...]:
        """The newest entries first; `before` is the id of the last entry of the page before. Auditors only."""
        if viewer.role is not Role.AUDITOR:
            raise RefusedError("the audit trail is read by the auditor", remedy="Sign in with an account of that role")
        query = (
            select(*audit.c, people.c.name.label("person"), agencies.c.name.label("agency"), payloads.c.body.label("reason"))
            .select_from(audit.outerjoin(people).outerjoin(agencies, audit.c.agency_id == agencies.c.id).outerjoin(payloads))
            .where(audit_seen(viewer))
            .order_by(audit.c.id.desc())
            .limit(limit)
        )
        if since is not None:
            query = query.where(audit.c.at >= since)
        for column, value in ((audit.c.action, action), (audit.c.object_id, object_id)):
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(audit.c.id < before)
        with reading(self._engine) as conn:
            return tuple(
                AuditEntry(
                    id=row.id,
                    at=row.at,
                    person=row.person,
                    agency=row.agency,
                    action=row.action,
                    object_kind=row.object_kind,
                    object_id=row.object_id,
                    detail=row.detail,
                    reason=row.reason,
                )
                for row in conn.execute(query)
            )


def note_audit(
    conn: Connection,
    viewer: Viewer | None,
    action: str,
    object_kind: str,
    object_id: str,
    *,
    detail: Mapping[str, Any] | None = None,
    reason: str | None = None,
    now: datetime | None = None,
) -> str:
    """Adds an entry inside the caller's transaction; `viewer` None is the system itself."""
    at = now or datetime.now(UTC)
    entry_id = uuid7()
    row = {
        "id": entry_id,
        "at": at,
        "person_id": viewer.person_id if viewer else None,
        "agency_id": viewer.agency_id if viewer else None,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id[:200],
        "detail": dict(detail or {}),
        "payload_id": keep_words(conn, "audit", viewer.person_id, reason, at) if viewer else None,
    }
    conn.execute(audit.insert().values(row))
    return entry_id
