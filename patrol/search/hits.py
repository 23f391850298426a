"""What a viewer is shown of a document: the desk's side of other agencies taken out, the sought words marked.

Every engine hands the documents that it found here, so that a page looks the same whichever one answered.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from patrol.records import Status
from patrol.search.documents import ClusterDocument, ClusterView, Desk, ListingDocument
from patrol.search.highlight import highlights
from patrol.search.index import ClusterHit, Hit, Viewer
from patrol.search.rows import milliseconds
from patrol.search.syntax import Node

_HOUR = 3_600_000


def listing_hit(document: ListingDocument, viewer: Viewer, urgent: bool | None = None, tree: Node | None = None) -> Hit | None:
    """None where the viewer may not find it. Without `urgent` only what needs no time makes it so; `tree` is marked."""
    desk = document.seen_by(viewer.agency_id)
    if desk is None:
        return None
    return Hit(
        document=replace(document, desk=desk, desk_for={}, visible_to=()),
        desk=desk,
        urgent=document.picture_match or desk.changed if urgent is None else urgent,
        highlights={} if tree is None else highlights(tree, document),
    )


def cluster_hit(document: ClusterDocument, viewer: Viewer, urgent: bool | None = None) -> ClusterHit | None:
    view = document.seen_by(viewer.agency_id)
    if view is None:
        return None
    return ClusterHit(key=document.key, view=view, urgent=view.picture_match or view.changed if urgent is None else urgent)


def listing_urgent(document: ListingDocument, desk: Desk, now: int, hours: float) -> bool:
    """Ends within the hours (and is not over), picture known from elsewhere, or changed since decided; `now` in ms."""
    going_on = document.status in (None, Status.LIVE)
    return document.picture_match or desk.changed or (going_on and _soon(document.ends_at, now, hours))


def cluster_urgent(view: ClusterView, now: int, hours: float) -> bool:
    return view.picture_match or view.changed or _soon(view.next_end, now, hours)


def _soon(end: datetime | None, now: int, hours: float) -> bool:
    return end is not None and now <= milliseconds(end) <= now + round(hours * _HOUR)
