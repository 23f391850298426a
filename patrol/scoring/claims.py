"""What a text claims of ownership, sale, licence, find and authenticity, read into records with quote, years and place.

`reading` hands in a listing's hits; the words that make a claim come from the lexicons of kind `claim`, so that an
investigator can add one. A statement reaches from its first word to the last year, place or number of its clause.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from patrol.records import Claim, ClaimKind, ProvenanceSupport, Span
from patrol.scoring.mentions import Mentions
from patrol.scoring.vocabulary import Hit
from patrol.scoring.words import FieldText
from patrol.scoring.years import Years, years
from patrol.text import WORD, fold, fold_mapped

OWNERSHIP = ("acquired", "collection", "sale", "inventory")
_SINGLE = {
    "find": ClaimKind.FIND,
    "licence": ClaimKind.EXPORT_LICENCE,
    "certificate": ClaimKind.AUTHENTICITY,
    "genuine": ClaimKind.AUTHENTICITY,
    "replica": ClaimKind.REPRODUCTION,
}
_CLAIMS = (*OWNERSHIP, *_SINGLE)
_LOT = re.compile(  # lot, los, cat, no, item … 12; the first letter stands first, so that a text is searched for it alone
    r"[lkcni](?<!\w.)(?:(?<=l)(?:ots?|os(?:nr|nummer)?|ott[oi]|ote)|(?<=k)avel(?:nummer)?|(?<=c)at|(?<=n)(?:o|r|um)?"
    r"|(?<=i)tem)\b[.°]? ?(?:no\.?|nr\.?|n[.°]|num\.?|#)?[: ]{0,2}\d+\w?"
)
_NUMBER = re.compile(r"[^\n]{0,24}?(?=[\w./-]*\d)[\w./-]{2,}")
_LOCATIVE = re.compile(
    r"\b(?:in|at|from|au|aux|en|zu|aus|nel|nella|ad|te|uit|dans|im|stationed in)\s+(?:the\s+|la\s+|el\s+|der\s+|den\s+)?$",
    re.IGNORECASE,
)
_ARTICLE_OR_AT = re.compile(r"\b(?:a|à|de|da|di|of|von|van)\s+$", re.IGNORECASE)  # "à Paris", but also "a Belgian diplomat"
_NOUN_FOLLOWS = re.compile(
    r"\s+(?!in\b|en\b|nel|on\b|le\b|vers\b|um\b|circa|ca\b|before|since|and\b|et\b|und\b|e\b|y\b)[a-zà-ÿ]{3,}"
)
_ATTACHED = re.compile(r"[\w'’ .]{0,28}$")
_SPLIT = re.compile(r";|\||(?<!\d) [-–] (?!\d)|•")
_FORMER = re.compile(r"\b(?:ex|ehem|former|formerly|già)\b\.?[^,;:|\n]{1,40}$", re.IGNORECASE)  # "ex. Honolulu collection"
_EDGE = " \t\r\n,.;:-–—|)("


class Statement(NamedTuple):
    """A claim with what its record does not hold: the year that counts, and whether a saleroom was named."""

    claim: Claim
    year: int | None
    dated: bool
    saleroom: bool


class _Mark(NamedTuple):
    """A hit that makes or places a claim, in offsets of the field's own text."""

    start: int
    end: int
    hit: Hit


class _Piece(NamedTuple):
    """One clause: its bounds, the years in it (own offsets), and the text folded."""

    start: int
    end: int
    years: list[tuple[int, int, Years]]


def _within(marks: list[_Mark], piece: _Piece) -> list[_Mark]:
    """The marks, which are in order, that start inside a clause."""
    first, last = (bisect_left(marks, at, key=lambda mark: mark.start) for at in (piece.start, piece.end))
    return marks[first:last]


def statements(reading: Mentions) -> list[Statement]:
    """Every claim of a listing, in the order of its fields."""
    found: list[Statement] = []
    triggers = [hit for claim in _CLAIMS if claim in reading.claimed for hit in reading.claimed[claim]]
    if not reading.listing.provenance and not (triggers and (reading.relevant or any(map(_speaks, triggers)))):
        return found
    for field in reading.words.fields:
        if field.root not in ("location", "condition", "category"):
            found += _FieldClaims(reading, field, [hit for hit in triggers if reading.words.field(hit.first) is field]).read()
    return found


def _speaks(hit: Hit) -> bool:
    """A word of ownership that is worth reading on goods of any kind."""
    return hit.entry.claim in (*OWNERSHIP, "licence") and hit.entry.weight == "strong"


class _FieldClaims:
    """Reads the claims of one field."""

    def __init__(self, reading: Mentions, field: FieldText, triggers: list[Hit]) -> None:
        self.reading = reading
        self.field = field
        self.marks = sorted(_Mark(*reading.locate(hit)[1:], hit) for hit in triggers if reading.meant(hit))
        self.own = field.root == "provenance" or (field.root == "attributes" and self._label_says_so())

    def _label_says_so(self) -> bool:
        """Whether an attribute's name says that it holds provenance."""
        entries_of = self.reading.pieces.vocabulary.entries_of
        return any(entry.claim in OWNERSHIP for word in WORD.findall(fold(self.field.path)) for entry in entries_of(word))

    def read(self) -> list[Statement]:
        if not self.marks and not self.own:
            return []
        places = sorted(
            _Mark(*self.reading.locate(hit)[1:], hit)
            for hit in self.reading.hits
            if hit.entry.kind == "place" and self.reading.words.field(hit.first) is self.field
        )
        found: list[Statement] = []
        for piece in self._pieces():
            marks = _within(self.marks, piece)
            here = _within(places, piece)
            found += self._ownership(piece, [mark for mark in marks if mark.hit.entry.claim in OWNERSHIP], here)
            found += [self._single(piece, mark, here) for mark in marks if mark.hit.entry.claim in _SINGLE]
        if self.own and not any(statement.claim.kind is ClaimKind.PROVENANCE for statement in found):
            whole = self._whole(places)
            found += [whole] if whole else []
        return found

    def _pieces(self) -> list[_Piece]:
        """The clauses that hold a mark; in a provenance section all of them."""
        scope = self.reading.scope(self.field)
        text = self.field.text
        wanted = [mark.start for mark in self.marks]
        at = 0
        while self.own and at < len(text):
            wanted.append(at)
            at = max(at, scope.sentence(at)[1]) + 1
        bounds: set[tuple[int, int]] = set()
        for at in wanted:
            start, end = scope.sentence(at)
            cuts = [start, *(start + cut.start() for cut in _SPLIT.finditer(text[start:end])), end]
            bounds.update((a, b) for a, b in pairwise(cuts) if a <= at < b or self.own)
        return [_Piece(a, b, self._years(a, b)) for a, b in sorted(bounds)]

    def _years(self, start: int, end: int) -> list[tuple[int, int, Years]]:
        folded = fold_mapped(self.field.text[start:end])
        found = []
        for year in years(folded.text):
            a, b = folded.span(year.start, year.end)
            found.append((start + a, start + b, year))
        return found

    def _ownership(self, piece: _Piece, marks: list[_Mark], places: list[_Mark]) -> Iterator[Statement]:
        """The clause cut into one statement for each change of hands that has a date of its own."""
        if not marks:
            if self.own and piece.years:
                yield self._statement(piece, piece.start, piece.end, [], places)
            return
        starts = [self._reach_back(piece, marks[0], places)]
        for mark in marks[1:]:
            dated_before = any(starts[-1] <= year[0] < mark.start for year in piece.years)
            dated_after = any(year[0] >= mark.start for year in piece.years)
            placed_after = any(self._is_where(place) and mark.end <= place.start <= mark.end + 24 for place in places)
            if dated_after and (dated_before or (placed_after and mark.hit.entry.claim == "acquired")):
                starts.append(mark.start)
        if self.own:
            starts[0] = piece.start
        for start, end in zip(starts, [*starts[1:], piece.end], strict=True):
            inside = [mark for mark in marks if start <= mark.start < end]
            if self._counts(inside, piece, start, end, places):
                yield self._statement(piece, start, end, inside, places)

    def _reach_back(self, piece: _Piece, mark: _Mark, places: list[_Mark]) -> int:
        """A nationality, a town or a year just before the word belongs to it: "old German collection", "1965 bought"."""
        start = mark.start
        for before in sorted((*((p.start, p.end) for p in places), *((a, b) for a, b, _ in piece.years)), reverse=True):
            between = self.field.text[before[1] : start]
            if before[1] <= start and before[0] >= piece.start and _ATTACHED.fullmatch(between) and between.count(" ") <= 4:
                start = before[0]
        return start

    def _counts(self, marks: list[_Mark], piece: _Piece, start: int, end: int, places: list[_Mark]) -> bool:
        """A weak word ("bought", "collection") is a claim only with a year or a place; a bare label with a find place is none."""
        if self.own:
            return True
        has_year = any(start <= year[0] < end for year in piece.years)
        inside = [place for place in places if start <= place.start < end]
        if all(mark.hit.entry.weight == "weak" for mark in marks):
            return has_year or bool(inside) or any(self._former(piece, mark) for mark in marks)
        if all(mark.hit.entry.weight == "plain" for mark in marks):  # the label "Provenance:" alone
            rest = self.field.text[marks[-1].end : end].strip(_EDGE)
            return has_year or (
                bool(rest) and not any(p.hit.entry.role == "source" for p in inside) and not self._culture_in(start, end)
            )
        return True

    def _former(self, piece: _Piece, mark: _Mark) -> bool:
        """ "Ex Honolulu collection": whose it was is said, though no lexicon knows the name."""
        return mark.hit.entry.claim == "collection" and _FORMER.search(self.field.text[piece.start : mark.start]) is not None

    def _culture_in(self, start: int, end: int) -> bool:
        located = (self.reading.locate(hit) for hit in self.reading.of_kind("culture"))
        return any(field is self.field and start <= a < end for field, a, _ in located)

    def _statement(self, piece: _Piece, start: int, end: int, marks: list[_Mark], places: list[_Mark]) -> Statement:
        inside = [year for year in piece.years if start <= year[0] < end]
        here = [place for place in places if start <= place.start < end]
        lots = [(start + a, start + b) for a, b in self._matches(_LOT, start, end)]
        numbers = [
            mark.end + match.end()
            for mark in marks
            if mark.hit.entry.claim == "inventory" and (match := _NUMBER.match(self.field.text, mark.end))
        ]
        saleroom = any(mark.hit.entry.claim == "sale" and mark.hit.entry.weight == "strong" for mark in marks)
        sale = any(mark.hit.entry.claim == "sale" for mark in marks)
        if not self.own:
            ends = [*(m.end for m in marks), *(b for _, b, _ in inside), *(p.end for p in here), *(b for _, b in lots), *numbers]
            end = min(end, max(ends)) if ends else end
        cited = bool(numbers) or (sale and bool(inside) and bool(lots))
        earliest = min((year for _, _, year in inside), key=lambda year: year.graded, default=None)
        support = ProvenanceSupport.CITED if cited else ProvenanceSupport.ASSERTED
        claim = self._claim(ClaimKind.PROVENANCE, start, end, earliest, self._place(here), support)
        return Statement(claim, earliest.graded if earliest else None, earliest is not None, saleroom)

    def _single(self, piece: _Piece, mark: _Mark, places: list[_Mark]) -> Statement:
        """A find, a licence, a certificate, a word of authenticity or of reproduction."""
        kind = _SINGLE[mark.hit.entry.claim]
        if kind in (ClaimKind.AUTHENTICITY, ClaimKind.REPRODUCTION):
            claim = self._claim(kind, mark.start, mark.end, None, None, ProvenanceSupport.ASSERTED)
            return Statement(claim, None, False, False)
        after = [year for year in piece.years if year[0] >= mark.start]
        here = [place for place in places if place.start >= mark.start]
        number = _NUMBER.match(self.field.text, mark.end) if kind is ClaimKind.EXPORT_LICENCE else None
        ends = [mark.end, *(b for _, b, _ in after[:1]), *(p.end for p in here[:1]), *([number.end()] if number else [])]
        support = ProvenanceSupport.CITED if number else ProvenanceSupport.ASSERTED
        year = after[0][2] if after else None
        claim = self._claim(kind, mark.start, min(piece.end, max(ends)), year, self._place(here), support)
        return Statement(claim, year.graded if year else None, year is not None, False)

    def _whole(self, places: list[_Mark]) -> Statement | None:
        text = self.field.text
        if not text.strip().strip(_EDGE) or any(
            not self.reading.meant(hit) for hit in self.reading.hits if hit.entry.claim in OWNERSHIP
        ):
            return None
        claim = self._claim(ClaimKind.PROVENANCE, 0, len(text), None, self._place(places), ProvenanceSupport.ASSERTED)
        return Statement(claim, None, False, False)

    def _place(self, places: list[_Mark]) -> str | None:
        """The country of the first place that "in" or its like stands before, else of the first."""
        chosen = ([place for place in places if self._is_where(place)] or places)[:1]
        return chosen[0].hit.entry.place if chosen else None

    def _is_where(self, place: _Mark) -> bool:
        """Whether "in" or its like stands before; "a Belgian diplomat" says who, not where."""
        before = self.field.text[max(0, place.start - 14) : place.start]
        if _LOCATIVE.search(before):
            return True
        return _ARTICLE_OR_AT.search(before) is not None and not _NOUN_FOLLOWS.match(self.field.text, place.end)

    def _matches(self, pattern: re.Pattern[str], start: int, end: int) -> Iterator[tuple[int, int]]:
        folded = fold_mapped(self.field.text[start:end])
        yield from (folded.span(*match.span()) for match in pattern.finditer(folded.text))

    def _claim(
        self, kind: ClaimKind, start: int, end: int, years_: Years | None, place: str | None, support: ProvenanceSupport
    ) -> Claim:
        text = self.field.text
        while start < end and (text[start] in _EDGE or text[start].isspace()):
            start += 1
        while end > start and (text[end - 1] in _EDGE or text[end - 1].isspace()):
            end -= 1
        return Claim(
            kind=kind,
            span=Span(field=self.field.path, start=start, end=end, quote=text[start:end], via="claim"),
            from_year=years_.from_year if years_ else None,
            to_year=years_.to_year if years_ else None,
            place=place,
            support=support,
        )
