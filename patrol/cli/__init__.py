"""The command line: one file per group of commands, each a thin layer over a room. Exit 0 done, 1 faults, 2 usage or config.

A command's file is loaded when the command is called, for a crawl's libraries take seconds that `patrol extract` need not
wait for. `main` is the only place that turns an error into a message on stderr and an exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from patrol.cli.out import note
from patrol.errors import PatrolError
from patrol.tether import hold

# command -> (its file here, what it does in a line)
PLACES: Mapping[str, tuple[str, str]] = {
    "init": ("home", "Make a unit's own folder with a copy of config/."),
    "crawl": ("crawl", "Collect listings from marketplaces, single pages or saved pages."),
    "add": ("hand", "Add what you found yourself, after the answer to “seen before?”."),
    "extract": ("extract", "Read one saved page, offline."),
    "assess": ("assess", "Score JSON lines of listings."),
    "rescore": ("index", "Assess all current versions anew after a change of rules."),
    "search": ("index", "Find listings in the index."),
    "index": ("index", "The search index, a view of the ledger: status, rebuild."),
    "lead": ("lead", "Investigation leads: list, show, export."),
    "user": ("desk", "People who sign in: add."),
    "dashboards": ("dashboards", "The overview's panels for Kibana: export."),
    "rules": ("rules", "The rule lab: check, test, explain, backtest, diff, history, train, suggest."),
    "evidence": ("evidence", "Sealed captures: verify."),
    "serve": ("desk", "Serve the triage desk, and keep the index up to date."),
    "schedule": ("desk", "Run the crawls of the config by the clock."),
    "doctor": ("home", "Say what is installed, reachable and allowed, and what to do about the rest."),
}


class Commands(TyperGroup):
    """All commands by name, each loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the parser's signature
        return list(PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the parser's signature
        if cmd_name not in PLACES:
            return None
        commands: Mapping[str, Callable[..., None] | typer.Typer] = import_module(f"patrol.cli.{PLACES[cmd_name][0]}").COMMANDS
        found = commands[cmd_name]
        around = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=cmd_name)
        else:
            around.command(cmd_name)(found)
        return typer.main.get_group(around).commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the parser's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in PLACES.items()])


app = typer.Typer(
    name="patrol",
    help="Watch online marketplaces for looted and stolen antiquities: collect, score with reasons, triage, lead.",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _patrol() -> None:
    """Makes the application a group although its commands are not registered with it."""


def main() -> None:
    """Runs one command; a PatrolError becomes its text on stderr and its exit code."""
    hold()
    try:
        app(prog_name="patrol")
    except PatrolError as error:
        sys.stdout.flush()
        note(f"patrol: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # the reader of our output went away: nothing is left to say, nor to be flushed at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        # a disk that is full or a folder without rights shows at any write; the place and the system's words say which
        note(f"patrol: {error.filename or 'a file'}: {error.strerror}. Check the disk's room and the folder's rights")
        sys.exit(1)


if __name__ == "__main__":
    main()
