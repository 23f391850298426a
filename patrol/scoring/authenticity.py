"""Whether the listing offers an old thing, one in an old style, a copy, or something of our time: scope decides.

`reading` hands itself in. "Museum-quality genuine … not a replica" claims an ancient piece, "replica of a genuine …" does
not. Books, prints and costumes about a culture are modern goods. The evidence comes back with the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

from patrol.records import Authenticity, Span
from patrol.scoring.dating import Dating
from patrol.scoring.mentions import Mentions
from patrol.scoring.vocabulary import Hit

Evidence = tuple[Hit | Span, ...]
_NAMES_IT = ("title", "attributes", "category")  # where a plain word ("book", "new") names the thing itself
_DECIDING = frozenset(("replica", "style", "modern", "ancient", "genuine", "certificate"))
_NEAR = 2  # words between a culture and "style"


def verdict(reading: Mentions, dating: Dating) -> tuple[Authenticity, Evidence]:
    """The authenticity and what shows it, best evidence first."""
    if not reading.relevant and reading.claimed.keys().isdisjoint(_DECIDING) and not reading.of_kind("goods"):
        return Authenticity.UNKNOWN, ()
    for kind, evidence in (
        (Authenticity.REPRODUCTION, tuple(_replica(reading))),
        (Authenticity.MODERN, tuple(_goods(reading, dating))),
        (Authenticity.STYLE_OF, tuple(_style(reading))),
        (Authenticity.MODERN, tuple(_modern(reading, dating))),
        (Authenticity.CLAIMED_ANCIENT, tuple(_ancient(reading, dating))),
    ):
        if evidence:
            return kind, evidence
    return Authenticity.UNKNOWN, ()


def _replica(reading: Mentions) -> Iterator[Hit]:
    for hit in reading.of_claim("replica"):
        if reading.meant(hit):
            yield hit
    for claim in ("ancient", "genuine"):  # "not ancient", "no original"
        for hit in reading.of_claim(claim):
            if hit.entry.weight == "strong" and reading.governed(hit) == "negation":
                yield hit


def _goods(reading: Mentions, dating: Dating) -> Iterator[Hit]:
    """Books, prints, costumes: a specific word anywhere, a picture's medium where no old date stands, a plain word where it names the thing."""
    for hit in reading.of_kind("goods"):
        weight = hit.entry.weight
        names_it = weight == "specific" or (weight == "weak" and dating.dated != "ancient") or reading.root(hit) in _NAMES_IT
        if names_it and reading.meant(hit):
            yield hit


def _style(reading: Mentions) -> Iterator[Hit]:
    """ "In the style of" anywhere; a bare "style" or "type" only beside a culture or an old period."""
    hits = reading.of_claim("style")
    if not hits:
        return
    named = [*reading.of_kind("culture"), *reading.of_kind("period"), *reading.of_claim("ancient")]
    for hit in hits:
        if not reading.meant(hit):
            continue
        beside = any(
            0 < other.first - hit.last <= _NEAR or 0 < hit.first - other.last <= _NEAR or _shares(other, hit) for other in named
        )
        if hit.entry.weight == "strong" or beside:
            yield hit


def _shares(one: Hit, other: Hit) -> bool:
    return one.first == other.first and one.inside is not None and other.inside is not None


def _modern(reading: Mentions, dating: Dating) -> Iterator[Hit | Span]:
    """Words of our time; a weak one ("new", "handmade") only where nothing says that the thing is old."""
    old = dating.dated == "ancient"
    for hit in reading.of_claim("modern"):
        weak = hit.entry.weight == "weak"
        if reading.meant(hit) and not (weak and (old or dating.ancient)) and (not weak or reading.root(hit) in _NAMES_IT):
            yield hit
    if dating.dated == "modern" and not reading.of_kind("period"):
        yield from dating.spans("modern")


def _ancient(reading: Mentions, dating: Dating) -> Iterator[Hit | Span]:
    for claim in ("ancient", "genuine", "certificate"):
        yield from (hit for hit in reading.of_claim(claim) if reading.meant(hit) and hit.entry.weight != "weak")
    yield from reading.of_kind("period")
    if dating.dated == "ancient":
        yield from dating.spans("ancient")
