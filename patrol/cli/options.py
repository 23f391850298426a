"""What commands share on the command line: which home they work on.

Kept apart from `stores`, which loads the ledger and all that hangs on it: `extract`, `assess` and `init` need none of that.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from patrol.config import Config, Home, find_home
from patrol.config.marketplace import Marketplace
from patrol.errors import UsageError
from patrol.extract.urls import is_address

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="the unit's folder; else PATROL_HOME, else the nearest with config/patrol.yml"),
]


def home_of(explicit: Path | None) -> Home:
    return find_home(explicit, os.environ, Path.cwd())


def named_marketplace(config: Config, name: str) -> Marketplace:
    """The marketplace of this name; UsageError with the known ones where there is none."""
    if name not in config.marketplaces:
        raise UsageError(f"no marketplace {name!r}", remedy=f"Known: {', '.join(sorted(config.marketplaces))}")
    return config.marketplaces[name]


def address(url: str) -> str:
    """What was given with --url; UsageError where it is no address that could be asked."""
    if not is_address(url.strip()):
        raise UsageError(f"{url!r} is no address", remedy="Write it whole, from https:// on")
    return url.strip()
