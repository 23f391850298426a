"""Runs one patrol command that dies by its own hand, without a word, at a chosen point: `deadly.py POINT N -- words…`.

Points lie where a crash hurts most: between a sealed record and its line in the chain, in the middle of that line, before
and after a commit of the ledger, before the run is closed, between the index and the outbox.
"""

import os
import signal
import sys
from concurrent.futures import Future

from sqlalchemy import Engine, event

from patrol.cli import main
from patrol.evidence import chain, seal
from patrol.ledger.outbox import Outbox
from patrol.ledger.runs import Runs


class Fate:
    """Dies at the n-th time that the point is reached."""

    def __init__(self, times):
        self.left = times

    def strikes(self):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def before(owner, name, fate):
    """The n-th call of `owner.name` never begins."""
    original = getattr(owner, name)

    def called(*args, **kwargs):
        fate.strikes()
        return original(*args, **kwargs)

    setattr(owner, name, called)


def torn_line(fate):
    """Half of a line of the chain reaches the file."""
    original = seal._write_all

    def write(handle, data):
        if fate.left == 1:
            os.write(handle, data[: len(data) // 2])
        fate.strikes()
        original(handle, data)

    seal._write_all = write


def at_commit(fate):
    event.listen(Engine, "commit", lambda _: fate.strikes())


POINTS = {
    "between record and chain": lambda fate: before(chain.Entry, "line", fate),
    "in the middle of a chain line": torn_line,
    "before a commit": at_commit,
    "after a commit": lambda fate: before(Future, "set_result", fate),
    "before the chain is closed": lambda fate: before(seal.RunSeal, "close", fate),
    "before the run is finished": lambda fate: before(Runs, "finish", fate),
    "between index and outbox": lambda fate: before(Outbox, "done", fate),
}

if __name__ == "__main__":
    POINTS[sys.argv[1]](Fate(int(sys.argv[2])))
    sys.argv = ["patrol", *sys.argv[4:]]
    main()
