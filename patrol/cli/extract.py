"""`patrol extract`: a saved page in, one JSON object out, offline; no store is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patrol.cli.options import HomeOption, address, home_of, named_marketplace
from patrol.cli.out import as_json
from patrol.config import load
from patrol.config.marketplace import marketplace_for
from patrol.errors import ReadError
from patrol.extract import read
from patrol.extract.saved import unpacked
from patrol.wire import extraction_to_json


def extract(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a saved page or API answer: HTML or JSON, plain or .gz")],
    url: Annotated[str, typer.Option("--url", help="the address it was saved from")],
    marketplace: Annotated[
        str | None, typer.Option("--marketplace", metavar="NAME", help="read it as this marketplace's; default: by the address")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Read one saved page, offline: its outcome, the listing or results, and where each field was found."""
    url = address(url)
    config = load(home_of(home))
    chosen = named_marketplace(config, marketplace) if marketplace else marketplace_for(url, config.marketplaces)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", where=str(file), remedy="Check the path") from error
    as_json(extraction_to_json(read(unpacked(body, str(file)), url, marketplace=chosen)))


COMMANDS = {"extract": extract}
