"""Evidence: WARC store, hash chain and verifier. The reaching rooms seal through it, the desk reads from it."""

from __future__ import annotations

from patrol.evidence.archive import Archive, SealedPage
from patrol.evidence.seal import RunSeal
from patrol.evidence.verifier import Known, Verdict, verify
from patrol.evidence.warcs import WarcRecord, record_at, records

__all__ = ["Archive", "Known", "RunSeal", "SealedPage", "Verdict", "WarcRecord", "record_at", "records", "verify"]
