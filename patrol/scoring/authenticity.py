"""Whether the listing offers an old thing, one in an old style, a copy, or something of our time: scope decides.

`reading` hands itself in. "Museum-quality genuine … not a replica" claims an ancient piece, "replica of a genuine …" does
not. Books, prints and costumes about a culture are modern goods. The evidence comes back with the verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from patrol.records import Authenticity, Span
from patrol.scoring.dating import Dating
from patrol.scoring.mentions import Mentions
from patrol.scoring.vocabulary import Hit
from patrol.text import fold

Evidence = tuple[Hit | Span, ...]
_NAMES_IT = ("title", "attributes", "category")  # where a plain word ("book", "new") names the thing itself
_DECIDING = frozenset(("replica", "modern", "ancient", "genuine", "certificate"))
_MEDIUM = 9  # words of a line that names a medium and its support
_COMES = 14  # words between "with" and what comes with a thing
_WITH = frozenset(("with", "mit", "samt", "avec", "con", "met", "incl", "including", "plus", "wearing", "holding", "inclusief"))
_NEAR = 2  # words between a culture and "style"
_COPY = re.compile(r"(?:photo)?(?:cop(?:y|ies|ie|ia|ias)|kopien?|kopie|kopieen|fotokopie)$", re.IGNORECASE)
_FILLER = re.compile(r"resin|harz|hars|plaster|gips|gesso|yeso|platre|epoxy|escayola")
_PICTURED = re.compile(r"(?:re?production|reproduktion|riproduzion|reproduccion|reproducti)\w*$", re.IGNORECASE)
_ABROAD = re.compile(  # "copies on the market", "a copy is in the museum"
    r"\s+(?:(?:that |which )?(?:is|are|stands?|on|in|around|sellers|sold|offered|made today)\s+)(?:on |in |at )?(?:the |this )?"
    r"(?:market|internet|e-?bay|web|trade|museum|british museum|metropolitan|louvre|world|sellers)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(  # the trade's fakes, of which this is said to be none
    r"(?:many|most|so many|other|cheap|modern|usual|unlike|beware of|no|not|viele|andere[rn]?|billige[rn]?|keine?"
    r"|beaucoup de|autres|tant de|muchas|otras|tante|altre|molte|veel|andere|geen|than|confused with|mistaken for|took it for"
    r"|tell it from|compare(?:d)?(?: it)?(?: with| to)?|(?:they|people|shops?|museums?|others|sellers) (?:sell|make|offer)"
    r"|(?:thought|assumed|believed|bought|sold)[^.;\n]{0,24}? (?:was|be|as)|croyait|hielt (?:es|sie|ihn) fur|pensaba que era"
    r"|pensava fosse|dacht dat het)\s+(?:the\s+|les\s+|las\s+|an?\s+|une?\s+|eine?\s+|una?\s+|een\s+"
    r"|le\s+|die\s+|de\s+)?(?:\w+\s+)?$",
    re.IGNORECASE,
)


def verdict(reading: Mentions, dating: Dating) -> tuple[Authenticity, Evidence]:
    """The authenticity and what shows it, best evidence first."""
    if not reading.relevant and not reading.of_kind("goods") and not _decides(reading):
        return Authenticity.UNKNOWN, ()
    for kind, shown_by in _VERDICTS:
        evidence = tuple(shown_by(reading, dating))
        if evidence:
            return kind, evidence
    return Authenticity.UNKNOWN, ()


def _decides(reading: Mentions) -> bool:
    """Whether a claim is made that can decide; a bare "style" or "look" decides nothing where no culture is named."""
    if not reading.claimed.keys().isdisjoint(_DECIDING):
        return True
    return any(hit.entry.weight != "plain" for hit in reading.of_claim("style"))


def _replica(reading: Mentions, _dating: Dating) -> Iterator[Hit]:
    for hit in reading.of_claim("replica"):
        if reading.meant(hit) and not (_of_a_paper(reading, hit) or _of_others(reading, hit) or _of_a_filler(reading, hit)):
            yield hit
    for claim in ("ancient", "genuine"):  # "not ancient", "no original"
        for hit in reading.of_claim(claim):
            if hit.entry.weight == "strong" and reading.governed(hit) == "negation":
                yield hit


def _of_a_paper(reading: Mentions, hit: Hit) -> bool:
    """ "Copy of the report enclosed", "reproduction of the photos forbidden": a copy, but not of the object."""
    field, start, end = reading.locate(hit)
    text = fold(field.text[start:end])
    if not _COPY.search(text) and not _PICTURED.search(text):
        return False
    return reading.around(hit).of_a_paper()


def _of_a_filler(reading: Mentions, hit: Hit) -> bool:
    """ "On a resin base", "filled with plaster": what a copy is cast of may be a mount's or a mender's too."""
    field, start, end = reading.locate(hit)
    around = reading.around(hit)
    return around.before_a_mount() or (_FILLER.search(fold(field.text[start:end])) is not None and around.of_a_repair())


def _of_an_addition(reading: Mentions, hit: Hit) -> bool:
    """ "On a modern stand", "filled with resin": said of what was added to the object."""
    around = reading.around(hit)
    return around.of_a_mount(hit.entry.language) or around.of_a_repair()


def _of_others(reading: Mentions, hit: Hit) -> bool:
    """ "Unlike the many fakes on the market": said of other things. A title speaks of its own."""
    field, start, end = reading.locate(hit)
    if field.root != "description":
        return False
    return _OTHERS.search(field.text[max(0, start - 40) : start]) is not None or _ABROAD.match(field.text, end) is not None


def _goods(reading: Mentions, dating: Dating) -> Iterator[Hit]:
    """Books, prints, costumes: a specific word anywhere, a medium where nothing is dated old, a plain word as a name."""
    for hit in reading.of_kind("goods"):
        if _names_goods(reading, dating, hit) and reading.meant(hit) and not reading.around(hit).of_a_publication():
            yield hit


def _names_goods(reading: Mentions, dating: Dating, hit: Hit) -> bool:
    if hit.entry.weight == "specific" or reading.root(hit) in _NAMES_IT:
        return hit.entry.weight == "specific" or not _comes_with(reading, hit)
    return hit.entry.weight == "weak" and dating.dated != "ancient" and _on_a_line_of_its_own(reading, hit)


def _comes_with(reading: Mentions, hit: Hit) -> bool:
    """ "Relief with the old export paper", "bowl with drawing of a fish": a thing is named first, then what is with it."""
    first = reading.words.field(hit.first).first
    things = [other.last for other in reading.of_kind("object") if first <= other.first < hit.first]
    return bool(things) and not _WITH.isdisjoint(reading.words.words[max(min(things), hit.first - _COMES) + 1 : hit.first])


def _on_a_line_of_its_own(reading: Mentions, hit: Hit) -> bool:
    """Where a medium is named; in running text "photographs" are those of the listing."""
    field, start, _ = reading.locate(hit)
    line = field.text[field.text.rfind("\n", 0, start) + 1 :].split("\n", 1)[0]
    return len(line.split()) <= _MEDIUM


def _style(reading: Mentions, dating: Dating) -> Iterator[Hit]:
    """ "Inspired by" anywhere; "in the style of" unless the thing is dated old and nothing dates it late, for "Bayon style,
    12th century" names a period; a bare "style" only beside a culture or an old period."""
    hits = reading.of_claim("style")
    if not hits:
        return
    named = [*reading.of_kind("culture"), *reading.of_kind("period"), *reading.of_claim("ancient")]
    for hit in hits:
        if not reading.meant(hit):
            continue
        beside = any(_beside(reading, hit, other) for other in named)
        own_time = dating.dated == "ancient" and not dating.recent  # a dated style is a period's own
        if hit.entry.weight == "specific" or (not own_time and (hit.entry.weight == "strong" or beside)):
            yield hit


def _beside(reading: Mentions, hit: Hit, other: Hit) -> bool:
    """Two words apart at most, in one field, or halves of one word (Gandharastil)."""
    if 0 < other.first - hit.last <= _NEAR or 0 < hit.first - other.last <= _NEAR:
        return reading.words.field(hit.first) is reading.words.field(other.first)
    return hit.first == other.first and hit.inside is not None and other.inside is not None


def _modern(reading: Mentions, dating: Dating) -> Iterator[Hit | Span]:
    """Words of our time: beside a word of age only those that name the thing, and no weak one ("new", "handmade")."""
    if reading.of_claim("evasion") and _from_the_ground(reading):
        return  # nobody says "no questions" of a new garden ornament: the word plays a find down
    old = dating.dated == "ancient"
    coy = _played_down(reading)
    for hit in reading.of_claim("modern"):
        names_it = reading.root(hit) in _NAMES_IT
        if hit.entry.weight == "weak" and not names_it:
            continue
        if hit.entry.weight == "plain" and coy and reading.root(hit) != "title":
            continue
        if not reading.meant(hit):  # last, for it is the dearest question
            continue
        counts = not (old or dating.ancient) or (hit.entry.weight != "weak" and names_it)
        if counts and not _of_an_addition(reading, hit):
            yield hit
    if not old and not dating.ancient:
        yield from (hit for hit in reading.of_claim("decoration") if reading.root(hit) in _NAMES_IT and _decorates(reading, hit))
    if dating.dated == "modern" and (dating.recent or not reading.of_kind("period")):
        yield from dating.spans("modern")


def _played_down(reading: Mentions) -> bool:
    """ "Garden ornament" of an old thing from a source country, no culture named: sellers declare finds as such."""
    named = any(hit.entry.tier == 1 and hit.entry.weight != "nation" for hit in reading.of_kind("culture"))
    told = (
        reading.of_claim("ancient")
        or reading.of_claim("find")
        or reading.of_claim("evasion")
        or any(hit.entry.weight in ("specific", "plain") for hit in reading.of_kind("material"))
    )
    return not named and bool(told) and any(hit.entry.role == "source" for hit in reading.of_kind("place"))


def _decorates(reading: Mentions, hit: Hit) -> bool:
    """ "Decor" names a new thing unless it is a find; "decorative" also gives way to a source place, and to a culture that
    such shops don't name if the text says what the thing is made of."""
    if not reading.meant(hit) or reading.of_claim("find"):
        return False
    rare = any(other.entry.weight == "rare" for other in reading.of_kind("culture"))
    told = any(other.entry.weight != "weak" for other in reading.of_kind("material"))
    return hit.entry.weight != "weak" or not ((rare and told) or _placed_or_found(reading))


def _from_the_ground(reading: Mentions) -> bool:
    """A find, a place that such things come from, or a culture that no shop of new goods names by the way."""
    return any(hit.entry.weight == "rare" for hit in reading.of_kind("culture")) or _placed_or_found(reading)


def _placed_or_found(reading: Mentions) -> bool:
    return bool(reading.of_claim("find")) or any(hit.entry.role == "source" for hit in reading.of_kind("place"))


def _ancient(reading: Mentions, dating: Dating) -> Iterator[Hit | Span]:
    for claim in ("ancient", "genuine", "certificate"):
        yield from (hit for hit in reading.of_claim(claim) if reading.meant(hit) and hit.entry.weight != "weak")
    yield from reading.of_kind("period")
    if dating.dated == "ancient":
        yield from dating.spans("ancient")


_VERDICTS: tuple[tuple[Authenticity, Callable[[Mentions, Dating], Iterator[Hit | Span]]], ...] = (
    (Authenticity.REPRODUCTION, _replica),
    (Authenticity.MODERN, _goods),
    (Authenticity.STYLE_OF, _style),
    (Authenticity.MODERN, _modern),
    (Authenticity.CLAIMED_ANCIENT, _ancient),
)
