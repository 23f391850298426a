"""What `patrol doctor` looks at: Python, browser, stores, disk, cards, people; each finding with its remedy."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from patrol.cli.stores import archive_root, ledger_url, secret_of
from patrol.config import Config, Home, load
from patrol.errors import CardError, ConfigError, PatrolError, ReachError
from patrol.fetch.browser import find_chromium
from patrol.ledger import Backlog, Ledger
from patrol.search import open_index

ROOM = 2 * 1024**3  # bytes free that a patrol week should begin with


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    what: str
    ok: bool
    detail: str
    remedy: str | None = None


def examine(home: Home) -> Iterator[Finding]:
    """All findings, best read from the top: later ones rest on earlier ones."""
    version = platform.python_version()
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(what="python", ok=supported, detail=version, remedy=None if supported else "Use CPython 3.11-3.13")
    yield _browser()
    yield _folder("data", home.data)
    try:
        config = load(home)
    except ConfigError as error:
        yield Finding(
            what="config",
            ok=False,
            detail=f"{len(error.faults)} faults:\n{error}",
            remedy="Mend them and run `patrol rules check`",
        )
        return
    yield Finding(
        what="config",
        ok=True,
        detail=f"{len(config.rules)} rules, {len(config.lexicons)} lexicons, {len(config.marketplaces)} marketplaces",
    )
    yield _folder("evidence", archive_root(home, config))
    yield from _stores(home, config)
    yield from _cards(config)


def _browser() -> Finding:
    try:
        found = find_chromium()
    except ReachError as error:
        return Finding(what="browser", ok=False, detail=error.what, remedy=error.remedy)
    if found is None:
        return Finding(
            what="browser",
            ok=False,
            detail="no Chromium or Chrome",
            remedy="`make setup`, or set PATROL_CHROMIUM to one; plain sites work without",
        )
    return Finding(what="browser", ok=True, detail=str(found))


def _folder(what: str, path: Path) -> Finding:
    nearest = next(folder for folder in (path, *path.parents) if folder.exists())
    if not os.access(nearest, os.W_OK):
        return Finding(
            what=what, ok=False, detail=f"{nearest} cannot be written", remedy="Give the folder to the user who runs patrol"
        )
    free = shutil.disk_usage(nearest).free
    enough = free >= ROOM
    return Finding(
        what=what,
        ok=enough,
        detail=f"{path}: {free / 1024**3:.1f} GiB free",
        remedy=None if enough else "Free some space: a patrol week wants 2 GiB and more",
    )


def _stores(home: Home, config: Config) -> Iterator[Finding]:
    try:
        ledger = Ledger(ledger_url(home, config), secret=secret_of(home))
    except PatrolError as error:
        yield Finding(what="ledger", ok=False, detail=error.what, remedy=error.remedy)
        return
    try:
        kept, backlog = ledger.listings.count(), ledger.outbox.backlog()
        yield Finding(what="ledger", ok=True, detail=f"{kept} listings")
        people = bool(ledger.people.list())
        yield Finding(
            what="people",
            ok=people,
            detail="there are people who can sign in" if people else "nobody can sign in",
            remedy=None if people else "`patrol user add LOGIN`",
        )
        yield _index(home, config, kept, backlog)
    except PatrolError as error:
        yield Finding(what="ledger", ok=False, detail=error.what, remedy=error.remedy)
    finally:
        ledger.close()


def _index(home: Home, config: Config, kept: int, backlog: Backlog) -> Finding:
    """Which engine it is, whether it answers, and whether it holds what the ledger holds."""
    waiting = f"{backlog.count} waiting, {backlog.dead} refused for good"
    try:
        index = open_index(config.settings.stores, home.data)
        try:
            state = index.status()
        finally:
            index.close()
    except PatrolError as error:
        where = f" ({error.where})" if error.where else ""
        return Finding(what="index", ok=False, detail=f"{error.what}{where}; {waiting}", remedy=error.remedy)
    level = backlog.dead == 0 and (state.listings == kept or backlog.count > 0)
    return Finding(
        what="index",
        ok=level,
        detail=f"{state.engine}: {state.listings} listings, {waiting}",
        remedy=None if level else "`patrol index rebuild`",
    )


def _cards(config: Config) -> Iterator[Finding]:
    today = datetime.now(UTC).date()
    allowed, waiting = [], []
    for name, marketplace in sorted(config.marketplaces.items()):
        try:
            card = marketplace.require_valid_card(today)
        except CardError as error:
            waiting.append(name if marketplace.card is None else f"{name} ({error.what})")
        else:
            allowed.append(f"{name} until {card.expires}")
    yield Finding(
        what="cards",
        ok=True,
        detail=f"may be crawled: {', '.join(allowed) or 'none'}; saved pages only: {', '.join(waiting) or 'none'}",
    )
