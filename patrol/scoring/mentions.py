"""The terms that one listing mentions, and how far each is meant: the ground on which claims, dates and verdicts are read.

`reading` is the whole that rules see; this is its first half. Ambiguous words stay only in company, negation and
condition are asked of `scope`, and spans are worked out only for what is shown.
"""

from __future__ import annotations

from typing import Any

from patrol.records import Context, Listing, Span
from patrol.scoring.asides import Around
from patrol.scoring.dates import ANCIENT_UNTIL, Dated, dates
from patrol.scoring.finds import is_half, told
from patrol.scoring.lazy import Lazy
from patrol.scoring.pieces import Pieces
from patrol.scoring.scope import Scope
from patrol.scoring.vocabulary import Hit, cancelled, in_order, longest
from patrol.scoring.words import FieldText, Words

BESIDE = 3  # words between a denying word and what it denies, where no sentences are cut
APART = 25  # words between a people's name and a thing, so that the one is said of the other
_TELLING = ("ancient", "find", "certificate", "evasion")
_UNDATED = ("location", "condition", "provenance", "category")  # fields that do not say when a thing was made


class Mentions:
    """The hits of one listing."""

    def __init__(self, listing: Listing, pieces: Pieces, context: Context) -> None:
        self.listing = listing
        self.pieces = pieces
        self.context = context
        self.words = Words(listing)
        self.answers: dict[str, Any] = {}  # what conditions that several rules share have found
        self._scopes: dict[str, Scope] = {}
        self._spans: dict[tuple[int, int, tuple[int, int] | None, int], Span] = {}
        telling, hiding = pieces.near.telling(self.words)
        found = pieces.vocabulary.scan(self.words, telling)
        near = [*pieces.near.look(self.words, hiding)]
        self._found = list(cancelled(longest(sorted([*found, *near], key=in_order)) if near else found))
        if any(map(is_half, self._found)):
            self._found = list(told(self._found, self.words, pieces.asides))
        self.hits = [hit for hit in self._found if not hit.entry.needs or self._in_company(hit)]
        self.lexicons: dict[str, list[Hit]] = {}
        for hit in self.hits:
            self.lexicons.setdefault(hit.entry.lexicon, []).append(hit)
        self.kinds: dict[str, list[Hit]] = {}
        self.claimed: dict[str, list[Hit]] = {}
        aside = listing.location is not None or listing.condition is not None
        for hit in self.hits:
            if hit.entry.claim:
                self.claimed.setdefault(hit.entry.claim, []).append(hit)
            elif not aside or self.root(hit) not in ("location", "condition"):
                self.kinds.setdefault(hit.entry.kind, []).append(hit)

    # --- hits

    def of_kind(self, kind: str) -> list[Hit]:
        """Hits of a kind in the fields that describe the object; claims go by `of_claim`."""
        return self.kinds.get(kind, [])

    def of_claim(self, claim: str) -> list[Hit]:
        return self.claimed.get(claim, [])

    def root(self, hit: Hit) -> str:
        """The field that a hit stands in: title, description, provenance, attributes, category, condition, location."""
        return self.words.field(hit.first).root

    def _in_company(self, hit: Hit) -> bool:
        wanted = hit.entry.needs
        for other in self._found:
            entry = other.entry
            if other.first <= hit.last and hit.first <= other.last and other.inside == hit.inside:
                continue
            if entry.needs and entry.lexicon != hit.entry.lexicon and entry.kind == hit.entry.kind:
                continue  # two ambiguous words do not vouch for each other
            if entry.weight == "weak":
                continue
            if entry.kind in wanted or entry.lexicon in wanted or (entry.claim == "ancient" and "ancient" in wanted):
                return True
        return "ancient" in wanted and self._timed and any(date.to_year <= ANCIENT_UNTIL for _, date in self._raw_dates)

    def _names(self, kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(hit.entry.lexicon for hit in self.of_kind(kind)))

    @Lazy
    def cultures(self) -> tuple[str, ...]:
        return self._names("culture")

    @Lazy
    def object_types(self) -> tuple[str, ...]:
        return self._names("object")

    @Lazy
    def materials(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(hit.entry.gloss for hit in self.of_kind("material")))

    @Lazy
    def source_countries(self) -> frozenset[str]:
        """Countries that the named cultures come from; at-risk cultures alone where there are any."""
        found = [self.pieces.lexicons[name] for name in self.cultures]
        risky = [lexicon for lexicon in found if lexicon.tier == 1] or found
        return frozenset(country for lexicon in risky for country in lexicon.countries)

    @Lazy
    def homes(self) -> frozenset[str]:
        """Every country that a named culture comes from; empty where none is at risk, or where one has no country of its own."""
        found = [self.pieces.lexicons[name] for name in self.cultures]
        if not all(lexicon.countries for lexicon in found) or not any(lexicon.tier == 1 for lexicon in found):
            return frozenset()
        return frozenset(country for lexicon in found for country in lexicon.countries)

    # --- places in the text

    def locate(self, hit: Hit) -> tuple[FieldText, int, int]:
        """Field and offsets in the field's own text."""
        field, start, end = self.words.stretch(hit.first, hit.last, hit.inside)
        return (field, *field.folded.span(start, end))

    def span(self, hit: Hit) -> Span:
        key = (hit.first, hit.last, hit.inside, hit.entry.number)
        known = self._spans.get(key)
        if known is None:
            known = self._spans[key] = self._span(hit)
        return known

    def _span(self, hit: Hit) -> Span:
        field, start, end = self.locate(hit)
        foreign = hit.entry.language not in ("en", "xx", "")
        return Span(
            field=field.path,
            start=start,
            end=end,
            quote=field.text[start:end],
            via=hit.via,
            gloss=hit.entry.gloss if foreign else None,
        )

    def scope(self, field: FieldText) -> Scope:
        if field.path not in self._scopes:
            self._scopes[field.path] = Scope(field.text)
        return self._scopes[field.path]

    def governed(self, hit: Hit) -> str | None:
        """`negation` or `condition` where such a word reaches the hit, else None; clauses are cut only if one is near."""
        field = self.words.field(hit.first)
        for cue in self.pieces.cues.before(self.words.words, hit.first, field.first):
            if not self.relevant:
                return cue.kind if hit.first - cue.last <= BESIDE else None
            start, end = self._own(field, cue.first, cue.last)
            if self.scope(field).governs(start, end, cue.kind, *self.locate(hit)[1:]):
                return cue.kind
        return None

    def _own(self, field: FieldText, first: int, last: int) -> tuple[int, int]:
        _, start, end = self.words.stretch(first, last)
        return field.folded.span(start, end)

    def around(self, hit: Hit) -> Around:
        """The words beside a hit, to ask what it is said of."""
        return Around(self.words, self.pieces.asides, self._object_words, hit.first, hit.last)

    @Lazy
    def _object_words(self) -> frozenset[int]:
        return frozenset(index for hit in self.of_kind("object") for index in range(hit.first, hit.last + 1))

    def meant(self, hit: Hit) -> bool:
        """Whether the word is said of the object: not denied, not conditional."""
        return self.governed(hit) is None

    @Lazy
    def _timed(self) -> bool:
        return any(hit.entry.kind == "cue" for hit in self._found)

    @Lazy
    def relevant(self) -> bool:
        """Whether the text speaks of old things at all; if not, sentences and dates are not looked at."""
        hints: list[Hit] = []  # the name of a living people or of a source country
        for hit in self.hits:
            entry = hit.entry
            if entry.kind == "period" or (entry.claim in _TELLING and entry.weight != "weak"):
                return True
            if entry.kind == "culture" and entry.weight != "nation":
                return True
            if entry.kind == "culture" or entry.role == "source":
                hints.append(hit)
        named = [hit for hit in self.hits if hit.entry.weight != "weak" and hit.entry.kind in ("object", "material", "cue")]
        return any(self._together(hint, other) for hint in hints for other in named) or self._dated_object(named)

    def _together(self, hint: Hit, other: Hit) -> bool:
        """Near each other, or one of them names the thing, or an era is named anywhere."""
        near = abs(hint.first - other.first) <= APART
        return near or other.entry.kind == "cue" or self.root(hint) != "description" or self.root(other) != "description"

    @staticmethod
    def _dated_object(named: list[Hit]) -> bool:
        kinds = {hit.entry.kind for hit in named}
        return "cue" in kinds and len(kinds) > 1

    @Lazy
    def all_dates(self) -> list[tuple[FieldText, Dated]]:
        """Every date of making that the fields which describe the object read like."""
        return self._raw_dates if self.relevant else []

    @Lazy
    def _raw_dates(self) -> list[tuple[FieldText, Dated]]:
        return [(field, date) for field in self.words.fields if field.root not in _UNDATED for date in dates(field.folded.text)]
