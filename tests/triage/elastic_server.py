"""An Elasticsearch of the tests' own, on loopback, to be stopped, killed and started again.

PATROL_START_ELASTICSEARCH names the command that starts one (`command PORT DATADIR`, which leaves its pid in DATADIR/es.pid);
without it, `shared/elasticsearch/start-es` beside the checkout is taken.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def starter() -> Path | None:
    named = os.environ.get("PATROL_START_ELASTICSEARCH")
    found = Path(named) if named else ROOT.parent / "shared" / "elasticsearch" / "start-es"
    return found if found.is_file() else None


class Server:
    """One node on a port of its own; its data survive a stop and a kill."""

    def __init__(self, command: Path, folder: Path) -> None:
        self._command = command
        self._folder = folder
        self._port = _free_port()
        self.address = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        environment = {"ES_HEAP": "512m"} | os.environ
        subprocess.run(
            [self._command, str(self._port), self._folder], env=environment, check=True, capture_output=True, timeout=300
        )

    def stop(self, number: int = signal.SIGTERM) -> None:
        pid = self._pid()
        if pid is None:
            return
        os.kill(pid, number)
        deadline = time.monotonic() + 60
        while _runs(pid):
            assert time.monotonic() < deadline, "the server does not end"
            time.sleep(0.1)
        (self._folder / "es.pid").unlink()

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def _pid(self) -> int | None:
        path = self._folder / "es.pid"
        return int(path.read_text()) if path.is_file() else None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free_port() -> int:
    """With its neighbour a hundred further, for the transport."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            if port > 65_000:
                continue
            try:
                other.bind(("127.0.0.1", port + 100))
            except OSError:
                continue
            return port
