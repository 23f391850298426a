"""Serves practice goods to the benches from a process of its own: padded, in as many copies as wanted, with pictures or without.

`serving` starts it and hands back the ports; both sides of a bench ask the same server in turns.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from patrol.market.addresses import HOST
from patrol.market.goods import SITES, load
from patrol.market.server import Market
from patrol.market.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving(*, pad: int, copies: int, pictures: bool) -> Iterator[dict[str, int]]:
    """Site -> port of a running server; it ends with the block."""
    words = ["--pad", str(pad), "--copies", str(copies), *(["--pictures"] if pictures else [])]
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.goods", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(timeout=20)
        server.stdout.close()


def _sockets() -> list[socket.socket]:
    held = []
    for _ in SITES:
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        one.bind((HOST, 0))
        held.append(one)
    return held


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.goods")
    parser.add_argument("--pad", type=int, default=0)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--pictures", action="store_true")
    asked = parser.parse_args(words)
    goods = load(copies=asked.copies)
    if not asked.pictures:
        goods = tuple(replace(good, pictures=0) for good in goods)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Market(goods, _sockets(), trouble=Trouble(()), pad=asked.pad, now=datetime.now(UTC)).start() as market:
        print(json.dumps(market.ports), flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
