"""How gently one crawl asks: the unit's defaults tightened by the source card, and the name under which it asks.

`settings` makes one Limits per crawl; `manners`, `retries` and the spiders read it. A card can only be stricter than
the defaults; the practice marketplace on loopback may set no delay at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from patrol.config.marketplace import Card, Manners
from patrol.config.settings import DefaultManners

ROBOT = "Patrol"  # the name that robots.txt is read for


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, bytes and counts for one crawl; `per_day` None is no budget (loopback without one on its card)."""

    delay: float
    concurrency: int
    per_day: int | None
    timeout: float
    retries: int
    page_bytes: int
    picture_bytes: int
    picture_pixels: int
    loopback: bool
    user_agent: str


def user_agent(version: str, contact: str | None) -> str:
    """One fixed line: who asks, and the contact that the card names."""
    plain = "".join(mark for mark in contact or "" if " " <= mark <= "~" and mark not in "()")
    return f"{ROBOT}/{version} (+{plain})" if plain else f"{ROBOT}/{version}"


def limits(defaults: DefaultManners, card: Card | None, version: str) -> Limits:
    """The stricter of the unit's defaults and the card's manners, value by value."""
    asked = card.manners if card is not None else Manners.model_validate({})
    loopback = card is not None and card.loopback
    if loopback:
        delay, concurrency, per_day = asked.delay or 0.0, asked.concurrency or 16, asked.requests_per_day
    else:
        delay = max(defaults.delay, asked.delay or 0.0)
        concurrency = min(defaults.concurrency, asked.concurrency or defaults.concurrency)
        per_day = min(defaults.requests_per_day, asked.requests_per_day or defaults.requests_per_day)
    return Limits(
        delay=delay,
        concurrency=concurrency,
        per_day=per_day,
        timeout=min(defaults.timeout, asked.timeout or defaults.timeout),
        retries=defaults.retries,
        page_bytes=defaults.page_bytes,
        picture_bytes=defaults.picture_bytes,
        picture_pixels=defaults.picture_pixels,
        loopback=loopback,
        user_agent=user_agent(version, card.contact_label if card is not None else None),
    )
