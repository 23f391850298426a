"""`make bench [BENCH="scoring crawl"]`: every module of this folder with a `run`, or the named ones; one JSON line a figure."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from typing import Any

import tests.bench


def benches() -> dict[str, Callable[[], list[dict[str, Any]]]]:
    modules = [
        importlib.import_module(f"tests.bench.{found.name}")
        for found in pkgutil.iter_modules(tests.bench.__path__)
        if found.name[0] != "_"
    ]
    return {module.__name__.rpartition(".")[2]: module.run for module in modules if hasattr(module, "run")}


def main() -> None:
    known = benches()
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", metavar="BENCH", help=f"of {', '.join(known)}; default: all")
    names = parser.parse_args().names or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no bench {', '.join(unknown)}; there are {', '.join(known)}")
    missed = False
    for name in names:
        for row in known[name]():
            print(json.dumps({"bench": name} | row), flush=True)
            missed |= row.get("aim_met") is False
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
