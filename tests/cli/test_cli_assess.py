"""`patrol assess`: listings stream through; each line that is sound comes out whole, each that is not is named."""

import gzip
import json
import subprocess
import threading

import processes
import pytest

ASSESSMENT = {
    "score", "sum", "band", "signals", "shadow", "cultures", "object_types", "materials", "authenticity", "claims",
    "provenance_grade", "provenance_support", "outside_source_since", "rulebook",
}  # fmt: skip
HEAD = {"title": "Gandharan schist head of a Buddha", "description": "Grey schist. Bought in Peshawar in the 1960s."}
LAMP = {"title": "Desk lamp, brushed steel, dimmable", "description": "With bulb. As new."}


@pytest.fixture(scope="module")
def shared(tmp_path_factory, made):
    return processes.Unit(tmp_path_factory.mktemp("assess") / "home", made)


def lines(*rows):
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def test_the_assessment_has_the_contracts_shape(shared):
    told = shared.run("assess", stdin=lines(HEAD, LAMP)).clear(0)
    assert told.err == ""
    head, lamp = told.rows
    found = head["assessment"]
    assert found.keys() == ASSESSMENT
    assert (lamp["assessment"]["band"], lamp["assessment"]["score"], lamp["assessment"]["signals"]) == ("none", 0, [])
    assert found["band"] in ("review", "high")
    assert found["sum"] == sum(signal["points"] for signal in found["signals"])
    assert found["score"] == min(100, max(0, found["sum"]))
    assert found["rulebook"].startswith("sha256:")
    assert "gandhara" in found["cultures"]
    for signal in found["signals"]:
        assert {"rule", "points", "field", "start", "end", "quote", "via", "also", "because"} <= signal.keys()
        for span in (signal, *signal["also"]):
            if span["field"] is not None:
                assert head[span["field"]][span["start"] : span["end"]] == span["quote"]
    for claim in found["claims"]:
        assert {"kind", "quote", "from_year", "to_year", "place", "support"} <= claim.keys()
    assert (found["provenance_grade"], found["provenance_support"]) == ("pre1970", "asserted")


def test_everything_else_in_a_line_stays_as_it_was_written(shared):
    line = b'{"shop":{"b":[1.10,1e3,null]}, "big":123456789012345678901234567890,"title":"K\\u00f6pfchen","a":"\xc3\xa4"}'
    (out,) = shared.run("assess", stdin=line + b"\n").clear(0).out.encode().splitlines()
    assert out.startswith(line[:-1] + b',"assessment":{')
    old = {"title": "Khmer sandstone head, Angkor", "assessment": {"score": 3}, "more": 1}
    (row,) = shared.run("assess", stdin=lines(old)).clear(0).rows
    assert row["assessment"].keys() == ASSESSMENT
    assert row["more"] == 1
    assert shared.run("assess", stdin=b"{}\n").clear(0).last.keys() == {"assessment"}


BAD = [
    b"nonsense",
    b"[1, 2]",
    b"null",
    b"\xff\xfe",
    b'{"title": "a',
    b'{"title": 5}',
    b'{"title": "x", "price": "115"}',
    b'{"title": "x", "price": {"amount": "abc"}}',
    b'{"title": "x", "price": {"amount": "NaN"}}',
    b'{"title": "x", "captured_at": "yesterday"}',
    b'{"title": "x", "status": "weird"}',
    b'{"title": "x", "images": ["a"]}',
    b'{"title": "lone \\ud83d surrogate"}',
    b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}",
]


def test_broken_lines_are_named_by_their_number_and_the_rest_go_on(shared, tmp_path):
    file = tmp_path / "listings.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + lines(HEAD) + b"\n" + b"".join(line + b"\n" for line in BAD) + lines(LAMP).rstrip(b"\n"))
    told = shared.run("assess", file, "--summary").clear(1)
    assert [row["title"] for row in told.rows] == [HEAD["title"], LAMP["title"]]
    *named, summary = told.err.splitlines()
    assert [line.partition(":")[0] for line in named] == [f"line {number}" for number in range(3, 3 + len(BAD))]
    assert "2 listings in" in summary
    assert f"{len(BAD)} broken lines" in summary
    assert "listings/s" in summary


@pytest.mark.parametrize(
    "row",
    [
        {"title": ""},
        {"title": "\u0000\u0001"},
        {"title": "A" * 1_000_000},
        {"title": "gandhara " * 5_000},
        {"title": "head", "description": "bought in Peshawar in 1960. " * 2_000},
        {"title": "head", "description": "1" * 200_000},
        {"title": "\u202e\u200f\u0301" * 3_000},
        {"title": "ខ្មែរ" * 5_000, "language": "km"},
        {"title": "x", "attributes": {"": "", "M" * 5_000: "v" * 5_000}},
        {"title": "x", "price": {"amount": "1e400", "currency": "GBP", "kind": "asking", "raw": ""}},
        {"title": "x", "price": {"amount": "-5", "currency": "???", "kind": "asking", "raw": ""}},
        {"title": "x", "context": {"rates": {"GBP": "0"}, "relistings": 10**9}},
    ],
    ids=lambda row: json.dumps(row)[:40],
)
def test_odd_listings_are_assessed_like_any(shared, row):
    told = shared.run("assess", stdin=lines(row, LAMP)).clear(0)
    assert len(told.rows) == 2


def test_a_file_that_cannot_be_read_is_named(shared, tmp_path):
    assert "No such file" in shared.run("assess", tmp_path / "none.jsonl").clear(1).err
    assert "directory" in shared.run("assess", tmp_path).clear(1).err
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(lines(*[LAMP] * 5_000))[:-40])
    told = shared.run("assess", cut).clear(1)
    assert "cut.jsonl.gz: breaks off after line" in told.err
    assert told.rows
    whole = tmp_path / "whole.jsonl.gz"
    whole.write_bytes(gzip.compress(lines(HEAD, LAMP)))
    assert len(shared.run("assess", whole).clear(0).rows) == 2
    assert shared.run("assess", "/dev/null", "--summary").clear(0).err.startswith("0 listings in")


def test_a_line_is_answered_before_the_next_is_sent(shared):
    process = shared.start("assess", stdin=subprocess.PIPE)
    given = threading.Event()
    answers = []

    def listen():
        for line in process.stdout:
            answers.append(json.loads(line))
            given.set()

    listener = threading.Thread(target=listen)
    listener.start()
    for row in (HEAD, LAMP):
        given.clear()
        process.stdin.write(lines(row))
        process.stdin.flush()
        assert given.wait(processes.PATIENCE), "no answer although the line was whole"
    with process:
        process.stdin.close()
        assert process.wait(processes.PATIENCE) == 0
        listener.join()
    assert [row["title"] for row in answers] == [HEAD["title"], LAMP["title"]]


def test_a_reader_that_goes_away_ends_it_quietly(shared, tmp_path):
    file = tmp_path / "many.jsonl"
    file.write_bytes(lines(*[LAMP] * 3_000))
    process = shared.start("assess", file)
    with process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(processes.PATIENCE) == 1
