"""The compiled parts of a rulebook that readings and conditions are made with; `rulebook` builds them once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from patrol.config.rulebook import Law, Lexicon, Rates, WarningList
from patrol.scoring.asides import Asides
from patrol.scoring.cues import Cues
from patrol.scoring.near import Near
from patrol.scoring.vocabulary import Vocabulary


class Pieces(NamedTuple):
    """Frozen; one rulebook has one."""

    vocabulary: Vocabulary
    near: Near
    lexicons: Mapping[str, Lexicon]
    warninglists: Mapping[str, WarningList]
    laws: tuple[Law, ...]
    rates: Rates
    cues: Cues
    asides: Asides
