"""What is compared: the rulebook, the rulebook without one of its parts, and two baselines; each gives scores and flags.

An ablation is the shipped config with words taken out, or the second look at words without its fuzzy comparison; the
engine is the same. The baselines know what a unit would have without it: a list of words, or a model trained on labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from evaluation.measures import Numbers
from evaluation.rows import DEVELOPMENT, Row
from patrol.config import Config
from patrol.records import Assessment
from patrol.scoring import Rulebook, assess, compile_rulebook
from patrol.scoring.asides import GROUND, LEXICONS
from patrol.scoring.near import NOTHING, Found, Near
from patrol.scoring.rulebook import Varied
from patrol.scoring.vocabulary import worded

SCOPE_CLAIMS = ("negation", "condition")
READ_CLAIMS = ("acquired", "collection", "sale", "licence", "inventory", "find", "certificate")
EVEN = 0.5  # probability from which the model flags


class Scored(NamedTuple):
    """One number a row, higher is more likely at risk, and whether it is flagged."""

    scores: Numbers
    flagged: np.ndarray


class _Exact(Near):
    """The second look without the comparison of misspelt words."""

    def _fuzzy(self, word: str) -> Found:
        return NOTHING


def _emptied(config: Config, names: set[str]) -> Varied:
    """The config with the words of some lexicons taken out."""
    return Varied(config, lexicons={name: config.lexicons[name].model_copy(update={"terms": ()}) for name in names})


def rulebooks(config: Config) -> dict[str, Rulebook]:
    """The shipped rulebook and its ablations, by name."""
    without_fuzzy = compile_rulebook(config)
    pieces = without_fuzzy.pieces
    without_fuzzy.pieces = pieces._replace(near=_Exact(pieces.vocabulary, pieces.lexicons))
    scope = {name for name, lexicon in config.lexicons.items() if lexicon.claim in SCOPE_CLAIMS} | set(LEXICONS) - {GROUND}
    claims = {name for name, lexicon in config.lexicons.items() if lexicon.claim in READ_CLAIMS}
    return {
        "rulebook": compile_rulebook(config),
        "- without fuzzy": without_fuzzy,
        "- without scope": compile_rulebook(_emptied(config, scope)),
        "- without claims": compile_rulebook(_emptied(config, claims)),
    }


def assessed(rulebook: Rulebook, rows: Sequence[Row]) -> list[Assessment]:
    return [assess(row.listing, rulebook) for row in rows]


def by_rulebook(assessments: Sequence[Assessment]) -> Scored:
    """Ranked by the unclipped sum, as the queue is."""
    return Scored(
        np.array([one.sum for one in assessments], dtype=float), np.array([one.flagged for one in assessments], dtype=bool)
    )


def by_keywords(config: Config, rows: Sequence[Row]) -> Scored:
    """A plain list: every form of every culture at risk, as whole words; the score counts them, one is a flag."""
    words = {
        f" {worded(form)} "
        for lexicon in config.lexicons.values()
        if lexicon.kind == "culture" and lexicon.tier == 1
        for term in lexicon.terms
        for _, form in term.forms()
    }
    counts = np.array([sum(word in text for word in words) for text in (f" {worded(row.text)} " for row in rows)], dtype=float)
    return Scored(counts, counts > 0)


def by_model(rows: Sequence[Row]) -> Scored:
    """TF-IDF and logistic regression, trained on the development part: H against the rest; there by ten-fold crossing."""
    texts = [row.text for row in rows]
    truth = np.array([row.label == "H" for row in rows])
    development = np.array([row.part == DEVELOPMENT for row in rows])
    chosen = [text for text, own in zip(texts, development, strict=True) if own]
    scores = np.zeros(len(rows))
    folds = StratifiedKFold(10, shuffle=True, random_state=1)
    scores[development] = cross_val_predict(_model(), chosen, truth[development], cv=folds, method="predict_proba")[:, 1]
    if not development.all():
        model = _model().fit(chosen, truth[development])
        scores[~development] = model.predict_proba([text for text, own in zip(texts, development, strict=True) if not own])[:, 1]
    return Scored(scores, scores >= EVEN)


def _model() -> Pipeline:
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2),
    )
    return make_pipeline(features, LogisticRegression(C=10, max_iter=1000, class_weight="balanced"))
