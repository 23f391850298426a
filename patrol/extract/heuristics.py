"""Price and title of pages that mark up nothing: what stands beside the main heading under a name that says price.

Weak words, taken last and marked as derived. Rather nothing than a neighbour's: struck-out, related, unit and instalment
prices are passed over, and where the rest disagrees nothing is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lxml.etree import XPath, _Element, iterwalk

from patrol.extract import markers
from patrol.extract.finds import Finds
from patrol.extract.money import money
from patrol.extract.page import Page
from patrol.extract.texts import title_of, without_site
from patrol.extract.visible import hidden_itself, one_line
from patrol.records import Money, Origin, PriceKind

_PRICED = re.compile(
    r"price|preis|prix|precio|prezzo|prijs|preco|preço|(?:^|[\s_-])(?:cena|pris|hind|amount)(?:$|[\s_-])", re.IGNORECASE
)
_BEST = re.compile(r"final|current|sale|special|deal|our|actual|detail|main|product|buy|single|now|value", re.IGNORECASE)
_OTHER = re.compile(
    r"(?:^|[\s_-]|[a-z](?=[A-Z]))(?:old|was|list(?=[\s_-]?[pP]rice)|(?<=price[_-])list|rrp|uvp|msrp|strike\w*|striked|before|original|regular|compare\w*|cross\w*|sav(?:e|ing|ings)|discount\w*|"
    r"shipping|delivery|versand|unit|per|each|installment\w*|instal\w*|rate|rates|finance|financing|monthly|month|credit|coupon|tax|vat|suggest\w*|"
    r"market|range|filter\w*|min|max|label|currency|from|bonus|points|crossed|base|estimated|loyalty|member|wholesale|gross|net|total|subtotal)"
    r"(?=$|[\s_-]|[A-Z])"
)
_NEIGHBOUR = re.compile(
    r"relat|recommend|similar|carousel|slider|swiper|upsell|cross-?sell|also-?(?:viewed|bought|like)|basket|minicart|mini-cart|cart-(?:items|list|popup)|header|footer|"
    r"(?:^|[\s_-])nav|menu|sidebar|side-?bar|review|popup|modal|tooltip|accessor|bundle|sponsor|recent|history|wishlist|comparison|popular|bestsell|top-?sell|"
    r"other-?(?:products|offers|sellers)|more-?(?:items|from|like)|teaser|product-?(?:list|grid|card|tile|item)s?(?:$|[\s_-])",
    re.IGNORECASE,
)
_GONE = frozenset(
    ("del", "s", "strike", "nav", "header", "footer", "aside", "script", "style", "noscript", "template", "option", "select")
)
_NAMES = ("id", "class", "itemprop")
# The words of _PRICED as they stand in names; XPath 1.0 knows no case.
_WORDS = re.findall(
    r"\S+",
    "price Price PRICE preis Preis prix Prix precio Precio prezzo Prezzo prijs Prijs preco preço cena pris hind amount Amount",
)
_CENTS = re.compile(r"^\s*\d{2}\s*$")
_LENGTH = 60


@dataclass(frozen=True, slots=True)
class _Candidate:
    money: Money
    score: float
    place: int


def heuristic(page: Page, kind: PriceKind) -> Finds:
    """Title from the heading, price from beside it, the page's picture; all of it derived."""
    finds = Finds(Origin.DERIVED)
    prefixes = page.setting.reading.hidden_prefixes if page.setting.reading else ()
    title = title_of(page.heading, prefixes) or without_site(title_of(page.title, prefixes), page.site_names)
    finds.put("title", title, page.heading or page.title)
    found = price_beside_heading(page, kind)
    if found is not None:
        finds.put("price", found, found.raw)
    return finds


def price_beside_heading(page: Page, kind: PriceKind) -> Money | None:
    """The price that belongs to the main heading, or None where no single one does."""
    ranked = sorted(_candidates(page, kind), key=lambda one: (-one.score, one.place))
    if not ranked or ranked[0].score < 1:
        return None
    best = [one for one in ranked if one.score >= ranked[0].score - 0.25]
    return best[0].money if len({one.money.amount for one in best}) <= 2 else None


@lru_cache(maxsize=256)
def _named(words: tuple[str, ...]) -> XPath:
    """Headings, and elements whose id, class or itemprop holds one of these words, in document order."""
    tests = [f"contains(@{name},'{word}')" for name in ("class", "id", "itemprop") for word in words]
    return XPath(f"//h1 | //*[{' or '.join(tests)}]" if tests else "//h1")


def _candidates(page: Page, kind: PriceKind) -> Iterator[_Candidate]:
    near = _levels(page.h1)
    seen: dict[_Element, float | None] = {}
    after = page.h1 is None
    named = _named(tuple(word for word in _WORDS if word in page.text))
    for place, tag in enumerate(named(page.root)):
        if tag is page.h1:
            after = True
        words = " ".join(tag.get(name) or "" for name in _NAMES)
        if tag.tag in _GONE or not _PRICED.search(words):
            continue
        text = _own_text(tag)
        found = None if text is None else money(text, page.money, kind=kind)
        if text is None or found is None or found.amount <= 0:
            continue
        score = _score(tag, words, text, after, _surroundings(tag, near, seen))
        if score is not None:
            yield _Candidate(found, score, place)


def _levels(h1: _Element | None) -> dict[_Element, int]:
    """Every container of the heading with its distance."""
    return {} if h1 is None else {above: level for level, above in enumerate(h1.iterancestors())}


def _pieces(tag: _Element) -> Iterator[str]:
    """The element's words, with a point before raised cents (`173<sup>34</sup>`)."""
    last = ""
    for event, node in iterwalk(tag, events=("start", "end", "comment")):
        piece = node.text if event == "start" else None if node is tag else node.tail
        if not piece:
            continue
        if event == "start" and _CENTS.match(piece) and last[-1:].isdigit() and _raised(node):
            yield "."
        yield piece
        last = piece.rstrip() or last


def _raised(node: _Element) -> bool:
    return node.tag == "sup" or bool(re.search("cent|decimal|fraction", node.get("class") or "", re.IGNORECASE))


def _own_text(tag: _Element) -> str | None:
    """The short text with a number that an element shows (or its content attribute); None where it holds much else."""
    shown, content = one_line("".join(_pieces(tag))), tag.get("content") if tag.get("itemprop") else None
    for text in (shown, content or ""):
        if text and len(text) <= _LENGTH and any(letter.isdigit() for letter in text) and "%" not in text:
            return text
    return None


def _score(tag: _Element, words: str, text: str, after: bool, around: float | None) -> float | None:
    if around is None:
        return None
    score = 1.0 + around + (0.5 if after else -1.0)
    score += 2 if tag.get("itemprop") == "price" else 0
    score += 0.75 if _PRICED.search(tag.get("id") or "") else 0
    score += 0.5 if _BEST.search(words) else 0
    score -= 3 if _OTHER.search(words) else 0
    score -= 0.75 if len(text) > 25 else 0
    return score


def _surroundings(tag: _Element, near: dict[_Element, int], seen: dict[_Element, float | None]) -> float | None:
    """Nearness to the heading (up to 2) less what the containers below the shared one say; None for what is not shown."""
    if hidden_itself(tag) and tag.get("itemprop") != "price":
        return None
    score = 0.0
    for above in tag.iterancestors():
        if above in near:
            return score + max(0.0, 2.0 - 0.2 * near[above])
        if above not in seen:
            seen[above] = _penalty(above)
        penalty = seen[above]
        if penalty is None:
            return None
        score -= penalty
    return score


def _penalty(container: _Element) -> float | None:
    """How much a container's name speaks against the price in it; None where it is not shown."""
    if container.tag in _GONE or "none" in (container.get("style") or ""):
        return None
    name = container.get("class") or ""
    return (3 if _NEIGHBOUR.search(f"{container.get('id') or ''} {name}") else 0) + (2 if _OTHER.search(name) else 0)


def is_beside(tag: _Element, page: Page, *, itself: bool = False) -> bool:
    """Whether an element is the object's own, not a neighbour's, a menu's or a footer's (`itself`: its own name counts)."""
    return not any(
        above.tag in _GONE or _NEIGHBOUR.search(f"{above.get('id') or ''} {above.get('class') or ''}")
        for above in ((tag, *_outside(tag, page)) if itself else _outside(tag, page))
    )


def _outside(tag: _Element, page: Page) -> Iterator[_Element]:
    """The containers of an element that are not the heading's as well."""
    shared = _levels(page.h1)
    return (above for above in tag.iterancestors() if above not in shared)


def offers_to_buy(page: Page) -> bool:
    """Whether the page has a button or form to buy, bid or write to the seller."""
    return bool(markers.BUY_WORDS.search(page.text))
