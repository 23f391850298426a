"""Documents to and from the JSON that an engine stores beside its columns and that comes back as a page's hits.

Every engine keeps the same JSON: times in ISO 8601, money in whole minor units, keys as the fields are named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import orjson

from patrol.records import Authenticity, Band, PriceKind, ProvenanceGrade, ProvenanceSupport, Status
from patrol.search.documents import Amount, ClusterDocument, ClusterView, Desk, DeskStatus, ListingDocument

Json = dict[str, Any]


def packed(document: ListingDocument | ClusterDocument) -> bytes:
    """The document as JSON."""
    return orjson.dumps(document, default=_plain)


def listing_from(payload: bytes) -> ListingDocument:
    """The inverse of `packed` for a listing."""
    return ListingDocument(**_read(orjson.loads(payload), _LISTING))


def cluster_from(payload: bytes) -> ClusterDocument:
    """The inverse of `packed` for a cluster."""
    return ClusterDocument(**_read(orjson.loads(payload), _CLUSTER))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} does not belong in a document")


def _read(row: Json, readers: Mapping[str, Callable[[Any], Any]]) -> Json:
    for name, reader in readers.items():
        if row.get(name) is not None:
            row[name] = reader(row[name])
    return row


def _enum(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    members = {member.value: member for member in kind}
    return members.__getitem__


def _amount(row: Json) -> Amount:
    return Amount(**_read(row, _AMOUNT))


def _desk(row: Json) -> Desk:
    return Desk(**_read(row, _DESK))


def _view(row: Json) -> ClusterView:
    return ClusterView(**_read(row, _VIEW))


def _by_agency(reader: Callable[[Any], Any]) -> Callable[[Json], Mapping[str, Any]]:
    return lambda rows: MappingProxyType({agency: reader(row) for agency, row in rows.items()})


_AMOUNT: dict[str, Callable[[Any], Any]] = {"kind": _enum(PriceKind)}
_DESK: dict[str, Callable[[Any], Any]] = {"status": _enum(DeskStatus), "leads": tuple}
_SETS = dict.fromkeys(("cultures", "object_types", "materials", "rules"), tuple)
_VIEW: dict[str, Callable[[Any], Any]] = {
    **_SETS,
    **dict.fromkeys(("leads", "members", "marketplaces", "languages"), tuple),
    **dict.fromkeys(("next_end", "first_seen", "last_seen"), datetime.fromisoformat),
    "band": _enum(Band),
    "status": _enum(DeskStatus),
}
_CLUSTER: dict[str, Callable[[Any], Any]] = {"everyone": _view, "agencies": _by_agency(_view)}
_LISTING: dict[str, Callable[[Any], Any]] = {
    **_SETS,
    **dict.fromkeys(("category", "visible_to"), tuple),
    **dict.fromkeys(("first_seen", "last_seen", "ends_at"), datetime.fromisoformat),
    **dict.fromkeys(("price", "estimate_low", "estimate_high"), _amount),
    "attributes": MappingProxyType,
    "status": _enum(Status),
    "band": _enum(Band),
    "authenticity": _enum(Authenticity),
    "provenance_grade": _enum(ProvenanceGrade),
    "provenance_support": _enum(ProvenanceSupport),
    "desk": _desk,
    "desk_for": _by_agency(_desk),
}
