"""When the object was made, as far as the listing says, and whether anything in it says that the object is old.

`reading` hands in the mentions and the statements of ownership: a year that belongs to a purchase is no date of making.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from patrol.records import Span
from patrol.scoring.claims import Statement
from patrol.scoring.dates import ANCIENT_UNTIL, MODERN_FROM, Dated
from patrol.scoring.lazy import Lazy
from patrol.scoring.mentions import Mentions
from patrol.scoring.words import FieldText
from patrol.text import fold

_BESIDE_A_DATE = 12  # characters that a line of its own may hold beside the date: "late", "circa", "(probably)"
_MADE = re.compile(
    r"\b(?:made|making|carved|crafted|produced|production|manufactured|painted|printed|minted|struck"
    r"|published|cast|dates?|dated|dating"
    r"|era|period|vintage|early|mid|late|end of the|from the|hergestellt|gefertigt|geschnitzt|gemalt|datiert|aus den|aus dem|um"
    r"|anfang|mitte|ende|fabrique|realise|produit|fait|date|epoque|des annees|vers|debut|fin|hecho|hecha|fabricado|realizado"
    r"|fechado|de los anos|fatto|realizzato|prodotto|datato|degli anni|gemaakt|vervaardigd|gedateerd"
    r"|uit de jaren|eind)\b[^.;\n]{0,24}$"
)

_FIRMLY = re.compile(
    r"(?:made|making|carved|crafted|produc|manufactur|painted|printed|minted|struck|cast|dated|hergestellt|gefertigt|geschnitzt"
    r"|gemalt|datiert|fabrique|realise|produit|hecho|hecha|fabricado|realizado|fechado|fatto|realizzato|prodotto|datato|gemaakt"
    r"|vervaardigd|gedateerd)"
)
_BREAK = re.compile(r"[.;!?\n]\s?")
_STORY = re.compile(  # who got it when: such a year is one of ownership, however it is worded
    r"\b(?:i|my|our|we|us|he|his|she|her|they|mon|ma|mes|je|nous|notre|nos|son|ses|mein\w*|ich|wir|unser\w*|seine?\w*|mi|mis"
    r"|nuestr\w*|su|sus|mio|mia|nostr\w*|suo|sua|mijn|ons|onze|wij|ik|zijn|(?:grand|grosz?|god|step|schwieger)?(?:father|mother"
    r"|parents|eltern|vater|mutter|pere|mere)|uncle|aunt|husband|family|estate|oncle|tante|famille|mari|opa|oma|onkel|familie"
    r"|nachlass|padre|madre|abuel\w*|tio|tia|familia|marido|nonn\w*|zi[oa]|famiglia|marito|vader|moeder|oom|bought|brought"
    r"|acquired|collect\w*|purchased|obtained|imported|achet\w*|rapport\w*|ramen\w*|acquis\w*|recu\w*|herit\w*|collection\w*"
    r"|gekauft|erworben|mitgebracht|geerbt|sammlung\w*|comprad\w*|compr[oe]|adquirid\w*|traid\w*|trajo|heredad\w*|coleccion"
    r"|comprat\w*|acquistat\w*|portat\w*|ereditat\w*|collezione|gekocht|meegebracht|meegenomen|verworven|geerfd|verzameling"
    r"|collectie|provenance|provenienz|provenienza|procedencia|herkomst)\b"
)


class Dating:
    """Dates of making and words of age."""

    def __init__(self, mentions: Mentions, statements: Sequence[Statement]) -> None:
        self._mentions = mentions
        self._statements = statements

    @Lazy
    def dates(self) -> list[tuple[FieldText, Dated]]:
        """The dates of making: those that no statement of ownership holds."""
        taken: dict[str, list[tuple[int, int]]] = {}
        for statement in self._statements:
            if statement.dated:
                taken.setdefault(statement.claim.span.field, []).append((statement.claim.span.start, statement.claim.span.end))
        found = self._mentions.all_dates
        return [(field, date) for field, date in found if not _within(field, date, taken.get(field.path, []))]

    @Lazy
    def dated(self) -> str | None:
        """`ancient` where any date of making is old enough, `modern` where all are of our own time, `between`, or None."""
        if not self.dates:
            return None
        if any(date.to_year <= ANCIENT_UNTIL for _, date in self.dates):
            return "ancient"
        recent = all(date.from_year >= MODERN_FROM for _, date in self.dates)
        if recent and self._mentions.of_kind("culture") and not any(_of_making(field, date) for field, date in self.dates):
            return None  # "my father was there around 1960": a year in a story is no date of the thing
        return "modern" if recent else "between"

    @Lazy
    def recent(self) -> bool:
        """Whether any date of making is of our own time."""
        return any(date.from_year >= MODERN_FROM and _of_making(field, date) for field, date in self.dates)

    def spans(self, kind: str) -> Iterator[Span]:
        """The dates that are old (`ancient`) or those that are not."""
        for field, date in self.dates:
            if (date.to_year <= ANCIENT_UNTIL) == (kind == "ancient"):
                yield field.span(date.start, date.end, "fact")

    @Lazy
    def ancient(self) -> bool:
        """Whether a word, a period or a date says that the object is old."""
        mentions = self._mentions
        return (
            bool(mentions.of_kind("period"))
            or self.dated == "ancient"
            or any(hit.entry.weight != "weak" and mentions.meant(hit) for hit in mentions.of_claim("ancient"))
        )


def _of_making(field: FieldText, date: Dated) -> bool:
    """Whether a date says when the thing was made: in a title or an attribute, on a line of its own, after a making word."""
    if field.root != "description":
        return True
    start, end = field.folded.span(date.start, date.end)
    line = field.text.rfind("\n", 0, start) + 1
    alone = len(field.text[line:].split("\n", 1)[0]) <= (end - start) + _BESIDE_A_DATE
    if alone:
        return True
    before, after = fold(field.text[max(line, start - 90) : start]), fold(field.text[end : end + 60])
    made = _MADE.search(before[-40:])
    if made is None:
        return False
    sentence = _BREAK.split(before)[-1] + " " + _BREAK.split(after)[0]
    return _FIRMLY.match(made[0]) is not None or _STORY.search(sentence) is None


def _within(field: FieldText, date: Dated, taken: Sequence[tuple[int, int]]) -> bool:
    if not taken:
        return False
    start, end = field.folded.span(date.start, date.end)
    return any(a <= start and end <= b for a, b in taken)
