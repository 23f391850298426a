"""One crawl in a process of its own, as the command line does it: `run_crawl.py HOME JSON` prints the summary as JSON."""

import json
import sys
from pathlib import Path

from patrol.config import Home, load
from patrol.errors import PatrolError
from patrol.evidence import Archive
from patrol.fetch.replay import ReplayIndex
from patrol.ledger import Ledger
from patrol.scoring import compile_rulebook
from patrol.settings.run import Order, crawl


def main() -> int:
    home, asked = Home(Path(sys.argv[1])), json.loads(sys.argv[2])
    config = load(home)
    home.data.mkdir(exist_ok=True)
    url = asked.get("ledger") or f"sqlite:///{home.data / 'ledger.sqlite'}"
    ledger = Ledger(url, secret=b"x" * 32, patience=asked.get("patience", 30))
    replay = asked.get("replay")
    urls_map = Path(asked["map"]) if asked.get("map") else None
    try:
        summary = crawl(
            Order(
                marketplace=config.marketplaces[asked["marketplace"]] if asked.get("marketplace") else None,
                urls=tuple(asked.get("urls", ())),
                queries=tuple(asked["queries"]) if "queries" in asked else None,
                replay=ReplayIndex(Path(replay), urls_map) if replay else None,
                max_listings=asked.get("max_listings"),
                join=asked.get("join", False),
                snapshots=asked.get("snapshots", True),
            ),
            config=config,
            ledger=ledger,
            archive=Archive(home.data / "evidence"),
            rulebook=compile_rulebook(config),
        )
    except PatrolError as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))
        return error.exit_code
    finally:
        ledger.close()
    faults = [{"step": fault.step, "message": fault.message, "url": fault.url} for fault in summary.faults]
    print(json.dumps(summary.to_json() | {"said": faults}))
    return 1 if summary.faulty else 0


if __name__ == "__main__":
    sys.exit(main())
