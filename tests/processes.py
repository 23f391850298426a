"""Patrol as its users run it: commands in processes of their own, on a unit's folder that `patrol init` made.

`start` begins an ordinary process, to be killed or talked to; `quick` runs one to its end that was forked from a server
which has loaded the libraries already, so that a hundred commands do not load them a hundred times.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from patrol.evidence import Archive, verify
from patrol.ledger import Ledger
from patrol.market import home_files

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds for one command; a machine that is busy with other things takes ten times as long


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    @property
    def last(self) -> Any:
        return json.loads(self.out.strip().splitlines()[-1])

    def clear(self, code: int) -> Done:
        """Asserts that it ended with this code and that nobody sees a traceback."""
        assert self.code == code, f"exit {self.code}\n{self.out[-3000:]}\n{self.err[-3000:]}"
        assert "Traceback" not in self.err + self.out, self.err
        return self


def environment(home: Path, *, browser: bool = False, **more: str) -> dict[str, str]:
    """A user's environment with nothing of ours in it; without `browser` no Chromium is found."""
    found = {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", "") if browser else str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PLAYWRIGHT_BROWSERS_PATH": os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "") if browser else str(home),
    }
    if browser:
        found |= {name: os.environ[name] for name in ("HOME", "PATROL_CHROMIUM") if name in os.environ}
    return found | more


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "patrol.cli", *map(str, words)]


def start(*words: str | Path, cwd: Path, env: dict[str, str], stdin: Any = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*words),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=env,
    )


def ended(process: subprocess.Popen[bytes], stdin: bytes | None = None, seconds: float = PATIENCE) -> Done:
    try:
        out, err = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"the command did not end:\n{out!r}\n{err!r}") from None
    return Done(process.returncode, out.decode(), err.decode())


@cache
def _server() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            f"patrol.cli.{name}"
            for name in ("crawl", "desk", "hand", "home", "index", "lead", "rules", "extract", "assess", "evidence")
        ]
    )
    return context


def quick(*words: str | Path, cwd: Path, env: dict[str, str], stdin: bytes | None = None) -> Done:
    """One command from its beginning to its end, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        pipes = [Path(folder, name) for name in ("in", "out", "err")]
        pipes[0].write_bytes(stdin or b"")
        process = _server().Process(target=_command, args=([str(word) for word in words], str(cwd), env, pipes), daemon=False)
        process.start()
        process.join(PATIENCE)
        out, err = (path.read_bytes().decode() if path.exists() else "" for path in pipes[1:])
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError(f"the command did not end:\n{out}\n{err}")
        return Done(process.exitcode, out, err)


def _command(words: list[str], cwd: str, env: dict[str, str], pipes: list[Path]) -> None:
    """In the new process: takes on its folder, environment and streams, then is `patrol`."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(pipes):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.argv = ["patrol", *words]
    import_module("patrol.cli").main()


class Unit:
    """One home and the commands on it."""

    def __init__(self, root: Path, made: Path, *, browser: bool = False) -> None:
        """`made` is a home as `patrol init` left it."""
        self.root = root
        shutil.copytree(made, root)
        self.env = environment(root.parent, browser=browser)
        self.begun: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str | Path, stdin: Any = subprocess.DEVNULL, **env: str) -> subprocess.Popen[bytes]:
        process = start(*words, cwd=self.root, env=self.env | env, stdin=stdin)
        self.begun.append(process)
        return process

    def close(self) -> None:
        """Ends what a test that failed left running."""
        for process in self.begun:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def run(self, *words: str | Path, stdin: bytes | None = None, **env: str) -> Done:
        return quick(*words, cwd=self.root, env=self.env | env, stdin=stdin)

    def config(self, name: str) -> Path:
        return self.root / "config" / name

    def market(self, ports: dict[str, int]) -> None:
        """The practice marketplace's cards, for these ports."""
        for name, text in home_files(ports).items():
            self.config(f"marketplaces/{name}").write_text(text, encoding="utf-8")

    def shop(self, text: str, name: str = "shop") -> Path:
        path = self.config(f"marketplaces/{name}.yml")
        path.write_text(text, encoding="utf-8")
        return path

    def ledger(self) -> Ledger:
        secret = (self.root / "data" / "secret.key").read_bytes()
        return Ledger(f"sqlite:///{self.root / 'data' / 'ledger.sqlite'}", secret=secret, create=False)

    @property
    def archive(self) -> Archive:
        return Archive(self.root / "data" / "evidence")

    def broken(self) -> list[str]:
        """Everything sealed that is not what it was."""
        return [str(verdict) for verdict in verify(self.archive.root) if verdict.fault]
