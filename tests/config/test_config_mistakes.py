"""A person with the README open adds a culture, a replica maker and a rule; each mistake they can make gets one message with
file, line and what to write instead.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from patrol.config import Home, init, load
from patrol.errors import ConfigError
from patrol.records import Band, Context, Listing
from patrol.scoring import assess, compile_rulebook, lab
from patrol.scoring.checking import check

TODAY = date(2026, 11, 3)
README = Path(__file__).resolve().parents[2] / "README.md"
MATERIALS = "title: Materials\nkind: material\nterms:\n  - {gloss: gold, weight: specific, en: [gold]}\n"
REPLICA = "title: Copies\nkind: claim\nclaim: replica\nterms:\n  - {gloss: replica, en: [replica]}\n"
C, L, R = "lexicons/mapungubwe.yml", "warninglists/gold-copies.yml", "rules/mapungubwe-gold.yml"


def recipes() -> dict[str, str]:
    """The files that the README shows, by their name below config/."""
    blocks = re.findall(r"```yaml\n# config/(\S+)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return dict(blocks)


def told(home: Path) -> list[str]:
    """What `patrol rules check` prints of faults and remarks."""
    try:
        return [str(one) for one in check(load(Home(home)), TODAY) if not one.harmless]
    except ConfigError as error:
        return str(error).split("\n")


def test_the_readmes_recipes_work_in_a_fresh_home(tmp_path: Path) -> None:
    home = init(tmp_path / "unit")
    before = told(home.root)
    for name, text in recipes().items():
        (home.config / name).write_text(text, encoding="utf-8")
    assert set(recipes()) == {C, L, R}
    assert told(home.root) == before
    config = load(home)
    assert [result for result in lab.test(config, ["mapungubwe-gold"]) if not result.passed] == []
    rulebook = compile_rulebook(config)

    def offered(title: str) -> Listing:
        return Listing(marketplace="s", listing_id=None, url="s:", title=title)

    assessment = assess(offered("Ancient Mapungubwe gold foil fragment, 13th century"), rulebook, Context())
    assert assessment.cultures == ("mapungubwe",)
    assert [signal.rule for signal in assessment.shadow] == ["mapungubwe-gold"]
    assert assessment.band in (Band.REVIEW, Band.HIGH)
    assert assess(offered("Mapungubwe National Park guide, paperback"), rulebook).score == 0


@pytest.fixture
def unit(tmp_path: Path, root: Path) -> Path:
    """A home with little beside the README's files, so that it is read quickly."""
    config = tmp_path / "config"
    for folder in ("lexicons", "rules", "warninglists"):
        (config / folder).mkdir(parents=True)
    for name in ("patrol.yml", "laws.yml", "rates.yml"):
        shutil.copy(root / "config" / name, config / name)
    for name, text in {**recipes(), "lexicons/materials.yml": MATERIALS, "lexicons/replica.yml": REPLICA}.items():
        (config / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_without_a_mistake_nothing_is_said(unit: Path) -> None:
    assert told(unit) == []


TABS = "\t- terms: {lexicon: materials}"
TERMS = "terms:\n  - {gloss: Mapungubwe"
LIMPOPO = "en: [Limpopo valley]"
TESTS = recipes()[R][recipes()[R].index("tests:") :]
POINTS = "points lie between -100 and 100: write a whole number"
MISTAKES: Mapping[str, tuple[str, str, str, str]] = {  # file, what stands there, what somebody writes, what is said
    # the file as a whole
    "a key indented too far": (C, "\ntier: 1", "\n  tier: 1", ":3: not YAML: mapping values are not allowed"),
    "an entry indented otherwise": (
        C,
        "\n  - {gloss: Limpopo",
        "\n   - {gloss: Limpopo",
        "indented otherwise than the entries above",
    ),
    "a condition indented otherwise": (
        R,
        "    - terms: {lexicon: materials}",
        "   - terms: {lexicon: materials}",
        "indented otherwise",
    ),
    "a tab": (C, "\ntier: 1", "\n\ttier: 1", ":3: not YAML: found a tab character that violates indentation: a tab stands here"),
    "a tab before a dash": (R, "    - terms: {lexicon: materials}", TABS, ": indent with blanks"),
    "a bracket left open": (C, "[Mapungubwe-Kultur]", "[Mapungubwe-Kultur", "a bracket is not closed, or a comma is missing"),
    "a quotation mark left open": (C, 'sources: ["', 'sources: ["" "', "a bracket is not closed"),
    "a colon in a title": (C, "title: Mapungubwe", "title: Mapungubwe: gold", "put text with a colon in quotes"),
    "typographic quotation marks": (C, '"National', "“National", ":6: “ is a typographic quotation mark: write a straight one"),
    "a second document": (C, "\nterms:", "\n---\nterms:", "one file holds one document"),
    "a tag": (
        C,
        "title: Mapungubwe",
        "title: !!python/object/apply:os.system [ls]",
        ":1: 'python/object/apply:os.system' is a tag",
    ),
    "an alias that holds itself": (C, "title: Mapungubwe", "title: &t [*t]", ":1: holds itself: take the alias (*) out"),
    "an alias of nothing": (C, "title: Mapungubwe", "title: *x", "refers to nothing"),
    "a merge key": (C, "{gloss: Limpopo", "{<<: {weight: rare}, gloss: Limpopo", "unknown key '<<'; known here:"),
    "a key twice": (C, "tier: 1", "title: Again\ntier: 1", ":3: 'title' stands here twice: keep one of them"),
    # a culture
    "a misspelt key": (C, "basis:", "baisis:", ":4: unknown key 'baisis'; did you mean 'basis'?"),
    "a misspelt key of a term": (C, "weight: rare", "wieght: rare", ":9: unknown key 'wieght'; did you mean 'weight'?"),
    "a language that is none": (C, "de: [Map", "dk: [Map", ":9: unknown key 'dk'; known here: ar, de,"),
    "Norwegian": (C, "de: [Map", "no: [Map", ":9: unknown key 'no'; known here:"),
    "no sources": (
        C,
        'sources: ["National Heritage Resources Act 25 of 1999, South Africa"]\n',
        "",
        ":1: a culture names its sources: add",
    ),
    "empty sources": (C, '["National Heritage Resources Act 25 of 1999, South Africa"]', "[]", ":6: a culture names its sources"),
    "an empty source": (
        C,
        '["National Heritage Resources Act 25 of 1999, South Africa"]',
        '[" "]',
        ":6: sources.0: is an empty text",
    ),
    "a source without brackets": (
        C,
        '["National Heritage Resources Act 25 of 1999, South Africa"]',
        "an act",
        ":6: sources: must be a list",
    ),
    "no basis": (C, "basis: national_law ", "#", ":1: a culture of tier 1 names its basis: red_list, us_agreement"),
    "a basis that is none": (C, "basis: national_law", "basis: national-law", "did you mean 'national_law'?"),
    "no tier": (C, "tier: 1 ", "#", ":1: a culture names its tier: add `tier: 1`"),
    "a third tier": (C, "tier: 1", "tier: 3", ":3: tier: '3' is none of 1, 2"),
    "a kind that is none": (C, "kind: culture", "kind: civilisation", ":2: kind: 'civilisation' is none of culture, object,"),
    "a weight that is none": (C, "weight: rare", "weight: rarest", "is none of rare, strong,"),
    "a role": (C, "tier: 1", "role: source\ntier: 1", ":3: a lexicon of kind place, and no other, has a role"),
    "a claim": (C, "tier: 1", "claim: find\ntier: 1", ":3: a lexicon of kind claim, and no other"),
    "countries without brackets": (C, "[South Africa]", "South Africa", ":5: countries: must be a list"),
    "terms left empty": (C, TERMS, "terms:\nexcept_: [{gloss: Mapungubwe", "not YAML"),
    "a term without a form": (
        C,
        f", {LIMPOPO}",
        "",
        ":10: terms.1: 'Limpopo valley' has no form in any language; write `en: [Limpopo",
    ),
    "a term without a gloss": (C, "gloss: Limpopo valley, ", "", ":10: 'gloss' is missing: add a line"),
    "a form without brackets": (C, LIMPOPO, "en: Limpopo valley", ":10: terms.1.en: must be a list"),
    "a number as a form": (C, LIMPOPO, "en: [1912]", ':10: terms.1.en.0: must be text: write "1912" in quotation marks'),
    "true as a form": (C, LIMPOPO, "en: [true]", ':10: terms.1.en.0: must be text: write "true" in quotation marks'),
    "nothing as a form": (C, LIMPOPO, "en: [null]", ":10: terms.1.en.0: is empty: write its value"),
    "an empty form": (C, LIMPOPO, 'en: [""]', ":10: terms.1.en.0: is an empty text"),
    "a form without letters": (C, LIMPOPO, 'en: ["!!"]', ":10: '!!' has no letters and can never be found: take it out"),
    "a form that is a pattern": (C, LIMPOPO, 'en: ["Limpopo.*"]', ":10: 'Limpopo.*' is taken word for word and is no regular"),
    "company of nothing": (
        C,
        "[object, material]",
        "[objet]",
        ":10: needs the company of 'objet', which is nothing known: name a kind",
    ),
    "a term as an exception": (
        C,
        "[mapungubwe national park]",
        "[Mapungubwe]",
        ":7: 'Mapungubwe' is a term and an exception at once",
    ),
    "a weight that nobody pays for": (
        R,
        "points: 15",
        "points: {rare: 3}",
        ":10: 'Limpopo valley' is ambiguous, which no rule pays for here",
    ),
    # a replica maker
    "no owner": (L, "owner: our unit's rulebook editor\n", "", ":1: 'owner' is missing: add a line `owner: …`"),
    "no reason": (L, "reason: They describe", "#", ":1: 'reason' is missing"),
    "an empty reason": (
        L,
        "They describe the original's find and date at length and sell casts of it.",
        '""',
        ":3: reason: is an empty text",
    ),
    "expired": (
        L,
        "2028-12-31",
        "2026-11-02",
        ":4: expired on 2026-11-02 and counts no longer: our unit's rulebook editor reads it again",
    ),
    "a date in words": (
        L,
        "2028-12-31",
        "next year",
        ":4: expires: 'next year' is no date: write year-month-day, like 2028-12-31",
    ),
    "a date that no month has": (L, "2028-12-31", "2028-02-31", ":4: expires: '2028-02-31' is no date"),
    "a date the German way": (L, "2028-12-31", "31.12.2028", ":4: expires: '31.12.2028' is no date"),
    "a date without hyphens": (L, "2028-12-31", "20281231", ":4: expires: '20281231' is no date"),
    "a misspelt expiry": (L, "expires:", "expiry:", ":4: unknown key 'expiry'; did you mean 'expires'?"),
    "no patterns": (L, "[gold plated copy studio, cast from the museum mould]", "[]", ":6: patterns: is an empty list"),
    "patterns without brackets": (
        L,
        "[gold plated copy studio, cast from the museum mould]",
        "studio",
        ":6: patterns: must be a list",
    ),
    "an empty pattern": (L, "cast from the museum mould", '""', ":6: patterns.1: is an empty text"),
    "a regular expression": (L, "cast from the museum mould", '"cast (from|of"', ":6: 'cast (from|of' is taken word for word"),
    "a pattern of signs": (L, "cast from the museum mould", '"..."', ":6: '...' has no letters and can never be found"),
    "a pattern twice": (
        L,
        "cast from the museum mould",
        "Gold-plated copy studio",
        ":6: 'Gold-plated copy studio' stands already",
    ),
    # a rule
    "a status that is none": (R, "status: shadow ", "status: on ", ":1: status: 'on' is none of draft, shadow, live, retired"),
    "true as a status": (R, "status: shadow ", "status: true ", ":1: status: 'true' is none of draft"),
    "too many points": (R, "points: 15", "points: 150", f":4: points: {POINTS}"),
    "points in quotes": (R, "points: 15", 'points: "15"', f":4: points: {POINTS}"),
    "points in words": (R, "points: 15", "points: many", f":4: points: {POINTS}"),
    "half a point": (R, "points: 15", "points: 15.5", f":4: points: {POINTS}"),
    "points of true": (R, "points: 15", "points: true", f":4: points: {POINTS}"),
    "points by an unknown weight": (
        R,
        "points: 15",
        "points: {rear: 15}",
        ":4: points: 'rear' is no weight class; did you mean 'rare'?",
    ),
    "points by weight out of range": (R, "points: 15", "points: {rare: 300}", f":4: points: {POINTS}"),
    "points by no weight": (R, "points: 15", "points: {}", f":4: points: {POINTS}"),
    "a group of a number": (R, "points: 15", "group: 3\npoints: 15", ':4: group: must be text: write "3" in quotation marks'),
    "no because": (R, "because: Gold", "#", ":1: 'because' is missing: add a line"),
    "an empty because": (
        R,
        "because: Gold work of Mapungubwe is offered, a site that is protected by law.",
        "because:",
        ":3: because: is empty",
    ),
    "no false positives": (R, "false_positives: [books about the hill]\n", "", ":1: 'false_positives' is missing"),
    "no tests": (R, TESTS, "", ":1: 'tests' is missing"),
    "no hit": (R, '  hit:\n    - {title: "Mapungubwe gold foil fragment"}\n', "", ":14: 'hit' is missing: add a line `hit: …`"),
    "an empty hit": (R, '    - {title: "Mapungubwe gold foil fragment"}\n', "", ":15: tests.hit: is empty"),
    "an empty sample": (R, '{title: "Mapungubwe gold foil fragment"}', "{}", ":16: tests.hit.0: an empty sample shows nothing"),
    "a sample without a key": (
        R,
        '{title: "Mapungubwe gold foil fragment"}',
        '"Foil"',
        ":16: tests.hit.0: 'Foil' must be `key: value` lines",
    ),
    "a sample's misspelt key": (
        R,
        '{title: "Mapungubwe gold foil fragment"}',
        "{titel: Foil}",
        ":16: unknown key 'titel'; did you mean 'title'?",
    ),
    "a sample's price": (
        R,
        'foil fragment"}',
        'foil fragment", price: cheap}',
        ":16: tests.hit.0.price: 'cheap' is no price: write it as",
    ),
    "a sample's bare price": (
        R,
        'foil fragment"}',
        'foil fragment", price: 400}',
        ':16: tests.hit.0.price: must be text: write "400"',
    ),
    "a sample's context": (
        R,
        'foil fragment"}',
        'foil fragment", context: {relisting: 2}}',
        "unknown key 'relisting'; did you mean 'relistings'?",
    ),
    "a sample's context of another type": (
        R,
        'foil fragment"}',
        'foil fragment", context: {relistings: two}}',
        ":16: tests.hit.0.context:",
    ),
    "a hit that is a miss": (
        R,
        "Mapungubwe gold foil fragment",
        "Mapungubwe gold rhinoceros, replica",
        "the first hit and the first miss are the same",
    ),
    "an unknown culture": (
        R,
        "lexicon: mapungubwe,",
        "lexicon: mapungubve,",
        ":7: no lexicon 'mapungubve'; did you mean 'mapungubwe'?",
    ),
    "an unknown lexicon in a list": (
        R,
        "lexicon: materials",
        "lexicon: [materials, castles]",
        ":8: no lexicon 'castles': make a file config/lexicons/castles.yml",
    ),
    "an unknown warning list": (
        R,
        "warninglist: gold-copies",
        "warninglist: gold-copys",
        ":11: no warninglist 'gold-copys'; did you mean",
    ),
    "an unknown kind": (R, "lexicon: materials", "kind: metals", ":8: no kind 'metals'; there are: culture, object,"),
    "an unknown claim": (R, "lexicon: materials", "claim: finding", ":8: no claim 'finding'; did you mean 'find'?"),
    "an unknown matcher": (
        R,
        "- terms: {lexicon: materials}",
        "- term: {lexicon: materials}",
        ":8: when.all.1.term: no matcher 'term'; there are:",
    ),
    "an unknown field": (
        R,
        "in: [title, description]",
        "in: [heading]",
        ":7: when.all.0.terms: in.0: 'heading' is none of title,",
    ),
    "a condition left empty": (R, "- terms: {lexicon: materials}", "- terms:", ":8: when.all.1.terms: is empty"),
    "a condition without a key": (
        R,
        "- terms: {lexicon: materials}",
        "- terms: materials",
        ":8: when.all.1.terms: 'materials' must be",
    ),
    "a condition that asks nothing": (
        R,
        "{lexicon: materials}",
        "{in: [title]}",
        ":8: when.all.1.terms: names a lexicon, a kind, a claim or",
    ),
    "two conditions after one dash": (
        R,
        "    - terms: {lexicon: materials}",
        "      facts: {old: true}",
        "begin each after its own `- `",
    ),
    "conditions without dashes": (
        R,
        "    - terms: {lexicon: mapungubwe, in: [title, description]}\n    - terms",
        "    terms",
        ":6: when.all: must be a list",
    ),
    "an authenticity that is none": (
        R,
        "[reproduction, modern]",
        "[fake]",
        ":10: when.none.0.authenticity: 0: 'fake' is none of claimed_ancient,",
    ),
    "a grade that is none": (
        R,
        "terms: {lexicon: materials}",
        "provenance: {grade: [bad]}",
        ":8: when.all.1.provenance: grade.0: 'bad' is none of none,",
    ),
    "a price in words": (
        R,
        "terms: {lexicon: materials}",
        "facts: {price: {below: cheap}}",
        ":8: when.all.1.facts: price.below: 'cheap' is no number",
    ),
    "no condition": (R, "  all:     ", "  any: []\n  all: []\n  none_:", "unknown key 'none_'; did you mean 'none'?"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_message_with_its_place_and_remedy(mistake: str, unit: Path) -> None:
    name, right, wrong, words = MISTAKES[mistake]
    path = unit / "config" / name
    text = path.read_text(encoding="utf-8")
    assert right in text
    if "nobody pays" in mistake:
        text = text.replace("status: shadow ", "status: live ")
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    found = told(unit)
    about = [line for line in found if words in line]
    assert len(about) == 1, found
    assert re.match(r"config/\w+/[\w-]+\.yml:\d+: ", about[0])
    assert about[0].startswith(f"config/{name}:") or "nobody pays" in mistake
    assert [line for line in found if line != about[0] and "not under miss" not in line and not follows(line)] == []


def follows(line: str) -> bool:
    """Remarks that a mended mistake takes with it: samples and lists that only the broken part had used."""
    return any(part in line for part in ("no sample under miss", "so it changes nothing"))


BOMB = b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (number, number, b",".join([b"*a%d" % (number - 1)] * 10)) for number in range(1, 9)
)
BODIES: Mapping[str, tuple[bytes | None, str]] = {
    "UTF-16": ("title: Māori".encode("utf-16"), ": cannot be read: it is UTF-16, not UTF-8: save it as UTF-8"),
    "Latin-1": (b"kind: culture\ntitle: caf\xe9\n", ":2: cannot be read: it is in another coding, not UTF-8: save it as UTF-8"),
    "a NUL": (b"kind: culture\n\ntitle: a\0b\n", ":3: cannot be read: a control character stands here; take it out"),
    "nothing": (b"", ": holds no keys; write `key: value` lines"),
    "a list": (b"- a\n- b\n", ":1: holds no keys; write `key: value` lines"),
    "too large": (b"title: x\n" + b"#" * 6_000_000, ": cannot be read: 6 MB are too many for one file of the config; split it"),
    "too deep": (b"title: " + b"[" * 300 + b"]" * 300, ":1: stands more than 100 levels deep: close the brackets"),
    "a bomb": (BOMB, ": makes the file hold more than 500000 values: write them out instead of repeating aliases (*)"),
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_a_file_that_is_no_config_gets_one_message(body: str, unit: Path) -> None:
    content, words = BODIES[body]
    (unit / "config" / "lexicons" / "odd.yml").write_bytes(content or b"")
    found = told(unit)
    assert len(found) == 1
    assert re.sub(r"(?<=odd\.yml):\d+(?=: makes)", "", found[0]).startswith(f"config/lexicons/odd.yml{words}")


@pytest.mark.parametrize("name", ["Mapungubwe.yml", "my culture.yml", "mapungubwe.yaml", "mapungubwe.yml.bak"])
def test_a_file_by_another_name_is_named(name: str, unit: Path) -> None:
    shutil.copy(unit / "config" / C, unit / "config" / "lexicons" / name)
    (found,) = told(unit)
    assert found.startswith(f"config/lexicons/{name}: the file's name is the id: give it lower-case letters")


ALLOWED: Mapping[str, tuple[str, bytes, bytes]] = {
    "a byte order mark": (C, b"title: Map", b"\xef\xbb\xbftitle: Map"),
    "Windows line ends": (C, b"\n", b"\r\n"),
    "no and on are words": (C, b"en: [Limpopo valley]", b"en: [Limpopo valley], nl: [on, no]"),
    "a date in quotes": (L, b"2028-12-31", b'"2028-12-31"'),
    "an alias": (C, b'sources: ["National', b'sources: &s ["National'),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_is_no_mistake_is_read(case: str, unit: Path) -> None:
    name, right, other = ALLOWED[case]
    path = unit / "config" / name
    path.write_bytes(path.read_bytes().replace(right, other))
    assert told(unit) == []
    lexicon = load(Home(unit)).lexicons["mapungubwe"]
    assert lexicon.title == "Mapungubwe"
    if case.startswith("no and on"):
        assert lexicon.terms[1].nl == ("on", "no")


def test_a_failing_sample_is_named_with_its_line(unit: Path) -> None:
    path = unit / "config" / R
    path.write_text(path.read_text(encoding="utf-8").replace("Mapungubwe gold foil fragment", "Garden hose"), encoding="utf-8")
    (failed,) = [result for result in lab.test(load(Home(unit)), []) if not result.passed]
    assert (failed.file, failed.line, failed.sample, failed.wanted) == (f"config/{R}", 16, "Garden hose", True)
