"""`patrol user add`, `patrol serve` and `patrol schedule`: people, the desk, and the clock."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from getpass import getpass
from typing import Annotated

import typer
import uvicorn

from patrol.cli.options import HomeOption
from patrol.cli.out import note, say
from patrol.cli.stores import Stores, open_stores
from patrol.errors import UsageError
from patrol.ledger.viewer import Role
from patrol.schedule import Clock
from patrol.triage.indexing import Drained, Indexer
from patrol.web import create_app
from patrol.web.passwords import SHORTEST, hash_password

user = typer.Typer(name="user", help="People who sign in.", no_args_is_help=True)


@user.callback()
def _group() -> None:
    """People who sign in."""


@user.command("add")
def add(
    login: Annotated[str, typer.Argument()],
    name: Annotated[str | None, typer.Option("--name", help="as colleagues read it; default: the login")] = None,
    agency: Annotated[str | None, typer.Option("--agency", help="default: desk.agency of patrol.yml")] = None,
    role: Annotated[str, typer.Option("--role", help="|".join(Role))] = "officer",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="read the password from standard input")] = False,
    home: HomeOption = None,
) -> None:
    """Add a person; asks for the password twice."""
    if role not in list(Role):
        raise UsageError(f"no role {role!r}", remedy=f"Known: {', '.join(Role)}")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _asked()
    if len(password) < SHORTEST:
        raise UsageError(f"the password has {len(password)} characters", remedy=f"Take at least {SHORTEST}")
    with open_stores(home) as stores:
        agency_name = agency or stores.config.settings.desk.agency
        stores.ledger.people.add(
            login=login, name=name or login, agency=agency_name, role=Role(role), password_hash=hash_password(password)
        )
        say(f"{login} ({role}, {agency_name}) can sign in")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for a password on", remedy="Use --password-stdin")
    first = getpass("password: ")
    if first != getpass("again: "):
        raise UsageError("the two passwords differ")
    return first


def serve(
    host: Annotated[str | None, typer.Option("--host", help="default: desk.host of patrol.yml")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="default: desk.port of patrol.yml")] = None,
    home: HomeOption = None,
) -> None:
    """Serve the triage desk, and keep the index up to date while it runs."""
    with open_stores(home) as stores:
        app = create_app(
            config=stores.config,
            ledger=stores.ledger,
            index=stores.index,
            archive=stores.archive,
            rulebook=stores.rulebook,
            home=stores.home,
        )
        desk = stores.config.settings.desk
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=host or desk.host,
                port=desk.port if port is None else port,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=True,
            )
        )
        if not stores.ledger.people.list():
            note("Nobody can sign in yet: add somebody with `patrol user add LOGIN`")
        # the server hands the signal that ended it on to whoever had it before: without a listener it would kill us unclosed
        _listen(lambda: None)
        indexer = indexer_of(stores)
        indexer.start()
        try:
            sockets = [server.config.bind_socket()]
            sockets[0].listen(server.config.backlog)  # whoever reads the address below may call before the server is up
            bound = sockets[0].getsockname()
            say(f"The desk is at http://{bound[0]}:{bound[1]}/ (Ctrl+C ends it)")
            server.run(sockets=sockets)
        finally:
            indexer.stop()
    say("the desk has stopped")


def _listen(stopping: Callable[[], None]) -> None:
    """SIGTERM and SIGINT call this from now on, and end nothing by themselves."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping())


def indexer_of(stores: Stores) -> Indexer:
    """The indexer that runs beside the desk or the clock; says what keeps it from working."""

    def report(drained: Drained) -> None:
        if drained.away:
            note(f"the index is behind and will catch up: {drained.away}")
        if drained.failed:
            note(f"{drained.failed} listings could not be indexed; `patrol index status` says why")

    settings = stores.config.settings
    return Indexer(stores.ledger, stores.index, seconds=settings.clock.index_seconds, bands=settings.bands, report=report)


def schedule(home: HomeOption = None) -> None:
    """Run the crawls of the config by the clock and keep the index up to date; SIGTERM ends it cleanly."""
    stop = threading.Event()
    _listen(stop.set)
    with open_stores(home) as stores:
        indexer = indexer_of(stores)
        indexer.start()
        try:
            Clock(stores.home, say).run(stop, every=stores.config.settings.clock.index_seconds)
        finally:
            indexer.stop()
    say("the schedule has stopped")


COMMANDS = {"user": user, "serve": serve, "schedule": schedule}
