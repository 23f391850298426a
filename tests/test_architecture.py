"""The structure holds: who may import whom, no cycles, file sizes, a docstring on every module, nothing read at import.

An offence is named with file and line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "patrol"
LAYERS = (
    {"records", "wire", "errors", "text", "tether"},
    {"config"},
    {"extract", "scoring", "evidence", "ledger", "search", "crosscheck"},
    {"fetch", "spiders", "pipelines", "triage"},
    {"reports", "exchange"},
    {"settings", "schedule", "market", "web"},
    {"cli"},
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
# the nouns among themselves
WITHIN = {"wire": {"records", "errors"}, "errors": set(), "records": set(), "text": set(), "tether": set()}
CEILING = 400  # lines
HIDDEN_MOST = 12  # imports inside functions, each for a heavy library that not every process needs

FILES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations/versions" not in path.as_posix())


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "patrol" and len(parts) > 1 else None


def imports(path: Path) -> Iterator[tuple[int, str, bool]]:
    """(line, module, inside a function) of every import of patrol; imports for type checking alone count too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for scope in ast.walk(tree)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(scope)
    }
    known = {module_of(file) for file in FILES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield node.lineno, full if full in known else str(node.module), id(node) in inside


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_imports_only_from_its_left(path: Path) -> None:
    here = room_of(module_of(path))
    if here is None:
        return
    assert here in LEVEL, f"{path}: the room {here!r} has no layer; draw it in LAYERS"
    for line, module, _ in imports(path):
        there = room_of(module)
        if there is None or there == here:
            continue
        allowed = there in WITHIN[here] if here in WITHIN else LEVEL[there] < LEVEL[here]
        assert allowed, f"{path.relative_to(ROOT)}:{line}: {here} may not import {there}"


def test_no_import_cycle() -> None:
    graph = {module_of(path): {module for _, module, _ in imports(path) if module.startswith("patrol.")} for path in FILES}
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"import cycle: {' -> '.join((*trail[trail.index(module) :], module))}"
        if module in done:
            return
        for target in graph.get(module, ()):
            walk(target, (*trail, module))
        done.add(module)

    for module in graph:
        walk(module, ())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_one_thing(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= CEILING, f"{path.relative_to(ROOT)}: {lines} lines are two things"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path.relative_to(ROOT)} has no docstring"


def test_hidden_imports_are_few() -> None:
    hidden = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for scope in ast.walk(tree):
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                hidden += [
                    f"{path.relative_to(ROOT)}:{node.lineno}"
                    for node in ast.walk(scope)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                ]
    assert len(hidden) <= HIDDEN_MOST, f"imports inside functions: {hidden}"


def test_no_room_is_a_drawer() -> None:
    drawers = [path for path in PACKAGE.rglob("*") if path.stem in {"utils", "util", "helpers", "common", "misc"}]
    assert not drawers


def test_nothing_reads_a_file_or_the_environment_at_import() -> None:
    """Module-level calls of open, read_text, environ.get and their like."""
    forbidden = {"open", "read_text", "read_bytes", "getenv", "mkdir", "load_dotenv", "now", "utcnow", "today"}
    offences = []
    for path in FILES:
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            for node in ast.walk(statement):
                if isinstance(node, ast.Lambda):
                    break
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name in forbidden:
                        offences.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}()")
                if isinstance(node, ast.Attribute) and node.attr == "environ" and path.name != "__main__.py":
                    offences.append(f"{path.relative_to(ROOT)}:{node.lineno}: environ")
    assert not offences, offences
