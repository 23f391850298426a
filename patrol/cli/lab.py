"""`patrol rules backtest · diff · history`: what a rulebook would have made of the decided listings, and of all others.

The numbers come from `scoring.backtest` and `scoring.moving`, the same that the desk shows; here they are only laid out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, note, safe, say, table
from patrol.cli.progress import Advance, bar
from patrol.cli.stores import Stores, open_stores
from patrol.config import Home, load
from patrol.errors import StoreError, UsageError
from patrol.records import utc
from patrol.scoring import Rulebook, compile_rulebook
from patrol.scoring.backtest import Load, Moved, Report, Share, backtest
from patrol.scoring.lab import with_drafts
from patrol.scoring.moving import Crossing, Difference, Why, difference, edits
from patrol.scoring.recall import Recall
from patrol.scoring.telling import difference_to_json, report_to_json
from patrol.scoring.worth import RuleWorth
from patrol.triage.judging import Evidence, current, evidence

T = TypeVar("T")
MOST_SHOWN = 20  # rows of a list on a terminal; --json gives all
_NUMBER = re.compile(r"r?\d+|sha256:[0-9a-f]{64}")
SinceOption = Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="from this day on (UTC)")]
JsonOption = Annotated[bool, typer.Option("--json")]


def backtest_command(since: SinceOption = None, json: JsonOption = False, home: HomeOption = None) -> None:
    """Score what was decided again, under today's rules with drafts as shadow rules: precision, recall, load, who moves."""
    with open_stores(home) as stores:
        settings = stores.config.settings
        found = evidence(stores.ledger, settings.queue.audit, settings.bands, since.replace(tzinfo=UTC) if since else None)
        report = backtest(found.decided, compile_rulebook(with_drafts(stores.config)), answered=found.answered)
        if json:
            extra = {"erased": found.erased, "flagged_waiting": found.waiting, "audit_answered": found.answered}
            as_json(report_to_json(report) | extra | {"rulebook": stores.rulebook.hash})
        else:
            _tell_report(report, found)


def diff_command(
    a: Annotated[str, typer.Argument(metavar="A", help="a number like r41, or a folder with config/")],
    b: Annotated[str, typer.Argument(metavar="B")],
    since: SinceOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Score all listings under two rulebooks: who moves over which threshold, and why."""
    with open_stores(home) as stores:
        old, new = _rulebook(stores, a), _rulebook(stores, b)
        with bar("comparing") as advance:
            total = stores.ledger.listings.count() if since is None else None
            cases = current(stores.ledger, since.replace(tzinfo=UTC) if since else None)
            found = difference(_counted(cases, total, advance), old, new)
        if json:
            as_json(difference_to_json(found))
        else:
            _tell_difference(found, a, b)


def history_command(json: JsonOption = False, home: HomeOption = None) -> None:
    """The rulebooks that ever scored a listing here, and what each changed."""
    with open_stores(home) as stores:
        decided = stores.ledger.rulebooks.decisions()
        before: bytes | None = None
        for archived in stores.ledger.rulebooks.all():
            changes = edits(before, archived.canonical) if before is not None else ()
            before = archived.canonical
            row = {
                "rulebook": archived.name,
                "hash": archived.hash,
                "first_used": utc(archived.first_used),
                "decisions": decided.get(archived.hash, 0),
                "today": archived.hash == stores.rulebook.hash,
                "changes": list(changes),
            }
            if json:
                as_json(row)
                continue
            today = ", today's" if row["today"] else ""
            say(f"{archived.name}  {row['first_used']}  {row['decisions']} decisions{today}")
            for line in changes:
                say(f"    {line}")


def _rulebook(stores: Stores, name: str) -> Rulebook:
    """By number or hash from the ledger's archive, else compiled from a folder."""
    if not _NUMBER.fullmatch(name):
        return compile_rulebook(load(_folder(name)))
    try:
        archived = stores.ledger.rulebooks.get(name)
    except StoreError as error:
        raise UsageError(f"no rulebook {name} here", remedy="`patrol rules history` lists them") from error
    try:
        found = Rulebook.from_canonical(archived.canonical)
    except (ValidationError, ModuleNotFoundError, KeyError) as error:
        raise UsageError(
            f"{archived.name} was written for an older Patrol and cannot be read any more",
            remedy="Compare a folder with the rules of that day instead",
        ) from error
    if found.hash != archived.hash:
        note(f"{archived.name} was made by another engine: its rules are scored by today's, so its scores may differ from then")
    return found


def _folder(name: str) -> Home:
    path = Path(name).resolve()
    for root in (path, path.parent):
        if (root / "config" / "patrol.yml").is_file() and path in (root, root / "config"):
            return Home(root)
    raise UsageError(
        f"{name!r} is neither a rulebook's number nor a folder with config/patrol.yml", remedy="`patrol rules history`"
    )


def _counted(items: Iterable[T], total: int | None, advance: Advance) -> Iterator[T]:
    for number, item in enumerate(items, 1):
        yield item
        advance(number, total, "")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _share(share: Share) -> str:
    if not share.trials:
        return "none decided"
    few = ", few" if share.few else ""
    low, high = share.interval
    return f"{_percent(share.value)} ({_percent(low)} to {_percent(high)}; {share.hits} of {share.trials}{few})"


def _recall(recall: Recall | None) -> str:
    if recall is None:
        return "unknown: no audited cluster has been decided"
    return f"{_percent(recall.value)} ({_percent(recall.low)} to {_percent(recall.high)})"


def _load(load: Load | None) -> str:
    if load is None:
        return "unknown"
    minutes = "time on screen unknown" if load.minutes is None else f"{load.minutes:.0f} officer minutes"
    return f"{load.flags:.1f} flags, {minutes}"


def _tell_report(report: Report, found: Evidence) -> None:
    out = ", ".join(
        f"{count} {reason}" for reason, count in sorted((report.left_out | {"erased": found.erased}).items()) if count
    )
    say(f"{report.clusters} clusters decided on {report.days} days: {report.true} true, {report.false} false")
    say(f"left out: {out or 'none'}")
    say(f"precision     {_share(report.precision)}; as queued {_share(report.precision_before)}")
    for stream, share in report.by_stream.items():
        say(f"  {stream:<11} {_share(share)}")
    say(f"recall        {_recall(report.recall)}; as queued {_recall(report.recall_before)}")
    for one in report.recall.strata if report.recall else ():
        behind = f"{one.estimated:.0f} ({one.low:.0f} to {one.high:.0f})"
        say(f"  {one.band:<11} {one.decided} decided at p {one.probability:.3g}, {one.true} true: stands for {behind}")
    if found.waiting:
        say(f"  {found.waiting} flagged clusters wait; recall speaks of what was decided")
    say(f"a day         {_load(report.load)}; as queued {_load(report.load_before)}")
    for name, rows in report.lists.items():
        _tell_list(name.replace("_", " "), rows)
    _tell_rules(report.rules)


def _tell_list(name: str, rows: tuple[Moved, ...]) -> None:
    say(f"{name}: {len(rows)}")
    for row in rows[:MOST_SHOWN]:
        before = "-" if row.before is None else row.before
        say(f"  {before} -> {row.now}  {safe(row.title)}  [{_reasons(row.why)}]  {row.key}")


def _reasons(why: Iterable[Why]) -> str:
    told = (
        f"{one.rule} {_points(one.before)} -> {_points(one.now)}" + (f' "{safe(one.quote)}"' if one.quote else "") for one in why
    )
    return ", ".join(told)


def _points(points: int | None) -> str:
    return "silent" if points is None else f"{points:+d}"


def _tell_rules(rules: Iterable[RuleWorth]) -> None:
    rows = []
    for rule in rules:
        precision = _share(Share(hits=rule.true, trials=rule.hits)) if rule.hits else "no hit"
        if rule.unreached:
            precision = f"can't be reached by this corpus: nothing here meets {' and '.join(rule.unreached)}"
        if rule.if_live is not None:
            precision += "; live it would bring " + ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in rule.if_live.items())
        rows.append((rule.rule, rule.status, str(rule.hits), str(rule.beaten), str(rule.sole), precision))
    table(("rule", "status", "hits", "beaten", "sole", "precision"), rows)


def _tell_difference(found: Difference, a: str, b: str) -> None:
    say(f"{a} -> {b}: {len(found.edits)} differences between the rulebooks")
    for line in found.edits:
        say(f"  {line}")
    say(f"{found.listings} listings, {found.changed} with another sum, {len(found.crossings)} in another band")
    for (old, new), count in found.bands.items():
        if old != new:
            say(f"  {old} -> {new}: {count}")
    for rises, word in ((True, "up"), (False, "down")):
        moved = [one for one in found.crossings if one.rises is rises]
        say(f"{word}: {len(moved)}")
        for one in moved[:MOST_SHOWN]:
            _tell_crossing(one)


def _tell_crossing(one: Crossing) -> None:
    bands = f"{one.from_score} {one.from_band.value} -> {one.to_score} {one.to_band.value}"
    say(f"  {bands}  {safe(one.title)}  [{_reasons(one.why)}]  {one.key}")
