"""Listing pages/s of Patrol's whole pipeline, commits included, beside a bare Scrapy spider that reads six fields with parsel.

Both crawl the practice bazaar and auction house through their results pages, the same pages from the same server, in one
process each and in turns; the server is a process of its own. Only the measure without pictures at 100 kB has an aim: with
pictures our side also fetches, hashes and keeps them, which the bare spider does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from patrol.config import init
from patrol.market.addresses import home_files
from tests.bench.goods import ROOT, serving
from tests.bench.sides import SEEDS

AIM = 0.5
TURNS = 2
# page weight in bytes, copies of the goods, pictures, aim
MEASURES = ((100_000, 5, False, AIM), (400_000, 2, False, None), (100_000, 1, True, None))


def run() -> list[dict[str, Any]]:
    return [measure(*values) for values in MEASURES]


def measure(pad: int, copies: int, pictures: bool, aim: float | None) -> dict[str, Any]:
    """Both sides over both sites in turns; the sums of pages, wall and CPU seconds."""
    sums: dict[str, Counter[str]] = {"bare": Counter(), "patrol": Counter()}
    with serving(pad=pad, copies=copies, pictures=pictures) as ports:
        for turn in range(TURNS + 1):
            for site in SEEDS:
                for side, sum_ in sums.items():
                    found = _side(side, site, ports)
                    if turn:  # the first round only warms the server, which keeps the pages that it has filled
                        sum_.update(found)
    ours, theirs = sums["patrol"], sums["bare"]
    if ours["pages"] != theirs["pages"]:
        raise SystemExit(f"bench: {ours['pages']} listing pages against {theirs['pages']}: the two sides did not do the same")
    ratio = (ours["pages"] / ours["wall"]) / (theirs["pages"] / theirs["wall"])
    row: dict[str, Any] = {
        "what": f"listing pages/s, {pad // 1000} kB, {'with' if pictures else 'no'} pictures, {int(ours['pages'])} pages a side",
        "ours_per_s": round(ours["pages"] / ours["wall"], 1),
        "bare_scrapy_per_s": round(theirs["pages"] / theirs["wall"], 1),
        "ratio": round(ratio, 2),
        "cpu_ratio": round(theirs["cpu"] / ours["cpu"], 2),
        "ours_cpu_ms_a_page": round(1000 * ours["cpu"] / ours["pages"], 2),
        "bare_cpu_ms_a_page": round(1000 * theirs["cpu"] / theirs["pages"], 2),
    }
    return row | ({"aim": aim, "aim_met": ratio >= aim} if aim is not None else {})


def _side(side: str, site: str, ports: Mapping[str, int]) -> dict[str, float]:
    with TemporaryDirectory(prefix="patrol-bench-") as folder:
        where = f"http://127.0.0.1:{ports[site]}" if side == "bare" else str(_home(Path(folder), ports))
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.sides", side, site, where],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _home(folder: Path, ports: Mapping[str, int]) -> Path:
    home = init(folder / "home")
    for name, text in home_files(ports).items():
        (home.config / "marketplaces" / name).write_text(text, encoding="utf-8")
    return home.root
