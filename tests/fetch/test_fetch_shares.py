"""The places at a site that several processes share: never more than the card allows, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from patrol.fetch.shares import BEAT, Shares
from patrol.ledger import Ledger

EACH = 4  # requests of each process that wait for a place at once


@pytest.mark.parametrize(("most", "processes"), [(1, 2), (1, 3), (2, 3), (3, 2)])
def test_several_processes_with_several_requests_each_all_get_their_turn(tmp_path: Path, most: int, processes: int) -> None:
    under_way, peak = 0, 0

    async def ask(shares: Shares) -> None:
        nonlocal under_way, peak
        await shares.enter("shop.example")
        under_way += 1
        peak = max(peak, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        await shares.leave("shop.example")

    async def beats(shares: Shares) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await shares.beat()

    async def all_of_them(ledger: Ledger) -> None:
        owners = [Shares(ledger.queue, f"process {number}", most) for number in range(processes)]
        beating = [asyncio.create_task(beats(shares)) for shares in owners]
        await asyncio.wait_for(asyncio.gather(*(ask(shares) for shares in owners for _ in range(EACH))), 30)
        for task in beating:
            task.cancel()

    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", secret=b"test") as ledger:
        asyncio.run(all_of_them(ledger))
    assert peak <= most
