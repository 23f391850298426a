"""`patrol search`, `patrol rescore`, `patrol index status · rebuild`: the view of the ledger, kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, note, safe, say, table
from patrol.cli.progress import bar
from patrol.cli.stores import Stores, bring_up_to_date, open_stores
from patrol.errors import StoreError, UsageError
from patrol.search.index import Everyone, Hit, Order, Query
from patrol.triage.indexing import rebuild
from patrol.triage.rescoring import rescore

app = typer.Typer(name="index", help="The search index, a view of the ledger.", no_args_is_help=True)


def _wanted(where: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in where:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise UsageError(f"--where {pair!r} is not FIELD=VALUE", remedy="Write for instance --where band=high")
        found.setdefault(name, []).append(value)
    return found


def _row(hit: Hit) -> dict[str, Any]:
    document = hit.document
    names = ("key", "marketplace", "listing_id", "url", "title", "score", "sum", "band", "cultures")
    return {name: getattr(document, name) for name in names} | {"status": document.status, "desk": hit.desk.status}


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help='words, "phrases", -not, OR, prefix*, culture:khmer, score>=40')],
    where: Annotated[list[str] | None, typer.Option("--where", metavar="FIELD=VALUE")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500)] = 20,
    json: Annotated[bool, typer.Option("--json")] = False,
    home: HomeOption = None,
) -> None:
    """Find listings in the index."""
    with open_stores(home) as stores:
        page = stores.index.search(Query(text=query, where=_wanted(where or ()), order=Order.RELEVANCE, limit=limit), Everyone())
        if json:
            for hit in page.hits:
                as_json(_row(hit))
            return
        documents = [hit.document for hit in page.hits]
        table(
            ("score", "band", "marketplace", "id", "title"),
            [(str(d.score), d.band, d.marketplace, d.listing_id or "-", safe(d.title)) for d in documents],
        )
        note(f"{page.total} found, {len(page.hits)} shown")


def rescore_command(
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="only listings seen since this day (UTC)")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Assess all current versions anew after a change of rules; what was shown or decided on is kept beside."""
    with open_stores(home) as stores:
        with bar("rescoring") as advance:
            done = rescore(stores.ledger, stores.rulebook, since.replace(tzinfo=UTC) if since else None, advance)
        bring_up_to_date(stores)
        say(f"{done.assessed} assessed under r{done.number}: {done.changed} changed")
        say(f"{done.raised} newly flagged, {done.lowered} no longer flagged")


@app.command()
def status(
    retry: Annotated[bool, typer.Option("--retry", help="first give what the index refused another chance, now")] = False,
    json: Annotated[bool, typer.Option("--json")] = False,
    home: HomeOption = None,
) -> None:
    """What the index holds, what the ledger still has to tell it, and what it refused, with its reason."""
    with open_stores(home) as stores:
        retried = _retried(stores) if retry else None
        waits = _waits(stores, retried)
        try:
            state = stores.index.status()
        except StoreError as error:
            if json:
                as_json({"away": str(error)} | waits)
            else:
                _say_waits(waits)
            raise
        if json:
            counts = {"listings": state.listings, "clusters": state.clusters}
            as_json({"engine": state.engine, "generation": state.generation} | counts | waits)
            return
        say(f"{state.engine} index, generation {state.generation}: {state.listings} listings, {state.clusters} clusters")
        _say_waits(waits)
        if waits["backlog"]:
            say("The index is stale until `patrol serve` or `patrol schedule` has drained what waits.")


def _retried(stores: Stores) -> int:
    """Drains the outbox once more with the refused rows; says how many these were."""
    revived = stores.ledger.outbox.revive()
    bring_up_to_date(stores)
    return revived


def _waits(stores: Stores, retried: int | None) -> dict[str, Any]:
    backlog, kept, letters = stores.ledger.outbox.backlog(), stores.ledger.listings.count(), stores.ledger.outbox.refused()
    lag = (datetime.now(UTC) - backlog.oldest).total_seconds() if backlog.oldest else 0.0
    found: dict[str, Any] = {"ledger": kept, "backlog": backlog.count, "dead": backlog.dead, "lag_seconds": round(lag, 1)}
    found["alerts_waiting"] = stores.ledger.alerts.lag().count
    found["refused"] = [
        {"key": letter.listing_key, "attempts": letter.attempts, "dead": letter.dead, "reason": letter.error}
        for letter in letters
    ]
    return found if retried is None else found | {"retried": retried}


def _say_waits(waits: dict[str, Any]) -> None:
    if "retried" in waits:
        say(f"{waits['retried']} refused listings tried again")
    say(
        f"ledger: {waits['ledger']} listings; waiting: {waits['backlog']}, the oldest for {waits['lag_seconds']:.0f} s; "
        f"given up: {waits['dead']}"
    )
    if waits["alerts_waiting"]:
        say(f"yet to be put to saved searches: {waits['alerts_waiting']}")
    if waits["refused"]:
        rows = [
            (one["key"], str(one["attempts"]), "given up" if one["dead"] else "tried again", safe(one["reason"]))
            for one in waits["refused"]
        ]
        table(("refused listing", "tries", "next", "reason"), rows)
        say("`patrol index status --retry` tries them again at once.")


@app.command("rebuild")
def rebuild_command(home: HomeOption = None) -> None:
    """Write a new index from the ledger while the old one serves, then swap."""
    with open_stores(home) as stores:
        written = rebuild(stores.ledger, stores.index, bands=stores.config.settings.bands)
        state, kept = stores.index.status(), stores.ledger.listings.count()
        say(f"{written.kept} documents written; the index holds {state.listings} of the ledger's {kept} listings")
        for unfit in written.unfit:
            note(f"the index does not take {unfit.shelf} {unfit.key}: {unfit.reason}")
        if state.listings != kept:
            raise typer.Exit(1)


COMMANDS = {"index": app, "search": search, "rescore": rescore_command}
