"""`patrol evidence verify`: offline, a line per sealed item; exit 1 where a byte differs or is gone.

A bundle that was handed on is checked by its own seals. Where a home's ledger is at hand, each run's chain is also held
against the end that the ledger keeps, so that a chain whose last lines were cut off is found; runs that other machines
sealed into the same ledger are named, to be verified there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, note, say
from patrol.config import Home, find_home, load
from patrol.errors import ReadError, UsageError
from patrol.evidence import Archive, Known, Verdict, verify

app = typer.Typer(name="evidence", help="Sealed captures.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Sealed captures."""


@app.command("verify")
def verify_command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="an evidence folder, a run's folder, or one WARC file")],
    home: HomeOption = None,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Check every record and the chain against what was sealed; needs no network, and no home for a bundle."""
    if not bundle.exists():
        raise ReadError("is not there", where=str(bundle), remedy="Name an evidence folder, a run's folder or a WARC file")
    bad = total = 0
    for verdict in _verdicts(bundle, home):
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


def _verdicts(bundle: Path, explicit: Path | None) -> Iterator[Verdict]:
    found = _home(bundle.resolve(), explicit)
    known = None if found is None else _known(found, bundle, required=explicit is not None)
    if known is None:
        note("no ledger is at hand: where the end of a chain was cut off cannot be seen")
        yield from verify(bundle)
        return
    yield from known[1]
    yield from verify(bundle, known[0])


def _home(bundle: Path, explicit: Path | None) -> Home | None:
    """The home that was named, else the one that the bundle lies in, else the one that any command would work on."""
    if explicit is not None:
        return find_home(explicit, {}, bundle)
    for environ, start in (({}, bundle), (os.environ, Path.cwd())):
        try:
            return find_home(None, environ, start)
        except UsageError:  # a bundle may lie anywhere
            continue
    return None


def _known(home: Home, bundle: Path, *, required: bool) -> tuple[Known, list[Verdict]] | None:
    """What the home's ledger keeps of the runs, and its own broken links; None where there is no ledger."""
    # a bundle without a home is checked in a tenth of the time that the ledger's libraries take to load
    from patrol.cli.stores import archive_root, ledger_url
    from patrol.ledger.chain import anchors

    config = load(home)
    url = ledger_url(home, config)
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists() and not required:
        return None
    found = anchors(url)
    store = Archive(archive_root(home, config))
    whole = bundle.resolve() == store.root.resolve()
    ours = store.known_place() if whole else None
    # a store that lost its name but not its runs shall not pass what it lost off as another machine's
    apart = whole and (ours is not None or not (store.root / "runs").is_dir())
    elsewhere = {run: host for run, (place, host) in found.places.items() if apart and place != ours}
    links = [
        Verdict(state="changed", file="ledger", what="chain", detail=f"link {number} does not follow from the one before")
        for number in found.broken
    ]
    return Known(heads=found.heads, reached=found.reached, whole=whole, elsewhere=elsewhere), links


COMMANDS = {"evidence": app}
