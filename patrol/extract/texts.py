"""Text for people: HTML fragments as plain text with line breaks, broken encodings mended, the site's own words taken off.

The readers of single sources hand in what they found; what comes back goes into the listing's title and description.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from ftfy import fix_encoding
from lxml.etree import ParserError
from lxml.html import fragment_fromstring

from patrol.extract.visible import one_line, tidy, visible_text

_BROKEN = re.compile("Ã[\u0080-\u00bf\u0192\u2018-\u203a]|â€|Â[\u00a0-\u00bf]|ã[\u0080-\u0083]|Ð[\u0080-\u00bf]|Ø[§-¯±-¹]")
_TAG = re.compile(r"<(?:!--|/?[a-zA-Z][^<>]*>)")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,31});")
_PREFIX = re.compile(
    r"^(?:details about|details zu|détails sur(?: le produit)?|dettagli su|detalles (?:acerca )?de|"
    r"meer informatie over|szczegóły o|"
    r"(?:reserviert|gelöscht|verkauft|réservé|vendu|gereserveerd|verkocht|sold|reserved)\s*[•·|])\s*[\u00a0\s]+(?=\S)",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"shop with confidence|great deals|best deals|free (?:shipping|delivery|returns|postage)|lowest prices?|buy (?:it )?online|"
    r"shop online|online (?:shop|store)|order (?:now|online)|satisfaction guaranteed|millions of|thousands of (?:items|products)|"
    r"find (?:the )?(?:great|best|cheap)|discover (?:the )?best|(?:jetzt|online|günstig) (?:kaufen|bestellen|shoppen)|"
    r"kostenlose[rn]? (?:versand|anzeigen|lieferung)|versandkostenfrei|große auswahl|livraison (?:gratuite|offerte|rapide)|"
    r"achetez|petites annonces|meilleurs? prix|acquista|spedizione (?:gratis|gratuita)|compra (?:online|ahora|en línea)|"
    r"envíos? grati[st]|las mejores ofertas|koop (?:nu|online)|gratis (?:verzending|bezorging)|grote keuze|voordelig|"
    r"frete grátis|découvrez|find complete details|kup teraz|darmowa dostawa|купить|доставка|送料無料|通販|"
    r"網購|网购|宅配到府|購物網",
    re.IGNORECASE,
)


def mend(text: str) -> str:
    """Text whose UTF-8 was read as something else, mended; anything else is left exactly as it is."""
    return fix_encoding(text) if _BROKEN.search(text) else text


def plain(text: str) -> str:
    """Plain text of a fragment that may be HTML, escaped HTML, or text with entities; blocks become line breaks."""
    if _ENTITY.search(text):
        text = html.unescape(text)
        if _ENTITY.search(text) and not _TAG.search(text):
            text = html.unescape(text)
    if _TAG.search(text):
        text = _strip(text)
    return mend(tidy(text))


def _strip(text: str) -> str:
    try:
        return visible_text(fragment_fromstring(text, create_parent="div"))
    except (ParserError, ValueError):  # nothing but comments, or characters that no tree can hold
        return _TAG.sub(" ", text)


def title_of(text: str, prefixes: Iterable[str] = ()) -> str:
    """A title on one line without the words that sites hide in front of it."""
    line = one_line(plain(text)) if ("<" in text or "&" in text) else one_line(mend(text))
    for prefix in prefixes:
        if line.startswith(prefix):
            line = line[len(prefix) :].lstrip(" \u00a0:•·|–-")
    return _PREFIX.sub("", line).strip()


def without_site(title: str, names: Iterable[str]) -> str:
    """A page title without the site's name at its end or start (`… | eBay`, `… - Etsy`)."""
    for name in names:
        if not name:
            continue
        cut = re.sub(
            rf"\s*(?:[|•·:–—-]|::|\bon\b|\bin\b|\bat\b)\s*{re.escape(name)}(?:\.\w{{2,3}}){{0,2}}\s*$",
            "",
            title,
            flags=re.IGNORECASE,
        )
        cut = re.sub(rf"^{re.escape(name)}(?:\.\w{{2,3}}){{0,2}}\s*[|•·:–—]\s*", "", cut, flags=re.IGNORECASE)
        if " " in name:  # a name of one word may be the maker's, whom a title may well begin with
            cut = re.sub(rf"^{re.escape(name)}\s+[-–—]\s+", "", cut, flags=re.IGNORECASE)
        if cut and cut != title:
            return cut.strip()
    return title


def is_boilerplate(text: str, title: str | None, site_names: Iterable[str]) -> bool:
    """Whether a description is the site speaking of itself rather than the seller of the object."""
    if _BOILERPLATE.search(text):
        return True
    folded = one_line(text).casefold().rstrip(".… ")
    if title and folded in title.casefold():
        return True
    rest = folded.replace(title.casefold(), "", 1) if title else folded
    return any(name and re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", rest) for name in site_names)
