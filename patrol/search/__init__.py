"""The index: one protocol (`index.py`), one grammar (`query.py`), engines behind both. Triage writes what the ledger holds
and the desk reads pages; nothing here is the truth, all of it can be rebuilt from the ledger."""
