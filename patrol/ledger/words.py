"""What people wrote, kept apart from the events that point to it, so that words can be erased while the event stays.

Decisions, leads, notes and audit hand their free text here inside their own transaction and keep only the id.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from patrol.ledger.ids import uuid7
from patrol.ledger.tables import payloads


def keep_words(conn: Connection, kind: str, subject: str, text: str | None, at: datetime) -> str | None:
    """Stores `text` about `subject` (a listing's key, a lead's or person's id); None where there is nothing to store."""
    words = (text or "").strip()
    if not words:
        return None
    payload_id = uuid7()
    conn.execute(payloads.insert().values(id=payload_id, kind=kind, subject=subject, body=words, at=at))
    return payload_id
