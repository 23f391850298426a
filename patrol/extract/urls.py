"""Addresses: the canonical form under which a page is known, the address that a saved page gives as its own, its id.

`read` uses it for links and the listing's id; pipelines and replay ask it for a page's identity.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|gclsrc|dclid|msclkid|yclid|mc_[ce]id|_ga|_gl|igshid|ref|ref_|referrer|referer|spm|scm|clickid|"
    r"affiliate\w*|cmpid|campid|mkcid|mkrid|mkevt|toolid|customid|_trk\w*|_trksid|hash|amdata|click_key|click_sum|ga_\w+|"
    r"pro|frs|sts|source|src|pf_rd_\w+|qid|sr|session\w*|sid|phpsessid|jsessionid|v1|v2)$",
    re.IGNORECASE,
)
_CANONICAL = re.compile(rb"<(?:link|meta)\b[^>]*\b(?:rel|property)\s*=\s*[\"']?(canonical|og:url)[\"'\s>][^>]*>", re.IGNORECASE)
_TARGET = re.compile(rb"\b(?:href|content)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)\d{5,}(?!\d)")
_CODE = re.compile(r"(?<=/)(?:[A-Z0-9]{6,16}|[a-z]{1,3}[a-z0-9]{6,14})(?=[/.]|$)")


def is_address(url: str) -> bool:
    """Whether this is a whole http(s) address with a host, a port that can be, and nothing that breaks a line."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:  # brackets that are no IPv6 address, a port beyond 65535
        return False


@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """The same page, the same text: https and host in lower case, no tracking, no fragment, parameters sorted.

    A fragment that is a path of its own (`#!/…`) stays, for some sites have nothing else to tell pages apart. What is no
    address stays as it is.
    """
    url = url.strip()
    if not is_address(url):
        return url
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    pairs = sorted((key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(key))
    path = quote(unquote(parts.path), safe="/%:@!$&'()*+,;=~-._") or "/"
    fragment = parts.fragment if parts.fragment.startswith("!/") else ""
    scheme = parts.scheme if port else "https"
    return urlunsplit((scheme if host else parts.scheme, host + port, path.rstrip("/") or "/", urlencode(pairs), fragment))


def page_url(body: bytes | str) -> str | None:
    """The address that a page gives as its own (rel=canonical, else og:url), or None."""
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    found: dict[bytes, str] = {}
    for tag in _CANONICAL.finditer(raw):
        target = _TARGET.search(tag.group())
        text = next((part for part in target.groups() if part), b"").decode("utf-8", "replace") if target else ""
        if is_address(text := text.strip().replace("&amp;", "&")):
            found.setdefault(tag.group(1).lower(), text)
    return found.get(b"canonical") or found.get(b"og:url")


def absolute(base: str, link: str | None) -> str | None:
    """The link as an absolute http(s) address without fragment; None for scripts, mail, data and broken ones."""
    if not link or link.lstrip()[:5].lower() in ("data:", "about", "javas", "mailt", "blob:"):
        return None
    try:
        full = urljoin(base, link.strip())
    except ValueError:
        return None
    if not is_address(full):
        return None
    parts = urlsplit(full)
    return urlunsplit(parts._replace(fragment="")) if parts.fragment and not parts.fragment.startswith("!/") else full


def id_from(url: str, patterns: tuple[str, ...]) -> str | None:
    """The listing's id by an adapter's patterns: the group `id` of the first that fits."""
    for pattern in patterns:
        found = re.search(pattern, url)
        if found:
            return found.group("id")
    return None


def likely_id(url: str) -> str | None:
    """Without an adapter: the last long number of the path or a parameter, else a last word of capitals and digits, else None."""
    parts = urlsplit(url)
    for text in (parts.path, parts.query):
        numbers = _NUMBER.findall(text)
        if numbers:
            return str(numbers[-1])
    words = [word for word in _CODE.findall(parts.path) if sum(letter.isdigit() for letter in word) >= 2]
    return str(words[-1]) if words else None
