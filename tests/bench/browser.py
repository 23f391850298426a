"""Browser pages/s of Patrol's crawl beside raw Playwright with reused pages, and whether our memory stays flat.

Both load the listings of the script-only practice site without pictures, from the same server, with the same Chromium,
flags and number of pages at once, in one process each; raw goes before and after ours. Flat means that the summed PSS of
our process tree after 2,000 pages is at most 1.10 of what it was after 1,000. PATROL_BENCH_PAGES lowers the number of
pages for a quick look, and then the memory has no aim.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from patrol.config import init
from patrol.market.addresses import HOST, home_files
from patrol.market.goods import load
from tests.bench.goods import ROOT, serving

AIM = 0.6
FLAT = 1.10
PAGES = 2000
RAW = 0.15  # of the pages, before and again after ours


def run() -> list[dict[str, Any]]:
    pages = int(os.environ.get("PATROL_BENCH_PAGES", PAGES))
    goods = sum(good.site == "souk" for good in load(copies=1))
    copies = -(-pages * 5 // (4 * goods))  # some more than needed, for a few are gone
    with serving(pad=0, copies=copies, pictures=False) as ports, TemporaryDirectory(prefix="patrol-bench-") as folder:
        found = [good for good in load(copies=copies) if good.site == "souk" and good.open]
        urls = [f"http://{HOST}:{ports['souk']}/listing/{good.number}" for good in found[:pages]]
        assert len(urls) == pages
        home = init(Path(folder) / "home")
        for name, text in home_files(ports).items():
            (home.config / "marketplaces" / name).write_text(text, encoding="utf-8")
        some = urls[: max(60, int(pages * RAW))]
        before = _side("raw", some, home.root)
        ours = _side("patrol", urls, home.root)
        after = _side("raw", some, home.root)
    return [_speed(ours, before, after), _memory(ours["pss"], pages)]


def _speed(ours: dict[str, Any], *raw: dict[str, Any]) -> dict[str, Any]:
    mine = ours["pages"] / ours["wall"]
    theirs = sum(side["pages"] for side in raw) / sum(side["wall"] for side in raw)
    return {
        "what": f"browser pages/s, no pictures, {ours['pages']} pages",
        "ours_per_s": round(mine, 1),
        "raw_playwright_per_s": round(theirs, 1),
        "ratio": round(mine / theirs, 2),
        "aim": AIM,
        "aim_met": mine / theirs >= AIM,
    }


def _memory(pss: dict[str, float], pages: int) -> dict[str, Any]:
    row: dict[str, Any] = {"what": "summed PSS of our process tree in MB, after so many pages"} | pss
    if pages < PAGES:
        return row
    ratio = pss[str(pages)] / pss["1000"]
    return row | {"ratio": round(ratio, 2), "aim": FLAT, "aim_met": ratio <= FLAT}


def _side(side: str, urls: Sequence[str], home: Path) -> dict[str, Any]:
    file = home / f"{side}.txt"
    file.write_text("\n".join(urls))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.browser_sides", side, str(file), str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
