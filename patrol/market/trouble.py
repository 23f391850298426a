"""How the practice sites misbehave, on request: the troubles that a crawl meets on real ones, each at the wished place.

A Trouble is a list of snags. The server asks it before each answer; a snag that fits changes the request, replaces the
answer or spoils it. `DEMO` is what the demo meets: one block page, one login wall, one 429.
"""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from patrol.errors import UsageError
from patrol.market.answers import Answer, Asked, redirect
from patrol.market.interstitials import BLOCKS, login_wall, removal

Respond = Callable[[Asked], Answer]
PRIVATE = "http://192.0.2.1/internal/"  # not globally reachable, and by its reservation nobody's: safe where a guard fails
HUGE_MEGABYTES = 24  # more than a page may have by the shipped settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Snag:
    """One trouble: its kind, where it waits (site and path by shell pattern, `*` is any), how often, and its measure."""

    kind: str
    site: str = "*"
    path: str = "*"
    times: int | None = None  # None: every time
    value: str | None = None  # seconds, megabytes, status or flavour; each kind has a default

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"no such trouble: {self.kind!r}", remedy=f"Known: {', '.join(sorted(KINDS))}")


class Trouble:
    """The snags of a running server; may be added to while it runs."""

    def __init__(self, snags: Iterable[Snag] = ()) -> None:
        self._left: list[tuple[Snag, int | None]] = [(snag, snag.times) for snag in snags]
        self._lock = threading.Lock()

    def add(self, *snags: Snag) -> None:
        with self._lock:
            self._left.extend((snag, snag.times) for snag in snags)

    def clear(self) -> None:
        with self._lock:
            self._left.clear()

    def waits_at(self, site: str, number: str) -> bool:
        """Whether a snag was set for just this listing of a site."""
        return any(fnmatchcase(site, snag.site) and number in snag.path for snag, _ in self._left)

    def meet(self, asked: Asked) -> Snag | None:
        """The first snag that waits at this place, counted down; None where the way is clear."""
        if not self._left or asked.path.startswith("/trouble/"):
            return None
        with self._lock:
            for place, (snag, left) in enumerate(self._left):
                if left != 0 and fnmatchcase(asked.site, snag.site) and fnmatchcase(asked.path, snag.path):
                    self._left[place] = (snag, None if left is None else left - 1)
                    return snag
        return None


def suffer(snag: Snag, asked: Asked, respond: Respond) -> Answer:
    """The answer that a request gets which met this snag; `respond` is the untroubled site."""
    return KINDS[snag.kind](asked, snag.value, respond)


_WRITTEN = re.compile(r"(?P<kind>[a-z0-9-]+)(?:=(?P<value>[^@]+))?(?:@(?P<site>[a-z*]+)(?P<path>/\S*?)?(?:#(?P<times>\d+))?)?")


def parse(text: str) -> Snag:
    """`429=2@bazaar/item/*#1`: kind, measure, site, path pattern, number of times; all but the kind may be left out."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise UsageError(
            f"trouble {text!r} is not written as KIND[=VALUE][@SITE[/PATH*][#TIMES]]", remedy="See `429=2@bazaar/item/*#1`"
        )
    times = match["times"]
    return Snag(
        kind=match["kind"],
        site=match["site"] or "*",
        path=match["path"] or "*",
        times=int(times) if times else None,
        value=match["value"],
    )


# ---------------------------------------------------------------------------------------------------------------------
# The kinds, each: what was asked, the measure, the untroubled site -> the answer


def _number(value: str | None, default: float) -> float:
    return default if value is None else float(value)


def _too_many(_asked: Asked, value: str | None, _respond: Respond) -> Answer:
    body = b"<html><head><title>429 Too Many Requests</title></head><body><h1>Too Many Requests</h1></body></html>"
    return Answer(status=429, body=body, headers={"retry-after": value or "1"}, padded=True)


def _unavailable(_asked: Asked, value: str | None, _respond: Respond) -> Answer:
    body = b"<html><head><title>503 Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>"
    return Answer(status=503, body=body, headers={"retry-after": value} if value else {}, padded=True)


def _status(_asked: Asked, value: str | None, _respond: Respond) -> Answer:
    status = int(value or 500)
    return Answer(status=status, body=f"<html><body><h1>Error {status}</h1></body></html>".encode(), padded=True)


def _slow(asked: Asked, value: str | None, respond: Respond) -> Answer:
    return replace(respond(asked), seconds=_number(value, 3))


def _cut(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    return replace(respond(asked), cut=True)


def _drop(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    return replace(respond(asked), drop=True)


def _block(asked: Asked, value: str | None, _respond: Respond) -> Answer:
    flavour = value or "challenge"
    if flavour not in BLOCKS:
        raise UsageError(f"no such block page: {flavour!r}", remedy=f"Known: {', '.join(BLOCKS)}")
    return Answer(body=BLOCKS[flavour](asked.site, asked.target), padded=True)


def _login(asked: Asked, _value: str | None, _respond: Respond) -> Answer:
    return Answer(body=login_wall(asked.site, asked.target), padded=True)


def _login_redirect(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    return respond(asked) if asked.path == "/login" else redirect(f"/login?next={asked.path}")


def _removed(asked: Asked, _value: str | None, _respond: Respond) -> Answer:
    return Answer(body=removal(asked.site), padded=True)


def _layout(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    return respond(replace(asked, layout=2))


def _endless(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    return respond(replace(asked, endless=True))


def _decoys(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    return respond(replace(asked, decoys=True))


def _private(_asked: Asked, value: str | None, _respond: Respond) -> Answer:
    return redirect(value or PRIVATE)


def _circle(asked: Asked, _value: str | None, _respond: Respond) -> Answer:
    return redirect(asked.target)


def _huge(asked: Asked, value: str | None, respond: Respond) -> Answer:
    answer = respond(asked)
    line = b"<p>" + b"lorem ipsum dolor sit amet " * 36 + b"</p>\n"
    filler = line * (int(_number(value, HUGE_MEGABYTES) * 1_000_000) // len(line))
    return replace(answer, body=answer.body.replace(b"</body>", filler + b"</body>"), padded=True)


def _gzip(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    answer = respond(asked)
    return replace(
        answer, body=gzip.compress(answer.body, mtime=0), headers={**answer.headers, "content-encoding": "gzip"}, padded=True
    )


def _bomb(_asked: Asked, value: str | None, _respond: Respond) -> Answer:
    """A few kilobytes on the wire that unpack to many megabytes."""
    body = gzip.compress(b"<html>" + b" " * int(_number(value, 200) * 1_000_000), mtime=0)
    return Answer(body=body, headers={"content-encoding": "gzip"}, padded=True)


def _robots_refuse(asked: Asked, _value: str | None, respond: Respond) -> Answer:
    return _robots(asked, respond, "User-agent: *\nDisallow: /\n")


def _robots_delay(asked: Asked, value: str | None, respond: Respond) -> Answer:
    return _robots(asked, respond, f"User-agent: *\nCrawl-delay: {value or 2}\nDisallow: /account/\n")


def _robots_path(asked: Asked, value: str | None, respond: Respond) -> Answer:
    return _robots(asked, respond, f"User-agent: *\nDisallow: {value or '/item/'}\n")


def _robots(asked: Asked, respond: Respond, text: str) -> Answer:
    if asked.path != "/robots.txt":
        return respond(asked)
    return Answer(body=text.encode(), content_type="text/plain; charset=utf-8", padded=True)


KINDS: dict[str, Callable[[Asked, str | None, Respond], Answer]] = {
    "429": _too_many,
    "503": _unavailable,
    "status": _status,
    "slow": _slow,
    "cut": _cut,
    "drop": _drop,
    "block": _block,
    "login": _login,
    "login-redirect": _login_redirect,
    "removed": _removed,
    "layout": _layout,
    "endless": _endless,
    "decoys": _decoys,
    "private": _private,
    "circle": _circle,
    "huge": _huge,
    "gzip": _gzip,
    "bomb": _bomb,
    "robots-refuse": _robots_refuse,
    "robots-delay": _robots_delay,
    "robots-path": _robots_path,
}

# Two addresses that the results name beside the goods, and the first goods page asked for.
BLOCKED_NUMBER = "100000017"
WALLED_NUMBER = "100000029"
DEMO: tuple[Snag, ...] = (
    Snag(kind="block", site="bazaar", path=f"/item/*-{BLOCKED_NUMBER}.html"),
    Snag(kind="login", site="hammer", path=f"/lot/{WALLED_NUMBER}/*"),
    Snag(kind="429", site="bazaar", path="/item/*", times=1, value="1"),
)
