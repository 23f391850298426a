"""Whether an object is to be had and under which number it is sold, in the words that a page shows beside it.

The last of the readers for status and number, for pages that no adapter knows and no markup dates; `read` asks where nothing
better speaks. Only short words of their own beside the object count, and where they contradict each other nothing is taken.
"""

from __future__ import annotations

import re
from itertools import islice, takewhile

from lxml.etree import XPath, _Element

from patrol.extract import listwords
from patrol.extract.finds import Finds
from patrol.extract.heuristics import is_beside
from patrol.extract.labelled import is_card
from patrol.extract.page import Page
from patrol.extract.visible import is_hidden, one_line, visible_text
from patrol.records import Origin, Status

_SHORT = XPath(
    "//*[self::span or self::p or self::strong or self::b or self::em or self::small or self::li or self::td or self::dd or "
    "self::label or self::font or (self::div and not(*/*))][string-length(.) > 1 and string-length(.) < 90]"
)
_LONGEST, _MOST = 60, 3000
_WRITTEN = ("span", "p", "strong", "b", "em", "small", "li", "td", "dd", "label", "font", "div", "i", "a", "svg")
_GONE = (
    r"(?:temporarily |currently )?(?:out of stock|unavailable|not available)|no longer available|"
    r"(?:derzeit )?nicht (?:mehr )?(?:auf lager|lieferbar|verfügbar|vorrätig)|"
    r"(?:produit |article )?(?:indisponible|en rupture(?: de stock)?)|"
    r"rupture de stock|no disponible|sin stock|sin existencias|non disponibile|"
    r"niet (?:meer )?(?:op voorraad|beschikbaar|leverbaar)|não disponível|indisponível|sem stock|fora de estoque|"
    r"nen[íi] sklad(?:em|om)|nie je skladom|niedostępn[yae]|brak w magazynie|"
    r"ni na zalogi|ni dobavljivo|nije dostupno|нет в наличии|немає в наявності|няма наличност|ikke på lager|ej i lager|"
    r"slut i lager|在庫(?:なし|切れ)|缺货|缺貨"
)
_SOLD = (
    r"sold(?: out)?|ausverkauft|verkauft|vergriffen|épuisée?|vendue?|agotad[oa]|vendid[oa]|vendut[oa]|esaurit[oa]|"
    r"uitverkocht|verkocht|esgotad[oa]|vyprod[áa]n[oý]|vypredané|wyprzedan[ey]|sprzedane|razprodano|rasprodano|распродано|продан[оa]?|"
    r"продадено|udsolgt|utsolgt|slutsåld|loppuunmyyty|売り切れ(?:ました)?|已售完|售罄|품절"
)
_HERE = (
    r"(?:only )?(?:\d+ )?(?:left )?in stock|available(?: now| immediately)?|(?:\d+ (?:stück )?)?(?:auf lager|vorrätig)|"
    r"sofort (?:lieferbar|verfügbar)|lieferbar|verfügbar|(?:\d+ )?en stock|disponible(?: inmediatamente| immédiatement)?|"
    r"(?:subito )?disponibile(?: subito)?|op voorraad|direct leverbaar|(?:\d+ )?em (?:stock|estoque)|disponível|"
    r"sklad(?:em|om)(?: \d+ ks)?|na sklad[ěe]|dostępn[yae]|"
    r"w magazynie|na zalogi|dobavljivo|razpoložljivo|"
    r"na stanju|dostupno|(?:есть )?в наличии|"
    r"(?:є )?в наявності|в наличност|på lager|i lager|varastossa|raktáron|"
    r"în stoc|laos|stokta(?: var)?|在庫(?:あり|有り)|现货|現貨"
)
_LABEL = (
    r"(?:(?:availability|stock(?: status)?|verfügbarkeit|lagerbestand|disponibilit[éàa]|disponibilidade?|dostępność|"
    r"dostupnost|razpoložljivost|zaloga|наличие|наявність|beschikbaarheid|status|在庫)\s*[:：]?\s*)?"
)
_TELLS = tuple(
    (re.compile(rf"^\W*{_LABEL}(?:{words})\W*$", re.IGNORECASE), status)
    for words, status in ((_GONE, Status.ENDED), (_SOLD, Status.SOLD), (_HERE, Status.LIVE))
)
_CHOICE = re.compile(
    r"store|filial|branch|pick-?up|variant|variation|option|swatch|sizes?(?:$|[\s_-])|colou?r|filter|facet|compar|comment|legend",
    re.IGNORECASE,
)
_ANY = re.compile(rf"(?<!\w)(?:{_GONE}|{_SOLD}|{_HERE})(?!\w)", re.IGNORECASE)
_NUMBER = re.compile(r"^(?P<name>[^\d:：#]{2,24}?)\s*[:：#№.]+\s*(?P<number>(?=\S*\d)[\w./-]{2,30})$")
_SKU = XPath("//*[contains(@class,'sku') or contains(@id,'sku') or contains(@class,'Sku') or contains(@class,'SKU')][not(*)]")
_CODE = re.compile(r"(?=\S*\d)[\w./-]{3,30}")


def stock_status(page: Page) -> Finds:
    """What the words beside the object say of its status; nothing where they differ."""
    finds = Finds(Origin.DERIVED)
    if page.h1 is None or not _ANY.search(page.text):
        return finds
    said: dict[Status, str] = {}
    for tag in _SHORT(page.root)[:_MOST]:
        text = one_line("".join(tag.itertext(*_WRITTEN)))
        status = next((status for words, status in _TELLS if words.match(text)), None) if len(text) <= _LONGEST else None
        if status is not None and _counts(tag, page):
            said.setdefault(status, text)
    if len(said) == 1:
        status, text = said.popitem()
        finds.put("status", status, text)
    return finds


def _counts(tag: _Element, page: Page) -> bool:
    """Whether words are shown, are no choice or link, and stand beside the page's object."""
    held = any(above.tag in ("button", "select", "a", "label") for above in tag.iterancestors())
    plain = not held and tag.find(".//input") is None and not is_hidden(tag)
    return plain and is_beside(tag, page, itself=True) and not _of_other(tag, page)


def _of_other(tag: _Element, page: Page) -> bool:
    """Whether words stand in another listing's card, or speak of one branch, size or colour of several."""
    shared = set() if page.h1 is None else set(page.h1.iterancestors())
    around = takewhile(lambda above: above not in shared, (tag, *islice(tag.iterancestors(), 12)))
    return any(_CHOICE.search(f"{above.get('id') or ''} {above.get('class') or ''}") or is_card(above, tag) for above in around)


def stock_number(page: Page) -> Finds:
    """The shop's number of the object, where a label (`SKU: 0638`) or the element's own name says that it is one."""
    finds = Finds(Origin.DERIVED)
    if page.h1 is None:
        return finds
    found: dict[str, str] = {}
    for tag in _SKU(page.root)[:20]:
        text = one_line(visible_text(tag, limit=_LONGEST))
        if _CODE.fullmatch(text) and _counts(tag, page):
            found.setdefault(text, text)
    for tag in () if found else _SHORT(page.root)[:_MOST]:
        text = one_line("".join(tag.itertext(*_WRITTEN)))
        told = _NUMBER.match(text)
        if told and listwords.NUMBER.match(told["name"]) and _counts(tag, page):
            found.setdefault(told["number"], text)
    if len(found) == 1:
        number, text = found.popitem()
        finds.put("listing_id", number, text)
    return finds
