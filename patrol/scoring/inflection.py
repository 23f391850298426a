"""The forms that a lexicon's word takes in running text, by language: plurals, adjective endings, the Arabic article.

`vocabulary` hands in each form of a term as the investigator wrote it (folded) and puts every form that comes back into
the index. A form that nobody writes costs nothing; a short word is left as it is, for its endings are other words.
"""

from __future__ import annotations

from collections.abc import Iterator

SHORTEST = 5  # letters; shorter words are listed with their forms where those matter
_SHORT = {"en": ("s",), "de": ("e", "es", "chen", "lein"), "fr": ("s",), "es": ("s",), "nl": ("pen", "pje")}
_ROMANCE = ("fr", "es", "it")
_GERMAN_ADJECTIVE = ("e", "er", "es", "en", "em")
_RUSSIAN_ADJECTIVE = {
    "ии": ("ого", "ому", "им", "ом", "ая", "ои", "ую", "ое", "ие", "их", "ими", "а", "е", "у", "ому"),
    "ыи": ("ого", "ому", "ым", "ом", "ая", "ои", "ую", "ое", "ые", "ых", "ыми", "е", "а", "у"),
}


def inflected(form: str, language: str) -> set[str]:
    """All forms of a folded word or phrase, the given one included."""
    words = form.split(" ")
    if len(words) == 1:
        return {form, *_one(form, language)}
    forms = {form}
    if language in ("en", "de", "nl"):
        forms.update(" ".join([*words[:-1], last]) for last in _one(words[-1], language))
        if language == "de" and len(words) == 2:
            forms.update(
                f"{first} {last}"
                for first in (words[0], *_one(words[0], language))
                for last in (words[1], *_one(words[1], language))
            )
    elif language in _ROMANCE:
        forms.update(" ".join([first, *words[1:]]) for first in _one(words[0], language))
        if len(words) == 2:
            forms.update(
                f"{first} {last}" for first in (words[0], *_one(words[0], language)) for last in _one(words[1], language)
            )
    return forms


def short_noun(word: str, language: str) -> set[str]:
    """Forms of a noun too short for the others: bowl, bowls; Kopf, Köpfe, Köpfchen. Only for things: a short name has none."""
    if not (3 <= len(word) < SHORTEST and word.isascii() and word.isalpha()) or language not in _SHORT:
        return set()
    return {word + ending for ending in _SHORT[language]}


def _one(word: str, language: str) -> Iterator[str]:
    if not word.isalpha():
        return
    if language == "ar":
        yield from _arabic(word)
    elif language in ("ru", "uk"):
        yield from _slavic(word)
    elif language == "nl" and 3 <= len(word) < SHORTEST and word.isascii():
        yield from _dutch_small(word)
    elif len(word) >= SHORTEST and word.isascii():
        yield from _ENDINGS[language](word) if language in _ENDINGS else ()


def _arabic(word: str) -> Iterator[str]:
    """With the article and what joins it, and with the ending of an adjective: برونز, البرونزي, برونزية."""
    stems = [word]
    if len(word) >= 4:
        stem = word[:-1] if word[-1] in "هي" else word
        stems += [stem + ending for ending in ("ي", "يه", "ه", "ات") if stem + ending != word]
    for stem in stems:
        yield stem
        yield from (before + stem for before in ("ال", "وال", "بال", "لل"))


def _english(word: str) -> Iterator[str]:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        yield word + "es"
    elif word.endswith("y") and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    else:
        yield word + "s"


def _german(word: str) -> Iterator[str]:
    if word.endswith(("isch", "haft", "lich", "ig")):
        for stem in (word, f"alt{word}") if word.endswith("isch") else (word,):
            yield from (stem + ending for ending in ("", *_GERMAN_ADJECTIVE))
    elif word.endswith("e"):
        yield from (word + "n", word + "s")
    else:
        yield from (word + ending for ending in ("s", "es", "e", "en", "er", "ern", "n", "chen", "lein"))


def _french(word: str) -> Iterator[str]:
    yield from (word + "s", word + "e", word + "es")
    if word.endswith("eau"):
        yield word + "x"
    if word.endswith("ien"):
        yield from (word + "ne", word + "nes")
    if word.endswith("al"):
        yield word[:-2] + "aux"


def _spanish(word: str) -> Iterator[str]:
    if word.endswith("o"):
        yield from (word + "s", word[:-1] + "a", word[:-1] + "as", word[:-1] + "ito", word[:-1] + "illo")
    elif word[-1] in "ae":
        yield from (word + "s", word[:-1] + "ita", word[:-1] + "illa")
    else:
        yield from (word + "es", word + "a", word + "as")


def _italian(word: str) -> Iterator[str]:
    if word.endswith("co"):
        yield from (word[:-1] + "hi", word[:-1] + "he")
    if word.endswith(("o", "a")):
        yield from (word[:-1] + ending for ending in "oaie")
        yield from (word[:-1] + small + word[-1] for small in ("in", "ett", "ell"))
    elif word.endswith("e"):
        yield word[:-1] + "i"


def _dutch(word: str) -> Iterator[str]:
    yield from (word + "s", word + "en", word + "e")
    yield from _dutch_small(word)
    if word.endswith("e"):
        yield word + "n"


def _dutch_small(word: str) -> Iterator[str]:
    """Kopje, vaasje, schaaltje: sellers make things small."""
    ending = "tje" if word[-1] in "aeiouwlnr" else "je"
    yield from (word + ending, word + ending + "s")


def _slavic(word: str) -> Iterator[str]:
    for ending, others in _RUSSIAN_ADJECTIVE.items():
        if word.endswith(ending) and len(word) > 5:
            yield from (word[:-2] + other for other in others)
            return
    if len(word) < 4:
        return
    if word[-1] in "ая":
        yield from (word[:-1] + ending for ending in ("ы", "и", "е", "у", "ю", "ои", "еи", "ам", "ами", "ах", ""))
    elif word[-1] in "оеыиь":
        yield from (word[:-1] + ending for ending in ("а", "я", "у", "ю", "ом", "ем", "е", "и", "ов", "ах", "ами"))
    else:
        yield from (word + ending for ending in ("а", "у", "ом", "е", "ы", "и", "ов", "ам", "ами", "ах"))


_ENDINGS = {"en": _english, "de": _german, "fr": _french, "es": _spanish, "it": _italian, "nl": _dutch}
