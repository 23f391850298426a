"""All lexicons and warning lists in one exact index of words, read over a listing's words in a single pass.

`rulebook` compiles it; `reading` hands in Words and gets Hits back. One look-up a word tells whether a term begins there;
scripts that are written without spaces have an automaton, which only their texts are shown to. Of hits that lie inside a
longer one only the longest stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from patrol.config.rulebook import Lexicon, Term, WarningList
from patrol.scoring.asides import LEXICONS as ASIDE
from patrol.scoring.index import Index, Role
from patrol.scoring.inflection import inflected, short_noun
from patrol.scoring.words import Words
from patrol.text import fold, spaceless, words

EXACT, JOINED = "exact", "joined"


class Entry(NamedTuple):
    """What a pattern stands for. `group` is kind, or the claim of a claim lexicon; `number` tells terms apart."""

    number: int
    lexicon: str
    kind: str  # culture, object, …; warning, except, unless
    claim: str
    weight: str
    gloss: str
    language: str
    needs: tuple[str, ...]
    unless: tuple[str, ...]  # folded
    place: str
    tier: int
    role: str


class Hit(NamedTuple):
    """A term at the words `first` to `last` of a listing; `inside` are offsets within a single word."""

    entry: Entry
    first: int
    last: int
    inside: tuple[int, int] | None
    via: str

    @property
    def extent(self) -> tuple[int, int]:
        return self.inside or (0, 0)


def _exceptions_first(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.kind != "except"))


def _never(_head: str, _tail: str) -> bool:
    return False


def worded(text: str) -> str:
    """A term as the stream would hold it: folded words joined by single spaces."""
    return " ".join(words(fold(text)))


class Vocabulary:
    """The compiled terms. `single` maps one-word forms to their entries, for compounds and near words."""

    def __init__(
        self,
        lexicons: Mapping[str, Lexicon],
        warninglists: Mapping[str, WarningList],
        by_chance: Callable[[str, str], bool] = _never,
    ) -> None:
        self.by_chance = by_chance  # whether two words stand side by side without making one
        self._entries: dict[str, list[Entry]] = {}
        self.terms: list[tuple[Lexicon, Term]] = []
        self.written: set[str] = set()  # forms as the lexicons give them, without their inflections
        self.germanic: set[str] = set()  # one-word forms of German and Dutch, which may end a compound
        for name in sorted(lexicons):
            if lexicons[name].claim not in ("negation", "condition") and name not in ASIDE:  # see `cues` and `asides`
                self._add_lexicon(lexicons[name])
        for name in sorted(warninglists):
            for pattern in warninglists[name].patterns:
                self._add(pattern, "en", Entry(-1, name, "warning", "", "plain", "", "en", (), (), "", 0, ""), inflect=False)
        self._joined = self._pieces_of_rare()
        self._of_form = {
            form: tuple(entries) if len(entries) < 2 else _exceptions_first(entries) for form, entries in self._entries.items()
        }
        self.single: dict[str, tuple[Entry, ...]] = {form: found for form, found in self._of_form.items() if " " not in form}
        self._unspaced = sorted(filter(spaceless, self._of_form))
        self.index = Index({*self._of_form, *self._joined}.difference(self._unspaced))
        self._automaton = AhoCorasick(
            self._unspaced, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA, store_patterns=False
        )

    def scan(self, page: Words, telling: Iterable[tuple[int, Role]]) -> list[Hit]:
        """Every exact hit in order of place, phrases over their parts; `telling`: the words that may make a term."""
        hits: list[Hit] = []
        for first, last, form in self.index.find(page.words, telling):
            hits += [Hit(entry, first, -last, None, EXACT) for entry in self._of_form.get(form, ())]
            if form in self._joined and not self.by_chance(*form.split(" ")):
                hits.append(Hit(self._joined[form], first, -last, None, JOINED))
        if not page.ascii and (inside := self._inside_runs(page.stream)):
            hits = sorted([*hits, *inside], key=lambda hit: (hit.first, hit.inside is not None))
        return longest(hits)

    def _inside_runs(self, stream: str) -> list[Hit]:
        """Terms of scripts without spaces: they may lie inside a longer run."""
        hits: list[Hit] = []
        at = spaces = 0
        found = self._automaton.find_matches_as_indexes(stream, overlapping=True)
        for pattern, start, _ in sorted(found, key=lambda match: (match[1], match[1] - match[2])):
            form = self._unspaced[pattern]
            spaces += stream.count(" ", at, start)
            at = start
            offset = start - stream.rfind(" ", 0, start) - 1
            inside = (offset, offset + len(form))
            last = spaces - 1 + form.count(" ")
            hits += [Hit(entry, spaces - 1, last, inside, EXACT) for entry in self._of_form[form]]
        return hits

    def _pieces_of_rare(self) -> dict[str, Entry]:
        """`kh mer`, `gand hara`: rare terms as they read when somebody wrote them apart."""
        apart: dict[str, Entry] = {}
        for _, term in self.terms:
            for _, form in term.forms() if term.weight == "rare" else ():
                word = worded(form)
                if len(word) >= 5 and word.isascii() and word.isalpha():
                    rare = [entry for entry in self._entries[word] if entry.weight == "rare"]
                    entry = min(rare, key=lambda entry: entry.kind != "culture", default=None)
                    if entry is not None:
                        apart.update((f"{word[:cut]} {word[cut:]}", entry) for cut in range(2, len(word) - 1))
        return apart

    def entries_of(self, form: str) -> tuple[Entry, ...]:
        return self.single.get(form, ())

    def _add_lexicon(self, lexicon: Lexicon) -> None:
        for term in lexicon.terms:
            number = len(self.terms)
            self.terms.append((lexicon, term))
            unless = tuple(
                worded(word) for word in (*term.unless, *(lexicon.unless if term.weight in ("ambiguous", "nation") else ()))
            )
            needs = term.needs or (lexicon.needs if term.weight == "ambiguous" else ())
            for language, form in term.forms():
                entry = Entry(
                    number, lexicon.name, lexicon.kind, lexicon.claim or "", term.weight, term.gloss, language,
                    needs, unless, term.place or "", lexicon.tier or 0, lexicon.role or "",
                )  # fmt: skip
                self._add(form, language, entry, inflect=term.inflect)
            for word in unless:
                self._add(word, "en", Entry(-1, "", "unless", "", "plain", word, "", (), (), "", 0, ""), inflect=False)
        for phrase in lexicon.except_:
            self._add(phrase, "en", Entry(-1, lexicon.name, "except", "", "plain", "", "", (), (), "", 0, ""), inflect=True)

    def _add(self, form: str, language: str, entry: Entry, *, inflect: bool) -> None:
        plain = worded(form)
        if not plain:
            return
        self.written.add(plain)
        variants = inflected(plain, language) if inflect else {plain}
        if inflect and entry.kind == "object":
            variants |= short_noun(plain, language)
        if language in ("de", "nl"):
            self.germanic |= variants
        for variant in variants:
            entries = self._entries.get(variant)
            if entries is None:
                self._entries[variant] = [entry]
                continue
            alike = [known for known in entries if known.lexicon == entry.lexicon]
            if not alike or (
                variant == plain and all((known.kind, known.number) != (entry.kind, entry.number) for known in alike)
            ):
                entries.append(entry)


def longest(hits: Sequence[Hit]) -> list[Hit]:
    """Drops hits that lie strictly inside a longer one (the helpers `unless` apart), in one sweep over hits `in_order`."""
    kept: list[Hit] = []
    covers: list[Hit] = []
    reached = -1  # the last word of any hit so far
    for hit in hits:
        if hit.entry.kind == "unless":
            kept.append(hit)
        elif hit.first > reached:
            covers = [hit]
            kept.append(hit)
            reached = hit.last
        elif not any(_covers(cover, hit) for cover in covers if cover.last >= hit.first):
            covers.append(hit)
            kept.append(hit)
            reached = max(reached, hit.last)
    return kept


def in_order(hit: Hit) -> tuple[int, int, int, int, bool]:
    """By place, the longer first, exceptions before what they take away."""
    return hit.first, hit.extent[0], -hit.last, -hit.extent[1], hit.entry.kind != "except"


def _end(hit: Hit) -> tuple[int, int]:
    return (hit.last, hit.extent[1] or 1_000_000)


def _covers(cover: Hit, hit: Hit) -> bool:
    if (cover.first, cover.last, cover.inside) == (hit.first, hit.last, hit.inside):
        return cover.entry.kind == "except" and cover.entry.lexicon == hit.entry.lexicon
    if _end(cover) < _end(hit):
        return False
    if cover.entry.kind == "except":
        return cover.entry.lexicon == hit.entry.lexicon
    if hit.entry.kind == cover.entry.kind:
        return True
    if hit.entry.kind == "material":
        return cover.entry.kind == "period"  # Bronze Age
    return hit.entry.kind in ("goods", "cue") or (hit.entry.kind == "claim" and hit.entry.claim not in ("ancient", "genuine"))


def cancelled(hits: list[Hit]) -> Iterator[Hit]:
    """The hits whose `unless` words stand nowhere in the listing; excepted phrases and the helpers themselves fall away."""
    present = {hit.entry.gloss for hit in hits if hit.entry.kind == "unless"}
    for hit in hits:
        entry = hit.entry
        if entry.kind not in ("unless", "except") and present.isdisjoint(entry.unless):
            yield hit
