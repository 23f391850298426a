"""The language of a listing's own words, as an ISO 639-1 code, or None where the words are too few to tell.

`read` hands in title and description with what the page and the site say of themselves; scoring never guesses again.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = tuple(
    re.findall(
        r"\w+",
        "en de fr es it nl pt ar fa ur ps ru uk tr zh ja ko th km lo vi id hi ne pl cs sk sl hr sr bg ro hu el he da sv "
        "no fi et lv lt",
    )
)
_LETTERS = 400
_SHORT, _FEW = 15, 60  # letters below which the words alone say little
_ENOUGH, _SURE, _HALF = 0.72, 0.9, 0.25  # the identifier's own probabilities
# A script that (among our languages) leaves little choice.
_SCRIPTS = (
    (re.compile(r"[\u3040-\u30ff]"), "ja"),
    (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th"),
    (re.compile(r"[\u1780-\u17ff]"), "km"),
    (re.compile(r"[\u0590-\u05ff]"), "he"),
    (re.compile(r"[\u0370-\u03ff]{3}"), "el"),
    (re.compile(r"[\u4e00-\u9fff]{2}"), "zh"),
)
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_NOISE = re.compile(r"https?://\S+|[\d\W_]+")


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    identifier.nb_ptc = np.ascontiguousarray(identifier.nb_ptc)  # chosen columns lie row by row: a text takes half the time
    return identifier


def language_of(title: str | None, description: str | None, *, page: str | None = None, site: str | None = None) -> str | None:
    """The code, from the words where there are enough of them, else from what the page or the site says if it agrees."""
    text = _NOISE.sub(" ", f"{title or ''} {(description or '')[: 2 * _LETTERS]}").strip()[:_LETTERS]
    if not text:
        return None
    script = _by_script(text)
    if script:
        return script
    said = tuple(code for code in (_code(page), _code(site)) if code)
    best, sure = _identifier().classify(text)
    if sure >= (_ENOUGH if len(text) >= _SHORT else _SURE) or (best in said and sure >= _HALF):
        return str(best)
    return said[0] if said and len(text) < _FEW else None


def _by_script(text: str) -> str | None:
    if text.isascii():
        return None
    latin = len(_LATIN.findall(text))
    for pattern, code in _SCRIPTS:
        if len(pattern.findall(text)) * 2 > latin / 8 and pattern.search(text):
            return code if latin < len(text) * 0.6 else None
    return None


def _code(tag: str | None) -> str | None:
    code = (tag or "")[:2].lower()
    return code if code in LANGUAGES else None
