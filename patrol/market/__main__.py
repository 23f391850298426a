"""Runs the practice marketplace from a shell until it is told to stop: `python -m patrol.market [--ports …] [--trouble …]`.

Prints one JSON line with the addresses once it listens, so that a program that started it knows where to ask.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from patrol.errors import PatrolError
from patrol.market.addresses import PORTS
from patrol.market.server import serve
from patrol.market.trouble import DEMO, KINDS, Snag, parse


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m patrol.market", description="The practice marketplace, on loopback.")
    parser.add_argument(
        "--ports", type=int, nargs=3, default=PORTS, metavar=("BAZAAR", "HAMMER", "SOUK"), help="0 takes a free one"
    )
    parser.add_argument(
        "--trouble",
        action="append",
        default=[],
        metavar="KIND[=VALUE][@SITE[/PATH*][#TIMES]]",
        help=f"demo (one block page, one login wall, one 429), or any of: {', '.join(sorted(KINDS))}; may be repeated",
    )
    parser.add_argument("--pad", type=int, default=0, metavar="BYTES", help="median size of pages")
    parser.add_argument("--copies", type=int, default=1, help="multiply the goods, for a bench")
    return parser.parse_args(words)


def _snags(words: Sequence[str]) -> list[Snag]:
    snags: list[Snag] = []
    for word in words:
        snags.extend(DEMO if word == "demo" else (parse(word),))
    return snags


def main(words: Sequence[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM; exit code of a command."""
    arguments = _arguments(words)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        market = serve(arguments.ports, _snags(arguments.trouble), pad=arguments.pad, copies=arguments.copies)
    except PatrolError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code
    with market:
        sys.stdout.write(json.dumps({"origins": market.origins, "ports": market.ports, "goods": len(market.goods)}) + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
