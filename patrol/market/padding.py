"""Makes practice pages as heavy as real ones: styles, scripts, menus and teasers around what matters.

The server asks for it when told a size; a page keeps its own content and gets as much ballast, before and behind, as brings
the pages to that size in the median, some lighter and some heavier.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import blake2b
from random import Random

HEAD, FOOT = b"</head>", b"</body>"
_BLOCKS = 96
_WORDS = (
    "delivery", "returns", "basket", "favourites", "garden", "kitchen", "vintage", "lamp", "chair", "print", "wool", "oak",
    "brass", "frame", "shelf", "winter", "summer", "collection", "deals", "offers", "newsletter", "cookies", "privacy",
    "terms", "payment", "secure", "help", "contact", "stores", "careers", "press",
)  # fmt: skip


@cache
def _head_blocks() -> tuple[bytes, ...]:
    return tuple(_style(Random(number)) if number % 2 else _script(Random(number)) for number in range(_BLOCKS))


@cache
def _foot_blocks() -> tuple[bytes, ...]:
    kinds = (_menu, _teasers, _script)
    return tuple(kinds[number % len(kinds)](Random(number)) for number in range(_BLOCKS))


def _style(dice: Random) -> bytes:
    rules = (
        f".c{dice.randrange(16**6):06x}-{dice.choice(_WORDS)}>.u-{dice.choice(_WORDS)}"
        f"{{margin:{dice.randrange(40)}px {dice.randrange(40)}px;color:#{dice.randrange(16**6):06x};"
        f"font:{dice.choice((400, 600))} {dice.randrange(11, 20)}px/1.4 sans-serif}}"
        for _ in range(24)
    )
    return f"<style>{''.join(rules)}</style>\n".encode()


def _script(dice: Random) -> bytes:
    flags = {
        f"{dice.choice(_WORDS)}_{dice.randrange(10**6)}": dice.choice((True, False, None, dice.randrange(99))) for _ in range(60)
    }
    body = f"(function(w){{w.__exp=w.__exp||[];w.__exp.push({json.dumps(flags)});}})(window);"
    return f"<script>{body}</script>\n".encode()


def _menu(dice: Random) -> bytes:
    links = (
        f'<li class="menu-entry"><a class="menu-link" href="/account/{dice.choice(_WORDS)}-{dice.randrange(999)}">'
        f"{dice.choice(_WORDS).title()} {dice.choice(_WORDS)}</a></li>"
        for _ in range(22)
    )
    return f'<nav class="menu"><ul>{"".join(links)}</ul></nav>\n'.encode()


def _teasers(dice: Random) -> bytes:
    cards = (
        f'<div class="teaser"><span class="teaser-name">{" ".join(dice.choices(_WORDS, k=5)).capitalize()}</span>'
        f'<span class="teaser-cost">£{dice.randrange(3, 900)}</span><p>{" ".join(dice.choices(_WORDS, k=16))}.</p></div>'
        for _ in range(9)
    )
    return f'<aside class="teasers">{"".join(cards)}</aside>\n'.encode()


def _share(blocks: tuple[bytes, ...], start: int, size: int) -> bytes:
    chosen, held, at = [], 0, start
    while held < size:
        block = blocks[at % len(blocks)]
        chosen.append(block)
        held += len(block)
        at += 1
    return b"".join(chosen)


def padded(page: bytes, median: int, key: str) -> bytes:
    """The page with ballast. `key` settles how much and which, so that a page weighs the same at every visit."""
    if HEAD not in page or FOOT not in page:
        return page
    dice = Random(blake2b(key.encode(), digest_size=8).digest())
    missing = int(median * dice.lognormvariate(0, 0.35)) - len(page)
    if missing <= 0:
        return page
    head = _share(_head_blocks(), dice.randrange(_BLOCKS), missing * 2 // 5)
    foot = _share(_foot_blocks(), dice.randrange(_BLOCKS), missing - len(head))
    before, _, rest = page.partition(HEAD)
    middle, _, after = rest.rpartition(FOOT)
    return b"".join((before, head, HEAD, middle, foot, FOOT, after))
