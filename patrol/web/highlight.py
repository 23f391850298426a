"""Lays quotes over a listing's text: each span becomes a mark exactly where scoring found it, overlaps included.

Pages hand it one field's text with the assessment's spans on that field, and get safe HTML for the template.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from patrol.records import Assessment, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing to show in a text: `kind` is raise, lower or claim; `tip` is what it says when pointed at."""

    start: int
    end: int
    kind: str
    tip: str


def marks(assessment: Assessment, field: str) -> list[Mark]:
    """The marks of one field: signals by the sign of their points, and claims."""
    found = [
        Mark(start=span.start, end=span.end, kind="raise" if signal.points > 0 else "lower", tip=_tip(span, signal.because))
        for signal in assessment.signals
        for span in (*((signal.span,) if signal.span else ()), *signal.also)
        if span.field == field
    ]
    claims = (claim for claim in assessment.claims if claim.span.field == field)
    found += [
        Mark(
            start=claim.span.start,
            end=claim.span.end,
            kind="claim",
            tip=f"{claim.kind.value.replace('_', ' ')} claim, {claim.support.value}",
        )
        for claim in claims
    ]
    return found


def _tip(span: Span, because: str) -> str:
    gloss = f"“{span.gloss}” · " if span.gloss else ""
    via = "" if span.via in ("exact", "claim", "fact") else f" ({span.via.replace(':', ' ')})"
    return f"{gloss}{because}{via}"


def highlighted(text: str, found: Iterable[Mark]) -> Markup:
    """`text` as HTML with its marks; a mark that reaches past the text is cut at its end."""
    marks = [mark for mark in found if 0 <= mark.start < min(mark.end, len(text))]
    if not marks:
        return escape(text)
    edges = sorted({0, len(text), *(mark.start for mark in marks), *(min(mark.end, len(text)) for mark in marks)})
    return Markup("").join(
        _piece(text[start:end], [mark for mark in marks if mark.start <= start and end <= mark.end])
        for start, end in pairwise(edges)
    )


def _piece(text: str, covering: Sequence[Mark]) -> Markup:
    if not covering:
        return escape(text)
    kinds = " ".join(dict.fromkeys(mark.kind for mark in covering))
    tips = " — ".join(dict.fromkeys(mark.tip for mark in covering))
    return Markup('<mark class="{}" tabindex="0" data-tip="{}">{}</mark>').format(kinds, tips, text)
