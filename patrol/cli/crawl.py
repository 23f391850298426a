"""`patrol crawl`: marketplaces by their cards, single pages and shops, or saved pages; each crawl in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from patrol.cli.options import HomeOption, address, home_of, named_marketplace
from patrol.cli.out import as_json, note, safe
from patrol.cli.progress import bar
from patrol.cli.stores import Stores, bring_up_to_date, open_stores
from patrol.config import Config, load, read_card
from patrol.config.marketplace import Marketplace, marketplace_for
from patrol.errors import UsageError
from patrol.fetch.replay import ReplayIndex
from patrol.records import Fault
from patrol.search.embedded import EmbeddedIndex
from patrol.settings.run import Order, Summary, crawl
from patrol.tether import tied

RESTART = 30.0  # seconds in which a database server that is restarted comes back
PICTURES = "images"  # the step whose faults come in crowds


def crawl_command(
    marketplaces: Annotated[list[str] | None, typer.Argument(metavar="MARKETPLACE", help="names of config/marketplaces")] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", metavar="Q", help="ask this instead of the card's queries")
    ] = None,
    week: Annotated[
        str | None, typer.Option("--week", metavar="SLUG", help="look for the themes of config/weeks/SLUG.yml")
    ] = None,
    max_listings: Annotated[int | None, typer.Option("--max-listings", min=1)] = None,
    url: Annotated[list[str] | None, typer.Option("--url", help="pages or shops to read by structured data alone")] = None,
    card: Annotated[
        Path | None, typer.Option("--card", metavar="FILE", help="the marketplace file whose card allows --url")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="DIR|WARC", help="answer from saved pages; no socket")
    ] = None,
    urls: Annotated[Path | None, typer.Option("--urls", metavar="FILE", help="JSON: saved file -> its address")] = None,
    join: Annotated[
        bool, typer.Option("--join", help="share the crawl with every process and machine given the same order")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Collect listings: reads, scores, keeps, seals and indexes what it finds. The last line is a JSON summary.

    Exit 1 where pages were blocked or failed; they are named on stderr.
    """
    names = list(marketplaces or ())
    url = [address(one) for one in url or ()]
    if len(names) > 1 and not (url or replay):
        _each_apart(names, home_of(home).root, query or [], week, max_listings, join=join)
        return
    with open_stores(home, patience=RESTART) as stores:
        order = _order(stores.config, names, query, week, url, card, replay, urls, max_listings)
        summary = _run(stores, replace(order, join=join))
        if summary.joins is None or not isinstance(stores.index, EmbeddedIndex):  # else another home's index is waiting for them
            bring_up_to_date(stores)
        as_json(_line(stores, summary))
    if summary.faulty:
        raise typer.Exit(1)


def _order(
    config: Config,
    names: Sequence[str],
    query: Sequence[str] | None,
    week: str | None,
    url: Sequence[str] | None,
    card: Path | None,
    replay: Path | None,
    urls: Path | None,
    max_listings: int | None,
) -> Order:
    if (names and (url or replay)) or (not names and not url and not replay):
        raise UsageError("a crawl is of marketplaces, or of --url pages, or of a --replay", remedy="Give one of the three")
    if urls and not replay:
        raise UsageError("--urls names the addresses of saved files, and goes with --replay")
    return Order(
        marketplace=None if replay else _marketplace(config, names, url or (), card),
        urls=tuple(url or ()),
        queries=tuple(query) if query else None,
        themes=_themes(config, week),
        replay=ReplayIndex(replay, urls) if replay else None,
        max_listings=max_listings,
    )


def _themes(config: Config, week: str | None) -> tuple[str, ...]:
    if week is None:
        return ()
    if week not in config.weeks:
        raise UsageError(
            f"no week {week!r}", remedy=f"Known: {', '.join(sorted(config.weeks)) or 'none; write config/weeks/SLUG.yml'}"
        )
    return config.weeks[week].themes


def _marketplace(config: Config, names: Sequence[str], urls: Sequence[str], card: Path | None) -> Marketplace:
    if names:
        return named_marketplace(config, names[0])
    if card is not None:
        chosen: Marketplace | None = read_card(card)
    else:
        chosen = marketplace_for(urls[0], config.marketplaces)
    if chosen is None:
        raise UsageError(f"no card covers {urls[0]}", remedy="Name the file of a cleared marketplace with --card")
    foreign = [url for url in urls if not chosen.serves(url.partition("://")[2].partition("/")[0])]
    if foreign:
        raise UsageError(f"the card of {chosen.name} does not cover {foreign[0]}", remedy="Its `hosts` say what it covers")
    return chosen


def _run(stores: Stores, order: Order) -> Summary:
    with bar(f"crawling {order.name}") as advance:
        summary = crawl(
            order, config=stores.config, ledger=stores.ledger, archive=stores.archive, rulebook=stores.rulebook, progress=advance
        )
    for line in _named(summary):
        note(line)
    return summary


def _named(summary: Summary) -> Iterator[str]:
    """A line for each fault; pictures that could not be had, of which a replay misses most, in one line a reason."""
    pictures: dict[str, list[Fault]] = {}
    for fault in summary.faults:
        if fault.step == PICTURES:
            pictures.setdefault(fault.message, []).append(fault)
        else:
            yield f"{fault.step}: {safe(fault.message)}" + (f" ({safe(fault.url)})" if fault.url else "")
    for message, faults in pictures.items():
        more = f"{len(faults)} pictures, the first " if len(faults) > 1 else ""
        yield f"{PICTURES}: {safe(message)} ({more}{safe(faults[0].url)})"
    if summary.met > len(summary.faults):
        yield f"… and {summary.met - len(summary.faults)} faults before these; the desk's overview counts them all"


def _line(stores: Stores, summary: Summary) -> dict[str, Any]:
    return summary.to_json() | {"listings_held": stores.ledger.listings.count()}


def _each_apart(
    names: Sequence[str], home: Path, query: Sequence[str], week: str | None, max_listings: int | None, *, join: bool
) -> None:
    """One process a marketplace, for Scrapy's reactor starts only once in a process; the summaries are added up."""
    known = load(home_of(home)).marketplaces
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"no marketplace {', '.join(unknown)}", remedy=f"Known: {', '.join(sorted(known))}")
    options = [word for text in query for word in ("--query", text)]
    options += ["--week", week] if week else []
    options += ["--max-listings", str(max_listings)] if max_listings else []
    options += ["--join"] if join else []
    codes, lines = [], []
    for name in names:
        child = tied([sys.executable, "-m", "patrol.cli", "crawl", name, "--home", str(home), *options], stdout=subprocess.PIPE)
        out, _ = child.communicate()
        codes.append(child.returncode)
        if printed := out.strip().splitlines():
            lines.append(orjson.loads(printed[-1]))
    as_json({"outcomes": _added(lines), "marketplaces": lines})
    if any(codes):
        raise typer.Exit(max(codes))


def _added(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for line in lines:
        total.update(line["outcomes"])
    return dict(total)


COMMANDS = {"crawl": crawl_command}
