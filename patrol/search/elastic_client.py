"""The way to an Elasticsearch: its address, the credentials, the connection, and its faults in words a person can act on.

`elastic.py` opens a connection with what `patrol.search.open_index` found in the settings and the environment. No secret is
part of an address, a message or a repr, so none can reach a log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from elastic_transport import ConnectionTimeout, OrjsonSerializer, SerializationError, TlsError, TransportError
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from patrol.errors import StoreError, UsageError

DEFAULT_PREFIX = "patrol"
SECONDS = 30.0  # for one answer
KEY_NAME, PASSWORD_NAME = "PATROL_INDEX_API_KEY", "PATROL_INDEX_PASSWORD"
_PREFIX = re.compile(r"[a-z0-9][a-z0-9_.-]{0,80}")
_FULL = ("disk usage exceeded", "read-only-allow-delete", "no space left", "disk full")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an index lies: `https://[user@]host:9200[,host2:9200…][/prefix]`; the prefix begins every name on the server."""

    hosts: tuple[str, ...]
    prefix: str = DEFAULT_PREFIX
    user: str | None = None

    @classmethod
    def read(cls, text: str) -> Address:
        """UsageError for an address that is none, or that carries a password; it is never quoted whole."""
        parts = urlsplit(text)
        user, at, places = parts.netloc.rpartition("@")
        if at and ":" in user:
            raise UsageError("the index's address carries a password", where="stores.index", remedy=f"Put it in {PASSWORD_NAME}")
        hosts = tuple(f"{parts.scheme}://{_with_port(place, parts.scheme)}" for place in places.split(",") if place)
        if parts.scheme not in ("http", "https") or not hosts or parts.query or parts.fragment:
            raise UsageError("the index's address is none", where="stores.index", remedy="Write https://host:9200/prefix")
        prefix = parts.path.strip("/") or DEFAULT_PREFIX
        if not _PREFIX.fullmatch(prefix):
            raise UsageError(
                f"the index's prefix {prefix!r} cannot be a name", where="stores.index", remedy="Small letters, digits, - and _"
            )
        return cls(hosts, prefix, user or None)

    def __str__(self) -> str:
        return f"{','.join(self.hosts)}/{self.prefix}"


def _with_port(place: str, scheme: str) -> str:
    if re.search(r":\d+$", place):
        return place
    return f"{place}:{443 if scheme == 'https' else 9200}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, or a password for the address's user; neither shows in a repr. `ca` is a file with the server's authority."""

    api_key: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    ca: str | None = None

    @classmethod
    def found(
        cls, environ: Mapping[str, str], *, key_file: str | None = None, password_file: str | None = None, ca: str | None = None
    ) -> Credentials:
        """From the environment, else from the files that the settings name."""
        return cls(environ.get(KEY_NAME) or _secret(key_file), environ.get(PASSWORD_NAME) or _secret(password_file), ca)


def _secret(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise StoreError(f"the index's secret cannot be read: {reason}", where=path) from error


def connect(address: Address, credentials: Credentials) -> Elasticsearch:
    """A client that may be shared between threads; nothing is asked of the server yet."""
    given: dict[str, Any] = {}
    if credentials.api_key:
        given["api_key"] = credentials.api_key
    elif address.user:
        if not credentials.password:
            raise UsageError(f"no password for {address.user} at the index", where=str(address), remedy=f"Set {PASSWORD_NAME}")
        given["basic_auth"] = (address.user, credentials.password)
    if credentials.ca:
        if not Path(credentials.ca).is_file():
            raise StoreError("the file of the index's certificate authority is not there", where=credentials.ca)
        given["ca_certs"] = credentials.ca
    logging.getLogger("elastic_transport").setLevel(logging.CRITICAL)  # its faults come as errors, told once and in plain words
    return Elasticsearch(
        list(address.hosts),
        request_timeout=SECONDS,
        max_retries=2,
        retry_on_timeout=False,
        retry_on_status=(502, 504),
        serializers={"application/json": OrjsonSerializer()},
        **given,
    )


# ---------------------------------------------------------------------------------------------------------------------
# faults


@contextmanager
def guarded(place: object) -> Iterator[None]:
    """The client's errors as StoreError (UsageError for a question that the engine cannot carry out)."""
    try:
        yield
    except ApiError as error:
        raise refusal(error.meta.status, error.body, place) from error
    except (TransportError, UnsupportedProductError) as error:
        _unreached(error, place)


def _unreached(error: Exception, place: object) -> NoReturn:
    if isinstance(error, SerializationError):
        raise UsageError("the question or the answer is no valid Unicode", where=str(place)) from error
    if isinstance(error, TlsError):
        raise StoreError(
            f"the index's certificate is not trusted: {error.message}",
            where=str(place),
            remedy="Set stores.index_ca to its authority",
        ) from error
    if isinstance(error, ConnectionTimeout):
        raise StoreError(
            f"the index did not answer within {SECONDS:.0f} s",
            where=str(place),
            remedy="Look whether Elasticsearch is overloaded",
        ) from error
    reason = error.message if isinstance(error, TransportError) else "it is no Elasticsearch"
    raise StoreError(
        f"the index is away: {reason}",
        where=str(place),
        remedy="Start Elasticsearch; the ledger keeps what is still to be indexed",
    ) from error


def refusal(status: int, body: object, place: object) -> StoreError | UsageError:
    """An error answer as the error that a caller should meet."""
    why = reason_of(body)
    if status in (401, 403) and "cluster_block" not in why:
        return StoreError(
            f"the index refuses these credentials ({status})", where=str(place), remedy=f"Look at {KEY_NAME} or {PASSWORD_NAME}"
        )
    if status == 400 and ("too_many" in why or "nested depth" in why):
        return UsageError(f"this question is too large for the index: {why}", remedy="Ask with fewer words or brackets")
    return StoreError(f"the index failed ({status}): {why}", where=str(place), remedy=remedy_of(status, why))


def remedy_of(status: int, why: str) -> str:
    """What to do about an answer."""
    if is_full(why):
        return "Its disk is full: free some space there; the ledger keeps what is still to be indexed"
    if status == 404:
        return "Run `patrol index rebuild`: the index is made anew from the ledger"
    if status in (401, 403) and "cluster_block" not in why:
        return f"Look at {KEY_NAME} or {PASSWORD_NAME}, and at what they may do there"
    if status in (429, 503):
        return "It is busy or starting; what is to be indexed waits in the ledger"
    return "See Elasticsearch's own log; `patrol index rebuild` makes the index anew from the ledger"


def is_full(why: str) -> bool:
    """True of an answer that speaks of a full disk."""
    lower = why.lower()
    return any(sign in lower for sign in _FULL)


def reason_of(body: object) -> str:
    """The root cause of an error answer: `type: reason`, short."""
    found = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(found, dict):
        return str(found)[:300]
    causes = found.get("failed_shards") or found.get("root_cause") or []
    cause = causes[0].get("reason", causes[0]) if causes and isinstance(causes[0], dict) else found
    inner = cause if isinstance(cause, dict) else found
    while isinstance(inner.get("caused_by"), dict):
        inner = inner["caused_by"]
    named = f"{inner.get('type', '')}: {inner.get('reason', '')}"
    outer = found.get("type")
    return (named if outer in (None, inner.get("type")) else f"{outer}: {named}")[:500]
