"""The request queue: nothing asked twice, nothing lost, whoever dies in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from crawl_world import SPACE, Crawl

from patrol.ledger import QueuedRequest, owner_name
from patrol.records import Outcome


def push(crawl: Crawl, *requests: QueuedRequest) -> int:
    return crawl.ledger.queue.push(crawl.run.id, SPACE, requests)


def lease(crawl: Crawl, n: int = 10, owner: str = "here:1", seconds: float = 60) -> list[QueuedRequest]:
    return crawl.ledger.queue.lease(crawl.run.id, owner, n, seconds)


def done(crawl: Crawl, request: QueuedRequest, *children: QueuedRequest) -> bool:
    return crawl.ledger.writer.run(lambda conn: crawl.ledger.queue.done(conn, request.id, Outcome.RESULTS, children))


def test_a_fingerprint_is_asked_once_a_run(crawl: Crawl) -> None:
    assert push(crawl, crawl.request("a"), crawl.request("b"), crawl.request("a")) == 2
    assert push(crawl, crawl.request("b"), crawl.request("c")) == 1
    other = crawl.ledger.runs.start(marketplace="bazaar", card="card-1", how=crawl.run.how, pid=1, host="here")
    assert crawl.ledger.queue.push(other.id, SPACE, [crawl.request("a")]) == 1


def test_leases_follow_priority_then_age_and_come_back_whole(crawl: Crawl) -> None:
    meta = {"query": "tête de bouddha", "page": 2}
    push(crawl, crawl.request("low", priority=-5), crawl.request("first"), crawl.request("second", meta=meta, depth=3))
    push(crawl, crawl.request("high", priority=9))
    found = lease(crawl)
    assert [request.url.rpartition("/")[2] for request in found] == ["high", "first", "second", "low"]
    assert (found[2].meta, found[2].depth, found[3].priority) == (meta, 3, -5)
    assert lease(crawl) == []


def test_children_and_outcome_come_together(crawl: Crawl) -> None:
    push(crawl, crawl.request("results"))
    [request] = lease(crawl)
    assert done(crawl, request, crawl.request("item-1"), crawl.request("item-2"), crawl.request("results"))
    assert crawl.ledger.queue.counts(crawl.run.id) == {"pending": 2, "leased": 0, "done": 1}
    assert not done(crawl, request, crawl.request("item-3"))
    assert crawl.ledger.queue.pending(crawl.run.id) == 2


def test_children_of_a_transaction_that_fails_are_not_queued(crawl: Crawl) -> None:
    push(crawl, crawl.request("results"))
    [request] = lease(crawl)

    def work(conn: object) -> None:
        crawl.ledger.queue.done(conn, request.id, Outcome.RESULTS, [crawl.request("child")])  # type: ignore[arg-type]
        raise LookupError("the step failed")

    with pytest.raises(LookupError):
        crawl.ledger.writer.run(work)
    assert crawl.ledger.queue.counts(crawl.run.id) == {"pending": 0, "leased": 1, "done": 0}


def test_an_expired_lease_is_pending_again_and_a_renewed_one_is_not(crawl: Crawl) -> None:
    push(crawl, crawl.request("a"), crawl.request("b"))
    [first] = lease(crawl, 1, "here:1", seconds=1.0)
    [second] = lease(crawl, 1, "here:2", seconds=1.0)
    assert crawl.ledger.queue.renew(crawl.run, "here:2", 60) == 1
    time.sleep(1.1)
    assert crawl.ledger.queue.pending(crawl.run.id) == 1
    assert [request.id for request in lease(crawl, owner="here:3")] == [first.id]
    assert second.id != first.id


def test_retry_waits_for_its_moment_and_counts(crawl: Crawl) -> None:
    push(crawl, crawl.request("a"))
    [request] = lease(crawl)
    due = datetime.now(UTC) + timedelta(seconds=0.2)
    crawl.ledger.queue.retry(request.id, due, "503 Service Unavailable")
    assert lease(crawl) == []
    assert crawl.ledger.queue.pending(crawl.run.id) == 1
    assert crawl.ledger.queue.next_due(crawl.run.id) == due
    time.sleep(0.25)
    [again] = lease(crawl)
    assert (again.id, again.attempts) == (request.id, 1)


def test_only_dead_processes_of_this_host_lose_their_leases(crawl: Crawl) -> None:
    push(crawl, *(crawl.request(str(n)) for n in range(4)))
    for host, pid in (("here", 11), ("here", 12), ("there", 11), ("here_11", 5)):
        lease(crawl, 1, owner_name(host, pid))
    assert crawl.ledger.queue.release_dead(crawl.run.id, "here", lambda pid: pid != 11) == 1
    assert crawl.ledger.queue.counts(crawl.run.id) == {"pending": 1, "leased": 3, "done": 0}
    assert crawl.ledger.queue.release(crawl.run.id, "there:11") == 1


def test_concurrent_leases_never_share_a_request(crawl: Crawl) -> None:
    push(crawl, *(crawl.request(str(n)) for n in range(160)))
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: lease(crawl, 10, f"here:{n}"), range(16)))
    ids = [request.id for batch in found for request in batch]
    assert len(ids) == len(set(ids)) == 160


def test_slots_keep_the_delay_and_the_days_budget(crawl: Crawl) -> None:
    queue = crawl.ledger.queue
    slots = [queue.reserve(SPACE, delay=2.0, per_day=3) for _ in range(4)]
    assert slots[3] is None
    first, second, third = (slot for slot in slots if slot is not None)
    assert second - first == third - second == timedelta(seconds=2)
    assert queue.used_today(SPACE) == 3
    assert queue.reserve("other.example", delay=2.0, per_day=3) is not None
    assert len(queue.reserve_many("third.example", 5, delay=0, per_day=3)) == 3


def test_a_back_off_holds_for_every_process(crawl: Crawl) -> None:
    queue = crawl.ledger.queue
    until = datetime.now(UTC) + timedelta(minutes=5)
    queue.note_backoff(SPACE, until)
    queue.note_backoff(SPACE, until - timedelta(minutes=1))
    assert queue.reserve(SPACE, delay=1, per_day=None) == until


WORKER = """
    import sys
    from datetime import UTC, datetime
    from patrol.ledger import Ledger, QueuedRequest, owner_name
    from patrol.records import Outcome

    url, run_id, pid = sys.argv[1:]
    ledger = Ledger(url, secret=b"a secret of the tests")
    while found := ledger.queue.lease(run_id, owner_name("here", int(pid)), 7, 600):
        for request in found:
            depth = request.depth + 1
            children = [
                QueuedRequest(url=f"{request.url}.{n}", fingerprint=f"{request.url}.{n}"[-40:], kind="listing", depth=depth)
                for n in range(3 if depth < 6 else 0)
            ]
            ledger.writer.run(lambda conn: (
                ledger.queue.done(conn, request.id, Outcome.RESULTS, children),
                ledger.runs.count(conn, run_id, Outcome.RESULTS),
            ))
            print(request.id, flush=True)
    ledger.close()
"""


def test_a_worker_killed_at_any_point_loses_and_doubles_nothing(crawl: Crawl) -> None:
    """Kills a worker that spreads 1 + 3 + 9 + 27 + 81 + 243 requests a few times; the last one comes to the end."""
    push(crawl, crawl.request("root"))
    asked: list[str] = []
    for kill_after in (1, 5, 23, 60, None):
        pid = str(kill_after or 999)
        command = [sys.executable, "-c", textwrap.dedent(WORKER), crawl.url, crawl.run.id, pid]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as worker:
            assert worker.stdout is not None
            for line in worker.stdout:
                asked.append(line.strip())
                if kill_after and len(asked) >= kill_after:
                    worker.send_signal(signal.SIGKILL)
                    break
        crawl.ledger.queue.release_dead(crawl.run.id, "here", lambda _pid: False)
    assert crawl.ledger.queue.counts(crawl.run.id) == {"pending": 0, "leased": 0, "done": 364}
    assert crawl.ledger.runs.row(crawl.run.id).counts == {Outcome.RESULTS: 364}
    assert len(asked) == len(set(asked))  # a kill may cut the line short, never repeat it
