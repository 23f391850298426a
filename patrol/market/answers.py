"""What a site is asked and what it answers, before any of it becomes HTTP.

The server makes an Asked of each request and hands it to a site; `trouble` may change the Asked on the way in or the
Answer on the way out; the server sends the Answer as it says, broken or slow where it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: the path without the query, decoded; the last value of each query parameter; header names lower case."""

    site: str
    path: str
    query: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    layout: int = 1  # 2: the site after its redesign
    endless: bool = False  # results go on for ever
    decoys: bool = False  # every other card is a decoy

    @property
    def target(self) -> str:
        return self.path + ("?" + "&".join(f"{name}={value}" for name, value in self.query.items()) if self.query else "")

    @property
    def page(self) -> int:
        """The page of results asked for; 1 where the number makes no sense."""
        text = self.query.get("page", "1")
        return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. `seconds` spreads the body over time, `cut` stops half way through it, `drop` closes without a word."""

    status: int = 200
    body: bytes = b""
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    seconds: float = 0.0
    cut: bool = False
    drop: bool = False
    padded: bool = False  # already of the wished size, or not a page that is padded at all


def redirect(target: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"location": target}, padded=True)
