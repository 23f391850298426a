"""A lead as a PDF dossier: card, each listing with pictures, quoted reasons, claims, history and seals, notes, events.

The page is HTML of our own, printed by Chromium; pictures lie in it as smaller renditions under the hash of the original,
which stays unchanged in the evidence store. The mark stands on every sheet of paper.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image, ImageOps, UnidentifiedImageError

from patrol.errors import EvidenceError
from patrol.evidence import Archive
from patrol.records import Picture
from patrol.reports import words
from patrol.reports.casefile import CAVEAT, NO_REGISTER, CaseFile, Entry
from patrol.reports.objectid import completeness
from patrol.reports.pdf import print_pdf

EDGE = 1100  # pixels of a rendition's longer side
TALLEST = 1.3  # of a screenshot, in widths: what fits on a sheet of paper
MOST_PICTURES = 12  # printed per listing; the rest are named by hash
FILTERS = (
    words.money,
    words.price_kind,
    words.estimate,
    words.moment,
    words.day,
    words.points,
    words.score,
    words.count,
    words.plain,
    words.years,
)


def dossier(case: CaseFile, archive: Archive, chromium: Path) -> bytes:
    """The PDF."""
    line = f"{case.mark} &nbsp;·&nbsp; {escape(case.lead.number)} &nbsp;·&nbsp; {escape(case.agency)}"
    style = "font:700 8pt system-ui,sans-serif;width:100%;padding:0 16mm;display:flex;justify-content:space-between;color:#222"
    pages = "<span style='font-weight:400'>page <span class='pageNumber'></span> of <span class='totalPages'></span></span>"
    made = f"<span style='font-weight:400'>{words.moment(case.made_at)}</span>"
    return print_pdf(
        html(case, archive),
        chromium,
        header=f"<div style='{style}'><span>{line}</span>{made}</div>",
        footer=f"<div style='{style}'><span>{line}</span>{pages}</div>",
    )


def html(case: CaseFile, archive: Archive) -> str:
    """The page that is printed, whole in itself: no address in it is ever loaded."""
    template = _environment().get_template("dossier.html")
    looks = {entry.member.listing_key: _look(entry, archive) for entry in case.entries}
    shown = {entry.member.listing_key: _pictures(entry.stored.pictures, archive) for entry in case.entries if entry.stored}
    return template.render(
        case=case,
        lead=case.lead,
        row=case.lead.row,
        caveat=CAVEAT,
        no_register=NO_REGISTER,
        pictures=shown,
        looks=looks,
        filled=completeness,
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters.update({function.__name__: function for function in FILTERS})
    return made


def _pictures(pictures: tuple[Picture, ...], archive: Archive) -> list[tuple[Picture, str | None]]:
    """Each picture with its rendition as a data: address; None where it isn't held, or not readable as a picture."""
    return [
        (picture, rendition(body) if place < MOST_PICTURES and (body := archive.picture(picture.sha256)) else None)
        for place, picture in enumerate(pictures)
    ]


def _look(entry: Entry, archive: Archive) -> str | None:
    """The sealed screenshot's upper part, as a data: address; its bytes are checked before they are shown."""
    capture = entry.photographs.screenshot
    if capture is None:
        return None
    try:
        return rendition(archive.read(capture), tallest=TALLEST)
    except EvidenceError:
        return None  # the page says that none could be shown; `patrol evidence verify` says why


def rendition(body: bytes, *, tallest: float | None = None) -> str | None:
    """A JPEG of at most EDGE pixels a side, as a data: address; `tallest` cuts what is higher than so many widths."""
    try:
        with Image.open(io.BytesIO(body)) as opened:
            small = ImageOps.exif_transpose(opened).convert("RGB")
            if tallest and small.height > small.width * tallest:
                small = small.crop((0, 0, small.width, int(small.width * tallest)))
            small.thumbnail((EDGE, EDGE))
            out = io.BytesIO()
            small.save(out, "JPEG", quality=82)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
