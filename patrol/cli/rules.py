"""`patrol rules check · test · explain`: the rule lab on the command line; `lab` has the commands that need decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from patrol.cli.lab import backtest_command, diff_command, history_command
from patrol.cli.opinion import train_command
from patrol.cli.options import HomeOption, home_of
from patrol.cli.out import as_json, note, safe, say
from patrol.cli.stores import open_stores
from patrol.cli.suggest import suggest_command
from patrol.config import load
from patrol.errors import UsageError
from patrol.extract.urls import canonical_url
from patrol.ledger import Ledger
from patrol.ledger.stored import StoredListing
from patrol.records import Context
from patrol.scoring import assess, checking, lab
from patrol.wire import assessment_to_json

app = typer.Typer(name="rules", help="The rule lab.", no_args_is_help=True)
app.command("backtest")(backtest_command)
app.command("diff")(diff_command)
app.command("history")(history_command)
app.command("train")(train_command)
app.command("suggest")(suggest_command)


@app.command()
def check(
    every: Annotated[
        bool, typer.Option("--all", help="also words that are written out though another brings them along")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Read the whole config and name every fault with file and line: schema, dead terms, overlaps, missing tests."""
    config = load(home_of(home))
    findings = checking.check(config, datetime.now(UTC).date())
    told = [finding for finding in findings if every or not finding.harmless]
    for finding in told:
        note(str(finding))
    errors = sum(finding.serious for finding in findings)
    hidden = len(findings) - len(told)
    counted = f"{len(config.rules)} rules, {len(config.lexicons)} lexicons, {len(config.warninglists)} warning lists"
    harmless = f" ({hidden} terms hold words that others bring along, which is harmless: --all lists them)" if hidden else ""
    say(f"{counted}: {errors} faults, {len(told) - errors} remarks{harmless}")
    if errors:
        raise typer.Exit(1)


@app.command("test")
def run_samples(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="rules; default: all")] = None,
    home: HomeOption = None,
) -> None:
    """Run the rules' own samples: each `hit` must give the rule's signal, each `miss` must not."""
    config = load(home_of(home))
    results = lab.test(config, ids or ())
    failed = [result for result in results if not result.passed]
    for result in failed:
        wanted = "fires not, and should" if result.wanted else "fires, and should not"
        told = f"{result.file}:{result.line}: {result.rule} {wanted}: {safe(result.sample)} (score {result.score})"
        say(f"{told}: change `when`, or the sample")
    rules = len({result.rule for result in results})
    say(f"{len(results)} samples of {rules} rules: {len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


@app.command()
def explain(
    key: Annotated[str, typer.Argument(metavar="ID", help="a listing's key, its marketplace id, or its address")],
    json: Annotated[bool, typer.Option("--json")] = False,
    home: HomeOption = None,
) -> None:
    """Say why a listing scores what it scores, in its own words, under today's rules."""
    with open_stores(home) as stores:
        stored = _found(stores.ledger, key)
        if stored is None:
            raise UsageError(f"no listing {key!r}", remedy="Give its key, the site's id or the address; `patrol search` finds it")
        context = stored.assessed.context if stored.assessed else Context()
        if json:
            as_json(assessment_to_json(assess(stored.listing, stores.rulebook, context)))
        else:
            say(lab.explain(stored.listing, stores.rulebook, context))


def _found(ledger: Ledger, key: str) -> StoredListing | None:
    stored = ledger.listings.current(key)
    if stored is None:
        seen = ledger.listings.seen_before(url=key, canonical=canonical_url(key), listing_id=key)
        stored = ledger.listings.current(seen[0].key) if seen else None
    return stored


COMMANDS = {"rules": app}
