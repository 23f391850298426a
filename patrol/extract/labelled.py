"""What a page lists of its object as names and values: definition lists, two-column tables, lines of `Label: value`.

The reader for pages whose markup gives no attributes; `read` lays it under all structured data. Only lists of two and more
pairs inside the object's own area count; tables of sizes, shipping, hours and reviews are passed over, and so is whatever
stands in a neighbour's card, a menu or a footer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from lxml.etree import XPath, _Element

from patrol.extract import listwords
from patrol.extract.finds import Finds
from patrol.extract.heuristics import is_beside
from patrol.extract.money import CODES
from patrol.extract.page import Page
from patrol.extract.visible import hidden_itself, one_line, visible_text
from patrol.records import Origin

Pair = tuple[str, str]
_LISTS = XPath("//dl[dt or div/dt] | //table[tr or tbody/tr] | //ul[li[2]] | //ol[li[2]]")
_LABELS = XPath(
    "//*[self::b or self::strong or self::span or self::em or self::i or self::label or self::div or self::p or self::h4 or "
    "self::h5 or self::h6][not(*)][contains(.,':') or contains(@class,'abel') or contains(@class,'name') or "
    "contains(@class,'title') or contains(@class,'key') or contains(@class,'term')]"
)
_ROWS = XPath("./tr | ./tbody/tr | ./thead/tr")
_CELLS = XPath("./th | ./td")
_CONTROLS = XPath("boolean(.//input[not(@type='hidden')] | .//select | .//button | .//textarea | .//table | .//form)")
_HEADING = XPath(
    "(preceding-sibling::*[1] | preceding-sibling::*[2])[self::h2 or self::h3 or self::h4 or self::h5 or self::h6 "
    "or self::button or self::summary or contains(@class,'title') or contains(@class,'head')] "
    "| self::table/caption | self::fieldset/legend"
)
_WORDS = XPath("string()")
_LABEL_CLASS = re.compile(r"(?:label|name|title|key|term)s?(?=$|[\s_-]|[A-Z])", re.IGNORECASE)
_LINE = re.compile(r"^([^:：\n]{2,40}?)\s*[:：]\s*(\S[^\n]*)$")
_NUMBER = re.compile(r"(?=\D*\d)[\w./-]{2,30}")
_AMOUNT = re.compile(r"^\D{0,12}\d[\d.,'\s]*\D{0,12}$")
_SIGN = re.compile(rf"[€£$¥₪₽₹₴₺₩₫฿]|\b(?:{'|'.join(sorted(CODES))}|zł|kč|kr|руб|грн|лв)\b")
_MARKS = re.compile(r"^[^\w(]+")
_SIZE = re.compile(r"^(?:\d*X*[SML]|X{1,3}[SL]|\d+(?:[.,/]\d+)?|[A-F]{1,2})$", re.IGNORECASE)
_LONGEST_NAME, _LONGEST_VALUE, _LONGEST_LINE, _SENTENCE = 40, 300, 100, 60
_MOST_LISTS, _MOST_LABELS, _MOST_ROWS, MOST = 80, 400, 60, 40
_LEVELS, _HEADED = 12, 5  # containers of a list whose names, and whose headings, are read


def labelled(page: Page) -> Finds:
    """Attributes as the page lists them, and what they say of its number and its state of preservation."""
    listed: dict[str, str] = {}
    for pairs in _groups(page):
        for name, value in pairs:
            if len(listed) < MOST:
                listed.setdefault(name, value)
    finds = Finds(Origin.DERIVED)
    for name in [name for name in listed if listwords.CONDITION.match(name)]:
        finds.put("condition", listed.pop(name), name)
    for name, value in listed.items():
        if listwords.NUMBER.match(name) and _NUMBER.fullmatch(value):
            finds.put("listing_id", value, f"{name}: {value}")
    finds.put("attributes", listed, "; ".join(listed))
    return finds


def _groups(page: Page) -> Iterator[list[Pair]]:
    """Lists of two and more pairs, each inside the object's own area."""
    if page.h1 is None:
        return
    read: set[_Element] = set()
    lines: dict[_Element, list[Pair]] = {}
    for tag in islice(_LISTS(page.root), _MOST_LISTS):
        if is_own(tag, page):  # asked first, for most lists of a page are its menus
            pairs = _kept(_READERS[str(tag.tag)](tag))
            read.update([tag] if pairs else [])
            lines.setdefault(tag if tag.tag in ("ul", "ol") else tag.getparent(), []).extend(pairs)
    for tag in islice(_LABELS(page.root), _MOST_LABELS):
        pair = _beside(tag)
        if pair is not None and not any(above in read for above in islice(tag.iterancestors(), 5)):
            lines.setdefault(_holder(tag), []).append(pair)
    for holder, rows in lines.items():
        pairs = _kept(rows)
        if len(pairs) > 1 and (holder in read or is_own(holder, page)):
            yield pairs


def _holder(label: _Element) -> _Element:
    """What holds a label's line and the lines beside it."""
    line = label.getparent()
    around = line.getparent()
    return line if around is None or (label.tail or "").strip() or label.getprevious() is not None else around


# -- single shapes


def _defined(tag: _Element) -> Iterator[Pair]:
    """`<dt>` with the one `<dd>` that follows."""
    for term in islice(tag.iter("dt"), _MOST_ROWS):
        said = term.getnext()
        if said is not None and said.tag == "dd":
            yield _text(term), _value(said)


def _tabled(tag: _Element) -> Iterable[Pair]:
    """Rows of two cells; a table with more columns, or with headings above its columns, is another thing."""
    rows = [list(_CELLS(row)) for row in islice(_ROWS(tag), _MOST_ROWS)]
    wide = [cells for cells in rows if len(cells) > 2 or any(cell.tag == "th" for cell in cells[1:])]
    if wide or tag.find(".//table") is not None:
        return []
    return [(_text(cells[0]), _value(cells[1])) for cells in rows if len(cells) == 2]


def _itemised(tag: _Element) -> Iterable[Pair]:
    """`<li>Label: value</li>`, where most of the entries are of that kind."""
    entries = tag.findall("li")[:_MOST_ROWS]
    pairs = [pair for entry in entries if (pair := _line(entry)) is not None]
    return pairs if 2 * len(pairs) > len(entries) else []


_READERS = {"dl": _defined, "table": _tabled, "ul": _itemised, "ol": _itemised}


def _line(entry: _Element) -> Pair | None:
    if len(entry) > 6 or _CONTROLS(entry):
        return None
    parts = [part for part in entry if isinstance(part.tag, str) and part.tag != "br"]
    if len(parts) == 2 and not (entry.text or "").strip() and not any((part.tail or "").strip(" \n\t:") for part in parts):
        name, value = _text(parts[0]), _value(parts[1])
        if name.endswith(":") or _LABEL_CLASS.search(parts[0].get("class") or ""):
            return name, value
    found = _LINE.match(one_line(visible_text(entry, limit=400)))
    if found is None or found.group(1).count(" ") > 3 or len(found.group(2)) > _LONGEST_LINE:
        return None  # a sentence of advertising
    return found.group(1), found.group(2)


def _beside(tag: _Element) -> Pair | None:
    """A label and what follows it: the text behind it, or the element beside it that ends its line."""
    name = one_line(_WORDS(tag)) if len(tag) else one_line(tag.text or "")
    marked = name.endswith((":", "："))
    tail = one_line(tag.tail or "")
    if tail.startswith(":"):
        return (name, tail[1:].strip()) if len(tail) > 1 else None
    if not marked and not _LABEL_CLASS.search(tag.get("class") or ""):
        return None
    if tail:
        return (name, tail) if marked else None
    said = tag.getnext()
    if said is None or not isinstance(said.tag, str) or said.tag in ("br", "a", "h1", "h2") or tag.getprevious() is not None:
        return None
    return (name, _value(said)) if said.getnext() is None or marked else None


def _text(tag: _Element) -> str:
    return one_line(visible_text(tag, limit=_LONGEST_NAME + 60))


def _value(tag: _Element) -> str:
    """The words of a value; empty where it holds controls or is a text of its own."""
    return "" if _CONTROLS(tag) else one_line(visible_text(tag, limit=_LONGEST_VALUE + 1))


# -- what counts


def _kept(pairs: Iterable[Pair]) -> list[Pair]:
    """Pairs that say something of an object; none where the list is one of prices, sizes or days."""
    clean = [(_MARKS.sub("", name).rstrip(" :：\ufeff\u200b").strip(), value.strip(" :：\ufeff")) for name, value in pairs]
    foreign = sum(bool(_SIZE.match(name) or listwords.DAYS.match(name)) for name, _ in clean)
    unpriced = [(name, value) for name, value in clean if not _is_price(value)]
    if 2 * foreign >= len(clean) or 2 * len(unpriced) < len(clean):
        return []
    return [(name, value) for name, value in unpriced if _is_name(name) and _is_value(value) and name != value]


def _is_price(value: str) -> bool:
    return bool(_AMOUNT.match(value)) and bool(_SIGN.search(value))


def _is_value(value: str) -> bool:
    sentence = len(value) > _SENTENCE and value.endswith(".") and ", " not in value[:_SENTENCE]
    return 0 < len(value) <= _LONGEST_VALUE and any(map(str.isalnum, value)) and not sentence


def _is_name(name: str) -> bool:
    return (
        1 < len(name) <= _LONGEST_NAME
        and name.count(" ") < 6
        and any(letter.isalpha() for letter in name)
        and not name.endswith(("!", "?", ","))
        and not listwords.OTHER_NAME.search(name)
    )


def is_own(tag: _Element, page: Page) -> bool:
    """Whether a list belongs to the page's object: not a neighbour's, not hidden, not one of shipping, sizes or reviews."""
    if not is_beside(tag, page, itself=True) or (page.h1 is not None and any(above is page.h1 for above in tag.iterancestors())):
        return False
    shared = set() if page.h1 is None else set(page.h1.iterancestors())
    for level, above in enumerate((tag, *islice(tag.iterancestors(), _LEVELS))):
        if above in shared:
            return True
        name = f"{above.get('id') or ''} {above.get('class') or ''}"
        if listwords.OTHER_BLOCK.search(name) or is_card(above, tag) or (hidden_itself(above) and not listwords.TAB.search(name)):
            return False
        heading = next(iter(_HEADING(above)), None) if level < _HEADED else None
        if heading is not None and listwords.OTHER_HEADING.search(one_line(visible_text(heading, limit=80))[:60]):
            return False
    return True


def is_card(above: _Element, tag: _Element) -> bool:
    """Whether a container is one of several alike with a linked picture: another listing's card."""
    if above is tag or above.tag not in ("li", "article", "div", "td") or (above.tag == "div" and not above.get("class")):
        return False
    beside = [one for one in (above.getnext(), above.getprevious()) if one is not None]
    alike = any(one.tag == above.tag and one.get("class") == above.get("class") for one in beside)
    return alike and above.find(".//a[@href]//img") is not None
