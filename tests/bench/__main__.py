"""`make bench [BENCH="scoring crawl browser"]`: runs the named comparisons, all by default, one JSON line each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from tests.bench import browser, crawl, scoring

BENCHES: dict[str, Callable[[], list[dict[str, Any]]]] = {"scoring": scoring.run, "crawl": crawl.run, "browser": browser.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("benches", nargs="*", choices=[*BENCHES, []], default=[])
    missed = False
    for name in parser.parse_args().benches or list(BENCHES):
        for row in BENCHES[name]():
            print(json.dumps({"bench": name} | row), flush=True)
            missed |= row.get("aim_met") is False
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
