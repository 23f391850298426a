"""Figures over scores and labels: area under the curve, average precision at a base rate, bootstrap intervals.

Ties count half for the area, and for the precision as one step, so that a score of few values gains nothing by its order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
ROUNDS = 200  # bootstrap samples


class Precision(NamedTuple):
    """Average precision with its interval (2.5 to 97.5 % of the bootstrap samples)."""

    value: float
    low: float
    high: float


def area(positives: Numbers, negatives: Numbers) -> float:
    """The share of pairs of which the positive has the higher score."""
    if not len(positives) or not len(negatives):
        return float("nan")
    ordered = np.sort(negatives)
    below, upto = np.searchsorted(ordered, positives, "left"), np.searchsorted(ordered, positives, "right")
    return float((below + upto).mean() / 2 / len(negatives))


def average_precision(positives: Numbers, negatives: Numbers, base_rate: float) -> float:
    """As if positives were `base_rate` of all: the negatives are weighted up to the rest."""
    scores = np.concatenate([positives, negatives])
    weight = len(positives) * (1 - base_rate) / base_rate / len(negatives)
    hits = np.concatenate([np.ones(len(positives)), np.zeros(len(negatives))])
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # the last of each tie
    found = np.cumsum(hits[order])[ends]
    taken = found + np.cumsum((1 - hits[order]) * weight)[ends]
    return float((np.diff(found, prepend=0) * found / taken).sum() / len(positives))


def precision_at(positives: Numbers, negatives: Numbers, base_rate: float, seed: int = 1) -> Precision:
    """Average precision, and its interval over rows drawn again with replacement."""
    chance = np.random.default_rng(seed)
    drawn = [
        average_precision(chance.choice(positives, len(positives)), chance.choice(negatives, len(negatives)), base_rate)
        for _ in range(ROUNDS)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Precision(average_precision(positives, negatives, base_rate), float(low), float(high))
