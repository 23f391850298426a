"""Assessments in the ledger: the current one of each listing, and every one that a person was shown or decided on.

`keeping` and `rescore` hand in what `assess` said, with the context it was said in. The current one is replaced in place
while nobody has seen it; a pinned one, or one that a decision rests on, stays and the new one gets a row of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, exists, insert, or_, select, update

from patrol.ledger import bulk
from patrol.ledger.desk_tables import decisions
from patrol.ledger.ids import uuid7
from patrol.ledger.tables import assessments
from patrol.records import Assessment, Context
from patrol.wire import Json, assessment_from_json, assessment_to_json, context_from_json, context_to_json

_decided = exists().where(decisions.c.listing_key == assessments.c.listing_key, decisions.c.assessment_id == assessments.c.id)
_CURRENT = select(
    assessments.c.id,
    assessments.c.version_id,
    assessments.c.rulebook,
    assessments.c.body,
    or_(assessments.c.pinned, _decided).label("stays"),
).where(assessments.c.id == bindparam("current"))
_READ = select(assessments).where(assessments.c.id.in_(bindparam("ids", expanding=True)), assessments.c.body.is_not(None))
_INSERT = insert(assessments)
_REPLACE = update(assessments).where(assessments.c.id == bindparam("current"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAssessment:
    id: str
    version_id: str
    assessment: Assessment
    context: Context
    at: datetime


class Current(NamedTuple):
    """A listing's assessment so far; `stays` where a person has seen it or decided on it."""

    id: str
    version_id: str
    rulebook: str
    body: Json | None
    stays: bool


class KeptAssessment(NamedTuple):
    """The current assessment's id, and whether it says anything new."""

    id: str
    changed: bool


def context_hash(context: Json) -> str:
    return hashlib.sha256(orjson.dumps(context, option=orjson.OPT_SORT_KEYS)).hexdigest()


def keep_assessment(
    conn: Connection,
    *,
    key: str,
    version_id: str,
    current: Current | None,
    assessment: Assessment,
    context: Context,
    rulebook: str,
    at: datetime,
) -> KeptAssessment:
    """Stores the assessment as the listing's current one; the same verdict once more keeps the old row and its context."""
    body, known = assessment_to_json(assessment), context_to_json(context)
    if current is not None and (current.version_id, current.rulebook, current.body) == (version_id, rulebook, body):
        return KeptAssessment(current.id, False)
    row = {
        "version_id": version_id,
        "rulebook": rulebook,
        "context_hash": context_hash(known),
        "context": known,
        "score": assessment.score,
        "sum": assessment.sum,
        "band": assessment.band.value,
        "body": body,
        "pinned": False,
        "at": at,
    }
    if current is not None and not current.stays:
        bulk.add(conn, assessments, _REPLACE, row | {"current": current.id})
        return KeptAssessment(current.id, True)
    fresh = uuid7()
    bulk.add(conn, assessments, _INSERT, row | {"id": fresh, "listing_key": key})
    return KeptAssessment(fresh, True)


def current_of(conn: Connection, assessment_id: str | None) -> Current | None:
    row = conn.execute(_CURRENT, {"current": assessment_id}).first() if assessment_id else None
    return Current(row.id, row.version_id, row.rulebook, row.body, bool(row.stays)) if row else None


def pin(conn: Connection, assessment_ids: Collection[str]) -> None:
    """A person was shown these: they stay when newer ones come."""
    unpinned = update(assessments).where(assessments.c.id.in_(assessment_ids), assessments.c.pinned.is_(False))
    conn.execute(unpinned.values(pinned=True))


def read_assessments(conn: Connection, ids: Collection[str]) -> dict[str, StoredAssessment]:
    """By id; erased ones are left out."""
    return {
        row.id: StoredAssessment(
            id=row.id,
            version_id=row.version_id,
            assessment=assessment_from_json(row.body),
            context=context_from_json(row.context),
            at=row.at,
        )
        for row in conn.execute(_READ, {"ids": list(ids)})
    }
