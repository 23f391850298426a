"""The command line: one file per group of commands, each a thin layer over a room. Exit 0 done, 1 faults, 2 usage or config.

`main` is the only place that turns an error into a message on stderr and an exit code.
"""

from __future__ import annotations

import sys

import typer

from patrol.cli import crawl, desk, evidence, hand, home, index, lead, read, rules
from patrol.errors import PatrolError

app = typer.Typer(
    name="patrol",
    help="Watch online marketplaces for looted and stolen antiquities: collect, score with reasons, triage, lead.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (home, crawl, hand, read, index, desk):
    group.register(app)
app.add_typer(index.app, name="index")
app.add_typer(lead.app, name="lead")
app.add_typer(desk.user, name="user")
app.add_typer(rules.app, name="rules")
app.add_typer(evidence.app, name="evidence")


def main() -> None:
    """Runs one command; a PatrolError becomes its text on stderr and its exit code."""
    try:
        app()
    except PatrolError as error:
        sys.stdout.flush()
        print(f"patrol: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away: nothing is left to say
        sys.exit(1)
    except KeyboardInterrupt:
        print("patrol: stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
