"""Records to and from the JSON that other programs rely on: listings, assessments, contexts, extractions.

Readers are lenient about absent keys and unknown ones (both are left alone) and strict about shapes: a value of the
wrong kind raises ReadError naming the key. Money is a decimal string, times are ISO 8601 in UTC with Z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from patrol.errors import ReadError
from patrol.records import (
    Assessment,
    Authenticity,
    Band,
    Claim,
    ClaimKind,
    Context,
    Estimate,
    Extraction,
    FieldSource,
    Image,
    Listing,
    Money,
    PictureMatch,
    PriceKind,
    ProvenanceGrade,
    ProvenanceSupport,
    Seller,
    Signal,
    Span,
    Status,
    utc,
)

Json = dict[str, Any]
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


# ---------------------------------------------------------------------------------------------------------------------
# out


def _moment_out(moment: datetime | None) -> str | None:
    return None if moment is None else utc(moment)


def _amount_out(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def money_to_json(money: Money | None) -> Json | None:
    if money is None:
        return None
    return {"amount": _amount_out(money.amount), "currency": money.currency, "kind": money.kind.value, "raw": money.raw}


def estimate_to_json(estimate: Estimate | None) -> Json | None:
    if estimate is None:
        return None
    return {"low": _amount_out(estimate.low), "high": _amount_out(estimate.high), "currency": estimate.currency}


def seller_to_json(seller: Seller | None) -> Json | None:
    if seller is None:
        return None
    return {"name": seller.name, "id": seller.id, "url": seller.url, "location": seller.location}


def listing_to_json(listing: Listing) -> Json:
    """The listing in the contract's key order; every key is present, null where the page gave nothing."""
    return {
        "marketplace": listing.marketplace,
        "listing_id": listing.listing_id,
        "url": listing.url,
        "title": listing.title,
        "description": listing.description,
        "price": money_to_json(listing.price),
        "prices": [money_to_json(money) for money in listing.prices],
        "estimate": estimate_to_json(listing.estimate),
        "seller": seller_to_json(listing.seller),
        "location": listing.location,
        "images": [{"url": image.url, "sha256": image.sha256} for image in listing.images],
        "category": list(listing.category),
        "condition": listing.condition,
        "lot_number": listing.lot_number,
        "provenance": listing.provenance,
        "attributes": dict(listing.attributes),
        "listed_at": _moment_out(listing.listed_at),
        "starts_at": _moment_out(listing.starts_at),
        "ends_at": _moment_out(listing.ends_at),
        "bid_count": listing.bid_count,
        "status": listing.status.value if listing.status else None,
        "language": listing.language,
        "captured_at": _moment_out(listing.captured_at),
    }


def _span_out(span: Span) -> Json:
    row: Json = {"field": span.field, "start": span.start, "end": span.end, "quote": span.quote, "via": span.via}
    if span.gloss:
        row["gloss"] = span.gloss
    return row


def signal_to_json(signal: Signal) -> Json:
    span = signal.span
    row: Json = {
        "rule": signal.rule,
        "points": signal.points,
        "field": span.field if span else None,
        "start": span.start if span else None,
        "end": span.end if span else None,
        "quote": span.quote if span else None,
        "via": signal.via,
        "also": [_span_out(extra) for extra in signal.also],
        "because": signal.because,
    }
    if span and span.gloss:
        row["gloss"] = span.gloss
    return row


def claim_to_json(claim: Claim) -> Json:
    return {
        "kind": claim.kind.value,
        "quote": claim.span.quote,
        "field": claim.span.field,
        "start": claim.span.start,
        "end": claim.span.end,
        "from_year": claim.from_year,
        "to_year": claim.to_year,
        "place": claim.place,
        "support": claim.support.value,
    }


def assessment_to_json(assessment: Assessment) -> Json:
    return {
        "score": assessment.score,
        "sum": assessment.sum,
        "band": assessment.band.value,
        "signals": [signal_to_json(signal) for signal in assessment.signals],
        "shadow": [signal_to_json(signal) for signal in assessment.shadow],
        "cultures": list(assessment.cultures),
        "object_types": list(assessment.object_types),
        "materials": list(assessment.materials),
        "authenticity": assessment.authenticity.value,
        "claims": [claim_to_json(claim) for claim in assessment.claims],
        "provenance_grade": assessment.provenance_grade.value,
        "provenance_support": assessment.provenance_support.value,
        "outside_source_since": assessment.outside_source_since,
        "rulebook": assessment.rulebook,
    }


def context_to_json(context: Context) -> Json:
    return {
        "relistings": context.relistings,
        "price_drops": context.price_drops,
        "picture_matches": [{"target": m.target, "kind": m.kind, "distance": m.distance} for m in context.picture_matches],
        "register_matches": list(context.register_matches),
        "seller_listings": context.seller_listings,
        "seller_flagged": context.seller_flagged,
        "rates": {code: _amount_out(rate) for code, rate in sorted(context.rates.items())},
        "rates_date": context.rates_date,
        "as_of": _moment_out(context.as_of),
        "themes": list(context.themes),
    }


def extraction_to_json(extraction: Extraction) -> Json:
    return {
        "outcome": extraction.outcome.value,
        "listing": listing_to_json(extraction.listing) if extraction.listing else None,
        "results": [{"url": r.url, "title": r.title, "listing_id": r.listing_id} for r in extraction.results],
        "next_pages": list(extraction.next_pages),
        "fields": fields_to_json(extraction.fields),
        "warnings": list(extraction.warnings),
        "reason": extraction.reason,
    }


def fields_to_json(fields: Mapping[str, FieldSource]) -> Json:
    return {name: {"from": source.origin.value, "raw": source.raw} for name, source in fields.items()}


# ---------------------------------------------------------------------------------------------------------------------
# in


def _kind(row: Mapping[str, Any], key: str, kind: type[T] | tuple[type, ...]) -> Any:
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ReadError(f"{key} is {type(value).__name__}, which it may not be", remedy="See the Listing in the contracts")
    return value


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = _kind(row, key, str)
    return value or None


def _enum(row: Mapping[str, Any], key: str, kind: type[E]) -> E | None:
    value = _text(row, key)
    try:
        return kind(value) if value else None
    except ValueError:
        raise ReadError(f"{key} is {value!r}; allowed: {', '.join(kind)}") from None


def _amount(row: Mapping[str, Any], key: str) -> Decimal | None:
    value = _kind(row, key, (str, int, float, Decimal))
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ReadError(f"{key} is {value!r}, not a decimal number") from None
    if not amount.is_finite():
        raise ReadError(f"{key} is {value!r}, not a finite number")
    return amount


def moment_from_json(value: Any, key: str = "time") -> datetime | None:
    """A datetime in UTC from ISO 8601 with a zone; None stays None."""
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ReadError(f"{key} is {value!r}, not an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise ReadError(f"{key} is {value!r}, without a zone", remedy="Write times in UTC with Z")
    return moment.astimezone(UTC)


def _rows(row: Mapping[str, Any], key: str, make: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    value = _kind(row, key, list) or []
    return tuple(make(entry) for entry in value if _object(entry, key) is not None)


def _object(value: Any, key: str) -> Mapping[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ReadError(f"{key} is {type(value).__name__}, not an object")
    return value


def _texts(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = _kind(row, key, (list, str)) or []
    entries = [value] if isinstance(value, str) else value
    if not all(isinstance(entry, str) for entry in entries):
        raise ReadError(f"{key} holds something that is no text")
    return tuple(entries)


def money_from_json(row: Mapping[str, Any]) -> Money:
    amount = _amount(row, "amount")
    if amount is None:
        raise ReadError("a price without an amount")
    kind = _enum(row, "kind", PriceKind) or PriceKind.ASKING
    return Money(amount=amount, currency=_text(row, "currency"), kind=kind, raw=_text(row, "raw") or str(amount))


def listing_from_json(row: Mapping[str, Any]) -> Listing:
    """A Listing from the contract's JSON; absent keys become None, so two keys (title, description) are enough."""
    price = _object(row.get("price"), "price")
    estimate = _object(row.get("estimate"), "estimate")
    seller = _object(row.get("seller"), "seller")
    attributes = _object(row.get("attributes"), "attributes") or {}
    return Listing(
        marketplace=_text(row, "marketplace") or "",
        listing_id=_text(row, "listing_id"),
        url=_text(row, "url") or "",
        title=_text(row, "title"),
        description=_text(row, "description"),
        price=money_from_json(price) if price else None,
        prices=_rows(row, "prices", money_from_json),
        estimate=None
        if estimate is None
        else Estimate(low=_amount(estimate, "low"), high=_amount(estimate, "high"), currency=_text(estimate, "currency")),
        seller=None
        if seller is None
        else Seller(
            name=_text(seller, "name"), id=_text(seller, "id"), url=_text(seller, "url"), location=_text(seller, "location")
        ),
        location=_text(row, "location"),
        images=_rows(row, "images", lambda image: Image(url=_text(image, "url"), sha256=_text(image, "sha256"))),
        category=_texts(row, "category"),
        condition=_text(row, "condition"),
        lot_number=_text(row, "lot_number"),
        provenance=_text(row, "provenance"),
        attributes={str(name): str(value) for name, value in attributes.items() if value is not None},
        listed_at=moment_from_json(row.get("listed_at"), "listed_at"),
        starts_at=moment_from_json(row.get("starts_at"), "starts_at"),
        ends_at=moment_from_json(row.get("ends_at"), "ends_at"),
        bid_count=_kind(row, "bid_count", int),
        status=_enum(row, "status", Status),
        language=_text(row, "language"),
        captured_at=moment_from_json(row.get("captured_at"), "captured_at"),
    )


def context_from_json(row: Mapping[str, Any] | None) -> Context:
    """A Context from an optional object; None is the empty context."""
    if not row:
        return Context()
    rates = _object(row.get("rates"), "rates") or {}
    return Context(
        relistings=_kind(row, "relistings", int) or 0,
        price_drops=_kind(row, "price_drops", int) or 0,
        picture_matches=_rows(
            row,
            "picture_matches",
            lambda m: PictureMatch(
                target=_text(m, "target") or "", kind=_text(m, "kind") or "listing", distance=_kind(m, "distance", int) or 0
            ),
        ),
        register_matches=_texts(row, "register_matches"),
        seller_listings=_kind(row, "seller_listings", int) or 0,
        seller_flagged=_kind(row, "seller_flagged", int) or 0,
        rates={code: rate for code in rates if (rate := _amount(rates, code)) is not None},
        rates_date=_text(row, "rates_date"),
        as_of=moment_from_json(row.get("as_of"), "as_of"),
        themes=_texts(row, "themes"),
    )


def _span_in(row: Mapping[str, Any], via: str) -> Span:
    return Span(
        field=row["field"],
        start=row["start"],
        end=row["end"],
        quote=row["quote"],
        via=row.get("via", via),
        gloss=row.get("gloss"),
    )


def _signal_in(row: Mapping[str, Any]) -> Signal:
    return Signal(
        rule=row["rule"],
        points=row["points"],
        via=row["via"],
        because=row["because"],
        span=_span_in(row, row["via"]) if row.get("field") is not None else None,
        also=tuple(_span_in(extra, "exact") for extra in row.get("also", ())),
    )


def assessment_from_json(row: Mapping[str, Any]) -> Assessment:
    """The inverse of assessment_to_json, for stored assessments."""
    return Assessment(
        score=row["score"],
        sum=row["sum"],
        band=Band(row["band"]),
        signals=tuple(map(_signal_in, row["signals"])),
        shadow=tuple(map(_signal_in, row["shadow"])),
        cultures=tuple(row["cultures"]),
        object_types=tuple(row["object_types"]),
        materials=tuple(row["materials"]),
        authenticity=Authenticity(row["authenticity"]),
        claims=tuple(
            Claim(
                kind=ClaimKind(claim["kind"]),
                span=_span_in(claim, "claim"),
                from_year=claim["from_year"],
                to_year=claim["to_year"],
                place=claim["place"],
                support=ProvenanceSupport(claim["support"]),
            )
            for claim in row["claims"]
        ),
        provenance_grade=ProvenanceGrade(row["provenance_grade"]),
        provenance_support=ProvenanceSupport(row["provenance_support"]),
        outside_source_since=row["outside_source_since"],
        rulebook=row["rulebook"],
    )
