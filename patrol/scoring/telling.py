"""The lab's results as the JSON that programs and the desk's pages read; shares carry their interval, lists their reasons.

`patrol rules backtest · diff · suggest --json` prints these objects. Keys are only ever added.
"""

from __future__ import annotations

from patrol.scoring.backtest import Load, Moved, Report, Share
from patrol.scoring.moving import Crossing, Difference, Why
from patrol.scoring.recall import Recall
from patrol.scoring.suggesting import Suggestion
from patrol.scoring.worth import RuleWorth
from patrol.wire import Json

DIGITS = 4


def report_to_json(report: Report) -> Json:
    """A backtest; `recall` is null without audit decisions."""
    return {
        "rulebook": report.rulebook,
        "clusters": report.clusters,
        "true": report.true,
        "false": report.false,
        "left_out": report.left_out,
        "days": report.days,
        "precision": share_to_json(report.precision),
        "precision_before": share_to_json(report.precision_before),
        "by_stream": {stream: share_to_json(share) for stream, share in report.by_stream.items()},
        "recall": _recall(report.recall),
        "recall_before": _recall(report.recall_before),
        "load": _load(report.load),
        "load_before": _load(report.load_before),
        **{name: [_moved(row) for row in rows] for name, rows in report.lists.items()},
        "rules": [_worth(rule) for rule in report.rules],
    }


def difference_to_json(difference: Difference) -> Json:
    """A diff; `bands` counts listings by "band under A -> band under B"."""
    return {
        "a": difference.a,
        "b": difference.b,
        "listings": difference.listings,
        "changed": difference.changed,
        "bands": {f"{a} -> {b}": count for (a, b), count in difference.bands.items()},
        "edits": list(difference.edits),
        "moved": [_crossing(crossing) for crossing in difference.crossings],
    }


def suggestion_to_json(one: Suggestion) -> Json:
    """A suggestion; `yaml` goes into `file` at `line`, as `place` says."""
    return {
        "kind": one.kind,
        "file": one.file,
        "line": one.line,
        "place": one.place,
        "yaml": one.yaml,
        "why": one.why,
        "gain": one.gain,
        "changes": [
            {
                "key": effect.key,
                "title": effect.title,
                "true": effect.truth,
                "before": effect.before,
                "now": effect.now,
                "crosses": effect.crosses,
            }
            for effect in one.effects
        ],
    }


def share_to_json(share: Share) -> Json:
    return {
        "hits": share.hits,
        "of": share.trials,
        "value": _round(share.value),
        "low": _round(share.interval.low),
        "high": _round(share.interval.high),
        "few": share.few,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _recall(recall: Recall | None) -> Json | None:
    if recall is None:
        return None
    return {
        "value": _round(recall.value),
        "low": _round(recall.low),
        "high": _round(recall.high),
        "strata": [
            {
                "band": one.band,
                "probability": _round(one.probability),
                "decided": one.decided,
                "true": one.true,
                "flagged_true": one.flagged_true,
                "estimated": _round(one.estimated),
                "low": _round(one.low),
                "high": _round(one.high),
            }
            for one in recall.strata
        ],
    }


def _load(load: Load | None) -> Json | None:
    if load is None:
        return None
    return {"flags_per_day": _round(load.flags), "officer_minutes_per_day": _round(load.minutes)}


def _why(why: Why) -> Json:
    return {"rule": why.rule, "before": why.before, "now": why.now, "quote": why.quote}


def _moved(row: Moved) -> Json:
    return {"key": row.key, "title": row.title, "before": row.before, "now": row.now, "why": [_why(why) for why in row.why]}


def _crossing(one: Crossing) -> Json:
    return {
        "key": one.key,
        "title": one.title,
        "from": {"band": one.from_band.value, "score": one.from_score},
        "to": {"band": one.to_band.value, "score": one.to_score},
        "why": [_why(why) for why in one.why],
    }


def _worth(rule: RuleWorth) -> Json:
    share = Share(hits=rule.true, trials=rule.hits)
    return {
        "rule": rule.rule,
        "status": rule.status,
        "hits": rule.hits,
        "beaten": rule.beaten,
        "sole_hits": rule.sole,
        "precision": share_to_json(share),
        "unreached": list(rule.unreached),
        "if_live": rule.if_live,
    }
