"""`patrol rules train · suggest`: the second opinion, learnt from this unit's own decisions and asked only when called.

It stands in `data/opinion.json` and orders nothing by itself: `suggest` names the open listings that it is least sure of, or
on which it and the score disagree most.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, safe, say
from patrol.cli.stores import open_stores
from patrol.config import Home
from patrol.errors import UsageError
from patrol.scoring import assess
from patrol.scoring.opinion import Opinion, Said
from patrol.triage.judging import current, lessons

JsonOption = Annotated[bool, typer.Option("--json")]


def train_command(json: JsonOption = False, home: HomeOption = None) -> None:
    """Learn a second opinion from the decisions made here, on listings whose source card allows training."""
    from patrol.scoring.learning import train  # scikit-learn takes a second to load

    with open_stores(home) as stores:
        opinion = train(lessons(stores.ledger, stores.rulebook, stores.config.marketplaces))
        _write(_path(stores.home), orjson.dumps(opinion.to_json() | {"trained_at": datetime.now(UTC).isoformat()}))
    told = {"learnt_from": opinion.learnt_from, "features": len(opinion.weights), "auc": round(opinion.area, 3)}
    told |= {"auc_of_score": round(opinion.area_of_score, 3), "log_loss": round(opinion.log_loss, 3)}
    if json:
        as_json(told)
        return
    say(
        f"learnt from {opinion.learnt_from} decisions: {len(opinion.weights)} words and rules that several sellers' listings hold"
    )
    say(f"on unseen decisions: AUC {told['auc']} (the score alone {told['auc_of_score']}), log loss {told['log_loss']}")


def suggest_command(
    most: Annotated[int, typer.Option("--most", min=1, help="how many")] = 20, json: JsonOption = False, home: HomeOption = None
) -> None:
    """Name the undecided listings that the second opinion is least sure of, with what it goes by; no score changes."""
    with open_stores(home) as stores:
        opinion = _read(_path(stores.home))
        unsure: list[tuple[float, str, str | None, int, Said]] = []
        for case in current(stores.ledger):
            if stores.ledger.decisions.standing(case.key) is None:
                assessment = assess(case.listing, stores.rulebook, case.context)
                said = opinion.say(case.listing, assessment)
                unsure.append((abs(said.probability - 0.5), case.key, case.listing.title, assessment.score, said))
        for _, key, title, score, said in sorted(unsure, key=lambda row: row[:2])[:most]:
            reasons = [{"feature": reason.feature, "weight": round(reason.weight, 3)} for reason in said.reasons]
            if json:
                as_json({"key": key, "title": title, "score": score, "opinion": round(said.probability, 3), "reasons": reasons})
            else:
                told = ", ".join(f"{safe(reason.feature)} {reason.weight:+.2f}" for reason in said.reasons)
                say(f"{said.probability:.2f}  score {score}  {safe(title)}  [{told}]  {key}")


def _path(home: Home) -> Path:
    return home.data / "opinion.json"


def _read(path: Path) -> Opinion:
    try:
        return Opinion.from_json(orjson.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise UsageError("no second opinion has been learnt yet", remedy="`patrol rules train`, from 50 decisions on") from error
    except (orjson.JSONDecodeError, KeyError) as error:
        raise UsageError(f"{path.name} cannot be read", where=str(path), remedy="Train it again: `patrol rules train`") from error


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)
