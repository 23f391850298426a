"""Opens what a command works on: the home, its config, ledger, evidence, index and rulebook; closes them afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from patrol.cli.options import home_of
from patrol.cli.out import note
from patrol.config import Config, Home, load
from patrol.errors import StoreError
from patrol.evidence import Archive
from patrol.ledger import PATIENCE, Ledger
from patrol.scoring import Rulebook, compile_rulebook
from patrol.search import open_index
from patrol.search.index import Index
from patrol.triage.indexing import drain


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that a command may need, opened once."""

    home: Home
    config: Config
    ledger: Ledger
    archive: Archive
    index: Index
    rulebook: Rulebook


KEY = 32  # bytes


def secret_of(home: Home) -> bytes:
    """The home's own key for pseudonyms and sessions; made at first use, readable by its owner alone."""
    path = home.data / "secret.key"
    if path.exists():
        return _key(path)
    try:
        home.data.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".secret.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # the first of two processes wins, both read the winner's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    except OSError as error:
        raise StoreError(
            f"the home's key cannot be written: {error.strerror}",
            where=str(path),
            remedy="Free some space or fix the folder's owner",
        ) from error
    return _key(path)


def _key(path: Path) -> bytes:
    try:
        found = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"the home's key cannot be read: {error.strerror}", where=str(path), remedy="Give it to the user who runs patrol"
        ) from error
    if len(found) < KEY:
        raise StoreError(
            "the home's key is cut short, so sellers and sessions would not be known again",
            where=str(path),
            remedy="Restore it from the backup of this home",
        )
    return found


def ledger_url(home: Home, config: Config) -> str:
    """The ledger's address, with the password of the environment where it has none: to be opened, never to be shown."""
    url = config.settings.stores.ledger or f"sqlite:///{home.data / 'ledger.sqlite'}"
    password = os.environ.get("PATROL_LEDGER_PASSWORD")
    if url.startswith("sqlite:") or not password:
        return url
    try:
        address = make_url(url)
    except ArgumentError:
        return url  # whoever opens it says so
    return url if address.password else address.set(password=password).render_as_string(hide_password=False)


def archive_root(home: Home, config: Config) -> Path:
    return Path(config.settings.stores.evidence) if config.settings.stores.evidence else home.data / "evidence"


@contextmanager
def open_stores(explicit: Path | None, *, patience: float = PATIENCE) -> Iterator[Stores]:
    """All stores of one home; closed in reverse order whatever happens. A ledger that goes away is waited for so long."""
    home = home_of(explicit)
    config = load(home)
    rulebook = compile_rulebook(config)
    secret = secret_of(home)
    ledger = Ledger(ledger_url(home, config), secret=secret, patience=patience)
    try:
        index = open_index(config.settings.stores, home.data)
        try:
            yield Stores(
                home=home,
                config=config,
                ledger=ledger,
                archive=Archive(archive_root(home, config)),
                index=index,
                rulebook=rulebook,
            )
        finally:
            index.close()
    finally:
        ledger.close()


def bring_up_to_date(stores: Stores) -> None:
    """Tells the index what the ledger has for it; an index that is away is said, and the rows wait."""
    drained = drain(stores.ledger, stores.index, bands=stores.config.settings.bands)
    if drained.away:
        note(f"the index is behind and will catch up: {drained.away}")
    if drained.failed:
        note(f"{drained.failed} listings could not be indexed; `patrol index status` says why")
