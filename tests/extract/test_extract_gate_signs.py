"""The quick look for gatekeepers' words must never hide what the full pattern would find."""

from __future__ import annotations

import re

from patrol.extract.markers import GATE, GATE_SIGNS

_GROUP = re.compile(r"\(\?:([^()]*)\)")


def _alternatives(pattern: str) -> list[str]:
    """The pattern's alternatives with every group written out, as plain lower-case text as far as they are plain."""
    group = _GROUP.search(pattern)
    if group is None:
        return [part.replace("\\", "").lower() for part in pattern.split("|")]
    return [
        one for choice in group[1].split("|") for one in _alternatives(pattern[: group.start()] + choice + pattern[group.end() :])
    ]


def test_every_gatekeeper_is_found_by_a_sign() -> None:
    alternatives = set(_alternatives(GATE.pattern))
    assert len(alternatives) > 20
    assert [text for text in alternatives if not any(sign in text for sign in GATE_SIGNS)] == []
