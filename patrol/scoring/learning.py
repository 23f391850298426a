"""Learns an Opinion from decided listings: logistic regression over words and signals, calibrated on decisions it hasn't seen.

`patrol rules train` imports this module and hands in lessons; nobody else needs scikit-learn, which is slow to import.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from patrol.errors import UsageError
from patrol.scoring.opinion import RULE, Lesson, Opinion, features

FEWEST = 50  # decisions below which nothing is learnt
FEWEST_EACH = 5  # true and false ones
SELLERS = 3  # different sellers whose listings hold an n-gram before it may be learnt
FOLDS = 5


def train(lessons: Iterable[Lesson]) -> Opinion:
    """Learns from decisions; UsageError where there are too few. The same lessons give the same opinion."""
    known = list(lessons)
    true = sum(lesson.truth for lesson in known)
    if len(known) < FEWEST or min(true, len(known) - true) < FEWEST_EACH:
        raise UsageError(
            f"{len(known)} decisions ({true} true) are too few to learn from",
            remedy=f"It takes {FEWEST}, at least {FEWEST_EACH} of each kind, on listings whose card says training_allowed: true",
        )
    return _fitted(known)


def _fitted(lessons: Sequence[Lesson]) -> Opinion:
    rows = [features(lesson.listing, lesson.assessment, lesson.private) for lesson in lessons]
    allowed = _shared(rows, lessons)
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([dict.fromkeys(sorted(row & allowed), 1.0) for row in rows])
    truth = np.array([lesson.truth for lesson in lessons])
    model = LogisticRegression(C=0.3, max_iter=2000, class_weight="balanced")
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    unseen = cross_val_predict(model, matrix, truth, cv=folds, method="decision_function").reshape(-1, 1)
    calibrated = cross_val_predict(LogisticRegression(C=1e3), unseen, truth, cv=folds, method="predict_proba")[:, 1]
    scale = LogisticRegression(C=1e3).fit(unseen, truth)
    model.fit(matrix, truth)
    return Opinion(
        weights={name: float(weight) for name, weight in zip(vectorizer.feature_names_, model.coef_[0], strict=True)},
        intercept=float(model.intercept_[0]),
        slope=float(scale.coef_[0, 0]),
        offset=float(scale.intercept_[0]),
        learnt_from=len(lessons),
        area=float(roc_auc_score(truth, calibrated)),
        area_of_score=float(roc_auc_score(truth, [lesson.assessment.sum for lesson in lessons])),
        log_loss=float(log_loss(truth, calibrated)),
        rulebook=lessons[0].assessment.rulebook,
    )


def _shared(rows: Sequence[set[str]], lessons: Sequence[Lesson]) -> set[str]:
    """Features that listings of several sellers hold; an unknown seller counts as one and the same."""
    sellers: dict[str, set[str | None]] = defaultdict(set)
    for row, lesson in zip(rows, lessons, strict=True):
        for name in row:
            sellers[name].add(lesson.seller)
    return {name for name, who in sellers.items() if len(who) >= SELLERS or name.startswith(RULE)}
