"""Triage: which cluster comes next, what is decided of it, and how the index hears of it.

`queue` mixes the streams, `deciding` and `leads` record what officers say, `indexing` carries the ledger's changes into the
index. The desk and the command line hand in the ledger and the index; nothing here opens either."""
