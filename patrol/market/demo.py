"""`make demo`: starts the practice marketplace, crawls it with the ordinary commands, grades the flags, serves the desk.

Everything is done as a user would: `patrol init`, `patrol crawl`, `patrol user add`, `patrol serve`, each in a process of
its own over a home under `.demo`. Only the grading reads the practice truth.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patrol.config import Home, init, load
from patrol.fetch.browser import find_chromium
from patrol.market import DEMO, home_files, serve
from patrol.market.addresses import marketplace
from patrol.market.goods import SITES
from patrol.market.truth import grade
from patrol.records import Band, Outcome
from patrol.search import open_index
from patrol.search.index import Everyone, Order, Query
from patrol.tether import tied

READS = (Outcome.LISTING, Outcome.RESULTS, Outcome.BLOCKED, Outcome.REMOVED, Outcome.LOGIN, Outcome.EMPTY, Outcome.UNKNOWN)


def patrol(home: Home, *words: str, stdin: str | None = None) -> subprocess.Popen[str]:
    """One patrol command on the demo's home, tied to ours; its notes go where ours go."""
    process = tied(
        [sys.executable, "-m", "patrol.cli", *words, "--home", str(home.root)],
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    if stdin is not None and process.stdin:
        process.stdin.write(stdin)
        process.stdin.close()
    return process


def fresh_home(root: Path) -> Home:
    """A new home every time: the demo keeps nothing."""
    shutil.rmtree(root, ignore_errors=True)
    return init(root)


def crawl(home: Home, sites: list[str]) -> dict[str, dict[str, Any]]:
    """Each site's summary, crawled side by side. Block and login pages are met on purpose, so exit 1 is expected."""
    running = {site: patrol(home, "crawl", marketplace(site)) for site in sites}
    summaries = {}
    for site, process in running.items():
        out, _ = process.communicate()
        lines = out.strip().splitlines()
        if process.returncode not in (0, 1) or not lines:
            raise SystemExit(f"demo: the crawl of {marketplace(site)} ended with {process.returncode}; see the lines above")
        summaries[site] = json.loads(lines[-1])
    return summaries


def rows(home: Home) -> list[tuple[str, str, bool]]:
    """(marketplace, listing id, flagged) of every listing, as the index gives them page by page."""
    index = open_index(load(home).settings.stores, home.data)
    found: list[tuple[str, str, bool]] = []
    after = None
    try:
        while True:
            page = index.search(Query(order=Order.NEWEST, limit=200, after=after, highlight=False), Everyone())
            documents = [hit.document for hit in page.hits]
            found += [(one.marketplace, one.listing_id or "", one.band in (Band.REVIEW, Band.HIGH)) for one in documents]
            after = page.next
            if after is None:
                return found
    finally:
        index.close()


def summary(home: Home, crawled: Mapping[str, Mapping[str, Any]], seconds: float, browser: bool) -> dict[str, Any]:
    kept = rows(home)
    outcomes = [entry["outcomes"] for entry in crawled.values()]
    return {
        "pages": sum(counts.get(outcome, 0) for counts in outcomes for outcome in READS),
        "listings": len(kept),
        "sites": len({site for site, _, _ in kept}),
        "blocked": sum(counts.get(Outcome.BLOCKED, 0) for counts in outcomes),
        "login": sum(counts.get(Outcome.LOGIN, 0) for counts in outcomes),
        "flagged": sum(flagged for _, _, flagged in kept),
        "index": "embedded",
        "seconds": round(seconds, 1),
        "browser": "ok" if browser else "missing",
        "truth": grade(kept),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description="Patrol on its practice marketplace")
    parser.add_argument("--once", action="store_true", help="print the summary and end instead of serving the desk")
    parser.add_argument("--home", type=Path, default=Path(".demo"), help="where the demo's home is made anew")
    once = (arguments := parser.parse_args()).once
    started = time.monotonic()
    browser = find_chromium() is not None
    if not browser:
        print(
            "demo: no Chromium or Chrome: the script-only site is left out. Set PATROL_CHROMIUM or install one, then again",
            file=sys.stderr,
        )
    home = fresh_home(arguments.home)
    with serve(ports=(0, 0, 0), trouble=DEMO) as market:
        for name, text in home_files(market.ports).items():
            (home.config / "marketplaces" / name).write_text(text, encoding="utf-8")
        crawled = crawl(home, [site for site in SITES if browser or site != "souk"])
        line = json.dumps(summary(home, crawled, time.monotonic() - started, browser))
        if not once:
            print(line, flush=True)
            serve_desk(home)
            return
    print(line, flush=True)
    sys.exit(0 if browser else 1)


def serve_desk(home: Home) -> None:
    """Adds an officer with a password of its own and serves the desk until Ctrl+C."""
    password = secrets.token_urlsafe(9)
    added = patrol(home, "user", "add", "officer", "--name", "Practice officer", "--password-stdin", stdin=password + "\n")
    if added.wait() != 0:
        raise SystemExit("demo: the officer could not be added; see the lines above")
    print(f"\nSign in as  officer  with the password  {password}  (this demo only). Press ? for the keys.", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "patrol.cli", "serve", "--home", str(home.root)])  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
