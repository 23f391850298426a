"""What a listing says and why it scored, ready for a template: masked texts with their marks, signals, claims.

`item` builds its view of a listing from these pieces, the lead page and the API take them too. Contacts and names pass
through a Veil, which is lifted only where the listing is part of a lead that the viewer may read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from patrol.ledger.engine import reading
from patrol.ledger.sellers import read_sellers
from patrol.ledger.stored import StoredListing
from patrol.records import Assessment, Claim, Signal, Span
from patrol.reports import words
from patrol.scoring.opinion import RULE
from patrol.web.desk import Desk
from patrol.web.highlight import highlighted, marks
from patrol.web.masking import masked, pseudonym


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    text: str
    gloss: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalView:
    """One row of the reasons; `points` of all rows add up to the assessment's sum."""

    rule: str
    title: str
    points: int
    because: str
    quotes: tuple[Quote, ...]
    via: str
    warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    sort: str
    quote: str
    years: str
    place: str | None
    support: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The listing's own words, masked and marked, ready for the page."""

    title: Markup
    description: Markup | None
    provenance: Markup | None
    location: str | None
    attributes: tuple[tuple[str, Markup], ...]
    address: str
    plain_description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondView:
    """What the second opinion goes by: words (as the texts hold them, folded) and rules, with what each adds."""

    percent: int
    learnt_from: int
    digest: str
    reasons: tuple[tuple[str, str, bool], ...]  # what, how much, whether it speaks for a lead


class Veil:
    """Hides contacts and the seller's name in whatever passes through it; lifted, it lets everything through."""

    def __init__(self, stored: StoredListing, *, lifted: bool) -> None:
        seller = stored.listing.seller
        self.lifted = lifted
        self._names = tuple(name for name in (seller.name, seller.id) if name) if seller else ()

    def __call__(self, text: str) -> str:
        return text if self.lifted else masked(text, self._names)

    def over(self, assessment: Assessment) -> Assessment:
        """The assessment with its quotes veiled; positions stay true, for hiding changes no length."""
        return replace(
            assessment,
            signals=tuple(self._signal(signal) for signal in assessment.signals),
            shadow=(),
            claims=tuple(replace(found, span=self._span(found.span)) for found in assessment.claims),
        )

    def _span(self, span: Span) -> Span:
        return replace(span, quote=self(span.quote))

    def _signal(self, signal: Signal) -> Signal:
        return replace(
            signal, span=self._span(signal.span) if signal.span else None, also=tuple(self._span(span) for span in signal.also)
        )

    def seller(self, stored: StoredListing) -> str | None:
        """The seller as shown: by name under a lead, else a letter and dots; None where the page names nobody."""
        seller = stored.listing.seller
        name = (seller.name or seller.id) if seller else None
        if name is None:
            return pseudonym(None) if stored.seller_key else None
        return name if self.lifted else pseudonym(name)


def seller_names(desk: Desk, seller_keys: Iterable[str | None]) -> dict[str, tuple[str, ...]]:
    """The names to hide in rows and snippets, by seller key; only for masking, never shown from here."""
    with reading(desk.ledger.engine) as conn:
        found = read_sellers(conn, {key for key in seller_keys if key})
    return {key: tuple(name for name in (seller.name, seller.id) if name) for key, seller in found.items()}


def texts(stored: StoredListing, veil: Veil, *, blind: bool = False) -> Texts:
    listing = stored.listing
    assessment = stored.assessed.assessment if stored.assessed and not blind else None

    def marked(field: str, text: str) -> Markup:
        return highlighted(veil(text), marks(assessment, field) if assessment else ())

    return Texts(
        title=marked("title", listing.title) if listing.title else Markup("<span class='soft'>Untitled</span>"),
        description=marked("description", listing.description) if listing.description else None,
        provenance=marked("provenance", listing.provenance) if listing.provenance else None,
        location=veil(listing.location) if listing.location else None,
        attributes=tuple((name, marked(f"attributes.{name}", value)) for name, value in listing.attributes.items()),
        address=veil(listing.url),
        plain_description=veil(listing.description) if listing.description else None,
    )


def signals(assessment: Assessment, desk: Desk, veil: Veil) -> tuple[SignalView, ...]:
    """The live signals, strongest first."""
    ordered = sorted(assessment.signals, key=lambda signal: (-abs(signal.points), signal.rule))
    return tuple(_signal(signal, desk, veil) for signal in ordered)


def _signal(signal: Signal, desk: Desk, veil: Veil) -> SignalView:
    rule = desk.config.rules.get(signal.rule)
    warning = rule is not None and any(sort == "warninglist" for _place, sort, _name in rule.references())
    title = rule.title if rule else words.plain(signal.rule)
    spans = [*((signal.span,) if signal.span else ()), *signal.also]
    via = signal.span.via if signal.span else signal.via
    return SignalView(
        rule=signal.rule,
        title=title,
        points=signal.points,
        because=signal.because,
        quotes=tuple(_quotes(spans, veil))[:3],
        via="" if via in ("exact", "claim", "fact") else via.replace(":", " "),
        warning=warning,
    )


def _quotes(spans: Sequence[Span], veil: Veil) -> Iterator[Quote]:
    said: set[str] = set()
    for span in spans:
        if span.quote.casefold() not in said:
            said.add(span.quote.casefold())
            yield Quote(text=veil(span.quote), gloss=span.gloss if span.gloss != span.quote else None)


def second(desk: Desk, stored: StoredListing, veil: Veil) -> SecondView | None:
    """None where no second opinion is asked, or none fits."""
    kept = desk.second.kept() if desk.second else None
    said = desk.second.say(stored) if desk.second else None
    if kept is None or said is None:
        return None
    return SecondView(
        percent=round(100 * said.probability),
        learnt_from=kept.opinion.learnt_from,
        digest=words.short(kept.digest),
        reasons=tuple((_feature(desk, one.feature, veil), f"{one.weight:+.2f}", one.weight > 0) for one in said.reasons),
    )


def _feature(desk: Desk, feature: str, veil: Veil) -> str:
    """A rule by its title, words in quotation marks."""
    if not feature.startswith(RULE):
        return f"“{veil(feature)}”"
    name = feature.removeprefix(RULE)
    return f"rule: {desk.config.rules[name].title if name in desk.config.rules else words.plain(name)}"


def claim(found: Claim, veil: Veil) -> ClaimView:
    return ClaimView(
        sort=words.CLAIMS[found.kind.value],
        quote=veil(found.span.quote),
        years=words.years(found.from_year, found.to_year),
        place=found.place,
        support=found.support.value if found.support.value != "none" else "not backed",
    )
