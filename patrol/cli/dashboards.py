"""`patrol dashboards export`: the panels of dashboards/ as Kibana's saved objects."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from patrol.cli.options import HomeOption, home_of
from patrol.cli.out import note
from patrol.config import load
from patrol.reports.kibana import lines, saved_objects
from patrol.search.elastic_client import DEFAULT_PREFIX, Address

app = typer.Typer(name="dashboards", help="The overview's panels, for Kibana.", no_args_is_help=True)
KINDS = {"index-pattern": "data view", "search": "searches", "lens": "Lens panels", "dashboard": "dashboard"}


@app.callback()
def _dashboards() -> None:
    """Keeps `export` a command of its own beside those to come."""


@app.command()
def export(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="default: standard output")] = None,
    home: HomeOption = None,
) -> None:
    """Write Kibana's saved objects (NDJSON) of the panels in dashboards/; import them under Stack Management."""
    config = load(home_of(home))
    stores = config.settings.stores
    prefix = DEFAULT_PREFIX if stores.index is None else Address.read(stores.index).prefix
    objects = saved_objects(config.panels, prefix)
    written = lines(objects)
    if out is None:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(written)
    found = Counter(one["type"] for one in objects)
    told = ", ".join(f"{number} {KINDS[kind]}" for kind, number in found.items())
    note(f"{out or 'standard output'}: {len(objects)} saved objects for Kibana 9: {told}")
    note("They were checked against the shape of saved objects only, not against a running Kibana.")
    note("Kibana knows no agencies: its panels count what everyone may see, but who may read the index can read all of it.")
    if stores.index is None:
        note(f"No Elasticsearch is set as stores.index: the data view names {prefix}-listings, its default.")


COMMANDS = {"dashboards": app}
