"""The commands that exist, and how each ends: 0 done, 1 faults, 2 wrong usage or config."""

import processes
import pytest

COMMANDS = {
    "init", "crawl", "add", "extract", "assess", "rescore", "search", "index", "lead", "user", "rules", "evidence", "serve",
    "schedule", "doctor", "dashboards",
}  # fmt: skip
UNDER = {
    "index": {"status", "rebuild"},
    "lead": {"list", "show", "export"},
    "user": {"add"},
    "rules": {"check", "test", "explain", "backtest", "diff", "history", "train", "suggest"},
    "evidence": {"verify"},
    "dashboards": {"export"},
}


@pytest.fixture(scope="module")
def called(tmp_path_factory):
    """Runs a command outside of any home."""
    folder = tmp_path_factory.mktemp("nowhere")

    def call(*words, **env):
        return processes.quick(*words, cwd=folder, env=processes.environment(folder, **env))

    return call


def listed(help_text):
    """The names in the help's list of commands."""
    lines = help_text.partition("Commands:")[2].splitlines()
    return {line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")}


def test_the_commands_are_those_of_the_contract_and_no_others(called):
    assert listed(called("--help").clear(0).out) == COMMANDS
    assert {group: listed(called(group, "--help").clear(0).out) for group in UNDER} == UNDER


@pytest.mark.parametrize(
    "words",
    [["stolen"], ["dashboards"], ["dashboards", "import"], ["rules", "promote"], ["evidence", "seal"], ["--nonsense"], []],
)
def test_what_is_not_built_is_wrong_usage(called, words):
    ended = called(*words).clear(2)
    assert "Usage: patrol" in ended.err + ended.out


def test_every_command_loads_and_explains_itself(called):
    for name in sorted(COMMANDS - UNDER.keys()):
        assert f"Usage: patrol {name}" in called(name, "--help").clear(0).out


@pytest.mark.parametrize(
    "words",
    [
        ["crawl"],
        ["crawl", "practice-bazaar", "--url", "https://www.example.org/"],
        ["crawl", "--urls", "x.json", "practice-bazaar"],
        ["crawl", "nowhere"],
        ["crawl", "practice-bazaar", "nowhere"],
        ["crawl", "practice-bazaar", "--week", "xi"],
        ["crawl", "practice-bazaar", "--max-listings", "0"],
        ["crawl", "--url", "www.example.org/item/1"],
        ["crawl", "--url", "https://www.example.org/item/1"],
        ["crawl", "--replay", "no-such-folder"],
        ["add"],
        ["add", "--url", "http://[bad"],
        ["extract", "page.html", "--url", "http://x.example:99999999/"],
        ["search", "culture:"],
        ["search", "x", "--where", "band"],
        ["search", "x", "--where", "colour=blue"],
        ["lead", "list", "--login", "nobody"],
        ["lead", "export", "L-2026-0001", "--login", "nobody", "--as", "docx"],
        ["user", "add", "anna", "--role", "king", "--password-stdin"],
        ["rules", "test", "no-such-rule"],
        ["rules", "explain", "no-such-listing"],
        ["rules", "diff", "r1", "no-such-folder"],
        ["rules", "backtest", "--since", "yesterday"],
        ["rules", "train"],
        ["rescore", "--since", "yesterday"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_said_in_one_message(usage, words):
    ended = usage.run(*words).clear(2)
    assert ended.out == ""
    message = ended.err.removeprefix("Usage: ").strip()
    assert message
    assert len(message.splitlines()) <= 5


@pytest.fixture(scope="module")
def usage(tmp_path_factory, made):
    return processes.Unit(tmp_path_factory.mktemp("usage") / "home", made)


def test_without_a_home_the_way_to_one_is_named(called, tmp_path):
    for words in (["index", "status"], ["assess"], ["rules", "check"], ["doctor"]):
        ended = called(*words).clear(2)
        assert "patrol init" in ended.err
    ended = called("index", "status", PATROL_HOME=str(tmp_path)).clear(2)
    assert f"{tmp_path} is no home" in ended.err
    assert called("index", "status", "--home", tmp_path / "none").clear(2).err.count("\n") == 1
