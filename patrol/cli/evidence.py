"""`patrol evidence verify`: offline, a line per sealed item; exit 1 where a byte differs or is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patrol.cli.out import as_json, note, say
from patrol.errors import ReadError
from patrol.evidence import verify

app = typer.Typer(name="evidence", help="Sealed captures.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Sealed captures."""


@app.command("verify")
def verify_command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="an evidence folder, a run's folder, or one WARC file")],
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Check every record and the chain against what was sealed; needs no home and no network."""
    if not bundle.exists():
        raise ReadError("is not there", where=str(bundle), remedy="Name an evidence folder, a run's folder or a WARC file")
    bad = total = 0
    for verdict in verify(bundle):
        total += 1
        bad += verdict.fault
        if json:
            as_json(
                {"state": verdict.state, "file": verdict.file, "what": verdict.what, "url": verdict.url, "detail": verdict.detail}
            )
        else:
            say(str(verdict))
    note(f"{total} items, {bad} changed or missing")
    if bad or not total:
        raise typer.Exit(1)


COMMANDS = {"evidence": app}
