"""The one thread of a process that writes to the ledger.

Steps and stores hand it small pieces of work (functions of a connection) and get a future that resolves once the work is
on disk. It commits up to 100 pieces, or what has come within 200 ms, in one transaction; when one piece fails, the batch
is taken again piece by piece under savepoints, so that only the guilty one is refused. A server that goes away in the
middle is waited for and the batch written again, once; so is a batch that met another process' on the same rows.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from patrol.errors import StoreError
from patrol.ledger.bulk import gathering, put_in
from patrol.ledger.commits import Commits
from patrol.ledger.engine import PATIENCE, PAUSES, WRITES, connected
from patrol.ledger.faults import lost, met, overtaken, store_fault

T = TypeVar("T")
MEETINGS = 12  # times that a batch gives way to another process before it is refused
LOOKS = 3  # times that a piece is tried which another process overtook
NEWS = "patrol_news"  # work sets this in `conn.info` where it leaves something that listeners wait for


@dataclass(slots=True)
class _Task:
    work: Callable[[Connection], Any]
    urgent: bool
    future: Future[Any] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)


class Writer:
    """Takes work from any thread; `most` pieces or `wait` seconds a batch, sooner when nothing came for `lull` seconds.

    Work may be called twice (the second time after a rollback), so beyond its connection it changes nothing.
    """

    def __init__(self, engine: Engine, *, most: int = 100, wait: float = 0.2, lull: float = 0.02) -> None:
        self._engine = engine
        self._most = most
        self._wait = wait
        self._lull = lull
        self._tasks: deque[_Task] = deque()
        self._urgent = 0
        self._bell = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._listeners: list[Callable[[], None]] = []
        self._commits = Commits(engine)
        self._conn: Connection | None = None
        self._away = False  # the server did not come back in time: what follows does not wait for it again

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Calls `heard`, which must be quick, after each commit that brought news for the index; gives what ends that."""
        self._listeners.append(heard)
        return lambda: self._listeners.remove(heard)

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Hands over `work`; the future gives its result after the commit, or what it raised."""
        return self._take(_Task(work, urgent=False))

    def run(self, work: Callable[[Connection], T]) -> T:
        """Like `submit`, flushed at once and waited for."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("work that runs in the writer's thread uses its own connection, not run()")
        result: T = self._take(_Task(work, urgent=True)).result()
        return result

    def close(self) -> None:
        """Writes what was handed over, then ends the thread; a second call does nothing."""
        with self._bell:
            self._closed = True
            self._bell.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _take(self, task: _Task) -> Future[Any]:
        with self._bell:
            if self._closed:
                raise StoreError("the ledger is closed", remedy="Open it again before writing")
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="ledger-writer", daemon=True)
                self._thread.start()
            self._tasks.append(task)
            self._urgent += task.urgent
            if len(self._tasks) in (1, self._most) or task.urgent:  # else the thread is on its way to look by itself
                self._bell.notify_all()
        return task.future

    def _loop(self) -> None:
        while batch := self._next_batch():
            live = [task for task in batch if task.future.set_running_or_notify_cancel()]
            try:
                self._persist(live)
                self._away = False
            except Exception as error:  # noqa: BLE001 - the thread's boundary: every fault goes to those who wait for it
                self._refuse(live, error)
        self._let_go()
        self._commits.close()

    def _persist(self, tasks: list[_Task]) -> None:
        """Writes a batch; again where that has a chance: the server was away, or another writer stood in the way."""
        ends = time.monotonic() + (0 if self._away else self._engine.get_execution_options()[PATIENCE])
        attempt = 0
        while True:
            try:
                conn = self._connection()
                self._write(conn, tasks)
                self._tell(conn)
            except Exception as error:
                gone, pause = lost(error), random.uniform(0.5, 1) * PAUSES[min(attempt, len(PAUSES) - 1)]
                if gone:
                    self._let_go()
                    self._away = time.monotonic() + pause > ends
                if self._away if gone else not met(error) or attempt >= MEETINGS:
                    raise
                attempt += 1
                time.sleep(pause)
            else:
                return

    def _connection(self) -> Connection:
        if self._conn is None or self._conn.invalidated:
            self._let_go()
            fresh = self._engine.connect() if self._away else connected(self._engine)
            self._conn = fresh.execution_options(**{WRITES: True})
            self._commits.prepare(self._conn)
        return self._conn

    def _let_go(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _tell(self, conn: Connection) -> None:
        if conn.invalidated or conn.info.pop(NEWS, False):  # it broke after its commit, and with it what was noted on it
            for heard in tuple(self._listeners):
                heard()

    def _next_batch(self) -> list[_Task]:
        with self._bell:
            while not self._tasks and not self._closed:
                self._bell.wait()
            while self._tasks and len(self._tasks) < self._most and not self._urgent and not self._closed:
                left, held = self._tasks[0].since + self._wait - time.monotonic(), len(self._tasks)
                if left <= 0 or (not self._bell.wait(min(left, self._lull)) and len(self._tasks) == held):
                    break
            batch = [self._tasks.popleft() for _ in range(min(self._most, len(self._tasks)))]
            self._urgent -= sum(task.urgent for task in batch)
            return batch

    def _write(self, conn: Connection, tasks: list[_Task]) -> None:
        try:
            with self._commits.transaction(conn), gathering(conn):
                results = [task.work(conn) for task in tasks]
                put_in(conn)
        except Exception as error:
            if (len(tasks) == 1 and not overtaken(error)) or store_fault(error, self._engine):
                raise
            self._write_apart(conn, tasks)
            return
        for task, result in zip(tasks, results, strict=True):
            task.future.set_result(result)

    def _write_apart(self, conn: Connection, tasks: list[_Task]) -> None:
        outcomes: list[Any] = []
        faults: dict[int, Exception] = {}
        with self._commits.transaction(conn):
            for place, task in enumerate(tasks):
                result, fault = self._one(conn, task)
                outcomes.append(result)
                if fault is not None:
                    faults[place] = fault
        for place, task in enumerate(tasks):
            if place in faults:
                self._refuse([task], faults[place])
            else:
                task.future.set_result(outcomes[place])

    @staticmethod
    def _one(conn: Connection, task: _Task) -> tuple[Any, Exception | None]:
        """A piece's result under a savepoint of its own, or its fault; what concerns the whole batch is raised."""
        for look in range(LOOKS):
            try:
                with conn.begin_nested(), gathering(conn):
                    result = task.work(conn)
                    put_in(conn)
            except Exception as error:
                if lost(error) or met(error):
                    raise
                if not overtaken(error) or look == LOOKS - 1:
                    return None, error
            else:
                return result, None
        raise AssertionError("the last look returns")

    def _refuse(self, tasks: list[_Task], error: Exception) -> None:
        fault = store_fault(error, self._engine)
        if fault is not None and fault is not error:
            fault.__cause__ = error
        for task in tasks:
            if not task.future.done():
                task.future.set_exception(fault or error)
