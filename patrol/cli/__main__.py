"""`python -m patrol.cli` is `patrol`."""

from patrol.cli import main

main()
